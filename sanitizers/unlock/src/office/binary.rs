//! RC4 of the binary kinds, in blocks that each have a key of their own ([MS-OFFCRYPTO] 2.3.5, 2.3.6).
//!
//! Refuses: ciphers other than RC4. Invariant: the hash over the verifier fits before a block is deciphered.

use md5::{Digest, Md5};
use sha1::Sha1;
use zeroize::Zeroizing;

use super::{Fields, first};
use crate::candidate::Key;
use crate::cipher::Rc4;
use crate::{Allowance, Locked};

const RC4: u32 = 0x6801;
/// Bit 2: CryptoAPI; bit 5: AES, which needs another format.
const CRYPTO_API: u32 = 1 << 2;
/// Hashed blocks of one candidate, roundly.
const WORK: u64 = 32;

/// How the streams of one file are enciphered.
pub(super) enum Blocks {
    /// 40 bits, MD5.
    Plain(Zeroizing<[u8; 5]>),
    /// CryptoAPI, SHA-1.
    Api(Zeroizing<[u8; 20]>, usize),
}

impl Blocks {
    /// From a header that starts with its version, with the first password whose verifier fits.
    pub(super) fn open(
        header: &[u8],
        keys: &[Key],
        allowance: &mut Allowance,
    ) -> Result<(Self, Option<usize>), Locked> {
        let mut fields = Fields(header);
        let version = (fields.u16()?, fields.u16()?);
        first(keys, |key| {
            allowance.spend_work(WORK)?;
            match version {
                (1, 1) => plain(&mut Fields(fields.0), &key.bytes),
                (2..=4, 2) => api(&mut Fields(fields.0), &key.bytes),
                _ => Err(Locked::NotSupported),
            }
        })
    }

    fn cipher(&self, block: u32) -> Rc4 {
        match self {
            Self::Plain(base) => {
                let hash = Md5::new().chain_update(**base).chain_update(block.to_le_bytes()).finalize();
                Rc4::new(&hash)
            }
            Self::Api(base, length) => {
                let hash = Sha1::new().chain_update(**base).chain_update(block.to_le_bytes()).finalize();
                let mut key = Zeroizing::new(hash.iter().copied().take(*length).collect::<Vec<u8>>());
                // A key of 40 bits is filled up to 128 with zeros (2.3.5.2).
                key.resize(if *length == 5 { 16 } else { *length }, 0);
                Rc4::new(&key)
            }
        }
    }

    /// A stream, in place; its blocks have `size` bytes.
    pub(super) fn apply(&self, bytes: &mut [u8], size: usize) {
        for (number, block) in (0_u32..).zip(bytes.chunks_mut(size)) {
            self.cipher(number).apply(block);
        }
    }
}

/// What the keys of all blocks are made of (2.3.6.2).
pub(super) fn base(salt: &[u8; 16], password: &[u8]) -> Result<[u8; 5], Locked> {
    let first = Md5::digest(password);
    let mut hash = Md5::new();
    for _ in 0..16 {
        hash.update(first.get(..5).unwrap_or_default());
        hash.update(salt);
    }
    hash.finalize().first_chunk().copied().ok_or(Locked::Broken)
}

fn plain(fields: &mut Fields<'_>, password: &[u8]) -> Result<Option<Blocks>, Locked> {
    let salt: [u8; 16] = fields.array()?;
    let (mut input, mut expected): ([u8; 16], [u8; 16]) = (fields.array()?, fields.array()?);
    let blocks = Blocks::Plain(Zeroizing::new(base(&salt, password)?));
    let mut cipher = blocks.cipher(0);
    cipher.apply(&mut input);
    cipher.apply(&mut expected);
    Ok((Md5::digest(input)[..] == expected).then_some(blocks))
}

fn api(fields: &mut Fields<'_>, password: &[u8]) -> Result<Option<Blocks>, Locked> {
    let flags = fields.u32()?;
    let length = usize::try_from(fields.u32()?).map_err(|_| Locked::Broken)?;
    let mut header = Fields(fields.take(length)?);
    let _flags_and_extra = header.take(8)?;
    let (cipher, _hash, bits) = (header.u32()?, header.u32()?, header.u32()?);
    if flags & CRYPTO_API == 0 || !matches!(cipher, 0 | RC4) {
        return Err(Locked::NotSupported);
    }
    let key_length = match bits {
        0 => 5,
        40..=128 if bits % 8 == 0 => usize::try_from(bits / 8).map_err(|_| Locked::Broken)?,
        _ => return Err(Locked::Broken),
    };
    if fields.u32()? != 16 {
        return Err(Locked::Broken);
    }
    let salt: [u8; 16] = fields.array()?;
    let mut input: [u8; 16] = fields.array()?;
    let _hash_length = fields.u32()?;
    let mut expected: [u8; 20] = fields.array()?;
    let base = Sha1::new().chain_update(salt).chain_update(password).finalize().into();
    let blocks = Blocks::Api(Zeroizing::new(base), key_length);
    let mut cipher = blocks.cipher(0);
    cipher.apply(&mut input);
    cipher.apply(&mut expected);
    Ok((Sha1::digest(input)[..] == expected).then_some(blocks))
}
