//! Slides, layouts, masters and notes.
//!
//! Refuses: what [`super::tree`], [`super::frame`] and [`super::timing`] refuse. Invariant: all text of shapes stays.

use super::frame::Frames;
use super::timing::{self, Timing};
use super::{link, modern, presentation, tree};
use crate::drawing;
use crate::drawing::extensions::Extensions;
use crate::word::math;
use crate::xml::filter::{Grammar, Scene, Step, Tag};
use crate::xml::table::Vocabulary;

/// Parts with a tree of shapes.
pub(crate) static PART: Vocabulary = Vocabulary::new(
    &["p:sld", "p:sldLayout", "p:sldMaster", "p:notes", "p:notesMaster", "p:handoutMaster"],
    // Formulas; their fallback would be a picture of them.
    &["a14"],
    &[
        tree::ROWS,
        timing::ROWS,
        link::ROWS,
        modern::NUMBERS,
        presentation::FONT,
        drawing::main::ROWS,
        drawing::FRAMES,
        math::ROWS,
    ],
);

/// What tables cannot say about slides.
#[derive(Default)]
pub(crate) struct Slide {
    frames: Frames,
    timing: Timing,
    extensions: Extensions,
}

impl Grammar for Slide {
    fn open(&mut self, tag: &mut Tag<'_>, scene: &mut Scene<'_>) -> Step {
        if link::open(tag, scene) == Step::Drop || self.extensions.open(tag, scene) == Step::Drop {
            return Step::Drop;
        }
        self.frames.open(tag, scene);
        self.timing.open(tag);
        // Of an object the picture stays.
        if tag.name == "p:oleObj" { Step::Unwrap } else { Step::Keep }
    }

    fn close(&mut self, name: &'static str, from: usize, scene: &mut Scene<'_>) {
        self.extensions.close(name, from, scene);
        self.frames.close(name, from, scene);
        self.timing.close(name, from, scene);
    }
}
