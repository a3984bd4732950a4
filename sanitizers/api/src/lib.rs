//! What every sanitizer implements, and the budget it spends.
//!
//! Refuses: nothing itself. Invariant: a [`Budget`] only ever shrinks.

mod budget;
mod code;

pub use budget::Budget;
pub use code::{Class, Code, Flag};

/// One observation made while reading or writing a part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// What.
    pub code: Code,
    /// How many times; at least one.
    pub count: u32,
}

/// Where in a file something was found: a part of a document, a sheet, a slide.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// What.
    pub code: Code,
    /// The place: 1 to [`Place::LONGEST`] printable ASCII characters (`xl/worksheets/sheet1.xml`), none of the sender's.
    pub name: String,
    /// How many times; the places of a code have no more together than its [`Finding`].
    pub count: u32,
}

impl Place {
    /// Longest name in bytes.
    pub const LONGEST: usize = 64;
    /// Most places of one file; what is found elsewhere is counted in its finding only.
    pub const MOST: usize = 1_000;
}

/// The real type of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Detected {
    /// Short stable name: 1 to 32 of a-z, 0-9 and hyphen (`pdf`, `ooxml-word`).
    pub id: &'static str,
    /// Family.
    pub class: Class,
    /// The content is encrypted with a password, as far as the container tells.
    pub encrypted: bool,
}

/// What a sanitizer may know about its input besides the bytes.
#[derive(Debug, Clone, Copy, Default)]
pub struct Hints<'a> {
    /// The charset label the sender gave, unchecked.
    pub charset: Option<&'a str>,
    /// The text is declared as `format=flowed` (RFC 3676 4.1).
    pub flowed: Option<Flowed>,
    /// Who wants to know how far it is.
    pub watch: Watch<'a>,
}

/// Who wants to know how far the work is. What is told changes nothing of what is written.
#[derive(Clone, Copy, Default)]
pub struct Watch<'a>(Option<&'a dyn Fn(Step)>);

/// So much of a file is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// What is counted.
    pub unit: Unit,
    /// How many are done.
    pub done: usize,
    /// How many there are, as far as is known.
    pub total: usize,
}

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Sheets of a workbook.
    Sheets,
    /// Slides of a presentation.
    Slides,
}

impl<'a> Watch<'a> {
    /// Whoever is told by `tell`.
    #[must_use]
    pub const fn new(tell: &'a dyn Fn(Step)) -> Self {
        Self(Some(tell))
    }

    /// Tells of a step.
    pub fn saw(self, step: Step) {
        if let Some(tell) = self.0 {
            tell(step);
        }
    }
}

impl std::fmt::Debug for Watch<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.0.is_some() { "somebody" } else { "nobody" })
    }
}

/// How the lines of a flowed text are joined (RFC 3676 4.1, 4.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Flowed {
    /// `delsp=yes`: the blank at the end of a soft line is not part of the text, as Japanese mailers write it.
    pub delsp: bool,
}

/// How bytes were made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Assurance {
    /// Copied after checks.
    Filtered,
    /// Serialized anew from a parsed model.
    Rebuilt,
}

/// A link of a body, made inert.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Its number in the text, from 1.
    pub number: u32,
    /// The true target, defanged (`hxxps://host[.]example/path`).
    pub target: String,
    /// What the text showed, if it looked like another host's address.
    pub shown: Option<String>,
}

/// Rebuilt bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rebuilt {
    /// The bytes.
    pub bytes: Vec<u8>,
    /// Their media type, without parameters.
    pub media_type: &'static str,
    /// How they were made.
    pub assurance: Assurance,
    /// What was removed or changed; one entry per code.
    pub findings: Vec<Finding>,
    /// Links of a body, in order.
    pub links: Vec<Link>,
    /// Where in the file that was, as far as it has places.
    pub places: Vec<Place>,
}

/// An input that could not be rebuilt. The gateway keeps the original in quarantine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SanitizeError {
    /// The input is not what its type says.
    #[error("input is not valid {expected}")]
    Malformed {
        /// What it should have been.
        expected: &'static str,
    },
    /// A limit of the [`Budget`] was reached.
    #[error("{what} limit reached")]
    LimitReached {
        /// Which.
        what: &'static str,
    },
    /// The input is whole, but of a kind that is not handed on.
    #[error("{what} is not handed on")]
    Unsupported {
        /// What it is.
        what: &'static str,
    },
}

impl SanitizeError {
    /// The reason code people see.
    #[must_use]
    pub const fn code(self) -> Code {
        match self {
            Self::Malformed { .. } => Code::Corrupt,
            Self::LimitReached { .. } => Code::TooLarge,
            Self::Unsupported { .. } => Code::UnsupportedFormat,
        }
    }
}

/// Writes one kind of content anew.
///
/// Laws, checked for every sanitizer by one generic test: it never panics, never exceeds its budget; its output is its
/// own fixed point, byte for byte; the same input gives the same bytes; truncated input gives an error or clean output.
pub trait Sanitizer {
    /// Stable name in audit records.
    fn name(&self) -> &'static str;

    /// Raised whenever the same input may give other bytes than before.
    fn version(&self) -> u32;

    /// Writes `input` anew.
    ///
    /// # Errors
    /// [`SanitizeError`]; the caller keeps the part back.
    fn sanitize(&self, input: &[u8], hints: Hints<'_>, budget: &mut Budget) -> Result<Rebuilt, SanitizeError>;
}
