//! Word processing documents (docx, docm, dotx, dotm), written as docx.
//!
//! Refuses: macros, objects, controls, foreign parts, templates, mail merge, custom XML, glossaries, embedded fonts.
//! Invariant: nothing in the output runs, fetches or leads out.

mod body;
mod effects;
mod fields;
mod grammar;
pub(crate) mod math;
mod settings;
#[cfg(test)]
pub(crate) mod tests;

use crate::drawing;
use crate::opc::kind::{Body, Format, Kind, ROOT};
use crate::properties;
use crate::xml::filter::Plain;
use crate::xml::table::Value::{Text, Token};
use crate::xml::table::{Row, Vocabulary, keep};

const FONTS: &[Row] = &[
    keep("w:fonts w:notTrueType", &[]),
    keep("w:font", &[(Text, "w:name")]),
    keep("w:altName", &[(Text, "w:val")]),
    keep("w:panose1 w:family w:pitch", &[(Token, "w:val")]),
    keep("w:charset", &[(Token, "w:val w:characterSet")]),
    keep("w:sig", &[(Token, "w:usb0 w:usb1 w:usb2 w:usb3 w:csb0 w:csb1")]),
];

static TEXT: Vocabulary = Vocabulary::new(
    &["w:document", "w:hdr", "w:ftr", "w:footnotes", "w:endnotes", "w:comments", "w:styles", "w:numbering"],
    &["wps", "wpg", "wpc", "wp14", "w14"],
    &[
        body::ROWS,
        effects::ROWS,
        math::ROWS,
        drawing::main::ROWS,
        drawing::word::ROWS,
        drawing::vml::ROWS,
        drawing::FRAMES,
        drawing::LINKS,
    ],
);
static SETTINGS: Vocabulary = Vocabulary::new(&["w:settings"], &[], &[settings::ROWS, math::ROWS]);
static FONT_TABLE: Vocabulary = Vocabulary::new(&["w:fonts"], &[], &[FONTS]);

/// Parts that have drawings.
const TEXTS: &[&str] = &["document", "header", "footer", "footnotes", "endnotes", "comments"];
/// Parts that have pictures.
const ILLUSTRATED: &[&str] = &[
    "document",
    "header",
    "footer",
    "footnotes",
    "endnotes",
    "comments",
    "numbering",
    "theme",
    "chart",
    "chart-shapes",
    "diagram-data",
    "diagram-layout",
];

const fn text(id: &'static str, types: &'static [&'static str], path: &'static str, implied: bool) -> Kind {
    Kind {
        id,
        under: &["document"],
        relation: id,
        types,
        path,
        implied,
        body: Body::Xml(&TEXT, || Box::new(grammar::Text::default())),
    }
}

const fn drawn(
    id: &'static str,
    relation: &'static str,
    types: &'static [&'static str],
    path: &'static str,
    vocabulary: &'static Vocabulary,
) -> Kind {
    let body = Body::Xml(vocabulary, || Box::new(drawing::Drawings));
    Kind { id, under: TEXTS, relation, types, path, implied: false, body }
}

const fn plain(
    id: &'static str,
    types: &'static [&'static str],
    path: &'static str,
    vocabulary: &'static Vocabulary,
) -> Kind {
    let body = Body::Xml(vocabulary, || Box::new(Plain));
    Kind { id, under: &["document"], relation: id, types, path, implied: true, body }
}

/// The format.
pub(crate) static FORMAT: Format = Format {
    name: "ooxml-word",
    version: 2,
    media_type: "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    main: "document",
    counted: None,
    kinds: &[
        properties::KIND,
        Kind {
            id: "document",
            under: &[ROOT],
            relation: "officeDocument",
            types: &[
                "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml",
                "application/vnd.openxmlformats-officedocument.wordprocessingml.template.main+xml",
                "application/vnd.ms-word.document.macroEnabled.main+xml",
                "application/vnd.ms-word.template.macroEnabledTemplate.main+xml",
            ],
            path: "word/document.xml",
            implied: true,
            body: Body::Xml(&TEXT, || Box::new(grammar::Text::default())),
        },
        text(
            "header",
            &["application/vnd.openxmlformats-officedocument.wordprocessingml.header+xml"],
            "word/header#.xml",
            false,
        ),
        text(
            "footer",
            &["application/vnd.openxmlformats-officedocument.wordprocessingml.footer+xml"],
            "word/footer#.xml",
            false,
        ),
        text(
            "footnotes",
            &["application/vnd.openxmlformats-officedocument.wordprocessingml.footnotes+xml"],
            "word/footnotes.xml",
            true,
        ),
        text(
            "endnotes",
            &["application/vnd.openxmlformats-officedocument.wordprocessingml.endnotes+xml"],
            "word/endnotes.xml",
            true,
        ),
        text(
            "comments",
            &["application/vnd.openxmlformats-officedocument.wordprocessingml.comments+xml"],
            "word/comments.xml",
            true,
        ),
        text(
            "styles",
            &["application/vnd.openxmlformats-officedocument.wordprocessingml.styles+xml"],
            "word/styles.xml",
            true,
        ),
        text(
            "numbering",
            &["application/vnd.openxmlformats-officedocument.wordprocessingml.numbering+xml"],
            "word/numbering.xml",
            true,
        ),
        plain(
            "settings",
            &["application/vnd.openxmlformats-officedocument.wordprocessingml.settings+xml"],
            "word/settings.xml",
            &SETTINGS,
        ),
        plain(
            "fontTable",
            &["application/vnd.openxmlformats-officedocument.wordprocessingml.fontTable+xml"],
            "word/fontTable.xml",
            &FONT_TABLE,
        ),
        Kind {
            id: "theme",
            under: &["document"],
            relation: "theme",
            types: &["application/vnd.openxmlformats-officedocument.theme+xml"],
            path: "word/theme/theme1.xml",
            implied: true,
            body: Body::Xml(&drawing::THEME, || Box::new(drawing::Drawings)),
        },
        drawn(
            "chart",
            "chart",
            &["application/vnd.openxmlformats-officedocument.drawingml.chart+xml"],
            "word/charts/chart#.xml",
            &drawing::CHART,
        ),
        drawn(
            "diagram-data",
            "diagramData",
            &["application/vnd.openxmlformats-officedocument.drawingml.diagramData+xml"],
            "word/diagrams/data#.xml",
            &drawing::DIAGRAM,
        ),
        drawn(
            "diagram-layout",
            "diagramLayout",
            &["application/vnd.openxmlformats-officedocument.drawingml.diagramLayout+xml"],
            "word/diagrams/layout#.xml",
            &drawing::DIAGRAM,
        ),
        drawn(
            "diagram-style",
            "diagramQuickStyle",
            &["application/vnd.openxmlformats-officedocument.drawingml.diagramStyle+xml"],
            "word/diagrams/quickStyle#.xml",
            &drawing::DIAGRAM,
        ),
        drawn(
            "diagram-colors",
            "diagramColors",
            &["application/vnd.openxmlformats-officedocument.drawingml.diagramColors+xml"],
            "word/diagrams/colors#.xml",
            &drawing::DIAGRAM,
        ),
        Kind {
            id: "chart-shapes",
            under: &["chart"],
            relation: "chartUserShapes",
            types: &["application/vnd.openxmlformats-officedocument.drawingml.chartshapes+xml"],
            path: "word/drawings/drawing#.xml",
            implied: false,
            body: Body::Xml(&drawing::SHAPES, || Box::new(drawing::Drawings)),
        },
        Kind {
            id: "picture",
            under: ILLUSTRATED,
            relation: "image",
            types: &[],
            path: "word/media/image#",
            implied: false,
            body: Body::Picture,
        },
    ],
};
