//! Decks of our own making, rebuilt.

mod animation;
mod corpus;
mod deck;
mod laws;

use sanitizer_api::{Budget, Code, Hints, Rebuilt, Sanitizer};

use self::deck::{Deck, SPACES};
use super::{kinds, presentation, slide};
use crate::opc::kind::Body;

/// A shape with `text`; `link` stands in its properties.
fn shape(id: u32, text: &str, link: &str) -> String {
    format!(
        "<p:sp><p:nvSpPr><p:cNvPr id=\"{id}\" name=\"n\">{link}</p:cNvPr><p:cNvSpPr/><p:nvPr/></p:nvSpPr><p:spPr/>\
         <p:txBody><a:bodyPr vert=\"eaVert\"/><a:p><a:r><a:rPr lang=\"ja-JP\" altLang=\"en-US\"><a:ea typeface=\"游明朝\"/>\
         </a:rPr><a:t>{text}</a:t></a:r></a:p></p:txBody></p:sp>"
    )
    .replace("\"></p:cNvPr>", "\"/>")
}

fn frame(content: &str) -> String {
    format!(
        "<p:graphicFrame><p:nvGraphicFramePr><p:cNvPr id=\"7\" name=\"表\"/><p:cNvGraphicFramePr/><p:nvPr/>\
         </p:nvGraphicFramePr><p:xfrm><a:off x=\"1\" y=\"2\"/><a:ext cx=\"3\" cy=\"4\"/></p:xfrm><a:graphic>{content}\
         </a:graphic></p:graphicFrame>"
    )
}

#[test]
fn the_tables_name_nothing_twice() {
    for kind in kinds::KINDS {
        if let Body::Xml(vocabulary, _) = kind.body {
            crate::xml::table::check(vocabulary);
        }
    }
    crate::xml::table::check(&slide::PART);
    crate::xml::table::check(&presentation::PART);
}

#[test]
fn text_of_shapes_notes_and_comments_stays_as_it_was() {
    let mut deck = Deck::new(&shape(2, "令和①髙", ""), "");
    deck.sheet(
        "ppt/slide.xml",
        "rId2",
        "notesSlide",
        "p:notes",
        &format!("<p:cSld><p:spTree>{}</p:spTree></p:cSld>", shape(2, "覚え書き", "")),
    );
    deck.relate("ppt/notesSlide.xml", "rId1", "slide", "slide.xml");
    deck.sheet(
        "ppt/slide.xml",
        "rId3",
        "comments",
        "p:cmLst",
        "<p:cm authorId=\"0\" idx=\"1\"><p:pos x=\"1\" y=\"2\"/><p:text>直して</p:text></p:cm>",
    );
    let clean = deck.rebuilt();
    assert!(clean.slide().contains(shape(2, "令和①髙", "").as_str()), "{}", clean.slide());
    assert!(clean.text("ppt/notesSlides/notesSlide1.xml").contains("<a:t>覚え書き</a:t>"));
    assert!(clean.text("ppt/comments/comment1.xml").contains("<p:text>直して</p:text>"));
}

#[test]
fn only_jumps_inside_the_slides_stay() {
    let link = |id: &str, action: &str| format!("<a:hlinkClick r:id=\"{id}\" action=\"{action}\"/>");
    let kept = [
        link("rId2", "ppaction://hlinksldjump"),
        "<a:hlinkClick r:id=\"\" action=\"ppaction://hlinkshowjump?jump=nextslide\"/>".to_owned(),
    ];
    let gone = [
        link("rId3", "ppaction://program"),
        link("", "ppaction://macro?name=Run"),
        link("rId4", "ppaction://hlinkpres?slideindex=1"),
        link("rId3", "ppaction://hlinksldjump"),
        "<a:hlinkHover r:id=\"rId4\" tooltip=\"x\"/>".to_owned(),
    ];
    let shapes: String = kept.iter().chain(&gone).map(|link| shape(2, "押す", link)).collect();
    let mut deck = Deck::new(&shapes, "");
    deck.relate("ppt/slide.xml", "rId2", "slide", "slide.xml");
    deck.relate("ppt/slide.xml", "rId3", "hyperlink", "file://host.example/a.exe");
    deck.relate("ppt/slide.xml", "rId4", "hyperlink", "https://www.example.jp/");
    let clean = deck.rebuilt();
    let slide = clean.slide();
    assert!(kept[0] == link("rId2", "ppaction://hlinksldjump") && slide.contains(&kept[0]), "{slide}");
    assert!(slide.contains("<a:hlinkClick action=\"ppaction://hlinkshowjump?jump=nextslide\" r:id=\"\"/>"), "{slide}");
    assert_eq!(slide.matches("<a:hlink").count(), 2, "{slide}");
    assert_eq!(slide.matches("<a:t>押す</a:t>").count(), 7);
    assert!(clean.tells(Code::ActiveContentRemoved) && clean.tells(Code::LinkDisabled));
    assert!(clean.0.links.iter().any(|link| link.target == "hxxps://www[.]example[.]jp/"));
    assert!(!clean.text("ppt/slides/_rels/slide1.xml.rels").contains("example"));
}

#[test]
fn an_object_leaves_its_picture_with_the_number_of_its_frame() {
    let pic = "<p:pic><p:nvPicPr><p:cNvPr id=\"0\" name=\"\"/><p:cNvPicPr/><p:nvPr/></p:nvPicPr><p:blipFill><a:blip r:embed=\"rId3\"/>\
               </p:blipFill><p:spPr/></p:pic>";
    let data = |fallback: &str| {
        frame(&format!(
            "<a:graphicData uri=\"http://schemas.openxmlformats.org/presentationml/2006/ole\"><mc:AlternateContent>\
             <mc:Choice xmlns:v=\"urn:schemas-microsoft-com:vml\" Requires=\"v\"><p:oleObj r:id=\"rId2\"/></mc:Choice>\
             <mc:Fallback><p:oleObj r:id=\"rId2\" progId=\"Excel.Sheet.12\"><p:embed/>{fallback}</p:oleObj></mc:Fallback>\
             </mc:AlternateContent></a:graphicData>"
        ))
    };
    let mut deck = Deck::new(&format!("{}{}{}", data(pic), data(""), shape(9, "後", "")), "");
    deck.part("ppt/a.xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "PK");
    deck.relate("ppt/slide.xml", "rId2", "package", "a.xlsx");
    deck.part("ppt/b.emf", "image/x-emf", "?");
    deck.relate("ppt/slide.xml", "rId3", "image", "b.emf");
    let clean = deck.rebuilt();
    let slide = clean.slide();
    assert!(slide.contains("<p:grpSpPr/><p:pic><p:nvPicPr><p:cNvPr id=\"7\" name=\"表\"/>"), "{slide}");
    assert!(slide.contains("</p:pic><p:sp>") && !slide.contains("graphicFrame") && !slide.contains("ole"), "{slide}");
    assert!(clean.names().iter().any(|name| name == "ppt/media/image1.png"));
    assert!(clean.tells(Code::EmbeddedObjectRemoved) && !clean.names().iter().any(|name| name.ends_with("xlsx")));
}

#[test]
fn a_table_of_a_strict_deck_is_still_called_one() {
    let table = |uri: &str| frame(&format!("<a:graphicData uri=\"{uri}\"><a:tbl><a:tblGrid/></a:tbl></a:graphicData>"));
    let clean = Deck::new(&table("http://purl.oclc.org/ooxml/drawingml/table"), "").rebuilt();
    assert!(
        clean.slide().contains(&table("http://schemas.openxmlformats.org/drawingml/2006/table")),
        "{}",
        clean.slide()
    );
}

#[test]
fn a_chart_keeps_its_values_and_loses_its_workbook() {
    let data = "<a:graphicData uri=\"http://schemas.openxmlformats.org/drawingml/2006/chart\"><c:chart r:id=\"rId2\"/></a:graphicData>";
    let unknown = "<a:graphicData uri=\"urn:x\"><x:y xmlns:x=\"urn:x\"/></a:graphicData>";
    let mut deck = Deck::new(&format!("{}{}", frame(data), frame(unknown)), "");
    let labels = "<c:extLst><c:ext uri=\"{02D57815-91ED-43cb-92C2-25804820EDAC}\"><c15:datalabelsRange><c15:f>表!B1</c15:f>\
                  <c15:dlblRangeCache><c:ptCount val=\"1\"/><c:pt idx=\"0\"><c:v>札</c:v></c:pt></c15:dlblRangeCache>\
                  </c15:datalabelsRange></c:ext>";
    let other = "<c:ext uri=\"{02D57815-91ED-43cb-92C2-25804820EDAC}\"><c15:filteredBarSeries/></c:ext></c:extLst>";
    let labels = format!("{labels}{other}");
    let chart = format!(
        "<c:chartSpace {SPACES}><c:chart><c:plotArea><c:barChart><c:ser><c:val><c:numRef><c:f>[1]表!A1</c:f><c:numCache>\
         <c:ptCount val=\"1\"/><c:pt idx=\"0\"><c:v>1.5</c:v></c:pt></c:numCache></c:numRef></c:val>{labels}</c:ser></c:barChart>\
         </c:plotArea></c:chart><c:externalData r:id=\"rId1\"/></c:chartSpace>"
    );
    deck.part("ppt/c.xml", "application/vnd.openxmlformats-officedocument.drawingml.chart+xml", &chart);
    deck.relate("ppt/slide.xml", "rId2", "chart", "c.xml");
    deck.relate("ppt/c.xml", "rId1", "oleObject", "file://host.example/a.xlsx");
    let clean = deck.rebuilt();
    let chart = clean.text("ppt/charts/chart1.xml");
    assert!(chart.contains("<c:v>1.5</c:v>") && !chart.contains("[1]") && !chart.contains("externalData"), "{chart}");
    assert!(chart.contains(&labels.replace(other, "</c:extLst>")), "{chart}");
    assert_eq!(clean.slide().matches("<p:graphicFrame>").count(), 1);
    assert!(clean.tells(Code::ExternalReferenceRemoved) && clean.tells(Code::UnknownPartRemoved));
}

#[test]
fn sections_name_slides_of_the_presentation_only() {
    let mut deck = Deck::new("", "");
    let sections = |slides: &str| {
        format!(
            "<p:extLst><p:ext uri=\"{{521415D9-36F7-43E2-AB2F-B90AF26B5E84}}\"><p14:sectionLst><p14:section name=\"一\" \
             id=\"{{A}}\"><p14:sldIdLst>{slides}</p14:sldIdLst></p14:section></p14:sectionLst></p:ext>"
        )
    };
    let list = sections("<p14:sldId id=\"256\"/><p14:sldId id=\"999\"/>");
    let main = deck.text("ppt/presentation.xml").replace(
        "</p:presentation>",
        &format!("{list}<p:ext uri=\"{{B}}\"><p:x/></p:ext></p:extLst></p:presentation>"),
    );
    let main = main.replacen(' ', " xmlns:p14=\"http://schemas.microsoft.com/office/powerpoint/2010/main\" ", 1);
    let kind = "application/vnd.ms-powerpoint.slideshow.macroEnabled.main+xml";
    deck.part("ppt/presentation.xml", kind, &main);
    let clean = deck.rebuilt();
    assert!(clean.text("ppt/presentation.xml").contains(&sections("<p14:sldId id=\"256\"/>")));
    assert!(clean.text("[content_types].xml").contains("presentationml.presentation.main+xml"));
}

#[test]
fn comments_with_answers_stay_and_find_their_shape() {
    let modern = "http://schemas.microsoft.com/office";
    let number = |uri: &str, name: &str| format!("<a:extLst><a:ext uri=\"{uri}\"><a16:{name}/></a:ext></a:extLst>");
    let known = number("{FF2B5EF4-FFF2-40B4-BE49-F238E27FC236}", "creationId id=\"{C}\"");
    let unknown = number("{C183D7F6-B498-43B3-948B-1728B52AA6E4}", "creationId id=\"{D}\"");
    let empty = number("{FF2B5EF4-FFF2-40B4-BE49-F238E27FC236}", "other");
    let shapes = [&known, &unknown, &empty].map(|list| shape(2, "字", list)).concat();
    let mut deck = Deck::new(&shapes, "");
    let slide = deck.text("ppt/slide.xml").replacen(' ', &format!(" xmlns:a16=\"{modern}/drawing/2014/main\" "), 1);
    deck.part("ppt/slide.xml", "application/vnd.openxmlformats-officedocument.presentationml.slide+xml", &slide);
    let comment = format!(
        "<p188:cmLst {SPACES} xmlns:p188=\"{modern}/powerpoint/2018/8/main\" xmlns:ac=\"{modern}/drawing/2013/main/command\">\
         <p188:cm id=\"{{A}}\" authorId=\"{{B}}\" created=\"2024-01-01T00:00:00.000\"><ac:deMkLst><ac:spMk id=\"2\" creationId=\"{{C}}\"/>\
         </ac:deMkLst><p188:replyLst><p188:reply id=\"{{E}}\" authorId=\"{{B}}\"><p188:txBody><a:bodyPr/><a:p><a:r><a:t>はい</a:t></a:r>\
         </a:p></p188:txBody></p188:reply></p188:replyLst></p188:cm></p188:cmLst>"
    );
    deck.part("ppt/m.xml", "application/vnd.ms-powerpoint.comments+xml", &comment);
    deck.relate("ppt/slide.xml", "rId5", &format!("{modern}/2018/10/relationships/comments"), "m.xml");
    let clean = deck.rebuilt();
    let text = clean.text("ppt/comments/modernComment_1.xml");
    assert!(text.contains("<ac:spMk id=\"2\" creationId=\"{C}\"/>") && text.contains("<a:t>はい</a:t>"), "{text}");
    assert_eq!(clean.slide().matches("<a:extLst>").count(), 1, "{}", clean.slide());
    assert!(clean.slide().contains(&known));
}

#[test]
fn a_diagram_keeps_its_text_and_the_way_it_is_drawn() {
    let dgm = "http://schemas.openxmlformats.org/drawingml/2006/diagram";
    let drawn = "http://schemas.microsoft.com/office/drawing/2008/diagram";
    let mut deck = Deck::new(
        &frame(&format!(
            "<a:graphicData uri=\"{dgm}\"><dgm:relIds xmlns:dgm=\"{dgm}\" r:dm=\"rId2\" r:lo=\"rId4\" r:qs=\"rId5\" \
             r:cs=\"rId6\"/></a:graphicData>"
        )),
        "",
    );
    let list = |id: &str| {
        format!(
            "<dgm:extLst><a:ext uri=\"{drawn}\"><dsp:dataModelExt relId=\"{id}\" minVer=\"{dgm}\"/></a:ext></dgm:extLst>"
        )
    };
    let model = format!(
        "<dgm:dataModel {SPACES} xmlns:dgm=\"{dgm}\" xmlns:dsp=\"{drawn}\"><dgm:ptLst><dgm:pt modelId=\"1\"><dgm:t><a:bodyPr/>\
         <a:p><a:r><a:t>組織図</a:t></a:r></a:p></dgm:t>{}</dgm:pt></dgm:ptLst>{}</dgm:dataModel>",
        list("rId8"),
        list("rId3")
    );
    deck.part("ppt/d.xml", "application/vnd.openxmlformats-officedocument.drawingml.diagramData+xml", &model);
    deck.relate("ppt/slide.xml", "rId2", "diagramData", "d.xml");
    for (id, kind, relation, root) in [
        ("rId4", "Layout", "Layout", "layoutDef"),
        ("rId5", "Style", "QuickStyle", "styleDef"),
        ("rId6", "Colors", "Colors", "colorsDef"),
    ] {
        let path = format!("ppt/{root}.xml");
        let kind = format!("application/vnd.openxmlformats-officedocument.drawingml.diagram{kind}+xml");
        deck.part(&path, &kind, &format!("<dgm:{root} xmlns:dgm=\"{dgm}\"/>"));
        deck.relate("ppt/slide.xml", id, &format!("diagram{relation}"), &format!("{root}.xml"));
    }
    let shapes = format!(
        "<dsp:drawing {SPACES} xmlns:dsp=\"{drawn}\"><dsp:spTree><dsp:sp modelId=\"1\"><dsp:txBody><a:bodyPr/><a:p><a:r>\
         <a:t>組織図</a:t></a:r></a:p></dsp:txBody></dsp:sp></dsp:spTree></dsp:drawing>"
    );
    deck.part("ppt/e.xml", "application/vnd.ms-office.drawingml.diagramDrawing+xml", &shapes);
    deck.relate(
        "ppt/slide.xml",
        "rId3",
        "http://schemas.microsoft.com/office/2007/relationships/diagramDrawing",
        "e.xml",
    );
    let clean = deck.rebuilt();
    let model = clean.text("ppt/diagrams/data1.xml");
    assert!(model.contains("<a:t>組織図</a:t>") && model.contains(&list("rId3")) && !model.contains("rId8"), "{model}");
    assert!(clean.text("ppt/diagrams/drawing1.xml").contains("<a:t>組織図</a:t>"));
    assert!(clean.slide().contains("r:dm=\"rId2\" r:lo=\"rId4\" r:qs=\"rId5\" r:cs=\"rId6\"/>"));
}

/// Rebuilds what begins with `ok`.
struct Repainter;

impl crate::Pictures for Repainter {
    fn rebuild(&self, bytes: &[u8], _budget: &mut Budget) -> Option<Rebuilt> {
        bytes.starts_with(b"ok").then(|| Rebuilt {
            bytes: b"new".to_vec(),
            media_type: "image/jpeg",
            assurance: sanitizer_api::Assurance::Rebuilt,
            findings: Vec::new(),
            links: Vec::new(),
            places: Vec::new(),
        })
    }
}

#[test]
fn pictures_are_rebuilt_by_the_caller_and_linked_ones_are_not_fetched() {
    static SLIDES: crate::Office = crate::slides(&Repainter);
    let fill = "<p:bg><p:bgPr><a:blipFill><a:blip r:embed=\"rId3\" r:link=\"rId4\"/></a:blipFill></p:bgPr></p:bg>";
    let mut deck = Deck::new("", "");
    let slide = deck.text("ppt/slide.xml").replace("<p:spTree>", &format!("{fill}<p:spTree>"));
    deck.part("ppt/slide.xml", "application/vnd.openxmlformats-officedocument.presentationml.slide+xml", &slide);
    deck.part("ppt/b.jpg", "image/jpeg", "ok");
    deck.relate("ppt/slide.xml", "rId3", "image", "b.jpg");
    deck.relate("ppt/slide.xml", "rId4", "image", "http://host.example/a.jpg");
    let rebuilt = SLIDES.sanitize(&deck.bytes(), Hints::default(), &mut Budget::generous()).unwrap();
    let clean = deck::Clean(rebuilt);
    assert_eq!(clean.text("ppt/media/image1.jpeg"), "new");
    assert!(clean.slide().contains("<a:blip r:embed=\"rId3\"/>"), "{}", clean.slide());
    assert!(clean.tells(Code::ImageRebuilt) && clean.tells(Code::ExternalReferenceRemoved));
    assert!(!clean.text("ppt/slides/_rels/slide1.xml.rels").contains("host"));
}

#[test]
fn whoever_watches_is_told_of_each_slide_once() {
    let steps = std::cell::RefCell::new(Vec::new());
    let tell = |step: sanitizer_api::Step| steps.borrow_mut().push((step.unit, step.done, step.total));
    let mut deck = Deck::new("", "");
    let slide = deck.text("ppt/slide.xml");
    let kind = "application/vnd.openxmlformats-officedocument.presentationml.slide+xml";
    for number in 2..=3 {
        deck.part(&format!("ppt/slide{number}.xml"), kind, &slide);
        deck.relate("ppt/slide.xml", &format!("rId9{number}"), "slide", &format!("slide{number}.xml"));
    }
    let shown = slide.replace("</p:spTree>", &format!("{}{}</p:spTree>", jump(2), jump(3)));
    deck.part("ppt/slide.xml", kind, &shown);
    let hints = Hints { watch: sanitizer_api::Watch::new(&tell), ..Hints::default() };
    let watched = crate::sanitizer_for("ooxml-powerpoint").unwrap();
    let watched = watched.sanitize(&deck.bytes(), hints, &mut Budget::generous()).unwrap();
    let steps = steps.into_inner();
    assert_eq!(steps.iter().map(|(_, done, _)| *done).collect::<Vec<_>>(), [1, 2, 3]);
    assert!(steps.iter().all(|(unit, done, total)| *unit == sanitizer_api::Unit::Slides && done <= total));
    assert_eq!(watched, deck::sanitize(&deck.bytes()).unwrap(), "who watches changes nothing");
}

/// A shape that leads to another slide.
fn jump(number: u32) -> String {
    format!(
        "<p:sp><p:nvSpPr><p:cNvPr id=\"9{number}\" name=\"a\"><a:hlinkClick r:id=\"rId9{number}\" \
         action=\"ppaction://hlinksldjump\"/></p:cNvPr><p:cNvSpPr/><p:nvPr/></p:nvSpPr><p:spPr/></p:sp>"
    )
}
