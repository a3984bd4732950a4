//! A strict reader of zip files (APPNOTE 6.3), over the central directory.
//!
//! Refuses: members that overlap, that have two names which differ in case only, that lead outside (`..`), that are
//! encrypted or packed by another method than deflate, local headers that disagree with the directory, several disks.
//! Tolerates what office programs write: `\` for `/`, a `/` in front, data descriptors, zip64 sizes. Invariant: a
//! member is inflated only after its declared size was taken from what is left, and must have that size and checksum.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;

use sanitizer_api::SanitizeError;

/// Members of one package; the largest real workbooks have some thousands.
const MAX_MEMBERS: usize = 10_000;
/// Bytes that one package may inflate to. It stands in memory up to four times: a worker has 1 GiB.
const MAX_TOTAL: u64 = 200 * 1024 * 1024;
/// Bytes of one member.
const MAX_MEMBER: u64 = 100 * 1024 * 1024;
/// From this size on a member may not inflate more than [`MAX_RATIO`] times.
const RATIO_FROM: u64 = 10 * 1024 * 1024;
/// Tables of equal cells reach 100.
const MAX_RATIO: u64 = 200;
const END: &[u8] = b"PK\x05\x06";
const END_LENGTH: usize = 22;
const CENTRAL: &[u8] = b"PK\x01\x02";
const LOCAL: &[u8] = b"PK\x03\x04";
const LOCAL_LENGTH: usize = 30;
const ZIP64: u16 = 1;

const fn malformed() -> SanitizeError {
    SanitizeError::Malformed { expected: "zip" }
}

#[derive(Debug)]
struct Member {
    name: String,
    deflated: bool,
    crc: u32,
    size: u64,
    packed: Range<usize>,
}

/// What the directory says of a local header.
struct Expected<'a> {
    flags: u16,
    method: u16,
    name: &'a [u8],
    crc: u32,
    /// Packed, unpacked.
    sizes: [u64; 2],
}

/// An opened zip file.
#[derive(Debug)]
pub(crate) struct Archive<'a> {
    bytes: &'a [u8],
    members: BTreeMap<String, Member>,
    left: u64,
    /// Bytes stand before the first member, behind the directory or behind the end record.
    pub(crate) has_surplus: bool,
}

/// How a name is compared: lower case, as Office does.
pub(crate) fn key(name: &str) -> String {
    name.to_lowercase()
}

impl<'a> Archive<'a> {
    /// Reads the directory; inflates nothing.
    ///
    /// # Errors
    /// [`SanitizeError`] if two readers could disagree, or over the limit of members.
    pub(crate) fn open(bytes: &'a [u8]) -> Result<Self, SanitizeError> {
        let end = end_record(bytes).ok_or_else(malformed)?;
        let count = usize::from(u16_at(bytes, end + 10)?);
        let mut at = usize::try_from(u32_at(bytes, end + 16)?).map_err(|_| malformed())?;
        let size = usize::try_from(u32_at(bytes, end + 12)?).map_err(|_| malformed())?;
        if u16_at(bytes, end + 4)? != 0 || at.checked_add(size).is_none_or(|stop| stop > end) {
            return Err(malformed());
        }
        if count > MAX_MEMBERS {
            return Err(SanitizeError::LimitReached { what: "zip members" });
        }
        let comment = usize::from(u16_at(bytes, end + 20)?);
        let mut archive = Self { bytes, members: BTreeMap::new(), left: MAX_TOTAL, has_surplus: false };
        let mut spans = Vec::with_capacity(count + 1);
        spans.push(at..bytes.len());
        let stop = at + size;
        for _ in 0..count {
            at = archive.entry(at, &mut spans)?;
        }
        spans.sort_by_key(|span| span.start);
        let overlaps = spans.windows(2).any(|pair| matches!(pair, [a, b] if a.end > b.start));
        if at != stop || overlaps {
            return Err(malformed());
        }
        archive.has_surplus = end + END_LENGTH + comment != bytes.len()
            || comment > 0
            || spans.first().is_some_and(|span| span.start > 0)
            || !slice(bytes, stop, end.saturating_sub(stop)).is_ok_and(is_zip64_end);
        Ok(archive)
    }

    /// Takes the entry of the directory at `at`; the place behind it.
    fn entry(&mut self, at: usize, spans: &mut Vec<Range<usize>>) -> Result<usize, SanitizeError> {
        let bytes = self.bytes;
        if slice(bytes, at, 4)? != CENTRAL {
            return Err(malformed());
        }
        let (flags, method) = (u16_at(bytes, at + 8)?, u16_at(bytes, at + 10)?);
        let name_length = usize::from(u16_at(bytes, at + 28)?);
        let extra_length = usize::from(u16_at(bytes, at + 30)?);
        let next = at + 46 + name_length + extra_length + usize::from(u16_at(bytes, at + 32)?);
        let raw_name = slice(bytes, at + 46, name_length)?;
        let extra = slice(bytes, at + 46 + name_length, extra_length)?;
        let [size, packed, local] =
            wide([u32_at(bytes, at + 24)?, u32_at(bytes, at + 20)?, u32_at(bytes, at + 42)?], extra)?;
        let local = usize::try_from(local).map_err(|_| malformed())?;
        // Encrypted members, patches and masked headers; another method than stored and deflated.
        if flags & 0x2061 != 0 || !matches!(method, 0 | 8) || u16_at(bytes, at + 34)? != 0 {
            return Err(malformed());
        }
        let crc = u32_at(bytes, at + 16)?;
        let start = self.local(local, &Expected { flags, method, name: raw_name, crc, sizes: [packed, size] })?;
        let length = usize::try_from(packed).map_err(|_| malformed())?;
        let stop = start.checked_add(length).filter(|stop| *stop <= bytes.len()).ok_or_else(malformed)?;
        spans.push(local..stop);
        let name = member_name(raw_name)?;
        if !name.is_empty() && !name.ends_with('/') {
            let member = Member { deflated: method == 8, crc, size, packed: start..stop, name };
            if self.members.insert(key(&member.name), member).is_some() {
                return Err(malformed());
            }
        }
        Ok(next)
    }

    /// Compares the local header at `at` with the directory; where the member's bytes start.
    fn local(&self, at: usize, expected: &Expected<'_>) -> Result<usize, SanitizeError> {
        let bytes = self.bytes;
        let length = usize::from(u16_at(bytes, at.saturating_add(26))?);
        let flags = u16_at(bytes, at + 6)?;
        let agrees = slice(bytes, at, 4)? == LOCAL
            && flags & 0x2069 == expected.flags & 0x2069
            && u16_at(bytes, at + 8)? == expected.method
            && slice(bytes, at + LOCAL_LENGTH, length)? == expected.name;
        // With a data descriptor (bit 3) sizes and checksum follow the member; the directory has them.
        let sizes = [u32_at(bytes, at + 18)?, u32_at(bytes, at + 22)?];
        let fits = |(short, size): (&u32, &u64)| *short == u32::MAX || u64::from(*short) == *size;
        let is_measured =
            flags & 8 != 0 || (u32_at(bytes, at + 14)? == expected.crc && sizes.iter().zip(&expected.sizes).all(fits));
        if !agrees || !is_measured {
            return Err(malformed());
        }
        Ok(at + LOCAL_LENGTH + length + usize::from(u16_at(bytes, at + 28)?))
    }

    /// True if there is a member whose key is `key`.
    pub(crate) fn has(&self, key: &str) -> bool {
        self.members.contains_key(key)
    }

    /// The keys of all members.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &str> {
        self.members.keys().map(String::as_str)
    }

    /// The bytes of a member, if there is one.
    ///
    /// # Errors
    /// [`SanitizeError`] over a limit, or if size or checksum are not what the directory says.
    pub(crate) fn read(&mut self, key: &str) -> Result<Option<Cow<'a, [u8]>>, SanitizeError> {
        let Some(member) = self.members.get(key) else { return Ok(None) };
        let packed = self.bytes.get(member.packed.clone()).ok_or_else(malformed)?;
        let ratio = member.size / u64::try_from(packed.len()).unwrap_or(u64::MAX).max(1);
        if member.size > MAX_MEMBER || (member.size > RATIO_FROM && ratio > MAX_RATIO) {
            return Err(SanitizeError::LimitReached { what: "size of a zip member" });
        }
        self.left = self.left.checked_sub(member.size).ok_or(SanitizeError::LimitReached { what: "inflated bytes" })?;
        let size = usize::try_from(member.size).map_err(|_| malformed())?;
        let content = if member.deflated {
            let inflated = miniz_oxide::inflate::decompress_to_vec_with_limit(packed, size);
            Cow::Owned(inflated.map_err(|_| malformed())?)
        } else {
            Cow::Borrowed(packed)
        };
        if content.len() != size || crc32fast::hash(&content) != member.crc {
            return Err(malformed());
        }
        Ok(Some(content))
    }
}

/// `text` with the bytes that `%` and two digits stand for; as it is if they are no text.
pub(crate) fn unescape(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, others @ ..] = rest {
        let escaped = match others {
            [high, low, ..] if *first == b'%' => hex(*high).zip(hex(*low)).map(|(high, low)| high * 16 + low),
            _ => None,
        };
        bytes.push(escaped.unwrap_or(*first));
        rest = if escaped.is_some() { others.get(2..).unwrap_or_default() } else { others };
    }
    String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned())
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

/// The name of a member as Office reads it: `/` between folders, none in front.
fn member_name(raw: &[u8]) -> Result<String, SanitizeError> {
    // Other encodings occur in names that no relationship can spell; they only have to stay apart.
    let name = match std::str::from_utf8(raw) {
        // Packages spell names as relationships do (OPC, 6.2.2).
        Ok(name) => unescape(&name.replace('\\', "/")),
        Err(_) => raw.iter().map(|byte| char::from(*byte)).collect(),
    };
    let name = name.trim_start_matches('/');
    if name.contains('\0') || name.split('/').any(|step| step == "..") {
        return Err(malformed());
    }
    Ok(name.to_owned())
}

/// Where the end record stands: the last one whose comment fits.
fn end_record(bytes: &[u8]) -> Option<usize> {
    let last = bytes.len().checked_sub(END_LENGTH)?;
    let first = last.saturating_sub(usize::from(u16::MAX));
    (first..=last).rev().find(|at| bytes.get(*at..*at + 4) == Some(END))
}

/// True for nothing, and for the end record of zip64 with its locator (APPNOTE 4.3.14).
fn is_zip64_end(between: &[u8]) -> bool {
    between.is_empty()
        || (between.len() == 76
            && between.starts_with(b"PK\x06\x06")
            && between.get(4..12) == Some(44_u64.to_le_bytes().as_slice())
            && between.get(56..60) == Some(b"PK\x06\x07"))
}

/// Size, packed size and offset: as they are, or from the zip64 field where they are all ones (APPNOTE 4.5.3).
fn wide(short: [u32; 3], extra: &[u8]) -> Result<[u64; 3], SanitizeError> {
    let mut values = short.map(u64::from);
    if !short.contains(&u32::MAX) {
        return Ok(values);
    }
    let mut rest = extra;
    while rest.len() >= 4 {
        let (id, length) = (u16_at(rest, 0)?, usize::from(u16_at(rest, 2)?));
        let mut field = slice(rest, 4, length)?;
        rest = rest.get(4 + length..).unwrap_or_default();
        if id == ZIP64 {
            for value in values.iter_mut().filter(|value| **value == u64::from(u32::MAX)) {
                let (first, others) = field.split_first_chunk::<8>().ok_or_else(malformed)?;
                *value = u64::from_le_bytes(*first);
                field = others;
            }
            return Ok(values);
        }
    }
    Err(malformed())
}

fn slice(bytes: &[u8], at: usize, length: usize) -> Result<&[u8], SanitizeError> {
    at.checked_add(length).and_then(|stop| bytes.get(at..stop)).ok_or_else(malformed)
}

fn u16_at(bytes: &[u8], at: usize) -> Result<u16, SanitizeError> {
    slice(bytes, at, 2)?.first_chunk::<2>().map(|pair| u16::from_le_bytes(*pair)).ok_or_else(malformed)
}

fn u32_at(bytes: &[u8], at: usize) -> Result<u32, SanitizeError> {
    slice(bytes, at, 4)?.first_chunk::<4>().map(|four| u32::from_le_bytes(*four)).ok_or_else(malformed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::zip::pack;

    fn packed() -> Vec<u8> {
        let members = [("a".to_owned(), b"hello hello".to_vec()), ("b".to_owned(), b"x".to_vec())];
        pack(&members, &mut sanitizer_api::Budget::generous()).unwrap()
    }

    #[test]
    fn directory_and_local_headers_must_agree() {
        let bytes = packed();
        // Flags, method, checksum, sizes, name of the first local header; each field is said in the directory too.
        for at in [6, 8, 14, 18, 22, 26, 30] {
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            assert!(Archive::open(&changed).is_err(), "byte {at}");
        }
        let mut streamed = bytes;
        let central = streamed.windows(4).position(|piece| piece == CENTRAL).unwrap();
        streamed[6] |= 8;
        streamed[central + 8] |= 8;
        streamed[14..26].fill(0);
        assert_eq!(Archive::open(&streamed).unwrap().read("a").unwrap().unwrap().as_ref(), b"hello hello");
    }

    #[test]
    fn names_are_read_as_relationships_spell_them() {
        assert_eq!(member_name(b"word/%E6%96%87.xml").unwrap(), "word/文.xml");
        assert_eq!(member_name(b"word/100%.xml").unwrap(), "word/100%.xml");
        assert!(member_name(b"word/%2e%2e/x").is_err() && member_name(b"a%00").is_err());
    }

    #[test]
    fn members_that_overlap_are_refused() {
        let mut bytes = packed();
        let last = bytes.windows(4).rposition(|piece| piece == CENTRAL).unwrap();
        // The second entry leads to the first member.
        bytes[last + 42..last + 46].fill(0);
        assert!(Archive::open(&bytes).is_err());
    }

    #[test]
    fn what_stands_around_is_noticed_and_sizes_are_not_believed() {
        let mut behind = packed();
        behind.extend_from_slice(b"MZ");
        assert!(Archive::open(&behind).unwrap().has_surplus);
        let mut between = packed();
        assert!(!Archive::open(&between).unwrap().has_surplus);
        let end = between.len() - END_LENGTH;
        between.splice(end..end, *b"hidden");
        assert!(Archive::open(&between).unwrap().has_surplus);
        let mut bytes = packed();
        let central = bytes.windows(4).position(|piece| piece == CENTRAL).unwrap();
        for at in [22, central + 24] {
            bytes[at] += 1;
        }
        assert!(Archive::open(&bytes).unwrap().read("a").is_err());
    }
}
