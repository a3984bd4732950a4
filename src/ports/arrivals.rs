//! What staff see of the mails that came for them, and the rebuilt bytes they fetch.
//!
//! Refuses: to tell a viewer of an item that came for nobody they may read for: it is [`StoreError::NotFound`], as if
//! there were none. Invariant: every query names its tenant and the viewer's mailboxes; no original is reachable from here.

use async_trait::async_trait;

use super::{Blob, StoreError};
use crate::domain::{
    AccountId, Arrival, ArrivalState, AuditEvent, Digest, ItemId, Reference, ReleaseRequest, Status, TenantId,
    Timestamp,
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

/// Which mails to list. Newest first.
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
    /// How the copies for the viewer's mailboxes were delivered: mailbox, status, last reply.
    pub deliveries: Vec<(String, Status, Option<String>)>,
    /// Wrong passwords typed for it so far.
    pub wrong_passwords: u32,
    /// A typed password is being tried.
    pub trying: bool,
    /// How many passwords other mails name for it.
    pub candidates: u32,
    /// Requests for its original by the viewer.
    pub requests: Vec<ReleaseRequest>,
    /// What the viewer and others of the same mailboxes fetched: when, which bytes.
    pub fetched: Vec<(Timestamp, Digest)>,
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

    /// The rebuilt bytes with this digest of an item; `record` (who fetched) is written before they are handed out.
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

    /// Takes mails off the viewer's list, or puts them back. Items the viewer may not see are passed over.
    ///
    /// # Errors
    /// If the store does not answer.
    async fn set_aside(&self, viewer: &Viewer, items: &[ItemId], aside: bool) -> Result<(), StoreError>;
}
