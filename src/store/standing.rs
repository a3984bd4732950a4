//! How what somebody waits for stands, and its withdrawal, alike in both kinds of database.
//!
//! Refuses: to tell of an upload that is another's, to stop anything that is concluded, or a mail. Invariant: whether a
//! thing is stopped or concluded is settled by the state of its row, in one statement: what comes second changes nothing.

use sqlx::{PgConnection, SqliteConnection};

use super::offers::OfferLease;
use super::rows::{Columns, failed, to_column, to_json};
use crate::domain::{AccountId, AuditEvent, ItemId, ItemKey, OfferId, Origin, Reason, Stage, TenantId};
use crate::ports::{Lease, Progress, StoreError, UploadState};

/// Items ahead are counted up to so many.
const MOST_AHEAD: i64 = 1_000;

/// Whoever waits ahead is due earlier and is not being worked on.
const UPLOAD: &str = "\
    SELECT origin, stage, reason, received_at, standing, leased_until IS NOT NULL AS working, \
        EXISTS (SELECT 1 FROM arrival WHERE arrival.tenant = mine.tenant AND arrival.item = mine.id) AS has_result, \
        (SELECT COUNT(*) FROM (SELECT 1 FROM item AS other WHERE other.tenant = mine.tenant \
            AND other.stage = 'received' AND other.leased_until IS NULL \
            AND (other.due_at, other.id) < (mine.due_at, mine.id) LIMIT $3) AS waiting) AS ahead \
    FROM item AS mine WHERE tenant = $1 AND id = $2";
/// The same as the function of PostgreSQL.
const WITHDRAW_UPLOAD_SQLITE: &str = "\
    UPDATE item SET stage = 'quarantined', reason = 'withdrawn', leased_until = NULL, standing = NULL \
    WHERE tenant = $1 AND id = $2 AND stage = 'received' AND json_extract(origin, '$.upload.by') = $3 \
        AND NOT EXISTS (SELECT 1 FROM arrival WHERE arrival.tenant = $1 AND arrival.item = $2) RETURNING TRUE";
const WITHDRAW_UPLOAD_POSTGRES: &str = "SELECT withdraw_upload($1, $2, $3)";
const WITHDRAW_OFFER_SQLITE: &str = "\
    DELETE FROM password_offer WHERE tenant = $1 AND id = $2 AND item = $3 AND account = $4 AND sealed IS NOT NULL \
    RETURNING TRUE";
const WITHDRAW_OFFER_POSTGRES: &str = "SELECT withdraw_offer($1, $2, $3, $4)";
const OFFER_IS_THEIRS: &str = "\
    SELECT EXISTS (SELECT 1 FROM password_offer WHERE tenant = $1 AND id = $2 AND item = $3 AND account = $4)";
const ITEM_STANDS: &str = "\
    UPDATE item SET standing = $1 \
    WHERE tenant = $2 AND id = $3 AND lease = $4 AND stage = 'received' AND leased_until IS NOT NULL";
const TRIAL_STANDS: &str = "\
    UPDATE password_offer SET standing = $1 WHERE tenant = $2 AND id = $3 AND lease = $4 AND state = 'trying'";

/// A standing to be kept.
pub(super) struct Standing {
    statement: &'static str,
    tenant: TenantId,
    id: String,
    token: u64,
    progress: Option<String>,
}

impl Standing {
    pub(super) fn of_item(lease: &Lease, progress: Option<Progress>) -> Result<Self, StoreError> {
        let progress = progress.as_ref().map(to_json).transpose()?;
        let (tenant, id) = (lease.key.tenant.clone(), lease.key.id.to_string());
        Ok(Self { statement: ITEM_STANDS, tenant, id, token: lease.token, progress })
    }

    pub(super) fn of_trial(lease: &OfferLease, progress: Option<Progress>) -> Result<Self, StoreError> {
        let progress = progress.as_ref().map(to_json).transpose()?;
        let (tenant, id) = (lease.tenant.clone(), lease.id.to_string());
        Ok(Self { statement: TRIAL_STANDS, tenant, id, token: lease.token, progress })
    }
}

/// An upload that is taken back.
pub(super) struct WithdrawnUpload {
    pub(super) key: ItemKey,
    pub(super) account: AccountId,
    pub(super) record: AuditEvent,
}

/// Typed passwords that are taken back.
pub(super) struct WithdrawnOffer {
    pub(super) tenant: TenantId,
    pub(super) account: AccountId,
    pub(super) item: ItemId,
    pub(super) id: OfferId,
    pub(super) record: AuditEvent,
}

fn told(row: &impl Columns, account: AccountId) -> Result<UploadState, StoreError> {
    let origin: Origin = row.json("origin")?;
    if origin.upload().is_none_or(|upload| upload.by != account) {
        return Err(StoreError::NotFound);
    }
    let since = row.time("received_at")?;
    Ok(match row.parsed::<Stage>("stage")? {
        _ if row.flag("has_result")? => UploadState::Ended,
        Stage::Received if row.flag("working")? => {
            UploadState::Working { progress: row.maybe_json("standing")?, since }
        }
        Stage::Received => UploadState::Waiting { ahead: row.number("ahead")?, since },
        Stage::Quarantined if row.maybe_parsed::<Reason>("reason")? == Some(Reason::Withdrawn) => UploadState::Stopped,
        _ => UploadState::Held,
    })
}

/// As in [`rows`](super::rows): the traits of both kinds cannot be named together without a page of bounds.
macro_rules! standings {
    ($name:ident, $connection:ty, $withdraw_upload:ident, $withdraw_offer:ident) => {
        pub(super) mod $name {
            use super::*;

            /// Keeps a standing, as long as the lease holds.
            pub(in crate::store) async fn keep(
                connection: &mut $connection,
                standing: &Standing,
            ) -> Result<(), StoreError> {
                let kept = sqlx::query(standing.statement)
                    .bind(standing.progress.as_deref())
                    .bind(standing.tenant.as_str())
                    .bind(standing.id.as_str())
                    .bind(to_column(standing.token))
                    .execute(connection)
                    .await
                    .map_err(failed)?;
                if kept.rows_affected() == 1 { Ok(()) } else { Err(StoreError::Conflict) }
            }

            pub(in crate::store) async fn upload(
                connection: &mut $connection,
                key: &ItemKey,
                account: AccountId,
            ) -> Result<UploadState, StoreError> {
                let row = sqlx::query(UPLOAD)
                    .bind(key.tenant.as_str())
                    .bind(key.id.to_string())
                    .bind(MOST_AHEAD)
                    .fetch_one(connection)
                    .await
                    .map_err(failed)?;
                told(&row, account)
            }

            /// For use within the transaction that writes its record; what it refuses has changed nothing.
            pub(in crate::store) async fn withdraw_upload(
                connection: &mut $connection,
                withdrawn: &WithdrawnUpload,
            ) -> Result<(), StoreError> {
                let done: Option<bool> = sqlx::query_scalar($withdraw_upload)
                    .bind(withdrawn.key.tenant.as_str())
                    .bind(withdrawn.key.id.to_string())
                    .bind(withdrawn.account.to_string())
                    .fetch_optional(&mut *connection)
                    .await
                    .map_err(failed)?;
                if done == Some(true) {
                    return Ok(());
                }
                // Not theirs, or too late.
                upload(connection, &withdrawn.key, withdrawn.account).await?;
                Err(StoreError::Conflict)
            }

            /// As [`withdraw_upload`].
            pub(in crate::store) async fn withdraw_offer(
                connection: &mut $connection,
                withdrawn: &WithdrawnOffer,
            ) -> Result<(), StoreError> {
                let WithdrawnOffer { tenant, account, item, id, .. } = withdrawn;
                let done: Option<bool> = sqlx::query_scalar($withdraw_offer)
                    .bind(tenant.as_str())
                    .bind(id.to_string())
                    .bind(item.to_string())
                    .bind(account.to_string())
                    .fetch_optional(&mut *connection)
                    .await
                    .map_err(failed)?;
                if done == Some(true) {
                    return Ok(());
                }
                let theirs: bool = sqlx::query_scalar(OFFER_IS_THEIRS)
                    .bind(tenant.as_str())
                    .bind(id.to_string())
                    .bind(item.to_string())
                    .bind(account.to_string())
                    .fetch_one(connection)
                    .await
                    .map_err(failed)?;
                Err(if theirs { StoreError::Conflict } else { StoreError::NotFound })
            }
        }
    };
}

standings!(sqlite, SqliteConnection, WITHDRAW_UPLOAD_SQLITE, WITHDRAW_OFFER_SQLITE);
standings!(postgres, PgConnection, WITHDRAW_UPLOAD_POSTGRES, WITHDRAW_OFFER_POSTGRES);
