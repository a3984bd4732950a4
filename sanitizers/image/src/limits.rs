//! What a picture may cost, known from its header before it is decoded.
//!
//! Refuses: pictures over a side, a number of samples or the memory that decoding takes. Invariant: no buffer of
//! samples is allocated that was not asked for here.

use std::io::{self, Write};

use sanitizer_api::{Budget, SanitizeError};

/// Longest side, in samples: what the viewers of offices still draw.
pub(crate) const MAX_SIDE: u32 = 32_768;
/// Most samples of a picture: A3 at 600 dots per inch has 70 million.
pub(crate) const MAX_SAMPLES: u64 = 100_000_000;
/// Most bytes of all buffers that hold samples at one time.
pub(crate) const MAX_MEMORY: u64 = 320 * 1024 * 1024;
/// Most pages of one file.
pub(crate) const MAX_PAGES: usize = 200;
/// Most samples of all pages of one file.
pub(crate) const MAX_SAMPLES_OF_PAGES: u64 = 400_000_000;
/// Most samples that the scans of a progressive JPEG may touch; usual ones have ten scans.
pub(crate) const MAX_SAMPLES_OF_SCANS: u64 = 1_000_000_000;

/// Over a limit.
pub(crate) const fn over(what: &'static str) -> SanitizeError {
    SanitizeError::LimitReached { what }
}

/// Asks for a picture of this size that takes `bytes_per_sample` of memory.
///
/// # Errors
/// [`SanitizeError::LimitReached`], and [`SanitizeError::Malformed`] for a picture without samples.
pub(crate) fn ask(width: u32, height: u32, bytes_per_sample: u64) -> Result<(), SanitizeError> {
    if width == 0 || height == 0 {
        return Err(SanitizeError::Malformed { expected: "a picture with a width and a height" });
    }
    let samples = u64::from(width).saturating_mul(u64::from(height));
    let is_over = width > MAX_SIDE
        || height > MAX_SIDE
        || samples > MAX_SAMPLES
        || samples.saturating_mul(bytes_per_sample) > MAX_MEMORY;
    if is_over { Err(over("picture size")) } else { Ok(()) }
}

/// Bytes being written, never more than the budget has.
#[derive(Debug)]
pub(crate) struct Output {
    bytes: Vec<u8>,
    limit: usize,
    is_full: bool,
}

impl Output {
    /// Room for what `budget` has left.
    pub(crate) fn within(budget: &Budget) -> Self {
        Self { bytes: Vec::new(), limit: usize::try_from(budget.output_bytes).unwrap_or(usize::MAX), is_full: false }
    }

    /// What was written; `expected` says what failed if it was not the room.
    pub(crate) fn finish<E>(self, outcome: &Result<(), E>, expected: &'static str) -> Result<Vec<u8>, SanitizeError> {
        match outcome {
            _ if self.is_full => Err(over("output")),
            Ok(()) => Ok(self.bytes),
            Err(_) => Err(SanitizeError::Malformed { expected }),
        }
    }
}

impl Write for Output {
    fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
        if piece.len() > self.limit.saturating_sub(self.bytes.len()) {
            self.is_full = true;
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.bytes.extend_from_slice(piece);
        Ok(piece.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
