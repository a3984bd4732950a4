//! Text as bytes of CP932 (Shift_JIS with the characters of NEC and IBM).
//!
//! Refuses: text with a character that has no code there, or that would be read back as another one. Invariant: what is
//! written decodes, under the label `Shift_JIS`, to the text that was given.

use encoding_rs::SHIFT_JIS;

use crate::decode::decode;

/// `text` in CP932; `None` if something of it would be lost.
#[must_use]
pub fn to_cp932(text: &str) -> Option<Vec<u8>> {
    let (bytes, _, lossy) = SHIFT_JIS.encode(text);
    let same = !lossy && decode(Some("shift_jis"), &bytes).text == text;
    same.then(|| bytes.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_written_whole_or_not_at_all() {
        assert_eq!(to_cp932("手①㈱髙ｶﾅ,a\n").as_deref(), Some(&b"\x8E\xE8\x87\x40\x87\x8A\xFB\xFC\xB6\xC5,a\n"[..]));
        assert_eq!(to_cp932("").as_deref(), Some(&b""[..]));
        // Not there; there as another sign; bytes that are UTF-8 as well.
        for text in ["𠮷", "葛\u{E0100}", "é", "a\u{A5}", "\u{301C}", "ﾂｩ縺"] {
            let bytes = to_cp932(text);
            assert!(bytes.is_none_or(|bytes| decode(Some("shift_jis"), &bytes).text == text), "{text}");
        }
        assert_eq!((to_cp932("𠮷"), to_cp932("a\u{A5}")), (None, None));
    }
}
