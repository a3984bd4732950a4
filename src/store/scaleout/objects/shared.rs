//! A folder of objects on a file system that all nodes share; they run as one user.
//!
//! Refuses: nothing but what the operating system refuses. Invariant: a folder is durable before the first object in it is
//! stored.

use std::collections::BTreeSet;
use std::fs::{self, DirEntry};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::UNIX_EPOCH;

use object_store::ObjectStore;
use object_store::local::LocalFileSystem;

use super::failure::failed;
use crate::domain::Timestamp;
use crate::ports::StoreError;
use crate::store::disk::{Disk, LocalDisk};
use crate::store::open::OpenError;
use crate::store::rows::disk_failed;

/// A folder with one folder per shard.
pub(super) struct SharedFolder {
    root: PathBuf,
    /// Shards that this process has made durable.
    durable: Mutex<BTreeSet<String>>,
}

impl SharedFolder {
    /// Opens the folder; if there is none, makes it for its owner only.
    pub(super) fn open(root: &Path) -> Result<(Arc<Self>, Arc<dyn ObjectStore>), OpenError> {
        make_with_parents(root).map_err(OpenError::Folder)?;
        // 250 is a promise: without fsync a power cut takes objects whose rows are committed already.
        let store = LocalFileSystem::new_with_prefix(root)
            .map_err(|error| OpenError::Objects(failed(error).to_string()))?
            .with_fsync(true);
        let folder = Self { root: root.to_owned(), durable: Mutex::default() };
        Ok((Arc::new(folder), Arc::new(store)))
    }

    /// Makes the folder of a shard durable. Whoever finds it there cannot know whether the one who made it (another node,
    /// or a process that was killed) has come as far as to sync its name.
    pub(super) fn make_shard(&self, shard: &str) -> io::Result<()> {
        if self.durable.lock().unwrap_or_else(PoisonError::into_inner).contains(shard) {
            return Ok(());
        }
        LocalDisk.make_folder(&self.root.join(shard))?;
        LocalDisk.sync_folder(&self.root)?;
        self.durable.lock().unwrap_or_else(PoisonError::into_inner).insert(shard.to_owned());
        Ok(())
    }

    /// Hands `shard/name` of every object that was last changed before `older_than` to `found`, until that says no.
    pub(super) fn walk(&self, older_than: Timestamp, mut found: impl FnMut(String) -> bool) -> Result<(), StoreError> {
        self.visit(older_than, |shard, name, _| Ok(name.contains('#') || found(format!("{shard}/{name}"))))
            .map_err(disk_failed)
    }

    /// Removes the files of uploads that never ended: `object_store` writes to `name#1` and renames that. Returns how
    /// many.
    pub(super) fn remove_unfinished(&self, older_than: Timestamp) -> io::Result<u64> {
        let mut removed = 0u64;
        self.visit(older_than, |_, name, path| {
            if name.contains('#') {
                match fs::remove_file(path) {
                    Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                    _ => removed = removed.saturating_add(1),
                }
            }
            Ok(true)
        })?;
        Ok(removed)
    }

    /// Visits old files. What is not two letters is no shard of ours (`lost+found`, say).
    fn visit(
        &self,
        older_than: Timestamp,
        mut visit: impl FnMut(&str, &str, &Path) -> io::Result<bool>,
    ) -> io::Result<()> {
        for shard in fs::read_dir(&self.root)? {
            let shard = shard?;
            let two_letters = shard.file_name().into_string().ok().filter(|name| name.len() == 2);
            let Some(shard_name) = two_letters.filter(|_| shard.path().is_dir()) else { continue };
            for file in fs::read_dir(shard.path())? {
                let file = file?;
                let Some(name) = file.file_name().into_string().ok() else { continue };
                if is_old(&file, older_than)? && !visit(&shard_name, &name, &file.path())? {
                    return Ok(());
                }
            }
        }
        Ok(())
    }
}

/// Whether it is a file that was last changed before `than`. One that went meanwhile is not.
fn is_old(file: &DirEntry, than: Timestamp) -> io::Result<bool> {
    let about = match file.metadata() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        about => about?,
    };
    let age = about.modified()?.duration_since(UNIX_EPOCH).unwrap_or_default();
    let changed = Timestamp::from_millis(i64::try_from(age.as_millis()).unwrap_or(i64::MAX));
    Ok(about.is_file() && changed < than)
}

fn make_with_parents(path: &Path) -> io::Result<()> {
    if let Some(parent) = path.parent().filter(|parent| !parent.as_os_str().is_empty() && !parent.exists()) {
        make_with_parents(parent)?;
    }
    LocalDisk.make_folder(path)
}
