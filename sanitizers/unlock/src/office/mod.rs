//! Office files behind a password ([MS-OFFCRYPTO]): packages (agile and standard encryption), Word and Excel of the
//! binary kind (RC4 and RC4 CryptoAPI).
//!
//! Refuses: extensible and certificate encryption, XOR obfuscation, binary PowerPoint. Invariant: a verifier of the
//! file itself fits before a byte is deciphered.

mod agile;
mod binary;
mod excel;
mod standard;
mod word;

#[cfg(test)]
pub(crate) mod tests;

use std::io::{Cursor, Read};

use crate::candidate::{Candidates, Key};
use crate::zip::directory_reads;
use crate::{Allowance, Locked, Opened, count};

/// Excel and Word try this one by themselves ([MS-OFFCRYPTO] 2.1): such files open without a question.
const EVERYBODYS: &[&str] = &["VelvetSweatshop"];
/// Longest description of an encryption; Office writes about 1 KiB.
const MAX_DESCRIPTION: usize = 64 * 1024;

type Container = cfb::CompoundFile<Cursor<Vec<u8>>>;

/// Opens an Office file.
pub(crate) fn open(bytes: &[u8], candidates: &Candidates, allowance: &mut Allowance) -> Result<Opened, Locked> {
    // What is opened is as long as what was closed, or shorter.
    allowance.spend_bytes(bytes.len())?;
    let mut container = cfb::CompoundFile::open(Cursor::new(bytes.to_vec())).map_err(|_| Locked::Broken)?;
    let keys = candidates.in_utf16(EVERYBODYS);
    if container.is_stream("/EncryptedPackage") {
        // Rights management keeps the key with a server, and describes itself elsewhere.
        if !container.is_stream("/EncryptionInfo") {
            return Err(Locked::NotSupported);
        }
        package(&mut container, &keys, bytes.len(), allowance)
    } else if container.is_stream("/WordDocument") {
        word::open(container, &keys, bytes.len(), allowance)
    } else if container.is_stream("/Workbook") {
        excel::open(container, &keys, bytes.len(), allowance)
    } else {
        Err(Locked::NotSupported)
    }
}

fn package(container: &mut Container, keys: &[Key], most: usize, allowance: &mut Allowance) -> Result<Opened, Locked> {
    let info = stream(container, "/EncryptionInfo", MAX_DESCRIPTION)?;
    let sealed = stream(container, "/EncryptedPackage", most)?;
    let mut fields = Fields(&info);
    let (major, minor) = (fields.u16()?, fields.u16()?);
    let (bytes, index) = match (major, minor) {
        (4, 4) => agile::open(&info, &sealed, keys, allowance)?,
        (2..=4, 2) => standard::open(&info, sealed, keys, allowance)?,
        _ => return Err(Locked::NotSupported),
    };
    if directory_reads(&bytes) { Ok(Opened { bytes, used: index.into_iter().collect() }) } else { Err(Locked::Broken) }
}

/// A whole stream, if it has at most `most` bytes.
fn stream(container: &mut Container, path: &str, most: usize) -> Result<Vec<u8>, Locked> {
    let mut stream = container.open_stream(path).map_err(|_| Locked::Broken)?;
    if stream.len() > count(most) {
        return Err(Locked::TooMuch);
    }
    let mut bytes = Vec::new();
    let most = stream.len();
    // The stream's own length, which is within the allowance.
    let mut capped = stream.by_ref().take(most);
    std::io::copy(&mut capped, &mut bytes).map_err(|_| Locked::Broken)?;
    Ok(bytes)
}

/// The first key that `opens`.
fn first<T>(
    keys: &[Key],
    mut opens: impl FnMut(&Key) -> Result<Option<T>, Locked>,
) -> Result<(T, Option<usize>), Locked> {
    for key in keys {
        if let Some(found) = opens(key)? {
            return Ok((found, key.index));
        }
    }
    Err(Locked::WrongPassword)
}

/// The package proper: its length stands in front of it.
fn claimed_length(sealed: &[u8]) -> Result<usize, Locked> {
    let length = sealed.first_chunk().map(|eight| u64::from_le_bytes(*eight)).ok_or(Locked::Broken)?;
    usize::try_from(length).ok().filter(|length| *length <= sealed.len() - 8).ok_or(Locked::Broken)
}

/// A reader of little-endian fields.
struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    fn take(&mut self, length: usize) -> Result<&'a [u8], Locked> {
        let (taken, rest) = self.0.split_at_checked(length).ok_or(Locked::Broken)?;
        self.0 = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Locked> {
        self.take(N)?.try_into().map_err(|_| Locked::Broken)
    }

    fn u16(&mut self) -> Result<u16, Locked> {
        Ok(u16::from_le_bytes(self.array()?))
    }

    fn u32(&mut self) -> Result<u32, Locked> {
        Ok(u32::from_le_bytes(self.array()?))
    }
}
