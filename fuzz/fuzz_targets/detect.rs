//! The real type: total, the same every time, with an id that the gateway knows how to name.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sanitizer_api::Class;
use sanitizer_detect::{agrees, detect, is_text, polyglot, with_name};
use temizu::domain::{TypeClass, TypeId};

fuzz_target!(|bytes: &[u8]| {
    let detected = detect(bytes);
    assert_eq!(detect(bytes), detected);
    assert!(TypeId::try_from(detected.id.to_owned()).is_ok(), "{}", detected.id);
    assert!(TypeClass::from_name(detected.class.as_str()).is_some());
    let named = with_name(detected, &["csv".to_owned()]);
    assert!(named.id == detected.id || named.id == "csv");
    assert!(detected.class != Class::Executable || !agrees(&detected, "pdf"), "a program that may be called pdf");
    assert_eq!(polyglot(bytes, &detected), polyglot(bytes, &detected));
    assert!(detected.id != "text" || is_text(bytes), "a text that is none");
});
