//! Properties of a document: title, subject, author, dates.
//!
//! Refuses: everything else (company, template, last printer, own properties). Invariant: plain text only.

use crate::opc::kind::{Body, Kind, ROOT};
use crate::xml::filter::Plain;
use crate::xml::table::{Row, Value, Vocabulary, keep, text};

const ROWS: &[Row] = &[
    keep("cp:coreProperties", &[]),
    text("dc:title dc:subject dc:creator dc:language", &[]),
    text("dcterms:created dcterms:modified", &[(Value::Fixed("dcterms:W3CDTF"), "xsi:type")]),
];

static CORE: Vocabulary = Vocabulary::new(&["cp:coreProperties"], &[], &[ROWS]);

/// The kind of part; every format has it.
pub(crate) const KIND: Kind = Kind {
    id: "core",
    under: &[ROOT],
    relation: "http://schemas.openxmlformats.org/package/2006/relationships/metadata/core-properties",
    types: &["application/vnd.openxmlformats-package.core-properties+xml"],
    path: "docProps/core.xml",
    implied: true,
    body: Body::Xml(&CORE, || Box::new(Plain)),
};

#[cfg(test)]
mod tests {
    #[test]
    fn the_table_names_nothing_twice() {
        crate::xml::table::check(&super::CORE);
    }
}
