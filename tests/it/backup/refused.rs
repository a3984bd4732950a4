//! Backups and folders that must be refused, each for one reason.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _};
use temizu::domain::Digest;
use temizu::store::embedded::backup::manifest::{Listed, Manifest};

use super::{Site, objects, restore, verify};
use crate::support::next_hop::Fault;
use crate::support::process::{end, run, run_on, temizu};

/// Changes one bit in the middle of a file.
pub(super) fn flip_a_bit(path: &Path) {
    let mut bytes = fs::read(path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(path, bytes).unwrap();
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}

/// A site with a backup that has a file of every kind; copies of it are spoiled one by one.
struct Spoiled {
    site: Site,
    /// One file of each kind.
    kinds: Vec<String>,
    count: u32,
}

impl Spoiled {
    async fn start() -> Self {
        let site = Site::start(vec![Fault::say("RCPT TO:<slow@", "450 4.2.0 later")]).await;
        let waiting = site.send("slow@city.test", "waiting").await;
        site.reaches(&waiting, "sanitized").await;
        site.back_up("backup", "--with-key").with(0);
        let all = objects(&site.path("backup"));
        let mut kinds: Vec<String> = ["temizu.db", "keys/sealing.pub", "keys/sealing.key"].map(str::to_owned).into();
        for end in [".age", ".part", ".mail"] {
            kinds.push(all.iter().find(|name| name.ends_with(end)).unwrap_or_else(|| panic!("{end}: {all:?}")).clone());
        }
        Self { site, kinds, count: 0 }
    }

    /// Spoils a copy of the backup; checking and restoring must both say `words`.
    fn refuse(&mut self, words: &str, spoil: impl FnOnce(&Path)) {
        self.count += 1;
        let (spoiled, new) = (self.site.path(&format!("spoiled-{}", self.count)), self.site.path("new"));
        copy(&self.site.path("backup"), &spoiled);
        spoil(&spoiled);
        for said in [verify(&spoiled).with(65).err, restore(&spoiled, &new, "").with(65).err] {
            assert!(said.contains(words), "{words}: {said}");
        }
        assert!(!new.exists(), "{words}: nothing is left");
    }
}

/// Lists the files as they are now, as somebody would who knows how.
fn list_anew(backup: &Path) {
    let path = backup.join("MANIFEST");
    let mut manifest = Manifest::parse(&fs::read_to_string(&path).unwrap()).unwrap();
    for (name, listed) in &mut manifest.files {
        let bytes = fs::read(backup.join(name)).unwrap();
        *listed = Listed { digest: Digest::of(&bytes), length: u64::try_from(bytes.len()).unwrap() };
    }
    fs::write(path, manifest.render().0).unwrap();
}

#[tokio::test]
async fn a_backup_in_which_anything_was_changed_is_refused() {
    let mut spoiled = Spoiled::start().await;
    for kind in spoiled.kinds.clone() {
        spoiled.refuse(&format!("{kind}: changed"), |backup| flip_a_bit(&backup.join(&kind)));
        spoiled.refuse(&format!("{kind}: missing"), |backup| fs::remove_file(backup.join(&kind)).unwrap());
        spoiled.refuse(&format!("{kind}: changed"), |backup| {
            let bytes = fs::read(backup.join(&kind)).unwrap();
            fs::write(backup.join(&kind), &bytes[..bytes.len() - 1]).unwrap();
        });
        spoiled.refuse(&format!("{kind}: missing"), |backup| {
            let aside = backup.with_extension("aside");
            fs::rename(backup.join(&kind), &aside).unwrap();
            symlink(&aside, backup.join(&kind)).unwrap();
            assert!(fs::read(backup.join(&kind)).is_ok());
            // The next case makes its own.
        });
    }
    spoiled.refuse("originals/x: not in the MANIFEST", |backup| fs::write(backup.join("originals/x"), "x").unwrap());
    spoiled.refuse("MANIFEST was cut or changed", |backup| flip_a_bit(&backup.join("MANIFEST")));
    spoiled.refuse("there is no MANIFEST", |backup| fs::remove_file(backup.join("MANIFEST")).unwrap());
    spoiled.refuse("MANIFEST was cut or changed", |backup| {
        let text = fs::read_to_string(backup.join("MANIFEST")).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        fs::write(backup.join("MANIFEST"), lines[..lines.len() - 1].join("\n") + "\n").unwrap();
    });
}

#[tokio::test]
async fn a_backup_whose_list_was_forged_is_refused_by_its_rows_and_its_chain() {
    let mut spoiled = Spoiled::start().await;
    for end in [".age", ".part", ".mail"] {
        let kind = spoiled.kinds.iter().find(|kind| kind.ends_with(end)).unwrap().clone();
        spoiled.refuse(&kind.clone(), |backup| {
            flip_a_bit(&backup.join(&kind));
            list_anew(backup);
        });
    }
    let backup = spoiled.site.path("forged");
    copy(&spoiled.site.path("backup"), &backup);
    for statement in [
        "DROP TRIGGER audit_is_never_changed; UPDATE audit SET body = replace(body, 'received', 'expired') WHERE sequence = 3",
        "UPDATE audit SET hash = zeroblob(32) WHERE sequence = (SELECT MAX(sequence) FROM audit)",
    ] {
        let mut database = SqliteConnectOptions::new().filename(backup.join("temizu.db")).connect().await.unwrap();
        sqlx::raw_sql(statement).execute(&mut database).await.unwrap();
        database.close().await.unwrap();
        list_anew(&backup);
        let said = restore(&backup, &spoiled.site.path("new"), "").with(65).err;
        let words = if statement.contains("zeroblob") { "MANIFEST was cut or changed" } else { "temizu.db:audit/main" };
        assert!(said.contains(words), "{said}");
        assert!(!spoiled.site.path("new").exists());
    }
}

/// Puts a file in a backup, and on its list.
fn list_one_more(backup: &Path, name: &str) {
    let path = backup.join("MANIFEST");
    let mut manifest = Manifest::parse(&fs::read_to_string(&path).unwrap()).unwrap();
    fs::write(backup.join(name), "x").unwrap();
    manifest.files.insert(name.to_owned(), Listed { digest: Digest::of(b"x"), length: 1 });
    fs::write(path, manifest.render().0).unwrap();
}

#[tokio::test]
async fn a_backup_with_a_journal_another_key_or_a_pipe_is_refused() {
    let mut spoiled = Spoiled::start().await;
    for name in ["temizu.db-wal", "temizu.db-journal", "originals/x"] {
        spoiled.refuse("MANIFEST was cut or changed", |backup| list_one_more(backup, name));
    }
    let backup = spoiled.site.path("other-key");
    copy(&spoiled.site.path("backup"), &backup);
    let foreign = spoiled.site.path("foreign");
    super::open(&foreign, temizu::store::Keys::Opening).await;
    fs::copy(foreign.join("keys/sealing.key"), backup.join("keys/sealing.key")).unwrap();
    list_anew(&backup);
    let new = spoiled.site.path("new");
    for said in [verify(&backup).with(71).err, restore(&backup, &new, "").with(71).err] {
        assert!(said.contains("sealing.key does not belong to sealing.pub"), "{said}");
    }
    let backup = spoiled.site.path("pipe");
    copy(&spoiled.site.path("backup"), &backup);
    fs::remove_file(backup.join("MANIFEST")).unwrap();
    assert!(std::process::Command::new("mkfifo").arg(backup.join("MANIFEST")).status().unwrap().success());
    for said in [verify(&backup).with(71).err, restore(&backup, &new, "").with(71).err] {
        assert!(said.contains("no regular file"), "{said}");
    }
    assert!(!new.exists());
}

#[tokio::test]
async fn nothing_is_written_over_and_no_folder_into_itself() {
    let site = Site::start(Vec::new()).await;
    site.deliver("first").await;
    fs::create_dir(site.path("backup")).unwrap();
    site.back_up("backup", "").with(0);
    let before: BTreeSet<String> = objects(&site.path("backup"));
    assert!(site.back_up("backup", "").with(73).err.contains("not empty"));
    assert_eq!(objects(&site.path("backup")), before);
    verify(&site.path("backup")).with(0);
    assert!(site.back_up("data/originals/backup", "").with(73).err.contains("lies in the folder"));
    assert!(!site.path("data/originals/backup").exists());

    let new = site.path("new");
    assert!(restore(&site.path("backup"), &site.path("backup/new"), "").with(73).err.contains("lies in the folder"));
    fs::create_dir(&new).unwrap();
    restore(&site.path("backup"), &new, "").with(0);
    assert!(restore(&site.path("backup"), &new, "").with(73).err.contains("not empty"));
    assert!(restore(&site.path("backup"), &site.data(), "").with(73).err.contains("not empty"));
    run_on(&new, "audit verify").with(0);
    verify(&site.path("backup")).with(0);
}

#[tokio::test]
async fn a_store_that_was_not_restored_to_its_end_is_not_opened() {
    let site = Site::start(Vec::new()).await;
    site.deliver("first").await;
    site.back_up("backup", "").with(0);
    let new = site.path("new");
    restore(&site.path("backup"), &new, "").with(0);
    run_on(&new, "queue list").with(0);
    fs::write(new.join("restore.unfinished"), "").unwrap();
    let said = run_on(&new, "queue list").with(78).err;
    assert!(said.contains("did not get to its end"), "{said}");
}

#[test]
fn a_store_of_the_other_kind_is_sent_to_its_own_tools() {
    let folder = tempfile::tempdir().unwrap();
    let config: PathBuf = folder.path().join("temizu.toml");
    fs::write(&config, "[store]\nkind = \"scaleout\"\npostgres = \"postgres://t@127.0.0.1:1/t\"\noriginals = \"file:///nowhere/o\"\nderivatives = \"file:///nowhere/d\"\n").unwrap();
    for command in ["backup", "restore"] {
        let mut said = temizu();
        said.arg(command).arg(folder.path().join("backup")).arg("--config").arg(&config);
        let said = end(said, b"").with(64).err;
        assert!(said.contains("pg_dump") && said.contains("then the objects"), "{said}");
    }
    assert!(!folder.path().join("backup").exists());
    run("backup --with-key --verify", &[folder.path()]).with(64);
}
