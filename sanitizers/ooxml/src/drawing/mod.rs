//! Drawings, charts, diagrams and themes: what all formats share.
//!
//! Refuses: links, objects, sound, film, extensions, workbooks behind charts. Invariant: every picture is a rebuilt one.

pub(crate) mod chart;
pub(crate) mod chart_labels;
pub(crate) mod diagram;
pub(crate) mod drawn;
pub(crate) mod extensions;
pub(crate) mod main;
pub(crate) mod shapes;
pub(crate) mod theme;
pub(crate) mod vml;
pub(crate) mod word;

use crate::xml::filter::{Grammar, Scene, Step, Tag};
use crate::xml::table::Value::{NeedRel, OneOf, Outside};
use crate::xml::table::{Row, Vocabulary, keep};

/// What a graphic frame may hold.
const GRAPHICS: &[&str] = &[
    "http://schemas.openxmlformats.org/drawingml/2006/picture",
    "http://schemas.openxmlformats.org/drawingml/2006/chart",
    "http://schemas.openxmlformats.org/drawingml/2006/diagram",
    "http://schemas.openxmlformats.org/drawingml/2006/table",
    "http://schemas.openxmlformats.org/drawingml/2006/lockedCanvas",
    "http://schemas.microsoft.com/office/word/2010/wordprocessingShape",
    "http://schemas.microsoft.com/office/word/2010/wordprocessingGroup",
    "http://schemas.microsoft.com/office/word/2010/wordprocessingCanvas",
];

/// Graphic frames that hold charts and diagrams of other parts.
pub(crate) const FRAMES: &[Row] = &[
    keep("a:graphicData", &[(OneOf(GRAPHICS), "uri")]),
    keep("lc:lockedCanvas", &[]),
    keep("c:chart", &[(NeedRel(&["chart"]), "r:id")]),
    keep(
        "dgm:relIds",
        &[
            // Office calls a document damaged that has not all of them.
            (NeedRel(&["diagram-data"]), "r:dm"),
            (NeedRel(&["diagram-layout"]), "r:lo"),
            (NeedRel(&["diagram-style"]), "r:qs"),
            (NeedRel(&["diagram-colors"]), "r:cs"),
        ],
    ),
];

/// Links of shapes and text; a grammar drops them by [`link`].
pub(crate) const LINKS: &[Row] = &[keep("a:hlinkClick a:hlinkHover a:hlinkMouseOver", &[(Outside, "r:id")])];

const CHART_SHAPES: &[Row] = &[keep("c:userShapes", &[(NeedRel(&["chart-shapes"]), "r:id")])];

/// Chart parts.
pub(crate) static CHART: Vocabulary =
    Vocabulary::new(&["c:chartSpace"], &[], &[main::ROWS, LINKS, chart::ROWS, CHART_SHAPES]);

/// Drawings on charts.
pub(crate) static SHAPES: Vocabulary =
    Vocabulary::new(&["c:userShapes"], &[], &[main::ROWS, LINKS, FRAMES, shapes::ROWS]);

/// Parts of diagrams.
pub(crate) static DIAGRAM: Vocabulary = Vocabulary::new(
    &["dgm:dataModel", "dgm:layoutDef", "dgm:styleDef", "dgm:colorsDef"],
    &[],
    &[main::ROWS, LINKS, diagram::ROWS],
);

/// Themes.
pub(crate) static THEME: Vocabulary =
    Vocabulary::new(&["a:theme", "a:themeOverride"], &[], &[main::ROWS, LINKS, theme::ROWS]);

/// Tells of the link and drops it.
pub(crate) fn link(tag: &Tag<'_>, scene: &mut Scene<'_>) -> Step {
    if let Some(target) = &tag.outside {
        scene.report.link(target);
    }
    Step::Drop
}

/// The grammar of parts that hold drawings and nothing else.
#[derive(Debug, Default)]
pub(crate) struct Drawings;

impl Grammar for Drawings {
    fn open(&mut self, tag: &mut Tag<'_>, scene: &mut Scene<'_>) -> Step {
        if tag.name.starts_with("a:hlink") && tag.name != "a:hlink" { link(tag, scene) } else { Step::Keep }
    }

    fn text(&mut self, name: &'static str, text: &mut String, _scene: &mut Scene<'_>) {
        // Values of another workbook, or of another program (DDE): what was cached stays, the way to it goes.
        if name == "c:f" && text.contains(['[', '|', '\\', '/']) {
            "#REF!".clone_into(text);
        }
    }
}
