//! Verifying and exporting the audit chain, in the store and offline.
//!
//! Refuses: a record that is not the one that was written, in its place. Invariant: what [`chain::Verifier`] accepted
//! is gapless from the first record to its head; a cut at the end shows against a head noted elsewhere.

pub mod chain;
pub mod export;
