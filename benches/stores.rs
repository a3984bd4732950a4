//! What the two kinds of store cost where it shows: the lease of the next item while 100,000 wait, the portal's list of as
//! many (rows, and whole pages), and what a second node adds to the rate at which mail is accepted.
//!
//! `cargo bench --bench stores -- lease`, `-- portal` or `-- nodes`; all without a word. PostgreSQL is a real one with every commit
//! synced, from Debian's package; nodes are the release build (`cargo xtask bench` builds it first).
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a benchmark that cannot start should say so and end; it starts real servers and prints what it measured"
)]

#[path = "../tests/it/portal/client.rs"]
#[allow(dead_code, reason = "shared with the tests, which use more of it")]
mod client;
#[path = "stores/lease.rs"]
mod lease;
#[path = "stores/nodes.rs"]
mod nodes;
#[path = "stores/pages.rs"]
mod pages;
#[path = "stores/portal.rs"]
mod portal;
#[path = "../tests/it/support/postgres.rs"]
#[allow(dead_code, reason = "shared with the tests, which use more of it")]
mod postgres;

fn main() {
    let words: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    let wanted = |name: &str| words.is_empty() || words.iter().any(|word| word == name);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    if wanted("lease") {
        runtime.block_on(lease::measure());
    }
    if wanted("portal") {
        runtime.block_on(portal::measure());
    }
    if wanted("nodes") {
        runtime.block_on(nodes::measure());
    }
}
