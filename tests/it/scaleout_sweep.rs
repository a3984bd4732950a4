//! What the sweep of the scale-out store removes, and what it leaves, on a real database and in real places for objects.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use object_store::ObjectStoreExt as _;
use object_store::aws::AmazonS3;
use object_store::path::Path;
use temizu::domain::{ItemId, TenantId, Timestamp};
use temizu::ports::{Settlement, StoreError};

use crate::store_contract::fixture::{Ports, StillClock, at, item_id, mail, sanitized};
use crate::support::s3::{Key, S3Server};
use crate::support::scaleout::{Site, write_secret};

/// An original's place in its bucket.
fn original(id: ItemId) -> Path {
    let id = id.to_string();
    Path::from(format!("temizu/test/{}/main.{id}.age", &id[id.len() - 2..]))
}

/// A day and more after now by the clock of the places for objects: everything in them is old.
fn far() -> Timestamp {
    Timestamp::from_millis(i64::MAX / 2)
}

/// With an S3 server of its own, which can be stopped.
async fn on_s3() -> (Site, S3Server, Ports, AmazonS3) {
    let mut site = Site::on_files().await;
    let s3 = S3Server::start_in_process().await;
    let credentials = site.folder.path().join("s3.credentials");
    let Key { access, secret } = s3.root();
    write_secret(&credentials, &format!("access_key_id = {access}\nsecret_access_key = {secret}\n"));
    let originals = s3.create_bucket("originals").await;
    site.config.originals = format!("s3://{originals}/temizu/test");
    site.config.derivatives = format!("s3://{}", s3.create_bucket("derivatives").await);
    site.config.s3_endpoint = s3.endpoint().to_owned();
    site.config.s3_credentials_file = Some(credentials);
    let client = s3.client(&originals, s3.root());
    let ports = Ports::of(site.open(Arc::new(StillClock::default())).await, ());
    (site, s3, ports, client)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn objects_without_a_row_go_and_all_others_stay() {
    let (_site, _s3, ports, originals) = on_s3().await;
    let kept = ports.accept(1, 100_000).await.unwrap().key;
    let (orphan, foreign) = (original(item_id(77)), Path::from("temizu/test/ab/somebody-elses.tar.gz"));
    for path in [&orphan, &foreign] {
        originals.put(path, Bytes::from_static(b"x").into()).await.unwrap();
    }
    assert_eq!(ports.retention.sweep(at(1)).await.unwrap(), 0, "all of them are young");
    assert_eq!(ports.retention.sweep(far()).await.unwrap(), 1);
    assert!(matches!(originals.head(&orphan).await, Err(object_store::Error::NotFound { .. })));
    assert!(originals.head(&foreign).await.is_ok(), "a name that is not ours");
    assert!(ports.read(&kept).await.is_ok());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_note_that_an_object_is_unneeded_is_not_believed_while_a_row_names_it() {
    let (site, _s3, ports, _originals) = on_s3().await;
    let kept = ports.accept(1, 100_000).await.unwrap().key;
    let notes = "INSERT INTO unneeded_object SELECT file, 0 FROM original; \
                 INSERT INTO unneeded_object VALUES ('originals/zz/somebody-elses', 0)";
    site.database.sql(notes).await;
    assert_eq!(ports.retention.sweep(at(1)).await.unwrap(), 0);
    assert!(ports.read(&kept).await.is_ok());
    assert_eq!(site.database.sql("SELECT COUNT(*) FROM unneeded_object").await.trim(), "0");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_mail_of_many_parts_was_reads_back() {
    let (_site, _s3, ports, _originals) = on_s3().await;
    let accepted = ports.accept(1, 12_000_000).await.unwrap();
    assert_eq!(ports.read(&accepted.key).await.unwrap().len(), 12_000_000);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_the_bucket_is_away_intake_fails_soon_and_expiry_leaves_its_objects_to_the_sweep() {
    let (site, s3, ports, originals) = on_s3().await;
    let old = ports.accept(1, 100_000).await.unwrap().key;
    let lease = ports.lease(1000).await;
    let conclusion = sanitized(&lease, 10, vec![mail(1, &["a@city.example"], 20)]);
    ports.queue.conclude(lease, conclusion, Vec::new()).await.unwrap();
    ports.settle_all(2000, Settlement::Refused).await;
    s3.stop();
    let began = Instant::now();
    assert!(matches!(ports.accept(2, 100_000).await, Err(StoreError::Unavailable(_))));
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
    assert_eq!(ports.retention.expire(&TenantId::single(), at(900), at(5000)).await.unwrap(), 1);
    assert!(matches!(ports.retention.sweep(at(5000)).await, Err(StoreError::Unavailable(_))));
    s3.start_again();
    assert!(originals.head(&original(old.id)).await.is_ok());
    assert!(ports.retention.sweep(at(5000)).await.unwrap() >= 1);
    assert!(matches!(originals.head(&original(old.id)).await, Err(object_store::Error::NotFound { .. })));
    assert_eq!(site.database.sql("SELECT COUNT(*) FROM unneeded_object").await.trim(), "0");
}
