//! A mail as a whole: two readings agree, and the gateway believes what a worker tells of it, within limits; whatever is
//! called ambiguous has a flag that says why.
#![no_main]

use temizu::domain::Reason;

libfuzzer_sys::fuzz_target!(|mail: &[u8]| {
    let Some(inspection) = temizu_fuzz::inspect(mail) else { return };
    let is_ambiguous = inspection.findings.iter().any(|finding| finding.code == Reason::AmbiguousStructure);
    assert!(!is_ambiguous || !inspection.ambiguities.is_empty(), "ambiguous, and nothing says why");
});
