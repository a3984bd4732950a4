//! Elements of themes: colours, font names, default looks.
//!
//! Refuses: extensions. Invariant: what a theme names is in it.

use crate::xml::table::Value::{Text, Token};
use crate::xml::table::{Row, keep};

/// `a:`: themes. Goes with [`super::main::ROWS`].
pub(crate) const ROWS: &[Row] = &[
    keep(
        "a:accent1 a:accent2 a:accent3 a:accent4 a:accent5 a:accent6 a:bgFillStyleLst a:custClrLst a:dk1 a:dk2 \
          a:effectStyle a:effectStyleLst a:extraClrScheme a:extraClrSchemeLst a:fillStyleLst a:folHlink a:hlink \
          a:lnDef a:lnStyleLst a:lt1 a:lt2 a:majorFont a:minorFont a:objectDefaults a:spDef a:themeElements \
          a:themeManager a:themeOverride a:txDef",
        &[],
    ),
    keep("a:clrScheme a:custClr a:fmtScheme a:fontScheme a:theme", &[(Text, "name")]),
    keep("a:font", &[(Text, "script typeface")]),
    keep(
        "a:overrideClrMapping",
        &[(Token, "accent1 accent2 accent3 accent4 accent5 accent6 bg1 bg2 folHlink hlink tx1 tx2")],
    ),
];
