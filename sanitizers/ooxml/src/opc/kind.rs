//! Kinds of parts: how they are recognised and how they are written.
//!
//! Refuses nothing itself. Invariant: a kind hangs under listed kinds only.

use sanitizer_api::Unit;

use crate::report::Report;
use crate::xml::filter::{Grammar, Memory};
use crate::xml::table::Vocabulary;

/// The kind that stands for the package itself.
pub(crate) const ROOT: &str = "";
/// Relationship types of ISO/IEC 29500 begin so (Transitional).
pub(crate) const OFFICE: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/";
/// The same in Strict.
pub(crate) const STRICT: &str = "http://purl.oclc.org/ooxml/officeDocument/relationships/";

/// How a part is written.
pub(crate) enum Body {
    /// Filtered by a vocabulary, and a grammar made for each part.
    Xml(&'static Vocabulary, fn() -> Box<dyn Grammar>),
    /// As [`Body::Xml`], for parts that pass a test; others are not of this kind.
    XmlIf(&'static Vocabulary, fn() -> Box<dyn Grammar>, fn(&str, &Memory) -> bool),
    /// Written from nothing but what this function reads in the old one; without relationships.
    Own(fn(&[u8], &mut Report) -> Vec<u8>),
    /// Rebuilt by the caller's [`crate::Pictures`], or replaced by a mark.
    Picture,
}

/// One kind of part.
pub(crate) struct Kind {
    /// Its name here; [`crate::xml::table::Value::Rel`] and `under` speak it.
    pub(crate) id: &'static str,
    /// The kinds whose relationships may lead to it ([`ROOT`]: the package).
    pub(crate) under: &'static [&'static str],
    /// The type of those relationships: behind [`OFFICE`], or whole.
    pub(crate) relation: &'static str,
    /// Content types it may have, in any case; the first is written. Not used for pictures.
    pub(crate) types: &'static [&'static str],
    /// Its name in the output; `#` is replaced by a number, without it there is at most one.
    pub(crate) path: &'static str,
    /// It stays although no `r:id` names it.
    pub(crate) implied: bool,
    /// How it is written.
    pub(crate) body: Body,
}

/// One format.
pub(crate) struct Format {
    /// Name in audit records.
    pub(crate) name: &'static str,
    /// Raised when the same input gives other bytes.
    pub(crate) version: u32,
    /// Media type of what is written.
    pub(crate) media_type: &'static str,
    /// The kind of its main part.
    pub(crate) main: &'static str,
    /// All its kinds.
    pub(crate) kinds: &'static [Kind],
    /// The kind whose parts are counted while it is written, and what people call them.
    pub(crate) counted: Option<(&'static str, Unit)>,
}

impl Kind {
    /// True if `relation`, whole and in Transitional spelling, leads to this kind.
    pub(crate) fn is_reached_by(&self, relation: &str) -> bool {
        relation == self.relation || relation.strip_prefix(OFFICE) == Some(self.relation)
    }

    /// The type of relationships to it, whole.
    pub(crate) fn relation(&self) -> String {
        if self.relation.contains(':') { self.relation.to_owned() } else { format!("{OFFICE}{}", self.relation) }
    }
}
