//! The list of what is in a backup; the last file that a backup writes.
//!
//! Refuses: a list that was cut, changed, or written by a program that lists otherwise; files that are none of a store's.
//! Invariant: `Manifest::parse(&manifest.render()) == Ok(manifest)`, and no other text parses to it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::{PRIVATE_KEY, PUBLIC_KEY};
use crate::domain::{Digest, TenantId};
use crate::store::embedded::DATABASE;
use crate::store::place::Place;

/// The first line: what this is, and in which form.
const FIRST: &str = "temizu-backup 1";

/// What is in a backup.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Manifest {
    /// When the backup began, as text: RFC 3339, UTC.
    pub began: String,
    /// Every file but the list itself, by its path within the backup.
    pub files: BTreeMap<String, Listed>,
    /// The end of every tenant's audit chain.
    pub heads: Vec<Head>,
    /// What did not fit its row, or its chain, when the backup was made, without blanks. Everything else does.
    pub damaged: BTreeSet<String>,
}

/// A file of a backup.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Listed {
    /// SHA-256 of its bytes.
    pub digest: Digest,
    /// Their number.
    pub length: u64,
}

/// The end of a tenant's audit chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// Whose chain.
    pub tenant: TenantId,
    /// Sequence of the last record.
    pub sequence: u64,
    /// Its hash.
    pub hash: Digest,
}

impl Manifest {
    /// The text and the digest in its last line, which is that of the lines before.
    #[must_use]
    pub fn render(&self) -> (String, Digest) {
        let mut text = format!("{FIRST}\nbegan {}\n", self.began);
        let mut line = |words: std::fmt::Arguments<'_>| writeln!(text, "{words}").unwrap_or_default();
        for (path, Listed { digest, length }) in &self.files {
            line(format_args!("file {digest} {length} {path}"));
        }
        for Head { tenant, sequence, hash } in &self.heads {
            line(format_args!("head {} {sequence} {hash}", tenant.as_str()));
        }
        for what in &self.damaged {
            line(format_args!("damaged {what}"));
        }
        let digest = Digest::of(text.as_bytes());
        writeln!(text, "end {digest}").unwrap_or_default();
        (text, digest)
    }

    /// Reads what [`Self::render`] wrote; `None` for any other text.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut manifest = Self::default();
        for line in text.lines().skip(1) {
            let (word, rest) = line.split_once(' ')?;
            manifest.take(word, rest)?;
        }
        // Order, blanks, the first line and the digest in the last: all or nothing.
        (manifest.render().0 == text).then_some(manifest)
    }

    fn take(&mut self, word: &str, rest: &str) -> Option<()> {
        match word {
            "began" => rest.clone_into(&mut self.began),
            "file" => {
                let mut words = rest.splitn(3, ' ');
                let digest = words.next()?.parse().ok()?;
                let length = words.next()?.parse().ok()?;
                let path = words.next().filter(|path| is_ours(path))?;
                self.files.insert(path.to_owned(), Listed { digest, length });
            }
            "head" => {
                let mut words = rest.splitn(3, ' ');
                let tenant = words.next()?.to_owned().try_into().ok()?;
                let sequence = words.next()?.parse().ok()?;
                self.heads.push(Head { tenant, sequence, hash: words.next()?.parse().ok()? });
            }
            "damaged" => {
                self.damaged.insert(rest.to_owned());
            }
            "end" => {}
            _ => return None,
        }
        Some(())
    }
}

/// Whatever the list says: what a row can vouch for, the database and the keys. A journal beside the database would be
/// played back into the restored one unseen.
fn is_ours(path: &str) -> bool {
    [DATABASE, PUBLIC_KEY, PRIVATE_KEY].contains(&path) || Place::item(path).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{ItemId, ItemKey, Timestamp};

    fn original() -> String {
        let id = ItemId::new(Timestamp::from_millis(1), [7; 10]);
        Place::original(&ItemKey { tenant: TenantId::single(), id }).relative()
    }

    fn manifest() -> Manifest {
        let listed = |text: &str| Listed { digest: Digest::of(text.as_bytes()), length: 7 };
        Manifest {
            began: "2026-11-23T01:42:00.000Z".to_owned(),
            files: BTreeMap::from([("temizu.db".to_owned(), listed("db")), (original(), listed("x"))]),
            heads: vec![Head { tenant: TenantId::single(), sequence: 12, hash: Digest::of(b"head") }],
            damaged: BTreeSet::from([original()]),
        }
    }

    #[test]
    fn a_list_reads_back() {
        assert_eq!(Manifest::parse(&manifest().render().0), Some(manifest()));
    }

    #[test]
    fn every_cut_and_every_changed_byte_is_refused() {
        let text = manifest().render().0;
        for at in 0..text.len() {
            assert_eq!(Manifest::parse(text.get(..at).unwrap()), None, "cut at {at}");
            let mut changed = text.clone().into_bytes();
            changed[at] ^= 1;
            assert_eq!(Manifest::parse(&String::from_utf8(changed).unwrap()), None, "byte {at}");
        }
    }

    #[test]
    fn only_names_that_a_store_gives_are_listed() {
        let original = original();
        let beside = [format!("{original}.bak"), format!("./{original}"), original.replace("originals", "derivatives")];
        let journals = ["-wal", "-shm", "-journal"].map(|end| format!("temizu.db{end}"));
        let others =
            ["../x", "/etc/passwd", "a/../../x", "", "lock", "restore.unfinished", "keys/x"].map(str::to_owned);
        for path in beside.into_iter().chain(journals).chain(others) {
            let mut wrong = manifest();
            wrong.files.insert(path.clone(), Listed { digest: Digest::of(b""), length: 0 });
            assert_eq!(Manifest::parse(&wrong.render().0), None, "{path}");
        }
    }
}
