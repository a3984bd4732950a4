//! The one Chromium of this test process: started by whoever asks first, ended when the process is.
//!
//! Refuses to go on without it. Invariant: process group and folder are gone soon after the test process has ended,
//! even if that was killed; nothing is written outside of the folder, nothing but loopback is reached.

use std::io::BufReader;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Mutex};

use chromiumoxide::Browser;
use chromiumoxide::error::CdpError;
use chromiumoxide::handler::{Handler, HandlerConfig};
use futures_util::StreamExt as _;
use tokio::runtime::Handle;
use tokio::sync::OnceCell;

use super::authority::Authority;
use super::tab::PATIENCE;

/// Waits until nobody holds the other end of its standard input any more, which a killed process does not either.
/// The signals that a terminal sends to all it started must not end it before that. The browser gets a process group of
/// its own, so that its children go with it.
const WATCHER: &str = "trap '' HUP INT QUIT TERM\n\
     folder=$1; shift\n\
     setsid \"$@\" </dev/null &\n\
     browser=$!\n\
     exec 2>/dev/null\n\
     read -r nothing\n\
     kill -s KILL -- -$browser\n\
     wait\n\
     rm -rf -- \"$folder\" || { sleep 2; rm -rf -- \"$folder\"; }\n";

/// No sandbox: tests run as root and in containers, and only pages of ours are opened. One process per browser context:
/// then every request of a page, its frames included, is reported in one place.
const FLAGS: &[&str] = &[
    "--headless",
    "--no-sandbox",
    "--remote-debugging-port=0",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
    "--no-proxy-server",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-domain-reliability",
    "--disable-client-side-phishing-detection",
    "--disable-default-apps",
    "--disable-extensions",
    "--disable-sync",
    "--disable-breakpad",
    "--disable-field-trial-config",
    "--metrics-recording-only",
    "--no-first-run",
    "--no-default-browser-check",
    "--no-pings",
    "--no-service-autorun",
    "--password-store=basic",
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--disable-site-isolation-trials",
    "--disable-background-timer-throttling",
    "--disable-backgrounding-occluded-windows",
    "--disable-renderer-backgrounding",
    "--disable-hang-monitor",
    "--disable-ipc-flooding-protection",
    "--disable-prompt-on-repost",
    "--hide-scrollbars",
    "--mute-audio",
    "--force-color-profile=srgb",
    "--lang=ja",
    "--accept-lang=ja",
    "--disable-features=IsolateOrigins,site-per-process,HttpsUpgrades,HttpsFirstBalancedModeAutoEnable,Translate,\
     OptimizationHints,MediaRouter,DialMediaRouteProvider,CertificateTransparencyComponentUpdater,\
     AutofillServerCommunication,InterestFeedContentSuggestions,PaintHolding",
];

static SHARED: OnceCell<Chromium> = OnceCell::const_new();

/// A running browser.
#[derive(Debug)]
pub(super) struct Chromium {
    pub(super) browser: Browser,
    /// Of the thread that drives the browser; it outlives every test.
    pub(super) runtime: Handle,
    /// What it said that could not be read, as it was said.
    pub(super) unread: Arc<Mutex<Vec<String>>>,
    pub(super) folder: PathBuf,
    _life: Life,
}

/// Ends the watcher, and with it the browser, when dropped.
#[derive(Debug)]
struct Life {
    watcher: Child,
    /// The watcher waits until it is closed.
    pipe: Option<ChildStdin>,
}

impl Chromium {
    /// The browser of this test process.
    pub(super) async fn shared() -> &'static Self {
        let started = SHARED.get_or_try_init(|| Self::start("chromium")).await;
        started.unwrap_or_else(|reason| panic!("{reason}"))
    }

    /// A browser of its own; ends when dropped.
    pub(super) async fn start(program: &str) -> Result<Self, String> {
        if !xtask::run::on_path(program) {
            return Err(format!("{program} is missing: run `cargo xtask tools` first"));
        }
        let folder = tempfile::Builder::new().prefix("temizu-browser-").tempdir().unwrap().keep();
        let mut life = Life { watcher: watcher(program, &folder), pipe: None };
        life.pipe = life.watcher.stdin.take();
        let said = BufReader::new(life.watcher.stderr.take().unwrap());
        let address = tokio::task::spawn_blocking(move || address(said)).await.unwrap()?;
        let unread = Arc::new(Mutex::new(Vec::new()));
        let (browser, runtime) = drive(address, Arc::clone(&unread)).await?;
        Ok(Self { browser, runtime, unread, folder, _life: life })
    }
}

impl Drop for Life {
    fn drop(&mut self) {
        drop(self.pipe.take());
        drop(self.watcher.wait());
    }
}

fn watcher(program: &str, folder: &Path) -> Child {
    let mut sh = Command::new("sh");
    sh.args(["-c", WATCHER, "sh"]).arg(folder).arg(program).args(FLAGS);
    sh.arg(format!("--ignore-certificate-errors-spki-list={}", Authority::shared().fingerprint));
    sh.arg(format!("--user-data-dir={}", folder.join("profile").display())).arg("about:blank");
    let path = std::env::var_os("PATH").unwrap_or_default();
    sh.env_clear().env("PATH", path).env("LANG", "C.UTF-8").env("DBUS_SESSION_BUS_ADDRESS", "disabled:");
    for (variable, place) in [("HOME", "home"), ("TMPDIR", "tmp"), ("XDG_RUNTIME_DIR", "run")] {
        std::fs::create_dir(folder.join(place)).unwrap();
        sh.env(variable, folder.join(place));
    }
    // A group of its own: it must outlive a Ctrl-C.
    sh.current_dir("/").process_group(0);
    sh.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
}

/// Where the browser can be driven, as it says itself. Goes on to read, so that it never waits for a reader.
fn address(said: impl std::io::BufRead + Send + 'static) -> Result<String, String> {
    let mut lines = said.lines();
    let mut before = Vec::new();
    for line in lines.by_ref().map_while(Result::ok) {
        if let Some((_, address)) = line.split_once("DevTools listening on ") {
            let address = address.trim().to_owned();
            std::thread::spawn(move || lines.map_while(Result::ok).for_each(drop));
            return Ok(address);
        }
        before.push(line);
    }
    Err(format!("chromium does not start: {}", before.join("\n")))
}

/// Connects on a thread and a runtime of its own: the runtimes of tests end with their tests.
async fn drive(address: String, unread: Arc<Mutex<Vec<String>>>) -> Result<(Browser, Handle), String> {
    let (connected, connecting) = tokio::sync::oneshot::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let config = HandlerConfig {
                ignore_https_errors: false,
                ignore_invalid_messages: false,
                viewport: None,
                request_timeout: PATIENCE,
                ..HandlerConfig::default()
            };
            match Browser::connect_with_config(address, config).await {
                Ok((browser, handler)) => {
                    drop(connected.send(Ok((browser, Handle::current()))));
                    listen(handler, &unread).await;
                }
                Err(error) => drop(connected.send(Err(format!("chromium cannot be driven: {error}")))),
            }
        });
    });
    connecting.await.unwrap()
}

/// Until the connection ends. A message that cannot be read is kept: a check must not rest on events that were lost.
async fn listen(mut handler: Handler, unread: &Mutex<Vec<String>>) {
    while let Some(said) = handler.next().await {
        match said {
            Err(CdpError::InvalidMessage(raw, _)) => unread.lock().unwrap().push(raw),
            Err(CdpError::Ws(_)) => return,
            _ => {}
        }
    }
}
