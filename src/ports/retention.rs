//! The end of retention: content is destroyed, the record stays.

use async_trait::async_trait;

use super::StoreError;
use crate::domain::{TenantId, Timestamp};

/// Destroys what has been kept long enough.
#[async_trait]
pub trait Retention: Send + Sync {
    /// Destroys the originals accepted before `older_than` and everything rebuilt from them, and writes one `expired`
    /// record each. Items that still wait to be processed or delivered, those with a copy on hold and those under a legal hold are spared.
    /// Returns how many items expired.
    ///
    /// # Errors
    /// If the store does not answer; what expired before that stays expired.
    async fn expire(&self, tenant: &TenantId, older_than: Timestamp, now: Timestamp) -> Result<u64, StoreError>;

    /// Removes stored bytes that no row names any more: what a crash or an unreachable object store left behind. Spares
    /// what is so young that its row may still be on its way. Returns how many objects went.
    ///
    /// # Errors
    /// If the store does not answer; what was removed before that stays removed.
    async fn sweep(&self, now: Timestamp) -> Result<u64, StoreError>;

    /// How many objects without a row this process keeps until a backup is over; the first [`Self::sweep`] after it
    /// removes them.
    fn left(&self) -> u64 {
        0
    }
}
