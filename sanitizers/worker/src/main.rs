//! The worker binary: `temizu-worker --memory BYTES --cpu SECONDS`. It confines itself, serves one item on its
//! standard input and output, and ends.
//!
//! Refuses: to read anything while it is not fully confined (exit status 70). Invariant: what it writes to standard
//! error holds nothing of the item.

use std::io::{self, Write};
use std::process::ExitCode;

use temizu_worker::confine::{Allowance, confine};
use temizu_worker::{pipe, run};

/// Exit statuses as in sysexits(3).
const USAGE: u8 = 64;
const UNCONFINED: u8 = 70;
const PROTOCOL: u8 = 76;

fn main() -> ExitCode {
    // A panic's own message may quote the bytes it stumbled over.
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(|at| format!("{}:{}", at.file(), at.line())).unwrap_or_default();
        report(&format!("a part was given up: panic at {place}"));
    }));
    let Some(allowance) = allowance(std::env::args().skip(1)) else {
        report("usage: temizu-worker --memory BYTES --cpu SECONDS");
        return ExitCode::from(USAGE);
    };
    if let Err(unconfined) = confine(allowance) {
        report(&format!("not confined, nothing was read: {unconfined}"));
        return ExitCode::from(UNCONFINED);
    }
    match run::run(pipe::Input, pipe::Output) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            report(&error.to_string());
            ExitCode::from(PROTOCOL)
        }
    }
}

/// `--memory BYTES --cpu SECONDS`, in this order, and nothing else.
fn allowance(arguments: impl Iterator<Item = String>) -> Option<Allowance> {
    let arguments: Vec<String> = arguments.collect();
    let [memory, bytes, cpu, seconds] = arguments.as_slice() else { return None };
    (memory == "--memory" && cpu == "--cpu")
        .then(|| Some(Allowance { memory_bytes: bytes.parse().ok()?, cpu_seconds: seconds.parse().ok()? }))
        .flatten()
}

fn report(text: &str) {
    // Nobody is left to tell if standard error is gone.
    drop(writeln!(io::stderr(), "temizu-worker: {text}"));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Option<Allowance> {
        allowance(text.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn both_limits_must_be_given() {
        assert_eq!(parse("--memory 1024 --cpu 5"), Some(Allowance { memory_bytes: 1024, cpu_seconds: 5 }));
        for wrong in ["", "--memory 1024", "--cpu 5 --memory 1024", "--memory x --cpu 5", "--memory 1 --cpu 5 x"] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }
}
