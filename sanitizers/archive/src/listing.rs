//! The list of members while an archive is read.
//!
//! Invariant: no two members have names that some system takes for one, and none is the folder of another.

use std::collections::{BTreeMap, BTreeSet};

use sanitizer_japanese::nfc;

use crate::allowance::Unpacked;
use crate::leftover;
use crate::name::{self, Naming};
use crate::{Archive, Content, Kept, Member, NameChange, Oddity};

/// As long as numbers get, of a usual allowance of members.
const LARGE: usize = 1_000;

/// Members so far.
#[derive(Default)]
pub(crate) struct Listing {
    members: Vec<Member>,
    oddities: BTreeSet<Oddity>,
    /// Names and folders, as systems compare them.
    files: BTreeSet<String>,
    folders: BTreeSet<String>,
    /// The same as they came.
    files_as_they_came: BTreeSet<String>,
    folders_as_they_came: BTreeSet<String>,
    /// Where the search for a free number goes on, for folders and for files: a thousand members of one name take a
    /// thousand steps, not half a million.
    numbers: BTreeMap<(bool, String), usize>,
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
        if matches!(&content, Content::File(bytes) if leftover::is_one(&path, bytes)) {
            return self.note(Oddity::Leftovers);
        }
        if self.came_before(&path) {
            self.note(Oddity::DuplicateNames);
        }
        let free = self.free(&path);
        if free != path {
            changes.insert(NameChange::Duplicate);
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

    /// True for a name that another member has, letter by letter, or that is its folder or in it as in a folder. Names
    /// that differ in the case of their letters are two files for who packed them, and are told apart.
    fn came_before(&mut self, path: &str) -> bool {
        let is_inside = parents(path).any(|folder| self.files_as_they_came.contains(folder));
        let is_around = self.folders_as_they_came.contains(path);
        self.folders_as_they_came.extend(parents(path).map(str::to_owned));
        !self.files_as_they_came.insert(path.to_owned()) || is_inside || is_around
    }

    /// `path`, or one like it: none of its folders is a file, and it is no file or folder itself.
    fn free(&mut self, path: &str) -> String {
        let mut free = String::new();
        let mut parts = path.split('/').peekable();
        while let Some(part) = parts.next() {
            let is_folder = parts.peek().is_some();
            let whole = if free.is_empty() { part.to_owned() } else { format!("{free}/{part}") };
            free = if self.is_taken(&whole, is_folder) { self.numbered(whole, is_folder) } else { whole };
        }
        free
    }

    fn is_taken(&self, path: &str, is_folder: bool) -> bool {
        let key = key(path);
        self.files.contains(&key) || (!is_folder && self.folders.contains(&key))
    }

    /// A free name like `whole`.
    fn numbered(&mut self, whole: String, is_folder: bool) -> String {
        // Long names are cut for their number: what is equal then counts together.
        let alike = (is_folder, key(&name::numbered(&whole, LARGE)));
        let first = self.numbers.get(&alike).copied().unwrap_or(2);
        // One more than there are names always finds a free one.
        let most = self.files.len().saturating_add(self.folders.len()).saturating_add(1);
        let numbers = (0..most).map(|step| first.saturating_add(step));
        let mut like = numbers.map(|number| (number, name::numbered(&whole, number)));
        let Some((number, path)) = like.find(|(_, path)| !self.is_taken(path, is_folder)) else { return whole };
        // A folder that got a number keeps it for what else is in it.
        self.numbers.insert(alike, if is_folder { number } else { number.saturating_add(1) });
        path
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
