//! Formulas inside the workbook, conditional formats, lists to choose from, names, tables.

use super::super::Draft;
use super::super::words::MONTHS;
use super::{Book, SPACE, TYPE, escape};

pub(super) fn drafts() -> Vec<Draft> {
    vec![formulas(), shared(), rules(), choices(), table(), names()]
}

fn formulas() -> Draft {
    let mut book = Book::new("formulas");
    book.sheet("シート１").row(1, "").text("A1", "コード").text("B1", "品名①").number("C1", "100", "");
    book.row(2, "").number("A2", "1", "").text("B2", "髙級紙").number("C2", "250", "");
    book.sheet("集計 表").row(1, "");
    let formulas = [
        ("'シート１'!A1", "str", "コード"),
        ("シート１!C1*2", "n", "200"),
        ("VLOOKUP(1,'シート１'!$A$2:$C$2,3,FALSE)", "n", "250"),
        ("IF(シート１!C2>100,\"超過\",\"以内\")", "str", "超過"),
        ("SUMIFS(シート１!C:C,シート１!B:B,\"髙*\",シート１!C:C,\">=\"&100)", "n", "250"),
        ("COUNTIF(シート１!B1:B2,\"*①*\")", "n", "1"),
        ("IFERROR(INDEX(シート１!B:B,MATCH(9,シート１!A:A,0)),\"該当なし\")", "str", "該当なし"),
        ("SUM(シート１!C1:C2,'集計 表'!Z9)", "n", "350"),
        ("SUM('シート１:集計 表'!C1)", "n", "100"),
        ("ROUNDDOWN(シート１!C2*0.1,0)", "n", "25"),
        ("TEXT(TODAY(),\"[$-411]ggge年m月d日(aaa)\")", "str", "令和8年11月23日(月)"),
        ("LEFT(シート１!B2,FIND(\"級\",シート１!B2)-1)", "str", "髙"),
        ("_xlfn.XLOOKUP(1,シート１!A2:A2,シート１!B2:B2,\"無\")", "str", "髙級紙"),
        ("_xlfn.TEXTJOIN(\"、\",TRUE,シート１!B1:B2)", "str", "品名①、髙級紙"),
        ("_xlfn.IFS(TRUE,\"①\",FALSE,\"②\")", "str", "①"),
        ("SUBTOTAL(109,シート１!C1:C2)", "n", "350"),
        ("INDIRECT(\"シート１!C\"&2)", "n", "250"),
        ("OFFSET(シート１!C1,1,0)", "n", "250"),
        ("EOMONTH(DATE(2026,11,23),0)", "n", "46356"),
        ("NETWORKDAYS(46349,46356)", "n", "6"),
        ("シート１!$C$1+シート１!C$2%", "n", "102.5"),
        ("\"引用\"\"符\"&\"＝\"", "str", "引用\"符＝"),
        ("{1,2;3,4}", "n", "1"),
        ("-シート１!C1^2", "n", "10000"),
        ("SUMPRODUCT((シート１!C1:C2>0)*1)", "n", "2"),
        ("FREQUENCY(シート１!C1:C2,150)", "n", "1"),
        ("LENB(\"髙\")", "n", "2"),
        ("YEN(1234)", "str", "¥1,234"),
        ("CELL(\"address\",シート１!C1)", "str", "$C$1"),
        ("1=1", "b", "1"),
    ];
    for (row, (formula, kind, value)) in (2u32..).zip(formulas) {
        book.row(row, "").formula(&format!("A{row}"), formula, kind, value);
    }
    book.done()
}

fn shared() -> Draft {
    let mut book = Book::new("shared-formulas");
    book.sheet("共有").row(1, "").number("A1", "1", "").number("B1", "10", "");
    book.row(2, "")
        .number("A2", "2", "")
        .raw("<c r=\"B2\"><f t=\"shared\" ref=\"B2:B4\" si=\"0\">A2*10</f><v>20</v></c>")
        .told("cell", "B2", &["n", "20"])
        .told("formula", "B2", &["A2*10"]);
    for row in 3..=4u32 {
        let value = (row * 10).to_string();
        book.row(row, "")
            .number(&format!("A{row}"), &row.to_string(), "")
            .raw(&format!("<c r=\"B{row}\"><f t=\"shared\" si=\"0\"/><v>{value}</v></c>"))
            .told("cell", &format!("B{row}"), &["n", &value])
            .told("formula", &format!("B{row}"), &["shared 0"]);
    }
    book.row(5, "")
        .raw("<c r=\"A5\"><f t=\"array\" ref=\"A5:A6\">TRANSPOSE(A1:B1)</f><v>1</v></c>")
        .told("cell", "A5", &["n", "1"])
        .told("formula", "A5", &["TRANSPOSE(A1:B1)"]);
    book.row(6, "").number("A6", "10", "");
    book.done()
}

fn rules() -> Draft {
    let mut book = Book::new("rules");
    book.sheet("条件付き書式").row(1, "").number("A1", "5", "").text("B1", "要確認①").number("C1", "46349", "yyyy/m/d");
    book.differences.push_str(
        "<dxf><font><b/><color rgb=\"FF9C0006\"/></font>\
        <numFmt numFmtId=\"200\" formatCode=\"0&quot;件&quot;\"/><fill><patternFill><bgColor rgb=\"FFFFC7CE\"/>\
        </patternFill></fill></dxf>",
    );
    let rules = [
        ("A1:A9", "type=\"cellIs\" dxfId=\"0\" priority=\"1\" operator=\"greaterThan\"", "3"),
        (
            "B1:B9",
            "type=\"containsText\" dxfId=\"0\" priority=\"2\" operator=\"containsText\" text=\"要確認①\"",
            "NOT(ISERROR(SEARCH(\"要確認①\",B1)))",
        ),
        ("C1:C9", "type=\"expression\" dxfId=\"0\" priority=\"3\" stopIfTrue=\"1\"", "WEEKDAY($C1)=1"),
        ("D1:D9", "type=\"duplicateValues\" dxfId=\"0\" priority=\"4\"", ""),
        (
            "E1:E9",
            "type=\"timePeriod\" dxfId=\"0\" priority=\"5\" timePeriod=\"thisMonth\"",
            "AND(MONTH(E1)=MONTH(TODAY()),YEAR(E1)=YEAR(TODAY()))",
        ),
    ];
    for (place, attributes, formula) in rules {
        let inner = if formula.is_empty() { String::new() } else { format!("<formula>{}</formula>", escape(formula)) };
        book.behind(&format!(
            "<conditionalFormatting sqref=\"{place}\"><cfRule {attributes}>{inner}</cfRule></conditionalFormatting>"
        ));
        let kind = attributes.split('"').nth(1).unwrap_or_default().to_owned();
        book.told("rule", place, &[&kind, formula]);
    }
    book.behind(
        "<conditionalFormatting sqref=\"F1:F9\"><cfRule type=\"dataBar\" priority=\"6\"><dataBar>\
        <cfvo type=\"min\"/><cfvo type=\"max\"/><color rgb=\"FF638EC6\"/></dataBar></cfRule>\
        <cfRule type=\"iconSet\" priority=\"7\"><iconSet iconSet=\"3TrafficLights1\">\
        <cfvo type=\"percent\" val=\"0\"/><cfvo type=\"percent\" val=\"33\"/><cfvo type=\"percent\" val=\"67\"/>\
        </iconSet></cfRule><cfRule type=\"colorScale\" priority=\"8\"><colorScale><cfvo type=\"min\"/>\
        <cfvo type=\"num\" val=\"$A$1\"/><color rgb=\"FFF8696B\"/><color rgb=\"FF63BE7B\"/></colorScale></cfRule>\
        </conditionalFormatting>",
    );
    book.told("rule", "F1:F9", &["dataBar", ""]).told("rule", "F1:F9", &["iconSet", ""]).told(
        "rule",
        "F1:F9",
        &["colorScale", ""],
    );
    book.done()
}

fn choices() -> Draft {
    let mut book = Book::new("choices");
    book.sheet("入力").row(1, "").text("A1", "区分").text("B1", "本庁");
    let list = "<dataValidations count=\"4\">\
        <dataValidation type=\"list\" allowBlank=\"1\" showErrorMessage=\"1\" error=\"\" sqref=\"B1 B3:B9\">\
        <formula1>一覧!$A$1:$A$6</formula1></dataValidation>\
        <dataValidation type=\"list\" sqref=\"C1\"><formula1>INDIRECT($B$1)</formula1></dataValidation>\
        <dataValidation type=\"textLength\" operator=\"lessThanOrEqual\" errorStyle=\"warning\" imeMode=\"fullKatakana\" error=\"２０字以内で入力してください。\" sqref=\"D1\">\
        <formula1>20</formula1></dataValidation>\
        <dataValidation type=\"date\" operator=\"between\" error=\"年度内の日付\" sqref=\"E1\"><formula1>46113</formula1>\
        <formula2>46477</formula2></dataValidation></dataValidations>";
    book.behind(list);
    book.told("choice", "B1 B3:B9", &["list", "一覧!$A$1:$A$6", ""])
        .told("choice", "C1", &["list", "INDIRECT($B$1)", ""])
        .told("choice", "D1", &["textLength", "20", "２０字以内で入力してください。"])
        .told("choice", "E1", &["date", "46113", "年度内の日付"]);
    book.behind("<hyperlinks><hyperlink ref=\"A1\" location=\"一覧!A1\" display=\"一覧へ\"/></hyperlinks>").told(
        "link",
        "A1",
        &["一覧!A1"],
    );
    let more = "<extLst><ext uri=\"{CCE6A557-97BC-4b89-ADB6-D9C93CAAB3DF}\"><x14:dataValidations count=\"1\">\
        <x14:dataValidation type=\"list\" allowBlank=\"1\"><x14:formula1><xm:f>一覧!$A$1:$A$3</xm:f></x14:formula1>\
        <xm:sqref>F1</xm:sqref></x14:dataValidation></x14:dataValidations></ext></extLst>";
    book.behind(more).told("choice", "F1", &["list", "一覧!$A$1:$A$3", ""]);
    book.sheet("一覧");
    for (row, (month, _)) in (1u32..).zip(MONTHS) {
        book.row(row, "").text(&format!("A{row}"), month);
    }
    book.name("本庁", None, "一覧!$A$1:$A$3");
    book.done()
}

fn table() -> Draft {
    let mut book = Book::new("table");
    book.sheet("受付").row(1, "").text("A1", "月").text("B1", "件数 (①)").text("C1", "倍");
    for (row, (month, value)) in (2u32..).zip(MONTHS) {
        book.row(row, "").text(&format!("A{row}"), month).number(&format!("B{row}"), &value.to_string(), "").formula(
            &format!("C{row}"),
            "テーブル1[[#This Row],[件数 (①)]]*2",
            "n",
            &(value * 2).to_string(),
        );
    }
    book.row(8, "").text("A8", "集計").formula("B8", "SUBTOTAL(109,テーブル1[件数 (①)])", "n", "8529").formula(
        "C8",
        "SUM(テーブル1[倍])",
        "n",
        "17058",
    );
    let xml = format!(
        "<table xmlns=\"{SPACE}\" id=\"1\" name=\"テーブル1\" displayName=\"テーブル1\" ref=\"A1:C8\" totalsRowCount=\"1\">\
            <autoFilter ref=\"A1:C7\"><filterColumn colId=\"0\"><filters><filter val=\"４月\"/><filter val=\"５月\"/>\
            </filters></filterColumn></autoFilter><tableColumns count=\"3\">\
            <tableColumn id=\"1\" name=\"月\" totalsRowLabel=\"集計\"/>\
            <tableColumn id=\"2\" name=\"件数 (①)\" totalsRowFunction=\"sum\"/><tableColumn id=\"3\" name=\"倍\">\
            <calculatedColumnFormula>テーブル1[[#This Row],[件数 (①)]]*2</calculatedColumnFormula>\
            <totalsRowFormula>SUM(テーブル1[倍])</totalsRowFormula></tableColumn></tableColumns>\
            <tableStyleInfo name=\"TableStyleMedium2\" showFirstColumn=\"0\" showLastColumn=\"0\" showRowStripes=\"1\" showColumnStripes=\"0\"/>\
            </table>"
    );
    let id = book.part("table", "tables/table1.xml", &format!("{TYPE}.table+xml"), &xml);
    book.behind(&format!("<tableParts count=\"1\"><tablePart r:id=\"{id}\"/></tableParts>"));
    book.draft.fact(["table", "テーブル1", "A1:C8", "月|件数 (①)|倍", "４月 ５月"]);
    book.done()
}

fn names() -> Draft {
    let mut book = Book::new("names");
    book.sheet("Ⅰ期").row(1, "").number("A1", "10", "").formula("B1", "税率*A1", "n", "1").formula(
        "C1",
        "消費税額",
        "n",
        "1",
    );
    book.row(2, "").text("A2", "隠れた列と行");
    book.sheet("2026年度（R8）").row(1, "").formula("A1", "Ⅰ期!A1+'2026年度（R8）'!B1", "n", "10").formula(
        "B1",
        "SUM(Ⅰ期:'2026年度（R8）'!D1)",
        "n",
        "0",
    );
    book.sheet("人's 表").row(1, "").formula("A1", "'人''s 表'!B1&Ⅰ期!A2", "str", "隠れた列と行");
    book.name("税率", None, "0.1")
        .name("消費税額", None, "Ⅰ期!$A$1*税率")
        .name("局所①", Some(1), "'2026年度（R8）'!$A$1")
        .name("_xlnm.Print_Titles", Some(0), "Ⅰ期!$A:$B,Ⅰ期!$1:$2")
        .name("_xlnm.Print_Area", Some(2), "'人''s 表'!$A$1:$C$9,'人''s 表'!$E$1:$F$9");
    book.done()
}
