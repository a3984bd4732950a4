//! Standard encryption ([MS-OFFCRYPTO] 2.3.4.5 and following): what Office 2007 writes, AES by single blocks.
//!
//! Refuses: ciphers other than AES. Invariant: the verifier fits before the package is deciphered; the format has
//! nothing that vouches for the whole, so the caller reads its directory.

use sha1::{Digest, Sha1};
use zeroize::Zeroizing;

use super::{Fields, claimed_length, first};
use crate::candidate::Key;
use crate::cipher::Aes;
use crate::{Allowance, Locked};

/// Fixed by the format.
const TURNS: u32 = 50_000;
const AES_KINDS: std::ops::RangeInclusive<u32> = 0x660E..=0x6610;
const SHA1: u32 = 0x8004;

pub(super) fn open(
    info: &[u8],
    mut sealed: Vec<u8>,
    keys: &[Key],
    allowance: &mut Allowance,
) -> Result<(Vec<u8>, Option<usize>), Locked> {
    let verifier = Verifier::read(info)?;
    let length = claimed_length(&sealed)?;
    let (aes, index) = first(keys, |key| {
        allowance.spend_work(u64::from(TURNS) + 32)?;
        verifier.cipher(&key.bytes)
    })?;
    sealed.drain(..8);
    aes.decrypt_blocks(&mut sealed);
    sealed.truncate(length);
    Ok((sealed, index))
}

struct Verifier {
    key_length: usize,
    salt: [u8; 16],
    input: [u8; 16],
    hash: [u8; 32],
}

impl Verifier {
    fn read(info: &[u8]) -> Result<Self, Locked> {
        let mut fields = Fields(info);
        let _version_and_flags = fields.take(8)?;
        let length = usize::try_from(fields.u32()?).map_err(|_| Locked::Broken)?;
        let mut header = Fields(fields.take(length)?);
        let _flags_and_extra = header.take(8)?;
        let (cipher, hash, bits) = (header.u32()?, header.u32()?, header.u32()?);
        // Zero stands for what the flags say, which is the same where AES is meant.
        if !AES_KINDS.contains(&cipher) || !matches!(hash, 0 | SHA1) {
            return Err(Locked::NotSupported);
        }
        let key_length = match (cipher, bits) {
            (0x660E, 0 | 128) => 16,
            (0x660F, 192) => 24,
            (0x6610, 256) => 32,
            _ => return Err(Locked::Broken),
        };
        if fields.u32()? != 16 {
            return Err(Locked::Broken);
        }
        let (salt, input) = (fields.array()?, fields.array()?);
        let _hash_length = fields.u32()?;
        Ok(Self { key_length, salt, input, hash: fields.array()? })
    }

    /// The cipher of the package, if the password fits.
    fn cipher(&self, password: &[u8]) -> Result<Option<Aes>, Locked> {
        let aes = Aes::new(&key(&self.salt, password, self.key_length))?;
        let (mut input, mut expected) = (self.input, self.hash);
        aes.decrypt_blocks(&mut input);
        aes.decrypt_blocks(&mut expected);
        Ok(expected.starts_with(&Sha1::digest(input)).then_some(aes))
    }
}

/// 2.3.4.7.
pub(super) fn key(salt: &[u8], password: &[u8], length: usize) -> Zeroizing<Vec<u8>> {
    let mut hash: Zeroizing<[u8; 20]> =
        Zeroizing::new(Sha1::new().chain_update(salt).chain_update(password).finalize().into());
    for turn in 0..TURNS {
        *hash = Sha1::new().chain_update(turn.to_le_bytes()).chain_update(*hash).finalize().into();
    }
    *hash = Sha1::new().chain_update(*hash).chain_update([0; 4]).finalize().into();
    let side = |pad: u8| {
        let mut block = Zeroizing::new([pad; 64]);
        for (byte, hash) in block.iter_mut().zip(hash.iter()) {
            *byte ^= hash;
        }
        Sha1::digest(*block)
    };
    let mut key = Zeroizing::new(Vec::with_capacity(40));
    key.extend(side(0x36));
    key.extend(side(0x5C));
    key.truncate(length);
    key
}
