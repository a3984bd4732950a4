//! What an operator does to an item or its deliveries, with its record, in one transaction.
//!
//! | | received | sanitized, delivered | held | quarantined | expired |
//! |---|---|---|---|---|---|
//! | retry | due now | open deliveries due now | – | processed anew | – |
//! | hold | held | waiting deliveries held | – | waiting notices held | – |
//! | release | – | held deliveries and groups | processed anew | held notices | – |
//!
//! Refuses: what the table has no entry for. Invariant: a lease that somebody holds stays good or is lost as a whole;
//! a release goes past a rule only if it was a rule that held.

use async_trait::async_trait;
use sqlx::Sqlite;
use sqlx::query::Query;
use sqlx::sqlite::SqliteArguments;

use super::writer::{Job, Turn};
use crate::domain::{AuditEvent, ItemKey, Stage};
use crate::ports::{Operator, StoreError};
use crate::store::rows::{Columns, failed};

/// An operator's act.
pub(super) struct Operation {
    pub(super) key: ItemKey,
    pub(super) what: Operator,
    pub(super) record: AuditEvent,
}

#[async_trait]
impl Job for Operation {
    type Answer = ();

    async fn run(self, turn: &mut Turn) -> Result<(), StoreError> {
        let row = sqlx::query("SELECT stage, held_by_rule FROM item WHERE tenant = ? AND id = ?")
            .bind(self.key.tenant.as_str())
            .bind(self.key.id.to_string())
            .fetch_one(&mut turn.connection)
            .await
            .map_err(failed)?;
        let (stage, held_by_rule) = (row.parsed("stage")?, row.flag("held_by_rule")?);
        let changed = match self.what {
            Operator::Retry => self.retry(turn, stage).await?,
            Operator::Hold => self.hold(turn, stage).await?,
            Operator::Release => self.release(turn, stage, held_by_rule).await?,
        };
        if !changed {
            return Err(StoreError::Conflict);
        }
        (turn.ring_queue, turn.ring_outbox) = (true, true);
        turn.append(&self.key.tenant, &self.record).await
    }
}

impl Operation {
    async fn retry(&self, turn: &mut Turn, stage: Stage) -> Result<bool, StoreError> {
        match stage {
            Stage::Received => {
                let now_unless_leased = "UPDATE item SET due_at = MAX(?3, COALESCE(leased_until, ?3)) \
                                         WHERE tenant = ?1 AND id = ?2";
                self.change(turn, now_unless_leased).await
            }
            Stage::Quarantined => self.process_anew(turn).await,
            Stage::Sanitized | Stage::Delivered => {
                let reopened = self.change(turn, REOPEN).await?;
                let due = self.change(turn, MAKE_DUE).await?;
                if reopened {
                    self.change(turn, UNDELIVER).await?;
                }
                Ok(due)
            }
            Stage::Held | Stage::Expired => Ok(false),
        }
    }

    async fn hold(&self, turn: &mut Turn, stage: Stage) -> Result<bool, StoreError> {
        match stage {
            Stage::Received => {
                let held = "UPDATE item SET stage = 'held', held_by_rule = 0, leased_until = NULL, reason = NULL \
                            WHERE tenant = ?1 AND id = ?2";
                self.change(turn, held).await
            }
            Stage::Sanitized | Stage::Quarantined => {
                let held = self.change(turn, HOLD_DELIVERIES).await?;
                self.change(turn, "UPDATE mail SET due_at = NULL WHERE tenant = ?1 AND item = ?2").await?;
                Ok(held)
            }
            Stage::Delivered | Stage::Held | Stage::Expired => Ok(false),
        }
    }

    async fn release(&self, turn: &mut Turn, stage: Stage, held_by_rule: bool) -> Result<bool, StoreError> {
        match stage {
            Stage::Held => self.process_anew(turn).await,
            Stage::Sanitized | Stage::Delivered | Stage::Quarantined => {
                let released = self.change(turn, RELEASE_DELIVERIES).await?;
                self.change(turn, MAKE_DUE).await?;
                let anew = held_by_rule && stage != Stage::Quarantined && self.process_anew(turn).await?;
                Ok(released || anew)
            }
            Stage::Received | Stage::Expired => Ok(false),
        }
    }

    /// Puts the item back to the start; past the rule, if a rule held it.
    async fn process_anew(&self, turn: &mut Turn) -> Result<bool, StoreError> {
        self.change(turn, "DELETE FROM kept WHERE tenant = ?1 AND item = ?2 AND part = '0'").await?;
        self.change(turn, PROCESS_ANEW).await
    }

    /// Runs a statement with tenant, item and time; true if it changed a row.
    async fn change(&self, turn: &mut Turn, statement: &'static str) -> Result<bool, StoreError> {
        let query: Query<'_, Sqlite, SqliteArguments> = sqlx::query(statement)
            .bind(self.key.tenant.as_str())
            .bind(self.key.id.to_string())
            .bind(self.record.at.millis());
        query.execute(&mut turn.connection).await.map(|done| done.rows_affected() > 0).map_err(failed)
    }
}

const PROCESS_ANEW: &str = "\
    UPDATE item SET stage = 'received', due_at = ?3, leased_until = NULL, attempts = 0, reason = NULL, \
        released = released OR held_by_rule, held_by_rule = 0 \
    WHERE tenant = ?1 AND id = ?2";
/// Copies that ended without reaching anybody wait again.
const REOPEN: &str = "\
    UPDATE mail_recipient SET status = 'waiting' \
    WHERE tenant = ?1 AND item = ?2 AND status IN ('refused', 'undeliverable')";
/// Waiting mails are due now, or when the lease that is under way ends.
const MAKE_DUE: &str = "\
    UPDATE mail SET due_at = MAX(?3, COALESCE(leased_until, ?3)) \
    WHERE tenant = ?1 AND item = ?2 AND EXISTS (SELECT 1 FROM mail_recipient AS copy WHERE copy.tenant = mail.tenant \
        AND copy.item = mail.item AND copy.number = mail.number AND copy.status = 'waiting')";
const UNDELIVER: &str = "UPDATE item SET stage = 'sanitized' WHERE tenant = ?1 AND id = ?2 AND stage = 'delivered'";
const HOLD_DELIVERIES: &str =
    "UPDATE mail_recipient SET status = 'on_hold' WHERE tenant = ?1 AND item = ?2 AND status = 'waiting'";
const RELEASE_DELIVERIES: &str =
    "UPDATE mail_recipient SET status = 'waiting' WHERE tenant = ?1 AND item = ?2 AND status = 'on_hold'";
