//! The embedded store: SQLite (WAL, every commit synced) and local files. Several processes may open one data folder.
//!
//! Refuses: a folder written by a newer version, a database that does not keep its commits.
//! Invariant: an `Ok` from a port means synced; a row never names a file that was not synced before it.

pub mod backup;

mod arrivals;
mod batch;
mod conclude;
mod files;
mod intake;
mod offers;
mod office;
mod operate;
mod outbox;
mod park;
mod queue;
mod register;
mod releases;
mod renew;
mod retention;
mod schema;
mod set_back;
mod source;
mod standing;
#[cfg(test)]
mod tests;
mod tidings;
pub(super) mod transfer;
mod writer;

use std::collections::BTreeSet;
use std::fs::OpenOptions;
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection as _, SqliteConnection, SqlitePool};

use self::files::Folder;
use self::intake::Intake;
use self::offers::Trying;
use self::source::Source;
use self::writer::Writer;
use crate::config;
use crate::domain::Timestamp;
use crate::ports::{Clock, OriginalSink, OriginalSource, Passwords, StoreError, Trials};
use crate::store::clock_watch::ClockWatch;
use crate::store::disk::{Disk, LocalDisk};
use crate::store::keys::{KeyFolder, OpeningKey};
use crate::store::open::{Keys, OpenError, Store};
use crate::store::rows;
use crate::store::steps::known;

/// The database in the data folder.
const DATABASE: &str = "temizu.db";
/// How long one process waits for another's transaction.
const BUSY: Duration = Duration::from_secs(10);
/// Connections for reading.
const READERS: u32 = 4;

/// The embedded store: queue, outbox, register and retention. Originals are reached through [`Self::sink`] and
/// [`Self::source`] only, so that a role holds no more than it needs.
pub struct EmbeddedStore {
    folder: Arc<Folder>,
    writer: Writer,
    readers: SqlitePool,
    clock: Arc<dyn Clock>,
    /// Which keys this process may use.
    asked: Keys,
    inline_bytes: usize,
    reserve_bytes: u64,
    queue_clock: ClockWatch,
    outbox_clock: ClockWatch,
}

impl EmbeddedStore {
    /// Opens the data folder, and makes it on first use. Must be called within a tokio runtime.
    ///
    /// # Errors
    /// See [`OpenError`].
    pub async fn open(config: &config::Store, clock: Arc<dyn Clock>, keys: Keys) -> Result<Arc<Self>, OpenError> {
        Self::open_on(Arc::new(LocalDisk), config, clock, keys).await
    }

    /// The version of the database in the data folder, 0 for an empty one, and the one this program needs.
    ///
    /// # Errors
    /// [`OpenError::Database`], also if there is none.
    pub async fn versions(config: &config::Store) -> Result<(i64, i64), OpenError> {
        let mut connection = connect_options(&config.data).create_if_missing(false).connect().await?;
        let found = schema::version(&mut connection).await?.unwrap_or(0);
        connection.close().await?;
        Ok((found, known()))
    }

    /// As [`Self::open`], on a disk of the caller's.
    ///
    /// # Errors
    /// See [`OpenError`].
    pub async fn open_on(
        disk: Arc<dyn Disk>,
        config: &config::Store,
        clock: Arc<dyn Clock>,
        keys: Keys,
    ) -> Result<Arc<Self>, OpenError> {
        backup::restore::refuse_unfinished(&config.data).map_err(OpenError::Folder)?;
        Self::open_whole(disk, config, clock, keys).await
    }

    async fn open_whole(
        disk: Arc<dyn Disk>,
        config: &config::Store,
        clock: Arc<dyn Clock>,
        keys: Keys,
    ) -> Result<Arc<Self>, OpenError> {
        let (folder, alone) = open_folder(disk, config, keys).await?;
        make_database(folder.root()).map_err(OpenError::Folder)?;
        let options = connect_options(folder.root());
        let mut connection = options.connect().await?;
        schema::migrate(&mut connection).await?;
        transfer::may_be_served(&mut connection).await?;
        let readers = SqlitePoolOptions::new()
            .max_connections(READERS)
            .connect_with(options.clone().pragma("query_only", "ON"))
            .await?;
        if alone {
            sweep(&folder, &readers).await?;
            fall_back(&mut connection, clock.now()).await?;
            folder.share().map_err(OpenError::Folder)?;
        }
        let writer = Writer::start(options, Arc::clone(&folder)).await?;
        let inline_bytes = usize::try_from(config.inline_bytes).unwrap_or(usize::MAX);
        Ok(Arc::new(Self {
            folder,
            writer,
            readers,
            clock,
            asked: keys,
            inline_bytes,
            reserve_bytes: config.reserve_bytes,
            queue_clock: ClockWatch::default(),
            outbox_clock: ClockWatch::default(),
        }))
    }
}

impl EmbeddedStore {
    fn opening_key(&self) -> Result<OpeningKey, OpenError> {
        self.asked.may_open()?;
        KeyFolder::new(self.folder.root().join("keys")).opening_key_of_pair().map_err(OpenError::Keys)
    }

    fn opening(&self) -> Result<Source, OpenError> {
        Ok(Source::new(Arc::clone(&self.folder), self.readers.clone(), self.opening_key()?))
    }
}

#[async_trait]
impl Store for EmbeddedStore {
    async fn clock_difference(&self, _now: Timestamp) -> Result<Duration, StoreError> {
        Ok(Duration::ZERO)
    }

    fn sink(&self) -> Result<Arc<dyn OriginalSink>, OpenError> {
        let key = KeyFolder::new(self.folder.root().join("keys")).sealing_key().map_err(OpenError::Keys)?;
        let clock = Arc::clone(&self.clock);
        let limits = (self.inline_bytes, self.reserve_bytes);
        Ok(Arc::new(Intake::new(Arc::clone(&self.folder), self.writer.clone(), key, clock, limits)))
    }

    fn source(&self) -> Result<Arc<dyn OriginalSource>, OpenError> {
        Ok(Arc::new(self.opening()?))
    }

    fn passwords(&self) -> Result<Arc<dyn Passwords>, OpenError> {
        Ok(Arc::new(self.opening()?))
    }

    fn trials(&self) -> Result<Arc<dyn Trials>, OpenError> {
        let key = self.opening_key()?;
        let (folder, writer, readers) = (Arc::clone(&self.folder), self.writer.clone(), self.readers.clone());
        Ok(Arc::new(Trying::new(folder, writer, readers, key, Arc::clone(&self.clock), self.inline_bytes)))
    }
}

/// Ends the leases of processes that are gone: whoever has the folder alone knows that nobody works on anything. What a
/// clock that was fast put into the future is due now as well; of items, nothing waits long for any other reason.
async fn fall_back(connection: &mut SqliteConnection, now: Timestamp) -> Result<(), OpenError> {
    sqlx::query(
        "UPDATE item SET due_at = $1, leased_until = NULL WHERE stage = 'received' AND due_at > $1; \
         UPDATE mail SET due_at = $1, leased_until = NULL \
             WHERE due_at > $1 AND (due_at = leased_until OR queued_at > $1); \
         UPDATE password_offer SET leased_until = NULL WHERE leased_until > $1",
    )
    .bind(now.millis())
    .execute(connection)
    .await?;
    Ok(())
}

async fn open_folder(
    disk: Arc<dyn Disk>,
    config: &config::Store,
    keys: Keys,
) -> Result<(Arc<Folder>, bool), OpenError> {
    let root = config.data.clone();
    // All roles of this store share one folder, so intake may make the pair that process will use.
    let make_keys = move |root: &Path, disk: &dyn Disk| match keys {
        Keys::None => Ok(()),
        Keys::Sealing | Keys::Opening => KeyFolder::new(root.join("keys")).make_pair(disk),
    };
    rows::on_disk(move || Folder::open(&root, disk, make_keys)).await.map_err(|error| match error {
        StoreError::Unavailable(source) => OpenError::Folder(io::Error::other(source)),
        other => OpenError::Folder(io::Error::other(other)),
    })
}

/// The database holds addresses and composed mails: whatever the folder's mode and the umask are, it is for its owner
/// only. SQLite gives the mode of the database to the files beside it.
fn make_database(root: &Path) -> io::Result<()> {
    OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(root.join(DATABASE)).map(drop)
}

fn connect_options(root: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(root.join(DATABASE))
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(BUSY)
        // Expired originals are overwritten with zeros, not only forgotten.
        .pragma("secure_delete", "ON")
        .pragma("wal_autocheckpoint", "4000")
        .pragma("journal_size_limit", "67108864")
        // A statement may hold addresses; they do not belong in the log.
        .disable_statement_logging()
}

/// The files that rows name.
const NAMED_FILES: &str = "\
    SELECT file FROM original WHERE file IS NOT NULL \
    UNION ALL SELECT file FROM derivative WHERE file IS NOT NULL \
    UNION ALL SELECT file FROM mail WHERE file IS NOT NULL";

/// Removes files that a crash left without a row.
async fn sweep(folder: &Arc<Folder>, readers: &SqlitePool) -> Result<(), OpenError> {
    let named: Vec<String> = sqlx::query_scalar(NAMED_FILES).fetch_all(readers).await?;
    let named = BTreeSet::from_iter(named);
    let folder = Arc::clone(folder);
    let swept = rows::on_disk(move || folder.sweep(&named))
        .await
        .map_err(|error| OpenError::Folder(io::Error::other(error)))?;
    if swept > 0 {
        tracing::info!(swept, "files that a crash had left were removed");
    }
    Ok(())
}
