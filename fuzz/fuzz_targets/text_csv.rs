//! Texts and tables: the laws of a sanitizer.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sanitizer_text::{BodyText, Csv, HtmlFile, PlainText};

fuzz_target!(|data: &[u8]| {
    let (label, input) = temizu_fuzz::labelled(data);
    temizu_fuzz::hold(&PlainText, &PlainText, input, label);
    temizu_fuzz::hold(&BodyText, &BodyText, input, label);
    temizu_fuzz::hold(&Csv, &Csv, input, label);
    temizu_fuzz::hold(&HtmlFile, &PlainText, input, label);
});
