//! What to do when the clock is set back: the times at which things are due were set by a clock that was fast.
//!
//! Without this, mail that came in while the clock showed next year would wait until next year. Leases that were handed
//! out meanwhile move along. A clock that is set forward needs nothing: leases run out early, and are lost as any other.
//! Invariant: nothing becomes due later than it was.

use std::time::Duration;

use async_trait::async_trait;

use super::park::Table;
use super::writer::{Job, Turn};
use crate::domain::Timestamp;
use crate::ports::StoreError;
use crate::store::rows::{failed, to_column};

/// Brings everything of a table that is due later forward by as much as the clock was set back.
pub(super) struct BringingForward {
    pub(super) table: Table,
    pub(super) by: Duration,
    pub(super) now: Timestamp,
}

#[async_trait]
impl Job for BringingForward {
    type Answer = ();

    async fn run(self, turn: &mut Turn) -> Result<(), StoreError> {
        let statement = match self.table {
            Table::Item => {
                "UPDATE item SET due_at = MAX(?1, due_at - ?2), leased_until = MAX(?1, leased_until - ?2) \
                 WHERE stage = 'received' AND due_at > ?1"
            }
            Table::Mail => {
                "UPDATE mail SET due_at = MAX(?1, due_at - ?2), leased_until = MAX(?1, leased_until - ?2) \
                 WHERE due_at > ?1"
            }
        };
        let seconds = self.by.as_secs();
        tracing::warn!(seconds, "the clock was set back; what was to be due later is brought forward by as much");
        sqlx::query(statement)
            .bind(self.now.millis())
            .bind(to_column(self.by.as_millis()))
            .execute(&mut turn.connection)
            .await
            .map(drop)
            .map_err(failed)
    }
}
