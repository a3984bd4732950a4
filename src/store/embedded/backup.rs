//! A backup of the store while others work with it: a snapshot of the database, the files that the snapshot names, and
//! last of all a list of both.
//!
//! Refuses: a second backup at the same time, a folder that is not empty. Invariant: a backup with a `MANIFEST` is
//! whole and was synced before it; what did not fit its row in the running store is copied and listed as damaged.

pub mod error;
pub mod manifest;
pub mod restore;
pub mod snapshot;

mod destination;
pub(super) mod lock;
mod proof;

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::Arc;

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection};

use self::destination::{Copied, Destination};
use self::error::{BackupError, Onlooker, Step, go_on};
use self::lock::BackupLock;
use self::manifest::{Head, Listed, Manifest};
use self::snapshot::Snapshot;
use super::{BUSY, DATABASE, EmbeddedStore};
use crate::domain::{Digest, Timestamp};
use crate::store::keys::{KeyFolder, OpeningKey};
use crate::store::place::Place;

/// The list of what is in a backup.
pub(super) const MANIFEST: &str = "MANIFEST";
/// The list before it is written: whoever made this file may fill the folder.
const UNFINISHED: &str = "MANIFEST.partial";
/// The halves of the pair, below the data folder and below a backup.
pub(super) const PUBLIC_KEY: &str = "keys/sealing.pub";
pub(super) const PRIVATE_KEY: &str = "keys/sealing.key";
/// Steps of the database's machine between two looks at whether to stop.
const BETWEEN_LOOKS: i32 = 10_000;

/// A backup on its way; dropped before its end, it leaves nothing.
pub struct Backup {
    snapshot: Snapshot,
    destination: Destination,
    manifest: Manifest,
}

/// A backup that is whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackedUp {
    /// What is in it.
    pub manifest: Manifest,
    /// The digest in the list's last line.
    pub digest: Digest,
}

impl Backup {
    /// Copies `store` into the folder `to`, which must not exist or be empty. `store` is open all the while, so that
    /// nobody opens it alone and sweeps it. With the private key in reach, originals are opened as well.
    ///
    /// # Errors
    /// See [`BackupError`]; nothing is left in `to`.
    pub async fn begin(
        store: &EmbeddedStore,
        to: &Path,
        with_key: bool,
        began: Timestamp,
        onlooker: Arc<dyn Onlooker>,
    ) -> Result<Self, BackupError> {
        let (root, to) = (store.folder.root().to_owned(), to.to_owned());
        // Before hours of copying: with another store's key every original would look damaged.
        let key = opening_key(&root)?;
        let (from, looking) = (root.clone(), Arc::clone(&onlooker));
        let preparing = tokio::task::spawn_blocking(move || prepare(&from, &to, &*looking));
        let (lock, destination) = preparing.await.map_err(BackupError::task)??;
        onlooker.see(Step::Database);
        take_snapshot(&root, destination.root(), &onlooker).await?;
        let mut snapshot = Snapshot::open(destination.root()).await?;
        let (named, heads) = (snapshot.files().await?, snapshot.heads().await?);
        let (from, at_work) = (root.clone(), Arc::clone(&onlooker));
        let copying = tokio::task::spawn_blocking(move || copy(destination, &from, named, with_key, &*at_work));
        let (destination, files) = copying.await.map_err(BackupError::task)??;
        // Everything is here: from now on files of the store may go.
        drop(lock);
        let damaged = snapshot.prove(key, &onlooker).await?;
        let manifest = Manifest { began: began.to_string(), files, heads, damaged };
        Ok(Self { snapshot, destination, manifest })
    }

    /// The database as it was copied, and the ends of its chains.
    pub fn snapshot(&mut self) -> (&mut Snapshot, &[Head]) {
        (&mut self.snapshot, &self.manifest.heads)
    }

    /// Lists what is in the backup, and by that makes it one. `damaged` names what the caller found.
    ///
    /// # Errors
    /// [`BackupError::Disk`] if the list cannot be written; nothing is left then.
    pub async fn finish(self, damaged: BTreeSet<String>) -> Result<BackedUp, BackupError> {
        let Self { snapshot, mut destination, mut manifest } = self;
        snapshot.close().await?;
        manifest.damaged.extend(damaged);
        let (text, digest) = manifest.render();
        if u64::try_from(text.len()).is_ok_and(|length| length > restore::MAX_LIST) {
            let told = std::io::Error::other("there are so many files that the list would be longer than 256 MiB");
            return Err(BackupError::disk(Path::new(MANIFEST))(told));
        }
        let writing = tokio::task::spawn_blocking(move || {
            destination.sync()?;
            destination.publish(MANIFEST, text.as_bytes())
        });
        writing.await.map_err(BackupError::task)??;
        Ok(BackedUp { manifest, digest })
    }
}

fn prepare(root: &Path, to: &Path, onlooker: &dyn Onlooker) -> Result<(BackupLock, Destination), BackupError> {
    let lock = BackupLock::open(root).map_err(BackupError::disk(root))?;
    let held = lock.hold(|| onlooker.stops()).map_err(BackupError::disk(root))?;
    go_on(onlooker)?;
    if !held {
        return Err(BackupError::Running);
    }
    let destination = Destination::prepare(to, root, UNFINISHED, b"")?;
    Ok((lock, destination))
}

/// One read transaction on a connection of its own. Nobody waits for it; the write-ahead log grows meanwhile.
async fn take_snapshot(root: &Path, to: &Path, onlooker: &Arc<dyn Onlooker>) -> Result<(), BackupError> {
    let target = to.join(DATABASE);
    let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&target);
    let file = made.map_err(BackupError::disk(&target))?;
    let name = target.to_str().ok_or_else(|| BackupError::disk(to)(std::io::ErrorKind::InvalidFilename.into()))?;
    let options = SqliteConnectOptions::new().filename(root.join(DATABASE)).read_only(true).busy_timeout(BUSY);
    let mut connection = options.disable_statement_logging().connect().await.map_err(BackupError::Snapshot)?;
    let watching = Arc::clone(onlooker);
    let mut handle = connection.lock_handle().await.map_err(BackupError::Snapshot)?;
    handle.set_progress_handler(BETWEEN_LOOKS, move || !watching.stops());
    drop(handle);
    let copied = sqlx::query("VACUUM INTO ?").bind(name).execute(&mut connection).await;
    go_on(&**onlooker)?;
    copied.map_err(BackupError::Snapshot)?;
    connection.close().await.map_err(BackupError::Snapshot)?;
    file.sync_all().map_err(BackupError::disk(&target))
}

fn copy(
    mut destination: Destination,
    from: &Path,
    named: BTreeSet<String>,
    with_key: bool,
    onlooker: &dyn Onlooker,
) -> Result<(Destination, BTreeMap<String, Listed>), BackupError> {
    let mut files = BTreeMap::new();
    let database = destination.root().join(DATABASE);
    files.insert(DATABASE.to_owned(), restore::measure(&database, onlooker)?);
    for folder in ["originals", "derivatives", "keys"] {
        destination.make_folder(folder)?;
    }
    for (key, wanted) in [(PUBLIC_KEY, true), (PRIVATE_KEY, with_key)] {
        match wanted.then(|| destination.copy(File::open(from.join(key)), key, onlooker)).transpose()? {
            Some(Copied::Whole(listed)) => drop(files.insert(key.to_owned(), listed)),
            // A folder that only roles without keys have used has none.
            Some(Copied::Unreadable) if key == PRIVATE_KEY || from.join(key).exists() => {
                return Err(BackupError::Keys(std::io::Error::other(key)));
            }
            _ => {}
        }
    }
    let total = named.len();
    for (count, name) in named.into_iter().enumerate() {
        // A row that names what is no object of ours is damaged, and told so by the proof.
        if Place::item(&name).is_some()
            && let Copied::Whole(listed) = destination.copy(File::open(from.join(&name)), &name, onlooker)?
        {
            files.insert(name, listed);
        }
        onlooker.see(Step::Copied(count.saturating_add(1), total));
    }
    Ok((destination, files))
}

/// The private key, if it is here and this user may read it; refuses one that does not belong to the public key.
pub(super) fn opening_key(root: &Path) -> Result<Option<Arc<OpeningKey>>, BackupError> {
    use std::io::ErrorKind::{NotFound, PermissionDenied};
    match KeyFolder::new(root.join("keys")).opening_key_of_pair() {
        Ok(key) => Ok(Some(Arc::new(key))),
        Err(error) if matches!(error.kind(), NotFound | PermissionDenied) => Ok(None),
        Err(error) => Err(BackupError::Keys(error)),
    }
}
