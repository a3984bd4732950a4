//! Elements of formulas in text (Office Math).
//!
//! Refuses: nothing of the schema. Invariant: formulas show something and compute nothing.

use crate::xml::table::Value::{Text, Token};
use crate::xml::table::{Row, keep, text};

/// `m:`: formulas.
pub(crate) const ROWS: &[Row] = &[
    keep(
        "m:acc m:accPr m:argPr m:bar m:barPr m:borderBox m:borderBoxPr m:box m:boxPr m:ctrlPr m:d m:dPr m:deg \
          m:den m:e m:eqArr m:eqArrPr m:f m:fName m:fPr m:func m:funcPr m:groupChr m:groupChrPr m:lim m:limLow \
          m:limLowPr m:limUpp m:limUppPr m:m m:mPr m:mathPr m:mc m:mcPr m:mcs m:mr m:nary m:naryPr m:num \
          m:oMath m:oMathPara m:oMathParaPr m:phant m:phantPr m:r m:rPr m:rad m:radPr m:sPre m:sPrePr m:sSub \
          m:sSubPr m:sSubSup m:sSubSupPr m:sSup m:sSupPr m:sub m:sup",
        &[],
    ),
    keep(
        "m:aln m:alnScr m:argSz m:baseJc m:brkBin m:brkBinSub m:cGp m:cGpRule m:cSp m:count m:defJc m:degHide \
          m:diff m:dispDef m:grow m:hideBot m:hideLeft m:hideRight m:hideTop m:intLim m:interSp m:intraSp m:jc \
          m:lMargin m:limLoc m:lit m:maxDist m:mcJc m:naryLim m:noBreak m:nor m:objDist m:opEmu m:plcHide m:pos \
          m:postSp m:preSp m:rMargin m:rSp m:rSpRule m:scr m:show m:shp m:smallFrac m:strikeBLTR m:strikeH \
          m:strikeTLBR m:strikeV m:sty m:subHide m:supHide m:transp m:type m:vertJc m:wrapIndent m:wrapRight \
          m:zeroAsc m:zeroDesc m:zeroWid",
        &[(Token, "m:val")],
    ),
    keep("m:begChr m:chr m:endChr m:mathFont m:sepChr", &[(Text, "m:val")]),
    keep("m:brk", &[(Token, "m:alnAt m:val")]),
    text("m:t", &[(Token, "xml:space")]),
];
