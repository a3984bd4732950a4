//! The bytes of an object on their way from one store to the other.
//!
//! Invariant: of an object of any length, a few pieces are in memory.

use std::io::Read;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use bytes::Bytes;
use tokio::sync::mpsc;

use crate::domain::Digest;
use crate::domain::digest::Digester;
use crate::ports::StoreError;
use crate::store::rows::disk_failed;

/// Bytes of one piece, at most.
const PIECE: usize = 256 * 1024;
/// Pieces that wait for whoever takes them.
const WAITING: usize = 2;

/// Bytes that arrive in pieces; nothing follows an error.
pub(in crate::store) type Pieces = mpsc::Receiver<Result<Bytes, StoreError>>;

/// Reads on the blocking pool until the end, or until nobody takes the pieces any more.
pub(in crate::store) fn pieces(mut reader: Box<dyn Read + Send>) -> Pieces {
    let (sender, receiver) = mpsc::channel(WAITING);
    tokio::task::spawn_blocking(move || {
        let mut buffer = vec![0u8; PIECE];
        loop {
            let piece = match reader.read(&mut buffer) {
                Ok(0) => return,
                Ok(count) => Ok(Bytes::copy_from_slice(buffer.get(..count).unwrap_or_default())),
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
                Err(error) => Err(disk_failed(error)),
            };
            let last = piece.is_err();
            if sender.blocking_send(piece).is_err() || last {
                return;
            }
        }
    });
    receiver
}

/// Digest and length of all pieces.
pub(super) async fn digest(mut pieces: Pieces) -> Result<(Digest, u64), StoreError> {
    let (mut digester, mut length) = (Digester::default(), 0u64);
    while let Some(piece) = pieces.recv().await {
        let piece = piece?;
        digester.update(&piece);
        length = length.saturating_add(u64::try_from(piece.len()).unwrap_or(u64::MAX));
    }
    Ok((digester.finish(), length))
}

/// What is known of pieces that have passed.
#[derive(Debug, Default)]
pub(super) struct Passed {
    bytes: AtomicU64,
    broken: AtomicBool,
}

impl Passed {
    pub(super) fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Acquire)
    }

    /// True if they ended with an error: whoever gave them failed, not whoever took them.
    pub(super) fn is_broken(&self) -> bool {
        self.broken.load(Ordering::Acquire)
    }
}

/// The same pieces, and what has passed of them.
pub(super) fn counted(mut pieces: Pieces) -> (Pieces, Arc<Passed>) {
    let (sender, receiver) = mpsc::channel(WAITING);
    let count = Arc::new(Passed::default());
    let passed = Arc::clone(&count);
    tokio::spawn(async move {
        while let Some(piece) = pieces.recv().await {
            let length = piece.as_ref().map_or(0, Bytes::len);
            passed.bytes.fetch_add(u64::try_from(length).unwrap_or(0), Ordering::AcqRel);
            passed.broken.fetch_or(piece.is_err(), Ordering::AcqRel);
            if sender.send(piece).await.is_err() {
                return;
            }
        }
    });
    (receiver, count)
}
