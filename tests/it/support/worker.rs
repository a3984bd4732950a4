//! Where the worker's binaries lie.

use std::path::PathBuf;

/// The worker, as the gateway would find it.
pub(crate) fn worker() -> PathBuf {
    built("temizu-worker")
}

/// An example program of the worker's crate.
pub(crate) fn example(name: &str) -> PathBuf {
    built(&format!("examples/{name}"))
}

fn built(name: &str) -> PathBuf {
    let tests = std::env::current_exe().unwrap();
    let path = tests.parent().and_then(std::path::Path::parent).unwrap().join(name);
    assert!(path.exists(), "{} is missing: run `cargo xtask build` first", path.display());
    path
}
