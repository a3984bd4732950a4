//! Elements of diagrams (SmartArt): their text, layout, colours.
//!
//! Refuses: links, extensions. Invariant: as of [`super::main`].

use crate::xml::table::Value::{OneOf, Rel, Text, Token};
use crate::xml::table::{Row, keep};

/// Versions that office programs write.
pub(super) const VERSIONS: &[&str] = &[
    "http://schemas.openxmlformats.org/drawingml/2006/diagram",
    "http://schemas.microsoft.com/office/drawing/2008/diagram",
];

/// `dgm:`. Goes with [`super::main::ROWS`].
pub(crate) const ROWS: &[Row] = &[
    keep(
        "dgm:adjLst dgm:bg dgm:catLst dgm:constrLst dgm:cxnLst dgm:dataModel dgm:presLayoutVars dgm:ptLst \
          dgm:ruleLst dgm:scene3d dgm:style dgm:t dgm:txPr dgm:varLst dgm:whole",
        &[],
    ),
    keep("dgm:colorsDef dgm:layoutDef dgm:styleDef", &[(Text, "uniqueId defStyle"), (OneOf(VERSIONS), "minVer")]),
    keep("dgm:presOf", &[(Token, "axis ptType hideLastTrans st cnt step")]),
    keep("dgm:adj", &[(Token, "idx val")]),
    keep("dgm:alg", &[(Token, "rev type")]),
    keep(
        "dgm:animLvl dgm:animOne dgm:bulletEnabled dgm:chMax dgm:chPref dgm:dir dgm:hierBranch dgm:orgChart \
          dgm:resizeHandles",
        &[(Token, "val")],
    ),
    keep("dgm:cat", &[(Token, "pri"), (Text, "type")]),
    keep("dgm:choose dgm:else dgm:styleLbl", &[(Text, "name")]),
    keep("dgm:clrData dgm:sampData dgm:styleData", &[(Token, "useDef")]),
    keep("dgm:desc dgm:title", &[(Text, "lang val")]),
    keep(
        "dgm:effectClrLst dgm:fillClrLst dgm:linClrLst dgm:txEffectClrLst dgm:txFillClrLst dgm:txLinClrLst",
        &[(Token, "hueDir meth")],
    ),
    keep("dgm:forEach", &[(Text, "name ref"), (Token, "axis ptType hideLastTrans st cnt step")]),
    keep("dgm:shape", &[(Token, "blipPhldr hideGeom lkTxEntry rot type zOrderOff"), (Rel(&["picture"]), "r:blip")]),
    keep("dgm:sp3d", &[(Token, "contourW extrusionH prstMaterial z")]),
    keep("dgm:spPr", &[(Token, "bwMode")]),
    keep(
        "dgm:constr",
        &[(Text, "forName refForName"), (Token, "fact for op ptType refFor refPtType refType type val")],
    ),
    keep("dgm:cxn", &[(Text, "destId modelId parTransId presId sibTransId srcId"), (Token, "destOrd srcOrd type")]),
    keep("dgm:if", &[(Text, "arg name val"), (Token, "func op axis ptType hideLastTrans st cnt step")]),
    keep("dgm:layoutNode", &[(Text, "moveWith name styleLbl"), (Token, "chOrder")]),
    keep("dgm:param", &[(Text, "val"), (Token, "type")]),
    keep(
        "dgm:prSet",
        &[
            (Text, "csCatId csTypeId loCatId loTypeId phldrT presAssocID presName presStyleLbl qsCatId qsTypeId"),
            (
                Token,
                "coherent3DOff custAng custFlipHor custFlipVert custLinFactNeighborX custLinFactNeighborY \
             custLinFactX custLinFactY custRadScaleInc custRadScaleRad custScaleX custScaleY custSzX custSzY \
             custT phldr presStyleCnt presStyleIdx",
            ),
        ],
    ),
    keep("dgm:pt", &[(Text, "cxnId modelId"), (Token, "type")]),
    keep("dgm:rule", &[(Text, "forName"), (Token, "fact for max ptType type val")]),
];
