//! The kinds of parts that slides have.
//!
//! Refuses: everything that is not listed. Invariant: a slide is reached from the presentation, its notes, or a jump.

use super::modern;
use super::presentation::{self, Presentation};
use super::slide::{self, Slide};
use crate::drawing::chart_labels::{self, Labelled};
use crate::drawing::drawn::{self, Model};
use crate::drawing::{self, Drawings};
use crate::opc::kind::{Body, Kind, ROOT};
use crate::properties;
use crate::xml::filter::{Grammar, Plain};
use crate::xml::table::Vocabulary;

/// Parts with a tree of shapes.
const TREES: &[&str] = &["slide", "layout", "master", "notes", "notes-master", "handout-master"];
const PICTURED: &[&str] = &[
    "slide",
    "layout",
    "master",
    "notes",
    "notes-master",
    "handout-master",
    "theme",
    "theme-override",
    "chart",
    "chart-shapes",
    "diagram-data",
    "diagram-layout",
    "diagram-drawing",
];

/// Content types begin so; a macro cannot be a constant.
macro_rules! presentation {
    ($kind:literal) => {
        concat!("application/vnd.openxmlformats-officedocument.presentationml.", $kind, "+xml")
    };
}
macro_rules! drawing {
    ($kind:literal) => {
        concat!("application/vnd.openxmlformats-officedocument.", $kind, "+xml")
    };
}

const fn xml(vocabulary: &'static Vocabulary, grammar: fn() -> Box<dyn Grammar>) -> Body {
    Body::Xml(vocabulary, grammar)
}

/// All of them. One id may stand several times: what is named by an id here is implied there.
pub(crate) const KINDS: &[Kind] = &[
    properties::KIND,
    Kind {
        id: "presentation",
        under: &[ROOT],
        relation: "officeDocument",
        types: &[
            presentation!("presentation.main"),
            presentation!("slideshow.main"),
            presentation!("template.main"),
            "application/vnd.ms-powerpoint.presentation.macroEnabled.main+xml",
            "application/vnd.ms-powerpoint.slideshow.macroEnabled.main+xml",
            "application/vnd.ms-powerpoint.template.macroEnabled.main+xml",
        ],
        path: "ppt/presentation.xml",
        implied: true,
        body: xml(&presentation::PART, || Box::new(Presentation::default())),
    },
    Kind {
        id: "properties",
        under: &["presentation"],
        relation: "presProps",
        types: &[presentation!("presProps")],
        path: "ppt/presProps.xml",
        implied: true,
        body: xml(&presentation::PROPERTIES, || Box::new(Plain)),
    },
    Kind {
        id: "view",
        under: &["presentation"],
        relation: "viewProps",
        types: &[presentation!("viewProps")],
        path: "ppt/viewProps.xml",
        implied: true,
        body: xml(&presentation::VIEW, || Box::new(Plain)),
    },
    Kind {
        id: "table-styles",
        under: &["presentation"],
        relation: "tableStyles",
        types: &[presentation!("tableStyles")],
        path: "ppt/tableStyles.xml",
        implied: true,
        body: xml(&presentation::TABLE_STYLES, || Box::new(Plain)),
    },
    Kind {
        id: "authors",
        under: &["presentation"],
        relation: "commentAuthors",
        types: &[presentation!("commentAuthors")],
        path: "ppt/commentAuthors.xml",
        implied: true,
        body: xml(&presentation::AUTHORS, || Box::new(Plain)),
    },
    Kind {
        id: "master",
        under: &["presentation"],
        relation: "slideMaster",
        types: &[presentation!("slideMaster")],
        path: "ppt/slideMasters/slideMaster#.xml",
        implied: false,
        body: xml(&slide::PART, || Box::new(Slide::default())),
    },
    Kind {
        id: "notes-master",
        under: &["presentation"],
        relation: "notesMaster",
        types: &[presentation!("notesMaster")],
        path: "ppt/notesMasters/notesMaster#.xml",
        implied: false,
        body: xml(&slide::PART, || Box::new(Slide::default())),
    },
    Kind {
        id: "handout-master",
        under: &["presentation"],
        relation: "handoutMaster",
        types: &[presentation!("handoutMaster")],
        path: "ppt/handoutMasters/handoutMaster#.xml",
        implied: false,
        body: xml(&slide::PART, || Box::new(Slide::default())),
    },
    Kind {
        id: "slide",
        under: &["presentation", "slide", "layout", "master"],
        relation: "slide",
        types: &[presentation!("slide")],
        path: "ppt/slides/slide#.xml",
        implied: false,
        body: xml(&slide::PART, || Box::new(Slide::default())),
    },
    Kind {
        id: "slide",
        under: &["notes"],
        relation: "slide",
        types: &[presentation!("slide")],
        path: "ppt/slides/slide#.xml",
        implied: true,
        body: xml(&slide::PART, || Box::new(Slide::default())),
    },
    Kind {
        id: "layout",
        under: &["master"],
        relation: "slideLayout",
        types: &[presentation!("slideLayout")],
        path: "ppt/slideLayouts/slideLayout#.xml",
        implied: false,
        body: xml(&slide::PART, || Box::new(Slide::default())),
    },
    Kind {
        id: "layout",
        under: &["slide"],
        relation: "slideLayout",
        types: &[presentation!("slideLayout")],
        path: "ppt/slideLayouts/slideLayout#.xml",
        implied: true,
        body: xml(&slide::PART, || Box::new(Slide::default())),
    },
    Kind {
        id: "master",
        under: &["layout"],
        relation: "slideMaster",
        types: &[presentation!("slideMaster")],
        path: "ppt/slideMasters/slideMaster#.xml",
        implied: true,
        body: xml(&slide::PART, || Box::new(Slide::default())),
    },
    Kind {
        id: "notes",
        under: &["slide"],
        relation: "notesSlide",
        types: &[presentation!("notesSlide")],
        path: "ppt/notesSlides/notesSlide#.xml",
        implied: true,
        body: xml(&slide::PART, || Box::new(Slide::default())),
    },
    Kind {
        id: "notes-master",
        under: &["notes"],
        relation: "notesMaster",
        types: &[presentation!("notesMaster")],
        path: "ppt/notesMasters/notesMaster#.xml",
        implied: true,
        body: xml(&slide::PART, || Box::new(Slide::default())),
    },
    Kind {
        id: "comments",
        under: &["slide"],
        relation: "comments",
        types: &[presentation!("comments")],
        path: "ppt/comments/comment#.xml",
        implied: true,
        body: xml(&presentation::COMMENTS, || Box::new(Plain)),
    },
    Kind {
        id: "modern-authors",
        under: &["presentation"],
        relation: "http://schemas.microsoft.com/office/2018/10/relationships/authors",
        types: &["application/vnd.ms-powerpoint.authors+xml"],
        path: "ppt/authors.xml",
        implied: true,
        body: xml(&modern::AUTHORS, || Box::new(Plain)),
    },
    Kind {
        id: "modern-comments",
        under: &["slide"],
        relation: "http://schemas.microsoft.com/office/2018/10/relationships/comments",
        types: &["application/vnd.ms-powerpoint.comments+xml"],
        path: "ppt/comments/modernComment_#.xml",
        implied: true,
        body: xml(&modern::COMMENTS, || Box::new(Drawings)),
    },
    Kind {
        id: "theme",
        under: &["presentation", "master", "notes-master", "handout-master"],
        relation: "theme",
        types: &[drawing!("theme")],
        path: "ppt/theme/theme#.xml",
        implied: true,
        body: xml(&drawing::THEME, || Box::new(Drawings)),
    },
    Kind {
        id: "theme-override",
        under: &["slide", "layout", "notes", "chart"],
        relation: "themeOverride",
        types: &[drawing!("themeOverride")],
        path: "ppt/theme/themeOverride#.xml",
        implied: true,
        body: xml(&drawing::THEME, || Box::new(Drawings)),
    },
    Kind {
        id: "chart",
        under: TREES,
        relation: "chart",
        types: &[drawing!("drawingml.chart")],
        path: "ppt/charts/chart#.xml",
        implied: false,
        body: xml(&chart_labels::CHART, || Box::new(Labelled::default())),
    },
    Kind {
        id: "chart-shapes",
        under: &["chart"],
        relation: "chartUserShapes",
        types: &[drawing!("drawingml.chartshapes")],
        path: "ppt/drawings/drawing#.xml",
        implied: false,
        body: xml(&drawing::SHAPES, || Box::new(Drawings)),
    },
    Kind {
        id: "diagram-data",
        under: TREES,
        relation: "diagramData",
        types: &[drawing!("drawingml.diagramData")],
        path: "ppt/diagrams/data#.xml",
        implied: false,
        body: xml(&drawn::MODEL, || Box::new(Model::default())),
    },
    Kind {
        id: "diagram-layout",
        under: TREES,
        relation: "diagramLayout",
        types: &[drawing!("drawingml.diagramLayout")],
        path: "ppt/diagrams/layout#.xml",
        implied: false,
        body: xml(&drawing::DIAGRAM, || Box::new(Drawings)),
    },
    Kind {
        id: "diagram-style",
        under: TREES,
        relation: "diagramQuickStyle",
        types: &[drawing!("drawingml.diagramStyle")],
        path: "ppt/diagrams/quickStyle#.xml",
        implied: false,
        body: xml(&drawing::DIAGRAM, || Box::new(Drawings)),
    },
    Kind {
        id: "diagram-colors",
        under: TREES,
        relation: "diagramColors",
        types: &[drawing!("drawingml.diagramColors")],
        path: "ppt/diagrams/colors#.xml",
        implied: false,
        body: xml(&drawing::DIAGRAM, || Box::new(Drawings)),
    },
    Kind {
        id: "diagram-drawing",
        under: TREES,
        relation: "http://schemas.microsoft.com/office/2007/relationships/diagramDrawing",
        types: &["application/vnd.ms-office.drawingml.diagramDrawing+xml"],
        path: "ppt/diagrams/drawing#.xml",
        implied: true,
        body: xml(&drawn::DRAWING, || Box::new(Drawings)),
    },
    Kind {
        id: "picture",
        under: PICTURED,
        relation: "image",
        types: &[],
        path: "ppt/media/image#",
        implied: false,
        body: Body::Picture,
    },
];
