//! Setting aside what cannot be read back, so that it keeps nothing else waiting.
//!
//! It stays in the store and is looked at again after [`PAUSE`]: the disk or a backup may have been mended.
//! Invariant: the log names what was set aside.

use std::time::Duration;

use async_trait::async_trait;

use super::EmbeddedStore;
use super::writer::{Job, Turn};
use crate::domain::Timestamp;
use crate::ports::StoreError;
use crate::store::rows::failed;

/// How long a damaged row is left alone.
pub(super) const PAUSE: Duration = Duration::from_secs(3600);

/// A row that was leased.
#[derive(Debug, Clone)]
pub(super) struct LeasedRow {
    pub(super) table: Table,
    pub(super) rowid: i64,
    /// As it is written in the row, be it damaged or not.
    pub(super) item: String,
}

/// What is leased.
#[derive(Debug, Clone, Copy)]
pub(super) enum Table {
    Item,
    Mail,
}

impl EmbeddedStore {
    /// Passes `loaded` on; if it is damage, the row is set aside first.
    pub(super) async fn or_park<T>(
        &self,
        row: LeasedRow,
        now: Timestamp,
        loaded: Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        if let Err(StoreError::Damaged(what)) = &loaded {
            tracing::error!(item = %row.item.escape_debug(), what, "stored data is damaged; it is set aside for an hour: mend the disk or restore a backup");
            self.writer.submit(Parking { row, until: now.after(PAUSE) }).await?;
        }
        loaded
    }
}

struct Parking {
    row: LeasedRow,
    until: Timestamp,
}

#[async_trait]
impl Job for Parking {
    type Answer = ();

    async fn run(self, turn: &mut Turn) -> Result<(), StoreError> {
        let statement = match self.row.table {
            Table::Item => "UPDATE item SET due_at = ?, leased_until = NULL WHERE rowid = ?",
            Table::Mail => "UPDATE mail SET due_at = ?, leased_until = NULL WHERE rowid = ?",
        };
        sqlx::query(statement)
            .bind(self.until.millis())
            .bind(self.row.rowid)
            .execute(&mut turn.connection)
            .await
            .map(drop)
            .map_err(failed)
    }
}
