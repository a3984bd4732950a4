//! Opening a store of the kind that the configuration names.
//!
//! Refuses: a database written by a newer version, or by an older one that nobody migrated. Invariant: keys are made
//! only for whoever needs them.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use super::embedded::EmbeddedStore;
use super::scaleout::ScaleoutStore;
use crate::config::{self, StoreKind};
use crate::domain::Timestamp;
use crate::ports::{
    Accounts, Arrivals, Clock, HandOver, Offers, OriginalSink, OriginalSource, Outbox, Passwords, Queue, Register,
    Releases, Retention, Sessions, Standings, StoreError, Tidings, Trials, Uploads,
};

/// Why the store cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The data folder cannot be made, opened or swept. Check its owner and the disk.
    #[error("the data folder cannot be used")]
    Folder(#[source] io::Error),
    /// The sealing keys cannot be read or made. Check `keys/`.
    #[error("the sealing keys cannot be used")]
    Keys(#[source] io::Error),
    /// The database does not open.
    #[error("the database cannot be used")]
    Database(#[from] sqlx::Error),
    /// The object store cannot be reached as it is configured.
    #[error("the object store cannot be used: {0}")]
    Objects(String),
    /// `temizu store copy` works on it alone.
    #[error("the store is being copied: wait until `temizu store copy` has ended")]
    BeingCopied,
    /// Half of another store has been copied into this one.
    #[error("a copy into this store was not finished: run `temizu store copy` again until it is")]
    Unfinished,
    /// Everything in it has been copied to the other store, which goes on from there.
    #[error(
        "this store was moved: set `store.kind` to the other one; to use this one all the same, and lose what the other \
         has done since, run `temizu store unmark`"
    )]
    Moved,
    /// A newer version has written the database. Install that version.
    #[error("the database has version {found}, this program knows versions up to {known}: install the newer program")]
    Newer {
        /// Version of the database.
        found: i64,
        /// Version of this program.
        known: i64,
    },
    /// The database is from an older version, or empty. Serving roles may not change it.
    #[error("the database has version {found}, this program needs {known}: run `temizu migrate` once")]
    Older {
        /// Version of the database; 0 for an empty one.
        found: i64,
        /// Version of this program.
        known: i64,
    },
    /// The logins of the zones cannot be kept apart as they are.
    #[error("the wall between the roles does not hold: {0}")]
    Wall(String),
}

/// Which keys whoever opens the store needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Keys {
    /// None: deliver, operators, auditors. None are made.
    None,
    /// The public key, to seal: intake, portal.
    Sealing,
    /// Both, to open originals: process, review.
    Opening,
}

impl Keys {
    /// Refuses a process that said it only seals: the private key may lie on the same disk, as with the embedded store, and
    /// is not read for it all the same. A command, which has none made ([`Self::None`]), opens with what is there.
    pub(super) fn may_open(self) -> Result<(), OpenError> {
        if self != Self::Sealing {
            return Ok(());
        }
        let what = "this process seals originals and does not open them";
        Err(OpenError::Keys(io::Error::new(io::ErrorKind::PermissionDenied, what)))
    }
}

/// A store of either kind. A role takes no more of it than the ports it needs.
#[async_trait]
pub trait Store:
    Queue
    + Outbox
    + Register
    + Retention
    + Accounts
    + Sessions
    + Releases
    + HandOver
    + Offers
    + Uploads
    + Standings
    + Arrivals
    + Tidings
{
    /// By how much this host's clock, which shows `now`, differs from that of the database: leases would run out early,
    /// or late. Zero where the host keeps the store to itself.
    ///
    /// # Errors
    /// If the store does not answer.
    async fn clock_difference(&self, now: Timestamp) -> Result<Duration, StoreError>;

    /// What intake gets.
    ///
    /// # Errors
    /// [`OpenError::Keys`] if there is no public key; [`OpenError::Objects`] if there is no place for originals.
    fn sink(&self) -> Result<Arc<dyn OriginalSink>, OpenError>;

    /// What process and review get. Reads the private key.
    ///
    /// # Errors
    /// [`OpenError::Keys`] if the store was opened with [`Keys::Sealing`], whatever lies in `keys/`, or if the private key
    /// is not on this machine or does not read.
    fn source(&self) -> Result<Arc<dyn OriginalSource>, OpenError>;

    /// What process gets to open what needs a password. Reads the private key.
    ///
    /// # Errors
    /// As [`Self::source`].
    fn passwords(&self) -> Result<Arc<dyn Passwords>, OpenError>;

    /// What process gets to try the passwords that staff typed. Reads the private key.
    ///
    /// # Errors
    /// As [`Self::source`].
    fn trials(&self) -> Result<Arc<dyn Trials>, OpenError>;
}

/// Opens the store. Must be called within a tokio runtime.
///
/// # Errors
/// See [`OpenError`].
pub async fn open(config: &config::Store, clock: Arc<dyn Clock>, keys: Keys) -> Result<Arc<dyn Store>, OpenError> {
    Ok(match config.kind {
        StoreKind::Embedded => EmbeddedStore::open(config, clock, keys).await?,
        StoreKind::Scaleout => ScaleoutStore::open(config, clock, keys).await?,
    })
}
