//! The staff portal as people meet it: over TLS, on a real gateway with a real worker, by HTTP and in a browser.
//!
//! Invariant: people come in by the port of accounts, mail by SMTP, and everything else by the pages.

pub(crate) mod client;
mod doors;
mod killed;
mod letters;
mod live;
mod matrix;
mod outcomes;
mod pages;
mod people;
mod pictures;
mod progress;
mod screens;
mod stories;
mod support;
