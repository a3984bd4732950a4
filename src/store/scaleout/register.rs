//! Reading for operators and auditors.

use async_trait::async_trait;

use super::ScaleoutStore;
use crate::domain::{AuditEvent, AuditRecord, Digest, ItemKey, TenantId};
use crate::ports::{ItemDetail, ItemFilter, ItemSummary, Operator, QuarantineEntry, Register, StoreError};

#[async_trait]
impl Register for ScaleoutStore {
    async fn items(&self, _tenant: &TenantId, _filter: &ItemFilter) -> Result<Vec<ItemSummary>, StoreError> {
        Err(StoreError::NotFound)
    }
    async fn item(&self, _key: &ItemKey) -> Result<ItemDetail, StoreError> {
        Err(StoreError::NotFound)
    }
    async fn quarantine(&self, _tenant: &TenantId, _filter: &ItemFilter) -> Result<Vec<QuarantineEntry>, StoreError> {
        Err(StoreError::NotFound)
    }
    async fn operate(&self, _key: &ItemKey, _what: Operator, _record: AuditEvent) -> Result<(), StoreError> {
        Err(StoreError::NotFound)
    }
    async fn set_legal_hold(&self, _key: &ItemKey, _held: bool, _record: AuditEvent) -> Result<(), StoreError> {
        Err(StoreError::NotFound)
    }
    async fn record(&self, _tenant: &TenantId, _record: AuditEvent) -> Result<(), StoreError> {
        Err(StoreError::NotFound)
    }
    async fn keep_rules(
        &self,
        _tenant: &TenantId,
        _digest: Digest,
        _text: &str,
        _record: AuditEvent,
    ) -> Result<bool, StoreError> {
        Err(StoreError::NotFound)
    }
    async fn head(&self, _tenant: &TenantId) -> Result<(u64, Digest), StoreError> {
        Err(StoreError::NotFound)
    }
    async fn records(&self, _tenant: &TenantId, _after: u64, _limit: u32) -> Result<Vec<AuditRecord>, StoreError> {
        Err(StoreError::NotFound)
    }
}
