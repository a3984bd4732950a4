//! Office Open XML documents (ECMA-376, ISO/IEC 29500, Transitional and Strict), written anew by allow-list.
//!
//! Three layers: `zip` (the container), `opc` (parts and relationships), `xml` (elements and attributes). A format
//! (`word`, `sheet`, `slides`) is tables over them and a grammar for what tables cannot say.
//!
//! Refuses: everything that is not listed, and files that are not whole. Invariant: a part that is written was reached
//! from the root by listed relationships, has only listed elements, attributes and values, and nothing in it leads out.

#[cfg(test)]
mod corpus;
mod drawing;
#[cfg(test)]
mod laws;
mod office;
mod opc;
mod pictures;
mod properties;
mod report;
#[cfg(test)]
mod samples;
mod sheet;
mod slides;
mod word;
mod xml;
mod zip;

use sanitizer_api::Sanitizer;

pub use office::Office;
pub use pictures::Pictures;

/// A sanitizer for word processing documents whose pictures `pictures` rebuilds.
#[must_use]
pub const fn word(pictures: &'static dyn Pictures) -> Office {
    Office::new(&word::FORMAT, Some(pictures))
}

/// A sanitizer for spreadsheets whose pictures `pictures` rebuilds.
#[must_use]
pub const fn sheet(pictures: &'static dyn Pictures) -> Office {
    Office::new(&sheet::FORMAT, Some(pictures))
}

/// Word processing documents; all pictures are replaced by a mark.
static WORD: Office = Office::new(&word::FORMAT, None);
/// Spreadsheets; all pictures are replaced by a mark.
static SHEET: Office = Office::new(&sheet::FORMAT, None);

/// A sanitizer for slides whose pictures `pictures` rebuilds.
#[must_use]
pub const fn slides(pictures: &'static dyn Pictures) -> Office {
    Office::new(&slides::FORMAT, Some(pictures))
}

/// Slides; all pictures are replaced by a mark.
static SLIDES: Office = Office::new(&slides::FORMAT, None);

/// The sanitizer for the real type `type_id`, without anybody who rebuilds pictures.
#[must_use]
pub fn sanitizer_for(type_id: &str) -> Option<&'static dyn Sanitizer> {
    match type_id {
        "ooxml-word" | "ooxml-word-macro" => Some(&WORD),
        "ooxml-excel" | "ooxml-excel-macro" => Some(&SHEET),
        "ooxml-powerpoint" | "ooxml-powerpoint-macro" => Some(&SLIDES),
        _ => None,
    }
}
