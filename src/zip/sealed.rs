//! Bytes of a member sealed under a password: WinZip AES-256, version AE-2 (APPNOTE.TXT 7.2 and WinZip's "AES Encryption
//! Information" 1.04).
//!
//! Refuses nothing of its own. Invariant: whoever changes a byte is noticed (HMAC-SHA-1 over what is enciphered), and no
//! checksum of the plain bytes leaves.

use aes::Aes256;
use aes::cipher::array::Array;
use aes::cipher::{BlockCipherEncrypt as _, KeyInit as _};
use hmac::{Hmac, Mac as _};
use sha1::Sha1;
use zeroize::Zeroizing;

/// Bytes of salt for AES-256. The key follows from password and salt and the count begins at one: two members under one
/// password with one salt would give each other away.
pub const SALT: usize = 16;

/// Method 99 (APPNOTE.TXT 4.4.5): the real one is in the extra field.
pub(super) const METHOD: [u8; 2] = [99, 0];
/// Version 5.1 (APPNOTE.TXT 4.4.3.2).
pub(super) const VERSION: [u8; 2] = [51, 0];
/// The bit of the flags that says so (APPNOTE.TXT 4.4.4, bit 0), in the first byte.
pub(super) const FLAG: u8 = 1;

/// Turns of PBKDF2; the format knows no other number.
const TURNS: u32 = 1_000;
/// Bytes of an AES-256 key and of that of the HMAC.
const KEY: usize = 32;
/// Bytes of the HMAC that are kept.
const MARK: usize = 10;

/// The extra field: AE-2, 256 bits, and how the bytes were packed before.
pub(super) fn extra(packed: [u8; 2]) -> Vec<u8> {
    [&[0x01, 0x99, 7, 0, 2, 0][..], b"AE", &[3], &packed].concat()
}

/// Salt, check value, enciphered bytes, mark. `None` never happens: every length is a key for HMAC, and 32 bytes are one
/// for AES-256.
pub(super) fn seal(plain: &[u8], password: &str, salt: [u8; SALT]) -> Option<Vec<u8>> {
    let keys = keys(password.as_bytes(), &salt)?;
    let (key, rest) = keys.split_at_checked(KEY)?;
    let (mac_key, rest) = rest.split_at_checked(KEY)?;
    let check = rest.get(..2)?;
    let mut content = plain.to_vec();
    count_through(&Aes256::new_from_slice(key).ok()?, &mut content);
    let mut mac = Hmac::<Sha1>::new_from_slice(mac_key).ok()?;
    mac.update(&content);
    let mark = mac.finalize().into_bytes();
    Some([&salt, check, &content, mark.get(..MARK)?].concat())
}

/// PBKDF2 with HMAC-SHA-1 (RFC 8018 5.2): four pieces of 20 bytes, of which 66 are used.
fn keys(password: &[u8], salt: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let keyed = Hmac::<Sha1>::new_from_slice(password).ok()?;
    let mut keys = Zeroizing::new(Vec::with_capacity(80));
    for number in 1..=4_u32 {
        let mut mac = keyed.clone();
        mac.update(salt);
        mac.update(&number.to_be_bytes());
        let mut turn: [u8; 20] = mac.finalize().into_bytes().into();
        let mut piece = turn;
        for _ in 1..TURNS {
            let mut mac = keyed.clone();
            mac.update(&turn);
            turn = mac.finalize().into_bytes().into();
            piece.iter_mut().zip(turn).for_each(|(byte, more)| *byte ^= more);
        }
        keys.extend(piece);
    }
    Some(keys)
}

/// AES in counter mode as WinZip has it: a number of 128 bits, little endian, from one on.
fn count_through(aes: &Aes256, bytes: &mut [u8]) {
    for (count, chunk) in (1_u128..).zip(bytes.chunks_mut(16)) {
        let mut block = Array::from(count.to_le_bytes());
        aes.encrypt_block(&mut block);
        chunk.iter_mut().zip(block).for_each(|(byte, more)| *byte ^= more);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_keys_are_those_that_another_maker_of_keys_makes() {
        // What Python's `hashlib.pbkdf2_hmac("sha1", b"password", b"salt", 1000, 66)` begins and ends with.
        let keys = keys(b"password", b"salt").unwrap();
        assert_eq!(keys[..4], [0x6e, 0x88, 0xbe, 0x8b]);
        assert_eq!(keys[62..66], [0x95, 0x87, 0xa3, 0x0b]);
    }
}
