//! Receiving originals: sealed as they come, large ones straight into the object store.
//!
//! Refuses: to promise anything before the rows are committed. Invariant: an object is durable before the row that names
//! it; one whose row was not written is swept later.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;

use super::objects::{Objects, Upload};
use super::writer::{Job, Turn, Writer};
use crate::domain::{AuditEvent, ItemKey, Origin, Timestamp};
use crate::ports::{Accepted, OriginalSink, OriginalWriter, StoreError};
use crate::store::keys::SealingKey;
use crate::store::place::Place;
use crate::store::receipt::received;
use crate::store::rows::{disk_failed, failed, to_column, to_json};
use crate::store::seal::Sealer;
use crate::store::search::address_term;

/// Sealed bytes gathered before they are sent on.
const PIECE: usize = 256 * 1024;

/// The sink of originals.
pub(super) struct Intake {
    writer: Writer,
    objects: Arc<Objects>,
    key: SealingKey,
    inline_bytes: usize,
}

impl Intake {
    pub(super) fn new(writer: Writer, objects: Arc<Objects>, key: SealingKey, inline_bytes: usize) -> Self {
        Self { writer, objects, key, inline_bytes }
    }
}

#[async_trait]
impl OriginalSink for Intake {
    async fn begin(&self, key: ItemKey) -> Result<Box<dyn OriginalWriter>, StoreError> {
        let sealer = Sealer::new(&self.key).map_err(disk_failed)?;
        let (objects, writer) = (Arc::clone(&self.objects), self.writer.clone());
        Ok(Box::new(Receiving { key, objects, writer, sealer, upload: None, inline_bytes: self.inline_bytes }))
    }

    /// The database and the object store say themselves when they are full; nothing of a mail lies on this host.
    async fn has_room(&self, _bytes: u64) -> Result<bool, StoreError> {
        Ok(true)
    }
}

/// An original on its way in.
struct Receiving {
    key: ItemKey,
    objects: Arc<Objects>,
    writer: Writer,
    sealer: Sealer,
    /// Present once the sealed bytes were too many for the database.
    upload: Option<Upload>,
    inline_bytes: usize,
}

impl Receiving {
    /// Sends the sealed bytes that are ready on to the object store.
    async fn spill(&mut self, bytes: Vec<u8>) -> Result<(), StoreError> {
        let mut upload = match self.upload.take() {
            Some(upload) => upload,
            None => self.objects.begin(&Place::original(&self.key)).await?,
        };
        upload.write(Bytes::from(bytes)).await?;
        self.upload = Some(upload);
        Ok(())
    }
}

#[async_trait]
impl OriginalWriter for Receiving {
    async fn write(&mut self, bytes: &[u8]) -> Result<(), StoreError> {
        for piece in bytes.chunks(PIECE) {
            self.sealer.write(piece).map_err(disk_failed)?;
            let enough = if self.upload.is_some() { PIECE } else { self.inline_bytes };
            if self.sealer.ready() > enough {
                let ready = self.sealer.take();
                self.spill(ready).await?;
            }
        }
        Ok(())
    }

    async fn accept_with(
        self: Box<Self>,
        origin: Origin,
        at: Timestamp,
        records: Vec<AuditEvent>,
    ) -> Result<Accepted, StoreError> {
        let Self { key, objects, writer, sealer, upload, inline_bytes } = *self;
        let sealed = sealer.finish().map_err(disk_failed)?;
        let accepted = Accepted { key, digest: sealed.digest, length: sealed.length };
        let place = Place::original(&accepted.key);
        let (bytes, file) = match upload {
            Some(mut upload) => {
                upload.write(Bytes::from(sealed.rest)).await?;
                upload.finish().await?;
                (None, Some(place.relative()))
            }
            None if sealed.rest.len() > inline_bytes => {
                objects.put(&place, Bytes::from(sealed.rest)).await?;
                (None, Some(place.relative()))
            }
            None => (Some(sealed.rest), None),
        };
        writer.submit(Acceptance { accepted, origin, at, bytes, file, records }).await
    }
}

/// The row, the original and the record of an accepted item.
struct Acceptance {
    accepted: Accepted,
    origin: Origin,
    at: Timestamp,
    bytes: Option<Vec<u8>>,
    file: Option<String>,
    /// What else is put on record with it.
    records: Vec<AuditEvent>,
}

/// All or nothing: an item whose id or reference is taken writes no row at all.
const ACCEPT: &str = "\
    WITH accepted AS ( \
        INSERT INTO item (tenant, id, reference, stage, received_at, length, digest, origin, due_at) \
        VALUES ($1, $2, $3, 'received', $4, $5, $6, $7, $4) ON CONFLICT DO NOTHING RETURNING id), \
    stored AS ( \
        INSERT INTO original (tenant, item, sealed, file) SELECT $1, id, $8, $9 FROM accepted), \
    indexed AS ( \
        INSERT INTO search_term (tenant, term, item) SELECT DISTINCT $1, term, id FROM accepted, UNNEST($10::text[]) AS term) \
    SELECT COUNT(*) FROM accepted";

#[async_trait]
impl Job for Acceptance {
    type Answer = Accepted;

    async fn run(&self, turn: &mut Turn) -> Result<Accepted, StoreError> {
        let key = &self.accepted.key;
        let addresses = self.origin.sender().into_iter().chain(self.origin.recipients());
        let terms: Vec<String> = addresses.map(address_term).collect();
        let written: i64 = sqlx::query_scalar(ACCEPT)
            .bind(key.tenant.as_str())
            .bind(key.id.to_string())
            .bind(key.id.reference().to_string())
            .bind(self.at.millis())
            .bind(to_column(self.accepted.length))
            .bind(self.accepted.digest.as_bytes().as_slice())
            .bind(to_json(&self.origin)?)
            .bind(self.bytes.as_deref())
            .bind(self.file.as_deref())
            .bind(terms)
            .fetch_one(&mut turn.connection)
            .await
            .map_err(failed)?;
        if written != 1 {
            return Err(StoreError::Conflict);
        }
        turn.append(&key.tenant, &received(&self.accepted, &self.origin, self.at));
        for record in &self.records {
            turn.append(&key.tenant, record);
        }
        turn.ring_queue = true;
        Ok(self.accepted.clone())
    }
}
