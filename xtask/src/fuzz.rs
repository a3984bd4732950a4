//! The fuzz targets of `fuzz/`, built with libFuzzer's counters on the stable toolchain and run for a while.
//!
//! Refuses: targets that there are not. Invariant: the first input that breaks a law ends the run with an error and is
//! left in `fuzz/artifacts/`; the repository's own files are only read.

use std::path::PathBuf;
use std::process::Command;

use crate::run::{Failure, Outcome, cargo, root, run};

/// What cargo-fuzz passes to a nightly compiler; the stable one knows the pass as well, only its short name is not there.
const COVERAGE: &str = "-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares -Ccodegen-units=1 --cfg fuzzing";

/// Seconds one input may take, and megabytes a target may hold.
const LIMITS: [&str; 2] = ["-timeout=10", "-rss_limit_mb=2048"];

/// Each target and the folders that hold inputs like its own.
const TARGETS: &[(&str, &[&str])] = &[
    ("frame", &[]),
    ("answer", &["samples", "../shared/corpus"]),
    ("session", &["samples", "../shared/corpus"]),
    ("smtp_command", &[]),
    ("smtp_data", &["samples"]),
    ("proxy", &[]),
    ("mime", &["samples", "../shared/corpus"]),
    ("ooxml", &["../shared/corpus"]),
    ("outlook", &["samples", "../shared/corpus"]),
    ("inline", &["samples", "../shared/corpus"]),
    ("header_words", &["samples"]),
    ("authentication", &[]),
    ("charset", &["samples", "../shared/corpus"]),
    ("html", &["samples", "../shared/corpus"]),
    ("text_csv", &["samples", "../shared/corpus"]),
    ("data", &["samples", "../shared/corpus"]),
    ("cards", &["samples"]),
    ("image", &["samples", "../shared/corpus"]),
    ("passwords", &["samples"]),
    ("detect", &["samples", "../shared/corpus"]),
    ("archive", &["samples", "../shared/corpus"]),
    ("unlock", &["../shared/corpus"]),
    ("rules", &["config/rules"]),
    ("config", &["config"]),
    ("audit_export", &[]),
    ("search", &[]),
    ("roster", &[]),
];

/// One target.
pub(crate) fn one(target: &str, seconds: &str) -> Outcome {
    let Some((target, seeds)) = TARGETS.iter().find(|(name, _)| *name == target) else {
        let names: Vec<&str> = TARGETS.iter().map(|(name, _)| *name).collect();
        return Err(Failure(format!("no target {target}; there are: {}", names.join(" "))));
    };
    let seconds = number(seconds)?;
    build(&["--bin", target])?;
    hunt(target, seeds, seconds)
}

/// All targets, each for so many seconds.
pub(crate) fn all(seconds: &str) -> Outcome {
    let seconds = number(seconds)?;
    build(&["--bins"])?;
    TARGETS.iter().try_for_each(|(target, seeds)| hunt(target, seeds, seconds))
}

fn number(seconds: &str) -> Result<u32, Failure> {
    seconds.parse().map_err(|_| Failure(format!("{seconds} is no number of seconds")))
}

fn build(which: &[&str]) -> Outcome {
    let triple = triple()?;
    let common = ["build", "--release", "--manifest-path", "fuzz/Cargo.toml", "--target-dir", "fuzz/target"];
    let mut command = cargo(common.iter().chain(which));
    // With a triple named, build scripts and procedural macros go without counters.
    command.args(["--target", &triple, "--ignore-rust-version", "--locked"]).env("RUSTFLAGS", COVERAGE);
    run("fuzz targets", &mut command)
}

fn hunt(target: &str, seeds: &[&str], seconds: u32) -> Outcome {
    let folder = root().join("fuzz");
    let own = folder.join("corpus").join(target);
    let artifacts = folder.join("artifacts").join(target);
    std::fs::create_dir_all(&own)?;
    std::fs::create_dir_all(&artifacts)?;
    let seeds = seeds.iter().map(|seed| root().join(seed)).filter(|seed| seed.is_dir());
    let mut command = Command::new(folder.join("target").join(triple()?).join("release").join(target));
    command
        .arg(format!("-max_total_time={seconds}"))
        .arg(format!("-artifact_prefix={}/", artifacts.display()))
        .args(LIMITS)
        .args(["-max_len=65536", "-print_final_stats=1"])
        .args(std::iter::once(own).chain(seeds).collect::<Vec<PathBuf>>());
    run(&format!("fuzz {target} for {seconds} s"), &mut command)
}

/// The machine's own triple, as the compiler calls it.
fn triple() -> Result<String, Failure> {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc).arg("-vV").output()?;
    let text = String::from_utf8_lossy(&output.stdout);
    let host = text.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned).ok_or_else(|| Failure("the compiler does not say what it builds for".to_owned()))
}
