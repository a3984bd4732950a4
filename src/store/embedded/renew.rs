//! Making leases last longer.
//!
//! Refuses: a lease that was taken back or handed to somebody else. Invariant: what an operator put on hold meanwhile
//! does not become due again by a renewal.

use async_trait::async_trait;

use super::writer::{Job, Turn};
use crate::domain::{ItemKey, Timestamp};
use crate::ports::{Dispatch, Lease, StoreError};
use crate::store::rows::{failed, to_column};

const RENEW_ITEM: &str = "\
    UPDATE item SET due_at = ?1, leased_until = ?1 \
    WHERE tenant = ?2 AND id = ?3 AND lease = ?4 AND stage = 'received' AND leased_until IS NOT NULL";
const RENEW_MAIL: &str = "\
    UPDATE mail SET due_at = CASE WHEN due_at IS NOT NULL THEN ?1 END, leased_until = ?1 \
    WHERE tenant = ?2 AND item = ?3 AND lease = ?4 AND leased_until IS NOT NULL AND number = ?5";

/// A lease to be made longer.
pub(super) struct Renewing {
    statement: &'static str,
    key: ItemKey,
    token: u64,
    /// Of a mail.
    number: Option<u32>,
    until: Timestamp,
}

impl Renewing {
    pub(super) fn item(lease: &Lease, until: Timestamp) -> Self {
        Self { statement: RENEW_ITEM, key: lease.key.clone(), token: lease.token, number: None, until }
    }

    pub(super) fn mail(dispatch: &Dispatch, until: Timestamp) -> Self {
        let (key, number) = (dispatch.key.clone(), Some(dispatch.number));
        Self { statement: RENEW_MAIL, key, token: dispatch.token, number, until }
    }
}

#[async_trait]
impl Job for Renewing {
    type Answer = ();

    async fn run(self, turn: &mut Turn) -> Result<(), StoreError> {
        let query = sqlx::query(self.statement)
            .bind(self.until.millis())
            .bind(self.key.tenant.as_str())
            .bind(self.key.id.to_string())
            .bind(to_column(self.token));
        let query = match self.number {
            Some(number) => query.bind(number),
            None => query,
        };
        let renewed = query.execute(&mut turn.connection).await.map_err(failed)?;
        if renewed.rows_affected() == 1 { Ok(()) } else { Err(StoreError::Conflict) }
    }
}
