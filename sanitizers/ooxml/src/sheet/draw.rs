//! The grammars of drawings and charts on sheets.
//!
//! Refuses: links of shapes, macros of shapes, charts that are not in the package. Invariant: an anchor has an object;
//! a chart whose cells are gone shows the values it had.

use sanitizer_api::Code;

use super::cells::tell;
use super::formula::is_inside;
use super::tidy::Tidy;
use crate::drawing::chart_labels::Labelled;
use crate::drawing::link;
use crate::xml::filter::{Grammar, Scene, Step, Tag};

const HOLLOW: &[&str] = &["a:graphicData"];
const OBJECTS: [&str; 5] = ["xdr:sp", "xdr:pic", "xdr:cxnSp", "xdr:grpSp", "xdr:graphicFrame"];
const ANCHORS: [&str; 3] = ["xdr:twoCellAnchor", "xdr:oneCellAnchor", "xdr:absoluteAnchor"];
/// What a formula reads as whose cells are gone.
const GONE: &str = "#REF!";

/// The grammar of drawings.
pub(crate) struct Drawing {
    tidy: Tidy,
    has_object: bool,
}

impl Default for Drawing {
    fn default() -> Self {
        Self { tidy: Tidy::new(HOLLOW, &["xdr:graphicFrame"]), has_object: false }
    }
}

impl Grammar for Drawing {
    fn open(&mut self, tag: &mut Tag<'_>, scene: &mut Scene<'_>) -> Step {
        if tag.get("macro").is_some_and(|name| !name.is_empty()) {
            tag.set("macro", String::new());
            scene.report.add(Code::MacroRemoved);
        }
        match tag.name {
            name if name.starts_with("a:hlink") => return link(tag, scene),
            "xdr:sp" if tag.get("textlink").is_some_and(|link| !is_inside(link, scene.memory)) => {
                tag.remove("textlink");
            }
            name if ANCHORS.contains(&name) => self.has_object = false,
            _ => {}
        }
        self.tidy.open();
        Step::Keep
    }

    fn close(&mut self, name: &'static str, from: usize, scene: &mut Scene<'_>) {
        let is_anchor = ANCHORS.contains(&name);
        let stays = self.tidy.close(name, from, is_anchor && !self.has_object, scene);
        if name == "a:graphicData" && !stays {
            self.tidy.spoil(scene);
        }
        if stays && OBJECTS.contains(&name) && ANCHORS.contains(&scene.parent()) {
            self.has_object = true;
        }
    }
}

/// The grammar of charts.
#[derive(Default)]
pub(crate) struct Chart(Labelled);

impl Grammar for Chart {
    fn open(&mut self, tag: &mut Tag<'_>, scene: &mut Scene<'_>) -> Step {
        self.0.open(tag, scene)
    }

    fn text(&mut self, name: &'static str, text: &mut String, scene: &mut Scene<'_>) {
        if matches!(name, "c:f" | "c15:f") && !is_inside(text, scene.memory) {
            tell(text, scene.report);
            GONE.clone_into(text);
        }
    }

    fn close(&mut self, name: &'static str, from: usize, scene: &mut Scene<'_>) {
        self.0.close(name, from, scene);
    }
}
