//! The end of retention: originals, derivatives and composed mails are destroyed, envelope, facts and records stay.
//!
//! Refuses: items that still wait for anything, and those that somebody else is changing. Invariant: objects go after the
//! rows that named them, and are noted in the same transaction, so that none is forgotten while the object store is away.

mod sweep;

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::json;
use sqlx::PgPool;
use tokio::task::JoinSet;

use super::ScaleoutStore;
use super::objects::Objects;
use super::writer::{Job, Turn};
use crate::domain::{AuditEvent, Digest, Event, ItemId, TenantId, Timestamp};
use crate::ports::{Retention, StoreError};
use crate::store::passwords::END_WINDOWS;
use crate::store::rows::{Columns, failed, to_column};

/// Items in one transaction.
const BATCH: usize = 50;
/// Objects that are removed at the same time.
const AT_ONCE: usize = 16;

#[async_trait]
impl Retention for ScaleoutStore {
    async fn expire(&self, tenant: &TenantId, older_than: Timestamp, now: Timestamp) -> Result<u64, StoreError> {
        let (mut total, mut away) = (0u64, false);
        loop {
            let expiry = self.writer.submit(Expiring { tenant: tenant.clone(), older_than, now }).await?;
            total = total.saturating_add(expiry.items);
            if !away && let Err(error) = remove_unneeded(&self.pool, &self.objects, &expiry.files).await {
                let cause = std::error::Error::source(&error).map(ToString::to_string);
                tracing::warn!(%error, cause, "objects of expired items stay until the next sweep");
                away = true;
            }
            if expiry.locked < BATCH {
                return Ok(total);
            }
        }
    }

    async fn sweep(&self, now: Timestamp) -> Result<u64, StoreError> {
        sweep::sweep(&self.pool, &self.objects, now).await
    }
}

/// Removes objects that no row names any more, then the notes about them; returns how many. Objects go even if others
/// cannot: the error says of one of those. A note is believed as far as the rows bear it out: logins that must not touch
/// an original may write one.
async fn remove_unneeded(pool: &PgPool, objects: &Arc<Objects>, files: &[String]) -> Result<u64, StoreError> {
    let unnamed = sweep::without_row(pool, files).await?;
    let unnamed: Vec<String> = unnamed.into_iter().map(|listed| listed.file.to_owned()).collect();
    let mut settled: Vec<String> = files.iter().filter(|file| !unnamed.contains(file)).cloned().collect();
    if !settled.is_empty() {
        tracing::error!(count = settled.len(), "objects were noted as unneeded and are needed, or not ours; they stay");
    }
    let (mut removed, mut failure) = (Vec::with_capacity(unnamed.len()), Ok(()));
    for some in unnamed.chunks(AT_ONCE) {
        let mut under_way = JoinSet::new();
        for file in some.iter().cloned() {
            let objects = Arc::clone(objects);
            under_way.spawn(async move { objects.remove(&file).await.map(|()| file) });
        }
        while let Some(ended) = under_way.join_next().await {
            match ended.map_err(|stopped| StoreError::Unavailable(stopped.into())).and_then(|removed| removed) {
                Ok(file) => removed.push(file),
                Err(error) => failure = Err(error),
            }
        }
        // While the object store is away, every try takes seconds.
        if matches!(failure, Err(StoreError::Unavailable(_))) {
            break;
        }
    }
    let count = u64::try_from(removed.len()).unwrap_or(u64::MAX);
    settled.append(&mut removed);
    if !settled.is_empty() {
        sqlx::query("DELETE FROM unneeded_object WHERE file = ANY($1)")
            .bind(&settled)
            .execute(pool)
            .await
            .map_err(failed)?;
    }
    failure.map(|()| count)
}

/// What one batch did.
struct Expiry {
    /// Items that looked as if their time had come; fewer than a batch if there are no more.
    locked: usize,
    items: u64,
    files: Vec<String>,
}

struct Expiring {
    tenant: TenantId,
    older_than: Timestamp,
    now: Timestamp,
}

/// Other nodes take other items; one that an operator, a worker or a delivery is changing at the moment is left for the
/// next time. `OFFSET 0` has the copies of one item looked up after the other: as a join, all copies that ever were would
/// be read for every batch whenever few of them wait.
const LOCK_ENDED: &str = "\
    SELECT id FROM item WHERE tenant = $1 AND received_at < $2 \
        AND stage IN ('delivered', 'sanitized', 'held', 'quarantined') AND NOT legal_hold \
        AND NOT EXISTS (SELECT 1 FROM mail_recipient AS copy WHERE copy.tenant = item.tenant AND copy.item = item.id \
            AND copy.status IN ('waiting', 'on_hold') OFFSET 0) \
        AND NOT EXISTS (SELECT 1 FROM release_request AS request WHERE request.tenant = item.tenant \
            AND request.item = item.id AND request.state IN ('waiting', 'approved', 'handed_over') \
            AND request.until > $4 OFFSET 0) \
    ORDER BY received_at LIMIT $3 FOR UPDATE OF item SKIP LOCKED";

/// Looks again now that nobody can change them: the statement that locked them has seen the copies as they were when it
/// began, and an item may have been released, processed and queued between that and its lock.
const ENDED: &str = "\
    SELECT id, digest FROM item WHERE tenant = $1 AND id = ANY($2) \
        AND stage IN ('delivered', 'sanitized', 'held', 'quarantined') AND NOT legal_hold \
        AND NOT EXISTS (SELECT 1 FROM mail_recipient AS copy WHERE copy.tenant = item.tenant AND copy.item = item.id \
            AND copy.status IN ('waiting', 'on_hold') OFFSET 0) \
        AND NOT EXISTS (SELECT 1 FROM release_request AS request WHERE request.tenant = item.tenant \
            AND request.item = item.id AND request.state IN ('waiting', 'approved', 'handed_over') \
            AND request.until > $3 OFFSET 0) \
    ORDER BY received_at, id";

/// Destroys the content of items and notes the objects that lose their names.
const DESTROY: &str = "\
    WITH original_gone AS (DELETE FROM original WHERE tenant = $1 AND item = ANY($2) RETURNING file), \
    derivative_gone AS (DELETE FROM derivative WHERE tenant = $1 AND item = ANY($2) RETURNING file), \
    searched AS (DELETE FROM password_search WHERE tenant = $1 AND item = ANY($2)), \
    linked AS (DELETE FROM password_candidate WHERE tenant = $1 AND item = ANY($2)), \
    told AS (DELETE FROM digested WHERE tenant = $1 AND item = ANY($2)), \
    named AS (SELECT file FROM mail WHERE tenant = $1 AND item = ANY($2)), \
    mail_emptied AS (UPDATE mail SET bytes = NULL, file = NULL WHERE tenant = $1 AND item = ANY($2)), \
    emptied AS (UPDATE arrival SET state = 'expired', has_files = FALSE, attachments = 0, sender = '', subject = '', \
        files = '', message_id = '', about = '' WHERE tenant = $1 AND item = ANY($2)), \
    expired AS (UPDATE item SET stage = 'expired', leased_until = NULL WHERE tenant = $1 AND id = ANY($2)), \
    gone AS (SELECT file FROM original_gone UNION SELECT file FROM derivative_gone UNION SELECT file FROM named), \
    noted AS (INSERT INTO unneeded_object (file, since) SELECT file, $3 FROM gone WHERE file IS NOT NULL \
        ON CONFLICT DO NOTHING) \
    SELECT file FROM gone WHERE file IS NOT NULL";

#[async_trait]
impl Job for Expiring {
    type Answer = Expiry;

    async fn run(&self, turn: &mut Turn) -> Result<Expiry, StoreError> {
        sqlx::query(END_WINDOWS)
            .bind(self.tenant.as_str())
            .bind(self.now.millis())
            .execute(&mut turn.connection)
            .await
            .map_err(failed)?;
        let locked: Vec<String> = sqlx::query_scalar(LOCK_ENDED)
            .bind(self.tenant.as_str())
            .bind(self.older_than.millis())
            .bind(to_column(BATCH))
            .bind(self.now.millis())
            .fetch_all(&mut turn.connection)
            .await
            .map_err(failed)?;
        let mut expiry = Expiry { locked: locked.len(), items: 0, files: Vec::new() };
        // Read before anything is changed: a row that does not read refuses the job.
        let ended = self.ended(turn, &locked).await?;
        if ended.is_empty() {
            return Ok(expiry);
        }
        let ids: Vec<String> = ended.iter().map(|(id, _)| id.to_string()).collect();
        expiry.files = sqlx::query_scalar(DESTROY)
            .bind(self.tenant.as_str())
            .bind(&ids)
            .bind(self.now.millis())
            .fetch_all(&mut turn.connection)
            .await
            .map_err(failed)?;
        for (id, digest) in ended {
            turn.append(&self.tenant, &expired(id, digest, self.now));
            expiry.items = expiry.items.saturating_add(1);
        }
        Ok(expiry)
    }
}

impl Expiring {
    async fn ended(&self, turn: &mut Turn, locked: &[String]) -> Result<Vec<(ItemId, Digest)>, StoreError> {
        let rows = sqlx::query(ENDED)
            .bind(self.tenant.as_str())
            .bind(locked)
            .bind(self.now.millis())
            .fetch_all(&mut turn.connection)
            .await
            .map_err(failed)?;
        rows.iter().map(|row| Ok((row.parsed("id")?, row.digest("digest")?))).collect()
    }
}

fn expired(id: ItemId, digest: Digest, now: Timestamp) -> AuditEvent {
    AuditEvent {
        at: now,
        event: Event::Expired,
        item: Some(id),
        actor: "process".to_owned(),
        details: json!({ "sha256": digest }),
    }
}
