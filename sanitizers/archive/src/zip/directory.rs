//! The end record and the central directory of a ZIP file.
//!
//! Refuses: more than one end, archives in pieces, directories that are not exactly as long as they say. Invariant: the
//! directory is found from its end, as every reader does, and from its start, and both are the same place.

use crate::allowance::Spending;
use crate::bytes::{has_at, length_at, slice, u16_at, u32_at, u64_at};
use crate::listing::Listing;
use crate::{Kept, Oddity, Unreadable};

const CENTRAL: &[u8] = b"PK\x01\x02";
const END: &[u8] = b"PK\x05\x06";
const END64: &[u8] = b"PK\x06\x06";
const LOCATOR64: &[u8] = b"PK\x06\x07";
/// Length of the end record without its comment; of the locator in front of it.
const END_LENGTH: usize = 22;
const LOCATOR_LENGTH: usize = 20;
/// Where the end record may begin: the longest comment, and its own length, from the end.
const END_WINDOW: usize = END_LENGTH + 65_535;
/// The name is UTF-8.
pub(super) const UTF8: u16 = 1 << 11;

/// The central directory.
pub(super) struct Directory<'a> {
    pub(super) entries: Vec<Entry<'a>>,
    /// What offsets count from: not zero if something stands in front of the archive.
    pub(super) base: usize,
    pub(super) start: usize,
}

/// One row of it.
pub(super) struct Entry<'a> {
    pub(super) flags: u16,
    pub(super) method: u16,
    pub(super) crc: u32,
    pub(super) packed: u64,
    pub(super) size: u64,
    pub(super) name: &'a [u8],
    /// From the extra field 0x7075, if it was made for this name.
    pub(super) unicode_name: Option<&'a str>,
    pub(super) offset: u64,
    made_on: u8,
    attributes: u32,
}

impl Entry<'_> {
    pub(super) fn is_folder(&self) -> bool {
        let is_unix_folder = self.unix_kind() == Some(0o040_000);
        (self.name.ends_with(b"/") || is_unix_folder || self.attributes & 0x10 != 0) && self.size == 0
    }

    /// The kind of file in the mode that Unix and macOS keep.
    fn unix_kind(&self) -> Option<u32> {
        matches!(self.made_on, 3 | 19).then_some((self.attributes >> 16) & 0o170_000)
    }

    /// Links and devices.
    pub(super) fn special(&self) -> Option<Kept> {
        match self.unix_kind() {
            Some(0o120_000) => Some(Kept::Link),
            Some(0o010_000 | 0o020_000 | 0o060_000 | 0o140_000) => Some(Kept::Device),
            // A reparse point of Windows.
            _ if self.attributes & 0x400 != 0 && !matches!(self.made_on, 3 | 19) => Some(Kept::Link),
            _ => None,
        }
    }
}

/// What the end record says.
struct End {
    at: usize,
    count: u64,
    size: u64,
    offset: u64,
}

pub(super) fn read<'a>(
    bytes: &'a [u8],
    spending: &mut Spending<'_>,
    listing: &mut Listing,
) -> Result<Directory<'a>, Unreadable> {
    let end = end(bytes, listing)?;
    if end.count > spending.members_left() {
        return Err(Unreadable::TooManyMembers);
    }
    let size = usize::try_from(end.size).map_err(|_| Unreadable::Malformed)?;
    let offset = usize::try_from(end.offset).map_err(|_| Unreadable::Malformed)?;
    let start = end.at.checked_sub(size).ok_or(Unreadable::Malformed)?;
    let begins = |at| end.count == 0 || has_at(bytes, at, CENTRAL);
    let (start, base) = match (begins(start), begins(offset) && offset.checked_add(size).is_some_and(|e| e <= end.at)) {
        (true, _) if start == offset => (start, 0),
        // Both places hold a directory: readers would choose differently.
        (true, true) if end.count > 0 => return Err(Unreadable::Ambiguous),
        (true, _) => (start, start.checked_sub(offset).ok_or(Unreadable::Malformed)?),
        (false, true) => {
            listing.note(Oddity::DataBetween);
            (offset, 0)
        }
        (false, false) => return Err(Unreadable::Malformed),
    };
    let mut rest = slice(bytes, start, size).ok_or(Unreadable::Malformed)?;
    let mut entries = Vec::new();
    for _ in 0..end.count {
        spending.member()?;
        let (entry, length) = entry(rest).ok_or(Unreadable::Malformed)?;
        entries.push(entry);
        rest = rest.get(length..).ok_or(Unreadable::Malformed)?;
    }
    if rest.is_empty() { Ok(Directory { entries, base, start }) } else { Err(Unreadable::Ambiguous) }
}

/// The end record: the one whose comment ends the file, and the last one there is.
fn end(bytes: &[u8], listing: &mut Listing) -> Result<End, Unreadable> {
    let from = bytes.len().saturating_sub(END_WINDOW);
    let window = bytes.get(from..).unwrap_or_default();
    let found: Vec<usize> = window
        .windows(END.len())
        .enumerate()
        .filter(|(_, w)| *w == END)
        .map(|(at, _)| from.saturating_add(at))
        .collect();
    let closing = |at: usize| {
        let comment = length_at(bytes, at.saturating_add(20))?;
        at.checked_add(END_LENGTH)?.checked_add(comment)
    };
    let last = *found.last().ok_or(Unreadable::Malformed)?;
    let ends: Vec<usize> = found.iter().copied().filter(|at| closing(*at) == Some(bytes.len())).collect();
    let at = match ends.as_slice() {
        [] => {
            listing.note(Oddity::DataBehind);
            last
        }
        [at] if *at == last => *at,
        _ => return Err(Unreadable::Ambiguous),
    };
    if closing(at).is_none_or(|end| end > bytes.len()) {
        return Err(Unreadable::Malformed);
    }
    end_at(bytes, at).ok_or(Unreadable::Malformed)?
}

fn end_at(bytes: &[u8], at: usize) -> Option<Result<End, Unreadable>> {
    let (disk, disk_of_directory) = (u16_at(bytes, at + 4)?, u16_at(bytes, at + 6)?);
    let (here, count) = (u16_at(bytes, at + 8)?, u16_at(bytes, at + 10)?);
    let (size, offset) = (u32_at(bytes, at + 12)?, u32_at(bytes, at + 16)?);
    let small = End { at, count: u64::from(count), size: u64::from(size), offset: u64::from(offset) };
    let overflows = count == u16::MAX || size == u32::MAX || offset == u32::MAX;
    let locator = at.checked_sub(LOCATOR_LENGTH).filter(|locator| has_at(bytes, *locator, LOCATOR64));
    if let Some(locator) = locator {
        let large = end64(bytes, locator);
        let agrees = |small: u64, large: u64, none: u64| small == none || small == large;
        return Some(match large {
            Some(large)
                if agrees(small.count, large.count, u64::from(u16::MAX))
                    && agrees(small.size, large.size, u64::from(u32::MAX))
                    && agrees(small.offset, large.offset, u64::from(u32::MAX)) =>
            {
                Ok(large)
            }
            _ => Err(Unreadable::Ambiguous),
        });
    }
    if disk != 0 || disk_of_directory != 0 || here != count {
        return Some(Err(Unreadable::Unsupported));
    }
    Some(if overflows { Err(Unreadable::Malformed) } else { Ok(small) })
}

/// The end record of ZIP64, which must stand directly before its locator.
fn end64(bytes: &[u8], locator: usize) -> Option<End> {
    if u32_at(bytes, locator + 4)? != 0 || u32_at(bytes, locator + 16)? > 1 {
        return None;
    }
    let at = usize::try_from(u64_at(bytes, locator + 8)?).ok()?;
    let length = usize::try_from(u64_at(bytes, at.checked_add(4)?)?).ok()?;
    let fits = has_at(bytes, at, END64) && at.checked_add(12)?.checked_add(length)? == locator && length >= 44;
    let count = u64_at(bytes, at + 32)?;
    let is_whole = u32_at(bytes, at + 16)? == 0 && u32_at(bytes, at + 20)? == 0 && u64_at(bytes, at + 24)? == count;
    (fits && is_whole).then_some(End { at, count, size: u64_at(bytes, at + 40)?, offset: u64_at(bytes, at + 48)? })
}

/// One row and its length.
fn entry(bytes: &[u8]) -> Option<(Entry<'_>, usize)> {
    if !has_at(bytes, 0, CENTRAL) {
        return None;
    }
    let (name, extra, comment) = (length_at(bytes, 28)?, length_at(bytes, 30)?, length_at(bytes, 32)?);
    let length = 46 + name + extra + comment;
    let name_bytes = slice(bytes, 46, name)?;
    let extra = slice(bytes, 46 + name, extra)?;
    bytes.get(..length)?;
    let mut sizes = Sizes {
        size: u64::from(u32_at(bytes, 24)?),
        packed: u64::from(u32_at(bytes, 20)?),
        offset: Some(u64::from(u32_at(bytes, 42)?)),
    };
    sizes.widen(extra)?;
    let made_by = u16_at(bytes, 4)?;
    let entry = Entry {
        flags: u16_at(bytes, 8)?,
        method: u16_at(bytes, 10)?,
        crc: u32_at(bytes, 16)?,
        packed: sizes.packed,
        size: sizes.size,
        name: name_bytes,
        unicode_name: unicode_name(name_bytes, extra),
        offset: sizes.offset?,
        made_on: u8::try_from(made_by >> 8).ok()?,
        attributes: u32_at(bytes, 38)?,
    };
    // A member of another disk.
    (u16_at(bytes, 34)? == 0).then_some((entry, length))
}

/// Fields that ZIP64 may keep in its extra field.
pub(super) struct Sizes {
    pub(super) size: u64,
    pub(super) packed: u64,
    /// Only the directory has one.
    pub(super) offset: Option<u64>,
}

impl Sizes {
    /// Takes what is too large for 32 bits from the extra field 0x0001; nothing if it is not there.
    pub(super) fn widen(&mut self, extra: &[u8]) -> Option<()> {
        let none = u64::from(u32::MAX);
        let field = field(extra, 0x0001).unwrap_or_default();
        let mut at = 0;
        for value in [Some(&mut self.size), Some(&mut self.packed), self.offset.as_mut()].into_iter().flatten() {
            if *value == none && !field.is_empty() {
                *value = u64_at(field, at)?;
                at += 8;
            }
        }
        Some(())
    }
}

/// The content of an extra field.
pub(super) fn field(mut extra: &[u8], id: u16) -> Option<&[u8]> {
    while let (Some(found), Some(length)) = (u16_at(extra, 0), length_at(extra, 2)) {
        let content = slice(extra, 4, length)?;
        if found == id {
            return Some(content);
        }
        extra = extra.get(4 + length..)?;
    }
    None
}

/// The name of the extra field 0x7075, which counts only if it was made for the name that stands there.
pub(super) fn unicode_name<'a>(name: &[u8], extra: &'a [u8]) -> Option<&'a str> {
    let field = field(extra, 0x7075)?;
    let is_for_name = field.first() == Some(&1) && u32_at(field, 1) == Some(crc32fast::hash(name));
    std::str::from_utf8(field.get(5..)?).ok().filter(|text| is_for_name && !text.is_empty())
}
