//! A mail as a whole: two readings agree, and the gateway believes what a worker tells of it, within limits.
#![no_main]

libfuzzer_sys::fuzz_target!(|mail: &[u8]| {
    temizu_fuzz::inspect(mail);
});
