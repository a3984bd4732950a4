//! A wish to have an original, and what became of it (原本の申請, 承認, 差戻し).
//!
//! Refuses: to be decided by whoever asked. Invariant: a request ends once; what was approved is handed out on the
//! internet side only, by the review role.

use std::str::FromStr;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::action::RuleName;
use super::id::{AccountId, InvalidId, ItemId, Reference, RequestId};
use super::office::{DepartmentCode, Label};
use super::part::PartPath;
use super::reason::{Language, Reason};
use super::time::Timestamp;

/// Shortest reason in characters.
pub const MIN_WHY: usize = 10;
/// Longest reason or comment in characters.
pub const MAX_WHY: usize = 1000;

macro_rules! states {
    ($($(#[$doc:meta])+ $variant:ident = $name:literal, $ja:literal, $en:literal;)+) => {
        /// How a request stands.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum RequestState { $($(#[$doc])+ $variant),+ }

        impl RequestState {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The name in the store.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }

            /// What people are shown.
            #[must_use]
            pub const fn title(self, language: Language) -> &'static str {
                match (self, language) {
                    $((Self::$variant, Language::Ja) => $ja, (Self::$variant, Language::En) => $en),+
                }
            }
        }

        impl FromStr for RequestState {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                Self::ALL.iter().copied().find(|state| state.as_str() == text).ok_or(InvalidId::of("state of a request"))
            }
        }
    };
}

states! {
    /// Waits for an approver.
    Waiting = "waiting", "承認待ち", "Awaiting approval";
    /// Approved: the requester may fetch the original on the internet side until its time is over.
    Approved = "approved", "承認", "Approved";
    /// Returned with a comment (差戻し).
    Returned = "returned", "差戻し", "Returned";
    /// Taken back by the requester (取下げ).
    Withdrawn = "withdrawn", "取下げ", "Withdrawn";
    /// Nobody decided in time, or nobody fetched it in time.
    Expired = "expired", "期限切れ", "Expired";
    /// The original was handed out.
    HandedOver = "handed_over", "受取済み", "Handed over";
}

/// How dangerous what is asked for is, from its real type and its findings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Risk {
    /// A format that cannot be rebuilt, a password nobody knows.
    Normal,
    /// Macros, programs, a name that lies, a malformed mail: a comment is mandatory, bulk approval is off.
    High,
}

/// One request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReleaseRequest {
    /// Which.
    pub id: RequestId,
    /// Of what.
    pub item: ItemId,
    /// Its 管理番号.
    pub reference: Reference,
    /// Of which file; the whole mail if absent.
    pub part: Option<PartPath>,
    /// The file's name, as the page showed it.
    pub file: Option<String>,
    /// The subject, as the page showed it.
    pub subject: Option<String>,
    /// The mail's sender, as the page showed it.
    pub sender: String,
    /// Why it was kept back.
    pub kept_for: Option<Reason>,
    /// The rules that keep it back, each once, by name; none of what was asked for before that was kept.
    pub rules: Vec<RuleName>,
    /// How dangerous it is.
    pub risk: Risk,
    /// Who asked.
    pub requester: AccountId,
    /// Their name.
    pub requester_name: Label,
    /// Whose approvers decide.
    pub department: DepartmentCode,
    /// What it is needed for: 10 to 1000 characters.
    pub why: String,
    /// The last day on which it is needed, as the requester says.
    pub use_until: Option<Date>,
    /// When it was asked for.
    pub asked_at: Timestamp,
    /// Until when somebody must decide; once approved, until when it may be fetched.
    pub until: Timestamp,
    /// How it stands.
    pub state: RequestState,
    /// What was decided, and by whom.
    pub decided: Option<Decided>,
}

/// Who decided, and how.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decided {
    /// The approver or the deputy.
    pub by: AccountId,
    /// Their name.
    pub by_name: Label,
    /// In whose place, if a deputy decided.
    pub in_place_of: Option<Label>,
    /// When.
    pub at: Timestamp,
    /// What they said; mandatory if it was returned.
    pub comment: Option<String>,
}
