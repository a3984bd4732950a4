//! What the front door of development shares with the tests: the sample mails, what pages are made of,
//! Python programs and how commands are run.
//!
//! Refuses: to be linked by anything that is shipped. Invariant: samples are the same bytes at every run.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command-line tool for developers")]
#![allow(clippy::disallowed_methods, reason = "it starts cargo and reads the environment; nothing here is shipped")]

pub mod assets;
pub mod python;
pub mod run;
pub mod samples;
