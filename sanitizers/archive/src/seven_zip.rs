//! 7z.
//!
//! Refuses: blocks whose dictionaries together are over [`MEMORY`], heads over [`HEAD_LENGTH`]. Invariant: one thread; the
//! bytes of a member are spent while they are unpacked.

mod head;

use std::io::{Cursor, Read};

use sevenz_rust2::{Archive as Head, ArchiveEntry, Block, BlockDecoder, EncoderMethod, Error, Password};

use crate::allowance::{Spending, Unpacked};
use crate::bytes::u64_at;
use crate::listing::Listing;
use crate::name::{Spelling, naming};
use crate::{Archive, Kept, Oddity, Unreadable};

/// KiB of what unpacks a head. 7-Zip takes a dictionary as small as the head; libarchive and py7zr always take 8 MiB.
const HEAD_MEMORY: usize = 32 * 1024;
/// Bytes of a head, unpacked: the names of a thousand members take a tenth of it.
const HEAD_LENGTH: u64 = 2 << 20;
/// Bytes of all dictionaries of a block. 7-Zip makes them as large as what is packed, up to 256 MiB.
const MEMORY: u64 = 256 << 20;

pub(crate) fn open(bytes: &[u8], spending: &mut Spending<'_>) -> Result<Archive, Unreadable> {
    if head::length(bytes).ok_or(Unreadable::Malformed)? > HEAD_LENGTH {
        return Err(Unreadable::TooLarge);
    }
    let password = Password::empty();
    let mut source = Cursor::new(bytes);
    let head = Head::read_with_memory_limit(&mut source, &password, HEAD_MEMORY).map_err(|error| why(&error))?;
    let mut listing = Listing::default();
    note_rest(bytes, &mut listing)?;
    for _ in &head.files {
        spending.member()?;
    }
    spending.foresee(head.files.iter().filter(|file| file.has_stream).map(|file| file.size))?;
    let mut members: Vec<Option<Unpacked>> = head.files.iter().map(|_| None).collect();
    for (index, block) in head.blocks.iter().enumerate() {
        let Some(first) = head.stream_map.block_first_file_index.get(index).copied() else { continue };
        let limit = usize::try_from(MEMORY / 1024).unwrap_or(usize::MAX);
        let decoder = BlockDecoder::new_with_memory_limit(1, limit, index, &head, &password, &mut source);
        let places = members.get_mut(first..).unwrap_or_default();
        match refused(block) {
            Some(why) => {
                let count = decoder.entry_count();
                places.iter_mut().take(count).for_each(|place| *place = Some(Err(why)));
            }
            None => unpack(decoder, places, spending)?,
        }
    }
    for (file, unpacked) in head.files.iter().zip(members) {
        add(file, unpacked, &mut listing);
    }
    Ok(listing.finish())
}

fn add(file: &ArchiveEntry, unpacked: Option<Unpacked>, listing: &mut Listing) {
    if file.is_directory || file.is_anti_item {
        return;
    }
    let name = naming(&[Spelling::Text(file.name.clone())]);
    match (special(file), unpacked) {
        (Some(why), _) => listing.kept(name, file.size, why),
        (None, _) if !file.has_stream => listing.unpacked(name, 0, Ok(Vec::new())),
        (None, Some(unpacked)) => listing.unpacked(name, file.size, unpacked),
        (None, None) => listing.kept(name, file.size, Kept::Corrupt),
    }
}

/// Unpacks a block; `places` begin with its members.
fn unpack(
    decoder: BlockDecoder<'_, Cursor<&[u8]>>,
    places: &mut [Option<Unpacked>],
    spending: &mut Spending<'_>,
) -> Result<(), Unreadable> {
    let mut over = None;
    let mut places_left = places.iter_mut();
    let mut current: Option<&mut Option<Unpacked>> = None;
    let ended = decoder.for_each_entries(&mut |file, reader| {
        current = places_left.next();
        match member(file, reader, spending) {
            Ok(unpacked) => {
                let is_whole = unpacked != Err(Kept::Corrupt);
                if let Some(place) = current.as_deref_mut() {
                    *place = Some(unpacked);
                }
                // Nothing can be unpacked behind a break.
                Ok(is_whole)
            }
            Err(unreadable) => {
                over = Some(unreadable);
                Ok(false)
            }
        }
    });
    if let Some(unreadable) = over {
        return Err(unreadable);
    }
    if let Err(error) = ended {
        // The last one that was read has a wrong checksum, or nothing could be read.
        let why = match error {
            Error::UnsupportedCompressionMethod(_) | Error::Unsupported(_) => Kept::Unsupported,
            Error::MaxMemLimited { .. } => Kept::TooLarge,
            _ => Kept::Corrupt,
        };
        let left = current.into_iter().chain(places_left);
        left.take(1).for_each(|place| *place = Some(Err(why)));
    }
    Ok(())
}

fn member(file: &ArchiveEntry, reader: &mut dyn Read, spending: &mut Spending<'_>) -> Result<Unpacked, Unreadable> {
    if !file.has_stream {
        return Ok(Ok(Vec::new()));
    }
    if spending.is_too_large(file.size) || special(file).is_some() {
        let is_whole = spending.skip(reader, file.size)?;
        return Ok(Err(if is_whole { Kept::TooLarge } else { Kept::Corrupt }));
    }
    spending.read_whole(reader, file.size)
}

/// Blocks that are not unpacked.
fn refused(block: &Block) -> Option<Kept> {
    let methods = || block.coders.iter().map(|coder| coder.encoder_method_id());
    if methods().any(|method| method == EncoderMethod::ID_AES256_SHA256) {
        return Some(Kept::Encrypted);
    }
    if methods().any(|method| EncoderMethod::by_id(method).is_none()) {
        return Some(Kept::Unsupported);
    }
    // The library limits each coder; a block may have many.
    let memory = block.coders.iter().map(|coder| memory(coder.encoder_method_id(), coder.properties()));
    let total = memory.fold(0u64, u64::saturating_add);
    (total > MEMORY).then_some(Kept::TooLarge)
}

/// Bytes of a coder's dictionary or model.
fn memory(method: &[u8], properties: &[u8]) -> u64 {
    let small = 1 << 20;
    let stated = || properties.get(1..5).and_then(|p| p.try_into().ok()).map_or(0, u32::from_le_bytes);
    match method {
        m if m == EncoderMethod::ID_LZMA || m == EncoderMethod::ID_PPMD => u64::from(stated()).max(small),
        m if m == EncoderMethod::ID_LZMA2 => {
            let bits = properties.first().map_or(0, |bits| u32::from(bits & 0x3F)).min(40);
            (u64::from(2 | bits & 1) << (bits / 2 + 11)).max(small)
        }
        m if m == EncoderMethod::ID_BZIP2 => 8 * small,
        _ => small,
    }
}

/// Links and devices, by the attributes of Windows and of Unix (in the upper half).
fn special(file: &ArchiveEntry) -> Option<Kept> {
    let attributes = if file.has_windows_attributes { file.windows_attributes } else { 0 };
    let kind = if attributes & 0x8000 != 0 { (attributes >> 16) & 0o170_000 } else { 0 };
    match kind {
        0o120_000 => Some(Kept::Link),
        0o010_000 | 0o020_000 | 0o060_000 | 0o140_000 => Some(Kept::Device),
        _ => (attributes & 0x400 != 0).then_some(Kept::Link),
    }
}

/// The head is the end of the file.
fn note_rest(bytes: &[u8], listing: &mut Listing) -> Result<(), Unreadable> {
    let (offset, length) = u64_at(bytes, 12).zip(u64_at(bytes, 20)).ok_or(Unreadable::Malformed)?;
    let end = offset.checked_add(length).and_then(|end| end.checked_add(32)).ok_or(Unreadable::Malformed)?;
    if u64::try_from(bytes.len()).is_ok_and(|size| size > end) {
        listing.note(Oddity::DataBehind);
    }
    Ok(())
}

fn why(error: &Error) -> Unreadable {
    match error {
        Error::PasswordRequired | Error::MaybeBadPassword(_) => Unreadable::Encrypted,
        // The coder for passwords is not compiled in.
        Error::UnsupportedCompressionMethod(method) if method.contains("AES") || method.contains("6, 241, 7, 1") => {
            Unreadable::Encrypted
        }
        Error::UnsupportedCompressionMethod(_) | Error::UnsupportedVersion { .. } | Error::Unsupported(_) => {
            Unreadable::Unsupported
        }
        Error::MaxMemLimited { .. } => Unreadable::TooLarge,
        _ => Unreadable::Malformed,
    }
}
