//! Originals on their way back: unsealed piece by piece, checked against length and digest.
//!
//! Refuses: sealed bytes that do not unseal, plain bytes that are not those received.
//! Invariant: a reader that got every piece without an error has read what was received.

use std::io::{self, BufRead, BufReader, Cursor, Read};
use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::mpsc;

use super::keys::OpeningKey;
use super::rows::disk_failed;
use super::seal::{fill, unseal};
use crate::domain::Digest;
use crate::domain::digest::Digester;
use crate::ports::{Blob, StoreError};

/// Bytes of one piece.
const PIECE: usize = 128 * 1024;
/// Pieces read ahead of the reader.
const AHEAD: usize = 2;

/// What the plain bytes must be.
pub(super) struct Expected {
    pub(super) length: u64,
    pub(super) digest: Digest,
}

impl Expected {
    /// Unseals an original that is in memory.
    pub(super) fn in_memory(&self, key: &OpeningKey, sealed: &[u8]) -> Result<Blob, StoreError> {
        // One byte more than is due, so that too many are seen; sealed bytes are never fewer than plain ones.
        let room = usize::try_from(self.length).unwrap_or(usize::MAX).min(sealed.len());
        let mut plain = vec![0; room.saturating_add(1)];
        let mut reader = unseal(key, Cursor::new(sealed)).map_err(unreadable)?;
        let count = fill(&mut reader, &mut plain).map_err(unreadable)?;
        plain.truncate(count);
        self.check(count, Digest::of(&plain))?;
        Ok(Blob::in_memory(Bytes::from(plain)))
    }

    /// Unseals an original while it is read, on the blocking pool.
    pub(super) fn streamed(self, key: Arc<OpeningKey>, sealed: impl Read + Send + 'static) -> Blob {
        let (pieces, blob) = mpsc::channel(AHEAD);
        let length = self.length;
        tokio::task::spawn_blocking(move || {
            if let Err(error) = send_pieces(&key, BufReader::new(sealed), &self, &pieces) {
                // The reader has gone away if this fails.
                drop(pieces.blocking_send(Err(error)));
            }
        });
        Blob::new(length, blob)
    }

    fn check(&self, length: usize, digest: Digest) -> Result<(), StoreError> {
        if u64::try_from(length) == Ok(self.length) && digest == self.digest {
            Ok(())
        } else {
            Err(StoreError::Damaged("an original is not what was received"))
        }
    }
}

/// Sends the plain bytes. The last piece is sent after the digest was checked.
fn send_pieces(
    key: &OpeningKey,
    sealed: impl BufRead,
    expected: &Expected,
    pieces: &mpsc::Sender<Result<Bytes, StoreError>>,
) -> Result<(), StoreError> {
    let mut reader = unseal(key, sealed).map_err(unreadable)?;
    let (mut digester, mut length, mut held) = (Digester::default(), 0usize, None);
    loop {
        let mut piece = vec![0; PIECE];
        let count = fill(&mut reader, &mut piece).map_err(unreadable)?;
        if count == 0 {
            break;
        }
        piece.truncate(count);
        digester.update(&piece);
        length = length.saturating_add(count);
        if held.replace(Bytes::from(piece)).is_some_and(|ready| pieces.blocking_send(Ok(ready)).is_err()) {
            return Ok(());
        }
    }
    expected.check(length, digester.finish())?;
    if let Some(last) = held {
        // Nobody is left to be told if this fails.
        drop(pieces.blocking_send(Ok(last)));
    }
    Ok(())
}

fn unreadable(error: io::Error) -> StoreError {
    match error.kind() {
        io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof => StoreError::Damaged("an original does not unseal"),
        _ => disk_failed(error),
    }
}
