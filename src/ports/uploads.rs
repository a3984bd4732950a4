//! The way in for files that staff put into the portal: sealed as they come, like a mail.
//!
//! Refuses: more bytes than the site allows, nothing at all, a body that breaks off. Invariant: nothing is kept of a file
//! that did not come whole, and of one that did, who put it in is on record in the transaction that keeps it.

use async_trait::async_trait;
use bytes::Bytes;
use serde_json::json;

use super::{Accepted, OriginalSink, StoreError};
use crate::domain::{AuditEvent, Event, ItemKey, Origin, Timestamp, Upload};

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
