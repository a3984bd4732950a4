//! An archive as a list of members, and why some of it, or all of it, is kept back.
//!
//! Invariant: [`Archive::members`] keeps the order of the archive.

use sanitizer_api::Code;

/// What is in an archive.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Archive {
    /// Files, links and devices, in their order; no folders.
    pub members: Vec<Member>,
    /// What is strange about the archive as a whole; in order, each once.
    pub oddities: Vec<Oddity>,
    /// One compressed file without a name of its own: name the member after the archive, without its last extension.
    pub single: bool,
}

/// One member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// A safe relative path, folders divided by `/`; no other member has it, whatever the case of its letters.
    pub name: String,
    /// The names it came under, as decoded, the shown one first: for looking at extensions, not for showing.
    pub written: Vec<String>,
    /// What was changed to make the name safe; in order, each once.
    pub changes: Vec<NameChange>,
    /// Bytes, as the archive states them or as they were counted.
    pub size: u64,
    /// Encrypted with a password.
    pub encrypted: bool,
    /// What it is.
    pub content: Content,
}

/// What a member is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// A file; its checksum is right where the archive has one.
    File(Vec<u8>),
    /// Something that is kept back.
    Kept(Kept),
}

/// Why a member is kept back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kept {
    /// A symbolic link, a hard link, a junction.
    Link,
    /// A device, a pipe, a socket.
    Device,
    /// Encrypted with a password.
    Encrypted,
    /// Over [`Allowance::member_bytes`](crate::Allowance::member_bytes).
    TooLarge,
    /// Packed with a method that is not read, continued in another volume, or of an unknown kind.
    Unsupported,
    /// It does not unpack to what the archive states.
    Corrupt,
    /// The places of the archive that describe it disagree.
    Disagrees,
}

impl Kept {
    /// The reason code people see.
    #[must_use]
    pub const fn code(self) -> Code {
        match self {
            Self::Encrypted => Code::PasswordRequired,
            Self::TooLarge => Code::TooLarge,
            Self::Link | Self::Device | Self::Unsupported => Code::UnsupportedFormat,
            Self::Corrupt => Code::Corrupt,
            Self::Disagrees => Code::AmbiguousStructure,
        }
    }
}

/// What was changed in a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum NameChange {
    /// It led out of the folder (`..`).
    Traversal,
    /// It began at a root, a drive or a server.
    Absolute,
    /// It was a device of Windows (`CON`, `NUL`, `COM1`).
    Device,
    /// It named a stream of a file (`:`).
    Stream,
    /// It had control characters, or characters that reorder others.
    Hidden,
    /// It ended in dots or blanks, or began with blanks.
    Ending,
    /// It had characters that no file of Windows may have.
    Forbidden,
    /// It was too long or too deep.
    Shortened,
    /// It had no letter left.
    Empty,
    /// It was the name of another member too, or of a folder.
    Duplicate,
    /// Its spellings end in different extensions.
    SpellingsDisagree,
    /// Some of its bytes have no reading.
    Undecodable,
}

impl NameChange {
    /// True for changes that no honest program makes necessary.
    #[must_use]
    pub const fn is_hostile(self) -> bool {
        matches!(self, Self::Traversal | Self::Device | Self::Stream | Self::Hidden | Self::SpellingsDisagree)
    }
}

/// What is strange about an archive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Oddity {
    /// Bytes in front of the archive.
    DataBefore,
    /// Bytes between members, or between members and the directory.
    DataBetween,
    /// Bytes behind the archive.
    DataBehind,
    /// The places that describe a member disagree.
    HeadersDisagree,
    /// Files that macOS and Windows put in for themselves; they are no members.
    Leftovers,
    /// Several members of one name, letter by letter.
    DuplicateNames,
    /// Names that lead elsewhere, hide something or name a device.
    HostileNames,
    /// The archive ends before its end.
    Truncated,
}

/// Why an archive is not opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// No opener for this type, or one part of a split archive.
    #[error("no reader for this kind of archive")]
    Unsupported,
    /// It is not what it should be.
    #[error("not a whole archive")]
    Malformed,
    /// Members overlap, or there are two directories: readers would disagree about what is in it.
    #[error("the archive can be read in more than one way")]
    Ambiguous,
    /// Its list of members is encrypted.
    #[error("the list of members is encrypted")]
    Encrypted,
    /// Over [`Allowance::bytes`](crate::Allowance::bytes), or packed more densely than any honest archive.
    #[error("too many bytes inside")]
    TooLarge,
    /// Over [`Allowance::members`](crate::Allowance::members).
    #[error("too many members inside")]
    TooManyMembers,
}

impl Unreadable {
    /// The reason code people see.
    #[must_use]
    pub const fn code(self) -> Code {
        match self {
            Self::Unsupported => Code::UnsupportedFormat,
            Self::Malformed => Code::Corrupt,
            Self::Ambiguous => Code::AmbiguousStructure,
            Self::Encrypted => Code::PasswordRequired,
            Self::TooLarge => Code::TooLarge,
            Self::TooManyMembers => Code::TooManyFiles,
        }
    }
}
