//! EUC-JP with the rows that its standard leaves free: NEC's, IBM's, the user's own.
//!
//! Refuses: nothing; a sequence without meaning becomes U+FFFD. Invariant: an ASCII byte is never part of a pair.

use encoding_rs::EUC_JP;

use crate::rows::{self, Pieces};

/// Half-width kana follow.
const SS2: u8 = 0x8E;
/// JIS X 0212 follows.
const SS3: u8 = 0x8F;

/// The text of `bytes`; with `ms` rows 85 to 94 are the user's own, as eucJP-ms has it, else those that NEC left free.
pub(crate) fn to_text(bytes: &[u8], ms: bool) -> String {
    let is_plain = !ms || !bytes.iter().any(|b| *b >= 0xF5);
    if is_plain && let Some(text) = EUC_JP.decode_without_bom_handling_and_without_replacement(bytes) {
        return text.into_owned();
    }
    let mut out = Pieces::with_capacity(bytes.len());
    let mut rest = bytes;
    while let [first, tail @ ..] = rest {
        rest = match (*first, tail) {
            (ascii @ ..=0x7F, _) => {
                out.ascii(ascii);
                tail
            }
            (SS2, [kana @ 0xA1..=0xDF, after @ ..]) => {
                out.bytes(EUC_JP, &[SS2, *kana]);
                after
            }
            (SS3, [row @ 0xA1..=0xFE, cell @ 0xA1..=0xFE, after @ ..]) => {
                rows::supplement(row.wrapping_sub(0xA0), cell.wrapping_sub(0xA0), &mut out);
                after
            }
            (row @ 0xA1..=0xFE, [cell @ 0xA1..=0xFE, after @ ..]) => {
                kanji(row, *cell, ms, &mut out);
                after
            }
            _ => {
                out.push(None);
                tail
            }
        };
    }
    out.finish()
}

fn kanji(row: u8, cell: u8, ms: bool, out: &mut Pieces) {
    let is_user = row >= 0xF5 && (ms || !(0xF9..=0xFC).contains(&row));
    if is_user {
        out.push(rows::user(row.saturating_sub(0xF5), cell.saturating_sub(0xA0)));
    } else {
        out.bytes(EUC_JP, &[row, cell]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vendors_rows_are_read_and_the_users_own_are_private() {
        for (bytes, ms, text) in [
            (&b"\xAD\xA1\xAD\xEA a"[..], false, "①㈱ a"),
            (b"\xFC\xE2\xFA\xF1", false, "髙瀅"),
            (b"\xF9\xA1", true, "\u{E178}"),
            (b"\xF9\xA1", false, "纊"),
            (b"\xF5\xA1\xFE\xFE\x8F\xF5\xA1\x8F\xFE\xFE", true, "\u{E000}\u{E3AB}\u{E3AC}\u{E757}"),
            (b"\xF5\xA1", false, "\u{E000}"),
            (b"\x8F\xF4\xFB\x8F\xF4\xBD", false, "髙﨑"),
            (b"\x8F\xB0\xA3\x8E\xB1", true, "丅ｱ"),
            (b"\xC6\xFC\xFF\xC6a\x8Fb", true, "日\u{FFFD}\u{FFFD}a\u{FFFD}b"),
        ] {
            assert_eq!(to_text(bytes, ms), text, "{}", bytes.escape_ascii());
        }
    }
}
