//! Time and randomness, read at the edge and handed down.

use crate::domain::{ItemId, Timestamp};

/// Where the time comes from.
pub trait Clock: Send + Sync {
    /// Now.
    fn now(&self) -> Timestamp;
}

/// Where random bytes come from: the operating system's generator.
pub trait Entropy: Send + Sync {
    /// Ten random bytes for an identifier.
    fn ten_bytes(&self) -> [u8; 10];

    /// A fresh identifier for something accepted at `now`.
    fn item_id(&self, now: Timestamp) -> ItemId {
        ItemId::new(now, self.ten_bytes())
    }
}
