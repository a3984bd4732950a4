//! Everything known about an item before a decision: the sole input of policy, kept so that rules can be replayed.
//!
//! Refuses nothing by itself; the sandbox checks a worker's answer before it becomes [`Facts`].
//! Invariant: facts hold no content, only headers, names, types, lengths, digests and findings.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::address::Mailbox;
use super::ambiguity::Ambiguity;
use super::envelope::Origin;
use super::finding::Finding;
use super::part::{Part, PartPath, PartRole};
use super::sender::SenderFacts;
use super::time::Timestamp;

/// Facts about one item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// When it was accepted.
    pub received_at: Timestamp,
    /// Where it came from.
    pub origin: Origin,
    /// Length of the original in bytes.
    pub length: u64,
    /// The headers that a new mail may carry, decoded.
    pub headers: HeaderFacts,
    /// The leaves of the MIME tree in reading order.
    pub parts: Vec<Part>,
    /// What was found while inspecting.
    pub findings: Vec<Finding>,
    /// Why the structure can be read in more than one way.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ambiguities: Vec<Ambiguity>,
    /// What is known of the sender.
    #[serde(default)]
    pub sender: SenderFacts,
}

impl Facts {
    /// The part at `path`.
    #[must_use]
    pub fn part(&self, path: &PartPath) -> Option<&Part> {
        self.parts.iter().find(|part| part.path == *path)
    }

    /// The attachments in reading order, with what is in archives.
    pub fn attachments(&self) -> impl Iterator<Item = &Part> {
        self.parts.iter().filter(|part| matches!(part.role, PartRole::Attachment | PartRole::Archive))
    }
}

/// The allow-listed headers, decoded to single lines without control or reordering characters.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct HeaderFacts {
    /// Authors (RFC 5322 3.6.2).
    pub from: Vec<NamedAddress>,
    /// Primary recipients.
    pub to: Vec<NamedAddress>,
    /// Other recipients.
    pub cc: Vec<NamedAddress>,
    /// Where answers go.
    pub reply_to: Vec<NamedAddress>,
    /// The subject; absent if the mail had none.
    pub subject: Option<String>,
    /// Date: seconds since the epoch and the sender's offset from UTC in minutes; absent if there was none that reads.
    pub date: Option<(i64, i16)>,
    /// The Message-ID, if it is strictly valid (RFC 5322 3.6.4).
    pub message_id: Option<MessageId>,
    /// The thread, oldest first; only strictly valid ones.
    pub references: Vec<MessageId>,
    /// What this answers.
    pub in_reply_to: Vec<MessageId>,
    /// How many Received headers the original carried.
    pub hops: u32,
    /// List-Id (RFC 2919): what stands in its angle brackets; at most 255 printable ASCII characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub list_id: Option<String>,
    /// Auto-Submitted (RFC 3834 5): `auto-generated`, `auto-replied` and the like; a lower-case word.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auto_submitted: Option<String>,
    /// Precedence: `bulk`, `list` or `junk`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub precedence: Option<String>,
}

/// A display name and an address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NamedAddress {
    /// The display name; empty if there was none.
    pub name: String,
    /// The address.
    pub address: Mailbox,
}

/// A strictly valid Message-ID with its angle brackets: `<left@right>`, at most 250 bytes of printable ASCII.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct MessageId(String);

/// Text that is not a strictly valid Message-ID.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a Message-ID (RFC 5322 3.6.4)")]
pub struct InvalidMessageId;

impl MessageId {
    /// The identifier with its angle brackets.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for MessageId {
    type Error = InvalidMessageId;

    fn try_from(text: String) -> Result<Self, InvalidMessageId> {
        let inside = text.strip_prefix('<').and_then(|rest| rest.strip_suffix('>')).unwrap_or_default();
        let atom = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~.".contains(&b);
        let side = |side: &str| !side.is_empty() && side.bytes().all(atom);
        let literal = |right: &str| {
            right.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).is_some_and(|address| {
                address.strip_prefix("IPv6:").unwrap_or(address).parse::<std::net::IpAddr>().is_ok()
            })
        };
        let valid = text.len() <= 250
            && inside.split_once('@').is_some_and(|(left, right)| side(left) && (side(right) || literal(right)));
        if valid { Ok(Self(text)) } else { Err(InvalidMessageId) }
    }
}

impl From<MessageId> for String {
    fn from(id: MessageId) -> Self {
        id.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_strictly_valid_message_ids_are_kept() {
        for text in ["<a@b>", "<20261123.7K3F$1@mail.example.jp>", "<x@[192.0.2.1]>", "<a.b=c@d>"] {
            assert_eq!(MessageId::try_from(text.to_owned()).unwrap().as_str(), text);
        }
        for text in [
            "a@b",
            "<a@b",
            "<a>",
            "<a@b@c>",
            "<a b@c>",
            "<a@b>\r\nX: y",
            "<\"q\"@b>",
            "<@b>",
            "<a@>",
            "<あ@b>",
            "<a@b> ",
        ] {
            assert_eq!(MessageId::try_from(text.to_owned()), Err(InvalidMessageId), "{text:?}");
        }
        assert!(MessageId::try_from(format!("<{}@b>", "a".repeat(250))).is_err());
    }
}
