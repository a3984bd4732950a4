//! Slides: titles, vertical text, tables, notes, charts, pictures, groups, diagrams.
//!
//! Refuses: presentations without a slide. Invariant: text of a slide is told with the slide's number.

mod decks;
mod diagram;
mod frame;
mod rest;

use super::Draft;
use super::package::{OFFICE, escape};

/// Content types of the parts begin so.
const TYPE: &str = "application/vnd.openxmlformats-officedocument.presentationml";
const DRAWING: &str = "http://schemas.openxmlformats.org/drawingml/2006";

/// All of them; the first two have most in them.
pub(super) fn drafts() -> Vec<Draft> {
    let mut drafts = decks::drafts();
    drafts.extend(diagram::drafts());
    drafts.extend(rest::drafts());
    drafts
}

/// A presentation being written.
struct Deck {
    draft: Draft,
    /// Of each slide: the content of its tree, what stands behind `p:cSld`, and its notes.
    slides: Vec<(String, String, Vec<String>)>,
    shapes: u32,
}

impl Deck {
    fn new(name: &str) -> Self {
        Self { draft: Draft::new(name), slides: Vec::new(), shapes: 10 }
    }

    /// Begins a slide with a title.
    fn slide(&mut self, title: &str) -> &mut Self {
        self.slides.push((String::new(), String::new(), Vec::new()));
        self.shape("<p:ph type=\"title\"/>", "", &[title]);
        let number = self.number();
        self.draft.fact(["title", &number, title]);
        self
    }

    fn number(&self) -> String {
        self.slides.len().to_string()
    }

    /// Mark-up in the tree of the slide at hand.
    fn raw(&mut self, xml: &str) -> &mut Self {
        self.slides.last_mut().into_iter().for_each(|slide| slide.0.push_str(xml));
        self
    }

    /// Paragraphs of the slide at hand are facts.
    fn says(&mut self, text: &str) -> &mut Self {
        let number = self.number();
        self.draft.fact(["text", &format!("slide {number}"), text]);
        self
    }

    /// A shape: its place holder (empty: a text box), the attributes of its `a:bodyPr`, its paragraphs.
    fn shape(&mut self, holder: &str, direction: &str, paragraphs: &[&str]) -> &mut Self {
        let xml = self.shape_of(holder, direction, paragraphs);
        self.raw(&xml)
    }

    fn shape_of(&mut self, holder: &str, direction: &str, paragraphs: &[&str]) -> String {
        self.shapes += 1;
        let id = self.shapes;
        let body: String = paragraphs.iter().map(|text| paragraph(text)).collect();
        for text in paragraphs {
            self.says(text);
        }
        let (kind, place) = if holder.is_empty() {
            (
                " txBox=\"1\"",
                "<a:xfrm><a:off x=\"900000\" y=\"1900000\"/><a:ext cx=\"3600000\" cy=\"2700000\"/></a:xfrm>\
                    <a:prstGeom prst=\"rect\"><a:avLst/></a:prstGeom>",
            )
        } else {
            ("", "")
        };
        let vert = if direction.is_empty() { String::new() } else { format!(" vert=\"{direction}\"") };
        if !direction.is_empty() {
            self.draft.fact(["direction", "box", direction]);
        }
        format!(
            "<p:sp><p:nvSpPr><p:cNvPr id=\"{id}\" name=\"図形 {id}\"/><p:cNvSpPr{kind}/><p:nvPr>{holder}</p:nvPr>\
                </p:nvSpPr><p:spPr>{place}</p:spPr><p:txBody><a:bodyPr{vert}/><a:lstStyle/>{body}</p:txBody></p:sp>"
        )
    }

    /// Notes of the slide at hand.
    fn note(&mut self, text: &str) -> &mut Self {
        let number = self.number();
        self.draft.fact(["text", &format!("notes {number}"), text]);
        self.slides.last_mut().into_iter().for_each(|slide| slide.2.push(text.to_owned()));
        self
    }

    /// The part of the slide at hand.
    fn part(&self) -> String {
        format!("ppt/slides/slide{}.xml", self.slides.len())
    }

    fn done(mut self) -> Draft {
        let slides = std::mem::take(&mut self.slides);
        let package = &mut self.draft.package;
        let main = "ppt/presentation.xml";
        let master = package.relate(main, "slideMaster", "slideMasters/slideMaster1.xml");
        package.relate(main, "theme", "theme/theme1.xml");
        let has_notes = slides.iter().any(|(.., notes)| !notes.is_empty());
        let notes_master = has_notes.then(|| package.relate(main, "notesMaster", "notesMasters/notesMaster1.xml"));
        let mut list = String::new();
        for (at, (content, behind, notes)) in slides.iter().enumerate() {
            let number = at + 1;
            let part = format!("ppt/slides/slide{number}.xml");
            package.xml(
                &part,
                &format!("{TYPE}.slide+xml"),
                root("p:sld", &format!("{}<p:clrMapOvr><a:masterClrMapping/></p:clrMapOvr>{behind}", tree(content))),
            );
            package.relate(&part, "slideLayout", "../slideLayouts/slideLayout1.xml");
            if !notes.is_empty() {
                let body: String = notes.iter().map(|text| paragraph(text)).collect();
                let holder = format!(
                    "<p:sp><p:nvSpPr><p:cNvPr id=\"2\" name=\"ノート\"/><p:cNvSpPr/><p:nvPr>\
                        <p:ph type=\"body\" idx=\"1\"/></p:nvPr></p:nvSpPr><p:spPr/><p:txBody><a:bodyPr/>\
                        <a:lstStyle/>{body}</p:txBody></p:sp>"
                );
                let name = format!("ppt/notesSlides/notesSlide{number}.xml");
                package.xml(
                    &name,
                    &format!("{TYPE}.notesSlide+xml"),
                    root("p:notes", &format!("{}<p:clrMapOvr><a:masterClrMapping/></p:clrMapOvr>", tree(&holder))),
                );
                package.relate(&part, "notesSlide", &format!("../notesSlides/notesSlide{number}.xml"));
                package.relate(&name, "slide", &format!("../slides/slide{number}.xml"));
                package.relate(&name, "notesMaster", "../notesMasters/notesMaster1.xml");
            }
            let id = package.relate(main, "slide", &format!("slides/slide{number}.xml"));
            list.push_str(&format!("<p:sldId id=\"{}\" r:id=\"{id}\"/>", 256 + at));
        }
        let notes_list = notes_master.map_or_else(String::new, |id| {
            format!("<p:notesMasterIdLst><p:notesMasterId r:id=\"{id}\"/></p:notesMasterIdLst>")
        });
        let content = format!(
            "<p:sldMasterIdLst><p:sldMasterId id=\"2147483648\" r:id=\"{master}\"/>\
                </p:sldMasterIdLst>{notes_list}<p:sldIdLst>{list}</p:sldIdLst>\
                <p:sldSz cx=\"9144000\" cy=\"6858000\" type=\"screen4x3\"/>\
                <p:notesSz cx=\"6858000\" cy=\"9144000\"/><p:defaultTextStyle><a:defPPr><a:defRPr lang=\"ja-JP\"/>\
                </a:defPPr></p:defaultTextStyle>"
        );
        package.xml(main, &format!("{TYPE}.presentation.main+xml"), root("p:presentation", &content));
        package.relate("", "officeDocument", main);
        frame::write(package, has_notes);
        self.draft.fact(["size", "9144000x6858000"]);
        self.draft.fact(["text", "layout", "タイトルを入力"]);
        self.draft.fact(["text", "master", "マスター　書式設定"]);
        self.draft
    }
}

/// A root element with all prefixes.
fn root(name: &str, content: &str) -> String {
    format!(
        "<{name} xmlns:p=\"http://schemas.openxmlformats.org/presentationml/2006/main\" xmlns:a=\"{DRAWING}/main\" xmlns:r=\"{OFFICE}\" xmlns:c=\"{DRAWING}/chart\" xmlns:dgm=\"{DRAWING}/diagram\">{content}</{name}>"
    )
}

fn tree(content: &str) -> String {
    format!(
        "<p:cSld><p:spTree><p:nvGrpSpPr><p:cNvPr id=\"1\" name=\"\"/><p:cNvGrpSpPr/><p:nvPr/></p:nvGrpSpPr>\
            <p:grpSpPr/>{content}</p:spTree></p:cSld>"
    )
}

/// A paragraph; line ends are elements.
fn paragraph(text: &str) -> String {
    let runs: Vec<String> = text
        .split('\n')
        .map(|line| {
            format!(
                "<a:r><a:rPr kumimoji=\"1\" lang=\"ja-JP\" altLang=\"en-US\" dirty=\"0\">\
            <a:ea typeface=\"ＭＳ Ｐゴシック\"/></a:rPr><a:t>{}</a:t></a:r>",
                escape(line)
            )
        })
        .collect();
    format!("<a:p>{}<a:endParaRPr lang=\"ja-JP\"/></a:p>", runs.join("<a:br><a:rPr lang=\"ja-JP\"/></a:br>"))
}
