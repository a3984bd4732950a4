//! Sign-in: who somebody is, proven by a local password and a second factor, a directory, an OpenID provider or a proxy in
//! front. Refuses: default passwords, and to tell whether a sign-in name exists.
//!
//! Invariant: a failed proof costs the same time and says the same, whatever was wrong with it.

mod admit;
pub mod choice;
mod directory;
pub mod enrol;
pub mod journey;
pub mod key;
mod openid;
pub mod password;
mod proxy;
pub mod roster;
mod secret;
pub mod setup;
pub mod sign_in;
#[cfg(test)]
mod tests;
pub mod throttle;
mod tls;
pub mod totp;

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use jiff::civil::Date;

pub use choice::{Weakness, weaknesses};
pub use enrol::{ChoiceRefusal, EnrolRefusal, Enrolment};
pub use journey::{Arrival, Departure};
pub use key::IdentityKey;
pub use password::{Cost, Hasher};
pub use setup::{FoundRefusal, Founder, Setup};
pub use sign_in::{Proof, Refusal, SignedIn};

use crate::config::{Config, TotpPolicy};
use crate::domain::{Digest, Timestamp};
use crate::ports::{Accounts, Clock, Entropy};
use directory::Directory;
use openid::Openid;
use proxy::Proxy;
use throttle::UnderWay;

/// Sign-in cannot be set up. Tell the operator.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// The key file.
    #[error("the key of sign-in at {path} cannot be used: {source}")]
    Key {
        /// Where it is.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The cost of a password.
    #[error("passwords cannot be hashed")]
    Hasher(#[from] password::HashError),
    /// A file of authorities.
    #[error("{0} holds no certificate authority that can be used")]
    Authorities(PathBuf),
    /// A file with a secret.
    #[error("the secret in {path} cannot be used: {source}")]
    Secret {
        /// Where it is.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// TLS.
    #[error("TLS cannot be set up: {0}")]
    Tls(#[source] rustls::Error),
    /// HTTP.
    #[error("no HTTP client can be made")]
    Http,
}

/// Sign-in, as the web edges use it. One per process: it counts tries under way.
pub struct Identity {
    accounts: Arc<dyn Accounts>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    key: IdentityKey,
    hasher: Hasher,
    policy: TotpPolicy,
    office_words: Vec<String>,
    utc_offset_minutes: i16,
    directory: Option<Directory>,
    openid: Option<Openid>,
    proxy: Option<Proxy>,
    under_way: UnderWay,
    setup: Mutex<Option<Digest>>,
}

impl Identity {
    /// Sign-in as `config` has it; makes the key file if there is none.
    ///
    /// # Errors
    /// If the key file cannot be used.
    pub fn new(
        accounts: Arc<dyn Accounts>,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
        config: &Config,
    ) -> Result<Self, IdentityError> {
        Self::with_cost(accounts, clock, entropy, config, Cost::RECOMMENDED)
    }

    /// The same with passwords of another cost than [`Cost::RECOMMENDED`].
    ///
    /// # Errors
    /// If the key file cannot be used, or argon2 does not allow the cost.
    pub fn with_cost(
        accounts: Arc<dyn Accounts>,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
        config: &Config,
        cost: Cost,
    ) -> Result<Self, IdentityError> {
        let settings = &config.identity;
        let path = settings.key.clone().unwrap_or_else(|| config.store.data.join("identity.key"));
        let key = IdentityKey::open_or_make(&path, entropy.as_ref())
            .map_err(|source| IdentityError::Key { path: path.clone(), source })?;
        Ok(Self {
            accounts,
            clock,
            entropy,
            key,
            hasher: Hasher::new(cost)?,
            policy: settings.totp,
            office_words: settings.office_words.clone(),
            utc_offset_minutes: config.site.utc_offset_minutes,
            directory: Directory::new(&config.directory)?,
            openid: Openid::new(&config.openid)?,
            proxy: Proxy::new(&config.proxy)?,
            under_way: UnderWay::default(),
            setup: Mutex::new(None),
        })
    }

    /// The day at the site.
    #[must_use]
    pub fn today(&self) -> Date {
        local_day(self.clock.now(), self.utc_offset_minutes)
    }
}

/// The day at a site so many minutes east of UTC.
fn local_day(now: Timestamp, utc_offset_minutes: i16) -> Date {
    let offset = jiff::tz::Offset::from_seconds(i32::from(utc_offset_minutes).saturating_mul(60))
        .unwrap_or(jiff::tz::Offset::UTC);
    offset.to_datetime(jiff::Timestamp::from_millisecond(now.millis()).unwrap_or_default()).date()
}
