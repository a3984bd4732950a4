//! Office Open XML documents and slides: the laws of a sanitizer.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sanitizer_api::{Budget, Hints};

fuzz_target!(|data: &[u8]| {
    for id in ["ooxml-word", "ooxml-excel", "ooxml-powerpoint"] {
        let office = sanitizer_ooxml::sanitizer_for(id).expect("the type is known");
        let mut budget = Budget::generous();
        let Ok(rebuilt) = office.sanitize(data, Hints::default(), &mut budget) else { continue };
        assert_eq!(Budget::generous().output_bytes - budget.output_bytes, rebuilt.bytes.len() as u64);
        let again = office.sanitize(&rebuilt.bytes, Hints::default(), &mut Budget::generous()).expect("our output reads");
        assert!(again.bytes == rebuilt.bytes, "the output is its own fixed point");
        assert_eq!(again.findings, [], "nothing is left to find in our own output");
    }
});
