//! What the tables of word processing documents cannot say: fields, links, objects, cells without a paragraph.
//!
//! Refuses: see [`super::fields`]. Invariant: where the schema wants a paragraph there is one.

use sanitizer_api::Code;

use super::fields::{Fields, Verdict, judge, tell};
use crate::drawing;
use crate::xml::filter::{Grammar, Scene, Step, Tag};
use crate::xml::space;

/// Elements that must have a paragraph.
const STORIES: &[&str] = &["w:txbxContent", "w:hdr", "w:ftr", "w:footnote", "w:endnote", "w:comment"];
/// What a drawing may show.
const SHOWN: &[&str] = &["pic:pic", "wps:wsp", "wpg:wgp", "wpc:wpc", "c:chart", "dgm:relIds"];

/// The grammar of one part with text.
#[derive(Debug, Default)]
pub(crate) struct Text {
    fields: Fields,
    /// The kind of the mark of a field that is open.
    mark: String,
    /// For each open element, the last block in it.
    blocks: Vec<&'static str>,
    /// For each open drawing, whether it shows anything.
    drawings: Vec<bool>,
}

impl Grammar for Text {
    fn open(&mut self, tag: &mut Tag<'_>, scene: &mut Scene<'_>) -> Step {
        let step = self.step(tag, scene);
        if step == Step::Keep {
            self.blocks.push("");
            match tag.name {
                name if STORIES.contains(&name) => self.fields.begin_story(),
                "w:drawing" => self.drawings.push(false),
                name if SHOWN.contains(&name) => self.drawings.last_mut().into_iter().for_each(|shows| *shows = true),
                _ => {}
            }
        }
        step
    }

    fn text(&mut self, name: &'static str, text: &mut String, _scene: &mut Scene<'_>) {
        // Plain text before the result is read as part of the instruction.
        if matches!(name, "w:instrText" | "w:delInstrText" | "w:t" | "w:delText" | "m:t") {
            self.fields.instruct(text);
        }
    }

    fn closing(&mut self, name: &'static str, scene: &mut Scene<'_>) {
        let last = self.blocks.last().copied().unwrap_or_default();
        let lacks = (name == "w:tc" && matches!(last, "" | "w:tbl")) || (STORIES.contains(&name) && last.is_empty());
        if lacks && scene.out.open(space::by_prefix("w").unwrap_or(0), "w:p").is_ok() {
            scene.out.close("w:p");
        }
    }

    fn close(&mut self, name: &'static str, from: usize, scene: &mut Scene<'_>) {
        self.blocks.pop();
        if let (Some(last), "w:p" | "w:tbl" | "w:sdt") = (self.blocks.last_mut(), name) {
            *last = name;
        }
        if STORIES.contains(&name) {
            self.fields.end_story(scene);
        }
        if name == "w:drawing" && self.drawings.pop() == Some(false) {
            scene.report.add(Code::UnknownPartRemoved);
            let to = scene.out.place();
            scene.out.cut(from..to);
        }
        // Formulas have runs too.
        if matches!(scene.parent(), "w:r" | "m:r") || matches!(name, "w:fldChar" | "w:instrText" | "w:delInstrText") {
            let to = scene.out.place();
            self.fields.run_child(name, &self.mark, from..to, scene);
        }
    }

    fn end(&mut self, scene: &mut Scene<'_>) {
        self.fields.end_story(scene);
    }
}

impl Text {
    fn step(&mut self, tag: &mut Tag<'_>, scene: &mut Scene<'_>) -> Step {
        match tag.name {
            "w:fldChar" => tag.get("w:fldCharType").unwrap_or_default().clone_into(&mut self.mark),
            "w:fldSimple" => {
                let verdict = judge(tag.get("w:instr").unwrap_or_default());
                tell(&verdict, scene);
                self.fields.disturb();
                if verdict != Verdict::Keep {
                    return Step::Unwrap;
                }
            }
            "w:hyperlink" => {
                if let Some(target) = &tag.outside {
                    scene.report.link(target);
                }
                if tag.outside.is_some() || tag.get("w:anchor").is_none() {
                    return Step::Unwrap;
                }
            }
            // What shows the object stays, as a picture.
            "w:object" => tag.name = "w:pict",
            "a:graphicData" if tag.get("uri").is_none() => return Step::Drop,
            name if name.starts_with("a:hlink") => return drawing::link(tag, scene),
            _ => {}
        }
        Step::Keep
    }
}
