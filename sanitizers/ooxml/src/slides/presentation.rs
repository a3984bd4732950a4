//! The presentation and its small parts: order of slides, sizes, sections, properties, views, comments.
//!
//! Refuses: embedded fonts, custom shows, own data, the password against changes, pages for the web. Invariant: sections
//! name slides of the presentation only.

use std::collections::BTreeSet;

use crate::drawing::extensions::Extensions;
use crate::drawing::{Drawings, LINKS, main};
use crate::xml::filter::{Grammar, Scene, Step, Tag};
use crate::xml::table::Value::{NeedRel, OneOf, Text, Token};
use crate::xml::table::{Row, Vocabulary, keep, text};

/// The extension that holds sections.
const SECTIONS: &str = "{521415D9-36F7-43E2-AB2F-B90AF26B5E84}";

const ROWS: &[Row] = &[
    keep(
        "p:presentation",
        &[(
            Token,
            "serverZoom firstSlideNum showSpecialPlsOnTitleSld rtl removePersonalInfoOnSave compatMode strictFirstAndLastChars \
             autoCompressPictures bookmarkIdSeed",
        )],
    ),
    keep("p:sldMasterIdLst p:notesMasterIdLst p:handoutMasterIdLst p:sldIdLst p:extLst p:defaultTextStyle", &[]),
    keep("p:sldMasterId", &[(Token, "id"), (NeedRel(&["master"]), "r:id")]),
    keep("p:notesMasterId", &[(NeedRel(&["notes-master"]), "r:id")]),
    keep("p:handoutMasterId", &[(NeedRel(&["handout-master"]), "r:id")]),
    keep("p:sldId", &[(Token, "id"), (NeedRel(&["slide"]), "r:id")]),
    keep("p:sldSz", &[(Token, "cx cy type")]),
    keep("p:notesSz", &[(Token, "cx cy")]),
    keep("p:photoAlbum", &[(Token, "bw showCaptions layout frame")]),
    keep("p:kinsoku", &[(Token, "lang"), (Text, "invalStChars invalEndChars")]),
    keep("p:ext", &[(OneOf(&[SECTIONS]), "uri")]),
    keep("p14:sectionLst p14:sldIdLst", &[]),
    keep("p14:section", &[(Text, "name"), (Token, "id")]),
    keep("p14:sldId", &[(Token, "id")]),
];

/// The main part.
pub(crate) static PART: Vocabulary = Vocabulary::new(&["p:presentation"], &[], &[ROWS, LINKS, main::ROWS]);

/// How slides are shown and printed.
pub(crate) static PROPERTIES: Vocabulary = Vocabulary::new(
    &["p:presentationPr"],
    &[],
    &[
        &[
            keep("p:presentationPr p:present p:sldAll p:penClr p:clrMru", &[]),
            keep("p:prnPr", &[(Token, "prnWhat clrMode hiddenSlides scaleToFitPaper frameSlides")]),
            keep("p:showPr", &[(Token, "loop showNarration showAnimation useTimings")]),
            keep("p:browse", &[(Token, "showScrollbar")]),
            keep("p:kiosk", &[(Token, "restart")]),
            keep("p:sldRg", &[(Token, "st end")]),
        ],
        main::ROWS,
    ],
);

/// Styles of tables.
pub(crate) static TABLE_STYLES: Vocabulary = Vocabulary::new(&["a:tblStyleLst"], &[], &[main::ROWS, FONT]);

/// Fonts that styles of tables name.
pub(super) const FONT: &[Row] = &[keep("a:font", &[(Text, "script typeface"), (Token, "charset panose pitchFamily")])];

/// How windows stood.
pub(crate) static VIEW: Vocabulary = Vocabulary::new(
    &["p:viewPr"],
    &[],
    &[&[
        keep("p:viewPr", &[(Token, "lastView showComments")]),
        keep(
            "p:normalViewPr",
            &[(Token, "showOutlineIcons snapVertSplitter vertBarState horzBarState preferSingleView")],
        ),
        keep("p:restoredLeft p:restoredTop", &[(Token, "sz autoAdjust")]),
        keep("p:slideViewPr p:outlineViewPr p:notesTextViewPr p:notesViewPr p:scale p:guideLst", &[]),
        keep("p:sorterViewPr", &[(Token, "showFormatting")]),
        keep("p:cSldViewPr", &[(Token, "snapToGrid snapToObjects showGuides")]),
        keep("p:cViewPr", &[(Token, "varScale")]),
        keep("a:sx a:sy", &[(Token, "n d")]),
        keep("p:origin", &[(Token, "x y")]),
        keep("p:guide", &[(Token, "orient pos")]),
        keep("p:gridSpacing", &[(Token, "cx cy")]),
    ]],
);

/// Who wrote comments.
pub(crate) static AUTHORS: Vocabulary = Vocabulary::new(
    &["p:cmAuthorLst"],
    &[],
    &[&[keep("p:cmAuthorLst", &[]), keep("p:cmAuthor", &[(Token, "id lastIdx clrIdx"), (Text, "name initials")])]],
);

/// Comments on one slide.
pub(crate) static COMMENTS: Vocabulary = Vocabulary::new(
    &["p:cmLst"],
    &[],
    &[&[
        keep("p:cmLst", &[]),
        keep("p:cm", &[(Token, "authorId dt idx")]),
        keep("p:pos", &[(Token, "x y")]),
        text("p:text", &[]),
    ]],
);

/// What tables cannot say about the presentation.
#[derive(Default)]
pub(crate) struct Presentation {
    slides: BTreeSet<u32>,
    extensions: Extensions,
}

impl Grammar for Presentation {
    fn open(&mut self, tag: &mut Tag<'_>, scene: &mut Scene<'_>) -> Step {
        match (tag.name, scene.parent()) {
            ("p:sldId", _) => self.slides.extend(tag.get("id").and_then(number)),
            ("p14:sldId", _) if !tag.get("id").and_then(number).is_some_and(|id| self.slides.contains(&id)) => {
                return Step::Drop;
            }
            _ => {}
        }
        match self.extensions.open(tag, scene) {
            Step::Keep => Drawings.open(tag, scene),
            step => step,
        }
    }

    fn close(&mut self, name: &'static str, from: usize, scene: &mut Scene<'_>) {
        self.extensions.close(name, from, scene);
    }
}

fn number(id: &str) -> Option<u32> {
    id.trim().parse().ok()
}
