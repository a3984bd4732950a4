//! The real type of bytes, whatever their name says.
//!
//! Own table of signatures, a look inside ZIP and OLE2 containers, a reading of text; `infer` only where all of that
//! knows nothing. Refuses nothing: what is not known is [`Class::Unknown`]. Invariant: the same bytes always give the
//! same type, in linear time, and ids never change their meaning.

mod archive;
mod bytes;
mod disk;
mod extension;
mod ole;
mod polyglot;
mod probe;
mod signature;
mod text;
mod zip;

#[cfg(test)]
mod tests;

use sanitizer_api::{Class, Detected};

pub use extension::{agrees, class_of_extension};
pub use polyglot::polyglot;
pub use text::is_text;

/// The type of `bytes`.
#[must_use]
pub fn detect(bytes: &[u8]) -> Detected {
    probe::container(bytes)
        .or_else(|| signature::find(bytes))
        .or_else(|| probe::by_structure(bytes))
        .or_else(|| text::kind(bytes))
        .or_else(|| zip::is_behind(bytes).then(|| zip::look(bytes)))
        .or_else(|| second_vote(bytes))
        .unwrap_or(Detected { id: "unknown", class: Class::Unknown, encrypted: false })
}

/// Refines text by the names it came under: what content cannot tell. Mark-up that all its names call plain text is
/// words about mark-up.
#[must_use]
pub fn with_name(detected: Detected, extensions: &[String]) -> Detected {
    let named = |kind: &[&str]| extensions.iter().any(|extension| kind.contains(&extension.as_str()));
    match detected.id {
        "text" if named(&["csv"]) => Detected { id: "csv", ..detected },
        "text" if named(&["tsv", "tab"]) => Detected { id: "tsv", ..detected },
        "text" if named(&["json", "geojson"]) => Detected { id: "json", ..detected },
        "xml"
            if !extensions.is_empty()
                && extensions.iter().all(|one| matches!(one.as_str(), "txt" | "text" | "log")) =>
        {
            plain("text", Class::Text)
        }
        _ => detected,
    }
}

const fn plain(id: &'static str, class: Class) -> Detected {
    Detected { id, class, encrypted: false }
}

/// What `infer` thinks, for types that the own table does not have.
fn second_vote(bytes: &[u8]) -> Option<Detected> {
    let kind = infer::get(bytes)?;
    let class = match kind.matcher_type() {
        infer::MatcherType::App => Class::Executable,
        infer::MatcherType::Archive => Class::Archive,
        infer::MatcherType::Audio | infer::MatcherType::Video => Class::Media,
        infer::MatcherType::Image => Class::Image,
        infer::MatcherType::Book | infer::MatcherType::Doc => Class::Document,
        infer::MatcherType::Font | infer::MatcherType::Text | infer::MatcherType::Custom => return None,
    };
    let id = kind.extension();
    let fits = (1..=32).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    fits.then_some(plain(id, class))
}
