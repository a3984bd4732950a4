//! LZH (LHA), header levels 0 to 3.
//!
//! Refuses: members whose checksum is wrong, or that are longer than stated. Invariant: names are taken apart at 0xFF, the
//! separator of the format, before they are decoded, and at `\` only afterwards.

use std::io;

use delharc::header::ext::{EXT_HEADER_FILENAME, EXT_HEADER_PATH};
use delharc::stub_io::Read as _;
use delharc::{LhaDecodeReader, LhaHeader};

use crate::allowance::{Spending, Unpacked};
use crate::listing::Listing;
use crate::name::{Naming, Spelling, naming};
use crate::{Archive, Kept, Oddity, Unreadable};

/// Names as UTF-16, as UNLHA32.DLL writes them.
const EXT_WIDE_NAME: u8 = 0x44;
const EXT_WIDE_PATH: u8 = 0x45;
/// Access rights of Unix.
const EXT_UNIX_MODE: u8 = 0x50;
/// The separator of folders in paths.
const SEPARATOR: u8 = 0xFF;

type Reader<'a> = LhaDecodeReader<&'a [u8]>;

pub(crate) fn open(bytes: &[u8], spending: &mut Spending<'_>) -> Result<Archive, Unreadable> {
    let mut reader = Reader::new(bytes).map_err(|_| Unreadable::Malformed)?;
    let mut listing = Listing::default();
    loop {
        spending.member()?;
        member(&mut reader, &mut listing, spending)?;
        match reader.next_file() {
            Ok(true) => {}
            Ok(false) => break,
            // What was read before a break is whole.
            Err(_) => {
                listing.note(Oddity::Truncated);
                return Ok(listing.finish());
            }
        }
    }
    let rest = reader.take_inner().unwrap_or_default();
    if rest.iter().any(|byte| *byte != 0 && *byte != 0x1A) {
        listing.note(Oddity::DataBehind);
    }
    Ok(listing.finish())
}

fn member(reader: &mut Reader<'_>, listing: &mut Listing, spending: &mut Spending<'_>) -> Result<(), Unreadable> {
    let header = reader.header();
    let (name, link) = name_of(header);
    let size = header.original_size;
    if link || is_link(header) {
        listing.kept(name, 0, Kept::Link);
    } else if header.is_directory() {
        // Folders are made again where files need them.
    } else if !reader.is_decoder_supported() {
        listing.kept(name, size, Kept::Unsupported);
    } else if spending.is_too_large(size) {
        listing.kept(name, size, Kept::TooLarge);
    } else {
        spending.foresee(std::iter::once(size))?;
        let unpacked = unpack(reader, size, spending)?;
        listing.unpacked(name, size, unpacked);
    }
    Ok(())
}

fn unpack(reader: &mut Reader<'_>, size: u64, spending: &mut Spending<'_>) -> Result<Unpacked, Unreadable> {
    let unpacked = spending.read(&mut Bridge(reader), size)?;
    Ok(unpacked.and_then(|bytes| if reader.crc_is_ok() { Ok(bytes) } else { Err(Kept::Corrupt) }))
}

/// The reader of a library that knows no `std::io`.
struct Bridge<'r, 'a>(&'r mut Reader<'a>);

impl io::Read for Bridge<'_, '_> {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        self.0.read_all(room).map_err(|_| io::Error::from(io::ErrorKind::InvalidData))
    }
}

fn extra(header: &LhaHeader, id: u8) -> Option<&[u8]> {
    header.iter_extra().find_map(|field| field.strip_prefix(&[id]))
}

fn is_link(header: &LhaHeader) -> bool {
    let mode = extra(header, EXT_UNIX_MODE).and_then(|field| field.first_chunk::<2>()).copied().map(u16::from_le_bytes);
    mode.is_some_and(|mode| mode & 0o170_000 == 0o120_000)
}

/// The name, and whether it is that of a link (`name|target` without data).
fn name_of(header: &LhaHeader) -> (Naming, bool) {
    let file = extra(header, EXT_HEADER_FILENAME).unwrap_or(&header.filename);
    let folder = extra(header, EXT_HEADER_PATH).unwrap_or_default();
    let with_folder: Vec<u8> = match (folder, folder.last()) {
        ([], _) => file.to_vec(),
        (_, Some(&SEPARATOR)) => [folder, file].concat(),
        _ => [folder, &[SEPARATOR], file].concat(),
    };
    // Level 0 of Unix keeps its folders in the name, and ends it before the extension area.
    let raw: Vec<u8> = with_folder.split(|byte| *byte == 0).next().unwrap_or_default().to_vec();
    let legacy: Vec<String> = raw.split(|byte| *byte == SEPARATOR).map(text).collect();
    let legacy = legacy.join("/");
    let is_link = &header.compression == b"-lhd-" && legacy.contains('|');
    let legacy = if is_link { legacy.split('|').next().unwrap_or_default().to_owned() } else { legacy };
    let wide = extra(header, EXT_WIDE_NAME).map(|name| {
        let folder = extra(header, EXT_WIDE_PATH).map(wide).unwrap_or_default();
        format!("{folder}/{}", wide(name)).trim_start_matches('/').to_owned()
    });
    let spellings: Vec<Spelling<'_>> = wide.into_iter().chain([legacy]).map(Spelling::Text).collect();
    (naming(&spellings), is_link)
}

fn text(bytes: &[u8]) -> String {
    sanitizer_japanese::decode(Some("windows-31j"), bytes).text
}

/// UTF-16, with U+FFFF for the separator.
fn wide(bytes: &[u8]) -> String {
    let units = bytes.chunks_exact(2).filter_map(|pair| pair.try_into().ok()).map(u16::from_le_bytes);
    let units = units.map(|unit| if unit == 0xFFFF { u16::from(b'/') } else { unit });
    char::decode_utf16(units).map(|c| c.unwrap_or('〓')).collect()
}
