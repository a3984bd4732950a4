//! The grammar of worksheets: formulas, links, what goes with them.
//!
//! Refuses: formulas that lead out (their values stay), links that lead out (their text stays). Invariant: a shared
//! formula stays or goes in all its cells; no value goes.

use std::collections::BTreeSet;

use sanitizer_api::Code;

use super::formula::{is_inside, is_place, link};
use super::page::{HOLLOW, SPOILT, URIS};
use super::tidy::Tidy;
use crate::report::Report;
use crate::xml::filter::{Grammar, Scene, Step, Tag};

/// One sheet.
pub(crate) struct Cells {
    tidy: Tidy,
    /// The formula at hand.
    kind: Kind,
    number: Option<u32>,
    /// It leads out.
    is_bad: bool,
    /// Shared formulas that stay.
    shared: BTreeSet<Option<u32>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Plain,
    Shared,
    Table,
}

impl Default for Cells {
    fn default() -> Self {
        Self {
            tidy: Tidy::new(HOLLOW, SPOILT),
            kind: Kind::Plain,
            number: None,
            is_bad: false,
            shared: BTreeSet::new(),
        }
    }
}

/// Tells of a formula that goes.
pub(crate) fn tell(formula: &str, report: &mut Report) {
    report.add(Code::FormulaFlattened);
    if let Some(target) = link(formula) {
        report.link(&target);
    }
}

/// A header or footer without `&G`, the place of a picture: such pictures are not written.
fn without_pictures(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        match (c, rest.clone().next()) {
            ('&', Some('G' | 'g')) => {
                rest.next();
            }
            ('&', Some(code)) => {
                rest.next();
                out.extend([c, code]);
            }
            _ => out.push(c),
        }
    }
    out
}

impl Cells {
    /// True if the formula of a cell stays.
    fn stays(&mut self, formula: &str, scene: &mut Scene<'_>) -> bool {
        let is_empty = formula.trim().is_empty();
        let stays = match self.kind {
            Kind::Table => is_empty,
            Kind::Shared if is_empty => self.shared.contains(&self.number),
            Kind::Plain | Kind::Shared => !is_empty && is_inside(formula, scene.memory),
        };
        if self.kind == Kind::Shared && !is_empty {
            if stays {
                self.shared.insert(self.number);
            } else {
                self.shared.remove(&self.number);
            }
        }
        if !stays && (!is_empty || self.kind == Kind::Shared) {
            tell(formula, scene.report);
        }
        stays
    }
}

impl Grammar for Cells {
    fn open(&mut self, tag: &mut Tag<'_>, scene: &mut Scene<'_>) -> Step {
        match tag.name {
            "x:f" => {
                self.kind = match tag.get("t") {
                    Some("shared") => Kind::Shared,
                    Some("dataTable") => Kind::Table,
                    _ => Kind::Plain,
                };
                self.number = tag.get("si").and_then(|number| number.trim().parse().ok());
            }
            "x:hyperlink" => {
                let location = tag.get("location").map(|place| place.trim_start_matches('#').to_owned());
                if let Some(target) = tag.outside.take().filter(|target| !target.starts_with('#')) {
                    scene.report.link(&target);
                    return Step::Drop;
                }
                match location {
                    Some(place) if is_place(&place, scene.memory) => {}
                    Some(place) => {
                        scene.report.link(&place);
                        return Step::Drop;
                    }
                    None => return Step::Drop,
                }
            }
            "x:ext" if !tag.get("uri").is_some_and(|uri| URIS.iter().any(|known| known.eq_ignore_ascii_case(uri))) => {
                return Step::Drop;
            }
            "x:cfvo" => {
                let is_bad = tag.get("val").is_some_and(|value| !is_inside(value, scene.memory));
                if is_bad && self.tidy.spoil(scene) {
                    scene.report.add(Code::FormulaFlattened);
                }
            }
            _ => {}
        }
        self.tidy.open();
        Step::Keep
    }

    fn text(&mut self, name: &'static str, text: &mut String, scene: &mut Scene<'_>) {
        match name {
            "x:f" => self.is_bad = !self.stays(text, scene),
            "x:formula" | "x:formula1" | "x:formula2" | "xm:f" if !is_inside(text, scene.memory) => {
                self.tidy.spoil(scene);
                tell(text, scene.report);
                text.clear();
            }
            "x:oddHeader" | "x:oddFooter" | "x:evenHeader" | "x:evenFooter" | "x:firstHeader" | "x:firstFooter" => {
                *text = without_pictures(text);
            }
            _ => {}
        }
    }

    fn close(&mut self, name: &'static str, from: usize, scene: &mut Scene<'_>) {
        let goes = name == "x:f" && std::mem::take(&mut self.is_bad);
        self.tidy.close(name, from, goes, scene);
    }
}

/// The grammar of tables: the formulas of their columns.
pub(crate) struct Columns {
    tidy: Tidy,
}

impl Default for Columns {
    fn default() -> Self {
        Self { tidy: Tidy::new(&[], &["x:calculatedColumnFormula", "x:totalsRowFormula"]) }
    }
}

impl Grammar for Columns {
    fn open(&mut self, _tag: &mut Tag<'_>, _scene: &mut Scene<'_>) -> Step {
        self.tidy.open();
        Step::Keep
    }

    fn text(&mut self, name: &'static str, text: &mut String, scene: &mut Scene<'_>) {
        if matches!(name, "x:calculatedColumnFormula" | "x:totalsRowFormula") && !is_inside(text, scene.memory) {
            tell(text, scene.report);
            self.tidy.spoil(scene);
        }
    }

    fn close(&mut self, name: &'static str, from: usize, scene: &mut Scene<'_>) {
        self.tidy.close(name, from, false, scene);
    }
}
