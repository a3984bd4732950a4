//! Charts whose labels come from cells, as office programs write them since 2013.
//!
//! Refuses: what [`super::chart`] refuses, and every other extension. Invariant: as of [`super::main`].

use super::extensions::Extensions;
use super::{CHART_SHAPES, Drawings, LINKS, chart, main};
use crate::xml::filter::{Grammar, Scene, Step, Tag};
use crate::xml::table::Value::{OneOf, Token};
use crate::xml::table::{Row, Vocabulary, keep, text};

/// Extensions of labels, and of series whose labels come from cells.
const LABELS: &[&str] = &["{CE6537A1-D6FC-4f65-9D91-7224C49458BB}", "{02D57815-91ED-43cb-92C2-25804820EDAC}"];

const MORE: &[Row] = &[
    keep("c:extLst", &[]),
    keep("c:ext", &[(OneOf(LABELS), "uri")]),
    keep("c15:layout c15:leaderLines c15:dlblFieldTable c15:datalabelsRange c15:dlblRangeCache", &[]),
    keep("c15:showDataLabelsRange c15:showLeaderLines", &[(Token, "val")]),
    text("c15:f", &[]),
];

/// Charts; goes with [`Labelled`].
pub(crate) static CHART: Vocabulary =
    Vocabulary::new(&["c:chartSpace"], &[], &[main::ROWS, LINKS, chart::ROWS, CHART_SHAPES, MORE]);

/// The grammar of charts.
#[derive(Debug, Default)]
pub(crate) struct Labelled(Extensions);

impl Grammar for Labelled {
    fn open(&mut self, tag: &mut Tag<'_>, scene: &mut Scene<'_>) -> Step {
        match self.0.open(tag, scene) {
            Step::Keep => Drawings.open(tag, scene),
            step => step,
        }
    }

    fn text(&mut self, name: &'static str, text: &mut String, scene: &mut Scene<'_>) {
        // A reference is one, whoever wrote it.
        Drawings.text(if name == "c15:f" { "c:f" } else { name }, text, scene);
    }

    fn close(&mut self, name: &'static str, from: usize, scene: &mut Scene<'_>) {
        self.0.close(name, from, scene);
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_table_names_nothing_twice() {
        crate::xml::table::check(&super::CHART);
    }
}
