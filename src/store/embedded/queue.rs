//! Leasing items to be processed.
//!
//! Invariant: the attempt is counted and synced before the lease is handed out, so that an item that kills its worker
//! cannot do so for ever; at any time at most one lease on an item is good.

use std::time::Duration;

use async_trait::async_trait;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::EmbeddedStore;
use super::conclude::conclude;
use super::park::{LeasedRow, Table};
use super::renew::Renewing;
use super::set_back::BringingForward;
use super::writer::{Job, Turn};
use crate::domain::{AuditEvent, ItemKey, TenantId, Timestamp};
use crate::ports::{Conclusion, Lease, Queue, StoreError};
use crate::store::conclusion::Ended;
use crate::store::rows::{Columns, failed};

#[async_trait]
impl Queue for EmbeddedStore {
    async fn lease(&self, tenant: &TenantId, now: Timestamp, span: Duration) -> Result<Option<Lease>, StoreError> {
        if let Some(by) = self.queue_clock.set_back(now) {
            self.writer.submit(BringingForward { table: Table::Item, by, now }).await?;
        }
        let Some((row, lease)) =
            self.writer.submit(Leasing { tenant: tenant.clone(), now, until: now.after(span) }).await?
        else {
            return Ok(None);
        };
        // There may be more; let the next one look.
        self.writer.bells().queue.notify_one();
        self.or_park(row, now, lease).await.map(Some)
    }

    async fn renew(&self, lease: &Lease, until: Timestamp) -> Result<(), StoreError> {
        self.writer.submit(Renewing::item(lease, until)).await
    }

    async fn conclude(&self, lease: Lease, conclusion: Conclusion, records: Vec<AuditEvent>) -> Result<(), StoreError> {
        conclude(self, Ended::prepare(lease, conclusion, records, self.clock.now(), self.inline_bytes)?).await
    }

    async fn wait(&self, longest: Duration) {
        // Running out of time is as good an answer as the bell.
        tokio::time::timeout(longest, self.writer.bells().queue.notified()).await.unwrap_or_default();
    }
}

struct Leasing {
    tenant: TenantId,
    now: Timestamp,
    until: Timestamp,
}

pub(super) const LEASE_ITEM: &str = "\
    UPDATE item SET due_at = ?2, leased_until = ?2, lease = lease + 1, attempts = attempts + 1 \
    WHERE rowid = (SELECT rowid FROM item WHERE tenant = ?3 AND stage = 'received' AND due_at <= ?1 ORDER BY due_at, id LIMIT 1) \
    RETURNING rowid, tenant, id, origin, received_at, length, digest, attempts, lease, released";

#[async_trait]
impl Job for Leasing {
    /// A row that does not read must not keep the others back.
    type Answer = Option<(LeasedRow, Result<Lease, StoreError>)>;

    async fn run(self, turn: &mut Turn) -> Result<Self::Answer, StoreError> {
        let row = sqlx::query(LEASE_ITEM)
            .bind(self.now.millis())
            .bind(self.until.millis())
            .bind(self.tenant.as_str())
            .fetch_optional(&mut turn.connection)
            .await
            .map_err(failed)?;
        let Some(row) = row else { return Ok(None) };
        let item = row.try_get("id").map_err(failed)?;
        let leased = LeasedRow { table: Table::Item, rowid: row.try_get("rowid").map_err(failed)?, item };
        Ok(Some((leased, lease(&row))))
    }
}

fn lease(row: &SqliteRow) -> Result<Lease, StoreError> {
    Ok(Lease {
        key: ItemKey { tenant: row.checked("tenant")?, id: row.parsed("id")? },
        origin: row.json("origin")?,
        received_at: row.time("received_at")?,
        length: row.number("length")?,
        digest: row.digest("digest")?,
        attempt: row.number("attempts")?,
        token: row.number("lease")?,
        released: row.flag("released")?,
    })
}

#[cfg(test)]
pub(super) mod tests {
    use sqlx::{AssertSqlSafe, Connection, Row, SqliteConnection};

    use super::super::schema::migrate;
    use super::*;

    /// How SQLite would run `statement`.
    pub(in super::super) async fn plan(statement: &str) -> String {
        let mut connection = SqliteConnection::connect("sqlite::memory:").await.unwrap();
        migrate(&mut connection).await.unwrap();
        let rows = sqlx::query(AssertSqlSafe(format!("EXPLAIN QUERY PLAN {statement}")))
            .fetch_all(&mut connection)
            .await
            .unwrap();
        rows.iter().map(|row| row.get::<String, _>("detail")).collect::<Vec<_>>().join("\n")
    }

    #[tokio::test]
    async fn leasing_walks_an_index_and_sorts_nothing() {
        let plan = plan(LEASE_ITEM).await;
        assert!(plan.contains("USING COVERING INDEX item_due") || plan.contains("USING INDEX item_due"), "{plan}");
        assert!(!plan.contains("SCAN") && !plan.contains("TEMP B-TREE"), "{plan}");
    }
}
