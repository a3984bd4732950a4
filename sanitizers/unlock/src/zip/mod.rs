//! Zip archives: every enciphered member is deciphered and checked, then all are written to a zip without encryption.
//!
//! Refuses: members packed otherwise than with deflate, PKWARE's strong encryption, masked directories. Invariant: a
//! member is written only if its content unpacks to the claimed length and checksum, or its keyed hash is right.

mod crypt;
mod walk;

#[cfg(test)]
pub(crate) mod tests;

use miniz_oxide::inflate::stream::{InflateState, inflate};
use miniz_oxide::{DataFormat, MZFlush, MZStatus};

use crate::candidate::{Candidates, Key, Used};
use crate::container::{DEFLATED, Header, STORED, ZipWriter};
use crate::{Allowance, Locked, Opened, count};
use crypt::{Fit, Sealed, TRADITIONAL_HEAD, Traditional};
use walk::{Member, members, u16_at};

/// Stands for AES in the place of the method.
const METHOD_AES: u16 = 99;
/// Strong encryption and masked headers (APPNOTE 7), which are other ciphers.
const STRONG: u16 = 1 << 6 | 1 << 13;

/// Opens a zip.
pub(crate) fn open(bytes: &[u8], candidates: &Candidates, allowance: &mut Allowance) -> Result<Opened, Locked> {
    // Where the directory itself is enciphered, only the first member tells.
    let first_flags = u16_at(bytes, 6).filter(|_| bytes.starts_with(b"PK\x03\x04")).unwrap_or(0);
    if first_flags & STRONG != 0 {
        return Err(Locked::NotSupported);
    }
    let members = members(bytes, allowance)?;
    if !members.iter().any(|member| member.flags & 1 != 0) {
        return Err(Locked::NotSupported);
    }
    let mut keys = Keys { keys: candidates.in_bytes(), last: None, used: Used::default() };
    let mut zip = ZipWriter::default();
    for member in &members {
        if member.flags & 1 == 0 {
            zip.add(&header(member, member.method, member.crc), member.content, allowance)?;
        } else {
            let plain = decipher(member, &mut keys, allowance)?;
            zip.add(&header(member, plain.method, plain.crc), &plain.content, allowance)?;
        }
    }
    Ok(Opened { bytes: zip.end()?, used: keys.used.places() })
}

fn header<'a>(member: &Member<'a>, method: u16, crc: u32) -> Header<'a> {
    Header {
        name: member.name,
        flags: member.flags,
        method,
        moment: member.moment,
        crc,
        size: member.size,
        made_by: member.made_by,
        attributes: member.attributes,
        extra: member.unicode_path,
    }
}

/// Candidates, the one that opened the member before in front.
struct Keys {
    keys: Vec<Key>,
    last: Option<usize>,
    used: Used,
}

impl Keys {
    /// The first key that opens; an error of `attempt` ends it.
    fn find(&mut self, mut attempt: impl FnMut(&[u8]) -> Result<Fit, Locked>) -> Result<Vec<u8>, Locked> {
        let mut is_damaged = false;
        let order = self.last.into_iter().chain((0..self.keys.len()).filter(|at| Some(*at) != self.last));
        for at in order.collect::<Vec<_>>() {
            let Some(key) = self.keys.get(at) else { continue };
            match attempt(&key.bytes)? {
                Fit::Opens(content) => {
                    self.last = Some(at);
                    self.used.add(key.index);
                    return Ok(content);
                }
                Fit::Damaged => is_damaged = true,
                Fit::No => {}
            }
        }
        Err(if is_damaged { Locked::Broken } else { Locked::WrongPassword })
    }
}

struct Plain {
    method: u16,
    crc: u32,
    content: Vec<u8>,
}

fn decipher(member: &Member<'_>, keys: &mut Keys, allowance: &mut Allowance) -> Result<Plain, Locked> {
    if member.flags & STRONG != 0 {
        return Err(Locked::NotSupported);
    }
    if member.method == METHOD_AES {
        return with_aes(member, keys, allowance);
    }
    let method = packing(member.method)?;
    if member.content.len() < TRADITIONAL_HEAD {
        return Err(Locked::Broken);
    }
    if member.size == 0 && member.crc == 0 {
        // Nothing is in it that a password could fit: one in 256 wrong ones would.
        return Ok(Plain { method: STORED, crc: 0, content: Vec::new() });
    }
    let content = keys.find(|password| traditional(member, password, allowance))?;
    Ok(Plain { method, crc: member.crc, content })
}

/// One byte of the head tells most wrong passwords, the checksum of the whole member the others.
fn traditional(member: &Member<'_>, password: &[u8], allowance: &mut Allowance) -> Result<Fit, Locked> {
    let mut cipher = Traditional::new(password);
    let (head, content) = member.content.split_at_checked(TRADITIONAL_HEAD).ok_or(Locked::Broken)?;
    let mut head = head.to_vec();
    cipher.decrypt(&mut head);
    let [.., by_crc] = member.crc.to_le_bytes();
    let [_, by_time, ..] = member.moment;
    // Those who did not know the checksum yet (bit 3) took the time; some take the checksum all the same.
    let fits = head.last() == Some(&by_crc) || (member.flags & 8 != 0 && head.last() == Some(&by_time));
    if !fits {
        return Ok(Fit::No);
    }
    let mut content = content.to_vec();
    allowance.spend_work(count(content.len()) / 64 + 1)?;
    cipher.decrypt(&mut content);
    let found = checksum(member.method, &content, member.size, allowance)?;
    Ok(if found == Some(member.crc) { Fit::Opens(content) } else { Fit::No })
}

fn with_aes(member: &Member<'_>, keys: &mut Keys, allowance: &mut Allowance) -> Result<Plain, Locked> {
    let field = member.aes.filter(|field| field.get(2..4) == Some(b"AE")).ok_or(Locked::Broken)?;
    let (version, strength) = (u16_at(field, 0), field.get(4).copied().ok_or(Locked::Broken)?);
    let method = packing(u16_at(field, 5).ok_or(Locked::Broken)?)?;
    let sealed = Sealed::new(strength, member.content)?;
    allowance.spend_work(count(sealed.length()) / 64 + 1)?;
    let content = keys.find(|password| sealed.open(password, allowance))?;
    let crc = checksum(method, &content, member.size, allowance)?.ok_or(Locked::Broken)?;
    match version {
        Some(1) if crc != member.crc => Err(Locked::Broken),
        Some(1 | 2) => Ok(Plain { method, crc, content }),
        _ => Err(Locked::NotSupported),
    }
}

const fn packing(method: u16) -> Result<u16, Locked> {
    match method {
        STORED | DEFLATED => Ok(method),
        _ => Err(Locked::NotSupported),
    }
}

/// Checksum of the unpacked content; nothing if it does not unpack to exactly `size` bytes.
fn checksum(method: u16, content: &[u8], size: u32, allowance: &mut Allowance) -> Result<Option<u32>, Locked> {
    let mut crc = crc32fast::Hasher::new();
    if method == STORED {
        crc.update(content);
        return Ok((u32::try_from(content.len()) == Ok(size)).then(|| crc.finalize()));
    }
    let mut state = InflateState::new_boxed(DataFormat::Raw);
    let mut window = vec![0; 32 * 1024];
    let mut rest = content;
    let mut left = usize::try_from(size).map_err(|_| Locked::TooMuch)?;
    loop {
        allowance.spend_work(1)?;
        let step = inflate(&mut state, rest, &mut window, MZFlush::None);
        let written = window.get(..step.bytes_written).unwrap_or_default();
        allowance.spend_work(count(written.len()) / 64)?;
        crc.update(written);
        rest = rest.get(step.bytes_consumed..).unwrap_or_default();
        let Some(fewer) = left.checked_sub(written.len()) else { return Ok(None) };
        left = fewer;
        match step.status {
            Ok(MZStatus::StreamEnd) => return Ok((left == 0 && rest.is_empty()).then(|| crc.finalize())),
            Ok(_) if step.bytes_consumed > 0 || step.bytes_written > 0 => {}
            _ => return Ok(None),
        }
    }
}

/// True for a zip whose directory reads and holds together: what a deciphered package must be.
pub(crate) fn directory_reads(bytes: &[u8]) -> bool {
    bytes.starts_with(b"PK\x03\x04") && members(bytes, &mut Allowance::new(0, u32::MAX)).is_ok()
}
