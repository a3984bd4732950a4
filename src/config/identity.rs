//! How people sign in: what seals their second factors, who must have one.
//!
//! Invariant: with nothing set, sign-in works with accounts kept here and no other.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// Sign-in.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Identity {
    /// The file with the key that seals second factors; `identity.key` in the folder of the store if not set.
    pub key: Option<PathBuf>,
    /// Who must have a second factor.
    pub totp: TotpPolicy,
    /// Words of the office that no password may be made of.
    pub office_words: Vec<String>,
}

/// Who must have a second factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TotpPolicy {
    /// Administrators and approvers.
    #[default]
    Administrators,
    /// Everybody.
    Everybody,
    /// Nobody; whoever has one is asked for it nevertheless.
    Nobody,
}
