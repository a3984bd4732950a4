//! The MIME tree of a mail, its headers decoded, its parts named.
//!
//! The tree comes from mail-parser; header text is decoded here, from raw bytes, because Japanese mail needs it.
//! Refuses: mail over a limit, and nothing at all. Invariant: a place where two readers could differ is either a
//! finding or of no consequence for what is attached to the mail.

mod address;
mod alternative;
mod authentication;
mod block;
mod charsets;
mod doubt;
mod entity;
mod headers;
mod identifier;
mod lexer;
mod names;
pub mod openpgp;
mod outside;
mod parameters;
mod role;
mod salvage;
pub mod smime;
mod transfer;
mod tree;
pub mod uuencode;
mod words;

#[cfg(test)]
mod corpus;
#[cfg(test)]
mod tests;

use std::borrow::Cow;

use sanitizer_api::{Code, Flag, Flowed};

pub use address::Address;
pub use authentication::{AuthenticationField, AuthenticationResult};
pub use headers::Headers;
pub use names::Names;

/// A place in the MIME tree: numbers from 1, outermost first, as IMAP numbers sections; empty for the whole mail.
pub type Path = Vec<u16>;

/// What a mail may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of one header block, the mail's own or that of a part.
    pub header_bytes: u64,
    /// Multiparts and messages inside each other; never more than 64.
    pub depth: u32,
    /// Parts, containers included.
    pub parts: u32,
}

/// Header fields of one block; more are refused.
pub const MAX_FIELDS: usize = 500;

/// Why a mail is not read at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unreadable {
    /// Over [`Limits::parts`].
    TooManyParts,
    /// Over [`Limits::depth`].
    TooDeep,
    /// Over [`Limits::header_bytes`] or [`MAX_FIELDS`].
    HeadersTooLong,
    /// Nothing but blanks.
    Empty,
}

impl Unreadable {
    /// The reason code people see.
    #[must_use]
    pub const fn code(self) -> Code {
        match self {
            Self::TooManyParts => Code::TooManyFiles,
            Self::TooDeep => Code::TooDeep,
            Self::HeadersTooLong => Code::TooLarge,
            Self::Empty => Code::Corrupt,
        }
    }
}

/// A mail, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail<'a> {
    /// What its headers say.
    pub headers: Headers,
    /// Its leaves in reading order.
    pub leaves: Vec<Leaf<'a>>,
    /// What was found, where, how many times; one entry per place and code.
    pub findings: Vec<(Path, Code, u32)>,
    /// Why its structure can be read in more than one way; one entry per place and flag.
    pub ambiguities: Vec<(Path, Flag, u32)>,
}

/// What a leaf is for the reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Text shown in place.
    Body,
    /// The less rich twin of a body.
    Alternative,
    /// A file.
    Attachment,
}

/// One leaf of the MIME tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leaf<'a> {
    /// Its place.
    pub path: Path,
    /// What it is for the reader.
    pub role: Role,
    /// Declared media type, lower case, without parameters; `text/plain` if none that reads (RFC 2045 5.2).
    pub declared: String,
    /// Declared charset, as written.
    pub charset: Option<String>,
    /// Declared as `format=flowed` (RFC 3676).
    pub flowed: Option<Flowed>,
    /// The names it came under.
    pub names: Names,
    /// Its content, transfer encoding removed.
    pub bytes: Cow<'a, [u8]>,
}

/// Takes the mail in `bytes` apart.
///
/// # Errors
/// [`Unreadable`] if it is over a limit or blank; limits are checked before the work they bound.
pub fn inspect<'a>(bytes: &'a [u8], limits: &Limits) -> Result<Mail<'a>, Unreadable> {
    tree::read(bytes, limits)
}

/// Bytes before the first blank line of `bytes`: of a mail the length of its own header block. Linear.
#[must_use]
pub fn header_length(bytes: &[u8]) -> usize {
    tree::header_length(bytes)
}
