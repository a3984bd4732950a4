//! Data that programs exchange: JSON (RFC 8259) and XML (1.0), parsed strictly and written anew in UTF-8.
//!
//! Refuses: what breaks the grammar, what is nested too deep, document types with declarations, XML of vocabularies that
//! are not listed as data. Invariant: values are never changed, only spelled anew; numbers not even that.

mod json;
#[cfg(test)]
mod laws;
mod output;
mod vocabulary;
mod xml;

use sanitizer_api::Sanitizer;

pub use json::Json;
pub use xml::Xml;

/// The sanitizer for the real type `type_id`, handed on as a file.
#[must_use]
pub fn sanitizer_for(type_id: &str) -> Option<&'static dyn Sanitizer> {
    match type_id {
        "json" => Some(&Json),
        "xml" => Some(&Xml),
        _ => None,
    }
}
