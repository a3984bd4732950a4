//! Receiving SMTP as a client sees it: the scripts of `tests/dialogs`, played against a real listener.
//!
//! | line | meaning |
//! |---|---|
//! | `! smtp.max_sessions = 1` | a line of configuration, before the first connection |
//! | `C: text` | sends the text and CRLF; consecutive lines leave in one write |
//! | `C- text` | sends the text alone |
//! | `C* 20 text` | as `C:`, so many times |
//! | `S: 250 2.1.0` | expects a line that begins so |
//! | `S* 20 text` | as `S:`, so many times |
//! | `M: text` | expects the next accepted mail to be exactly this |
//! | `E: a@b > c@d e@f` | expects the envelope of that mail |
//! | `H: 192.0.2.1 name` | expects the client of that mail: address and EHLO argument |
//! | `close` | expects the server to have closed |
//! | `connect` | connects anew; the old connection is closed |
//! | `connect beside` | connects anew; the old connection stays |
//! | `room 100` | lets the store have so many bytes left |
//! | `remove store` | takes the store's folder away |
//! | `shutdown` | asks the server to stop |
//!
//! `\r`, `\n`, `\t`, `\\` and `\x00` are read in texts. At the end every accepted mail must have been expected, and
//! nothing may be left in the store but these.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rustls_pki_types::ServerName;
use rustls_pki_types::pem::PemObject as _;
use temizu::config::Config;
use temizu::domain::{Envelope, Mailbox};
use temizu::smtp::Intake;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::support::folder_sink::{Edge, FolderSink};

/// Longest wait for anything the server ought to do.
const PATIENCE: Duration = Duration::from_secs(20);

/// A server on a free port, with its store in a temporary folder.
struct Server {
    address: std::net::SocketAddr,
    sink: FolderSink,
    folder: tempfile::TempDir,
    shutdown: watch::Sender<bool>,
    serving: JoinHandle<()>,
}

impl Server {
    /// Starts with `settings`, lines of TOML with dotted keys.
    async fn start(settings: &str) -> Self {
        let base = "site.host_name = \"gw.example.lg.jp\"\n\
                    smtp.listen = [\"127.0.0.1:0\"]\n\
                    smtp.domains = [\"city.example.lg.jp\", \"town.example.lg.jp\"]\n";
        let config: Config = toml::from_str(&format!("{base}{settings}")).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let sink = FolderSink::new(folder.path(), u64::MAX);
        let edge = Arc::new(Edge::default());
        let intake = Intake::new(Arc::new(config), Arc::new(sink.clone()), edge.clone(), edge).unwrap();
        let bound = intake.bind().await.unwrap();
        let address = bound.local_addrs().unwrap()[0];
        let (shutdown, asked) = watch::channel(false);
        let serving = tokio::spawn(bound.serve(asked));
        Self { address, sink, folder, shutdown, serving }
    }

    async fn connect(&self) -> Peer<TcpStream> {
        Peer(BufReader::new(TcpStream::connect(self.address).await.unwrap()))
    }

    /// Stops the server; it must come to its end by itself.
    async fn stop(self) -> (FolderSink, tempfile::TempDir) {
        self.shutdown.send_replace(true);
        timeout(PATIENCE, self.serving).await.expect("a stop in time").unwrap();
        (self.sink, self.folder)
    }
}

/// The client's end of a connection.
struct Peer<S>(BufReader<S>);

impl<S: AsyncRead + AsyncWrite + Unpin> Peer<S> {
    async fn send(&mut self, bytes: &[u8]) {
        self.0.write_all(bytes).await.unwrap();
        self.0.flush().await.unwrap();
    }

    /// The next line without its CRLF; empty at the end of the connection.
    async fn line(&mut self) -> String {
        let mut line = String::new();
        timeout(PATIENCE, self.0.read_line(&mut line)).await.expect("a reply in time").unwrap();
        assert!(line.is_empty() || line.ends_with("\r\n"), "{line:?}");
        line.trim_end().to_owned()
    }

    async fn expect(&mut self, prefix: &str, place: &str) {
        let line = self.line().await;
        assert!(line.starts_with(prefix), "{place}: expected {prefix:?}, got {line:?}");
    }

    async fn expect_close(&mut self, place: &str) {
        let mut rest = Vec::new();
        timeout(PATIENCE, (&mut self.0).take(4096).read_to_end(&mut rest)).await.expect("closed in time").unwrap();
        assert_eq!(rest.escape_ascii().to_string(), "", "{place}: closed without another word");
    }

    /// Says the lines of a simple mail up to the reply to DATA.
    async fn begin_mail(&mut self) {
        self.expect("220 ", "begin_mail").await;
        self.send(b"EHLO x\r\n").await;
        while self.line().await.starts_with("250-") {}
        self.send(b"MAIL FROM:<a@b.example>\r\nRCPT TO:<c@city.example.lg.jp>\r\nDATA\r\n").await;
        for prefix in ["250 2.1.0", "250 2.1.5", "354 "] {
            self.expect(prefix, "begin_mail").await;
        }
    }
}

/// Reads the escapes of a script.
fn unescape(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match (byte, if byte == b'\\' { rest.next() } else { None }) {
            (b'\\', Some(b'r')) => b'\r',
            (b'\\', Some(b'n')) => b'\n',
            (b'\\', Some(b't')) => b'\t',
            (b'\\', Some(b'\\')) => b'\\',
            (b'\\', Some(b'x')) => {
                let digits = [rest.next().unwrap(), rest.next().unwrap()];
                u8::from_str_radix(std::str::from_utf8(&digits).unwrap(), 16).unwrap()
            }
            (b'\\', other) => panic!("no such escape: {other:?}"),
            (plain, _) => plain,
        });
    }
    bytes
}

/// Splits `20 text` as `C*` and `S*` have it.
fn repeated(argument: &str) -> (usize, &str) {
    let (count, text) = argument.split_once(' ').unwrap();
    (count.parse().unwrap(), text)
}

fn describe(envelope: &Envelope) -> String {
    let paths: Vec<&str> = envelope.forward_paths.iter().map(Mailbox::as_str).collect();
    format!("{} > {}", envelope.reverse_path.as_str(), paths.join(" "))
}

/// What a script did so far.
struct Play {
    server: Server,
    peer: Peer<TcpStream>,
    beside: Vec<Peer<TcpStream>>,
    unsent: Vec<u8>,
    expected: usize,
}

impl Play {
    async fn step(&mut self, word: &str, argument: &str, place: &str) {
        match word {
            "C:" => self.unsent.extend([unescape(argument), b"\r\n".to_vec()].concat()),
            "C-" => self.unsent.extend(unescape(argument)),
            "C*" => {
                let (count, text) = repeated(argument);
                self.unsent.extend([unescape(text), b"\r\n".to_vec()].concat().repeat(count));
            }
            _ => {
                let unsent = std::mem::take(&mut self.unsent);
                self.peer.send(&unsent).await;
                self.observe(word, argument, place).await;
            }
        }
    }

    async fn observe(&mut self, word: &str, argument: &str, place: &str) {
        match (word, argument) {
            ("S:", prefix) => self.peer.expect(prefix, place).await,
            ("S*", argument) => {
                let (count, prefix) = repeated(argument);
                for _ in 0..count {
                    self.peer.expect(prefix, place).await;
                }
            }
            ("M:", text) => {
                let mails = self.server.sink.mails();
                let (mail, _) = mails.get(self.expected).unwrap_or_else(|| panic!("{place}: one more mail"));
                self.expected += 1;
                assert_eq!(mail.escape_ascii().to_string(), unescape(text).escape_ascii().to_string(), "{place}");
            }
            ("E:", text) => assert_eq!(describe(&self.last_envelope()), text, "{place}"),
            ("H:", text) => {
                let client = self.last_envelope().client;
                assert_eq!(format!("{} {}", client.address, client.helo), text, "{place}");
            }
            ("close", "") => self.peer.expect_close(place).await,
            ("connect", "") => self.peer = self.server.connect().await,
            ("connect", "beside") => {
                let peer = self.server.connect().await;
                self.beside.push(std::mem::replace(&mut self.peer, peer));
            }
            ("room", bytes) => self.server.sink.set_room(bytes.parse().unwrap()),
            ("remove", "store") => std::fs::remove_dir_all(self.server.folder.path()).unwrap(),
            ("shutdown", "") => drop(self.server.shutdown.send_replace(true)),
            (word, argument) => panic!("{place}: no such line: {word} {argument}"),
        }
    }

    fn last_envelope(&self) -> Envelope {
        self.server.sink.mails().swap_remove(self.expected - 1).1
    }
}

async fn play(path: &Path) {
    let script = std::fs::read_to_string(path).unwrap();
    let name = path.file_name().unwrap().to_str().unwrap();
    let settings: Vec<&str> = script.lines().filter_map(|line| line.strip_prefix("! ")).collect();
    let server = Server::start(&settings.join("\n")).await;
    let peer = server.connect().await;
    let mut play = Play { server, peer, beside: Vec::new(), unsent: Vec::new(), expected: 0 };
    for (number, line) in script.lines().enumerate() {
        if !line.is_empty() && !line.starts_with(['#', '!']) {
            let (word, argument) = line.split_once(' ').unwrap_or((line, ""));
            play.step(word, argument, &format!("{name}:{}", number + 1)).await;
        }
    }
    let Play { server, peer, beside, unsent, expected } = play;
    assert!(unsent.is_empty(), "{name}: ends with lines that were never sent");
    drop((peer, beside));
    let (sink, folder) = server.stop().await;
    if folder.path().exists() {
        assert_eq!(sink.mails().len(), expected, "{name}: mails accepted");
        assert_eq!(sink.leftovers(), 0, "{name}: originals that were refused leave nothing behind");
    }
}

fn scripts() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/dialogs");
    let mut scripts: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    scripts.retain(|path| path.extension() == Some("smtp".as_ref()));
    scripts.sort();
    scripts
}

#[tokio::test(flavor = "multi_thread")]
async fn every_dialog_goes_as_written() {
    let scripts = scripts();
    assert!(scripts.len() >= 20, "the scripts are found");
    let mut plays = tokio::task::JoinSet::new();
    for path in scripts {
        plays.spawn(async move { play(&path).await });
    }
    while let Some(ended) = plays.join_next().await {
        ended.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_of_20_megabytes_arrives_byte_for_byte() {
    let server = Server::start("").await;
    let mut peer = server.connect().await;
    peer.begin_mail().await;
    let line = [&b"x"[..], &[b'y'; 74], b"\r\n"].concat();
    let mail = [&b"Subject: large\r\n\r\n.a line with a dot\r\n"[..], &line.repeat(260_000)].concat();
    let stuffed = [&b"Subject: large\r\n\r\n..a line with a dot\r\n"[..], &line.repeat(260_000)].concat();
    peer.send(&stuffed).await;
    peer.send(b".\r\n").await;
    peer.expect("250 2.0.0 accepted as ", "large mail").await;
    let mails = server.sink.mails();
    assert!(mails[0].0 == mail, "{} bytes instead of {}", mails[0].0.len(), mail.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn replies_come_without_delay_and_in_one_burst() {
    let server = Server::start("").await;
    let mut peer = server.connect().await;
    peer.expect("220 ", "banner").await;
    peer.send(b"EHLO x\r\n").await;
    while peer.line().await.starts_with("250-") {}
    peer.send(b"MAIL FROM:<>\r\nRCPT TO:<a@city.example.lg.jp>\r\nNOOP\r\n").await;
    let mut burst = [0; 1024];
    let read = timeout(PATIENCE, peer.0.get_mut().read(&mut burst)).await.unwrap().unwrap();
    assert_eq!(&burst[..read], b"250 2.1.0 sender ok\r\n250 2.1.5 recipient ok\r\n250 2.0.0 ok\r\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn shutdown_lets_a_mail_in_progress_finish_and_sends_idle_sessions_away() {
    let server = Server::start("").await;
    let mut idle = server.connect().await;
    idle.expect("220 ", "banner").await;
    let mut busy = server.connect().await;
    busy.begin_mail().await;
    busy.send(b"Subject: a\r\n").await;
    server.shutdown.send_replace(true);
    idle.expect("421 4.3.2", "idle").await;
    idle.expect_close("idle").await;
    drop(idle);
    busy.send(b"\r\nrest\r\n.\r\n").await;
    busy.expect("250 2.0.0 accepted", "busy").await;
    busy.expect("421 4.3.2", "busy").await;
    drop(busy);
    assert!(TcpStream::connect(server.address).await.is_err(), "nothing more is accepted");
    let (sink, _folder) = server.stop().await;
    assert_eq!(sink.mails()[0].0, b"Subject: a\r\n\r\nrest\r\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_leaves_in_the_middle_of_a_mail_leaves_nothing_behind() {
    let server = Server::start("").await;
    let mut peer = server.connect().await;
    peer.begin_mail().await;
    peer.send(b"Subject: a\r\n\r\n.\r").await;
    drop(peer);
    let (sink, _folder) = server.stop().await;
    assert_eq!((sink.mails().len(), sink.leftovers()), (0, 0));
}

/// A server with a certificate of its own, and a client that trusts it.
async fn tls_server() -> (Server, tokio_rustls::TlsConnector, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let issued = rcgen::generate_simple_self_signed(vec!["gw.example.lg.jp".to_owned()]).unwrap();
    let [certificate, key] = ["cert.pem", "key.pem"].map(|name| folder.path().join(name));
    std::fs::write(&certificate, issued.cert.pem()).unwrap();
    std::fs::write(&key, issued.signing_key.serialize_pem()).unwrap();
    let server = Server::start(&format!("smtp.tls_certificate = {certificate:?}\nsmtp.tls_key = {key:?}")).await;

    let mut roots = rustls::RootCertStore::empty();
    roots.add(rustls_pki_types::CertificateDer::from_pem_file(&certificate).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let client = rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let client = client.with_root_certificates(roots).with_no_client_auth();
    (server, tokio_rustls::TlsConnector::from(Arc::new(client)), folder)
}

#[tokio::test(flavor = "multi_thread")]
async fn commands_smuggled_in_behind_starttls_are_not_obeyed() {
    let (server, connector, _identity) = tls_server().await;
    let mut peer = server.connect().await;
    peer.expect("220 ", "banner").await;
    peer.send(b"EHLO plain\r\n").await;
    let mut offers = Vec::new();
    while offers.last().is_none_or(|line: &String| line.starts_with("250-")) {
        offers.push(peer.line().await);
    }
    assert!(offers.contains(&"250-STARTTLS".to_owned()), "{offers:?}");

    peer.send(b"MAIL FROM:<plain@b.example>\r\nSTARTTLS\r\nEHLO injected\r\nMAIL FROM:<x@y.example>\r\n").await;
    peer.expect("250 2.1.0", "MAIL").await;
    peer.expect("220 2.0.0", "STARTTLS").await;
    let name = ServerName::try_from("gw.example.lg.jp").unwrap();
    let stream = timeout(PATIENCE, connector.connect(name, peer.0.into_inner())).await.unwrap().unwrap();

    let mut peer = Peer(BufReader::new(stream));
    peer.send(b"MAIL FROM:<a@b.example>\r\n").await;
    peer.expect("503 5.5.1 say EHLO", "neither the injected nor the plain EHLO counts").await;
    peer.send(b"EHLO inside\r\n").await;
    loop {
        let line = peer.line().await;
        assert!(!line.contains("STARTTLS"), "not offered twice");
        if line.starts_with("250 ") {
            break;
        }
    }
    peer.send(b"STARTTLS\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<c@city.example.lg.jp>\r\nDATA\r\n").await;
    for prefix in ["503 5.5.1 TLS already", "250 2.1.0", "250 2.1.5", "354 "] {
        peer.expect(prefix, "within TLS").await;
    }
    peer.send(b"Subject: a\r\n\r\n.\r\nQUIT\r\n").await;
    peer.expect("250 2.0.0 accepted", "mail").await;
    peer.expect("221 2.0.0", "QUIT").await;
    let (_, envelope) = server.sink.mails().remove(0);
    assert_eq!(describe(&envelope), "a@b.example > c@city.example.lg.jp");
    assert_eq!(envelope.client.helo, "inside");
    let tls = envelope.client.tls.unwrap();
    assert!(tls.starts_with("TLSv1.3 TLS_") && tls.contains("_SHA"), "{tls}");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_client_cannot_take_the_slots_of_another() {
    let server = Server::start("smtp.max_sessions_per_client = 1\nsmtp.proxy_protocol_from = [\"127.0.0.1\"]").await;
    let mut first = server.connect().await;
    first.send(b"PROXY TCP4 192.0.2.1 198.51.100.1 1000 25\r\n").await;
    first.expect("220 ", "first").await;
    for (header, prefix) in [
        ("PROXY TCP4 192.0.2.1 198.51.100.1 1001 25\r\n", "421 4.7.0 too many sessions"),
        ("PROXY TCP4 192.0.2.2 198.51.100.1 1002 25\r\n", "220 "),
    ] {
        let mut next = server.connect().await;
        next.send(header.as_bytes()).await;
        next.expect(prefix, header).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_in_use_is_named_by_the_error() {
    let server = Server::start("").await;
    let config: Config = toml::from_str(&format!("smtp.listen = [\"{}\"]", server.address)).unwrap();
    let edge = Arc::new(Edge::default());
    let intake = Intake::new(Arc::new(config), Arc::new(server.sink.clone()), edge.clone(), edge).unwrap();
    let error = intake.bind().await.unwrap_err();
    assert_eq!(error.to_string(), format!("cannot listen on {}", server.address));
}
