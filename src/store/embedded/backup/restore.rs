//! A backup held against its list, and the store made from it.
//!
//! Refuses: a backup with a byte changed, a file missing or one too many, rows that do not fit their bytes, a folder
//! that is not empty. Invariant: a store that was not restored to its end is never opened by a gateway.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::destination::{Copied, Destination};
use super::error::{BackupError, Flaw, Onlooker, Step, go_on};
use super::manifest::{Head, Listed, Manifest};
use super::proof::{PIECE, open_plain};
use super::snapshot::Snapshot;
use super::{MANIFEST, PRIVATE_KEY, opening_key};
use crate::config;
use crate::domain::Digest;
use crate::domain::digest::Digester;
use crate::ports::Clock;
use crate::store::disk::LocalDisk;
use crate::store::embedded::EmbeddedStore;
use crate::store::open::Keys;
use crate::store::open::OpenError;

/// Says that the folder is being restored.
const MARK: &str = "restore.unfinished";
const MARK_TEXT: &[u8] = b"This folder is being restored. If nothing is at work on it, empty it and restore again.\n";
/// Longest list that is written or read, in bytes; a line has some two hundred.
pub(super) const MAX_LIST: u64 = 256 << 20;

/// A backup whose files are those of its list, and whose rows fit them.
pub struct SoundBackup {
    root: PathBuf,
    manifest: Manifest,
    digest: Digest,
    snapshot: Snapshot,
}

/// A store on its way; dropped before its end, it leaves nothing.
pub struct Restoring {
    destination: Destination,
}

impl SoundBackup {
    /// Reads the whole backup in the folder `root`.
    ///
    /// # Errors
    /// See [`BackupError`]; what the backup itself lists as damaged is no error.
    pub async fn open(root: &Path, onlooker: Arc<dyn Onlooker>) -> Result<Self, BackupError> {
        let root = root.to_owned();
        let (at_work, looking) = (root.clone(), Arc::clone(&onlooker));
        let reading = tokio::task::spawn_blocking(move || {
            let manifest = read_list(&at_work)?;
            compare(&at_work, &manifest, &*looking)?;
            Ok::<_, BackupError>(manifest)
        });
        let manifest = reading.await.map_err(BackupError::task)??;
        let mut snapshot = Snapshot::open(&root).await?;
        snapshot.check().await?;
        if snapshot.heads().await? != manifest.heads {
            return Err(BackupError::List);
        }
        let misfits = snapshot.prove(opening_key(&root)?, &onlooker).await?;
        let unlisted: Vec<String> = misfits.difference(&manifest.damaged).cloned().collect();
        if !unlisted.is_empty() {
            return Err(BackupError::Rows(unlisted));
        }
        let digest = manifest.render().1;
        Ok(Self { root, manifest, digest, snapshot })
    }

    /// What is in it.
    #[must_use]
    pub const fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The digest in its list's last line.
    #[must_use]
    pub const fn digest(&self) -> Digest {
        self.digest
    }

    /// True if the private key is in it.
    #[must_use]
    pub fn has_key(&self) -> bool {
        self.manifest.files.contains_key(PRIVATE_KEY)
    }

    /// Its database, and the ends of its chains.
    pub fn snapshot(&mut self) -> (&mut Snapshot, &[Head]) {
        (&mut self.snapshot, &self.manifest.heads)
    }

    /// Copies it into the folder `to`, which must not exist or be empty.
    ///
    /// # Errors
    /// See [`BackupError`]; nothing is left in `to`.
    pub async fn copy_to(self, to: &Path, onlooker: Arc<dyn Onlooker>) -> Result<Restoring, BackupError> {
        self.snapshot.close().await?;
        let (root, files, to) = (self.root, self.manifest.files, to.to_owned());
        let copying = tokio::task::spawn_blocking(move || copy(&root, files, &to, &*onlooker));
        Ok(Restoring { destination: copying.await.map_err(BackupError::task)?? })
    }
}

impl Restoring {
    /// Opens the store before anybody else can.
    ///
    /// # Errors
    /// See [`OpenError`].
    pub async fn open(&self, config: &config::Store, clock: Arc<dyn Clock>) -> Result<Arc<EmbeddedStore>, OpenError> {
        let config = config::Store { data: self.destination.root().to_owned(), ..config.clone() };
        EmbeddedStore::open_whole(Arc::new(LocalDisk), &config, clock, Keys::None).await
    }

    /// From now on it is a store.
    ///
    /// # Errors
    /// [`BackupError::Disk`] if it cannot be marked so; nothing is left then.
    pub fn finish(mut self) -> Result<(), BackupError> {
        self.destination.sync()?;
        self.destination.keep()
    }
}

/// For whoever opens a data folder.
pub(in crate::store::embedded) fn refuse_unfinished(root: &Path) -> io::Result<()> {
    if root.join(MARK).exists() {
        return Err(io::Error::other("a restore into it did not get to its end: empty it and restore again"));
    }
    Ok(())
}

/// Digest and length of a file.
pub(in crate::store::embedded) fn measure(path: &Path, onlooker: &dyn Onlooker) -> Result<Listed, BackupError> {
    let mut file = open_plain(path).map_err(BackupError::disk(path))?;
    let (mut digester, mut length, mut piece) = (Digester::default(), 0u64, vec![0; PIECE]);
    loop {
        go_on(onlooker)?;
        let count = file.read(&mut piece).map_err(BackupError::disk(path))?;
        if count == 0 {
            return Ok(Listed { digest: digester.finish(), length });
        }
        digester.update(piece.get(..count).unwrap_or_default());
        length = length.saturating_add(u64::try_from(count).unwrap_or(u64::MAX));
    }
}

fn read_list(root: &Path) -> Result<Manifest, BackupError> {
    let path = root.join(MANIFEST);
    let file = match open_plain(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(BackupError::Unfinished),
        opened => opened.map_err(BackupError::disk(&path))?,
    };
    let mut bytes = Vec::new();
    #[expect(clippy::disallowed_methods, reason = "capped by take: two hundred bytes for each file of a store")]
    file.take(MAX_LIST).read_to_end(&mut bytes).map_err(BackupError::disk(&path))?;
    let text = String::from_utf8(bytes).map_err(|_| BackupError::List)?;
    Manifest::parse(&text).ok_or(BackupError::List)
}

/// Holds every file against the list.
fn compare(root: &Path, manifest: &Manifest, onlooker: &dyn Onlooker) -> Result<(), BackupError> {
    let mut flaws = Vec::new();
    let mut found = BTreeSet::new();
    list_below(root, root, &mut found).map_err(BackupError::disk(root))?;
    for name in &found {
        if name != MANIFEST && !manifest.files.contains_key(name) {
            flaws.push((name.clone(), Flaw::Extra));
        }
    }
    let total = manifest.files.len();
    for (count, (name, listed)) in manifest.files.iter().enumerate() {
        if !found.contains(name) {
            flaws.push((name.clone(), Flaw::Missing));
        } else if measure(&root.join(name), onlooker)? != *listed {
            flaws.push((name.clone(), Flaw::Changed));
        }
        onlooker.see(Step::Compared(count.saturating_add(1), total));
    }
    if flaws.is_empty() { Ok(()) } else { Err(BackupError::Files(flaws)) }
}

/// Everything below `folder` but folders, by its path from `root`. What a link points to is nothing of ours.
fn list_below(root: &Path, folder: &Path, found: &mut BTreeSet<String>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            list_below(root, &entry.path(), found)?;
            continue;
        }
        let path = entry.path();
        let name = path.strip_prefix(root).unwrap_or(&path).display().to_string();
        // A link is listed under a name that no list has.
        found.insert(if entry.file_type()?.is_file() { name } else { format!("{name} (no file)") });
    }
    Ok(())
}

fn copy(
    root: &Path,
    files: BTreeMap<String, Listed>,
    to: &Path,
    onlooker: &dyn Onlooker,
) -> Result<Destination, BackupError> {
    let mut destination = Destination::prepare(to, root, MARK, MARK_TEXT)?;
    let total = files.len();
    for (count, (name, listed)) in files.into_iter().enumerate() {
        match destination.copy(open_plain(&root.join(&name)), &name, onlooker)? {
            Copied::Whole(copied) if copied == listed => {}
            _ => return Err(BackupError::Files(vec![(name, Flaw::Changed)])),
        }
        onlooker.see(Step::Copied(count.saturating_add(1), total));
    }
    destination.sync()?;
    Ok(destination)
}
