//! The one writer of the database: it gathers the jobs that wait, runs them in one transaction, and syncs once for all.
//!
//! Refuses: to answer before the commit. Invariant: a job is answered `Ok` only after the transaction it ran in was
//! committed and synced; a job that failed has left nothing behind and has undone no other.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection, Row, SqliteConnection};
use tokio::sync::{Mutex, Notify, mpsc, oneshot};

use super::batch::Batch;
use super::files::Folder;
use crate::domain::{AuditEvent, AuditRecord, Digest, TenantId};
use crate::ports::StoreError;
use crate::store::rows::{disk_failed, failed, to_column};

/// Jobs in one transaction at most.
const MAX_JOBS: usize = 256;
/// Jobs that may wait before callers do.
const MAX_WAITING: usize = 1024;

/// A change of the database.
#[async_trait]
pub(super) trait Job: Send + 'static {
    /// What the caller learns.
    type Answer: Send + 'static;

    /// Makes the change. What it wrote is undone if it returns an error.
    async fn run(self, turn: &mut Turn) -> Result<Self::Answer, StoreError>;
}

/// Where jobs are handed in. The writer ends when the last of these is gone.
#[derive(Clone)]
pub(super) struct Writer {
    jobs: mpsc::Sender<Box<dyn Waiting>>,
    bells: Arc<Bells>,
}

/// Rung after a commit, to wake those who wait for something to lease.
#[derive(Debug, Default)]
pub(super) struct Bells {
    pub(super) queue: Notify,
    pub(super) outbox: Notify,
}

/// A job's time on the connection.
pub(super) struct Turn {
    pub(super) connection: SqliteConnection,
    /// Last sequence and hash per tenant.
    heads: BTreeMap<TenantId, (u64, Digest)>,
    /// Changes when another process has written.
    data_version: Option<i64>,
    /// There is something to process.
    pub(super) ring_queue: bool,
    /// There is something to send.
    pub(super) ring_outbox: bool,
}

impl Writer {
    /// Starts the writer on a connection that `options` open.
    pub(super) async fn start(options: SqliteConnectOptions, folder: Arc<Folder>) -> Result<Self, sqlx::Error> {
        let connection = options.connect().await?;
        let (jobs, waiting) = mpsc::channel(MAX_WAITING);
        let bells = Arc::new(Bells::default());
        let desk = Desk { options, folder, bells: Arc::clone(&bells), turn: Some(Turn::new(connection)) };
        tokio::spawn(keep_serving(desk, waiting));
        Ok(Self { jobs, bells })
    }

    /// Runs `job` and returns once it is durable.
    pub(super) async fn submit<J: Job>(&self, job: J) -> Result<J::Answer, StoreError> {
        let (reply, answer) = oneshot::channel();
        let waiting = Box::new(Submitted { job: Some(job), answer: None, reply });
        self.jobs.send(waiting).await.map_err(|_| gone())?;
        answer.await.map_err(|_| gone())?
    }

    pub(super) fn bells(&self) -> &Bells {
        &self.bells
    }
}

impl Turn {
    fn new(connection: SqliteConnection) -> Self {
        Self { connection, heads: BTreeMap::new(), data_version: None, ring_queue: false, ring_outbox: false }
    }

    /// The next record of the tenant's chain, for a job that writes it itself.
    pub(super) async fn next_record(
        &mut self,
        tenant: &TenantId,
        event: &AuditEvent,
    ) -> Result<AuditRecord, StoreError> {
        let (sequence, previous) = match self.heads.get(tenant) {
            Some(head) => *head,
            None => self.load_head(tenant).await?,
        };
        let record = AuditRecord::chain(sequence.saturating_add(1), previous, event);
        self.heads.insert(tenant.clone(), (record.sequence, record.hash));
        Ok(record)
    }

    /// Appends a record to the tenant's chain.
    pub(super) async fn append(&mut self, tenant: &TenantId, event: &AuditEvent) -> Result<(), StoreError> {
        let mut batch = Batch::default();
        self.append_in(&mut batch, tenant, std::slice::from_ref(event)).await?;
        batch.run(self).await.map(drop)
    }

    /// Appends records to the tenant's chain as part of `batch`, which must be run in this transaction.
    pub(super) async fn append_in(
        &mut self,
        batch: &mut Batch,
        tenant: &TenantId,
        events: &[AuditEvent],
    ) -> Result<(), StoreError> {
        for event in events {
            let record = self.next_record(tenant, event).await?;
            batch
                .add("INSERT INTO audit (tenant, sequence, item, previous, body, hash) VALUES (?, ?, ?, ?, ?, ?)")
                .bind(tenant.as_str())
                .bind(to_column(record.sequence))
                .bind(event.item.map(|item| item.to_string()))
                .bind(&record.previous.as_bytes()[..])
                .bind(record.body)
                .bind(&record.hash.as_bytes()[..]);
        }
        Ok(())
    }

    async fn load_head(&mut self, tenant: &TenantId) -> Result<(u64, Digest), StoreError> {
        let row = sqlx::query("SELECT sequence, hash FROM audit WHERE tenant = ? ORDER BY sequence DESC LIMIT 1")
            .bind(tenant.as_str())
            .fetch_optional(&mut self.connection)
            .await
            .map_err(failed)?;
        let Some(row) = row else { return Ok((0, AuditRecord::GENESIS)) };
        let hash = <[u8; 32]>::try_from(row.try_get::<&[u8], _>(1).map_err(failed)?);
        let sequence = u64::try_from(row.try_get::<i64, _>(0).map_err(failed)?);
        match (sequence, hash) {
            (Ok(sequence), Ok(hash)) => Ok((sequence, Digest::from_bytes(hash))),
            _ => Err(StoreError::Damaged("audit head")),
        }
    }

    /// Begins a transaction and the savepoint of its first job. The chain's heads are still known unless another
    /// process has written since: SQLite counts that in `data_version`.
    async fn begin(&mut self) -> Result<(), StoreError> {
        (self.ring_queue, self.ring_outbox) = (false, false);
        let version: i64 = sqlx::query_scalar("BEGIN IMMEDIATE; SAVEPOINT job; PRAGMA data_version")
            .fetch_one(&mut self.connection)
            .await
            .map_err(failed)?;
        if self.data_version.replace(version) != Some(version) {
            self.heads.clear();
        }
        Ok(())
    }

    async fn execute(&mut self, statement: &'static str) -> Result<(), StoreError> {
        sqlx::query(statement).execute(&mut self.connection).await.map(drop).map_err(failed)
    }
}

/// A job that waits for its answer, whatever its answer is.
#[async_trait]
trait Waiting: Send {
    /// Runs the job; false if it failed.
    async fn run(&mut self, turn: &mut Turn) -> bool;
    /// Tells the caller, once the fate of the transaction is known.
    fn answer(self: Box<Self>, committed: bool);
}

struct Submitted<J: Job> {
    job: Option<J>,
    answer: Option<Result<J::Answer, StoreError>>,
    reply: oneshot::Sender<Result<J::Answer, StoreError>>,
}

#[async_trait]
impl<J: Job> Waiting for Submitted<J> {
    async fn run(&mut self, turn: &mut Turn) -> bool {
        let Some(job) = self.job.take() else { return false };
        let answer = job.run(turn).await;
        let done = answer.is_ok();
        self.answer = Some(answer);
        done
    }

    fn answer(self: Box<Self>, committed: bool) {
        let answer = match self.answer {
            Some(Ok(answer)) if committed => Ok(answer),
            Some(Err(error)) => Err(error),
            _ => Err(StoreError::Unavailable("the transaction was not committed".into())),
        };
        // A caller that has gone away asked for the change all the same.
        drop(self.reply.send(answer));
    }
}

/// Serves until nobody is left who could hand in a job. A panic costs the jobs of one transaction, which is rolled back
/// with its connection; without a successor the gateway would go on and refuse everything.
async fn keep_serving(mut desk: Desk, waiting: mpsc::Receiver<Box<dyn Waiting>>) {
    let waiting = Arc::new(Mutex::new(waiting));
    loop {
        let successor = Desk {
            options: desk.options.clone(),
            folder: Arc::clone(&desk.folder),
            bells: Arc::clone(&desk.bells),
            turn: None,
        };
        match tokio::spawn(desk.serve(Arc::clone(&waiting))).await {
            Err(broken) if broken.is_panic() => {
                tracing::error!("the writer of the database broke; its transaction was rolled back, it starts afresh");
                desk = successor;
            }
            Ok(()) | Err(_) => return,
        }
    }
}

/// The writer at work.
struct Desk {
    options: SqliteConnectOptions,
    folder: Arc<Folder>,
    bells: Arc<Bells>,
    /// Absent after a failure that leaves the connection in doubt.
    turn: Option<Turn>,
}

impl Desk {
    async fn serve(mut self, waiting: Arc<Mutex<mpsc::Receiver<Box<dyn Waiting>>>>) {
        let mut waiting = waiting.lock().await;
        let mut jobs = Vec::with_capacity(MAX_JOBS);
        while waiting.recv_many(&mut jobs, MAX_JOBS).await > 0 {
            let committed = match self.transaction(&mut jobs).await {
                Ok(()) => true,
                Err(error) => {
                    let cause = std::error::Error::source(&error).map(ToString::to_string);
                    tracing::error!(%error, cause, jobs = jobs.len(), "a transaction was lost");
                    self.turn = None;
                    false
                }
            };
            for job in jobs.drain(..) {
                job.answer(committed);
            }
        }
        if let Some(turn) = self.turn.take()
            && let Err(error) = turn.connection.close().await
        {
            tracing::warn!(%error, "the database was not closed cleanly");
        }
    }

    /// Runs the jobs and commits. After an error nothing of them is kept, and the connection is given up: what the
    /// kernel did with pages it could not sync is not known (a failed sync is never tried again).
    async fn transaction(&mut self, jobs: &mut [Box<dyn Waiting>]) -> Result<(), StoreError> {
        let mut turn = match self.turn.take() {
            Some(turn) => turn,
            None => Turn::new(self.options.connect().await.map_err(failed)?),
        };
        turn.begin().await?;
        let mut left = jobs.len();
        for job in jobs.iter_mut() {
            left = left.saturating_sub(1);
            run_alone(&mut turn, &mut **job, left > 0).await?;
        }
        self.folder.disk().before_commit().map_err(disk_failed)?;
        turn.execute("COMMIT").await?;
        self.folder.disk().after_commit().map_err(disk_failed)?;
        ring(&self.bells.queue, turn.ring_queue);
        ring(&self.bells.outbox, turn.ring_outbox);
        self.turn = Some(turn);
        Ok(())
    }
}

/// Runs one job, within the savepoint that is open, so that its failure undoes nothing but itself. Statements share
/// round trips to the database's thread: those cost more than the statements do.
async fn run_alone(turn: &mut Turn, job: &mut dyn Waiting, another_follows: bool) -> Result<(), StoreError> {
    let before = (turn.heads.clone(), turn.ring_queue, turn.ring_outbox);
    if job.run(turn).await {
        // The commit releases the last one.
        return if another_follows { turn.execute("RELEASE job; SAVEPOINT job").await } else { Ok(()) };
    }
    (turn.heads, turn.ring_queue, turn.ring_outbox) = before;
    // After some errors (a full disk) SQLite has rolled back everything by itself; then this fails, and all jobs do.
    turn.execute("ROLLBACK TO job").await
}

/// Wakes one who waits, or the next who is about to. Whoever finds something to lease wakes the next, so that nobody is
/// woken in vain.
fn ring(bell: &Notify, rung: bool) {
    if rung {
        bell.notify_one();
    }
}

fn gone() -> StoreError {
    StoreError::Unavailable("the writer has ended".into())
}

#[cfg(test)]
mod tests {
    use sqlx::sqlite::SqliteJournalMode;

    use super::*;
    use crate::store::disk::LocalDisk;

    /// Writes a number; panics afterwards if it is 13.
    struct Noting(i64);

    #[async_trait]
    impl Job for Noting {
        type Answer = Vec<i64>;

        async fn run(self, turn: &mut Turn) -> Result<Vec<i64>, StoreError> {
            sqlx::query("INSERT INTO note VALUES (?)")
                .bind(self.0)
                .execute(&mut turn.connection)
                .await
                .map_err(failed)?;
            assert_ne!(self.0, 13, "as an unforeseen value would");
            sqlx::query_scalar("SELECT number FROM note").fetch_all(&mut turn.connection).await.map_err(failed)
        }
    }

    #[tokio::test]
    async fn a_job_that_breaks_the_writer_costs_its_transaction_and_no_later_one() {
        let root = tempfile::tempdir().unwrap();
        let (folder, _) = Folder::open(root.path(), Arc::new(LocalDisk), |_, _| Ok(())).unwrap();
        let options = SqliteConnectOptions::new().filename(root.path().join("test.db")).create_if_missing(true);
        let options = options.journal_mode(SqliteJournalMode::Wal);
        sqlx::raw_sql("CREATE TABLE note (number INTEGER)")
            .execute(&mut options.connect().await.unwrap())
            .await
            .unwrap();
        let writer = Writer::start(options, folder).await.unwrap();
        assert_eq!(writer.submit(Noting(1)).await.unwrap(), [1]);
        for _ in 0..3 {
            assert!(matches!(writer.submit(Noting(13)).await, Err(StoreError::Unavailable(_))));
        }
        assert_eq!(writer.submit(Noting(2)).await.unwrap(), [1, 2], "what the broken one wrote is undone");
    }
}
