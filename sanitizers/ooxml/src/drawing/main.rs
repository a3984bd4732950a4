//! Elements of drawings (DrawingML main).
//!
//! Refuses: links, sound, film, extensions. Invariant: pictures are named by relationships to rebuilt pictures only.

use crate::xml::table::Value::{OneOf, Rel, Text, Token};
use crate::xml::table::{Row, keep, text};

/// Extensions that may stay: drawings of diagrams, numbers of shapes, rows and columns.
const EXTENSIONS: &[&str] = &[
    super::drawn::URI,
    "{FF2B5EF4-FFF2-40B4-BE49-F238E27FC236}",
    "{0D108BD9-81ED-4DB2-BD59-A6C34878D82A}",
    "{9D8B030D-6E8A-4147-A177-3AD203B41FA5}",
];

/// `a:`: shapes, fills, lines, effects, text.
pub(crate) const ROWS: &[Row] = &[
    keep(
        "a:ahLst a:alphaCeiling a:alphaFloor a:alphaInv a:avLst a:backdrop a:band1H a:band1V a:band2H a:band2V \
          a:bgClr a:bottom a:br a:buBlip a:buClr a:buClrTx a:buFontTx a:buNone a:buSzTx a:cNvCxnSpPr \
          a:cNvGraphicFramePr a:cNvGrpSpPr a:close a:clrFrom a:clrRepl a:clrTo a:comp a:contourClr a:cubicBezTo \
          a:custDash a:custGeom a:cxnLst a:cxnSp a:effectLst a:extrusionClr a:fgClr a:fill a:firstCol \
          a:firstRow a:gamma a:gdLst a:graphic a:graphicFrame a:gray a:grayscl a:grpFill a:grpSp a:gsLst \
          a:highlight a:insideH a:insideV a:inv a:invGamma a:lastCol a:lastRow a:left a:lnSpc a:lnTo a:lstStyle \
          a:moveTo a:neCell a:noAutofit a:noFill a:nvCxnSpPr a:nvGraphicFramePr a:nvGrpSpPr a:nvPicPr a:nvSpPr \
          a:nwCell a:p a:pathLst a:pic a:quadBezTo a:r a:right a:round a:scene3d a:seCell a:solidFill a:sp \
          a:spAutoFit a:spcAft a:spcBef a:stretch a:style a:swCell a:tabLst a:tbl a:tblBg a:tblGrid a:tcBdr \
          a:tcStyle a:tl2br a:top a:tr2bl a:txBody a:txSp a:uFill a:uFillTx a:uLnTx a:useSpRect a:wholeTbl",
        &[],
    ),
    keep("a:ahPolar", &[(Text, "gdRefAng gdRefR maxAng maxR minAng minR")]),
    keep("a:ahXY", &[(Text, "gdRefX gdRefY maxX maxY minX minY")]),
    keep(
        "a:alpha a:alphaMod a:alphaOff a:blue a:blueMod a:blueOff a:buSzPct a:buSzPts a:green a:greenMod \
          a:greenOff a:hue a:hueMod a:hueOff a:lumMod a:lumOff a:prstClr a:prstDash a:red a:redMod a:redOff \
          a:rtl a:sat a:satMod a:satOff a:schemeClr a:shade a:spcPct a:spcPts a:srgbClr",
        &[(Token, "val")],
    ),
    keep("a:alphaBiLevel a:biLevel", &[(Token, "thresh")]),
    keep("a:alphaModFix", &[(Token, "amt")]),
    keep("a:alphaOutset a:glow a:softEdge", &[(Token, "rad")]),
    keep("a:alphaRepl", &[(Token, "a")]),
    keep("a:anchor", &[(Token, "x y z")]),
    keep("a:arcTo", &[(Text, "hR stAng swAng wR")]),
    keep("a:bevel a:bevelB a:bevelT", &[(Token, "h prst w")]),
    keep("a:blend a:fillOverlay", &[(Token, "blend")]),
    keep("a:blipFill", &[(Token, "dpi rotWithShape")]),
    keep("a:blur", &[(Token, "grow rad")]),
    keep(
        "a:bodyPr",
        &[(
            Token,
            "anchor anchorCtr bIns compatLnSpc forceAA fromWordArt horzOverflow lIns numCol rIns rot rtlCol \
             spcCol spcFirstLastPara tIns upright vert vertOverflow wrap",
        )],
    ),
    keep("a:buAutoNum", &[(Token, "startAt type")]),
    keep("a:buChar", &[(Text, "char")]),
    keep("a:cNvPicPr", &[(Token, "preferRelativeResize")]),
    keep("a:cNvSpPr", &[(Token, "txBox")]),
    keep("a:camera", &[(Token, "fov prst zoom")]),
    keep("a:cell3D", &[(Token, "prstMaterial")]),
    keep("a:chExt", &[(Token, "cx cy")]),
    // A size, or an extension where a vocabulary has lists of them.
    keep("a:ext", &[(Token, "cx cy"), (OneOf(EXTENSIONS), "uri")]),
    keep("a:chOff a:off a:pos a:pt", &[(Token, "x y")]),
    keep("a:clrChange", &[(Token, "useA")]),
    keep("a:clrMap", &[(Token, "accent1 accent2 accent3 accent4 accent5 accent6 bg1 bg2 folHlink hlink tx1 tx2")]),
    keep("a:cxn", &[(Token, "ang")]),
    keep(
        "a:cxnSpLocks",
        &[(
            Token,
            "noAdjustHandles noChangeArrowheads noChangeAspect noChangeShapeType noEditPoints noGrp noMove \
             noResize noRot noSelect",
        )],
    ),
    keep(
        "a:defPPr a:lvl1pPr a:lvl2pPr a:lvl3pPr a:lvl4pPr a:lvl5pPr a:lvl6pPr a:lvl7pPr a:lvl8pPr a:lvl9pPr \
          a:pPr",
        &[(Token, "algn defTabSz eaLnBrk fontAlgn hangingPunct indent latinLnBrk lvl marL marR rtl")],
    ),
    keep("a:ds", &[(Token, "d sp")]),
    keep("a:duotone", &[(Text, "xfr1 xfr2")]),
    keep("a:effect", &[(Text, "ref")]),
    keep("a:effectRef a:fillRef a:fontRef a:lnRef", &[(Token, "idx")]),
    keep("a:end a:st", &[(Token, "time track")]),
    keep("a:endCxn a:stCxn", &[(Token, "id idx")]),
    keep("a:fillRect a:fillToRect a:srcRect a:tileRect", &[(Token, "b l r t")]),
    keep("a:flatTx", &[(Token, "z")]),
    keep("a:fld", &[(Text, "id type")]),
    keep("a:gd", &[(Text, "fmla name")]),
    keep("a:gradFill", &[(Token, "flip rotWithShape")]),
    keep("a:graphicFrameLocks", &[(Token, "noChangeAspect noDrilldown noGrp noMove noResize noSelect")]),
    keep("a:gridCol", &[(Token, "w")]),
    keep("a:grpSpLocks", &[(Token, "noChangeAspect noGrp noMove noResize noRot noSelect noUngrp")]),
    keep("a:grpSpPr a:spPr", &[(Token, "bwMode")]),
    keep("a:gs", &[(Token, "pos")]),
    keep("a:headEnd a:tailEnd", &[(Token, "len type w")]),
    keep("a:hsl a:hslClr", &[(Token, "hue lum sat")]),
    keep("a:innerShdw", &[(Token, "blurRad dir dist")]),
    keep("a:lightRig", &[(Token, "dir rig")]),
    keep("a:lin", &[(Token, "ang scaled")]),
    keep("a:ln a:lnB a:lnBlToTr a:lnL a:lnR a:lnT a:lnTlToBr a:uLn", &[(Token, "algn cap cmpd w")]),
    keep("a:lum", &[(Token, "bright contrast val")]),
    keep("a:miter", &[(Token, "lim")]),
    keep("a:norm a:up", &[(Token, "dx dy dz")]),
    keep("a:normAutofit", &[(Token, "fontScale lnSpcReduction")]),
    keep("a:outerShdw", &[(Token, "algn blurRad dir dist kx ky rotWithShape sx sy")]),
    keep("a:path", &[(Token, "extrusionOk fill h path stroke w")]),
    keep("a:pattFill a:prstGeom a:prstTxWarp", &[(Token, "prst")]),
    keep(
        "a:picLocks",
        &[(
            Token,
            "noAdjustHandles noChangeArrowheads noChangeAspect noChangeShapeType noCrop noEditPoints noGrp \
             noMove noResize noRot noSelect",
        )],
    ),
    keep("a:prstShdw", &[(Token, "dir dist prst")]),
    keep("a:rect", &[(Text, "b l r t")]),
    keep("a:reflection", &[(Token, "algn blurRad dir dist endA endPos fadeDir kx ky rotWithShape stA stPos sx sy")]),
    keep("a:relOff", &[(Token, "tx ty")]),
    keep("a:rot", &[(Token, "lat lon rev")]),
    keep("a:scrgbClr", &[(Token, "b g r")]),
    keep("a:sp3d", &[(Token, "contourW extrusionH prstMaterial z")]),
    keep(
        "a:spLocks",
        &[(
            Token,
            "noAdjustHandles noChangeArrowheads noChangeAspect noChangeShapeType noEditPoints noGrp noMove \
             noResize noRot noSelect noTextEdit",
        )],
    ),
    keep("a:sx a:sy", &[(Token, "d n")]),
    keep("a:sysClr", &[(Token, "lastClr val")]),
    keep("a:tab", &[(Token, "algn pos")]),
    keep("a:tableStyle a:tblStyle", &[(Text, "styleId styleName")]),
    keep("a:tblPr", &[(Token, "bandCol bandRow firstCol firstRow lastCol lastRow rtl")]),
    keep("a:tblStyleLst", &[(Text, "def")]),
    keep("a:tc", &[(Token, "gridSpan hMerge rowSpan vMerge")]),
    keep("a:tcPr", &[(Token, "anchor anchorCtr horzOverflow marB marL marR marT vert")]),
    keep("a:tcTxStyle", &[(Token, "b i")]),
    keep("a:tile", &[(Token, "algn flip sx sy tx ty")]),
    keep("a:tint", &[(Token, "amt hue val")]),
    keep("a:tr", &[(Token, "h")]),
    keep("a:xfrm", &[(Token, "flipH flipV kx ky rot sx sy tx ty")]),
    keep("a:blip", &[(Rel(&["picture"]), "r:embed"), (Token, "cstate")]),
    keep("a:buFont a:cs a:ea a:latin a:sym", &[(Text, "typeface"), (Token, "charset panose pitchFamily")]),
    keep("a:cNvPr", &[(Text, "descr name title"), (Token, "hidden id")]),
    keep("a:cont a:effectDag", &[(Text, "name"), (Token, "type")]),
    keep(
        "a:defRPr a:endParaRPr a:rPr",
        &[
            (Text, "altLang lang"),
            (Token, "b baseline cap dirty err i kern kumimoji noProof normalizeH smtClean smtId spc strike sz u"),
        ],
    ),
    text("a:t a:tableStyleId", &[]),
];
