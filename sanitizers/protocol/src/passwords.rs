//! Passwords that a worker may try on what is encrypted.
//!
//! Refuses: more than [`Passwords::MAX`], and any that is empty or over [`Passwords::MAX_BYTES`]. Invariant: nothing
//! prints them, and their memory is overwritten when they go.

use std::fmt;

use serde::{Deserialize, Serialize};
use zeroize::Zeroize;

/// Passwords, the likeliest first. Secret: never logged.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(try_from = "Vec<String>")]
pub struct Passwords(Vec<String>);

/// A list of passwords over its bounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("more than {} passwords, or one that is empty or over {} bytes", Passwords::MAX, Passwords::MAX_BYTES)]
pub struct TooManyPasswords;

impl Passwords {
    /// Most passwords of one item.
    pub const MAX: usize = 10;
    /// Longest password in bytes of UTF-8.
    pub const MAX_BYTES: usize = 256;

    /// Checks a list; it is overwritten if it is refused.
    ///
    /// # Errors
    /// [`TooManyPasswords`].
    pub fn new(list: Vec<String>) -> Result<Self, TooManyPasswords> {
        let list = Self(list);
        let fits = |one: &String| (1..=Self::MAX_BYTES).contains(&one.len());
        if list.0.len() <= Self::MAX && list.0.iter().all(fits) { Ok(list) } else { Err(TooManyPasswords) }
    }

    /// The passwords. For trying them, for nothing else.
    #[must_use]
    pub fn reveal(&self) -> Vec<&str> {
        self.0.iter().map(String::as_str).collect()
    }
}

impl TryFrom<Vec<String>> for Passwords {
    type Error = TooManyPasswords;

    fn try_from(list: Vec<String>) -> Result<Self, TooManyPasswords> {
        Self::new(list)
    }
}

impl Drop for Passwords {
    fn drop(&mut self) {
        self.0.iter_mut().for_each(Zeroize::zeroize);
    }
}

impl fmt::Debug for Passwords {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passwords", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_over_its_bounds_neither_is_made_nor_decodes() {
        let list = |count: usize, length: usize| vec!["x".repeat(length); count];
        for (count, length, fits) in [(0, 0, true), (10, 256, true), (11, 1, false), (1, 257, false), (1, 0, false)] {
            assert_eq!(Passwords::new(list(count, length)).is_ok(), fits, "{count} of {length}");
            let encoded = postcard::to_stdvec(&list(count, length)).unwrap();
            assert_eq!(postcard::from_bytes::<Passwords>(&encoded).is_ok(), fits, "{count} of {length}");
        }
    }

    #[test]
    fn a_list_reads_back_and_never_shows() {
        let list = Passwords::new(vec!["Himitsu-1".to_owned()]).unwrap();
        let encoded = postcard::to_stdvec(&list).unwrap();
        assert_eq!(postcard::from_bytes::<Passwords>(&encoded).unwrap().reveal(), ["Himitsu-1"]);
        assert_eq!(format!("{list:?}"), "1 passwords");
    }
}
