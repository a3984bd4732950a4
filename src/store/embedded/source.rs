//! Reading originals back, from the database or from a file.
//!
//! Refuses: a row without bytes, a file that is missing. Invariant: what leaves here has passed [`Expected`].

use std::io;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use sqlx::SqlitePool;

use super::files::Folder;
use crate::domain::{Facts, ItemKey, PartPath, Password};
use crate::ports::{Blob, OpenedBefore, OriginalSource, PasswordSearch, Passwords, StoreError, Waiting};
use crate::store::arrivals::bytes;
use crate::store::before::{self, Stored};
use crate::store::keys::OpeningKey;
use crate::store::passwords::{self, SEALED, Search, opened, unsealed};
use crate::store::rows::{Columns, failed, on_disk};
use crate::store::unseal::Expected;

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
            (Some(sealed), _) => expected.in_memory(&self.key, &sealed),
            (None, Some(file)) => self.streamed(file, expected).await,
            (None, None) => Err(StoreError::Damaged("an original without bytes")),
        }
    }
}

#[async_trait]
impl Passwords for Source {
    async fn candidates(&self, key: &ItemKey) -> Result<Vec<Password>, StoreError> {
        let rows = sqlx::query(SEALED)
            .bind(key.tenant.as_str())
            .bind(key.id.to_string())
            .fetch_all(&self.readers)
            .await
            .map_err(failed)?;
        opened(&self.key, &rows)
    }

    async fn offered(&self, key: &ItemKey, facts: &Facts, window: Duration) -> Result<Vec<Password>, StoreError> {
        let search = PasswordSearch { window, candidates: Vec::new() };
        let Some(search) = Search::of(search, facts, true) else { return Ok(Vec::new()) };
        let mut connection = self.readers.acquire().await.map_err(failed)?;
        unsealed(&self.key, passwords::sqlite::offered(&mut connection, key, &search).await?)
    }

    async fn waiting(&self, key: &ItemKey, facts: &Facts, window: Duration) -> Result<Vec<Waiting>, StoreError> {
        let search = PasswordSearch { window, candidates: Vec::new() };
        let Some(search) = Search::of(search, facts, true) else { return Ok(Vec::new()) };
        let mut connection = self.readers.acquire().await.map_err(failed)?;
        let mut all = passwords::sqlite::waiting(&mut connection, key, &search).await?;
        drop(connection);
        for one in &mut all {
            one.known = self.candidates(&one.key).await?;
        }
        Ok(all)
    }

    async fn opened_before(&self, key: &ItemKey, parts: &[PartPath]) -> Result<Vec<OpenedBefore>, StoreError> {
        let mut snapshot = self.readers.begin().await.map_err(failed)?;
        let found = before::sqlite::find(&mut snapshot, key, parts).await?;
        drop(snapshot);
        let mut all = Vec::with_capacity(found.len());
        for mut one in found {
            let bytes = match &mut one.stored {
                Some(stored) => Some(self.bytes_of(stored).await?),
                None => None,
            };
            all.push(one.with(bytes));
        }
        Ok(all)
    }
}

impl Source {
    async fn bytes_of(&self, stored: &mut Stored) -> Result<Vec<u8>, StoreError> {
        let blob = match (stored.bytes.take(), stored.file.take()) {
            (Some(bytes), _) => bytes::in_memory(bytes, stored.length, stored.digest)?,
            (None, Some(file)) => {
                let folder = Arc::clone(&self.folder);
                bytes::streamed(on_disk(move || folder.read(&file)).await?, stored.length, stored.digest)
            }
            (None, None) => return Err(StoreError::Damaged("a derivative without bytes")),
        };
        blob.collect().await
    }
}

impl Source {
    async fn streamed(&self, file: String, expected: Expected) -> Result<Blob, StoreError> {
        let folder = Arc::clone(&self.folder);
        let sealed = on_disk(move || folder.read(&file)).await.map_err(|error| match error {
            StoreError::Unavailable(cause) if is_missing(&*cause) => {
                StoreError::Damaged("the file of an original is missing")
            }
            other => other,
        })?;
        Ok(expected.streamed(Arc::clone(&self.key), sealed))
    }
}

fn is_missing(cause: &(dyn std::error::Error + 'static)) -> bool {
    cause.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::NotFound)
}
