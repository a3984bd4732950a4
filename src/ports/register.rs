//! What operators and auditors may ask and do: lists, traces, holds and releases, the audit chain.

use async_trait::async_trait;
use serde::Serialize;

use super::{PasswordSource, StoreError};
use crate::domain::{
    AccountId, AuditEvent, AuditRecord, Decision, Digest, Facts, ItemId, ItemKey, Mailbox, Origin, PartOutcome, Reason,
    Reference, Stage, Status, TenantId, Timestamp,
};

/// Which items to list. Newest first.
#[derive(Debug, Clone, Default)]
pub struct ItemFilter {
    /// Only these stages; all if empty.
    pub stages: Vec<Stage>,
    /// Only items that match this text: an item id, a reference, a Message-ID (of the original or of a composed mail),
    /// or an address of the envelope.
    pub text: Option<String>,
    /// Only items accepted at or after this time.
    pub since: Option<Timestamp>,
    /// Only items under a legal hold.
    pub legal_hold: bool,
    /// At most so many.
    pub limit: u32,
}

/// One line of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ItemSummary {
    /// The item.
    pub id: ItemId,
    /// 管理番号.
    pub reference: Reference,
    /// Its stage.
    pub stage: Stage,
    /// When it was accepted.
    pub received_at: Timestamp,
    /// Length of the original in bytes.
    pub length: u64,
    /// MAIL FROM; empty for the null path, and of an upload.
    pub sender: String,
    /// Who put it in, if it is no mail but a file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uploaded_by: Option<AccountId>,
    /// RCPT TO; the mailbox of whoever put it in.
    pub recipients: Vec<Mailbox>,
    /// Attempts to process it so far.
    pub attempts: u32,
    /// Why the whole item is held or quarantined, if it is.
    pub reason: Option<Reason>,
    /// Parts in quarantine.
    pub kept_parts: u32,
    /// True while a legal hold keeps retention from destroying it.
    pub legal_hold: bool,
}

/// One recipient's copy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RecipientState {
    /// Which of the item's mails.
    pub mail: u32,
    /// The recipient.
    pub recipient: Mailbox,
    /// Where the copy stands.
    pub status: Status,
    /// The last reply of the next hop.
    pub reply: Option<String>,
    /// Attempts so far.
    pub attempts: u32,
    /// Not before, while it waits.
    pub next_attempt: Option<Timestamp>,
}

/// Everything about one item but its content.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ItemDetail {
    /// The line of the list.
    #[serde(flatten)]
    pub summary: ItemSummary,
    /// The envelope, or who put it in.
    pub origin: Origin,
    /// SHA-256 of the original.
    pub digest: Digest,
    /// Facts, once inspected.
    pub facts: Option<Facts>,
    /// The decision, once made.
    pub decision: Option<Decision>,
    /// What became of the parts, per mail.
    pub outcomes: Vec<(u32, Vec<PartOutcome>)>,
    /// The recipients' copies.
    pub recipients_state: Vec<RecipientState>,
    /// How many passwords other mails name for what it keeps back.
    pub password_candidates: Vec<PasswordSource>,
    /// The item's audit records, oldest first.
    pub records: Vec<AuditRecord>,
}

/// Something kept back: a part, or a whole item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct QuarantineEntry {
    /// The item.
    pub id: ItemId,
    /// 管理番号.
    pub reference: Reference,
    /// The part; `0` for the item as a whole, and for an uploaded file itself.
    pub part: String,
    /// Its name.
    pub name: Option<String>,
    /// Real type.
    pub detected: Option<String>,
    /// Length in bytes.
    pub length: u64,
    /// Why.
    pub reason: Reason,
    /// The rule that decided, if one did.
    pub rule: Option<String>,
    /// When the item was accepted.
    pub received_at: Timestamp,
    /// MAIL FROM; empty for the null path, and of an upload.
    pub sender: String,
    /// Who put it in, if it is no mail but a file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uploaded_by: Option<AccountId>,
    /// RCPT TO; the mailbox of whoever put it in.
    pub recipients: Vec<Mailbox>,
}

/// What an operator does to an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    /// Try again now: a quarantined item is processed anew, a waiting delivery is attempted at once.
    Retry,
    /// Take it out of the schedule.
    Hold,
    /// Put a held item or delivery back on the schedule.
    Release,
}

/// Reading and steering for operators and auditors. Originals are not reachable from here.
#[async_trait]
pub trait Register: Send + Sync {
    /// The items that pass `filter`.
    ///
    /// # Errors
    /// If the store does not answer.
    async fn items(&self, tenant: &TenantId, filter: &ItemFilter) -> Result<Vec<ItemSummary>, StoreError>;

    /// Everything about one item.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if there is none.
    async fn item(&self, key: &ItemKey) -> Result<ItemDetail, StoreError>;

    /// What is kept back, newest first.
    ///
    /// # Errors
    /// If the store does not answer.
    async fn quarantine(&self, tenant: &TenantId, filter: &ItemFilter) -> Result<Vec<QuarantineEntry>, StoreError>;

    /// Does `what` to an item and writes `record` in the same transaction.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if the item's stage does not allow it.
    async fn operate(&self, key: &ItemKey, what: Operator, record: AuditEvent) -> Result<(), StoreError>;

    /// Sets or lifts the legal hold of an item, with `record`. While it stands, retention spares the item.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if it stands so already, or if the item has expired.
    async fn set_legal_hold(&self, key: &ItemKey, held: bool, record: AuditEvent) -> Result<(), StoreError>;

    /// Writes a record that belongs to no change of an item.
    ///
    /// # Errors
    /// If the store does not answer.
    async fn record(&self, tenant: &TenantId, record: AuditEvent) -> Result<(), StoreError>;

    /// Keeps the canonical text of a set of rules under its digest; true if it had not been seen before, in which case
    /// `record` is written with it.
    ///
    /// # Errors
    /// If the store does not answer.
    async fn keep_rules(
        &self,
        tenant: &TenantId,
        digest: Digest,
        text: &str,
        record: AuditEvent,
    ) -> Result<bool, StoreError>;

    /// Sequence and hash of the chain's last record; 0 and [`AuditRecord::GENESIS`] for an empty chain. Noted elsewhere, it
    /// shows later that the chain was cut at its end.
    ///
    /// # Errors
    /// If the store does not answer.
    async fn head(&self, tenant: &TenantId) -> Result<(u64, Digest), StoreError>;

    /// At most `limit` records of the chain after `after`, in sequence.
    ///
    /// # Errors
    /// If the store does not answer.
    async fn records(&self, tenant: &TenantId, after: u64, limit: u32) -> Result<Vec<AuditRecord>, StoreError>;
}
