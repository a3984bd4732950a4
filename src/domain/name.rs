//! Names of files as people and mail programs may safely see them.
//!
//! The worker proposes names; this type only checks. Refuses: control characters, code points that reorder or hide
//! text, path separators, names that Windows reserves, trailing dots and blanks.
//! Invariant: a [`FileName`] is a single path component on every system and reads as it is spelled.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Longest name in bytes of UTF-8.
pub const MAX_NAME: usize = 120;

/// A name that is not safe to show or to save under.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a safe file name")]
pub struct UnsafeName;

/// A checked file name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct FileName(String);

impl FileName {
    /// What a file is called whose own name is not safe.
    #[must_use]
    pub fn neutral() -> Self {
        Self("file".to_owned())
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What follows the last dot, in lower case; absent for `.profile` and `README`.
    #[must_use]
    pub fn extension(&self) -> Option<String> {
        let (stem, extension) = self.0.rsplit_once('.')?;
        (!stem.is_empty() && !extension.is_empty()).then(|| extension.to_lowercase())
    }
}

impl fmt::Display for FileName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for FileName {
    type Error = UnsafeName;

    fn try_from(text: String) -> Result<Self, UnsafeName> {
        let length_fits = (1..=MAX_NAME).contains(&text.len());
        let characters_fit = !text.chars().any(|c| changes_reading(c) || r#"/\:*?"<>|"#.contains(c));
        let ends_fit = !text.starts_with(' ') && !text.ends_with([' ', '.']);
        if length_fits && characters_fit && ends_fit && !is_reserved(&text) { Ok(Self(text)) } else { Err(UnsafeName) }
    }
}

impl From<FileName> for String {
    fn from(name: FileName) -> Self {
        name.0
    }
}

/// True for code points that have no place in one line of text for people: controls, line separators, and what
/// reorders or hides the text around it. Variation selectors stay: names of people and places need them.
#[must_use]
pub fn changes_reading(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{00AD}' | '\u{034F}' | '\u{061C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}'
            | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}'
            | '\u{3164}' | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF9}'..='\u{FFFC}' | '\u{1D173}'..='\u{1D17A}'
            | '\u{E0000}'..='\u{E007F}')
        || (u32::from(c) & 0xFFFE) == 0xFFFE
}

/// Windows device names, with or without extension.
fn is_reserved(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default().trim_end().to_ascii_uppercase();
    let numbered = |prefix: &str| {
        stem.strip_prefix(prefix).is_some_and(|rest| {
            rest.chars().count() == 1 && !rest.starts_with('0') && rest.chars().all(|c| c.is_numeric())
        })
    };
    matches!(stem.as_str(), "CON" | "PRN" | "AUX" | "NUL" | "CONIN$" | "CONOUT$") || numbered("COM") || numbered("LPT")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> Result<FileName, UnsafeName> {
        FileName::try_from(text.to_owned())
    }

    #[test]
    fn japanese_names_with_variation_selectors_are_kept() {
        for text in ["請求書_R8-1105.xlsx", "髙﨑①㈱.txt", "葛\u{E0100}飾区.csv", ".profile", "a"] {
            assert_eq!(name(text).unwrap().as_str(), text);
        }
    }

    #[test]
    fn names_that_lie_or_leave_their_folder_are_refused() {
        for text in [
            "",
            "見積書\u{202E}fdp.exe",
            "a/b",
            "a\\b",
            "..",
            "a.",
            "a ",
            " a",
            "a\nb",
            "a\0",
            "C:x",
            "nul.txt",
            "COM1",
            "lpt9.csv",
            "con",
            "a\u{200B}b",
            "x\u{FEFF}",
            "a\u{E0041}",
        ] {
            assert_eq!(name(text), Err(UnsafeName), "{text:?}");
        }
        assert!(name(&"a".repeat(MAX_NAME + 1)).is_err());
    }

    #[test]
    fn the_extension_is_what_follows_the_last_dot() {
        assert_eq!(name("a.tar.GZ").unwrap().extension().as_deref(), Some("gz"));
        assert_eq!(name(".profile").unwrap().extension(), None);
        assert_eq!(name("README").unwrap().extension(), None);
    }
}
