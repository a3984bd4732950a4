//! What opening mails inside a mail must hold, whatever the bytes.

use sanitizer_mail as mail;
use sanitizer_outlook::Body;
use sanitizer_protocol::{Limits, Passwords, Role, Subject};

use super::{Attachment, Class, Code, Content, Detected, Expanded, Keys, Message, Names, Reach, Walk, attachment};
use crate::mapping::{Item, inspect};

const LIMITS: Limits =
    Limits { header_bytes: 65_536, depth: 6, parts: 20, html_bytes: 1 << 20, text_bytes: 1 << 20, output_bytes: 4_000 };

/// What the gateway believes, or else it gives the mail up as a whole.
fn hold(item: &Item<'_>, length: usize) {
    let parts = &item.found.parts;
    assert!(parts.is_sorted_by(|one, next| one.path < next.path), "in reading order");
    assert!(parts.len() <= 20 && parts.iter().all(|part| part.path.len() <= 6));
    let is_inside = |path: &[u16], other: &[u16]| path.len() > other.len() && path.starts_with(other);
    let outermost = parts.iter().filter(|part| !parts.iter().any(|other| is_inside(&part.path, &other.path)));
    assert!(outermost.map(|part| part.length).sum::<u64>() <= u64::try_from(length).unwrap());
    let inside = parts.iter().filter(|part| parts.iter().any(|other| is_inside(&part.path, &other.path)));
    let innermost = inside.filter(|part| !parts.iter().any(|other| is_inside(&other.path, &part.path)));
    assert!(innermost.map(|part| part.length).sum::<u64>() <= LIMITS.output_bytes);
    for part in parts {
        let around = parts.iter().filter(|other| is_inside(&part.path, &other.path));
        assert!(around.into_iter().all(|other| matches!(other.role, Role::Enclosed | Role::Body)));
    }
    for found in &item.found.findings {
        let is_place = found.path.is_empty() || parts.iter().any(|part| part.path.starts_with(&found.path));
        assert!(is_place, "{found:?}");
    }
    assert!(item.sources.iter().map(|source| &source.path).eq(parts.iter().map(|part| &part.path)));
}

fn samples() -> Vec<Vec<u8>> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../samples");
    let folders = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let enclosed = folders.filter(|path| path.file_name().unwrap().to_str().unwrap().starts_with('5'));
    let samples: Vec<Vec<u8>> = enclosed.map(|path| std::fs::read(path.join("input.eml")).unwrap()).collect();
    assert!(samples.len() >= 9);
    samples
}

#[test]
fn whatever_becomes_of_the_bytes_the_parts_told_of_fit_together() {
    for sample in samples() {
        let step = sample.len() / 150 + 1;
        for at in (0..sample.len()).step_by(step) {
            for mail in [sample[..at].to_vec(), [&sample[..at], b"\xFF", &sample[at + 1..]].concat()] {
                if let Ok(item) = inspect(&Subject::Mail, &mail, &LIMITS) {
                    hold(&item, mail.len());
                }
            }
        }
    }
}

#[test]
fn what_the_reach_does_not_allow_stays_closed_and_is_told_of() {
    let mail = samples().into_iter().find(|mail| mail.windows(13).any(|word| word == b"forwarded.eml")).unwrap();
    let told = |limits: Limits| {
        let item = inspect(&Subject::Mail, &mail, &limits).unwrap();
        item.found
            .findings
            .iter()
            .map(|found| found.code.clone())
            .filter(|code| code.starts_with("too"))
            .collect::<Vec<_>>()
    };
    assert_eq!(told(LIMITS), [""; 0]);
    assert_eq!(told(Limits { depth: 1, ..LIMITS }), ["too_deep"]);
    assert_eq!(told(Limits { parts: 4, ..LIMITS }), ["too_many_files"]);
    assert_eq!(told(Limits { output_bytes: 10, ..LIMITS }), ["too_large"]);
}

#[test]
fn mails_inside_the_mail_share_what_headers_they_may_have() {
    let told = |count: usize| {
        let part = format!(
            "--m\r\nContent-Type: message/rfc822\r\n\r\nFrom: a@b.jp\r\nX: {}\r\nContent-Type: text/plain\r\n\r\nx\r\n",
            "y".repeat(900)
        );
        let top = "From: a@b.jp\r\nContent-Type: multipart/mixed; boundary=m\r\n\r\n";
        let mail = format!("{top}{}--m--\r\n", part.repeat(count));
        let limits = Limits { header_bytes: 1_000, parts: 99, output_bytes: 1 << 20, ..LIMITS };
        let item = inspect(&Subject::Mail, mail.as_bytes(), &limits).unwrap();
        let opened = item.found.parts.iter().filter(|part| part.role == Role::Enclosed).count();
        let codes: Vec<_> = item.found.findings.iter().map(|found| found.code.clone()).collect();
        (opened, codes)
    };
    assert_eq!(told(16), (16, vec![]));
    let (opened, codes) = told(20);
    assert_eq!((opened, codes), (16, vec!["too_large".to_owned(); 4]));
}

#[test]
fn of_a_signed_message_of_outlook_the_text_is_shown_once_and_the_files_are_found() {
    let entity = b"Content-Type: multipart/signed; boundary=s\r\n\r\n--s\r\nContent-Type: multipart/mixed; boundary=m\r\n\r\n\
            --m\r\n\r\nwords\r\n--m\r\nContent-Type: text/plain; name=a.txt\r\nContent-Disposition: attachment; filename=a.txt\r\n\
            \r\nfile\r\n--m--\r\n--s\r\nContent-Type: application/pkcs7-signature\r\n\r\n0\r\n--s--\r\n";
    let message = Message {
        bodies: vec![Body { is_html: false, charset: None, bytes: b"words".to_vec() }],
        attachments: vec![Attachment {
            names: Vec::new(),
            media_type: Some("multipart/signed".to_owned()),
            content: Content::File(entity.to_vec()),
        }],
        ..Message::default()
    };
    let reach = Reach { header_bytes: 1_000, headers: 1_000, depth: 9, parts: 9, bytes: 9_000, looks: 99 };
    let out = Expanded::default();
    let mut walk =
        Walk { reach, out, archives: Vec::new(), opens_archives: true, keys: Keys::new(&Passwords::default()) };
    let leaf = attachment(vec![2], "", Names::default(), Vec::new());
    walk.message(leaf, Detected { id: "msg", class: Class::Mail, encrypted: false }, message, mail::Role::Body);
    let told: Vec<_> = walk.out.nodes.iter().map(|node| (node.leaf.path.as_slice(), node.leaf.role)).collect();
    let (body, alternative, file) = (mail::Role::Body, mail::Role::Alternative, mail::Role::Attachment);
    assert_eq!(
        told,
        [(&[2][..], file), (&[2, 1], body), (&[2, 2, 1, 1], alternative), (&[2, 2, 1, 2], file), (&[2, 2, 2], file)]
    );
    assert_eq!(walk.out.findings, [(vec![2, 2], Code::SignatureRemoved, 1)]);
}

fn role_of_a_winmail_beside(declared: &str, body: &str, limits: &Limits) -> Role {
    let tnef = b"\x78\x9F\x3E\x22\x01\0\x02\x0C\x80\x02\0\x05\0\0\0words\0\0";
    let mail = format!(
        "From: a@b.jp\r\nContent-Type: multipart/mixed; boundary=m\r\n\r\n--m\r\nContent-Type: {declared}; charset=utf-8\r\n\r\n\
             {body}\r\n--m\r\nContent-Type: application/ms-tnef; name=winmail.dat\r\n\
             Content-Disposition: attachment; filename=winmail.dat\r\n\r\n"
    );
    let mail = [mail.as_bytes(), tnef, b"\r\n--m--\r\n"].concat();
    let item = inspect(&Subject::Mail, &mail, limits).unwrap();
    let text = item.found.parts.iter().find(|part| part.path == [2, 1]);
    text.unwrap_or_else(|| panic!("{:?}", item.found.parts)).role
}

#[test]
fn the_text_of_a_winmail_is_shown_unless_a_reader_sees_another() {
    let role = |declared, body| role_of_a_winmail_beside(declared, body, &LIMITS);
    for (declared, body) in [
        ("text/plain", " \r\n"),
        ("text/plain", "\u{3000}\u{A0}\u{200B}\u{FEFF}\u{3164}\r\n"),
        ("text/html", "<html><body><p>&nbsp;</p><div style=\"display:none\">x</div></body></html>"),
    ] {
        assert_eq!(role(declared, body), Role::Body, "{body:?}");
    }
    for (declared, body) in [("text/plain", "。"), ("text/html", "<html><body><p>a</p></body></html>")] {
        assert_eq!(role(declared, body), Role::Alternative, "{body:?}");
    }
}

#[test]
fn bodies_are_looked_at_for_no_more_bytes_than_html_may_have_and_their_text_is_shown_twice_then() {
    let limits = |html_bytes| Limits { html_bytes, ..LIMITS };
    assert_eq!(role_of_a_winmail_beside("text/plain", "word", &limits(4)), Role::Alternative);
    assert_eq!(role_of_a_winmail_beside("text/plain", "word", &limits(3)), Role::Body);
    // What one body took is not there for the next, of whichever mail it is.
    let out = Expanded::default();
    let reach = Reach { header_bytes: 1_000, headers: 1_000, depth: 9, parts: 9, bytes: 9_000, looks: 10 };
    let mut walk =
        Walk { reach, out, archives: Vec::new(), opens_archives: true, keys: Keys::new(&Passwords::default()) };
    let body = |bytes: &[u8]| mail::Leaf {
        role: mail::Role::Body,
        ..attachment(vec![1], "text/plain", Names::default(), bytes.to_vec())
    };
    assert!(!walk.says_something(&body(b"     ")));
    assert!(walk.says_something(&body(b"abc")));
    assert!(!walk.says_something(&body(b"abc")) && walk.reach.looks == 2);
}

#[test]
fn a_mail_as_a_file_stays_one_file() {
    let mail = samples().swap_remove(0);
    let item = inspect(&Subject::File { name: "a.eml".to_owned() }, &mail, &LIMITS).unwrap();
    assert_eq!((item.found.parts.len(), item.found.parts[0].detected.id.as_str()), (1, "eml"));
    assert!(item.found.parts[0].path.is_empty());
}

/// A zip of stored members with names in UTF-8.
fn zip_of(members: &[(&str, &[u8])]) -> Vec<u8> {
    let (mut file, mut directory) = (Vec::new(), Vec::new());
    for (name, content) in members {
        let mut crc = u32::MAX;
        for byte in *content {
            crc ^= u32::from(*byte);
            for _ in 0..8 {
                crc = (crc >> 1) ^ (0xEDB8_8320 * (crc & 1));
            }
        }
        let size = u32::try_from(content.len()).unwrap().to_le_bytes();
        let length = u16::try_from(name.len()).unwrap().to_le_bytes();
        let fixed =
            [&b"\x14\0\0\x08\0\0\0\0\x21\0"[..], &(!crc).to_le_bytes(), &size, &size, &length, &[0; 2]].concat();
        let offset = u32::try_from(file.len()).unwrap().to_le_bytes();
        file.extend([b"PK\x03\x04", fixed.as_slice(), name.as_bytes(), content].concat());
        directory.extend([b"PK\x01\x02\x14\0", fixed.as_slice(), &[0; 10], &offset, name.as_bytes()].concat());
    }
    let count = u16::try_from(members.len()).unwrap().to_le_bytes();
    let (start, size) = (u32::try_from(file.len()).unwrap(), u32::try_from(directory.len()).unwrap());
    file.extend(directory);
    file.extend(
        [b"PK\x05\x06\0\0\0\0", &count[..], &count, &size.to_le_bytes(), &start.to_le_bytes(), &[0, 0]].concat(),
    );
    file
}

fn in_a_zip(members: &[(&str, &[u8])], limits: &Limits) -> sanitizer_protocol::Inspected {
    let zip = zip_of(members);
    let item = inspect(&Subject::File { name: "a.zip".to_owned() }, &zip, limits).unwrap();
    item.found
}

#[test]
fn members_tell_the_folders_around_them_and_no_more_than_a_path_may_have() {
    let deep = format!("{}/b.txt", ["あ"; 40].join("/"));
    let long = format!("{}/c.txt", ["あ".repeat(30).as_str(); 6].join("/"));
    let names = ["2025/様式/申請書.txt", "../NUL/x:y/a.txt", "C:\\フォルダ\\d.txt", &deep, &long, "e.txt"];
    let members: Vec<(&str, &[u8])> = names.iter().map(|name| (*name, &b"x"[..])).collect();
    let found = in_a_zip(&members, &LIMITS);
    let told: Vec<Vec<&str>> =
        found.parts.iter().map(|part| part.folders.iter().map(String::as_str).collect()).collect();
    assert_eq!(told[..4], [vec![], vec!["2025", "様式"], vec!["_NUL", "x_y"], vec!["フォルダ"]]);
    assert_eq!((told[4].len(), told[5].len(), told[6].len()), (10, 4, 0));
}

#[test]
fn mails_in_an_archive_are_opened_as_those_in_mails_are() {
    let mail = b"From: a@b.jp\r\nSubject: x\r\nContent-Type: multipart/mixed; boundary=m\r\n\r\n--m\r\n\r\nwords\r\n--m\r\n\
        Content-Type: text/plain; name=a.txt\r\nContent-Disposition: attachment; filename=a.txt\r\n\r\nfile\r\n--m--\r\n";
    let tnef = b"\x78\x9F\x3E\x22\x01\0\x02\x0C\x80\x02\0\x05\0\0\0words\0\0";
    let found = in_a_zip(&[("様式/a.eml", mail), ("winmail.dat", tnef), ("b.txt", b"x")], &LIMITS);
    let told: Vec<_> = found.parts.iter().map(|part| (part.path.as_slice(), part.role, part.folders.len())).collect();
    let (body, file) = (Role::Body, Role::Attachment);
    assert_eq!(
        told,
        [
            (&[][..], Role::Archive, 0),
            (&[1], Role::Enclosed, 1),
            (&[1, 1], body, 0),
            (&[1, 2], file, 0),
            (&[2], Role::Enclosed, 0),
            (&[2, 1], body, 0),
            (&[3], file, 0)
        ]
    );
    let codes = |limits: Limits| -> Vec<String> {
        in_a_zip(&[("a.eml", mail)], &limits).findings.into_iter().map(|found| found.code).collect()
    };
    assert_eq!(codes(LIMITS), [""; 0]);
    assert_eq!(codes(Limits { depth: 1, ..LIMITS }), ["too_deep"]);
    assert_eq!(codes(Limits { parts: 3, ..LIMITS }), ["too_many_files"]);
}
