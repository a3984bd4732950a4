//! The new mail, written from scratch out of derivatives; never sees an original.
//!
//! Refuses: parts without an outcome, outcomes without their derivative, rebuilt bytes that are not strict UTF-8 text of
//! a listed media type. Invariant: the same arguments give the same bytes, and every mail keeps the laws that
//! `laws::check` states (reference: security 3).

pub mod archive;
mod contents;
mod entity;
mod field;
mod filename;
mod headers;
mod looks;
mod notice;
pub mod phrases;
pub mod preview;
mod text;
mod tidings;
mod wording;

#[cfg(test)]
mod laws;
#[cfg(test)]
mod tests;

use std::fmt;

use bytes::Bytes;

use crate::domain::wire::Unclean;
use crate::domain::{
    Derivative, Domain, Envelope, Facts, HeaderFacts, ItemId, Language, Mailbox, MessageId, PartOutcome, PartPath,
    Reason, RuleName, Timestamp, WireMail,
};
use contents::Contents;
use entity::{Entity, TextBody};
pub use filename::attached_name;
use headers::Identity;
pub use phrases::Phrases;
pub use tidings::{News, compose_tiding};

/// What a new mail tells about the municipality.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Site {
    /// Name of this gateway in Received and in derived Message-IDs.
    pub host_name: Domain,
    /// Language of the notice.
    pub language: Language,
    /// Offset of local time from UTC in minutes.
    pub utc_offset_minutes: i16,
    /// Whom staff ask; left out if empty.
    pub contact: String,
    /// Address of the staff portal without a slash at the end; empty while there is none.
    pub portal_url: String,
    /// Days until the original is destroyed, counted from its receipt.
    pub retention_days: u32,
    /// What the site says in its own words.
    pub phrases: Phrases,
}

/// One mail to write: an item as one group of recipients gets it.
#[derive(Debug, Clone, Copy)]
pub struct Letter<'a> {
    /// The item.
    pub id: ItemId,
    /// Number of the group of recipients within the item.
    pub group: u32,
    /// What is known about the item.
    pub facts: &'a Facts,
    /// What became of its parts, for this group.
    pub outcomes: &'a [PartOutcome],
    /// The rebuilt bytes that the outcomes name, in any order.
    pub derivatives: &'a [&'a Derivative],
    /// It follows the mail of the same item and group, with what a password opened that came later.
    pub opened_later: bool,
}

/// The mail that tells recipients of an item that was kept back as a whole. Of its headers their number is all that is
/// known here.
#[derive(Debug, Clone, Copy)]
pub struct Notice<'a> {
    /// The item.
    pub id: ItemId,
    /// Number of the group of recipients within the item.
    pub group: u32,
    /// When it was accepted.
    pub received_at: Timestamp,
    /// Its envelope; MAIL FROM is shown as inert text.
    pub envelope: &'a Envelope,
    /// Received fields of the item, as far as it was read: a notice that is sent on to us counts on.
    pub hops: u32,
    /// Whether a rule holds it, or it could not be made safe.
    pub kept: Kept,
    /// Why it was kept back.
    pub reason: Reason,
    /// The rule that decided, if one did.
    pub rule: Option<&'a RuleName>,
}

/// How an item as a whole is kept back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// It could not be made safe.
    Quarantined,
    /// A rule holds it until a person has looked.
    Held,
}

/// A mail ready to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Composed {
    /// The bytes.
    pub mail: WireMail,
    /// Its Message-ID: the same for the same letter.
    pub message_id: MessageId,
    /// What its recipients find.
    pub status: MailStatus,
    /// The names under which parts are attached, in reading order.
    pub names: Vec<(PartPath, String)>,
}

/// What the recipients of a mail find, for its subject and for machines (`X-Temizu-Status`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum MailStatus {
    /// Nothing was changed or left out.
    Clean,
    /// Only the body was changed on its way to plain text.
    Text,
    /// A file was changed, or something was left out for good.
    Changed,
    /// Something is kept back.
    Action,
    /// A rule holds the whole item.
    Held,
    /// The whole item is kept back.
    Quarantined,
}

impl MailStatus {
    /// The value of `X-Temizu-Status`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Clean => "clean",
            Self::Text => "text",
            Self::Changed => "changed",
            Self::Action => "action",
            Self::Held => "held",
            Self::Quarantined => "quarantined",
        }
    }
}

impl fmt::Display for MailStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Why no mail could be written. The same arguments give the same error: retrying is of no use.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ComposeError {
    /// Parts, outcomes and derivatives do not fit each other: a fault of the caller.
    #[error("part {path}: {what}")]
    Inconsistent {
        /// The part.
        path: PartPath,
        /// What does not fit.
        what: &'static str,
    },
    /// Rebuilt bytes that no mail may carry: a fault of the sanitizer.
    #[error("the derivative of part {path} {what}")]
    Unfit {
        /// The part it was made from.
        path: PartPath,
        /// What is wrong with it.
        what: &'static str,
    },
    /// The configured host name is too long for a Message-ID.
    #[error("the host name does not fit a message-id")]
    HostName,
    /// What was written is not fit for the wire: a fault of this module.
    #[error("the new mail is not fit for the wire")]
    Unclean(#[from] Unclean),
}

/// Writes the mail for one group of recipients.
///
/// # Errors
/// See [`ComposeError`].
pub fn compose(site: &Site, letter: &Letter<'_>) -> Result<Composed, ComposeError> {
    let contents = Contents::gather(letter)?;
    let status = contents.status();
    let message_id = match &letter.facts.headers.message_id {
        _ if letter.opened_later => derived_message_id(site, letter.id, letter.group, ".opened")?,
        Some(kept) if !text::holds_encoded_word(kept.as_str()) => kept.clone(),
        _ => derived_message_id(site, letter.id, letter.group, "")?,
    };
    let boundary = format!("temizu-{}-{}", letter.id, letter.group).to_ascii_lowercase();
    let body = TextBody(notice::delivered(site, letter, &contents));
    let entity = Entity { body: &body, files: &contents.files(), boundary: &boundary };

    let identity = Identity { id: letter.id, message_id: &message_id, status };
    let mut fields = headers::of_letter(site, letter.facts, &contents, &identity, entity.capacity());
    entity.write(&mut fields);
    Ok(Composed { names: contents.names(), ..finish(fields, message_id, status)? })
}

/// Writes the mail that says that an item is kept back as a whole.
///
/// # Errors
/// [`ComposeError::HostName`].
pub fn compose_notice(site: &Site, notice: &Notice<'_>) -> Result<Composed, ComposeError> {
    let (status, kind) = match notice.kept {
        Kept::Quarantined => (MailStatus::Quarantined, ".notice"),
        Kept::Held => (MailStatus::Held, ".held"),
    };
    let message_id = derived_message_id(site, notice.id, notice.group, kind)?;
    let body = TextBody(notice::kept(site, notice));
    let entity = Entity { body: &body, files: &[], boundary: "" };

    let identity = Identity { id: notice.id, message_id: &message_id, status };
    let mut fields = headers::of_notice(site, notice, &identity, entity.capacity());
    entity.write(&mut fields);
    finish(fields, message_id, status)
}

/// True for an item that says to be a notice of ours, which somebody sends on to us. Whoever writes a notice about it may
/// never end.
#[must_use]
pub fn is_own_notice(site: &Site, envelope: &Envelope, headers: &HeaderFacts) -> bool {
    let is_ours = |author: &Mailbox| {
        author.local_part().eq_ignore_ascii_case(headers::DAEMON) && author.domain() == site.host_name
    };
    envelope.reverse_path.mailbox().is_none()
        && headers.auto_submitted.is_some()
        && headers.from.iter().any(|author| is_ours(&author.address))
}

fn finish(fields: field::Fields, message_id: MessageId, status: MailStatus) -> Result<Composed, ComposeError> {
    let mail = WireMail::try_from(Bytes::from(fields.into_bytes()))?;
    Ok(Composed { mail, message_id, status, names: Vec::new() })
}

/// Made of what never changes for an item, so that a mail sent twice is known by its Message-ID.
fn derived_message_id(site: &Site, id: ItemId, group: u32, kind: &str) -> Result<MessageId, ComposeError> {
    let id = id.to_string().to_ascii_lowercase();
    MessageId::try_from(format!("<{id}.{group}{kind}@{}>", site.host_name)).map_err(|_| ComposeError::HostName)
}
