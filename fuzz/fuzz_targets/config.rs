//! The configuration: mistakes are told in both languages, and what loads is written and read as the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use temizu::config::load::{Overrides, parse};
use temizu::domain::Language;

fuzz_target!(|text: &str| {
    match parse("temizu.toml", text, &Overrides::default()) {
        Ok(loaded) => {
            let written = toml::to_string(&loaded.config).expect("a configuration can be written");
            let again = parse("again.toml", &written, &Overrides::default()).expect("what was loaded loads");
            assert_eq!(again.config, loaded.config);
        }
        Err(errors) => {
            for language in [Language::Ja, Language::En] {
                assert!(!errors.render(language).trim().is_empty(), "a mistake without a word");
            }
        }
    }
});
