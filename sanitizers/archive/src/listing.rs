//! The list of members while an archive is read.
//!
//! Invariant: no two members have names that some system takes for one, and none is the folder of another.

use std::collections::BTreeSet;

use sanitizer_japanese::nfc;

use crate::allowance::Unpacked;
use crate::name::{self, Naming};
use crate::{Archive, Content, Kept, Member, NameChange, Oddity};

/// Members so far.
#[derive(Default)]
pub(crate) struct Listing {
    members: Vec<Member>,
    oddities: BTreeSet<Oddity>,
    /// Names and folders, as systems compare them.
    files: BTreeSet<String>,
    folders: BTreeSet<String>,
}

impl Listing {
    pub(crate) fn note(&mut self, oddity: Oddity) {
        self.oddities.insert(oddity);
    }

    /// Adds a file as it was unpacked; its size is that of its bytes, or `stated` if there are none.
    pub(crate) fn unpacked(&mut self, naming: Naming, stated: u64, unpacked: Unpacked) {
        match unpacked {
            Ok(bytes) => {
                let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
                self.add(naming, size, Content::File(bytes));
            }
            Err(why) => self.add(naming, stated, Content::Kept(why)),
        }
    }

    pub(crate) fn kept(&mut self, naming: Naming, stated: u64, why: Kept) {
        self.add(naming, stated, Content::Kept(why));
    }

    fn add(&mut self, naming: Naming, size: u64, content: Content) {
        let Naming { mut path, written, mut changes } = naming;
        let free = self.free(&path);
        if free != path {
            changes.insert(NameChange::Duplicate);
            self.note(Oddity::DuplicateNames);
            path = free;
        }
        self.take(&path);
        if changes.iter().any(|change| change.is_hostile()) {
            self.note(Oddity::HostileNames);
        }
        if content == Content::Kept(Kept::Disagrees) {
            self.note(Oddity::HeadersDisagree);
        }
        let encrypted = content == Content::Kept(Kept::Encrypted);
        self.members.push(Member {
            name: path,
            written,
            changes: changes.into_iter().collect(),
            size,
            encrypted,
            content,
        });
    }

    /// `path`, or one like it: none of its folders is a file, and it is no file or folder itself.
    fn free(&self, path: &str) -> String {
        let mut free = String::new();
        let mut parts = path.split('/').peekable();
        while let Some(part) = parts.next() {
            let is_folder = parts.peek().is_some();
            let whole = if free.is_empty() { part.to_owned() } else { format!("{free}/{part}") };
            let is_taken = |path: &String| {
                let key = key(path);
                self.files.contains(&key) || (!is_folder && self.folders.contains(&key))
            };
            // One more than there are names always finds a free one.
            let most = self.files.len().saturating_add(self.folders.len()).saturating_add(2);
            let mut like = (2..=most).map(|n| name::numbered(&whole, n));
            free = if is_taken(&whole) { like.find(|path| !is_taken(path)).unwrap_or(whole) } else { whole };
        }
        free
    }

    fn take(&mut self, path: &str) {
        let key = key(path);
        self.folders.extend(parents(&key).map(str::to_owned));
        self.files.insert(key);
    }

    pub(crate) fn finish(self) -> Archive {
        Archive { members: self.members, oddities: self.oddities.into_iter().collect(), single: false }
    }
}

/// A name without what systems disregard when they compare.
fn key(path: &str) -> String {
    nfc(&nfc(path).to_lowercase())
}

fn parents(path: &str) -> impl Iterator<Item = &str> {
    path.match_indices('/').filter_map(|(at, _)| path.get(..at))
}
