//! Tar: ustar, GNU's and pax's long names (POSIX.1-2001).
//!
//! Refuses: headers whose checksum is wrong. Invariant: read as a stream, once, forwards; each block is spent.

use std::io::Read;

use crate::allowance::Spending;
use crate::listing::Listing;
use crate::name::{Naming, Spelling, naming};
use crate::{Archive, Kept, Oddity, Unreadable};

/// Bytes of a header, and what everything is a multiple of.
pub(crate) const BLOCK: usize = 512;
/// Bytes of a long name or a list of attributes.
const MAX_EXTENSION: u64 = 1 << 20;

pub(crate) fn open(bytes: &[u8], spending: &mut Spending<'_>) -> Result<Archive, Unreadable> {
    walk(&mut { bytes }, spending)
}

/// What headers before a member say about it.
#[derive(Default)]
struct Ahead {
    name: Option<Vec<u8>>,
    pax_name: Option<Vec<u8>>,
    size: Option<u64>,
    is_sparse: bool,
}

pub(crate) fn walk(from: &mut dyn Read, spending: &mut Spending<'_>) -> Result<Archive, Unreadable> {
    let mut listing = Listing::default();
    let mut ahead = Ahead::default();
    loop {
        let Some(block) = block(from, spending)? else {
            listing.note(Oddity::Truncated);
            break;
        };
        if block.iter().all(|byte| *byte == 0) {
            note_rest(from, spending, &mut listing)?;
            break;
        }
        if !is_header(&block) {
            return Err(Unreadable::Malformed);
        }
        let kind = block.get(156).copied().unwrap_or_default();
        let stated = number(field(&block, 124, 12)).ok_or(Unreadable::Malformed)?;
        match kind {
            b'L' => ahead.name = Some(cut(extension(from, stated, spending)?)),
            b'x' => attributes(&extension(from, stated, spending)?, &mut ahead)?,
            // Names of links, attributes of all members, labels: nothing of them is used.
            b'K' | b'g' | b'V' | b'X' => drop(extension(from, stated, spending)?),
            _ => member(from, &block, kind, &std::mem::take(&mut ahead), spending, &mut listing)?,
        }
    }
    Ok(listing.finish())
}

fn member(
    from: &mut dyn Read,
    block: &[u8],
    kind: u8,
    ahead: &Ahead,
    spending: &mut Spending<'_>,
    listing: &mut Listing,
) -> Result<(), Unreadable> {
    spending.member()?;
    let stated = number(field(block, 124, 12)).ok_or(Unreadable::Malformed)?;
    let size = ahead.size.unwrap_or(stated);
    let name = name_of(block, ahead);
    let is_folder = kind == b'5' || (matches!(kind, 0 | b'0') && size == 0 && name.1);
    let why = match kind {
        _ if is_folder => None,
        0 | b'0' | b'7' if ahead.is_sparse => Some(Kept::Unsupported),
        0 | b'0' | b'7' if spending.is_too_large(size) => Some(Kept::TooLarge),
        0 | b'0' | b'7' => None,
        b'1' | b'2' => Some(Kept::Link),
        b'3' | b'4' | b'6' => Some(Kept::Device),
        _ => Some(Kept::Unsupported),
    };
    // Links, devices and folders have no data, whatever they state; hard links of old writers excepted.
    let has_data = !matches!(kind, b'2'..=b'6');
    let data = if has_data { size } else { 0 };
    let is_file = why.is_none() && !is_folder;
    if is_file {
        spending.foresee(std::iter::once(data))?;
        let unpacked = spending.read(from, data)?;
        let is_cut = unpacked.is_err();
        listing.unpacked(name.0, size, unpacked);
        if is_cut {
            listing.note(Oddity::Truncated);
            return Ok(());
        }
    } else {
        if let Some(why) = why {
            listing.kept(name.0, size, why);
        }
        spending.skip(from, data)?;
    }
    spending.skip(from, padding(data))?;
    Ok(())
}

/// The name, and whether it says that it is a folder.
fn name_of(block: &[u8], ahead: &Ahead) -> (Naming, bool) {
    let short = cut(field(block, 0, 100).to_vec());
    // Only POSIX has a prefix there; GNU keeps times.
    let prefix = if field(block, 257, 6) == b"ustar\0" { cut(field(block, 345, 155).to_vec()) } else { Vec::new() };
    let short = if prefix.is_empty() { short } else { [prefix, b"/".to_vec(), short].concat() };
    let mut spellings = Vec::new();
    if let Some(name) = &ahead.pax_name {
        spellings.push(Spelling::Utf8(name));
    }
    if let Some(name) = &ahead.name {
        spellings.push(Spelling::Legacy(name));
    }
    let raw = ahead.pax_name.as_ref().or(ahead.name.as_ref()).unwrap_or(&short);
    let is_folder = raw.ends_with(b"/");
    // What a long name was cut to says nothing.
    if spellings.is_empty() {
        spellings.push(Spelling::Legacy(&short));
    }
    (naming(&spellings), is_folder)
}

fn block(from: &mut dyn Read, spending: &mut Spending<'_>) -> Result<Option<Vec<u8>>, Unreadable> {
    Ok(spending.read(from, BLOCK as u64)?.ok())
}

fn extension(from: &mut dyn Read, size: u64, spending: &mut Spending<'_>) -> Result<Vec<u8>, Unreadable> {
    if size > MAX_EXTENSION {
        return Err(Unreadable::TooLarge);
    }
    let content = spending.read(from, size)?.map_err(|_| Unreadable::Malformed)?;
    spending.skip(from, padding(size))?;
    Ok(content)
}

const fn padding(size: u64) -> u64 {
    (BLOCK as u64 - size % BLOCK as u64) % BLOCK as u64
}

/// Behind the end are zeros, up to the block of a tape.
fn note_rest(from: &mut dyn Read, spending: &mut Spending<'_>, listing: &mut Listing) -> Result<(), Unreadable> {
    while let Some(block) = block(from, spending)? {
        if block.iter().any(|byte| *byte != 0) {
            listing.note(Oddity::DataBehind);
            break;
        }
    }
    Ok(())
}

/// `length keyword=value\n` (POSIX.1-2001, pax).
fn attributes(mut list: &[u8], ahead: &mut Ahead) -> Result<(), Unreadable> {
    while !list.is_empty() {
        let (row, rest) = row(list).ok_or(Unreadable::Malformed)?;
        list = rest;
        let at = row.iter().position(|byte| *byte == b'=').ok_or(Unreadable::Malformed)?;
        let (keyword, value) = (row.get(..at).unwrap_or_default(), row.get(at + 1..).unwrap_or_default());
        match keyword {
            b"path" => ahead.pax_name = Some(value.to_vec()),
            b"size" => ahead.size = Some(decimal(value).ok_or(Unreadable::Malformed)?),
            _ => ahead.is_sparse |= keyword.starts_with(b"GNU.sparse."),
        }
    }
    Ok(())
}

fn row(list: &[u8]) -> Option<(&[u8], &[u8])> {
    let blank = list.iter().take(20).position(|byte| *byte == b' ')?;
    let length = usize::try_from(decimal(list.get(..blank)?)?).ok()?;
    let (row, rest) = list.split_at_checked(length)?;
    Some((row.get(blank + 1..)?.strip_suffix(b"\n")?, rest))
}

fn decimal(digits: &[u8]) -> Option<u64> {
    std::str::from_utf8(digits).ok().filter(|text| text.bytes().all(|b| b.is_ascii_digit()))?.parse().ok()
}

fn field(block: &[u8], at: usize, length: usize) -> &[u8] {
    block.get(at..at + length).unwrap_or_default()
}

/// Up to the first zero.
fn cut(mut bytes: Vec<u8>) -> Vec<u8> {
    let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
    bytes.truncate(end);
    bytes
}

/// Octal digits, or GNU's binary form.
fn number(field: &[u8]) -> Option<u64> {
    if field.first() == Some(&0x80) {
        let (high, low) = field.split_at_checked(field.len().checked_sub(8)?)?;
        let fits = high.iter().skip(1).all(|byte| *byte == 0);
        return fits.then(|| low.iter().fold(0u64, |sum, byte| sum << 8 | u64::from(*byte)));
    }
    let digits = field.iter().copied().skip_while(|byte| *byte == b' ').take_while(|byte| !matches!(byte, 0 | b' '));
    let mut value = 0u64;
    for digit in digits {
        value = value.checked_mul(8)?.checked_add(u64::from(char::from(digit).to_digit(8)?))?;
    }
    Some(value)
}

/// True for a block whose checksum is right.
pub(crate) fn is_header(block: &[u8]) -> bool {
    let Some(stated) = number(field(block, 148, 8)).filter(|stated| *stated > 0 && block.len() == BLOCK) else {
        return false;
    };
    let blank = |at: usize| (148..156).contains(&at);
    let bytes = || block.iter().enumerate().map(|(at, byte)| if blank(at) { b' ' } else { *byte });
    // Old writers summed signed bytes.
    let unsigned: u64 = bytes().map(u64::from).sum();
    let signed: i64 = bytes().map(|byte| i64::from(byte.cast_signed())).sum();
    stated == unsigned || i64::try_from(stated) == Ok(signed)
}
