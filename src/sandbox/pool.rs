//! Workers started, confined and waiting ahead of need, because starting one is most of the cost of a small mail.
//!
//! Refuses: to hand out a worker that is known to be dead. Invariant: every place of the pool is at any time starting a
//! worker, offering one, or saying why it cannot.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use sanitizer_protocol::{Limits, TableEncoding};
use tokio::sync::{Mutex, mpsc, oneshot};
use tokio::time::{sleep, timeout};

use super::session;
use super::spawn::Launcher;
use super::worker::Worker;
use crate::config;
use crate::domain::Password;
use crate::ports::{Blob, Inspection, RebuildSession, Rebuilder, SandboxError, Subject};

/// Pause after a worker died idle, so that one that always does costs no processor.
const PAUSE: Duration = Duration::from_secs(1);

/// How long a failed start is remembered before the next attempt, unless somebody asks.
const REST: Duration = Duration::from_secs(5);

/// The name of the worker binary, beside the gateway's.
const WORKER: &str = "temizu-worker";

/// What the sandbox needs to know.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The worker binary.
    pub worker: PathBuf,
    /// Workers kept ready; at least one is.
    pub ready: u32,
    /// Wall clock for one item: what its worker takes to inspect and to rebuild, together. Waiting is free.
    pub wall_clock: Duration,
    /// Bytes of address space for one worker.
    pub memory_bytes: u64,
    /// What one item may cost and bring.
    pub limits: Limits,
    /// What the site wants of every item.
    pub site: sanitizer_protocol::Settings,
}

impl Settings {
    /// The settings of a configuration; `own_folder` is where the gateway's binary lies.
    #[must_use]
    pub fn new(sandbox: &config::Sandbox, limits: &config::Limits, own_folder: &Path) -> Self {
        let named = !sandbox.worker.as_os_str().is_empty();
        Self {
            worker: if named { sandbox.worker.clone() } else { own_folder.join(WORKER) },
            ready: sandbox.ready.max(1),
            wall_clock: Duration::from_secs(sandbox.wall_clock_seconds),
            memory_bytes: sandbox.memory_bytes,
            limits: Limits {
                header_bytes: limits.header_bytes,
                depth: limits.depth,
                parts: limits.parts,
                html_bytes: limits.html_bytes,
                text_bytes: limits.text_bytes,
                // What is rebuilt of a mail is no larger than the largest mail.
                output_bytes: limits.message_bytes,
            },
            site: sanitizer_protocol::Settings::default(),
        }
    }

    /// With the site's own characters: private code points and the words that stand for them, sorted by code point.
    #[must_use]
    pub fn with_gaiji(mut self, sorted: Vec<(u32, String)>) -> Self {
        self.site.gaiji = sorted;
        self
    }

    /// With tables in this encoding.
    #[must_use]
    pub const fn with_tables(mut self, encoding: config::CsvEncoding) -> Self {
        self.site.tables = match encoding {
            config::CsvEncoding::Utf8Bom => TableEncoding::Utf8Bom,
            config::CsvEncoding::Utf8 => TableEncoding::Utf8,
            config::CsvEncoding::Cp932 => TableEncoding::Cp932,
        };
        self
    }

    fn launcher(&self) -> Launcher {
        Launcher {
            path: self.worker.clone(),
            memory_bytes: self.memory_bytes,
            cpu_seconds: self.wall_clock.as_secs().max(1),
        }
    }
}

/// The sandbox: starts a worker for each item.
#[derive(Debug)]
pub struct Sandbox {
    pub(super) settings: Arc<Settings>,
    demand: mpsc::Sender<Request>,
}

/// Where the worker that was asked for goes.
type Request = oneshot::Sender<Result<Worker, SandboxError>>;

impl Sandbox {
    /// Starts to start workers. The workers end when the sandbox is dropped. Call it inside a runtime.
    #[must_use]
    pub fn start(settings: Settings) -> Self {
        let settings = Arc::new(settings);
        let (demand, requests) = mpsc::channel(1);
        let requests = Arc::new(Mutex::new(requests));
        for _ in 0..settings.ready {
            let place = Place { settings: Arc::clone(&settings), requests: Arc::clone(&requests) };
            tokio::spawn(place.keep());
        }
        Self { settings, demand }
    }

    /// Proves that a worker can be started and confined; it is spent on this.
    ///
    /// # Errors
    /// [`SandboxError::Unavailable`] with the path and the reason.
    pub async fn prove(&self) -> Result<(), SandboxError> {
        self.worker().await.map(Worker::retire)
    }

    pub(super) async fn worker(&self) -> Result<Worker, SandboxError> {
        let gone = || SandboxError::Unavailable("the sandbox is shutting down".to_owned());
        let (request, worker) = oneshot::channel();
        self.demand.send(request).await.map_err(|_| gone())?;
        worker.await.map_err(|_| gone())?
    }
}

#[async_trait]
impl Rebuilder for Sandbox {
    async fn inspect_with(
        &self,
        subject: Subject,
        original: Blob,
        passwords: &[Password],
    ) -> Result<(Inspection, Box<dyn RebuildSession>), SandboxError> {
        let worker = self.worker().await?;
        let (inspection, session) = session::inspect(worker, &self.settings, subject, original, passwords).await?;
        Ok((inspection, Box::new(session)))
    }
}

/// One place of the pool.
struct Place {
    settings: Arc<Settings>,
    requests: Arc<Mutex<mpsc::Receiver<Request>>>,
}

/// The sandbox is gone.
struct Closed;

impl Place {
    async fn keep(self) {
        let launcher = self.settings.launcher();
        let mut told = String::new();
        loop {
            let started = Worker::start(&launcher, self.settings.limits.output_bytes, self.settings.wall_clock).await;
            let served = match started {
                Ok(worker) => {
                    told.clear();
                    self.offer(worker).await
                }
                Err(reason) => {
                    if reason != told {
                        tracing::error!(reason, "no worker can be started");
                    }
                    told.clone_from(&reason);
                    self.apologise(reason).await
                }
            };
            if served.is_err() {
                return;
            }
        }
    }

    async fn next_request(&self) -> Result<Request, Closed> {
        self.requests.lock().await.recv().await.ok_or(Closed)
    }

    /// Holds a worker until somebody takes it or it dies.
    async fn offer(&self, mut worker: Worker) -> Result<(), Closed> {
        loop {
            let request = tokio::select! {
                biased;
                death = worker.ended() => {
                    tracing::warn!(%death, "a worker died while it waited");
                    sleep(PAUSE).await;
                    return Ok(());
                }
                request = self.next_request() => request?,
            };
            match request.send(Ok(worker)) {
                Ok(()) => return Ok(()),
                // Who asked has given up in the meantime.
                Err(returned) => match returned {
                    Ok(still) => worker = still,
                    Err(_) => return Ok(()),
                },
            }
        }
    }

    /// Answers whoever asks next, or tries again by itself.
    async fn apologise(&self, reason: String) -> Result<(), Closed> {
        if let Ok(request) = timeout(REST, self.next_request()).await {
            drop(request?.send(Err(SandboxError::Unavailable(reason))));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worker_lies_beside_the_gateway_unless_the_configuration_names_another() {
        let mut sandbox = config::Sandbox { ready: 0, ..config::Sandbox::default() };
        let settings = Settings::new(&sandbox, &config::Limits::default(), Path::new("/opt/temizu"));
        assert_eq!(settings.worker, Path::new("/opt/temizu/temizu-worker"));
        assert_eq!(settings.ready, 1);
        sandbox.worker = PathBuf::from("/srv/worker");
        let settings = Settings::new(&sandbox, &config::Limits::default(), Path::new("/opt/temizu"));
        assert_eq!(settings.worker, Path::new("/srv/worker"));
    }
}
