//! Adapters of the storage ports, and what they share. One contract test suite (`tests/it/store_contract.rs`) runs on
//! each of them.
//!
//! Refuses: a database written by a newer version. Invariant: what a port promised has reached the disk, and a state
//! change and its audit records are one transaction.

pub mod disk;
pub mod embedded;
pub mod open;
pub mod scaleout;
pub mod transfer;

mod acts;
mod arrivals;
mod before;
mod clock_watch;
mod conclusion;
mod keys;
mod offers;
mod office;
mod opened;
mod passwords;
mod place;
mod readings;
mod receipt;
mod releases;
mod rows;
mod seal;
mod search;
mod standing;
mod statement;
mod steps;
mod tidings;
mod unseal;

pub use open::{Keys, OpenError, Store, open};
