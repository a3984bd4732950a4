//! Reading for operators and auditors. Originals are not reachable from here.
//!
//! Invariant: everything said about one item comes from one snapshot of the database.

use async_trait::async_trait;
use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Sqlite, SqliteConnection};

use super::EmbeddedStore;
use super::operate::Operation;
use super::writer::{Job, Turn};
use crate::domain::{AuditEvent, AuditRecord, Digest, ItemKey, Origin, PartOutcome, Reason, Status, TenantId};
use crate::ports::{
    ItemDetail, ItemFilter, ItemSummary, Operator, QuarantineEntry, RecipientState, Register, StoreError,
};
use crate::store::rows::{Columns, failed, to_column};
use crate::store::search::Sought;

const SUMMARY: &str = "\
    SELECT item.*, (SELECT COUNT(*) FROM kept WHERE kept.tenant = item.tenant AND kept.item = item.id \
        AND kept.part <> '0') AS kept_parts \
    FROM item WHERE item.tenant = ";
const QUARANTINE: &str = "\
    SELECT item.id, item.reference, item.received_at, item.origin, kept.part, kept.name, kept.detected, \
        kept.length, kept.reason, kept.rule \
    FROM kept JOIN item ON item.tenant = kept.tenant AND item.id = kept.item \
    WHERE item.stage <> 'expired' AND item.tenant = ";

#[async_trait]
impl Register for EmbeddedStore {
    async fn items(&self, tenant: &TenantId, filter: &ItemFilter) -> Result<Vec<ItemSummary>, StoreError> {
        let rows = filtered(SUMMARY, tenant, filter).build().fetch_all(&self.readers).await.map_err(failed)?;
        rows.iter().map(summary).collect()
    }

    async fn item(&self, key: &ItemKey) -> Result<ItemDetail, StoreError> {
        let mut snapshot = self.readers.begin().await.map_err(failed)?;
        let mut query = QueryBuilder::<Sqlite>::new(SUMMARY);
        query.push_bind(key.tenant.as_str()).push(" AND item.id = ").push_bind(key.id.to_string());
        let row = query.build().fetch_one(&mut *snapshot).await.map_err(failed)?;
        Ok(ItemDetail {
            summary: summary(&row)?,
            origin: row.json("origin")?,
            digest: row.digest("digest")?,
            facts: row.maybe_json("facts")?,
            decision: row.maybe_json("decision")?,
            outcomes: outcomes(&mut snapshot, key).await?,
            recipients_state: recipients(&mut snapshot, key).await?,
            records: item_records(&mut snapshot, key).await?,
        })
    }

    async fn quarantine(&self, tenant: &TenantId, filter: &ItemFilter) -> Result<Vec<QuarantineEntry>, StoreError> {
        let rows = filtered(QUARANTINE, tenant, filter).build().fetch_all(&self.readers).await.map_err(failed)?;
        rows.iter().map(entry).collect()
    }

    async fn operate(&self, key: &ItemKey, what: Operator, record: AuditEvent) -> Result<(), StoreError> {
        self.writer.submit(Operation { key: key.clone(), what, record }).await
    }

    async fn set_legal_hold(&self, key: &ItemKey, held: bool, record: AuditEvent) -> Result<(), StoreError> {
        self.writer.submit(Holding { key: key.clone(), held, record }).await
    }

    async fn record(&self, tenant: &TenantId, record: AuditEvent) -> Result<(), StoreError> {
        self.writer.submit(Recording { tenant: tenant.clone(), record }).await
    }

    async fn keep_rules(
        &self,
        tenant: &TenantId,
        digest: Digest,
        text: &str,
        record: AuditEvent,
    ) -> Result<bool, StoreError> {
        self.writer.submit(KeepingRules { tenant: tenant.clone(), digest, text: text.to_owned(), record }).await
    }

    async fn head(&self, tenant: &TenantId) -> Result<(u64, Digest), StoreError> {
        let row = sqlx::query("SELECT sequence, hash FROM audit WHERE tenant = ? ORDER BY sequence DESC LIMIT 1")
            .bind(tenant.as_str())
            .fetch_optional(&self.readers)
            .await
            .map_err(failed)?;
        row.map_or(Ok((0, AuditRecord::GENESIS)), |row| Ok((row.number("sequence")?, row.digest("hash")?)))
    }

    async fn records(&self, tenant: &TenantId, after: u64, limit: u32) -> Result<Vec<AuditRecord>, StoreError> {
        let rows = sqlx::query("SELECT * FROM audit WHERE tenant = ? AND sequence > ? ORDER BY sequence LIMIT ?")
            .bind(tenant.as_str())
            .bind(to_column(after))
            .bind(limit)
            .fetch_all(&self.readers)
            .await
            .map_err(failed)?;
        rows.iter().map(record).collect()
    }
}

struct Recording {
    tenant: TenantId,
    record: AuditEvent,
}

#[async_trait]
impl Job for Recording {
    type Answer = ();

    async fn run(self, turn: &mut Turn) -> Result<(), StoreError> {
        turn.append(&self.tenant, &self.record).await
    }
}

/// A legal hold, set or lifted.
struct Holding {
    key: ItemKey,
    held: bool,
    record: AuditEvent,
}

#[async_trait]
impl Job for Holding {
    type Answer = ();

    async fn run(self, turn: &mut Turn) -> Result<(), StoreError> {
        let statement =
            "UPDATE item SET legal_hold = ?3 WHERE tenant = ?1 AND id = ?2 AND stage <> 'expired' AND legal_hold <> ?3";
        let changed = sqlx::query(statement)
            .bind(self.key.tenant.as_str())
            .bind(self.key.id.to_string())
            .bind(self.held)
            .execute(&mut turn.connection)
            .await
            .map_err(failed)?;
        if changed.rows_affected() == 1 {
            return turn.append(&self.key.tenant, &self.record).await;
        }
        let known = sqlx::query("SELECT 1 FROM item WHERE tenant = ?1 AND id = ?2")
            .bind(self.key.tenant.as_str())
            .bind(self.key.id.to_string())
            .fetch_optional(&mut turn.connection)
            .await
            .map_err(failed)?;
        Err(if known.is_some() { StoreError::Conflict } else { StoreError::NotFound })
    }
}

struct KeepingRules {
    tenant: TenantId,
    digest: Digest,
    text: String,
    record: AuditEvent,
}

#[async_trait]
impl Job for KeepingRules {
    type Answer = bool;

    async fn run(self, turn: &mut Turn) -> Result<bool, StoreError> {
        let kept = sqlx::query("INSERT OR IGNORE INTO rules (tenant, digest, text, first_seen) VALUES (?, ?, ?, ?)")
            .bind(self.tenant.as_str())
            .bind(self.digest.as_bytes().as_slice())
            .bind(self.text)
            .bind(self.record.at.millis())
            .execute(&mut turn.connection)
            .await
            .map_err(failed)?;
        let is_new = kept.rows_affected() == 1;
        if is_new {
            turn.append(&self.tenant, &self.record).await?;
        }
        Ok(is_new)
    }
}

/// `base` with the conditions of `filter`, newest first.
fn filtered(base: &'static str, tenant: &TenantId, filter: &ItemFilter) -> QueryBuilder<Sqlite> {
    let mut query = QueryBuilder::new(base);
    query.push_bind(tenant.as_str().to_owned());
    if !filter.stages.is_empty() {
        query.push(" AND item.stage IN (");
        let mut stages = query.separated(", ");
        for stage in &filter.stages {
            stages.push_bind(stage.as_str());
        }
        query.push(")");
    }
    match filter.text.as_deref().map(Sought::parse) {
        None => {}
        Some(Sought::Item(id)) => {
            query.push(" AND item.id = ").push_bind(id.to_string());
        }
        Some(Sought::Reference(reference)) => {
            query.push(" AND item.reference = ").push_bind(reference.to_string());
        }
        Some(Sought::Term(term)) => {
            query.push(" AND item.id IN (SELECT item FROM search_term WHERE tenant = ");
            query.push_bind(tenant.as_str().to_owned()).push(" AND term = ").push_bind(term).push(")");
        }
    }
    if filter.legal_hold {
        query.push(" AND item.legal_hold");
    }
    if let Some(since) = filter.since {
        query.push(" AND item.received_at >= ").push_bind(since.millis());
    }
    query.push(" ORDER BY item.received_at DESC, item.id DESC LIMIT ").push_bind(filter.limit);
    query
}

fn summary(row: &SqliteRow) -> Result<ItemSummary, StoreError> {
    let origin: Origin = row.json("origin")?;
    let envelope = origin.envelope();
    Ok(ItemSummary {
        id: row.parsed("id")?,
        reference: row.parsed("reference")?,
        stage: row.parsed("stage")?,
        received_at: row.time("received_at")?,
        length: row.number("length")?,
        sender: envelope.reverse_path.as_str().to_owned(),
        recipients: envelope.forward_paths.clone(),
        attempts: row.number("attempts")?,
        reason: row.maybe_parsed::<Reason>("reason")?,
        kept_parts: row.number("kept_parts")?,
        legal_hold: row.flag("legal_hold")?,
    })
}

fn entry(row: &SqliteRow) -> Result<QuarantineEntry, StoreError> {
    let origin: Origin = row.json("origin")?;
    let envelope = origin.envelope();
    Ok(QuarantineEntry {
        id: row.parsed("id")?,
        reference: row.parsed("reference")?,
        part: row.parsed("part")?,
        name: row.maybe_text("name")?,
        detected: row.maybe_text("detected")?,
        length: row.number("length")?,
        reason: row.parsed("reason")?,
        rule: row.maybe_text("rule")?,
        received_at: row.time("received_at")?,
        sender: envelope.reverse_path.as_str().to_owned(),
        recipients: envelope.forward_paths.clone(),
    })
}

pub(super) fn record(row: &SqliteRow) -> Result<AuditRecord, StoreError> {
    Ok(AuditRecord {
        sequence: row.number("sequence")?,
        previous: row.digest("previous")?,
        body: row.parsed("body")?,
        hash: row.digest("hash")?,
    })
}

async fn outcomes(snapshot: &mut SqliteConnection, key: &ItemKey) -> Result<Vec<(u32, Vec<PartOutcome>)>, StoreError> {
    let rows = sqlx::query("SELECT number, outcomes FROM mail WHERE tenant = ? AND item = ? ORDER BY number")
        .bind(key.tenant.as_str())
        .bind(key.id.to_string())
        .fetch_all(snapshot)
        .await
        .map_err(failed)?;
    rows.iter().map(|row| Ok((row.number("number")?, row.json("outcomes")?))).collect()
}

async fn recipients(snapshot: &mut SqliteConnection, key: &ItemKey) -> Result<Vec<RecipientState>, StoreError> {
    let rows = sqlx::query(
        "SELECT copy.number, copy.recipient, copy.status, copy.reply, copy.attempts, \
             CASE copy.status WHEN 'waiting' THEN mail.due_at END AS due_at \
         FROM mail_recipient AS copy JOIN mail USING (tenant, item, number) \
         WHERE copy.tenant = ? AND copy.item = ? ORDER BY copy.number, copy.position",
    )
    .bind(key.tenant.as_str())
    .bind(key.id.to_string())
    .fetch_all(snapshot)
    .await
    .map_err(failed)?;
    rows.iter().map(recipient).collect()
}

fn recipient(row: &SqliteRow) -> Result<RecipientState, StoreError> {
    Ok(RecipientState {
        mail: row.number("number")?,
        recipient: row.checked("recipient")?,
        status: row.parsed::<Status>("status")?,
        reply: row.maybe_text("reply")?,
        attempts: row.number("attempts")?,
        next_attempt: row.maybe_time("due_at")?,
    })
}

async fn item_records(snapshot: &mut SqliteConnection, key: &ItemKey) -> Result<Vec<AuditRecord>, StoreError> {
    let rows = sqlx::query("SELECT * FROM audit WHERE tenant = ? AND item = ? ORDER BY sequence")
        .bind(key.tenant.as_str())
        .bind(key.id.to_string())
        .fetch_all(snapshot)
        .await
        .map_err(failed)?;
    rows.iter().map(record).collect()
}
