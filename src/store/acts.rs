//! What operators do: the order of the statements and their text, the same for every kind of database.
//!
//! | | received | sanitized, delivered | held | quarantined | expired |
//! |---|---|---|---|---|---|
//! | retry | due now | open deliveries due now | – | processed anew | – |
//! | hold | held | waiting deliveries held | – | waiting notices held | – |
//! | release | – | held deliveries and groups | processed anew | held notices | – |
//!
//! Refuses: what the table has no entry for, and has changed nothing then. Invariant: a lease that somebody holds stays
//! good or is lost as a whole; a release goes past a rule only if it was a rule that held.

use async_trait::async_trait;
use sqlx::{PgConnection, SqliteConnection};

use super::rows::{Columns, failed};
use crate::domain::{AuditEvent, Digest, ItemKey, Stage, TenantId, Timestamp};
use crate::ports::{Operator, StoreError};

/// An operator's act on an item or its deliveries.
pub(super) struct Operation {
    pub(super) key: ItemKey,
    pub(super) what: Operator,
    pub(super) record: AuditEvent,
}

/// A legal hold, set or lifted.
pub(super) struct Holding {
    pub(super) key: ItemKey,
    pub(super) held: bool,
    pub(super) record: AuditEvent,
}

/// A record that belongs to no change.
pub(super) struct Recording {
    pub(super) tenant: TenantId,
    pub(super) record: AuditEvent,
}

/// A set of rules to be kept, with the record of the first time it is seen.
pub(super) struct KeepingRules {
    pub(super) tenant: TenantId,
    pub(super) digest: Digest,
    pub(super) text: String,
    pub(super) record: AuditEvent,
}

/// Tenant, digest, text, time. Changes no row if they are kept already.
pub(super) const KEEP_RULES: &str =
    "INSERT INTO rules (tenant, digest, text, first_seen) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING";

/// How an item stands, read with its row locked against everybody else.
#[derive(Debug, Clone, Copy)]
pub(super) struct Standing {
    stage: Stage,
    held_by_rule: bool,
}

impl Standing {
    /// From the columns `stage` and `held_by_rule`.
    pub(super) fn of(row: &impl Columns) -> Result<Self, StoreError> {
        Ok(Self { stage: row.parsed("stage")?, held_by_rule: row.flag("held_by_rule")? })
    }
}

/// One item's rows, within a transaction on a connection.
pub(super) struct ItemRows<'a, C> {
    pub(super) key: &'a ItemKey,
    pub(super) at: Timestamp,
    pub(super) connection: &'a mut C,
}

/// Rows that statements change.
#[async_trait]
pub(super) trait Change: Send {
    /// Runs a statement with tenant, item and time as `$1`, `$2`, `$3`; true if it changed a row.
    async fn change(&mut self, statement: &'static str) -> Result<bool, StoreError>;
}

/// As in [`rows`](super::rows): the traits of both kinds cannot be named together without a page of bounds.
macro_rules! change {
    ($($connection:ty),+) => {
        $(#[async_trait]
        impl Change for ItemRows<'_, $connection> {
            async fn change(&mut self, statement: &'static str) -> Result<bool, StoreError> {
                let done = sqlx::query(statement)
                    .bind(self.key.tenant.as_str())
                    .bind(self.key.id.to_string())
                    .bind(self.at.millis())
                    .execute(&mut *self.connection)
                    .await
                    .map_err(failed)?;
                Ok(done.rows_affected() > 0)
            }
        })+
    };
}

change!(SqliteConnection, PgConnection);

impl Operation {
    /// Changes the rows. [`StoreError::Conflict`] if the stage does not allow it; no row is changed then.
    pub(super) async fn apply(&self, standing: Standing, rows: &mut impl Change) -> Result<(), StoreError> {
        done(match self.what {
            Operator::Retry => retry(standing, rows).await?,
            Operator::Hold => hold(standing, rows).await?,
            Operator::Release => release(standing, rows).await?,
        })
    }
}

impl Holding {
    /// As [`Operation::apply`]. [`StoreError::Conflict`] if it stands so already or has expired.
    pub(super) async fn apply(&self, rows: &mut impl Change) -> Result<(), StoreError> {
        done(rows.change(if self.held { SET_LEGAL_HOLD } else { LIFT_LEGAL_HOLD }).await?)
    }
}

fn done(changed: bool) -> Result<(), StoreError> {
    if changed { Ok(()) } else { Err(StoreError::Conflict) }
}

async fn retry(standing: Standing, rows: &mut impl Change) -> Result<bool, StoreError> {
    match standing.stage {
        Stage::Received => rows.change(MAKE_ITEM_DUE).await,
        Stage::Quarantined => process_anew(rows).await,
        Stage::Sanitized | Stage::Delivered => {
            // Whatever is reopened is made due: without a waiting copy nothing was changed.
            let reopened = rows.change(REOPEN).await?;
            let due = rows.change(MAKE_DUE).await?;
            if reopened {
                rows.change(UNDELIVER).await?;
            }
            Ok(due)
        }
        Stage::Held | Stage::Expired => Ok(false),
    }
}

async fn hold(standing: Standing, rows: &mut impl Change) -> Result<bool, StoreError> {
    match standing.stage {
        Stage::Received => rows.change(HOLD_ITEM).await,
        Stage::Sanitized | Stage::Quarantined => {
            let held = rows.change(HOLD_DELIVERIES).await?;
            if held {
                rows.change(UNSCHEDULE).await?;
            }
            Ok(held)
        }
        Stage::Delivered | Stage::Held | Stage::Expired => Ok(false),
    }
}

async fn release(standing: Standing, rows: &mut impl Change) -> Result<bool, StoreError> {
    match standing.stage {
        Stage::Held => process_anew(rows).await,
        Stage::Sanitized | Stage::Delivered | Stage::Quarantined => {
            let released = rows.change(RELEASE_DELIVERIES).await?;
            let anew = standing.held_by_rule && standing.stage != Stage::Quarantined;
            if released || anew {
                rows.change(MAKE_DUE).await?;
            }
            if anew {
                process_anew(rows).await?;
            }
            Ok(released || anew)
        }
        Stage::Received | Stage::Expired => Ok(false),
    }
}

/// Puts the item back to the start; past the rule, if a rule held it.
async fn process_anew(rows: &mut impl Change) -> Result<bool, StoreError> {
    rows.change("DELETE FROM kept WHERE tenant = $1 AND item = $2 AND part = '0'").await?;
    rows.change(PROCESS_ANEW).await
}

/// Now, or when the lease that is under way ends.
const MAKE_ITEM_DUE: &str = "\
    UPDATE item SET due_at = CASE WHEN leased_until > $3 THEN leased_until ELSE $3 END WHERE tenant = $1 AND id = $2";
const HOLD_ITEM: &str = "\
    UPDATE item SET stage = 'held', held_by_rule = FALSE, leased_until = NULL, reason = NULL \
    WHERE tenant = $1 AND id = $2";
const PROCESS_ANEW: &str = "\
    UPDATE item SET stage = 'received', due_at = $3, leased_until = NULL, attempts = 0, reason = NULL, \
        released = released OR held_by_rule, held_by_rule = FALSE \
    WHERE tenant = $1 AND id = $2";
/// Copies that ended without reaching anybody wait again.
const REOPEN: &str = "\
    UPDATE mail_recipient SET status = 'waiting' \
    WHERE tenant = $1 AND item = $2 AND status IN ('refused', 'undeliverable')";
/// Waiting mails are due now, or when the lease that is under way ends.
const MAKE_DUE: &str = "\
    UPDATE mail SET due_at = CASE WHEN leased_until > $3 THEN leased_until ELSE $3 END \
    WHERE tenant = $1 AND item = $2 AND EXISTS (SELECT 1 FROM mail_recipient AS copy WHERE copy.tenant = mail.tenant \
        AND copy.item = mail.item AND copy.number = mail.number AND copy.status = 'waiting')";
const UNDELIVER: &str = "UPDATE item SET stage = 'sanitized' WHERE tenant = $1 AND id = $2 AND stage = 'delivered'";
const HOLD_DELIVERIES: &str =
    "UPDATE mail_recipient SET status = 'on_hold' WHERE tenant = $1 AND item = $2 AND status = 'waiting'";
const UNSCHEDULE: &str = "UPDATE mail SET due_at = NULL WHERE tenant = $1 AND item = $2";
const RELEASE_DELIVERIES: &str =
    "UPDATE mail_recipient SET status = 'waiting' WHERE tenant = $1 AND item = $2 AND status = 'on_hold'";
const SET_LEGAL_HOLD: &str = "\
    UPDATE item SET legal_hold = TRUE WHERE tenant = $1 AND id = $2 AND stage <> 'expired' AND NOT legal_hold";
const LIFT_LEGAL_HOLD: &str =
    "UPDATE item SET legal_hold = FALSE WHERE tenant = $1 AND id = $2 AND stage <> 'expired' AND legal_hold";
