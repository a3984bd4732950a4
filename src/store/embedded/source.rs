//! Reading originals back: unsealed piece by piece, checked against length and digest.
//!
//! Refuses: sealed bytes that do not unseal, plain bytes that are not those received.
//! Invariant: a reader that got every piece without an error has read what was received.

use std::fs::File;
use std::io::{self, BufReader, Cursor};
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use sqlx::SqlitePool;
use tokio::sync::mpsc;

use super::files::Folder;
use super::keys::OpeningKey;
use super::rows::{Columns, disk_failed, failed, on_disk};
use super::seal::{fill, unseal};
use crate::domain::digest::Digester;
use crate::domain::{Digest, ItemKey};
use crate::ports::{Blob, OriginalSource, StoreError};

/// Bytes of one piece.
const PIECE: usize = 128 * 1024;
/// Pieces read ahead of the reader.
const AHEAD: usize = 2;

/// The source of originals.
pub(super) struct Source {
    folder: Arc<Folder>,
    readers: SqlitePool,
    key: Arc<OpeningKey>,
}

impl Source {
    pub(super) fn new(folder: Arc<Folder>, readers: SqlitePool, key: OpeningKey) -> Self {
        Self { folder, readers, key: Arc::new(key) }
    }
}

#[async_trait]
impl OriginalSource for Source {
    async fn open(&self, key: &ItemKey) -> Result<Blob, StoreError> {
        let row = sqlx::query(
            "SELECT item.length, item.digest, original.sealed, original.file FROM original \
             JOIN item ON item.tenant = original.tenant AND item.id = original.item \
             WHERE original.tenant = ? AND original.item = ?",
        )
        .bind(key.tenant.as_str())
        .bind(key.id.to_string())
        .fetch_one(&self.readers)
        .await
        .map_err(failed)?;
        let expected = Expected { length: row.number("length")?, digest: row.digest("digest")? };
        match (row.maybe_bytes("sealed")?, row.maybe_text("file")?) {
            (Some(sealed), _) => self.in_memory(&sealed, &expected),
            (None, Some(file)) => self.streamed(file, expected).await,
            (None, None) => Err(StoreError::Damaged("an original without bytes")),
        }
    }
}

impl Source {
    fn in_memory(&self, sealed: &[u8], expected: &Expected) -> Result<Blob, StoreError> {
        // One byte more than is due, so that too many are seen; sealed bytes are never fewer than plain ones.
        let room = usize::try_from(expected.length).unwrap_or(usize::MAX).min(sealed.len());
        let mut plain = vec![0; room.saturating_add(1)];
        let mut reader = unseal(&self.key, Cursor::new(sealed)).map_err(unreadable)?;
        let count = fill(&mut reader, &mut plain).map_err(unreadable)?;
        plain.truncate(count);
        expected.check(count, Digest::of(&plain))?;
        Ok(Blob::in_memory(Bytes::from(plain)))
    }

    async fn streamed(&self, file: String, expected: Expected) -> Result<Blob, StoreError> {
        let folder = Arc::clone(&self.folder);
        let sealed = on_disk(move || folder.read(&file)).await.map_err(|error| match error {
            StoreError::Unavailable(cause) if is_missing(&*cause) => {
                StoreError::Damaged("the file of an original is missing")
            }
            other => other,
        })?;
        let (pieces, blob) = mpsc::channel(AHEAD);
        let (key, length) = (Arc::clone(&self.key), expected.length);
        tokio::task::spawn_blocking(move || {
            if let Err(error) = send_pieces(&key, BufReader::new(sealed), &expected, &pieces) {
                // The reader has gone away if this fails.
                drop(pieces.blocking_send(Err(error)));
            }
        });
        Ok(Blob::new(length, blob))
    }
}

/// What the plain bytes must be.
struct Expected {
    length: u64,
    digest: Digest,
}

impl Expected {
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
    sealed: BufReader<File>,
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

fn is_missing(cause: &(dyn std::error::Error + 'static)) -> bool {
    cause.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::NotFound)
}
