//! Reading for operators and auditors. Originals are not reachable from here.
//!
//! Invariant: everything said about one item comes from one snapshot of the database.

use async_trait::async_trait;
use sqlx::PgConnection;
use sqlx::postgres::PgRow;

use super::ScaleoutStore;
use super::writer::{Job, Turn};
use crate::domain::{AuditEvent, AuditRecord, Digest, ItemKey, TenantId};
use crate::ports::{ItemDetail, ItemFilter, ItemSummary, Operator, QuarantineEntry, Register, StoreError};
use crate::store::acts::{Holding, KEEP_RULES, KeepingRules, Operation, Recording};
use crate::store::passwords::SOURCES;
use crate::store::readings;
use crate::store::rows::{failed, to_column};

/// What one of its statements sees, all of them see.
pub(super) const SNAPSHOT: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY";

#[async_trait]
impl Register for ScaleoutStore {
    async fn items(&self, tenant: &TenantId, filter: &ItemFilter) -> Result<Vec<ItemSummary>, StoreError> {
        let rows = readings::summaries(tenant, filter).build().fetch_all(&self.pool).await.map_err(failed)?;
        rows.iter().map(readings::summary).collect()
    }

    async fn item(&self, key: &ItemKey) -> Result<ItemDetail, StoreError> {
        let mut snapshot = self.pool.begin_with(SNAPSHOT).await.map_err(failed)?;
        let item = readings::one_item(key).build().fetch_one(&mut *snapshot).await.map_err(failed)?;
        let mails = of_item(&mut snapshot, readings::MAILS, key).await?;
        let copies = of_item(&mut snapshot, readings::COPIES, key).await?;
        let records = of_item(&mut snapshot, readings::ITEM_RECORDS, key).await?;
        let sources = of_item(&mut snapshot, SOURCES, key).await?;
        readings::detail(&item, &mails, &copies, &sources, &records)
    }

    async fn quarantine(&self, tenant: &TenantId, filter: &ItemFilter) -> Result<Vec<QuarantineEntry>, StoreError> {
        let rows = readings::entries(tenant, filter).build().fetch_all(&self.pool).await.map_err(failed)?;
        rows.iter().map(readings::entry).collect()
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
        let head = sqlx::query(readings::HEAD).bind(tenant.as_str()).fetch_optional(&self.pool).await;
        readings::head(head.map_err(failed)?.as_ref())
    }

    async fn records(&self, tenant: &TenantId, after: u64, limit: u32) -> Result<Vec<AuditRecord>, StoreError> {
        let rows = sqlx::query(readings::RECORDS)
            .bind(tenant.as_str())
            .bind(to_column(after))
            .bind(to_column(limit))
            .fetch_all(&self.pool)
            .await
            .map_err(failed)?;
        rows.iter().map(readings::record).collect()
    }
}

async fn of_item(
    snapshot: &mut PgConnection,
    statement: &'static str,
    key: &ItemKey,
) -> Result<Vec<PgRow>, StoreError> {
    let rows = sqlx::query(statement).bind(key.tenant.as_str()).bind(key.id.to_string());
    rows.fetch_all(snapshot).await.map_err(failed)
}

#[async_trait]
impl Job for Recording {
    type Answer = ();

    async fn run(&self, turn: &mut Turn) -> Result<(), StoreError> {
        turn.append(&self.tenant, &self.record);
        Ok(())
    }
}

#[async_trait]
impl Job for KeepingRules {
    type Answer = bool;

    async fn run(&self, turn: &mut Turn) -> Result<bool, StoreError> {
        let kept = sqlx::query(KEEP_RULES)
            .bind(self.tenant.as_str())
            .bind(self.digest.as_bytes().as_slice())
            .bind(self.text.as_str())
            .bind(self.record.at.millis())
            .execute(&mut turn.connection)
            .await
            .map_err(failed)?;
        let is_new = kept.rows_affected() == 1;
        if is_new {
            turn.append(&self.tenant, &self.record);
        }
        Ok(is_new)
    }
}
