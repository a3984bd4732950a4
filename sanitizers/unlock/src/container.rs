//! The zip that is written: one member after the other, no encryption, times as they were.
//!
//! Refuses: more than 65,535 members or 4 GiB. Invariant: central and local headers say the same, and
//! what is written was paid for.

use crate::{Allowance, Locked};

const VERSION: u16 = 20;
/// Bytes of both heads of a member, without its name.
const HEADS: usize = 30 + 46;

/// Packed with deflate.
pub(crate) const DEFLATED: u16 = 8;
/// Not packed.
pub(crate) const STORED: u16 = 0;
/// The name is UTF-8 (APPNOTE 4.4.4, bit 11).
pub(crate) const UTF8_NAME: u16 = 1 << 11;

/// What the headers of a member say.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Header<'a> {
    pub(crate) name: &'a [u8],
    /// Only [`UTF8_NAME`] is written.
    pub(crate) flags: u16,
    pub(crate) method: u16,
    /// Time and date as MS-DOS has them.
    pub(crate) moment: [u8; 4],
    pub(crate) crc: u32,
    /// Length unpacked, in bytes.
    pub(crate) size: u32,
    pub(crate) made_by: u16,
    pub(crate) attributes: u32,
    /// An extra field of the name (Info-ZIP Unicode Path), whole, or nothing.
    pub(crate) extra: &'a [u8],
}

/// A zip being written.
#[derive(Default)]
pub(crate) struct ZipWriter {
    bytes: Vec<u8>,
    directory: Vec<u8>,
    members: u16,
}

impl ZipWriter {
    pub(crate) fn add(&mut self, header: &Header<'_>, content: &[u8], allowance: &mut Allowance) -> Result<(), Locked> {
        let heads = HEADS + 2 * (header.name.len() + header.extra.len());
        allowance.spend_bytes(heads.saturating_add(content.len()))?;
        let offset = length(self.bytes.len())?;
        let shared = shared(header, length(content.len())?)?;
        self.bytes.extend(b"PK\x03\x04");
        self.bytes.extend(&shared);
        self.bytes.extend(header.name);
        self.bytes.extend(header.extra);
        self.bytes.extend(content);
        self.directory.extend(b"PK\x01\x02");
        self.directory.extend(header.made_by.to_le_bytes());
        self.directory.extend(shared);
        // No comment, disk 0, no internal attributes.
        self.directory.extend([0; 6]);
        self.directory.extend(header.attributes.to_le_bytes());
        self.directory.extend(offset.to_le_bytes());
        self.directory.extend(header.name);
        self.directory.extend(header.extra);
        self.members = self.members.checked_add(1).ok_or(Locked::TooMuch)?;
        Ok(())
    }

    pub(crate) fn end(mut self) -> Result<Vec<u8>, Locked> {
        let offset = length(self.bytes.len())?;
        let size = length(self.directory.len())?;
        self.bytes.append(&mut self.directory);
        self.bytes.extend(b"PK\x05\x06\0\0\0\0");
        self.bytes.extend(self.members.to_le_bytes());
        self.bytes.extend(self.members.to_le_bytes());
        self.bytes.extend(size.to_le_bytes());
        self.bytes.extend(offset.to_le_bytes());
        self.bytes.extend([0; 2]);
        Ok(self.bytes)
    }
}

/// The fields that both headers have, in their order.
fn shared(header: &Header<'_>, packed: u32) -> Result<Vec<u8>, Locked> {
    let mut fields = Vec::with_capacity(26);
    fields.extend(VERSION.to_le_bytes());
    fields.extend((header.flags & UTF8_NAME).to_le_bytes());
    fields.extend(header.method.to_le_bytes());
    fields.extend(header.moment);
    fields.extend(header.crc.to_le_bytes());
    fields.extend(packed.to_le_bytes());
    fields.extend(header.size.to_le_bytes());
    for part in [header.name, header.extra] {
        fields.extend(u16::try_from(part.len()).map_err(|_| Locked::TooMuch)?.to_le_bytes());
    }
    Ok(fields)
}

fn length(length: usize) -> Result<u32, Locked> {
    // The highest value stands for zip64, which is not written.
    u32::try_from(length).ok().filter(|length| *length < u32::MAX).ok_or(Locked::TooMuch)
}

/// A zip of unpacked members, for archives of other kinds.
#[derive(Default)]
pub(crate) struct Members(ZipWriter);

/// Made on Unix: its attributes tell folders and links.
const UNIX: u16 = 3 << 8;
/// 1 January 1980, the first moment a zip knows.
const FIRST_MOMENT: [u8; 4] = [0, 0, 0x21, 0];

/// What a member is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    File,
    Folder,
    Link,
}

impl Members {
    pub(crate) fn add(
        &mut self,
        name: &[u8],
        is_utf8: bool,
        kind: Kind,
        content: &[u8],
        allowance: &mut Allowance,
    ) -> Result<(), Locked> {
        let folder: Vec<u8> = name.iter().copied().chain((!name.ends_with(b"/")).then_some(b'/')).collect();
        let (name, mode) = match kind {
            Kind::File => (name, 0o100_644),
            Kind::Folder => (folder.as_slice(), 0o040_755),
            Kind::Link => (name, 0o120_777),
        };
        let header = Header {
            name,
            flags: if is_utf8 { UTF8_NAME } else { 0 },
            method: STORED,
            moment: FIRST_MOMENT,
            crc: crc32fast::hash(content),
            size: length(content.len())?,
            made_by: UNIX,
            attributes: mode << 16,
            extra: &[],
        };
        self.0.add(&header, content, allowance)
    }

    pub(crate) fn end(self) -> Result<Vec<u8>, Locked> {
        self.0.end()
    }
}
