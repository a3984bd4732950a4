//! What the pipeline and the edges need from the world: traits without implementation.
//!
//! A role is handed only the ports it needs: intake gets [`OriginalSink`] and cannot read back; the LGWAN side never
//! gets [`OriginalSource`]. Invariant: no trait here both reads originals and serves the LGWAN side.

pub mod accounts;
pub mod arrivals;
pub mod blob;
pub mod edge;
pub mod errands;
pub mod originals;
pub mod outbox;
pub mod part_reader;
pub mod passwords;
pub mod progress;
pub mod queue;
pub mod rebuilder;
pub mod register;
pub mod releases;
pub mod retention;
pub mod sessions;
pub mod tidings;
pub mod uploads;

pub use accounts::{AccountChange, Accounts, Credentials, Failures};
pub use arrivals::{
    ArrivalCounts, ArrivalDetail, ArrivalLine, ArrivalQuery, Arrivals, AskedByOther, Delivery, Fetched, MAX_FETCHES,
    Sought, Tab, Term, Typed, Viewer,
};
pub use blob::Blob;
pub use edge::{Clock, Entropy, NoEntropy};
pub use errands::{MAX_TRIALS, Offer, OfferState, Offers, Opened, Trial, TrialEnd, Trials};
pub use originals::{Accepted, OriginalSink, OriginalSource, OriginalWriter};
pub use outbox::{Dispatch, Outbox, Reply, Settlement};
pub use part_reader::PartReader;
pub use passwords::{OpenedBefore, PasswordSearch, PasswordSource, Passwords, Waiting};
pub use progress::{Onlooker, Progress, Standings, Step, Unit};
pub use queue::{Conclusion, HandedName, Lease, Queue};
pub use rebuilder::{
    Answer, AuthenticationField, AuthenticationResult, Inspection, Order, RebuildSession, Rebuilder, SandboxError,
    Subject,
};
pub use register::{ItemDetail, ItemFilter, ItemSummary, Operator, QuarantineEntry, RecipientState, Register};
pub use releases::{Glance, HandOver, IsShown, Judgement, Releases, Ruling};
pub use retention::Retention;
pub use sessions::{Door, OneTimeLink, Session, Sessions};
pub use tidings::{DigestQuery, Tiding, TidingKind, Tidings};
pub use uploads::{UploadBytes, UploadCut, UploadError, UploadState, Uploads, accept_upload};

/// Why a store did not do what it was asked. Each variant answers: try again, give up, or tell the operator?
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// No such row or object. Give up.
    #[error("not found in the store")]
    NotFound,
    /// Somebody else changed it: a lease was lost, a reference was taken. Start over.
    #[error("changed by somebody else")]
    Conflict,
    /// The disk has no room left beyond its reserve. Try again later.
    #[error("no room left on the disk")]
    Full,
    /// The store does not answer. Try again later.
    #[error("the store is not available")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The login of this process may not do it. Tell the operator: it is another role's work, or a grant is missing.
    #[error("the login may not do this")]
    Denied(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// What was read is not what was written. Tell the operator.
    #[error("stored data is damaged: {0}")]
    Damaged(&'static str),
}
