//! The laws of every sanitizer, as one check for any input.

use sanitizer_api::{Budget, Hints, Sanitizer};

use crate::BodyText;

/// Panics if `sanitizer` breaks a law on `input` or on one of 64 cuts of it.
pub(crate) fn hold(sanitizer: &dyn Sanitizer, input: &[u8], charset: Option<&str>) {
    one(sanitizer, input, charset);
    for cut in 0..64 {
        one(sanitizer, &input[..input.len() * cut / 64], charset);
    }
}

fn one(sanitizer: &dyn Sanitizer, input: &[u8], charset: Option<&str>) {
    let mut budget = Budget::generous();
    let Ok(rebuilt) = sanitizer.sanitize(input, Hints { charset, ..Hints::default() }, &mut budget) else { return };
    assert_eq!(Budget::generous().output_bytes - budget.output_bytes, rebuilt.bytes.len() as u64);
    let same = sanitizer.sanitize(input, Hints { charset, ..Hints::default() }, &mut Budget::generous());
    assert_eq!(same.as_ref(), Ok(&rebuilt));
    let reader: &dyn Sanitizer = if sanitizer.name().ends_with("/html") { &BodyText } else { sanitizer };
    let again = reader
        .sanitize(&rebuilt.bytes, Hints { charset: Some("utf-8"), ..Hints::default() }, &mut Budget::generous())
        .unwrap();
    assert_eq!(String::from_utf8(again.bytes), String::from_utf8(rebuilt.bytes));
    assert_eq!(again.findings, []);
    let small = &mut Budget { output_bytes: 3, text_bytes: 3, html_bytes: 3 };
    if let Ok(rebuilt) = sanitizer.sanitize(input, Hints { charset, ..Hints::default() }, small) {
        assert!(rebuilt.bytes.len() <= 3);
    }
    for link in &rebuilt.links {
        assert_eq!(crate::defang(&link.target), link.target);
    }
}

mod random {
    use proptest::prelude::*;

    use super::one;
    use crate::{BodyText, Csv, HtmlBody, HtmlFile, PlainText, Tsv};

    /// Pieces that matter to some of the sanitizers, in any order.
    fn pieces() -> impl Strategy<Value = Vec<u8>> {
        let piece = prop_oneof![
            prop::sample::select(vec![
                "<div>",
                "</div>",
                "<p>",
                "<table><tr><td>",
                "</td>",
                "<td>",
                "</table>",
                "<ul><li>",
                "</ul>",
                "<ol>",
                "<li>",
                "<blockquote>",
                "</blockquote>",
                "<pre>",
                "</pre>",
                "<a href='https://a.example/'>",
                "</a>",
                "<br>",
                "<b>",
                "</b>",
                "<h2>",
                "</h2>",
                "<dl><dd>",
                "<img alt='x'>",
                "<script>",
                "</script>",
                "<style>",
                "</style>",
                "<!--",
                "-->",
                "<span style='display:none'>",
                "</span>",
                "&#8203;",
                "&#1;",
                "&nbsp;",
                "https://",
                "http://b.example/",
                "ftp",
                "://",
                "[",
                "]",
                "\"",
                "\"\"",
                ",",
                ";",
                "\t",
                "\n",
                "\r\n",
                "\r",
                "=1+1",
                "-",
                "+",
                "@",
                " ",
                "　",
                "日本",
                "ｶﾅ",
                "\u{200B}",
                "\u{202E}",
                "\u{FEFF}",
                "\u{1B}$B",
                "F|K\\",
                "\u{1B}(B",
                "。",
                ".",
                "e",
                "1",
            ])
            .prop_map(|text| text.as_bytes().to_vec()),
            prop::collection::vec(any::<u8>(), 0..4),
        ];
        prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn the_laws_hold_for_any_input(input in pieces(), label in prop::option::of(prop::sample::select(vec!["utf-8", "cp932", "iso-2022-jp"]))) {
            one(&PlainText, &input, label);
            one(&BodyText, &input, label);
            one(&Csv, &input, label);
            one(&Tsv, &input, label);
            one(&HtmlBody, &input, label);
            one(&HtmlFile, &input, label);
        }
    }
}
