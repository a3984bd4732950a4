//! Mails accepted per second by one node and by two, on one PostgreSQL.
//!
//! Each node is held to a fifth of a core (cgroup, period 10 ms), so that the node and not the database or this machine
//! is what limits: on two cores that also carry the database and the senders, two nodes without that limit would only
//! show how many cores there are. Needs root, cgroup v1 `cpu`, and Postfix's `smtp-source`.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Instant;

use temizu::config;
use temizu::serve::SystemClock;
use temizu::store::Keys;
use temizu::store::scaleout::ScaleoutStore;

use crate::postgres::{Cluster, Options};

const MAILS: u32 = 2_000;
const SESSIONS: u32 = 20;
const PERIOD_MICROS: u32 = 10_000;
const QUOTA_MICROS: u32 = 2_000;

pub(crate) async fn measure() {
    println!("accepted per second, each node held to {QUOTA_MICROS} of {PERIOD_MICROS} µs of one core");
    for bytes in [2_700, 28_000] {
        let (one, two) = (rate(1, bytes).await, rate(2, bytes).await);
        println!("  {bytes:6} bytes  one node {one:7.0}/s  two nodes {two:7.0}/s  ratio {:.2}", two / one);
    }
}

async fn rate(nodes: usize, bytes: u32) -> f64 {
    let cluster = Cluster::start_own(Options { fsync: true, ..Options::default() }).await;
    let database = cluster.database().await;
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("keys-are-made-here");
    let store = config::Store { data, postgres: database.url(), ..config::Store::default() };
    ScaleoutStore::migrate(&store).await.unwrap();
    drop(ScaleoutStore::open(&store, Arc::new(SystemClock), Keys::Opening).await.unwrap());
    let running: Vec<Node> = (0..nodes).map(|number| Node::start(folder.path(), number, &database.url())).collect();
    let share = MAILS / u32::try_from(nodes).unwrap();
    let senders = SESSIONS / u32::try_from(nodes).unwrap();
    let since = Instant::now();
    let sources: Vec<Child> = running.iter().map(|node| node.load(share, senders, bytes)).collect();
    for mut source in sources {
        assert!(source.wait().unwrap().success(), "smtp-source");
    }
    let took = since.elapsed().as_secs_f64();
    let accepted: f64 = database.sql("SELECT COUNT(*) FROM item").await.trim().parse().unwrap();
    assert!(accepted >= f64::from(share) * f64::from(u32::try_from(nodes).unwrap()));
    accepted / took
}

/// An intake process in a cgroup of its own.
struct Node {
    child: Child,
    address: String,
    cgroup: PathBuf,
}

impl Node {
    fn start(folder: &Path, number: usize, postgres: &str) -> Self {
        let cgroup = PathBuf::from(format!("/sys/fs/cgroup/cpu/temizu-bench-{}-{number}", std::process::id()));
        fs::create_dir(&cgroup).expect("this benchmark needs root and cgroup v1 `cpu`");
        fs::write(cgroup.join("cpu.cfs_period_us"), PERIOD_MICROS.to_string()).unwrap();
        fs::write(cgroup.join("cpu.cfs_quota_us"), QUOTA_MICROS.to_string()).unwrap();
        let config = folder.join(format!("{number}.toml"));
        let text = format!(
            "[smtp]\nlisten = [\"127.0.0.1:0\"]\ndomains = [\"bench.test\"]\n[store]\nkind = \"scaleout\"\npostgres = \"{postgres}\"\n\
             originals = \"file://{}\"\n",
            folder.join("originals").display()
        );
        fs::write(&config, text).unwrap();
        let binary = Path::new(env!("CARGO_BIN_EXE_temizu"));
        let mut command = Command::new(binary);
        command.env_clear().args(["serve", "--role", "intake", "--config"]).arg(&config);
        command.arg("--data").arg(folder.join(number.to_string()));
        let mut child = command.stderr(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
        let address = address(&mut child);
        fs::write(cgroup.join("cgroup.procs"), child.id().to_string()).unwrap();
        Self { child, address, cgroup }
    }

    fn load(&self, mails: u32, sessions: u32, bytes: u32) -> Child {
        let mut command = Command::new("smtp-source");
        command.args(["-f", "from@example.invalid", "-t", "to@bench.test", "-M", "relay.test"]);
        command.args(["-m", &mails.to_string(), "-s", &sessions.to_string(), "-l", &bytes.to_string()]);
        command.arg(&self.address).spawn().expect("this benchmark needs smtp-source of Postfix")
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
        // The kernel may take a moment to see that it is empty.
        while fs::remove_dir(&self.cgroup).is_err_and(|error| error.kind() != std::io::ErrorKind::NotFound) {
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
    }
}

/// Where the node receives mail, from its log; the rest of the log is read and dropped.
fn address(child: &mut Child) -> String {
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let mut said = String::new();
    for line in lines.by_ref().map_while(Result::ok) {
        let value: serde_json::Value = serde_json::from_str(&line).unwrap_or_default();
        if let Some(address) = value["address"].as_str() {
            let address = address.to_owned();
            std::thread::spawn(move || lines.map_while(Result::ok).for_each(drop));
            return address;
        }
        said.push_str(&line);
    }
    panic!("the node did not start: {said}");
}
