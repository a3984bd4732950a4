//! A real SMTP server on loopback that plays the LGWAN mail server: it records what it takes in and, where a
//! [`Fault`] says so, fails.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;
use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

/// Longest wait for something that must happen.
const PATIENCE: Duration = Duration::from_secs(30);

/// What to do instead of answering as a good server does.
#[derive(Debug, Clone)]
pub(crate) enum Act {
    /// Reply with this and do nothing.
    Say(String),
    /// Do what was asked, but reply with this.
    DoAndSay(String),
    /// Reply with this and close the connection.
    SayAndClose(String),
    /// Close the connection without a reply.
    Close,
    /// Keep the connection and never reply again.
    Silence,
    /// Send octets without end.
    Flood,
    /// Go on when notified.
    Hold(Arc<Notify>),
}

/// A fault at one moment of the dialog.
#[derive(Debug, Clone)]
pub(crate) struct Fault {
    at: &'static str,
    skip: usize,
    times: usize,
    act: Act,
}

impl Fault {
    /// `at` is the beginning of a command line, or `CONNECT`, or `CONTENT` (the first line of a mail has arrived), or
    /// `.` (the whole mail has arrived).
    pub(crate) fn at(at: &'static str, act: Act) -> Self {
        Self { at, skip: 0, times: usize::MAX, act }
    }

    /// A reply of one line.
    pub(crate) fn say(at: &'static str, reply: &str) -> Self {
        Self::at(at, Act::Say(format!("{reply}\r\n")))
    }

    /// Only the first `times` times.
    pub(crate) fn times(self, times: usize) -> Self {
        Self { times, ..self }
    }

    /// Not the first `skip` times.
    pub(crate) fn after(self, skip: usize) -> Self {
        Self { skip, ..self }
    }
}

/// A mail as it was taken in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Taken {
    pub(crate) mail_command: String,
    pub(crate) to: Vec<String>,
    pub(crate) bytes: Vec<u8>,
    pub(crate) connection: usize,
    pub(crate) tls: bool,
}

/// What has happened so far.
#[derive(Debug, Clone, Default)]
pub(crate) struct Seen {
    pub(crate) connections: usize,
    pub(crate) open: usize,
    pub(crate) most_open: usize,
    /// Command lines, and `.` for a mail's end.
    pub(crate) commands: Vec<String>,
    /// Mails answered with 2xx, or whose answer was withheld.
    pub(crate) taken: Vec<Taken>,
}

impl Seen {
    /// How many command lines begin with `verb`.
    pub(crate) fn count(&self, verb: &str) -> usize {
        self.commands.iter().filter(|line| line.starts_with(verb)).count()
    }
}

/// The server; ends when dropped.
pub(crate) struct NextHop {
    address: SocketAddr,
    seen: watch::Sender<Seen>,
    _sessions: JoinSet<()>,
}

struct Plan {
    extensions: Vec<String>,
    faults: Mutex<VecDeque<Fault>>,
    tls: Option<TlsAcceptor>,
    seen: watch::Sender<Seen>,
}

impl NextHop {
    /// A server that offers SIZE and PIPELINING.
    pub(crate) async fn start(faults: Vec<Fault>) -> Self {
        Self::with(&["SIZE 104857600", "PIPELINING"], None, faults).await
    }

    /// A server that offers `extensions`, and STARTTLS if `tls` is given.
    pub(crate) async fn with(extensions: &[&str], tls: Option<TlsAcceptor>, faults: Vec<Fault>) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        Self::listen(listener, extensions, tls, faults)
    }

    /// A server on this address.
    pub(crate) async fn start_on(address: SocketAddr) -> Self {
        Self::listen(TcpListener::bind(address).await.unwrap(), &["SIZE 104857600", "PIPELINING"], None, Vec::new())
    }

    fn listen(listener: TcpListener, extensions: &[&str], tls: Option<TlsAcceptor>, faults: Vec<Fault>) -> Self {
        let address = listener.local_addr().unwrap();
        let seen = watch::Sender::new(Seen::default());
        let plan = Arc::new(Plan {
            extensions: extensions.iter().map(ToString::to_string).collect(),
            faults: Mutex::new(faults.into()),
            tls,
            seen: seen.clone(),
        });
        let mut sessions = JoinSet::new();
        sessions.spawn(async move {
            let mut sessions = JoinSet::new();
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                stream.set_nodelay(true).unwrap();
                let mut connection = 0;
                plan.seen.send_modify(|seen| {
                    seen.connections += 1;
                    seen.open += 1;
                    seen.most_open = seen.most_open.max(seen.open);
                    connection = seen.connections;
                });
                let plan = Arc::clone(&plan);
                sessions.spawn(async move {
                    let session = Session {
                        plan: Arc::clone(&plan),
                        stream: BufReader::new(Box::new(stream)),
                        connection,
                        encrypted: false,
                    };
                    session.run().await;
                    plan.seen.send_modify(|seen| seen.open -= 1);
                });
            }
        });
        Self { address, seen, _sessions: sessions }
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// What has happened so far.
    pub(crate) fn seen(&self) -> Seen {
        self.seen.borrow().clone()
    }

    /// Looks at what has happened so far without a copy of it.
    pub(crate) fn with_seen<T>(&self, look: impl FnOnce(&Seen) -> T) -> T {
        look(&self.seen.borrow())
    }

    /// Waits until `condition` holds.
    pub(crate) async fn until(&self, what: &str, condition: impl Fn(&Seen) -> bool) {
        let mut seen = self.seen.subscribe();
        let reached = tokio::time::timeout(PATIENCE, seen.wait_for(condition)).await.is_ok_and(|seen| seen.is_ok());
        assert!(reached, "{what}: {:?}", self.seen().commands);
    }
}

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

struct Session {
    plan: Arc<Plan>,
    stream: BufReader<Box<dyn Stream>>,
    connection: usize,
    encrypted: bool,
}

/// The envelope of the mail under way.
#[derive(Default)]
struct Transaction {
    mail_command: String,
    to: Vec<String>,
}

/// The connection is over.
struct Over;

impl Session {
    async fn run(mut self) {
        if self.react("CONNECT", "220 hop.test ESMTP").await.is_err() {
            return;
        }
        let mut transaction = Transaction::default();
        while let Ok(line) = self.line().await {
            let line = String::from_utf8(line).unwrap().trim_end().to_owned();
            self.note(&line);
            let verb = line.split(' ').next().unwrap().to_uppercase();
            let good = match verb.as_str() {
                "EHLO" => self.ehlo_reply(),
                "RCPT" if transaction.mail_command.is_empty() => "503 5.5.1 MAIL first".to_owned(),
                "DATA" if transaction.to.is_empty() => "554 5.5.1 no valid recipients".to_owned(),
                "MAIL" | "RCPT" | "RSET" | "NOOP" => format!("250 2.0.0 {verb} ok"),
                "DATA" => "354 go on".to_owned(),
                "STARTTLS" if self.plan.tls.is_some() => "220 2.0.0 go on".to_owned(),
                "QUIT" => "221 2.0.0 bye".to_owned(),
                _ => "502 5.5.2 what?".to_owned(),
            };
            let Ok(reply) = self.react(&line, &good).await else { return };
            match (verb.as_str(), reply.as_bytes()[0]) {
                ("QUIT", _) => return,
                ("MAIL", b'2') => transaction.mail_command = line,
                ("RCPT", b'2') => transaction.to.push(line),
                ("RSET", b'2') => transaction = Transaction::default(),
                ("STARTTLS", b'2') => self = self.encrypt().await,
                ("DATA", b'3') if self.take(std::mem::take(&mut transaction)).await.is_err() => return,
                _ => {}
            }
        }
    }

    fn ehlo_reply(&self) -> String {
        let mut lines = vec!["hop.test".to_owned()];
        lines.extend(self.plan.extensions.iter().cloned());
        if self.plan.tls.is_some() && !self.encrypted {
            lines.push("STARTTLS".to_owned());
        }
        let last = lines.pop().unwrap();
        lines.iter().map(|line| format!("250-{line}\r\n")).collect::<String>() + "250 " + &last
    }

    async fn encrypt(self) -> Self {
        let acceptor = self.plan.tls.clone().unwrap();
        let stream: Box<dyn Stream> = match acceptor.accept(self.stream.into_inner()).await {
            Ok(stream) => Box::new(stream),
            Err(_) => Box::new(tokio::io::join(tokio::io::empty(), tokio::io::sink())),
        };
        Self { stream: BufReader::new(stream), encrypted: true, ..self }
    }

    /// Reads a mail up to CRLF.CRLF, taking out the stuffed dots.
    async fn take(&mut self, Transaction { mail_command, to }: Transaction) -> Result<(), Over> {
        let mut bytes = Vec::new();
        let mut first = true;
        loop {
            let line = self.line().await?;
            if std::mem::take(&mut first) && self.fault("CONTENT").is_some() {
                return Err(Over);
            }
            assert!(line.ends_with(b"\r\n"), "a bare LF in the content");
            if line == b".\r\n" {
                break;
            }
            bytes.extend_from_slice(line.strip_prefix(b".").unwrap_or(&line));
        }
        let taken = Taken { mail_command, to, bytes, connection: self.connection, tls: self.encrypted };
        self.note(".");
        let reply = self.react(".", "250 2.0.0 taken").await;
        if reply.as_ref().map_or(true, |reply| reply.starts_with('2')) {
            self.plan.seen.send_modify(|seen| seen.taken.push(taken));
        }
        reply.map(|_| ())
    }

    async fn line(&mut self) -> Result<Vec<u8>, Over> {
        let mut line = Vec::new();
        match self.stream.read_until(b'\n', &mut line).await {
            // A line without its end: the other side is gone in the middle of it.
            Ok(_) if line.ends_with(b"\n") => Ok(line),
            _ => Err(Over),
        }
    }

    fn note(&self, line: &str) {
        self.plan.seen.send_modify(|seen| seen.commands.push(line.to_owned()));
    }

    fn fault(&self, moment: &str) -> Option<Act> {
        let mut faults = self.plan.faults.lock().unwrap();
        let fault = faults.iter_mut().find(|fault| moment.starts_with(fault.at) && fault.times > 0)?;
        if fault.skip > 0 {
            fault.skip -= 1;
            return None;
        }
        fault.times -= 1;
        Some(fault.act.clone())
    }

    /// Replies; returns the reply that says what was done.
    async fn react(&mut self, moment: &str, good: &str) -> Result<String, Over> {
        let (reply, over) = match self.fault(moment) {
            None => (format!("{good}\r\n"), false),
            Some(Act::Say(reply)) => (reply, false),
            Some(Act::SayAndClose(reply)) => (reply, true),
            Some(Act::DoAndSay(reply)) => {
                self.send(reply.as_bytes()).await?;
                return Ok(good.to_owned());
            }
            Some(Act::Close) => return Err(Over),
            Some(Act::Silence) => std::future::pending().await,
            Some(Act::Flood) => loop {
                self.send(&[b'2'; 4096]).await?;
            },
            Some(Act::Hold(released)) => {
                released.notified().await;
                (format!("{good}\r\n"), false)
            }
        };
        self.send(reply.as_bytes()).await?;
        if over { Err(Over) } else { Ok(reply) }
    }

    async fn send(&mut self, bytes: &[u8]) -> Result<(), Over> {
        self.stream.write_all(bytes).await.map_err(|_| Over)?;
        self.stream.flush().await.map_err(|_| Over)
    }
}
