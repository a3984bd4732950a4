//! Requests for originals: asked in the portal, decided by approvers, handed out by the review role.
//!
//! Refuses: a decision by whoever asked, by whoever is no approver of the department that day, and a second decision; the
//! store checks all three in the transaction that writes the decision. Invariant: a state change and its record are one
//! transaction.

use async_trait::async_trait;
use jiff::civil::Date;

use super::{ArrivalDetail, Blob, StoreError};
use crate::domain::{
    AccountId, AuditEvent, DepartmentCode, Digest, ItemKey, Label, Rebuilt, ReleaseRequest, RequestId, RequestState,
    TenantId, Timestamp,
};

/// What an approver decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ruling {
    /// The original may be fetched on the internet side until then.
    Approve {
        /// Until when.
        fetch_until: Timestamp,
    },
    /// Back to the requester; the comment says why.
    Return,
}

/// A decision about to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judgement {
    /// On which request.
    pub request: RequestId,
    /// By whom.
    pub by: AccountId,
    /// Their name.
    pub by_name: Label,
    /// What.
    pub ruling: Ruling,
    /// What they say.
    pub comment: Option<String>,
    /// When.
    pub at: Timestamp,
    /// The day, at the site.
    pub day: Date,
}

/// Which bytes of the mail of which request, and for whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Glance {
    /// Who decides.
    pub approver: AccountId,
    /// The day, at the site.
    pub day: Date,
    /// On which request.
    pub request: RequestId,
    /// SHA-256 of the bytes.
    pub digest: Digest,
}

/// True of rebuilt bytes that a page shows in place.
pub type IsShown = fn(&Rebuilt) -> bool;

/// Requests, as the portal needs them.
#[async_trait]
pub trait Releases: Send + Sync {
    /// Who may decide on `day` on a request that `without` makes in `department`: approvers first, then deputies, by
    /// name. The form shows them; if there is nobody, nothing can be asked for.
    ///
    /// # Errors
    /// If the store does not answer.
    async fn approvers(
        &self,
        tenant: &TenantId,
        department: &DepartmentCode,
        day: Date,
        without: AccountId,
    ) -> Result<Vec<Label>, StoreError>;

    /// Keeps a request as one that waits, with its record; the item becomes `承認待ち` in the requester's list, and
    /// [`Self::approvers`] of `day` are told.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if the item came for none of `mailboxes` (in lower case), has expired, or the requester has
    /// no place in the department that day; [`StoreError::Conflict`] if the same account has an open request for the same
    /// file already, or if nobody could decide.
    async fn ask(
        &self,
        tenant: &TenantId,
        request: ReleaseRequest,
        mailboxes: &[String],
        day: Date,
        record: AuditEvent,
    ) -> Result<(), StoreError>;

    /// The account's own requests, newest first, at most `limit`.
    ///
    /// # Errors
    /// If the store does not answer.
    async fn own_requests(
        &self,
        tenant: &TenantId,
        account: AccountId,
        limit: u32,
    ) -> Result<Vec<ReleaseRequest>, StoreError>;

    /// One of the account's own requests.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if it is not theirs.
    async fn own_request(
        &self,
        tenant: &TenantId,
        account: AccountId,
        request: RequestId,
    ) -> Result<ReleaseRequest, StoreError>;

    /// Takes a waiting request back.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if it is not theirs; [`StoreError::Conflict`] if it does not wait any more.
    async fn withdraw(
        &self,
        tenant: &TenantId,
        account: AccountId,
        request: RequestId,
        record: AuditEvent,
    ) -> Result<(), StoreError>;

    /// What waits for this approver's decision on `day`, in their own departments and in those of approvers whose deputy
    /// they are; oldest first; never their own. With each, in whose place they would decide.
    ///
    /// # Errors
    /// If the store does not answer.
    async fn to_decide(
        &self,
        tenant: &TenantId,
        approver: AccountId,
        day: Date,
        limit: u32,
    ) -> Result<Vec<(ReleaseRequest, Option<Label>)>, StoreError>;

    /// One request of a department that this approver decides for on `day`, however it stands, or that they have decided,
    /// with what the requester sees of the mail. The record (who looked) is written with it and names the item.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if it is not for them.
    async fn request_to_decide(
        &self,
        tenant: &TenantId,
        approver: AccountId,
        day: Date,
        request: RequestId,
        record: AuditEvent,
    ) -> Result<(ReleaseRequest, Option<Label>, ArrivalDetail), StoreError>;

    /// Rebuilt bytes of the mail of a request that [`Self::request_to_decide`] shows: those with this digest, if they are
    /// `shown`. The record (who looked) is written before they are handed out and names the item.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if the request is not for them, the requester was not given these bytes, they are not
    /// shown, or they expired.
    async fn derivative_to_decide(
        &self,
        tenant: &TenantId,
        glance: Glance,
        shown: IsShown,
        record: AuditEvent,
    ) -> Result<(Rebuilt, Blob), StoreError>;

    /// Writes a decision; the requester is told.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if it is not for them to decide (their own, another department's, blocked);
    /// [`StoreError::Conflict`] if it does not wait any more, or its time is over.
    async fn judge(&self, tenant: &TenantId, judgement: Judgement, record: AuditEvent) -> Result<(), StoreError>;

    /// What this approver decided, newest first, within the times given.
    ///
    /// # Errors
    /// If the store does not answer.
    async fn decided(
        &self,
        tenant: &TenantId,
        approver: AccountId,
        since: Timestamp,
        limit: u32,
    ) -> Result<Vec<ReleaseRequest>, StoreError>;

    /// How many waiting requests this approver may decide on; up to 1,000.
    ///
    /// # Errors
    /// If the store does not answer.
    async fn count_to_decide(&self, tenant: &TenantId, approver: AccountId, day: Date) -> Result<u32, StoreError>;
}

/// Requests, as the review role needs them: on the internet side, where originals are.
#[async_trait]
pub trait HandOver: Send + Sync {
    /// The account's requests that are approved and not over, those that were fetched once included; newest first.
    ///
    /// # Errors
    /// If the store does not answer.
    async fn approved(
        &self,
        tenant: &TenantId,
        account: AccountId,
        now: Timestamp,
    ) -> Result<Vec<ReleaseRequest>, StoreError>;

    /// One of them. The record (who looked) is written with it and names the item.
    ///
    /// # Errors
    /// As [`Self::hand_over`].
    async fn look_at_approved(
        &self,
        tenant: &TenantId,
        account: AccountId,
        request: RequestId,
        now: Timestamp,
        record: AuditEvent,
    ) -> Result<ReleaseRequest, StoreError>;

    /// Marks an approved request of the account as handed over, with its record, before a byte leaves; it may be fetched
    /// again until its time is over, each time with a record. Returns the request and the item to read.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if it is not theirs, not approved, or over, or if the account is blocked.
    async fn hand_over(
        &self,
        tenant: &TenantId,
        account: AccountId,
        request: RequestId,
        now: Timestamp,
        record: AuditEvent,
    ) -> Result<(ReleaseRequest, ItemKey), StoreError>;
}

/// States in which a request is still open.
pub const OPEN: [RequestState; 2] = [RequestState::Waiting, RequestState::Approved];
