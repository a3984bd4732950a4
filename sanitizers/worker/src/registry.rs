//! The list of sanitizers, by real type and by the way in which a part is to be written.
//!
//! Refuses: every type that is not listed; there is no fallback. Invariant: the list is code, so that a review of it
//! is a review of everything that can reach the LGWAN side.

use sanitizer_api::{Budget, Rebuilt, Sanitizer};
use sanitizer_ooxml::{Office, Pictures};
use sanitizer_protocol::Way;

use crate::head::{self, EnclosedHead};

/// Format crates may not name each other: here the pictures of documents meet who rebuilds pictures.
struct PicturesOfDocuments;

impl Pictures for PicturesOfDocuments {
    fn rebuild(&self, bytes: &[u8], budget: &mut Budget) -> Option<Rebuilt> {
        sanitizer_image::rebuild_picture(bytes, budget)
    }
}

static WORD: Office = sanitizer_ooxml::word(&PicturesOfDocuments);
static SHEET: Office = sanitizer_ooxml::sheet(&PicturesOfDocuments);
static SLIDES: Office = sanitizer_ooxml::slides(&PicturesOfDocuments);

/// Documents of Office; those with macros lose them.
fn office(type_id: &str) -> Option<&'static dyn Sanitizer> {
    match type_id {
        "ooxml-word" | "ooxml-word-macro" => Some(&WORD),
        "ooxml-excel" | "ooxml-excel-macro" => Some(&SHEET),
        "ooxml-powerpoint" | "ooxml-powerpoint-macro" => Some(&SLIDES),
        _ => None,
    }
}

/// The sanitizer that writes parts of the real type `type_id` in this way.
#[must_use]
pub fn sanitizer(type_id: &str, way: Way) -> Option<&'static dyn Sanitizer> {
    match way {
        Way::Text if type_id == head::TYPE => Some(&EnclosedHead),
        Way::Text => sanitizer_text::sanitizer_for(type_id, true),
        Way::Rebuild => sanitizer_text::sanitizer_for(type_id, false)
            .or_else(|| sanitizer_calendar::sanitizer_for(type_id))
            .or_else(|| sanitizer_data::sanitizer_for(type_id))
            .or_else(|| sanitizer_image::sanitizer_for(type_id))
            .or_else(|| office(type_id)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_that_are_not_listed_have_no_sanitizer() {
        for way in [Way::Text, Way::Rebuild] {
            assert!(sanitizer("text", way).is_some());
            assert_eq!(sanitizer(head::TYPE, way).is_some(), way == Way::Text);
            for type_id in ["pe", "eml", "msg", "tnef", "pdf", "zip", "unknown", ""] {
                assert!(sanitizer(type_id, way).is_none(), "{type_id} {way:?}");
            }
        }
    }
}
