//! Objects in folders.

use std::fs;
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use super::*;
use crate::domain::{Digest, ItemId, ItemKey, TenantId};

struct Fixture {
    folder: tempfile::TempDir,
    objects: Objects,
}

impl Fixture {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let address = |kind: &str| format!("file://{}", folder.path().join("made").join(kind).display());
        let (originals, derivatives) = (address("originals"), address("derivatives"));
        let objects = Objects::of(&config::Store { originals, derivatives, ..config::Store::default() }).unwrap();
        Self { folder, objects }
    }

    fn path(&self, file: &str) -> PathBuf {
        self.folder.path().join("made").join(file)
    }

    /// What lies in the place of a kind.
    async fn listed(&self, kind: &'static str, older_than: Timestamp) -> Vec<String> {
        let mut listing = self.objects.list(kind, older_than).unwrap();
        let mut names = Vec::new();
        while let Some(page) = listing.page().await.unwrap() {
            assert!(page.len() <= 500);
            names.extend(page);
        }
        names.sort();
        names
    }
}

fn key(number: u8) -> ItemKey {
    ItemKey { tenant: TenantId::single(), id: ItemId::new(Timestamp::from_millis(1000), [number; 10]) }
}

/// Far in the future: everything is older.
fn any_age() -> Timestamp {
    Timestamp::from_millis(i64::MAX)
}

fn make_old(path: &PathBuf) {
    let file = fs::File::options().write(true).open(path).unwrap();
    file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(1)).unwrap();
}

async fn read_through(objects: &Objects, file: &str) -> std::io::Result<Vec<u8>> {
    let mut reader = objects.open(file).await.unwrap();
    tokio::task::spawn_blocking(move || {
        let mut bytes = Vec::new();
        #[expect(clippy::disallowed_methods, reason = "a test's own bytes")]
        reader.read_to_end(&mut bytes).map(|_| bytes)
    })
    .await
    .unwrap()
}

#[tokio::test]
async fn what_was_put_is_read_back_whole_whatever_its_length() {
    let fixture = Fixture::new();
    for length in [0, 1, FILE_PART - 1, FILE_PART, FILE_PART + 1, 3 * FILE_PART] {
        let place = Place::original(&key(1));
        let bytes: Vec<u8> = (0..length).map(|at| u8::try_from(at % 251).unwrap()).collect();
        fixture.objects.put(&place, Bytes::from(bytes.clone())).await.unwrap();
        assert!(read_through(&fixture.objects, &place.relative()).await.unwrap() == bytes, "{length}");
        assert!(fixture.objects.read(&place.relative(), length as u64).await.unwrap() == bytes, "{length}");
        assert!(fixture.path(&place.relative()).is_file());
    }
}

#[tokio::test]
async fn an_object_has_no_name_before_it_is_finished_and_a_dropped_one_leaves_nothing() {
    let fixture = Fixture::new();
    let place = Place::mail(&key(1), 1, 0);
    let mut upload = fixture.objects.begin(&place).await.unwrap();
    upload.write(Bytes::from(vec![7; 2 * FILE_PART + 5])).await.unwrap();
    let shard = fixture.path("derivatives").join(place.shard());
    assert_eq!(fs::read_dir(&shard).unwrap().count(), 1, "it is under way");
    assert!(matches!(fixture.objects.open(&place.relative()).await, Err(StoreError::NotFound)));
    drop(upload);
    for _ in 0..500 {
        if fs::read_dir(&shard).unwrap().count() == 0 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("the file of a dropped upload is still there");
}

#[tokio::test]
async fn an_object_that_is_too_long_is_damage_and_one_that_is_missing_is_not_found() {
    let fixture = Fixture::new();
    let place = Place::mail(&key(1), 1, 0);
    fixture.objects.put(&place, Bytes::from_static(b"12345")).await.unwrap();
    assert!(matches!(fixture.objects.read(&place.relative(), 4).await, Err(StoreError::Damaged(_))));
    fixture.objects.remove(&place.relative()).await.unwrap();
    fixture.objects.remove(&place.relative()).await.unwrap();
    assert!(matches!(fixture.objects.read(&place.relative(), 4).await, Err(StoreError::NotFound)));
}

#[tokio::test]
async fn a_file_that_is_cut_off_while_it_is_read_is_an_error() {
    let fixture = Fixture::new();
    let place = Place::original(&key(1));
    fixture.objects.put(&place, Bytes::from_static(b"12345")).await.unwrap();
    let mut reader = fixture.objects.open(&place.relative()).await.unwrap();
    fs::File::options().write(true).open(fixture.path(&place.relative())).unwrap().set_len(2).unwrap();
    let mut bytes = Vec::new();
    #[expect(clippy::disallowed_methods, reason = "a test's own bytes")]
    let read = reader.read_to_end(&mut bytes);
    assert_eq!(read.unwrap_err().kind(), std::io::ErrorKind::UnexpectedEof);
}

#[tokio::test]
async fn names_that_leave_their_place_or_are_of_no_kind_are_damage() {
    let fixture = Fixture::new();
    for odd in [
        "",
        "originals",
        "originals/ab",
        "originals/../x",
        "originals/ab/..",
        "originals//x",
        "originals/ab/",
        "keys/ab/x",
        "/ab/x",
        "originals/ab/x/y",
        "originals/ab/x#1",
        "originals/a b/x",
        "originals/ab/\0",
    ] {
        assert!(matches!(fixture.objects.open(odd).await, Err(StoreError::Damaged(_))), "{odd:?}");
        assert!(matches!(fixture.objects.remove(odd).await, Err(StoreError::Damaged(_))), "{odd:?}");
    }
}

#[tokio::test]
async fn a_place_that_is_not_configured_says_which_one() {
    let objects = Objects::of(&config::Store::default()).unwrap();
    let Err(StoreError::Unavailable(text)) = objects.put(&Place::original(&key(1)), Bytes::new()).await else {
        panic!("there is no such place")
    };
    assert!(text.to_string().contains("store.originals"), "{text}");
    assert!(objects.list("derivatives", any_age()).is_err());
}

#[tokio::test]
async fn folders_are_made_for_their_owner_only() {
    let fixture = Fixture::new();
    let place = Place::derivative(&key(1), Digest::from_bytes([1; 32]));
    fixture.objects.put(&place, Bytes::from_static(b"text")).await.unwrap();
    for folder in ["originals", "derivatives", &format!("derivatives/{}", place.shard())] {
        assert_eq!(fs::metadata(fixture.path(folder)).unwrap().permissions().mode() & 0o777, 0o700, "{folder}");
    }
}

#[tokio::test]
async fn only_old_objects_of_a_kind_are_listed() {
    let fixture = Fixture::new();
    let (old, young) = (Place::original(&key(1)), Place::original(&key(2)));
    for place in [&old, &young, &Place::mail(&key(1), 1, 0)] {
        fixture.objects.put(place, Bytes::from_static(b"x")).await.unwrap();
    }
    make_old(&fixture.path(&old.relative()));
    fs::create_dir(fixture.path("originals/lost+found")).unwrap();
    assert_eq!(fixture.listed("originals", Timestamp::from_millis(5000)).await, [old.relative()]);
    assert_eq!(fixture.listed("originals", any_age()).await.len(), 2);
    assert_eq!(fixture.listed("originals", Timestamp::from_millis(0)).await, [""; 0]);
}

#[tokio::test]
async fn a_long_listing_comes_in_pages() {
    let fixture = Fixture::new();
    let shard = fixture.path("originals/ab");
    fs::create_dir(&shard).unwrap();
    (0..1201).for_each(|number| fs::write(shard.join(format!("{number}.age")), "").unwrap());
    assert_eq!(fixture.listed("originals", any_age()).await.len(), 1201);
}

#[tokio::test]
async fn uploads_that_never_ended_are_removed_once_they_are_old() {
    let fixture = Fixture::new();
    let place = Place::original(&key(1));
    fixture.objects.put(&place, Bytes::from_static(b"x")).await.unwrap();
    let [old, young] = [1, 2].map(|number| fixture.path(&format!("{}#{number}", place.relative())));
    [&old, &young].iter().for_each(|path| fs::write(path, "half").unwrap());
    make_old(&old);
    make_old(&fixture.path(&place.relative()));
    let removed = fixture.objects.remove_unfinished("originals", Timestamp::from_millis(5000)).await.unwrap();
    assert_eq!(removed, 1);
    assert!(!old.exists() && young.exists() && fixture.path(&place.relative()).exists());
    assert_eq!(fixture.listed("originals", any_age()).await, [place.relative()]);
}
