//! Identifiers of items and tenants.
//!
//! An [`ItemId`] sorts by the time of acceptance; people see its [`Reference`] (管理番号), eight characters that
//! survive a telephone call. Refuses: characters outside Crockford's base 32.
//! Invariant: `text.parse::<ItemId>()?.to_string() == text` for every text that parses in upper case.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::time::Timestamp;

/// Crockford's base 32: no I, L, O, U.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// Text that is not an identifier of the expected kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a valid {0}")]
pub struct InvalidId(&'static str);

impl InvalidId {
    /// Of this kind.
    pub(super) const fn of(what: &'static str) -> Self {
        Self(what)
    }
}

/// Our identifier of one thing to sanitize, a mail or an upload: 48 bits of milliseconds, 80 random bits (a ULID).
///
/// Not the Message-ID, which is a header of the mail.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ItemId(u128);

impl ItemId {
    /// Characters of its text; the last eight are its [`Reference`].
    pub const LENGTH: usize = 26;

    /// An identifier for something accepted at `at`; `random` must come from the edge's generator.
    #[must_use]
    pub fn new(at: Timestamp, random: [u8; 10]) -> Self {
        let millis = u128::from(at.millis().unsigned_abs()) & 0xFFFF_FFFF_FFFF;
        let tail = random.iter().fold(0u128, |sum, byte| (sum << 8) | u128::from(*byte));
        Self((millis << 80) | tail)
    }

    /// What people are shown: the last 40 random bits.
    #[must_use]
    pub fn reference(self) -> Reference {
        Reference(u64::try_from(self.0 & 0xFF_FFFF_FFFF).unwrap_or_default())
    }

    /// The time of acceptance, to the millisecond.
    #[must_use]
    pub fn accepted_at(self) -> Timestamp {
        Timestamp::from_millis(i64::try_from(self.0 >> 80).unwrap_or_default())
    }
}

impl fmt::Display for ItemId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_base32(f, self.0, 26)
    }
}

impl fmt::Debug for ItemId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for ItemId {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        read_base32(text, 26).map(Self).ok_or(InvalidId("item id"))
    }
}

/// 管理番号: how an item is named to people, `7K3F-92QD`. Unique per tenant (the store refuses a second one).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Reference(u64);

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_base32(f, u128::from(self.0 >> 20), 4)?;
        f.write_str("-")?;
        write_base32(f, u128::from(self.0 & 0xF_FFFF), 4)
    }
}

impl fmt::Debug for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Reference {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let bare: String = text.chars().filter(|c| *c != '-').collect();
        read_base32(&bare, 8)
            .and_then(|value| u64::try_from(value).ok())
            .map(Self)
            .ok_or(InvalidId("reference (管理番号)"))
    }
}

/// One municipality on a shared system. In every table and every query.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TenantId(String);

impl TenantId {
    /// The tenant of a site that has only one.
    #[must_use]
    pub fn single() -> Self {
        Self("main".to_owned())
    }

    /// The name as stored.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for TenantId {
    type Error = InvalidId;

    fn try_from(text: String) -> Result<Self, InvalidId> {
        let fits = (1..=32).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        if fits { Ok(Self(text)) } else { Err(InvalidId("tenant name (1 to 32 of a-z, 0-9, -)")) }
    }
}

impl From<TenantId> for String {
    fn from(tenant: TenantId) -> Self {
        tenant.0
    }
}

/// An item of a tenant: what every row and every query is keyed by.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ItemKey {
    /// Whose item it is.
    pub tenant: TenantId,
    /// Which one.
    pub id: ItemId,
}

macro_rules! random_ids {
    ($($(#[$doc:meta])+ $name:ident = $what:literal;)+) => {$(
        $(#[$doc])+
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(u128);

        impl $name {
            /// From 16 bytes of the edge's generator.
            #[must_use]
            pub const fn from_bytes(random: [u8; 16]) -> Self {
                Self(u128::from_be_bytes(random))
            }
        }

        /// 26 characters of Crockford's base 32.
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write_base32(f, self.0, 26)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                read_base32(text, 26).map(Self).ok_or(InvalidId($what))
            }
        }

        serde_as_text!($name);
    )+};
}

fn write_base32(f: &mut fmt::Formatter<'_>, value: u128, digits: u32) -> fmt::Result {
    for place in (0..digits).rev() {
        let digit = usize::try_from((value >> (5 * place)) & 31).unwrap_or_default();
        let symbol = ALPHABET.get(digit).copied().unwrap_or(b'0');
        fmt::Write::write_char(f, char::from(symbol))?;
    }
    Ok(())
}

fn read_base32(text: &str, digits: usize) -> Option<u128> {
    if text.len() != digits {
        return None;
    }
    let mut value = 0u128;
    for byte in text.bytes() {
        let digit = ALPHABET.iter().position(|symbol| *symbol == byte.to_ascii_uppercase())?;
        if value.leading_zeros() < 5 {
            return None;
        }
        value = (value << 5) | u128::try_from(digit).ok()?;
    }
    Some(value)
}

macro_rules! serde_as_text {
    ($type:ty) => {
        impl Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }
        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

serde_as_text!(ItemId);
serde_as_text!(Reference);

random_ids! {
    /// A person who may sign in: 128 random bits.
    AccountId = "account id";
    /// Somebody's wish to have an original: 128 random bits.
    RequestId = "request id";
    /// One batch of passwords that somebody typed: 128 random bits.
    OfferId = "offer id";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_sort_by_time_of_acceptance() {
        let early = ItemId::new(Timestamp::from_millis(1_000), [255; 10]);
        let late = ItemId::new(Timestamp::from_millis(1_001), [0; 10]);
        assert!(early < late);
        assert!(early.to_string() < late.to_string());
    }

    #[test]
    fn an_id_reads_back_as_it_was_written() {
        let id = ItemId::new(Timestamp::from_millis(1_795_401_600_123), [7, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
        assert_eq!(id.to_string().parse::<ItemId>(), Ok(id));
        assert_eq!(id.accepted_at().millis(), 1_795_401_600_123);
        assert_eq!(id.reference().to_string().parse::<Reference>(), Ok(id.reference()));
    }

    #[test]
    fn a_reference_may_be_typed_without_its_hyphen_and_in_lower_case() {
        let id = ItemId::new(Timestamp::from_millis(0), [0, 0, 0, 0, 0, 0x3A, 0x66, 0xF4, 0x8B, 0x2D]);
        let text = id.reference().to_string();
        assert_eq!(text.len(), 9);
        assert_eq!(text.replace('-', "").to_lowercase().parse::<Reference>(), Ok(id.reference()));
    }

    #[test]
    fn letters_that_look_like_digits_are_refused() {
        for text in ["7K3F-92QI", "7K3F-92QL", "7K3F-92QO", "7K3F-92QU", "7K3F92Q", "7K3F-92QDD", ""] {
            assert!(text.parse::<Reference>().is_err(), "{text}");
        }
        assert!("ZZZZZZZZZZZZZZZZZZZZZZZZZZ".parse::<ItemId>().is_err(), "more than 128 bits");
    }
}
