//! Plain text, CSV and HTML, written anew as plain UTF-8 text.
//!
//! Refuses: files over the budget. Invariant: the output has no controls, no reordering code points, and, in bodies, no
//! address that a program would make clickable.

mod autolink;
mod clean;
mod csv;
mod findings;
mod flowed;
mod html;
#[cfg(test)]
mod laws;
mod link;
mod page;
pub mod passwords;
mod plain;
mod punycode;
mod url;

use sanitizer_api::Sanitizer;

pub use csv::{Csv, Tsv};
pub use html::HtmlBody;
pub use page::HtmlFile;
pub use plain::{BodyText, PlainText};
pub use url::defang;

/// The sanitizer for the real type `type_id`, shown as a body or handed on as a file.
#[must_use]
pub fn sanitizer_for(type_id: &str, body: bool) -> Option<&'static dyn Sanitizer> {
    match (type_id, body) {
        ("text", true) => Some(&BodyText),
        ("html", true) => Some(&HtmlBody),
        ("text", false) => Some(&PlainText),
        ("csv", false) => Some(&Csv),
        ("tsv", false) => Some(&Tsv),
        ("html", false) => Some(&HtmlFile),
        _ => None,
    }
}
