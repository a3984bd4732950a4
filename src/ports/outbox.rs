//! The composed mails that wait for the next hop, handed out under leases.

use std::time::Duration;

use async_trait::async_trait;

use super::StoreError;
use crate::domain::{AuditEvent, Digest, ItemKey, Mailbox, ReversePath, TenantId, Timestamp, WireMail};

/// One mail handed to a deliverer for a while.
#[derive(Debug)]
pub struct Dispatch {
    /// The item it came from.
    pub key: ItemKey,
    /// Which of the item's mails, from 0.
    pub number: u32,
    /// MAIL FROM.
    pub reverse_path: ReversePath,
    /// The recipients that still wait.
    pub forward_paths: Vec<Mailbox>,
    /// The bytes.
    pub mail: WireMail,
    /// SHA-256 of the bytes.
    pub digest: Digest,
    /// When it was put into the outbox.
    pub queued_at: Timestamp,
    /// Which attempt this is, from 1; counted before the attempt.
    pub attempt: u32,
    /// Proves to the store that the lease is still ours.
    pub token: u64,
}

/// What the next hop said: code and text, at most 512 characters of printable text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply(pub String);

/// What became of one recipient in one attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Settlement {
    /// 2xx after DATA.
    Sent(Reply),
    /// 5xx: not tried again.
    Refused(Reply),
    /// 4xx, a lost connection, a timeout: stays waiting.
    Deferred(Reply),
    /// Given up after the last retry.
    GivenUp(Reply),
}

/// The outbox.
#[async_trait]
pub trait Outbox: Send + Sync {
    /// Leases the tenant's mail that has been due longest, if there is one, for `span`.
    ///
    /// # Errors
    /// If the store does not answer. [`StoreError::Damaged`] concerns one mail, which was set aside: ask again.
    async fn lease(&self, tenant: &TenantId, now: Timestamp, span: Duration) -> Result<Option<Dispatch>, StoreError>;

    /// Makes a lease last until `until`, as [`Queue::renew`](super::Queue::renew) does.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if the lease is lost: what is being done under it can no longer be settled.
    async fn renew(&self, dispatch: &Dispatch, until: Timestamp) -> Result<(), StoreError>;

    /// Ends a lease: one settlement per recipient of the dispatch, the time of the next attempt for those deferred,
    /// and the audit records, in one transaction. When no recipient waits any more the item becomes `delivered`.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if the lease had run out and somebody else has the mail.
    async fn settle(
        &self,
        dispatch: Dispatch,
        settlements: Vec<(Mailbox, Settlement)>,
        next_attempt: Timestamp,
        records: Vec<AuditEvent>,
    ) -> Result<(), StoreError>;

    /// Returns when there may be something to lease, at the latest after `longest`. Only a hint.
    async fn wait(&self, longest: Duration);
}
