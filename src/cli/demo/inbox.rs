//! The inbox behind the demo's gateway, in place of the LGWAN mail server: our own receiving SMTP, keeping plain files.
//!
//! Invariant: a file in the folder is a mail that was acknowledged.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::super::trouble::{Trouble, UNAVAILABLE};
use super::DOMAIN;
use crate::config::Config;
use crate::domain::{AuditEvent, Digest, Domain, ItemKey, Origin, Timestamp};
use crate::ports::{Accepted, OriginalSink, OriginalWriter, StoreError};
use crate::serve::{OsEntropy, SystemClock};
use crate::smtp::Intake;

/// A running inbox.
pub(super) struct Inbox {
    folder: PathBuf,
    address: SocketAddr,
    shutdown: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Inbox {
    pub(super) async fn start(folder: &Path) -> Result<Self, Trouble> {
        let trouble = |error: &dyn std::error::Error| {
            Trouble::new(
                UNAVAILABLE,
                format!("受信箱を開けません: {error}"),
                format!("the inbox cannot be opened: {error}"),
            )
        };
        std::fs::create_dir_all(folder).map_err(|error| trouble(&error))?;
        let mut config = Config::default();
        config.smtp.listen = vec![([127, 0, 0, 1], 0).into()];
        config.smtp.domains = Domain::parse(DOMAIN).into_iter().collect();
        let sink = Arc::new(Files { folder: folder.to_path_buf() });
        let intake = Intake::new(Arc::new(config), sink, Arc::new(SystemClock), Arc::new(OsEntropy))
            .map_err(|error| trouble(&error))?;
        let bound = intake.bind().await.map_err(|error| trouble(&error))?;
        let addresses = bound.local_addrs().map_err(|error| trouble(&error))?;
        let Some(address) = addresses.first().copied() else {
            return Err(trouble(&std::io::Error::other("no address")));
        };
        let (shutdown, watcher) = watch::channel(false);
        let task = tokio::spawn(bound.serve(watcher));
        Ok(Self { folder: folder.to_path_buf(), address, shutdown, task })
    }

    pub(super) const fn address(&self) -> SocketAddr {
        self.address
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// The delivered mail that has this line among its headers.
    pub(super) fn find(&self, header: &str) -> Option<Vec<u8>> {
        let files = std::fs::read_dir(&self.folder).ok()?;
        files
            .filter_map(Result::ok)
            .filter_map(|entry| std::fs::read(entry.path()).ok())
            .find(|mail| mail.split(|byte| *byte == b'\n').any(|line| line.trim_ascii_end() == header.as_bytes()))
    }

    pub(super) async fn stop(self) {
        self.shutdown.send_replace(true);
        if let Err(error) = self.task.await {
            tracing::warn!(%error, "the inbox ended badly");
        }
    }
}

/// Mails as files.
struct Files {
    folder: PathBuf,
}

#[async_trait]
impl OriginalSink for Files {
    async fn begin(&self, key: ItemKey) -> Result<Box<dyn OriginalWriter>, StoreError> {
        Ok(Box::new(Mail { file: self.folder.join(format!("{}.eml", key.id)), key, bytes: Vec::new() }))
    }

    async fn has_room(&self, _bytes: u64) -> Result<bool, StoreError> {
        Ok(true)
    }
}

struct Mail {
    file: PathBuf,
    key: ItemKey,
    bytes: Vec<u8>,
}

#[async_trait]
impl OriginalWriter for Mail {
    async fn write(&mut self, bytes: &[u8]) -> Result<(), StoreError> {
        self.bytes.extend_from_slice(bytes);
        Ok(())
    }

    async fn accept_with(
        self: Box<Self>,
        _origin: Origin,
        _at: Timestamp,
        _records: Vec<AuditEvent>,
    ) -> Result<Accepted, StoreError> {
        let length = u64::try_from(self.bytes.len()).unwrap_or(u64::MAX);
        tokio::fs::write(&self.file, &self.bytes).await.map_err(|error| StoreError::Unavailable(Box::new(error)))?;
        Ok(Accepted { key: self.key, digest: Digest::of(&self.bytes), length })
    }
}
