//! CAB ([MS-CAB]): stored, MSZIP and LZX.
//!
//! Refuses: files that share bytes, cabinets that say they are longer than they are. Invariant: a folder is unpacked once,
//! block by block, and each file is a range of it.

use lzxd::{Lzxd, WindowSize};
use miniz_oxide::inflate::TINFLStatus;
use miniz_oxide::inflate::core::inflate_flags::TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF as FLAT;
use miniz_oxide::inflate::core::{DecompressorOxide, decompress};

use crate::allowance::{Spending, Unpacked};
use crate::bytes::{length_at, slice, u16_at, u32_at};
use crate::listing::Listing;
use crate::name::{Spelling, naming};
use crate::{Archive, Kept, Oddity, Unreadable};

/// Bytes of an unpacked block.
const BLOCK: usize = 32 * 1024;
/// Folders from here on are continued in another cabinet.
const CONTINUED: u16 = 0xFFFD;

/// Rows of the cabinet.
struct Cabinet<'a> {
    bytes: &'a [u8],
    folders: Vec<Folder>,
    files: Vec<File<'a>>,
    /// Bytes in each block that belong to nobody.
    reserve: usize,
}

struct Folder {
    at: usize,
    blocks: u16,
    method: u16,
}

struct File<'a> {
    size: u64,
    from: u64,
    folder: u16,
    attributes: u16,
    name: &'a [u8],
}

pub(crate) fn open(bytes: &[u8], spending: &mut Spending<'_>) -> Result<Archive, Unreadable> {
    let mut listing = Listing::default();
    let length = u32_at(bytes, 8).and_then(|length| usize::try_from(length).ok()).ok_or(Unreadable::Malformed)?;
    if length > bytes.len() {
        return Err(Unreadable::Malformed);
    }
    if length < bytes.len() {
        listing.note(Oddity::DataBehind);
    }
    let cabinet = read(bytes.get(..length).unwrap_or_default(), spending)?;
    spending.foresee(cabinet.files.iter().map(|file| file.size))?;
    let mut unpacked: Vec<Unpacked> = cabinet.files.iter().map(|_| Err(Kept::Unsupported)).collect();
    for (index, folder) in cabinet.folders.iter().enumerate() {
        let end = end_of(&cabinet, index)?;
        let content = unpack(&cabinet, folder, end, spending)?;
        let own = cabinet.files.iter().zip(&mut unpacked).filter(|(file, _)| usize::from(file.folder) == index);
        for (file, place) in own {
            *place = match &content {
                _ if spending.is_too_large(file.size) => Err(Kept::TooLarge),
                Ok(content) => range(content, file).ok_or(Kept::Corrupt),
                Err(why) => Err(*why),
            };
        }
    }
    for (file, unpacked) in cabinet.files.iter().zip(unpacked) {
        // Attribute 0x80: the name is UTF-8.
        let is_utf8 = file.attributes & 0x80 != 0;
        let spelling = if is_utf8 { Spelling::Utf8(file.name) } else { Spelling::Legacy(file.name) };
        listing.unpacked(naming(&[spelling]), file.size, unpacked);
    }
    Ok(listing.finish())
}

fn range(content: &[u8], file: &File<'_>) -> Option<Vec<u8>> {
    let (from, size) = (usize::try_from(file.from).ok()?, usize::try_from(file.size).ok()?);
    slice(content, from, size).map(<[u8]>::to_vec)
}

/// How much of a folder its files need; they may not share a byte.
fn end_of(cabinet: &Cabinet<'_>, folder: usize) -> Result<u64, Unreadable> {
    let own = cabinet.files.iter().filter(|file| usize::from(file.folder) == folder && file.size > 0);
    let mut ranges: Vec<(u64, u64)> = own.map(|file| (file.from, file.from.saturating_add(file.size))).collect();
    ranges.sort_unstable();
    let mut end = 0;
    for (from, to) in ranges {
        if from < end {
            return Err(Unreadable::Ambiguous);
        }
        end = to;
    }
    Ok(end)
}

fn read<'a>(bytes: &'a [u8], spending: &mut Spending<'_>) -> Result<Cabinet<'a>, Unreadable> {
    rows(bytes, spending).unwrap_or(Err(Unreadable::Malformed))
}

fn rows<'a>(bytes: &'a [u8], spending: &mut Spending<'_>) -> Option<Result<Cabinet<'a>, Unreadable>> {
    if !bytes.starts_with(b"MSCF\0\0\0\0") || u16_at(bytes, 24)? & 0xFF00 != 0x0100 {
        return None;
    }
    let first_file = usize::try_from(u32_at(bytes, 16)?).ok()?;
    let (folder_count, file_count, flags) = (u16_at(bytes, 26)?, u16_at(bytes, 28)?, u16_at(bytes, 30)?);
    if u64::from(file_count) > spending.members_left() || u64::from(folder_count) > spending.members_left() {
        return Some(Err(Unreadable::TooManyMembers));
    }
    let mut at = 36;
    let (mut folder_reserve, mut reserve) = (0, 0);
    if flags & 4 != 0 {
        let own = length_at(bytes, at)?;
        folder_reserve = usize::from(*bytes.get(at + 2)?);
        reserve = usize::from(*bytes.get(at + 3)?);
        at += 4 + own;
    }
    // Names of the cabinets before and behind, and of their disks.
    for _ in 0..usize::from(flags & 1 != 0) * 2 + usize::from(flags & 2 != 0) * 2 {
        at += text(bytes, at)?.len() + 1;
    }
    let mut folders = Vec::new();
    for _ in 0..folder_count {
        let start = usize::try_from(u32_at(bytes, at)?).ok()?;
        folders.push(Folder { at: start, blocks: u16_at(bytes, at + 4)?, method: u16_at(bytes, at + 6)? });
        at += 8 + folder_reserve;
    }
    let mut files = Vec::new();
    let mut at = first_file;
    for _ in 0..file_count {
        if let Err(error) = spending.member() {
            return Some(Err(error));
        }
        let name = text(bytes, at.checked_add(16)?)?;
        files.push(File {
            size: u64::from(u32_at(bytes, at)?),
            from: u64::from(u32_at(bytes, at + 4)?),
            folder: u16_at(bytes, at + 8)?,
            attributes: u16_at(bytes, at + 14)?,
            name,
        });
        at = at.checked_add(17)?.checked_add(name.len())?;
    }
    Some(Ok(Cabinet { bytes, folders, files, reserve }))
}

/// Up to a zero.
fn text(bytes: &[u8], at: usize) -> Option<&[u8]> {
    let rest = bytes.get(at..)?;
    rest.get(..rest.iter().position(|byte| *byte == 0)?)
}

/// The first `end` bytes of a folder.
fn unpack(
    cabinet: &Cabinet<'_>,
    folder: &Folder,
    end: u64,
    spending: &mut Spending<'_>,
) -> Result<Unpacked, Unreadable> {
    let Some(mut method) = Method::new(folder.method) else { return Ok(Err(Kept::Unsupported)) };
    let is_continued = cabinet.files.iter().any(|file| file.folder >= CONTINUED);
    let mut content = Vec::new();
    let mut at = folder.at;
    for _ in 0..folder.blocks {
        if u64::try_from(content.len()).is_ok_and(|length| length >= end) {
            break;
        }
        let Some((data, size, next)) = block(cabinet, at) else { return Ok(Err(Kept::Corrupt)) };
        spending.bytes(size)?;
        let before = content.len();
        if method.unpack(data, size, &mut content).is_none() || content.len() != before.saturating_add(size) {
            // The last block of a cabinet may go on in the next.
            return Ok(Err(if is_continued { Kept::Unsupported } else { Kept::Corrupt }));
        }
        at = next;
    }
    Ok(Ok(content))
}

/// Data of a block whose checksum is right, its unpacked size, and where the next one begins.
fn block<'a>(cabinet: &Cabinet<'a>, at: usize) -> Option<(&'a [u8], usize, usize)> {
    let (packed, size) = (length_at(cabinet.bytes, at.checked_add(4)?)?, length_at(cabinet.bytes, at.checked_add(6)?)?);
    let from = at.checked_add(8)?.checked_add(cabinet.reserve)?;
    let data = slice(cabinet.bytes, from, packed)?;
    let stated = u32_at(cabinet.bytes, at)?;
    let sums = sum(slice(cabinet.bytes, at + 4, 4 + cabinet.reserve)?) ^ sum(data);
    ((stated == 0 || stated == sums) && size <= BLOCK).then_some((data, size, from.checked_add(packed)?))
}

/// The checksum of [MS-CAB] 3.1: words, and the rest in the other order.
fn sum(bytes: &[u8]) -> u32 {
    let words = bytes.chunks_exact(4);
    let rest = words.remainder().iter().fold(0, |rest, byte| rest << 8 | u32::from(*byte));
    words.filter_map(|word| word.try_into().ok()).map(u32::from_le_bytes).fold(rest, |sum, word| sum ^ word)
}

enum Method {
    Stored,
    Zip,
    Lzx(Box<Lzxd>),
}

impl Method {
    fn new(method: u16) -> Option<Self> {
        match (method & 0xF, method >> 8 & 0x1F) {
            (0, _) => Some(Self::Stored),
            (1, _) => Some(Self::Zip),
            (3, bits) => Some(Self::Lzx(Box::new(Lzxd::new(window(bits)?)))),
            _ => None,
        }
    }

    /// Adds a block of `size` bytes to `content`.
    fn unpack(&mut self, data: &[u8], size: usize, content: &mut Vec<u8>) -> Option<()> {
        match self {
            Self::Stored => content.extend_from_slice(data),
            Self::Zip => {
                // What was unpacked before is what this block may refer to.
                let before = content.len();
                content.resize(before.checked_add(size)?, 0);
                let mut state = DecompressorOxide::new();
                let (status, _, written) = decompress(&mut state, data.strip_prefix(b"CK")?, content, before, FLAT);
                if status != TINFLStatus::Done || written != size {
                    return None;
                }
            }
            Self::Lzx(reader) => content.extend_from_slice(reader.decompress_next(data, size).ok()?),
        }
        Some(())
    }
}

const fn window(bits: u16) -> Option<WindowSize> {
    Some(match bits {
        15 => WindowSize::KB32,
        16 => WindowSize::KB64,
        17 => WindowSize::KB128,
        18 => WindowSize::KB256,
        19 => WindowSize::KB512,
        20 => WindowSize::MB1,
        21 => WindowSize::MB2,
        _ => return None,
    })
}
