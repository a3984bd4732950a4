//! Effects of letters, and check boxes (Word 2010).
//!
//! Refuses: ink. Invariant: older readers are told to pass over all of it.

use crate::xml::table::Value::{Text, Token};
use crate::xml::table::{Row, keep};

/// `w14:`.
pub(crate) const ROWS: &[Row] = &[
    keep(
        "w14:bevel w14:checkbox w14:contourClr w14:extrusionClr w14:gradFill w14:gsLst w14:noFill w14:round \
          w14:scene3d w14:solidFill w14:stylisticSets w14:textFill",
        &[],
    ),
    keep(
        "w14:alpha w14:checked w14:cntxtAlts w14:hueMod w14:ligatures w14:lum w14:lumMod w14:lumOff \
          w14:numForm w14:numSpacing w14:prstDash w14:sat w14:satMod w14:satOff w14:schemeClr w14:shade \
          w14:srgbClr w14:tint",
        &[(Token, "w14:val")],
    ),
    keep("w14:bevelB w14:bevelT", &[(Token, "w14:h w14:prst w14:w")]),
    keep("w14:camera", &[(Token, "w14:prst")]),
    keep("w14:fillToRect", &[(Token, "w14:b w14:l w14:r w14:t")]),
    keep("w14:glow", &[(Token, "w14:rad")]),
    keep("w14:gs", &[(Token, "w14:pos")]),
    keep("w14:lightRig", &[(Token, "w14:dir w14:rig")]),
    keep("w14:lin", &[(Token, "w14:ang w14:scaled")]),
    keep("w14:miter", &[(Token, "w14:lim")]),
    keep("w14:path", &[(Token, "w14:path")]),
    keep("w14:props3d", &[(Token, "w14:contourW w14:extrusionH w14:prstMaterial")]),
    keep(
        "w14:reflection",
        &[(
            Token,
            "w14:algn w14:blurRad w14:dir w14:dist w14:endA w14:endPos w14:fadeDir w14:kx w14:ky w14:stA \
             w14:stPos w14:sx w14:sy",
        )],
    ),
    keep("w14:rot", &[(Token, "w14:lat w14:lon w14:rev")]),
    keep("w14:shadow", &[(Token, "w14:algn w14:blurRad w14:dir w14:dist w14:kx w14:ky w14:sx w14:sy")]),
    keep("w14:styleSet", &[(Token, "w14:id w14:val")]),
    keep("w14:textOutline", &[(Token, "w14:algn w14:cap w14:cmpd w14:w")]),
    keep("w14:checkedState w14:uncheckedState", &[(Text, "w14:font"), (Token, "w14:val")]),
];
