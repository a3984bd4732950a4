//! Sealing while receiving and unsealing while reading (age v1, X25519, ChaCha20-Poly1305 in pieces of 64 KiB).
//!
//! Refuses: sealed bytes that were changed, cut or sealed to another key.
//! Invariant: the digest and the length are those of the plain bytes, and no plain byte leaves a [`Sealer`].

use std::io::{self, BufRead, Read, Write};
use std::sync::{Arc, Mutex, PoisonError};

use age::stream::{StreamReader, StreamWriter};
use age::{Decryptor, Encryptor, Identity, Recipient};

use super::keys::{OpeningKey, SealingKey};
use crate::domain::Digest;
use crate::domain::digest::Digester;

/// Seals bytes as they come.
pub(super) struct Sealer {
    stream: StreamWriter<Outlet>,
    outlet: Outlet,
    digester: Digester,
    length: u64,
}

/// What sealing ended with.
pub(super) struct Sealed {
    /// Sealed bytes not taken before.
    pub(super) rest: Vec<u8>,
    /// SHA-256 of the plain bytes.
    pub(super) digest: Digest,
    /// Number of plain bytes.
    pub(super) length: u64,
}

impl Sealer {
    pub(super) fn new(key: &SealingKey) -> io::Result<Self> {
        let encryptor =
            Encryptor::with_recipients(std::iter::once(&key.0 as &dyn Recipient)).map_err(io::Error::other)?;
        let outlet = Outlet::default();
        let stream = encryptor.wrap_output(outlet.clone())?;
        Ok(Self { stream, outlet, digester: Digester::default(), length: 0 })
    }

    pub(super) fn write(&mut self, plain: &[u8]) -> io::Result<()> {
        self.digester.update(plain);
        self.length = self.length.saturating_add(u64::try_from(plain.len()).unwrap_or(u64::MAX));
        self.stream.write_all(plain)
    }

    /// Number of sealed bytes ready to be taken.
    pub(super) fn ready(&self) -> usize {
        self.outlet.with(|bytes| bytes.len())
    }

    /// Takes the sealed bytes that are ready.
    pub(super) fn take(&self) -> Vec<u8> {
        self.outlet.with(std::mem::take)
    }

    pub(super) fn finish(self) -> io::Result<Sealed> {
        let rest = self.stream.finish()?.with(std::mem::take);
        Ok(Sealed { rest, digest: self.digester.finish(), length: self.length })
    }
}

/// A reader of the plain bytes of `sealed`.
pub(super) fn unseal<R: BufRead>(key: &OpeningKey, sealed: R) -> io::Result<StreamReader<R>> {
    let decryptor = Decryptor::new_buffered(sealed).map_err(damaged)?;
    decryptor.decrypt(std::iter::once(&key.0 as &dyn Identity)).map_err(damaged)
}

/// Reads plain bytes until `piece` is full or the end; returns how many there are.
pub(super) fn fill(reader: &mut dyn Read, piece: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while let Some(room) = piece.get_mut(filled..).filter(|room| !room.is_empty()) {
        match reader.read(room) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

fn damaged(error: age::DecryptError) -> io::Error {
    match error {
        age::DecryptError::Io(error) => error,
        other => io::Error::new(io::ErrorKind::InvalidData, other.to_string()),
    }
}

/// Where the age stream writes to; shared, because the stream does not give its writer back before its end.
#[derive(Clone, Default)]
struct Outlet(Arc<Mutex<Vec<u8>>>);

impl Outlet {
    fn with<T>(&self, look: impl FnOnce(&mut Vec<u8>) -> T) -> T {
        look(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Write for Outlet {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.with(|all| all.extend_from_slice(bytes));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use age::x25519;

    use super::*;

    fn pair() -> (SealingKey, OpeningKey) {
        let identity = x25519::Identity::generate();
        (SealingKey(identity.to_public()), OpeningKey(identity))
    }

    fn seal(key: &SealingKey, plain: &[u8]) -> (Vec<u8>, Digest) {
        let mut sealer = Sealer::new(key).unwrap();
        let mut all = Vec::new();
        for piece in plain.chunks(10_000) {
            sealer.write(piece).unwrap();
            all.extend(sealer.take());
        }
        let sealed = sealer.finish().unwrap();
        assert_eq!(sealed.length, plain.len() as u64);
        all.extend(sealed.rest);
        (all, sealed.digest)
    }

    fn open(key: &OpeningKey, sealed: &[u8]) -> io::Result<Vec<u8>> {
        let mut plain = vec![0; 1_000_000];
        let count = fill(&mut unseal(key, sealed)?, &mut plain)?;
        plain.truncate(count);
        Ok(plain)
    }

    #[test]
    fn what_was_sealed_in_pieces_unseals_whole() {
        let (public, private) = pair();
        for length in [0, 1, 65_535, 65_536, 65_537, 300_000] {
            let plain: Vec<u8> = (0..=u8::MAX).cycle().take(length).collect();
            let (sealed, digest) = seal(&public, &plain);
            assert_eq!(digest, Digest::of(&plain));
            assert_eq!(open(&private, &sealed).unwrap(), plain, "{length}");
        }
    }

    #[test]
    fn what_was_changed_cut_or_sealed_to_another_key_does_not_unseal() {
        let (public, private) = pair();
        let (sealed, _) = seal(&public, &[7; 100_000]);
        for at in [0, 30, 250, 70_000, sealed.len() - 1] {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert!(open(&private, &changed).is_err(), "byte {at}");
        }
        for cut in [10, 200, 65_536 + 200, sealed.len() - 1] {
            assert!(open(&private, &sealed[..cut]).is_err(), "cut at {cut}");
        }
        assert!(open(&pair().1, &sealed).is_err());
    }
}
