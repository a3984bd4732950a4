//! The real servers that other tests rest on do what those tests believe of them: PostgreSQL, and S3.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use object_store::aws::AmazonS3;
use object_store::path::Path as Location;
use object_store::{Error, ObjectStore as _, ObjectStoreExt as _, PutMode, PutOptions, RetryConfig, WriteMultipart};
use serde_json::json;
use sqlx::{Connection as _, PgConnection, Row as _};

use crate::support::postgres::{Cluster, Options, Shutdown};
use crate::support::s3::S3Server;

/// Longest wait for something that must happen.
const PATIENCE: Duration = Duration::from_secs(60);

#[tokio::test]
async fn every_test_has_a_database_of_its_own_and_leaves_none() {
    let cluster = Cluster::shared();
    let (first, second) = tokio::join!(cluster.database(), cluster.database());
    first.sql("CREATE TABLE t (n integer); INSERT INTO t VALUES (1), (2)").await;
    assert_eq!(first.sql("SELECT sum(n) FROM t").await, "3");
    assert_eq!(second.sql("SELECT to_regclass('t') IS NULL").await, "t");
    let copy = cluster.database_from(first.name()).await;
    assert_eq!(copy.sql("SELECT sum(n) FROM t").await, "3");

    let mut connected = PgConnection::connect(&first.url()).await.unwrap();
    let count = format!("SELECT count(*) FROM pg_database WHERE datname = '{}'", first.name());
    assert_eq!(second.sql(&count).await, "1");
    drop(first);
    assert_eq!(second.sql(&count).await, "0", "dropped although somebody is connected");
    assert!(sqlx::query("SELECT 1").execute(&mut connected).await.is_err());
}

#[tokio::test]
async fn a_login_other_than_the_superuser_has_to_show_its_password() {
    let database = Cluster::shared().database().await;
    let role = format!("clerk_{}", database.name());
    database.sql(&format!("CREATE ROLE {role} LOGIN PASSWORD 'p@ss wörd&+%'")).await;
    let mut clerk = PgConnection::connect(&database.url_as(&role, "p@ss wörd&+%")).await.unwrap();
    let row = sqlx::query("SELECT current_user::text").fetch_one(&mut clerk).await.unwrap();
    assert_eq!(row.get::<String, _>(0), role);
    clerk.close().await.unwrap();

    for url in [database.url_as(&role, "wrong"), database.url().replace("user=postgres", &format!("user={role}"))] {
        let refused = PgConnection::connect(&url).await.unwrap_err();
        assert!(refused.to_string().contains("password"), "{refused}");
    }
    database.sql(&format!("DROP ROLE {role}")).await;
}

#[tokio::test]
async fn a_private_cluster_is_restarted_without_loss_and_gone_when_dropped() {
    let cluster = Cluster::start_own(Options { fsync: true, ..Options::default() }).await;
    let database = cluster.database().await;
    assert_eq!(database.sql("SHOW fsync").await, "on");
    assert_eq!(database.sql("SHOW listen_addresses").await, "");
    database.sql("CREATE TABLE t (n integer); INSERT INTO t VALUES (1)").await;
    let mut connected = PgConnection::connect(&database.url()).await.unwrap();

    cluster.restart(Shutdown::Immediate).await;
    assert!(sqlx::query("SELECT 1").execute(&mut connected).await.is_err());
    assert!(cluster.log().contains("was not properly shut down"), "{}", cluster.log());
    assert_eq!(database.sql("SELECT n FROM t").await, "1");

    cluster.stop(Shutdown::Fast).await;
    assert!(PgConnection::connect(&database.url()).await.is_err());
    cluster.start().await;
    assert_eq!(database.sql("SELECT n FROM t").await, "1");

    let folder = cluster.folder().to_owned();
    let postmaster = postmaster(&folder).unwrap();
    assert!(postmaster.exists());
    drop(cluster);
    assert!(!folder.exists());
    // Its last act is to remove its lock; whoever reaps it may take a moment.
    until(|| (!postmaster.exists()).then_some(()));
}

/// Runs a test of this file in a process of its own and kills that as soon as its cluster is up.
#[test]
fn a_killed_test_leaves_no_cluster() {
    let root = tempfile::tempdir().unwrap();
    std::fs::set_permissions(root.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "servers::a_private_cluster_is_restarted_without_loss_and_gone_when_dropped"])
        .env("TMPDIR", root.path())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let folder = || std::fs::read_dir(root.path()).unwrap().next().map(|entry| entry.unwrap().path());
    let postmaster = until(|| postmaster(&folder()?));
    child.kill().unwrap();
    child.wait().unwrap();
    until(|| (!postmaster.exists() && folder().is_none()).then_some(()));
}

/// Where /proc shows the server that runs in `folder`, once it is up.
fn postmaster(folder: &Path) -> Option<PathBuf> {
    let file = std::fs::read_to_string(folder.join("data/postmaster.pid")).ok()?;
    file.contains("ready").then(|| Path::new("/proc").join(file.lines().next().unwrap()))
}

fn until<T>(mut wanted: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = wanted() {
            return found;
        }
        assert!(Instant::now() < deadline, "it does not happen");
        std::thread::sleep(Duration::from_millis(2));
    }
}

#[tokio::test]
async fn an_object_is_put_read_listed_and_deleted() {
    let server = S3Server::start().await;
    let bucket = server.create_bucket("objects").await;
    everything_works(&server.client(&bucket, server.root())).await;
}

/// Ours only: garage takes no notice of the condition, so the stores must not need it.
#[tokio::test]
async fn an_object_that_is_there_is_not_created_again() {
    let server = S3Server::start_in_process().await;
    let store = server.client(&server.create_bucket("objects").await, server.root());
    let (location, once) = (Location::from("1"), PutOptions::from(PutMode::Create));
    store.put_opts(&location, "first".into(), once.clone()).await.unwrap();
    let again = store.put_opts(&location, "again".into(), once).await.unwrap_err();
    assert!(matches!(again, Error::AlreadyExists { .. }), "{again}");
    assert_eq!(store.get(&location).await.unwrap().bytes().await.unwrap(), "first");
}

#[tokio::test]
async fn a_server_that_somebody_else_started_serves_as_well() {
    let theirs = S3Server::start_in_process().await;
    let server = S3Server::at(theirs.endpoint(), theirs.root());
    let (first, second) = (server.create_bucket("objects").await, server.create_bucket("objects").await);
    assert_ne!(first, second);
    assert!(theirs.folder().join(&first).is_dir());
    let key = server.allow("somebody", "secret", Some(&json!({})));
    everything_works(&server.client(&second, &key)).await;
}

async fn everything_works(store: &AmazonS3) {
    let small = Location::from("originals/a b/手水");
    store.put(&small, "small".into()).await.unwrap();
    assert_eq!(store.get(&small).await.unwrap().bytes().await.unwrap(), "small");
    assert_eq!(store.get_range(&small, 1..3).await.unwrap(), "ma");
    assert_eq!(store.head(&small).await.unwrap().size, 5);
    store.put(&small, "other".into()).await.unwrap();
    assert_eq!(store.get(&small).await.unwrap().bytes().await.unwrap(), "other");

    let large = Location::from("originals/large");
    let content: Vec<u8> = (0..12_u32 << 20).map(|n| (n % 251) as u8).collect();
    let mut upload = WriteMultipart::new_with_chunk_size(store.put_multipart(&large).await.unwrap(), 5 << 20);
    upload.write(&content);
    assert!(matches!(store.get(&large).await, Err(Error::NotFound { .. })), "nothing is there before the end");
    upload.finish().await.unwrap();
    assert_eq!(store.get(&large).await.unwrap().bytes().await.unwrap(), content);
    let mut given_up = store.put_multipart(&Location::from("originals/given-up")).await.unwrap();
    given_up.put_part("part".into()).await.unwrap();
    given_up.abort().await.unwrap();

    let originals = Location::from("originals");
    assert_eq!(listed(store, &originals).await.unwrap(), [small.clone(), large.clone()]);
    store.delete(&small).await.unwrap();
    assert_eq!(listed(store, &originals).await.unwrap(), [large]);
    store.delete(&small).await.expect("deleting what is not there succeeds");
    assert!(matches!(store.get(&small).await, Err(Error::NotFound { .. })));
    assert!(matches!(store.head(&small).await, Err(Error::NotFound { .. })));
}

async fn listed(store: &AmazonS3, prefix: &Location) -> object_store::Result<Vec<Location>> {
    let mut found = store.list(Some(prefix));
    let mut locations = Vec::new();
    while let Some(object) = std::future::poll_fn(|context| found.as_mut().poll_next(context)).await {
        locations.push(object?.location);
    }
    Ok(locations)
}

#[tokio::test]
async fn a_key_may_do_what_its_policy_says_and_nothing_else() {
    let server = S3Server::start_in_process().await;
    let bucket = server.create_bucket("mail").await;
    let (original, derivative) = (Location::from("originals/1"), Location::from("derivatives/1"));
    let root = server.client(&bucket, server.root());
    root.put(&original, "original".into()).await.unwrap();
    root.put(&derivative, "derivative".into()).await.unwrap();

    let policy = json!({ "Version": "2012-10-17", "Statement": [
        { "Sid": "Read", "Effect": "Allow", "Action": ["s3:Get*", "s3:DeleteObject"], "Resource": "arn:aws:s3:::mail/derivatives/*" },
        { "Effect": "Deny", "Action": "s3:*", "Resource": ["arn:aws:s3:::mail/derivatives/secret"] },
    ]});
    let deliver = server.client(&bucket, &server.allow("deliver", "secret", Some(&policy)));
    assert_eq!(deliver.get(&derivative).await.unwrap().bytes().await.unwrap(), "derivative");
    refused(deliver.get(&original).await);
    refused(deliver.head(&original).await);
    refused(deliver.put(&derivative, "mine".into()).await);
    refused(deliver.put_multipart(&original).await);
    refused(deliver.delete(&original).await);
    refused(deliver.get(&Location::from("derivatives/secret")).await);
    refused(deliver.copy(&derivative, &original).await);
    refused(listed(&deliver, &Location::from("derivatives")).await);
    // As on AWS: who may not list a bucket is not told what is missing in it.
    refused(deliver.get(&Location::from("derivatives/missing")).await);
    deliver.delete(&derivative).await.unwrap();
    assert_eq!(root.get(&original).await.unwrap().bytes().await.unwrap(), "original");

    let list = json!({ "Version": "2012-10-17", "Statement":
        { "Effect": "Allow", "Action": ["s3:ListBucket", "s3:GetObject"], "Resource": ["arn:aws:s3:::mail", "arn:aws:s3:::mail/*"] } });
    let reader = server.client(&bucket, &server.allow("reader", "secret", Some(&list)));
    assert_eq!(listed(&reader, &Location::from("originals")).await.unwrap(), std::slice::from_ref(&original));
    assert!(matches!(reader.get(&derivative).await, Err(Error::NotFound { .. })));
    refused(reader.delete(&original).await);

    let mut stranger = server.root().clone();
    stranger.secret.push('x');
    refused(server.client(&bucket, &stranger).get(&original).await);
    stranger.access.push('x');
    refused(server.client(&bucket, &stranger).get(&original).await);
    let unsigned = server.builder(&bucket, server.root()).with_skip_signature(true).build().unwrap();
    refused(unsigned.get(&original).await);
}

fn refused<T>(answer: object_store::Result<T>) {
    match answer {
        Err(Error::PermissionDenied { .. } | Error::Unauthenticated { .. }) => {}
        // `object_store` has a kind for it where one object is asked for, but none where a bucket is.
        Err(other @ Error::Generic { .. }) if format!("{other:?}").contains("status: 403") => {}
        Err(other) => panic!("{other:?}"),
        Ok(_) => panic!("it was allowed"),
    }
}

#[test]
fn a_policy_that_would_have_to_be_half_ignored_is_refused() {
    let statement = |more: &str, value: &str| {
        let mut statement = json!({ "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::mail/*" });
        statement[more] = json!(value);
        json!({ "Version": "2012-10-17", "Statement": [statement] })
    };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let server = Arc::new(runtime.block_on(S3Server::start_in_process()));
    let taken = |policy| {
        let server = Arc::clone(&server);
        std::thread::spawn(move || drop(server.allow("key", "secret", Some(&policy)))).join().is_ok()
    };
    assert!(taken(statement("Sid", "Read")));
    assert!(!taken(statement("Condition", "any")));
    assert!(!taken(statement("NotAction", "s3:PutObject")));
    assert!(!taken(statement("Effect", "allow")));
    assert!(!taken(json!({ "Statement": [] })));
}

#[tokio::test]
async fn a_server_that_is_gone_is_an_error_in_bounded_time_and_can_come_back() {
    let server = S3Server::start_in_process().await;
    let bucket = server.create_bucket("mail").await;
    let retries = RetryConfig { max_retries: 2, retry_timeout: Duration::from_secs(2), ..RetryConfig::default() };
    let store = server.builder(&bucket, server.root()).with_retry(retries).build().unwrap();
    let location = Location::from("1");
    store.put(&location, "here".into()).await.unwrap();

    server.stop();
    let since = Instant::now();
    for answer in [store.get(&location).await.map(drop), store.put(&location, "lost".into()).await.map(drop)] {
        let gone = answer.unwrap_err();
        assert!(matches!(gone, Error::Generic { .. }), "{gone:?}");
    }
    assert!(since.elapsed() < Duration::from_secs(10), "{:?}", since.elapsed());

    server.start_again();
    assert_eq!(store.get(&location).await.unwrap().bytes().await.unwrap(), "here");
}
