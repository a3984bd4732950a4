//! The decision which charset bytes are in, and their text.
//!
//! Order: byte order marks, UTF-16 by its label or by every one of its units, ASCII, ISO-2022-JP by its escapes, UTF-8 by its validity, the label unless
//! the bytes disprove it, the statistics of the bytes with Japan as the expected country. Refuses: nothing. Invariant: `guessed` is set whenever something else than
//! the label, a byte order mark or plain ASCII decided.

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{EUC_JP, Encoding, ISO_2022_JP, SHIFT_JIS, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

use crate::label::{Declared, declared};
use crate::proof::{self, Proven};
use crate::wide::unmarked;
use crate::{euc, jis};

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
    if let Some(order) = wide(declared)
        && let Some(found) = wide_order(order, bytes)
    {
        return by_table(found, bytes, order.is_some_and(|order| order != found));
    }
    if let Some(found) = unmarked(bytes) {
        return by_table(found, bytes, true);
    }
    if bytes.is_ascii() {
        return of_ascii(declared, bytes);
    }
    match declared {
        Declared::Jis => of_jis(bytes),
        Declared::Euc => of_table(EUC_JP, by_euc(bytes, false, false), bytes),
        Declared::EucMs => of_table(EUC_JP, by_euc(bytes, true, false), bytes),
        Declared::Wide => of_table(UTF_16BE, by_table(UTF_16BE, bytes, false), bytes),
        Declared::Table(encoding) => of_table(encoding, by_table(encoding, bytes, false), bytes),
        Declared::Ascii | Declared::Refused | Declared::Unknown => by_content(bytes),
    }
}

/// True if `bytes` read as text under a label of the sender: hardly a byte without a reading, hardly a control.
#[must_use]
pub fn reads(label: Option<&str>, bytes: &[u8]) -> bool {
    if matches!(declared(label), Declared::Unknown | Declared::Refused | Declared::Ascii) {
        return false;
    }
    let decoded = decode(label, bytes);
    let is_odd = |c: &char| c.is_control() && !matches!(c, '\t' | '\n' | '\r' | '\u{C}' | '\u{1A}' | '\u{1B}');
    let odd = decoded.text.chars().filter(is_odd).count().saturating_mul(4);
    let lost = usize::try_from(decoded.undecodable).unwrap_or(usize::MAX);
    odd.saturating_add(lost).saturating_mul(50) <= decoded.text.chars().count()
}

fn agrees(declared: Declared, encoding: &'static Encoding) -> bool {
    match declared {
        Declared::Table(table) => table == encoding || (encoding != UTF_8 && (table == UTF_16LE || table == UTF_16BE)),
        Declared::Wide => encoding != UTF_8,
        Declared::Jis | Declared::Euc | Declared::EucMs | Declared::Ascii | Declared::Refused | Declared::Unknown => {
            false
        }
    }
}

/// Seven bits: ASCII, or ISO-2022-JP under whatever label.
fn of_ascii(declared: Declared, bytes: &[u8]) -> Decoded {
    let labelled_jis = declared == Declared::Jis;
    if jis::is_jis(bytes) || (labelled_jis && bytes.contains(&0x0E)) {
        return by_jis(bytes, !labelled_jis);
    }
    match declared {
        Declared::Jis => utf8(bytes, ISO_2022_JP.name(), false),
        Declared::Euc | Declared::EucMs => utf8(bytes, EUC_JP.name(), false),
        Declared::Table(encoding) if encoding.is_ascii_compatible() => utf8(bytes, encoding.name(), false),
        Declared::Ascii | Declared::Unknown => utf8(bytes, "US-ASCII", false),
        // What looks like ASCII is not what was meant.
        Declared::Table(_) | Declared::Wide | Declared::Refused => utf8(bytes, "US-ASCII", true),
    }
}

/// Eight bits under a label for seven.
fn of_jis(bytes: &[u8]) -> Decoded {
    if jis::is_jis(bytes) { by_jis(bytes, false) } else { by_content(bytes) }
}

/// `labelled` is what the label gives.
fn of_table(encoding: &'static Encoding, labelled: Decoded, bytes: &[u8]) -> Decoded {
    if encoding == UTF_8 {
        if is_utf8_but_for_its_end(bytes) {
            return utf8(bytes, UTF_8.name(), false);
        }
    } else if is_utf8_text(bytes) {
        return utf8(bytes, UTF_8.name(), true);
    }
    if labelled.undecodable == 0 {
        let doubted = proof::may_be_nonsense(encoding, &labelled.text);
        return if doubted { by_proof(bytes).unwrap_or(labelled) } else { labelled };
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
    if let Some(proven) = by_proof(bytes) {
        return proven;
    }
    if proof::is_half_width_kana(bytes) {
        return by_table(SHIFT_JIS, bytes, true);
    }
    if proof::is_latin(bytes) {
        return by_table(WINDOWS_1252, bytes, true);
    }
    let start = bytes.iter().position(|b| !b.is_ascii()).unwrap_or_default().saturating_sub(2);
    let sample = bytes.get(start..).unwrap_or_default();
    let sample = sample.get(..SAMPLE).unwrap_or(sample);
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Allow);
    detector.feed(sample, true);
    match detector.guess(Some(b"jp"), Utf8Detection::Allow) {
        encoding if encoding == ISO_2022_JP => by_jis(bytes, true),
        encoding if encoding == EUC_JP => by_euc(bytes, false, true),
        encoding => by_table(encoding, bytes, true),
    }
}

fn by_proof(bytes: &[u8]) -> Option<Decoded> {
    proof::japanese(bytes).map(|proven| match proven {
        Proven::Euc => by_euc(bytes, false, true),
        Proven::Sjis => by_table(SHIFT_JIS, bytes, true),
    })
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

/// The order that a label for UTF-16 names, if it names one.
fn wide(declared: Declared) -> Option<Option<&'static Encoding>> {
    match declared {
        Declared::Wide => Some(None),
        Declared::Table(order) if order == UTF_16LE || order == UTF_16BE => Some(Some(order)),
        Declared::Table(_)
        | Declared::Jis
        | Declared::Euc
        | Declared::EucMs
        | Declared::Ascii
        | Declared::Refused
        | Declared::Unknown => None,
    }
}

/// The order of UTF-16 without a byte order mark: the one in which more units are ASCII, kana and kanji. `None` if the
/// bytes are no UTF-16.
fn wide_order(declared: Option<&'static Encoding>, bytes: &[u8]) -> Option<&'static Encoding> {
    let sample = bytes.get(..SAMPLE).unwrap_or(bytes);
    let units = sample.len() / 2;
    let score = |offset: usize| {
        let high = || sample.chunks_exact(2).filter_map(|unit| unit.get(offset).copied());
        (high().filter(|b| matches!(b, 0 | 0x30 | 0xFF)).count(), high().filter(|b| (0x4E..=0x9F).contains(b)).count())
    };
    let ((big, big_kanji), (little, little_kanji)) = (score(0), score(1));
    if big.max(little).saturating_mul(2) >= units.max(1) && big != little {
        return Some(if big > little { UTF_16BE } else { UTF_16LE });
    }
    // Without a single zero, ASCII and UTF-8 are the better reading of what they can read.
    if !bytes.contains(&0) && std::str::from_utf8(bytes).is_ok() {
        return None;
    }
    let (big, little) = (big.saturating_add(big_kanji), little.saturating_add(little_kanji));
    if big.max(little).saturating_mul(2) < units {
        return None;
    }
    declared.or(Some(if little > big { UTF_16LE } else { UTF_16BE }))
}

fn by_jis(bytes: &[u8], guessed: bool) -> Decoded {
    let read = jis::to_text(bytes);
    finish(read.text, ISO_2022_JP.name(), guessed || read.overruled)
}

fn by_euc(bytes: &[u8], ms: bool, guessed: bool) -> Decoded {
    finish(euc::to_text(bytes, ms), EUC_JP.name(), guessed)
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
