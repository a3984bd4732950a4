//! A new zip, written entry by entry, in the clear or under a password.
//!
//! Refuses: what a zip without extensions cannot hold (65,534 entries, 4 GiB). Invariant: the same entries give the same
//! bytes, each entry told twice in the same words (APPNOTE.TXT 4.3.7, 4.3.12).

mod sealed;

use std::io::Write;

use flate2::write::DeflateEncoder;
use flate2::{Compression, Crc};

pub use sealed::SALT;

/// 1980-01-01 00:00, the first day that a zip can tell: the new file has no history (APPNOTE.TXT 4.4.6).
const DATE: [u8; 4] = [0, 0, 0x21, 0];
/// Version 2.0: folders and deflate (APPNOTE.TXT 4.4.3.2).
const VERSION: [u8; 2] = [20, 0];
/// Names are UTF-8 (APPNOTE.TXT 4.4.4, bit 11).
const UTF8: [u8; 2] = [0, 0x08];

/// Not packed, and deflated (APPNOTE.TXT 4.4.5).
const STORED: [u8; 2] = [0, 0];
const DEFLATED: [u8; 2] = [8, 0];

/// How the bytes of a member are written.
struct How<'a> {
    version: [u8; 2],
    flags: [u8; 2],
    method: [u8; 2],
    crc: u32,
    extra: &'a [u8],
}

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
        let (method, content): ([u8; 2], &[u8]) =
            packed.as_deref().map_or((STORED, bytes), |packed| (DEFLATED, packed));
        let mut crc = Crc::new();
        crc.update(bytes);
        let how = How { version: VERSION, flags: UTF8, method, crc: crc.sum(), extra: &[] };
        self.put(name, bytes.len(), content, &how)
    }

    /// Adds a member under a password (WinZip AES-256, AE-2); `None` if there is no room for it. The name, the length and
    /// that there is something can be seen without the password. `salt` is random, and new for each member.
    pub fn add_sealed(&mut self, name: &str, bytes: &[u8], password: &str, salt: [u8; SALT]) -> Option<()> {
        let packed = deflated(bytes).filter(|packed| packed.len() < bytes.len());
        let (packing, plain): ([u8; 2], &[u8]) = packed.as_deref().map_or((STORED, bytes), |packed| (DEFLATED, packed));
        let content = sealed::seal(plain, password, salt)?;
        let [flags, more] = UTF8;
        let extra = sealed::extra(packing);
        // AE-2 has no checksum: it would tell what is inside.
        let how = How {
            version: sealed::VERSION,
            flags: [flags | sealed::FLAG, more],
            method: sealed::METHOD,
            crc: 0,
            extra: &extra,
        };
        self.put(name, bytes.len(), &content, &how)
    }

    fn put(&mut self, name: &str, length: usize, content: &[u8], how: &How<'_>) -> Option<()> {
        let fixed = [
            &how.version[..],
            &how.flags,
            &how.method,
            &DATE,
            &how.crc.to_le_bytes(),
            &u32::try_from(content.len()).ok()?.to_le_bytes(),
            &u32::try_from(length).ok()?.to_le_bytes(),
            &u16::try_from(name.len()).ok()?.to_le_bytes(),
            &u16::try_from(how.extra.len()).ok()?.to_le_bytes(),
        ]
        .concat();
        let at = u32::try_from(self.entries.len()).ok()?.to_le_bytes();
        self.count = self.count.checked_add(1).filter(|count| *count < u16::MAX)?;
        self.entries.extend([b"PK\x03\x04", &fixed[..], name.as_bytes(), how.extra, content].concat());
        // No comment, one disk, no attributes.
        let entry = [b"PK\x01\x02", &how.version[..], &fixed, &[0; 10], &at, name.as_bytes(), how.extra].concat();
        self.directory.extend(entry);
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
