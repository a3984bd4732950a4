//! The members that the walk before this one wrote: what comes out the same again takes their place in memory.
//!
//! Refuses nothing. Invariant: all are there again only if each was written once more, byte for byte, and nothing else.

use std::collections::BTreeMap;

/// Members of a zip file: name and bytes, in order.
pub(crate) type Members = Vec<(String, Vec<u8>)>;

/// What the walk before this one wrote, and whether this one writes it again.
#[derive(Debug, Default)]
pub(crate) struct Before {
    members: BTreeMap<String, Vec<u8>>,
    has_other: bool,
}

impl Before {
    /// The members of the walk before.
    pub(crate) fn new(members: Members) -> Self {
        Self { members: members.into_iter().collect(), has_other: false }
    }

    /// The member `name` was written: `bytes`, in the memory of the walk before if they are the same.
    pub(crate) fn meet(&mut self, name: &str, bytes: Vec<u8>) -> Vec<u8> {
        match self.members.remove(name) {
            Some(before) if before == bytes => before,
            _ => {
                self.has_other = true;
                bytes
            }
        }
    }

    /// True if every member came out as it was, and no other one.
    pub(crate) fn is_all_there(&self) -> bool {
        !self.has_other && self.members.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_other_byte_or_member_is_seen() {
        let members = || vec![("a".to_owned(), vec![1]), ("b".to_owned(), vec![2])];
        let walk = |written: &[(&str, u8)]| {
            let mut before = Before::new(members());
            for (name, byte) in written {
                assert_eq!(before.meet(name, vec![*byte]), [*byte]);
            }
            before.is_all_there()
        };
        assert!(walk(&[("b", 2), ("a", 1)]));
        for other in
            [&[("a", 1)][..], &[("a", 1), ("b", 3)], &[("a", 1), ("b", 2), ("c", 3)], &[("a", 1), ("b", 2), ("a", 1)]]
        {
            assert!(!walk(other), "{other:?}");
        }
    }
}
