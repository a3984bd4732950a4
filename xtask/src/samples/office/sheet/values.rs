//! Values: forms, characters, the Japanese calendar, rich text, readings, every type of cell.

use super::super::Draft;
use super::super::words::{FORM, LINES, MONTHS};
use super::{Book, escape};

pub(super) fn drafts() -> Vec<Draft> {
    vec![form(), calendar(), characters(), rich(), types(), dates_1904(), long(), roster()]
}

fn form() -> Draft {
    let mut book = Book::new("form");
    book.sheet("様式第１号（表）");
    book.before("<sheetViews>\
        <sheetView showGridLines=\"0\" tabSelected=\"1\" view=\"pageBreakPreview\" zoomScaleNormal=\"100\" workbookViewId=\"0\"/>\
        </sheetViews><sheetFormatPr defaultColWidth=\"3.125\" defaultRowHeight=\"18.75\"/><cols>\
        <col min=\"1\" max=\"40\" width=\"3.125\" customWidth=\"1\"/></cols>");
    book.views.push_str(
        "<bookViews>\
        <workbookView xWindow=\"0\" yWindow=\"0\" windowWidth=\"16000\" windowHeight=\"9000\"/></bookViews>",
    );
    book.row(1, " ht=\"30\" customHeight=\"1\"").text("A1", "申　請　書（①新規・②変更）");
    let mut merges = ["A1:T1", "F12:O12", "P12:T12", "F13:O13"].map(str::to_owned).to_vec();
    for (row, (label, answer)) in (3u32..).zip(FORM) {
        book.row(row, "").text(&format!("A{row}"), label).text(&format!("F{row}"), answer);
        merges.extend([format!("A{row}:E{row}"), format!("F{row}:T{row}")]);
    }
    book.row(12, "").text("A12", "合計").number("F12", "1234567", "\"￥\"#,##0;[Red]\"△\"#,##0").formula(
        "P12",
        "SUM(F12:F12)*1.1",
        "n",
        "1358023.7",
    );
    book.row(13, "").text("A13", "申請日").number("F13", "46349", "[$-411]ggge\"年\"m\"月\"d\"日\"");
    book.behind("<sheetProtection sheet=\"1\" objects=\"1\" scenarios=\"1\"/>");
    let merges: Vec<&str> = merges.iter().map(String::as_str).collect();
    book.merge(&merges);
    book.behind("<phoneticPr fontId=\"0\"/>");
    book.behind("<dataValidations count=\"1\">\
        <dataValidation type=\"list\" allowBlank=\"1\" showInputMessage=\"1\" showErrorMessage=\"1\" imeMode=\"hiragana\" errorTitle=\"入力エラー\" error=\"①か②を選んでください。\" promptTitle=\"選択\" prompt=\"一覧から選ぶ\" sqref=\"F10\">\
        <formula1>\"男,女,答えない\"</formula1></dataValidation></dataValidations>");
    book.told("choice", "F10", &["list", "\"男,女,答えない\"", "①か②を選んでください。"]);
    book.behind(
        "<printOptions horizontalCentered=\"1\"/>\
        <pageMargins left=\"0.7\" right=\"0.7\" top=\"0.75\" bottom=\"0.75\" header=\"0.3\" footer=\"0.3\"/>\
        <pageSetup paperSize=\"9\" scale=\"95\" orientation=\"portrait\"/><headerFooter>\
        <oddHeader>&amp;L&amp;\"ＭＳ 明朝,標準\"様式第１号&amp;R機密性２</oddHeader>\
        <oddFooter>&amp;C&amp;P／&amp;N　頁　&amp;D</oddFooter></headerFooter>",
    );
    book.told("header", "oddHeader", &["&L&\"ＭＳ 明朝,標準\"様式第１号&R機密性２"]).told(
        "header",
        "oddFooter",
        &["&C&P／&N　頁　&D"],
    );
    book.name("_xlnm.Print_Area", Some(0), "'様式第１号（表）'!$A$1:$T$13");
    book.done()
}

fn calendar() -> Draft {
    let mut book = Book::new("calendar");
    book.sheet("和暦");
    let formats = [
        "[$-411]ggge\"年\"m\"月\"d\"日\"",
        "[$-411]ggge\"年\"m\"月\"d\"日\"\\(aaa\\)",
        "[$-ja-JP-x-gannen]ggge\"年\"m\"月\"d\"日\";@",
        "[$-411]ge.m.d;@",
        "[$-ja-JP-x-gannen,80]ggge\"年\"m\"月\"d\"日\"",
        "yyyy\"年\"m\"月\"d\"日\"\\ dddd",
        "[DBNum1][$-411]General",
        "[DBNum3][$-411]0\"番\"",
        "[$-F800]dddd\\,\\ mmmm\\ dd\\,\\ yyyy",
        "[h]\"時間\"mm\"分\"",
        "#,##0\"円\";[Red]\\-#,##0\"円\"",
        "[<=999]000;[<=9999]000\\-00;000\\-0000",
        "[$¥-411]#,##0.00",
        "_ * #,##0_ ;_ * \\-#,##0_ ;_ * \"-\"_ ;_ @_ ",
        "@\"　様\"",
        "[赤]0;[青]-0",
    ];
    for (row, format) in (1u32..).zip(formats) {
        let value = format!("{}", 32_515 + row * 913);
        book.row(row, "").text(&format!("A{row}"), &format!("書式{row}")).number(&format!("B{row}"), &value, format);
    }
    book.row(30, "")
        .formula("A30", "TEXT(B1,\"ggge年m月d日\")", "str", "平成3年7月5日")
        .formula("B30", "TEXT(B1,\"[$-411]aaaa\")", "str", "金曜日")
        .formula("C30", "DATESTRING(B1)", "str", "平成03年07月05日");
    book.row(31, "")
        .formula("A31", "DATEDIF(B1,B2,\"Y\")&\"歳\"&DATEDIF(B1,B2,\"YM\")&\"か月\"", "str", "2歳5か月")
        .formula("B31", "NUMBERSTRING(1234,2)", "str", "壱阡弐百参拾四")
        .formula("C31", "DATEVALUE(\"R8.11.23\")", "n", "46349");
    book.done()
}

fn characters() -> Draft {
    let mut book = Book::new("characters");
    book.sheet("文字①㈱髙﨑");
    for (row, line) in (1u32..).zip(LINES) {
        book.row(row, "").text(&format!("A{row}"), line);
        let xml =
            format!("<c r=\"B{row}\" t=\"inlineStr\"><is><t xml:space=\"preserve\">{}</t></is></c>", escape(line));
        book.raw(&xml).told("cell", &format!("B{row}"), &["text", line]);
    }
    book.row(40, "")
        .text("A40", "一行目\n二行目\n三行目")
        .text("C40", "=1+1（式ではない）")
        .text("D40", "+81-47-436-2111")
        .text("E40", "'0120");
    book.row(41, "").rich("A41", "<t>_x000D_を含む_x5F5F_文字</t>", "_x000D_を含む_x5F5F_文字").rich(
        "B41",
        "<t>&#x9AD9;&#x6A4B;</t>",
        "髙橋",
    );
    book.done()
}

fn rich() -> Draft {
    let mut book = Book::new("rich");
    book.sheet("ふりがな");
    let run = |properties: &str, text: &str| {
        format!(
            "<r><rPr>{properties}<sz val=\"11\"/><color rgb=\"FFFF0000\"/><rFont val=\"ＭＳ 明朝\"/><family val=\"1\"/>\
                <charset val=\"128\"/></rPr><t xml:space=\"preserve\">{text}</t></r>"
        )
    };
    book.row(1, " ph=\"1\"").rich(
        "A1",
        "<t>髙﨑德子</t><rPh sb=\"0\" eb=\"2\"><t>タカサキ</t></rPh><rPh sb=\"2\" eb=\"4\">\
        <t>トクコ</t></rPh><phoneticPr fontId=\"0\" type=\"Hiragana\" alignment=\"distributed\"/>",
        "髙﨑德子",
    );
    book.draft.fact(["reading", "髙﨑德子", "0-2 タカサキ", "2-4 トクコ"]);
    book.rich(
        "B1",
        "<t>葛\u{E0100}飾区</t><rPh sb=\"0\" eb=\"3\"><t>ｶﾂｼｶ</t></rPh>\
        <phoneticPr fontId=\"0\" type=\"halfwidthKatakana\"/>",
        "葛\u{E0100}飾区",
    );
    book.draft.fact(["reading", "葛\u{E0100}飾区", "0-3 ｶﾂｼｶ"]);
    let xml = format!(
        "{}{}{}<phoneticPr fontId=\"0\" type=\"noConversion\"/>",
        run("<b/>", "重要"),
        run("<strike/><vertAlign val=\"superscript\"/>", "取消"),
        run("<u val=\"double\"/>", " ①を除く ")
    );
    book.row(2, "").rich("A2", &xml, "重要取消 ①を除く ");
    book.draft.fact(["rich", "重要", "b sz color rFont family charset"]);
    book.draft.fact(["rich", "取消", "strike vertAlign sz color rFont family charset"]);
    book.draft.fact(["rich", " ①を除く ", "u sz color rFont family charset"]);
    book.raw(&format!("<c r=\"B2\" t=\"inlineStr\"><is>{}{}</is></c>", run("<i/>", "斜体"), run("<b/>", "太字"))).told(
        "cell",
        "B2",
        &["text", "斜体太字"],
    );
    book.row(3, "").formula("A3", "PHONETIC(A1)", "str", "タカサキトクコ").formula(
        "B3",
        "ASC(\"アイウ\")&JIS(\"ｱｲｳ\")",
        "str",
        "ｱｲｳアイウ",
    );
    book.done()
}

fn types() -> Draft {
    let mut book = Book::new("types");
    book.sheet("型");
    let numbers =
        ["0", "-12", "1.5", "1E+20", "-1.2345678901234567E-300", "0.1", "123456789012345", "9.9999999999999995E+307"];
    book.row(1, "");
    for (column, value) in ('A'..).zip(numbers) {
        book.number(&format!("{column}1"), value, "");
    }
    book.row(2, "")
        .raw("<c r=\"A2\" t=\"b\"><v>1</v></c><c r=\"B2\" t=\"b\"><v>0</v></c>")
        .told("cell", "A2", &["b", "1"])
        .told("cell", "B2", &["b", "0"]);
    book.row(3, "");
    for (column, error) in ('A'..).zip(["#N/A", "#VALUE!", "#REF!", "#DIV/0!", "#NUM!", "#NAME?", "#NULL!"]) {
        book.raw(&format!("<c r=\"{column}3\" t=\"e\"><v>{error}</v></c>")).told(
            "cell",
            &format!("{column}3"),
            &["e", error],
        );
    }
    book.row(4, "")
        .formula("A4", "1/0", "e", "#DIV/0!")
        .formula("B4", "A1=0", "b", "1")
        .formula("C4", "\"空\"&\"\"", "str", "空")
        .formula("D4", "IF(A1=0,\"\",1)", "str", "");
    book.row(5, "")
        .raw(
            "<c r=\"A5\" t=\"d\"><v>2026-11-23T09:30:00</v></c><c r=\"B5\"/><c r=\"C5\" t=\"str\"><v>直書き　①</v></c>",
        )
        .told("cell", "A5", &["d", "2026-11-23T09:30:00"])
        .told("cell", "C5", &["text", "直書き　①"]);
    book.row(1_048_576, "").raw("<c r=\"XFD1048576\"><v>7</v></c>").told("cell", "XFD1048576", &["n", "7"]);
    // The last place there is; nobody prints the way to it.
    book.name("_xlnm.Print_Area", Some(0), "型!$A$1:$H$5");
    book.done()
}

fn dates_1904() -> Draft {
    let mut book = Book::new("dates-1904");
    book.properties.push_str(" date1904=\"1\"");
    book.draft.fact(["date1904", "1"]);
    book.sheet("1904年から")
        .row(1, "")
        .number("A1", "44887", "[$-411]ggge\"年\"m\"月\"d\"日\"")
        .number("B1", "0", "yyyy/m/d")
        .number("C1", "0.5", "h:mm;@");
    book.done()
}

fn long() -> Draft {
    let mut book = Book::new("long-cells");
    book.sheet("長い");
    let long: String = LINES.concat().chars().cycle().take(32_767).collect();
    book.row(1, "").text("A1", &long).text("B1", &"あ".repeat(32_767));
    book.row(2, "").formula(
        "A2",
        &format!("\"{}\"&\"{}\"", "長".repeat(250), "い".repeat(250)),
        "str",
        &format!("{}{}", "長".repeat(250), "い".repeat(250)),
    );
    let deep = format!("{}A1{}", "LEN(".repeat(60), ")".repeat(60));
    book.formula("B2", &deep, "n", "1");
    book.done()
}

fn roster() -> Draft {
    let mut book = Book::new("roster");
    book.sheet("名簿").row(1, "");
    for (column, head) in ('A'..).zip(["番号", "氏名", "月", "件数"]) {
        book.text(&format!("{column}1"), head);
    }
    for row in 2..=800u32 {
        let (label, value) = MONTHS.get(row as usize % MONTHS.len()).copied().unwrap_or_default();
        book.row(row, "")
            .number(&format!("A{row}"), &row.to_string(), "")
            .text(&format!("B{row}"), &format!("髙﨑{row}子"))
            .text(&format!("C{row}"), label)
            .number(&format!("D{row}"), &value.to_string(), "");
    }
    book.done()
}
