//! Setting aside what cannot be read back, so that it keeps nothing else waiting.
//!
//! It stays in the store and is looked at again after [`PAUSE`]: the disk or a backup may have been mended.
//! Invariant: the log names what was set aside.

use std::time::Duration;

use sqlx::Row;
use sqlx::postgres::PgRow;

use super::ScaleoutStore;
use crate::domain::{TenantId, Timestamp};
use crate::ports::StoreError;
use crate::store::rows::failed;

/// How long a damaged row is left alone.
const PAUSE: Duration = Duration::from_secs(3600);

/// A row that was leased.
#[derive(Debug, Clone)]
pub(super) struct LeasedRow {
    tenant: TenantId,
    /// As it is written in the row, be it damaged or not.
    item: String,
    /// Of a mail.
    number: Option<i64>,
}

impl LeasedRow {
    pub(super) fn item(tenant: &TenantId, row: &PgRow) -> Result<Self, StoreError> {
        Ok(Self { tenant: tenant.clone(), item: row.try_get("id").map_err(failed)?, number: None })
    }

    pub(super) fn mail(tenant: &TenantId, row: &PgRow) -> Result<Self, StoreError> {
        let number = Some(row.try_get("number").map_err(failed)?);
        Ok(Self { tenant: tenant.clone(), item: row.try_get("item").map_err(failed)?, number })
    }
}

impl ScaleoutStore {
    /// Passes `loaded` on; if it is damage, the row is set aside first.
    pub(super) async fn or_park<T>(
        &self,
        row: LeasedRow,
        now: Timestamp,
        loaded: Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        if let Err(StoreError::Damaged(what)) = &loaded {
            tracing::error!(item = %row.item.escape_debug(), what, "stored data is damaged; it is set aside for an hour: mend the object store or restore a backup");
            let statement = match row.number {
                None => {
                    "UPDATE item SET due_at = $1, leased_until = NULL WHERE tenant = $2 AND id = $3 AND $4::bigint IS NULL"
                }
                Some(_) => {
                    "UPDATE mail SET due_at = $1, leased_until = NULL WHERE tenant = $2 AND item = $3 AND number = $4"
                }
            };
            sqlx::query(statement)
                .bind(now.after(PAUSE).millis())
                .bind(row.tenant.as_str())
                .bind(row.item)
                .bind(row.number)
                .execute(&self.pool)
                .await
                .map_err(failed)?;
        }
        loaded
    }
}
