//! Sealed originals and derivatives in an object store: S3-compatible, or a file system that all nodes share.
//!
//! Refuses: names that are not plain, places that are not configured. Invariant: an object is durable and whole before
//! `put` or `finish` says so, and what is read back is whole or an error.

mod bucket;
mod failure;
mod listing;
mod reading;
mod shared;
mod upload;

use std::path::Path as FilePath;
use std::sync::Arc;

use bytes::Bytes;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};

use self::failure::{failed, unavailable};
pub(super) use self::listing::Listing;
use self::shared::SharedFolder;
pub(super) use self::upload::Upload;
use crate::config;
use crate::domain::Timestamp;
use crate::ports::StoreError;
use crate::store::open::OpenError;
use crate::store::place::Place;
use crate::store::rows::on_disk;

/// Bytes of a part of an upload: the least that S3 takes, for every part but the last.
const S3_PART: usize = 5 * 1024 * 1024;
/// The same for files, which take any.
const FILE_PART: usize = 256 * 1024;

/// What objects are kept apart by, and the first segment of their names.
pub(super) const KINDS: [&str; 2] = ["originals", "derivatives"];

/// The two places for objects. A role whose place is not configured, or whose key does not open it, gets errors.
pub(super) struct Objects {
    originals: Option<Depot>,
    derivatives: Option<Depot>,
}

/// The place for one kind of objects.
#[derive(Clone)]
struct Depot {
    store: Arc<dyn ObjectStore>,
    /// Before the names of objects; a folder has it in its own name.
    prefix: String,
    part: usize,
    /// Present if it is a folder.
    folder: Option<Arc<SharedFolder>>,
}

/// A checked name.
struct Name<'a> {
    depot: &'a Depot,
    shard: &'a str,
    path: Path,
}

impl Objects {
    /// The places that the configuration names.
    pub(super) fn of(config: &config::Store) -> Result<Self, OpenError> {
        let open = |address: &str| (!address.is_empty()).then(|| Depot::open(config, address)).transpose();
        Ok(Self { originals: open(&config.originals)?, derivatives: open(&config.derivatives)? })
    }

    /// Writes a whole object, durably. One that is there already is written over by the same bytes.
    pub(super) async fn put(&self, place: &Place, bytes: Bytes) -> Result<(), StoreError> {
        let mut upload = self.begin(place).await?;
        upload.write(bytes).await?;
        upload.finish().await
    }

    /// Starts an object whose bytes come in pieces. Nothing is sent before the first part is full.
    pub(super) async fn begin(&self, place: &Place) -> Result<Upload, StoreError> {
        let relative = place.relative();
        let Name { depot, shard, path } = self.name(&relative)?;
        if let Some(folder) = depot.folder.clone() {
            let shard = shard.to_owned();
            on_disk(move || folder.make_shard(&shard)).await?;
        }
        Ok(Upload::new(Arc::clone(&depot.store), path, depot.part))
    }

    /// Opens an object for reading on the blocking pool.
    pub(super) async fn open(&self, file: &str) -> Result<Box<dyn std::io::Read + Send>, StoreError> {
        let Name { depot, path, .. } = self.name(file)?;
        depot.store.get(&path).await.map(reading::reader).map_err(failed)
    }

    /// A whole object of at most `most` bytes.
    pub(super) async fn read(&self, file: &str, most: u64) -> Result<Bytes, StoreError> {
        let Name { depot, path, .. } = self.name(file)?;
        let object = depot.store.get(&path).await.map_err(failed)?;
        let length = object.meta.size;
        if length > most {
            return Err(StoreError::Damaged("an object is longer than anything we write"));
        }
        let bytes = object.bytes().await.map_err(failed)?;
        if u64::try_from(bytes.len()).is_ok_and(|read| read == length) {
            Ok(bytes)
        } else {
            Err(unavailable("an object ended before its end"))
        }
    }

    /// Removes an object. One that is missing was removed before. Not synced: one that a power cut brings back has no
    /// row, and is swept.
    pub(super) async fn remove(&self, file: &str) -> Result<(), StoreError> {
        let Name { depot, path, .. } = self.name(file)?;
        match depot.store.delete(&path).await.map_err(failed) {
            Err(StoreError::NotFound) => Ok(()),
            removed => removed,
        }
    }

    /// The names of the objects of a kind that were stored before `older_than`, page by page, in no order.
    pub(super) fn list(&self, kind: &'static str, older_than: Timestamp) -> Result<Listing, StoreError> {
        let depot = self.depot(kind)?;
        Ok(match &depot.folder {
            Some(folder) => Listing::of_folder(kind, Arc::clone(folder), older_than),
            None => Listing::of_bucket(kind, &*depot.store, &depot.prefix, older_than),
        })
    }

    /// Removes what uploads that were begun before `older_than` and never ended have left; returns how many. In a bucket
    /// a lifecycle rule has to do that: `object_store` cannot list unfinished uploads.
    pub(super) async fn remove_unfinished(&self, kind: &'static str, older_than: Timestamp) -> Result<u64, StoreError> {
        match self.depot(kind)?.folder.clone() {
            Some(folder) => on_disk(move || folder.remove_unfinished(older_than)).await,
            None => Ok(0),
        }
    }

    fn depot(&self, kind: &str) -> Result<&Depot, StoreError> {
        let depot = match kind {
            "originals" => &self.originals,
            "derivatives" => &self.derivatives,
            _ => return Err(StoreError::Damaged("the name of an object is of no known kind")),
        };
        depot.as_ref().ok_or_else(|| unavailable(format!("there is no place for {kind}: set store.{kind}")))
    }

    /// Takes a name apart that a row keeps: `kind/shard/name`.
    fn name<'a>(&'a self, file: &'a str) -> Result<Name<'a>, StoreError> {
        const ODD: StoreError = StoreError::Damaged("the name of an object is not one we give");
        let mut segments = file.split('/');
        let (Some(kind), Some(shard), Some(name), None) =
            (segments.next(), segments.next(), segments.next(), segments.next())
        else {
            return Err(ODD);
        };
        if !is_plain(shard) || !is_plain(name) {
            return Err(ODD);
        }
        let depot = self.depot(kind)?;
        let path = Path::parse(format!("{}{shard}/{name}", depot.prefix)).map_err(|_| ODD)?;
        Ok(Name { depot, shard, path })
    }
}

fn is_plain(segment: &str) -> bool {
    segment.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'.' || byte == b'-')
        && !segment.bytes().all(|byte| byte == b'.')
}

impl Depot {
    fn open(config: &config::Store, address: &str) -> Result<Self, OpenError> {
        if let Some(path) = address.strip_prefix("file://") {
            let (folder, store) = SharedFolder::open(FilePath::new(path))?;
            return Ok(Self { store, prefix: String::new(), part: FILE_PART, folder: Some(folder) });
        }
        let place = address
            .strip_prefix("s3://")
            .ok_or_else(|| OpenError::Objects("write s3://bucket or file:///folder".to_owned()))?;
        let (bucket, prefix) = match place.split_once('/') {
            Some((bucket, prefix)) => (bucket, format!("{prefix}/")),
            None => (place, String::new()),
        };
        let odd = |_| OpenError::Objects("the part of s3://bucket/part is not plain".to_owned());
        Path::parse(&prefix).map_err(odd)?;
        Ok(Self { store: bucket::open(config, bucket)?, prefix, part: S3_PART, folder: None })
    }
}

#[cfg(test)]
mod tests;
