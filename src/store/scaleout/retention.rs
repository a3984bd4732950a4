//! The end of retention.

use async_trait::async_trait;

use super::ScaleoutStore;
use crate::domain::{TenantId, Timestamp};
use crate::ports::{Retention, StoreError};

#[async_trait]
impl Retention for ScaleoutStore {
    async fn expire(&self, _tenant: &TenantId, _older_than: Timestamp, _now: Timestamp) -> Result<u64, StoreError> {
        Err(StoreError::NotFound)
    }
    async fn sweep(&self, _now: Timestamp) -> Result<u64, StoreError> {
        Err(StoreError::NotFound)
    }
}
