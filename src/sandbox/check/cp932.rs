//! CP932 as far as a table can be dangerous in it: its ASCII, and the full-width signs and digits.
//!
//! Refuses: bytes that are no CP932, its control bytes, characters of somebody's own making, and bytes that are UTF-8 as
//! well (a reader could take them for that). Invariant: one pass; what stands for a character tells no more than its kind.

/// Double-byte characters that a table is searched for.
const SIGNS: &[(u8, u8, char)] = &[
    (0x81, 0x40, '\u{3000}'),
    (0x81, 0x43, '，'),
    (0x81, 0x44, '．'),
    (0x81, 0x7B, '＋'),
    (0x81, 0x7C, '－'),
    (0x81, 0x81, '＝'),
    (0x81, 0x8F, '￥'),
    (0x81, 0x93, '％'),
    (0x81, 0x97, '＠'),
];

/// What stands for every other character.
const OTHER: char = '〓';

/// ASCII and signs of `untrusted` as they are, 〓 for the rest.
pub(super) fn shape(untrusted: &[u8]) -> Option<String> {
    if !untrusted.is_ascii() && std::str::from_utf8(untrusted).is_ok() {
        return None;
    }
    let mut shape = String::with_capacity(untrusted.len());
    let mut bytes = untrusted.iter().copied();
    while let Some(byte) = bytes.next() {
        shape.push(match byte {
            0..=0x7F => char::from(byte),
            // Half-width kana.
            0xA1..=0xDF => OTHER,
            0x81..=0x9F | 0xE0..=0xEF | 0xFA..=0xFC => {
                let trail = bytes.next().filter(|trail| matches!(trail, 0x40..=0x7E | 0x80..=0xFC))?;
                double(byte, trail)
            }
            _ => return None,
        });
    }
    Some(shape)
}

fn double(lead: u8, trail: u8) -> char {
    if let (0x82, 0x4F..=0x58) = (lead, trail) {
        return char::from_u32(u32::from('０') + u32::from(trail) - 0x4F).unwrap_or(OTHER);
    }
    SIGNS.iter().find(|(first, second, _)| (*first, *second) == (lead, trail)).map_or(OTHER, |(_, _, sign)| *sign)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_and_ascii_are_seen_and_the_rest_is_not() {
        for (bytes, expected) in [
            (&b"a,'=1\r\n"[..], Some("a,'=1\r\n")),
            (b"\x8E\x81\x96\xBC,\xB6\xC5", Some("〓〓,〓〓")),
            (b"\x81\x81\x81\x7B\x81\x7C\x81\x97\x82\x4F\x82\x58\x81\x40", Some("＝＋－＠０９\u{3000}")),
            // A backslash and a bar are the second halves of characters.
            (b"\x83\x5C\x83\x7C", Some("〓〓")),
            (b"", Some("")),
            (b"\x8E", None),
            (b"\x8E,", None),
            (b"\x80", None),
            (b"\xF0\x40", None),
            (b"\xFF", None),
            ("氏".as_bytes(), None),
        ] {
            assert_eq!(shape(bytes).as_deref(), expected, "{bytes:?}");
        }
    }
}
