//! HTML bodies: the laws of a sanitizer, and the text that comes out is a body that changes no more.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sanitizer_text::{BodyText, HtmlBody};

fuzz_target!(|data: &[u8]| {
    let (label, html) = temizu_fuzz::labelled(data);
    temizu_fuzz::hold(&HtmlBody, &BodyText, html, label);
});
