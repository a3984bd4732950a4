//! The start of a worker process: the only place of the gateway that starts one.
//!
//! Refuses: to hand anything down but two limits and three pipes. Invariant: the process has no environment, no folder
//! of ours, its own process group, and dies with its handle.

use std::io;
use std::path::PathBuf;
use std::process::Stdio;

use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command};
use tokio::task::JoinHandle;

/// Bytes of a worker's standard error that are kept; the rest is read and dropped.
const STDERR_KEPT: u64 = 4096;

/// How a worker is started.
#[derive(Debug, Clone)]
pub(super) struct Launcher {
    /// The binary.
    pub(super) path: PathBuf,
    /// Bytes of address space.
    pub(super) memory_bytes: u64,
    /// Seconds of processor time.
    pub(super) cpu_seconds: u64,
}

/// A process that was started.
#[derive(Debug)]
pub(super) struct Process {
    /// The process, killed when dropped.
    pub(super) child: Child,
    /// Its standard input.
    pub(super) stdin: ChildStdin,
    /// Its standard output.
    pub(super) stdout: ChildStdout,
    /// What it wrote to standard error, fit for a log line, once it has ended.
    pub(super) complaint: JoinHandle<String>,
}

impl Launcher {
    /// Starts a worker.
    ///
    /// # Errors
    /// What the system says, if it does not start.
    pub(super) fn start(&self) -> io::Result<Process> {
        #[expect(clippy::disallowed_methods, reason = "this is the place that starts processes")]
        let mut command = Command::new(&self.path);
        let mut child = command
            .arg("--memory")
            .arg(self.memory_bytes.to_string())
            .arg("--cpu")
            .arg(self.cpu_seconds.to_string())
            .env_clear()
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            // A terminal's interrupt is for the gateway, which ends its workers itself.
            .process_group(0)
            .kill_on_drop(true)
            .spawn()?;
        let missing = || io::Error::other("a pipe is missing");
        Ok(Process {
            stdin: child.stdin.take().ok_or_else(missing)?,
            stdout: child.stdout.take().ok_or_else(missing)?,
            complaint: tokio::spawn(complaint(child.stderr.take().ok_or_else(missing)?)),
            child,
        })
    }
}

async fn complaint(mut stderr: ChildStderr) -> String {
    let kept = keep(&mut stderr).await;
    // Reading on keeps a noisy worker from blocking; a broken pipe is an ended one.
    drop(tokio::io::copy(&mut stderr, &mut tokio::io::sink()).await);
    printable(&kept)
}

async fn keep(stderr: &mut (impl AsyncRead + Unpin)) -> Vec<u8> {
    let mut kept = Vec::new();
    drop(stderr.take(STDERR_KEPT).read_to_end(&mut kept).await);
    kept
}

/// Printable ASCII on one line. Never more: the text comes from a process that read hostile bytes.
fn printable(bytes: &[u8]) -> String {
    let text: String = bytes
        .iter()
        .map(|byte| match byte {
            b' '..=b'~' => char::from(*byte),
            b'\n' => ' ',
            _ => '?',
        })
        .collect();
    text.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_complaint_is_one_line_of_printable_ascii() {
        assert_eq!(printable("a\x1b[31mb\r\nc\u{202E}\n\n".as_bytes()), "a?[31mb? c???");
        assert_eq!(printable(b""), "");
    }

    #[tokio::test]
    async fn no_more_of_a_complaint_is_kept_than_its_share() {
        let mut endless = tokio::io::repeat(b'x');
        assert_eq!(keep(&mut endless).await.len(), 4096);
    }
}
