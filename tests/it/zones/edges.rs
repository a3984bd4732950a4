//! The portal's process and what it may hold: nothing that leads to an original. The review listener's may.
//!
//! Invariant: what the portal is shown not to have is had by somebody else in the same test.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use object_store::path::Path as Location;
use object_store::{Error, ObjectStoreExt as _};
use temizu::store::embedded::EmbeddedStore;
use temizu::store::{Keys, OpenError, Store};

use super::DENIED;
use super::town::{Town, accept};
use crate::store_contract::fixture::{StillClock, embedded_config, original};
use crate::support::process::Gateway;

/// An embedded store with a small and a large original; both its keys are in it.
async fn embedded(data: &Path) -> Vec<temizu::domain::ItemKey> {
    let store = open(data, Keys::Opening).await;
    let sink = store.sink().unwrap();
    let mut items = Vec::new();
    for (number, length) in [(1, 100), (2, 200_000)] {
        items.push(accept(&*sink, number, length).await);
    }
    items
}

async fn open(data: &Path, keys: Keys) -> Arc<EmbeddedStore> {
    EmbeddedStore::open(&embedded_config(data), Arc::new(StillClock::default()), keys).await.unwrap()
}

fn seals_only(store: &dyn Store) {
    for (port, refused) in
        [("source", store.source().err()), ("passwords", store.passwords().err()), ("trials", store.trials().err())]
    {
        let Some(OpenError::Keys(cause)) = refused else { panic!("{port}: {refused:?}") };
        assert!(cause.to_string().contains("does not open"), "{port}: {cause}");
    }
    assert!(store.sink().is_ok(), "sealing works");
}

/// One process, one user, one folder, both roles: there the operating system keeps nobody apart. What is left is that a
/// process that said it seals is given no way to open.
#[tokio::test]
async fn a_store_opened_to_seal_opens_no_original_though_the_private_key_lies_beside_it() {
    let folder = tempfile::tempdir().unwrap();
    let items = embedded(folder.path()).await;
    assert!(folder.path().join("keys/sealing.key").exists());
    seals_only(&*open(folder.path(), Keys::Sealing).await);
    let source = open(folder.path(), Keys::Opening).await.source().unwrap();
    assert_eq!(source.open(&items[0]).await.unwrap().collect().await.unwrap(), original(1, 100));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_holds_for_several_hosts_where_somebody_copied_the_private_key_to_the_portal() {
    let town = Town::built().await;
    let items = town.fill().await;
    copy_key(&town, "portal");
    seals_only(&*town.store("portal", Keys::Sealing).await);
    copy_key(&town, "review");
    let source = town.store("review", Keys::Opening).await.source().unwrap();
    assert_eq!(source.open(&items[0]).await.unwrap().collect().await.unwrap(), original(1, 100));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_portal_runs_without_the_private_key_and_has_no_original_open() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    embedded(&data).await;
    let key = data.join("keys/sealing.key");
    std::fs::remove_file(&key).unwrap();
    // Whoever reads it waits for ever.
    assert!(Command::new("mkfifo").args(["-m", "600"]).arg(&key).status().unwrap().success());
    let config = folder.path().join("temizu.toml");
    std::fs::write(&config, "[portal]\nlisten = [\"127.0.0.1:0\"]\n[review]\nlisten = [\"127.0.0.1:0\"]\n").unwrap();
    let portal = Gateway::with(&data, "--role portal", Some(&config));
    portal.logged("the gateway runs").await;
    let open = portal.open_files();
    let is = |file: &Path, name: &str| file.components().any(|part| part.as_os_str() == name);
    assert!(open.iter().any(|file| is(file, "temizu.db")), "this looks at what it has open: {open:?}");
    let forbidden: Vec<&PathBuf> =
        open.iter().filter(|file| is(file, "originals") || is(file, "sealing.key")).collect();
    assert!(forbidden.is_empty(), "{forbidden:?}");
    drop(portal);

    std::fs::remove_file(&key).unwrap();
    let portal = Gateway::with(&data, "--role portal", Some(&config));
    portal.logged("the gateway runs").await;
    assert!(!key.exists(), "and none is made");
    drop(portal);
    let mut review = Gateway::with(&data, "--role review", Some(&config));
    let (status, _) = review.ended().await;
    assert!(!status.success(), "the review listener cannot do without");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_private_key_is_not_in_the_memory_of_a_portal_though_it_lies_beside_it() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    embedded(&data).await;
    let written = std::fs::read_to_string(data.join("keys/sealing.key")).unwrap();
    let text = written.lines().find(|line| line.starts_with("AGE-SECRET-KEY-1")).expect("the private key");
    let key = of_bech32(text);
    let config = folder.path().join("temizu.toml");
    std::fs::write(&config, "[portal]\nlisten = [\"127.0.0.1:0\"]\n[review]\nlisten = [\"127.0.0.1:0\"]\n").unwrap();
    for (role, holds) in [("portal", false), ("review", true)] {
        let edge = Gateway::with(&data, &format!("--role {role}"), Some(&config));
        edge.logged("the gateway runs").await;
        assert!(edge.remembers(data.to_str().unwrap().as_bytes()), "{role}: this looks at its memory");
        assert_eq!(edge.remembers(&key), holds, "{role}");
        assert!(holds || !edge.remembers(text.as_bytes()), "{role}");
    }
}

/// The bytes of a key as it is written (BIP 173), without its checksum of six letters.
fn of_bech32(text: &str) -> Vec<u8> {
    let (_, letters) = text.rsplit_once('1').unwrap();
    let (mut bits, mut count, mut bytes) = (0_u32, 0, Vec::new());
    for letter in letters[..letters.len() - 6].to_lowercase().bytes() {
        let digit = b"qpzry9x8gf2tvdw0s3jn54khce6mua7l".iter().position(|other| *other == letter).unwrap();
        bits = (bits << 5) | u32::try_from(digit).unwrap();
        count += 5;
        if count >= 8 {
            count -= 8;
            bytes.push(u8::try_from((bits >> count) & 255).unwrap());
        }
    }
    assert_eq!(bytes.len(), 32);
    bytes
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn portal_and_review_each_run_with_their_own_login_and_the_portal_reaches_no_original_with_it() {
    let town = Town::built().await;
    town.fill().await;
    copy_key(&town, "review");
    for (role, says) in [("portal", "[portal]"), ("review", "[review]")] {
        let config = town.config_file(role, &format!("{says}\nlisten = [\"127.0.0.1:0\"]\n"));
        let mut edge = Gateway::with(&town.data(role), &format!("--role {role}"), Some(&config));
        edge.logged("the gateway runs").await;
        edge.terminate();
        assert!(edge.ended().await.0.success(), "{role}: {:#?}", edge.log());
    }
    assert!(!town.data("portal").join("keys").exists(), "the portal has no key of its own");

    for sql in ["SELECT sealed FROM original", "SELECT file FROM original", "SELECT item FROM original"] {
        assert_eq!(town.tried("portal", sql).await, Err(DENIED.to_owned()), "{sql}");
        assert_eq!(town.tried("review", sql).await, Ok(()), "{sql}");
    }
    let name = town.database.sql("SELECT file FROM original WHERE file IS NOT NULL").await;
    let sealed = Location::from(name.strip_prefix("originals/").expect("one large original"));
    let refused = town.bucket("portal", "sealed").get(&sealed).await.unwrap_err();
    assert!(matches!(refused, Error::PermissionDenied { .. }), "{refused}");
    assert!(town.bucket("review", "sealed").get(&sealed).await.is_ok());
}

/// Puts the private key of process into the data folder of another role.
pub(super) fn copy_key(town: &Town, role: &str) {
    let folder = town.data(role).join("keys");
    std::fs::create_dir_all(&folder).unwrap();
    for name in ["sealing.key", "sealing.pub"] {
        std::fs::copy(town.data("process").join("keys").join(name), folder.join(name)).unwrap();
    }
    std::fs::set_permissions(folder.join("sealing.key"), std::fs::Permissions::from_mode(0o600)).unwrap();
}
