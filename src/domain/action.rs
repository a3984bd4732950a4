//! What is done with a part, and the decision that says so.
//!
//! Invariant: a [`Decision`] names every recipient exactly once and, per group, every part exactly once.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::address::Mailbox;
use super::digest::Digest;
use super::part::PartPath;
use super::reason::Reason;

/// What a rule may do with a part: the guideline's accepted methods, and keeping back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// テキスト抽出: its text goes into the new mail.
    Text,
    /// 分解・再構成: it is written anew in its own format and attached.
    Rebuild,
    /// 目視確認・承認: it waits for a person's approval.
    Hold,
    /// 隔離: it is kept back.
    Quarantine,
    /// 削除: it is left out and not offered.
    Strip,
}

impl Action {
    /// All actions.
    pub const ALL: &'static [Self] = &[Self::Text, Self::Rebuild, Self::Hold, Self::Quarantine, Self::Strip];

    /// The name in rules, records and JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Rebuild => "rebuild",
            Self::Hold => "hold",
            Self::Quarantine => "quarantine",
            Self::Strip => "strip",
        }
    }

    /// True if the worker has to write something for this action.
    #[must_use]
    pub const fn needs_worker(self) -> bool {
        matches!(self, Self::Text | Self::Rebuild)
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The name of a rule, `R-012`: 1 to 32 of A-Z, a-z, 0-9, hyphen, dot, underscore.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RuleName(String);

/// Text that is not a rule name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a rule name (1 to 32 of A-Z, a-z, 0-9, '-', '.', '_')")]
pub struct InvalidRuleName;

impl RuleName {
    /// The name under which a part is kept back when no rule matched; no rule may bear it.
    #[must_use]
    pub fn last_resort() -> Self {
        Self("default".to_owned())
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RuleName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for RuleName {
    type Error = InvalidRuleName;

    fn try_from(text: String) -> Result<Self, InvalidRuleName> {
        let fits =
            (1..=32).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b));
        if fits { Ok(Self(text)) } else { Err(InvalidRuleName) }
    }
}

impl From<RuleName> for String {
    fn from(name: RuleName) -> Self {
        name.0
    }
}

/// Which set of rules decided: the digest of its canonical text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleVersion {
    /// SHA-256 of the canonical rule text.
    pub digest: Digest,
}

/// What was decided for one item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// The rules that decided.
    pub rules: RuleVersion,
    /// Recipients for whom everything is alike; each group gets its own mail.
    pub groups: Vec<GroupDecision>,
}

/// What was decided for one group of recipients.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupDecision {
    /// Whom it concerns.
    pub recipients: Vec<Mailbox>,
    /// The rule that holds the mail as a whole, if one does: nothing is sent to these recipients.
    pub hold: Option<RuleName>,
    /// One decision per part, in reading order.
    pub parts: Vec<PartDecision>,
}

/// What was decided for one part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartDecision {
    /// The part.
    pub path: PartPath,
    /// What to do.
    pub action: Action,
    /// Why it is kept back, if it is.
    pub reason: Option<Reason>,
    /// The rule that decided: the first that matched.
    pub rule: RuleName,
}

/// One step of the way to a decision, for `temizu explain` and the rule editor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Explanation {
    /// The recipient.
    pub recipient: Mailbox,
    /// The part; absent for rules about the mail as a whole.
    pub path: Option<PartPath>,
    /// The rule looked at.
    pub rule: RuleName,
    /// True if it matched (and so decided).
    pub matched: bool,
    /// The first condition that did not hold, as written in the rule.
    pub failed: Option<String>,
}
