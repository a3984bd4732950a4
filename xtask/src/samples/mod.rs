//! The sample mails: made here, committed as files, so that what is tested can be read (`samples/NAME/input.eml`).
//!
//! Refuses: live malware and other people's mail; executables are two letters and a sentence.
//! Invariant: the same bytes at every run.

mod bytes;
mod cards;
mod charsets;
mod enclosed;
mod encode;
mod files;
mod html;
pub mod japanese;
pub mod office;
mod outlook;
mod structure;

use std::path::PathBuf;

use crate::run::{Failure, Outcome, root};

/// One sample.
pub struct Sample {
    /// Folder name.
    pub name: &'static str,
    /// What it shows, for ORIGIN.md.
    pub about: &'static str,
    /// The mail, with CRLF line ends.
    pub bytes: Vec<u8>,
}

/// All samples, by name.
#[must_use]
pub fn all() -> Vec<Sample> {
    let mut samples = charsets::samples();
    samples.extend(html::samples());
    samples.extend(structure::samples());
    samples.extend(enclosed::samples());
    samples.extend(files::samples());
    samples.extend(cards::samples());
    samples.sort_by_key(|sample| sample.name);
    samples
}

/// Writes `samples/*/{input.eml,ORIGIN.md}`; with `check` only compares.
///
/// # Errors
/// If a file differs or cannot be written.
pub fn write(check: bool) -> Outcome {
    let samples = all();
    let mut differing = Vec::new();
    for sample in &samples {
        let folder = root().join("samples").join(sample.name);
        let origin = format!(
            "# {}\n\n{}\n\nMade by `cargo xtask samples`; written for Temizu, Apache-2.0.\n",
            sample.name, sample.about
        );
        for (file, bytes) in [("input.eml", sample.bytes.as_slice()), ("ORIGIN.md", origin.as_bytes())] {
            let path: PathBuf = folder.join(file);
            if std::fs::read(&path).is_ok_and(|there| there == bytes) {
                continue;
            }
            if check {
                differing.push(path.display().to_string());
            } else {
                std::fs::create_dir_all(&folder)?;
                std::fs::write(&path, bytes)?;
            }
        }
    }
    if differing.is_empty() {
        println!("{} samples", samples.len());
        Ok(())
    } else {
        Err(Failure(format!("differ from what `cargo xtask samples` writes: {}", differing.join(", "))))
    }
}
