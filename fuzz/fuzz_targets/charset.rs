//! Decoding: no replacement characters, decoding what was decoded changes nothing, lines are lines.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sanitizer_japanese::{changes_reading, decode, nfc, single_line};

fuzz_target!(|data: &[u8]| {
    let (label, bytes) = temizu_fuzz::labelled(data);
    let decoded = decode(label, bytes);
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
});
