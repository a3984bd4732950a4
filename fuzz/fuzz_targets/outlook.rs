//! Files of Outlook: any bytes end within the allowance, and the same bytes give the same message.
#![no_main]

use sanitizer_outlook::{Allowance, read_msg, read_tnef};

const ALLOWANCE: Allowance = Allowance { bytes: 1 << 20, parts: 100, depth: 8 };

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let tnef = [b"\x78\x9F\x3E\x22".as_slice(), bytes].concat();
    assert_eq!(read_tnef(&tnef, &mut ALLOWANCE.clone()), read_tnef(&tnef, &mut ALLOWANCE.clone()));
    assert_eq!(read_msg(bytes, &mut ALLOWANCE.clone()), read_msg(bytes, &mut ALLOWANCE.clone()));
});
