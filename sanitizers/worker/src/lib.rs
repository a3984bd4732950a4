//! The confined process that reads hostile bytes: one item, one session of frames, and then it ends.
//!
//! `confine` shuts the doors before the first byte is read; `run` holds the session; `mapping` turns what the format
//! crates found into the words of the protocol, `expand` opens the mails inside a mail; `registry` says which sanitizer writes which type anew.
//! Invariant: nothing here opens a file, a socket or a process.

pub mod confine;
mod expand;
mod gaiji;
mod head;
mod inline;
pub mod mapping;
pub mod pipe;
pub mod registry;
pub mod run;
mod tables;
