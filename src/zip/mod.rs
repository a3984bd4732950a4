//! A new zip, written entry by entry.
//!
//! Refuses: what a zip without extensions cannot hold (65,534 entries, 4 GiB). Invariant: the same entries give the same
//! bytes, each entry told twice in the same words (APPNOTE.TXT 4.3.7, 4.3.12).

use std::io::Write;

use flate2::write::DeflateEncoder;
use flate2::{Compression, Crc};

/// 1980-01-01 00:00, the first day that a zip can tell: the new file has no history (APPNOTE.TXT 4.4.6).
const DATE: [u8; 4] = [0, 0, 0x21, 0];
/// Version 2.0: folders and deflate (APPNOTE.TXT 4.4.3.2).
const VERSION: [u8; 2] = [20, 0];
/// Names are UTF-8 (APPNOTE.TXT 4.4.4, bit 11).
const UTF8: [u8; 2] = [0, 0x08];

/// A zip under way: the entries, and their directory.
#[derive(Debug, Default)]
pub struct Zip {
    entries: Vec<u8>,
    directory: Vec<u8>,
    count: u16,
}

impl Zip {
    /// Adds a member; `None` if there is no room for it.
    pub fn add(&mut self, name: &str, bytes: &[u8]) -> Option<()> {
        let packed = deflated(bytes).filter(|packed| packed.len() < bytes.len());
        let (method, content): ([u8; 2], &[u8]) = packed.as_deref().map_or(([0, 0], bytes), |packed| ([8, 0], packed));
        let mut crc = Crc::new();
        crc.update(bytes);
        let name_length = u16::try_from(name.len()).ok()?.to_le_bytes();
        let fixed = [
            &VERSION[..],
            &UTF8,
            &method,
            &DATE,
            &crc.sum().to_le_bytes(),
            &u32::try_from(content.len()).ok()?.to_le_bytes(),
            &u32::try_from(bytes.len()).ok()?.to_le_bytes(),
            &name_length,
            &[0, 0],
        ]
        .concat();
        let at = u32::try_from(self.entries.len()).ok()?.to_le_bytes();
        self.count = self.count.checked_add(1).filter(|count| *count < u16::MAX)?;
        self.entries.extend([b"PK\x03\x04", &fixed[..], name.as_bytes(), content].concat());
        // No comment, one disk, no attributes.
        self.directory.extend([b"PK\x01\x02", &VERSION[..], &fixed, &[0; 10], &at, name.as_bytes()].concat());
        Some(())
    }

    /// The whole; `None` if it is too large.
    pub fn finish(self) -> Option<Vec<u8>> {
        let count = self.count.to_le_bytes();
        let length = u32::try_from(self.directory.len()).ok()?.to_le_bytes();
        let begin = u32::try_from(self.entries.len()).ok()?.to_le_bytes();
        let end = [b"PK\x05\x06", &[0; 4][..], &count, &count, &length, &begin, &[0, 0]].concat();
        Some([self.entries, self.directory, end].concat())
    }
}

/// `None` only if memory cannot be written to.
fn deflated(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).ok()?;
    encoder.finish().ok()
}
