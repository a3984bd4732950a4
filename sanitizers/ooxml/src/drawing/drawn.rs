//! How diagrams are drawn: the part with finished shapes, and the extension of the model that names it.
//!
//! Refuses: other extensions, links. Invariant: as of [`super::main`].

use super::extensions::Extensions;
use super::{LINKS, diagram, main};
use crate::xml::filter::{Grammar, Scene, Step, Tag};
use crate::xml::table::Value::{OneOf, Text, Token};
use crate::xml::table::{Row, Vocabulary, keep};

/// The extension of a model that names the drawing.
pub(crate) const URI: &str = "http://schemas.microsoft.com/office/drawing/2008/diagram";

/// `relId` is an id of the part that shows the diagram; its relationship is implied there.
const EXTENSION: &[Row] =
    &[keep("dgm:extLst", &[]), keep("dsp:dataModelExt", &[(Token, "relId"), (OneOf(diagram::VERSIONS), "minVer")])];

const SHAPES: &[Row] = &[
    keep("dsp:drawing dsp:spTree dsp:grpSp dsp:nvGrpSpPr dsp:nvSpPr dsp:cNvGrpSpPr dsp:style dsp:txBody", &[]),
    keep("dsp:sp", &[(Token, "modelId")]),
    keep("dsp:cNvPr", &[(Token, "id hidden"), (Text, "name descr title")]),
    keep("dsp:cNvSpPr", &[(Token, "txBox")]),
    keep("dsp:spPr dsp:grpSpPr", &[(Token, "bwMode")]),
    keep("dsp:txXfrm", &[(Token, "rot flipH flipV")]),
];

/// Models that name their drawing.
pub(crate) static MODEL: Vocabulary =
    Vocabulary::new(&["dgm:dataModel"], &[], &[main::ROWS, LINKS, diagram::ROWS, EXTENSION]);
/// Drawings of diagrams.
pub(crate) static DRAWING: Vocabulary = Vocabulary::new(&["dsp:drawing"], &[], &[main::ROWS, LINKS, SHAPES]);

/// The grammar of models.
#[derive(Debug, Default)]
pub(crate) struct Model(Extensions);

impl Grammar for Model {
    fn open(&mut self, tag: &mut Tag<'_>, scene: &mut Scene<'_>) -> Step {
        // Other lists name drawings of their own.
        if tag.name == "dgm:extLst" && scene.parent() != "dgm:dataModel" {
            return Step::Drop;
        }
        match self.0.open(tag, scene) {
            Step::Keep => super::Drawings.open(tag, scene),
            step => step,
        }
    }

    fn close(&mut self, name: &'static str, from: usize, scene: &mut Scene<'_>) {
        self.0.close(name, from, scene);
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_tables_name_nothing_twice() {
        crate::xml::table::check(&super::MODEL);
        crate::xml::table::check(&super::DRAWING);
    }
}
