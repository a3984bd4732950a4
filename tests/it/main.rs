//! The integration tests: one binary, one module per theme.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::string_slice)]
#![allow(clippy::disallowed_methods, reason = "tests start real processes and read the real clock")]

mod smtp_dialog;
mod compose_roundtrip;
mod escape;
mod sandbox;
mod bad_config;
mod deliver;
mod postfix;
mod crash_steps;
mod store_contract;
mod support;
