//! A sink of originals that is a folder of plain files: `0001.eml` and the envelope `0001.json`, in order of acceptance.
//!
//! It has a quota, and it fails as folders fail: remove the folder, and the store is unavailable.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use temizu::domain::{AuditEvent, Digest, Envelope, ItemKey, Origin, Timestamp};
use temizu::ports::{Accepted, Clock, Entropy, NoEntropy, OriginalSink, OriginalWriter, StoreError};

/// The folder.
#[derive(Clone)]
pub(crate) struct FolderSink {
    path: PathBuf,
    room: Arc<AtomicU64>,
    accepted: Arc<Mutex<u32>>,
}

impl FolderSink {
    pub(crate) fn new(path: &Path, room: u64) -> Self {
        Self { path: path.to_owned(), room: Arc::new(AtomicU64::new(room)), accepted: Arc::default() }
    }

    /// Sets how many bytes more fit.
    pub(crate) fn set_room(&self, room: u64) {
        self.room.store(room, Ordering::SeqCst);
    }

    /// Mails accepted so far, in order.
    pub(crate) fn mails(&self) -> Vec<(Vec<u8>, Envelope)> {
        let count = *self.accepted.lock().unwrap();
        let mail = |number: u32| {
            let file = |extension| fs::read(self.path.join(format!("{number:04}.{extension}"))).unwrap();
            (file("eml"), serde_json::from_slice(&file("json")).unwrap())
        };
        (1..=count).map(mail).collect()
    }

    /// Files that belong to no accepted mail.
    pub(crate) fn leftovers(&self) -> usize {
        fs::read_dir(&self.path)
            .unwrap()
            .filter(|e| e.as_ref().unwrap().path().extension() == Some("part".as_ref()))
            .count()
    }
}

fn unavailable(error: io::Error) -> StoreError {
    StoreError::Unavailable(Box::new(error))
}

#[async_trait]
impl OriginalSink for FolderSink {
    async fn begin(&self, key: ItemKey) -> Result<Box<dyn OriginalWriter>, StoreError> {
        if self.room.load(Ordering::SeqCst) == 0 {
            return Err(StoreError::Full);
        }
        let path = self.path.join(format!("{}.part", key.id));
        let file = File::create_new(&path).map_err(unavailable)?;
        Ok(Box::new(FolderWriter { sink: self.clone(), key, path, file, bytes: Vec::new() }))
    }

    async fn has_room(&self, bytes: u64) -> Result<bool, StoreError> {
        fs::metadata(&self.path).map_err(unavailable)?;
        Ok(self.room.load(Ordering::SeqCst) > bytes)
    }
}

struct FolderWriter {
    sink: FolderSink,
    key: ItemKey,
    path: PathBuf,
    file: File,
    bytes: Vec<u8>,
}

#[async_trait]
impl OriginalWriter for FolderWriter {
    async fn write(&mut self, bytes: &[u8]) -> Result<(), StoreError> {
        let length = u64::try_from(bytes.len()).unwrap();
        let taken = self.sink.room.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |room| room.checked_sub(length));
        taken.map_err(|_| StoreError::Full)?;
        self.bytes.extend_from_slice(bytes);
        self.file.write_all(bytes).map_err(unavailable)
    }

    async fn accept_with(
        self: Box<Self>,
        origin: Origin,
        _at: Timestamp,
        _records: Vec<AuditEvent>,
    ) -> Result<Accepted, StoreError> {
        let mut accepted = self.sink.accepted.lock().unwrap();
        let number = *accepted + 1;
        let file = |extension| self.sink.path.join(format!("{number:04}.{extension}"));
        self.file.sync_all().map_err(unavailable)?;
        fs::write(file("json"), serde_json::to_vec(&origin.envelope()).unwrap()).map_err(unavailable)?;
        fs::rename(&self.path, file("eml")).map_err(unavailable)?;
        *accepted = number;
        drop(accepted);
        let length = u64::try_from(self.bytes.len()).unwrap();
        Ok(Accepted { key: self.key.clone(), digest: Digest::of(&self.bytes), length })
    }
}

impl Drop for FolderWriter {
    fn drop(&mut self) {
        drop(fs::remove_file(&self.path));
    }
}

/// The clock of the machine, and random bytes from a counter: distinct is all they need to be here.
#[derive(Default)]
pub(crate) struct Edge(AtomicU64);

impl Clock for Edge {
    fn now(&self) -> Timestamp {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
        Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap())
    }
}

impl Entropy for Edge {
    fn ten_bytes(&self) -> [u8; 10] {
        let mut bytes = [0; 10];
        bytes[2..].copy_from_slice(&self.0.fetch_add(1, Ordering::SeqCst).to_be_bytes());
        bytes
    }

    fn secret(&self, _: &mut [u8]) -> Result<(), NoEntropy> {
        Err(NoEntropy)
    }
}
