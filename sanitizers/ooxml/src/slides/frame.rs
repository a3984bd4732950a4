//! Frames: those of objects become the picture that the object showed, those without known content go.
//!
//! Refuses: objects without a preview. Invariant: a picture that takes the place of a frame has the frame's number.

use sanitizer_api::Code;

use crate::xml::filter::{Scene, Tag};

/// One open frame.
#[derive(Debug, Default)]
struct Frame {
    id: Option<String>,
    name: Option<String>,
    /// A table, a chart or a diagram stands in it.
    has_content: bool,
    /// An object stands in it.
    is_object: bool,
    /// Where the preview of an object stands.
    preview: Option<(usize, usize)>,
}

/// The frames that are open.
#[derive(Debug, Default)]
pub(super) struct Frames {
    open: Vec<Frame>,
}

impl Frames {
    /// An element begins; may change the number of a preview.
    pub(super) fn open(&mut self, tag: &mut Tag<'_>, scene: &Scene<'_>) {
        if tag.name == "p:graphicFrame" {
            self.open.push(Frame::default());
            return;
        }
        let Some(frame) = self.open.last_mut() else { return };
        match (tag.name, scene.parent()) {
            ("p:cNvPr", "p:nvGraphicFramePr") => {
                frame.id = tag.get("id").map(str::to_owned);
                frame.name = tag.get("name").map(str::to_owned);
            }
            ("p:oleObj", _) => frame.is_object = true,
            ("p:cNvPr", "p:nvPicPr") => {
                if let Some(id) = frame.id.clone() {
                    tag.set("id", id);
                }
                if let Some(name) = frame.name.clone() {
                    tag.set("name", name);
                }
            }
            ("a:tbl" | "c:chart" | "dgm:relIds" | "lc:lockedCanvas", "a:graphicData") => frame.has_content = true,
            _ => {}
        }
    }

    /// The element `name` that began at `from` was written.
    pub(super) fn close(&mut self, name: &str, from: usize, scene: &mut Scene<'_>) {
        let to = scene.out.place();
        if let Some(frame) = self.open.last_mut().filter(|frame| frame.is_object && name == "p:pic") {
            frame.preview.get_or_insert((from, to));
        }
        if name != "p:graphicFrame" {
            return;
        }
        let Some(frame) = self.open.pop() else { return };
        match frame.preview {
            _ if frame.has_content => {}
            Some((start, stop)) => {
                scene.out.cut(from..start);
                scene.out.cut(stop..to);
            }
            None => {
                // Objects are told by their relationship.
                if !frame.is_object {
                    scene.report.add(Code::UnknownPartRemoved);
                }
                scene.out.cut(from..to);
            }
        }
    }
}
