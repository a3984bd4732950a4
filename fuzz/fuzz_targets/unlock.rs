//! Files behind a password: any bytes end within the allowance, and the same bytes give the same file.
#![no_main]

use sanitizer_unlock::{Allowance, unlock};

const ALLOWANCE: Allowance = Allowance { bytes: 1 << 20, members: 100, work: 600_000 };

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    for type_id in ["zip", "7z", "rar", "office-encrypted", "pdf"] {
        let [once, twice] = [(); 2].map(|()| unlock(type_id, bytes, &["password", "秘密"], &mut ALLOWANCE.clone()));
        assert_eq!(once, twice);
        assert!(!once.is_ok_and(|opened| opened.bytes.len() > (1 << 20) + 22));
    }
});
