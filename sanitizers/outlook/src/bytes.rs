//! A reader of little-endian fields.
//!
//! Refuses: to read past the end. Invariant: nothing is allocated for a length that the bytes do not have.

use crate::Unreadable;

/// What is left to read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(crate) const fn new(rest: &'a [u8]) -> Self {
        Self { rest }
    }

    pub(crate) const fn rest(&self) -> &'a [u8] {
        self.rest
    }

    pub(crate) fn take(&mut self, length: usize) -> Result<&'a [u8], Unreadable> {
        let (taken, rest) = self.rest.split_at_checked(length).ok_or(Unreadable::Malformed)?;
        self.rest = rest;
        Ok(taken)
    }

    /// `length` bytes as a file says it; one that memory cannot count is longer than any file.
    pub(crate) fn take_u32(&mut self, length: u32) -> Result<&'a [u8], Unreadable> {
        self.take(usize::try_from(length).map_err(|_| Unreadable::Malformed)?)
    }

    pub(crate) fn u8(&mut self) -> Result<u8, Unreadable> {
        self.take(1)?.first().copied().ok_or(Unreadable::Malformed)
    }

    pub(crate) fn u16(&mut self) -> Result<u16, Unreadable> {
        Ok(u16::from_le_bytes(self.array()?))
    }

    pub(crate) fn u32(&mut self) -> Result<u32, Unreadable> {
        Ok(u32::from_le_bytes(self.array()?))
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Unreadable> {
        self.take(N)?.try_into().map_err(|_| Unreadable::Malformed)
    }
}
