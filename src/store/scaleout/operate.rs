//! What an operator does to an item, with its record, in one transaction.
//!
//! Refuses: what [`acts`](crate::store::acts) refuses. Invariant: the item is locked first, then its mails, then their
//! recipients, so that no act crosses a conclusion, a settlement or a lease on another node.

use async_trait::async_trait;

use super::writer::{Job, Turn};
use crate::domain::ItemKey;
use crate::ports::StoreError;
use crate::store::acts::{Holding, ItemRows, Operation, Standing};
use crate::store::rows::failed;

#[async_trait]
impl Job for Operation {
    type Answer = ();

    async fn run(&self, turn: &mut Turn) -> Result<(), StoreError> {
        let standing = lock_item(turn, &self.key).await?;
        lock_mails(turn, &self.key).await?;
        self.apply(standing, &mut ItemRows { key: &self.key, at: self.record.at, connection: &mut turn.connection })
            .await?;
        (turn.ring_queue, turn.ring_outbox) = (true, true);
        turn.append(&self.key.tenant, &self.record);
        Ok(())
    }
}

#[async_trait]
impl Job for Holding {
    type Answer = ();

    async fn run(&self, turn: &mut Turn) -> Result<(), StoreError> {
        lock_item(turn, &self.key).await?;
        self.apply(&mut ItemRows { key: &self.key, at: self.record.at, connection: &mut turn.connection }).await?;
        turn.append(&self.key.tenant, &self.record);
        Ok(())
    }
}

/// As strong a lock as a conclusion, a settlement and a lease take: whoever comes second sees what the first did.
async fn lock_item(turn: &mut Turn, key: &ItemKey) -> Result<Standing, StoreError> {
    let row = sqlx::query("SELECT stage, held_by_rule FROM item WHERE tenant = $1 AND id = $2 FOR NO KEY UPDATE")
        .bind(key.tenant.as_str())
        .bind(key.id.to_string())
        .fetch_one(&mut turn.connection)
        .await
        .map_err(failed)?;
    Standing::of(&row)
}

/// A lease of a mail locks the mail and then its recipients, without the item; an act that took them the other way round
/// and that lease would wait for each other.
async fn lock_mails(turn: &mut Turn, key: &ItemKey) -> Result<(), StoreError> {
    sqlx::query("SELECT number FROM mail WHERE tenant = $1 AND item = $2 ORDER BY number FOR NO KEY UPDATE")
        .bind(key.tenant.as_str())
        .bind(key.id.to_string())
        .execute(&mut turn.connection)
        .await
        .map(drop)
        .map_err(failed)
}
