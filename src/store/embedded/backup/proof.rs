//! The check that bytes are those that a row tells of.
//!
//! Refuses: nothing; what does not fit is named. Invariant: with the private key, no changed byte of an original goes
//! unseen; without it, no cut one does, and whoever compares digests sees the rest.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Cursor, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::fs::{Mode, OFlags};

use crate::domain::Digest;
use crate::domain::digest::Digester;
use crate::store::keys::OpeningKey;
use crate::store::place::Place;
use crate::store::seal::{fill, unseal};

/// Bytes read at a time.
pub(in crate::store::embedded) const PIECE: usize = 256 * 1024;
/// Longest header of a sealed original; one recipient and some grease are below 1 KiB.
const MAX_HEADER: u64 = 8192;
/// An age payload: a nonce, then pieces of 64 KiB with a tag each.
const NONCE: u64 = 16;
const SEALED_PIECE: u64 = 65_536;
const TAG: u64 = 16;

/// What a row tells of its bytes.
pub(in crate::store::embedded) struct Claim {
    /// How it is named if it does not fit and its bytes have no file of their own.
    pub(in crate::store::embedded) name: String,
    /// The digest and the length are those of the bytes unsealed.
    pub(in crate::store::embedded) is_sealed: bool,
    pub(in crate::store::embedded) digest: Digest,
    pub(in crate::store::embedded) length: Option<u64>,
    pub(in crate::store::embedded) bytes: Bytes,
}

/// Where the bytes are.
pub(in crate::store::embedded) enum Bytes {
    Inline(Vec<u8>),
    File(String),
}

/// A folder with the bytes, and what they are opened with.
pub(in crate::store::embedded) struct Proof {
    pub(in crate::store::embedded) root: PathBuf,
    pub(in crate::store::embedded) key: Option<Arc<OpeningKey>>,
}

trait Seekable: BufRead + Seek {}
impl<T: BufRead + Seek> Seekable for T {}

impl Proof {
    /// The names of the claims that do not hold.
    pub(in crate::store::embedded) fn misfits(&self, claims: impl Iterator<Item = Claim>) -> BTreeSet<String> {
        let mut misfits = BTreeSet::new();
        for claim in claims {
            let (name, opened): (_, io::Result<Box<dyn Seekable>>) = match claim.bytes {
                Bytes::Inline(bytes) => (claim.name, Ok(Box::new(Cursor::new(bytes)))),
                Bytes::File(file) => {
                    let ours = Place::item(&file).ok_or(io::ErrorKind::InvalidInput.into());
                    let opened = ours
                        .and_then(|_| open_plain(&self.root.join(&file)))
                        .map(|opened| -> Box<dyn Seekable> { Box::new(BufReader::new(opened)) });
                    (file, opened)
                }
            };
            let holds = opened.and_then(|bytes| self.holds(claim.is_sealed, claim.digest, claim.length, bytes));
            if !holds.unwrap_or(false) {
                misfits.insert(name);
            }
        }
        misfits
    }

    fn holds(
        &self,
        is_sealed: bool,
        digest: Digest,
        length: Option<u64>,
        mut bytes: Box<dyn Seekable>,
    ) -> io::Result<bool> {
        let (found, count) = match (is_sealed, &self.key) {
            (false, _) => measure(&mut bytes)?,
            (true, Some(key)) => measure(&mut unseal(key, bytes)?)?,
            (true, None) => return Ok(Some(sealed_length(&mut *bytes)?) == length),
        };
        Ok(found == digest && length.is_none_or(|length| length == count))
    }
}

/// Opens a file of a backup, of which nothing is believed: a link or a device under a file's name is refused, and a
/// pipe is not waited for.
pub(in crate::store::embedded) fn open_plain(path: &Path) -> io::Result<File> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file = File::from(rustix::fs::open(path, flags, Mode::empty())?);
    if file.metadata()?.is_file() { Ok(file) } else { Err(io::Error::other("this is no regular file")) }
}

/// Digest and number of the bytes up to the end.
fn measure(reader: &mut dyn Read) -> io::Result<(Digest, u64)> {
    let (mut digester, mut count, mut piece) = (Digester::default(), 0u64, vec![0; PIECE]);
    loop {
        let filled = fill(reader, &mut piece)?;
        if filled == 0 {
            return Ok((digester.finish(), count));
        }
        digester.update(piece.get(..filled).unwrap_or_default());
        count = count.saturating_add(u64::try_from(filled).unwrap_or(u64::MAX));
    }
}

/// How many bytes are sealed, by the length of what seals them (age-encryption.org/v1).
fn sealed_length(sealed: &mut dyn Seekable) -> io::Result<u64> {
    let (mut header, mut line) = (0u64, Vec::new());
    loop {
        line.clear();
        let left = MAX_HEADER.saturating_sub(header);
        let read = (&mut *sealed).take(left).read_until(b'\n', &mut line)?;
        if !line.ends_with(b"\n") || (header == 0 && line != b"age-encryption.org/v1\n") {
            return Err(io::ErrorKind::InvalidData.into());
        }
        header = header.saturating_add(u64::try_from(read).unwrap_or(u64::MAX));
        if line.starts_with(b"--- ") {
            break;
        }
    }
    let payload = sealed.seek(SeekFrom::End(0))?.saturating_sub(header).saturating_sub(NONCE);
    let pieces = payload.div_ceil(SEALED_PIECE.saturating_add(TAG)).max(1);
    payload.checked_sub(pieces.saturating_mul(TAG)).ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::disk::LocalDisk;
    use crate::store::keys::KeyFolder;
    use crate::store::seal::Sealer;

    fn sealed(plain: &[u8]) -> (Arc<OpeningKey>, Vec<u8>) {
        let folder = tempfile::tempdir().unwrap();
        let keys = KeyFolder::new(folder.path().join("keys"));
        keys.make_pair(&LocalDisk).unwrap();
        let mut sealer = Sealer::new(&keys.sealing_key().unwrap()).unwrap();
        sealer.write(plain).unwrap();
        let mut bytes = sealer.take();
        bytes.extend(sealer.finish().unwrap().rest);
        (Arc::new(keys.opening_key().unwrap()), bytes)
    }

    fn holds(key: Option<Arc<OpeningKey>>, plain: &[u8], bytes: Vec<u8>) -> bool {
        let length = Some(u64::try_from(plain.len()).unwrap());
        let claim = Claim {
            name: "x".to_owned(),
            is_sealed: true,
            digest: Digest::of(plain),
            length,
            bytes: Bytes::Inline(bytes),
        };
        Proof { root: PathBuf::new(), key }.misfits(std::iter::once(claim)).is_empty()
    }

    #[test]
    fn the_length_of_what_is_sealed_shows_without_the_key() {
        for length in [0, 1, 65_535, 65_536, 65_537, 131_072, 200_000] {
            let plain = vec![7; length];
            let (key, bytes) = sealed(&plain);
            assert!(holds(None, &plain, bytes.clone()), "{length}");
            assert!(holds(Some(key), &plain, bytes.clone()), "{length}");
            assert!(!holds(None, &plain, bytes[..bytes.len() - 1].to_vec()), "{length}");
        }
    }

    #[test]
    fn with_the_key_every_changed_byte_shows() {
        let (key, bytes) = sealed(b"the original");
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            assert!(!holds(Some(Arc::clone(&key)), b"the original", changed), "byte {at}");
        }
        assert!(!holds(Some(key), b"another one!", bytes), "another original");
    }
}
