//! The confined process that reads hostile bytes: one item, one session of frames, and then it ends.
//!
//! `confine` shuts the doors before the first byte is read; `run` holds the session; `mapping` turns what the format
//! crates found into the words of the protocol; `registry` says which sanitizer writes which type anew.
//! Invariant: nothing here opens a file, a socket or a process.

pub mod confine;
mod gaiji;
pub mod mapping;
pub mod pipe;
pub mod registry;
pub mod run;
