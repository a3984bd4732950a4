//! Workbooks of our own making, rebuilt: what stays, and grafts that leave no trace.

use std::collections::BTreeMap;

use proptest::prelude::*;
use sanitizer_api::{Budget, Code, Hints, Rebuilt, SanitizeError};

use crate::zip::{Archive, pack};

const MAIN: &str = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
const OFFICE: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
const PACKAGE: &str = "http://schemas.openxmlformats.org/package/2006/relationships";
const TYPE: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.";

/// A workbook in pieces; what a graft adds goes between them.
#[derive(Default, Clone)]
struct Carrier {
    /// Content types: part, type.
    types: Vec<(String, String)>,
    /// Relationships of the workbook and of its sheet: id, type behind `OFFICE`, target, outside.
    book_relations: Vec<(String, String, String, bool)>,
    sheet_relations: Vec<(String, String, String, bool)>,
    sheets: String,
    before_names: String,
    names: String,
    cells: String,
    after_data: String,
    parts: Vec<(String, String)>,
    main: String,
}

fn carrier() -> Carrier {
    let own = |part: &str, kind: &str| (part.to_owned(), format!("{TYPE}{kind}+xml"));
    let relation = |id: &str, kind: &str, target: &str| (id.to_owned(), kind.to_owned(), target.to_owned(), false);
    Carrier {
        types: vec![own("/xl/worksheets/sheet1.xml", "worksheet"), own("/xl/sharedStrings.xml", "sharedStrings")],
        book_relations: vec![
            relation("rId1", "worksheet", "worksheets/sheet1.xml"),
            relation("rId2", "sharedStrings", "sharedStrings.xml"),
        ],
        sheets: r#"<sheet name="売上" sheetId="1" r:id="rId1"/>"#.to_owned(),
        names: "<definedName name=\"税率\">0.1</definedName>".to_owned(),
        cells: r#"<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1"><f>SUM(売上!A1)*税率</f><v>-12</v></c></row>"#
            .to_owned(),
        main: format!("{TYPE}sheet.main+xml"),
        ..Carrier::default()
    }
}

impl Carrier {
    fn relate(&mut self, in_sheet: bool, id: &str, kind: &str, target: &str, outside: bool) {
        let table = if in_sheet { &mut self.sheet_relations } else { &mut self.book_relations };
        table.push((id.to_owned(), kind.to_owned(), target.to_owned(), outside));
    }

    fn part(&mut self, path: &str, kind: &str, text: &str) {
        self.types.push((format!("/{path}"), kind.to_owned()));
        self.parts.push((path.to_owned(), text.to_owned()));
    }

    fn bytes(&self) -> Vec<u8> {
        let types: String = self
            .types
            .iter()
            .map(|(part, kind)| format!("<Override PartName=\"{part}\" ContentType=\"{kind}\"/>"))
            .collect();
        let space = "http://schemas.openxmlformats.org/package/2006/content-types";
        let types = format!(
            "<Types xmlns=\"{space}\"><Default Extension=\"rels\" \
             ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/><Override \
             PartName=\"/xl/workbook.xml\" ContentType=\"{}\"/>{types}</Types>",
            self.main
        );
        let root = [("rId1".to_owned(), "officeDocument".to_owned(), "xl/workbook.xml".to_owned(), false)];
        let book = format!(
            "<workbook xmlns=\"{MAIN}\" xmlns:r=\"{OFFICE}\"><sheets>{}</sheets>{}<definedNames>{}</definedNames></workbook>",
            self.sheets, self.before_names, self.names
        );
        let sheet = format!(
            "<worksheet xmlns=\"{MAIN}\" xmlns:r=\"{OFFICE}\"><sheetData>{}</sheetData>{}</worksheet>",
            self.cells, self.after_data
        );
        let strings = format!(
            "<sst xmlns=\"{MAIN}\" count=\"1\" uniqueCount=\"1\"><si><t>髙﨑①㈱</t><rPh sb=\"0\" eb=\"2\"><t>タカサキ</t></rPh>\
             <phoneticPr fontId=\"1\"/></si></sst>"
        );
        let mut members = vec![
            ("[Content_Types].xml".to_owned(), types),
            ("_rels/.rels".to_owned(), relations(&root)),
            ("xl/workbook.xml".to_owned(), book),
            ("xl/_rels/workbook.xml.rels".to_owned(), relations(&self.book_relations)),
            ("xl/worksheets/sheet1.xml".to_owned(), sheet),
            ("xl/worksheets/_rels/sheet1.xml.rels".to_owned(), relations(&self.sheet_relations)),
            ("xl/sharedStrings.xml".to_owned(), strings),
        ];
        members.extend(self.parts.clone());
        let members: Vec<_> = members.into_iter().map(|(name, text)| (name, text.into_bytes())).collect();
        pack(&members, &mut Budget::generous()).unwrap()
    }
}

fn relations(rows: &[(String, String, String, bool)]) -> String {
    let rows: String = rows
        .iter()
        .map(|(id, kind, target, outside)| {
            let kind = if kind.contains(':') { kind.clone() } else { format!("{OFFICE}/{kind}") };
            let mode = if *outside { " TargetMode=\"External\"" } else { "" };
            format!("<Relationship Id=\"{id}\" Type=\"{kind}\" Target=\"{target}\"{mode}/>")
        })
        .collect();
    format!("<Relationships xmlns=\"{PACKAGE}\">{rows}</Relationships>")
}

fn sanitize(bytes: &[u8]) -> Result<Rebuilt, SanitizeError> {
    crate::sanitizer_for("ooxml-excel").unwrap().sanitize(bytes, Hints::default(), &mut Budget::generous())
}

fn rebuilt(carrier: &Carrier) -> Rebuilt {
    sanitize(&carrier.bytes()).unwrap()
}

/// All parts of the output, as text.
fn parts(rebuilt: &Rebuilt) -> BTreeMap<String, String> {
    let mut archive = Archive::open(&rebuilt.bytes).unwrap();
    let keys: Vec<String> = archive.keys().map(str::to_owned).collect();
    keys.into_iter()
        .map(|key| {
            let bytes = archive.read(&key).unwrap().unwrap().into_owned();
            (key, String::from_utf8(bytes).unwrap())
        })
        .collect()
}

fn has(rebuilt: &Rebuilt, code: Code) -> bool {
    rebuilt.findings.iter().any(|finding| finding.code == code)
}

#[test]
fn what_a_workbook_says_stays() {
    let rebuilt = rebuilt(&carrier());
    let parts = parts(&rebuilt);
    assert!(parts["xl/worksheets/sheet1.xml"].contains(
        "<x:c r=\"A1\" t=\"s\"><x:v>0</x:v></x:c><x:c r=\"B1\"><x:f>SUM(売上!A1)*税率</x:f><x:v>-12</x:v></x:c>"
    ));
    assert!(
        parts["xl/sharedstrings.xml"]
            .contains("<x:t>髙﨑①㈱</x:t><x:rPh sb=\"0\" eb=\"2\"><x:t>タカサキ</x:t></x:rPh>")
    );
    assert!(parts["xl/workbook.xml"].contains("<x:definedName name=\"税率\">0.1</x:definedName>"));
    assert_eq!(rebuilt.findings.len(), 1, "{:?}", rebuilt.findings);
}

#[test]
fn every_graft_leaves_the_bytes_of_the_clean_workbook() {
    let clean = rebuilt(&carrier());
    let graft = |name: &str, code: Code, change: &dyn Fn(&mut Carrier)| {
        let mut grafted = carrier();
        change(&mut grafted);
        let grafted = rebuilt(&grafted);
        assert_eq!(parts(&grafted), parts(&clean), "{name}");
        assert_eq!(grafted.bytes, clean.bytes, "{name}");
        assert!(has(&grafted, code), "{name}: {:?}", grafted.findings);
    };
    graft("macros under another name", Code::MacroRemoved, &|it| {
        it.main = "application/vnd.ms-excel.sheet.macroEnabled.main+xml".to_owned();
        it.relate(
            false,
            "rId9",
            "http://schemas.microsoft.com/office/2006/relationships/vbaProject",
            "media/a.png",
            false,
        );
        it.part("xl/media/a.png", "application/vnd.ms-office.vbaProject", "x");
    });
    graft("a sheet of macros", Code::MacroRemoved, &|it| {
        it.relate(
            false,
            "rId9",
            "http://schemas.microsoft.com/office/2006/relationships/xlMacrosheet",
            "macro.xml",
            false,
        );
        it.part("xl/macro.xml", "application/vnd.ms-excel.macrosheet+xml", "<a/>");
        it.sheets.push_str("<sheet name=\"Macro1\" sheetId=\"2\" state=\"veryHidden\" r:id=\"rId9\"/>");
        it.names.push_str("<definedName name=\"_xlnm.Auto_Open\" hidden=\"1\">Macro1!$A$1</definedName>");
        it.names.push_str("<definedName name=\"x\">Macro1!$A$1</definedName><definedName name=\"y\">x+1</definedName>");
    });
    graft("a name that runs", Code::MacroRemoved, &|it| {
        it.names.push_str("<definedName name=\"f\" function=\"1\" vbProcedure=\"1\" hidden=\"1\">#NAME?</definedName>");
    });
    graft("another workbook", Code::ExternalReferenceRemoved, &|it| {
        it.relate(false, "rId9", "externalLink", "externalLinks/externalLink1.xml", false);
        it.part("xl/externalLinks/externalLink1.xml", &format!("{TYPE}externalLink+xml"), "<a/>");
        it.before_names.push_str("<externalReferences><externalReference r:id=\"rId9\"/></externalReferences>");
        it.names.push_str("<definedName name=\"out\">[1]Sheet1!$A$1</definedName>");
    });
    graft("a connection", Code::ExternalReferenceRemoved, &|it| {
        it.relate(false, "rId9", "connections", "connections.xml", false);
        it.part("xl/connections.xml", &format!("{TYPE}connections+xml"), "<a/>");
    });
    graft("an object and a button", Code::EmbeddedObjectRemoved, &|it| {
        it.relate(true, "rId1", "oleObject", "../embeddings/oleObject1.bin", false);
        it.relate(true, "rId2", "control", "../activeX/activeX1.xml", false);
        it.part("xl/embeddings/oleObject1.bin", "application/vnd.openxmlformats-officedocument.oleObject", "x");
        it.part("xl/activeX/activeX1.xml", "application/vnd.ms-office.activeX+xml", "<a/>");
        it.after_data.push_str("<oleObjects><oleObject progId=\"Package\" shapeId=\"1\" r:id=\"rId1\"/></oleObjects>");
        it.after_data.push_str("<controls><control shapeId=\"2\" r:id=\"rId2\"/></controls>");
    });
    graft("links that lead out", Code::LinkDisabled, &|it| {
        it.relate(true, "rId1", "hyperlink", "file://host.example/share", true);
        it.after_data.push_str("<hyperlinks><hyperlink ref=\"A1\" r:id=\"rId1\"/>");
        it.after_data.push_str("<hyperlink ref=\"A2\" location=\"[a.xlsx]b!A1\"/></hyperlinks>");
    });
    graft("rules that call out", Code::FormulaFlattened, &|it| {
        it.after_data.push_str("<conditionalFormatting sqref=\"A1\"><cfRule type=\"expression\" priority=\"1\">");
        it.after_data.push_str("<formula>WEBSERVICE(\"http://a\")</formula></cfRule></conditionalFormatting>");
        it.after_data.push_str("<dataValidations count=\"1\"><dataValidation type=\"list\" sqref=\"A1\">");
        it.after_data.push_str("<formula1>[1]a!A1</formula1></dataValidation></dataValidations>");
    });
    graft("an unknown extension", Code::DocumentRebuilt, &|it| {
        it.after_data.push_str("<extLst><ext uri=\"{0}\"><x/></ext></extLst><smartTags/><webPublishItems/>");
    });
}

#[test]
fn a_formula_that_leads_out_leaves_its_value() {
    let formulas = [
        "[1]Sheet1!A1",
        "WEBSERVICE(\"http://a\")",
        "cmd|' /C calc'!A0",
        "HYPERLINK(\"http://a\",\"b\")",
        "CALL(\"a\")",
        "IMAGE(\"http://a\")",
        "own(1)",
        "Macro1!A1",
        "RTD(\"a\",,\"b\")",
    ];
    let plain = rebuilt(&Carrier { cells: "<row><c r=\"A1\"><v>7</v></c></row>".to_owned(), ..carrier() });
    for formula in formulas {
        let escaped = formula.replace('"', "&quot;");
        let cells = format!("<row><c r=\"A1\"><f>{escaped}</f><v>7</v></c></row>");
        let grafted = rebuilt(&Carrier { cells, ..carrier() });
        assert_eq!(grafted.bytes, plain.bytes, "{formula}");
        assert!(has(&grafted, Code::FormulaFlattened));
    }
}

#[test]
fn a_shared_formula_stays_or_goes_in_all_its_cells() {
    let cells = |first: &str| {
        format!(
            "<row><c r=\"A1\"><f t=\"shared\" ref=\"A1:A2\" si=\"3\">{first}</f><v>1</v></c><c r=\"A2\"><f t=\"shared\" \
             si=\"3\"/><v>2</v></c></row>"
        )
    };
    let kept = parts(&rebuilt(&Carrier { cells: cells("B1+1"), ..carrier() }));
    assert_eq!(kept["xl/worksheets/sheet1.xml"].matches("<x:f ").count(), 2);
    let gone = parts(&rebuilt(&Carrier { cells: cells("own(B1)"), ..carrier() }));
    assert!(
        gone["xl/worksheets/sheet1.xml"].contains("<x:c r=\"A1\"><x:v>1</x:v></x:c><x:c r=\"A2\"><x:v>2</x:v></x:c>")
    );
}

#[test]
fn sheets_that_no_menu_shows_are_shown_and_places_are_counted_anew() {
    let mut it = carrier();
    it.relate(false, "rId8", "http://schemas.microsoft.com/office/2006/relationships/xlMacrosheet", "m.xml", false);
    it.relate(false, "rId9", "worksheet", "worksheets/sheet2.xml", false);
    it.part(
        "xl/worksheets/sheet2.xml",
        &format!("{TYPE}worksheet+xml"),
        &format!("<worksheet xmlns=\"{MAIN}\"><sheetData/></worksheet>"),
    );
    it.part("xl/m.xml", "application/vnd.ms-excel.macrosheet+xml", "<a/>");
    it.sheets = "<sheet name=\"m\" sheetId=\"3\" r:id=\"rId8\"/><sheet name=\"売上\" sheetId=\"1\" r:id=\"rId1\" \
                 state=\"hidden\"/><sheet name=\"b\" sheetId=\"2\" r:id=\"rId9\" state=\"veryHidden\"/>"
        .to_owned();
    it.names = "<definedName name=\"_xlnm.Print_Area\" localSheetId=\"2\">b!$A$1</definedName>".to_owned();
    let rebuilt = rebuilt(&it);
    let book = parts(&rebuilt)["xl/workbook.xml"].clone();
    assert!(book.contains("<x:sheet name=\"b\" sheetId=\"2\" r:id=\"rId9\"/>"), "{book}");
    assert!(book.contains("name=\"_xlnm.Print_Area\" localSheetId=\"1\">b!$A$1<"), "{book}");
    assert!(has(&rebuilt, Code::HiddenSheetShown));
}

#[test]
fn a_chart_shows_what_it_had_and_leads_nowhere() {
    let mut it = carrier();
    let drawing = "http://schemas.openxmlformats.org/drawingml/2006";
    it.relate(true, "rId1", "drawing", "../drawings/d.xml", false);
    it.after_data = "<drawing r:id=\"rId1\"/>".to_owned();
    let frame = |id: &str| {
        format!(
            "<xdr:oneCellAnchor><xdr:graphicFrame macro=\"x\"><a:graphic><a:graphicData uri=\"{drawing}/chart\"><c:chart \
             r:id=\"{id}\"/></a:graphicData></a:graphic></xdr:graphicFrame><xdr:clientData/></xdr:oneCellAnchor>"
        )
    };
    it.part(
        "xl/drawings/d.xml",
        "application/vnd.openxmlformats-officedocument.drawing+xml",
        &format!(
            "<xdr:wsDr xmlns:xdr=\"{drawing}/spreadsheetDrawing\" xmlns:a=\"{drawing}/main\" xmlns:c=\"{drawing}/chart\" \
             xmlns:r=\"{OFFICE}\">{}{}</xdr:wsDr>",
            frame("rId1"),
            frame("rId2")
        ),
    );
    it.part(
        "xl/charts/c.xml",
        "application/vnd.openxmlformats-officedocument.drawingml.chart+xml",
        &format!(
            "<c:chartSpace xmlns:c=\"{drawing}/chart\"><c:chart><c:plotArea><c:f>売上!$A$1</c:f><c:f>[1]a!$A$1</c:f><c:v>7</c:v>\
             </c:plotArea></c:chart><c:externalData r:id=\"rId1\" xmlns:r=\"{OFFICE}\"/></c:chartSpace>"
        ),
    );
    let chart = ("rId1".to_owned(), "chart".to_owned(), "../charts/c.xml".to_owned(), false);
    it.parts.push(("xl/drawings/_rels/d.xml.rels".to_owned(), relations(&[chart])));
    let parts = parts(&rebuilt(&it));
    let chart = &parts["xl/charts/chart1.xml"];
    assert!(
        chart.contains("<c:f>売上!$A$1</c:f><c:f>#REF!</c:f><c:v>7</c:v>") && !chart.contains("externalData"),
        "{chart}"
    );
    let drawing = &parts["xl/drawings/drawing1.xml"];
    assert_eq!(drawing.matches("<xdr:oneCellAnchor>").count(), 1);
    assert!(drawing.contains("<xdr:graphicFrame macro=\"\">"));
}

/// A pivot table over A1:B3, with its cache.
fn pivot(source: &str) -> Carrier {
    let mut it = carrier();
    let office = |name: &str| format!("{TYPE}{name}+xml");
    it.relate(false, "rId9", "pivotCacheDefinition", "pivotCache/d.xml", false);
    it.relate(true, "rId1", "pivotTable", "../pivotTables/p.xml", false);
    it.before_names = "<pivotCaches><pivotCache cacheId=\"4\" r:id=\"rId9\"/></pivotCaches>".to_owned();
    it.part(
        "xl/pivotCache/d.xml",
        &office("pivotCacheDefinition"),
        &format!(
            "<pivotCacheDefinition xmlns=\"{MAIN}\" xmlns:r=\"{OFFICE}\" r:id=\"rId1\" recordCount=\"1\">{source}\
             <cacheFields count=\"1\"><cacheField name=\"課\" numFmtId=\"0\"><sharedItems count=\"1\"><s v=\"総務\"/>\
             </sharedItems></cacheField></cacheFields></pivotCacheDefinition>"
        ),
    );
    it.part(
        "xl/pivotCache/r.xml",
        &office("pivotCacheRecords"),
        &format!("<pivotCacheRecords xmlns=\"{MAIN}\" count=\"1\"><r><x v=\"0\"/></r></pivotCacheRecords>"),
    );
    it.part(
        "xl/pivotTables/p.xml",
        &office("pivotTable"),
        &format!(
            "<pivotTableDefinition xmlns=\"{MAIN}\" name=\"p\" cacheId=\"4\" dataCaption=\"値\"><location ref=\"D1:E2\" \
             firstHeaderRow=\"1\" firstDataRow=\"1\" firstDataCol=\"1\"/></pivotTableDefinition>"
        ),
    );
    let one = |kind: &str, target: &str| relations(&[("rId1".to_owned(), kind.to_owned(), target.to_owned(), false)]);
    it.parts.push(("xl/pivotCache/_rels/d.xml.rels".to_owned(), one("pivotCacheRecords", "r.xml")));
    it.parts.push(("xl/pivotTables/_rels/p.xml.rels".to_owned(), one("pivotCacheDefinition", "../pivotCache/d.xml")));
    it
}

#[test]
fn a_pivot_table_stays_if_its_numbers_are_in_the_workbook() {
    let inside = "<cacheSource type=\"worksheet\"><worksheetSource ref=\"A1:B3\" sheet=\"売上\"/></cacheSource>";
    let kept = parts(&rebuilt(&pivot(inside)));
    assert!(kept["xl/workbook.xml"].contains("<x:pivotCache cacheId=\"4\" r:id=\"rId9\"/>"));
    assert!(kept["xl/pivottables/pivottable1.xml"].contains("<x:location ref=\"D1:E2\""));
    assert!(kept["xl/pivottables/_rels/pivottable1.xml.rels"].contains("/xl/pivotCache/pivotCacheDefinition1.xml"));
    assert!(kept["xl/pivotcache/pivotcacherecords1.xml"].contains("<x:r><x:x v=\"0\"/></x:r>"));
    let clean = rebuilt(&carrier());
    for outside in [
        "<cacheSource type=\"external\" connectionId=\"1\"/>",
        "<cacheSource type=\"worksheet\"><worksheetSource ref=\"A1\" r:id=\"rId2\"/></cacheSource>",
        "<cacheSource type=\"worksheet\"><worksheetSource ref=\"A1\"/></cacheSource><cacheHierarchies/>",
        "<cacheSource type=\"worksheet\"><worksheetSource ref=\"A1\" sheet=\"[b.xlsx]x\"/></cacheSource>",
        "<cacheSource type=\"worksheet\"><worksheetSource name=\"\\\\host\\b.xlsx!x\"/></cacheSource>",
    ] {
        let gone = rebuilt(&pivot(outside));
        assert_eq!(gone.bytes, clean.bytes, "{outside}");
        assert!(has(&gone, Code::UnknownPartRemoved));
    }
}

#[test]
fn a_link_to_a_place_stays_and_one_to_an_address_goes() {
    let link = |place: &str| {
        let mut it = carrier();
        it.after_data = format!("<hyperlinks><hyperlink ref=\"A1\" location=\"{place}\"/></hyperlinks>");
        parts(&rebuilt(&it))["xl/worksheets/sheet1.xml"].contains("<x:hyperlink ")
    };
    assert!(link("売上!A1") && link("&apos;売上&apos;!A1:B2") && link("税率"));
    for place in ["http://a.example/x", "file:///c:/x", "//host/x", "\\\\host\\x", "[b.xlsx]x!A1", "javascript:a(1)"] {
        assert!(!link(place), "{place}");
    }
}

#[test]
fn pictures_of_headers_go_and_are_told() {
    let mut it = carrier();
    it.after_data =
        "<headerFooter><oddHeader>&amp;L&amp;G市章</oddHeader></headerFooter><legacyDrawingHF r:id=\"rId1\"/>"
            .to_owned();
    it.relate(true, "rId1", "vmlDrawing", "../drawings/v.vml", false);
    let kind = "application/vnd.openxmlformats-officedocument.vmlDrawing";
    it.part("xl/drawings/v.vml", kind, "<xml xmlns:v=\"urn:schemas-microsoft-com:vml\"><v:shape/></xml>");
    let gone = rebuilt(&it);
    assert!(parts(&gone)["xl/worksheets/sheet1.xml"].contains("<x:oddHeader>&amp;L市章</x:oddHeader>"));
    assert!(has(&gone, Code::UnknownPartRemoved), "{:?}", gone.findings);
}

#[test]
fn a_workbook_of_macro_sheets_only_is_refused() {
    let mut it = carrier();
    it.sheets = "<sheet name=\"m\" sheetId=\"3\" r:id=\"rId8\"/>".to_owned();
    assert!(sanitize(&it.bytes()).is_err());
}

/// Panics if a law breaks on `input`.
fn law(input: &[u8]) {
    let Ok(rebuilt) = sanitize(input) else { return };
    let again = sanitize(&rebuilt.bytes).unwrap();
    assert!(again.bytes == rebuilt.bytes, "not its own fixed point");
    assert_eq!((again.findings, again.links), (vec![], vec![]));
    let small = &mut Budget { output_bytes: 100, ..Budget::generous() };
    assert!(crate::sanitizer_for("ooxml-excel").unwrap().sanitize(input, Hints::default(), small).is_err());
    assert_eq!(small.output_bytes, 100);
}

/// Mark-up that matters, in any order, some of it unbalanced.
const PIECES: &[&str] = &[
    "<row><c r='A1'><f>own(1)</f><v>1</v></c></row>",
    "<c>",
    "</c>",
    "<f>1</f>",
    "<f t='shared' si='1' ref='A1:A2'>[1]a!A1</f>",
    "<f t='shared' si='1' ref='A1:A2'>A1</f>",
    "<f t='shared' si='1'/>",
    "<f/>",
    "<conditionalFormatting sqref='A1'>",
    "</conditionalFormatting>",
    "<cfRule type='expression'><formula>CALL(1)</formula></cfRule>",
    "<cfRule type='expression'><formula>A1</formula></cfRule>",
    "<cfRule><colorScale><cfvo type='formula' val='x|y!z'/></colorScale></cfRule>",
    "<dataValidations><dataValidation><formula1>RTD(1)</formula1></dataValidation></dataValidations>",
    "<hyperlinks>",
    "</hyperlinks>",
    "<hyperlink ref='A1' r:id='rId1'/>",
    "<hyperlink ref='A1' location='売上!A1'/>",
    "<extLst><ext uri='{78C0D931-6437-407d-A8EE-F0AAD7539E65}'>",
    "<ext uri='a'>",
    "</ext></extLst>",
    "<headerFooter><oddHeader>&amp;C&amp;&amp;G&amp;G&amp;</oddHeader></headerFooter>",
    "<oddFooter>&amp;&amp;GG&amp;G</oddFooter>",
    "<definedName name='a'>b</definedName>",
    "<definedName name='b' localSheetId='0'>a+EXEC(1)</definedName>",
    "<definedName name='l'>_xlfn.LAMBDA(_xlpm.x,c)</definedName>",
    "<definedName name='c' localSheetId='7'>l(1)</definedName>",
    "<sheets><sheet name='b' sheetId='2' state='veryHidden' r:id='rId1'/></sheets>",
    "<sheets><sheet name='b' sheetId='2' state='hidden' r:id='rId9'/></sheets>",
    "<bookViews><workbookView activeTab='1' firstSheet='1'/></bookViews>",
    "<bookViews>",
    "</bookViews>",
    "<pivotCaches><pivotCache cacheId='1' r:id='rId2'/></pivotCaches>",
    "<mc:AlternateContent xmlns:mc='http://schemas.openxmlformats.org/markup-compatibility/2006'>",
    "<mc:Fallback xmlns:mc='http://schemas.openxmlformats.org/markup-compatibility/2006'>",
    "<x>",
    "</x>",
    "&lt;",
    "\u{1}",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn what_comes_out_is_its_own_fixed_point(formula in "\\PC{0,40}", names in "\\PC{0,40}", cut in 0_usize..4_000) {
        let clean = |text: &str| text.replace(['<', '&', '>'], "");
        let mut it = carrier();
        it.cells = format!("<row><c r=\"A1\"><f>{}</f><v>7</v></c></row>", clean(&formula));
        it.names = format!("<definedName name=\"n\">{}</definedName>", clean(&names));
        let bytes = it.bytes();
        let once = sanitize(&bytes).unwrap();
        prop_assert_eq!(&sanitize(&bytes).unwrap(), &once);
        let again = sanitize(&once.bytes).unwrap();
        prop_assert_eq!(&again.bytes, &once.bytes);
        prop_assert!(again.findings.is_empty());
        if let Ok(short) = sanitize(bytes.get(..cut).unwrap_or(&bytes)) {
            prop_assert_eq!(sanitize(&short.bytes).unwrap().bytes, short.bytes);
        }
    }

    #[test]
    fn no_mark_up_breaks_the_laws(pieces in prop::collection::vec(prop::sample::select(PIECES), 0..20), in_names in any::<bool>()) {
        let mut it = carrier();
        it.relate(true, "rId1", "hyperlink", "http://a.example/", true);
        if in_names {
            it.before_names = pieces.concat();
        } else {
            it.after_data = pieces.concat();
        }
        law(&it.bytes());
    }

    #[test]
    fn no_changed_byte_breaks_the_laws(at in 0_usize..6_000, bit in 0_u32..8) {
        let mut bytes = pivot("<cacheSource type=\"worksheet\"><worksheetSource ref=\"A1\"/></cacheSource>").bytes();
        if let Some(byte) = bytes.get_mut(at) {
            *byte ^= 1 << bit;
        }
        law(&bytes);
    }

    #[test]
    fn no_formula_makes_the_reader_panic(formula in "[-A-Za-z0-9'\"\\[\\]!:#.(){}| 売]{0,60}") {
        let mut words = 0;
        super::formula::read(&formula, &mut |_| { words += 1; true });
        prop_assert!(words <= formula.len());
    }
}
