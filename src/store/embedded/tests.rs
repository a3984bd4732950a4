//! What only the embedded store can be asked: its folder, its files, several processes, a disk without room.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use sqlx::AssertSqlSafe;

use super::*;
use crate::domain::{
    Client, Envelope, ItemId, ItemKey, Mailbox, MessageId, Origin, Outbound, Reason, ReversePath, Stage, TenantId,
    Timestamp, WireMail,
};
use crate::ports::{Accepted, Conclusion, Outbox, Queue, Register};
use crate::store::disk::DiskFile;

#[derive(Default)]
struct StillClock(AtomicI64);

impl Clock for StillClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::Relaxed))
    }
}

/// A disk with a set number of free bytes, that fails writes once there are none.
#[derive(Default)]
struct SmallDisk {
    free: AtomicU64,
    asked: AtomicU64,
    /// Commits that fail from now on.
    failing_commits: AtomicU64,
}

struct SmallFile;

impl Disk for SmallDisk {
    fn create(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        let file = LocalDisk.create(path)?;
        let is_draft = path.parent().is_some_and(|folder| folder.ends_with("tmp"));
        let is_full = self.free.load(Ordering::Relaxed) == 0;
        Ok(if is_draft && is_full { Box::new(SmallFile) } else { file })
    }

    fn make_folder(&self, path: &Path) -> io::Result<()> {
        LocalDisk.make_folder(path)
    }

    fn publish(&self, from: &Path, to: &Path) -> io::Result<()> {
        LocalDisk.publish(from, to)
    }

    fn sync_folder(&self, path: &Path) -> io::Result<()> {
        LocalDisk.sync_folder(path)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        LocalDisk.remove(path)
    }

    fn free_bytes(&self, _path: &Path) -> io::Result<u64> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        Ok(self.free.load(Ordering::Relaxed))
    }

    fn before_commit(&self) -> io::Result<()> {
        let failing =
            self.failing_commits.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1));
        if failing.is_ok() { Err(io::Error::other("the sync failed")) } else { Ok(()) }
    }
}

impl DiskFile for SmallFile {
    fn write(&mut self, _bytes: &[u8]) -> io::Result<()> {
        Err(io::ErrorKind::StorageFull.into())
    }

    fn sync(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn config(data: &Path, reserve_bytes: u64) -> config::Store {
    config::Store { data: data.to_owned(), reserve_bytes, inline_bytes: 4096, ..config::Store::default() }
}

async fn open(data: &Path) -> Arc<EmbeddedStore> {
    EmbeddedStore::open(&config(data, 0), Arc::new(StillClock::default()), Keys::Opening).await.unwrap()
}

fn key(number: u8) -> ItemKey {
    ItemKey { tenant: TenantId::single(), id: ItemId::new(Timestamp::from_millis(1), [number; 10]) }
}

async fn accept(store: &EmbeddedStore, number: u8, bytes: &[u8]) -> Result<Accepted, StoreError> {
    let mut writer = store.sink().unwrap().begin(key(number)).await?;
    writer.write(bytes).await?;
    let envelope = Envelope {
        reverse_path: ReversePath::null(),
        forward_paths: vec![Mailbox::parse("a@city.example").unwrap()],
        client: Client { address: [192, 0, 2, 1].into(), helo: "relay".to_owned(), tls: None },
        eight_bit: false,
    };
    writer.accept(Origin::Mail(envelope), Timestamp::from_millis(1)).await
}

async fn read(store: &EmbeddedStore, number: u8) -> Result<Vec<u8>, StoreError> {
    store.source().unwrap().open(&key(number)).await?.collect().await
}

fn only_file(folder: &Path) -> PathBuf {
    let shard = fs::read_dir(folder).unwrap().next().unwrap().unwrap().path();
    fs::read_dir(shard).unwrap().next().unwrap().unwrap().path()
}

#[tokio::test]
async fn the_folder_is_for_its_owner_only() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("a/b");
    let _store = open(&data).await;
    let mode = |path: &str| fs::metadata(data.join(path)).unwrap().permissions().mode() & 0o777;
    for path in ["", "keys", "originals", "derivatives", "tmp"] {
        assert_eq!(mode(path), 0o700, "{path}");
    }
    assert_eq!((mode("keys/sealing.key"), mode("keys/sealing.pub")), (0o600, 0o600));
}

#[tokio::test]
async fn the_database_is_for_its_owner_only_in_a_folder_open_to_all() {
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let store = open(folder.path()).await;
    accept(&store, 1, b"one").await.unwrap();
    for path in ["temizu.db", "temizu.db-wal", "temizu.db-shm", "lock"] {
        assert_eq!(fs::metadata(folder.path().join(path)).unwrap().permissions().mode() & 0o777, 0o600, "{path}");
    }
}

#[tokio::test]
async fn no_plain_byte_of_an_original_is_on_the_disk() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    let plain = b"a sentence that must not be found ".repeat(5000);
    accept(&store, 1, &plain).await.unwrap();
    accept(&store, 2, &plain[..1000]).await.unwrap();
    for path in [only_file(&folder.path().join("originals")), folder.path().join("temizu.db-wal")] {
        let bytes = fs::read(&path).unwrap();
        assert!(bytes.len() > 1000);
        assert!(!bytes.windows(20).any(|window| window == &plain[..20]), "{path:?}");
    }
}

#[tokio::test]
async fn a_damaged_file_is_told_from_a_missing_item() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    accept(&store, 1, &[7; 400_000]).await.unwrap();
    let file = only_file(&folder.path().join("originals"));
    let whole = fs::read(&file).unwrap();
    for at in [0, 250, 300_000] {
        let mut changed = whole.clone();
        changed[at] ^= 1;
        fs::write(&file, changed).unwrap();
        assert!(matches!(read(&store, 1).await, Err(StoreError::Damaged(_))), "byte {at}");
    }
    fs::write(&file, &whole[..200_000]).unwrap();
    assert!(matches!(read(&store, 1).await, Err(StoreError::Damaged(_))));
    fs::remove_file(&file).unwrap();
    assert!(matches!(read(&store, 1).await, Err(StoreError::Damaged(_))));
    assert!(matches!(read(&store, 2).await, Err(StoreError::NotFound)));
}

#[tokio::test]
async fn an_original_put_in_the_place_of_another_is_damage() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    accept(&store, 1, b"one").await.unwrap();
    accept(&store, 2, b"two").await.unwrap();
    sqlx::raw_sql(
        "UPDATE original SET sealed = (SELECT sealed FROM original AS o WHERE o.item < original.item) WHERE rowid = 2",
    )
    .execute(&mut connect_options(folder.path()).connect().await.unwrap())
    .await
    .unwrap();
    assert!(read(&store, 1).await.is_ok());
    assert!(matches!(read(&store, 2).await, Err(StoreError::Damaged(_))));
}

#[tokio::test]
async fn a_damaged_row_does_not_keep_the_others_back() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    accept(&store, 1, b"one").await.unwrap();
    accept(&store, 2, b"two").await.unwrap();
    sqlx::raw_sql("UPDATE item SET origin = '{' WHERE rowid = 1")
        .execute(&mut connect_options(folder.path()).connect().await.unwrap())
        .await
        .unwrap();
    let (now, span) = (Timestamp::from_millis(5), Duration::from_secs(1));
    assert!(matches!(Queue::lease(&*store, &TenantId::single(), now, span).await, Err(StoreError::Damaged("origin"))));
    assert_eq!(store.lease_item(now, span).await, key(2));
    let past_the_lease = now.after(span * 60);
    assert_eq!(store.lease_item(past_the_lease, span).await, key(2), "the damaged one is not in the way again");
    let looked_at_again = now.after(park::PAUSE);
    assert_eq!(store.lease_item(looked_at_again, span).await, key(2));
    assert!(matches!(
        Queue::lease(&*store, &TenantId::single(), looked_at_again, span).await,
        Err(StoreError::Damaged(_))
    ));
}

#[tokio::test]
async fn a_composed_mail_that_is_gone_or_damaged_does_not_keep_the_others_back() {
    for damage in ["UPDATE mail SET bytes = x'00'", "UPDATE mail SET bytes = NULL, file = 'derivatives/00/gone.mail'"] {
        let folder = tempfile::tempdir().unwrap();
        let store = open(folder.path()).await;
        let (now, span) = (Timestamp::from_millis(5), Duration::from_secs(1));
        for number in [1, 2] {
            accept(&store, number, b"x").await.unwrap();
            let lease = Queue::lease(&*store, &TenantId::single(), now, span).await.unwrap().unwrap();
            let notice = Outbound {
                reverse_path: ReversePath::null(),
                forward_paths: vec![Mailbox::parse("a@city.example").unwrap()],
                message_id: MessageId::try_from(format!("<{number}@gw.example>")).unwrap(),
                mail: WireMail::try_from(bytes::Bytes::from_static(b"x\r\n")).unwrap(),
                outcomes: Vec::new(),
            };
            let conclusion = Conclusion::Quarantined { reason: Reason::ConvertFailed, notices: vec![notice] };
            store.conclude(lease, conclusion, Vec::new()).await.unwrap();
        }
        let first = "WHERE rowid = (SELECT MIN(rowid) FROM mail)";
        let statement = AssertSqlSafe(format!("{damage} {first}; UPDATE mail SET due_at = 0 {first}"));
        sqlx::raw_sql(statement).execute(&mut connect_options(folder.path()).connect().await.unwrap()).await.unwrap();
        assert!(
            matches!(Outbox::lease(&*store, &TenantId::single(), now, span).await, Err(StoreError::Damaged(_))),
            "{damage}"
        );
        assert_eq!(Outbox::lease(&*store, &TenantId::single(), now, span).await.unwrap().unwrap().key, key(2));
        assert_eq!(
            Outbox::lease(&*store, &TenantId::single(), now.after(span * 60), span).await.unwrap().unwrap().key,
            key(2)
        );
    }
}

#[tokio::test]
async fn the_reserve_is_kept_and_the_disk_is_asked_once_a_second() {
    let folder = tempfile::tempdir().unwrap();
    let (disk, clock) = (Arc::new(SmallDisk::default()), Arc::new(StillClock::default()));
    disk.free.store(1500, Ordering::Relaxed);
    let config = config(folder.path(), 1000);
    let store =
        EmbeddedStore::open_on(Arc::clone(&disk) as _, &config, Arc::clone(&clock) as _, Keys::Opening).await.unwrap();
    let sink = store.sink().unwrap();
    for (bytes, fits) in [(0, true), (500, true), (501, false), (u64::MAX, false)] {
        assert_eq!(sink.has_room(bytes).await.unwrap(), fits, "{bytes}");
    }
    assert_eq!(disk.asked.load(Ordering::Relaxed), 1);
    disk.free.store(999, Ordering::Relaxed);
    assert!(sink.has_room(0).await.unwrap(), "what was learnt is good for a second");
    clock.0.store(1000, Ordering::Relaxed);
    assert!(!sink.has_room(0).await.unwrap());
    assert!(matches!(sink.begin(key(1)).await.err(), Some(StoreError::Full)));
}

#[tokio::test]
async fn mails_that_had_room_when_they_began_leave_the_reserve_alone() {
    let folder = tempfile::tempdir().unwrap();
    let (disk, clock) = (Arc::new(SmallDisk::default()), Arc::new(StillClock::default()));
    disk.free.store(1_000_000, Ordering::Relaxed);
    let config = config(folder.path(), 1000);
    let store =
        EmbeddedStore::open_on(Arc::clone(&disk) as _, &config, Arc::clone(&clock) as _, Keys::Opening).await.unwrap();
    let sink = store.sink().unwrap();
    assert!(sink.has_room(500_000).await.unwrap());
    let mut writer = sink.begin(key(1)).await.unwrap();
    writer.write(b"the beginning").await.unwrap();
    disk.free.store(999, Ordering::Relaxed);
    clock.0.store(1000, Ordering::Relaxed);
    assert!(matches!(writer.write(&[1; 500_000]).await, Err(StoreError::Full)));
    drop(writer);
    assert_eq!(fs::read_dir(folder.path().join("tmp")).unwrap().count(), 0);
}

#[tokio::test]
async fn a_disk_that_fills_up_while_receiving_is_full_and_nothing_stays() {
    let folder = tempfile::tempdir().unwrap();
    let disk = Arc::new(SmallDisk::default());
    let clock = Arc::new(StillClock::default());
    let store = EmbeddedStore::open_on(disk, &config(folder.path(), 0), clock, Keys::Opening).await.unwrap();
    assert!(matches!(accept(&store, 1, &[1; 900_000]).await, Err(StoreError::Full)));
    assert_eq!(fs::read_dir(folder.path().join("tmp")).unwrap().count(), 0);
    assert!(accept(&store, 2, b"small ones ride in the database").await.is_ok());
}

#[tokio::test]
async fn a_failed_commit_is_answered_so_and_the_next_one_starts_afresh() {
    let folder = tempfile::tempdir().unwrap();
    let (disk, clock) = (Arc::new(SmallDisk::default()), Arc::new(StillClock::default()));
    let store =
        EmbeddedStore::open_on(Arc::clone(&disk) as _, &config(folder.path(), 0), clock, Keys::Opening).await.unwrap();
    accept(&store, 1, b"one").await.unwrap();
    disk.failing_commits.store(1, Ordering::Relaxed);
    assert!(matches!(accept(&store, 2, b"two").await, Err(StoreError::Unavailable(_))));
    accept(&store, 2, b"two").await.unwrap();
    let records = store.records(&TenantId::single(), 0, 9).await.unwrap();
    assert_eq!(records.iter().map(|record| record.sequence).collect::<Vec<_>>(), [1, 2]);
}

#[tokio::test]
async fn two_processes_share_one_folder_and_one_chain() {
    let folder = tempfile::tempdir().unwrap();
    let (gateway, command) = (open(folder.path()).await, open(folder.path()).await);
    for number in 0..20 {
        let store = if number % 2 == 0 { &gateway } else { &command };
        accept(store, number, &[number; 10_000]).await.unwrap();
    }
    assert_eq!(read(&command, 0).await.unwrap(), [0; 10_000], "a second start sweeps nothing");
    let records = command.records(&TenantId::single(), 0, 100).await.unwrap();
    assert_eq!(records.iter().map(|record| record.sequence).collect::<Vec<_>>(), (1..=20).collect::<Vec<_>>());
    assert!(records.is_sorted_by(|before, after| after.previous == before.hash));
    let span = Duration::from_secs(1);
    let now = Timestamp::from_millis(5);
    let (a, b) = (gateway.lease_item(now, span).await, command.lease_item(now, span).await);
    assert_ne!(a, b);
}

impl EmbeddedStore {
    async fn lease_item(&self, now: Timestamp, span: Duration) -> ItemKey {
        Queue::lease(self, &TenantId::single(), now, span).await.unwrap().unwrap().key
    }
}

#[tokio::test]
async fn everything_is_there_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    accept(&store, 1, &[1; 100]).await.unwrap();
    accept(&store, 2, &[2; 100_000]).await.unwrap();
    drop(store);
    let store = open(folder.path()).await;
    assert_eq!(read(&store, 1).await.unwrap(), [1; 100]);
    assert_eq!(read(&store, 2).await.unwrap(), [2; 100_000]);
    assert_eq!(store.item(&key(2)).await.unwrap().summary.stage, Stage::Received);
}

#[tokio::test]
async fn without_the_private_key_mail_is_accepted_but_not_read() {
    let folder = tempfile::tempdir().unwrap();
    drop(open(folder.path()).await);
    fs::remove_file(folder.path().join("keys/sealing.key")).unwrap();
    let store = open(folder.path()).await;
    accept(&store, 1, b"sealed").await.unwrap();
    assert!(matches!(store.source().err(), Some(OpenError::Keys(_))));
}
