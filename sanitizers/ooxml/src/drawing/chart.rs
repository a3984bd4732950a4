//! Elements of charts with the values they show.
//!
//! Refuses: the workbook behind a chart, drawings on it, extensions. Invariant: a chart shows what it had cached.

use crate::xml::table::Value::{Text, Token};
use crate::xml::table::{Row, keep, text};

/// `c:`: charts. Goes with [`super::main::ROWS`].
pub(crate) const ROWS: &[Row] = &[
    keep(
        "c:area3DChart c:areaChart c:backWall c:bandFmt c:bandFmts c:bar3DChart c:barChart c:bubbleChart \
          c:bubbleSize c:cat c:catAx c:chart c:chartSpace c:custSplit c:dLbl c:dLbls c:dPt c:dTable c:dateAx \
          c:dispUnits c:dispUnitsLbl c:doughnutChart c:downBars c:dropLines c:errBars c:floor c:hiLowLines \
          c:layout c:leaderLines c:legend c:legendEntry c:line3DChart c:lineChart c:lvl c:majorGridlines \
          c:manualLayout c:minorGridlines c:minus c:multiLvlStrCache c:multiLvlStrRef c:numCache c:numLit \
          c:numRef c:ofPieChart c:pictureOptions c:pie3DChart c:pieChart c:plotArea c:plus c:protection \
          c:radarChart c:rich c:scaling c:scatterChart c:ser c:serAx c:serLines c:sideWall c:stockChart \
          c:strCache c:strLit c:strRef c:surface3DChart c:surfaceChart c:title c:trendline c:trendlineLbl c:tx \
          c:txPr c:upBars c:upDownBars c:valAx c:view3D c:xVal c:yVal",
        &[],
    ),
    keep(
        "c:applyToEnd c:applyToFront c:applyToSides c:auto c:autoTitleDeleted c:axId c:axPos c:backward \
          c:barDir c:baseTimeUnit c:bubble3D c:bubbleScale c:builtInUnit c:crossAx c:crossBetween c:crosses \
          c:crossesAt c:custUnit c:dLblPos c:date1904 c:delete c:depthPercent c:dispBlanksAs c:dispEq \
          c:dispRSqr c:errBarType c:errDir c:errValType c:explosion c:firstSliceAng c:fmtId c:forward \
          c:gapDepth c:gapWidth c:grouping c:h c:hMode c:hPercent c:holeSize c:idx c:intercept \
          c:invertIfNegative c:layoutTarget c:lblAlgn c:lblOffset c:legendPos c:logBase c:majorTickMark \
          c:majorTimeUnit c:majorUnit c:marker c:max c:min c:minorTickMark c:minorTimeUnit c:minorUnit \
          c:noEndCap c:noMultiLvlLbl c:ofPieType c:order c:orientation c:overlap c:overlay c:period \
          c:perspective c:pictureFormat c:pictureStackUnit c:plotVisOnly c:ptCount c:rAngAx c:radarStyle c:rotX \
          c:rotY c:roundedCorners c:scatterStyle c:secondPiePt c:secondPieSize c:shape c:showBubbleSize \
          c:showCatName c:showDLblsOverMax c:showHorzBorder c:showKeys c:showLeaderLines c:showLegendKey \
          c:showNegBubbles c:showOutline c:showPercent c:showSerName c:showVal c:showVertBorder c:size \
          c:sizeRepresents c:smooth c:splitPos c:splitType c:style c:symbol c:thickness c:tickLblPos \
          c:tickLblSkip c:tickMarkSkip c:trendlineType c:val c:varyColors c:w c:wMode c:wireframe c:x c:xMode \
          c:y c:yMode",
        &[(Token, "val")],
    ),
    keep("c:clrMapOvr", &[(Token, "accent1 accent2 accent3 accent4 accent5 accent6 bg1 bg2 folHlink hlink tx1 tx2")]),
    keep("c:headerFooter", &[(Token, "alignWithMargins differentFirst differentOddEven")]),
    keep("c:lang", &[(Text, "val")]),
    keep("c:pageMargins", &[(Token, "b footer header l r t")]),
    keep(
        "c:pageSetup",
        &[(
            Token,
            "blackAndWhite copies draft firstPageNumber horizontalDpi orientation paperSize useFirstPageNumber \
             verticalDpi",
        )],
    ),
    keep("c:spPr", &[(Token, "bwMode")]),
    keep("c:numFmt", &[(Text, "formatCode"), (Token, "sourceLinked")]),
    keep("c:pt", &[(Text, "formatCode"), (Token, "idx")]),
    text("c:evenFooter c:evenHeader c:firstFooter c:firstHeader c:name c:oddFooter c:oddHeader c:separator c:v", &[]),
    text("c:f c:formatCode", &[(Token, "xml:space")]),
];
