//! The zip container of a package: a strict reader and a writer that always writes the same.
//!
//! Refuses: what two readers could read differently (see [`read`]). Invariant: no member is inflated before its size is
//! paid for.

pub(crate) mod crc;
pub(crate) mod read;
pub(crate) mod write;

pub(crate) use read::Archive;
pub(crate) use write::pack;
