//! 7z archives: members are deciphered, unpacked and checked, then written unpacked to a zip.
//!
//! Refuses: archives without encryption, members without a checksum, and keys of more than 2^24 turns. Invariant: no
//! key is made before its turns are paid for, and a member is written only if its checksum is right.

use std::io::{Cursor, Read};

use sevenz_rust2::{Archive, ArchiveEntry, Block, BlockDecoder, EncoderMethod, Error, Password};

use crate::candidate::{Candidates, Key, Used};
use crate::container::{Kind, Members};
use crate::{Allowance, Locked, Opened, count};

const SIGNATURE: &[u8] = b"7z\xBC\xAF\x27\x1C";
const HEAD: usize = 32;
/// The directory of the archive is packed, and perhaps enciphered.
const PACKED_DIRECTORY: u8 = 0x17;
/// Memory of one decoder in KiB. 7-Zip's largest dictionary is 256 MiB; it takes no more than the content has.
const MEMORY_KIB: usize = 300 * 1024;
/// The same for the directory, and bytes that it unpacks to.
const DIRECTORY_KIB: usize = 32 * 1024;
/// Most turns of a key, as a power of two: 7-Zip's own limit. It writes 19.
const MAX_POWER: u8 = 24;
/// Stands for a key that is the password itself.
const NO_TURNS: u8 = 63;

/// Opens a 7z archive.
pub(crate) fn open(bytes: &[u8], candidates: &Candidates, allowance: &mut Allowance) -> Result<Opened, Locked> {
    let directory = directory(bytes).ok_or(Locked::Broken)?;
    let mut attempt = Attempt { bytes, keys: candidates.in_utf16(&[]), last: None, paid: None, used: Used::default() };
    let coders = match directory.first() {
        Some(&PACKED_DIRECTORY) => directory_coders(directory)?,
        _ => Vec::new(),
    };
    let archive = attempt.directory(&coders, allowance)?;
    allowance.spend_members(archive.files.len())?;
    if coders.is_empty() && !archive.blocks.iter().any(|block| key_makers(block).next().is_some()) {
        return Err(Locked::NotSupported);
    }
    let mut members = Members::default();
    for (number, block) in archive.blocks.iter().enumerate() {
        for (entry, content) in attempt.block(&archive, number, block, allowance)? {
            members.add(entry.name.as_bytes(), true, kind(&entry), &content, allowance)?;
        }
    }
    let blocks = archive.stream_map.file_block_index.iter();
    for (entry, _) in archive.files.iter().zip(blocks).filter(|(_, block)| block.is_none()) {
        members.add(entry.name.as_bytes(), true, kind(entry), &[], allowance)?;
    }
    Ok(Opened { bytes: members.end()?, used: attempt.used.places() })
}

/// The bytes of the directory, if both checksums in front of it are right.
fn directory(bytes: &[u8]) -> Option<&[u8]> {
    let head = bytes.get(..HEAD).filter(|head| head.starts_with(SIGNATURE))?;
    let number = |at: usize| Some(u64::from_le_bytes(head.get(at..)?.first_chunk().copied()?));
    let sum = |at: usize| Some(u32::from_le_bytes(head.get(at..)?.first_chunk().copied()?));
    if crc32fast::hash(head.get(12..)?) != sum(8)? {
        return None;
    }
    let from = HEAD.checked_add(usize::try_from(number(12)?).ok()?)?;
    let to = from.checked_add(usize::try_from(number(20)?).ok()?)?;
    let directory = bytes.get(from..to)?;
    (!directory.is_empty() && crc32fast::hash(directory) == sum(28)?).then_some(directory)
}

/// What makes a key: the properties of an AES coder.
type KeyMaker = Vec<u8>;

/// The AES coders of a packed directory, wherever their identifier stands in it: no coder is there without one.
fn directory_coders(directory: &[u8]) -> Result<Vec<KeyMaker>, Locked> {
    let id = EncoderMethod::ID_AES256_SHA256;
    let mut coders = Vec::new();
    for (at, _) in directory.windows(id.len()).enumerate().filter(|(_, window)| *window == id) {
        let flags = at.checked_sub(1).and_then(|before| directory.get(before)).copied().unwrap_or_default();
        // Bit 4: numbers of streams follow, one byte each as 7-Zip writes them.
        let after = at + id.len() + if flags & 0x10 == 0 { 0 } else { 2 };
        let length = directory.get(after).copied().filter(|length| flags & 0x20 != 0 && *length < 0x80);
        let length = usize::from(length.ok_or(Locked::NotSupported)?);
        coders.push(directory.get(after + 1..after + 1 + length).ok_or(Locked::Broken)?.to_vec());
    }
    Ok(coders)
}

fn key_makers(block: &Block) -> impl Iterator<Item = &[u8]> {
    let coders = block.coders.iter().filter(|coder| coder.encoder_method_id() == EncoderMethod::ID_AES256_SHA256);
    coders.map(|coder| coder.properties())
}

struct Attempt<'a> {
    bytes: &'a [u8],
    keys: Vec<Key>,
    /// The key that opened something before.
    last: Option<usize>,
    /// Power, salt and key that were turned last: the library keeps that one.
    paid: Option<(u8, Vec<u8>, usize)>,
    used: Used,
}

impl Attempt<'_> {
    fn order(&self) -> Vec<usize> {
        self.last.into_iter().chain((0..self.keys.len()).filter(|at| Some(*at) != self.last)).collect()
    }

    fn opened_by(&mut self, at: usize) {
        self.last = Some(at);
        self.used.add(self.keys.get(at).and_then(|key| key.index));
    }

    /// Pays for making a key.
    fn pay(&mut self, properties: &[u8], key: usize, allowance: &mut Allowance) -> Result<(), Locked> {
        let (first, second) = (properties.first().ok_or(Locked::Broken)?, properties.get(1).copied().unwrap_or(0));
        let power = first & 63;
        if power == NO_TURNS {
            return Ok(());
        }
        if power > MAX_POWER {
            return Err(Locked::TooMuch);
        }
        let salt_length = usize::from((first >> 7) + (second >> 4));
        let salt = properties.get(2..2 + salt_length).unwrap_or_default().to_vec();
        let paid = Some((power, salt, key));
        if self.paid != paid {
            let length = self.keys.get(key).map_or(0, |key| key.bytes.len());
            allowance.spend_work((count(salt_length + length + 8) << power).div_ceil(64))?;
            self.paid = paid;
        }
        Ok(())
    }

    fn password(&self, at: usize) -> Password {
        Password::from_raw(self.keys.get(at).map_or(&[], |key| key.bytes.as_slice()))
    }

    fn directory(&mut self, coders: &[KeyMaker], allowance: &mut Allowance) -> Result<Archive, Locked> {
        let mut source = Cursor::new(self.bytes);
        if coders.is_empty() {
            return Archive::read_with_memory_limit(&mut source, &Password::empty(), DIRECTORY_KIB)
                .map_err(|error| refused(&error));
        }
        for at in self.order() {
            for coder in coders {
                self.pay(coder, at, allowance)?;
            }
            if let Ok(archive) = Archive::read_with_memory_limit(&mut source, &self.password(at), DIRECTORY_KIB) {
                self.opened_by(at);
                return Ok(archive);
            }
        }
        Err(Locked::WrongPassword)
    }

    /// The members of one block.
    fn block(
        &mut self,
        archive: &Archive,
        number: usize,
        block: &Block,
        allowance: &mut Allowance,
    ) -> Result<Vec<(ArchiveEntry, Vec<u8>)>, Locked> {
        let size = block.get_unpack_size();
        if size > allowance.bytes {
            return Err(Locked::TooMuch);
        }
        let makers: Vec<&[u8]> = key_makers(block).collect();
        if makers.is_empty() {
            allowance.spend_work(size / 64 + 1)?;
            return self.unpack(archive, number, &Password::empty()).map_err(|error| refused(&error));
        }
        for at in self.order() {
            for maker in &makers {
                self.pay(maker, at, allowance)?;
            }
            allowance.spend_work(size / 64 + 1)?;
            match self.unpack(archive, number, &self.password(at)) {
                Ok(members) => {
                    self.opened_by(at);
                    return Ok(members);
                }
                Err(error) => match refused(&error) {
                    Locked::Broken | Locked::WrongPassword => {}
                    other => return Err(other),
                },
            }
        }
        Err(Locked::WrongPassword)
    }

    fn unpack(
        &self,
        archive: &Archive,
        number: usize,
        password: &Password,
    ) -> Result<Vec<(ArchiveEntry, Vec<u8>)>, Error> {
        let mut source = Cursor::new(self.bytes);
        let decoder = BlockDecoder::new_with_memory_limit(1, MEMORY_KIB, number, archive, password, &mut source);
        let mut members = Vec::new();
        decoder.for_each_entries(&mut |entry: &ArchiveEntry, content: &mut dyn Read| {
            let mut bytes = Vec::new();
            // The sizes of a block's members are within the size of the block, which is paid for.
            std::io::copy(&mut content.take(entry.size), &mut bytes)?;
            // Folders and empty files between others are entries of a block, and have no checksum.
            let is_checked = entry.has_crc && u64::from(crc32fast::hash(&bytes)) == entry.crc;
            if count(bytes.len()) != entry.size || (entry.has_stream && !is_checked) {
                return Err(Error::ChecksumVerificationFailed);
            }
            members.push((entry.clone(), bytes));
            Ok(true)
        })?;
        Ok(members)
    }
}

fn refused(error: &Error) -> Locked {
    match error {
        Error::UnsupportedCompressionMethod(_) | Error::Unsupported(_) | Error::ExternalUnsupported => {
            Locked::NotSupported
        }
        Error::MaxMemLimited { .. } => Locked::TooMuch,
        Error::PasswordRequired | Error::MaybeBadPassword(_) => Locked::WrongPassword,
        _ => Locked::Broken,
    }
}

fn kind(entry: &ArchiveEntry) -> Kind {
    // Bit 15: the upper half is a mode of Unix; bit 10: a reparse point.
    let attributes = if entry.has_windows_attributes { entry.windows_attributes } else { 0 };
    let is_link = attributes & 1 << 15 != 0 && attributes >> 16 & 0o170_000 == 0o120_000;
    if is_link || attributes & 1 << 10 != 0 {
        Kind::Link
    } else if entry.is_directory {
        Kind::Folder
    } else {
        Kind::File
    }
}
