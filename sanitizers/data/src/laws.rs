//! The laws of every sanitizer, as one check for any input.

use sanitizer_api::{Budget, Hints, Sanitizer};
use sanitizer_japanese::changes_reading;

/// Panics if `sanitizer` breaks a law on `input` or on one of 64 cuts of it.
pub(crate) fn hold(sanitizer: &dyn Sanitizer, input: &[u8], charset: Option<&str>) {
    one(sanitizer, input, charset);
    for cut in 0..64 {
        one(sanitizer, &input[..input.len() * cut / 64], charset);
    }
}

fn one(sanitizer: &dyn Sanitizer, input: &[u8], charset: Option<&str>) {
    let hints = Hints { charset, ..Hints::default() };
    let mut budget = Budget::generous();
    let Ok(rebuilt) = sanitizer.sanitize(input, hints, &mut budget) else { return };
    assert_eq!(Budget::generous().output_bytes - budget.output_bytes, rebuilt.bytes.len() as u64);
    assert_eq!(sanitizer.sanitize(input, hints, &mut Budget::generous()).as_ref(), Ok(&rebuilt));
    let text = String::from_utf8(rebuilt.bytes.clone()).unwrap();
    assert!(!text.chars().any(|c| changes_reading(c) && !matches!(c, '\n' | '\t')), "{text:?}");
    for charset in [Some("utf-8"), None] {
        let again = sanitizer.sanitize(&rebuilt.bytes, Hints { charset, ..Hints::default() }, &mut Budget::generous());
        let again = again.unwrap_or_else(|error| panic!("{error}: {text}"));
        assert_eq!(String::from_utf8(again.bytes).as_ref(), Ok(&text));
        assert_eq!(again.findings, []);
    }
    let small = &mut Budget { output_bytes: 3, text_bytes: 3, html_bytes: 3 };
    if let Ok(rebuilt) = sanitizer.sanitize(input, hints, small) {
        assert!(rebuilt.bytes.len() <= 3);
    }
}

mod random {
    use proptest::prelude::*;

    use super::one;
    use crate::{Json, Xml};

    /// Pieces that matter, in any order.
    fn pieces() -> impl Strategy<Value = Vec<u8>> {
        let piece = prop_oneof![
            prop::sample::select(vec![
                "{",
                "}",
                "[",
                "]",
                "\"",
                "\"a\"",
                ":",
                ",",
                "-",
                "0",
                "12",
                ".5",
                "e+",
                "true",
                "null",
                "\\",
                "\\u",
                "d842",
                "dfb7",
                "0041",
                "\\n",
                " ",
                "\n",
                "\r\n",
                "\r",
                "\t",
                "日本",
                "\u{202E}",
                "\u{E000}",
                "\u{FEFF}",
                "<a>",
                "</a>",
                "<a",
                "<b/>",
                "/>",
                ">",
                "<",
                "='",
                "'",
                "=\"",
                " x='1'",
                " y=\"&lt;\"",
                "&amp;",
                "&#10;",
                "&#x202E;",
                "&x;",
                "<![CDATA[",
                "]]>",
                "<!--",
                "-->",
                "<?x",
                "?>",
                "<?xml version='1.0'?>",
                "<!DOCTYPE a>",
                " xmlns='",
                " xmlns:p='http://purl.org/dc/'",
                "p:",
                "\u{1B}$B",
                "F|K\\",
                "\u{1B}(B",
                "\0",
            ])
            .prop_map(|text| text.as_bytes().to_vec()),
            prop::collection::vec(any::<u8>(), 0..3),
        ];
        prop::collection::vec(piece, 0..30).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn the_laws_hold_for_any_input(input in pieces(), label in prop::option::of(prop::sample::select(vec!["utf-8", "cp932", "iso-2022-jp", "utf-16"]))) {
            for sanitizer in [&Json as &dyn sanitizer_api::Sanitizer, &Xml] {
                one(sanitizer, &input, label);
            }
            one(&Json, &[b"[\"", input.as_slice(), b"\"]"].concat(), label);
            one(&Xml, &[b"<a>", input.as_slice(), b"</a>"].concat(), label);
            one(&Xml, &[b"<a x='", input.as_slice(), b"'>&#13;</a>"].concat(), label);
        }
    }
}
