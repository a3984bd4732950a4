//! The data folder: where large originals, derivatives and mails lie, and who may sweep it.
//!
//! Names are made of identifiers only; no byte of a mail reaches a path. Refuses: paths out of the database that leave
//! the folder. Invariant: a file below `originals/` or `derivatives/` was synced before it got its name there.

use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Component, Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::backup::lock::BackupLock;
use crate::domain::Timestamp;
use crate::ports::StoreError;
use crate::store::disk::{Disk, DiskFile};
use crate::store::place::Place;
use crate::store::rows::on_disk;

/// How often, and after what pause, the folder's lock is tried before somebody else is believed to hold it.
const LOOKS: u32 = 10;
const BETWEEN_LOOKS: Duration = Duration::from_millis(5);

/// Files that stay longer because of a backup are worth a warning.
const LONG: Duration = Duration::from_secs(3600);

/// Makes temporary names unique within the process; those of several processes differ by the item.
static NEXT: AtomicU64 = AtomicU64::new(0);

/// The data folder, held open by this process.
pub(super) struct Folder {
    root: PathBuf,
    disk: Arc<dyn Disk>,
    /// Shared while anybody uses the folder; whoever gets it alone may sweep.
    lock: File,
    backup_lock: BackupLock,
    leaving: Mutex<Leaving>,
}

/// Objects without a row that stayed because a backup was under way.
#[derive(Default)]
struct Leaving {
    names: Vec<String>,
    /// When somebody who knows the time first saw them, or last warned of them.
    seen: Option<Timestamp>,
}

/// A file in `tmp/`; it goes when this is dropped before it was published.
pub(super) struct Draft {
    folder: Arc<Folder>,
    place: Place,
    path: PathBuf,
    file: Box<dyn DiskFile>,
    published: bool,
}

impl Folder {
    /// Opens (and on first use makes) the data folder. `first_steps` runs while nobody else has it open.
    pub(super) fn open(
        root: &Path,
        disk: Arc<dyn Disk>,
        first_steps: impl FnOnce(&Path, &dyn Disk) -> io::Result<()>,
    ) -> io::Result<(Arc<Self>, bool)> {
        make_with_parents(&*disk, root)?;
        let lock = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(root.join("lock"))?;
        let alone = lock_alone(&lock);
        if alone {
            for name in ["originals", "derivatives", "keys", "tmp"] {
                disk.make_folder(&root.join(name))?;
            }
            first_steps(root, &*disk)?;
            for leftover in files_below(&root.join("tmp"))? {
                disk.remove(&leftover)?;
            }
        } else {
            lock.lock_shared()?;
        }
        let (backup_lock, leaving) = (BackupLock::open(root)?, Mutex::default());
        Ok((Arc::new(Self { root: root.to_owned(), disk, lock, backup_lock, leaving }), alone))
    }

    /// Lets others in, after a sweep alone.
    pub(super) fn share(&self) -> io::Result<()> {
        self.lock.unlock()?;
        self.lock.lock_shared()
    }

    /// Removes the objects that no row names. Only for whoever has the folder alone: another process may just have
    /// published a file whose row is not written yet.
    pub(super) fn sweep(&self, named: &BTreeSet<String>) -> io::Result<u64> {
        let mut swept = 0;
        for kind in ["originals", "derivatives"] {
            for path in files_below(&self.root.join(kind))? {
                let relative = path.strip_prefix(&self.root).ok().and_then(Path::to_str).unwrap_or_default();
                if !named.contains(relative) {
                    self.disk.remove(&path)?;
                    swept += 1;
                }
            }
        }
        Ok(swept)
    }

    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    pub(super) fn disk(&self) -> &dyn Disk {
        &*self.disk
    }

    /// Starts a file in `tmp/` that will be published at `place`.
    pub(super) fn draft(self: &Arc<Self>, place: Place) -> io::Result<Draft> {
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = self.root.join("tmp").join(format!("{}.{}-{number}", place.name(), std::process::id()));
        let file = self.disk.create(&path)?;
        Ok(Draft { folder: Arc::clone(self), place, path, file, published: false })
    }

    /// Writes a whole object. One that is there already is left: it was whole before it got its name.
    pub(super) fn store(self: &Arc<Self>, place: &Place, bytes: &[u8]) -> io::Result<()> {
        let mut draft = self.draft(place.clone())?;
        draft.write(bytes)?;
        match draft.publish() {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => self.sync_shard(place),
            done => done,
        }
    }

    /// Removes an object; one that is missing was removed before.
    pub(super) fn remove(&self, relative: &str) -> io::Result<()> {
        match self.disk.remove(&self.resolve(relative)?) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// Opens an object for reading.
    pub(super) fn read(&self, relative: &str) -> io::Result<File> {
        File::open(self.resolve(relative)?)
    }

    /// Removes objects whose rows are gone. While a backup copies files they stay, and go with the next ones after it.
    /// One that is missing was removed before; one that cannot be removed now is swept at the next start.
    pub(super) async fn discard(self: &Arc<Self>, relative: Vec<String>) -> Result<(), StoreError> {
        let nothing_left = || self.leaving.try_lock().is_ok_and(|leaving| leaving.names.is_empty());
        if relative.is_empty() && nothing_left() {
            return Ok(());
        }
        let folder = Arc::clone(self);
        on_disk(move || {
            let mut leaving = folder.leaving.lock().unwrap_or_else(PoisonError::into_inner);
            leaving.names.extend(relative);
            if let Err(error) = folder.remove_unless_held(&mut leaving) {
                tracing::warn!(%error, "the lock of backups cannot be looked at; objects without a row stay");
            }
            Ok(())
        })
        .await
    }

    /// Removes what stayed because of a backup, if that is over; returns how many. Warns of what has stayed for long,
    /// once in [`LONG`].
    pub(super) async fn remove_left(self: &Arc<Self>, now: Timestamp) -> Result<u64, StoreError> {
        let folder = Arc::clone(self);
        on_disk(move || {
            let mut leaving = folder.leaving.lock().unwrap_or_else(PoisonError::into_inner);
            let files = leaving.names.len();
            if files == 0 {
                return Ok(0);
            }
            if folder.remove_unless_held(&mut leaving)? {
                return Ok(u64::try_from(files).unwrap_or(u64::MAX));
            }
            let seen = *leaving.seen.get_or_insert(now);
            if now.since(seen) >= LONG {
                tracing::warn!(files, "a backup has kept destroyed originals and other files without a row on the disk for more than an hour; they go when it ends");
                leaving.seen = Some(now);
            }
            Ok(0)
        })
        .await
    }

    /// How many objects stay until a backup is over.
    pub(super) fn left(&self) -> u64 {
        let leaving = self.leaving.lock().unwrap_or_else(PoisonError::into_inner);
        u64::try_from(leaving.names.len()).unwrap_or(u64::MAX)
    }

    /// False if a backup is under way.
    fn remove_unless_held(&self, leaving: &mut Leaving) -> io::Result<bool> {
        let Leaving { names, seen } = leaving;
        self.backup_lock.unless_held(|| {
            names.drain(..).for_each(|name| self.remove_or_leave(&name));
            *seen = None;
        })
    }

    fn remove_or_leave(&self, relative: &str) {
        if let Err(error) = self.remove(relative) {
            tracing::warn!(%error, "an object without a row stays until the next start");
        }
    }

    fn resolve(&self, relative: &str) -> io::Result<PathBuf> {
        let inside = Path::new(relative).components().all(|part| matches!(part, Component::Normal(_)));
        if inside { Ok(self.root.join(relative)) } else { Err(io::Error::from(io::ErrorKind::InvalidInput)) }
    }

    fn sync_shard(&self, place: &Place) -> io::Result<()> {
        self.disk.sync_folder(&self.root.join(place.kind()).join(place.shard()))
    }
}

impl Draft {
    pub(super) fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write(bytes)
    }

    /// Syncs the file, gives it its name, syncs the folder.
    pub(super) fn publish(mut self) -> io::Result<()> {
        self.file.sync()?;
        let shard = self.folder.root.join(self.place.kind()).join(self.place.shard());
        self.folder.disk.make_folder(&shard)?;
        self.folder.disk.publish(&self.path, &shard.join(self.place.name()))?;
        self.published = true;
        self.folder.sync_shard(&self.place)
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        if !self.published
            && let Err(error) = self.folder.disk.remove(&self.path)
        {
            tracing::warn!(%error, "a temporary file stays until the next start");
        }
    }
}

fn make_with_parents(disk: &dyn Disk, path: &Path) -> io::Result<()> {
    if let Some(parent) = path.parent().filter(|parent| !parent.as_os_str().is_empty() && !parent.exists()) {
        make_with_parents(disk, parent)?;
    }
    disk.make_folder(path)
}

/// The files in a folder and in its folders.
fn files_below(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            files.extend(files_below(&entry.path())?);
        } else {
            files.push(entry.path());
        }
    }
    Ok(files)
}

/// True if nobody else has the folder. One look is not enough: a child of a process that has just died holds that
/// process's lock for the moment between its fork and its exec.
fn lock_alone(lock: &File) -> bool {
    (0..LOOKS).any(|look| {
        if look > 0 {
            std::thread::sleep(BETWEEN_LOOKS);
        }
        lock.try_lock().is_ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{ItemId, ItemKey, TenantId};
    use crate::store::disk::LocalDisk;

    fn key() -> ItemKey {
        ItemKey { tenant: TenantId::single(), id: ItemId::new(Timestamp::from_millis(0), [9; 10]) }
    }

    fn open(root: &Path) -> (Arc<Folder>, bool) {
        Folder::open(root, Arc::new(LocalDisk), |_, _| Ok(())).unwrap()
    }

    #[test]
    fn a_draft_that_is_dropped_leaves_nothing() {
        let root = tempfile::tempdir().unwrap();
        let (folder, _) = open(root.path());
        folder.draft(Place::original(&key())).unwrap().write(b"half").unwrap();
        assert_eq!(files_below(&root.path().join("tmp")).unwrap(), Vec::<PathBuf>::new());
    }

    #[test]
    fn only_who_is_alone_sweeps() {
        let root = tempfile::tempdir().unwrap();
        let (first, alone) = open(root.path());
        assert!(alone);
        first.share().unwrap();
        fs::write(root.path().join("tmp/leftover"), "x").unwrap();
        let (second, alone) = open(root.path());
        assert!(!alone);
        assert!(root.path().join("tmp/leftover").exists());
        drop((first, second));
        let (_third, alone) = open(root.path());
        assert!(alone);
        assert!(!root.path().join("tmp/leftover").exists());
    }

    #[test]
    fn objects_without_a_row_are_swept() {
        let root = tempfile::tempdir().unwrap();
        let (folder, _) = open(root.path());
        let (kept, lost) = (Place::original(&key()), Place::mail(&key(), 1, 0));
        folder.store(&kept, b"a").unwrap();
        folder.store(&lost, b"b").unwrap();
        assert_eq!(folder.sweep(&BTreeSet::from([kept.relative()])).unwrap(), 1);
        assert!(folder.read(&kept.relative()).is_ok());
        assert_eq!(folder.read(&lost.relative()).err().unwrap().kind(), io::ErrorKind::NotFound);
    }

    #[tokio::test]
    async fn what_a_backup_kept_from_going_goes_afterwards() {
        let root = tempfile::tempdir().unwrap();
        let (folder, _) = open(root.path());
        let (first, second) = (Place::original(&key()), Place::mail(&key(), 1, 0));
        folder.store(&first, b"a").unwrap();
        folder.store(&second, b"b").unwrap();
        let backup = BackupLock::open(root.path()).unwrap();
        assert!(backup.hold(|| false).unwrap());
        folder.discard(vec![first.relative()]).await.unwrap();
        folder.discard(vec![second.relative()]).await.unwrap();
        assert!(folder.read(&first.relative()).is_ok() && folder.read(&second.relative()).is_ok());
        drop(backup);
        folder.discard(Vec::new()).await.unwrap();
        assert!(folder.read(&first.relative()).is_err() && folder.read(&second.relative()).is_err());
    }

    #[tokio::test]
    async fn what_a_backup_keeps_is_counted_and_warned_of_once_an_hour() {
        let root = tempfile::tempdir().unwrap();
        let (folder, _) = open(root.path());
        let place = Place::original(&key());
        folder.store(&place, b"a").unwrap();
        let backup = BackupLock::open(root.path()).unwrap();
        assert!(backup.hold(|| false).unwrap());
        folder.discard(vec![place.relative()]).await.unwrap();
        let seen = || folder.leaving.lock().unwrap().seen.map(Timestamp::millis);
        let hour = 3_600_000;
        for (at, warned) in [(5, 5), (hour, 5), (hour + 5, hour + 5), (hour + 6, hour + 5)] {
            assert_eq!((folder.remove_left(Timestamp::from_millis(at)).await.unwrap(), folder.left()), (0, 1));
            assert_eq!(seen(), Some(warned), "at {at}");
        }
        drop(backup);
        assert_eq!((folder.remove_left(Timestamp::from_millis(hour)).await.unwrap(), folder.left()), (1, 0));
        assert_eq!(seen(), None);
        assert!(folder.read(&place.relative()).is_err());
    }

    #[test]
    fn no_path_leads_out_of_the_folder() {
        let root = tempfile::tempdir().unwrap();
        let (folder, _) = open(root.path());
        for path in ["../etc/passwd", "/etc/passwd", "originals/../../x"] {
            assert_eq!(folder.read(path).err().unwrap().kind(), io::ErrorKind::InvalidInput, "{path}");
        }
    }
}
