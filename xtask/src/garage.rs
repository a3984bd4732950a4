//! A real distributed object store for one run of the tests: garage, on this machine alone, gone afterwards.
//!
//! Refuses to go on when it cannot be built or does not start. Invariant: it listens on loopback only, and its
//! process and its folder are gone when [`Garage`] is dropped.

use std::io::Read as _;
use std::net::TcpListener;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::run::{Failure, Outcome, cargo, run, target};

const VERSION: &str = "2.5.0";

/// Longest wait for the server to answer.
const PATIENCE: Duration = Duration::from_secs(120);

/// A running garage of one node, without redundancy.
pub(crate) struct Garage {
    folder: PathBuf,
    server: Child,
    endpoint: String,
    access_key: String,
    secret_key: String,
}

impl Garage {
    /// Installs it into `target/garage` where that was not done yet (minutes), and starts it.
    pub(crate) fn start() -> Result<Self, Failure> {
        install()?;
        let folder = target().join("garage").join(format!("run-{}", std::process::id()));
        std::fs::create_dir_all(&folder)?;
        let (s3, rpc) = two_free_ports()?;
        secret_file(&folder.join("garage.toml"), &config(&folder, s3, rpc, &hex(32)?))?;
        let log = std::fs::File::create(folder.join("log"))?;
        let server = garage(&folder).arg("server").stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log).spawn()?;
        let garage = Self {
            folder,
            server,
            endpoint: format!("http://127.0.0.1:{s3}"),
            // The form garage asks for: GK and 12 bytes, and 32 bytes.
            access_key: format!("GK{}", hex(12)?),
            secret_key: hex(32)?,
        };
        garage.set_up().map_err(|failure| Failure(format!("{failure}\n{}", garage.log())))?;
        println!("   garage {VERSION} at {}", garage.endpoint);
        Ok(garage)
    }

    /// What tells the tests to use it (`tests/it/support/s3.rs`).
    pub(crate) fn environment(&self) -> [(&'static str, &str); 3] {
        [
            ("TEMIZU_TEST_S3_ENDPOINT", &self.endpoint),
            ("TEMIZU_TEST_S3_ACCESS_KEY", &self.access_key),
            ("TEMIZU_TEST_S3_SECRET_KEY", &self.secret_key),
        ]
    }

    fn set_up(&self) -> Outcome {
        let since = Instant::now();
        while let Err(failure) = self.say(&["status"]) {
            if since.elapsed() > PATIENCE {
                return Err(Failure(format!("garage does not start: {failure}")));
            }
            std::thread::sleep(Duration::from_millis(200));
        }
        let node = self.say(&["node", "id", "--quiet"])?;
        let node = node.split('@').next().unwrap_or_default().trim();
        self.say(&["layout", "assign", node, "--zone", "here", "--capacity", "10G"])?;
        self.say(&["layout", "apply", "--version", "1"])?;
        self.say(&["key", "import", "--yes", "-n", "tests", &self.access_key, &self.secret_key])?;
        self.say(&["key", "allow", "--create-bucket", &self.access_key])?;
        Ok(())
    }

    /// Runs one of garage's commands; what it wrote. The command is not shown: a secret may be in it.
    fn say(&self, words: &[&str]) -> Result<String, Failure> {
        let output = garage(&self.folder).args(words).stdin(Stdio::null()).output()?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
        }
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        Err(Failure(format!("garage {} ended with {}: {said}", words.first().unwrap_or(&""), output.status)))
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.folder.join("log")).unwrap_or_default()
    }
}

impl Drop for Garage {
    fn drop(&mut self) {
        drop(self.server.kill());
        drop(self.server.wait());
        if std::fs::remove_dir_all(&self.folder).is_err() {
            eprintln!("could not remove {}", self.folder.display());
        }
    }
}

fn root() -> PathBuf {
    target().join("garage").join(VERSION)
}

fn install() -> Outcome {
    if root().join("bin/garage").is_file() {
        return Ok(());
    }
    let mut install = cargo(["install", "garage", "--version", VERSION, "--locked", "--ignore-rust-version", "--root"]);
    run("garage, an S3 server (once)", install.arg(root()))
}

fn garage(folder: &Path) -> Command {
    let mut command = Command::new(root().join("bin/garage"));
    command.arg("-c").arg(folder.join("garage.toml"));
    command
}

fn config(folder: &Path, s3: u16, rpc: u16, secret: &str) -> String {
    let folder = folder.display();
    format!(
        "metadata_dir = \"{folder}/meta\"\n\
         data_dir = \"{folder}/data\"\n\
         db_engine = \"lmdb\"\n\
         replication_factor = 1\n\
         rpc_bind_addr = \"127.0.0.1:{rpc}\"\n\
         rpc_public_addr = \"127.0.0.1:{rpc}\"\n\
         rpc_secret = \"{secret}\"\n\
         \n\
         [s3_api]\n\
         s3_region = \"us-east-1\"\n\
         api_bind_addr = \"127.0.0.1:{s3}\"\n"
    )
}

/// Garage refuses a configuration with a secret in it that others may read.
fn secret_file(path: &Path, content: &str) -> Outcome {
    use std::io::Write as _;
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(content.as_bytes())?;
    Ok(())
}

/// Both are held until both are known.
fn two_free_ports() -> Result<(u16, u16), Failure> {
    let (first, second) = (TcpListener::bind(("127.0.0.1", 0))?, TcpListener::bind(("127.0.0.1", 0))?);
    Ok((first.local_addr()?.port(), second.local_addr()?.port()))
}

fn hex(bytes: usize) -> Result<String, Failure> {
    let mut random = vec![0; bytes];
    std::fs::File::open("/dev/urandom")?.read_exact(&mut random)?;
    Ok(random.iter().map(|byte| format!("{byte:02x}")).collect())
}
