//! The front door of development: `cargo xtask build | test | tools | nightly | demo | pictures | bench | samples | fuzz`.
//!
//! Refuses: unknown commands and options. Invariant: every step prints what it runs, and the first failing step ends
//! the run with its exit code.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command-line tool for developers")]
#![allow(clippy::disallowed_methods, reason = "it starts cargo and reads the environment; nothing here is shipped")]

mod build;
mod fuzz;
mod garage;
mod packages;
mod suite;

use std::path::Path;
use std::process::ExitCode;

use xtask::{assets, python, run, samples};

const USAGE: &str = "\
usage: cargo xtask COMMAND

  build [--release]   both binaries: target/{debug,release}/temizu and temizu-worker
  test [--quick]      everything CI runs: format, lints, tests, samples, documents (--quick: tests only)
  tools               installs the programs that the tests use and that are not ours (Debian, Python)
  assets              fetches what the web pages are made of and that is not ours (xtask/npm.txt); every command that
                      builds does so first
  nightly [--garage]  what takes too long for every change: 300 kills, leases that run out, the stores on garage (an S3
                      server that is built once, in minutes; --garage: only these)
  demo [OPTIONS]      builds and runs `temizu demo` on the sample mails (--keep stays up)
  pictures            makes the pictures of the README anew (docs/images)
  bench [FILTER]      micro-benchmarks of the parts
  fuzz TARGET [SECONDS] | fuzz --all SECONDS
                      hunts for inputs that break a law of what reads hostile bytes (60 s unless said)
  samples [--check]   writes samples/*/input.eml anew (--check: only compares)
  samples --japanese [FOLDER]
                      writes mails in every way in which Japanese is written, each with its known text beside it
                      (into target/japanese unless said)
  samples --office [FOLDER]
                      writes documents, spreadsheets and slides as Japanese offices write them, each with what is known
                      of it beside it (into target/office unless said)
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = match words.as_slice() {
        ["build"] => build::binaries(build::Profile::Dev),
        ["build", "--release"] => build::binaries(build::Profile::Release),
        ["test"] => suite::everything(),
        ["test", "--quick"] => suite::quick(),
        ["tools"] => suite::tools(),
        ["assets"] => assets::install(),
        ["nightly"] => suite::nightly(),
        ["nightly", "--garage"] => suite::on_garage(),
        ["demo", options @ ..] => build::demo(options),
        ["pictures"] => suite::pictures(),
        ["samples"] => samples::write(false),
        ["samples", "--check"] => samples::write(true),
        ["samples", "--japanese"] => samples::japanese::write(&run::root().join("target/japanese")),
        ["samples", "--japanese", folder] => samples::japanese::write(Path::new(folder)),
        ["samples", "--office"] => samples::office::write(&run::root().join("target/office")),
        ["samples", "--office", folder] => samples::office::write(Path::new(folder)),
        ["fuzz", "--all", seconds] => fuzz::all(seconds),
        ["fuzz", target] => fuzz::one(target, "60"),
        ["fuzz", target, seconds] => fuzz::one(target, seconds),
        ["bench", filter @ ..] => suite::bench(filter),
        ["--help" | "-h" | "help"] => {
            println!("{USAGE}");
            Ok(())
        }
        _ => {
            eprint!("{USAGE}");
            return ExitCode::from(64);
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("xtask: {failure}");
            ExitCode::FAILURE
        }
    }
}
