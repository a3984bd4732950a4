//! Lists of extensions: those whose `uri` a vocabulary lists stay, with what it lists of their content.
//!
//! Refuses: every other extension. Invariant: no extension and no list of them is written empty.

use crate::xml::filter::{Scene, Step, Tag};

/// The extensions that are open.
#[derive(Debug, Default)]
pub(crate) struct Extensions {
    /// For each open list and extension: something was written in it.
    filled: Vec<bool>,
}

fn is_list(name: &str) -> bool {
    matches!(name, "a:extLst" | "p:extLst" | "c:extLst" | "dgm:extLst")
}

fn is_extension(name: &str, parent: &str) -> bool {
    matches!(name, "a:ext" | "p:ext" | "c:ext") && is_list(parent)
}

impl Extensions {
    /// An element begins.
    pub(crate) fn open(&mut self, tag: &Tag<'_>, scene: &Scene<'_>) -> Step {
        let parent = scene.parent();
        if is_extension(tag.name, parent) {
            if tag.get("uri").is_none() {
                return Step::Drop;
            }
            self.filled.push(false);
        } else if is_list(tag.name) {
            self.filled.push(false);
        } else if matches!(parent, "a:ext" | "p:ext" | "c:ext") {
            self.fill();
        }
        Step::Keep
    }

    /// The element `name` that began at `from` was written.
    pub(crate) fn close(&mut self, name: &str, from: usize, scene: &mut Scene<'_>) {
        if !is_list(name) && !is_extension(name, scene.parent()) {
            return;
        }
        if self.filled.pop() == Some(true) {
            self.fill();
        } else {
            let to = scene.out.place();
            scene.out.cut(from..to);
        }
    }

    fn fill(&mut self) {
        if let Some(filled) = self.filled.last_mut() {
            *filled = true;
        }
    }
}
