//! The integration tests: one binary, one module per theme.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::string_slice)]
#![allow(clippy::disallowed_methods, reason = "tests start real processes and read the real clock")]

mod ambiguity;
mod architecture;
mod backup;
mod bad_config;
mod bombs;
mod cards;
mod cli;
mod compose_roundtrip;
mod corpus;
mod crash_steps;
mod deliver;
mod docs;
mod embedded_leases;
mod enclosed;
mod escape;
mod files;
mod golden;
mod grafts;
mod japanese;
mod kill;
mod laws;
mod legal_hold;
mod life_of_a_message;
mod locked;
mod migrate;
mod nodes;
mod notice;
mod office;
mod operate;
mod outside;
mod passwords;
mod postfix;
mod roles;
mod sandbox;
mod scaleout;
mod scaleout_sweep;
mod sender;
mod servers;
mod smtp_dialog;
mod store_contract;
mod store_copy;
mod support;
mod texts;
mod zones;
