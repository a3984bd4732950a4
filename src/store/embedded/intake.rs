//! Receiving originals: sealed piece by piece, small ones into the database transaction, large ones into a file.
//!
//! It holds the public key only. Refuses: an original when the disk is down to its reserve, a reference that is taken.
//! Invariant: `accept` returns `Ok` only after the sealed bytes, the row and the `received` record are synced.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;

use super::files::{Draft, Folder};
use super::writer::{Job, Turn, Writer};
use crate::domain::{AuditEvent, ItemKey, Origin, Timestamp};
use crate::ports::{Accepted, Clock, OriginalSink, OriginalWriter, StoreError};
use crate::store::keys::SealingKey;
use crate::store::place::Place;
use crate::store::receipt::received;
use crate::store::rows::{disk_failed, failed, on_disk, to_column, to_json};
use crate::store::seal::Sealer;
use crate::store::search::address_term;

/// How long a look at the free space is good for.
const FRESH: Duration = Duration::from_secs(1);
/// Sealed bytes gathered before they are written to a file.
const PIECE: usize = 256 * 1024;

/// The sink of originals.
pub(super) struct Intake {
    folder: Arc<Folder>,
    writer: Writer,
    key: SealingKey,
    inline_bytes: usize,
    space: Arc<Space>,
}

/// The disk's free space, less the reserve.
struct Space {
    folder: Arc<Folder>,
    clock: Arc<dyn Clock>,
    reserve_bytes: u64,
    /// When the disk was last asked, and what it said.
    free: Mutex<Option<(Timestamp, u64)>>,
}

impl Intake {
    pub(super) fn new(
        folder: Arc<Folder>,
        writer: Writer,
        key: SealingKey,
        clock: Arc<dyn Clock>,
        (inline_bytes, reserve_bytes): (usize, u64),
    ) -> Self {
        let space = Arc::new(Space { folder: Arc::clone(&folder), clock, reserve_bytes, free: Mutex::new(None) });
        Self { folder, writer, key, inline_bytes, space }
    }
}

impl Space {
    async fn has(&self, bytes: u64) -> Result<bool, StoreError> {
        Ok(self.free_bytes().await? >= self.reserve_bytes.saturating_add(bytes))
    }

    async fn free_bytes(&self) -> Result<u64, StoreError> {
        let now = self.clock.now();
        let known = *self.free.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((at, bytes)) = known
            && at <= now
            && now.since(at) < FRESH
        {
            return Ok(bytes);
        }
        let folder = Arc::clone(&self.folder);
        let bytes = on_disk(move || folder.disk().free_bytes(folder.root())).await?;
        *self.free.lock().unwrap_or_else(PoisonError::into_inner) = Some((now, bytes));
        Ok(bytes)
    }
}

#[async_trait]
impl OriginalSink for Intake {
    async fn begin(&self, key: ItemKey) -> Result<Box<dyn OriginalWriter>, StoreError> {
        if !self.has_room(0).await? {
            return Err(StoreError::Full);
        }
        let sealer = Sealer::new(&self.key).map_err(disk_failed)?;
        let (folder, writer) = (Arc::clone(&self.folder), self.writer.clone());
        let (inline_bytes, space) = (self.inline_bytes, Arc::clone(&self.space));
        Ok(Box::new(Receiving { key, folder, writer, sealer, draft: None, inline_bytes, space }))
    }

    async fn has_room(&self, bytes: u64) -> Result<bool, StoreError> {
        self.space.has(bytes).await
    }
}

/// An original on its way in.
struct Receiving {
    key: ItemKey,
    folder: Arc<Folder>,
    writer: Writer,
    sealer: Sealer,
    /// Present once the sealed bytes were too many for the database.
    draft: Option<Draft>,
    inline_bytes: usize,
    space: Arc<Space>,
}

impl Receiving {
    /// Moves the sealed bytes that are ready into the temporary file. The reserve is looked at again: many mails that
    /// each had room when they began may have none together.
    async fn spill(&mut self) -> Result<(), StoreError> {
        if !self.space.has(0).await? {
            return Err(StoreError::Full);
        }
        let (folder, draft, bytes) = (Arc::clone(&self.folder), self.draft.take(), self.sealer.take());
        let place = Place::original(&self.key);
        self.draft = Some(on_disk(move || append(&folder, draft, place, &bytes)).await?);
        Ok(())
    }
}

/// Appends to the file, which is begun with the first piece.
fn append(folder: &Arc<Folder>, draft: Option<Draft>, place: Place, bytes: &[u8]) -> std::io::Result<Draft> {
    let mut draft = match draft {
        Some(draft) => draft,
        None => folder.draft(place)?,
    };
    draft.write(bytes)?;
    Ok(draft)
}

#[async_trait]
impl OriginalWriter for Receiving {
    async fn write(&mut self, bytes: &[u8]) -> Result<(), StoreError> {
        for piece in bytes.chunks(PIECE) {
            self.sealer.write(piece).map_err(disk_failed)?;
            let enough = if self.draft.is_some() { PIECE } else { self.inline_bytes };
            if self.sealer.ready() > enough {
                self.spill().await?;
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
        let sealed = self.sealer.finish().map_err(disk_failed)?;
        let accepted = Accepted { key: self.key, digest: sealed.digest, length: sealed.length };
        let is_large = self.draft.is_some() || sealed.rest.len() > self.inline_bytes;
        let (bytes, file) = if is_large {
            let place = Place::original(&accepted.key);
            let file = place.relative();
            let (folder, draft) = (Arc::clone(&self.folder), self.draft);
            on_disk(move || append(&folder, draft, place, &sealed.rest)?.publish()).await?;
            (None, Some(file))
        } else {
            (Some(sealed.rest), None)
        };
        let published = file.clone();
        let outcome = self.writer.submit(Acceptance { accepted, origin, at, bytes, file, records }).await;
        // Only a conflict is certain to have written no row; after any other error the next start decides.
        if let (Err(StoreError::Conflict), Some(file)) = (&outcome, published) {
            self.folder.discard(vec![file]).await?;
        }
        outcome
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

impl Acceptance {
    /// The addresses the item can be found by, as a JSON array.
    fn terms(&self) -> Result<String, StoreError> {
        let addresses = self.origin.sender().into_iter().chain(self.origin.recipients());
        to_json(&addresses.map(address_term).collect::<Vec<_>>())
    }
}

/// One round trip to the database's thread instead of four. Parameters are numbered across the statements; `$1` and not
/// `?1`, because SQLite counts up to the highest `?` number and sqlx then binds the gaps as well.
const ACCEPT: &str = "\
    INSERT INTO item (tenant, id, reference, stage, received_at, length, digest, origin, due_at) \
        VALUES ($1, $2, $3, 'received', $4, $5, $6, $7, $4); \
    INSERT INTO original (tenant, item, sealed, file) VALUES ($1, $2, $8, $9); \
    INSERT OR IGNORE INTO search_term (tenant, term, item) SELECT $1, value, $2 FROM json_each($10); \
    INSERT INTO audit (tenant, sequence, item, previous, body, hash) VALUES ($1, $11, $2, $12, $13, $14)";

#[async_trait]
impl Job for Acceptance {
    type Answer = Accepted;

    async fn run(self, turn: &mut Turn) -> Result<Accepted, StoreError> {
        let (origin, terms) = (to_json(&self.origin)?, self.terms()?);
        let key = &self.accepted.key;
        let record = turn.next_record(&key.tenant, &received(&self.accepted, &self.origin, self.at)).await?;
        sqlx::query(ACCEPT)
            .bind(key.tenant.as_str())
            .bind(key.id.to_string())
            .bind(key.id.reference().to_string())
            .bind(self.at.millis())
            .bind(to_column(self.accepted.length))
            .bind(self.accepted.digest.as_bytes().as_slice())
            .bind(origin)
            .bind(self.bytes)
            .bind(self.file)
            .bind(terms)
            .bind(to_column(record.sequence))
            .bind(record.previous.as_bytes().as_slice())
            .bind(record.body)
            .bind(record.hash.as_bytes().as_slice())
            .execute(&mut turn.connection)
            .await
            .map_err(failed)?;
        for record in &self.records {
            turn.append(&self.accepted.key.tenant, record).await?;
        }
        turn.ring_queue = true;
        Ok(self.accepted)
    }
}
