//! Links and actions of shapes and of text on slides.
//!
//! Refuses: everything but jumps inside the same slides. Invariant: a link that is written names a listed action, and
//! nothing outside.

use sanitizer_api::Code;

use crate::xml::filter::{Scene, Step, Tag};
use crate::xml::table::Value::{Rel, Text, Token};
use crate::xml::table::{Row, keep};

/// To the slide that `r:id` names.
const TO_SLIDE: &str = "ppaction://hlinksldjump";
/// Jumps that need no target.
const JUMPS: &[&str] = &[
    "ppaction://hlinkshowjump?jump=firstslide",
    "ppaction://hlinkshowjump?jump=lastslide",
    "ppaction://hlinkshowjump?jump=nextslide",
    "ppaction://hlinkshowjump?jump=previousslide",
    "ppaction://hlinkshowjump?jump=lastslideviewed",
    "ppaction://hlinkshowjump?jump=endshow",
];
/// Actions that run something.
const RUNS: &[&str] = &["ppaction://macro", "ppaction://program", "ppaction://ole"];

/// The rows; they take the place of [`crate::drawing::LINKS`] and need [`open`].
pub(super) const ROWS: &[Row] = &[keep(
    "a:hlinkClick a:hlinkHover a:hlinkMouseOver",
    &[(Rel(&["slide"]), "r:id"), (Text, "action tooltip"), (Token, "history highlightClick")],
)];

/// Decides about `tag` if it is a link of DrawingML.
pub(super) fn open(tag: &mut Tag<'_>, scene: &mut Scene<'_>) -> Step {
    if !matches!(tag.name, "a:hlinkClick" | "a:hlinkHover" | "a:hlinkMouseOver") {
        return Step::Keep;
    }
    let action = tag.get("action").unwrap_or_default();
    if tag.outside.is_none() && action == TO_SLIDE && tag.get("r:id").is_some() {
        return Step::Keep;
    }
    if tag.outside.is_none() && JUMPS.contains(&action) {
        // The schema demands the attribute, and office programs write it empty.
        tag.set("r:id", String::new());
        return Step::Keep;
    }
    if RUNS.iter().any(|start| action.get(..start.len()).is_some_and(|head| head.eq_ignore_ascii_case(start))) {
        scene.report.add(Code::ActiveContentRemoved);
    }
    if let Some(target) = &tag.outside {
        scene.report.link(target);
    }
    Step::Drop
}
