//! What became of the parts of an item, and the mails that leave because of it.
//!
//! Invariant: a [`PartOutcome`] has a derivative exactly when its action needed the worker and the worker wrote one.

use serde::{Deserialize, Serialize};

use super::action::{Action, RuleName};
use super::address::{Mailbox, ReversePath};
use super::derivative::Assurance;
use super::digest::Digest;
use super::facts::MessageId;
use super::finding::Finding;
use super::part::PartPath;
use super::reason::Reason;
use super::wire::WireMail;

/// What became of one part for one group of recipients.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartOutcome {
    /// The part.
    pub path: PartPath,
    /// What was done in the end: a part that could not be rebuilt ends as [`Action::Quarantine`].
    pub action: Action,
    /// Why it was kept back or left out, if it was.
    pub reason: Option<Reason>,
    /// The rule that decided.
    pub rule: RuleName,
    /// What was removed or changed while it was rebuilt.
    pub findings: Vec<Finding>,
    /// The rebuilt bytes, if there are any.
    pub derivative: Option<Digest>,
    /// How they were made.
    pub assurance: Option<Assurance>,
}

impl PartOutcome {
    /// True if the part waits in quarantine.
    #[must_use]
    pub const fn is_kept(&self) -> bool {
        matches!(self.action, Action::Hold | Action::Quarantine)
    }
}

/// A composed mail on its way to the next hop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outbound {
    /// MAIL FROM.
    pub reverse_path: ReversePath,
    /// RCPT TO.
    pub forward_paths: Vec<Mailbox>,
    /// Its Message-ID: the same at every retry.
    pub message_id: MessageId,
    /// The bytes.
    pub mail: WireMail,
    /// What became of the parts, for these recipients.
    pub outcomes: Vec<PartOutcome>,
}
