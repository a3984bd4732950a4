//! Rebuilt bytes on their way out: piece by piece, checked against length and digest.
//!
//! Refuses: bytes that are not those a worker wrote. Invariant: a reader that got every piece without an error has read
//! what was written.

use std::io::{self, Read};

use bytes::Bytes;
use tokio::sync::mpsc;

use crate::domain::Digest;
use crate::domain::digest::Digester;
use crate::ports::{Blob, StoreError};
use crate::store::rows::disk_failed;
use crate::store::seal::fill;

/// Bytes of one piece.
const PIECE: usize = 128 * 1024;
/// Pieces read ahead of the reader.
const AHEAD: usize = 2;

const DAMAGED: StoreError = StoreError::Damaged("rebuilt bytes are not what was written");

/// Bytes of a row.
pub(in crate::store) fn in_memory(bytes: Vec<u8>, length: u64, digest: Digest) -> Result<Blob, StoreError> {
    if u64::try_from(bytes.len()) == Ok(length) && Digest::of(&bytes) == digest {
        Ok(Blob::in_memory(Bytes::from(bytes)))
    } else {
        Err(DAMAGED)
    }
}

/// Bytes of an object, read on the blocking pool.
pub(in crate::store) fn streamed(mut object: impl Read + Send + 'static, length: u64, digest: Digest) -> Blob {
    let (pieces, blob) = mpsc::channel(AHEAD);
    tokio::task::spawn_blocking(move || {
        if let Err(error) = send(&mut object, length, digest, &pieces) {
            // The reader has gone away if this fails.
            drop(pieces.blocking_send(Err(error)));
        }
    });
    Blob::new(length, blob)
}

/// Sends the bytes. The last piece is sent after the digest was checked.
fn send(
    object: &mut impl Read,
    length: u64,
    digest: Digest,
    pieces: &mpsc::Sender<Result<Bytes, StoreError>>,
) -> Result<(), StoreError> {
    let (mut digester, mut read, mut held) = (Digester::default(), 0u64, None);
    loop {
        let mut piece = vec![0; PIECE];
        let count = fill(object, &mut piece).map_err(unreadable)?;
        if count == 0 {
            break;
        }
        piece.truncate(count);
        digester.update(&piece);
        read = read.saturating_add(u64::try_from(count).unwrap_or(u64::MAX));
        if held.replace(Bytes::from(piece)).is_some_and(|ready| pieces.blocking_send(Ok(ready)).is_err()) {
            return Ok(());
        }
    }
    if read != length || digester.finish() != digest {
        return Err(DAMAGED);
    }
    if let Some(last) = held {
        // Nobody is left to be told if this fails.
        drop(pieces.blocking_send(Ok(last)));
    }
    Ok(())
}

fn unreadable(error: io::Error) -> StoreError {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => DAMAGED,
        _ => disk_failed(error),
    }
}
