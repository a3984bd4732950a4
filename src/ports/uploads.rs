//! The way in for files that staff put into the portal: sealed as they come, like a mail.
//!
//! Refuses: more bytes than the site allows, nothing at all, a body that breaks off. Invariant: nothing is kept of a file
//! that did not come whole, and of one that did, who put it in is on record in the transaction that keeps it.

use async_trait::async_trait;
use bytes::Bytes;
use serde_json::json;

use super::{Accepted, OriginalSink, Progress, StoreError};
use crate::domain::{AccountId, AuditEvent, Event, ItemKey, Origin, Timestamp, Upload};

/// The bytes of a file on their way in.
#[async_trait]
pub trait UploadBytes: Send {
    /// The next bytes; nothing at the end.
    ///
    /// # Errors
    /// [`UploadCut`] if there will be no more although the end has not come.
    async fn next(&mut self) -> Result<Option<Bytes>, UploadCut>;
}

/// Whoever sent the file stopped in the middle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the file did not come whole: send it again")]
pub struct UploadCut;

/// Why a file was not taken in. Nothing of it is kept.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum UploadError {
    /// It is longer than the site allows.
    #[error("the file is longer than {0} bytes")]
    TooLong(u64),
    /// It has no bytes.
    #[error("the file is empty")]
    Empty,
    /// It did not come whole.
    #[error(transparent)]
    Cut(#[from] UploadCut),
    /// The store did not take it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Takes in a file of at most `limit` bytes as item `key`, with the record that `actor` (`user:LOGIN`) put it in.
///
/// # Errors
/// See [`UploadError`]; [`StoreError::Conflict`] if the number of the item is taken: choose another one.
pub async fn accept_upload(
    sink: &dyn OriginalSink,
    key: ItemKey,
    upload: Upload,
    bytes: &mut dyn UploadBytes,
    limit: u64,
    (at, actor): (Timestamp, &str),
) -> Result<Accepted, UploadError> {
    let item = Some(key.id);
    let mut writer = sink.begin(key).await?;
    let mut length = 0u64;
    while let Some(piece) = bytes.next().await? {
        length = length.saturating_add(u64::try_from(piece.len()).unwrap_or(u64::MAX));
        if length > limit {
            return Err(UploadError::TooLong(limit));
        }
        writer.write(&piece).await?;
    }
    if length == 0 {
        return Err(UploadError::Empty);
    }
    let details = json!({ "account": upload.by, "mailbox": upload.mailbox, "length": length });
    let record = AuditEvent { at, event: Event::FileUploaded, item, actor: actor.to_owned(), details };
    Ok(writer.accept_with(Origin::Upload(upload), at, vec![record]).await?)
}

/// How an upload stands, for the page that waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UploadState {
    /// Nobody works on it yet.
    Waiting {
        /// So many items stand before it, counted up to 1,000.
        ahead: u32,
        /// When it was put in.
        since: Timestamp,
    },
    /// Somebody works on it.
    Working {
        /// How far; nothing while it is inspected.
        progress: Option<Progress>,
        /// When it was put in.
        since: Timestamp,
    },
    /// What became of it is in the list of mails.
    Ended,
    /// Whoever put it in has stopped it; nothing will come of it.
    Stopped,
    /// Somebody else has to do with it first.
    Held,
}

/// Files that staff put in, after they were taken in and before they are in the list.
#[async_trait]
pub trait Uploads: Send + Sync {
    /// How an upload of the account stands.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if the item is no file that this account has put in.
    async fn upload_state(&self, key: &ItemKey, account: AccountId) -> Result<UploadState, StoreError>;

    /// Stops an upload for good, with the record of it: what somebody makes of it just then is thrown away when it is
    /// concluded. Its original is kept as long as any.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if the item is no file that this account has put in; [`StoreError::Conflict`] if it has
    /// ended already.
    async fn withdraw_upload(&self, key: &ItemKey, account: AccountId, record: AuditEvent) -> Result<(), StoreError>;
}
