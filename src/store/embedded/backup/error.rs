//! Why a backup was not made, is no good, or was not restored; and who looks on meanwhile.
//!
//! Invariant: no error carries anything of a mail; paths are made of identifiers, or are the operator's own.

use std::io;
use std::path::{Path, PathBuf};

/// Why a backup was not made, is no good, or was not restored. Each variant asks for something else to be done.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The folder is not empty. Name another; nothing is ever written over.
    #[error("the folder is not empty")]
    Occupied(PathBuf),
    /// One of the two folders lies in the other. Name another.
    #[error("one folder lies in the other")]
    Nested(PathBuf),
    /// Another backup of this store is under way. Wait for it.
    #[error("another backup is under way")]
    Running,
    /// Somebody asked to stop; nothing is left behind.
    #[error("stopped")]
    Stopped,
    /// There is no list in the folder: the backup did not get to its end, or this is none.
    #[error("there is no MANIFEST: the backup was not finished, or this is none")]
    Unfinished,
    /// The list is not one that this program wrote, or is not whole. Take another backup.
    #[error("the MANIFEST was changed, or is not whole")]
    List,
    /// Files are not those of the list. Take another backup.
    #[error("{} files are not those of the MANIFEST", .0.len())]
    Files(Vec<(String, Flaw)>),
    /// The database does not hold together, or does not read. Take another backup.
    #[error("the database of the backup does not hold together")]
    Database(#[source] Option<sqlx::Error>),
    /// Rows tell of other bytes than there are. Take another backup.
    #[error("{} rows do not fit their bytes", .0.len())]
    Rows(Vec<String>),
    /// A newer version made it. Install that version.
    #[error("the database has version {found}, this program knows versions up to {known}: install the newer program")]
    Newer {
        /// Version of the database.
        found: i64,
        /// Version of this program.
        known: i64,
    },
    /// The sealing keys cannot be read, or do not belong together. Check `keys/`.
    #[error("the sealing keys cannot be used")]
    Keys(#[source] io::Error),
    /// The operating system refused: permissions, space.
    #[error("{} cannot be read or written", .0.display())]
    Disk(PathBuf, #[source] io::Error),
    /// The snapshot of the running store failed. Check the space; try again.
    #[error("no snapshot can be taken")]
    Snapshot(#[source] sqlx::Error),
}

impl BackupError {
    /// For `map_err`: what the operating system said about `path`.
    pub(in crate::store::embedded) fn disk(path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |error| Self::Disk(path.to_owned(), error)
    }

    /// A task of the blocking pool that did not end: a bug, told like a disk that does not answer.
    pub(in crate::store::embedded) fn task(error: tokio::task::JoinError) -> Self {
        Self::Disk(PathBuf::new(), io::Error::other(error))
    }
}

/// What is wrong with a file of a backup.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flaw {
    /// It is listed, and not there.
    Missing,
    /// It is there, and not listed.
    Extra,
    /// Its bytes are not those listed.
    Changed,
}

/// How far it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// The database is being copied; of unknown length.
    Database,
    /// So many files of so many have been copied.
    Copied(usize, usize),
    /// So many files of so many fit the list.
    Compared(usize, usize),
    /// So many rows were held against their bytes.
    Proved(u64),
}

/// Who looks on while a backup is made or restored.
pub trait Onlooker: Send + Sync + 'static {
    /// Called often; must return at once.
    fn see(&self, step: Step);

    /// True once the work shall be given up.
    fn stops(&self) -> bool;
}

/// Gives up if it was asked for.
pub(in crate::store::embedded) fn go_on(onlooker: &dyn Onlooker) -> Result<(), BackupError> {
    if onlooker.stops() { Err(BackupError::Stopped) } else { Ok(()) }
}
