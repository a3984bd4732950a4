//! Stored bytes on their way out, in pieces, so that a large mail is never in memory as a whole.

use bytes::Bytes;
use tokio::sync::mpsc;

use super::StoreError;

/// Bytes that arrive in pieces of at most 256 KiB.
#[derive(Debug)]
pub struct Blob {
    length: u64,
    pieces: mpsc::Receiver<Result<Bytes, StoreError>>,
}

impl Blob {
    /// A blob of `length` bytes whose pieces come through `pieces`. Dropping the blob ends the sender's work.
    #[must_use]
    pub const fn new(length: u64, pieces: mpsc::Receiver<Result<Bytes, StoreError>>) -> Self {
        Self { length, pieces }
    }

    /// A blob that is in memory already.
    #[must_use]
    pub fn in_memory(bytes: Bytes) -> Self {
        let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        let (sender, pieces) = mpsc::channel(1);
        // The channel is empty and has one place, so this cannot fail.
        if sender.try_send(Ok(bytes)).is_err() {
            tracing::error!("a fresh channel was full");
        }
        Self { length, pieces }
    }

    /// Length of all pieces together, in bytes.
    #[must_use]
    pub const fn len(&self) -> u64 {
        self.length
    }

    /// True for a blob without bytes.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// The next piece; `None` after the last.
    ///
    /// # Errors
    /// What the store met while reading. No piece follows an error.
    pub async fn next_piece(&mut self) -> Result<Option<Bytes>, StoreError> {
        self.pieces.recv().await.transpose()
    }

    /// All pieces in one buffer, for callers that need them so.
    ///
    /// # Errors
    /// As [`Self::next_piece`]; [`StoreError::Damaged`] if there is more or less than announced.
    pub async fn collect(mut self) -> Result<Vec<u8>, StoreError> {
        let mut all = Vec::new();
        while let Some(piece) = self.next_piece().await? {
            all.extend_from_slice(&piece);
            if u64::try_from(all.len()).unwrap_or(u64::MAX) > self.length {
                return Err(StoreError::Damaged("more bytes than recorded"));
            }
        }
        if u64::try_from(all.len()).unwrap_or(u64::MAX) == self.length {
            Ok(all)
        } else {
            Err(StoreError::Damaged("fewer bytes than recorded"))
        }
    }
}
