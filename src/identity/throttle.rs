//! How often somebody may fail to sign in.
//!
//! Refuses: a sixth try for a name, a thirty-first from an address, within a quarter of an hour; it need not exist, and
//! the answer is the same. Invariant: tries under way count as failures of their name until they are over, so that many
//! at once gain nothing.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::domain::{Login, TenantId};

/// Failures of one sign-in name within [`WINDOW`].
pub const MAX_OF_LOGIN: u32 = 5;
/// Failures from one address within [`WINDOW`]: an office may come from one address.
pub const MAX_OF_ADDRESS: u32 = 30;
/// How long a failure counts.
pub const WINDOW: Duration = Duration::from_secs(15 * 60);

/// What was typed as a sign-in name, as failures are counted: cut, in lower case. Most of it may be no name at all:
/// people type passwords there, so it is neither logged nor recorded, and the store keeps its digest only.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Typed {
    counted: String,
    login: Option<Login>,
}

impl Typed {
    pub(super) fn new(text: &str) -> Self {
        let text = text.trim();
        let login = text.parse::<Login>().ok();
        let counted = match &login {
            Some(login) => login.as_str().to_owned(),
            None => text.chars().take(crate::domain::office::MAX_LOGIN).flat_map(char::to_lowercase).collect(),
        };
        Self { counted, login }
    }

    pub(super) fn of(login: &Login) -> Self {
        Self { counted: login.as_str().to_owned(), login: Some(login.clone()) }
    }

    /// As failures are counted.
    pub(super) fn counted(&self) -> &str {
        &self.counted
    }

    /// The name, if it can be one.
    pub(super) const fn login(&self) -> Option<&Login> {
        self.login.as_ref()
    }
}

type Tries = BTreeMap<(TenantId, String), u32>;

/// Tries under way in this process.
#[derive(Default)]
pub(super) struct UnderWay(Arc<Mutex<Tries>>);

/// One try under way; over when dropped.
pub(super) struct Try {
    all: Arc<Mutex<Tries>>,
    key: (TenantId, String),
    others: u32,
}

impl UnderWay {
    pub(super) fn enter(&self, tenant: &TenantId, typed: &Typed) -> Try {
        let key = (tenant.clone(), typed.counted.clone());
        let mut tries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = tries.entry(key.clone()).or_default();
        let others = *count;
        *count = count.saturating_add(1);
        Try { all: Arc::clone(&self.0), key, others }
    }
}

impl Try {
    /// Tries for the same name that had begun before and were not over.
    pub(super) const fn others(&self) -> u32 {
        self.others
    }
}

impl Drop for Try {
    fn drop(&mut self) {
        let mut tries = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = tries.get_mut(&self.key) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                tries.remove(&self.key);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tries_under_way_are_counted_by_name_and_forgotten() {
        let all = UnderWay::default();
        let tenant = TenantId::single();
        let first = all.enter(&tenant, &Typed::new("Kashiwagi"));
        let second = all.enter(&tenant, &Typed::new(" kashiwagi "));
        assert_eq!((first.others(), second.others()), (0, 1));
        assert_eq!(all.enter(&tenant, &Typed::new("other")).others(), 0);
        drop((first, second));
        assert!(all.0.lock().unwrap().is_empty());
    }

    #[test]
    fn what_cannot_be_a_name_is_counted_all_the_same() {
        let typed = Typed::new(&format!("A b{}", "x".repeat(10_000)));
        assert!(typed.login().is_none());
        assert_eq!(typed.counted().chars().count(), crate::domain::office::MAX_LOGIN);
        assert!(typed.counted().starts_with("a b"));
    }
}
