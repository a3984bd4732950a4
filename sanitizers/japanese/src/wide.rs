//! UTF-16 without a byte order mark and without a label, as some programs save tables.
//!
//! Refuses: bytes of which a single unit is not ordinary text. Invariant: linear in the bytes; text without a zero byte
//! is never taken for UTF-16.

use encoding_rs::{Encoding, UTF_16BE, UTF_16LE};

/// The order of `bytes` if every unit of them is a character that Japanese or European text has, and a quarter of them
/// ASCII, kana or marks, one in sixteen ASCII, as in any table or text of some lines.
pub(crate) fn unmarked(bytes: &[u8]) -> Option<&'static Encoding> {
    if bytes.is_empty() || !bytes.len().is_multiple_of(2) || !bytes.contains(&0) {
        return None;
    }
    let little = common_units(bytes, u16::from_le_bytes).map(|count| (count, UTF_16LE));
    let big = common_units(bytes, u16::from_be_bytes).map(|count| (count, UTF_16BE));
    let ((common, ascii), order) = little.into_iter().chain(big).max_by_key(|(count, _)| *count)?;
    (common.saturating_mul(8) >= bytes.len() && ascii.saturating_mul(32) >= bytes.len()).then_some(order)
}

/// True for bytes that read as UTF-16 without a mark: what to others looks binary.
#[must_use]
pub fn is_unmarked_utf16(bytes: &[u8]) -> bool {
    unmarked(bytes).is_some()
}

/// How many units are ASCII, kana or marks, and how many of these ASCII; `None` if one is no ordinary character.
fn common_units(bytes: &[u8], unit: impl Fn([u8; 2]) -> u16) -> Option<(usize, usize)> {
    let units = bytes.as_chunks::<2>().0.iter().map(|pair| unit(*pair));
    let mut common = 0usize;
    let mut ascii = 0usize;
    for c in char::decode_utf16(units) {
        match c.ok()? {
            '\t' | '\n' | '\r' | ' '..='~' => ascii = ascii.saturating_add(1),
            '\u{3000}'..='\u{30FF}' | '\u{FF01}'..='\u{FFEE}' => common = common.saturating_add(1),
            '\u{A0}'..='\u{17F}' | '\u{391}'..='\u{451}' | '\u{2010}'..='\u{2027}' | '\u{2030}'..='\u{27BF}' => {}
            '\u{3100}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}' | '\u{20000}'..='\u{323AF}' => {}
            _ => return None,
        }
    }
    Some((common.saturating_add(ascii), ascii))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_in_either_order_are_known_and_noise_is_not() {
        let text = "氏名,備考\r\n髙橋,𠮷\r\n";
        let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        assert_eq!((unmarked(&little), unmarked(&big)), (Some(UTF_16LE), Some(UTF_16BE)));
        assert_eq!(unmarked(b"a\0b\0"), Some(UTF_16LE));
        for noise in [&b""[..], b"a\0b", b"\0\0\0\0", b"MZ\x90\0\x03\0\0\0", b"abcd", b"\x01\0\x02\0", b"a\0\0\xD8"] {
            assert_eq!(unmarked(noise), None, "{noise:?}");
        }
    }
}
