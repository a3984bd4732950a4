//! How far the work on an item is: numbers for whoever waits, and nothing else.
//!
//! Refuses nothing; who makes one has checked it. Invariant: nothing is decided by it, and it is no state of an item: it
//! is not on record, does not travel with the store, and goes when the work ends.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::{Lease, StoreError, Trial};

/// How far a worker is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// How many files (and texts) are to be written; at least one.
    pub files: u32,
    /// How many of them have ended.
    pub done: u32,
    /// How far it is with the next one, where that is counted.
    pub step: Option<Step>,
}

/// How far a worker is inside of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// What is counted.
    pub unit: Unit,
    /// How many are done; at most `total`.
    pub done: u32,
    /// How many there are; at least one.
    pub total: u32,
}

/// What is counted inside of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// Sheets of a workbook.
    Sheets,
    /// Slides of a presentation.
    Slides,
}

/// Who watches a worker.
pub trait Onlooker: Send + Sync {
    /// It is so far now.
    fn saw(&self, progress: Progress);
}

/// Nobody watches.
impl Onlooker for () {
    fn saw(&self, _: Progress) {}
}

/// The process role's side: the newest standing of what somebody waits for, kept with its lease.
#[async_trait]
pub trait Standings: Send + Sync {
    /// Keeps how far the work on an item is (nothing while it is inspected), until it is concluded.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if the lease is lost: whoever put the item in has stopped it, for example.
    async fn item_stands(&self, lease: &Lease, progress: Option<Progress>) -> Result<(), StoreError>;

    /// Keeps how far trying passwords is, until that ends.
    ///
    /// # Errors
    /// As [`Self::item_stands`].
    async fn trial_stands(&self, trial: &Trial, progress: Option<Progress>) -> Result<(), StoreError>;
}
