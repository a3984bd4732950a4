//! Placeholder of room arrivals.
use crate::domain::Language;
use crate::ports::Term;

/// A search.
pub struct Search {
    /// Its terms.
    pub terms: Vec<Term>,
}

impl Search {
    /// Reads it.
    #[must_use]
    pub fn parse(_text: &str, _utc_offset_minutes: i16) -> Self {
        Self { terms: Vec::new() }
    }

    /// What it did not understand.
    #[must_use]
    pub fn hints(&self, _language: Language) -> Vec<String> {
        Vec::new()
    }
}
