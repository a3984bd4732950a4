//! Originals: written by intake, read by process and review, by nobody else.

use async_trait::async_trait;

use super::{Blob, StoreError};
use crate::domain::{AuditEvent, Digest, ItemKey, Origin, Timestamp};

/// Where intake puts originals. It cannot read them back: they are sealed to a public key.
#[async_trait]
pub trait OriginalSink: Send + Sync {
    /// Starts an original. Nothing is promised before [`OriginalWriter::accept`] returns.
    ///
    /// # Errors
    /// [`StoreError::Full`] if the disk is down to its reserve.
    async fn begin(&self, key: ItemKey) -> Result<Box<dyn OriginalWriter>, StoreError>;

    /// True while at least `bytes` more fit above the reserve.
    ///
    /// # Errors
    /// If the disk cannot be asked.
    async fn has_room(&self, bytes: u64) -> Result<bool, StoreError>;
}

/// An original being received. Dropping it leaves nothing behind.
#[async_trait]
pub trait OriginalWriter: Send {
    /// Takes the next bytes as received (dot-unstuffed, with CRLF line ends).
    ///
    /// # Errors
    /// [`StoreError::Full`] or [`StoreError::Unavailable`]; the original is lost then.
    async fn write(&mut self, bytes: &[u8]) -> Result<(), StoreError>;

    /// Makes the original, its row and its `received` record durable, in this order, and then returns.
    /// Only after this may `250` be said.
    ///
    /// # Errors
    /// If anything did not reach the disk; a failed sync is a lost original and is never tried again.
    async fn accept(self: Box<Self>, origin: Origin, at: Timestamp) -> Result<Accepted, StoreError> {
        self.accept_with(origin, at, Vec::new()).await
    }

    /// As [`Self::accept`]; `records` are written behind the `received` record, in the same transaction.
    ///
    /// # Errors
    /// As [`Self::accept`].
    async fn accept_with(
        self: Box<Self>,
        origin: Origin,
        at: Timestamp,
        records: Vec<AuditEvent>,
    ) -> Result<Accepted, StoreError>;
}

/// What was made durable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    /// The item.
    pub key: ItemKey,
    /// SHA-256 of the original.
    pub digest: Digest,
    /// Its length in bytes.
    pub length: u64,
}

/// Where process and review read originals.
#[async_trait]
pub trait OriginalSource: Send + Sync {
    /// Opens the original of an item, unsealed.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if it expired; [`StoreError::Damaged`] if it does not unseal.
    async fn open(&self, key: &ItemKey) -> Result<Blob, StoreError>;
}
