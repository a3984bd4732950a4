//! Secrets in files that the configuration names.
//!
//! Refuses: files that others can read, empty ones, long ones. Invariant: what was read is overwritten when it goes.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use zeroize::Zeroizing;

use crate::config::is_private;

/// Longest secret in bytes.
const MAX_SECRET: u64 = 4096;

/// The first line of the file.
pub(super) fn read(path: &Path) -> io::Result<Zeroizing<String>> {
    let file = File::open(path)?;
    if !is_private(&file.metadata()?) {
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, "the file is open to others; give it mode 600"));
    }
    let mut text = Zeroizing::new(String::new());
    #[expect(clippy::disallowed_methods, reason = "capped by take: a secret is short")]
    file.take(MAX_SECRET).read_to_string(&mut text)?;
    let line = text.lines().next().unwrap_or_default();
    if line.is_empty() {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "the file holds no secret"));
    }
    Ok(Zeroizing::new(line.to_owned()))
}
