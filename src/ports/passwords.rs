//! Passwords that came with one mail for what came with another.
//!
//! Refuses nothing. Invariant: outside the process role nobody learns more of them than how many came with which item.

use std::time::Duration;

use async_trait::async_trait;
use serde::Serialize;

use super::StoreError;
use crate::domain::{
    Derivative, Facts, ItemId, ItemKey, Origin, PartOutcome, PartPath, Password, Reference, Timestamp,
};

/// What a mail contributes to the search, and how far it reaches.
#[derive(Debug)]
pub struct PasswordSearch {
    /// How long after an item that wants a password a mail may still bring it.
    pub window: Duration,
    /// Passwords that the mail seems to name, the likeliest first.
    pub candidates: Vec<Password>,
}

/// Where candidates for an item came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PasswordSource {
    /// The mail that named them; the item itself, if it did.
    pub item: ItemId,
    /// Its 管理番号.
    pub reference: Reference,
    /// How many.
    pub count: u32,
}

/// An item that keeps back what a password may open.
#[derive(Debug)]
pub struct Waiting {
    /// The item.
    pub key: ItemKey,
    /// Where it came from.
    pub origin: Origin,
    /// When it was accepted.
    pub received_at: Timestamp,
    /// Length of the original in bytes.
    pub length: u64,
    /// True if an operator released it past a rule that held the whole mail.
    pub released: bool,
    /// What it is known to be.
    pub facts: Box<Facts>,
    /// What mails named for it before: tried, or of no use to try.
    pub known: Vec<Password>,
}

/// What became of a part when it was opened.
#[derive(Debug)]
pub struct OpenedBefore {
    /// For some of the recipients.
    pub outcome: PartOutcome,
    /// What was written of it.
    pub derivative: Option<Derivative>,
}

/// Where the process role reads what was found for an item.
#[async_trait]
pub trait Passwords: Send + Sync {
    /// The passwords that may open what the item keeps back, those of the earliest mail first, each once.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] if they do not unseal.
    async fn candidates(&self, key: &ItemKey) -> Result<Vec<Password>, StoreError>;

    /// The passwords that other mails named already for what the item with these facts may keep back, by the same
    /// reckoning as links are made: those of the latest mail first, each once. Nothing is linked by asking.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] if they do not unseal.
    async fn offered(&self, key: &ItemKey, facts: &Facts, window: Duration) -> Result<Vec<Password>, StoreError>;

    /// The items that the mail with these facts may bring a password for, by the same reckoning: the latest five, and
    /// none for which as many mails as are kept have named passwords already. Nothing is linked by asking.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] if what was named for them before does not unseal.
    async fn waiting(&self, key: &ItemKey, facts: &Facts, window: Duration) -> Result<Vec<Waiting>, StoreError>;

    /// What became of these parts of a concluded item, and of everything inside them, for anybody who got it; each thing
    /// once. Nothing of an item that has expired.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] if what was written of them is not there as it was.
    async fn opened_before(&self, key: &ItemKey, parts: &[PartPath]) -> Result<Vec<OpenedBefore>, StoreError>;
}
