//! Who sent the mail: authors with their true addresses, and what the trusted relay says of them.
//!
//! Invariant: a name never stands without its address.

use super::super::text::{display_name, without_scheme};
use super::{Lines, SHORT};
use crate::domain::{Facts, NamedAddress};

/// Authors that are shown.
const MAX_AUTHORS: usize = 3;

impl Lines<'_> {
    pub(super) fn senders(&mut self, facts: &Facts) {
        let authors = self.authors(facts);
        self.sender(&authors);
        let words = self.words;
        let found = words.authenticated(facts.sender.authentication());
        self.line("  ", &format!("{} {found}", words.authentication));
    }

    /// The line of a sender that is one line already.
    pub(super) fn sender(&mut self, sender: &str) {
        let line = format!("{} {sender}{}", self.words.sender, self.words.outside);
        self.line("", &line);
    }

    /// The authors as they wrote themselves, or else the sender of the envelope.
    fn authors(&self, facts: &Facts) -> String {
        let authors = &facts.headers.from;
        let shown: Vec<String> = authors.iter().take(MAX_AUTHORS).map(author).collect();
        match (authors.len().checked_sub(MAX_AUTHORS), facts.origin.sender()) {
            (Some(more @ 1..), _) => format!("{}{}", shown.join(self.words.comma), self.words.more_senders(more)),
            (_, Some(sender)) if shown.is_empty() => format!("<{sender}>"),
            (_, None) if shown.is_empty() => self.words.no_sender.to_owned(),
            _ => shown.join(self.words.comma),
        }
    }
}

fn author(author: &NamedAddress) -> String {
    let name = without_scheme(&display_name(&author.name, SHORT));
    let gap = if name.is_empty() { "" } else { " " };
    format!("{name}{gap}<{}>", author.address)
}
