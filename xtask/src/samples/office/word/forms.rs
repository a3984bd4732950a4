//! Forms (様式): tables with merged cells, tables in tables, controls, form fields of old.

use super::super::Draft;
use super::super::words::FORM;
use super::{Page, paragraph, run_of};

pub(super) fn drafts() -> Vec<Draft> {
    vec![form(), nested(), wide(), controls(), old_fields()]
}

/// A table: per cell its text, the columns it spans, and how it merges with what stands above.
pub(super) fn table(page: &mut Page, rows: &[&[(&str, usize, &str)]]) {
    let columns = rows.iter().map(|row| row.iter().map(|cell| cell.1).sum::<usize>()).max().unwrap_or(1);
    let mut xml = format!(
        "<w:tbl><w:tblPr><w:tblW w:w=\"5000\" w:type=\"pct\"/><w:tblBorders>\
            <w:top w:val=\"single\" w:sz=\"12\" w:space=\"0\" w:color=\"auto\"/>\
         <w:insideH w:val=\"single\" w:sz=\"4\" w:space=\"0\" w:color=\"auto\"/>\
         <w:insideV w:val=\"dotted\" w:sz=\"4\" w:space=\"0\" w:color=\"auto\"/></w:tblBorders>\
         <w:tblLayout w:type=\"fixed\"/><w:tblLook w:val=\"04A0\"/></w:tblPr><w:tblGrid>{}</w:tblGrid>",
        "<w:gridCol w:w=\"1400\"/>".repeat(columns)
    );
    for row in rows {
        xml.push_str("<w:tr><w:trPr><w:trHeight w:val=\"480\" w:hRule=\"atLeast\"/></w:trPr>");
        let mut seen = Vec::new();
        for (text, span, merge) in *row {
            let (mut properties, mut mark) =
                (format!("<w:tcW w:w=\"{}\" w:type=\"dxa\"/>", span * 1400), (*text).to_owned());
            if *span > 1 {
                properties.push_str(&format!("<w:gridSpan w:val=\"{span}\"/>"));
                mark.push_str(&format!("<{span}>"));
            }
            match *merge {
                "restart" => properties.push_str("<w:vMerge w:val=\"restart\"/>"),
                "continue" => properties.push_str("<w:vMerge/>"),
                _ => {}
            }
            if !merge.is_empty() {
                mark.push_str(&format!("<{merge}>"));
            }
            xml.push_str(&format!(
                "<w:tc><w:tcPr>{properties}<w:vAlign w:val=\"center\"/></w:tcPr>{}</w:tc>",
                paragraph(text)
            ));
            if !text.is_empty() {
                page.fact(["text", "body", text]);
            }
            seen.push(mark);
        }
        xml.push_str("</w:tr>");
        page.fact(["row", &seen.join("|")]);
    }
    page.body.push_str(&(xml + "</w:tbl><w:p/>"));
}

fn form() -> Draft {
    let mut page = Page::new("form");
    page.text("第１号様式（第３条関係）");
    let mut rows: Vec<Vec<(&str, usize, &str)>> = vec![vec![("申　請　書", 4, "")]];
    for (at, (label, answer)) in FORM.iter().enumerate() {
        let merge = match at {
            0 => "restart",
            1..=3 => "continue",
            _ => "",
        };
        let head = if at == 0 { "申請者" } else { "" };
        rows.push(vec![(head, 1, merge), (label, 1, ""), (answer, 2, "")]);
    }
    rows.push(vec![("※処理欄", 1, "restart"), ("受付", 1, ""), ("審査", 1, ""), ("決裁", 1, "")]);
    rows.push(vec![("", 1, "continue"), ("印", 1, ""), ("", 1, ""), ("㊞", 1, "")]);
    let rows: Vec<&[(&str, usize, &str)]> = rows.iter().map(Vec::as_slice).collect();
    table(&mut page, &rows);
    page.text("備考　用紙の大きさは、日本産業規格Ａ列４番とする。");
    page.done()
}

fn nested() -> Draft {
    let mut page = Page::new("nested");
    let cell = |content: &str| format!("<w:tc><w:tcPr><w:tcW w:w=\"0\" w:type=\"auto\"/></w:tcPr>{content}</w:tc>");
    let table = |cells: &str| {
        format!(
            "<w:tbl><w:tblPr><w:tblW w:w=\"0\" w:type=\"auto\"/></w:tblPr><w:tblGrid><w:gridCol w:w=\"2000\"/>\
                <w:gridCol w:w=\"2000\"/></w:tblGrid><w:tr>{cells}</w:tr></w:tbl>"
        )
    };
    let mut inner = paragraph("一番内側①");
    page.fact(["text", "body", "一番内側①"]);
    for depth in (1..=5).rev() {
        let text = format!("{depth}段目の髙﨑");
        page.fact(["text", "body", &text]);
        page.fact(["row", &format!("{text}|{}", if depth == 5 { "一番内側①" } else { "" })]);
        let right = if depth == 5 { inner.clone() } else { format!("{inner}<w:p/>") };
        inner = table(&format!("{}{}", cell(&paragraph(&text)), cell(&right)));
    }
    page.raw(&(inner + "<w:p/>"), "");
    page.done()
}

/// A roster: many rows, a head that repeats, columns that start late.
fn wide() -> Draft {
    let mut page = Page::new("roster");
    let mut xml = format!(
        "<w:tbl><w:tblPr><w:tblStyle w:val=\"a\"/><w:tblW w:w=\"0\" w:type=\"auto\"/><w:jc w:val=\"center\"/>\
            </w:tblPr><w:tblGrid>{}</w:tblGrid>",
        "<w:gridCol w:w=\"800\"/>".repeat(4)
    );
    for row in 0..60 {
        let head = if row == 0 { "<w:tblHeader/>" } else { "" };
        let late = if row == 59 { "<w:gridBefore w:val=\"2\"/><w:wBefore w:w=\"1600\" w:type=\"dxa\"/>" } else { "" };
        let cells: Vec<String> =
            (0..if row == 59 { 2 } else { 4 }).map(|column| format!("{row}行{column}列　髙﨑")).collect();
        xml.push_str(&format!("<w:tr><w:trPr>{late}{head}</w:trPr>"));
        for text in &cells {
            xml.push_str(&format!(
                "<w:tc><w:tcPr><w:tcW w:w=\"800\" w:type=\"dxa\"/><w:tcBorders>\
                <w:tl2br w:val=\"single\" w:sz=\"4\" w:space=\"0\" w:color=\"auto\"/></w:tcBorders>\
                <w:shd w:val=\"clear\" w:color=\"auto\" w:fill=\"D9D9D9\"/></w:tcPr>{}</w:tc>",
                paragraph(text)
            ));
        }
        xml.push_str("</w:tr>");
        page.fact(["row", &cells.join("|")]);
    }
    page.raw(&(xml + "</w:tbl><w:p/>"), "");
    page.done()
}

fn controls() -> Draft {
    let mut page = Page::new("controls");
    for (at, (label, is_checked)) in [("新規", true), ("更新", false), ("廃止（①を除く）", true)].iter().enumerate()
    {
        let (sign, value) = if *is_checked { ("☑", "1") } else { ("☐", "0") };
        let xml = format!(
            "<w:p><w:sdt><w:sdtPr><w:alias w:val=\"{label}\"/><w:tag w:val=\"check{at}\"/><w:id w:val=\"{}\"/>\
                <w14:checkbox><w14:checked w14:val=\"{value}\"/>\
             <w14:checkedState w14:val=\"2611\" w14:font=\"ＭＳ ゴシック\"/>\
             <w14:uncheckedState w14:val=\"2610\" w14:font=\"ＭＳ ゴシック\"/></w14:checkbox></w:sdtPr>\
             <w:sdtContent>{}</w:sdtContent></w:sdt>{}</w:p>",
            at + 1000,
            run_of("", sign),
            run_of("", label)
        );
        page.raw(&xml, &format!("{sign}{label}"));
        page.fact(["check", label, value]);
    }
    let items = "<w:listItem w:displayText=\"男\" w:value=\"1\"/><w:listItem w:displayText=\"女\" w:value=\"2\"/>\
        <w:listItem w:displayText=\"答えない\" w:value=\"9\"/>";
    page.raw(
        &format!(
            "<w:sdt><w:sdtPr><w:alias w:val=\"性別\"/><w:id w:val=\"2000\"/>\
        <w:dropDownList>{items}</w:dropDownList></w:sdtPr><w:sdtContent>{}</w:sdtContent>\
        </w:sdt>",
            paragraph("答えない")
        ),
        "答えない",
    );
    page.fact(["choice", "性別", "男=1 女=2 答えない=9"]);
    page.raw(
        &format!(
            "<w:p><w:sdt><w:sdtPr><w:alias w:val=\"受付日\"/><w:id w:val=\"2001\"/>\
        <w:date w:fullDate=\"2026-11-23T00:00:00Z\"><w:dateFormat w:val=\"ggge年M月d日\"/><w:lid w:val=\"ja-JP\"/>\
        <w:storeMappedDataAs w:val=\"dateTime\"/><w:calendar w:val=\"japan\"/></w:date></w:sdtPr>\
        <w:sdtContent>{}</w:sdtContent></w:sdt></w:p>",
            run_of("", "令和8年11月23日")
        ),
        "令和8年11月23日",
    );
    page.fact(["date", "受付日", "2026-11-23T00:00:00Z", "ggge年M月d日", "japan"]);
    page.raw(
        &format!(
            "<w:sdt><w:sdtPr><w:alias w:val=\"自由記入\"/><w:id w:val=\"2002\"/><w:showingPlcHdr/>\
        <w:text w:multiLine=\"1\"/></w:sdtPr><w:sdtContent>{}</w:sdtContent>\
        </w:sdt>",
            paragraph("ここに入力してください。")
        ),
        "ここに入力してください。",
    );
    page.fact(["control", "自由記入"]);
    around(&mut page);
    page.done()
}

/// Controls around a row, and around a cell.
fn around(page: &mut Page) {
    let control = |name: &str, content: &str| {
        format!("<w:sdt><w:sdtPr><w:alias w:val=\"{name}\"/></w:sdtPr><w:sdtContent>{content}</w:sdtContent></w:sdt>")
    };
    let cell =
        |text: &str| format!("<w:tc><w:tcPr><w:tcW w:w=\"900\" w:type=\"dxa\"/></w:tcPr>{}</w:tc>", paragraph(text));
    let row = format!("<w:tr>{}{}</w:tr>", cell("繰り返す行"), control("欄", &cell("欄の中　葛\u{E0100}")));
    let head = "<w:tblPr><w:tblW w:w=\"0\" w:type=\"auto\"/></w:tblPr><w:tblGrid><w:gridCol w:w=\"900\"/><w:gridCol w:w=\"900\"/></w:tblGrid>";
    page.raw(&format!("<w:tbl>{head}{}</w:tbl><w:p/>", control("行", &row)), "繰り返す行");
    page.fact(["control", "行"]).fact(["control", "欄"]).fact(["text", "body", "欄の中　葛\u{E0100}"]);
}

fn old_fields() -> Draft {
    let mut page = Page::new("old-form");
    let field = |data: &str, instruction: &str, result: &str| {
        let separate = if result.is_empty() {
            String::new()
        } else {
            format!("<w:r><w:fldChar w:fldCharType=\"separate\"/></w:r>{}", run_of("", result))
        };
        format!(
            "<w:p><w:r><w:fldChar w:fldCharType=\"begin\"><w:ffData>{data}</w:ffData></w:fldChar></w:r><w:r>\
                <w:instrText xml:space=\"preserve\"> {instruction} </w:instrText></w:r>{separate}<w:r>\
                <w:fldChar w:fldCharType=\"end\"/></w:r></w:p>"
        )
    };
    page.raw(
        &field(
            "<w:name w:val=\"氏名\"/><w:enabled/><w:calcOnExit w:val=\"0\"/><w:textInput>\
        <w:default w:val=\"氏名を記入\"/><w:maxLength w:val=\"20\"/></w:textInput>",
            "FORMTEXT",
            "髙﨑　子",
        ),
        "髙﨑　子",
    );
    page.raw(
        &field(
            "<w:name w:val=\"同意\"/><w:enabled/><w:calcOnExit w:val=\"0\"/><w:checkBox><w:sizeAuto/>\
        <w:default w:val=\"1\"/></w:checkBox>",
            "FORMCHECKBOX",
            "",
        ),
        "",
    );
    page.raw(
        &field(
            "<w:name w:val=\"区分\"/><w:enabled/><w:calcOnExit w:val=\"0\"/><w:ddList><w:result w:val=\"1\"/>\
        <w:listEntry w:val=\"個人\"/><w:listEntry w:val=\"法人\"/></w:ddList>",
            "FORMDROPDOWN",
            "",
        ),
        "",
    );
    page.fact(["field", "FORMTEXT", "髙﨑　子"]).fact(["field", "FORMCHECKBOX", ""]).fact([
        "field",
        "FORMDROPDOWN",
        "",
    ]);
    page.fact(["old control", "氏名", "氏名を記入"]).fact(["old control", "同意", "1"]).fact([
        "old control",
        "区分",
        "個人 法人",
    ]);
    page.done()
}
