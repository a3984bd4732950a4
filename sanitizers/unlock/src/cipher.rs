//! AES with keys of any of its lengths, RC4, and the key that PBKDF2 makes.
//!
//! Refuses: keys of other lengths. Invariant: output is as long as input.

use aes::cipher::array::Array;
use aes::cipher::consts::U16;
use aes::cipher::{BlockCipherDecrypt, BlockCipherEncrypt, KeyInit};
use aes::{Aes128, Aes192, Aes256};
use hmac::{Hmac, Mac};
use sha1::Sha1;

use crate::Locked;

/// One block of AES.
pub(crate) type Block = Array<u8, U16>;
/// Bytes deciphered at once: whole blocks.
const STRETCH: usize = 4_096;

/// AES with its key.
pub(crate) enum Aes {
    Short(Box<Aes128>),
    Middle(Box<Aes192>),
    Long(Box<Aes256>),
}

impl Aes {
    pub(crate) fn new(key: &[u8]) -> Result<Self, Locked> {
        let made = match key.len() {
            16 => Aes128::new_from_slice(key).map(|aes| Self::Short(Box::new(aes))),
            24 => Aes192::new_from_slice(key).map(|aes| Self::Middle(Box::new(aes))),
            _ => Aes256::new_from_slice(key).map(|aes| Self::Long(Box::new(aes))),
        };
        made.map_err(|_| Locked::NotSupported)
    }

    pub(crate) fn encrypt(&self, block: &mut Block) {
        match self {
            Self::Short(aes) => aes.encrypt_block(block),
            Self::Middle(aes) => aes.encrypt_block(block),
            Self::Long(aes) => aes.encrypt_block(block),
        }
    }

    /// Deciphers each block by itself (ECB); bytes behind the last whole block stay.
    pub(crate) fn decrypt_blocks(&self, bytes: &mut [u8]) {
        let (blocks, _) = Block::slice_as_chunks_mut(bytes);
        match self {
            Self::Short(aes) => aes.decrypt_blocks(blocks),
            Self::Middle(aes) => aes.decrypt_blocks(blocks),
            Self::Long(aes) => aes.decrypt_blocks(blocks),
        }
    }

    /// Deciphers a chain (CBC); bytes behind the last whole block stay.
    pub(crate) fn decrypt_chain(&self, vector: [u8; 16], bytes: &mut [u8]) {
        let mut before = vector;
        for stretch in bytes.chunks_mut(STRETCH) {
            let sealed = stretch.to_vec();
            self.decrypt_blocks(stretch);
            let earlier = std::iter::once(before.as_slice()).chain(sealed.chunks_exact(16));
            for (block, earlier) in stretch.chunks_exact_mut(16).zip(earlier) {
                xor(block, earlier);
            }
            if let Some(last) = sealed.chunks_exact(16).next_back() {
                before.copy_from_slice(last);
            }
        }
    }

    /// Counter mode as WinZip has it: a counter from one, its low byte first. It enciphers and deciphers.
    pub(crate) fn count_through(&self, bytes: &mut [u8]) {
        for (number, block) in (1_u128..).zip(bytes.chunks_mut(16)) {
            let mut counter = Block::from(number.to_le_bytes());
            self.encrypt(&mut counter);
            xor(block, &counter);
        }
    }
}

fn xor(bytes: &mut [u8], with: &[u8]) {
    for (byte, with) in bytes.iter_mut().zip(with) {
        *byte ^= with;
    }
}

/// The stream of RC4.
pub(crate) struct Rc4 {
    state: [u8; 256],
    i: u8,
    j: u8,
}

impl Rc4 {
    pub(crate) fn new(key: &[u8]) -> Self {
        let mut state = [0; 256];
        for (number, byte) in (0..=u8::MAX).zip(state.iter_mut()) {
            *byte = number;
        }
        let mut cipher = Self { state, i: 0, j: 0 };
        for (i, key) in (0..=u8::MAX).zip(key.iter().cycle()) {
            cipher.j = cipher.j.wrapping_add(cipher.at(i)).wrapping_add(*key);
            cipher.state.swap(usize::from(i), usize::from(cipher.j));
        }
        cipher.j = 0;
        cipher
    }

    fn at(&self, place: u8) -> u8 {
        self.state.get(usize::from(place)).copied().unwrap_or_default()
    }

    /// The next byte of the stream.
    pub(crate) fn next(&mut self) -> u8 {
        self.i = self.i.wrapping_add(1);
        self.j = self.j.wrapping_add(self.at(self.i));
        self.state.swap(usize::from(self.i), usize::from(self.j));
        self.at(self.at(self.i).wrapping_add(self.at(self.j)))
    }

    pub(crate) fn apply(&mut self, bytes: &mut [u8]) {
        for byte in bytes {
            *byte ^= self.next();
        }
    }
}

/// Turns of PBKDF2 in a WinZip key.
const TURNS: u32 = 1_000;
/// Hashed blocks that one piece of it costs.
pub(crate) const PIECE_WORK: u64 = 2 * TURNS as u64;

/// The piece `number` (from one, 20 bytes each) of a WinZip key: PBKDF2 with HMAC-SHA-1 (RFC 2898 5.2).
pub(crate) fn winzip_piece(password: &[u8], salt: &[u8], number: u32) -> Result<[u8; 20], Locked> {
    let keyed = Hmac::<Sha1>::new_from_slice(password).map_err(|_| Locked::NotSupported)?;
    let mut mac = keyed.clone();
    mac.update(salt);
    mac.update(&number.to_be_bytes());
    let mut turn: [u8; 20] = mac.finalize().into_bytes().into();
    let mut piece = turn;
    for _ in 1..TURNS {
        let mut mac = keyed.clone();
        mac.update(&turn);
        turn = mac.finalize().into_bytes().into();
        xor(&mut piece, &turn);
    }
    Ok(piece)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rc4_gives_the_published_stream() {
        let mut bytes = *b"Plaintext";
        Rc4::new(b"Key").apply(&mut bytes);
        assert_eq!(bytes, *b"\xBB\xF3\x16\xE8\xD9\x40\xAF\x0A\xD3");
    }

    #[test]
    fn a_chain_over_several_stretches_is_deciphered_as_one() {
        // NIST SP 800-38A F.2.2, first two blocks.
        let key = 0x2b7e_1516_28ae_d2a6_abf7_1588_09cf_4f3c_u128.to_be_bytes();
        let vector = 0x0001_0203_0405_0607_0809_0a0b_0c0d_0e0f_u128.to_be_bytes();
        let sealed = [0x7649_abac_8119_b246_cee9_8e9b_12e9_197d_u128, 0x5086_cb9b_5072_19ee_95db_113a_9176_78b2];
        let mut bytes: Vec<u8> = sealed.iter().flat_map(|block| block.to_be_bytes()).collect();
        Aes::new(&key).unwrap().decrypt_chain(vector, &mut bytes);
        assert_eq!(bytes[..4], [0x6b, 0xc1, 0xbe, 0xe2]);
        assert_eq!(bytes[16..20], [0xae, 0x2d, 0x8a, 0x57]);

        let aes = Aes::new(&key).unwrap();
        let sealed: Vec<u8> = (0..STRETCH * 2 + 48).map(|n| u8::try_from(n * 7 % 251).unwrap()).collect();
        let (mut whole, mut halves) = (sealed.clone(), sealed.clone());
        aes.decrypt_chain(vector, &mut whole);
        let (first, second) = halves.split_at_mut(64);
        aes.decrypt_chain(vector, first);
        aes.decrypt_chain(sealed[48..64].try_into().unwrap(), second);
        assert!(whole == halves);
    }
}
