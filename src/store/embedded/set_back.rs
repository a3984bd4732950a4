//! What to do when the clock is set back: the times at which things are due were set by a clock that was fast.
//!
//! Without this, mail that came in while the clock showed next year would wait until next year. Leases that were handed
//! out meanwhile move along. A clock that is set forward needs nothing: leases run out early, and are lost as any other.
//! Invariant: nothing becomes due later than it was.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use async_trait::async_trait;

use super::park::Table;
use super::rows::{failed, to_column};
use super::writer::{Job, Turn};
use crate::domain::Timestamp;
use crate::ports::StoreError;

/// Callers that read the clock in one order may come here in another.
const TOLERANCE: Duration = Duration::from_secs(5);

/// The time that was shown last.
#[derive(Debug)]
pub(super) struct ClockWatch(AtomicI64);

impl Default for ClockWatch {
    fn default() -> Self {
        Self(AtomicI64::new(i64::MIN))
    }
}

impl ClockWatch {
    /// By how much the clock was set back between the last call and this one, if it was.
    pub(super) fn set_back(&self, now: Timestamp) -> Option<Duration> {
        let before = Timestamp::from_millis(self.0.swap(now.millis(), Ordering::Relaxed));
        Some(before.since(now)).filter(|back| *back > TOLERANCE)
    }
}

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
