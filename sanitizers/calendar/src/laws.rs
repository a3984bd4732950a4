//! The laws of every sanitizer, as one check for any input.

use sanitizer_api::{Budget, Hints, Sanitizer};

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
    let utf8 = Hints { charset: Some("utf-8"), ..Hints::default() };
    let again = sanitizer.sanitize(&rebuilt.bytes, utf8, &mut Budget::generous()).unwrap();
    let text = String::from_utf8(rebuilt.bytes).unwrap();
    assert_eq!(String::from_utf8(again.bytes).as_ref(), Ok(&text));
    assert_eq!(again.findings, []);
    assert!(text.ends_with("\r\n") && text.split("\r\n").all(|line| line.len() <= 75 && !line.contains(['\r', '\n'])));
    let unfolded = text.replace("\r\n ", "").to_lowercase();
    assert!(!["http://", "https://", "ftp://", "file://"].iter().any(|scheme| unfolded.contains(scheme)), "{unfolded}");
    let small = &mut Budget { output_bytes: 3, text_bytes: 3, html_bytes: 3, samples: 3 };
    assert!(sanitizer.sanitize(input, hints, small).is_err());
}

mod random {
    use proptest::prelude::*;

    use super::one;
    use crate::{Calendar, Contacts};

    /// Lines and pieces that matter, in any order.
    fn pieces() -> impl Strategy<Value = Vec<u8>> {
        let piece = prop_oneof![
            prop::sample::select(vec![
                "SUMMARY:",
                "DESCRIPTION;ALTREP=\"http://x\":",
                "UID:",
                "DTSTART;TZID=",
                "DTSTART:20261201\n",
                ":20261201T100000",
                "20261201T010000Z",
                ",",
                ";",
                ":",
                "\"",
                "\\",
                "\\n",
                "\\\\",
                "^",
                "^n",
                "=",
                "RRULE:FREQ=DAILY;COUNT=3\n",
                "ATTENDEE;CN=",
                ":mailto:a@b.jp\n",
                "ORGANIZER:",
                "BEGIN:VALARM\n",
                "ACTION:DISPLAY\n",
                "TRIGGER:-PT5M\n",
                "END:VALARM\n",
                "CATEGORIES:",
                "\n",
                "\r\n",
                "\r",
                "\n ",
                "\r\n\t",
                " ",
                "　",
                "http://",
                "https",
                "://",
                "www.",
                "ftp.",
                "a.b",
                "[.]",
                "\\\\server",
                "hxxp",
                "mailto",
                "tel:",
                "％",
                "%",
                "?",
                "@",
                "file:/",
                "日本",
                "ｶﾅ",
                "\u{200B}",
                "\u{202E}",
                "\u{FEFF}",
                "\u{1B}$B",
                "F|K\\",
                "\u{1B}(B",
                "N:",
                "FN:",
                "N;CHARSET=SHIFT_JIS;ENCODING=QUOTED-PRINTABLE:",
                "=83\\",
                "=8E=52",
                "=\n",
                "TEL;CELL:",
                "ADR;TYPE=home:",
                "ORG:",
                "NOTE:",
                "EMAIL:a@b.jp\n",
                "VERSION:2.1\n",
                "VERSION:3.0\n",
                "SOUND;X-IRMC-N:",
                "PHOTO;ENCODING=b:AAAA\n",
                "BDAY:1990-01-02\n",
                "END:VCARD\nBEGIN:VCARD\n",
                "END:VEVENT\nBEGIN:VEVENT\n",
            ])
            .prop_map(|text| text.as_bytes().to_vec()),
            prop::collection::vec(any::<u8>(), 0..4),
        ];
        prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn the_laws_hold_for_any_input(input in pieces(), label in prop::option::of(prop::sample::select(vec!["utf-8", "cp932", "iso-2022-jp", "utf-16"]))) {
            one(&Calendar, &input, label);
            one(&Contacts, &input, label);
            one(&Calendar, &[b"BEGIN:VCALENDAR\nBEGIN:VEVENT\n", input.as_slice(), b"\nEND:VEVENT\nEND:VCALENDAR\n"].concat(), label);
            one(&Contacts, &[b"BEGIN:VCARD\nFN:x\n", input.as_slice(), b"\nEND:VCARD\n"].concat(), label);
        }
    }
}
