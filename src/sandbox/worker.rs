//! One worker process: its greeting, its conversation, its end.
//!
//! Refuses: workers of another version. Invariant: whoever gives a worker up, by whichever way, kills the process and
//! has it reaped.

use std::future::Future;
use std::os::unix::process::ExitStatusExt;
use std::pin::pin;
use std::process::ExitStatus;
use std::time::Duration;

use sanitizer_protocol::{FromWorker, MAX_FRAME, VERSION};
use tokio::process::{Child, ChildStdin, ChildStdout};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::link::{Broken, Inbox};
use super::spawn::{Launcher, Process};
use crate::ports::SandboxError;

/// How long a worker that has closed its pipe may take to end by itself, so that its exit status can be told.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// Signals of Linux, alike on all processors.
const SIGABRT: i32 = 6;
const SIGKILL: i32 = 9;
const SIGSEGV: i32 = 11;
const SIGXCPU: i32 = 24;
const SIGSYS: i32 = 31;

/// A process that has confined itself and waits for its item.
#[derive(Debug)]
pub(super) struct Worker {
    child: Child,
    complaint: JoinHandle<String>,
    /// Where its frames are written to.
    pub(super) stdin: ChildStdin,
    /// Where its frames come from.
    pub(super) inbox: Inbox<ChildStdout>,
}

impl Worker {
    /// Starts a process and waits until it is confined. `output_bytes` is what it may write in its whole life, beside
    /// its messages.
    ///
    /// # Errors
    /// What the operator should know: the path, and why no worker came of it.
    pub(super) async fn start(launcher: &Launcher, output_bytes: u64, patience: Duration) -> Result<Self, String> {
        let named = |reason: &str| format!("{}: {reason}", launcher.path.display());
        let Process { child, stdin, stdout, complaint } =
            launcher.start().map_err(|error| named(&error.to_string()))?;
        // What was found and what was ordered fits two frames; heads of answers ride on the bytes they announce.
        let messages = u64::try_from(MAX_FRAME.saturating_mul(2)).unwrap_or(u64::MAX);
        let inbox = Inbox::new(stdout, output_bytes.saturating_add(messages));
        let mut worker = Self { child, complaint, stdin, inbox };
        match timeout(patience, worker.inbox.message()).await {
            Ok(Ok(FromWorker::Ready { version: VERSION })) => Ok(worker),
            Ok(Ok(FromWorker::Ready { .. })) => Err(named("it is of another version than this program")),
            Ok(Ok(_) | Err(Broken::Lie(_) | Broken::Original(_))) => Err(named("it does not speak as a worker does")),
            Ok(Err(Broken::Ended)) => {
                let (death, complaint) = worker.bury().await;
                Err(named(format!("{death} {complaint}").trim()))
            }
            Err(_) => Err(named("it did not get ready in time")),
        }
    }

    /// Returns when the process has ended. Nothing is lost if the caller stops waiting.
    pub(super) async fn ended(&mut self) -> Death {
        self.child.wait().await.map_or(Death::Unknown, Death::from)
    }

    /// Why a broken conversation broke; the process is dead afterwards.
    pub(super) async fn autopsy(self, broken: Broken) -> SandboxError {
        let error = match broken {
            Broken::Original(error) => SandboxError::Original(error),
            Broken::Lie(what) => SandboxError::BadAnswer(what),
            Broken::Ended => {
                let (death, complaint) = self.bury().await;
                if !complaint.is_empty() {
                    tracing::warn!(complaint, "a worker complained before it died");
                }
                return death.into();
            }
        };
        self.retire();
        error
    }

    /// Kills the process and has it reaped in the background: nothing it could still say is of use.
    pub(super) fn retire(mut self) {
        if let Err(error) = self.child.start_kill() {
            tracing::error!(%error, "a worker cannot be killed");
        }
        tokio::spawn(async move {
            let (_, complaint) = self.bury().await;
            if !complaint.is_empty() {
                tracing::warn!(complaint, "a worker complained");
            }
        });
    }

    /// Waits for the process to end, kills it if it does not, and returns its last words.
    async fn bury(mut self) -> (Death, String) {
        drop(self.stdin);
        let death = match timeout(LAST_WORDS, self.child.wait()).await {
            Ok(status) => status.map_or(Death::Unknown, Death::from),
            Err(_) => {
                if let Err(error) = self.child.kill().await {
                    tracing::error!(%error, "a worker cannot be killed");
                }
                Death::Unknown
            }
        };
        (death, self.complaint.await.unwrap_or_default())
    }
}

/// Runs both halves of a conversation until the listening one has its result. The flag says whether the talking half
/// had finished by then.
///
/// # Errors
/// What breaks the listening half, or the original if that cannot be read. A pipe that the worker closed is left to the
/// listening half: the answer that explains it may be on its way.
pub(super) async fn converse<T>(
    talk: impl Future<Output = Result<(), Broken>>,
    listen: impl Future<Output = Result<T, Broken>>,
) -> Result<(T, bool), Broken> {
    let (mut talk, mut listen) = (pin!(talk), pin!(listen));
    tokio::select! {
        heard = &mut listen => Ok((heard?, false)),
        told = &mut talk => match told {
            Ok(()) => Ok((listen.await?, true)),
            Err(Broken::Ended) => Ok((listen.await?, false)),
            Err(broken) => Err(broken),
        },
    }
}

/// How a process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Death {
    /// It exited.
    Exit(i32),
    /// A signal ended it.
    Signal(i32),
    /// It closed its pipe and did not end by itself, or the system does not say.
    Unknown,
}

impl From<ExitStatus> for Death {
    fn from(status: ExitStatus) -> Self {
        status.signal().map(Self::Signal).or_else(|| status.code().map(Self::Exit)).unwrap_or(Self::Unknown)
    }
}

impl From<Death> for SandboxError {
    fn from(death: Death) -> Self {
        if death == Death::Signal(SIGXCPU) { Self::TimedOut } else { Self::Crashed(death.to_string()) }
    }
}

impl std::fmt::Display for Death {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match *self {
            Self::Exit(code) => write!(f, "exit status {code}"),
            Self::Signal(SIGSYS) => f.write_str("seccomp: a system call that is not listed"),
            Self::Signal(SIGXCPU) => f.write_str("the limit on processor time"),
            Self::Signal(SIGKILL) => f.write_str("killed from outside"),
            Self::Signal(SIGABRT) => f.write_str("aborted: out of memory or stack"),
            Self::Signal(SIGSEGV) => f.write_str("invalid memory access"),
            Self::Signal(number) => write!(f, "signal {number}"),
            Self::Unknown => f.write_str("it fell silent"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_is_told_in_words_and_the_limit_on_time_is_a_timeout() {
        let error = |raw: i32| SandboxError::from(Death::from(ExitStatus::from_raw(raw)));
        for (raw, text) in [
            (SIGSYS, "the worker died (seccomp: a system call that is not listed)"),
            (SIGKILL, "the worker died (killed from outside)"),
            (5, "the worker died (signal 5)"),
            (70 << 8, "the worker died (exit status 70)"),
        ] {
            assert_eq!(error(raw).to_string(), text);
        }
        assert!(matches!(error(SIGXCPU), SandboxError::TimedOut));
    }

    #[tokio::test]
    async fn an_answer_explains_a_pipe_that_the_worker_closed() {
        let closed = async { Err(Broken::Ended) };
        assert!(matches!(converse(closed, async { Ok(1) }).await, Ok((1, _))));
        let unreadable = async { Err(Broken::Original(crate::ports::StoreError::NotFound)) };
        assert!(matches!(
            converse(unreadable, std::future::pending::<Result<(), Broken>>()).await,
            Err(Broken::Original(_))
        ));
        assert!(matches!(converse(std::future::pending(), async { Ok(1) }).await, Ok((1, false))));
    }
}
