//! Agile encryption ([MS-OFFCRYPTO] 2.3.4.10 and following): what Office 2010 and later write.
//!
//! Refuses: ciphers other than AES in CBC, hashes other than SHA-1 and SHA-2, more turns than [`MAX_TURNS`], and
//! descriptions without a keyed hash over the package. Invariant: the verifier fits, and the keyed hash over the whole
//! enciphered package is right, before a byte of it is deciphered.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use sha1::{Digest, Sha1};
use sha2::{Sha256, Sha384, Sha512};
use zeroize::Zeroizing;

use super::{claimed_length, first};
use crate::candidate::Key;
use crate::cipher::Aes;
use crate::{Allowance, Locked};

/// The most that the format allows; Office writes 100,000.
const MAX_TURNS: u32 = 10_000_000;
/// Elements of a description; Office writes six.
const MAX_ELEMENTS: usize = 100;
/// Bytes of the package enciphered together.
const SEGMENT: usize = 4_096;

pub(super) const VERIFIER_INPUT: [u8; 8] = [0xFE, 0xA7, 0xD2, 0x76, 0x3B, 0x4B, 0x9E, 0x79];
pub(super) const VERIFIER_HASH: [u8; 8] = [0xD7, 0xAA, 0x0F, 0x6D, 0x30, 0x61, 0x34, 0x4E];
pub(super) const PACKAGE_KEY: [u8; 8] = [0x14, 0x6E, 0x0B, 0xE7, 0xAB, 0xAC, 0xD0, 0xD6];
pub(super) const HASH_KEY: [u8; 8] = [0x5F, 0xB2, 0xAD, 0x01, 0x0C, 0xB9, 0xE1, 0xF6];
pub(super) const HASH_VALUE: [u8; 8] = [0xA0, 0x67, 0x7F, 0x02, 0xB2, 0x2C, 0x84, 0x33];

type Bytes = Zeroizing<Vec<u8>>;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum HashKind {
    Sha1,
    Sha256,
    Sha384,
    Sha512,
}

impl HashKind {
    fn named(name: &str) -> Result<Self, Locked> {
        match name {
            "SHA1" | "SHA-1" => Ok(Self::Sha1),
            "SHA256" | "SHA-256" => Ok(Self::Sha256),
            "SHA384" | "SHA-384" => Ok(Self::Sha384),
            "SHA512" | "SHA-512" => Ok(Self::Sha512),
            _ => Err(Locked::NotSupported),
        }
    }

    const fn length(self) -> usize {
        match self {
            Self::Sha1 => 20,
            Self::Sha256 => 32,
            Self::Sha384 => 48,
            Self::Sha512 => 64,
        }
    }

    fn of(self, parts: &[&[u8]]) -> Bytes {
        match self {
            Self::Sha1 => digest::<Sha1>(parts),
            Self::Sha256 => digest::<Sha256>(parts),
            Self::Sha384 => digest::<Sha384>(parts),
            Self::Sha512 => digest::<Sha512>(parts),
        }
    }

    /// The hash of salt and password, hashed again and again with the number of the turn in front.
    fn turned(self, salt: &[u8], password: &[u8], turns: u32) -> Bytes {
        let mut hash = self.of(&[salt, password]);
        for turn in 0..turns {
            hash = self.of(&[&turn.to_le_bytes(), &hash]);
        }
        hash
    }

    fn keyed(self, key: &[u8], bytes: &[u8]) -> Result<Bytes, Locked> {
        macro_rules! keyed {
            ($hash:ty) => {{
                let mut mac = Hmac::<$hash>::new_from_slice(key).map_err(|_| Locked::Broken)?;
                mac.update(bytes);
                Zeroizing::new(mac.finalize().into_bytes().to_vec())
            }};
        }
        Ok(match self {
            Self::Sha1 => keyed!(Sha1),
            Self::Sha256 => keyed!(Sha256),
            Self::Sha384 => keyed!(Sha384),
            Self::Sha512 => keyed!(Sha512),
        })
    }
}

fn digest<H: Digest>(parts: &[&[u8]]) -> Bytes {
    let mut hash = H::new();
    for part in parts {
        hash.update(part);
    }
    Zeroizing::new(hash.finalize().to_vec())
}

/// How something is enciphered.
struct Scheme {
    hash: HashKind,
    salt: Vec<u8>,
    key_length: usize,
}

impl Scheme {
    fn read(element: &BytesStart<'_>) -> Result<Self, Locked> {
        let (cipher, chaining) = (attribute(element, "cipherAlgorithm")?, attribute(element, "cipherChaining")?);
        let key_length = number(element, "keyBits")? / 8;
        let is_known = cipher == "AES" && chaining == "ChainingModeCBC" && matches!(key_length, 16 | 24 | 32);
        let hash = HashKind::named(&attribute(element, "hashAlgorithm")?)?;
        let salt = octets(element, "saltValue")?;
        if !is_known || number(element, "blockSize")? != 16 {
            return Err(Locked::NotSupported);
        }
        if usize::try_from(number(element, "hashSize")?) != Ok(hash.length()) || salt.is_empty() {
            return Err(Locked::Broken);
        }
        Ok(Self { hash, salt, key_length: usize::try_from(key_length).map_err(|_| Locked::Broken)? })
    }

    /// The first block of the salt, or of its hash with `block`.
    fn vector(&self, block: Option<&[u8]>) -> [u8; 16] {
        let bytes = block.map_or_else(|| Zeroizing::new(self.salt.clone()), |block| self.hash.of(&[&self.salt, block]));
        std::array::from_fn(|at| fitted(&bytes, at))
    }
}

/// Byte `at` of a value that is cut, or filled with 0x36 (2.3.4.11).
fn fitted(bytes: &[u8], at: usize) -> u8 {
    bytes.get(at).copied().unwrap_or(0x36)
}

struct Description {
    package: Scheme,
    hash_key: Vec<u8>,
    hash_value: Vec<u8>,
    password: Scheme,
    turns: u32,
    verifier_input: Vec<u8>,
    verifier_hash: Vec<u8>,
    key: Vec<u8>,
}

pub(super) fn open(
    info: &[u8],
    sealed: &[u8],
    keys: &[Key],
    allowance: &mut Allowance,
) -> Result<(Vec<u8>, Option<usize>), Locked> {
    let description = describe(info.get(8..).ok_or(Locked::Broken)?)?;
    let length = claimed_length(sealed)?;
    let (key, index) = first(keys, |key| description.package_key(&key.bytes, allowance))?;
    description.check_whole(&key, sealed)?;
    let mut bytes = sealed.get(8..).unwrap_or_default().to_vec();
    let aes = Aes::new(&key)?;
    for (number, segment) in (0_u32..).zip(bytes.chunks_mut(SEGMENT)) {
        aes.decrypt_chain(description.package.vector(Some(&number.to_le_bytes())), segment);
    }
    bytes.truncate(length);
    Ok((bytes, index))
}

impl Description {
    /// The key of the package, if the verifier fits.
    fn package_key(&self, password: &[u8], allowance: &mut Allowance) -> Result<Option<Bytes>, Locked> {
        let scheme = &self.password;
        // Behind the first hash each turn is one block.
        allowance.spend_work(u64::from(self.turns) + 16)?;
        let hash = scheme.hash.turned(&scheme.salt, password, self.turns);
        let open = |block: &[u8], sealed: &[u8], length: usize| -> Result<Bytes, Locked> {
            let derived = scheme.hash.of(&[&hash, block]);
            let key: Bytes = Zeroizing::new((0..scheme.key_length).map(|at| fitted(&derived, at)).collect());
            let mut bytes = Zeroizing::new(sealed.to_vec());
            Aes::new(&key)?.decrypt_chain(scheme.vector(None), &mut bytes);
            bytes.truncate(length);
            if bytes.len() == length { Ok(bytes) } else { Err(Locked::Broken) }
        };
        let input = open(&VERIFIER_INPUT, &self.verifier_input, scheme.salt.len())?;
        let expected = open(&VERIFIER_HASH, &self.verifier_hash, scheme.hash.length())?;
        if scheme.hash.of(&[&input]) != expected {
            return Ok(None);
        }
        open(&PACKAGE_KEY, &self.key, self.package.key_length).map(Some)
    }

    /// The keyed hash over the whole stream (2.3.4.14).
    fn check_whole(&self, key: &[u8], sealed: &[u8]) -> Result<(), Locked> {
        let scheme = &self.package;
        let open = |block: &[u8], value: &[u8]| -> Result<Bytes, Locked> {
            let mut bytes = Zeroizing::new(value.to_vec());
            Aes::new(key)?.decrypt_chain(scheme.vector(Some(block)), &mut bytes);
            bytes.truncate(scheme.hash.length());
            if bytes.len() == scheme.hash.length() { Ok(bytes) } else { Err(Locked::Broken) }
        };
        let hash_key = open(&HASH_KEY, &self.hash_key)?;
        let expected = open(&HASH_VALUE, &self.hash_value)?;
        if scheme.hash.keyed(&hash_key, sealed)? == expected { Ok(()) } else { Err(Locked::Broken) }
    }
}

fn describe(xml: &[u8]) -> Result<Description, Locked> {
    let mut reader = Reader::from_str(std::str::from_utf8(xml).map_err(|_| Locked::Broken)?);
    let (mut package, mut whole, mut password) = (None, None, None);
    for _ in 0..MAX_ELEMENTS {
        let event = reader.read_event().map_err(|_| Locked::Broken)?;
        let element = match &event {
            Event::Start(element) | Event::Empty(element) => element,
            Event::DocType(_) => return Err(Locked::Broken),
            Event::Eof => break,
            _ => continue,
        };
        match element.local_name().as_ref() {
            "keyData" if package.is_none() => package = Some(Scheme::read(element)?),
            "dataIntegrity" if whole.is_none() => {
                whole = Some((octets(element, "encryptedHmacKey")?, octets(element, "encryptedHmacValue")?));
            }
            "encryptedKey" if password.is_none() => password = Some(password_of(element)?),
            // Twice: readers would choose differently.
            "keyData" | "dataIntegrity" | "encryptedKey" => return Err(Locked::Broken),
            _ => {}
        }
    }
    let (Some(package), Some((hash_key, hash_value))) = (package, whole) else { return Err(Locked::Broken) };
    // Without a password there are certificates only.
    let (password, turns, verifier_input, verifier_hash, key) = password.ok_or(Locked::NotSupported)?;
    Ok(Description { package, hash_key, hash_value, password, turns, verifier_input, verifier_hash, key })
}

type PasswordKey = (Scheme, u32, Vec<u8>, Vec<u8>, Vec<u8>);

fn password_of(element: &BytesStart<'_>) -> Result<PasswordKey, Locked> {
    let turns = number(element, "spinCount")?;
    if turns > MAX_TURNS {
        return Err(Locked::TooMuch);
    }
    let input = octets(element, "encryptedVerifierHashInput")?;
    let hash = octets(element, "encryptedVerifierHashValue")?;
    Ok((Scheme::read(element)?, turns, input, hash, octets(element, "encryptedKeyValue")?))
}

fn attribute(element: &BytesStart<'_>, name: &str) -> Result<String, Locked> {
    let attribute = element.try_get_attribute(name).ok().flatten().ok_or(Locked::Broken)?;
    Ok(attribute.value.into_owned())
}

fn number(element: &BytesStart<'_>, name: &str) -> Result<u32, Locked> {
    attribute(element, name)?.parse().map_err(|_| Locked::Broken)
}

fn octets(element: &BytesStart<'_>, name: &str) -> Result<Vec<u8>, Locked> {
    STANDARD.decode(attribute(element, name)?).map_err(|_| Locked::Broken)
}
