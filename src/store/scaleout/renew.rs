//! Making leases last longer.
//!
//! Refuses: a lease that was taken back or handed to somebody else. Invariant: what an operator put on hold meanwhile
//! does not become due again by a renewal.

use std::time::Duration;

use sqlx::PgPool;
use sqlx::postgres::PgQueryResult;

use crate::domain::{ItemKey, Timestamp};
use crate::ports::{Dispatch, Lease, StoreError};
use crate::store::rows::{failed, to_column};

/// How long a lease lasts from a renewal that nobody gave another time for: the span of `serve`.
pub(super) const LEASE: Duration = Duration::from_secs(60);

const RENEW_ITEM: &str = "\
    UPDATE item SET due_at = $1, leased_until = $1 \
    WHERE tenant = $2 AND id = $3 AND lease = $4 AND stage = 'received' AND leased_until IS NOT NULL";
const RENEW_MAIL: &str = "\
    UPDATE mail SET due_at = CASE WHEN due_at IS NOT NULL THEN $1 END, leased_until = $1 \
    WHERE tenant = $2 AND item = $3 AND lease = $4 AND leased_until IS NOT NULL AND number = $5";

pub(super) async fn renew_item(pool: &PgPool, lease: &Lease, until: Timestamp) -> Result<(), StoreError> {
    renew(pool, &lease.key, lease.token, until).await
}

/// As [`renew_item`], for a lease that is being ended.
pub(super) async fn renew(pool: &PgPool, key: &ItemKey, token: u64, until: Timestamp) -> Result<(), StoreError> {
    let renewed = sqlx::query(RENEW_ITEM)
        .bind(until.millis())
        .bind(key.tenant.as_str())
        .bind(key.id.to_string())
        .bind(to_column(token))
        .execute(pool)
        .await
        .map_err(failed)?;
    exactly_one(&renewed)
}

pub(super) async fn renew_mail(pool: &PgPool, dispatch: &Dispatch, until: Timestamp) -> Result<(), StoreError> {
    let renewed = sqlx::query(RENEW_MAIL)
        .bind(until.millis())
        .bind(dispatch.key.tenant.as_str())
        .bind(dispatch.key.id.to_string())
        .bind(to_column(dispatch.token))
        .bind(i64::from(dispatch.number))
        .execute(pool)
        .await
        .map_err(failed)?;
    exactly_one(&renewed)
}

fn exactly_one(renewed: &PgQueryResult) -> Result<(), StoreError> {
    if renewed.rows_affected() == 1 { Ok(()) } else { Err(StoreError::Conflict) }
}
