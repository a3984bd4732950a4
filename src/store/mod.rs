//! Adapters of the storage ports. One contract test suite (`tests/it/store_contract.rs`) runs on each of them.
//!
//! Refuses: a database written by a newer version. Invariant: what a port promised has reached the disk, and a state
//! change and its audit records are one transaction.

pub mod embedded;
