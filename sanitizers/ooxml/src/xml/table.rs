//! Vocabularies: which elements and attributes one class of parts may have, as static tables.
//!
//! Refuses, in a test: a name that stands twice in one vocabulary, and prefixes that [`super::space`] does not know.
//! Invariant: what no row names is not written.

use std::sync::OnceLock;

use sanitizer_api::Code;

use super::space::{self, SpaceId};

/// What happens to an element.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Act {
    /// It stays; character data directly in it goes.
    Keep,
    /// It stays with its character data.
    Text,
    /// Its children stay in its place.
    Unwrap,
    /// It goes with all that is in it, and is told. Elements without a row go without being told.
    Drop(Code),
}

/// Which values an attribute may have. With another value the attribute goes.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Value {
    /// ASCII letters, digits and `_.,+-%#:;@(){}[]*~` and blanks, at most 16,000: numbers, enumerations, colours, ids.
    Token,
    /// Any text (names, descriptions).
    Text,
    /// One of these.
    OneOf(&'static [&'static str]),
    /// Written with this value whatever it was.
    Fixed(&'static str),
    /// The id of a relationship to a part of one of these kinds.
    Rel(&'static [&'static str]),
    /// As [`Value::Rel`], and the element goes with the relationship.
    NeedRel(&'static [&'static str]),
    /// The id of a relationship to the outside: never written; the grammar learns its target.
    Outside,
    /// Properties of VML as CSS writes them, without functions and addresses.
    Style,
}

/// Elements of one table.
#[derive(Debug)]
pub(crate) struct Row {
    /// What happens to them.
    pub(crate) act: Act,
    /// Their names, with prefix, separated by blanks.
    pub(crate) names: &'static str,
    /// Their attributes: which values, and names separated by blanks (with prefix unless in no namespace).
    pub(crate) attributes: &'static [(Value, &'static str)],
}

/// A row of elements that stay without character data.
pub(crate) const fn keep(names: &'static str, attributes: &'static [(Value, &'static str)]) -> Row {
    Row { act: Act::Keep, names, attributes }
}

/// A row of elements that stay with character data.
pub(crate) const fn text(names: &'static str, attributes: &'static [(Value, &'static str)]) -> Row {
    Row { act: Act::Text, names, attributes }
}

/// A row of elements whose children stay in their place.
pub(crate) const fn unwrap(names: &'static str) -> Row {
    Row { act: Act::Unwrap, names, attributes: &[] }
}

/// A row of elements that go and are told as `code`.
pub(crate) const fn drop(code: Code, names: &'static str) -> Row {
    Row { act: Act::Drop(code), names, attributes: &[] }
}

/// An element of a vocabulary, ready to look up.
#[derive(Debug)]
pub(crate) struct Entry {
    space: SpaceId,
    local: &'static str,
    /// With its prefix, as it is written.
    pub(crate) name: &'static str,
    /// What happens to it.
    pub(crate) act: Act,
    /// The attribute without which the element goes.
    pub(crate) needs: Option<&'static str>,
    attributes: Vec<Allowed>,
}

/// An attribute of an [`Entry`].
#[derive(Debug)]
pub(crate) struct Allowed {
    /// Its namespace.
    pub(crate) space: SpaceId,
    local: &'static str,
    /// With its prefix, as it is written.
    pub(crate) name: &'static str,
    /// Its values.
    pub(crate) value: Value,
}

/// Buckets of an index.
const BUCKETS: usize = 2048;

/// All that one class of parts may have.
#[derive(Debug)]
pub(crate) struct Vocabulary {
    /// Names of root elements.
    roots: &'static [&'static str],
    /// Prefixes that a `mc:Choice` may require.
    pub(crate) understood: &'static [&'static str],
    tables: &'static [&'static [Row]],
    index: OnceLock<Vec<Vec<Entry>>>,
}

impl Vocabulary {
    /// A vocabulary of all rows of `tables`.
    pub(crate) const fn new(
        roots: &'static [&'static str],
        understood: &'static [&'static str],
        tables: &'static [&'static [Row]],
    ) -> Self {
        Self { roots, understood, tables, index: OnceLock::new() }
    }

    /// True if a part may begin with the element `name`.
    pub(crate) fn is_root(&self, name: &str) -> bool {
        self.roots.contains(&name)
    }

    /// The row of an element.
    pub(crate) fn entry(&self, space: SpaceId, local: &str) -> Option<&Entry> {
        let index = self.index.get_or_init(|| self.build());
        let bucket = index.get(bucket(space, local))?;
        bucket.iter().find(|entry| entry.space == space && entry.local == local)
    }

    fn build(&self) -> Vec<Vec<Entry>> {
        let mut index: Vec<Vec<Entry>> = (0..BUCKETS).map(|_| Vec::new()).collect();
        for entry in self.tables.iter().flat_map(|table| table.iter()).flat_map(entries) {
            if let Some(bucket) = index.get_mut(bucket(entry.space, entry.local)) {
                bucket.push(entry);
            }
        }
        index
    }
}

/// Where an element is looked up. What is looked for is hostile, what is found is not: buckets stay short.
fn bucket(space: SpaceId, local: &str) -> usize {
    local.bytes().fold(usize::from(space), |sum, byte| sum.wrapping_mul(31).wrapping_add(usize::from(byte))) % BUCKETS
}

impl Entry {
    /// The row of an attribute.
    pub(crate) fn attribute(&self, space: SpaceId, local: &str) -> Option<&Allowed> {
        self.attributes.iter().find(|allowed| allowed.space == space && allowed.local == local)
    }
}

fn entries(row: &Row) -> impl Iterator<Item = Entry> {
    row.names.split_ascii_whitespace().filter_map(|name| {
        let (space, local) = split(name)?;
        let attributes = row.attributes.iter().flat_map(|(value, names)| {
            names.split_ascii_whitespace().filter_map(|name| {
                let (space, local) = split(name)?;
                Some(Allowed { space, local, name, value: *value })
            })
        });
        let attributes: Vec<Allowed> = attributes.collect();
        let needs = attributes.iter().find(|allowed| matches!(allowed.value, Value::NeedRel(_)));
        Some(Entry { space, local, name, act: row.act, needs: needs.map(|allowed| allowed.name), attributes })
    })
}

fn split(name: &'static str) -> Option<(SpaceId, &'static str)> {
    match name.split_once(':') {
        Some((prefix, local)) => Some((space::by_prefix(prefix)?, local)),
        None => Some((0, name)),
    }
}

/// True if `value` fits a [`Value::Token`].
pub(crate) fn is_token(value: &str) -> bool {
    value.len() <= 16_000 && value.bytes().all(|byte| TOKEN.get(usize::from(byte)).is_some_and(|fits| *fits))
}

/// Which bytes a [`Value::Token`] may have.
const TOKEN: [bool; 256] = {
    let mut fits = [false; 256];
    let mut rest = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 _.,+-%#:;@(){}[]*~".as_slice();
    while let [first, others @ ..] = rest {
        if let Some(fit) = fits.as_mut_slice().split_at_mut(*first as usize).1.first_mut() {
            *fit = true;
        }
        rest = others;
    }
    fits
};

/// True if `value` fits a [`Value::Style`].
pub(crate) fn is_style(value: &str) -> bool {
    value.len() <= 4_000
        && !value.contains("//")
        && !value.chars().any(|c| c.is_control() || matches!(c, '(' | ')' | '\\' | '<' | '>' | '{' | '}' | '@' | '!'))
}

/// Panics if a vocabulary names something twice or with an unknown prefix.
#[cfg(test)]
pub(crate) fn check(vocabulary: &Vocabulary) {
    let mut seen = std::collections::BTreeSet::new();
    for row in vocabulary.tables.iter().flat_map(|table| table.iter()) {
        for name in row.names.split_ascii_whitespace() {
            assert!(seen.insert(name), "{name} stands twice");
            assert!(split(name).is_some(), "{name}");
            let mut names: Vec<_> =
                row.attributes.iter().flat_map(|(_, names)| names.split_ascii_whitespace()).collect();
            assert!(names.iter().all(|name| split(name).is_some()), "{names:?}");
            names.sort_unstable();
            let count = names.len();
            names.dedup();
            assert_eq!(count, names.len(), "{name} has an attribute twice");
        }
    }
    for root in vocabulary.roots {
        assert!(seen.contains(root), "{root}");
    }
    assert!(vocabulary.understood.iter().all(|prefix| space::by_prefix(prefix).is_some()));
}
