//! What opening an archive may cost, and how it is spent.
//!
//! Refuses: a byte more than is left. Invariant: bytes are spent before they are kept, whatever the archive claims.

use std::io::Read;

use crate::{Kept, Unreadable};

/// What opening may still cost, counted down. Levels of archives in archives are counted by who opens them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allowance {
    /// Bytes of all members, unpacked.
    pub bytes: u64,
    /// Bytes that one member may have; a larger one is kept back alone.
    pub member_bytes: u64,
    /// Members, folders included.
    pub members: u32,
}

impl Allowance {
    /// What fits into a worker of 1 GiB: members stay in memory until they are rebuilt.
    #[must_use]
    pub const fn usual() -> Self {
        Self { bytes: 256 << 20, member_bytes: 256 << 20, members: 1_000 }
    }
}

/// Bytes out of one byte in, over all members. Bombs have a thousand and more, honest archives stay below a hundred.
const RATIO: u64 = 200;
/// Bytes that any archive may hold, however small it is: tables of blanks pack a thousand times.
const RATIO_FREE: u64 = 10 << 20;
/// Bytes taken at a time.
const STEP: usize = 16 * 1024;

/// A member's bytes, or why they are not to be had.
pub(crate) type Unpacked = Result<Vec<u8>, Kept>;

/// The allowance while one archive is open.
pub(crate) struct Spending<'a> {
    allowance: &'a mut Allowance,
    /// What the ratio leaves.
    dense: u64,
}

impl<'a> Spending<'a> {
    pub(crate) fn new(allowance: &'a mut Allowance, packed: usize) -> Self {
        let dense = u64::try_from(packed).unwrap_or(u64::MAX).saturating_mul(RATIO).max(RATIO_FREE);
        Self { allowance, dense }
    }

    pub(crate) fn members_left(&self) -> u64 {
        u64::from(self.allowance.members)
    }

    /// Bytes that may still be unpacked.
    pub(crate) fn left(&self) -> u64 {
        self.allowance.bytes.min(self.dense)
    }

    pub(crate) fn member(&mut self) -> Result<(), Unreadable> {
        self.allowance.members = self.allowance.members.checked_sub(1).ok_or(Unreadable::TooManyMembers)?;
        Ok(())
    }

    pub(crate) fn bytes(&mut self, length: usize) -> Result<(), Unreadable> {
        let length = u64::try_from(length).unwrap_or(u64::MAX);
        let left = self.left().checked_sub(length).map(|_| ()).ok_or(Unreadable::TooLarge);
        self.allowance.bytes = self.allowance.bytes.saturating_sub(length);
        self.dense = self.dense.saturating_sub(length);
        left
    }

    /// True for a member that is larger than one may be.
    pub(crate) fn is_too_large(&self, size: u64) -> bool {
        size > self.allowance.member_bytes
    }

    /// # Errors
    /// [`Unreadable::TooLarge`] if the sizes that an archive states are more than is left: nothing is unpacked then.
    pub(crate) fn foresee(&self, sizes: impl Iterator<Item = u64>) -> Result<(), Unreadable> {
        let total = sizes.fold(0u64, u64::saturating_add);
        if total > self.left() { Err(Unreadable::TooLarge) } else { Ok(()) }
    }

    /// The next `size` bytes of `from`: not one fewer.
    pub(crate) fn read(&mut self, from: &mut dyn Read, size: u64) -> Result<Unpacked, Unreadable> {
        self.take(from, size, true)
    }

    /// All bytes of `from`, which are `size` bytes: not one more or fewer.
    pub(crate) fn read_whole(&mut self, from: &mut dyn Read, size: u64) -> Result<Unpacked, Unreadable> {
        let unpacked = self.take(from, size, true)?;
        if unpacked.is_ok() && !matches!(from.read(&mut [0]), Ok(0)) {
            return Ok(Err(Kept::Corrupt));
        }
        Ok(unpacked)
    }

    /// All bytes of `from`, however many.
    pub(crate) fn read_to_end(&mut self, from: &mut dyn Read) -> Result<Unpacked, Unreadable> {
        self.take(from, u64::MAX, false)
    }

    /// Reads and forgets; the bytes are spent all the same. True if there were as many.
    pub(crate) fn skip(&mut self, from: &mut dyn Read, size: u64) -> Result<bool, Unreadable> {
        let mut left = size;
        while left > 0 {
            let mut step = [0; STEP];
            let Some(room) = step.get_mut(..at_most(left)) else { break };
            let Some(count) = from.read(room).ok().filter(|count| *count > 0) else { return Ok(false) };
            self.bytes(count)?;
            left = left.saturating_sub(u64::try_from(count).unwrap_or(u64::MAX));
        }
        Ok(true)
    }

    fn take(&mut self, from: &mut dyn Read, size: u64, exact: bool) -> Result<Unpacked, Unreadable> {
        let mut unpacked = Vec::new();
        let mut left = size;
        while left > 0 {
            let mut step = [0; STEP];
            let Some(room) = step.get_mut(..at_most(left)) else { break };
            let count = match from.read(room) {
                Ok(0) if exact => return Ok(Err(Kept::Corrupt)),
                Ok(0) => break,
                Ok(count) => count,
                Err(_) => return Ok(Err(Kept::Corrupt)),
            };
            self.bytes(count)?;
            if exact && unpacked.capacity() < unpacked.len().saturating_add(count) {
                // Twice as much, but never more than there will be: the address space of a worker is bounded.
                let most = usize::try_from(left).unwrap_or(usize::MAX);
                unpacked.reserve_exact(unpacked.len().max(STEP).min(most));
            }
            unpacked.extend_from_slice(room.get(..count).unwrap_or_default());
            left = left.saturating_sub(u64::try_from(count).unwrap_or(u64::MAX));
        }
        unpacked.shrink_to_fit();
        Ok(Ok(unpacked))
    }
}

fn at_most(left: u64) -> usize {
    usize::try_from(left).unwrap_or(STEP).min(STEP)
}
