//! Drawings in word processing documents: where they stand, pictures, shapes with text, groups, canvases.
//!
//! Refuses: ink, extensions. Invariant: as of [`super::main`].

use crate::xml::table::Value::{Text, Token};
use crate::xml::table::{Row, keep, text};

/// `wp:`, `pic:`, `wps:`, `wpg:`, `wpc:`.
pub(crate) const ROWS: &[Row] = &[
    keep(
        "pic:nvPicPr pic:pic wp:cNvGraphicFramePr wp:wrapNone wpc:bg wpc:graphicFrame wpc:whole wpc:wpc \
          wpg:cNvFrPr wpg:cNvGrpSpPr wpg:graphicFrame wpg:grpSp wpg:wgp wps:cNvCnPr wps:style",
        &[],
    ),
    keep("pic:blipFill", &[(Token, "dpi rotWithShape")]),
    keep("pic:cNvPicPr", &[(Token, "preferRelativeResize")]),
    keep("pic:spPr wpg:grpSpPr wps:spPr", &[(Token, "bwMode")]),
    keep("wp14:sizeRelH wp14:sizeRelV wp:positionH wp:positionV", &[(Token, "relativeFrom")]),
    keep(
        "wp:anchor",
        &[(
            Token,
            "allowOverlap behindDoc distB distL distR distT hidden layoutInCell locked relativeHeight simplePos",
        )],
    ),
    keep("wp:effectExtent", &[(Token, "b l r t")]),
    keep("wp:extent", &[(Token, "cx cy")]),
    keep("wp:inline", &[(Token, "distB distL distR distT")]),
    keep("wp:lineTo wp:simplePos wp:start", &[(Token, "x y")]),
    keep("wp:wrapPolygon", &[(Token, "edited")]),
    keep("wp:wrapSquare", &[(Token, "distB distL distR distT wrapText")]),
    keep("wp:wrapThrough wp:wrapTight", &[(Token, "distL distR wrapText")]),
    keep("wp:wrapTopAndBottom", &[(Token, "distB distT")]),
    keep("wpg:xfrm", &[(Token, "flipH flipV rot")]),
    keep(
        "wps:bodyPr",
        &[(
            Token,
            "anchor anchorCtr bIns compatLnSpc forceAA fromWordArt horzOverflow lIns numCol rIns rot rtlCol \
             spcCol spcFirstLastPara tIns upright vert vertOverflow wrap",
        )],
    ),
    keep("wps:cNvSpPr", &[(Token, "txBox")]),
    keep("wps:linkedTxbx", &[(Token, "id seq")]),
    keep("wps:txbx", &[(Token, "id")]),
    keep("wps:wsp", &[(Token, "normalEastAsianFlow")]),
    keep("pic:cNvPr wp:docPr wpg:cNvPr wps:cNvPr", &[(Text, "descr name title"), (Token, "hidden id")]),
    text("wp14:pctHeight wp14:pctPosHOffset wp14:pctPosVOffset wp14:pctWidth wp:align wp:posOffset", &[]),
];
