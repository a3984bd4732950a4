//! Elements of drawings on charts.
//!
//! Refuses: macros, links to cells, extensions. Invariant: as of [`super::main`].

use crate::xml::table::Value::{Text, Token};
use crate::xml::table::{Row, keep, text};

/// `cdr:`. Goes with [`super::main::ROWS`].
pub(crate) const ROWS: &[Row] = &[
    keep(
        "c:userShapes cdr:absSizeAnchor cdr:cNvCxnSpPr cdr:cNvGraphicFramePr cdr:cNvGrpSpPr cdr:from cdr:grpSp \
          cdr:nvCxnSpPr cdr:nvGraphicFramePr cdr:nvGrpSpPr cdr:nvPicPr cdr:nvSpPr cdr:relSizeAnchor cdr:style \
          cdr:to cdr:txBody",
        &[],
    ),
    keep("cdr:blipFill", &[(Token, "dpi rotWithShape")]),
    keep("cdr:cNvPicPr", &[(Token, "preferRelativeResize")]),
    keep("cdr:cNvSpPr", &[(Token, "txBox")]),
    keep("cdr:cxnSp cdr:graphicFrame cdr:pic", &[(Token, "fPublished")]),
    keep("cdr:ext", &[(Token, "cx cy")]),
    keep("cdr:grpSpPr cdr:spPr", &[(Token, "bwMode")]),
    keep("cdr:sp", &[(Token, "fLocksText fPublished")]),
    keep("cdr:xfrm", &[(Token, "flipH flipV rot")]),
    keep("cdr:cNvPr", &[(Text, "descr name title"), (Token, "hidden id")]),
    text("cdr:x cdr:y", &[]),
];
