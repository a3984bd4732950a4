//! Trees of shapes on slides, layouts, masters and notes (ISO/IEC 29500-1, 19.3).
//!
//! Refuses: sound and film of pictures, own data, controls, ink. Invariant: a frame holds a table, a chart or a diagram;
//! what frames of objects hold is said by [`super::frame`].

use crate::xml::table::Value::{NeedRel, Text, Token};
use crate::xml::table::{Row, Value, keep};

const MAP: &[(Value, &str)] =
    &[(Token, "bg1 tx1 bg2 tx2 accent1 accent2 accent3 accent4 accent5 accent6 hlink folHlink")];

/// The rows.
pub(crate) const ROWS: &[Row] = &[
    // Roots.
    keep("p:sld", &[(Token, "showMasterSp showMasterPhAnim show")]),
    keep("p:sldLayout", &[(Token, "showMasterSp showMasterPhAnim type preserve userDrawn"), (Text, "matchingName")]),
    keep("p:sldMaster", &[(Token, "preserve")]),
    keep("p:notes", &[(Token, "showMasterSp showMasterPhAnim")]),
    keep("p:notesMaster p:handoutMaster", &[]),
    // Around the tree.
    keep("p:cSld", &[(Text, "name")]),
    keep("p:bg", &[(Token, "bwMode")]),
    keep("p:bgPr", &[(Token, "shadeToTitle")]),
    keep("p:bgRef", &[(Token, "idx")]),
    keep("p:clrMap a:overrideClrMapping", MAP),
    keep("a:masterClrMapping", &[]),
    keep("p:clrMapOvr p:sldLayoutIdLst p:txStyles p:titleStyle p:bodyStyle p:otherStyle p:notesStyle", &[]),
    keep("p:sldLayoutId", &[(Token, "id"), (NeedRel(&["layout"]), "r:id")]),
    keep("p:hf", &[(Token, "sldNum hdr ftr dt")]),
    // Shapes.
    keep("p:spTree p:grpSp p:pic p:cxnSp p:nvGrpSpPr p:nvSpPr p:nvPicPr p:nvCxnSpPr p:cNvGrpSpPr p:cNvCxnSpPr", &[]),
    keep("p:sp", &[(Token, "useBgFill")]),
    keep("p:cNvPr", &[(Token, "id hidden"), (Text, "name descr title")]),
    keep("p:cNvSpPr", &[(Token, "txBox")]),
    keep("p:cNvPicPr", &[(Token, "preferRelativeResize")]),
    keep("p:nvPr", &[(Token, "isPhoto userDrawn")]),
    keep("p:ph", &[(Token, "type orient sz idx hasCustomPrompt")]),
    keep("p:spPr p:grpSpPr", &[(Token, "bwMode")]),
    keep("p:style p:txBody", &[]),
    keep("p:blipFill", &[(Token, "dpi rotWithShape")]),
    // Frames.
    keep("p:graphicFrame", &[(Token, "bwMode")]),
    keep("p:nvGraphicFramePr p:cNvGraphicFramePr", &[]),
    keep("p:xfrm", &[(Token, "rot flipH flipV")]),
    // Only the preview of an object is of use.
    keep("p:oleObj", &[]),
    // Formulas.
    keep("a14:m", &[]),
];
