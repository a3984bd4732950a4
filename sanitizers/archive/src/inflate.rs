//! Deflated bytes as a reader that knows where they end.
//!
//! Invariant: holds 32 KiB of what it wrote, however much that is.

use std::io::{self, Read};

use miniz_oxide::inflate::stream::{InflateState, inflate};
use miniz_oxide::{DataFormat, MZFlush, MZStatus};

/// What is still packed.
pub(crate) struct Inflate<'a> {
    state: Box<InflateState>,
    rest: &'a [u8],
    ended: bool,
}

impl<'a> Inflate<'a> {
    pub(crate) fn new(packed: &'a [u8]) -> Self {
        Self { state: InflateState::new_boxed(DataFormat::Raw), rest: packed, ended: false }
    }

    /// What follows the deflated bytes, once all of them were read.
    pub(crate) const fn rest(&self) -> &'a [u8] {
        self.rest
    }
}

impl Read for Inflate<'_> {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        if self.ended || room.is_empty() {
            return Ok(0);
        }
        loop {
            let step = inflate(&mut self.state, self.rest, room, MZFlush::None);
            self.rest = self.rest.get(step.bytes_consumed..).unwrap_or_default();
            match step.status {
                Ok(MZStatus::StreamEnd) => self.ended = true,
                Ok(MZStatus::Ok) if step.bytes_written > 0 || (step.bytes_consumed > 0 && !self.rest.is_empty()) => {}
                _ => return Err(io::Error::from(io::ErrorKind::InvalidData)),
            }
            if self.ended || step.bytes_written > 0 {
                return Ok(step.bytes_written);
            }
        }
    }
}
