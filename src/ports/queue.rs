//! The items that wait to be processed, handed out under leases.

use std::time::Duration;

use async_trait::async_trait;

use super::{Opened, PasswordSearch, StoreError};
use crate::domain::{
    AuditEvent, Decision, Derivative, Digest, Facts, ItemKey, Origin, Outbound, PartOutcome, PartPath, Reason,
    TenantId, Timestamp,
};

/// An item handed to one worker for a while. It is not `Clone`: what is concluded cannot be concluded again.
#[derive(Debug)]
pub struct Lease {
    /// The item.
    pub key: ItemKey,
    /// Where it came from.
    pub origin: Origin,
    /// When it was accepted.
    pub received_at: Timestamp,
    /// Length of the original in bytes.
    pub length: u64,
    /// SHA-256 of the original.
    pub digest: Digest,
    /// Which attempt this is, from 1; counted before the attempt, so that a crash counts.
    pub attempt: u32,
    /// Proves to the store that the lease is still ours.
    pub token: u64,
    /// True if an operator released it past a rule that held the whole mail.
    pub released: bool,
}

/// The name that rebuilt bytes of a part are handed out under: that of the delivered mail, where they are attached to one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HandedName {
    /// The part.
    pub part: PartPath,
    /// The rebuilt bytes.
    pub digest: Digest,
    /// A safe file name; its extension fits the bytes.
    pub name: String,
}

/// How the processing of an item ended.
#[derive(Debug)]
pub enum Conclusion {
    /// Sanitized (perhaps held for some recipients): what was found, what was decided, what was made of it.
    Sanitized {
        /// Facts, kept for replay.
        facts: Box<Facts>,
        /// The decision.
        decision: Decision,
        /// Rebuilt parts.
        derivatives: Vec<Derivative>,
        /// New mails, one per group of recipients that is not held.
        mails: Vec<Outbound>,
        /// Notices to the recipients for whom a rule holds the mail.
        notices: Vec<Outbound>,
        /// Passwords it names or wants; `None` if the site does not search for any.
        passwords: Option<PasswordSearch>,
        /// What became of the parts of an upload, which leaves in no mail; empty for a mail.
        outcomes: Vec<PartOutcome>,
        /// What its passwords open of items that came before it.
        opened: Vec<Opened>,
        /// The names that rebuilt parts are handed out under. One that has none here keeps the name it came with.
        names: Vec<HandedName>,
    },
    /// A rule holds the mail for every recipient.
    Held {
        /// Facts, kept for replay.
        facts: Box<Facts>,
        /// The decision.
        decision: Decision,
        /// Notices to the recipients.
        notices: Vec<Outbound>,
    },
    /// It could not be inspected or rebuilt; the notices tell the recipients so.
    Quarantined {
        /// Why.
        reason: Reason,
        /// Notices to the recipients.
        notices: Vec<Outbound>,
    },
    /// Not now: try again at this time.
    Deferred {
        /// Not before.
        retry_at: Timestamp,
        /// False if the item is not to blame (no worker could be started): the attempt is not counted then.
        counts: bool,
    },
}

/// The queue of received items.
#[async_trait]
pub trait Queue: Send + Sync {
    /// Leases the tenant's oldest item that is due, if there is one, for `span`. A lease that is not concluded within its span
    /// falls back into the queue.
    ///
    /// # Errors
    /// If the store does not answer. [`StoreError::Damaged`] concerns one item, which was set aside: ask again.
    async fn lease(&self, tenant: &TenantId, now: Timestamp, span: Duration) -> Result<Option<Lease>, StoreError>;

    /// Makes a lease last until `until`. Whoever holds one longer than a moment renews it, so that a span can be short and
    /// the work of a process that is gone is taken over soon.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if the lease is lost: what is being done under it can no longer be concluded.
    async fn renew(&self, lease: &Lease, until: Timestamp) -> Result<(), StoreError>;

    /// Ends a lease: state, derivatives, outbox and audit records in one transaction.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if the lease had run out and somebody else has the item; nothing was written then.
    async fn conclude(&self, lease: Lease, conclusion: Conclusion, records: Vec<AuditEvent>) -> Result<(), StoreError>;

    /// Returns when there may be something to lease, at the latest after `longest`. Only a hint.
    async fn wait(&self, longest: Duration);
}
