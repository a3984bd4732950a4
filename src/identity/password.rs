//! Passwords of accounts: argon2id (RFC 9106), in one normal form, a few at a time.
//!
//! Refuses: more waiting checks than [`MAX_WAITING`]. Invariant: a check costs the same whether there is a password to
//! compare with or not.

use std::sync::Arc;

use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, PasswordHasher as _, PasswordVerifier as _, Version};
use tokio::sync::Semaphore;
use unicode_normalization::UnicodeNormalization as _;
use zeroize::Zeroizing;

use super::choice::MAX_CHARACTERS;

/// Checks at the same time: each takes 64 MiB.
pub const AT_ONCE: usize = 2;
/// Checks that wait; more are turned away.
pub const MAX_WAITING: usize = 100;

/// What a check costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cost {
    /// KiB of memory.
    pub memory_kib: u32,
    /// Passes over it.
    pub passes: u32,
    /// Lanes.
    pub lanes: u32,
}

impl Cost {
    /// RFC 9106 section 4, the second recommended option: 64 MiB, three passes, four lanes.
    pub const RECOMMENDED: Self = Self { memory_kib: 64 * 1024, passes: 3, lanes: 4 };
}

/// Why nothing was hashed or checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HashError {
    /// Too many wait.
    #[error("too many passwords are being checked; try again")]
    Busy,
    /// The hash, the cost or the thread does not hold.
    #[error("a password could not be hashed")]
    Failed,
}

/// What a check showed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Checked {
    /// It is the password.
    pub(super) right: bool,
    /// Its hash was made with less than today's cost.
    pub(super) stale: bool,
}

/// Hashes passwords.
#[derive(Debug)]
pub struct Hasher {
    cost: Cost,
    argon2: Argon2<'static>,
    slots: Arc<Semaphore>,
    waiting: Semaphore,
}

impl Hasher {
    /// One of this cost.
    ///
    /// # Errors
    /// If argon2 does not allow the cost.
    pub fn new(cost: Cost) -> Result<Self, HashError> {
        let params = Params::new(cost.memory_kib, cost.passes, cost.lanes, None).map_err(|_| HashError::Failed)?;
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        Ok(Self { cost, argon2, slots: Arc::new(Semaphore::new(AT_ONCE)), waiting: Semaphore::new(MAX_WAITING) })
    }

    /// The PHC string of a password.
    pub(super) async fn hash(&self, password: &str, salt: [u8; 16]) -> Result<String, HashError> {
        let (argon2, password) = (self.argon2.clone(), normal(password));
        self.blocking(move || argon2.hash_password_with_salt(password.as_bytes(), &salt).map(|hash| hash.to_string()))
            .await?
            .map_err(|_| HashError::Failed)
    }

    /// Compares a password with its PHC string; without one the same work is done and nothing fits.
    pub(super) async fn check(&self, password: &str, stored: Option<&str>) -> Result<Checked, HashError> {
        let stored = stored.and_then(|text| PasswordHash::new(text).ok());
        let stale = stored.as_ref().is_some_and(|hash| self.is_stale(hash));
        let (argon2, password) = (self.argon2.clone(), normal(password));
        let right = self
            .blocking(move || match stored {
                Some(hash) => argon2.verify_password(password.as_bytes(), &hash).is_ok(),
                None => {
                    drop(argon2.hash_password_with_salt(password.as_bytes(), &[0; 16]));
                    false
                }
            })
            .await?;
        Ok(Checked { right, stale: right && stale })
    }

    fn is_stale(&self, hash: &PasswordHash) -> bool {
        Params::try_from(hash).map_or(true, |used| {
            used.m_cost() < self.cost.memory_kib || used.t_cost() < self.cost.passes || used.p_cost() < self.cost.lanes
        })
    }

    async fn blocking<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, HashError> {
        let _place = self.waiting.try_acquire().map_err(|_| HashError::Busy)?;
        let slot = Arc::clone(&self.slots).acquire_owned().await.map_err(|_| HashError::Failed)?;
        // The slot goes with the work: whoever hangs up does not free memory that is still in use.
        let task = tokio::task::spawn_blocking(move || {
            let done = work();
            drop(slot);
            done
        });
        task.await.map_err(|_| HashError::Failed)
    }
}

/// NFC: keyboards compose `が` or not. More than the longest password is cut, which fits no hash.
fn normal(password: &str) -> Zeroizing<String> {
    let mut normal = Zeroizing::new(String::with_capacity(password.len().min(4 * MAX_CHARACTERS) * 3 + 16));
    normal.extend(password.chars().take(MAX_CHARACTERS * 4).nfc().take(MAX_CHARACTERS + 1));
    normal
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL: Cost = Cost { memory_kib: 64, passes: 1, lanes: 1 };

    #[tokio::test]
    async fn a_password_fits_its_hash_in_either_normal_form() {
        let hasher = Hasher::new(SMALL).unwrap();
        let hash = hasher.hash("がっこうの帰り道 7", [7; 16]).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=64,t=1,p=1$"), "{hash}");
        let decomposed = "か\u{3099}っこうの帰り道 7";
        assert_eq!(hasher.check(decomposed, Some(&hash)).await, Ok(Checked { right: true, stale: false }));
        for (password, stored) in [("かっこうの帰り道 7", Some(hash.as_str())), ("x", None), ("x", Some("nonsense"))]
        {
            assert_eq!(hasher.check(password, stored).await, Ok(Checked { right: false, stale: false }), "{password}");
        }
    }

    #[tokio::test]
    async fn a_hash_of_less_than_todays_cost_is_stale() {
        let hash = Hasher::new(SMALL).unwrap().hash("long enough to be one", [7; 16]).await.unwrap();
        let dear = Hasher::new(Cost { memory_kib: 128, ..SMALL }).unwrap();
        assert_eq!(dear.check("long enough to be one", Some(&hash)).await, Ok(Checked { right: true, stale: true }));
        assert_eq!(dear.check("wrong", Some(&hash)).await, Ok(Checked { right: false, stale: false }));
    }

    #[tokio::test]
    async fn more_than_fit_are_turned_away_and_not_queued_for_ever() {
        let hasher = Hasher::new(SMALL).unwrap();
        let held = Arc::clone(&hasher.slots).acquire_many_owned(2).await.unwrap();
        let places = hasher.waiting.acquire_many(u32::try_from(MAX_WAITING).unwrap()).await.unwrap();
        assert_eq!(hasher.check("x", None).await, Err(HashError::Busy));
        drop((held, places));
        assert!(hasher.check("x", None).await.is_ok());
    }
}
