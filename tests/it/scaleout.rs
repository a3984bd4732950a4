//! What only the scale-out store can be asked: its schema, its key, several nodes, an object store that is away.

use std::sync::Arc;
use std::time::{Duration, Instant};

use temizu::config;
use temizu::domain::{ItemKey, TenantId};
use temizu::ports::{Queue as _, StoreError};
use temizu::store::scaleout::ScaleoutStore;
use temizu::store::{Keys, OpenError, Store as _};

use crate::store_contract::fixture::{Ports, SPAN, StillClock, at, item_id, mail, origin, original, sanitized};
use crate::support::postgres::Cluster;
use crate::support::s3::S3Server;
use crate::support::scaleout::Site;

fn clock() -> Arc<StillClock> {
    Arc::new(StillClock::default())
}

async fn refused(config: &config::Store, keys: Keys) -> OpenError {
    ScaleoutStore::open(config, clock(), keys).await.err().expect("a refusal")
}

#[tokio::test]
async fn an_empty_database_is_refused_until_it_is_migrated_and_migrating_twice_changes_nothing() {
    let database = Cluster::shared().database().await;
    let folder = tempfile::tempdir().unwrap();
    let config = config::Store { postgres: database.url(), data: folder.path().to_owned(), ..config::Store::default() };
    let error = refused(&config, Keys::None).await;
    assert!(matches!(error, OpenError::Older { found: 0, .. }), "{error}");
    assert!(error.to_string().contains("temizu migrate"), "{error}");
    let (first, second) = tokio::join!(ScaleoutStore::migrate(&config), ScaleoutStore::migrate(&config));
    let mut found = [first.unwrap().0, second.unwrap().0];
    found.sort_unstable();
    assert_eq!(found[0], 0, "of two at once, one after the other");
    assert_eq!(ScaleoutStore::migrate(&config).await.unwrap(), (found[1], found[1]));
    ScaleoutStore::open(&config, clock(), Keys::None).await.unwrap();
}

#[tokio::test]
async fn a_newer_schema_is_refused_and_left_alone() {
    let site = Site::on_files().await;
    site.database.sql("UPDATE schema_version SET version = 99").await;
    let error = refused(&site.config, Keys::None).await;
    assert!(matches!(error, OpenError::Newer { found: 99, .. }), "{error}");
    assert!(matches!(ScaleoutStore::migrate(&site.config).await, Err(OpenError::Newer { found: 99, .. })));
    assert_eq!(site.database.sql("SELECT version FROM schema_version").await.trim(), "99");
}

#[tokio::test]
async fn every_table_with_rows_of_a_tenant_is_keyed_by_it() {
    let site = Site::on_files().await;
    let without = site
        .database
        .sql(
            "SELECT relname FROM pg_class c JOIN pg_index i ON i.indrelid = c.oid AND i.indisprimary \
             JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = i.indkey[0] \
             WHERE c.relnamespace = 'public'::regnamespace AND a.attname <> 'tenant' ORDER BY 1",
        )
        .await;
    assert_eq!(
        without.split_whitespace().collect::<Vec<_>>(),
        ["sealing_key", "store_mark", "unneeded_object"],
        "nobody's rows"
    );
}

#[tokio::test]
async fn audit_rows_are_neither_changed_nor_deleted_even_by_the_owner() {
    let site = Site::on_files().await;
    let store = site.open(clock()).await;
    Ports::of(store, ()).accept(1, 10).await.unwrap();
    for attempt in ["UPDATE audit SET body = '[]'", "DELETE FROM audit", "TRUNCATE audit"] {
        let refused = format!(
            "DO $$ BEGIN {attempt}; RAISE 'it went through'; EXCEPTION WHEN raise_exception THEN \
             IF SQLERRM NOT LIKE 'audit records%' THEN RAISE; END IF; END $$"
        );
        site.database.sql(&refused).await;
    }
    assert_eq!(site.database.sql("SELECT COUNT(*) FROM audit").await.trim(), "1");
}

#[tokio::test]
async fn the_first_process_role_makes_the_key_and_nobody_processes_without_it() {
    let site = Site::on_files().await;
    let elsewhere = |name: &str| config::Store { data: site.folder.path().join(name), ..site.config.clone() };
    let error = refused(&elsewhere("intake"), Keys::Sealing).await;
    assert!(std::error::Error::source(&error).unwrap().to_string().contains("role process"), "{error:?}");
    assert!(!site.folder.path().join("intake").exists(), "intake makes no key");

    drop(ScaleoutStore::open(&elsewhere("first"), clock(), Keys::Opening).await.unwrap());
    let intake = ScaleoutStore::open(&elsewhere("intake"), clock(), Keys::Sealing).await.unwrap();
    assert!(intake.sink().is_ok() && intake.source().is_err(), "intake seals and cannot open");
    let deliver = ScaleoutStore::open(&elsewhere("deliver"), clock(), Keys::None).await.unwrap();
    assert!(deliver.sink().is_err() && deliver.source().is_err());
    assert!(!site.folder.path().join("deliver").exists(), "deliver has no key");

    let error = refused(&elsewhere("second"), Keys::Opening).await;
    assert!(std::error::Error::source(&error).unwrap().to_string().contains("copy keys/sealing.key"), "{error:?}");
    // A pair of another store.
    let other = Site::on_files().await;
    drop(other.open(clock()).await);
    let strange = config::Store { data: other.config.data.clone(), ..site.config.clone() };
    let error = refused(&strange, Keys::Opening).await;
    assert!(std::error::Error::source(&error).unwrap().to_string().contains("not the key of this store"), "{error:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_one_node_accepts_wakes_another() {
    let site = Site::on_files().await;
    let (one, other) = (site.open(clock()).await, site.open(clock()).await);
    // The bell that is rung when listening begins.
    other.wait(Duration::from_secs(30)).await;
    let waiting = tokio::spawn({
        let other = Arc::clone(&other);
        async move {
            let since = Instant::now();
            while other.lease(&TenantId::single(), at(100), SPAN).await.unwrap().is_none() {
                other.wait(Duration::from_secs(30)).await;
            }
            since.elapsed()
        }
    });
    tokio::time::sleep(Duration::from_millis(300)).await;
    Ports::of(one, ()).accept(1, 10).await.unwrap();
    assert!(waiting.await.unwrap() < Duration::from_secs(10));
}

#[tokio::test]
async fn leasing_reads_an_index_and_never_the_whole_table() {
    let site = Site::on_files().await;
    let database = &site.database;
    let fill = "INSERT INTO item (tenant, id, reference, stage, received_at, length, digest, origin, due_at) \
                SELECT 'main', LPAD(i::text, 26, '0'), LPAD(i::text, 8, '0'), 'received', i, 1, '\\x00', '{}', i \
                FROM GENERATE_SERIES(1, 20000) AS i; ANALYZE item;";
    database.sql(fill).await;
    let scans = "SELECT pg_stat_force_next_flush(); SELECT COALESCE(SUM(seq_scan), 0) FROM pg_stat_user_tables \
                 WHERE relname = 'item'";
    let before = database.sql(scans).await;
    let store = site.open(clock()).await;
    for _ in 0..20 {
        // The rows are no real items: each is leased, found damaged and set aside.
        let leased = store.lease(&TenantId::single(), at(100_000), SPAN).await;
        assert!(matches!(leased, Err(StoreError::Damaged(_))), "{leased:?}");
    }
    drop(store);
    let used = "SELECT idx_scan FROM pg_stat_user_indexes WHERE indexrelname = 'item_due'";
    let since = Instant::now();
    while database.sql(used).await.trim().parse::<u32>().unwrap() < 20 {
        assert!(since.elapsed() < Duration::from_secs(20), "the index is not used");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    assert_eq!(database.sql(scans).await, before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_the_object_store_is_away_small_mails_pass_and_large_ones_are_refused_soon() {
    let site = Site::with_server(S3Server::start_in_process().await).await;
    let ports = Ports::of(site.open(clock()).await, ());
    ports.accept(1, 100_000).await.unwrap();
    let server = site.s3.as_ref().unwrap();
    server.stop();
    ports.accept(2, 100).await.unwrap();
    let since = Instant::now();
    let refused = ports.accept(3, 100_000).await;
    assert!(matches!(refused, Err(StoreError::Unavailable(_))), "{refused:?}");
    assert!(since.elapsed() < Duration::from_secs(20), "{:?}", since.elapsed());
    server.start_again();
    ports.accept(3, 100_000).await.unwrap();
    let key = |number| ItemKey { tenant: TenantId::single(), id: item_id(number) };
    for (number, length) in [(1, 100_000), (2, 100), (3, 100_000)] {
        assert_eq!(ports.read(&key(number)).await.unwrap(), original(number, length));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_conclusion_that_the_object_store_refuses_is_no_fault_of_the_item() {
    let site = Site::with_server(S3Server::start_in_process().await).await;
    let ports = Ports::of(site.open(clock()).await, ());
    ports.accept(1, 100).await.unwrap();
    let server = site.s3.as_ref().unwrap();
    server.stop();
    for round in 1..=2 {
        let lease = ports.lease(100 * round).await;
        assert_eq!(lease.attempt, 1, "nothing was counted");
        let conclusion = sanitized(&lease, 100_000, vec![mail(1, &["a@city.example"], 100)]);
        let refused = ports.queue.conclude(lease, conclusion, Vec::new()).await;
        assert!(matches!(refused, Err(StoreError::Unavailable(_))), "{refused:?}");
    }
    server.start_again();
    let lease = ports.lease(1000).await;
    let conclusion = sanitized(&lease, 100_000, vec![mail(1, &["a@city.example"], 100)]);
    ports.queue.conclude(lease, conclusion, Vec::new()).await.unwrap();
}

#[tokio::test]
async fn a_byte_changed_in_the_object_store_is_noticed() {
    let site = Site::with_server(S3Server::start_in_process().await).await;
    let store = site.open(clock()).await;
    let key = ItemKey { tenant: TenantId::single(), id: item_id(1) };
    let mut writer = store.sink().unwrap().begin(key.clone()).await.unwrap();
    writer.write(&original(1, 300_000)).await.unwrap();
    writer.accept(origin(&["a@city.example"]), at(1)).await.unwrap();
    let sealed = one_file_below(&site.s3.as_ref().unwrap().folder().join("originals"));
    let mut bytes = std::fs::read(&sealed).unwrap();
    bytes[200_000] ^= 1;
    std::fs::write(&sealed, bytes).unwrap();
    let read = store.source().unwrap().open(&key).await.unwrap().collect().await;
    assert!(matches!(read, Err(StoreError::Damaged(_))), "{read:?}");
}

/// The one object in a bucket of the test server.
fn one_file_below(folder: &std::path::Path) -> std::path::PathBuf {
    let mut folders = vec![folder.to_owned()];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { folders.push(path) } else { files.push(path) }
        }
    }
    assert_eq!(files.len(), 1, "{files:?}");
    files.remove(0)
}
