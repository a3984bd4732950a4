//! Why the structure of a mail can be read in more than one way: one flag, where, how often.
//!
//! Refuses: flags that are not names. Invariant: a flag is a stable word, never text of the sender's.

use serde::{Deserialize, Serialize};

use super::part::PartPath;

/// One place at which two readers of the mail could differ (reference: security 3).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ambiguity {
    /// What is ambiguous.
    pub flag: AmbiguityFlag,
    /// The part; [`PartPath::root`] for the mail as a whole.
    pub part: PartPath,
    /// How many times; at least one.
    pub count: u32,
}

/// The stable name of a kind of ambiguity: 1 to 40 of a-z and underscore.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AmbiguityFlag(String);

/// Text that is not the name of a flag.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not the name of an ambiguity (1 to 40 of a-z, _)")]
pub struct InvalidFlag;

impl AmbiguityFlag {
    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for AmbiguityFlag {
    type Error = InvalidFlag;

    fn try_from(text: String) -> Result<Self, InvalidFlag> {
        let fits = (1..=40).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
        if fits { Ok(Self(text)) } else { Err(InvalidFlag) }
    }
}

impl From<AmbiguityFlag> for String {
    fn from(flag: AmbiguityFlag) -> Self {
        flag.0
    }
}
