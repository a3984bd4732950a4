//! Backups of a store that is at work, by the built program, and stores made from them.
//!
//! Every object of these stores is a file (`inline_bytes = 0`), unless a test says otherwise. Invariant: what a backup
//! is refused for is one thing; everything else in it is good.

mod refused;

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::Value;
use temizu::config::Config;
use temizu::domain::{ItemKey, Stage, TenantId};
use temizu::ports::{Clock as _, ItemFilter, Settlement};
use temizu::serve::SystemClock;
use temizu::store::embedded::EmbeddedStore;
use temizu::store::{self, Keys, Store};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::store_contract::fixture::{Ports, StillClock, embedded_config};
use crate::support::next_hop::{Fault, NextHop};
use crate::support::process::{Ended, Gateway, end, run_on, temizu};
use crate::support::sender::Sender;

const PATIENCE: Duration = Duration::from_secs(60);

fn mail(mark: &str) -> Vec<u8> {
    format!(
        "From: <sender@example.com>\r\nTo: <a@city.test>\r\nDate: Mon, 23 Nov 2026 10:00:00 +0900\r\n\
         Message-ID: <{mark}@example.com>\r\nSubject: {mark}\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nThe body of {mark}.\r\n--b\r\n\
         Content-Disposition: attachment; filename=lines.txt\r\nContent-Type: text/plain; charset=us-ascii\r\n\r\n\
         The notes of {mark}.\r\n--b--\r\n"
    )
    .into_bytes()
}

/// A gateway whose every object is a file.
struct Site {
    folder: tempfile::TempDir,
    hop: NextHop,
    gateway: Gateway,
}

impl Site {
    async fn start(faults: Vec<Fault>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let hop = NextHop::start(faults).await;
        let gateway = serve(&folder.path().join("data"), &hop).await;
        Self { folder, hop, gateway }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn data(&self) -> PathBuf {
        self.path("data")
    }

    async fn send(&self, to: &str, mark: &str) -> String {
        let mut sender = Sender::connect(self.gateway.address().await).await.unwrap();
        sender.send(to, &mail(mark)).await.unwrap()
    }

    /// Sends a mail to somebody whom the next hop takes mail for, and waits until that is on record.
    async fn deliver(&self, mark: &str) -> String {
        let reference = self.send("a@city.test", mark).await;
        self.reaches(&reference, "delivered").await;
        reference
    }

    async fn reaches(&self, reference: &str, stage: &str) {
        let shown = || run_on(&self.data(), &format!("queue show {reference} --json")).with(0).json();
        until(&format!("{reference} is {stage}"), || shown()["stage"] == stage).await;
    }

    /// `temizu backup` to the folder of this name.
    fn back_up(&self, name: &str, options: &str) -> Ended {
        let mut command = temizu();
        command.arg("backup").arg(self.path(name)).arg("--data").arg(self.data()).args(options.split_whitespace());
        end(command, b"")
    }

    /// Ends the gateway as SIGTERM does.
    async fn stop(mut self) -> tempfile::TempDir {
        self.gateway.terminate();
        assert_eq!(self.gateway.ended().await.0.code(), Some(0));
        self.folder
    }
}

async fn serve(data: &Path, hop: &NextHop) -> Gateway {
    let config = data.with_extension("toml");
    fs::write(&config, "[deliver]\nretry_minutes = [600]\n[store]\ninline_bytes = 0\nreserve_bytes = 0\n").unwrap();
    let options = format!("--smtp-listen 127.0.0.1:0 --domain city.test --next-hop {}", hop.address());
    let gateway = Gateway::with(data, &options, Some(&config));
    gateway.address().await;
    gateway
}

async fn until(what: &str, holds: impl Fn() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !holds() {
        assert!(Instant::now() < deadline, "{what} does not come about");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn verify(backup: &Path) -> Ended {
    let mut command = temizu();
    command.args(["backup", "--verify"]).arg(backup);
    end(command, b"")
}

fn restore(backup: &Path, to: &Path, options: &str) -> Ended {
    let mut command = temizu();
    command.arg("restore").arg(backup).arg("--data").arg(to).args(options.split_whitespace());
    end(command, b"")
}

/// The store in a folder, opened by this process as well.
async fn open(data: &Path, keys: Keys) -> Arc<dyn Store> {
    let config = temizu::config::Store { data: data.to_owned(), ..Config::default().store };
    store::open(&config, Arc::new(SystemClock), keys).await.unwrap()
}

/// What the hourly round does, for all that ended by now.
async fn expire(store: &dyn Store) -> u64 {
    let now = SystemClock.now().after(Duration::from_secs(1));
    store.expire(&TenantId::single(), now, now).await.unwrap()
}

/// The objects in a folder, by their paths within it.
fn objects(data: &Path) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for kind in ["originals", "derivatives"] {
        for shard in fs::read_dir(data.join(kind)).unwrap() {
            for file in fs::read_dir(shard.unwrap().path()).unwrap() {
                let path = file.unwrap().path();
                found.insert(path.strip_prefix(data).unwrap().to_str().unwrap().to_owned());
            }
        }
    }
    found
}

fn events(data: &Path, name: &str) -> Vec<Value> {
    let chain = run_on(data, "audit export").with(0).out;
    let bodies = chain.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()["body"].clone());
    let bodies = bodies.map(|body| serde_json::from_str::<Value>(body.as_str().unwrap()).unwrap());
    bodies.filter(|body| body["event"] == name).collect()
}

/// Opens every original of a restored store; the references of all items and how many have expired.
async fn read_all(data: &Path) -> (BTreeSet<String>, usize) {
    run_on(data, "audit verify").with(0);
    let store = open(data, Keys::Opening).await;
    let (tenant, source) = (TenantId::single(), store.source().unwrap());
    let items = store.items(&tenant, &ItemFilter { limit: u32::MAX, ..ItemFilter::default() }).await.unwrap();
    for item in items.iter().filter(|item| item.stage != Stage::Expired) {
        let bytes =
            source.open(&ItemKey { tenant: tenant.clone(), id: item.id }).await.unwrap().collect().await.unwrap();
        assert!(bytes.starts_with(b"Received:") || bytes.starts_with(b"From:"), "{}", item.reference);
    }
    let expired = items.iter().filter(|item| item.stage == Stage::Expired).count();
    (items.iter().map(|item| item.reference.to_string()).collect(), expired)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_under_load_has_every_mail_that_was_accepted_before_it() {
    let site = Site::start(Vec::new()).await;
    let accepted = Arc::new(Mutex::new(BTreeSet::new()));
    let mut load = JoinSet::new();
    for sender in 0..2 {
        let (address, accepted) = (site.gateway.address().await, Arc::clone(&accepted));
        load.spawn(async move {
            let mut sending = Sender::connect(address).await.unwrap();
            for count in 0.. {
                let reference = sending.send("a@city.test", &mail(&format!("mark-{sender}-{count}"))).await.unwrap();
                accepted.lock().unwrap().insert(reference);
            }
        });
    }
    let store = open(&site.data(), Keys::None).await;
    // Not ended by force: between its commit and the files it would leave some, as a crash does.
    let (expiring, (ends, mut ended)) = (Arc::clone(&store), watch::channel(false));
    let rounds = tokio::spawn(async move {
        while !*ended.borrow_and_update() {
            expire(&*expiring).await;
            tokio::time::timeout(Duration::from_millis(50), ended.changed()).await.map(drop).unwrap_or_default();
        }
    });
    let mut backups = Vec::new();
    for name in ["first", "second"] {
        let due = accepted.lock().unwrap().len() + 25;
        until("more mail comes in", || accepted.lock().unwrap().len() >= due).await;
        let before = accepted.lock().unwrap().clone();
        let told = tokio::task::block_in_place(|| site.back_up(name, "--with-key --json")).with(0).json();
        assert_eq!((&told["ok"], &told["damaged"]), (&Value::Bool(true), &Value::Array(Vec::new())), "{told}");
        backups.push((name, before, told));
    }
    load.shutdown().await;
    ends.send_replace(true);
    rounds.await.unwrap();
    for (name, before, told) in &backups {
        let new = site.path(&format!("{name}-restored"));
        assert_eq!(restore(&site.path(name), &new, "--json").with(0).json()["manifest"], told["manifest"]);
        let (found, expired) = read_all(&new).await;
        assert!(before.is_subset(&found), "{name}: {:?}", before.difference(&found).collect::<Vec<_>>());
        assert!(expired > 0, "{name}: mail expires meanwhile");
        assert_eq!(events(&new, "restored")[0]["details"]["head"], told["heads"][0]["head"]);
    }
    let on_record = events(&site.data(), "backed_up");
    let digests: Vec<&Value> = on_record.iter().map(|body| &body["details"]["manifest"]).collect();
    assert_eq!(digests, backups.iter().map(|(_, _, told)| &told["manifest"]).collect::<Vec<_>>());
    assert_eq!(on_record[0]["actor"], "operator:tester");

    let all = accepted.lock().unwrap().len();
    site.hop.until("everything arrives", |seen| seen.taken.len() >= all).await;
    until("no mail waits", || run_on(&site.data(), "queue list --json").with(0).json() == Value::Array(Vec::new()))
        .await;
    while expire(&*store).await > 0 {}
    let data = site.data();
    until("every file goes", || objects(&data).is_empty()).await;
}

/// A backup of `site` that stands still at a file, as if it were a very long one; [`Parked::go_on`] hands it the bytes.
struct Parked {
    child: Child,
    place: PathBuf,
    aside: PathBuf,
}

impl Parked {
    async fn start(site: &Site, name: &str, at: &str) -> Self {
        let (place, aside) = (site.data().join(at), site.path("aside"));
        fs::rename(&place, &aside).unwrap();
        assert!(Command::new("mkfifo").arg(&place).status().unwrap().success());
        let mut command = temizu();
        command.arg("backup").arg(site.path(name)).arg("--data").arg(site.data()).arg("--json");
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let lock = File::open(site.data().join("backup.lock")).unwrap();
        let copied = site.path(name).join("derivatives");
        until("the backup copies files", || copied.exists()).await;
        assert!(lock.try_lock_shared().is_err(), "it holds the lock");
        stands_still(child.id()).await;
        Self { child, place, aside }
    }

    fn go_on(self) -> std::process::Output {
        let bytes = fs::read(&self.aside).unwrap();
        File::options().write(true).open(&self.place).unwrap().write_all(&bytes).unwrap();
        let output = self.child.wait_with_output().unwrap();
        fs::rename(&self.aside, &self.place).unwrap();
        output
    }

    fn signal(&self, name: &str) {
        let sent = Command::new("sh").arg("-c").arg(format!("kill -{name} {}", self.child.id())).status().unwrap();
        assert!(sent.success());
    }

    fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        fs::rename(&self.aside, &self.place).unwrap();
    }
}

/// Returns once a process has used no processor for half a second: it has come to where it waits.
async fn stands_still(process: u32) {
    let used =
        || fs::read_to_string(format!("/proc/{process}/stat")).unwrap().split(' ').skip(13).take(2).collect::<String>();
    let mut before = used();
    loop {
        tokio::time::sleep(Duration::from_millis(500)).await;
        let now = used();
        if now == before {
            return;
        }
        before = now;
    }
}

#[tokio::test]
async fn what_is_delivered_or_expires_between_snapshot_and_copy_is_in_the_backup_and_goes_later() {
    let later = Fault::say("RCPT TO:<slow@", "450 4.2.0 later").times(2);
    let site = Site::start(vec![later]).await;
    let mut slow = Vec::new();
    for count in 0..2 {
        slow.push(site.send("slow@city.test", &format!("slow-{count}")).await);
    }
    site.hop.until("both are put off", |seen| seen.count("RCPT TO:<slow@") == 2).await;
    for reference in &slow {
        let deferred = || run_on(&site.data(), &format!("queue show {reference}")).with(0).out;
        until("it is on record", || deferred().contains("delivery_deferred")).await;
    }
    let waiting: BTreeSet<String> = objects(&site.data());
    let mails: Vec<&String> = waiting.iter().filter(|name| name.ends_with(".mail")).collect();
    assert_eq!(mails.len(), 2, "{waiting:?}");
    // The backup shall stand still before it has copied both.
    let stop_at = loop {
        site.deliver("delivered").await;
        let first = objects(&site.data()).difference(&waiting).next().cloned();
        if let Some(first) = first.filter(|first| first < mails[1]) {
            break first;
        }
    };
    let (named, audit) = (objects(&site.data()), run_on(&site.data(), "audit verify --json").with(0).json());
    let parked = Parked::start(&site, "backup", &stop_at).await;
    for reference in &slow {
        run_on(&site.data(), &format!("queue retry {reference}")).with(0);
        site.reaches(reference, "delivered").await;
    }
    let store = open(&site.data(), Keys::None).await;
    assert!(expire(&*store).await >= 3);
    assert_eq!(objects(&site.data()), named, "all of them stay");
    let output = parked.go_on();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let told: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(told["heads"][0]["head"], audit["head"], "the backup is of the time before");
    assert_eq!(objects(&site.path("backup")), named);
    verify(&site.path("backup")).with(0);

    expire(&*store).await;
    site.deliver("after").await;
    expire(&*store).await;
    let data = site.data();
    until("what stayed goes", || objects(&data).is_empty()).await;
}

#[tokio::test]
async fn a_backup_that_is_killed_is_none_and_the_gateway_goes_on() {
    let site = Site::start(Vec::new()).await;
    site.deliver("first").await;
    let stop_at = objects(&site.data()).pop_last().unwrap();
    let parked = Parked::start(&site, "killed", &stop_at).await;
    site.deliver("meanwhile").await;
    let stays = |name: &String| name.ends_with(".mail");
    assert_eq!(objects(&site.data()).iter().filter(|name| stays(name)).count(), 1);
    parked.kill();
    site.deliver("after").await;
    let data = site.data();
    until("composed mails go", || !objects(&data).iter().any(stays)).await;

    assert!(!site.path("killed/MANIFEST").exists());
    assert!(verify(&site.path("killed")).with(65).err.contains("there is no MANIFEST"));
    assert!(restore(&site.path("killed"), &site.path("new"), "").with(65).err.contains("there is no MANIFEST"));
    assert!(!site.path("new").exists());
    assert!(site.back_up("killed", "").with(73).err.contains("not empty"));
    site.back_up("whole", "").with(0);
    verify(&site.path("whole")).with(0);
}

#[tokio::test]
async fn of_two_backups_at_once_one_is_refused_and_a_signal_ends_one_without_a_trace() {
    let site = Site::start(Vec::new()).await;
    let lock = File::options().read(true).write(true).open(site.data().join("backup.lock")).unwrap();
    lock.lock().unwrap();
    assert!(site.back_up("second", "").with(75).err.contains("another backup"));
    assert!(!site.path("second").exists());

    fs::create_dir(site.path("stopped")).unwrap();
    let mut command = temizu();
    command.arg("backup").arg(site.path("stopped")).arg("--data").arg(site.data());
    let child = command.stderr(Stdio::piped()).spawn().unwrap();
    // It catches signals before it opens the store, and waits for the lock afterwards.
    let store = site.data();
    let has_open = |name: &str| {
        let folder = PathBuf::from(format!("/proc/{}/fd", child.id()));
        let mut open = fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
        open.any(|entry| fs::read_link(entry.path()).is_ok_and(|path| path == store.join(name)))
    };
    until("it waits", || has_open("backup.lock")).await;
    let sent = Command::new("sh").arg("-c").arg(format!("kill -INT {}", child.id())).status().unwrap();
    assert!(sent.success());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(75), "{output:?}");
    assert!(String::from_utf8(output.stderr).unwrap().contains("stopped"));
    assert_eq!(fs::read_dir(site.path("stopped")).unwrap().count(), 0);
}

#[tokio::test]
async fn a_second_signal_ends_a_backup_that_waits_for_the_disk() {
    let site = Site::start(Vec::new()).await;
    site.deliver("first").await;
    let mut parked = Parked::start(&site, "stopped", &objects(&site.data()).pop_last().unwrap()).await;
    parked.signal("INT");
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(parked.child.try_wait().unwrap().is_none(), "it still waits");
    parked.signal("INT");
    let deadline = Instant::now() + PATIENCE;
    let ended = loop {
        if let Some(ended) = parked.child.try_wait().unwrap() {
            break ended;
        }
        assert!(Instant::now() < deadline, "it does not end");
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    assert_eq!(ended.code(), Some(75));
    assert!(verify(&site.path("stopped")).with(65).err.contains("there is no MANIFEST"));
    fs::rename(&parked.aside, &parked.place).unwrap();
}

#[tokio::test]
async fn the_end_of_retention_waits_for_a_backup_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let config = temizu::config::Store { inline_bytes: 0, ..embedded_config(&data) };
    let clock = Arc::new(StillClock::default());
    let ports = Ports::of(EmbeddedStore::open(&config, clock, Keys::Opening).await.unwrap(), ());
    ports.sanitized(1).await;
    ports.settle_all(2000, Settlement::Sent).await;
    drop(ports);
    let lock = File::options().read(true).write(true).open(data.join("backup.lock")).unwrap();
    lock.lock().unwrap();
    let mut command = temizu();
    command.args(["retention", "run", "--data"]).arg(&data);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    until("it is on record", || !events(&data, "expired").is_empty()).await;
    tokio::time::sleep(Duration::from_millis(700)).await;
    assert!(child.try_wait().unwrap().is_none() && !objects(&data).is_empty(), "it waits");
    drop(lock);
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert!(String::from_utf8(output.stderr).unwrap().contains("files to be destroyed are still there"));
    assert!(objects(&data).is_empty());
}

#[tokio::test]
async fn a_backup_that_cannot_be_written_leaves_nothing() {
    let site = Site::start(Vec::new()).await;
    site.deliver("first").await;
    for blocks in [0, 16, 100_000] {
        let mut command = Command::new("sh");
        // A write beyond the limit fails, as it does on a full disk.
        let limited = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" \"$@\"");
        command.env_clear().env("LANG", "C").env("PATH", "/usr/bin:/bin").arg("-c").arg(limited);
        command.arg(env!("CARGO_BIN_EXE_temizu")).arg("backup").arg(site.path("full")).arg("--data").arg(site.data());
        let ended = end(command, b"");
        if blocks == 100_000 {
            ended.with(0);
        } else {
            assert_ne!(ended.code, 0);
            assert!(!site.path("full").exists(), "{}", ended.err);
        }
    }
}

#[tokio::test]
async fn the_private_key_is_in_a_backup_only_if_asked_for_and_a_restored_store_waits_for_it() {
    let site = Site::start(Vec::new()).await;
    let reference = site.deliver("first").await;
    let without = site.back_up("without", "").with(0).out;
    assert!(without.contains("backup and key together open every original"), "{without}");
    assert!(site.path("without/keys/sealing.pub").exists() && !site.path("without/keys/sealing.key").exists());
    let with = site.back_up("with", "--with-key").with(0).out;
    assert!(with.contains("whoever has this backup opens every original"), "{with}");
    assert!(site.path("with/keys/sealing.key").exists());

    let new = site.path("new");
    let told = restore(&site.path("without"), &new, "").with(0).out;
    for words in [new.join("keys/sealing.key").to_str().unwrap(), "same Message-ID", "accepted after the backup"] {
        assert!(told.contains(words), "{words}: {told}");
    }
    let refused = open_refused(&new).await;
    assert!(refused.contains("keys"), "{refused}");
    let foreign = site.path("foreign");
    open(&foreign, Keys::Opening).await;
    fs::copy(foreign.join("keys/sealing.key"), new.join("keys/sealing.key")).unwrap();
    let refused = open(&new, Keys::Opening).await.source().err().expect("another key");
    let cause = std::error::Error::source(&refused).unwrap().to_string();
    assert!(cause.contains("put the private key of this store there"), "{cause}");
    fs::copy(site.data().join("keys/sealing.key"), new.join("keys/sealing.key")).unwrap();
    assert_eq!(read_all(&new).await.0, BTreeSet::from([reference.clone()]));
    assert!(!restore(&site.path("with"), &site.path("other"), "").with(0).out.contains("sealing.key"));
    assert_eq!(read_all(&site.path("other")).await.0, BTreeSet::from([reference]));
}

/// Why originals of the store in this folder cannot be opened.
async fn open_refused(data: &Path) -> String {
    open(data, Keys::Opening).await.source().err().expect("no key").to_string()
}

#[tokio::test]
async fn with_hold_nothing_is_sent_until_it_is_released() {
    let site = Site::start(vec![Fault::say("RCPT TO:<slow@", "450 4.2.0 later")]).await;
    let delivered = site.deliver("delivered").await;
    let waiting = site.send("slow@city.test", "waiting").await;
    site.hop.until("it is put off", |seen| seen.count("RCPT TO:<slow@") == 1).await;
    site.reaches(&waiting, "sanitized").await;
    site.back_up("backup", "--with-key").with(0);
    let new = site.path("new");
    let told = restore(&site.path("backup"), &new, "--hold --json").with(0).json();
    assert_eq!(told["held"], 1, "{told}");
    let held = events(&new, "delivery_held");
    assert_eq!((held.len(), &held[0]["actor"]), (1, &Value::from("operator:tester")));
    assert_eq!(events(&new, "restored")[0]["details"]["hold"], true);
    let folder = site.stop().await;

    let hop = NextHop::start(Vec::new()).await;
    let gateway = serve(&new, &hop).await;
    let mut sender = Sender::connect(gateway.address().await).await.unwrap();
    let fresh = sender.send("a@city.test", &mail("fresh")).await.unwrap();
    hop.until("mail flows", |seen| !seen.taken.is_empty()).await;
    let arrived = |reference: &str| {
        hop.with_seen(|seen| {
            let line = format!("X-Temizu-Id: {reference}");
            seen.taken.iter().filter(|mail| String::from_utf8_lossy(&mail.bytes).contains(&line)).count()
        })
    };
    assert_eq!([arrived(&fresh), arrived(&waiting), arrived(&delivered)], [1, 0, 0]);
    run_on(&new, &format!("queue release {waiting}")).with(0);
    until("what was held arrives", || arrived(&waiting) == 1).await;
    drop((gateway, folder));
}

#[tokio::test]
async fn without_hold_what_waited_is_sent_once_more_by_the_restored_store() {
    let site = Site::start(vec![Fault::say("RCPT TO:<slow@", "450 4.2.0 later").times(1)]).await;
    let waiting = site.send("slow@city.test", "waiting").await;
    site.hop.until("it is put off", |seen| seen.count("RCPT TO:<slow@") == 1).await;
    site.reaches(&waiting, "sanitized").await;
    until("it is on record", || !events(&site.data(), "delivery_deferred").is_empty()).await;
    site.back_up("backup", "--with-key").with(0);
    run_on(&site.data(), &format!("queue retry {waiting}")).with(0);
    site.hop.until("it arrives", |seen| seen.taken.len() == 1).await;
    let new = site.path("new");
    restore(&site.path("backup"), &new, "").with(0);
    run_on(&new, &format!("queue retry {waiting}")).with(0);
    let _gateway = serve(&new, &site.hop).await;
    site.hop.until("it arrives again", |seen| seen.taken.len() == 2).await;
    let taken = site.hop.seen().taken;
    assert_eq!(taken[0].bytes, taken[1].bytes, "under the same Message-ID");
}

#[tokio::test]
async fn an_empty_store_is_backed_up_and_restored() {
    let folder = Site::start(Vec::new()).await.stop().await;
    let (data, backup, new) = (folder.path().join("data"), folder.path().join("backup"), folder.path().join("new"));
    run_on(&data, &format!("backup {}", backup.display())).with(0);
    verify(&backup).with(0);
    restore(&backup, &new, "--hold").with(0);
    assert_eq!(run_on(&new, "queue list --json").with(0).json(), Value::Array(Vec::new()));
    run_on(&new, "audit verify").with(0);
    assert_eq!(events(&new, "restored").len(), 1);
}

#[tokio::test]
async fn damage_in_the_running_store_is_reported_and_keeps_nothing_else_from_being_saved() {
    let site = Site::start(Vec::new()).await;
    let mut references = BTreeSet::new();
    for mark in ["first", "second", "third"] {
        references.insert(site.deliver(mark).await);
    }
    let all = objects(&site.data());
    let original = all.iter().find(|name| name.ends_with(".age")).unwrap();
    let derivative = all.iter().find(|name| name.ends_with(".part")).unwrap();
    refused::flip_a_bit(&site.data().join(original));
    fs::remove_file(site.data().join(derivative)).unwrap();
    let told = site.back_up("backup", "--with-key --json").with(65).json();
    assert_eq!(told["damaged"], serde_json::json!([derivative, original]), "{told}");
    assert_eq!(events(&site.data(), "backed_up").len(), 1);
    let checked = verify(&site.path("backup")).with(65);
    assert!(checked.err.contains(derivative.as_str()) && checked.err.contains(original.as_str()), "{checked:?}");
    let new = site.path("new");
    restore(&site.path("backup"), &new, "").with(65);
    run_on(&new, "audit verify").with(0);
    let (store, tenant) = (open(&new, Keys::Opening).await, TenantId::single());
    let items = store.items(&tenant, &ItemFilter { limit: 9, ..ItemFilter::default() }).await.unwrap();
    let mut opened = 0;
    for item in &items {
        let key = ItemKey { tenant: tenant.clone(), id: item.id };
        let Ok(blob) = store.source().unwrap().open(&key).await else { continue };
        opened += usize::from(blob.collect().await.is_ok());
    }
    assert_eq!((items.len(), opened), (3, 2));
}
