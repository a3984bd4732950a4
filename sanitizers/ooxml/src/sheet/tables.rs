//! Elements of spreadsheets that more than one class of parts has, and those of texts, styles, comments, tables.
//!
//! Refuses: extensions, queries, connections, mapped XML. Invariant: what an index counts is never left out.

use crate::drawing::{FRAMES, LINKS, main};
use crate::xml::table::Value::{OneOf, Text, Token};
use crate::xml::table::{Row, Vocabulary, keep, text};

/// Rich text: of cells, comments, shared strings.
pub(crate) const RICH: &[Row] = &[
    keep("x:r x:rPr", &[]),
    keep(
        "x:b x:charset x:condense x:extend x:family x:i x:outline x:scheme x:shadow x:strike x:sz x:u x:vertAlign",
        &[(Token, "val")],
    ),
    keep("x:rFont", &[(Text, "val")]),
    keep("x:color x:tabColor x:fgColor x:bgColor", &[(Token, "auto indexed rgb theme tint")]),
    text("x:t", &[(OneOf(&["preserve", "default"]), "xml:space")]),
    keep("x:rPh", &[(Token, "sb eb")]),
    keep("x:phoneticPr", &[(Token, "fontId type alignment")]),
];

/// Filters and sorting: of sheets and tables.
pub(crate) const FILTERS: &[Row] = &[
    keep("x:autoFilter", &[(Token, "ref")]),
    keep("x:filterColumn", &[(Token, "colId hiddenButton showButton")]),
    keep("x:filters", &[(Token, "blank calendarType")]),
    keep("x:filter", &[(Text, "val")]),
    keep("x:top10", &[(Token, "top percent val filterVal")]),
    keep("x:customFilters", &[(Token, "and")]),
    keep("x:customFilter", &[(Token, "operator"), (Text, "val")]),
    keep("x:dynamicFilter", &[(Token, "type val valIso maxVal maxValIso")]),
    keep("x:colorFilter", &[(Token, "dxfId cellColor")]),
    keep("x:iconFilter", &[(Token, "iconSet iconId")]),
    keep("x:dateGroupItem", &[(Token, "year month day hour minute second dateTimeGrouping")]),
    keep("x:sortState", &[(Token, "columnSort caseSensitive sortMethod ref")]),
    keep("x:sortCondition", &[(Token, "descending sortBy ref dxfId iconSet iconId"), (Text, "customList")]),
];

const STRINGS_ROWS: &[Row] = &[keep("x:sst", &[(Token, "count uniqueCount")]), keep("x:si", &[])];

/// Shared strings.
pub(crate) static STRINGS: Vocabulary = Vocabulary::new(&["x:sst"], &[], &[STRINGS_ROWS, RICH]);

const STYLES_ROWS: &[Row] = &[
    keep("x:styleSheet x:fill", &[]),
    keep("x:numFmts x:fonts x:fills x:borders x:cellStyleXfs x:cellXfs x:cellStyles x:dxfs", &[(Token, "count")]),
    keep("x:font x:dxf x:indexedColors x:mruColors x:colors", &[]),
    keep("x:numFmt", &[(Token, "numFmtId"), (Text, "formatCode")]),
    keep("x:name", &[(Text, "val")]),
    keep("x:patternFill", &[(Token, "patternType")]),
    keep("x:gradientFill", &[(Token, "type degree left right top bottom")]),
    keep("x:stop", &[(Token, "position")]),
    keep("x:border", &[(Token, "diagonalUp diagonalDown outline")]),
    keep("x:start x:end x:left x:right x:top x:bottom x:diagonal x:vertical x:horizontal", &[(Token, "style")]),
    keep(
        "x:xf",
        &[(
            Token,
            "numFmtId fontId fillId borderId xfId quotePrefix pivotButton applyNumberFormat applyFont applyFill \
             applyBorder applyAlignment applyProtection",
        )],
    ),
    keep(
        "x:alignment",
        &[(
            Token,
            "horizontal vertical textRotation wrapText indent relativeIndent justifyLastLine shrinkToFit \
             readingOrder",
        )],
    ),
    keep("x:protection", &[(Token, "locked hidden")]),
    keep("x:cellStyle", &[(Text, "name"), (Token, "xfId builtinId iLevel hidden customBuiltin")]),
    keep("x:tableStyles", &[(Token, "count"), (Text, "defaultTableStyle defaultPivotStyle")]),
    keep("x:tableStyle", &[(Text, "name"), (Token, "pivot table count")]),
    keep("x:tableStyleElement", &[(Token, "type size dxfId")]),
    keep("x:rgbColor", &[(Token, "rgb")]),
];

/// Styles.
pub(crate) static STYLES: Vocabulary = Vocabulary::new(&["x:styleSheet"], &[], &[STYLES_ROWS, RICH]);

const COMMENTS_ROWS: &[Row] = &[
    keep("x:comments x:authors x:commentList x:text", &[]),
    text("x:author", &[]),
    keep("x:comment", &[(Token, "ref authorId shapeId")]),
];

/// Comments.
pub(crate) static COMMENTS: Vocabulary = Vocabulary::new(&["x:comments"], &[], &[COMMENTS_ROWS, RICH]);

const TABLE_ROWS: &[Row] = &[
    keep(
        "x:table",
        &[
            (
                Token,
                "id ref headerRowCount insertRow insertRowShift totalsRowCount totalsRowShown published headerRowDxfId \
                 dataDxfId totalsRowDxfId headerRowBorderDxfId tableBorderDxfId totalsRowBorderDxfId",
            ),
            (Text, "name displayName comment headerRowCellStyle dataCellStyle totalsRowCellStyle"),
            (OneOf(&["worksheet"]), "tableType"),
        ],
    ),
    keep("x:tableColumns", &[(Token, "count")]),
    keep(
        "x:tableColumn",
        &[
            (Token, "id totalsRowFunction headerRowDxfId dataDxfId totalsRowDxfId"),
            (Text, "name totalsRowLabel headerRowCellStyle dataCellStyle totalsRowCellStyle"),
        ],
    ),
    text("x:calculatedColumnFormula x:totalsRowFormula", &[(Token, "array"), (OneOf(&["preserve"]), "xml:space")]),
    keep(
        "x:tableStyleInfo",
        &[(Text, "name"), (Token, "showFirstColumn showLastColumn showRowStripes showColumnStripes")],
    ),
];

/// Tables.
pub(crate) static TABLE: Vocabulary = Vocabulary::new(&["x:table"], &[], &[TABLE_ROWS, FILTERS]);

const DRAWING_ROWS: &[Row] = &[
    keep(
        "xdr:wsDr xdr:absoluteAnchor xdr:oneCellAnchor xdr:from xdr:to xdr:nvSpPr xdr:style xdr:txBody xdr:nvPicPr \
          xdr:nvCxnSpPr xdr:cNvCxnSpPr xdr:grpSp xdr:nvGrpSpPr xdr:cNvGrpSpPr xdr:nvGraphicFramePr \
          xdr:cNvGraphicFramePr",
        &[],
    ),
    keep("xdr:twoCellAnchor", &[(Token, "editAs")]),
    text("xdr:col xdr:colOff xdr:row xdr:rowOff", &[]),
    keep("xdr:pos", &[(Token, "x y")]),
    keep("xdr:ext", &[(Token, "cx cy")]),
    keep("xdr:clientData", &[(Token, "fLocksWithSheet fPrintsWithSheet")]),
    // The grammar empties names of macros.
    keep("xdr:sp", &[(Text, "macro"), (Text, "textlink"), (Token, "fLocksText fPublished")]),
    keep("xdr:pic xdr:cxnSp xdr:graphicFrame", &[(Text, "macro"), (Token, "fPublished")]),
    keep("xdr:cNvPr", &[(Token, "id hidden"), (Text, "name descr title")]),
    keep("xdr:cNvSpPr", &[(Token, "txBox")]),
    keep("xdr:spPr xdr:grpSpPr", &[(Token, "bwMode")]),
    keep("xdr:cNvPicPr", &[(Token, "preferRelativeResize")]),
    keep("xdr:blipFill", &[(Token, "dpi rotWithShape")]),
    keep("xdr:xfrm", &[(Token, "flipH flipV rot")]),
];

/// Drawings on sheets.
pub(crate) static DRAWING: Vocabulary = Vocabulary::new(&["xdr:wsDr"], &[], &[DRAWING_ROWS, FRAMES, LINKS, main::ROWS]);

#[cfg(test)]
mod tests {
    use crate::xml::table::check;

    #[test]
    fn the_tables_name_nothing_twice() {
        for vocabulary in [
            &super::STRINGS,
            &super::STYLES,
            &super::COMMENTS,
            &super::TABLE,
            &super::DRAWING,
            &crate::sheet::page::VOCABULARY,
            &crate::sheet::book::VOCABULARY,
            &crate::sheet::pivot::TABLE,
            &crate::sheet::pivot::CACHE,
            &crate::sheet::pivot::RECORDS,
        ] {
            check(vocabulary);
        }
    }
}
