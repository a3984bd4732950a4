//! What the tables of word processing documents cannot say: fields, links, objects, cells without a paragraph.
//!
//! Refuses: see [`super::fields`]. Invariant: where the schema wants a paragraph there is one.

use std::ops::Range;

use sanitizer_api::Code;

use super::fields::{Fields, Verdict, is_bookmark, judge, jump, tell};
use crate::drawing;
use crate::xml::filter::{Grammar, Scene, Step, Tag};
use crate::xml::space;

/// Elements that must have a paragraph.
const STORIES: &[&str] = &["w:txbxContent", "w:hdr", "w:ftr", "w:footnote", "w:endnote", "w:comment"];
/// What a drawing may show.
const SHOWN: &[&str] = &["pic:pic", "wps:wsp", "wpg:wgp", "wpc:wpc", "c:chart", "dgm:relIds", "lc:lockedCanvas"];

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
    /// For each old picture that is open, what is in it.
    pictures: Vec<Old>,
}

/// What stands in a `w:pict` or `w:object`.
#[derive(Debug, Default)]
struct Old {
    has_other: bool,
    drawings: Vec<Range<usize>>,
}

impl Grammar for Text {
    fn open(&mut self, tag: &mut Tag<'_>, scene: &mut Scene<'_>) -> Step {
        let step = self.step(tag, scene);
        if step == Step::Keep {
            self.blocks.push("");
            self.fields.meet(tag.name, scene);
            match tag.name {
                "w:fldChar" if self.mark == "separate" => self.fields.separate(scene),
                "w:pict" => self.pictures.push(Old::default()),
                name if STORIES.contains(&name) => self.fields.begin_story(),
                "w:drawing" => self.drawings.push(false),
                name if SHOWN.contains(&name) => self.drawings.last_mut().into_iter().for_each(|shows| *shows = true),
                _ => {}
            }
        }
        step
    }

    fn text(&mut self, name: &'static str, text: &mut String, _scene: &mut Scene<'_>) {
        if matches!(name, "w:instrText" | "w:delInstrText") {
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
        self.old_picture(name, from, scene);
        // Formulas have runs too.
        if matches!(scene.parent(), "w:r" | "m:r") {
            let to = scene.out.place();
            self.fields.run_child(name, &self.mark, from..to, scene);
        }
    }

    fn end(&mut self, scene: &mut Scene<'_>) {
        self.fields.end_story(scene);
    }
}

impl Text {
    /// A new drawing may not stand in an old picture. It takes its place; beside a shape, which shows the same, it goes.
    fn old_picture(&mut self, name: &'static str, from: usize, scene: &mut Scene<'_>) {
        let to = scene.out.place();
        if name == "w:pict" {
            let Some(old) = self.pictures.pop().filter(|old| !old.drawings.is_empty()) else { return };
            if old.has_other {
                old.drawings.into_iter().for_each(|drawing| scene.out.cut(drawing));
            } else {
                scene.out.cut(from..from + "<w:pict>".len());
                scene.out.cut(to - "</w:pict>".len()..to);
            }
        } else if let Some(old) = self.pictures.last_mut().filter(|_| scene.parent() == "w:pict") {
            match name {
                "w:drawing" => old.drawings.push(from..to),
                _ => old.has_other = true,
            }
        }
    }

    fn step(&mut self, tag: &mut Tag<'_>, scene: &mut Scene<'_>) -> Step {
        match tag.name {
            // Some readers take marks of fields anywhere; here only those in runs are judged.
            "w:fldChar" | "w:instrText" | "w:delInstrText" if scene.parent() != "w:r" => {
                scene.report.add(Code::FieldFlattened);
                return Step::Drop;
            }
            "w:fldChar" => tag.get("w:fldCharType").unwrap_or_default().clone_into(&mut self.mark),
            "w:fldSimple" => {
                let verdict = judge(tag.get("w:instr").unwrap_or_default());
                tell(&verdict, scene);
                self.fields.disturb();
                match verdict {
                    Verdict::Keep => {}
                    Verdict::Jump(place) => tag.set("w:instr", jump(&place)),
                    Verdict::Flatten | Verdict::Link(_) => return Step::Unwrap,
                }
            }
            "w:hyperlink" => {
                if let Some(target) = &tag.outside {
                    scene.report.link(target);
                }
                let anchor = tag.get("w:anchor").filter(|_| tag.outside.is_none());
                if let Some(anchor) = anchor.filter(|anchor| !anchor.is_empty() && !is_bookmark(anchor)) {
                    scene.report.link(anchor);
                }
                if !anchor.is_some_and(is_bookmark) {
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
