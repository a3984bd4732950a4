//! What bytes prove about their charset, whatever their label says.
//!
//! Invariant: linear in the bytes; a proof needs every byte, not a sample.

use encoding_rs::{Encoding, SHIFT_JIS};

use crate::euc;

/// Kana that a text must have before its bytes prove anything.
const LEAST_KANA: usize = 3;

/// What a text consists of.
#[derive(Debug, Default)]
struct Count {
    /// Full-width hiragana and katakana.
    kana: usize,
    /// Half-width katakana.
    half: usize,
    kanji: usize,
    /// Neither ASCII nor one of these.
    other: usize,
    lost: usize,
}

impl Count {
    fn of(text: &str) -> Self {
        let mut count = Self::default();
        for c in text.chars().filter(|c| !c.is_ascii()) {
            match c {
                '\u{3041}'..='\u{30FF}' => count.kana += 1,
                '\u{4E00}'..='\u{9FFF}' => count.kanji += 1,
                // Marks and full-width letters are as Japanese as kanji.
                '\u{3000}'..='\u{3040}' | '\u{FF01}'..='\u{FF60}' | '\u{2010}'..='\u{2312}' => count.kanji += 1,
                '\u{FF61}'..='\u{FF9F}' => count.half += 1,
                '\u{FFFD}' => count.lost += 1,
                _ => count.other += 1,
            }
        }
        count
    }

    /// True for text that can only be Japanese: without a loss, a fifth of it kana, hardly anything strange.
    const fn is_japanese(&self) -> bool {
        let strange = self.half + self.other;
        self.lost == 0
            && self.kana >= LEAST_KANA
            && self.kana * 5 >= self.kana + self.kanji + strange
            && strange * 10 <= self.kana + self.kanji
    }
}

/// How bytes are Japanese beyond doubt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Proven {
    Euc,
    Sjis,
}

/// The Japanese charset that `bytes` prove: read in it, and in it alone, they are Japanese text.
pub(crate) fn japanese(bytes: &[u8]) -> Option<Proven> {
    let euc = Count::of(&euc::to_text(bytes, false)).is_japanese();
    let sjis = Count::of(&SHIFT_JIS.decode_without_bom_handling(bytes).0).is_japanese();
    match (euc, sjis) {
        (true, false) => Some(Proven::Euc),
        (false, true) => Some(Proven::Sjis),
        _ => None,
    }
}

/// True if `text`, which `encoding` gave without an error, is the nonsense that a wrong label gives of Japanese bytes:
/// accented letters and signs, or half-width kana without end.
pub(crate) fn may_be_nonsense(encoding: &'static Encoding, text: &str) -> bool {
    if encoding.is_single_byte() {
        return true;
    }
    let count = Count::of(text);
    encoding == SHIFT_JIS && count.half > count.kana + count.kanji
}

/// True for Shift_JIS text whose only Japanese is half-width kana (bank transfer files, old hosts): statistics take it
/// for EUC-JP. As EUC-JP the same bytes would be text without hiragana and katakana, and not common kanji throughout.
pub(crate) fn is_half_width_kana(bytes: &[u8]) -> bool {
    if !bytes.iter().all(|b| b.is_ascii() || (0xA1..=0xDF).contains(b)) {
        return false;
    }
    let text = euc::to_text(bytes, false);
    let count = Count::of(&text);
    // Rows 16 to 47 of JIS X 0208: leads B0 to CF.
    let common = bytes.split(u8::is_ascii).all(|run| run.chunks(2).all(|pair| matches!(pair, [0xA1 | 0xB0..=0xCF, _])));
    count.lost > 0 || (count.kana == 0 && !common)
}

/// True for words of Western Europe in their single-byte charset: every byte over 0x7F is an accented letter alone among
/// ASCII, in a word or as one. Japanese has such bytes only where all its characters are rare kanji.
pub(crate) fn is_latin(bytes: &[u8]) -> bool {
    let neighbour = |at: Option<usize>| at.and_then(|at| bytes.get(at)).copied().unwrap_or(b' ');
    let mut in_words = 0usize;
    for (at, byte) in bytes.iter().enumerate().filter(|(_, byte)| !byte.is_ascii()) {
        let around = [neighbour(at.checked_sub(1)), neighbour(at.checked_add(1))];
        let is_in_word = around.iter().any(u8::is_ascii_alphabetic);
        let stands_alone = around.iter().all(|b| matches!(b, b' ' | b'\r' | b'\n'));
        let is_accented = *byte >= 0xC0 && !matches!(byte, 0xD7 | 0xF7) && around.is_ascii();
        if !is_accented || !(is_in_word || stands_alone) {
            return false;
        }
        in_words = in_words.saturating_add(usize::from(is_in_word));
    }
    in_words > 0
}

#[cfg(test)]
mod tests {
    use encoding_rs::{EUC_JP, WINDOWS_1251, WINDOWS_1252};

    use super::*;

    #[test]
    fn japanese_sentences_prove_their_charset() {
        let text = "いつもお世話になっております。①工程表です";
        assert_eq!(japanese(&EUC_JP.encode(text).0), Some(Proven::Euc));
        assert_eq!(japanese(&SHIFT_JIS.encode(text).0), Some(Proven::Sjis));
    }

    #[test]
    fn other_languages_prove_nothing() {
        let russian = "Съешь же ещё этих мягких французских булок, да выпей чаю";
        for bytes in [
            WINDOWS_1251.encode(russian).0.as_ref(),
            WINDOWS_1252.encode("Zwölf große Äpfel für 5 €, „déjà vu“ à Genève").0.as_ref(),
            b"",
            b"ascii",
            &SHIFT_JIS.encode("ﾌﾘｺﾐ ｶ)ﾔﾏﾀﾞｹﾝｾﾂ").0,
        ] {
            assert_eq!(japanese(bytes), None, "{}", bytes.escape_ascii());
        }
    }

    #[test]
    fn accented_words_are_no_private_characters_of_shift_jis() {
        for (text, latin) in
            [("Hasen und Frösche", true), ("Jürgen", true), ("réservé à Paris", true), ("à", false), ("«é»", false)]
        {
            assert_eq!(is_latin(&WINDOWS_1252.encode(text).0), latin, "{text}");
        }
        for text in ["予定表", "ソフト", "ﾔﾏﾀﾞ", "能登 表", "abc", "髙"] {
            assert!(!is_latin(&SHIFT_JIS.encode(text).0) && !is_latin(&EUC_JP.encode(text).0), "{text}");
        }
    }

    #[test]
    fn names_of_common_kanji_are_no_half_width_kana() {
        assert!(!is_half_width_kana(&EUC_JP.encode("能登 表").0));
        for kana in ["ﾌﾘｺﾐ ｶ)ﾔﾏﾀﾞｹﾝｾﾂ", "ﾔﾏﾀﾞ", "ﾊﾝｶｸ ﾃﾞｽ"] {
            assert!(is_half_width_kana(&SHIFT_JIS.encode(kana).0), "{kana}");
        }
        assert!(!is_half_width_kana(&SHIFT_JIS.encode("予定表").0));
    }
}
