//! Building both binaries, each with its own side's crates only.
//!
//! The worker is built alone, so that cargo does not unify features across the wall, and its release form is linked
//! statically: a process that lives for one mail should not spend its life in the dynamic linker.
//! mail-parser declares Rust 1.98 and builds on older ones, hence `--ignore-rust-version`.

use crate::assets;
use crate::run::{Failure, Outcome, cargo, run, target};

/// How to build.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Profile {
    /// With checks, for tests and the demo.
    Dev,
    /// For use.
    Release,
}

/// Both binaries, with what the pages are made of.
pub(crate) fn binaries(profile: Profile) -> Outcome {
    assets::install()?;
    worker(profile)?;
    let mut arguments = vec!["build", "--package", "temizu", "--bins", "--locked"];
    if profile == Profile::Release {
        arguments.push("--release");
    }
    run("the gateway", &mut cargo(arguments))
}

/// The worker alone.
pub(crate) fn worker(profile: Profile) -> Outcome {
    let common = ["--package", "temizu-worker", "--ignore-rust-version", "--locked"];
    match profile {
        Profile::Dev => {
            let arguments = ["build", "--bins", "--examples"].iter().chain(&common);
            run("the worker and what tests confine", &mut cargo(arguments))
        }
        Profile::Release => {
            let arguments = ["rustc", "--release", "--bin", "temizu-worker"].iter().chain(&common);
            let flags = ["--", "-C", "target-feature=+crt-static"];
            run("the worker, statically linked", &mut cargo(arguments.chain(&flags)))
        }
    }
}

/// Builds and runs `temizu demo`.
pub(crate) fn demo(options: &[&str]) -> Outcome {
    binaries(Profile::Dev)?;
    let program = target().join("debug").join("temizu");
    let status = std::process::Command::new(&program).arg("demo").args(options).status()?;
    if status.success() { Ok(()) } else { Err(Failure(format!("the demo failed ({status})"))) }
}
