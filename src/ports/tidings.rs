//! What people are told by mail of requests and of what waits for them: written by whoever changes a state, in the same
//! transaction, composed and put into the outbox by the process role.
//!
//! Refuses: to tell whoever is blocked, has no address or wants no mail. Invariant: a tiding names accounts and requests,
//! never words of a mail; the mail that tells it carries a link that changes nothing by itself.

use async_trait::async_trait;
use jiff::civil::Date;

use super::StoreError;
pub use crate::domain::TidingKind;
use crate::domain::office::DigestTimes;
use crate::domain::{
    AccountId, AuditEvent, ItemId, Language, Mailbox, Outbound, Reference, RequestId, TenantId, Timestamp,
};

/// One thing to tell one person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tiding {
    /// What.
    pub kind: TidingKind,
    /// Whom.
    pub account: AccountId,
    /// Where to: their own address.
    pub mailbox: Mailbox,
    /// Their language, if they chose one.
    pub language: Option<Language>,
    /// The items it is about, with their 管理番号, oldest first, at least one; the mail is filed under the last.
    pub items: Vec<(ItemId, Reference)>,
    /// The request it is about.
    pub request: Option<RequestId>,
    /// Until when the request must be decided, or the approved original fetched.
    pub until: Option<Timestamp>,
    /// Since when it is to be told.
    pub since: Timestamp,
}

/// Which digests are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DigestQuery {
    /// Of accounts that chose these times.
    pub times: DigestTimes,
    /// The day, at the site: the places in force then.
    pub day: Date,
    /// Of items accepted since.
    pub since: Timestamp,
    /// Of items accepted up to then.
    pub up_to: Timestamp,
}

/// The process role's side.
#[async_trait]
pub trait Tidings: Send + Sync {
    /// What is to be told at once, oldest first, at most `limit`.
    ///
    /// # Errors
    /// If the store does not answer.
    async fn due_tidings(&self, tenant: &TenantId, limit: u32) -> Result<Vec<Tiding>, StoreError>;

    /// A digest for each account that the query asks for and that can do something about items it was not told of yet:
    /// without those it took off its list or has asked for; at most 1,000 items altogether, the rest the next time.
    ///
    /// # Errors
    /// If the store does not answer.
    async fn digests(&self, tenant: &TenantId, query: DigestQuery) -> Result<Vec<Tiding>, StoreError>;

    /// Puts the mail that tells it into the outbox at `record.at`, filed under its last item, and takes it as told; with
    /// its record.
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

    /// Ends the requests that nobody decided or fetched in time, each with its record; the requesters are told. Forgets what
    /// is not to be told any more: of requests that do not wait, to people who get no mail. Returns how many requests
    /// ended.
    ///
    /// # Errors
    /// If the store does not answer.
    async fn expire_requests(&self, tenant: &TenantId, now: Timestamp) -> Result<u64, StoreError>;
}
