//! JSON and XML data: the laws of a sanitizer.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sanitizer_data::{Json, Xml};

fuzz_target!(|data: &[u8]| {
    let (label, input) = temizu_fuzz::labelled(data);
    temizu_fuzz::hold(&Json, &Json, input, label);
    temizu_fuzz::hold(&Xml, &Xml, input, label);
});
