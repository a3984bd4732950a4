//! A crash after every single storage operation of the embedded store: file operations and commits alike.
//!
//! Each scenario runs again and again, one step further each time, until it gets through. Then the power is back: what
//! was promised must be there, what was not must be there whole or not at all.
//! Invariant: a crash leaves no task running; the runtime it happened in is dropped.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use temizu::audit::chain;
use temizu::domain::{Digest, Event, ItemKey, Stage, Status, TenantId};
use temizu::ports::{ItemFilter, Retention, Settlement};
use temizu::store::Keys;
use temizu::store::disk::{Disk, DiskFile, LocalDisk};
use temizu::store::embedded::EmbeddedStore;

use super::store_contract::fixture::{
    Ports, SPAN, StillClock, at, embedded_config, event, item_id, mail, original, sanitized,
};

const SMALL: usize = 2700;
const LARGE: usize = 700_000;

/// What a crash does to things that were not synced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Loss {
    /// The process dies: the kernel keeps all it was told.
    Nothing,
    /// The power goes: content and names that were not synced are gone.
    Unsynced,
}

/// A disk that stops the world after so many operations.
#[derive(Clone)]
struct LossyDisk(Arc<Mutex<World>>);

struct World {
    loss: Loss,
    /// Operations left; counted only while armed.
    left: usize,
    armed: bool,
    crashed: bool,
    undo: Vec<Undo>,
    /// Bytes of each open or published file that are synced.
    synced: BTreeMap<PathBuf, u64>,
}

/// How to take back a change of names in `folder` that was not synced.
struct Undo {
    folder: PathBuf,
    change: Change,
}

enum Change {
    Created(PathBuf),
    Published { from: PathBuf, to: PathBuf },
    Removed { path: PathBuf, bytes: Vec<u8> },
}

impl LossyDisk {
    fn new(loss: Loss, left: usize, armed: bool) -> Self {
        let (undo, synced) = (Vec::new(), BTreeMap::new());
        Self(Arc::new(Mutex::new(World { loss, left, armed, crashed: false, undo, synced })))
    }

    fn arm(&self) {
        self.0.lock().unwrap().armed = true;
    }

    fn has_crashed(&self) -> bool {
        self.0.lock().unwrap().crashed
    }

    /// One operation: done and noted, or the crash.
    fn step<T>(&self, operation: impl FnOnce(&mut World) -> io::Result<T>) -> io::Result<T> {
        let mut world = self.0.lock().unwrap();
        if world.armed && !world.crashed {
            match world.left.checked_sub(1) {
                Some(left) => world.left = left,
                None => world.crash(),
            }
        }
        if world.crashed { Err(io::Error::other("the power is off")) } else { operation(&mut world) }
    }
}

impl World {
    fn note(&mut self, path: &Path, change: Change) {
        self.undo.push(Undo { folder: path.parent().unwrap().to_owned(), change });
    }

    fn crash(&mut self) {
        self.crashed = true;
        if self.loss == Loss::Nothing {
            return;
        }
        for undo in self.undo.drain(..).rev() {
            match undo.change {
                Change::Created(path) => fs::remove_file(path).unwrap(),
                Change::Published { from, to } => {
                    fs::rename(&to, &from).unwrap();
                    if let Some(length) = self.synced.remove(&to) {
                        self.synced.insert(from, length);
                    }
                }
                Change::Removed { path, bytes } => fs::write(path, bytes).unwrap(),
            }
        }
        for (path, length) in &self.synced {
            if let Ok(file) = fs::OpenOptions::new().write(true).open(path) {
                file.set_len(*length).unwrap();
            }
        }
    }
}

impl Disk for LossyDisk {
    fn create(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        self.step(|world| {
            let file = LocalDisk.create(path)?;
            world.note(path, Change::Created(path.to_owned()));
            world.synced.insert(path.to_owned(), 0);
            Ok(Box::new(LossyFile { disk: self.clone(), file, path: path.to_owned(), length: 0 }) as Box<dyn DiskFile>)
        })
    }

    fn make_folder(&self, path: &Path) -> io::Result<()> {
        self.step(|_| LocalDisk.make_folder(path))
    }

    fn publish(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.step(|world| {
            LocalDisk.publish(from, to)?;
            world.note(to, Change::Published { from: from.to_owned(), to: to.to_owned() });
            if let Some(length) = world.synced.remove(from) {
                world.synced.insert(to.to_owned(), length);
            }
            Ok(())
        })
    }

    fn sync_folder(&self, path: &Path) -> io::Result<()> {
        self.step(|world| {
            LocalDisk.sync_folder(path)?;
            // The name a published file had in `tmp/` does not come back once its new name is durable.
            let durable: Vec<PathBuf> = world
                .undo
                .iter()
                .filter(|undo| undo.folder == path)
                .filter_map(|undo| match &undo.change {
                    Change::Published { from, .. } => Some(from.clone()),
                    Change::Created(_) | Change::Removed { .. } => None,
                })
                .collect();
            world.undo.retain(|undo| {
                undo.folder != path && !matches!(&undo.change, Change::Created(created) if durable.contains(created))
            });
            Ok(())
        })
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.step(|world| {
            let bytes = fs::read(path)?;
            LocalDisk.remove(path)?;
            world.synced.remove(path);
            let created = |undo: &Undo| matches!(&undo.change, Change::Created(created) if created == path);
            if world.undo.iter().any(created) {
                world.undo.retain(|undo| !created(undo));
            } else {
                world.note(path, Change::Removed { path: path.to_owned(), bytes });
            }
            Ok(())
        })
    }

    fn free_bytes(&self, path: &Path) -> io::Result<u64> {
        LocalDisk.free_bytes(path)
    }

    fn before_commit(&self) -> io::Result<()> {
        self.step(|_| Ok(()))
    }

    fn after_commit(&self) -> io::Result<()> {
        self.step(|_| Ok(()))
    }
}

struct LossyFile {
    disk: LossyDisk,
    file: Box<dyn DiskFile>,
    path: PathBuf,
    length: u64,
}

impl DiskFile for LossyFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        let (file, length) = (&mut self.file, &mut self.length);
        self.disk.step(|_| {
            *length += bytes.len() as u64;
            file.write(bytes)
        })
    }

    fn sync(&mut self) -> io::Result<()> {
        let (file, path, length) = (&mut self.file, &self.path, self.length);
        self.disk.step(|world| {
            file.sync()?;
            world.synced.insert(path.clone(), length);
            Ok(())
        })
    }
}

/// What is done before the crash, what the crash comes into, and what must hold afterwards.
trait Scenario {
    /// What a caller who got `Ok` was promised.
    type Promise;
    /// On a good disk.
    async fn prepare(_ports: &Ports) {}
    /// Until the crash. `None` if nothing was promised.
    async fn run(ports: &Ports) -> Option<Self::Promise>;
    /// After the power is back.
    async fn check(ports: &Ports, promise: Option<Self::Promise>, data: &Path);
}

/// Runs `future` in a runtime that ends with it, and with everything it started.
fn in_own_runtime<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap().block_on(future)
}

async fn open(disk: Arc<dyn Disk>, data: &Path) -> Option<(Ports, Arc<EmbeddedStore>)> {
    let clock = Arc::new(StillClock::default());
    let store = EmbeddedStore::open_on(disk, &embedded_config(data), clock, Keys::Opening).await.ok()?;
    Some((Ports::of(store.clone(), ()), store))
}

/// Crashes the scenario after its first, second, … operation, until it gets through.
fn crash_everywhere<S: Scenario>(least_steps: usize) {
    for loss in [Loss::Nothing, Loss::Unsynced] {
        let mut steps = 0;
        while crash_after::<S>(loss, steps) {
            steps += 1;
            assert!(steps < 200, "the scenario does not end");
        }
        assert!(steps >= least_steps, "only {steps} operations were seen");
    }
}

/// False if the scenario got through without a crash.
fn crash_after<S: Scenario>(loss: Loss, steps: usize) -> bool {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    in_own_runtime(async { S::prepare(&open(Arc::new(LocalDisk), &data).await.unwrap().0).await });
    let disk = LossyDisk::new(loss, steps, false);
    let promise = in_own_runtime(async {
        let (ports, _store) = open(Arc::new(disk.clone()), &data).await.unwrap();
        disk.arm();
        S::run(&ports).await
    });
    in_own_runtime(async {
        let (ports, _store) = open(Arc::new(LocalDisk), &data).await.expect("opens after a crash");
        chain::verify(&*ports.register, &TenantId::single()).await.expect("the chain holds");
        assert_eq!(count_files(&data.join("tmp")), 0, "leftovers are swept, {loss:?} after {steps}");
        S::check(&ports, promise, &data).await;
    });
    disk.has_crashed()
}

fn count_files(folder: &Path) -> usize {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.map(|path| if path.is_dir() { count_files(&path) } else { 1 }).sum()
}

fn key() -> ItemKey {
    ItemKey { tenant: TenantId::single(), id: item_id(1) }
}

async fn records(ports: &Ports, event: Event) -> usize {
    let all = ports.register.records(&TenantId::single(), 0, 100).await.unwrap();
    all.iter().filter(|record| record.body.contains(&format!(r#""event":"{}""#, event.as_str()))).count()
}

struct Accept<const LENGTH: usize>;

impl<const LENGTH: usize> Scenario for Accept<LENGTH> {
    type Promise = Digest;

    async fn run(ports: &Ports) -> Option<Digest> {
        ports.accept(1, LENGTH).await.ok().map(|accepted| accepted.digest)
    }

    async fn check(ports: &Ports, promise: Option<Digest>, data: &Path) {
        let all = ItemFilter { limit: 9, ..ItemFilter::default() };
        let items = ports.register.items(&TenantId::single(), &all).await.unwrap();
        assert!(promise.is_none() || items.len() == 1, "an accepted item is there");
        for item in &items {
            let bytes =
                ports.read(&ItemKey { tenant: TenantId::single(), id: item.id }).await.expect("whole or absent");
            assert_eq!(bytes, original(1, LENGTH));
            assert!(promise.is_none_or(|digest| digest == Digest::of(&bytes)));
            assert_eq!(ports.lease(10).await.attempt, 1);
        }
        assert_eq!(records(ports, Event::Received).await, items.len(), "row and record are one");
        let large_ones = if LENGTH == LARGE { items.len() } else { 0 };
        assert_eq!(count_files(&data.join("originals")), large_ones, "no file without a row");
        if items.is_empty() {
            ports.accept(1, LENGTH).await.expect("the sender tries again");
        }
    }
}

struct Conclude;

impl Scenario for Conclude {
    type Promise = ();

    async fn prepare(ports: &Ports) {
        ports.accept(1, SMALL).await.unwrap();
    }

    async fn run(ports: &Ports) -> Option<()> {
        let lease = ports.queue.lease(&TenantId::single(), at(10), SPAN).await.ok()??;
        let conclusion = sanitized(&lease, LARGE, vec![mail(1, &["a@city.example"], LARGE)]);
        ports.queue.conclude(lease, conclusion, vec![event(Event::Sanitized, item_id(1))]).await.ok()
    }

    async fn check(ports: &Ports, promise: Option<()>, data: &Path) {
        let stage = ports.register.item(&key()).await.unwrap().summary.stage;
        let done = stage == Stage::Sanitized;
        assert!(done || (stage == Stage::Received && promise.is_none()), "{stage}");
        assert_eq!(records(ports, Event::Sanitized).await, usize::from(done));
        assert_eq!(count_files(&data.join("derivatives")), if done { 2 } else { 0 }, "no file without a row");
        if !done {
            let lease = ports.lease(1000).await;
            let conclusion = sanitized(&lease, LARGE, vec![mail(1, &["a@city.example"], LARGE)]);
            ports.queue.conclude(lease, conclusion, Vec::new()).await.expect("the next attempt gets through");
        }
        assert_eq!(ports.lease_mail(1000).await.mail, mail(1, &["a@city.example"], LARGE).mail);
    }
}

struct Settle;

impl Scenario for Settle {
    type Promise = ();

    async fn prepare(ports: &Ports) {
        Conclude::prepare(ports).await;
        Conclude::run(ports).await.unwrap();
    }

    async fn run(ports: &Ports) -> Option<()> {
        let dispatch = ports.outbox.lease(&TenantId::single(), at(1000), SPAN).await.ok()??;
        ports.settle(dispatch, Settlement::Sent, 0).await.ok()
    }

    async fn check(ports: &Ports, promise: Option<()>, data: &Path) {
        let detail = ports.register.item(&key()).await.unwrap();
        let done = detail.summary.stage == Stage::Delivered;
        assert!(done || promise.is_none());
        assert_eq!(records(ports, Event::Delivered).await, usize::from(done));
        let files = count_files(&data.join("derivatives"));
        if done {
            assert_eq!((detail.recipients_state[0].status, files), (Status::Sent, 1), "the mail's file is gone");
        } else {
            assert_eq!(files, 2);
            let again = ports.lease_mail(5000).await;
            assert_eq!(again.mail, mail(1, &["a@city.example"], LARGE).mail, "twice at worst, the same bytes");
            ports.settle(again, Settlement::Sent, 0).await.unwrap();
        }
    }
}

struct Expire;

impl Scenario for Expire {
    type Promise = ();

    async fn prepare(ports: &Ports) {
        ports.accept(1, LARGE).await.unwrap();
        Conclude::run(ports).await.unwrap();
        Settle::run(ports).await.unwrap();
    }

    async fn run(ports: &Ports) -> Option<()> {
        Retention::expire(&*ports.retention, &TenantId::single(), at(5000), at(5000)).await.ok().map(drop)
    }

    async fn check(ports: &Ports, promise: Option<()>, data: &Path) {
        let done = ports.register.item(&key()).await.unwrap().summary.stage == Stage::Expired;
        assert!(done || promise.is_none());
        assert_eq!(records(ports, Event::Expired).await, usize::from(done));
        assert_eq!(ports.read(&key()).await.is_ok(), !done);
        let files = count_files(&data.join("originals")) + count_files(&data.join("derivatives"));
        assert_eq!(files, if done { 0 } else { 2 }, "content and row go together");
    }
}

#[test]
fn a_small_mail_is_accepted_whole_or_not_at_all() {
    crash_everywhere::<Accept<SMALL>>(2);
}

#[test]
fn a_large_mail_is_accepted_whole_or_not_at_all() {
    crash_everywhere::<Accept<LARGE>>(8);
}

#[test]
fn a_conclusion_is_written_whole_or_the_lease_falls_back() {
    crash_everywhere::<Conclude>(14);
}

#[test]
fn a_settlement_is_written_whole_or_the_mail_goes_out_again() {
    crash_everywhere::<Settle>(5);
}

#[test]
fn an_expiry_destroys_everything_or_nothing() {
    crash_everywhere::<Expire>(4);
}

#[test]
fn a_first_start_that_was_cut_off_is_finished_by_the_next() {
    for loss in [Loss::Nothing, Loss::Unsynced] {
        for steps in 0..100 {
            let folder = tempfile::tempdir().unwrap();
            let data = folder.path().join("data");
            let disk = LossyDisk::new(loss, steps, true);
            let opened = in_own_runtime(async { open(Arc::new(disk.clone()), &data).await.is_some() });
            in_own_runtime(async {
                let (ports, _store) = open(Arc::new(LocalDisk), &data).await.expect("opens after a crash");
                ports.accept(1, SMALL).await.unwrap();
                assert_eq!(ports.read(&key()).await.unwrap(), original(1, SMALL));
            });
            if opened {
                assert!(steps > 10, "only {steps} operations were seen");
                break;
            }
        }
    }
}
