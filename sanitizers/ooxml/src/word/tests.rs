//! Documents of our own making, rebuilt; vectors grafted onto a clean one leave no trace.

mod traps;

use sanitizer_api::{Assurance, Budget, Code, Hints, Rebuilt, Sanitizer};

use crate::samples::{MAIN, Sample, inside, member, sanitize, spaces};
use crate::zip::pack;

const DOCUMENT: &str = "word/document.xml";
const WORD: &str = "application/vnd.openxmlformats-officedocument.wordprocessingml.";

fn run(text: &str) -> String {
    format!("<w:r><w:t>{text}</w:t></w:r>")
}

fn mark(kind: &str) -> String {
    format!("<w:r><w:fldChar w:fldCharType=\"{kind}\"/></w:r>")
}

fn field(instructions: &[&str], result: &str) -> String {
    let instructions: String =
        instructions.iter().map(|text| format!("<w:r><w:instrText>{text}</w:instrText></w:r>")).collect();
    format!("{}{instructions}{}{}{}", mark("begin"), mark("separate"), run(result), mark("end"))
}

fn picture(id: &str) -> String {
    format!(
        "<w:r><w:drawing><wp:inline><wp:extent cx=\"1\" cy=\"1\"/><wp:docPr id=\"1\" name=\"印影\"/><a:graphic>\
         <a:graphicData uri=\"http://schemas.openxmlformats.org/drawingml/2006/picture\"><pic:pic><pic:blipFill>\
         <a:blip r:embed=\"{id}\"/></pic:blipFill></pic:pic></a:graphicData></a:graphic></wp:inline></w:drawing></w:r>"
    )
}

/// A document with one of each thing that stays.
pub(crate) fn everything() -> Sample {
    let box_ = "<mc:AlternateContent><mc:Choice Requires=\"wps\"><w:drawing><wp:anchor><a:graphic><a:graphicData \
                uri=\"http://schemas.microsoft.com/office/word/2010/wordprocessingShape\"><wps:wsp><wps:txbx>\
                <w:txbxContent><w:p><w:r><w:t>枠内</w:t></w:r></w:p></w:txbxContent></wps:txbx><wps:bodyPr vert=\"eaVert\"/>\
                </wps:wsp></a:graphicData></a:graphic></wp:anchor></w:drawing></mc:Choice></mc:AlternateContent>";
    let chart = "<w:r><w:drawing><wp:inline><a:graphic><a:graphicData uri=\
                 \"http://schemas.openxmlformats.org/drawingml/2006/chart\"><c:chart r:id=\"rId6\"/></a:graphicData>\
                 </a:graphic></wp:inline></w:drawing></w:r>";
    let body = format!(
        "<w:p><w:r><w:ruby><w:rubyPr><w:hps w:val=\"10\"/></w:rubyPr><w:rt>{}</w:rt><w:rubyBase>{}</w:rubyBase></w:ruby></w:r>\
         <w:ins w:id=\"1\" w:author=\"髙﨑\" w:date=\"2026-01-01T00:00:00Z\">{}</w:ins><w:r><w:rPr><w:rFonts w:eastAsia=\"ＭＳ 明朝\"/>\
         <w:eastAsianLayout w:id=\"1\" w:vert=\"1\"/></w:rPr><w:t>①㈱</w:t></w:r>{}{}{chart}<w:r>{box_}</w:r></w:p>\
         <w:tbl><w:tr><w:tc><w:tcPr><w:gridSpan w:val=\"2\"/><w:vMerge w:val=\"restart\"/></w:tcPr><w:p/></w:tc></w:tr></w:tbl>\
         <w:sectPr><w:headerReference w:type=\"default\" r:id=\"rId4\"/><w:textDirection w:val=\"tbRl\"/></w:sectPr>",
        run("てみず"),
        run("手水"),
        run("追加"),
        field(&[" PAGE "], "1"),
        picture("rId5"),
    );
    let mut sample = Sample::document(&body);
    let space = spaces();
    sample.text(
        "word/styles.xml",
        &format!("{WORD}styles+xml"),
        &format!("<w:styles {space}><w:style w:styleId=\"a\"><w:name w:val=\"標準\"/></w:style></w:styles>"),
    );
    sample.text(
        "word/comments.xml",
        &format!("{WORD}comments+xml"),
        &format!(
            "<w:comments {space}><w:comment w:id=\"0\" w:author=\"係長\"><w:p>{}</w:p></w:comment></w:comments>",
            run("確認")
        ),
    );
    sample.text(
        "word/header1.xml",
        &format!("{WORD}header+xml"),
        &format!("<w:hdr {space}><w:p>{}</w:p></w:hdr>", run("様式第1号")),
    );
    sample.text("word/charts/chart1.xml", "application/vnd.openxmlformats-officedocument.drawingml.chart+xml", &format!("<c:chartSpace {space}><c:chart><c:plotArea><c:barChart><c:ser><c:val><c:numRef><c:f>Sheet1!$A$1</c:f><c:numCache><c:pt idx=\"0\"><c:v>12</c:v></c:pt></c:numCache></c:numRef></c:val></c:ser></c:barChart></c:plotArea></c:chart></c:chartSpace>"));
    sample.members.insert("word/media/image1.png".to_owned(), crate::pictures::mark());
    sample.relate(DOCUMENT, "rId2", "styles", "word/styles.xml");
    sample.relate(DOCUMENT, "rId3", "comments", "word/comments.xml");
    sample.relate(DOCUMENT, "rId4", "header", "word/header1.xml");
    sample.relate(DOCUMENT, "rId5", "image", "word/media/image1.png");
    sample.relate(DOCUMENT, "rId6", "chart", "word/charts/chart1.xml");
    sample
}

#[test]
fn tables_name_nothing_twice() {
    for vocabulary in [&super::TEXT, &super::SETTINGS, &super::FONT_TABLE] {
        crate::xml::table::check(vocabulary);
    }
    for vocabulary in
        [&crate::drawing::SHAPES, &crate::drawing::CHART, &crate::drawing::DIAGRAM, &crate::drawing::THEME]
    {
        crate::xml::table::check(vocabulary);
    }
}

#[test]
fn everything_that_may_stay_stays() {
    let sample = everything();
    let rebuilt = sample.sanitize().unwrap();
    assert_eq!(rebuilt.assurance, Assurance::Rebuilt);
    let codes: Vec<Code> = rebuilt.findings.iter().map(|finding| finding.code).collect();
    assert_eq!(codes, [Code::DocumentRebuilt]);
    let text = String::from_utf8(sample.members[DOCUMENT].clone()).unwrap();
    assert_eq!(sample.body(), inside(&text));
    for (name, piece) in [
        ("word/styles.xml", "標準"),
        ("word/comments.xml", "確認"),
        ("word/header1.xml", "様式第1号"),
        ("word/charts/chart1.xml", "<c:v>12</c:v>"),
    ] {
        assert!(sample.part(name).unwrap().contains(piece), "{name}");
    }
    assert!(sanitize(&rebuilt.bytes).unwrap().findings.is_empty());
}

#[test]
fn strict_and_odd_spellings_are_read_and_written_in_one() {
    let plain = Sample::document(&format!("<w:p>{}</w:p>", run("手水 &amp;")));
    let document = "<?xml version='1.0'?><!-- c --><x:document xmlns:x='http://purl.oclc.org/ooxml/wordprocessingml/main' \
                    xmlns:e='urn:e'><x:body e:a='1'><e:z>no</e:z>\n<x:p><x:r>no<x:t>手&#x6C34; <![CDATA[&]]></x:t></x:r></x:p></x:body></x:document>";
    let mut odd = plain.clone();
    odd.members.insert(DOCUMENT.to_owned(), document.encode_utf16().flat_map(u16::to_be_bytes).collect());
    let relations = "<?xml version='1.0'?><r:Relationships xmlns:r='http://schemas.openxmlformats.org/package/2006/relationships'>\
                     <r:Relationship Target='word\\document.xml' Id='rId1' Type='http://purl.oclc.org/ooxml/officeDocument/relationships/officeDocument'/></r:Relationships>";
    let mut parts = odd.parts();
    for (name, content) in &mut parts {
        if name == "_rels/.rels" {
            *content = [vec![0xFF, 0xFE], relations.encode_utf16().flat_map(u16::to_le_bytes).collect()].concat();
        }
        *name = format!("\\{}", name.replace('/', "\\"));
    }
    let bytes = pack(&parts, &mut Budget::generous()).unwrap();
    assert_eq!(sanitize(&bytes).unwrap().bytes, plain.sanitize().unwrap().bytes);
}

#[test]
fn macro_and_template_variants_become_plain_documents() {
    let plain = Sample::document("<w:p/>");
    for kind in [
        "vnd.ms-word.document.macroEnabled.main+xml",
        "vnd.ms-word.template.macroEnabledTemplate.main+xml",
        "vnd.openxmlformats-officedocument.wordprocessingml.template.main+xml",
    ] {
        let mut variant = plain.clone();
        variant.types.insert(DOCUMENT.to_owned(), format!("application/{kind}"));
        let bytes = variant.sanitize().unwrap().bytes;
        assert_eq!(bytes, plain.sanitize().unwrap().bytes);
        assert!(member(&bytes, "[Content_Types].xml").unwrap().contains(MAIN));
    }
}

/// The bytes of the clean carrier and of it with `graft`, and what was told of the graft.
fn graft(code: Code, graft: impl FnOnce(&mut Sample)) {
    let clean = everything();
    let mut sick = clean.clone();
    graft(&mut sick);
    let rebuilt = sick.sanitize().unwrap();
    assert!(rebuilt.bytes == clean.sanitize().unwrap().bytes, "{code:?} leaves a trace");
    assert!(
        rebuilt.findings.iter().any(|finding| finding.code == code),
        "{code:?} is not told: {:?}",
        rebuilt.findings
    );
}

/// Puts `mark_up` in front of everything in the body.
fn put(sample: &mut Sample, mark_up: &str) {
    let text = String::from_utf8(sample.members[DOCUMENT].clone()).unwrap();
    sample
        .members
        .insert(DOCUMENT.to_owned(), text.replacen("<w:body>", &format!("<w:body>{mark_up}"), 1).into_bytes());
}

#[test]
fn macros_leave_no_trace_under_any_name() {
    let vba = "http://schemas.microsoft.com/office/2006/relationships/vbaProject";
    for name in ["word/vbaProject.bin", "word/media/image99.png", "a.xml"] {
        graft(Code::MacroRemoved, |sample| {
            sample.text(name, "application/vnd.ms-office.vbaProject", "x").relate(DOCUMENT, "rId90", vba, name);
            sample
                .types
                .insert(DOCUMENT.to_owned(), "application/vnd.ms-word.document.macroEnabled.main+xml".to_owned());
        });
        graft(Code::MacroRemoved, |sample| {
            sample.text(name, "application/vnd.ms-office.vbaProject", "x");
        });
    }
    // As a picture that nothing shows, and as styles.
    graft(Code::UnknownPartRemoved, |sample| {
        sample.text("x.bin", "application/vnd.ms-office.vbaProject", "x").relate(DOCUMENT, "rId90", "styles", "x.bin");
    });
}

#[test]
fn references_to_the_outside_leave_no_trace() {
    let settings = format!("{WORD}settings+xml");
    for kind in
        ["attachedTemplate", "subDocument", "frame", "aFChunk", "image", "oleObject", "video", "mailMergeSource"]
    {
        graft(Code::ExternalReferenceRemoved, |sample| {
            sample.lead(DOCUMENT, "rId90", kind, "file://///host.example/share/x");
            put(sample, "<w:altChunk r:id=\"rId90\"/><w:subDoc r:id=\"rId90\"/>");
        });
    }
    let mut clean = everything();
    clean.text("word/settings.xml", &settings, &format!("<w:settings {}/>", spaces()));
    clean.relate(DOCUMENT, "rId80", "settings", "word/settings.xml");
    let mut sick = clean.clone();
    sick.lead("word/settings.xml", "rId1", "attachedTemplate", "http://a.example/t.dotm");
    sick.text("word/settings.xml", &settings, &format!("<w:settings {}><w:attachedTemplate r:id=\"rId1\"/><w:docVars><w:docVar w:name=\"a\" w:val=\"b\"/></w:docVars></w:settings>", spaces()));
    assert_eq!(sick.sanitize().unwrap().bytes, clean.sanitize().unwrap().bytes);
    assert_eq!(sick.count(Code::ExternalReferenceRemoved), 1);
    // Frames of a page are in a part that is dropped without a word of where it leads.
    graft(Code::ExternalReferenceRemoved, |sample| {
        sample.text("word/webSettings.xml", &format!("{WORD}webSettings+xml"), "<x/>");
        sample.relate(DOCUMENT, "rId90", "webSettings", "word/webSettings.xml");
        sample.lead("word/webSettings.xml", "rId1", "frame", "http://a.example/");
    });
}

#[test]
fn objects_and_controls_leave_no_trace() {
    graft(Code::EmbeddedObjectRemoved, |sample| {
        sample.text("word/embeddings/o.bin", "application/vnd.openxmlformats-officedocument.oleObject", "x");
        sample.relate(DOCUMENT, "rId90", "oleObject", "word/embeddings/o.bin");
    });
    graft(Code::EmbeddedObjectRemoved, |sample| {
        sample.text("word/afchunk.htm", "text/html", "<script>").relate(
            DOCUMENT,
            "rId90",
            "aFChunk",
            "word/afchunk.htm",
        );
        put(sample, "<w:altChunk r:id=\"rId90\"/>");
    });
    graft(Code::ActiveContentRemoved, |sample| {
        sample.text("word/activeX/a.xml", "application/vnd.ms-office.activeX+xml", "<x/>");
        sample.relate(DOCUMENT, "rId90", "control", "word/activeX/a.xml");
        put(sample, "<w:control r:id=\"rId90\" w:name=\"x\"/>");
    });
    graft(Code::ActiveContentRemoved, |sample| {
        sample.text("customUI/c.xml", "application/xml", "<x/>");
        sample.relate(
            "",
            "rId90",
            "http://schemas.microsoft.com/office/2006/relationships/ui/extensibility",
            "customUI/c.xml",
        );
    });
}

#[test]
fn the_picture_of_an_object_stays() {
    let mut sample = everything();
    sample.text("word/embeddings/o.bin", "application/vnd.openxmlformats-officedocument.oleObject", "x");
    sample.relate(DOCUMENT, "rId90", "oleObject", "word/embeddings/o.bin");
    put(
        &mut sample,
        "<w:p><w:r><w:object><v:shape style=\"width:9pt\" o:ole=\"\"><v:imagedata r:id=\"rId5\"/></v:shape>\
                      <o:OLEObject Type=\"Embed\" r:id=\"rId90\"/></w:object></w:r></w:p>",
    );
    assert!(
        sample.body().contains("<w:pict><v:shape style=\"width:9pt\"><v:imagedata r:id=\"rId5\"/></v:shape></w:pict>")
    );
}

#[test]
fn fields_that_fetch_become_their_result() {
    let nested = format!(
        "{}{}<w:r><w:instrText>x</w:instrText></w:r>{}{}{}",
        mark("begin"),
        field(&["QUOTE 68"], "D"),
        mark("separate"),
        run("值"),
        mark("end")
    );
    for (mark_up, shown) in [
        (field(&["DD", "EAUTO c:\\cmd"], "値"), run("値")),
        (field(&["INCLUDEPICTURE \"http://a.example/\""], "値"), run("値")),
        (nested, run("值")),
        (format!("<w:fldSimple w:instr=\"DDE a\">{}</w:fldSimple>", run("値")), run("値")),
        (
            format!("<w:fldSimple w:instr=\" page \">{}</w:fldSimple>", run("1")),
            format!("<w:fldSimple w:instr=\" page \">{}</w:fldSimple>", run("1")),
        ),
        (field(&[" SE", "Q 図 "], "1"), field(&[" SE", "Q 図 "], "1")),
    ] {
        let body = Sample::document(&format!("<w:p>{mark_up}</w:p>")).body().replace("<w:r/>", "");
        assert_eq!(body, format!("<w:body><w:p>{shown}</w:p></w:body>"));
    }
    // Of a button the text in its instruction is what people see.
    let button = Sample::document(&format!(
        "<w:p>{}<w:r><w:instrText>MACROBUTTON Evil [氏名 を入力] </w:instrText></w:r>{}</w:p>",
        mark("begin"),
        mark("end")
    ));
    assert!(
        button.body().contains("<w:t xml:space=\"preserve\">[氏名 を入力]</w:t>") && !button.body().contains("Evil")
    );
    let unfinished =
        Sample::document(&format!("<w:p>{}<w:r><w:instrText>DDE</w:instrText></w:r></w:p>", mark("begin")));
    assert!(!unfinished.body().contains("DDE"));
    assert_eq!(unfinished.count(Code::FieldFlattened), 1);
}

#[test]
fn what_a_reader_may_take_for_an_instruction_is_judged() {
    let between = |mark_up: &str| {
        format!(
            "{}{mark_up}<w:r><w:instrText xml:space=\"preserve\"> PAGE </w:instrText></w:r>{}{}{}",
            mark("begin"),
            mark("separate"),
            run("値"),
            mark("end")
        )
    };
    for hidden in [
        run("DDEAUTO c:\\cmd"),
        "<w:r><w:sym w:char=\"0044\" w:font=\"Arial\"/></w:r>".to_owned(),
        "<m:r><m:t>DDE a</m:t></m:r>".to_owned(),
        "<m:r><w:instrText>DDE a</w:instrText></m:r>".to_owned(),
        "<w:fldSimple w:instr=\"REF a\"><w:r><w:t>DDE a</w:t></w:r></w:fldSimple>".to_owned(),
    ] {
        let body = Sample::document(&format!("<w:p>{}</w:p>", between(&hidden))).body();
        assert!(!body.contains("instrText") && !body.contains("DDE") && !body.contains("w:sym"), "{body}");
        assert!(body.contains("値"), "{body}");
    }
    assert!(Sample::document(&format!("<w:p>{}</w:p>", between(""))).body().contains("<w:instrText"));
    let in_formula = field(&["DDEAUTO c:\\cmd"], "値").replace("w:r>", "m:r>");
    for mark_up in [
        format!("<m:oMath>{in_formula}</m:oMath>"),
        "<w:fldChar w:fldCharType=\"begin\"/><w:instrText>DDE a</w:instrText><w:fldChar w:fldCharType=\"end\"/>"
            .to_owned(),
    ] {
        let body = Sample::document(&format!("<w:p>{mark_up}</w:p>")).body();
        assert!(!body.contains("fldChar") && !body.contains("DDE"), "{body}");
    }
}

#[test]
fn a_drawing_of_an_unknown_kind_goes_and_is_told() {
    let canvas = "http://schemas.openxmlformats.org/drawingml/2006/lockedCanvas";
    let sample = Sample::document(&format!(
        "<w:p><w:r><w:drawing><wp:inline><a:graphic><a:graphicData uri=\"{canvas}\"/></a:graphic></wp:inline></w:drawing>\
         </w:r></w:p>"
    ));
    assert_eq!(sample.body(), "<w:body><w:p><w:r/></w:p></w:body>");
    assert_eq!(sample.count(Code::UnknownPartRemoved), 1);
}

#[test]
fn the_text_that_a_form_field_begins_with_stays() {
    let data =
        "<w:ffData><w:name w:val=\"氏名\"/><w:textInput><w:default w:val=\"氏名を記入\"/></w:textInput></w:ffData>";
    let begin = format!("<w:r><w:fldChar w:fldCharType=\"begin\">{data}</w:fldChar></w:r>");
    let body = format!("<w:p>{}</w:p>", field(&[" FORMTEXT "], "髙﨑").replacen(&mark("begin"), &begin, 1));
    assert!(Sample::document(&body).body().contains(data));
}

#[test]
fn a_table_beside_text_stays_where_it_is() {
    let place = "<w:tblpPr w:horzAnchor=\"margin\" w:tblpXSpec=\"right\" w:tblpYSpec=\"top\"/>";
    let body = format!("<w:tbl><w:tblPr>{place}</w:tblPr><w:tr><w:tc><w:p/></w:tc></w:tr></w:tbl><w:p/>");
    assert!(Sample::document(&body).body().contains(place));
}

#[test]
fn links_stay_as_text_and_are_told() {
    let mut sample = Sample::document(&format!(
        "<w:p><w:hyperlink r:id=\"rId9\">{}</w:hyperlink><w:hyperlink w:anchor=\"a\">{}</w:hyperlink>{}</w:p>",
        run("外"),
        run("内"),
        field(&["HYPERLINK \"file://\\\\host\\x\""], "欄")
    ));
    sample.lead(DOCUMENT, "rId9", "hyperlink", "https://a.example/");
    let shown = format!(
        "<w:body><w:p>{}<w:hyperlink w:anchor=\"a\">{}</w:hyperlink>{}</w:p></w:body>",
        run("外"),
        run("内"),
        run("欄")
    );
    assert_eq!(sample.body().replace("<w:r/>", ""), shown);
    let targets: Vec<String> = sample.sanitize().unwrap().links.into_iter().map(|link| link.target).collect();
    assert_eq!(targets, ["hxxps://a[.]example/", "[file]://[\\]\\host\\x"]);
}

#[test]
fn pictures_that_nobody_rebuilds_become_a_mark() {
    let mut sample = everything();
    sample.members.insert("word/media/image1.png".to_owned(), b"\x01\0\0\0emf".to_vec());
    assert_eq!(sample.sanitize().unwrap().bytes, everything().sanitize().unwrap().bytes);
    assert_eq!(sample.count(Code::ImageReplaced), 1);
}

#[test]
fn charts_keep_their_values_and_their_drawings_but_no_workbook() {
    let mut sample = everything();
    let (name, space) = ("word/charts/chart1.xml", spaces());
    let kind = sample.types[name].clone();
    let chart = format!(
        "<c:chartSpace {space}><c:chart><c:plotArea><c:f>[1]a!B1</c:f></c:plotArea></c:chart><c:externalData r:id=\"rId1\"/><c:userShapes r:id=\"rId2\"/></c:chartSpace>"
    );
    sample.text(name, &kind, &chart);
    sample.text("word/embeddings/b.xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "x");
    let shapes = format!(
        "<c:userShapes {space}><cdr:relSizeAnchor><cdr:sp macro=\"x\"><cdr:txBody><a:p><a:r><a:t>目標</a:t></a:r></a:p></cdr:txBody></cdr:sp></cdr:relSizeAnchor></c:userShapes>"
    );
    sample.text(
        "word/drawings/d.xml",
        "application/vnd.openxmlformats-officedocument.drawingml.chartshapes+xml",
        &shapes,
    );
    sample.relate(name, "rId1", "package", "word/embeddings/b.xlsx");
    sample.relate(name, "rId2", "chartUserShapes", "word/drawings/d.xml");
    let text = sample.part(name).unwrap();
    assert!(text.contains("<c:f>#REF!</c:f>") && text.contains("<c:userShapes r:id=\"rId2\"/>"));
    assert!(!text.contains("externalData"));
    let shapes = sample.part("word/drawings/drawing1.xml").unwrap();
    assert!(shapes.contains("<cdr:sp><cdr:txBody><a:p><a:r><a:t>目標") && !shapes.contains("macro"));
    assert_eq!(sample.count(Code::EmbeddedObjectRemoved), 1);
}

#[test]
fn a_picture_that_is_gone_from_a_header_is_told_there_though_it_stays_elsewhere() {
    let mut sample = everything();
    let (space, head) = (spaces(), "word/header1.xml");
    let picture = "<w:r><w:unlisted><a:blip r:embed=\"rId1\"/></w:unlisted></w:r>";
    sample.text(head, &format!("{WORD}header+xml"), &format!("<w:hdr {space}><w:p>{picture}</w:p></w:hdr>"));
    sample.relate(head, "rId1", "image", "word/media/image1.png");
    let rebuilt = sample.sanitize().unwrap();
    assert!(rebuilt.bytes.windows(21).any(|name| name == b"word/media/image1.png"));
    let told: Vec<_> = rebuilt.places.iter().filter(|place| place.name == head).map(|place| place.code).collect();
    assert!(told.contains(&Code::UnknownPartRemoved), "{:?}", rebuilt.places);
}

struct Grey;

impl crate::Pictures for Grey {
    fn rebuild(&self, bytes: &[u8], _budget: &mut Budget) -> Option<Rebuilt> {
        // Never the same twice: who asks again for its own output breaks the fixed point.
        bytes.starts_with(b"jpeg").then(|| Rebuilt {
            bytes: [b"jpeg", bytes].concat(),
            media_type: "image/jpeg",
            assurance: sanitizer_api::Assurance::Rebuilt,
            findings: vec![sanitizer_api::Finding { code: Code::AnimationRemoved, count: 1 }],
            links: Vec::new(),
            places: Vec::new(),
        })
    }
}

#[test]
fn pictures_are_rebuilt_by_the_caller_once() {
    static WORD: crate::Office = crate::word(&Grey);
    let mut sample = everything();
    sample.members.insert("word/media/image1.png".to_owned(), b"jpeg".to_vec());
    let rebuilt = WORD.sanitize(&sample.bytes(), Hints::default(), &mut Budget::generous()).unwrap();
    assert_eq!(member(&rebuilt.bytes, "word/media/image1.jpeg").as_deref(), Some("jpegjpeg"));
    assert!(
        member(&rebuilt.bytes, "[Content_Types].xml")
            .unwrap()
            .contains("Extension=\"jpeg\" ContentType=\"image/jpeg\"")
    );
    assert!(rebuilt.findings.iter().any(|finding| finding.code == Code::ImageRebuilt && finding.count == 1));
    let lost = rebuilt.places.iter().find(|place| place.code == Code::AnimationRemoved).unwrap();
    assert_eq!((lost.name.as_str(), lost.count), ("word/media/image1", 1), "{:?}", rebuilt.places);
    for finding in &rebuilt.findings {
        let places = rebuilt.places.iter().filter(|place| place.code == finding.code);
        assert!(places.map(|place| place.count).sum::<u32>() <= finding.count, "{finding:?}");
    }
}

#[test]
fn pictures_of_strict_documents_stay() {
    let mut strict = everything();
    for text in strict.members.values_mut() {
        let Ok(mark_up) = String::from_utf8(text.clone()) else { continue };
        let mark_up = mark_up
            .replace("http://schemas.openxmlformats.org/drawingml/2006/", "http://purl.oclc.org/ooxml/drawingml/");
        *text = mark_up
            .replace(
                "http://schemas.openxmlformats.org/wordprocessingml/2006/",
                "http://purl.oclc.org/ooxml/wordprocessingml/",
            )
            .into_bytes();
    }
    assert_eq!(strict.sanitize().unwrap().bytes, everything().sanitize().unwrap().bytes);
}

#[test]
fn tricks_of_the_container_are_refused() {
    let sample = everything();
    let mut twice = sample.parts();
    twice.push(("word/Document.xml".to_owned(), b"<x/>".to_vec()));
    let mut outside = sample.parts();
    outside.push(("../x".to_owned(), Vec::new()));
    for parts in [twice, outside] {
        assert!(sanitize(&pack(&parts, &mut Budget::generous()).unwrap()).is_err());
    }
    let mut typed = sample.clone();
    typed.text(DOCUMENT, MAIN, "<!DOCTYPE a [<!ENTITY b \"c\">]><w:document xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\"/>");
    assert!(typed.sanitize().is_err());
    // The local header says something else than the directory.
    let mut bytes = sample.bytes();
    let at = bytes
        .windows(18)
        .position(|piece| piece == b"word/document.xml\xED" || piece.starts_with(b"word/document.xml"))
        .unwrap();
    bytes[at] = b'x';
    assert!(sanitize(&bytes).is_err());
}

#[test]
fn a_cell_or_a_box_without_a_paragraph_gets_one() {
    let sample = Sample::document("<w:tbl><w:tr><w:tc><w:altChunk/></w:tc></w:tr></w:tbl>");
    assert_eq!(sample.body(), "<w:body><w:tbl><w:tr><w:tc><w:p/></w:tc></w:tr></w:tbl></w:body>");
}
