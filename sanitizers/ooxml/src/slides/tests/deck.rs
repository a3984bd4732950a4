//! A small deck to which tests add parts.
//!
//! Refuses nothing. Invariant: as it is, it has one master, one layout, one theme and one slide.

use std::collections::BTreeMap;

use sanitizer_api::{Budget, Hints, Rebuilt, SanitizeError};

use crate::zip::{Archive, pack};

const OFFICE: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
pub(super) const SPACES: &str = "xmlns:a=\"http://schemas.openxmlformats.org/drawingml/2006/main\" \
    xmlns:r=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships\" \
    xmlns:p=\"http://schemas.openxmlformats.org/presentationml/2006/main\" \
    xmlns:c=\"http://schemas.openxmlformats.org/drawingml/2006/chart\" \
    xmlns:c15=\"http://schemas.microsoft.com/office/drawing/2012/chart\" \
    xmlns:mc=\"http://schemas.openxmlformats.org/markup-compatibility/2006\"";
const PRESENTATION: &str = "application/vnd.openxmlformats-officedocument.presentationml.";

/// A package being put together.
#[derive(Clone)]
pub(super) struct Deck {
    parts: BTreeMap<String, (String, Vec<u8>)>,
    /// Id, type, target, by source.
    relations: BTreeMap<String, Vec<(String, String, String)>>,
}

impl Deck {
    /// A deck with one slide whose tree is `shapes` and which ends in `rest`.
    pub(super) fn new(shapes: &str, rest: &str) -> Self {
        let mut deck = Self { parts: BTreeMap::new(), relations: BTreeMap::new() };
        let tree = |shapes: &str| {
            format!(
                "<p:cSld><p:spTree><p:nvGrpSpPr><p:cNvPr id=\"1\" name=\"\"/><p:cNvGrpSpPr/><p:nvPr/></p:nvGrpSpPr>\
                 <p:grpSpPr/>{shapes}</p:spTree></p:cSld>"
            )
        };
        let main = format!(
            "<p:presentation {SPACES}><p:sldMasterIdLst><p:sldMasterId id=\"2147483648\" r:id=\"rId1\"/></p:sldMasterIdLst>\
             <p:sldIdLst><p:sldId id=\"256\" r:id=\"rId2\"/></p:sldIdLst><p:sldSz cx=\"9144000\" cy=\"6858000\"/>\
             <p:notesSz cx=\"6858000\" cy=\"9144000\"/></p:presentation>"
        );
        deck.part("ppt/presentation.xml", &format!("{PRESENTATION}presentation.main+xml"), &main);
        deck.relate("", "rId1", "officeDocument", "ppt/presentation.xml");
        deck.sheet("ppt/presentation.xml", "rId1", "slideMaster", "p:sldMaster", &tree(""));
        deck.sheet("ppt/slideMaster.xml", "rId1", "slideLayout", "p:sldLayout", &tree(""));
        deck.sheet("ppt/presentation.xml", "rId2", "slide", "p:sld", &format!("{}{rest}", tree(shapes)));
        let theme = format!("<a:theme {SPACES} name=\"t\"><a:themeElements/></a:theme>");
        deck.part("ppt/theme.xml", "application/vnd.openxmlformats-officedocument.theme+xml", &theme);
        deck.relate("ppt/slideMaster.xml", "rId2", "theme", "/ppt/theme.xml");
        deck.relate("ppt/slideLayout.xml", "rId1", "slideMaster", "/ppt/slideMaster.xml");
        deck.relate("ppt/slide.xml", "rId1", "slideLayout", "/ppt/slideLayout.xml");
        deck
    }

    /// Adds a part of PresentationML that hangs under `source`.
    pub(super) fn sheet(&mut self, source: &str, id: &str, relation: &str, root: &str, content: &str) {
        let layouts = if root == "p:sldMaster" {
            "<p:sldLayoutIdLst><p:sldLayoutId id=\"2147483649\" r:id=\"rId1\"/></p:sldLayoutIdLst>"
        } else {
            ""
        };
        let text = format!("<{root} {SPACES}>{content}{layouts}</{root}>");
        self.part(&format!("ppt/{relation}.xml"), &format!("{PRESENTATION}{relation}+xml"), &text);
        self.relate(source, id, relation, &format!("/ppt/{relation}.xml"));
    }

    /// Adds or replaces a part.
    pub(super) fn part(&mut self, path: &str, content_type: &str, content: &str) {
        self.parts.insert(path.to_owned(), (content_type.to_owned(), content.as_bytes().to_vec()));
    }

    /// Adds a relationship; a target with `://` is outside.
    pub(super) fn relate(&mut self, source: &str, id: &str, kind: &str, target: &str) {
        let kind = if kind.contains(':') { kind.to_owned() } else { format!("{OFFICE}/{kind}") };
        self.relations.entry(source.to_owned()).or_default().push((id.to_owned(), kind, target.to_owned()));
    }

    /// The text of a part.
    pub(super) fn text(&self, path: &str) -> String {
        String::from_utf8(self.parts[path].1.clone()).unwrap()
    }

    /// The zip file.
    pub(super) fn bytes(&self) -> Vec<u8> {
        let mut types = "<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\">\
            <Default Extension=\"rels\" ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/>"
            .to_owned();
        let mut members = Vec::new();
        for (path, (content_type, content)) in &self.parts {
            types += &format!("<Override PartName=\"/{path}\" ContentType=\"{content_type}\"/>");
            members.push((path.clone(), content.clone()));
        }
        members.insert(0, ("[Content_Types].xml".to_owned(), (types + "</Types>").into_bytes()));
        for (source, relations) in &self.relations {
            let mut text =
                "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">".to_owned();
            for (id, kind, target) in relations {
                let mode = if target.contains("://") { " TargetMode=\"External\"" } else { "" };
                text += &format!("<Relationship Id=\"{id}\" Type=\"{kind}\" Target=\"{target}\"{mode}/>");
            }
            members.push((crate::opc::target::relations_of(source), (text + "</Relationships>").into_bytes()));
        }
        pack(&members, &mut Budget::generous()).unwrap()
    }

    /// The deck, sanitized.
    pub(super) fn rebuilt(&self) -> Clean {
        let rebuilt = sanitize(&self.bytes()).unwrap();
        super::laws::stable(&rebuilt);
        Clean(rebuilt)
    }
}

/// Sanitizes `bytes` as slides.
pub(super) fn sanitize(bytes: &[u8]) -> Result<Rebuilt, SanitizeError> {
    crate::sanitizer_for("ooxml-powerpoint").unwrap().sanitize(bytes, Hints::default(), &mut Budget::generous())
}

/// What came out.
pub(super) struct Clean(pub(super) Rebuilt);

impl Clean {
    /// The text of a part of the output.
    pub(super) fn text(&self, path: &str) -> String {
        let mut archive = Archive::open(&self.0.bytes).unwrap();
        String::from_utf8(archive.read(&path.to_lowercase()).unwrap().unwrap().into_owned()).unwrap()
    }

    /// The slide.
    pub(super) fn slide(&self) -> String {
        self.text("ppt/slides/slide1.xml")
    }

    /// The names of all members.
    pub(super) fn names(&self) -> Vec<String> {
        Archive::open(&self.0.bytes).unwrap().keys().map(str::to_owned).collect()
    }

    /// True if there is a finding `code`.
    pub(super) fn tells(&self, code: sanitizer_api::Code) -> bool {
        self.0.findings.iter().any(|finding| finding.code == code)
    }
}
