//! Single compressed files: gzip, bzip2, xz, zstd; and tar inside of them.
//!
//! Invariant: unpacked as a stream: a tar inside is never kept besides its members.

use std::io::{self, Read};

use lzma_rust2::XzReader;
use ruzstd::decoding::StreamingDecoder;

use crate::allowance::Spending;
use crate::bytes::{length_at, slice, u32_at};
use crate::inflate::Inflate;
use crate::listing::Listing;
use crate::name::{Naming, Spelling, naming};
use crate::{Archive, Oddity, Unreadable, tar};

/// Bytes of a dictionary.
const MEMORY: u32 = 128 << 20;
/// Streams one after the other that make one file: `cat a.gz b.gz`, and block-wise writers.
const MAX_STREAMS: u32 = 100_000;
const GZIP: &[u8] = b"\x1F\x8B\x08";
const ZSTD: &[u8] = b"\x28\xB5\x2F\xFD";

pub(crate) fn gzip(bytes: &[u8], spending: &mut Spending<'_>) -> Result<Archive, Unreadable> {
    let head = Head::read(bytes).ok_or(Unreadable::Malformed)?;
    let mut reader =
        Gunzip { inflate: Inflate::new(head.rest), crc: crc32fast::Hasher::new(), length: 0, streams: 0, behind: None };
    let name = head.name.map(|name| naming(&[Spelling::Legacy(name)]));
    let mut archive = content(&mut reader, name, spending)?;
    note_rest(&mut archive, reader.behind.unwrap_or_default());
    Ok(archive)
}

pub(crate) fn bzip2(bytes: &[u8], spending: &mut Spending<'_>) -> Result<Archive, Unreadable> {
    let mut reader = Chained {
        rest: bytes,
        current: None,
        streams: 0,
        open: |rest| rest.starts_with(b"BZh").then(|| bzip2::bufread::BzDecoder::new(rest)),
        rest_of: |reader| reader.get_ref(),
    };
    let mut archive = content(&mut reader, None, spending)?;
    note_rest(&mut archive, reader.rest);
    Ok(archive)
}

pub(crate) fn xz(bytes: &[u8], spending: &mut Spending<'_>) -> Result<Archive, Unreadable> {
    let mut reader = Chained {
        rest: bytes,
        current: None,
        streams: 0,
        open: |rest| rest.starts_with(b"\xFD7zXZ\0").then(|| XzReader::new_mem_limit(rest, false, MEMORY / 1024)),
        rest_of: |reader| reader.inner(),
    };
    let mut archive = content(&mut reader, None, spending)?;
    note_rest(&mut archive, reader.rest);
    Ok(archive)
}

pub(crate) fn zstd(bytes: &[u8], spending: &mut Spending<'_>) -> Result<Archive, Unreadable> {
    let mut reader = Chained {
        rest: bytes,
        current: None,
        streams: 0,
        open: |rest| {
            rest.starts_with(ZSTD).then(|| StreamingDecoder::new_with_max_window_size(rest, u64::from(MEMORY)).ok())?
        },
        rest_of: |reader| reader.get_ref(),
    };
    let mut archive = content(&mut reader, None, spending)?;
    note_rest(&mut archive, reader.rest);
    Ok(archive)
}

/// Zeros are padding of tapes and blocks.
fn note_rest(archive: &mut Archive, rest: &[u8]) {
    if rest.iter().any(|byte| *byte != 0) && !archive.oddities.contains(&Oddity::DataBehind) {
        archive.oddities.push(Oddity::DataBehind);
        archive.oddities.sort_unstable();
    }
}

/// The members of a tar, or the one file.
fn content(reader: &mut dyn Read, name: Option<Naming>, spending: &mut Spending<'_>) -> Result<Archive, Unreadable> {
    let mut block = Vec::new();
    let mut step = [0; tar::BLOCK];
    while block.len() < tar::BLOCK {
        let room = step.get_mut(..tar::BLOCK - block.len()).unwrap_or_default();
        match reader.read(room) {
            Ok(0) => break,
            Ok(count) => block.extend_from_slice(room.get(..count).unwrap_or_default()),
            Err(_) => return Err(Unreadable::Malformed),
        }
    }
    let mut whole = block.as_slice().chain(reader);
    if tar::is_header(&block) {
        return tar::walk(&mut whole, spending);
    }
    spending.member()?;
    let unpacked = spending.read_to_end(&mut whole)?.map_err(|_| Unreadable::Malformed)?;
    let mut listing = Listing::default();
    let single = name.is_none();
    listing.unpacked(name.unwrap_or_else(|| naming(&[])), 0, Ok(unpacked));
    Ok(Archive { single, ..listing.finish() })
}

/// Streams one after the other, as one.
struct Chained<'a, R> {
    rest: &'a [u8],
    current: Option<R>,
    streams: u32,
    open: fn(&'a [u8]) -> Option<R>,
    rest_of: for<'r> fn(&'r R) -> &'r &'a [u8],
}

impl<R: Read> Read for Chained<'_, R> {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        if room.is_empty() {
            return Ok(0);
        }
        loop {
            if let Some(reader) = &mut self.current {
                let count = reader.read(room)?;
                if count > 0 {
                    return Ok(count);
                }
                self.rest = (self.rest_of)(reader);
                self.current = None;
            }
            self.current = if self.streams < MAX_STREAMS { (self.open)(self.rest) } else { None };
            match &self.current {
                Some(_) => self.streams += 1,
                None if self.streams == 0 => return Err(io::Error::from(io::ErrorKind::InvalidData)),
                None => return Ok(0),
            }
        }
    }
}

/// A gzip header (RFC 1952 2.3).
struct Head<'a> {
    name: Option<&'a [u8]>,
    rest: &'a [u8],
}

impl<'a> Head<'a> {
    fn read(bytes: &'a [u8]) -> Option<Self> {
        if !bytes.starts_with(GZIP) {
            return None;
        }
        let flags = *bytes.get(3)?;
        let mut rest = bytes.get(10..)?;
        if flags & 4 != 0 {
            rest = rest.get(2usize.checked_add(length_at(rest, 0)?)?..)?;
        }
        let mut text = |is_there: bool| -> Option<Option<&'a [u8]>> {
            if !is_there {
                return Some(None);
            }
            let end = rest.iter().position(|byte| *byte == 0)?;
            let text = slice(rest, 0, end);
            rest = rest.get(end + 1..)?;
            Some(text)
        };
        let name = text(flags & 8 != 0)?;
        text(flags & 16 != 0)?;
        if flags & 2 != 0 {
            rest = rest.get(2..)?;
        }
        // Reserved flags.
        (flags & 0xE0 == 0).then_some(Self { name: name.filter(|name| !name.is_empty()), rest })
    }
}

/// All streams of a gzip file.
struct Gunzip<'a> {
    inflate: Inflate<'a>,
    crc: crc32fast::Hasher,
    length: u32,
    streams: u32,
    /// What follows the last stream, once it was reached.
    behind: Option<&'a [u8]>,
}

impl Gunzip<'_> {
    /// Checks the trailer and goes on to the next stream, if there is one.
    fn next(&mut self) -> Option<()> {
        let trailer = self.inflate.rest();
        let crc = std::mem::take(&mut self.crc).finalize();
        if u32_at(trailer, 0)? != crc || u32_at(trailer, 4)? != self.length {
            return None;
        }
        self.length = 0;
        self.streams += 1;
        let rest = trailer.get(8..)?;
        match Head::read(rest).filter(|_| self.streams < MAX_STREAMS) {
            Some(head) => self.inflate = Inflate::new(head.rest),
            None => self.behind = Some(rest),
        }
        Some(())
    }
}

impl Read for Gunzip<'_> {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        while self.behind.is_none() && !room.is_empty() {
            let count = self.inflate.read(room)?;
            if count > 0 {
                self.crc.update(room.get(..count).unwrap_or_default());
                self.length = self.length.wrapping_add(u32::try_from(count).unwrap_or_default());
                return Ok(count);
            }
            self.next().ok_or(io::Error::from(io::ErrorKind::InvalidData))?;
        }
        Ok(0)
    }
}
