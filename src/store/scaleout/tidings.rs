//! What people are told, in the scale-out store.
//!
//! Refuses: to tell a thing twice, also of two nodes at once. Invariant: the item is locked first, so that each of its
//! mails has a number of its own.

use async_trait::async_trait;

use super::ScaleoutStore;
use super::writer::{Job, Turn};
use crate::domain::{AuditEvent, Outbound, TenantId, Timestamp};
use crate::ports::{DigestQuery, StoreError, Tiding};
use crate::store::rows::failed;
use crate::store::tidings::{BATCH, EndingRequests, Telling, postgres, tidings_port};

tidings_port!(ScaleoutStore, pool, postgres);

#[async_trait]
impl Job for Telling {
    type Answer = ();

    async fn run(&self, turn: &mut Turn) -> Result<(), StoreError> {
        postgres::tell(&mut turn.connection, self).await?;
        turn.ring_outbox = true;
        turn.append(&self.tenant, &self.record);
        Ok(())
    }
}

#[async_trait]
impl Job for EndingRequests {
    /// How many ended.
    type Answer = usize;

    async fn run(&self, turn: &mut Turn) -> Result<usize, StoreError> {
        let events = postgres::end(&mut turn.connection, self).await?;
        for event in &events {
            turn.append(&self.tenant, event);
        }
        Ok(events.len())
    }
}
