//! Attempts to get out of the confinement: each must fail inside it and succeed outside, so that a test that cannot
//! fail is noticed.

use std::net::{TcpListener, UdpSocket};
use std::os::unix::net::UnixListener;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use crate::support::worker::{example, worker};

const SIGABRT: i32 = 6;
const SIGXCPU: i32 = 24;
const SIGSYS: i32 = 31;

fn probe(state: &str, attempt: &str, target: &str) -> Output {
    // Standard error is a pipe: the probe may not write to files, not even there.
    Command::new(example("escape_probe")).args([state, attempt, target]).stdin(Stdio::null()).output().unwrap()
}

/// What an attempt needs to succeed if nothing hinders it.
struct Outside {
    folder: tempfile::TempDir,
    tcp: TcpListener,
    udp: UdpSocket,
    _unix: UnixListener,
}

impl Outside {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("folder")).unwrap();
        for file in ["file", "to remove", "to rename"] {
            std::fs::write(folder.path().join(file), "secret").unwrap();
        }
        let unix = UnixListener::bind(folder.path().join("socket")).unwrap();
        let (tcp, udp) = (TcpListener::bind("127.0.0.1:0").unwrap(), UdpSocket::bind("127.0.0.1:0").unwrap());
        Self { folder, tcp, udp, _unix: unix }
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).to_str().unwrap().to_owned()
    }

    fn attempts_on_files(&self) -> Vec<(&'static str, String)> {
        vec![
            ("read a file", self.path("file")),
            ("create a file", self.path("new")),
            ("list a folder", self.path("folder")),
            ("make a folder", self.path("new folder")),
            ("rename a file", self.path("to rename")),
            ("remove a file", self.path("to remove")),
            ("read its own memory as a file", String::new()),
        ]
    }

    fn attempts(&self) -> Vec<(&'static str, String)> {
        let mut attempts = self.attempts_on_files();
        attempts.extend([
            ("look at a file", self.path("file")),
            ("change a mode", self.path("file")),
            ("change the folder", self.path("folder")),
            ("read an inherited descriptor", String::new()),
            ("connect by TCP", self.tcp.local_addr().unwrap().to_string()),
            ("listen by TCP", "127.0.0.1:0".to_owned()),
            ("send by UDP", self.udp.local_addr().unwrap().to_string()),
            ("connect to a Unix socket", self.path("socket")),
            ("make a pair of sockets", String::new()),
            ("make a pipe", String::new()),
            ("become another program", String::new()),
            ("start another program", String::new()),
            ("start a thread", String::new()),
            ("signal its parent", String::new()),
            ("take too much memory", String::new()),
        ]);
        attempts
    }
}

#[test]
fn nothing_leads_out_of_the_confinement() {
    assert_eq!(
        probe("confined", "nothing", "").status.code(),
        Some(0),
        "the probe itself must survive its confinement"
    );
    let outside = Outside::new();
    for (attempt, target) in outside.attempts() {
        let status = probe("confined", attempt, &target).status;
        let refused = status.code() == Some(1) || status.signal() == Some(SIGSYS);
        assert!(refused, "confined, it could {attempt}: {status}");
        let control = probe("free", attempt, &target);
        assert_eq!(control.status.code(), Some(0), "free, it could not {attempt}: {control:?}");
    }
}

#[test]
fn each_layer_keeps_files_away_without_the_other() {
    let outside = Outside::new();
    for (attempt, target) in outside.attempts_on_files() {
        let by_landlock = probe("landlock", attempt, &target).status;
        assert_eq!(by_landlock.code(), Some(1), "{attempt}: {by_landlock}");
        let by_seccomp = probe("seccomp", attempt, &target).status;
        assert_eq!(by_seccomp.signal(), Some(SIGSYS), "{attempt}: {by_seccomp}");
    }
}

#[test]
fn time_and_stack_run_out_with_a_signal_that_tells() {
    assert_eq!(probe("confined", "compute for ever", "").status.signal(), Some(SIGXCPU));
    assert_eq!(probe("confined", "overflow the stack", "").status.signal(), Some(SIGABRT));
}

#[test]
fn a_worker_that_cannot_be_confined_reads_nothing() {
    let worker = worker();
    for hindrance in ["start a worker where there is no landlock", "start a worker where limits are refused"] {
        let output = unconfined(hindrance, &worker);
        let complaint = std::str::from_utf8(&output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(70), "{hindrance}: {complaint}");
        assert!(complaint.contains("not confined, nothing was read"), "{complaint}");
        assert_eq!(output.stdout, b"", "it said that it was ready");
    }
}

fn unconfined(hindrance: &str, worker: &Path) -> Output {
    probe("free", hindrance, worker.to_str().unwrap())
}
