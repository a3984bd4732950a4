//! A folder being filled with the files of a store: a backup, or a store that is being restored.
//!
//! Refuses: a folder with anything in it, one that another run has claimed, one within the folder that is copied.
//! Invariant: nothing is written over; what is dropped before its end takes away what it wrote, and nothing else.

use std::collections::BTreeSet;
use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::io::{self, Read, Write as _};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use super::error::{BackupError, Onlooker, go_on};
use super::manifest::Listed;
use super::proof::PIECE;
use crate::domain::digest::Digester;
use crate::store::disk::{Disk as _, LocalDisk};
use crate::store::embedded::DATABASE;

/// What we make in such a folder but the claim: what says that it is whole goes first, the claim goes last.
const FOLDERS: [&str; 4] = ["originals", "derivatives", "keys", "tmp"];
const FILES: [&str; 6] = ["lock", "backup.lock", "temizu.db-journal", "temizu.db-wal", "temizu.db-shm", DATABASE];

/// A folder being filled.
pub(in crate::store::embedded) struct Destination {
    root: PathBuf,
    /// Not there before.
    is_new: bool,
    /// A file that only one run can have made: whoever made it fills the folder. `None` once it is given up.
    claim: Option<(&'static str, File)>,
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
    /// Makes the folder, or takes an empty one; for its owner only. `from` is what will be copied. The file `claim`,
    /// with `text` in it, says until the end that this run fills the folder.
    pub(in crate::store::embedded) fn prepare(
        root: &Path,
        from: &Path,
        claim: &'static str,
        text: &[u8],
    ) -> Result<Self, BackupError> {
        let refused = BackupError::disk;
        let exists = match entries(root) {
            Ok(0) => true,
            Ok(_) => return Err(BackupError::Occupied(root.to_owned())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => false,
            Err(error) => return Err(refused(root)(error)),
        };
        let parent = root.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let lies_in = fs::canonicalize(if exists { root } else { parent }).map_err(refused(root))?;
        if lies_in.starts_with(fs::canonicalize(from).map_err(refused(from))?) {
            return Err(BackupError::Nested(root.to_owned()));
        }
        let is_new = match DirBuilder::new().mode(0o700).create(root) {
            Ok(()) => true,
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => false,
            Err(error) => return Err(refused(root)(error)),
        };
        let destination = Self::claim(root, is_new, claim)?;
        destination.settle(parent, text).map_err(refused(root))?;
        Ok(destination)
    }

    /// Of several runs that found the folder empty, one gets it.
    fn claim(root: &Path, is_new: bool, claim: &'static str) -> Result<Self, BackupError> {
        let root = fs::canonicalize(root).map_err(BackupError::disk(root))?;
        let path = root.join(claim);
        let file = match OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path) {
            Ok(file) => file,
            Err(error) => {
                // Goes only if nobody else has put anything there.
                if is_new && let Err(kept) = fs::remove_dir(&root) {
                    tracing::debug!(%kept, "the folder stays for whoever fills it");
                }
                return Err(match error.kind() {
                    io::ErrorKind::AlreadyExists => BackupError::Occupied(root),
                    _ => BackupError::Disk(path, error),
                });
            }
        };
        // Another run may have filled it since it was looked at; one that fills it with another claim is seen as well.
        match entries(&root) {
            Ok(1) => {}
            seen => {
                fs::remove_file(&path).map_err(BackupError::disk(&path))?;
                return Err(match seen {
                    Ok(_) => BackupError::Occupied(root),
                    Err(error) => BackupError::Disk(root, error),
                });
            }
        }
        let touched = BTreeSet::from([root.clone()]);
        Ok(Self { root, is_new, claim: Some((claim, file)), touched, finished: false })
    }

    fn settle(&self, parent: &Path, text: &[u8]) -> io::Result<()> {
        fs::set_permissions(&self.root, Permissions::from_mode(0o700))?;
        if let Some((_, file)) = &self.claim {
            let mut file = file;
            file.write_all(text)?;
            file.sync_all()?;
        }
        LocalDisk.sync_folder(&self.root)?;
        if self.is_new { LocalDisk.sync_folder(parent) } else { Ok(()) }
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

    /// Copies `source` to `relative`, synced.
    pub(in crate::store::embedded) fn copy(
        &mut self,
        source: io::Result<File>,
        relative: &str,
        onlooker: &dyn Onlooker,
    ) -> Result<Copied, BackupError> {
        let to = self.root.join(relative);
        self.make_parents(relative)?;
        let Ok(mut source) = source else { return Ok(Copied::Unreadable) };
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

    /// Makes the names of everything that was copied durable.
    pub(in crate::store::embedded) fn sync(&mut self) -> Result<(), BackupError> {
        for folder in std::mem::take(&mut self.touched) {
            LocalDisk.sync_folder(&folder).map_err(BackupError::disk(&folder))?;
        }
        Ok(())
    }

    /// Makes the claim a file called `name` that holds `bytes`, at once or not at all. From now on everything stays.
    pub(in crate::store::embedded) fn publish(mut self, name: &str, bytes: &[u8]) -> Result<(), BackupError> {
        let path = self.root.join(name);
        if let Some((claim, file)) = &mut self.claim {
            let claim = self.root.join(claim);
            // Not a link, as elsewhere: the file systems of backup disks may not know any.
            let written =
                file.write_all(bytes).and_then(|()| file.sync_all()).and_then(|()| fs::rename(&claim, &path)).and_then(
                    |()| {
                        let synced = LocalDisk.sync_folder(&self.root);
                        synced.or_else(|error| fs::rename(&path, &claim).and(Err(error)))
                    },
                );
            written.map_err(BackupError::disk(&path))?;
        }
        self.finished = true;
        Ok(())
    }

    /// Gives up the claim. From now on everything stays.
    pub(in crate::store::embedded) fn keep(mut self) -> Result<(), BackupError> {
        if let Some((claim, _)) = &self.claim {
            let path = self.root.join(claim);
            fs::remove_file(&path).map_err(BackupError::disk(&path))?;
        }
        // Whoever finds the folder empty after a failure may claim it by the same name.
        self.claim = None;
        LocalDisk.sync_folder(&self.root).map_err(BackupError::disk(&self.root))?;
        self.finished = true;
        Ok(())
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
        if let Some((claim, _)) = &self.claim {
            gone(fs::remove_file(self.root.join(claim)))?;
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

fn entries(folder: &Path) -> io::Result<usize> {
    Ok(fs::read_dir(folder)?.take(2).count())
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;

    use super::*;

    const CLAIM: &str = "claim";

    #[test]
    fn of_runs_that_want_one_folder_at_the_same_time_one_gets_it_and_the_others_leave_it_alone() {
        let folder = tempfile::tempdir().unwrap();
        let from = folder.path().join("from");
        fs::create_dir(&from).unwrap();
        for round in 0..100 {
            let to = folder.path().join(format!("to-{round}"));
            if round % 2 == 0 {
                fs::create_dir(&to).unwrap();
            }
            let barrier = Barrier::new(3);
            let run = || {
                barrier.wait();
                Destination::prepare(&to, &from, CLAIM, b"mine")
            };
            let got: Vec<_> = std::thread::scope(|scope| {
                let runs: Vec<_> = (0..3).map(|_| scope.spawn(run)).collect();
                runs.into_iter().map(|run| run.join().unwrap()).collect()
            });
            let (mut winners, losers): (Vec<_>, Vec<_>) = got.into_iter().partition(Result::is_ok);
            assert_eq!(winners.len(), 1, "round {round}");
            drop(losers);
            assert_eq!(fs::read(to.join(CLAIM)).unwrap(), b"mine", "round {round}");
            winners.pop().unwrap().unwrap().publish("list", b" and whole").unwrap();
            assert_eq!(fs::read(to.join("list")).unwrap(), b"mine and whole");
            assert!(!to.join(CLAIM).exists());
        }
    }

    #[test]
    fn a_folder_that_another_run_fills_is_claimed_neither_by_its_name_nor_by_another() {
        let folder = tempfile::tempdir().unwrap();
        let to = folder.path().join("to");
        fs::create_dir(&to).unwrap();
        let first = Destination::claim(&to, false, CLAIM).unwrap();
        fs::create_dir(to.join("originals")).unwrap();
        for name in [CLAIM, "another"] {
            assert!(matches!(Destination::claim(&to, false, name), Err(BackupError::Occupied(_))), "{name}");
            assert!(to.join(CLAIM).exists() && to.join("originals").exists() && !to.join("another").exists());
        }
        drop(first);
        assert_eq!(entries(&to).unwrap(), 0);
    }
}
