//! What stands inside a text or an envelope: files are no larger than was allowed, content than its envelope.
#![no_main]

use sanitizer_mail::openpgp::{Armoured, armour};
use sanitizer_mail::smime::{Enveloped, read};
use sanitizer_mail::uuencode::{inline_files, names_other_encoding};

const MOST: usize = 4_096;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let files = inline_files(bytes, 100, MOST);
    assert!(files.iter().map(|file| file.bytes.len()).sum::<usize>() <= MOST);
    assert!(files.is_sorted_by(|one, next| one.span.end <= next.span.start));
    names_other_encoding(bytes);
    if let Some(Armoured::Signed(text)) = armour(bytes) {
        assert!(text.len() < bytes.len());
    }
    if let Some(Enveloped::Signed(content)) = read(bytes) {
        assert!(content.len() < bytes.len());
    }
});
