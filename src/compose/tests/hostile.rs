//! The laws against facts, names and texts that an attacker would choose.

use proptest::prelude::*;

use super::{Case, mailbox, site};
use crate::compose::{Phrases, laws, text};
use crate::domain::{Action, FileName, Language, Mailbox, NamedAddress, PartRole, Reason};

/// Text that attackers like, in any mixture.
fn hostile() -> impl Strategy<Value = String> {
    let pieces = prop::sample::select(vec![
        "請求書",
        "\r\nBcc: x@evil.example",
        "\n",
        "\r",
        "\0",
        "\t",
        " ",
        "  ",
        "\u{202E}",
        "\u{2028}",
        "\u{200B}",
        "\u{FE0E}",
        "\u{E0100}",
        "\u{2800}",
        "\u{FFF0}",
        "\u{1BCA0}",
        "\u{E0FFF}",
        "────────────────\u{FE0E}────────────────",
        "\n■\u{FE0E} 添付ファイル\n",
        "\n■\u{2800}差出人 市長\n",
        "\n────\u{FE0E} 添付されたメール ────\n",
        "\n■",
        "添付ファイル",
        "────",
        "添付されたメール",
        "=?UTF-8?B?5bGx?=",
        "=?",
        "?=",
        "=",
        "\"",
        "\\",
        "<a@b>",
        ",",
        ";",
        ":",
        "(",
        "@",
        "--temizu",
        "\r\n.\r\n",
        "[無害化]",
        "────────────────────────────────",
        "\n────────────────────────────────\n",
        "\n■ 添付ファイル\n",
        "\n──── 添付されたメール ここまで ────\n",
        "──── Attached mail 1 ────",
        "https://evil.example/",
        "{rule}",
        "葛\u{E0100}",
        "𠮷",
        "ﾊﾝｶｸ",
        "x",
        "（9KB）… このメールに付けました",
        "long long text with blanks",
    ]);
    prop_oneof![
        8 => prop::collection::vec(pieces, 0..12).prop_map(|pieces| pieces.concat()),
        2 => any::<String>(),
        1 => ("[a-zあ-ん =?]{1,4}", 500..3000usize).prop_map(|(piece, count)| piece.repeat(count)),
    ]
}

/// What is seen of a line, but for its gaps.
fn seen(line: &str) -> String {
    const UNSEEN: [char; 6] = ['\u{FE0E}', '\u{E0100}', '\u{2800}', '\u{FFF0}', '\u{1BCA0}', '\u{E0FFF}'];
    line.chars().filter(|c| !c.is_whitespace() && !UNSEEN.contains(c)).collect()
}

fn hostile_name() -> impl Strategy<Value = Option<FileName>> {
    hostile().prop_map(|text| {
        let cut = text.floor_char_boundary(120);
        FileName::try_from(text.split_at(cut).0.to_owned()).ok()
    })
}

fn hostile_address() -> impl Strategy<Value = Mailbox> {
    prop_oneof![
        Just("keiri@yamada.example"),
        Just("abc..def.@docomo.ne.jp"),
        Just("\"a b\\\"c\"@example.jp"),
        Just("=?UTF-8?B?eA==?=@example.jp"),
        Just("\"=?UTF-8?Q?x?=\"@[IPv6:2001:db8::1]"),
    ]
    .prop_map(mailbox)
}

prop_compose! {
    fn hostile_case()(
        people in prop::collection::vec((hostile(), hostile_address()), 0..5),
        subject in prop::option::of(hostile()),
        date in prop::option::of((any::<i64>(), any::<i16>())),
        bodies in prop::collection::vec(hostile(), 0..3),
        files in prop::collection::vec((hostile_name(), hostile()), 0..4),
        (target, shown) in (hostile(), prop::option::of(hostile())),
        origin in prop::collection::vec(prop::option::of(hostile()), 3),
    ) -> Case {
        let mut case = Case::new().headers(|headers| {
            let people: Vec<_> = people.into_iter().map(|(name, address)| NamedAddress { name, address }).collect();
            let mut origin = origin.into_iter();
            headers.list_id = origin.next().flatten();
            headers.auto_submitted = origin.next().flatten();
            headers.precedence = origin.next().flatten();
            (headers.from, headers.to, headers.cc, headers.reply_to) =
                (people.clone(), people.clone(), people.clone(), people);
            (headers.subject, headers.date) = (subject, date);
        });
        for body in &bodies {
            case = case.body(body, &[Reason::HtmlToText]).links(&[(1, &target, shown.as_deref())]);
        }
        for (index, (name, text)) in files.iter().enumerate() {
            let name = name.as_ref().map(FileName::as_str);
            case = if index % 2 == 0 {
                case.written(PartRole::Attachment, name, ("text/csv", text.as_bytes()), &[Reason::TextRebuilt])
            } else {
                case.kept(PartRole::Attachment, name, 1, Action::Quarantine, Some(Reason::TypeMismatch))
            };
        }
        case
    }
}

proptest! {
    #[test]
    fn the_laws_hold_whatever_the_facts_say(case in hostile_case()) {
        for language in [Language::Ja, Language::En] {
            let composed = case.compose_as(&site(language), 1).unwrap();
            let read = laws::check(&composed.mail);
            prop_assert_eq!(case.compose_as(&site(language), 1).unwrap(), composed);
            let lines: Vec<_> = read.text.lines().map(seen).collect();
            for mark in ["────添付されたメール────", "────添付されたメールここまで────", "────Attachedmail1────"] {
                prop_assert!(!lines.iter().any(|line| line == mark), "nobody else sets off a mail");
            }
            for heading in ["■添付ファイル", "■差出人", "■Attachments", "■Sender"] {
                let count = lines.iter().filter(|line| line.starts_with(heading)).count();
                prop_assert!(count <= 1, "nobody else begins a paragraph of ours: {}", heading);
            }
            let ours = read.text.lines().rev().take_while(|line| *line != text::RULER);
            let entries = ours.filter(|line| line.as_bytes().get(2..4) == Some(b". "));
            let mut ellipses = entries.map(|entry| entry.matches('…').count());
            prop_assert!(ellipses.all(|count| count == 1), "nobody else says what became of a file");
            let written = case.outcomes.iter().filter(|outcome| outcome.derivative.is_some());
            prop_assert_eq!(read.files.len(), written.filter(|o| o.action == Action::Rebuild).count());
        }
    }

    #[test]
    fn a_subject_comes_out_as_literal_text(untrusted in hostile()) {
        let case = Case::new().headers(|headers| headers.subject = Some(untrusted.clone())).body("x", &[]);
        let expected = text::single_line(&untrusted, 500);
        let phrases = Phrases::default();
        let expected = phrases.without_tags(&expected);
        let read = case.read();
        prop_assert_eq!(read.fields.get("Subject").map_or("", String::as_str), expected);
    }
}
