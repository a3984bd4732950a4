//! XML of office packages: decoded, read with namespaces, filtered by tables, written anew in one spelling.
//!
//! How a format uses it: a [`table::Vocabulary`] lists elements and attributes (rows of [`table::Row`]: what happens to
//! an element, which attributes stay, and which values they may have), a [`filter::Grammar`] holds what tables cannot
//! say (fields, formulas), and [`filter::filter`] writes one part anew with both.
//!
//! Refuses: document types, entities, unbalanced or deep mark-up, other encodings than declared. Invariant: what is not
//! in the vocabulary is not written; the output is its own fixed point.

pub(crate) mod encoding;
pub(crate) mod filter;
pub(crate) mod lexer;
pub(crate) mod output;
pub(crate) mod reader;
pub(crate) mod space;
pub(crate) mod table;
