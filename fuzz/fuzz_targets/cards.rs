//! Calendars and address cards: the laws of a sanitizer.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sanitizer_calendar::{Calendar, Contacts};

fuzz_target!(|data: &[u8]| {
    let (label, input) = temizu_fuzz::labelled(data);
    temizu_fuzz::hold(&Calendar, &Calendar, input, label);
    temizu_fuzz::hold(&Contacts, &Contacts, input, label);
});
