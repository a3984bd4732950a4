//! The methods that members of a ZIP file are packed with.
//!
//! Refuses: members that are longer or shorter than stated, whose checksum is wrong, or that have bytes behind their end.
//! Invariant: dictionaries are no larger than [`MEMORY`], whatever a member asks for.

use std::io::Read;

use lzma_rust2::{LzmaReader, XzReader};
use ppmd_rust::{Ppmd8Decoder, RestoreMethod};
use ruzstd::decoding::StreamingDecoder;

use super::directory::Entry;
use crate::allowance::{Spending, Unpacked};
use crate::bytes::u16_at;
use crate::inflate::Inflate;
use crate::{Kept, Unreadable};

const STORED: u16 = 0;
const DEFLATE: u16 = 8;
const DEFLATE64: u16 = 9;
const BZIP2: u16 = 12;
const LZMA: u16 = 14;
const ZSTD_OLD: u16 = 20;
const ZSTD: u16 = 93;
const XZ: u16 = 95;
const PPMD: u16 = 98;
/// Bytes of a dictionary or a model.
const MEMORY: u32 = 128 << 20;

pub(super) const fn knows(method: u16) -> bool {
    matches!(method, STORED | DEFLATE | DEFLATE64 | BZIP2 | LZMA | ZSTD_OLD | ZSTD | XZ | PPMD)
}

/// The bytes of a member.
pub(super) fn unpack(entry: &Entry<'_>, data: &[u8], spending: &mut Spending<'_>) -> Result<Unpacked, Unreadable> {
    let unpacked = match entry.method {
        STORED => spending.read_whole(&mut { data }, entry.size)?,
        DEFLATE => {
            let mut reader = Inflate::new(data);
            let unpacked = spending.read_whole(&mut reader, entry.size)?;
            ended(unpacked, reader.rest())
        }
        DEFLATE64 => {
            let mut reader = deflate64::Deflate64Decoder::with_buffer(data);
            spending.read_whole(&mut reader, entry.size)?
        }
        BZIP2 => {
            let mut reader = bzip2::bufread::BzDecoder::new(data);
            let unpacked = spending.read_whole(&mut reader, entry.size)?;
            ended(unpacked, reader.get_ref())
        }
        LZMA | ZSTD_OLD | ZSTD | XZ | PPMD => match reader(entry, data) {
            Some(mut reader) => spending.read_whole(&mut reader, entry.size)?,
            None => Err(Kept::Corrupt),
        },
        _ => Err(Kept::Unsupported),
    };
    Ok(unpacked.and_then(|bytes| if crc32fast::hash(&bytes) == entry.crc { Ok(bytes) } else { Err(Kept::Corrupt) }))
}

fn ended(unpacked: Unpacked, rest: &[u8]) -> Unpacked {
    unpacked.and_then(|bytes| if rest.is_empty() { Ok(bytes) } else { Err(Kept::Corrupt) })
}

/// Readers of rare methods.
fn reader<'a>(entry: &Entry<'_>, data: &'a [u8]) -> Option<Box<dyn Read + 'a>> {
    match entry.method {
        LZMA => {
            // Version, length of the properties, the properties: parameters and dictionary.
            let (head, data) = data.split_first_chunk::<9>()?;
            let [_, _, 5, 0, parameters, dictionary @ ..] = *head else { return None };
            let needed = u32::try_from(entry.size).unwrap_or(u32::MAX).clamp(4096, MEMORY);
            let dictionary = u32::from_le_bytes(dictionary).clamp(4096, needed);
            Some(Box::new(LzmaReader::new_with_props(data, entry.size, parameters, dictionary, None).ok()?))
        }
        XZ => Some(Box::new(XzReader::new_mem_limit(data, false, MEMORY / 1024))),
        ZSTD | ZSTD_OLD => Some(Box::new(StreamingDecoder::new_with_max_window_size(data, u64::from(MEMORY)).ok()?)),
        PPMD => {
            let head = u16_at(data, 0)?;
            let (order, megabytes, restore) = (head & 0xF, (head >> 4) & 0xFF, head >> 12);
            let restore = match restore {
                0 => RestoreMethod::Restart,
                1 => RestoreMethod::CutOff,
                _ => return None,
            };
            let memory =
                u32::from(megabytes).checked_add(1)?.checked_mul(1 << 20).filter(|memory| *memory <= MEMORY)?;
            Some(Box::new(Ppmd8Decoder::new(data.get(2..)?, u32::from(order) + 1, memory, restore).ok()?))
        }
        _ => None,
    }
}
