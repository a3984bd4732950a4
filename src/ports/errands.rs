//! What the portal asks of the process role: passwords to try. It reaches the store sealed, is tried once, and is gone.
//!
//! Refuses: more wrong passwords than the site allows. Invariant: a row with sealed passwords goes in the transaction
//! that says what became of them, or when its time is over; nothing else ever reads it.

use std::time::Duration;

use async_trait::async_trait;

use super::{HandedName, Progress, StoreError, Viewer};
use crate::domain::{
    AccountId, AuditEvent, Decision, Derivative, Facts, ItemId, ItemKey, Mailbox, OfferId, Origin, Outbound,
    PartOutcome, PartPath, Password, TenantId, Timestamp,
};

/// Passwords that somebody typed for an item.
#[derive(Debug)]
pub struct Offer {
    /// Which batch.
    pub id: OfferId,
    /// For what.
    pub item: ItemId,
    /// By whom.
    pub account: AccountId,
    /// The mailbox, in lower case, for which it is to be opened: a mail goes there if one is wanted.
    pub mailbox: String,
    /// 1 to 10.
    pub passwords: Vec<Password>,
    /// Send what is opened by mail, too.
    pub by_mail: bool,
    /// When.
    pub at: Timestamp,
}

/// How a batch stands, for the page that waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OfferState {
    /// Not begun; so many others before it.
    Queued(u32),
    /// Being tried; how far that is, once something is written anew.
    Trying(Option<Progress>),
    /// It opened something: what was rebuilt is in the list.
    Opened,
    /// None of them opens it.
    Wrong,
    /// It could not be tried; the site is told.
    Failed,
}

/// The portal's side.
#[async_trait]
pub trait Offers: Send + Sync {
    /// Keeps the passwords of `offer`, sealed, with the record that some were typed (how many, never which).
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if the item came for none of the viewer's mailboxes or waits for no password;
    /// [`StoreError::Conflict`] if others are being tried, or if `wrong_limit` was reached.
    async fn offer(
        &self,
        viewer: &Viewer,
        offer: Offer,
        wrong_limit: u32,
        record: AuditEvent,
    ) -> Result<(), StoreError>;

    /// How a batch of the account stands; kept as long as the mail.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if it is not theirs.
    async fn offer_state(&self, tenant: &TenantId, account: AccountId, id: OfferId) -> Result<OfferState, StoreError>;

    /// Deletes a batch of the account before it has ended, with the record of it: what somebody finds out with it just
    /// then is thrown away, and nothing is counted.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if the account typed no such batch for the item; [`StoreError::Conflict`] if it has ended.
    async fn withdraw_offer(
        &self,
        tenant: &TenantId,
        account: AccountId,
        of: (ItemId, OfferId),
        record: AuditEvent,
    ) -> Result<(), StoreError>;
}

/// A batch that the process role works on.
#[derive(Debug)]
pub struct Trial {
    /// The item.
    pub key: ItemKey,
    /// Where it came from.
    pub origin: Origin,
    /// When it was accepted.
    pub received_at: Timestamp,
    /// Length of the original in bytes.
    pub length: u64,
    /// True if an operator released it past a rule that held the whole mail.
    pub released: bool,
    /// What it is known to be: passwords are typed for what was inspected.
    pub facts: Box<Facts>,
    /// What was typed, unsealed.
    pub offer: Offer,
    /// Who typed it, as records name people: the actor of the record that was written with it.
    pub actor: String,
    /// Which attempt this is, from 1; counted before the attempt, so that a crash counts.
    pub attempt: u32,
    /// Proves to the store that the lease is still ours.
    pub token: u64,
}

/// What passwords opened of an item that was concluded before.
#[derive(Debug)]
pub struct Opened {
    /// The item.
    pub key: ItemKey,
    /// What it is from now on: what was opened stands in the place of what was locked.
    pub facts: Box<Facts>,
    /// What the rules say of it.
    pub decision: Decision,
    /// What was opened: these parts, and everything inside them, are not what they were.
    pub roots: Vec<PartPath>,
    /// What became of these parts, per group of recipients that no rule holds.
    pub groups: Vec<(Vec<Mailbox>, Vec<PartOutcome>)>,
    /// What was written of them.
    pub derivatives: Vec<Derivative>,
    /// The names that they are handed out under.
    pub names: Vec<HandedName>,
}

/// What became of a batch.
#[derive(Debug)]
pub enum TrialEnd {
    /// It opened something.
    Opened {
        /// What the item is now.
        opened: Box<Opened>,
        /// The mail with what was opened, if one is wanted.
        mail: Option<Outbound>,
    },
    /// None opens it: one more wrong attempt is counted.
    Wrong,
    /// Not now: it stays for another try, until [`MAX_TRIALS`] have failed.
    Failed,
}

/// How often a batch is tried, if trying itself fails.
pub const MAX_TRIALS: u32 = 3;

/// The process role's side.
#[async_trait]
pub trait Trials: Send + Sync {
    /// Leases the oldest batch that nobody works on. What was tried too often, or has waited for more than an hour, ends
    /// here as [`OfferState::Failed`], and its passwords go.
    ///
    /// # Errors
    /// If the store does not answer. [`StoreError::Damaged`] concerns one batch, which has failed: ask again.
    async fn lease_trial(&self, tenant: &TenantId, now: Timestamp, span: Duration)
    -> Result<Option<Trial>, StoreError>;

    /// Makes a lease last until `until`, as [`Queue::renew`](super::Queue::renew) does.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if the lease is lost.
    async fn renew_trial(&self, trial: &Trial, until: Timestamp) -> Result<(), StoreError>;

    /// Ends it: the sealed passwords go, what was opened comes, with the records, in one transaction.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if the lease had run out, or if the item was put back to be processed or has expired.
    async fn end_trial(&self, trial: Trial, end: TrialEnd, records: Vec<AuditEvent>) -> Result<(), StoreError>;
}
