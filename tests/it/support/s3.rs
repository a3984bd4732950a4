//! An S3 server on loopback: `s3s-fs` inside the test process, or a real one that the environment names.
//!
//! Refuses every key it was not told of, and what a key's policy does not allow. Invariant: nothing it stored is left
//! after it is dropped; only a server that the environment names keeps its buckets.
//!
//! Where `s3s-fs` 0.17 is not like AWS (and tests must not rest on it):
//! - keys are paths of files: `a` and `a/b` cannot both exist, and reading `a` while `a/b` exists is an internal error
//!   (which `object_store` tries again many times), not `NoSuchKey`;
//! - `If-None-Match: *` is obeyed, but by looking first and writing then: of two writers at once both may succeed
//!   (garage takes no notice of it at all);
//! - nothing is synced: a put that was answered survives `stop`, and would not survive a power cut;
//! - a listing walks the whole bucket for every page: no figures about listings;
//! - one forbidden key refuses a whole bulk delete, which AWS answers key by key.
//!
//! Alike, and relied on: deleting what is not there succeeds; every part of an upload but the last needs 5 MiB; an
//! object appears whole or not at all.

mod policy;

use std::net::SocketAddr;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder as Connections;
use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::signer::Signer as _;
use s3s::service::{S3Service, S3ServiceBuilder};
use serde_json::Value;
use tokio::net::{TcpListener, TcpSocket};
use tokio::sync::oneshot;

use policy::Guard;

/// Any will do; a signature needs one.
pub(crate) const REGION: &str = "us-east-1";

/// A pair of keys.
#[derive(Clone, Debug)]
pub(crate) struct Key {
    pub(crate) access: String,
    pub(crate) secret: String,
}

impl Key {
    fn new(access: &str, secret: &str) -> Self {
        Self { access: access.to_owned(), secret: secret.to_owned() }
    }
}

/// A running S3 server.
#[derive(Debug)]
pub(crate) struct S3Server {
    endpoint: String,
    /// May do everything.
    root: Key,
    ours: Option<InProcess>,
}

impl S3Server {
    /// The server that `TEMIZU_TEST_S3_ENDPOINT`, `TEMIZU_TEST_S3_ACCESS_KEY` and `TEMIZU_TEST_S3_SECRET_KEY` name (a
    /// throw-away one: its buckets stay), otherwise [`Self::start_in_process`].
    pub(crate) async fn start() -> Self {
        let Ok(endpoint) = std::env::var("TEMIZU_TEST_S3_ENDPOINT") else { return Self::start_in_process().await };
        let named = |name: &str| std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set"));
        Self::at(&endpoint, &Key::new(&named("TEMIZU_TEST_S3_ACCESS_KEY"), &named("TEMIZU_TEST_S3_SECRET_KEY")))
    }

    /// A server of this test's own, whatever the environment says: for tests of refusals and outages.
    pub(crate) async fn start_in_process() -> Self {
        let root = Key::new("root", "root-secret");
        let ours = InProcess::start();
        ours.guard.allow(&root, None);
        Self { endpoint: format!("http://{}", ours.address), root, ours: Some(ours) }
    }

    /// A server that somebody else has started.
    pub(crate) fn at(endpoint: &str, root: &Key) -> Self {
        Self { endpoint: endpoint.trim_end_matches('/').to_owned(), root: root.clone(), ours: None }
    }

    /// `http://127.0.0.1:PORT`
    pub(crate) fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// The key that may do everything.
    pub(crate) const fn root(&self) -> &Key {
        &self.root
    }

    /// Creates a bucket and returns its name: `name` itself, or one made from it where others use the server, too.
    pub(crate) async fn create_bucket(&self, name: &str) -> String {
        if let Some(ours) = &self.ours {
            std::fs::create_dir(ours.folder.path().join(name)).unwrap();
            return name.to_owned();
        }
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("{name}-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        // `object_store` cannot create a bucket, but it can sign the request.
        let path = object_store::path::Path::default();
        let minute = Duration::from_secs(60);
        let address = self.client(&name, &self.root).signed_url(reqwest::Method::PUT, &path, minute).await.unwrap();
        let answer = reqwest::Client::new().put(address).send().await.unwrap();
        assert!(answer.status().is_success(), "no bucket {name}: {}", answer.text().await.unwrap());
        name
    }

    /// Lets a key do what `policy` (an IAM policy document) allows, or everything. Said again, the last word counts.
    /// Returns the key to use: on a server that the environment names that is its only one, and policies are not
    /// enforced.
    ///
    /// Fails on a document with something in it that this server would have to ignore.
    pub(crate) fn allow(&self, access_key: &str, secret_key: &str, policy: Option<&Value>) -> Key {
        let Some(ours) = &self.ours else { return self.root.clone() };
        let key = Key::new(access_key, secret_key);
        ours.guard.allow(&key, policy);
        key
    }

    /// Ends it: connections break, new ones are refused, the port stays taken.
    pub(crate) fn stop(&self) {
        self.in_process().stop();
    }

    /// Starts it again on the same port with the same content.
    pub(crate) fn start_again(&self) {
        self.in_process().serve();
    }

    /// A client for one bucket.
    pub(crate) fn client(&self, bucket: &str, key: &Key) -> AmazonS3 {
        self.builder(bucket, key).build().unwrap()
    }

    /// [`Self::client`], before it is built.
    pub(crate) fn builder(&self, bucket: &str, key: &Key) -> AmazonS3Builder {
        ring_for_tls();
        AmazonS3Builder::new()
            .with_endpoint(&self.endpoint)
            .with_allow_http(true)
            .with_virtual_hosted_style_request(false)
            .with_region(REGION)
            .with_bucket_name(bucket)
            .with_access_key_id(&key.access)
            .with_secret_access_key(&key.secret)
    }

    /// Where the buckets are files.
    pub(crate) fn folder(&self) -> &Path {
        self.in_process().folder.path()
    }

    fn in_process(&self) -> &InProcess {
        self.ours.as_ref().expect("only a server of this test's own can be stopped or looked into: start_in_process")
    }
}

/// `reqwest` is built without a TLS provider of its own and panics when a client is built, even one for http, unless
/// the process has a default one. Whoever builds an `object_store` client for S3 has to do this first.
pub(crate) fn ring_for_tls() {
    // An error says that it is there already.
    drop(rustls::crypto::ring::default_provider().install_default());
}

/// The server inside this process, on a thread and a runtime of its own: a test may block while it is asked.
#[derive(Debug)]
struct InProcess {
    address: SocketAddr,
    folder: tempfile::TempDir,
    guard: Guard,
    /// Bound and never listening: keeps the port from everybody else while the server is down.
    _port: TcpSocket,
    running: Mutex<Option<Running>>,
}

#[derive(Debug)]
struct Running {
    end: oneshot::Sender<()>,
    thread: JoinHandle<()>,
}

impl InProcess {
    fn start() -> Self {
        let port = bound("127.0.0.1:0".parse().unwrap());
        let address = port.local_addr().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let guard = Guard::new(folder.path());
        let server = Self { address, folder, guard, _port: port, running: Mutex::new(None) };
        server.serve();
        server
    }

    fn serve(&self) {
        let mut running = self.running.lock().unwrap();
        assert!(running.is_none(), "it is running already");
        let (end, ended) = oneshot::channel();
        let service = self.service();
        let socket = bound(self.address);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let listener = {
            let _context = runtime.enter();
            socket.listen(1024).unwrap()
        };
        // Leaving `block_on` and dropping the runtime cuts every connection off.
        let thread = std::thread::spawn(move || {
            runtime.block_on(async {
                tokio::select! {
                    () = accept(listener, service) => {}
                    _ = ended => {}
                }
            });
        });
        *running = Some(Running { end, thread });
    }

    fn stop(&self) {
        let Some(running) = self.running.lock().unwrap().take() else { return };
        // It cannot have ended before: then joining says why.
        running.end.send(()).ok();
        running.thread.join().unwrap();
    }

    fn service(&self) -> S3Service {
        let mut builder = S3ServiceBuilder::new(s3s_fs::FileSystem::new(self.folder.path()).unwrap());
        builder.set_auth(self.guard.clone());
        builder.set_access(self.guard.clone());
        builder.build()
    }
}

impl Drop for InProcess {
    fn drop(&mut self) {
        self.stop();
    }
}

/// A socket on `address` that others of ours may be bound to as well, as long as one of them listens at most.
fn bound(address: SocketAddr) -> TcpSocket {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_reuseaddr(true).unwrap();
    socket.bind(address).unwrap();
    socket
}

async fn accept(listener: TcpListener, service: S3Service) {
    let connections = Arc::new(Connections::new(TokioExecutor::new()));
    loop {
        // Out of descriptors, say: the next one may work.
        let Ok((stream, _)) = listener.accept().await else { continue };
        drop(stream.set_nodelay(true));
        let (connections, service) = (Arc::clone(&connections), service.clone());
        tokio::spawn(async move {
            // A client that goes away is the client's business.
            drop(connections.serve_connection(TokioIo::new(stream), service).await);
        });
    }
}
