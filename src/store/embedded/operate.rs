//! What an operator does to an item, with its record, in one transaction.
//!
//! Refuses: what [`acts`](crate::store::acts) refuses. Invariant: nothing else writes meanwhile; a job that is refused is
//! undone by the writer.

use async_trait::async_trait;

use super::writer::{Job, Turn};
use crate::domain::ItemKey;
use crate::ports::StoreError;
use crate::store::acts::{Holding, ItemRows, Operation, Standing};
use crate::store::rows::failed;

#[async_trait]
impl Job for Operation {
    type Answer = ();

    async fn run(self, turn: &mut Turn) -> Result<(), StoreError> {
        let standing = standing(turn, &self.key).await?;
        self.apply(standing, &mut ItemRows { key: &self.key, at: self.record.at, connection: &mut turn.connection })
            .await?;
        (turn.ring_queue, turn.ring_outbox) = (true, true);
        turn.append(&self.key.tenant, &self.record).await
    }
}

#[async_trait]
impl Job for Holding {
    type Answer = ();

    async fn run(self, turn: &mut Turn) -> Result<(), StoreError> {
        standing(turn, &self.key).await?;
        self.apply(&mut ItemRows { key: &self.key, at: self.record.at, connection: &mut turn.connection }).await?;
        turn.append(&self.key.tenant, &self.record).await
    }
}

async fn standing(turn: &mut Turn, key: &ItemKey) -> Result<Standing, StoreError> {
    let row = sqlx::query("SELECT stage, held_by_rule FROM item WHERE tenant = $1 AND id = $2")
        .bind(key.tenant.as_str())
        .bind(key.id.to_string())
        .fetch_one(&mut turn.connection)
        .await
        .map_err(failed)?;
    Standing::of(&row)
}
