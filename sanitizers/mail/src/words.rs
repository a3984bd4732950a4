//! Encoded words (RFC 2047) and the raw bytes around them, as text.
//!
//! Words of one charset are joined before they are decoded, so that a character or a JIS state may be split between
//! them. Missing padding, blanks inside a word and a language tag (RFC 2231 5) are let pass.
//! Invariant: work per `=?` is bounded, whatever follows.

use sanitizer_japanese::{Decoded, decode as decode_charset};

/// Longest word that is taken for one, in bytes; RFC 2047 2 says 75, real mail exceeds it.
const MAX_WORD: usize = 2_048;
const MAX_CHARSET: usize = 60;

/// How surely something was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Doubt {
    /// Pieces whose label was missing or wrong, so that their bytes decided.
    pub(crate) guessed: u32,
    /// Sequences without a reading.
    pub(crate) undecodable: u32,
}

impl Doubt {
    /// Both together.
    pub(crate) const fn and(self, other: Self) -> Self {
        Self {
            guessed: self.guessed.saturating_add(other.guessed),
            undecodable: self.undecodable.saturating_add(other.undecodable),
        }
    }

    /// Of one decoded piece.
    pub(crate) fn of(decoded: &Decoded) -> Self {
        Self { guessed: u32::from(decoded.guessed), undecodable: decoded.undecodable }
    }
}

/// The text of `bytes`; not yet safe to show.
pub(crate) fn decode(bytes: &[u8]) -> String {
    read(bytes).0
}

/// As [`decode`], and how surely it was read.
pub(crate) fn read(bytes: &[u8]) -> (String, Doubt) {
    let mut text = Text { text: String::with_capacity(bytes.len()), ..Text::default() };
    let mut rest = bytes;
    let mut gap = 0;
    while let Some(found) = rest.get(gap..).and_then(find_opening).map(|at| gap + at) {
        let (before, from_word) = rest.split_at_checked(found).unwrap_or((rest, &[]));
        let Some(word) = Word::read(from_word) else {
            gap = found + 2;
            continue;
        };
        if !(text.open && before.trim_ascii().is_empty()) {
            text.flush();
            text.push_raw(before);
        }
        text.push(&word);
        rest = from_word.get(word.length..).unwrap_or_default();
        gap = 0;
    }
    text.flush();
    text.push_raw(rest);
    (text.text, text.doubt)
}

/// Length of the encoded word that `bytes` start with.
pub(crate) fn length(bytes: &[u8]) -> Option<usize> {
    if bytes.starts_with(b"=?") { Word::read(bytes).map(|word| word.length) } else { None }
}

fn find_opening(bytes: &[u8]) -> Option<usize> {
    bytes.windows(2).position(|pair| pair == b"=?")
}

/// Text so far, and the content of neighbouring words in one charset that is not decoded yet.
#[derive(Default)]
struct Text {
    text: String,
    doubt: Doubt,
    charset: String,
    bytes: Vec<u8>,
    open: bool,
}

impl Text {
    /// Raw UTF-8 is what RFC 6532 allows; every other raw charset is a guess.
    fn push_raw(&mut self, bytes: &[u8]) {
        match std::str::from_utf8(bytes) {
            Ok(text) if !bytes.contains(&0x1B) && !text.starts_with('\u{FEFF}') => self.text.push_str(text),
            _ => self.push_decoded(&decode_charset(None, bytes)),
        }
    }

    fn push_decoded(&mut self, decoded: &Decoded) {
        self.doubt = self.doubt.and(Doubt::of(decoded));
        self.text.push_str(&decoded.text);
    }

    fn push(&mut self, word: &Word<'_>) {
        if !(self.open && self.charset.eq_ignore_ascii_case(word.charset)) {
            self.flush();
            word.charset.clone_into(&mut self.charset);
            self.open = true;
        }
        if word.base64 { base64(word.text, &mut self.bytes) } else { quoted(word.text, &mut self.bytes) }
    }

    fn flush(&mut self) {
        if self.open {
            let decoded = decode_charset(Some(&self.charset), &self.bytes);
            self.push_decoded(&decoded);
            self.bytes.clear();
            self.open = false;
        }
    }
}

/// `=?charset*language?B?text?=`.
struct Word<'a> {
    charset: &'a str,
    base64: bool,
    text: &'a [u8],
    length: usize,
}

impl<'a> Word<'a> {
    fn read(bytes: &'a [u8]) -> Option<Self> {
        let rest = bytes.strip_prefix(b"=?")?;
        let end = rest.iter().take(MAX_CHARSET).position(|b| *b == b'?')?;
        let label = rest.get(..end).filter(|label| label.iter().all(u8::is_ascii_graphic))?;
        let charset = std::str::from_utf8(label).ok()?.split('*').next().filter(|charset| !charset.is_empty())?;
        let rest = rest.get(end + 1..)?;
        let (base64, rest) = match rest {
            [b'b' | b'B', b'?', rest @ ..] => (true, rest),
            [b'q' | b'Q', b'?', rest @ ..] => (false, rest),
            _ => return None,
        };
        let window = rest.get(..MAX_WORD).unwrap_or(rest);
        let length = window.windows(2).position(|pair| pair == b"?=")?;
        Some(Self { charset, base64, text: rest.get(..length)?, length: 2 + end + 1 + 2 + length + 2 })
    }
}

/// Base64 without regard to padding, blanks or junk.
fn base64(text: &[u8], out: &mut Vec<u8>) {
    let (mut bits, mut held) = (0u32, 0u32);
    for byte in text {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            b'=' => {
                (bits, held) = (0, 0);
                continue;
            }
            _ => continue,
        };
        bits = (bits << 6 | u32::from(value)) & 0xFFFF;
        held += 6;
        if held >= 8 {
            held -= 8;
            out.extend((bits >> held).to_le_bytes().first());
        }
    }
}

/// The Q encoding (RFC 2047 4.2).
fn quoted(text: &[u8], out: &mut Vec<u8>) {
    let mut rest = text;
    while let Some((byte, tail)) = rest.split_first() {
        rest = tail;
        match byte {
            b'_' => out.push(b' '),
            b'=' => match hex_pair(tail) {
                Some(value) => {
                    out.push(value);
                    rest = tail.get(2..).unwrap_or_default();
                }
                None => out.push(b'='),
            },
            other => out.push(*other),
        }
    }
}

/// The byte that two hexadecimal digits stand for.
pub(crate) fn hex_pair(bytes: &[u8]) -> Option<u8> {
    let [high, low, ..] = bytes else { return None };
    let digit = |b: u8| char::from(b).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    Some(digit(*high)? << 4 | digit(*low)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(raw: &[u8], text: &str) {
        assert_eq!(decode(raw), text, "{}", raw.escape_ascii());
    }

    #[test]
    fn words_of_both_kinds_are_decoded_in_place() {
        check(b"plain", "plain");
        check(b"=?UTF-8?B?5omL5rC0?=", "手水");
        check(b"=?utf-8?q?caf=C3=A9_a=3Fb?=", "café a?b");
        check(b"Re: =?ISO-2022-JP?B?GyRCPGo/ZRsoQg==?= (1)", "Re: 手水 (1)");
        check(b"Re:=?UTF-8*ja?B?5omL5rC0?=(1)", "Re:手水(1)");
        check(b"=?Shift_JIS?B?juiQhQ==?=", "手水");
    }

    #[test]
    fn blanks_between_words_vanish_and_others_stay() {
        check(b"=?utf-8?q?a?= \t =?utf-8?q?b?=  c", "ab  c");
        check(b"=?utf-8?q?a?= =?iso-8859-1?q?=E9?=", "aé");
        check(b"x =?utf-8?q?a?= y", "x a y");
    }

    #[test]
    fn a_character_or_a_jis_state_may_be_split_between_words() {
        check(b"=?UTF-8?Q?=E6=89?= =?utf-8?Q?=8B=E6=B0=B4?=", "手水");
        check(b"=?ISO-2022-JP?B?GyRCPGo=?= =?ISO-2022-JP?B?P2UbKEI=?=", "手水");
        check(b"=?UTF-8?B?5omL5g==?= =?UTF-8?B?sLQ=?=", "手水");
    }

    #[test]
    fn padding_may_be_missing_and_blanks_may_be_inside() {
        check(b"=?UTF-8?B?44GC44GE4w?= =?UTF-8?B?gYY?=", "あいう");
        check(b"=?UTF-8?B?5om L5rC0?=", "手水");
        check(b"=?utf-8?q?a b?=", "a b");
    }

    #[test]
    fn raw_eight_bit_and_raw_jis_are_read() {
        check("件名".as_bytes(), "件名");
        check(b"\x1B$B<j?e\x1B(B Re", "手水 Re");
        check(b"\x8c\x8f\x96\xbc\x82\xcc\x83\x65\x83\x58\x83\x67\x82\xc5\x82\xb7", "件名のテストです");
    }

    #[test]
    fn what_is_no_word_stays_as_it_is() {
        for text in ["=?", "=?utf-8?", "=?utf-8?X?a?=", "=?utf-8?B?abc", "=? ?B?YQ==?=", "a =? b", "=??B?YQ==?="] {
            check(text.as_bytes(), text);
        }
        assert_eq!(length(b"=?utf-8?q?a?= b"), Some(13));
        assert_eq!(length(b"a=?utf-8?q?a?="), None);
    }

    #[test]
    fn openings_without_end_stay_as_they_are() {
        for hostile in [b"=?".repeat(50_000), b"=?a?q? ".repeat(10_000)] {
            assert_eq!(decode(&hostile).as_bytes(), hostile);
        }
    }
}
