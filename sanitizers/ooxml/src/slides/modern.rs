//! Comments with answers, as office programs write them since 2021 ([MS-PPTX] 2.2.5), and the numbers by which they find
//! shapes, rows and columns.
//!
//! Refuses: tasks, reactions, pictures of people. Invariant: text and names only.

use crate::drawing::{LINKS, main};
use crate::xml::table::Value::{OneOf, Text, Token};
use crate::xml::table::{Row, Vocabulary, keep};

/// The extension of a slide with its number.
const NUMBER: &str = "{BB962C8B-B14F-4D97-AF65-F5344CB8AC3E}";

/// Numbers of slides, shapes, rows and columns; the extensions of DrawingML are listed in [`main::ROWS`].
pub(super) const NUMBERS: &[Row] = &[
    keep("p:extLst a:extLst", &[]),
    keep("p:ext", &[(OneOf(&[NUMBER]), "uri")]),
    keep("p14:creationId a16:rowId a16:colId", &[(Token, "val")]),
    keep("a16:creationId", &[(Token, "id")]),
];

const ROWS: &[Row] = &[
    keep("p188:cmLst p188:replyLst p188:txBody", &[]),
    keep("p188:cm", &[(Token, "id authorId status created startDate dueDate complete"), (Text, "title")]),
    keep("p188:reply", &[(Token, "id authorId status created")]),
    keep("p188:pos", &[(Token, "x y")]),
    // What a comment stands at.
    keep("pc:sldMkLst pc:docMk ac:deMkLst ac:txMkLst", &[]),
    keep("pc:sldMk", &[(Token, "cId sldId")]),
    keep("pc:sldLayoutMk pc:sldMasterMk", &[(Token, "cId sldId")]),
    keep("ac:spMk ac:picMk ac:cxnSpMk ac:grpSpMk ac:graphicFrameMk", &[(Token, "id creationId")]),
    keep("ac:tblMk", &[]),
    keep("ac:tcMk", &[(Token, "rowId colId")]),
    keep("ac:txMk", &[(Token, "cp len")]),
    keep("ac:context", &[(Token, "len hash")]),
];

/// Comments on one slide.
pub(super) static COMMENTS: Vocabulary = Vocabulary::new(&["p188:cmLst"], &[], &[ROWS, LINKS, main::ROWS]);

/// Who wrote them.
pub(super) static AUTHORS: Vocabulary = Vocabulary::new(
    &["p188:authorLst"],
    &[],
    &[&[
        keep("p188:authorLst", &[]),
        keep("p188:author", &[(Token, "id"), (Text, "name initials userId"), (Token, "providerId")]),
    ]],
);
