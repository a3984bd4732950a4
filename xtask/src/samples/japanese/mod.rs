//! Mails in every way in which Japanese offices write Japanese, each with the text that its reader must get.
//!
//! Refuses: other people's mail; all of it is made here. Invariant: the same bytes at every run, and no two variants of
//! one name.

mod bodies;
mod characters;
mod code;
mod draft;
mod labels;
mod names;
mod words;

use std::fmt::Write as _;
use std::path::Path;

use crate::run::Outcome;

/// The label was missing or wrong.
pub const GUESSED: &str = "charset_guessed";
/// Bytes without a reading.
pub const UNDECODABLE: &str = "undecodable";
/// Characters of the sender's own making.
pub const GAIJI: &str = "gaiji";

/// One mail and what is known of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variant {
    /// Its name, the same at every run.
    pub name: String,
    /// The mail, with CRLF line ends.
    pub bytes: Vec<u8>,
    /// What its reader must get.
    pub expected: Expected,
}

/// What the reader of a mail must get.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expected {
    /// Subject.
    pub subject: String,
    /// Display name of the sender.
    pub sender: String,
    /// Text of the body, with LF line ends, without the blank lines at its ends.
    pub body: String,
    /// Name and text of every file.
    pub files: Vec<(String, String)>,
    /// Which of [`GUESSED`], [`UNDECODABLE`] and [`GAIJI`] must be told, sorted; all others must not. `None` if the set
    /// has no opinion.
    pub told: Option<Vec<&'static str>>,
}

/// All variants, in the order of their making.
#[must_use]
pub fn all() -> Vec<Variant> {
    let mut variants = labels::variants();
    variants.extend(words::variants());
    variants.extend(names::variants());
    variants.extend(characters::variants());
    variants.extend(bodies::variants());
    variants
}

/// Writes `NAME.eml` and `NAME.txt` (what is known of it) for every variant into `folder`.
///
/// # Errors
/// If the folder cannot be written.
pub fn write(folder: &Path) -> Outcome {
    std::fs::create_dir_all(folder)?;
    let variants = all();
    for variant in &variants {
        std::fs::write(folder.join(format!("{}.eml", variant.name)), &variant.bytes)?;
        std::fs::write(folder.join(format!("{}.txt", variant.name)), known(&variant.expected))?;
    }
    println!("{} mails in {}", variants.len(), folder.display());
    Ok(())
}

/// What is known of a mail, for people and for other programs: lines of `key: value`, a blank line, the body.
fn known(expected: &Expected) -> String {
    let told = expected.told.as_ref().map_or_else(|| "*".to_owned(), |told| told.join(" "));
    let mut text = format!("subject: {}\nsender: {}\ntold: {told}\n", expected.subject, expected.sender);
    for (name, content) in &expected.files {
        // Writing to a string cannot fail.
        writeln!(text, "file: {name}\t{}", content.escape_default()).ok();
    }
    text + "\n" + &expected.body + "\n"
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_variant_has_a_name_of_its_own_and_the_same_bytes_at_every_run() {
        let variants = all();
        let names: BTreeSet<&str> = variants.iter().map(|variant| variant.name.as_str()).collect();
        assert_eq!(names.len(), variants.len());
        assert!(names.iter().all(|name| name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))));
        assert_eq!(variants, all());
    }
}
