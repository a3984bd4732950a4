//! Spreadsheets (xlsx, xlsm, xltx, xltm), written as xlsx.
//!
//! Refuses: everything that is not listed; formulas that lead out leave their values. Invariant: no value of a cell goes.

mod book;
mod cells;
#[cfg(test)]
mod corpus;
mod draw;
mod formula;
mod functions;
mod notes;
mod page;
mod pivot;
mod tables;
#[cfg(test)]
mod tests;
mod tidy;

use sanitizer_api::Unit;

use crate::drawing;
use crate::opc::kind::{Body, Format, Kind, ROOT};
use crate::properties;
use crate::xml::filter::{Grammar, Plain};
use crate::xml::table::Vocabulary;

/// A kind of XML part with one content type.
const fn part(
    id: &'static str,
    under: &'static [&'static str],
    relation: &'static str,
    types: &'static [&'static str],
    path: &'static str,
    body: (&'static Vocabulary, fn() -> Box<dyn Grammar>),
) -> Kind {
    Kind { id, under, relation, types, path, implied: false, body: Body::Xml(body.0, body.1) }
}

const fn implied(kind: Kind) -> Kind {
    Kind { implied: true, ..kind }
}

/// The numbers behind pivot tables, as the workbook names them.
const CACHE: Kind = Kind {
    id: "cache",
    under: &["workbook"],
    relation: "pivotCacheDefinition",
    types: &["application/vnd.openxmlformats-officedocument.spreadsheetml.pivotCacheDefinition+xml"],
    path: "xl/pivotCache/pivotCacheDefinition#.xml",
    implied: false,
    body: Body::XmlIf(&pivot::CACHE, plain, pivot::has_source_inside),
};

/// A part of a diagram.
const fn diagram(id: &'static str, relation: &'static str, types: &'static [&'static str], path: &'static str) -> Kind {
    part(id, &["drawing"], relation, types, path, (&drawing::DIAGRAM, drawings))
}

fn plain() -> Box<dyn Grammar> {
    Box::new(Plain)
}

fn drawings() -> Box<dyn Grammar> {
    Box::new(drawing::Drawings)
}

fn cells() -> Box<dyn Grammar> {
    Box::new(cells::Cells::default())
}

/// The format.
pub(crate) static FORMAT: Format = Format {
    name: "ooxml-excel",
    version: 2,
    media_type: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    main: "workbook",
    counted: Some(("worksheet", Unit::Sheets)),
    kinds: &[
        properties::KIND,
        implied(part(
            "workbook",
            &[ROOT],
            "officeDocument",
            &[
                "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml",
                "application/vnd.openxmlformats-officedocument.spreadsheetml.template.main+xml",
                "application/vnd.ms-excel.sheet.macroEnabled.main+xml",
                "application/vnd.ms-excel.template.macroEnabled.main+xml",
            ],
            "xl/workbook.xml",
            (&book::VOCABULARY, || Box::new(book::Book::default())),
        )),
        part(
            "worksheet",
            &["workbook"],
            "worksheet",
            &["application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"],
            "xl/worksheets/sheet#.xml",
            (&page::VOCABULARY, cells),
        ),
        part(
            "chartsheet",
            &["workbook"],
            "chartsheet",
            &["application/vnd.openxmlformats-officedocument.spreadsheetml.chartsheet+xml"],
            "xl/chartsheets/sheet#.xml",
            (&page::VOCABULARY, cells),
        ),
        implied(part(
            "strings",
            &["workbook"],
            "sharedStrings",
            &["application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"],
            "xl/sharedStrings.xml",
            (&tables::STRINGS, plain),
        )),
        implied(part(
            "styles",
            &["workbook"],
            "styles",
            &["application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"],
            "xl/styles.xml",
            (&tables::STYLES, plain),
        )),
        implied(part(
            "theme",
            &["workbook"],
            "theme",
            &["application/vnd.openxmlformats-officedocument.theme+xml"],
            "xl/theme/theme1.xml",
            (&drawing::THEME, drawings),
        )),
        implied(part(
            "comments",
            &["worksheet"],
            "comments",
            &["application/vnd.openxmlformats-officedocument.spreadsheetml.comments+xml"],
            "xl/comments#.xml",
            (&tables::COMMENTS, plain),
        )),
        Kind {
            id: "notes",
            under: &["worksheet"],
            relation: "vmlDrawing",
            types: &["application/vnd.openxmlformats-officedocument.vmlDrawing"],
            path: "xl/drawings/vmlDrawing#.vml",
            implied: false,
            body: Body::Own(notes::rewrite),
        },
        part(
            "table",
            &["worksheet"],
            "table",
            &["application/vnd.openxmlformats-officedocument.spreadsheetml.table+xml"],
            "xl/tables/table#.xml",
            (&tables::TABLE, || Box::new(cells::Columns::default())),
        ),
        part(
            "drawing",
            &["worksheet", "chartsheet"],
            "drawing",
            &["application/vnd.openxmlformats-officedocument.drawing+xml"],
            "xl/drawings/drawing#.xml",
            (&tables::DRAWING, || Box::new(draw::Drawing::default())),
        ),
        part(
            "chart",
            &["drawing"],
            "chart",
            &["application/vnd.openxmlformats-officedocument.drawingml.chart+xml"],
            "xl/charts/chart#.xml",
            (&drawing::chart_labels::CHART, || Box::new(draw::Chart::default())),
        ),
        part(
            "chart-shapes",
            &["chart"],
            "chartUserShapes",
            &["application/vnd.openxmlformats-officedocument.drawingml.chartshapes+xml"],
            "xl/drawings/chartShapes#.xml",
            (&drawing::SHAPES, drawings),
        ),
        diagram(
            "diagram-data",
            "diagramData",
            &["application/vnd.openxmlformats-officedocument.drawingml.diagramData+xml"],
            "xl/diagrams/data#.xml",
        ),
        diagram(
            "diagram-layout",
            "diagramLayout",
            &["application/vnd.openxmlformats-officedocument.drawingml.diagramLayout+xml"],
            "xl/diagrams/layout#.xml",
        ),
        diagram(
            "diagram-style",
            "diagramQuickStyle",
            &["application/vnd.openxmlformats-officedocument.drawingml.diagramStyle+xml"],
            "xl/diagrams/quickStyle#.xml",
        ),
        diagram(
            "diagram-colors",
            "diagramColors",
            &["application/vnd.openxmlformats-officedocument.drawingml.diagramColors+xml"],
            "xl/diagrams/colors#.xml",
        ),
        CACHE,
        // No `r:id` in a pivot table names its cache.
        Kind { under: &["pivot"], implied: true, ..CACHE },
        part(
            "records",
            &["cache"],
            "pivotCacheRecords",
            &["application/vnd.openxmlformats-officedocument.spreadsheetml.pivotCacheRecords+xml"],
            "xl/pivotCache/pivotCacheRecords#.xml",
            (&pivot::RECORDS, plain),
        ),
        Kind {
            id: "pivot",
            under: &["worksheet"],
            relation: "pivotTable",
            types: &["application/vnd.openxmlformats-officedocument.spreadsheetml.pivotTable+xml"],
            path: "xl/pivotTables/pivotTable#.xml",
            implied: true,
            body: Body::XmlIf(&pivot::TABLE, plain, pivot::has_cache),
        },
        Kind {
            id: "picture",
            under: &[
                "drawing",
                "chart",
                "chart-shapes",
                "theme",
                "diagram-data",
                "diagram-layout",
                "worksheet",
                "chartsheet",
            ],
            relation: "image",
            types: &[],
            path: "xl/media/image#",
            implied: false,
            body: Body::Picture,
        },
    ],
};
