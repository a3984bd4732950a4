//! The decision which charset bytes are in, and their text.
//!
//! Order: byte order marks, ASCII, ISO-2022-JP by its escapes, UTF-8 by its validity, the label, the statistics of the
//! bytes with Japan as the expected country. Refuses: nothing. Invariant: `guessed` is set whenever something else than
//! the label, a byte order mark or plain ASCII decided.

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{EUC_JP, Encoding, ISO_2022_JP, SHIFT_JIS, UTF_8, UTF_16BE, UTF_16LE};

use crate::jis;
use crate::label::{Declared, declared};

/// What stands for bytes without a reading (U+3013, the mark that Japanese print uses for a missing type).
const GETA: &str = "〓";

/// Bytes that the statistics look at, from the first that is not ASCII.
const SAMPLE: usize = 64 * 1024;

/// Text and how it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decoded {
    /// The text; without byte order mark, with 〓 for what has no reading.
    pub text: String,
    /// The charset that was used, by its usual name.
    pub charset: &'static str,
    /// The label was missing or wrong, and the bytes themselves decided.
    pub guessed: bool,
    /// Sequences without a reading; each stands in the text as one 〓.
    pub undecodable: u32,
}

/// The text of `bytes`, which the sender labelled `label`.
#[must_use]
pub fn decode(label: Option<&str>, bytes: &[u8]) -> Decoded {
    let declared = declared(label);
    if let Some((encoding, mark)) = Encoding::for_bom(bytes) {
        let guessed = declared != Declared::Unknown && !agrees(declared, encoding);
        return by_table(encoding, bytes.get(mark..).unwrap_or_default(), guessed);
    }
    if let Declared::Table(wide) = declared
        && (wide == UTF_16LE || wide == UTF_16BE)
        && bytes.contains(&0)
    {
        return by_table(wide_order(wide, bytes), bytes, false);
    }
    if bytes.is_ascii() {
        return of_ascii(declared, bytes);
    }
    match declared {
        Declared::Jis => of_jis(bytes),
        Declared::Table(encoding) => of_table(encoding, bytes),
        Declared::Ascii | Declared::Unknown => by_content(bytes),
    }
}

fn agrees(declared: Declared, encoding: &'static Encoding) -> bool {
    match declared {
        Declared::Table(table) => table == encoding || (encoding != UTF_8 && (table == UTF_16LE || table == UTF_16BE)),
        Declared::Jis | Declared::Ascii | Declared::Unknown => false,
    }
}

/// Seven bits: ASCII, or ISO-2022-JP under whatever label.
fn of_ascii(declared: Declared, bytes: &[u8]) -> Decoded {
    let labelled_jis = declared == Declared::Jis;
    if jis::is_jis(bytes) || (labelled_jis && bytes.contains(&0x0E)) {
        return by_jis(bytes, !labelled_jis);
    }
    if let Declared::Table(encoding) = declared
        && encoding.is_ascii_compatible()
    {
        return utf8(bytes, encoding.name(), false);
    }
    utf8(bytes, if labelled_jis { ISO_2022_JP.name() } else { "US-ASCII" }, false)
}

/// Eight bits under a label for seven.
fn of_jis(bytes: &[u8]) -> Decoded {
    if jis::is_jis(bytes) { by_jis(bytes, false) } else { by_content(bytes) }
}

fn of_table(encoding: &'static Encoding, bytes: &[u8]) -> Decoded {
    if encoding == UTF_8 {
        if is_utf8_but_for_its_end(bytes) {
            return utf8(bytes, UTF_8.name(), false);
        }
    } else if is_utf8_text(bytes) {
        return utf8(bytes, UTF_8.name(), true);
    }
    let labelled = by_table(encoding, bytes, false);
    if labelled.undecodable == 0 {
        return labelled;
    }
    let guess = by_content(bytes);
    // A long text with one broken character is still what its label says.
    let fits_better = guess.undecodable.saturating_mul(4) < labelled.undecodable
        && [SHIFT_JIS.name(), EUC_JP.name(), UTF_8.name(), ISO_2022_JP.name()].contains(&guess.charset)
        && guess.charset != labelled.charset;
    if fits_better { guess } else { labelled }
}

/// Nothing but the bytes to go by.
fn by_content(bytes: &[u8]) -> Decoded {
    if is_utf8_but_for_its_end(bytes) {
        return utf8(bytes, UTF_8.name(), true);
    }
    if jis::is_jis(bytes) {
        return by_jis(bytes, true);
    }
    if is_half_width_kana(bytes) {
        return by_table(SHIFT_JIS, bytes, true);
    }
    let start = bytes.iter().position(|b| !b.is_ascii()).unwrap_or_default().saturating_sub(2);
    let sample = bytes.get(start..).unwrap_or_default();
    let sample = sample.get(..SAMPLE).unwrap_or(sample);
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Allow);
    detector.feed(sample, true);
    let encoding = detector.guess(Some(b"jp"), Utf8Detection::Allow);
    if encoding == ISO_2022_JP { by_jis(bytes, true) } else { by_table(encoding, bytes, true) }
}

/// True if `bytes` are UTF-8, cut inside the last character at worst.
fn is_utf8_but_for_its_end(bytes: &[u8]) -> bool {
    match std::str::from_utf8(bytes) {
        Ok(_) => true,
        Err(error) => {
            let valid = bytes.get(..error.valid_up_to()).unwrap_or_default();
            error.error_len().is_none() && !valid.is_ascii()
        }
    }
}

/// True if `bytes` are UTF-8 and look like it: Shift_JIS half-width kana alone also form valid pairs of UTF-8, but
/// hardly ever its sequences of three.
fn is_utf8_text(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).is_ok_and(|text| text.chars().any(|c| c >= '\u{800}'))
}

/// True for Shift_JIS text whose only Japanese is half-width kana (bank transfer files, old hosts): statistics take it
/// for EUC-JP. In EUC-JP the same bytes would read as text without a single hiragana or full-width katakana.
fn is_half_width_kana(bytes: &[u8]) -> bool {
    if !bytes.iter().all(|b| b.is_ascii() || (0xA1..=0xDF).contains(b)) {
        return false;
    }
    let reading = EUC_JP.decode_without_bom_handling_and_without_replacement(bytes);
    reading.is_none_or(|text| !text.chars().any(|c| matches!(c, '\u{3041}'..='\u{30FF}')))
}

/// Without a byte order mark: the order in which the zero bytes of ASCII stand where they belong.
fn wide_order(declared: &'static Encoding, bytes: &[u8]) -> &'static Encoding {
    let zeros = |offset: usize| bytes.iter().skip(offset).step_by(2).take(SAMPLE).filter(|&&b| b == 0).count();
    match zeros(0).cmp(&zeros(1)) {
        std::cmp::Ordering::Greater => UTF_16BE,
        std::cmp::Ordering::Less => UTF_16LE,
        std::cmp::Ordering::Equal => declared,
    }
}

fn by_jis(bytes: &[u8], guessed: bool) -> Decoded {
    let decoded = by_table(EUC_JP, &jis::to_euc(bytes), guessed);
    Decoded { charset: ISO_2022_JP.name(), ..decoded }
}

fn by_table(encoding: &'static Encoding, bytes: &[u8], guessed: bool) -> Decoded {
    let (text, _) = encoding.decode_without_bom_handling(bytes);
    finish(text.into_owned(), encoding.name(), guessed)
}

/// `bytes` are known to be valid UTF-8.
fn utf8(bytes: &[u8], charset: &'static str, guessed: bool) -> Decoded {
    match std::str::from_utf8(bytes) {
        Ok(text) => finish(text.to_owned(), charset, guessed),
        Err(_) => by_table(UTF_8, bytes, guessed),
    }
}

fn finish(text: String, charset: &'static str, guessed: bool) -> Decoded {
    let undecodable = text.matches('\u{FFFD}').count();
    let text = if undecodable == 0 { text } else { text.replace('\u{FFFD}', GETA) };
    Decoded { text, charset, guessed, undecodable: u32::try_from(undecodable).unwrap_or(u32::MAX) }
}

#[cfg(test)]
mod tests;
