//! Time and randomness, read at the edge and handed down.

use crate::domain::{ItemId, Timestamp};

/// The system gives no random bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the system gives no random bytes")]
pub struct NoEntropy;

/// Where the time comes from.
pub trait Clock: Send + Sync {
    /// Now.
    fn now(&self) -> Timestamp;
}

/// Where random bytes come from: the operating system's generator.
pub trait Entropy: Send + Sync {
    /// Ten random bytes for an identifier.
    fn ten_bytes(&self) -> [u8; 10];

    /// Fills `bytes` with what nobody can guess: keys, tokens, nonces, salts.
    ///
    /// # Errors
    /// [`NoEntropy`] if the generator gives nothing: the edge answers with zeros then, which nothing may be sealed with.
    fn secret(&self, bytes: &mut [u8]) -> Result<(), NoEntropy> {
        for chunk in bytes.chunks_mut(10) {
            let fresh = self.ten_bytes();
            if fresh == [0; 10] {
                return Err(NoEntropy);
            }
            chunk.iter_mut().zip(fresh).for_each(|(byte, fresh)| *byte = fresh);
        }
        Ok(())
    }

    /// A fresh identifier for something accepted at `now`.
    fn item_id(&self, now: Timestamp) -> ItemId {
        ItemId::new(now, self.ten_bytes())
    }
}
