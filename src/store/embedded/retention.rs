//! The end of retention: originals, derivatives and composed mails are destroyed, envelope, facts and records stay.
//!
//! Refuses: items that still wait for anything, and those whose original somebody has asked for. Invariant: an item is `expired` before its files go, so that no row
//! promises a file that is missing; files left by a crash in between are swept at the next start.

use async_trait::async_trait;
use serde_json::json;

use super::EmbeddedStore;
use super::writer::{Job, Turn};
use crate::domain::{AuditEvent, Digest, Event, ItemId, ItemKey, TenantId, Timestamp};
use crate::ports::{Retention, StoreError};
use crate::store::passwords::END_WINDOWS;
use crate::store::rows::{Columns, failed};

/// Items in one transaction.
const BATCH: usize = 50;

#[async_trait]
impl Retention for EmbeddedStore {
    async fn expire(&self, tenant: &TenantId, older_than: Timestamp, now: Timestamp) -> Result<u64, StoreError> {
        let mut total = 0u64;
        loop {
            let expiry = self.writer.submit(Expiring { tenant: tenant.clone(), older_than, now }).await?;
            self.folder.discard(expiry.files).await?;
            total = total.saturating_add(u64::try_from(expiry.items).unwrap_or(u64::MAX));
            if expiry.items < BATCH {
                return Ok(total);
            }
        }
    }

    /// Whoever opens the folder alone sweeps it; while several have it open, a file without a row may be on its way.
    /// What stayed because of a backup is known to be nobody's, and goes here.
    async fn sweep(&self, now: Timestamp) -> Result<u64, StoreError> {
        self.folder.remove_left(now).await
    }

    fn left(&self) -> u64 {
        self.folder.left()
    }
}

/// What one batch did.
struct Expiry {
    items: usize,
    files: Vec<String>,
}

struct Expiring {
    tenant: TenantId,
    older_than: Timestamp,
    now: Timestamp,
}

const ENDED: &str = "\
    SELECT id, digest FROM item WHERE tenant = ?1 AND received_at < ?2 \
        AND stage IN ('delivered', 'sanitized', 'held', 'quarantined') AND NOT legal_hold \
        AND NOT EXISTS (SELECT 1 FROM mail_recipient AS copy WHERE copy.tenant = item.tenant AND copy.item = item.id \
            AND copy.status IN ('waiting', 'on_hold')) \
        AND NOT EXISTS (SELECT 1 FROM release_request AS request WHERE request.tenant = item.tenant \
            AND request.item = item.id AND request.state IN ('waiting', 'approved', 'handed_over') \
            AND request.until > ?4) \
    ORDER BY received_at LIMIT ?3";

#[async_trait]
impl Job for Expiring {
    type Answer = Expiry;

    async fn run(self, turn: &mut Turn) -> Result<Expiry, StoreError> {
        let rows = sqlx::query(ENDED)
            .bind(self.tenant.as_str())
            .bind(self.older_than.millis())
            .bind(i64::try_from(BATCH).unwrap_or(i64::MAX))
            .bind(self.now.millis())
            .fetch_all(&mut turn.connection)
            .await
            .map_err(failed)?;
        sqlx::query(END_WINDOWS)
            .bind(self.tenant.as_str())
            .bind(self.now.millis())
            .execute(&mut turn.connection)
            .await
            .map_err(failed)?;
        let mut files = Vec::new();
        for row in &rows {
            let key = ItemKey { tenant: self.tenant.clone(), id: row.parsed("id")? };
            files.extend(destroy(turn, &key).await?);
            turn.append(&self.tenant, &expired(key.id, row.digest("digest")?, self.now)).await?;
        }
        Ok(Expiry { items: rows.len(), files })
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

/// Destroys the rows; returns the files to be removed once that is committed.
async fn destroy(turn: &mut Turn, key: &ItemKey) -> Result<Vec<String>, StoreError> {
    let files: Vec<String> = sqlx::query_scalar(
        "SELECT file FROM original WHERE tenant = ?1 AND item = ?2 AND file IS NOT NULL \
         UNION SELECT file FROM derivative WHERE tenant = ?1 AND item = ?2 AND file IS NOT NULL \
         UNION SELECT file FROM mail WHERE tenant = ?1 AND item = ?2 AND file IS NOT NULL",
    )
    .bind(key.tenant.as_str())
    .bind(key.id.to_string())
    .fetch_all(&mut turn.connection)
    .await
    .map_err(failed)?;
    sqlx::query(
        "DELETE FROM original WHERE tenant = ?1 AND item = ?2; \
         DELETE FROM derivative WHERE tenant = ?1 AND item = ?2; \
         DELETE FROM password_search WHERE tenant = ?1 AND item = ?2; \
         DELETE FROM password_candidate WHERE tenant = ?1 AND item = ?2; \
         DELETE FROM digested WHERE tenant = ?1 AND item = ?2; \
         UPDATE mail SET bytes = NULL, file = NULL WHERE tenant = ?1 AND item = ?2; \
         UPDATE arrival SET state = 'expired', has_files = FALSE, attachments = 0, sender = '', subject = '', files = '', \
             message_id = '', about = '' WHERE tenant = ?1 AND item = ?2; \
         UPDATE item SET stage = 'expired', leased_until = NULL WHERE tenant = ?1 AND id = ?2",
    )
    .bind(key.tenant.as_str())
    .bind(key.id.to_string())
    .execute(&mut turn.connection)
    .await
    .map_err(failed)?;
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::super::queue::tests::plan;
    use super::*;

    #[tokio::test]
    async fn what_expired_long_ago_is_not_looked_at_again() {
        let plan = plan(ENDED).await;
        assert!(plan.contains("USING INDEX item_ended (tenant=? AND received_at<?)"), "{plan}");
        assert!(!plan.contains("TEMP B-TREE"), "{plan}");
    }
}
