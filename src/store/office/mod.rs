//! The people of the office in the store, and what guards their sign-in: the same statements for both kinds of database.
//!
//! Refuses: what the ports say. Invariant: an act and its records are one transaction; what was read together comes from
//! one snapshot.

mod accounts;
mod attempts;
mod changes;
mod deputies;
mod ports;
mod sessions;

use async_trait::async_trait;

use super::statement::Rows;
use crate::domain::{AuditEvent, TenantId};
use crate::ports::StoreError;

/// What is read or changed at once.
#[async_trait]
pub(super) trait Act: Send + Sync + 'static {
    /// What the caller learns.
    type Answer: Send + Sync + 'static;

    /// Whose rows.
    fn tenant(&self) -> &TenantId;

    /// Runs its statements. What they changed is undone if it returns an error.
    async fn run<R: Rows>(&self, rows: &mut R) -> Result<Self::Answer, StoreError>;

    /// What is put on record with it.
    fn records(&self) -> Vec<&AuditEvent> {
        Vec::new()
    }
}

/// A store that acts are done on. Every such store has the ports of [`ports`].
#[async_trait]
pub(super) trait Desk: Send + Sync {
    /// Reads, in one snapshot.
    async fn ask<A: Act>(&self, act: A) -> Result<A::Answer, StoreError>;

    /// Changes, in one transaction with the records.
    async fn act<A: Act>(&self, act: A) -> Result<A::Answer, StoreError>;
}

/// An act that waits for the writer.
pub(super) struct Doing<A>(pub(super) A);
