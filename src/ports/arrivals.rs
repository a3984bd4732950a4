//! What staff see of the mails that came for them, and the rebuilt bytes they fetch.
//!
//! Refuses: to tell a viewer of an item that came for nobody they may read for: it is [`StoreError::NotFound`], as if
//! there were none. Invariant: every query names its tenant and the viewer's mailboxes; no original is reachable from here.

use async_trait::async_trait;

use super::{Blob, OfferState, StoreError};
use crate::domain::{
    AccountId, Arrival, ArrivalState, AuditEvent, Digest, ItemId, Label, Reference, ReleaseRequest, RequestState,
    Status, TenantId, Timestamp,
};

/// Through whose eyes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Viewer {
    /// The municipality.
    pub tenant: TenantId,
    /// The account: what it took off its list, what it asked for.
    pub account: AccountId,
    /// The addresses whose mail it may see, in lower case; at most 200.
    pub mailboxes: Vec<String>,
}

/// What a term of a search asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sought {
    /// Anywhere in subject, sender, file names, 管理番号.
    Text(String),
    /// In address or name of the sender.
    From(String),
    /// In the mailbox it came for.
    To(String),
    /// In the subject.
    Subject(String),
    /// In a file's name.
    File(String),
    /// In the Message-ID, whole.
    MessageId(String),
    /// Its 管理番号.
    Reference(Reference),
    /// How it stands.
    State(ArrivalState),
    /// 要対応: the reader can do something about it.
    Action,
    /// 受け取れる: it has files that can be fetched.
    Ready,
    /// It came with a file.
    HasAttachment,
    /// Accepted before.
    Before(Timestamp),
    /// Accepted at or after.
    After(Timestamp),
    /// Longer than so many bytes.
    Larger(u64),
    /// Shorter than so many bytes.
    Smaller(u64),
}

/// One term of a search.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Term {
    /// What it asks for; texts in lower case.
    pub sought: Sought,
    /// Mails for which it holds are left out.
    pub negated: bool,
}

/// Which tab of the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Tab {
    /// 要対応: the reader can do something about it.
    Action,
    /// 受け取れる: has files that can be fetched.
    Ready,
    /// すべて, but what was taken off the list.
    #[default]
    All,
    /// What was taken off the list.
    Aside,
}

/// Which mails to list. Newest first, unless the oldest are wanted first.
#[derive(Debug, Clone, Default)]
pub struct ArrivalQuery {
    /// The tab.
    pub tab: Tab,
    /// Only for this one of the viewer's mailboxes, in lower case.
    pub mailbox: Option<String>,
    /// All terms hold; at most 20.
    pub terms: Vec<Term>,
    /// Only items older than this one: the next page.
    pub older_than: Option<ItemId>,
    /// Only items newer than this one: the next page, if the oldest come first.
    pub newer_than: Option<ItemId>,
    /// The oldest first.
    pub oldest_first: bool,
    /// At most so many; 1 to 200.
    pub limit: u32,
}

/// One line of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArrivalLine {
    /// The mail; once, if it came for several of the viewer's mailboxes.
    pub arrival: Arrival,
    /// 管理番号.
    pub reference: Reference,
    /// How it stands.
    pub state: ArrivalState,
    /// The viewer took it off the list.
    pub aside: bool,
}

/// How many mails each tab has; each counted up to 1,000.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ArrivalCounts {
    /// 要対応.
    pub action: u32,
    /// 受け取れる.
    pub ready: u32,
}

/// Everything staff may know of one mail.
#[derive(Debug, Clone, PartialEq)]
pub struct ArrivalDetail {
    /// The line of the list.
    pub line: ArrivalLine,
    /// When it was concluded last; absent of what was concluded before that was kept.
    pub concluded_at: Option<Timestamp>,
    /// How the copies for the viewer's mailboxes were delivered; mails that tell people of something are none.
    pub deliveries: Vec<Delivery>,
    /// Wrong passwords typed for it so far.
    pub wrong_passwords: u32,
    /// A typed password is being tried.
    pub trying: bool,
    /// How many passwords other mails name for it.
    pub candidates: u32,
    /// Passwords that were typed for the viewer's mailboxes, oldest first.
    pub typed: Vec<Typed>,
    /// Requests for its original by the viewer, oldest first.
    pub requests: Vec<ReleaseRequest>,
    /// Requests by others who read the same mailboxes, oldest first.
    pub asked_by_others: Vec<AskedByOther>,
    /// What the viewer and others of the same mailboxes fetched, oldest first; the last [`MAX_FETCHES`].
    pub fetched: Vec<Fetched>,
}

/// How many times that something was fetched a page of a mail tells of.
pub const MAX_FETCHES: usize = 200;

/// A copy on its way to a mailbox, or there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// For whom, as it was written.
    pub mailbox: String,
    /// How it stands.
    pub status: Status,
    /// What the next hop answered last.
    pub reply: Option<String>,
    /// When it was composed.
    pub queued_at: Timestamp,
    /// How often it was tried.
    pub attempts: u32,
    /// When the next hop answered last.
    pub answered_at: Option<Timestamp>,
}

/// Passwords that somebody typed at once; never themselves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Typed {
    /// When.
    pub at: Timestamp,
    /// By whom, as long as there is such an account.
    pub by: Option<Label>,
    /// How many.
    pub count: u32,
    /// What became of them; nothing is said of others before them.
    pub state: OfferState,
}

/// What others may know of somebody's request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AskedByOther {
    /// Who asked.
    pub by: Label,
    /// When.
    pub asked_at: Timestamp,
    /// How it stands.
    pub state: RequestState,
    /// When it was decided.
    pub decided_at: Option<Timestamp>,
}

/// Rebuilt bytes that somebody fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetched {
    /// When.
    pub at: Timestamp,
    /// Which.
    pub digest: Digest,
    /// By whom, as long as there is such an account.
    pub by: Option<Label>,
}

/// The portal's view.
#[async_trait]
pub trait Arrivals: Send + Sync {
    /// The lines that `query` asks for.
    ///
    /// # Errors
    /// If the store does not answer.
    async fn list(&self, viewer: &Viewer, query: &ArrivalQuery) -> Result<Vec<ArrivalLine>, StoreError>;

    /// How many there are in each tab.
    ///
    /// # Errors
    /// If the store does not answer.
    async fn count(&self, viewer: &Viewer) -> Result<ArrivalCounts, StoreError>;

    /// One mail. The record, if one is given, is written with it: who looked.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if it came for none of the viewer's mailboxes.
    async fn arrival(
        &self,
        viewer: &Viewer,
        item: ItemId,
        record: Option<AuditEvent>,
    ) -> Result<ArrivalDetail, StoreError>;

    /// The rebuilt bytes with this digest of an item; `record` (who fetched, or looked: [`Event::FileShown`]) is written
    /// before they are handed out.
    ///
    /// [`Event::FileShown`]: crate::domain::Event::FileShown
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if the item came for none of the viewer's mailboxes, if no part of it that the viewer was
    /// given has these bytes, or if they expired.
    async fn derivative(
        &self,
        viewer: &Viewer,
        item: ItemId,
        digest: Digest,
        record: AuditEvent,
    ) -> Result<Blob, StoreError>;

    /// How many different bytes the account fetched, or was shown, at `since` or after, whichever mails they are of.
    ///
    /// # Errors
    /// If the store does not answer.
    async fn fetched_since(&self, viewer: &Viewer, since: Timestamp) -> Result<u32, StoreError>;

    /// Takes mails off the viewer's list, or puts them back. Items the viewer may not see are passed over.
    ///
    /// # Errors
    /// If the store does not answer.
    async fn set_aside(&self, viewer: &Viewer, items: &[ItemId], aside: bool) -> Result<(), StoreError>;
}
