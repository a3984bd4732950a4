//! Decoding: no replacement characters, decoding what was decoded changes nothing, lines are lines.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sanitizer_japanese::{Gaiji, changes_reading, decode, is_private, nfc, single_line};

/// Labels that lead to rows and sets of their own.
const MORE: [&str; 4] = ["eucjp-ms", "iso-2022-jp-2", "utf-7", "utf-16be"];

fuzz_target!(|data: &[u8]| {
    let (label, bytes) = temizu_fuzz::labelled(data);
    read(label, bytes);
    MORE.iter().for_each(|label| read(Some(label), bytes));
});

fn read(label: Option<&str>, bytes: &[u8]) {
    let decoded = decode(label, bytes);
    assert!(decoded.text.len() <= bytes.len().saturating_mul(3).saturating_add(3), "a byte becomes three at most");
    let (shown, _) = Gaiji::default().written(&decoded.text).unwrap_or((decoded.text.clone(), 0));
    assert!(!shown.contains(is_private), "no private code point is shown");
    assert!(!decoded.text.contains('\u{FFFD}'), "undecodable bytes are shown as 〓");
    assert!(decoded.text.matches('〓').count() >= decoded.undecodable as usize);
    let again = decode(Some("utf-8"), decoded.text.as_bytes());
    let has_mark = decoded.text.starts_with('\u{FEFF}');
    let has_escapes = decoded.text.contains(['\u{1B}', '\u{0E}']);
    if !has_mark && !has_escapes {
        assert_eq!(again.text, decoded.text, "what was decoded reads as itself");
        assert_eq!((again.undecodable, again.guessed), (0, false));
    }
    let line = single_line(&decoded.text);
    assert!(!line.chars().any(changes_reading), "a line that does not read as it is spelled");
    assert_eq!(single_line(&line), line);
    let composed = nfc(&line);
    assert_eq!(nfc(&composed), composed);
    assert!(!composed.chars().any(changes_reading));
}
