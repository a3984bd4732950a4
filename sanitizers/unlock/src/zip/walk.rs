//! The members of a zip as its directory lists them, held against their own headers.
//!
//! Refuses: anything in front of the first member that offsets do not know, anything behind the end record, members
//! that overlap, headers that disagree on what decides how a member is read. Invariant: the content of a member lies
//! in the file and in front of the directory.

use crate::{Allowance, Locked};

const LOCAL: &[u8] = b"PK\x03\x04";
const CENTRAL: &[u8] = b"PK\x01\x02";
const END: &[u8] = b"PK\x05\x06";
const END64: &[u8] = b"PK\x06\x06";
const LOCATOR64: &[u8] = b"PK\x06\x07";
/// Stands for a length in the zip64 field.
const IN_ZIP64: u32 = u32::MAX;
const ZIP64: u16 = 0x0001;
const AES: u16 = 0x9901;
/// Info-ZIP Unicode Path.
const UNICODE_PATH: u16 = 0x7075;

/// Flags on which both headers agree: encrypted, strongly encrypted, masked.
const READING_FLAGS: u16 = 1 | 1 << 6 | 1 << 13;

/// A member.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Member<'a> {
    pub(crate) made_by: u16,
    pub(crate) flags: u16,
    pub(crate) method: u16,
    pub(crate) moment: [u8; 4],
    pub(crate) crc: u32,
    /// Length unpacked, as claimed.
    pub(crate) size: u32,
    pub(crate) attributes: u32,
    pub(crate) name: &'a [u8],
    /// The Unicode Path field, whole, or nothing.
    pub(crate) unicode_path: &'a [u8],
    /// Content of the AES field.
    pub(crate) aes: Option<&'a [u8]>,
    pub(crate) content: &'a [u8],
}

/// All members, in the order of the directory.
pub(crate) fn members<'a>(bytes: &'a [u8], allowance: &mut Allowance) -> Result<Vec<Member<'a>>, Locked> {
    let (directory, mut rest, number) = directory(bytes).ok_or(Locked::Broken)?;
    allowance.spend_members(number)?;
    let mut members = Vec::new();
    let mut taken = Vec::new();
    for _ in 0..number {
        let (entry, behind) = entry(rest).ok_or(Locked::Broken)?;
        rest = behind;
        let (member, from, to) = local(bytes, directory, &entry).ok_or(Locked::Broken)?;
        taken.push((from, to));
        members.push(member);
    }
    taken.sort_unstable();
    let overlap = taken.iter().zip(taken.iter().skip(1)).any(|(one, next)| next.0 < one.1);
    if overlap || !rest.is_empty() { Err(Locked::Broken) } else { Ok(members) }
}

/// Where the directory starts, its bytes, and how many members it lists.
fn directory(bytes: &[u8]) -> Option<(usize, &[u8], usize)> {
    let window = bytes.len().saturating_sub(22 + 65_535);
    let end = (window..=bytes.len().checked_sub(22)?).rev().find(|at| {
        let comment = has(bytes, *at, END).then(|| u16_at(bytes, at + 20)).flatten();
        comment.is_some_and(|comment| at + 22 + usize::from(comment) == bytes.len())
    })?;
    let (mut number, mut size) = (usize::from(u16_at(bytes, end + 10)?), wide(u32_at(bytes, end + 12)?)?);
    let (mut offset, mut stop) = (wide(u32_at(bytes, end + 16)?)?, end);
    let locator = end.checked_sub(20).filter(|at| has(bytes, *at, LOCATOR64));
    if let Some(locator) = locator {
        stop = usize::try_from(u64_at(bytes, locator + 8)?).ok()?;
        let is_there = has(bytes, stop, END64) && stop < locator;
        number = usize::try_from(u64_at(bytes, stop.checked_add(32).filter(|_| is_there)?)?).ok()?;
        size = usize::try_from(u64_at(bytes, stop + 40)?).ok()?;
        offset = usize::try_from(u64_at(bytes, stop + 48)?).ok()?;
    }
    if offset.checked_add(size)? != stop {
        return None;
    }
    Some((offset, bytes.get(offset..stop)?, number))
}

struct Entry<'a> {
    fields: &'a [u8],
    name: &'a [u8],
    extra: &'a [u8],
}

fn entry(rest: &[u8]) -> Option<(Entry<'_>, &[u8])> {
    let (fields, rest) = rest.split_at_checked(46).filter(|(fields, _)| fields.starts_with(CENTRAL))?;
    let (name, rest) = rest.split_at_checked(usize::from(u16_at(fields, 28)?))?;
    let (extra, rest) = rest.split_at_checked(usize::from(u16_at(fields, 30)?))?;
    let (_comment, rest) = rest.split_at_checked(usize::from(u16_at(fields, 32)?))?;
    Some((Entry { fields, name, extra }, rest))
}

/// The member behind an entry, and what it takes of the file.
fn local<'a>(bytes: &'a [u8], directory: usize, entry: &Entry<'a>) -> Option<(Member<'a>, usize, usize)> {
    let fields = entry.fields;
    let (flags, method) = (u16_at(fields, 8)?, u16_at(fields, 10)?);
    let (size, packed, offset) = sizes(entry)?;
    let head = bytes.get(offset..)?.get(..30).filter(|head| head.starts_with(LOCAL))?;
    let name_from = offset + 30;
    let extra_from = name_from + usize::from(u16_at(head, 26)?);
    let from = extra_from + usize::from(u16_at(head, 28)?);
    let to = from.checked_add(packed).filter(|to| *to <= directory)?;
    let extra = bytes.get(extra_from..from)?;
    let local_flags = u16_at(head, 6)?;
    let agrees = bytes.get(name_from..extra_from)? == entry.name
        && local_flags & READING_FLAGS == flags & READING_FLAGS
        && u16_at(head, 8)? == method
        && field(extra, AES)? == field(entry.extra, AES)?
        && (local_flags & 8 != 0 || sizes_agree(head, entry)?);
    let member = Member {
        made_by: u16_at(fields, 4)?,
        // Bit 3, with which ZipCrypto checks otherwise, counts as the member itself says it.
        flags: flags & !8 | local_flags & 8,
        method,
        moment: fields.get(12..16)?.try_into().ok()?,
        crc: u32_at(fields, 16)?,
        size,
        attributes: u32_at(fields, 38)?,
        name: entry.name,
        unicode_path: whole_field(entry.extra, UNICODE_PATH)?,
        aes: field(entry.extra, AES)?,
        content: bytes.get(from..to)?,
    };
    agrees.then_some((member, offset, to))
}

/// Length unpacked, length packed and place of a member; the zip64 field holds those that are all ones.
fn sizes(entry: &Entry<'_>) -> Option<(u32, usize, usize)> {
    let mut large = field(entry.extra, ZIP64)?.unwrap_or_default();
    let mut read = |at: usize| {
        let value = u32_at(entry.fields, at)?;
        if value != IN_ZIP64 {
            return Some(u64::from(value));
        }
        let (eight, rest) = large.split_at_checked(8)?;
        large = rest;
        u64_at(eight, 0)
    };
    let (size, packed, offset) = (read(24)?, read(20)?, read(42)?);
    Some((u32::try_from(size).ok()?, usize::try_from(packed).ok()?, usize::try_from(offset).ok()?))
}

fn sizes_agree(head: &[u8], entry: &Entry<'_>) -> Option<bool> {
    let same = |local: usize, central: usize| {
        let (local, central) = (u32_at(head, local)?, u32_at(entry.fields, central)?);
        Some(local == central || local == IN_ZIP64 || central == IN_ZIP64)
    };
    Some(same(14, 16)? && same(18, 20)? && same(22, 24)?)
}

/// Content of the extra field `id`, if it is there; `None` outside if the fields do not read.
fn field(extra: &[u8], id: u16) -> Option<Option<&[u8]>> {
    let whole = whole_field(extra, id)?;
    Some(whole.get(4..))
}

/// The extra field `id` with its head, or nothing. A rest too short for a head is padding.
fn whole_field(extra: &[u8], id: u16) -> Option<&[u8]> {
    let mut rest = extra;
    while let (Some(found), Some(length)) = (u16_at(rest, 0), u16_at(rest, 2)) {
        let (whole, behind) = rest.split_at_checked(4 + usize::from(length))?;
        if found == id {
            return Some(whole);
        }
        rest = behind;
    }
    Some(&[])
}

fn has(bytes: &[u8], at: usize, what: &[u8]) -> bool {
    bytes.get(at..).is_some_and(|rest| rest.starts_with(what))
}

fn wide(value: u32) -> Option<usize> {
    usize::try_from(value).ok()
}

pub(crate) fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(bytes.get(at..)?.first_chunk().copied()?))
}

pub(crate) fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..)?.first_chunk().copied()?))
}

fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_le_bytes(bytes.get(at..)?.first_chunk().copied()?))
}
