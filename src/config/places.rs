//! Where each key was given: a place in the file, or an option of the command line.

use std::collections::BTreeMap;

use super::fault::{Fault, Position, Problem};

/// The places of the keys of one configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Places {
    file: String,
    keys: BTreeMap<&'static str, Place>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    File(Position),
    Option(&'static str),
}

impl Places {
    /// No key yet, of the file named so.
    pub(super) fn new(file: &str) -> Self {
        Self { file: file.to_owned(), keys: BTreeMap::new() }
    }

    /// The key is written in the file.
    pub(super) fn put(&mut self, key: &'static str, position: Position) {
        self.keys.insert(key, Place::File(position));
    }

    /// The key was given by this option, which wins over the file.
    pub(super) fn put_option(&mut self, key: &'static str, option: &'static str) {
        self.keys.insert(key, Place::Option(option));
    }

    /// A fault about a key, wherever it was given; without a place in the file if it was not.
    pub(super) fn fault(&self, key: &'static str, problem: Problem) -> Fault {
        let (source, position) = match self.keys.get(key) {
            Some(Place::File(position)) => (self.file.clone(), Some(*position)),
            Some(Place::Option(option)) => ((*option).to_owned(), None),
            None => (self.file.clone(), None),
        };
        Fault { source, position, key: key.to_owned(), problem }
    }
}
