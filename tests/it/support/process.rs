//! The built program as a real process: the gateway with its log, and single commands.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::SocketAddr;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::sync::watch;

use super::worker::worker;

/// Longest wait for something that must happen.
const PATIENCE: Duration = Duration::from_secs(60);

/// `temizu` with no locale, no user and no configuration of the machine's.
pub(crate) fn temizu() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_temizu"));
    command.env_clear().env("LANG", "C").env("USER", "tester").stdin(Stdio::null());
    command
}

/// What a command said and how it ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ended {
    /// Fails unless the exit code is `code`.
    pub(crate) fn with(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{}{}", self.out, self.err);
        self
    }

    /// Its output, which must be one JSON value.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {}{}", self.out, self.err))
    }
}

/// Runs `command` to its end.
pub(crate) fn end(mut command: Command, input: &[u8]) -> Ended {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // A command that refuses its options does not read its input.
    drop(child.stdin.take().unwrap().write_all(input));
    let output = child.wait_with_output().unwrap();
    Ended {
        code: output.status.code().expect("an exit code"),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

/// Runs `temizu` with these arguments, which are cut at spaces, and `more` of them.
pub(crate) fn run(arguments: &str, more: &[&Path]) -> Ended {
    let mut command = temizu();
    command.args(arguments.split_whitespace()).args(more);
    end(command, b"")
}

/// As [`run`], on the data folder of a gateway.
pub(crate) fn run_on(data: &Path, arguments: &str) -> Ended {
    let mut command = temizu();
    command.args(arguments.split_whitespace()).arg("--data").arg(data);
    end(command, b"")
}

/// A running `temizu serve`; killed when dropped.
pub(crate) struct Gateway {
    child: Child,
    log: watch::Receiver<Vec<Value>>,
}

impl Gateway {
    /// Every role, on `data`, for the domain `city.test`, towards `next_hop`.
    pub(crate) fn start(data: &Path, next_hop: SocketAddr) -> Self {
        Self::with(data, &format!("--smtp-listen 127.0.0.1:0 --domain city.test --next-hop {next_hop}"), None)
    }

    /// `serve` with these options, which are cut at spaces, and a configuration file.
    pub(crate) fn with(data: &Path, options: &str, config: Option<&Path>) -> Self {
        let mut command = temizu();
        command.arg("serve").arg("--data").arg(data).arg("--worker").arg(worker());
        command.args(options.split_whitespace());
        if let Some(config) = config {
            command.arg("--config").arg(config);
        }
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let (written, log) = watch::channel(Vec::new());
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                let line = serde_json::from_str(&line).unwrap_or(Value::String(line));
                written.send_modify(|log: &mut Vec<Value>| log.push(line));
            }
        });
        Self { child, log }
    }

    /// Waits until it has logged `message`, and returns that line.
    pub(crate) async fn logged(&self, message: &str) -> Value {
        let said = |line: &Value| line["message"].as_str().is_some_and(|text| text.contains(message));
        let mut log = self.log.clone();
        let found = tokio::time::timeout(PATIENCE, log.wait_for(|log| log.iter().any(said))).await;
        match found {
            Ok(Ok(log)) => log.iter().find(|line| said(line)).unwrap().clone(),
            _ => panic!("{message:?} is missing in {:#?}", *self.log.borrow()),
        }
    }

    /// Where it receives mail.
    pub(crate) async fn address(&self) -> SocketAddr {
        self.logged("receiving mail").await["address"].as_str().unwrap().parse().unwrap()
    }

    /// Everything logged so far.
    pub(crate) fn log(&self) -> Vec<Value> {
        self.log.borrow().clone()
    }

    /// What it has open now, sockets and the like left out.
    pub(crate) fn open_files(&self) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(format!("/proc/{}/fd", self.child.id())).unwrap();
        let links = entries.filter_map(|entry| std::fs::read_link(entry.unwrap().path()).ok());
        links.filter(|file| file.is_absolute()).collect()
    }

    /// True if these bytes stand together anywhere in what it has written to its memory.
    pub(crate) fn remembers(&self, bytes: &[u8]) -> bool {
        let of = |what: &str| format!("/proc/{}/{what}", self.child.id());
        let memory = std::fs::File::open(of("mem")).unwrap();
        let maps = std::fs::read_to_string(of("maps")).unwrap();
        let finder = memchr::memmem::Finder::new(bytes);
        maps.lines().filter(|line| line.contains(" rw")).any(|line| {
            let (from, to) = line.split(' ').next().unwrap().split_once('-').unwrap();
            let [from, to] = [from, to].map(|end| u64::from_str_radix(end, 16).unwrap());
            let mut piece = vec![0; usize::try_from(to - from).unwrap()];
            // What goes away meanwhile is read as far as it goes.
            let read = memory.read_at(&mut piece, from).unwrap_or(0);
            finder.find(&piece[..read]).is_some()
        })
    }

    /// `kill -9`; returns when the process is gone.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// SIGTERM.
    pub(crate) fn terminate(&self) {
        let kill = Command::new("sh").arg("-c").arg(format!("kill -TERM {}", self.child.id())).status().unwrap();
        assert!(kill.success());
    }

    /// Waits until the process has ended by itself; returns how, and how long that took.
    pub(crate) async fn ended(&mut self) -> (ExitStatus, Duration) {
        let since = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return (status, since.elapsed());
            }
            assert!(since.elapsed() < PATIENCE, "it does not end: {:#?}", self.log());
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
