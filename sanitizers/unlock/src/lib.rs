//! Files behind a password, opened: zip, 7z, rar, Office and PDF.
//!
//! Refuses: what no candidate opens, what fails a check of its own, and what costs more than its [`Allowance`].
//! Invariant: [`Opened`] holds only bytes that a checksum, a keyed hash or a verifier of the file itself vouches for,
//! and no password, nor anything made from one, is in a value that can be printed.

mod candidate;
mod cipher;
mod container;
mod office;
mod pdf;
mod rar;
mod seven;
mod zip;

#[cfg(test)]
mod laws;
#[cfg(test)]
mod tests;

use candidate::Candidates;

/// Most passwords tried on one file.
pub const MAX_CANDIDATES: usize = 10;

/// What opening may still cost, counted down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allowance {
    /// Bytes of what is opened.
    pub bytes: u64,
    /// Members of an archive.
    pub members: u32,
    /// Blocks hashed to make keys out of passwords, over all candidates; 64 unpacked bytes count as one.
    pub work: u64,
}

impl Allowance {
    /// Blocks hashed for one file. A core does 2.4 million of SHA-512 a second and more of the others, so this ends
    /// in 10 of the 20 seconds of an item. Ten passwords in three spellings need 3 million for an Office file (100,000 turns each) and
    /// 10 million for a 7z (2^19 turns); an AES zip of 1,000 members needs 9 million.
    pub const WORK: u64 = 24_000_000;

    /// An allowance with the usual [`Self::WORK`].
    #[must_use]
    pub const fn new(bytes: u64, members: u32) -> Self {
        Self { bytes, members, work: Self::WORK }
    }

    fn spend_bytes(&mut self, length: usize) -> Result<(), Locked> {
        self.bytes = self.bytes.checked_sub(count(length)).ok_or(Locked::TooMuch)?;
        Ok(())
    }

    fn spend_members(&mut self, number: usize) -> Result<(), Locked> {
        let number = u32::try_from(number).map_err(|_| Locked::TooMuch)?;
        self.members = self.members.checked_sub(number).ok_or(Locked::TooMuch)?;
        Ok(())
    }

    fn spend_work(&mut self, blocks: u64) -> Result<(), Locked> {
        self.work = self.work.checked_sub(blocks).ok_or(Locked::TooMuch)?;
        Ok(())
    }
}

/// Why a file stays closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Locked {
    /// The file reads as what it is, and no candidate opens it. Where a format has nothing to tell the two apart (7z,
    /// old zip), damaged content counts as this.
    #[error("no password opens the file")]
    WrongPassword,
    /// It is not what its type says, or opened content fails its own check.
    #[error("the file is damaged")]
    Broken,
    /// An encryption that is not read here, or none.
    #[error("this encryption cannot be opened here")]
    NotSupported,
    /// Over the [`Allowance`], or over [`MAX_CANDIDATES`].
    #[error("opening the file costs too much")]
    TooMuch,
}

/// An opened file.
#[derive(Clone, PartialEq, Eq)]
pub struct Opened {
    /// The same file without encryption. Of an archive: a zip; its members keep their raw names.
    pub bytes: Vec<u8>,
    /// Which candidates opened something, by their place in the list, ascending. Empty if a password that everybody
    /// knows did (an empty one, or the one that Excel tries by itself).
    pub used: Vec<usize>,
}

impl std::fmt::Debug for Opened {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Opened").field("length", &self.bytes.len()).field("used", &self.used).finish()
    }
}

/// Opens a file of the type `type_id` (as `sanitizer-detect` names it) with the first of `candidates` that fits.
///
/// Candidates are tried as typed and in their composed and half-width forms, in each encoding the format knows;
/// candidates longer than 255 characters fit nothing.
///
/// # Errors
/// [`Locked`]; what was spent stays spent.
pub fn unlock(type_id: &str, bytes: &[u8], candidates: &[&str], allowance: &mut Allowance) -> Result<Opened, Locked> {
    let candidates = Candidates::new(candidates)?;
    match type_id {
        "7z" => seven::open(bytes, &candidates, allowance),
        "rar" => rar::open(bytes, &candidates, allowance),
        "pdf" => pdf::open(bytes, &candidates, allowance),
        "office-encrypted" | "doc" | "xls" | "ppt" => office::open(bytes, &candidates, allowance),
        // Detection names a zip by what its names look like.
        _ if bytes.starts_with(b"PK") => zip::open(bytes, &candidates, allowance),
        _ => Err(Locked::NotSupported),
    }
}

fn count(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}
