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

    /// Fills `bytes` with what nobody can guess: keys, tokens, nonces, salts.
    ///
    /// # Errors
    /// [`NoEntropy`] if the generator gives nothing: no secret may be made then.
    fn secret(&self, bytes: &mut [u8]) -> Result<(), NoEntropy>;

    /// A fresh identifier for something accepted at `now`.
    fn item_id(&self, now: Timestamp) -> ItemId {
        ItemId::new(now, self.ten_bytes())
    }
}
