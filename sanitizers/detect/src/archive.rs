//! Whether a RAR or 7z archive takes a password, from its headers.
//!
//! Invariant: every walk goes forward and ends after [`MAX_BLOCKS`] blocks; nothing of a member is unpacked, and of a packed
//! head no more than [`MAX_HEADER`].

use std::io::Read;

use lzma_rust2::{Lzma2Reader, LzmaReader};

use crate::bytes::{find, head, u16_at, u32_at};

/// Headers looked at.
const MAX_BLOCKS: usize = 20_000;
/// Longest head of a 7z archive that is searched, packed or not: its coders stand before the names of its members.
const MAX_HEADER: usize = 262_144;
/// The coder 7zAES.
const AES: &[u8] = b"\x06\xF1\x07\x01";
/// The coder LZMA, and the length of its properties.
const LZMA: &[u8] = b"\x03\x01\x01\x05";
/// The coder LZMA2 with what says that it has properties, and their length.
const LZMA2: &[u8] = b"\x21\x21\x01";

pub(crate) const RAR4: &[u8] = b"Rar!\x1A\x07\0";
pub(crate) const RAR5: &[u8] = b"Rar!\x1A\x07\x01\0";
pub(crate) const SEVEN_ZIP: &[u8] = b"7z\xBC\xAF\x27\x1C";

/// RAR 1.5 to 4: headers that are encrypted, or any file that is.
pub(crate) fn is_rar4_encrypted(bytes: &[u8]) -> bool {
    let mut at = RAR4.len();
    for _ in 0..MAX_BLOCKS {
        let kind = bytes.get(at + 2).copied();
        let (Some(flags), Some(size)) = (u16_at(bytes, at + 3), u16_at(bytes, at + 5)) else { return false };
        match kind {
            Some(0x73) if flags & 0x80 != 0 => return true,
            Some(0x74) if flags & 0x04 != 0 => return true,
            // The end of the archive.
            Some(0x7B) | None => return false,
            _ => {}
        }
        let mut length = usize::from(size);
        if flags & 0x8000 != 0 || matches!(kind, Some(0x74 | 0x7A)) {
            length = length.saturating_add(u32_at(bytes, at + 7).unwrap_or(0));
        }
        if flags & 0x100 != 0 && matches!(kind, Some(0x74 | 0x7A)) && u32_at(bytes, at + 32).is_none_or(|high| high > 0)
        {
            return false;
        }
        at = at.saturating_add(length.max(7));
    }
    false
}

/// RAR 5: an encryption header, or any file or service block with an encryption record.
pub(crate) fn is_rar5_encrypted(bytes: &[u8]) -> bool {
    let mut rest = bytes.get(RAR5.len()..).unwrap_or_default();
    for _ in 0..MAX_BLOCKS {
        match rar5_block(rest) {
            Some((true, _)) => return true,
            Some((false, next)) => rest = next,
            None => return false,
        }
    }
    false
}

/// Whether a block tells of encryption, and what follows it.
fn rar5_block(bytes: &[u8]) -> Option<(bool, &[u8])> {
    let mut after_sum = bytes.get(4..)?;
    let size = number(&mut after_sum)?;
    // One that is cut says what it has said.
    let (header, data) = after_sum.split_at_checked(size).unwrap_or((after_sum, &[]));
    let mut fields = header;
    let kind = number(&mut fields)?;
    let flags = number(&mut fields)?;
    let extra = if flags & 1 != 0 { number(&mut fields)? } else { 0 };
    let length = if flags & 2 != 0 { number(&mut fields)? } else { 0 };
    let records = header.get(header.len().saturating_sub(extra)..).unwrap_or_default();
    let tells = kind == 4 || (matches!(kind, 2 | 3) && has_encryption_record(records));
    Some((tells, data.get(length..).filter(|_| kind != 5).unwrap_or_default()))
}

fn has_encryption_record(mut records: &[u8]) -> bool {
    while let Some(size) = number(&mut records) {
        let Some((mut record, next)) = records.split_at_checked(size) else { break };
        if number(&mut record) == Some(1) {
            return true;
        }
        records = next;
    }
    false
}

/// A number of seven bits a byte, the lowest first.
fn number(bytes: &mut &[u8]) -> Option<usize> {
    let mut value = 0u64;
    for place in 0..9u32 {
        let (first, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u64::from(first & 0x7F) << (7 * place);
        if *first < 0x80 {
            return usize::try_from(value).ok();
        }
    }
    None
}

/// 7z: the coder for AES in the head of the archive, which may be packed itself.
pub(crate) fn is_seven_zip_encrypted(bytes: &[u8]) -> bool {
    let place = u64_at(bytes, 12).zip(u64_at(bytes, 20));
    let from = place.and_then(|(offset, length)| Some((offset.checked_add(32)?, length)));
    let Some((from, length)) = from else { return false };
    let header = head(bytes.get(from..).unwrap_or_default(), length.min(MAX_HEADER));
    match header.first() {
        Some(0x17) => find(header, AES).is_some() || packed_header_tells(bytes, header) == Some(true),
        _ => find(header, AES).is_some(),
    }
}

/// Unpacks the head that `outer` describes, if it is packed with LZMA or, as py7zr does, with LZMA2.
fn packed_header_tells(bytes: &[u8], outer: &[u8]) -> Option<bool> {
    // Streams info: pack info, its position, one stream, its size.
    let mut fields = outer.strip_prefix(b"\x17\x06")?;
    let position = seven_zip_number(&mut fields)?;
    let mut fields = fields.strip_prefix(b"\x01\x09")?;
    let size = seven_zip_number(&mut fields)?;
    let packed = head(bytes.get(position.checked_add(32)?..)?, size);
    let unpacked = match find(outer, LZMA) {
        Some(coder) => unpack(*outer.get(coder + LZMA.len()..)?.first_chunk::<5>()?, packed, MAX_HEADER),
        None if find(outer, LZMA2).is_some() => unpack2(packed, MAX_HEADER),
        None => return None,
    };
    Some(find(&unpacked, AES).is_some())
}

/// The first `most` bytes of what `packed` holds; fewer if it ends or breaks before that. `properties` are the five bytes
/// of the coder: its parameters and the size of its dictionary, which is never larger than the output needs.
fn unpack(properties: [u8; 5], packed: &[u8], most: usize) -> Vec<u8> {
    let [parameters, dictionary @ ..] = properties;
    let dictionary = u32::from_le_bytes(dictionary).min(u32::try_from(most).unwrap_or(u32::MAX)).max(4096);
    match LzmaReader::new_with_props(packed, u64::MAX, parameters, dictionary, None) {
        Ok(reader) => read(reader, most),
        Err(_) => Vec::new(),
    }
}

/// The same of LZMA2, which says its parameters in the stream.
fn unpack2(packed: &[u8], most: usize) -> Vec<u8> {
    let dictionary = u32::try_from(most).unwrap_or(u32::MAX).max(4096);
    read(Lzma2Reader::new(packed, dictionary, None), most)
}

fn read(mut reader: impl Read, most: usize) -> Vec<u8> {
    let mut output = Vec::new();
    // Byte by byte: what comes before a stream breaks or ends without a mark is kept.
    let mut byte = [0];
    while output.len() < most && matches!(reader.read(&mut byte), Ok(1)) {
        output.extend(byte);
    }
    output
}

/// The leading one bits of the first byte say how many bytes follow, the lowest first.
fn seven_zip_number(bytes: &mut &[u8]) -> Option<usize> {
    let (first, rest) = bytes.split_first()?;
    let count = first.leading_ones();
    let (low, rest) = rest.split_at_checked(usize::try_from(count).ok()?)?;
    *bytes = rest;
    let low = low.iter().rev().fold(0u64, |value, b| value << 8 | u64::from(*b));
    let high = if count < 7 { u64::from(*first) & (0x7F >> count) } else { 0 };
    usize::try_from(low | high << (8 * count % 64)).ok()
}

fn u64_at(bytes: &[u8], at: usize) -> Option<usize> {
    usize::try_from(u64::from_le_bytes(*bytes.get(at..)?.first_chunk()?)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect;

    /// Three short files, written by 7-Zip 23 with a password, the head packed but not encrypted; then without a
    /// password; then with an encrypted head.
    const WITH_PASSWORD: &str = "377abcaf271c0004c95bdc28a0000000000000002200000000000000cbf19c1170d14a54a981a873bcfc0f908038d10c\
     16f116a4c64e2535b4c627855403cb480000813307ae0fd00eb03c9f39109c9fa6d533dab22eb0d1ad019e5b0bc39eba\
     4c59bfc68ebc1bf22ff6dde2a9dc5b158b59e9593508a2d755cb33b1653f062f0d94c0479775f4f341448b3f4a5e2d70\
     c94731b14df9d619a3a1125f37e0c887bbdab6f3feb08ddea4bd451acf6e00f357c7a98d8a2f38f138dff1744e000000\
     1706200109808000070b01000123030101055d001000000c80d20a01d818af130000";
    const WITHOUT: &str = "377abcaf271c0004079f7edb77000000000000002100000000000000f5499423e00011000b5d00341949ee8ddd4ec585\
     e000000000813307ae0fcf27f08c07c8437f41b1fafde5dddeb04cd01a5b76b352ccc9e3c6164b6a53dc28a5dd927b0d\
     2fb9d54e9574407b46410ca325b35c395b06e5bc61d5f9952ead40cc578f0de9aeadf48bc2ca0113455f63006e742bbf\
     14895b4f00000017061301096400070b01000123030101055d001000000c80c20a015ccdbbd40000";
    const ENCRYPTED_HEAD: &str = "377abcaf271c000473bb8d2ba0000000000000003e000000000000008a66578d3e0596a429b6ef3a6752e543392bad2e\
     b0f16fe81ee0403da139d46da928e18d2df82cc2d316faafee12fecd58a8aa074b8e09c4a9e6823e7c4539d07ee44431\
     9dab47cd97ababaee1ee11860cb4cd975354c39b6ae17723737011679e6f2fd6ce5cfb53332c140de65dd0304a2ba018\
     e01e3741f684962c689a6ae57812cd43e1708ee3756fbf902aa0530ed3f412eaec2e792033a30e290714ff90e5bee3d7\
     1706200109808000070b0100022406f1070112530f0cd9a39c431326773748aa169b1e8d2823030101055d0010000001\
     000c808080d20a019831db090000";

    fn bytes(hex: &str) -> Vec<u8> {
        let digits: Vec<u8> = hex.chars().filter_map(|c| c.to_digit(16)).map(|d| u8::try_from(d).unwrap()).collect();
        digits.chunks(2).map(|pair| pair[0] * 16 + pair[1]).collect()
    }

    #[test]
    fn a_packed_head_of_7z_is_unpacked_to_see_the_coders() {
        for (archive, expected) in [(WITH_PASSWORD, true), (WITHOUT, false), (ENCRYPTED_HEAD, true)] {
            let archive = bytes(archive);
            let from = 32 + u64_at(&archive, 12).unwrap();
            assert_eq!(archive[from], 0x17, "a packed head");
            assert_eq!(detect(&archive).encrypted, expected);
            let program = [b"MZ\0\x01".as_slice(), SEVEN_ZIP, &[0; 90], &archive].concat();
            assert_eq!((detect(&program).id, detect(&program).encrypted), ("mz", expected));
        }
    }

    #[test]
    fn a_head_packed_with_lzma2_is_read_too() {
        for (coder, expected) in [(AES, true), (&[0; 4][..], false)] {
            let inner = [&[1, 4, 6, 0][..], coder, &[0; 8]].concat();
            let length = u8::try_from(inner.len()).unwrap();
            // One chunk that is not packed, and the end.
            let packed = [&[1, 0, length - 1], inner.as_slice(), &[0]].concat();
            let outer = [0x17, 6, 0, 1, 9, length + 4, 0, 7, 11, 1, 0, 1, 0x21, 0x21, 1, 0x18, 12, length, 0, 0];
            let number = |value: usize| u64::try_from(value).unwrap().to_le_bytes();
            let start = [number(packed.len()), number(outer.len())].concat();
            let archive = [SEVEN_ZIP, &[0, 4, 0, 0, 0, 0], &start, &[0; 4], &packed, &outer].concat();
            assert_eq!((detect(&archive).id, detect(&archive).encrypted), ("7z", expected));
        }
    }

    /// Size, kind, flags, the rest: every number below 128.
    fn rar5(blocks: &[&[u8]]) -> Vec<u8> {
        let mut archive = RAR5.to_vec();
        for block in blocks {
            archive.extend([0, 0, 0, 0, u8::try_from(block.len()).unwrap()]);
            archive.extend(*block);
        }
        archive
    }

    #[test]
    fn any_encrypted_file_of_a_rar_counts_not_the_first_alone() {
        let (main, end): (&[u8], &[u8]) = (&[1, 0, 0], &[5, 0, 0]);
        let plain_file: &[u8] = &[2, 1, 3, b'x', 2, 3, 0];
        let encrypted_file: &[u8] = &[2, 1, 4, b'x', 3, 1, 0, 0];
        for (blocks, expected) in [
            (vec![main, plain_file, end], false),
            (vec![main, plain_file, encrypted_file, end], true),
            (vec![main, end, encrypted_file], false),
            (vec![&[4, 0, 0], main], true),
        ] {
            assert_eq!(detect(&rar5(&blocks)).encrypted, expected, "{blocks:?}");
        }
        let block = |kind: u8, flags: u16, data: u8| {
            let mut block = vec![0, 0, kind];
            block.extend(flags.to_le_bytes());
            block.extend([32, 0, data, 0, 0, 0]);
            block.resize(32 + usize::from(data), 0xEE);
            block
        };
        for (flags, expected) in [(0x8000, false), (0x8004, true)] {
            let archive = [RAR4, &block(0x73, 0, 0), &block(0x74, 0x8000, 9), &block(0x74, flags, 3)].concat();
            assert_eq!(detect(&archive).encrypted, expected);
        }
    }

    #[test]
    fn any_bytes_are_survived_and_no_more_is_unpacked_than_was_asked_for() {
        let whole = bytes(WITH_PASSWORD);
        for at in 0..whole.len() {
            let mut changed = whole.clone();
            changed[at] ^= 0x55;
            let _ = (detect(&changed), detect(&whole[..at]));
            let packed = &changed[at..];
            for most in [0, 1, 100, 5_000] {
                assert!(unpack([0x5D, 0, 0, 1, 0], packed, most).len() <= most);
                assert!(unpack2(packed, most).len() <= most);
                assert!(unpack([0x5D, 0, 0, 1, 0], &[&[0], packed].concat(), most).len() <= most);
            }
        }
    }
}
