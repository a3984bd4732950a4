//! Sealed originals and derivatives in an object store: S3-compatible, or a file system that all nodes share.

use bytes::Bytes;

use crate::config;
use crate::ports::StoreError;
use crate::store::open::OpenError;
use crate::store::place::Place;

/// The two places for objects. A role whose place is not configured, or whose key does not open it, gets errors.
pub(super) struct Objects {}

/// An object on its way; dropped before it is finished, it leaves nothing.
pub(super) struct Upload {}

impl Objects {
    /// The places that the configuration names.
    pub(super) fn of(_config: &config::Store) -> Result<Self, OpenError> {
        Ok(Self {})
    }

    /// Writes a whole object, durably. One that is there already is written over by the same bytes.
    pub(super) async fn put(&self, _place: &Place, _bytes: Bytes) -> Result<(), StoreError> {
        Err(StoreError::NotFound)
    }

    /// Starts an object whose bytes come in pieces.
    pub(super) async fn begin(&self, _place: &Place) -> Result<Upload, StoreError> {
        Err(StoreError::NotFound)
    }

    /// Opens an object for reading on the blocking pool.
    pub(super) async fn open(&self, _file: &str) -> Result<Box<dyn std::io::Read + Send>, StoreError> {
        Err(StoreError::NotFound)
    }

    /// A whole object of at most `most` bytes.
    pub(super) async fn read(&self, _file: &str, _most: u64) -> Result<Bytes, StoreError> {
        Err(StoreError::NotFound)
    }

    /// Removes an object. One that is missing was removed before.
    pub(super) async fn remove(&self, _file: &str) -> Result<(), StoreError> {
        Err(StoreError::NotFound)
    }
}

impl Upload {
    /// Appends bytes.
    pub(super) async fn write(&mut self, _bytes: Bytes) -> Result<(), StoreError> {
        Err(StoreError::NotFound)
    }

    /// Makes the object durable under its name.
    pub(super) async fn finish(self) -> Result<(), StoreError> {
        Err(StoreError::NotFound)
    }
}
