//! What people are told by mail of requests and of what waits for them: written by whoever changes a state, in the same
//! transaction, composed and put into the outbox by the process role.
//!
//! Refuses nothing. Invariant: a tiding names accounts and requests, never words of a mail; the mail that tells it
//! carries a link that changes nothing by itself.

use async_trait::async_trait;

use super::StoreError;
use crate::domain::{
    Account, AuditEvent, ItemId, Language, Mailbox, Outbound, Reference, RequestId, TenantId, Timestamp,
};

/// What is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TidingKind {
    /// To approvers: a request waits for them.
    Asked,
    /// To the requester: it was approved.
    Approved,
    /// To the requester: it was returned.
    Returned,
    /// To the requester: it is over without a decision, or was not fetched in time.
    Expired,
    /// To staff, twice a day: what waits for them.
    Digest,
}

impl TidingKind {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Asked, Self::Approved, Self::Returned, Self::Expired, Self::Digest];

    /// The name in the store and in records.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Asked => "asked",
            Self::Approved => "approved",
            Self::Returned => "returned",
            Self::Expired => "expired",
            Self::Digest => "digest",
        }
    }
}

/// One thing to tell one person.
#[derive(Debug, Clone)]
pub struct Tiding {
    /// What.
    pub kind: TidingKind,
    /// Whom.
    pub account: Account,
    /// Where to.
    pub mailbox: Mailbox,
    /// Their language, if they chose one.
    pub language: Option<Language>,
    /// The items it is about, with their 管理番号, oldest first; the mail is filed under the last.
    pub items: Vec<(ItemId, Reference)>,
    /// The request it is about.
    pub request: Option<RequestId>,
    /// Since when it is to be told.
    pub since: Timestamp,
}

/// The process role's side.
#[async_trait]
pub trait Tidings: Send + Sync {
    /// What is to be told at once, oldest first.
    ///
    /// # Errors
    /// If the store does not answer.
    async fn due_tidings(&self, tenant: &TenantId, limit: u32) -> Result<Vec<Tiding>, StoreError>;

    /// The digest of each account that wants one and has something that needs action, received after its last digest.
    ///
    /// # Errors
    /// If the store does not answer.
    async fn digests(&self, tenant: &TenantId, now: Timestamp) -> Result<Vec<Tiding>, StoreError>;

    /// Puts the mail that tells it into the outbox, filed under its last item, and takes it as told; with its record.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if somebody else has told it.
    async fn told(
        &self,
        tenant: &TenantId,
        tiding: &Tiding,
        mail: Outbound,
        record: AuditEvent,
    ) -> Result<(), StoreError>;
}
