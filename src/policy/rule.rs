//! A rule, and the departments it may speak of.
//!
//! Invariant: a rule has a code exactly when its effect keeps a part from the recipient.

use std::sync::Arc;

use jiff::civil::Date;

use super::condition::{Condition, Subject};
use super::pattern::{AddressPattern, Person};
use super::trial::Case;
use crate::config::fault::Position;
use crate::domain::{Action, Reason, RuleName};

/// One checked rule.
#[derive(Debug, Clone)]
pub struct Rule {
    /// Its name.
    pub name: RuleName,
    /// Who answers for it.
    pub owner: String,
    /// Why it exists, for administrators and auditors.
    pub reason_text: String,
    /// What it does.
    pub effect: Effect,
    /// The code staff are shown; absent where nothing is kept back.
    pub code: Option<Reason>,
    /// What it keeps back is tried with the passwords that were found for it.
    pub opens_with_passwords: bool,
    /// Its last day; absent for a rule without end.
    pub expires: Option<Date>,
    /// The file it came from.
    pub file: String,
    /// Where in the file.
    pub position: Position,
    pub(super) when: Vec<Condition>,
    pub(super) cases: Vec<Case>,
}

/// What a rule does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// It decides about a part.
    Part(Action),
    /// It holds the mail as a whole.
    HoldMail,
}

/// Addresses under one name.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Department {
    pub(super) name: String,
    pub(super) members: Vec<AddressPattern>,
}

impl Effect {
    /// The name of [`Effect::HoldMail`] in rules.
    pub const HOLD_MAIL: &'static str = "hold-mail";

    /// The name in rules.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Part(action) => action.as_str(),
            Self::HoldMail => Self::HOLD_MAIL,
        }
    }

    /// The effect with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::all().find(|effect| effect.as_str() == name)
    }

    /// The code staff are shown unless the rule says another; absent where nothing is kept back.
    #[must_use]
    pub const fn usual_code(self) -> Option<Reason> {
        match self {
            Self::Part(Action::Text | Action::Rebuild) | Self::HoldMail => None,
            Self::Part(Action::Hold) => Some(Reason::SenderRule),
            Self::Part(Action::Quarantine) => Some(Reason::QuarantinedByRule),
            Self::Part(Action::Strip) => Some(Reason::RemovedByRule),
        }
    }

    pub(super) fn all() -> impl Iterator<Item = Self> {
        Action::ALL.iter().copied().map(Self::Part).chain([Self::HoldMail])
    }

    pub(super) const fn is_about_mail(self) -> bool {
        matches!(self, Self::HoldMail)
    }
}

impl Rule {
    /// The conditions as written in the rule: `class = ["executable"]`.
    pub fn conditions(&self) -> impl Iterator<Item = String> {
        self.when.iter().map(ToString::to_string)
    }

    /// True until the end of its last day.
    #[must_use]
    pub fn is_live(&self, today: Date) -> bool {
        self.expires.is_none_or(|last| today <= last)
    }

    /// True if every condition holds, recipients apart.
    pub(super) fn holds(&self, subject: &Subject<'_>) -> bool {
        self.when.iter().all(|condition| condition.holds(subject))
    }

    /// True if every condition about the recipient holds.
    pub(super) fn holds_for(&self, recipient: &Person) -> bool {
        self.when.iter().all(|condition| condition.holds_for(recipient))
    }

    pub(super) fn is_about_recipient(&self) -> bool {
        self.when.iter().any(Condition::is_about_recipient)
    }

    pub(super) fn is_about_part(&self) -> bool {
        self.when.iter().any(Condition::is_about_part)
    }

    /// True if `later` can never match because this rule matches first, always.
    pub(super) fn shadows(&self, later: &Self) -> bool {
        let outlives = self.expires.is_none_or(|end| later.expires.is_some_and(|other| other <= end));
        let covers = |condition: &Condition| later.when.iter().any(|other| condition.covers(other));
        self.effect.is_about_mail() == later.effect.is_about_mail() && outlives && self.when.iter().all(covers)
    }
}

impl Department {
    pub(super) fn has(&self, person: &Person) -> bool {
        self.members.iter().any(|member| member.matches(Some(person)))
    }

    pub(super) fn named<'d>(departments: &'d [Arc<Self>], name: &str) -> Option<&'d Arc<Self>> {
        departments.iter().find(|department| department.name == name)
    }
}
