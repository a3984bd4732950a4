//! The tree as a whole: roles, paths, content, limits and what makes a mail ambiguous.

use sanitizer_api::Code;

use super::*;

const LIMITS: Limits = Limits { header_bytes: 65_536, depth: 20, parts: 500 };

fn read(text: &str) -> Mail<'_> {
    inspect(text.as_bytes(), &LIMITS).unwrap()
}

/// The tree as `path role type length`, one leaf per entry.
fn outline(mail: &Mail<'_>) -> Vec<String> {
    let dotted = |path: &Path| path.iter().map(u16::to_string).collect::<Vec<_>>().join(".");
    mail.leaves
        .iter()
        .map(|leaf| format!("{} {:?} {} {}", dotted(&leaf.path), leaf.role, leaf.declared, leaf.bytes.len()))
        .collect()
}

fn check(text: &str, expected: &[&str]) {
    assert_eq!(outline(&read(text)), expected, "{text}");
}

/// How often ambiguity was found, over all places.
fn ambiguities(text: &str) -> u32 {
    let mail = read(text);
    mail.findings.iter().filter(|(_, code, _)| *code == Code::AmbiguousStructure).map(|(_, _, count)| count).sum()
}

fn part(headers: &str, body: &str) -> String {
    format!("--b\r\n{headers}\r\n\r\n{body}\r\n")
}

fn multipart(subtype: &str, parts: &[String]) -> String {
    format!("From: a@b.jp\r\nContent-Type: multipart/{subtype}; boundary=b\r\n\r\n{}--b--\r\n", parts.concat())
}

fn plain(body: &str) -> String {
    part("Content-Type: text/plain", body)
}

fn html(body: &str) -> String {
    part("Content-Type: text/html", body)
}

fn file() -> String {
    part(
        "Content-Type: application/pdf; name=a.pdf\r\nContent-Disposition: attachment; filename=a.pdf\r\n\
         Content-Transfer-Encoding: base64",
        "JVBERi0=",
    )
}

#[test]
fn a_mail_without_mime_is_one_body() {
    check("From: a@b.jp\r\n\r\nHello\r\n", &["1 Body text/plain 7"]);
    check("From: a@b.jp\r\n", &["1 Body text/plain 0"]);
    check("From: a@b.jp\nContent-Type: text\n\nHello", &["1 Body text/plain 5"]);
    check("From: a@b.jp\nContent-Type: text/html; charset=utf-8\n\n<p>", &["1 Body text/html 3"]);
}

#[test]
fn bytes_without_any_header_are_a_body_and_blanks_are_refused() {
    check("just words", &["1 Body text/plain 10"]);
    assert_eq!(inspect(b" \r\n\r\n", &LIMITS), Err(Unreadable::Empty));
    assert_eq!(inspect(b"", &LIMITS), Err(Unreadable::Empty));
}

#[test]
fn content_is_decoded_and_borrowed_where_nothing_had_to_be() {
    let text = multipart("mixed", &[plain("Hello"), file()]);
    let mail = read(&text);
    assert_eq!(outline(&mail), ["1 Body text/plain 5", "2 Attachment application/pdf 5"]);
    assert!(matches!(mail.leaves[0].bytes, Cow::Borrowed(b"Hello")));
    assert_eq!(*mail.leaves[1].bytes, *b"%PDF-");
    assert_eq!(mail.leaves[1].names, Names { shown: Some("a.pdf".to_owned()), extensions: vec!["pdf".to_owned()] });
    assert_eq!(ambiguities(&text), 0);
}

#[test]
fn text_with_a_name_or_a_request_to_be_saved_is_a_file() {
    let named = part("Content-Type: text/plain; name=a.txt", "x");
    let saved = part("Content-Type: text/plain\r\nContent-Disposition: attachment", "x");
    let invitation = part("Content-Type: text/calendar", "x");
    check(
        &multipart("mixed", &[plain("a"), named.clone(), saved, invitation, plain("b")]),
        &[
            "1 Body text/plain 1",
            "2 Attachment text/plain 1",
            "3 Attachment text/plain 1",
            "4 Attachment text/calendar 1",
            "5 Body text/plain 1",
        ],
    );
    check(&multipart("mixed", &[file(), named]), &["1 Attachment application/pdf 5", "2 Body text/plain 1"]);
}

#[test]
fn of_alternatives_the_richer_readable_one_is_shown() {
    let (body, other) = ("Body", "Alternative");
    for (first, second, roles) in [
        (plain("a"), html("<p>a</p>"), [other, body]),
        (html("<p>a</p>"), plain("a"), [body, other]),
        (plain("a"), html("<p><img src=x>&nbsp;</p>"), [body, other]),
        (plain("  "), html("<p></p>"), [other, body]),
        (plain("a"), part("Content-Type: text/enriched", "b"), [other, body]),
    ] {
        let text = multipart("alternative", &[first, second]);
        let mail = read(&text);
        let found: Vec<String> = mail.leaves.iter().map(|leaf| format!("{:?}", leaf.role)).collect();
        assert_eq!(found, roles, "{text}");
    }
}

#[test]
fn pictures_of_a_body_and_its_root_are_told_apart() {
    let related = |start: &str| {
        format!(
            "--b\r\nContent-Type: multipart/related; boundary=\"r\"{start}\r\n\r\n\
             --r\r\nContent-Type: text/html\r\nContent-ID: <one@x>\r\n\r\n<p>a</p>\r\n\
             --r\r\nContent-Type: text/html\r\nContent-ID: <two@x>\r\n\r\n<p>bb</p>\r\n\
             --r\r\nContent-Type: image/png\r\n\r\nx\r\n--r--\r\n"
        )
    };
    check(
        &multipart("alternative", &[plain("a"), related("")]),
        &[
            "1 Alternative text/plain 1",
            "2.1 Body text/html 8",
            "2.2 Attachment text/html 9",
            "2.3 Attachment image/png 1",
        ],
    );
    check(
        &multipart("mixed", &[related("; start=\"<TWO@x>\"")]),
        &["1.1 Attachment text/html 8", "1.2 Body text/html 9", "1.3 Attachment image/png 1"],
    );
}

#[test]
fn messages_and_unknown_multiparts_are_kept_whole() {
    let inner = "From: c@d\r\nContent-Type: multipart/mixed; boundary=i\r\n\r\n--i\r\n\r\nx\r\n--i--";
    let whole = format!("2 Attachment message/rfc822 {}", inner.len());
    check(
        &multipart("mixed", &[plain("a"), part("Content-Type: message/rfc822", inner)]),
        &["1 Body text/plain 1", &whole],
    );
    check(
        &multipart(
            "mixed",
            &[part("Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64", "RnJvbTogYUBi")],
        ),
        &["1 Attachment message/rfc822 9"],
    );
    check(&multipart("digest", &["--b\r\n\r\nFrom: a@b\r\n\r\nx\r\n".to_owned()]), &["1 Attachment message/rfc822 14"]);
    check(
        &multipart("mixed", &[part("Content-Type: message/partial; id=x; number=1", "x")]),
        &["1 Attachment message/partial 1"],
    );
    let unknown = read_roles(&multipart("x-strange", &[plain("a"), plain("b")]));
    assert_eq!(unknown, ["1 Attachment multipart/x-strange"]);
}

fn read_roles(text: &str) -> Vec<String> {
    outline(&read(text)).iter().filter_map(|line| line.rsplit_once(' ').map(|(head, _)| head.to_owned())).collect()
}

#[test]
fn of_signed_mail_the_content_is_shown_and_of_encrypted_mail_nothing() {
    let armour = "-----BEGIN PGP SIGNATURE-----\r\n\r\niQ==\r\n-----END PGP SIGNATURE-----";
    let signature = part("Content-Type: application/pgp-signature; name=signature.asc", armour);
    let signed = multipart("signed", &[plain("a"), signature]);
    assert_eq!(read_roles(&signed), ["1 Body text/plain", "2 Alternative application/pgp-signature"]);
    assert_eq!(read(&signed).findings, [(vec![], Code::SignatureRemoved, 1)]);
    let false_one = part("Content-Type: application/pgp-signature", "MZ");
    assert_eq!(
        read_roles(&multipart("signed", &[plain("a"), false_one])),
        ["1 Body text/plain", "2 Attachment application/pgp-signature"]
    );
    let version = part("Content-Type: application/pgp-encrypted", "Version: 1");
    let content = part("Content-Type: application/octet-stream; name=encrypted.asc", "x");
    let encrypted = multipart("encrypted", &[version, content]);
    assert_eq!(
        read_roles(&encrypted),
        ["1 Alternative application/pgp-encrypted", "2 Attachment application/octet-stream"]
    );
    assert_eq!(read(&encrypted).findings, [(vec![2], Code::EncryptedMail, 1)]);
}

#[test]
fn delivery_reports_and_receipts_are_words() {
    let status = part("Content-Type: message/delivery-status", "Action: failed");
    let headers = part("Content-Type: text/rfc822-headers", "Subject: x");
    let original = part("Content-Type: message/rfc822", "From: a@b\r\n\r\nx");
    let report = multipart("report; report-type=delivery-status", &[plain("a"), status, headers, original]);
    assert_eq!(
        read_roles(&report),
        [
            "1 Body text/plain",
            "2 Body message/delivery-status",
            "3 Body text/rfc822-headers",
            "4 Attachment message/rfc822"
        ]
    );
    assert_eq!(read(&report).findings, [(vec![2], Code::ReportToText, 1), (vec![3], Code::ReportToText, 1)]);
}

#[test]
fn pieces_of_mails_and_content_elsewhere_are_told() {
    for (kind, code) in [("partial; id=x; number=1", Code::PartialMessage), ("external-body", Code::ExternalBody)] {
        let text = multipart("mixed", &[plain("a"), part(&format!("Content-Type: message/{kind}"), "x")]);
        assert_eq!(read(&text).findings, [(vec![2], code, 1)]);
    }
}

/// The flags of a mail: `place flag`.
fn flags(text: &str) -> Vec<String> {
    let dotted = |path: &Path| path.iter().map(u16::to_string).collect::<Vec<_>>().join(".");
    read(text).ambiguities.iter().map(|(path, flag, _)| format!("{} {}", dotted(path), flag.as_str())).collect()
}

#[test]
fn a_doubt_about_the_structure_concerns_the_whole_mail_and_one_about_a_leaf_that_leaf() {
    let inner = "Content-Type: multipart/mixed; boundary=b1\r\n\r\n--b1\r\n\r\nx\r\n--b1--";
    let text = multipart("mixed", &[plain("a"), format!("--b\r\n{inner}\r\n"), file()]);
    assert_eq!(flags(&text), ["2 boundary_prefix"]);
    assert_eq!(read(&text).findings, [(vec![], Code::AmbiguousStructure, 1)]);
    let text = multipart("mixed", &[plain("a"), file().replace("base64", "base64 (c)"), file()]);
    assert_eq!(flags(&text), ["2 transfer_encoding_decorated"]);
    assert_eq!(read(&text).findings, [(vec![2], Code::AmbiguousStructure, 1)]);
}

#[test]
fn what_hides_nothing_is_told_and_has_no_consequence() {
    let twice = multipart("mixed", &[plain("a"), file()]).replace("From:", "Subject: x\r\nSubject: x\r\nFrom:");
    assert_eq!(flags(&twice), [" duplicate_subject"]);
    let charset = multipart("mixed", &[part("Content-Type: text/plain; charset=utf-7", "a"), file()]);
    assert_eq!(flags(&charset), ["1 charset_utf7"]);
    let footer = multipart("mixed", &[part("Content-Transfer-Encoding: base64", "YWJj=\r\n-- a list"), file()]);
    assert_eq!(flags(&footer), ["1 base64_malformed", "1 base64_after_padding"]);
    for text in [twice, charset, footer] {
        assert_eq!(read(&text).findings, [], "{text}");
    }
}

#[test]
fn text_that_hides_a_file_is_cut_where_its_structure_shows() {
    let program = "TVqQAAMAAAAEAAAA//8AALgAAAAAAAAAQAAAAAAA";
    let hidden = format!(
        "--x\r\nContent-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\nYWJj\r\n--x\r\n\
         Content-Type: application/x\r\nContent-Transfer-Encoding: base64\r\n\r\n{program}\r\n--x--\r\n"
    );
    let text = format!("From: a@b.jp\r\nContent-Type: multipart/mixed; boundary=y\r\n\r\n{hidden}");
    assert_eq!(outline(&read(&text)), ["1.1 Body text/plain 3", "1.2 Attachment application/x 30"]);
    // The same in a mail that says it is words: a bounce, or a part that only some readers see.
    let text = format!("From: a@b.jp\r\n\r\nReturned:\r\n{hidden}");
    assert_eq!(read_roles(&text), ["1.1 Body text/plain", "1.2 Body text/plain", "1.3 Attachment application/x"]);
    assert_eq!(read(&text).findings[0], (vec![], Code::AmbiguousStructure, 1));
    // Words about such things stay as they were written.
    let text = "From: a@b.jp\r\n\r\n--x\r\nContent-Type: text/plain\r\n\r\nwords\r\n--x--\r\n";
    assert_eq!((read_roles(text), flags(text)), (vec!["1 Body text/plain".to_owned()], vec![]));
    let text = format!("From: a@b.jp\r\nFrom: c@d.jp\r\n\r\nwords\r\n{program}\r\n");
    assert_eq!(read_roles(&text), ["1 Attachment text/plain"]);
    assert_eq!(flags(&text), [" duplicate_from", "1 encoded_file_in_text"]);
}

#[test]
fn a_multipart_that_cannot_be_taken_apart_is_text() {
    for text in [
        "Content-Type: multipart/mixed; boundary=b\r\n\r\nno delimiter",
        "Content-Type: multipart/mixed\r\n\r\nno delimiter",
        "Content-Type: multipart/mixed; boundary=b\r\n\r\nno delimiter\r\n--b--\r\n",
    ] {
        assert_eq!(read_roles(text), ["1 Body text/plain"], "{text}");
        assert!(ambiguities(text) > 0, "{text}");
    }
}

#[test]
fn what_two_readers_could_take_apart_differently_is_found() {
    let with = |part: String| multipart("mixed", &[plain("a"), part]);
    for (text, count) in [
        ("From: a@b\r\nFrom: c@d\r\n\r\nx".to_owned(), 1),
        ("From: a@b\r\nno colon\r\n\r\nx".to_owned(), 1),
        ("From: a@b\0\r\n\r\nx".to_owned(), 1),
        ("Content-Type: text/plain\r\nContent-Type: text/html\r\n\r\nx".to_owned(), 1),
        (with(part("Content-Transfer-Encoding: x-uuencode", "x")), 1),
        (with(part("Content-Type: a/b; name=a.txt\r\nContent-Disposition: attachment; filename=a.exe", "x")), 1),
        (with(part("Content-Type: a/b\r\nContent-Transfer-Encoding: base64", "TV!!qQ====AAAA")), 1),
        (with(part("Content-Type: text/plain\r\nContent-Transfer-Encoding: base64", "TV!!qQ====AAAA")), 0),
        (with(part("Content-Type: multipart/mixed; boundary=b", "x")), 1),
        (multipart("mixed; boundary=c", &[plain("a")]), 1),
        (multipart("mixed", &[plain("a"), file()]).replace("--b--\r\n", ""), 1),
        (multipart("mixed", &[plain("a"), plain("b")]).replace("--b--\r\n", ""), 0),
    ] {
        let found = ambiguities(&text);
        assert!(if count == 0 { found == 0 } else { found >= count }, "{found} in {text}");
    }
}

#[test]
fn a_part_outside_the_delimiters_is_found_and_idle_words_are_not() {
    let mail = |before: &str, behind: &str| {
        let head = "From: a@b.jp\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n";
        format!("{head}{before}{}{}--b--\r\n{behind}", plain("a"), file())
    };
    assert_eq!(ambiguities(&mail("This is a multi-part message in MIME format.\r\n", "-- \r\na list\r\n")), 0);
    assert_eq!(ambiguities(&mail("", "https://lists.example.jp/?id=10&page=1f\r\n")), 0);
    // Python begins its boundaries with `===============` and a number.
    let python =
        mail("", "").replace("=b\r\n", "=\"===============1021==\"\r\n").replace("--b", "--===============1021==");
    assert_eq!(ambiguities(&python), 0, "{python}");
    assert_eq!(ambiguities(&mail("", &file())), 1);
    assert_eq!(ambiguities(&mail("content-TYPE: application/pdf\r\n\r\nx\r\n", "")), 1);
    let inner = mail("", &file()).replace("--b", "--c").replace("boundary=b", "boundary=c");
    let inner = inner.strip_prefix("From: a@b.jp\r\n").unwrap();
    assert_eq!(ambiguities(&multipart("mixed", &[format!("--b\r\n{inner}\r\n")])), 1);
}

#[test]
fn limits_are_kept_and_have_codes() {
    let limits = Limits { header_bytes: 1_000, depth: 3, parts: 5 };
    let check = |text: &str, expected: Option<Unreadable>| {
        assert_eq!(inspect(text.as_bytes(), &limits).err(), expected, "{text}");
    };
    let nested = |depth: usize| {
        let opening: String = (0..depth)
            .map(|n| format!("Content-Type: multipart/mixed; boundary=\"x{n}y\"\r\n\r\n--x{n}y\r\n"))
            .collect();
        let closing: String = (0..depth).rev().map(|n| format!("\r\n--x{n}y--")).collect();
        format!("{opening}Content-Type: text/plain\r\n\r\na{closing}")
    };
    check(&nested(3), None);
    check(&nested(4), Some(Unreadable::TooDeep));
    check(&multipart("mixed", &vec![plain("a"); 4]), None);
    check(&multipart("mixed", &vec![plain("a"); 5]), Some(Unreadable::TooManyParts));
    check(&format!("X: {}\r\n\r\n", "a".repeat(1_000)), Some(Unreadable::HeadersTooLong));
    check(&multipart("mixed", &[part(&format!("X: {}", "a".repeat(1_000)), "a")]), Some(Unreadable::HeadersTooLong));
    let many = "X:\n".repeat(MAX_FIELDS + 1) + "\nx";
    assert_eq!(inspect(many.as_bytes(), &LIMITS), Err(Unreadable::HeadersTooLong));
    for (error, code) in [
        (Unreadable::TooManyParts, Code::TooManyFiles),
        (Unreadable::TooDeep, Code::TooDeep),
        (Unreadable::HeadersTooLong, Code::TooLarge),
        (Unreadable::Empty, Code::Corrupt),
    ] {
        assert_eq!(error.code(), code);
    }
}

#[test]
fn every_cut_and_every_changed_byte_of_a_mail_is_survived() {
    let text = multipart("mixed", &[plain("手水"), html("<p>a</p>"), file()]);
    for end in 0..text.len() {
        let cut = &text.as_bytes()[..end];
        let mut changed = text.clone().into_bytes();
        changed[end] ^= 0x1B;
        for bytes in [cut, &changed] {
            if let Ok(mail) = inspect(bytes, &LIMITS) {
                assert!(!mail.leaves.is_empty() && mail.leaves.iter().map(|leaf| &leaf.path).is_sorted());
            }
        }
    }
}

#[test]
fn hostile_structures_cost_linear_time_and_stay_within_the_limits() {
    let started = std::time::Instant::now();
    let top = "From: a@b.jp\r\nFrom: c@d.jp\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n";
    for piece in ["Content-Type: a/b\r\n\r\nx\r\n", "--b\r", "--b1\r\n", "A: b\r\n", "TVqQAAMA\r\n", "=00=", "\0", "--"]
    {
        for start in ["", "--x\r\nContent-Type: text/plain\r\n"] {
            let text = format!("{top}{start}{}", piece.repeat(400_000 / piece.len()));
            if let Ok(mail) = inspect(text.as_bytes(), &LIMITS) {
                assert!(mail.leaves.len() <= 500, "{piece:?}");
                assert!(mail.leaves.iter().map(|leaf| leaf.bytes.len()).sum::<usize>() <= text.len(), "{piece:?}");
                assert!(mail.leaves.windows(2).all(|pair| pair[0].path < pair[1].path), "{piece:?}");
            }
        }
    }
    assert!(started.elapsed() < std::time::Duration::from_secs(60), "{:?}", started.elapsed());
}

/// Fails without the feature `full_encoding`, which is off by default.
#[test]
fn the_parser_underneath_decodes_japanese() {
    let raw = b"Content-Type: text/plain; charset=iso-2022-jp\r\n\r\n\x1B$B<j?e\x1B(B";
    let message = mail_parser::MessageParser::new().parse(raw).unwrap();
    assert_eq!(message.body_text(0).as_deref(), Some("手水"));
}

#[test]
fn a_mail_inside_that_reuses_a_boundary_from_around_it_makes_the_whole_ambiguous() {
    let enclosed = |boundary: &str, encoding: &str| {
        let inner = format!(
            "From: a@b.jp\r\nContent-Type: multipart/mixed; boundary={boundary}\r\n\r\n--{boundary}\r\n\r\nx\r\n\
             --{boundary}\r\n\r\ny\r\n--{boundary}--\r\n"
        );
        let message = part(&format!("Content-Type: message/rfc822{encoding}"), &inner);
        multipart("mixed", &[plain("words"), message, file()])
    };
    let flags = |text: &str| {
        let mail = read(text);
        let same = mail.ambiguities.iter().filter(|(_, flag, _)| *flag == Flag::BoundarySameAsOuter);
        let places: Vec<Path> = same.map(|(path, ..)| path.clone()).collect();
        (places, mail.findings.contains(&(Path::new(), Code::AmbiguousStructure, 1)))
    };
    for boundary in ["b", "B"] {
        assert_eq!(flags(&enclosed(boundary, "")), (vec![Path::new()], true), "{boundary}");
    }
    let inside = format!(
        "--o\r\n{}--o--\r\n",
        enclosed("o", "").replace("From: a@b.jp\r\nContent-Type: mu", "Content-Type: mu")
    );
    let deeper = format!("From: a@b.jp\r\nContent-Type: multipart/mixed; boundary=o\r\n\r\n{inside}");
    assert_eq!(flags(&deeper), (vec![vec![1]], true));
    assert_eq!(flags(&enclosed("own", "")), (vec![], false));
}

#[test]
fn without_headers_words_are_shown_and_an_encoded_file_is_not() {
    let text = "Words without a header.\r\n";
    check(text, &["1 Body text/plain 25"]);
    let program = "TVqQAAMAAAAEAAAA//8AALgAAAAAAAAAQAAA\r\n";
    check(program, &["1 Attachment text/plain 38"]);
    assert_eq!((ambiguities(text), ambiguities(program)), (1, 1));
    assert_eq!(read(program).ambiguities.last(), Some(&(vec![1], Flag::EncodedFileInText, 1)));
}
