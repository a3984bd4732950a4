//! The field's words as types: no I/O, no clock, no randomness, no async.
//!
//! Refuses: values that do not hold (an address with a line break, a digest of the wrong length).
//! Invariant: whoever holds one of these types never checks it again.

pub mod action;
pub mod address;
pub mod ambiguity;
pub mod arrival;
pub mod audit;
pub mod date;
pub mod derivative;
pub mod digest;
pub mod envelope;
pub mod facts;
pub mod finding;
pub mod fold;
pub mod id;
pub mod name;
pub mod office;
#[cfg(test)]
pub(crate) mod office_words;
pub mod outcome;
pub mod part;
pub mod password;
pub mod reason;
pub mod release;
pub mod sender;
pub mod stage;
pub mod tiding;
pub mod time;
pub mod wire;

pub use action::{Action, Decision, Explanation, GroupDecision, PartDecision, RuleName, RuleVersion};
pub use address::{Domain, Mailbox, ReversePath};
pub use ambiguity::{Ambiguity, AmbiguityFlag};
pub use arrival::{Arrival, ArrivalFile, ArrivalState, Rebuilt};
pub use audit::{AuditEvent, AuditRecord, Event};
pub use derivative::{Assurance, Derivative, Link, Place};
pub use digest::Digest;
pub use envelope::{Client, Envelope, Origin, Upload};
pub use facts::{Facts, HeaderFacts, MessageId, NamedAddress};
pub use finding::Finding;
pub use fold::folded;
pub use id::{AccountId, ItemId, ItemKey, OfferId, Reference, RequestId, TenantId};
pub use name::FileName;
pub use office::{
    Account, Department, DepartmentCode, Deputy, IdentitySource, Label, Login, OfficeRole, Posting, Preferences,
    Principal,
};
pub use outcome::{Outbound, PartOutcome};
pub use part::{Part, PartPath, PartRole, TypeClass, TypeId};
pub use password::Password;
pub use reason::{Language, Reason};
pub use release::{ReleaseRequest, RequestState, Risk};
pub use sender::{Authentication, CheckMethod, CheckResult, SenderCheck, SenderFacts};
pub use stage::{Stage, Status};
pub use tiding::{TidingKind, TimeOfDay};
pub use time::Timestamp;
pub use wire::WireMail;
