//! What staff see of a mail that came for them (受信一覧): made once, when the item is concluded, of what may enter the
//! LGWAN side; the portal reads nothing else about an item.
//!
//! Refuses nothing; its makers have checked every word. Invariant: nothing in it is a byte of an original that the
//! delivered mail would not carry: single lines without control or reordering characters, names, types, digests.

use serde::{Deserialize, Serialize};

use super::address::Mailbox;
use super::derivative::{Link, Place};
use super::digest::Digest;
use super::facts::HeaderFacts;
use super::finding::Finding;
use super::id::{AccountId, ItemId};
use super::outcome::PartOutcome;
use super::part::{Part, PartRole};
use super::reason::Reason;
use super::sender::SenderFacts;
use super::time::Timestamp;

macro_rules! states {
    ($($(#[$doc:meta])+ $variant:ident = $name:literal, $ja:literal, $en:literal;)+) => {
        /// How a mail stands, for one recipient: the word, icon and colour of its chip (reference: ux 3.2).
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum ArrivalState { $($(#[$doc])+ $variant),+ }

        impl ArrivalState {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The name in the store and in `is:` of the search.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }

            /// What people are shown.
            #[must_use]
            pub const fn title(self, language: super::Language) -> &'static str {
                match (self, language) {
                    $((Self::$variant, super::Language::Ja) => $ja, (Self::$variant, super::Language::En) => $en),+
                }
            }

            /// The state with this name.
            #[must_use]
            pub fn from_name(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|state| state.as_str() == name)
            }
        }
    };
}

states! {
    /// Everything in it can be had: it was delivered, or there was nothing but text.
    Available = "available", "受け取れます", "Ready";
    /// It is being worked on: accepted and not concluded, a typed password is being tried.
    Converting = "converting", "変換中", "Converting";
    /// A file waits for its password.
    PasswordWanted = "password", "パスワード待ち", "Password needed";
    /// A request for its original waits for an approver.
    ApprovalWanted = "approval", "承認待ち", "Awaiting approval";
    /// A rule or an operator holds it.
    Checking = "checking", "確認中", "Being checked";
    /// Something in it is kept back for good, unless its original is asked for.
    Withheld = "withheld", "渡せません", "Withheld";
    /// The time for which it is kept is over.
    Expired = "expired", "期限切れ", "Expired";
}

impl ArrivalState {
    /// How a mail with these parts stands once it is concluded and nobody holds it.
    #[must_use]
    pub fn concluded(parts: &[ArrivalFile]) -> Self {
        let kept = || parts.iter().filter(|file| file.outcome.is_kept());
        if kept().any(ArrivalFile::wants_password) {
            Self::PasswordWanted
        } else if kept().next().is_some() {
            Self::Withheld
        } else {
            Self::Available
        }
    }

    /// True if the reader can do something about it ("要対応").
    #[must_use]
    pub const fn needs_action(self) -> bool {
        matches!(self, Self::PasswordWanted | Self::Withheld)
    }
}

/// One mail, as one mailbox got it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Arrival {
    /// The item.
    pub id: ItemId,
    /// For whom.
    pub mailbox: Mailbox,
    /// When it was accepted.
    pub received_at: Timestamp,
    /// Length of the original in bytes.
    pub length: u64,
    /// MAIL FROM; empty for the null path.
    pub reverse_path: String,
    /// Its headers; empty of what could not be inspected.
    pub headers: HeaderFacts,
    /// What is known of the sender.
    pub sender: SenderFacts,
    /// Who put it in, if it was no mail but a file from the portal.
    pub uploaded_by: Option<AccountId>,
    /// What was found about the mail as a whole.
    pub findings: Vec<Finding>,
    /// Its parts in reading order: bodies and files.
    pub parts: Vec<ArrivalFile>,
}

/// A part of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArrivalFile {
    /// What came: name, declared and real type, length, digest.
    pub part: Part,
    /// What was found while it was inspected.
    pub findings: Vec<Finding>,
    /// What became of it.
    pub outcome: PartOutcome,
    /// What there is now, if it was written anew.
    pub now: Option<Rebuilt>,
}

impl ArrivalFile {
    /// True for a file, or a mail handed on as one; a body is read in place.
    #[must_use]
    pub const fn is_file(&self) -> bool {
        matches!(self.part.role, PartRole::Attachment | PartRole::Archive)
    }

    /// True if a password may open it.
    #[must_use]
    pub fn wants_password(&self) -> bool {
        self.part.encrypted || matches!(self.outcome.reason, Some(Reason::PasswordRequired | Reason::WrongPassword))
    }
}

impl Arrival {
    /// True if there are rebuilt files in it that can be fetched.
    #[must_use]
    pub fn has_files(&self) -> bool {
        self.parts.iter().any(|file| file.is_file() && file.now.is_some())
    }
}

/// What was written anew of a part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rebuilt {
    /// SHA-256 of the bytes: what they are fetched by.
    pub digest: Digest,
    /// Their length in bytes.
    pub length: u64,
    /// The name they are handed out under.
    pub name: String,
    /// Their media type.
    pub media_type: String,
    /// Who wrote them, and how: the sanitizer's name.
    pub sanitizer: String,
    /// Links of a body, in order.
    pub links: Vec<Link>,
    /// Where in the file its findings were made.
    pub places: Vec<Place>,
}
