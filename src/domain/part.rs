//! The parts of an item: facts about bytes, never the bytes.
//!
//! Invariant: a [`PartPath`] is unique within its item and sorts in reading order.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::digest::Digest;
use super::name::FileName;
use super::reason::{Detail, MAX_EXTENSION};

/// A part's place in the MIME tree, `1.2.3`; the item itself is `0`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct PartPath(Vec<u16>);

impl PartPath {
    /// Deepest place that is accepted.
    pub const MAX_DEPTH: usize = 64;

    /// The item itself.
    #[must_use]
    pub const fn root() -> Self {
        Self(Vec::new())
    }

    /// A place from its numbers, outermost first; `None` if deeper than [`Self::MAX_DEPTH`].
    #[must_use]
    pub fn new(numbers: Vec<u16>) -> Option<Self> {
        (numbers.len() <= Self::MAX_DEPTH).then_some(Self(numbers))
    }

    /// The numbers, outermost first.
    #[must_use]
    pub fn numbers(&self) -> &[u16] {
        &self.0
    }

    /// True if it lies inside `other`, at any depth.
    #[must_use]
    pub fn is_inside(&self, other: &Self) -> bool {
        self.0.len() > other.0.len() && self.0.starts_with(&other.0)
    }
}

impl fmt::Display for PartPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut numbers = self.0.iter();
        match numbers.next() {
            None => f.write_str("0"),
            Some(first) => {
                write!(f, "{first}")?;
                numbers.try_for_each(|number| write!(f, ".{number}"))
            }
        }
    }
}

impl fmt::Debug for PartPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Text that is not a part path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a part path (numbers separated by dots)")]
pub struct InvalidPath;

impl FromStr for PartPath {
    type Err = InvalidPath;

    fn from_str(text: &str) -> Result<Self, InvalidPath> {
        if text == "0" {
            return Ok(Self::root());
        }
        let numbers: Result<Vec<u16>, _> = text.split('.').map(str::parse).collect();
        numbers.ok().and_then(Self::new).ok_or(InvalidPath)
    }
}

impl Serialize for PartPath {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for PartPath {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// What a part is for the reader of the mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PartRole {
    /// Text of the mail itself, shown in place.
    Body,
    /// The less rich twin of a body in multipart/alternative; kept, not shown.
    Alternative,
    /// A file, attached or shown inline.
    Attachment,
    /// A mail inside the mail. Opened, its header becomes text and its own parts follow, one level deeper; kept back,
    /// they are kept back with it.
    Enclosed,
    /// An archive that was opened. Its members follow, one level deeper, and are judged one by one; kept back, they are
    /// kept back with it.
    Archive,
}

/// The short name of a real type, such as `pdf`, `zip`, `pe`: 1 to 32 of a-z, 0-9 and hyphen.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TypeId(String);

/// Text that is not a type name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a type name (1 to 32 of a-z, 0-9, -)")]
pub struct InvalidTypeId;

impl TypeId {
    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for TypeId {
    type Error = InvalidTypeId;

    fn try_from(text: String) -> Result<Self, InvalidTypeId> {
        let fits = (1..=32).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        if fits { Ok(Self(text)) } else { Err(InvalidTypeId) }
    }
}

impl From<TypeId> for String {
    fn from(id: TypeId) -> Self {
        id.0
    }
}

/// The family of a real type: what rules and notices speak of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TypeClass {
    /// Plain text, CSV and the like.
    Text,
    /// HTML and other mark-up that a browser would run.
    Markup,
    /// Word processing, sheets, slides, PDF.
    Document,
    /// Pictures.
    Image,
    /// Containers of files.
    Archive,
    /// A mail as a file.
    Mail,
    /// Sound and film.
    Media,
    /// Drawings of CAD programs.
    Drawing,
    /// Programs.
    Executable,
    /// Source that a system runs when opened.
    Script,
    /// Shortcuts and other files that open something else.
    Shortcut,
    /// Disk images.
    DiskImage,
    /// Keys, certificates and signatures.
    Crypto,
    /// Nothing known.
    Unknown,
}

impl TypeClass {
    /// All classes.
    pub const ALL: &'static [Self] = &[
        Self::Text,
        Self::Markup,
        Self::Document,
        Self::Image,
        Self::Archive,
        Self::Mail,
        Self::Media,
        Self::Drawing,
        Self::Executable,
        Self::Script,
        Self::Shortcut,
        Self::DiskImage,
        Self::Crypto,
        Self::Unknown,
    ];

    /// The name in rules, JSON and audit records.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Markup => "markup",
            Self::Document => "document",
            Self::Image => "image",
            Self::Archive => "archive",
            Self::Mail => "mail",
            Self::Media => "media",
            Self::Drawing => "drawing",
            Self::Executable => "executable",
            Self::Script => "script",
            Self::Shortcut => "shortcut",
            Self::DiskImage => "disk_image",
            Self::Crypto => "crypto",
            Self::Unknown => "unknown",
        }
    }

    /// The class with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|class| class.as_str() == name)
    }
}

/// One leaf of the MIME tree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// Its place.
    pub path: PartPath,
    /// What it is for the reader.
    pub role: PartRole,
    /// The media type the sender declared, in lower case, without parameters.
    pub declared: String,
    /// The real type, from content.
    pub detected: TypeId,
    /// The family of the real type.
    pub class: TypeClass,
    /// The name shown to people; absent if the sender gave none.
    pub name: Option<FileName>,
    /// Of a member of an archive the folders around it, outermost first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub folders: Vec<FileName>,
    /// Every extension the sender's names for this part end in, in lower case, without the dot.
    pub extensions: Vec<String>,
    /// Decoded length in bytes.
    pub length: u64,
    /// SHA-256 of the decoded bytes.
    pub digest: Digest,
    /// Its content is encrypted with a password.
    pub encrypted: bool,
}

impl Part {
    /// What sentences about it are filled with: its kind, and the first of its extensions that can stand in one.
    #[must_use]
    pub fn detail(&self) -> Detail<'_> {
        let fits = |extension: &&String| {
            extension.len() <= MAX_EXTENSION && extension.bytes().all(|b| b.is_ascii_alphanumeric())
        };
        let extension = self.extensions.iter().find(fits).map(String::as_str);
        Detail { extension, class: Some(self.class), ..Detail::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_sort_in_reading_order_and_read_back() {
        let paths: Vec<PartPath> = ["0", "1", "1.2", "2", "2.10", "10"].iter().map(|p| p.parse().unwrap()).collect();
        assert!(paths.is_sorted());
        for path in &paths {
            assert_eq!(path.to_string().parse(), Ok(path.clone()));
        }
        for wrong in ["", "1.", ".1", "a", "70000", "-1"] {
            assert_eq!(wrong.parse::<PartPath>(), Err(InvalidPath), "{wrong}");
        }
    }

    #[test]
    fn class_names_are_those_of_the_json() {
        for class in TypeClass::ALL {
            assert_eq!(serde_json::to_string(class).unwrap(), format!("\"{}\"", class.as_str()));
            assert_eq!(TypeClass::from_name(class.as_str()), Some(*class));
        }
    }
}
