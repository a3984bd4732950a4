//! What staff see of the mails that came for them. Originals are not reachable from here.
//!
//! Invariant: bytes are handed out after the record of it is synced.

use async_trait::async_trait;

use super::ScaleoutStore;
use super::register::SNAPSHOT;
use super::writer::{Job, Turn};
use crate::domain::{AuditEvent, Digest, ItemId, Timestamp};
use crate::ports::{
    ArrivalCounts, ArrivalDetail, ArrivalLine, ArrivalQuery, Arrivals, Blob, Register as _, StoreError, Viewer,
};
use crate::store::arrivals::{Fetching, Found, SettingAside, bytes, postgres};
use crate::store::rows::failed;

impl ScaleoutStore {
    /// Rebuilt bytes that were found.
    pub(super) async fn opened(&self, found: Found, digest: Digest) -> Result<Blob, StoreError> {
        match (found.bytes, found.file) {
            (Some(bytes), _) => bytes::in_memory(bytes, found.length, digest),
            // It may have expired since its row was read: not found is the answer then.
            (None, Some(file)) => Ok(bytes::streamed(self.objects.open(&file).await?, found.length, digest)),
            (None, None) => Err(StoreError::Damaged("a derivative without bytes")),
        }
    }
}

#[async_trait]
impl Arrivals for ScaleoutStore {
    async fn list(&self, viewer: &Viewer, query: &ArrivalQuery) -> Result<Vec<ArrivalLine>, StoreError> {
        let mut snapshot = self.pool.begin_with(SNAPSHOT).await.map_err(failed)?;
        postgres::list(&mut snapshot, viewer, query).await
    }

    async fn count(&self, viewer: &Viewer) -> Result<ArrivalCounts, StoreError> {
        let mut reader = self.pool.acquire().await.map_err(failed)?;
        postgres::counts(&mut reader, viewer).await
    }

    async fn arrival(
        &self,
        viewer: &Viewer,
        item: ItemId,
        record: Option<AuditEvent>,
    ) -> Result<ArrivalDetail, StoreError> {
        let mut snapshot = self.pool.begin_with(SNAPSHOT).await.map_err(failed)?;
        let detail = postgres::detail(&mut snapshot, viewer, item).await?;
        drop(snapshot);
        if let Some(record) = record {
            self.record(&viewer.tenant, record).await?;
        }
        Ok(detail)
    }

    async fn derivative(
        &self,
        viewer: &Viewer,
        item: ItemId,
        digest: Digest,
        record: AuditEvent,
    ) -> Result<Blob, StoreError> {
        let mut snapshot = self.pool.begin_with(SNAPSHOT).await.map_err(failed)?;
        let found = postgres::find(&mut snapshot, viewer, item, digest).await?;
        drop(snapshot);
        let mailbox = found.mailbox.clone();
        let blob = self.opened(found, digest).await?;
        let fetching =
            Fetching { tenant: viewer.tenant.clone(), account: viewer.account, item, digest, mailbox, record };
        self.writer.submit(fetching).await?;
        Ok(blob)
    }

    async fn fetched_since(&self, viewer: &Viewer, since: Timestamp) -> Result<u32, StoreError> {
        let mut reader = self.pool.acquire().await.map_err(failed)?;
        postgres::fetched_since(&mut reader, viewer, since).await
    }

    async fn set_aside(&self, viewer: &Viewer, items: &[ItemId], aside: bool) -> Result<(), StoreError> {
        self.writer.submit(SettingAside { viewer: viewer.clone(), items: items.to_vec(), aside }).await
    }
}

#[async_trait]
impl Job for Fetching {
    type Answer = ();

    async fn run(&self, turn: &mut Turn) -> Result<(), StoreError> {
        postgres::note(&mut turn.connection, self).await?;
        turn.append(&self.tenant, &self.record);
        Ok(())
    }
}

#[async_trait]
impl Job for SettingAside {
    type Answer = ();

    async fn run(&self, turn: &mut Turn) -> Result<(), StoreError> {
        postgres::aside(&mut turn.connection, self).await
    }
}
