//! What several readers take in several ways: instructions of fields, and text in places that are not handed on.

use super::*;

/// A field whose instruction is `instruction`, as mark-up of runs.
fn around(instruction: &str) -> String {
    format!("<w:p>{}{instruction}{}{}{}</w:p>", mark("begin"), mark("separate"), run("値"), mark("end"))
}

fn instruct(text: &str) -> String {
    format!("<w:r><w:instrText xml:space=\"preserve\">{text}</w:instrText></w:r>")
}

#[test]
fn what_stands_in_an_instruction_beside_its_text_flattens_the_field() {
    let page = instruct(" PAGE ");
    for other in [
        run("DDEAUTO cmd "),
        "<w:r><w:delText>DDEAUTO cmd </w:delText></w:r>".to_owned(),
        format!("<w:sdt><w:sdtContent>{}</w:sdtContent></w:sdt>", run("DDEAUTO cmd ")),
        format!("<w:smartTag>{}</w:smartTag>", run("DDEAUTO cmd ")),
        format!("<w:fldSimple w:instr=\"REF a\">{}</w:fldSimple>", run("DDEAUTO cmd ")),
        format!("</w:p><w:p>{}", run("DDEAUTO cmd ")),
        "<m:oMath><m:r><m:t>DDEAUTO cmd </m:t></m:r></m:oMath>".to_owned(),
        "<w:r><w:tab/></w:r>".to_owned(),
        "<w:t>DDEAUTO cmd </w:t>".to_owned(),
    ] {
        for instruction in [format!("{other}{page}"), format!("{page}{other}")] {
            let sample = Sample::document(&around(&instruction));
            let body = sample.body();
            assert!(
                !body.contains("fldChar") && !body.contains("instrText") && body.contains("<w:t>値</w:t>"),
                "{body}"
            );
            assert_eq!(sample.count(Code::FieldFlattened), 1, "{other}");
        }
    }
    let bookmark =
        "<w:r><w:rPr><w:b/></w:rPr></w:r><w:bookmarkStart w:id=\"1\" w:name=\"a\"/><w:bookmarkEnd w:id=\"1\"/>";
    assert!(Sample::document(&around(&format!("{bookmark}{page}"))).body().contains("PAGE"));
}

#[test]
fn a_field_is_the_same_whichever_changes_are_accepted() {
    let deleted = "<w:del w:id=\"1\"><w:r><w:delInstrText xml:space=\"preserve\">PAGE </w:delInstrText></w:r></w:del>";
    let evil = instruct("DDEAUTO cmd");
    for instruction in [
        format!("{deleted}{evil}"),
        format!("<w:moveFrom w:id=\"1\">{}</w:moveFrom>{evil}", instruct("PAGE ")),
        format!("<w:ins w:id=\"1\">{}</w:ins>{evil}", instruct("PAGE ")),
        format!("<w:ins w:id=\"1\">{}</w:ins><w:ins w:id=\"2\">{evil}</w:ins>", instruct("PAGE ")),
        format!("<w:del w:id=\"1\">{}</w:del>{evil}", instruct("PAGE ")),
    ] {
        let body = Sample::document(&around(&instruction)).body();
        assert!(!body.contains("DDE") && !body.contains("fldChar") && body.contains("値"), "{body}");
    }
    let whole = format!("<w:p><w:ins w:id=\"1\">{}</w:ins></w:p>", field(&["PA", "GE"], "1"));
    assert_eq!(Sample::document(&whole).body(), format!("<w:body>{whole}</w:body>"));
}

#[test]
fn a_link_to_a_bookmark_is_written_anew_and_leads_nowhere_else() {
    for (instruction, target) in [
        ("HYPERLINK \\l &quot;&quot; &quot;http://evil.example/&quot;", true),
        ("HYPERLINK \\l \\l &quot;http://evil.example/&quot;", true),
        ("HYPERLINK \\t &quot;&quot; &quot;http://evil.example/&quot; \\l", true),
        ("HYPERLINK \\l &quot;x&quot; \\t &quot;&quot; &quot;http://evil.example/&quot;", true),
        ("HYPERLINK \\n \\l &quot;&quot; \\\\\\\\evil\\\\share", false),
        ("HYPERLINK \\l &quot;evil:x&quot;", false),
    ] {
        for mark_up in [around(&instruct(instruction)), format!("<w:p><w:fldSimple w:instr=\"{instruction}\"/></w:p>")]
        {
            let sample = Sample::document(&mark_up);
            assert!(!sample.body().contains("evil") && !sample.body().contains("fld"), "{}", sample.body());
            assert_eq!(sample.sanitize().unwrap().links.len(), usize::from(target), "{instruction}");
        }
    }
    let jump = "HYPERLINK \\o &quot;http://evil.example/&quot; \\l &quot;第1章&quot; \\h";
    let (head, tail) = jump.split_at(12);
    let body = Sample::document(&around(&format!("{}{}", instruct(head), instruct(tail)))).body();
    assert!(
        body.contains(
            "<w:r><w:instrText xml:space=\"preserve\">HYPERLINK \\l \"第1章\"</w:instrText><w:fldChar \
             w:fldCharType=\"separate\"/></w:r>"
        ) && !body.contains("evil"),
        "{body}"
    );
    let simple = Sample::document(&format!("<w:p><w:fldSimple w:instr=\"{jump}\"/></w:p>")).body();
    assert!(simple.contains("w:instr=\"HYPERLINK \\l &quot;第1章&quot;\""), "{simple}");
    let anchor = Sample::document("<w:p><w:hyperlink w:anchor=\"http://evil.example/\"><w:r/></w:hyperlink></w:p>");
    assert!(!anchor.body().contains("evil"));
}

#[test]
fn marks_of_fields_outside_of_runs_go() {
    let pieces = ["<w:fldChar w:fldCharType=\"begin\"/>", "<w:instrText>DDEAUTO cmd</w:instrText>"];
    let (separate, end) = ("<w:fldChar w:fldCharType=\"separate\"/>", "<w:fldChar w:fldCharType=\"end\"/>");
    for (open, close) in [("", ""), ("<m:oMath><m:r>", "</m:r></m:oMath>")] {
        let sample = Sample::document(&format!("<w:p>{open}{}{}{separate}{end}{close}</w:p>", pieces[0], pieces[1]));
        assert!(!sample.body().contains("fldChar") && !sample.body().contains("DDE"), "{}", sample.body());
        assert_eq!(sample.count(Code::FieldFlattened), 4);
    }
}

#[test]
fn the_text_that_a_form_begins_with_stays() {
    let body = "<w:body><w:p><w:r><w:fldChar w:fldCharType=\"begin\"><w:ffData><w:textInput><w:default \
                w:val=\"ここに入力\"/></w:textInput></w:ffData></w:fldChar></w:r>";
    let rest = format!("{}{}{}{}</w:p></w:body>", instruct("FORMTEXT"), mark("separate"), run("値"), mark("end"));
    let mark_up = format!("{body}{rest}");
    assert_eq!(Sample::document(&mark_up.replace("<w:body>", "").replace("</w:body>", "")).body(), mark_up);
}

#[test]
fn text_stays_where_it_can_and_is_told_where_it_cannot() {
    let text = "<w:p><w:r><w:t>見える</w:t></w:r></w:p>";
    let unknown = "xmlns:q=\"urn:q\"";
    let canvas = "<w:p><w:r><w:drawing><wp:inline><a:graphic><a:graphicData \
                  uri=\"http://schemas.openxmlformats.org/drawingml/2006/lockedCanvas\"><lc:lockedCanvas><a:sp><a:txSp>\
                  <a:txBody><a:p><a:r><a:t>見える</a:t></a:r></a:p></a:txBody></a:txSp></a:sp></lc:lockedCanvas>\
                  </a:graphicData></a:graphic></wp:inline></w:drawing></w:r></w:p>";
    for mark_up in [
        canvas.to_owned(),
        format!("<q:a {unknown} mc:ProcessContent=\"q:a\">{text}</q:a>"),
        format!("<q:b {unknown} mc:ProcessContent=\"q:*\">{text}</q:b>"),
        format!(
            "<mc:AlternateContent><mc:Choice Requires=\"wps\"><w14:contentPart/></mc:Choice><mc:Fallback>{text}\
             </mc:Fallback></mc:AlternateContent>"
        ),
        format!(
            "<mc:AlternateContent><mc:Choice Requires=\"q\" {unknown}>{text}</mc:Choice><mc:Fallback>{text}\
             </mc:Fallback></mc:AlternateContent>"
        ),
    ] {
        let sample = Sample::document(&mark_up);
        assert_eq!(sample.body().matches("見える").count(), 1, "{mark_up}");
        assert_eq!(sample.count(Code::ShownTextRemoved), 0, "{mark_up}");
    }
    for mark_up in [
        format!("<q:a {unknown}>{text}</q:a>{text}"),
        format!("<mc:AlternateContent><mc:Choice Requires=\"q\" {unknown}>{text}</mc:Choice></mc:AlternateContent>"),
        format!(
            "<mc:AlternateContent><mc:Choice Requires=\"wps\"><q:a {unknown}>{text}</q:a></mc:Choice></mc:AlternateContent>"
        ),
        format!("<w:p><w:r><w:drawing><q:a {unknown}>{text}</q:a></w:drawing></w:r></w:p>"),
    ] {
        assert_eq!(Sample::document(&mark_up).count(Code::ShownTextRemoved), 1, "{mark_up}");
    }
}

#[test]
fn a_drawing_does_not_stand_in_an_old_picture() {
    let drawing = picture("rId5").replace("<w:r>", "").replace("</w:r>", "");
    let shape = "<v:shape style=\"width:9pt\"><v:imagedata r:id=\"rId5\"/></v:shape>";
    for (inside, expected) in [
        (drawing.clone(), format!("<w:r>{drawing}</w:r>")),
        (format!("{shape}{drawing}"), format!("<w:r><w:pict>{shape}</w:pict></w:r>")),
    ] {
        let mut sample = everything();
        put(&mut sample, &format!("<w:p><w:r><w:object>{inside}</w:object></w:r></w:p>"));
        assert!(sample.body().starts_with(&format!("<w:body><w:p>{expected}</w:p>")), "{}", sample.body());
    }
}

#[test]
fn names_and_ids_may_be_japanese() {
    let clean = everything();
    let mut odd = clean.clone();
    let picture = odd.members.remove("word/media/image1.png").unwrap();
    odd.members.insert("word/media/%E7%94%BB.png".to_owned(), picture);
    for row in odd.relations.get_mut(DOCUMENT).unwrap() {
        row[2] = row[2].replace("image1", "%E7%94%BB");
    }
    assert_eq!(odd.sanitize().unwrap().bytes, clean.sanitize().unwrap().bytes);
    let mut named = clean;
    let text = String::from_utf8(named.members[DOCUMENT].clone()).unwrap().replace("rId5", "画1");
    named.members.insert(DOCUMENT.to_owned(), text.into_bytes());
    named.relations.get_mut(DOCUMENT).unwrap().iter_mut().for_each(|row| row[0] = row[0].replace("rId5", "画1"));
    assert!(named.body().contains("<a:blip r:embed=\"画1\"/>"));
    assert_eq!((named.count(Code::ImageReplaced), named.count(Code::UnknownPartRemoved)), (0, 0));
}

#[test]
fn a_diagram_without_all_of_its_parts_goes_and_is_told() {
    let graphic = "<w:p><w:r><w:drawing><wp:inline><a:graphic><a:graphicData \
                   uri=\"http://schemas.openxmlformats.org/drawingml/2006/diagram\"><dgm:relIds r:dm=\"rId7\" r:lo=\"rId8\" \
                   r:qs=\"rId9\" r:cs=\"rId10\"/></a:graphicData></a:graphic></wp:inline></w:drawing></w:r></w:p>";
    let kind = "application/vnd.openxmlformats-officedocument.drawingml.diagram";
    let mut sample = Sample::document(graphic);
    let parts = [("Data", "dataModel"), ("Layout", "layoutDef"), ("Style", "styleDef"), ("Colors", "colorsDef")];
    for (at, (name, root)) in (7..).zip(parts) {
        let path = format!("word/diagrams/{name}.xml");
        sample.text(&path, &format!("{kind}{name}+xml"), &format!("<dgm:{root} {}/>", spaces()));
        let relation = if name == "Style" { "QuickStyle" } else { name };
        sample.relate(DOCUMENT, &format!("rId{at}"), &format!("diagram{relation}"), &path);
    }
    assert!(sample.body().contains("dgm:relIds"));
    assert_eq!(sample.count(Code::UnknownPartRemoved), 0);
    sample.relations.get_mut(DOCUMENT).unwrap().retain(|row| row[0] != "rId9");
    assert!(!sample.body().contains("w:drawing"));
    assert!(sample.count(Code::UnknownPartRemoved) > 0);
}

#[test]
fn an_instruction_of_any_length_is_told_and_goes() {
    let long = "a b ".repeat(100_000);
    let sample =
        Sample::document(&format!("<w:p><w:fldSimple w:instr=\"PAGE {long}\"/>{}</w:p>", field(&[&long], "1")));
    assert_eq!(sample.count(Code::FieldFlattened), 2);
    assert!(sample.sanitize().unwrap().bytes.len() < 4_000);
}
