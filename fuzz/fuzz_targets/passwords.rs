//! Passwords in texts: few, short, single lines, each once.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sanitizer_text::passwords::{MAX_CANDIDATES, MAX_LENGTH, MAX_SEARCHED, candidates};

fuzz_target!(|text: &str| {
    let found = candidates(text, &mut { MAX_SEARCHED });
    assert!(found.len() <= MAX_CANDIDATES);
    for (at, candidate) in found.iter().enumerate() {
        assert!((1..=MAX_LENGTH).contains(&candidate.chars().count()));
        assert!(!candidate.chars().any(char::is_control));
        assert!(!found[..at].contains(candidate));
    }
});
