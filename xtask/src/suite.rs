//! What CI runs, in the order in which it fails fastest.
//!
//! Invariant: `.ci/run` calls [`everything`] and nothing else.

use crate::build::{self, Profile};
use crate::garage::Garage;
use crate::packages;
use crate::run::{Outcome, cargo, on_path, root, run};
use crate::{assets, python, samples};

/// Format, lints, tests, documents.
pub(crate) fn everything() -> Outcome {
    tools()?;
    run("format", &mut cargo(["fmt", "--all", "--check"]))?;
    let lints = ["clippy", "--workspace", "--all-targets", "--ignore-rust-version", "--locked", "--", "-D", "warnings"];
    run("lints", &mut cargo(lints))?;
    println!("\n── samples");
    samples::write(true)?;
    build::worker(Profile::Dev)?;
    tests()?;
    build::demo(&[])?;
    let mut documents = cargo(["doc", "--workspace", "--no-deps", "--ignore-rust-version", "--locked"]);
    run("documents", documents.env("RUSTDOCFLAGS", "-D warnings"))?;
    if on_path("cargo-deny") {
        run("licences and advisories", &mut cargo(["deny", "--offline", "check", "licenses", "bans", "sources"]))?;
    }
    println!("\nall steps passed");
    Ok(())
}

/// Programs that the tests use and that are not ours.
pub(crate) fn tools() -> Outcome {
    packages::install()?;
    assets::install()?;
    python::install()
}

/// The tests alone.
pub(crate) fn quick() -> Outcome {
    tools()?;
    build::worker(Profile::Dev)?;
    tests()
}

/// What takes too long for every change: the gateway killed 300 times, leases that run out by themselves, and the
/// stores on a real distributed object store.
pub(crate) fn nightly() -> Outcome {
    build::binaries(Profile::Dev)?;
    let arguments = ["test", "--test", "it", "--locked", "--", "kill::", "nodes::", "roles::", "--nocapture"];
    run("kills and leases", cargo(arguments).env("TEMIZU_KILL_ROUNDS", "300").env("TEMIZU_LEASES", "1"))?;
    on_garage()
}

/// The contract of the stores on a real distributed object store.
pub(crate) fn on_garage() -> Outcome {
    build::binaries(Profile::Dev)?;
    let garage = Garage::start()?;
    let arguments = ["test", "--test", "it", "--ignore-rust-version", "--locked", "--", "store_contract", "servers::"];
    run("the stores on garage", cargo(arguments).envs(garage.environment()))
}

/// The pictures of the README, by the test that also looks at them.
pub(crate) fn pictures() -> Outcome {
    packages::install()?;
    assets::install()?;
    build::worker(Profile::Dev)?;
    let folder = root().join("docs/images");
    let arguments = ["test", "--test", "it", "--ignore-rust-version", "--locked", "--", "portal::pictures"];
    run("pictures", cargo(arguments).env("TEMIZU_PICTURES", folder))
}

/// Micro-benchmarks.
pub(crate) fn bench(filter: &[&str]) -> Outcome {
    build::binaries(Profile::Release)?;
    let arguments = ["bench", "--bench", "parts", "--locked", "--"].iter().chain(filter);
    run("the trusted side, and workers", &mut cargo(arguments))?;
    run("the two stores", &mut cargo(["bench", "--bench", "stores", "--locked"]))?;
    let arguments =
        ["bench", "--package", "temizu-worker", "--bench", "hostile", "--ignore-rust-version", "--locked", "--"];
    run("inside a worker", &mut cargo(arguments.iter().chain(filter)))?;
    let arguments =
        ["bench", "--package", "sanitizer-ooxml", "--bench", "office", "--ignore-rust-version", "--locked", "--"];
    run("office documents", &mut cargo(arguments.iter().chain(filter)))
}

fn tests() -> Outcome {
    run("tests", &mut cargo(["test", "--workspace", "--ignore-rust-version", "--locked"]))
}
