//! What people are told, in the embedded store.
//!
//! Refuses: to tell a thing twice. Invariant: nothing else writes meanwhile; a job that is refused is undone by the
//! writer.

use async_trait::async_trait;

use super::EmbeddedStore;
use super::writer::{Job, Turn};
use crate::domain::{AuditEvent, Outbound, TenantId, Timestamp};
use crate::ports::{DigestQuery, StoreError, Tiding};
use crate::store::rows::failed;
use crate::store::tidings::{BATCH, EndingRequests, Telling, sqlite, tidings_port};

tidings_port!(EmbeddedStore, readers, sqlite);

#[async_trait]
impl Job for Telling {
    type Answer = ();

    async fn run(self, turn: &mut Turn) -> Result<(), StoreError> {
        sqlite::tell(&mut turn.connection, &self).await?;
        turn.ring_outbox = true;
        turn.append(&self.tenant, &self.record).await
    }
}

#[async_trait]
impl Job for EndingRequests {
    /// How many ended.
    type Answer = usize;

    async fn run(self, turn: &mut Turn) -> Result<usize, StoreError> {
        let events = sqlite::end(&mut turn.connection, &self).await?;
        for event in &events {
            turn.append(&self.tenant, event).await?;
        }
        Ok(events.len())
    }
}
