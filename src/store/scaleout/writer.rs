//! Whatever changes the database together with an audit record: jobs are gathered, run in one transaction, and synced
//! once for all. Nodes take turns only for the end of a transaction, where the records are chained.
//!
//! Refuses: to answer before the commit; to wait for a database that does not answer. Invariant: a job is answered `Ok`
//! only after the transaction it ran in was committed; a job that failed has left nothing behind and has undone no other.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, Connection, PgConnection};
use tokio::sync::{Mutex, mpsc, oneshot};

use super::bells::{Bells, enter};
use super::chain;
use crate::domain::{AuditEvent, TenantId};
use crate::ports::StoreError;
use crate::store::rows::failed;

/// Desks of one node: while one waits for its commit, another runs the next jobs.
const DESKS: usize = 2;
/// Jobs in one transaction at most. Others wait for the rows it locks.
const MAX_JOBS: usize = 64;
/// Jobs that may wait before callers do.
const MAX_WAITING: usize = 1024;
/// Longest transaction, the connection to the database included.
const PATIENCE: Duration = Duration::from_secs(20);

/// A change of the database.
#[async_trait]
pub(super) trait Job: Send + Sync + 'static {
    /// What the caller learns.
    type Answer: Send + Sync + 'static;

    /// Makes the change. A job that returns an error of its own has changed nothing; after an error of the database
    /// everything is rolled back and the job may be run again, alone.
    async fn run(&self, turn: &mut Turn) -> Result<Self::Answer, StoreError>;
}

/// Where jobs are handed in. The desks end when the last of these is gone.
#[derive(Clone)]
pub(super) struct Writer {
    jobs: mpsc::Sender<Box<dyn Waiting>>,
}

/// A job's time on the connection.
pub(super) struct Turn {
    pub(super) connection: PgConnection,
    /// Records to be chained at the end of the transaction.
    records: Vec<(TenantId, AuditEvent)>,
    /// There is something to process.
    pub(super) ring_queue: bool,
    /// There is something to send.
    pub(super) ring_outbox: bool,
}

impl Writer {
    /// Starts the desks on connections that `options` open.
    pub(super) fn start(options: &PgConnectOptions, bells: &Arc<Bells>) -> Self {
        let (jobs, waiting) = mpsc::channel(MAX_WAITING);
        let waiting = Arc::new(Mutex::new(waiting));
        for _ in 0..DESKS {
            let desk = Desk { options: options.clone(), bells: Arc::clone(bells), connection: None };
            tokio::spawn(keep_serving(desk, Arc::clone(&waiting)));
        }
        Self { jobs }
    }

    /// Runs `job` and returns once it is durable.
    pub(super) async fn submit<J: Job>(&self, job: J) -> Result<J::Answer, StoreError> {
        let (reply, answer) = oneshot::channel();
        let waiting = Box::new(Submitted { job, answer: None, reply });
        self.jobs.send(waiting).await.map_err(|_| gone())?;
        answer.await.map_err(|_| gone())?
    }
}

impl Turn {
    /// Puts a record at the end of the tenant's chain, in this transaction.
    pub(super) fn append(&mut self, tenant: &TenantId, event: &AuditEvent) {
        self.records.push((tenant.clone(), event.clone()));
    }
}

/// A job that waits for its answer, whatever its answer is.
#[async_trait]
trait Waiting: Send + Sync {
    /// Runs the job and keeps its answer; returns what it failed of.
    async fn run(&mut self, turn: &mut Turn) -> Outcome;
    /// The answer is that the database failed.
    fn fail(&mut self);
    /// Tells the caller.
    fn answer(self: Box<Self>);
}

/// How a job ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Done,
    /// For a reason of its own, having changed nothing.
    Refused,
    /// The database refused a statement: the transaction is lost, and the others may do better without this job.
    Broken,
    /// The database does not answer.
    Away,
}

struct Submitted<J: Job> {
    job: J,
    answer: Option<Result<J::Answer, StoreError>>,
    reply: oneshot::Sender<Result<J::Answer, StoreError>>,
}

#[async_trait]
impl<J: Job> Waiting for Submitted<J> {
    async fn run(&mut self, turn: &mut Turn) -> Outcome {
        let answer = self.job.run(turn).await;
        let outcome = match &answer {
            Ok(_) => Outcome::Done,
            Err(error) if is_away(error) => Outcome::Away,
            Err(StoreError::Unavailable(_) | StoreError::Denied(_) | StoreError::Full) => Outcome::Broken,
            Err(_) => Outcome::Refused,
        };
        self.answer = Some(answer);
        outcome
    }

    fn fail(&mut self) {
        // Why a job was refused stays true; what it had done is gone.
        if !matches!(self.answer, Some(Err(_))) {
            self.answer = Some(Err(StoreError::Unavailable("the transaction was not committed".into())));
        }
    }

    fn answer(self: Box<Self>) {
        let answer = self.answer.unwrap_or_else(|| Err(StoreError::Unavailable("the job was not run".into())));
        // A caller that has gone away asked for the change all the same.
        drop(self.reply.send(answer));
    }
}

/// Serves until nobody is left who could hand in a job. A panic costs the jobs of one transaction, which is rolled back
/// with its connection; without a successor the node would go on and refuse everything.
async fn keep_serving(mut desk: Desk, waiting: Arc<Mutex<mpsc::Receiver<Box<dyn Waiting>>>>) {
    loop {
        let successor = Desk { options: desk.options.clone(), bells: Arc::clone(&desk.bells), connection: None };
        match tokio::spawn(desk.serve(Arc::clone(&waiting))).await {
            Err(broken) if broken.is_panic() => {
                tracing::error!("a writer of the database broke; its transaction was rolled back, it starts afresh");
                desk = successor;
            }
            Ok(()) | Err(_) => return,
        }
    }
}

/// A writer at work.
struct Desk {
    options: PgConnectOptions,
    bells: Arc<Bells>,
    /// Absent after a failure that leaves the connection in doubt.
    connection: Option<PgConnection>,
}

/// Why a transaction was lost.
enum Lost {
    /// By one of its jobs, before the commit: the others may succeed without it.
    ByAJob,
    /// The connection is gone, or whether the commit took place is not known.
    WithTheDatabase(StoreError),
}

impl Desk {
    async fn serve(mut self, waiting: Arc<Mutex<mpsc::Receiver<Box<dyn Waiting>>>>) {
        let mut jobs = Vec::with_capacity(MAX_JOBS);
        loop {
            let count = waiting.lock().await.recv_many(&mut jobs, MAX_JOBS).await;
            if count == 0 {
                break;
            }
            self.settle(&mut jobs).await;
            jobs.drain(..).for_each(|job| job.answer());
        }
        if let Some(connection) = self.connection.take()
            && let Err(error) = connection.close().await
        {
            tracing::debug!(%error, "a connection was not closed cleanly");
        }
    }

    /// Brings every job to its answer: all in one transaction, or, if one of them breaks that, each in its own.
    async fn settle(&mut self, jobs: &mut [Box<dyn Waiting>]) {
        match self.attempt(jobs).await {
            Ok(()) => {}
            Err(Lost::ByAJob) if jobs.len() > 1 => {
                let mut is_away = false;
                for job in jobs.chunks_mut(1) {
                    let ended = if is_away { Err(Lost::ByAJob) } else { self.attempt(job).await };
                    // What is not there now is not there for the next one either: nobody waits for it job by job.
                    is_away |= matches!(ended, Err(Lost::WithTheDatabase(_)));
                    if ended.is_err() {
                        job.iter_mut().for_each(|job| job.fail());
                    }
                }
            }
            Err(lost) => {
                if let Lost::WithTheDatabase(error) = lost {
                    let cause = std::error::Error::source(&error).map(ToString::to_string);
                    tracing::error!(%error, cause, jobs = jobs.len(), "a transaction was lost");
                }
                jobs.iter_mut().for_each(|job| job.fail());
            }
        }
    }

    async fn attempt(&mut self, jobs: &mut [Box<dyn Waiting>]) -> Result<(), Lost> {
        match tokio::time::timeout(PATIENCE, self.transaction(jobs)).await {
            Ok(ended) => ended,
            Err(_) => Err(Lost::WithTheDatabase(StoreError::Unavailable("the database does not answer".into()))),
        }
    }

    /// A connection in a new transaction. One that was idle may be dead since: nothing was done on it, so that another one
    /// does as well.
    async fn begin(&mut self) -> Result<PgConnection, StoreError> {
        if let Some(mut connection) = self.connection.take()
            && sqlx::query("BEGIN").execute(&mut connection).await.is_ok()
        {
            return Ok(connection);
        }
        let mut connection = self.options.connect().await.map_err(failed)?;
        enter(&mut connection).await.map_err(|refused| StoreError::Unavailable(Box::new(refused)))?;
        sqlx::query("BEGIN").execute(&mut connection).await.map_err(failed)?;
        Ok(connection)
    }

    /// Runs the jobs, chains their records and commits. After an error the connection is given up.
    async fn transaction(&mut self, jobs: &mut [Box<dyn Waiting>]) -> Result<(), Lost> {
        let connection = self.begin().await.map_err(Lost::WithTheDatabase)?;
        let mut turn = Turn { connection, records: Vec::new(), ring_queue: false, ring_outbox: false };
        for job in jobs.iter_mut() {
            let before = (turn.records.len(), turn.ring_queue, turn.ring_outbox);
            match job.run(&mut turn).await {
                Outcome::Done => {}
                Outcome::Refused => {
                    turn.records.truncate(before.0);
                    (turn.ring_queue, turn.ring_outbox) = (before.1, before.2);
                    // A refusal that came from the database has cost the others their transaction.
                    if sqlx::query("SELECT 1").execute(&mut turn.connection).await.is_err() {
                        return Err(Lost::ByAJob);
                    }
                }
                Outcome::Broken => return Err(Lost::ByAJob),
                Outcome::Away => {
                    let what = "the connection to the database was lost";
                    return Err(Lost::WithTheDatabase(StoreError::Unavailable(what.into())));
                }
            }
        }
        let rung = [turn.ring_queue, turn.ring_outbox];
        if !turn.records.is_empty() {
            chain::append(&mut turn.connection, &turn.records, rung).await.map_err(Lost::WithTheDatabase)?;
        }
        execute(&mut turn.connection, "COMMIT").await?;
        self.bells.ring(rung);
        self.connection = Some(turn.connection);
        Ok(())
    }
}

async fn execute(connection: &mut PgConnection, statement: &'static str) -> Result<(), Lost> {
    sqlx::query(statement).execute(connection).await.map(drop).map_err(lost)
}

fn lost(error: sqlx::Error) -> Lost {
    Lost::WithTheDatabase(failed(error))
}

/// True if the connection broke, rather than the database refusing a statement.
fn is_away(error: &StoreError) -> bool {
    let StoreError::Unavailable(cause) = error else { return false };
    cause.downcast_ref::<sqlx::Error>().is_some_and(|error| !matches!(error, sqlx::Error::Database(_)))
}

fn gone() -> StoreError {
    StoreError::Unavailable("the writer has ended".into())
}
