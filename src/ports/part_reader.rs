//! What the review role asks of the sandbox: one file of an original as it came.

use async_trait::async_trait;
use bytes::Bytes;

use super::{Blob, SandboxError};
use crate::domain::{Part, PartPath};

/// Takes parts out of originals. Nothing of what comes is sanitized: on the internet side only.
#[async_trait]
pub trait PartReader: Send + Sync {
    /// The part at `path` of a mail, and its bytes as they came; nothing if there is no such part, or if a worker cannot
    /// tell its bytes apart (a password opened it).
    ///
    /// # Errors
    /// See [`SandboxError`].
    async fn part(&self, original: Blob, path: &PartPath) -> Result<Option<(Part, Bytes)>, SandboxError>;
}
