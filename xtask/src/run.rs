//! Running other programs, with their command lines shown.
//!
//! Invariant: a program that ends with another status than 0 is an error that names it.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

/// Why a step failed, in a sentence for the developer.
#[derive(Debug)]
pub struct Failure(pub String);

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self(error.to_string())
    }
}

/// The outcome of a step.
pub type Outcome = Result<(), Failure>;

/// The workspace's folder.
#[must_use]
pub fn root() -> PathBuf {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    manifest.parent().unwrap_or(manifest).to_path_buf()
}

/// Where cargo puts what it builds.
#[must_use]
pub fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}

/// `cargo` with these arguments, in the workspace's folder.
pub fn cargo<I: IntoIterator<Item = S>, S: AsRef<OsStr>>(arguments: I) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(arguments).current_dir(root());
    command
}

/// Runs `command` with its output shown.
///
/// # Errors
/// If it cannot be started or ends with another status than 0.
pub fn run(title: &str, command: &mut Command) -> Outcome {
    println!("\n── {title}\n   {}", line(command));
    let started = Instant::now();
    let status = command.status().map_err(|error| Failure(format!("{}: {error}", line(command))))?;
    println!("   {:.1} s", started.elapsed().as_secs_f32());
    if status.success() { Ok(()) } else { Err(Failure(format!("{title} failed ({status}): {}", line(command)))) }
}

/// True if a program of this name is on the PATH or in a system folder.
#[must_use]
pub fn on_path(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain(["/usr/sbin", "/usr/lib/postfix/sbin", "/usr/lib/dovecot"].map(PathBuf::from))
        .any(|folder| folder.join(program).is_file())
}

fn line(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy().into_owned()).collect::<Vec<_>>().join(" ")
}
