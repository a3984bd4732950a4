//! What is seldom and gets lost: references that broke, names of sheets that need quotes, pivot tables, groups, protection.
//!
//! Refuses: nothing. Invariant: as of [`super`].

use super::super::Draft;
use super::super::words::MONTHS;
use super::{Book, OFFICE, SPACE, TYPE, escape};

pub(super) fn drafts() -> Vec<Draft> {
    vec![broken(), quoted(), structured(), modern(), pivot(), protected(), more_rules()]
}

fn broken() -> Draft {
    let mut book = Book::new("broken");
    book.sheet("残骸")
        .row(1, "")
        .formula("A1", "SUM(#REF!)", "e", "#REF!")
        .formula("B1", "残骸!#REF!", "e", "#REF!")
        .formula("C1", "VLOOKUP(1,#REF!,2,0)", "e", "#REF!")
        .formula("D1", "IFERROR(#N/A,\"無\")", "str", "無");
    book.row(2, "")
        .formula("A2", "無い名前+1", "e", "#NAME?")
        .formula("B2", "'残骸'!$A$1:$C$1 $B:$B", "e", "#REF!")
        .formula("C2", " SUM( A1 ,\n B1 ) ", "n", "0")
        .formula("D2", "A1:INDEX(A:A,3)", "n", "0");
    book.row(3, "")
        .formula("A3", "SUM((A1,C1:D1))", "n", "0")
        .formula("B3", "+A1", "n", "0")
        .formula("C3", "--(A1=\"\")", "n", "0")
        .formula("D3", "@A:A", "n", "0");
    book.name("壊れた名前", None, "#REF!")
        .name("_xlnm.Print_Area", Some(0), "#REF!")
        .name("前年.件数_①", None, "残骸!$A$1,残骸!$C$1")
        .name("税率?", None, "{0.08,0.1}")
        .name("\\印", None, "\"㊞\"");
    book.done()
}

/// Names of sheets that stand between quotes.
fn quoted() -> Draft {
    let mut book = Book::new("quoted");
    let names = [
        "4月",
        "R8.4.1",
        "人口（総数）",
        "A&B",
        "内訳 (2)",
        "課 - 係",
        "100%",
        "#1",
        "A1",
        "R1C1",
        "TRUE",
        "令和８年度",
        "＋－×÷",
        "～その他",
        "㈱山田,他",
        "{別表}",
        "=計",
        "!注意!",
        "$額",
        "髙﨑@庁内",
        "長い名前のシートは三十一文字まで使うことができますよねええ",
    ];
    for name in names {
        book.sheet(name).row(1, "").text("A1", name);
    }
    book.sheet("参照");
    for (row, name) in (1u32..).zip(names) {
        let place = format!("A{row}");
        book.row(row, "").formula(&place, &format!("'{name}'!$A$1&\"\""), "str", name).formula(
            &format!("B{row}"),
            &format!("COUNTA('{name}'!A:A,'{name}'!1:1)"),
            "n",
            "2",
        );
    }
    book.row(40, "").formula("A40", "令和８年度!A1", "str", "令和８年度").formula(
        "B40",
        "SUM('4月:R8.4.1'!B1)",
        "n",
        "0",
    );
    book.done()
}

/// Parts of tables in formulas, with signs that need an escape.
fn structured() -> Draft {
    let mut book = Book::new("structured");
    let heads = ["月", "件数 (①)", "金額[税込]", "率#%", "備考'"];
    book.sheet("表").row(1, "");
    for (column, head) in ('A'..).zip(heads) {
        book.text(&format!("{column}1"), head);
    }
    book.row(2, "")
        .text("A2", "４月")
        .number("B2", "1", "")
        .number("C2", "2", "")
        .number("D2", "3", "")
        .text("E2", "無");
    let formulas = [
        "SUM(表1[件数 (①)])",
        "SUM(表1[[件数 (①)]])",
        "SUM(表1['[税込']])+1",
        "SUM(表1[金額'[税込']])",
        "SUM(表1[率'#%])",
        "COUNTA(表1[備考''])",
        "ROWS(表1[#All])",
        "COUNTA(表1[#Headers])",
        "SUM(表1[[件数 (①)]:[率'#%]])",
        "SUM(表1[[#Data],[#Totals],[件数 (①)]])",
        "COUNTA(表1[[#Headers],[月]:[備考'']])",
        "COUNTA(表1[])",
    ];
    for (row, formula) in (5u32..).zip(formulas) {
        book.row(row, "").formula(&format!("G{row}"), formula, "n", "1");
    }
    let columns: String =
        (1..).zip(heads).map(|(id, head)| format!("<tableColumn id=\"{id}\" name=\"{}\"/>", escape(head))).collect();
    let xml = format!(
        "<table xmlns=\"{SPACE}\" id=\"1\" name=\"表1\" displayName=\"表1\" ref=\"A1:E2\" totalsRowShown=\"0\">\
            <autoFilter ref=\"A1:E2\"/><tableColumns count=\"5\">{columns}</tableColumns></table>"
    );
    let id = book.part("table", "tables/table1.xml", &format!("{TYPE}.table+xml"), &xml);
    book.behind(&format!("<tableParts count=\"1\"><tablePart r:id=\"{id}\"/></tableParts>"));
    book.draft.fact(["table", "表1", "A1:E2", &heads.join("|"), ""]);
    book.done()
}

fn modern() -> Draft {
    let mut book = Book::new("modern");
    book.sheet("新").row(1, "").number("A1", "3", "").text("B1", "髙");
    let formulas = [
        "_xlfn._xlws.FILTER(A1:B9,A1:A9>1,\"該当なし\")",
        "_xlfn._xlws.SORT(_xlfn.UNIQUE(A1:A9))",
        "_xlfn.LET(_xlpm.税,0.1,A1*_xlpm.税)",
        "_xlfn.LAMBDA(_xlpm.額,_xlpm.額*1.1)(A1)",
        "消費税(A1)",
        "_xlfn.SEQUENCE(3,2)",
        "SUM(_xlfn.ANCHORARRAY(A3))",
        "_xlfn.SINGLE(A:A)",
        "_xlfn.SWITCH(B1,\"髙\",\"高\",\"他\")",
        "_xlfn.MAXIFS(A:A,B:B,\"髙\")",
        "_xlfn.CONCAT(A1:B1)",
        "_xlfn.DAYS(46349,1)",
        "_xlfn.UNICODE(\"𠮷\")",
        "_xlfn.NUMBERVALUE(\"１２\")",
        "_xlfn.FORMULATEXT(A1)",
        "_xlfn.XMATCH(3,A:A)",
    ];
    for (row, formula) in (3u32..).zip(formulas) {
        book.row(row, "").formula(&format!("A{row}"), formula, "n", "1");
    }
    book.name("消費税", None, "_xlfn.LAMBDA(_xlpm.額,_xlpm.額*0.1)");
    book.done()
}

/// A pivot table over cells of the workbook.
fn pivot() -> Draft {
    let mut book = Book::new("pivot");
    book.sheet("元").row(1, "").text("A1", "月").text("B1", "件数①");
    for (row, (month, value)) in (2u32..).zip(MONTHS) {
        book.row(row, "").text(&format!("A{row}"), month).number(&format!("B{row}"), &value.to_string(), "");
    }
    book.sheet("集計").row(3, "").text("A3", "行ラベル").text("B3", "合計 / 件数①");
    book.draft.package.xml(
        "xl/pivotCache/pivotCacheDefinition1.xml",
        &format!("{TYPE}.pivotCacheDefinition+xml"),
        cache(),
    );
    let records: String =
        MONTHS.iter().enumerate().map(|(at, (_, value))| format!("<r><x v=\"{at}\"/><n v=\"{value}\"/></r>")).collect();
    book.draft.package.xml(
        "xl/pivotCache/pivotCacheRecords1.xml",
        &format!("{TYPE}.pivotCacheRecords+xml"),
        format!("<pivotCacheRecords xmlns=\"{SPACE}\" count=\"6\">{records}</pivotCacheRecords>"),
    );
    book.draft.package.relate("xl/pivotCache/pivotCacheDefinition1.xml", "pivotCacheRecords", "pivotCacheRecords1.xml");
    let id =
        book.draft.package.relate("xl/workbook.xml", "pivotCacheDefinition", "pivotCache/pivotCacheDefinition1.xml");
    book.last = format!("<pivotCaches><pivotCache cacheId=\"1\" r:id=\"{id}\"/></pivotCaches>");
    let all: String = (0..MONTHS.len()).map(|at| format!("<item x=\"{at}\"/>")).collect();
    let rows: String = (0..MONTHS.len()).map(|at| format!("<i><x v=\"{at}\"/></i>")).collect();
    let table = format!(
        "<pivotTableDefinition xmlns=\"{SPACE}\" name=\"ピボットテーブル1\" cacheId=\"1\" applyNumberFormats=\"0\" dataCaption=\"値\" grandTotalCaption=\"総計\">\
            <location ref=\"A3:B10\" firstHeaderRow=\"1\" firstDataRow=\"1\" firstDataCol=\"1\"/>\
            <pivotFields count=\"2\"><pivotField axis=\"axisRow\" showAll=\"0\">\
            <items count=\"7\">{all}<item t=\"default\"/></items></pivotField>\
            <pivotField dataField=\"1\" showAll=\"0\"/></pivotFields><rowFields count=\"1\"><field x=\"0\"/>\
            </rowFields><rowItems count=\"7\">{rows}<i t=\"grand\"><x/></i></rowItems><colItems count=\"1\"><i/>\
            </colItems><dataFields count=\"1\">\
            <dataField name=\"合計 / 件数①\" fld=\"1\" baseField=\"0\" baseItem=\"0\"/></dataFields>\
            </pivotTableDefinition>"
    );
    book.part("pivotTable", "pivotTables/pivotTable1.xml", &format!("{TYPE}.pivotTable+xml"), &table);
    book.draft.package.relate(
        "xl/pivotTables/pivotTable1.xml",
        "pivotCacheDefinition",
        "../pivotCache/pivotCacheDefinition1.xml",
    );
    book.done()
}

/// What the pivot table was made from.
fn cache() -> String {
    let items: String = MONTHS.iter().map(|(month, _)| format!("<s v=\"{month}\"/>")).collect();
    format!(
        "<pivotCacheDefinition xmlns=\"{SPACE}\" xmlns:r=\"{OFFICE}\" r:id=\"rId1\" refreshedBy=\"髙﨑\" recordCount=\"6\">\
            <cacheSource type=\"worksheet\"><worksheetSource ref=\"A1:B7\" sheet=\"元\"/></cacheSource>\
            <cacheFields count=\"2\"><cacheField name=\"月\" numFmtId=\"0\">\
            <sharedItems count=\"6\">{items}</sharedItems></cacheField><cacheField name=\"件数①\" numFmtId=\"0\">\
            <sharedItems containsSemiMixedTypes=\"0\" containsString=\"0\" containsNumber=\"1\" minValue=\"980\" maxValue=\"2043\"/>\
            </cacheField></cacheFields></pivotCacheDefinition>"
    )
}

fn protected() -> Draft {
    let mut book = Book::new("protected");
    book.views.push_str("<workbookProtection lockStructure=\"1\" workbookPassword=\"CC1A\"/>");
    book.sheet("保護").row(1, "").text("A1", "入力欄");
    book.behind("<sheetProtection password=\"CC1A\" sheet=\"1\" objects=\"1\" scenarios=\"1\" formatCells=\"0\"/>\
        <protectedRanges><protectedRange sqref=\"B1:B9\" name=\"入力範囲①\"/></protectedRanges><scenarios current=\"0\">\
        <scenario name=\"案１\" count=\"1\" user=\"髙﨑\" comment=\"増額\"><inputCells r=\"A1\" val=\"１\"/></scenario>\
        </scenarios>");
    book.done()
}

/// Rules and lines in cells of newer programs.
fn more_rules() -> Draft {
    let mut book = Book::new("more-rules");
    book.sheet("一覧").row(1, "").number("A1", "1", "").number("B1", "2", "");
    book.behind(
        "<extLst><ext uri=\"{78C0D931-6437-407d-A8EE-F0AAD7539E65}\"><x14:conditionalFormattings>\
        <x14:conditionalFormatting>\
        <x14:cfRule type=\"expression\" priority=\"1\" id=\"{00000000-0000-0000-0000-000000000001}\">\
        <xm:f>一覧!$B$1=\"①\"</xm:f><x14:dxf><font><b/></font></x14:dxf></x14:cfRule><xm:sqref>A1:A9</xm:sqref>\
        </x14:conditionalFormatting></x14:conditionalFormattings></ext>\
        <ext uri=\"{05C60535-1F16-4fd2-B633-F4F36F0B64E0}\"><x14:sparklineGroups>\
        <x14:sparklineGroup displayEmptyCellsAs=\"gap\"><x14:colorSeries rgb=\"FF376092\"/><x14:sparklines>\
        <x14:sparkline><xm:f>一覧!A1:B1</xm:f><xm:sqref>C1</xm:sqref></x14:sparkline></x14:sparklines>\
        </x14:sparklineGroup></x14:sparklineGroups></ext></extLst>",
    );
    book.done()
}
