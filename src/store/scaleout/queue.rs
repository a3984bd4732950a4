//! Leasing items to be processed.
//!
//! Invariant: the attempt is counted and committed before the lease is handed out, so that an item that kills its worker
//! cannot do so for ever; at any time at most one lease on an item is good. Rows that another node is looking at are
//! skipped, not waited for.

use std::time::Duration;

use async_trait::async_trait;
use sqlx::postgres::PgRow;

use super::ScaleoutStore;
use super::conclude::conclude;
use super::park::LeasedRow;
use super::renew::renew_item;
use super::set_back::{Table, bring_forward};
use crate::domain::{AuditEvent, ItemKey, TenantId, Timestamp};
use crate::ports::{Conclusion, Lease, Queue, StoreError};
use crate::store::conclusion::Ended;
use crate::store::rows::{Columns, failed};

#[async_trait]
impl Queue for ScaleoutStore {
    async fn lease(&self, tenant: &TenantId, now: Timestamp, span: Duration) -> Result<Option<Lease>, StoreError> {
        if let Some(by) = self.queue_clock.set_back(now) {
            bring_forward(&self.pool, Table::Item, tenant, by, now).await?;
        }
        let row = sqlx::query(LEASE_ITEM)
            .bind(tenant.as_str())
            .bind(now.millis())
            .bind(now.after(span).millis())
            .fetch_optional(&self.pool)
            .await
            .map_err(failed)?;
        let Some(row) = row else { return Ok(None) };
        // There may be more; let the next one look.
        self.bells.queue.notify_one();
        let leased = LeasedRow::item(tenant, &row)?;
        self.or_park(leased, now, lease(&row)).await.map(Some)
    }

    async fn renew(&self, lease: &Lease, until: Timestamp) -> Result<(), StoreError> {
        renew_item(&self.pool, lease, until).await
    }

    async fn conclude(&self, lease: Lease, conclusion: Conclusion, records: Vec<AuditEvent>) -> Result<(), StoreError> {
        conclude(self, Ended::prepare(lease, conclusion, records, self.clock.now(), self.inline_bytes)?).await
    }

    async fn wait(&self, longest: Duration) {
        // Running out of time is as good an answer as the bell.
        tokio::time::timeout(longest, self.bells.queue.notified()).await.unwrap_or_default();
    }
}

/// The choice is made once and for all before the update looks at it: a plain subselect may be run again.
pub(super) const LEASE_ITEM: &str = "\
    WITH next AS MATERIALIZED ( \
        SELECT tenant, id FROM item WHERE tenant = $1 AND stage = 'received' AND due_at <= $2 \
        ORDER BY due_at, id LIMIT 1 FOR UPDATE SKIP LOCKED) \
    UPDATE item SET due_at = $3, leased_until = $3, lease = item.lease + 1, attempts = item.attempts + 1 \
    FROM next WHERE item.tenant = next.tenant AND item.id = next.id \
    RETURNING item.tenant, item.id, item.origin, item.received_at, item.length, item.digest, item.attempts, item.lease, \
        item.released";

fn lease(row: &PgRow) -> Result<Lease, StoreError> {
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
