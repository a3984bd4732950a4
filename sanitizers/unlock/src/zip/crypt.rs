//! The two ciphers of zip: the traditional one (APPNOTE 6.1) and AES as WinZip has it (AE-1, AE-2).
//!
//! Refuses: strengths that are none. Invariant: with AES, no byte is deciphered before the keyed hash over all of them
//! is right.

use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use zeroize::Zeroizing;

use crate::cipher::{Aes, PIECE_WORK, winzip_piece};
use crate::{Allowance, Locked};

/// Bytes in front of the content that the traditional cipher begins with.
pub(crate) const TRADITIONAL_HEAD: usize = 12;

const CRC_TABLE: [u32; 256] = crc_table();

const fn crc_table() -> [u32; 256] {
    let mut table = [0; 256];
    let mut value: u32 = 0;
    // `for` is not const; the loop ends at the table's length.
    #[allow(clippy::indexing_slicing, clippy::cast_possible_truncation)]
    while (value as usize) < table.len() {
        let mut crc = value;
        let mut bit = 0;
        while bit < 8 {
            crc = if crc & 1 == 1 { crc >> 1 ^ 0xEDB8_8320 } else { crc >> 1 };
            bit += 1;
        }
        table[value as usize] = crc;
        value += 1;
    }
    table
}

fn crc_step(crc: u32, byte: u8) -> u32 {
    let [low, ..] = crc.to_le_bytes();
    crc >> 8 ^ CRC_TABLE.get(usize::from(low ^ byte)).copied().unwrap_or_default()
}

/// The traditional cipher.
pub(crate) struct Traditional([u32; 3]);

impl Traditional {
    pub(crate) fn new(password: &[u8]) -> Self {
        let mut cipher = Self([0x1234_5678, 0x2345_6789, 0x3456_7890]);
        for byte in password {
            cipher.update(*byte);
        }
        cipher
    }

    fn update(&mut self, plain: u8) {
        let [first, second, third] = &mut self.0;
        *first = crc_step(*first, plain);
        *second = second.wrapping_add(*first & 0xFF).wrapping_mul(134_775_813).wrapping_add(1);
        let [.., high] = second.to_le_bytes();
        *third = crc_step(*third, high);
    }

    fn mask(&self) -> u8 {
        let [.., third] = self.0;
        let value = third & 0xFFFF | 2;
        let [_, mask, ..] = value.wrapping_mul(value ^ 1).to_le_bytes();
        mask
    }

    /// Deciphers in place.
    pub(crate) fn decrypt(&mut self, bytes: &mut [u8]) {
        for byte in bytes {
            *byte ^= self.mask();
            self.update(*byte);
        }
    }

    #[cfg(test)]
    pub(crate) fn encrypt(&mut self, bytes: &mut [u8]) {
        for byte in bytes {
            let plain = *byte;
            *byte ^= self.mask();
            self.update(plain);
        }
    }
}

/// A member enciphered with AES, taken apart: salt, check value, content, keyed hash.
pub(crate) struct Sealed<'a> {
    key_length: usize,
    salt: &'a [u8],
    check: &'a [u8],
    content: &'a [u8],
    hash: &'a [u8],
}

/// What a password is to a member.
pub(crate) enum Fit {
    Opens(Vec<u8>),
    /// The check value fits and the content is not what was enciphered.
    Damaged,
    No,
}

impl<'a> Sealed<'a> {
    pub(crate) fn new(strength: u8, bytes: &'a [u8]) -> Result<Self, Locked> {
        let key_length = match strength {
            1 => 16,
            2 => 24,
            3 => 32,
            _ => return Err(Locked::NotSupported),
        };
        let (salt, rest) = bytes.split_at_checked(key_length / 2).ok_or(Locked::Broken)?;
        let (check, rest) = rest.split_at_checked(2).ok_or(Locked::Broken)?;
        let end = rest.len().checked_sub(10).ok_or(Locked::Broken)?;
        let (content, hash) = rest.split_at_checked(end).ok_or(Locked::Broken)?;
        Ok(Self { key_length, salt, check, content, hash })
    }

    /// Bytes of content.
    pub(crate) const fn length(&self) -> usize {
        self.content.len()
    }

    pub(crate) fn open(&self, password: &[u8], allowance: &mut Allowance) -> Result<Fit, Locked> {
        // The check value stands behind both keys; PBKDF2 makes its pieces apart, so that a wrong password costs one.
        let at = self.key_length * 2;
        if self.key(password, at, 2, allowance)?.as_slice() != self.check {
            return Ok(Fit::No);
        }
        let keys = self.key(password, 0, at, allowance)?;
        let (key, hash_key) = keys.split_at_checked(self.key_length).ok_or(Locked::Broken)?;
        let mut mac = Hmac::<Sha1>::new_from_slice(hash_key).map_err(|_| Locked::Broken)?;
        mac.update(self.content);
        if !mac.finalize().into_bytes().starts_with(self.hash) {
            return Ok(Fit::Damaged);
        }
        let mut content = self.content.to_vec();
        Aes::new(key)?.count_through(&mut content);
        Ok(Fit::Opens(content))
    }

    fn key(&self, password: &[u8], from: usize, length: usize, allowance: &mut Allowance) -> Result<Key, Locked> {
        let (first, last) = (from / 20, (from + length).div_ceil(20));
        let mut key = Zeroizing::new(Vec::with_capacity(80));
        for number in first..last {
            allowance.spend_work(PIECE_WORK)?;
            let number = u32::try_from(number + 1).map_err(|_| Locked::Broken)?;
            key.extend(winzip_piece(password, self.salt, number)?);
        }
        let from = from - first * 20;
        key.drain(..from);
        key.truncate(length);
        Ok(key)
    }
}

type Key = Zeroizing<Vec<u8>>;
