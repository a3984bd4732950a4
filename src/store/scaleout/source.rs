//! Reading originals back, from the database or from the object store.
//!
//! Refuses: a row without bytes, an object that is missing. Invariant: what leaves here has passed [`Expected`].

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use sqlx::PgPool;

use super::objects::Objects;
use super::register::SNAPSHOT;
use crate::domain::{Facts, ItemKey, PartPath, Password};
use crate::ports::{Blob, OpenedBefore, OriginalSource, PasswordSearch, Passwords, StoreError, Waiting};
use crate::store::arrivals::bytes;
use crate::store::before::{self, Stored};
use crate::store::keys::OpeningKey;
use crate::store::passwords::{self, SEALED, Search, opened, unsealed};
use crate::store::rows::{Columns, failed};
use crate::store::unseal::Expected;

/// The source of originals.
pub(super) struct Source {
    pool: PgPool,
    objects: Arc<Objects>,
    key: Arc<OpeningKey>,
}

impl Source {
    pub(super) fn new(pool: PgPool, objects: Arc<Objects>, key: OpeningKey) -> Self {
        Self { pool, objects, key: Arc::new(key) }
    }
}

#[async_trait]
impl OriginalSource for Source {
    async fn open(&self, key: &ItemKey) -> Result<Blob, StoreError> {
        let row = sqlx::query(
            "SELECT item.length, item.digest, original.sealed, original.file FROM original \
             JOIN item ON item.tenant = original.tenant AND item.id = original.item \
             WHERE original.tenant = $1 AND original.item = $2",
        )
        .bind(key.tenant.as_str())
        .bind(key.id.to_string())
        .fetch_one(&self.pool)
        .await
        .map_err(failed)?;
        let expected = Expected { length: row.number("length")?, digest: row.digest("digest")? };
        match (row.maybe_bytes("sealed")?, row.maybe_text("file")?) {
            (Some(sealed), _) => expected.in_memory(&self.key, &sealed),
            (None, Some(file)) => {
                let sealed = self.objects.open(&file).await.map_err(|error| match error {
                    StoreError::NotFound => StoreError::Damaged("the object of an original is missing"),
                    other => other,
                })?;
                Ok(expected.streamed(Arc::clone(&self.key), sealed))
            }
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
            .fetch_all(&self.pool)
            .await
            .map_err(failed)?;
        opened(&self.key, &rows)
    }

    async fn offered(&self, key: &ItemKey, facts: &Facts, window: Duration) -> Result<Vec<Password>, StoreError> {
        let search = PasswordSearch { window, candidates: Vec::new() };
        let Some(search) = Search::of(search, facts, true) else { return Ok(Vec::new()) };
        let mut connection = self.pool.acquire().await.map_err(failed)?;
        unsealed(&self.key, passwords::postgres::offered(&mut connection, key, &search).await?)
    }

    async fn waiting(&self, key: &ItemKey, facts: &Facts, window: Duration) -> Result<Vec<Waiting>, StoreError> {
        let search = PasswordSearch { window, candidates: Vec::new() };
        let Some(search) = Search::of(search, facts, true) else { return Ok(Vec::new()) };
        let mut connection = self.pool.acquire().await.map_err(failed)?;
        let mut all = passwords::postgres::waiting(&mut connection, key, &search).await?;
        drop(connection);
        for one in &mut all {
            one.known = self.candidates(&one.key).await?;
        }
        Ok(all)
    }

    async fn opened_before(&self, key: &ItemKey, parts: &[PartPath]) -> Result<Vec<OpenedBefore>, StoreError> {
        let mut snapshot = self.pool.begin_with(SNAPSHOT).await.map_err(failed)?;
        let found = before::postgres::find(&mut snapshot, key, parts).await?;
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
            (None, Some(file)) => bytes::streamed(self.objects.open(&file).await?, stored.length, stored.digest),
            (None, None) => return Err(StoreError::Damaged("a derivative without bytes")),
        };
        blob.collect().await
    }
}
