//! Time and randomness, read at the edge and handed down.

use crate::domain::{ItemId, Timestamp};

/// Where the time comes from.
pub trait Clock: Send + Sync {
    /// Now.
    fn now(&self) -> Timestamp;
}

/// The system gives no random bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the system gives no random bytes")]
pub struct NoEntropy;

/// Where random bytes come from: the operating system's generator.
pub trait Entropy: Send + Sync {
    /// Ten random bytes for an identifier.
    fn ten_bytes(&self) -> [u8; 10];

    /// 32 random bytes for a secret.
    ///
    /// # Errors
    /// If the system gives none: no secret may be made then.
    fn secret(&self) -> Result<[u8; 32], NoEntropy>;

    /// A fresh identifier for something accepted at `now`.
    fn item_id(&self, now: Timestamp) -> ItemId {
        ItemId::new(now, self.ten_bytes())
    }
}
