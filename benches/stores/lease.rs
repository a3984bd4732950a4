//! The lease of the next item while 100,000 wait, on both stores: milliseconds from the question to a lease that is
//! counted and synced, and the plan that the database chose.

use std::sync::Arc;
use std::time::{Duration, Instant};

use sqlx::{Connection, Row};
use temizu::config::{self, StoreKind};
use temizu::domain::{TenantId, Timestamp};
use temizu::ports::Clock;
use temizu::store::embedded::EmbeddedStore;
use temizu::store::scaleout::ScaleoutStore;
use temizu::store::{Keys, Store};

use crate::postgres::{Cluster, Options};

const WAITING: u32 = 100_000;
const LEASES: usize = 2_000;
const NOW: Timestamp = Timestamp::from_millis(1_000_000_000_000);

/// A clock that stands still.
pub(crate) struct Still;

impl Clock for Still {
    fn now(&self) -> Timestamp {
        NOW
    }
}

const ORIGIN: &str = r#"{"mail":{"reverse_path":"taro@sender.example","forward_paths":["a@city.example"],"client":{"address":"192.0.2.1","helo":"relay.example","tls":null},"eight_bit":true}}"#;

pub(crate) async fn measure() {
    println!("lease of the next item, {WAITING} waiting, {LEASES} leases one after the other, then 8 at once");
    embedded().await;
    scaleout().await;
}

async fn embedded() {
    let folder = tempfile::tempdir().unwrap();
    let config = config::Store { data: folder.path().to_owned(), reserve_bytes: 0, ..config::Store::default() };
    let store = EmbeddedStore::open(&config, Arc::new(Still), Keys::Opening).await.unwrap();
    let url = format!("sqlite://{}", folder.path().join("temizu.db").display());
    let mut connection = sqlx::SqliteConnection::connect(&url).await.unwrap();
    sqlx::query(
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $1) \
         INSERT INTO item (tenant, id, reference, stage, received_at, length, digest, origin, due_at) \
         SELECT 'main', printf('%026d', i), printf('%08d', i), 'received', i, 2700, zeroblob(32), $2, i FROM n",
    )
    .bind(WAITING)
    .bind(ORIGIN)
    .execute(&mut connection)
    .await
    .unwrap();
    connection.close().await.unwrap();
    report("embedded", store).await;
}

async fn scaleout() {
    let cluster = Cluster::start_own(Options { fsync: true, ..Options::default() }).await;
    let database = cluster.database().await;
    let folder = tempfile::tempdir().unwrap();
    let config = config::Store {
        kind: StoreKind::Scaleout,
        data: folder.path().to_owned(),
        postgres: database.url(),
        ..config::Store::default()
    };
    ScaleoutStore::migrate(&config).await.unwrap();
    let mut connection = sqlx::PgConnection::connect(&database.url()).await.unwrap();
    sqlx::query(
        "INSERT INTO item (tenant, id, reference, stage, received_at, length, digest, origin, due_at) \
         SELECT 'main', LPAD(i::text, 26, '0'), LPAD(i::text, 8, '0'), 'received', i, 2700, \
             DECODE(REPEAT('00', 32), 'hex'), $2, i FROM GENERATE_SERIES(1, $1::bigint) AS i",
    )
    .bind(i64::from(WAITING))
    .bind(ORIGIN)
    .execute(&mut connection)
    .await
    .unwrap();
    sqlx::query("ANALYZE item").execute(&mut connection).await.unwrap();
    let store = ScaleoutStore::open(&config, Arc::new(Still), Keys::Opening).await.unwrap();
    report("scale-out", store).await;
    let plan = sqlx::query(
        "EXPLAIN (COSTS OFF) SELECT tenant, id FROM item WHERE tenant = 'main' AND stage = 'received' AND due_at <= 1000000000000 \
         ORDER BY due_at, id LIMIT 1 FOR UPDATE SKIP LOCKED",
    )
    .fetch_all(&mut connection)
    .await
    .unwrap();
    for row in plan {
        println!("    {}", row.get::<String, _>(0));
    }
}

async fn report(name: &str, store: Arc<dyn Store>) {
    let mut alone = Vec::with_capacity(LEASES);
    for _ in 0..LEASES {
        alone.push(one(&store).await);
    }
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let store = Arc::clone(&store);
        tasks.spawn(async move {
            let mut spans = Vec::new();
            for _ in 0..LEASES / 8 {
                spans.push(one(&store).await);
            }
            spans
        });
    }
    let mut at_once = Vec::new();
    while let Some(spans) = tasks.join_next().await {
        at_once.extend(spans.unwrap());
    }
    show(name, "alone", alone);
    show(name, "8 at once", at_once);
}

async fn one(store: &Arc<dyn Store>) -> Duration {
    let since = Instant::now();
    let lease = temizu::ports::Queue::lease(&**store, &TenantId::single(), NOW, Duration::from_secs(60)).await.unwrap();
    assert!(lease.is_some());
    since.elapsed()
}

fn show(name: &str, how: &str, mut spans: Vec<Duration>) {
    spans.sort_unstable();
    let at = |share: usize| spans[(spans.len() - 1) * share / 1000].as_secs_f64() * 1000.0;
    println!("  {name:9}  {how:9}  p50 {:6.2} ms  p99 {:6.2} ms  max {:6.2} ms", at(500), at(990), at(1000));
}
