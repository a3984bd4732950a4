//! What people type into the search of the portal: read whatever it is, and what is shown again reads as the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use temizu::portal::search::{MAX_TERMS, Search};

fuzz_target!(|text: &str| {
    let search = Search::parse(text, 540);
    assert!(search.terms.len() <= MAX_TERMS);
    assert_eq!(Search::parse(&search.to_string(), 540).terms, search.terms);
});
