//! Transitions and animations (ISO/IEC 29500-1, 19.5).
//!
//! Refuses: commands, sound, film, ink, objects; steps that are empty without them go, and animations of shapes that are
//! not there go with all the others. Invariant: every list of steps that is written has a step.

use std::collections::BTreeSet;

use crate::xml::filter::{Scene, Tag};
use crate::xml::table::Value::{Text, Token};
use crate::xml::table::{Row, keep, text};

/// The rows.
pub(crate) const ROWS: &[Row] = &[
    keep("p:transition", &[(Token, "spd advClick advTm")]),
    keep("p:blinds p:checker p:comb p:cover p:pull p:push p:randomBar p:strips p:wipe p:zoom", &[(Token, "dir")]),
    keep("p:circle p:dissolve p:diamond p:newsflash p:plus p:random p:wedge", &[]),
    keep("p:cut p:fade", &[(Token, "thruBlk")]),
    keep("p:split", &[(Token, "orient dir")]),
    keep("p:wheel", &[(Token, "spokes")]),
    // Steps.
    keep(
        "p:timing p:tnLst p:par p:excl p:childTnLst p:subTnLst p:stCondLst p:endCondLst p:prevCondLst p:nextCondLst",
        &[],
    ),
    keep("p:seq", &[(Token, "concurrent prevAc nextAc")]),
    keep(
        "p:cTn",
        &[(
            Token,
            "id presetID presetClass presetSubtype dur repeatCount repeatDur spd accel decel autoRev restart fill \
                 syncBehavior tmFilter evtFilter display masterRel bldLvl grpId afterEffect nodeType nodePh",
        )],
    ),
    keep("p:cond p:endSync", &[(Token, "evt delay")]),
    keep("p:iterate", &[(Token, "type backwards")]),
    keep("p:tmAbs p:tmPct p:tn p:rtn", &[(Token, "val")]),
    // Targets.
    keep("p:tgtEl p:sldTgt p:txEl p:graphicEl", &[]),
    keep("p:spTgt p:subSp", &[(Token, "spid")]),
    keep("p:charRg p:pRg", &[(Token, "st end")]),
    keep("a:dgm", &[(Token, "id bldStep")]),
    keep("a:chart", &[(Token, "seriesIdx categoryIdx bldStep")]),
    // Effects.
    keep("p:anim", &[(Text, "by from to"), (Token, "calcmode valueType")]),
    keep("p:animClr", &[(Token, "clrSpc dir")]),
    keep("p:animEffect", &[(Token, "transition filter prLst")]),
    keep("p:animMotion", &[(Token, "origin path pathEditMode rAng ptsTypes")]),
    keep("p:animRot", &[(Token, "by from to")]),
    keep("p:animScale", &[(Token, "zoomContents")]),
    keep("p:set p:attrNameLst p:tavLst p:val p:to p:from p:by p:progress", &[(Token, "x y")]),
    keep("p:rCtr", &[(Token, "x y")]),
    keep("p:rgb", &[(Token, "r g b")]),
    keep("p:hsl", &[(Token, "h s l")]),
    keep("p:cBhvr", &[(Token, "additive accumulate xfrmType from to by rctx override")]),
    text("p:attrName", &[]),
    keep("p:tav", &[(Token, "tm"), (Text, "fmla")]),
    keep("p:strVal", &[(Text, "val")]),
    keep("p:boolVal p:intVal p:fltVal", &[(Token, "val")]),
    keep("p:clrVal", &[]),
    // What is built in steps.
    keep("p:bldLst p:bldAsOne p:bldSub p:tmplLst", &[]),
    keep("p:bldP", &[(Token, "spid grpId uiExpand build bldLvl animBg autoUpdateAnimBg rev advAuto")]),
    keep("p:bldDgm p:bldGraphic", &[(Token, "spid grpId uiExpand bld")]),
    keep("a:bldDgm", &[(Token, "bld rev")]),
    keep("a:bldChart", &[(Token, "bld animBg")]),
    keep("p:tmpl", &[(Token, "lvl")]),
];

/// Steps in lists.
const STEPS: &[&str] = &[
    "p:par",
    "p:seq",
    "p:excl",
    "p:anim",
    "p:animClr",
    "p:animEffect",
    "p:animMotion",
    "p:animRot",
    "p:animScale",
    "p:set",
];
const LISTS: &[&str] = &["p:tnLst", "p:childTnLst", "p:subTnLst"];

/// The animations of one slide.
#[derive(Debug, Default)]
pub(super) struct Timing {
    /// Numbers of the shapes on the slide.
    shapes: BTreeSet<u32>,
    /// Steps in each list that is open.
    lists: Vec<usize>,
    /// The list of the step that closes next is empty.
    is_hollow: bool,
    is_spoiled: bool,
    has_builds: bool,
    has_target: bool,
}

impl Timing {
    /// An element begins.
    pub(super) fn open(&mut self, tag: &Tag<'_>) {
        self.has_target = tag.name != "p:tgtEl" && (self.has_target || matches!(tag.name, "p:spTgt" | "p:sldTgt"));
        if tag.name == "p:cNvPr" {
            self.shapes.extend(number(tag.get("id")));
        } else if let Some(shape) = tag.get("spid").filter(|_| tag.name != "p:subSp") {
            self.is_spoiled |= !number(Some(shape)).is_some_and(|shape| self.shapes.contains(&shape));
            self.has_builds |= tag.name.starts_with("p:bld");
        } else if LISTS.contains(&tag.name) {
            self.lists.push(0);
        } else if STEPS.contains(&tag.name) {
            self.count(|steps| steps.saturating_add(1));
        } else if tag.name == "p:timing" {
            *self = Self { shapes: std::mem::take(&mut self.shapes), ..Self::default() };
        }
    }

    /// The element `name` that began at `from` was written.
    pub(super) fn close(&mut self, name: &str, from: usize, scene: &mut Scene<'_>) {
        self.is_spoiled |= name == "p:tgtEl" && !self.has_target;
        let is_cut = if LISTS.contains(&name) {
            let is_empty = self.lists.pop() == Some(0);
            self.is_hollow |= is_empty && name != "p:subTnLst";
            is_empty && name == "p:subTnLst"
        } else if STEPS.contains(&name) {
            let is_hollow = std::mem::take(&mut self.is_hollow);
            if is_hollow {
                self.count(|steps| steps.saturating_sub(1));
            }
            is_hollow
        } else if name == "p:bldLst" {
            !self.has_builds
        } else {
            name == "p:timing" && (std::mem::take(&mut self.is_hollow) | self.is_spoiled)
        };
        if is_cut {
            let to = scene.out.place();
            scene.out.cut(from..to);
        }
    }

    fn count(&mut self, change: impl Fn(usize) -> usize) {
        if let Some(steps) = self.lists.last_mut() {
            *steps = change(*steps);
        }
    }
}

fn number(id: Option<&str>) -> Option<u32> {
    id?.trim().parse().ok()
}
