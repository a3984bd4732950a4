//! A member where it lies: its local header, its data, its descriptor.
//!
//! Invariant: a place ends where its last byte ends, so that places can be compared.

use super::directory::{Entry, Sizes, UTF8, unicode_name};
use crate::bytes::{has_at, length_at, slice, u16_at, u32_at, u64_at};

const LOCAL: &[u8] = b"PK\x03\x04";
const DESCRIPTOR: &[u8] = b"PK\x07\x08";
/// Sizes and checksum follow the data.
const DESCRIBED_BEHIND: u16 = 1 << 3;
/// Flags that must be the same in both headers; the others tell of speed.
const SAME_FLAGS: u16 = 1 | DESCRIBED_BEHIND | 1 << 5 | 1 << 6 | UTF8 | 1 << 13;

/// A member's bytes.
pub(super) struct Place<'a> {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) data: &'a [u8],
    /// The headers tell the same.
    pub(super) agrees: bool,
}

/// The member of `entry`; nothing if there is none at its offset.
pub(super) fn find<'a>(bytes: &'a [u8], base: usize, entry: &Entry<'_>) -> Option<Place<'a>> {
    let start = base.checked_add(usize::try_from(entry.offset).ok()?)?;
    if !has_at(bytes, start, LOCAL) {
        return None;
    }
    let header = bytes.get(start..)?;
    let (name, extra) = (length_at(header, 26)?, length_at(header, 28)?);
    let behind_header = start.checked_add(30)?.checked_add(name)?.checked_add(extra)?;
    let data = slice(bytes, behind_header, usize::try_from(entry.packed).ok()?)?;
    let behind_data = behind_header.checked_add(data.len())?;
    let name = slice(header, 30, name)?;
    let extra = slice(header, 30 + name.len(), extra)?;
    // Of an ASCII name the flag says nothing.
    let same_flags = if name.is_ascii() { SAME_FLAGS & !UTF8 } else { SAME_FLAGS };
    let mut agrees = is_same_name(name, entry.name)
        && (u16_at(header, 6)? ^ entry.flags) & same_flags == 0
        && u16_at(header, 8)? == entry.method
        && unicode_name(name, extra).is_none_or(|text| entry.unicode_name == Some(text));
    let mut sizes =
        Sizes { size: u64::from(u32_at(header, 22)?), packed: u64::from(u32_at(header, 18)?), offset: None };
    sizes.widen(extra)?;
    let crc = u32_at(header, 14)?;
    let is_same = crc == entry.crc && sizes.packed == entry.packed && sizes.size == entry.size;
    let mut end = behind_data;
    if entry.flags & DESCRIBED_BEHIND == 0 {
        agrees &= is_same;
    } else {
        let none = u64::from(u32::MAX);
        let unsaid = |value: u64, said: u64| value == 0 || value == none || value == said;
        agrees &=
            (crc == 0 || crc == entry.crc) && unsaid(sizes.packed, entry.packed) && unsaid(sizes.size, entry.size);
        match descriptor(bytes.get(behind_data..)?, entry) {
            Some(length) => end = behind_data.checked_add(length)?,
            // Some writers know the sizes, say so in front, and leave the descriptor out.
            None => agrees &= is_same,
        }
    }
    Some(Place { start, end, data, agrees })
}

/// The same bytes, or the same path of ASCII with the other separator: no byte of a character may be taken for one.
fn is_same_name(a: &[u8], b: &[u8]) -> bool {
    let path = |byte: &u8| if *byte == b'\\' { b'/' } else { *byte };
    a == b || (a.is_ascii() && a.iter().map(path).eq(b.iter().map(path)))
}

/// Length of the data descriptor that tells what the directory tells: with or without signature, of 32 or 64 bits.
fn descriptor(bytes: &[u8], entry: &Entry<'_>) -> Option<usize> {
    let signed = if has_at(bytes, 0, DESCRIPTOR) { [4, 0] } else { [0, 4] };
    for at in signed.into_iter().filter(|at| *at == 0 || has_at(bytes, 0, DESCRIPTOR)) {
        if u32_at(bytes, at)? != entry.crc {
            continue;
        }
        if u64_at(bytes, at + 4) == Some(entry.packed) && u64_at(bytes, at + 12) == Some(entry.size) {
            return Some(at + 20);
        }
        let small = (u32_at(bytes, at + 4).map(u64::from), u32_at(bytes, at + 8).map(u64::from));
        if small == (Some(entry.packed), Some(entry.size)) {
            return Some(at + 12);
        }
    }
    None
}
