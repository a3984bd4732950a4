//! A folder being filled with the files of a store: a backup, or a store that is being restored.
//!
//! Refuses: a folder with anything in it, a folder within the one that is copied. Invariant: nothing is written over;
//! what is dropped before its end takes away what it wrote, and nothing else.

use std::collections::BTreeSet;
use std::fs::{self, File, Permissions};
use std::io::{self, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use super::error::{BackupError, Onlooker, go_on};
use super::manifest::Listed;
use super::proof::PIECE;
use crate::domain::digest::Digester;
use crate::store::disk::{Disk as _, LocalDisk};
use crate::store::embedded::DATABASE;

/// What we make in such a folder: what says that it is whole goes first, what says that it is not goes last.
const FOLDERS: [&str; 4] = ["originals", "derivatives", "keys", "tmp"];
const FILES: [&str; 9] = [
    "MANIFEST.partial",
    "restore.unfinished.partial",
    "lock",
    "backup.lock",
    "temizu.db-journal",
    "temizu.db-wal",
    "temizu.db-shm",
    DATABASE,
    super::restore::MARK,
];

/// A folder being filled.
pub(in crate::store::embedded) struct Destination {
    root: PathBuf,
    /// Not there before.
    is_new: bool,
    /// Folders whose names are not synced yet.
    touched: BTreeSet<PathBuf>,
    finished: bool,
}

/// What became of a copy.
pub(in crate::store::embedded) enum Copied {
    Whole(Listed),
    /// The file to be copied is missing or does not read to its end.
    Unreadable,
}

impl Destination {
    /// Makes the folder, or takes an empty one; for its owner only. `from` is what will be copied.
    pub(in crate::store::embedded) fn prepare(root: &Path, from: &Path) -> Result<Self, BackupError> {
        let refused = BackupError::disk;
        let is_new = match fs::read_dir(root) {
            Ok(mut entries) => {
                if entries.next().is_some() {
                    return Err(BackupError::Occupied(root.to_owned()));
                }
                false
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => true,
            Err(error) => return Err(refused(root)(error)),
        };
        let parent = root.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let lies_in = fs::canonicalize(if is_new { parent } else { root }).map_err(refused(root))?;
        if lies_in.starts_with(fs::canonicalize(from).map_err(refused(from))?) {
            return Err(BackupError::Nested(root.to_owned()));
        }
        if is_new {
            LocalDisk.make_folder(root).map_err(refused(root))?;
        } else {
            fs::set_permissions(root, Permissions::from_mode(0o700)).map_err(refused(root))?;
        }
        let root = fs::canonicalize(root).map_err(refused(root))?;
        Ok(Self { touched: BTreeSet::from([root.clone()]), root, is_new, finished: false })
    }

    pub(in crate::store::embedded) fn root(&self) -> &Path {
        &self.root
    }

    /// Makes a folder in it.
    pub(in crate::store::embedded) fn make_folder(&mut self, name: &str) -> Result<(), BackupError> {
        let path = self.root.join(name);
        LocalDisk.make_folder(&path).map_err(BackupError::disk(&path))?;
        self.touched.insert(path);
        Ok(())
    }

    /// Copies a file to `relative`, synced.
    pub(in crate::store::embedded) fn copy(
        &mut self,
        from: &Path,
        relative: &str,
        onlooker: &dyn Onlooker,
    ) -> Result<Copied, BackupError> {
        let to = self.root.join(relative);
        self.make_parents(relative)?;
        let Ok(mut source) = File::open(from) else { return Ok(Copied::Unreadable) };
        let mut target = LocalDisk.create(&to).map_err(BackupError::disk(&to))?;
        let (mut digester, mut length, mut piece) = (Digester::default(), 0u64, vec![0; PIECE]);
        loop {
            go_on(onlooker)?;
            let Ok(count) = source.read(&mut piece) else {
                LocalDisk.remove(&to).map_err(BackupError::disk(&to))?;
                return Ok(Copied::Unreadable);
            };
            if count == 0 {
                break;
            }
            let bytes = piece.get(..count).unwrap_or_default();
            target.write(bytes).map_err(BackupError::disk(&to))?;
            digester.update(bytes);
            length = length.saturating_add(u64::try_from(count).unwrap_or(u64::MAX));
        }
        target.sync().map_err(BackupError::disk(&to))?;
        Ok(Copied::Whole(Listed { digest: digester.finish(), length }))
    }

    /// Writes a small file, synced, under its name at once or not at all.
    pub(in crate::store::embedded) fn write(&mut self, name: &str, bytes: &[u8]) -> Result<(), BackupError> {
        let (partial, path) = (self.root.join(format!("{name}.partial")), self.root.join(name));
        let written = LocalDisk.create(&partial).and_then(|mut file| {
            file.write(bytes)?;
            file.sync()?;
            // Not a link, as elsewhere: the file systems of backup disks may not know any.
            fs::rename(&partial, &path)?;
            LocalDisk.sync_folder(&self.root)
        });
        written.map_err(BackupError::disk(&path))
    }

    /// Makes the names of everything that was copied durable.
    pub(in crate::store::embedded) fn sync(&mut self) -> Result<(), BackupError> {
        for folder in std::mem::take(&mut self.touched) {
            LocalDisk.sync_folder(&folder).map_err(BackupError::disk(&folder))?;
        }
        Ok(())
    }

    /// From now on it stays.
    pub(in crate::store::embedded) fn keep(mut self) {
        self.finished = true;
    }

    fn make_parents(&mut self, relative: &str) -> Result<(), BackupError> {
        let mut folders: Vec<&Path> =
            Path::new(relative).ancestors().skip(1).filter(|path| !path.as_os_str().is_empty()).collect();
        folders.reverse();
        for folder in folders {
            let path = self.root.join(folder);
            if !self.touched.contains(&path) {
                LocalDisk.make_folder(&path).map_err(BackupError::disk(&path))?;
                self.touched.insert(path);
            }
        }
        Ok(())
    }

    fn clear(&self) -> io::Result<()> {
        let gone = |result: io::Result<()>| match result {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        };
        gone(fs::remove_file(self.root.join("MANIFEST")))?;
        for name in FOLDERS {
            gone(fs::remove_dir_all(self.root.join(name)))?;
        }
        for name in FILES {
            gone(fs::remove_file(self.root.join(name)))?;
        }
        if self.is_new { fs::remove_dir(&self.root) } else { Ok(()) }
    }
}

impl Drop for Destination {
    fn drop(&mut self) {
        if !self.finished
            && let Err(error) = self.clear()
        {
            tracing::warn!(%error, "an unfinished copy of the store could not be removed");
        }
    }
}
