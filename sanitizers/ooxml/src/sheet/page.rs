//! Elements of worksheets and chart sheets.
//!
//! Refuses: objects, controls, queries, printer settings, views of other people, unknown extensions. Invariant: what is
//! kept of extensions is conditional formats, data validations and sparklines.

use sanitizer_api::Code;

use super::tables::{FILTERS, RICH};
use crate::xml::table::Value::{NeedRel, OneOf, Outside, Places, Text, Token};
use crate::xml::table::{Row, Vocabulary, drop, keep, text};

const SHEET: &[Row] = &[
    keep("x:worksheet x:chartsheet x:sheetViews x:cols x:sheetData x:is", &[]),
    keep(
        "x:sheetPr",
        &[(
            Token,
            "syncHorizontal syncVertical syncRef transitionEvaluation transitionEntry published filterMode \
             enableFormatConditionsCalculation",
        )],
    ),
    keep("x:outlinePr", &[(Token, "applyStyles summaryBelow summaryRight showOutlineSymbols")]),
    keep("x:pageSetUpPr", &[(Token, "autoPageBreaks fitToPage")]),
    keep("x:dimension", &[(Token, "ref")]),
    keep(
        "x:sheetView",
        &[(
            Token,
            "windowProtection showFormulas showGridLines showRowColHeaders showZeros rightToLeft tabSelected \
             showRuler showOutlineSymbols defaultGridColor showWhiteSpace view topLeftCell colorId zoomScale \
             zoomScaleNormal zoomScaleSheetLayoutView zoomScalePageLayoutView workbookViewId zoomToFit",
        )],
    ),
    keep("x:pane", &[(Token, "xSplit ySplit topLeftCell activePane state")]),
    keep("x:selection", &[(Token, "pane activeCell activeCellId sqref")]),
    keep(
        "x:sheetFormatPr",
        &[(
            Token,
            "baseColWidth defaultColWidth defaultRowHeight customHeight zeroHeight thickTop thickBottom \
             outlineLevelRow outlineLevelCol",
        )],
    ),
    keep("x:col", &[(Token, "min max width style hidden bestFit customWidth phonetic outlineLevel collapsed")]),
    keep(
        "x:row",
        &[(Token, "r spans s customFormat ht hidden customHeight outlineLevel collapsed thickTop thickBot ph")],
    ),
    keep("x:c", &[(Token, "r s t ph")]),
    text("x:f", &[(Token, "t aca ref dt2D dtr del1 del2 r1 r2 ca si bx"), (OneOf(&["preserve"]), "xml:space")]),
    text("x:v", &[(OneOf(&["preserve"]), "xml:space")]),
    keep("x:sheetCalcPr", &[(Token, "fullCalcOnLoad")]),
    keep(
        "x:sheetProtection",
        &[
            (
                Token,
                "password algorithmName spinCount sheet content objects scenarios formatCells formatColumns formatRows \
                 insertColumns insertRows insertHyperlinks deleteColumns deleteRows selectLockedCells sort autoFilter \
                 pivotTables selectUnlockedCells",
            ),
            (Text, "hashValue saltValue"),
        ],
    ),
    keep("x:protectedRanges", &[]),
    keep(
        "x:protectedRange",
        &[(Token, "password algorithmName spinCount"), (Places, "sqref"), (Text, "name hashValue saltValue")],
    ),
    keep("x:scenarios", &[(Token, "current show sqref")]),
    keep("x:scenario", &[(Text, "name user comment"), (Token, "locked hidden count")]),
    keep("x:inputCells", &[(Token, "r deleted undone numFmtId"), (Text, "val")]),
    keep("x:mergeCells", &[(Token, "count")]),
    keep("x:mergeCell", &[(Places, "ref")]),
];

const RULES: &[Row] = &[
    keep("x:conditionalFormatting", &[(Token, "pivot"), (Places, "sqref")]),
    keep(
        "x:cfRule",
        &[
            (
                Token,
                "type dxfId priority stopIfTrue aboveAverage percent bottom operator timePeriod rank stdDev equalAverage",
            ),
            (Text, "text"),
        ],
    ),
    text("x:formula x:formula1 x:formula2", &[(OneOf(&["preserve"]), "xml:space")]),
    keep("x:colorScale", &[]),
    keep("x:dataBar", &[(Token, "minLength maxLength showValue")]),
    keep("x:iconSet", &[(Token, "iconSet showValue percent reverse")]),
    keep("x:cfvo", &[(Token, "type gte"), (Text, "val")]),
    keep("x:dataValidations", &[(Token, "disablePrompts xWindow yWindow")]),
    keep(
        "x:dataValidation",
        &[
            (Token, "type errorStyle imeMode operator allowBlank showDropDown showInputMessage showErrorMessage"),
            (Places, "sqref"),
            (Text, "errorTitle error promptTitle prompt"),
        ],
    ),
    keep("x:hyperlinks", &[]),
    keep("x:hyperlink", &[(Places, "ref"), (Outside, "r:id"), (Text, "location tooltip display")]),
];

const PAGE: &[Row] = &[
    keep("x:printOptions", &[(Token, "horizontalCentered verticalCentered headings gridLines gridLinesSet")]),
    keep("x:pageMargins", &[(Token, "left right top bottom header footer")]),
    keep(
        "x:pageSetup",
        &[(
            Token,
            "paperSize paperHeight paperWidth scale firstPageNumber fitToWidth fitToHeight pageOrder orientation \
             blackAndWhite draft cellComments useFirstPageNumber errors horizontalDpi verticalDpi copies \
             usePrinterDefaults",
        )],
    ),
    keep("x:headerFooter", &[(Token, "differentOddEven differentFirst scaleWithDoc alignWithMargins")]),
    text(
        "x:oddHeader x:oddFooter x:evenHeader x:evenFooter x:firstHeader x:firstFooter",
        &[(OneOf(&["preserve"]), "xml:space")],
    ),
    keep("x:rowBreaks x:colBreaks", &[(Token, "count manualBreakCount")]),
    keep("x:brk", &[(Token, "id min max man pt")]),
    keep("x:ignoredErrors", &[]),
    keep(
        "x:ignoredError",
        &[
            (Places, "sqref"),
            (
                Token,
                "evalError twoDigitTextYear numberStoredAsText formula formulaRange unlockedFormula \
                 emptyCellReference listDataValidation calculatedColumn",
            ),
        ],
    ),
    keep("x:drawing", &[(NeedRel(&["drawing"]), "r:id")]),
    keep("x:legacyDrawing", &[(NeedRel(&["notes"]), "r:id")]),
    keep("x:picture", &[(NeedRel(&["picture"]), "r:id")]),
    keep("x:tableParts", &[]),
    keep("x:tablePart", &[(NeedRel(&["table"]), "r:id")]),
    drop(Code::EmbeddedObjectRemoved, "x:oleObjects"),
    drop(Code::ActiveContentRemoved, "x:controls"),
    drop(Code::ExternalReferenceRemoved, "x:webPublishItems x:dataConsolidate"),
];

const EXTENSIONS: &[Row] = &[
    keep("x:extLst", &[]),
    keep("x:ext", &[(Text, "uri")]),
    text("x14:id", &[]),
    keep("x14:conditionalFormattings", &[]),
    keep("x14:conditionalFormatting", &[(Token, "pivot")]),
    keep(
        "x14:cfRule",
        &[
            (
                Token,
                "type priority stopIfTrue aboveAverage percent bottom operator timePeriod rank stdDev equalAverage \
                 activePresent id",
            ),
            (Text, "text"),
        ],
    ),
    keep(
        "x14:dataBar",
        &[(
            Token,
            "minLength maxLength showValue border gradient direction negativeBarColorSameAsPositive \
             negativeBarBorderColorSameAsPositive axisPosition",
        )],
    ),
    keep("x14:colorScale", &[]),
    keep("x14:iconSet", &[(Token, "iconSet showValue percent reverse custom")]),
    keep("x14:cfIcon", &[(Token, "iconSet iconId")]),
    keep("x14:cfvo", &[(Token, "type gte")]),
    keep(
        "x14:color x14:fillColor x14:borderColor x14:negativeFillColor x14:negativeBorderColor x14:axisColor",
        &[(Token, "auto indexed rgb theme tint")],
    ),
    keep("x14:dxf x:font x:fill", &[]),
    keep("x:numFmt", &[(Token, "numFmtId"), (Text, "formatCode")]),
    keep("x:name", &[(Text, "val")]),
    keep("x:patternFill", &[(Token, "patternType")]),
    keep("x:gradientFill", &[(Token, "type degree left right top bottom")]),
    keep("x:stop", &[(Token, "position")]),
    keep("x:border", &[(Token, "diagonalUp diagonalDown outline")]),
    keep("x:left x:right x:top x:bottom x:vertical x:horizontal", &[(Token, "style")]),
    keep("x14:dataValidations", &[(Token, "disablePrompts xWindow yWindow")]),
    keep(
        "x14:dataValidation",
        &[
            (Token, "type errorStyle imeMode operator allowBlank showDropDown showInputMessage showErrorMessage"),
            (Text, "errorTitle error promptTitle prompt"),
        ],
    ),
    keep("x14:formula1 x14:formula2", &[]),
    keep("x14:sparklineGroups x14:sparklines x14:sparkline", &[]),
    keep(
        "x14:sparklineGroup",
        &[(
            Token,
            "manualMax manualMin lineWeight type dateAxis displayEmptyCellsAs markers high low first last \
             negative displayXAxis displayHidden minAxisType maxAxisType rightToLeft",
        )],
    ),
    keep(
        "x14:colorSeries x14:colorNegative x14:colorAxis x14:colorMarkers x14:colorFirst x14:colorLast x14:colorHigh \
          x14:colorLow",
        &[(Token, "auto indexed rgb theme tint")],
    ),
    text("xm:f xm:sqref", &[]),
];

/// Worksheets and chart sheets.
pub(crate) static VOCABULARY: Vocabulary =
    Vocabulary::new(&["x:worksheet", "x:chartsheet"], &[], &[SHEET, RULES, PAGE, EXTENSIONS, FILTERS, RICH]);

/// Extensions that may stay: conditional formats, their ids, data validations, sparklines.
pub(crate) const URIS: [&str; 4] = [
    "{78C0D931-6437-407d-A8EE-F0AAD7539E65}",
    "{B025F937-C7B1-47D3-B67F-A62EFF666E3E}",
    "{CCE6A557-97BC-4b89-ADB6-D9C93CAAB3DF}",
    "{05C60535-1F16-4fd2-B633-F4F36F0B64E0}",
];

/// Elements that must have content.
pub(crate) const HOLLOW: &[&str] = &[
    "x:conditionalFormatting",
    "x:dataValidations",
    "x:hyperlinks",
    "x:tableParts",
    "x:extLst",
    "x:ext",
    "x:mergeCells",
    "x:cols",
    "x:protectedRanges",
    "x:scenarios",
    "x:scenario",
    "x:ignoredErrors",
    "x:rowBreaks",
    "x:colBreaks",
    "x14:conditionalFormattings",
    "x14:dataValidations",
    "x14:sparklineGroups",
    "x14:sparklineGroup",
    "x14:sparklines",
];

/// Elements that go with a bad formula in them.
pub(crate) const SPOILT: &[&str] =
    &["x:cfRule", "x:dataValidation", "x14:cfRule", "x14:dataValidation", "x14:sparkline"];
