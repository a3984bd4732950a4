//! Elements of old drawings (VML): shapes, their text, watermarks, pictures.
//!
//! Refuses: addresses, objects, ink, signature lines, buttons. Invariant: style is plain properties, pictures as in
//! [`super::main`].

use crate::xml::table::Value::{Rel, Style, Text, Token};
use crate::xml::table::{Row, keep};

/// `v:`, `o:`, `w10:`.
pub(crate) const ROWS: &[Row] = &[
    keep("v:formulas v:handles w10:anchorlock", &[]),
    keep(
        "o:callout",
        &[(
            Token,
            "accentbar angle distance drop dropauto gap length lengthspecified minusx minusy on textborder type \
             v:ext",
        )],
    ),
    keep("o:clippath", &[(Token, "o:v")]),
    keep("o:complex o:shapelayout", &[(Token, "v:ext")]),
    keep(
        "o:extrusion",
        &[(
            Token,
            "autorotationcenter backdepth brightness color diffusity edge facet foredepth lightface lightharsh \
             lightharsh2 lightlevel lightlevel2 lightposition lightposition2 lockrotationcenter metal on \
             orientation orientationangle render rotationangle rotationcenter shininess skewamt skewangle \
             specularity type v:ext viewpoint viewpointorigin",
        )],
    ),
    keep("o:fill", &[(Token, "type v:ext")]),
    keep("o:idmap", &[(Token, "data v:ext")]),
    keep(
        "o:lock",
        &[(
            Token,
            "adjusthandles aspectratio cropping grouping position rotation selection shapetype text ungrouping \
             v:ext verticies",
        )],
    ),
    keep("v:f", &[(Token, "eqn")]),
    keep("v:h", &[(Token, "invx invy map polar position radiusrange switch xrange yrange")]),
    keep("w10:borderbottom w10:borderleft w10:borderright w10:bordertop", &[(Token, "shadow type width")]),
    keep("w10:wrap", &[(Token, "anchorx anchory side type")]),
    keep(
        "o:bottom o:column o:left o:right o:top",
        &[
            (Text, "o:title"),
            (
                Token,
                "color color2 dashstyle endarrow endarrowlength endarrowwidth endcap filltype imagealignshape \
             imageaspect imagesize insetpen joinstyle linestyle miterlimit o:forcedash on opacity startarrow \
             startarrowlength startarrowwidth v:ext weight",
            ),
        ],
    ),
    keep("o:skew", &[(Text, "id"), (Token, "matrix offset on origin v:ext")]),
    keep("v:background", &[(Text, "id"), (Token, "fill fillcolor o:bwmode o:bwnormal o:bwpure o:targetscreensize")]),
    keep(
        "v:path",
        &[
            (Text, "id"),
            (
                Token,
                "arrowok fillok gradientshapeok insetpenok limo o:connectangles o:connectlocs o:connecttype \
             o:extrusionok shadowok strokeok textboxrect textpathok v",
            ),
        ],
    ),
    keep("v:shadow", &[(Text, "id"), (Token, "color color2 matrix obscured offset offset2 on opacity origin type")]),
    keep(
        "v:arc",
        &[
            (Style, "style"),
            (Text, "alt id o:spid title"),
            (
                Token,
                "coordorigin coordsize endangle fillcolor filled insetpen o:allowincell o:allowoverlap \
             o:borderbottomcolor o:borderleftcolor o:borderrightcolor o:bordertopcolor o:bwmode o:bwnormal \
             o:bwpure o:clip o:cliptowrap o:connectortype o:dgmlayout o:dgmlayoutmru o:dgmnodekind o:forcedash \
             o:hr o:hralign o:hrnoshade o:hrpct o:hrstd o:insetmode o:oned o:preferrelative o:regroupid o:spt \
             o:userdrawn o:userhidden print startangle strokecolor stroked strokeweight wrapcoords",
            ),
        ],
    ),
    keep(
        "v:curve",
        &[
            (Style, "style"),
            (Text, "alt id o:spid title"),
            (
                Token,
                "control1 control2 coordorigin coordsize fillcolor filled from insetpen o:allowincell \
             o:allowoverlap o:borderbottomcolor o:borderleftcolor o:borderrightcolor o:bordertopcolor o:bwmode \
             o:bwnormal o:bwpure o:clip o:cliptowrap o:connectortype o:dgmlayout o:dgmlayoutmru o:dgmnodekind \
             o:forcedash o:hr o:hralign o:hrnoshade o:hrpct o:hrstd o:insetmode o:oned o:preferrelative \
             o:regroupid o:spt o:userdrawn o:userhidden print strokecolor stroked strokeweight to wrapcoords",
            ),
        ],
    ),
    keep(
        "v:fill",
        &[
            (Rel(&["picture"]), "r:id"),
            (Text, "id o:title"),
            (
                Token,
                "alignshape angle aspect color color2 colors detectmouseclick focus focusposition focussize method \
             o:opacity2 on opacity origin position recolor rotate size type",
            ),
        ],
    ),
    keep(
        "v:group",
        &[
            (Style, "style"),
            (Text, "alt id o:spid title"),
            (
                Token,
                "coordorigin coordsize editas o:allowincell o:allowoverlap o:dgmlayout o:dgmlayoutmru o:dgmnodekind \
             o:hr o:hralign o:hrnoshade o:hrpct o:hrstd o:insetmode o:oned o:regroupid o:tablelimits \
             o:tableproperties o:userdrawn o:userhidden print wrapcoords",
            ),
        ],
    ),
    keep(
        "v:imagedata",
        &[
            (Rel(&["picture"]), "r:id"),
            (Text, "id o:title"),
            (
                Token,
                "bilevel blacklevel chromakey cropbottom cropleft cropright croptop detectmouseclick embosscolor \
             gain gamma grayscale recolortarget",
            ),
        ],
    ),
    keep(
        "v:line",
        &[
            (Style, "style"),
            (Text, "alt id o:spid title"),
            (
                Token,
                "coordorigin coordsize fillcolor filled from insetpen o:allowincell o:allowoverlap \
             o:borderbottomcolor o:borderleftcolor o:borderrightcolor o:bordertopcolor o:bwmode o:bwnormal \
             o:bwpure o:clip o:cliptowrap o:connectortype o:dgmlayout o:dgmlayoutmru o:dgmnodekind o:forcedash \
             o:hr o:hralign o:hrnoshade o:hrpct o:hrstd o:insetmode o:oned o:preferrelative o:regroupid o:spt \
             o:userdrawn o:userhidden print strokecolor stroked strokeweight to wrapcoords",
            ),
        ],
    ),
    keep(
        "v:oval",
        &[
            (Style, "style"),
            (Text, "alt id o:spid title"),
            (
                Token,
                "coordorigin coordsize fillcolor filled insetpen o:allowincell o:allowoverlap o:borderbottomcolor \
             o:borderleftcolor o:borderrightcolor o:bordertopcolor o:bwmode o:bwnormal o:bwpure o:clip \
             o:cliptowrap o:connectortype o:dgmlayout o:dgmlayoutmru o:dgmnodekind o:forcedash o:hr o:hralign \
             o:hrnoshade o:hrpct o:hrstd o:insetmode o:oned o:preferrelative o:regroupid o:spt o:userdrawn \
             o:userhidden print strokecolor stroked strokeweight wrapcoords",
            ),
        ],
    ),
    keep(
        "v:polyline",
        &[
            (Style, "style"),
            (Text, "alt id o:spid title"),
            (
                Token,
                "coordorigin coordsize fillcolor filled insetpen o:allowincell o:allowoverlap o:borderbottomcolor \
             o:borderleftcolor o:borderrightcolor o:bordertopcolor o:bwmode o:bwnormal o:bwpure o:clip \
             o:cliptowrap o:connectortype o:dgmlayout o:dgmlayoutmru o:dgmnodekind o:forcedash o:hr o:hralign \
             o:hrnoshade o:hrpct o:hrstd o:insetmode o:oned o:preferrelative o:regroupid o:spt o:userdrawn \
             o:userhidden points print strokecolor stroked strokeweight wrapcoords",
            ),
        ],
    ),
    keep(
        "v:rect",
        &[
            (Style, "style"),
            (Text, "alt id o:spid title"),
            (
                Token,
                "coordorigin coordsize fillcolor filled insetpen o:allowincell o:allowoverlap o:borderbottomcolor \
             o:borderleftcolor o:borderrightcolor o:bordertopcolor o:bwmode o:bwnormal o:bwpure o:clip \
             o:cliptowrap o:connectortype o:dgmlayout o:dgmlayoutmru o:dgmnodekind o:forcedash o:hr o:hralign \
             o:hrnoshade o:hrpct o:hrstd o:insetmode o:oned o:preferrelative o:regroupid o:spt o:userdrawn \
             o:userhidden print strokecolor stroked strokeweight type wrapcoords",
            ),
        ],
    ),
    keep(
        "v:roundrect",
        &[
            (Style, "style"),
            (Text, "alt id o:spid title"),
            (
                Token,
                "arcsize coordsize fillcolor filled insetpen o:allowincell o:allowoverlap o:borderbottomcolor \
             o:borderleftcolor o:borderrightcolor o:bordertopcolor o:bwmode o:bwnormal o:bwpure o:clip \
             o:cliptowrap o:connectortype o:dgmlayout o:dgmlayoutmru o:dgmnodekind o:forcedash o:hr o:hralign \
             o:hrnoshade o:hrpct o:hrstd o:insetmode o:oned o:preferrelative o:regroupid o:spt o:userdrawn \
             o:userhidden print strokecolor stroked strokeweight wrapcoords",
            ),
        ],
    ),
    keep(
        "v:shape",
        &[
            (Style, "style"),
            (Text, "alt id o:spid title"),
            (
                Token,
                "adj coordorigin coordsize fillcolor filled insetpen o:allowincell o:allowoverlap \
             o:borderbottomcolor o:borderleftcolor o:borderrightcolor o:bordertopcolor o:bwmode o:bwnormal \
             o:bwpure o:clip o:cliptowrap o:connectortype o:dgmlayout o:dgmlayoutmru o:dgmnodekind o:forcedash \
             o:hr o:hralign o:hrnoshade o:hrpct o:hrstd o:insetmode o:oned o:preferrelative o:regroupid o:spt \
             o:userdrawn o:userhidden path print strokecolor stroked strokeweight type wrapcoords",
            ),
        ],
    ),
    keep(
        "v:shapetype",
        &[
            (Style, "style"),
            (Text, "alt id o:spid title"),
            (
                Token,
                "adj coordorigin coordsize fillcolor filled insetpen o:allowincell o:allowoverlap \
             o:borderbottomcolor o:borderleftcolor o:borderrightcolor o:bordertopcolor o:bwmode o:bwnormal \
             o:bwpure o:clip o:cliptowrap o:connectortype o:dgmlayout o:dgmlayoutmru o:dgmnodekind o:forcedash \
             o:hr o:hralign o:hrnoshade o:hrpct o:hrstd o:insetmode o:oned o:preferrelative o:regroupid o:spt \
             o:userdrawn o:userhidden path print strokecolor stroked strokeweight wrapcoords",
            ),
        ],
    ),
    keep(
        "v:stroke",
        &[
            (Rel(&["picture"]), "r:id"),
            (Text, "id o:title"),
            (
                Token,
                "color color2 dashstyle endarrow endarrowlength endarrowwidth endcap filltype imagealignshape \
             imageaspect imagesize insetpen joinstyle linestyle miterlimit o:forcedash on opacity startarrow \
             startarrowlength startarrowwidth weight",
            ),
        ],
    ),
    keep("v:textbox", &[(Style, "style"), (Text, "id"), (Token, "inset")]),
    keep("v:textpath", &[(Style, "style"), (Text, "id string"), (Token, "fitpath fitshape on trim xscale")]),
];
