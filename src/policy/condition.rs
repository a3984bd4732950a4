//! What a rule asks of the mail, of a part, of a recipient: all conditions of a rule must hold, one of a list is enough.
//!
//! Refuses nothing: `parse` does. Invariant: a list is sorted, without repetition and not empty, so that equal
//! conditions have equal texts.

use std::fmt;
use std::sync::Arc;

use regex::Regex;

use super::pattern::{AddressPattern, Person};
use super::rule::Department;
use crate::domain::{Authentication, Facts, Finding, Part, PartPath, PartRole, Reason, TypeClass, TypeId};

/// One condition.
#[derive(Debug, Clone)]
pub(super) enum Condition {
    /// What the part is for the reader.
    Role(Vec<Role>),
    /// Family of the real type.
    Class(Vec<TypeClass>),
    /// Real type.
    Type(Vec<TypeId>),
    /// One of the part's extensions is listed.
    Extension(Vec<String>),
    /// All of the part's extensions are listed; a part without one fits.
    ExtensionOnly(Vec<String>),
    /// The name shown to people matches; a part without a name does not.
    NameMatches(Regex),
    /// The part has more bytes.
    SizeOver(u64),
    /// The part has fewer bytes.
    SizeUnder(u64),
    /// A password protects the part, or not.
    Encrypted(bool),
    /// Found on the part, on a multipart around it, or on the item as a whole.
    Finding(Vec<Reason>),
    /// What overall is known of the sender.
    Authentication(Vec<Authentication>),
    /// The reverse path of the envelope.
    Sender(Vec<AddressPattern>),
    /// The recipient.
    Recipient(Vec<AddressPattern>),
    /// The recipient belongs to it.
    Department(Vec<Arc<Department>>),
}

/// [`PartRole`] with an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Role {
    Body,
    Alternative,
    Attachment,
    Enclosed,
    Archive,
}

/// What a condition is asked about.
#[derive(Debug, Clone, Copy)]
pub(super) struct Subject<'f> {
    /// The item.
    pub(super) facts: &'f Facts,
    /// Who sent it; absent for the null path.
    pub(super) sender: Option<&'f Person>,
    /// The part; absent for the mail as a whole.
    pub(super) part: Option<&'f Part>,
}

/// The keys of `when`, in the order in which conditions are looked at.
pub(super) const KEYS: &[&str] = &[
    "role",
    "class",
    "type",
    "extension",
    "extension_only",
    "name_matches",
    "size_over",
    "size_under",
    "encrypted",
    "finding",
    "authentication",
    "sender",
    "recipient",
    "department",
];

impl Condition {
    /// Its key in `when`.
    pub(super) const fn key(&self) -> &'static str {
        match self {
            Self::Role(_) => "role",
            Self::Class(_) => "class",
            Self::Type(_) => "type",
            Self::Extension(_) => "extension",
            Self::ExtensionOnly(_) => "extension_only",
            Self::NameMatches(_) => "name_matches",
            Self::SizeOver(_) => "size_over",
            Self::SizeUnder(_) => "size_under",
            Self::Encrypted(_) => "encrypted",
            Self::Finding(_) => "finding",
            Self::Authentication(_) => "authentication",
            Self::Sender(_) => "sender",
            Self::Recipient(_) => "recipient",
            Self::Department(_) => "department",
        }
    }

    /// True if the answer depends on the recipient, and on nothing else.
    pub(super) const fn is_about_recipient(&self) -> bool {
        matches!(self, Self::Recipient(_) | Self::Department(_))
    }

    /// True if there is no answer without a part.
    pub(super) const fn is_about_part(&self) -> bool {
        !matches!(self, Self::Finding(_) | Self::Authentication(_) | Self::Sender(_)) && !self.is_about_recipient()
    }

    /// True if it holds for the subject. A condition about the recipient is left to [`Self::holds_for`].
    pub(super) fn holds(&self, subject: &Subject<'_>) -> bool {
        match self {
            Self::Finding(codes) => found(codes, subject),
            Self::Authentication(outcomes) => outcomes.contains(&subject.facts.sender.authentication()),
            Self::Sender(patterns) => patterns.iter().any(|pattern| pattern.matches(subject.sender)),
            Self::Recipient(_) | Self::Department(_) => true,
            _ => subject.part.is_some_and(|part| self.holds_on(part)),
        }
    }

    /// True if it holds for the recipient, or is not about one.
    pub(super) fn holds_for(&self, recipient: &Person) -> bool {
        match self {
            Self::Recipient(patterns) => patterns.iter().any(|pattern| pattern.matches(Some(recipient))),
            Self::Department(departments) => departments.iter().any(|department| department.has(recipient)),
            _ => true,
        }
    }

    /// True if it holds wherever `other`, of the same key, holds.
    pub(super) fn covers(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Role(all), Self::Role(some)) => contains(all, some),
            (Self::Class(all), Self::Class(some)) => contains(all, some),
            (Self::Type(all), Self::Type(some)) => contains(all, some),
            (Self::Extension(all), Self::Extension(some)) => contains(all, some),
            (Self::ExtensionOnly(all), Self::ExtensionOnly(some)) => contains(all, some),
            (Self::NameMatches(one), Self::NameMatches(other)) => one.as_str() == other.as_str(),
            (Self::SizeOver(one), Self::SizeOver(other)) => one <= other,
            (Self::SizeUnder(one), Self::SizeUnder(other)) => one >= other,
            (Self::Encrypted(one), Self::Encrypted(other)) => one == other,
            (Self::Finding(all), Self::Finding(some)) => contains(all, some),
            (Self::Authentication(all), Self::Authentication(some)) => contains(all, some),
            (Self::Sender(all), Self::Sender(some)) | (Self::Recipient(all), Self::Recipient(some)) => {
                contains(all, some)
            }
            (Self::Department(all), Self::Department(some)) => contains(all, some),
            _ => false,
        }
    }

    fn holds_on(&self, part: &Part) -> bool {
        match self {
            Self::Role(roles) => roles.contains(&Role::from(part.role)),
            Self::Class(classes) => classes.contains(&part.class),
            Self::Type(types) => types.contains(&part.detected),
            Self::Extension(listed) => part.extensions.iter().any(|extension| listed.contains(extension)),
            Self::ExtensionOnly(listed) => part.extensions.iter().all(|extension| listed.contains(extension)),
            Self::NameMatches(regex) => part.name.as_ref().is_some_and(|name| regex.is_match(name.as_str())),
            Self::SizeOver(bytes) => part.length > *bytes,
            Self::SizeUnder(bytes) => part.length < *bytes,
            Self::Encrypted(encrypted) => part.encrypted == *encrypted,
            Self::Finding(_) | Self::Authentication(_) | Self::Sender(_) | Self::Recipient(_) | Self::Department(_) => {
                false
            }
        }
    }
}

/// As written in a rule: `class = ["executable", "script"]`.
impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} = ", self.key())?;
        match self {
            Self::Role(roles) => list(f, roles.iter().map(|role| role.as_str())),
            Self::Class(classes) => list(f, classes.iter().map(|class| class.as_str())),
            Self::Type(types) => list(f, types.iter().map(TypeId::as_str)),
            Self::Extension(listed) | Self::ExtensionOnly(listed) => list(f, listed),
            Self::NameMatches(regex) => f.write_str(&quoted(regex.as_str())),
            Self::SizeOver(bytes) | Self::SizeUnder(bytes) => write!(f, "{bytes}"),
            Self::Encrypted(encrypted) => write!(f, "{encrypted}"),
            Self::Finding(codes) => list(f, codes.iter().map(|code| code.code())),
            Self::Authentication(outcomes) => list(f, outcomes.iter().map(|outcome| outcome.as_str())),
            Self::Sender(patterns) | Self::Recipient(patterns) => list(f, patterns),
            Self::Department(departments) => list(f, departments.iter().map(|department| &department.name)),
        }
    }
}

impl Role {
    pub(super) const ALL: &'static [Self] =
        &[Self::Body, Self::Alternative, Self::Attachment, Self::Enclosed, Self::Archive];

    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Body => "body",
            Self::Alternative => "alternative",
            Self::Attachment => "attachment",
            Self::Enclosed => "enclosed",
            Self::Archive => "archive",
        }
    }
}

impl From<PartRole> for Role {
    fn from(role: PartRole) -> Self {
        match role {
            PartRole::Body => Self::Body,
            PartRole::Alternative => Self::Alternative,
            PartRole::Attachment => Self::Attachment,
            PartRole::Enclosed => Self::Enclosed,
            PartRole::Archive => Self::Archive,
        }
    }
}

impl From<Role> for PartRole {
    fn from(role: Role) -> Self {
        match role {
            Role::Body => Self::Body,
            Role::Alternative => Self::Alternative,
            Role::Attachment => Self::Attachment,
            Role::Enclosed => Self::Enclosed,
            Role::Archive => Self::Archive,
        }
    }
}

/// `text` as a TOML string.
pub(super) fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

/// A TOML list of strings.
pub(super) fn list(f: &mut dyn fmt::Write, items: impl IntoIterator<Item = impl fmt::Display>) -> fmt::Result {
    f.write_str("[")?;
    for (index, item) in items.into_iter().enumerate() {
        let gap = if index == 0 { "" } else { ", " };
        write!(f, "{gap}{}", quoted(&item.to_string()))?;
    }
    f.write_str("]")
}

fn found(codes: &[Reason], subject: &Subject<'_>) -> bool {
    // A multipart is no part: what was found on one holds for everything in it. A mail inside the mail is one; of what
    // was found on it only a doubt about its structure holds for its parts.
    let is_around = |part: &Part, finding: &Finding| {
        part.path.is_inside(&finding.part)
            && (finding.code == Reason::AmbiguousStructure || subject.facts.part(&finding.part).is_none())
    };
    let here = |finding: &Finding| {
        let of_part = |part: &Part| part.path == finding.part || is_around(part, finding);
        finding.part == PartPath::root() || subject.part.is_some_and(of_part)
    };
    subject.facts.findings.iter().any(|finding| here(finding) && codes.contains(&finding.code))
}

/// True if the sorted list `all` has every item of `some`.
fn contains<T: Ord>(all: &[T], some: &[T]) -> bool {
    some.len() <= all.len() && some.iter().all(|item| all.binary_search(item).is_ok())
}
