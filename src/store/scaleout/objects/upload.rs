//! An object on its way into the object store.
//!
//! Refuses: to send a part before the one ahead of it has arrived. Invariant: it holds at most one part and the bytes of one
//! `write` in memory, whatever the length of the object.

use std::sync::Arc;

use bytes::Bytes;
use object_store::path::Path;
use object_store::{MultipartUpload, ObjectStore, ObjectStoreExt, PutPayload};
use tokio::runtime::Handle;

use super::failure::not_written;
use crate::ports::StoreError;

/// An object on its way; dropped before it is finished, it leaves nothing (as far as the object store can be reached).
pub(in crate::store::scaleout) struct Upload {
    store: Arc<dyn ObjectStore>,
    path: Path,
    part: usize,
    /// What is to be sent with the next part; shorter than one.
    ready: Vec<Bytes>,
    length: usize,
    /// Present once there were enough bytes for a part: most objects are written at once.
    parts: Option<Box<dyn MultipartUpload>>,
}

impl Upload {
    pub(super) fn new(store: Arc<dyn ObjectStore>, path: Path, part: usize) -> Self {
        Self { store, path, part, ready: Vec::new(), length: 0, parts: None }
    }

    /// Appends bytes. Returns once every part that is full has arrived.
    pub(in crate::store::scaleout) async fn write(&mut self, mut bytes: Bytes) -> Result<(), StoreError> {
        // All parts but the last of the same length: some services insist.
        while let Some(room) = self.part.checked_sub(self.length).filter(|room| *room <= bytes.len()) {
            self.keep(bytes.split_to(room));
            self.send().await?;
        }
        self.keep(bytes);
        Ok(())
    }

    /// Makes the object durable under its name.
    pub(in crate::store::scaleout) async fn finish(mut self) -> Result<(), StoreError> {
        if self.parts.is_none() {
            let all = PutPayload::from_iter(self.ready.drain(..));
            return self.store.put(&self.path, all).await.map(drop).map_err(not_written);
        }
        if self.length > 0 {
            self.send().await?;
        }
        if let Some(parts) = &mut self.parts {
            parts.complete().await.map_err(not_written)?;
        }
        self.parts = None;
        Ok(())
    }

    fn keep(&mut self, bytes: Bytes) {
        if !bytes.is_empty() {
            self.length = self.length.saturating_add(bytes.len());
            self.ready.push(bytes);
        }
    }

    async fn send(&mut self) -> Result<(), StoreError> {
        let parts = match &mut self.parts {
            Some(parts) => parts,
            None => self.parts.insert(self.store.put_multipart(&self.path).await.map_err(not_written)?),
        };
        self.length = 0;
        parts.put_part(PutPayload::from_iter(self.ready.drain(..))).await.map_err(not_written)
    }
}

impl Drop for Upload {
    /// Asks for the parts to be thrown away. What cannot be reached now is swept, or ends by the bucket's lifecycle rule.
    fn drop(&mut self) {
        if let Some(mut parts) = self.parts.take()
            && let Ok(runtime) = Handle::try_current()
        {
            runtime.spawn(async move {
                if parts.abort().await.is_err() {
                    tracing::debug!("an unfinished upload stays until it is swept");
                }
            });
        }
    }
}
