//! The scale-out store: PostgreSQL for rows, an object store for large objects. Several nodes work on one store.
//!
//! Refuses: a database that nobody migrated to this version, a host whose clock differs from the database's.
//! Invariant: an `Ok` from a port means committed and synced; a row never names an object that was not stored before it.

mod agreement;
mod arrivals;
mod bells;
pub mod bucket;
mod chain;
mod conclude;
mod connect;
pub mod grants;
mod intake;
mod objects;
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
mod tidings;
pub(super) mod transfer;
pub mod wall;
mod writer;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use sqlx::{ConnectOptions, Connection, PgPool};
use tokio::task::JoinHandle;

use self::bells::Bells;
use self::intake::Intake;
use self::objects::Objects;
use self::offers::Trying;
use self::source::Source;
use self::writer::Writer;
use crate::config;
use crate::domain::Timestamp;
use crate::ports::{Clock, OriginalSink, OriginalSource, Passwords, StoreError, Trials};
use crate::store::clock_watch::ClockWatch;
use crate::store::keys::{KeyFolder, OpeningKey, SealingKey};
use crate::store::open::{Keys, OpenError, Store};
use crate::store::rows::failed;
use crate::store::steps::known;

/// The scale-out store: queue, outbox, register and retention. Originals are reached through [`Store::sink`] and
/// [`Store::source`] only, so that a role holds no more than it needs.
pub struct ScaleoutStore {
    pool: PgPool,
    writer: Writer,
    bells: Arc<Bells>,
    objects: Arc<Objects>,
    clock: Arc<dyn Clock>,
    /// Which keys this process may use.
    asked: Keys,
    inline_bytes: usize,
    /// Absent where no role seals.
    sealing_key: Option<SealingKey>,
    keys: KeyFolder,
    queue_clock: ClockWatch,
    outbox_clock: ClockWatch,
    listening: JoinHandle<()>,
}

impl ScaleoutStore {
    /// Connects to the database and to the object store. Must be called within a tokio runtime.
    ///
    /// # Errors
    /// See [`OpenError`].
    pub async fn open(config: &config::Store, clock: Arc<dyn Clock>, keys: Keys) -> Result<Arc<Self>, OpenError> {
        let options = connect::options(config)?;
        let mut connection = options.connect().await?;
        schema::check(&mut connection).await?;
        bells::enter(&mut connection).await?;
        let key_folder = KeyFolder::new(config.data.join("keys"));
        let sealing_key = agreement::agree(&mut connection, &key_folder, &config.data, keys).await?;
        let objects = Arc::new(Objects::of(config)?);
        let pool = connect::pool(&options);
        let bells = Arc::new(Bells::default());
        let writer = Writer::start(&options, &bells);
        let listening = tokio::spawn(bells::listen(pool.clone(), Arc::clone(&bells)));
        // Every connection of the pool marks the store as in use: the first is there before this one goes.
        drop(pool.acquire().await?);
        connection.close().await?;
        Ok(Arc::new(Self {
            pool,
            writer,
            bells,
            objects,
            clock,
            asked: keys,
            inline_bytes: usize::try_from(config.inline_bytes).unwrap_or(usize::MAX),
            sealing_key,
            keys: key_folder,
            queue_clock: ClockWatch::default(),
            outbox_clock: ClockWatch::default(),
            listening,
        }))
    }

    /// Brings the database that the configuration names to this program's version; the login must own it. Returns the
    /// version found and the one it has now.
    ///
    /// # Errors
    /// [`OpenError::Newer`] if a newer program has written it; [`OpenError::Database`].
    pub async fn migrate(config: &config::Store) -> Result<(i64, i64), OpenError> {
        let mut connection = connect::options(config)?.connect().await?;
        let versions = schema::migrate(&mut connection).await?;
        connection.close().await?;
        Ok(versions)
    }

    /// The version of the database that the configuration names, 0 for an empty one, and the one this program needs.
    ///
    /// # Errors
    /// [`OpenError::Database`].
    pub async fn versions(config: &config::Store) -> Result<(i64, i64), OpenError> {
        let mut connection = connect::options(config)?.connect().await?;
        let found = schema::version(&mut connection).await?;
        connection.close().await?;
        Ok((found, known()))
    }
}

impl ScaleoutStore {
    fn opening_key(&self) -> Result<OpeningKey, OpenError> {
        self.asked.may_open()?;
        self.keys.opening_key().map_err(OpenError::Keys)
    }

    fn opening(&self) -> Result<Source, OpenError> {
        Ok(Source::new(self.pool.clone(), Arc::clone(&self.objects), self.opening_key()?))
    }
}

#[async_trait]
impl Store for ScaleoutStore {
    async fn clock_difference(&self, now: Timestamp) -> Result<Duration, StoreError> {
        let theirs = sqlx::query_scalar("SELECT (EXTRACT(EPOCH FROM clock_timestamp()) * 1000)::bigint")
            .fetch_one(&self.pool)
            .await
            .map_err(failed)?;
        let theirs = Timestamp::from_millis(theirs);
        Ok(theirs.since(now).max(now.since(theirs)))
    }

    fn sink(&self) -> Result<Arc<dyn OriginalSink>, OpenError> {
        let key = self.sealing_key.clone().ok_or_else(agreement::no_public_key)?;
        let (writer, objects) = (self.writer.clone(), Arc::clone(&self.objects));
        Ok(Arc::new(Intake::new(writer, objects, key, self.inline_bytes)))
    }

    fn source(&self) -> Result<Arc<dyn OriginalSource>, OpenError> {
        Ok(Arc::new(self.opening()?))
    }

    fn passwords(&self) -> Result<Arc<dyn Passwords>, OpenError> {
        Ok(Arc::new(self.opening()?))
    }

    fn trials(&self) -> Result<Arc<dyn Trials>, OpenError> {
        let key = self.opening_key()?;
        let (pool, writer, objects) = (self.pool.clone(), self.writer.clone(), Arc::clone(&self.objects));
        Ok(Arc::new(Trying::new(pool, writer, objects, key, Arc::clone(&self.clock), self.inline_bytes)))
    }
}

impl Drop for ScaleoutStore {
    fn drop(&mut self) {
        self.listening.abort();
    }
}
