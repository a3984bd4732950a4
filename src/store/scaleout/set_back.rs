//! What to do when a node's clock is set back: the times at which things are due were set by a clock that was fast.
//!
//! Invariant: nothing becomes due later than it was. See the embedded store's twin for the reasons.

use std::time::Duration;

use sqlx::PgPool;

use super::renew::LEASE;
use crate::domain::{TenantId, Timestamp};
use crate::ports::StoreError;
use crate::store::rows::{failed, to_column};

/// What is leased.
#[derive(Debug, Clone, Copy)]
pub(super) enum Table {
    Item,
    Mail,
}

/// Brings everything of a tenant that is due later forward by as much as the clock was set back.
pub(super) async fn bring_forward(
    pool: &PgPool,
    table: Table,
    tenant: &TenantId,
    by: Duration,
    now: Timestamp,
) -> Result<(), StoreError> {
    let statement = match table {
        Table::Item => {
            "UPDATE item SET \
                 due_at = CASE WHEN leased_until IS NULL THEN GREATEST($1, due_at - $2) ELSE LEAST(due_at, $1 + $4) END, \
                 leased_until = LEAST(leased_until, $1 + $4) \
             WHERE tenant = $3 AND stage = 'received' AND due_at > $1"
        }
        Table::Mail => {
            "UPDATE mail SET \
                 due_at = CASE WHEN leased_until IS NULL THEN GREATEST($1, due_at - $2) ELSE LEAST(due_at, $1 + $4) END, \
                 leased_until = LEAST(leased_until, $1 + $4) \
             WHERE tenant = $3 AND due_at > $1"
        }
    };
    let seconds = by.as_secs();
    tracing::warn!(seconds, "the clock was set back; what was to be due later is brought forward by as much");
    sqlx::query(statement)
        .bind(now.millis())
        .bind(to_column(by.as_millis()))
        .bind(tenant.as_str())
        .bind(to_column(LEASE.as_millis()))
        .execute(pool)
        .await
        .map(drop)
        .map_err(failed)
}
