//! From what the format crates found to the words of the protocol.
//!
//! Refuses: items over their limits, mails without structure. Invariant: every part told of has a [`Source`] with the
//! same path and type, so that whatever the gateway may order can be found again.

use std::borrow::Cow;

use sanitizer_api::{Class, Code, Detected, Flowed};
use sanitizer_mail::{Headers, Leaf, Unreadable};
use sanitizer_protocol::{
    self as protocol, Address, AuthenticationField, AuthenticationResult, Failure, Found, Inspected, Limits, PartFound,
    Passwords, Role, Subject,
};
use sha2::{Digest, Sha256};

use crate::expand::{Expanded, Node, expand, expand_file};
use crate::inline::Remains;
use crate::{head, registry};

/// Seconds since the epoch of the years 1 to 9999: what a Date header of the new mail can say (RFC 5322 3.3).
const YEARS: std::ops::RangeInclusive<i64> = -62_135_596_800..=253_402_300_799;

/// An inspected item: what the gateway is told, and what its orders will be written from.
#[derive(Debug)]
pub struct Item<'a> {
    /// What the gateway is told.
    pub found: Inspected,
    /// One source per part, in the same order.
    pub sources: Vec<Source<'a>>,
}

/// The decoded bytes of one part.
#[derive(Debug)]
pub struct Source<'a> {
    /// Its place.
    pub path: Vec<u16>,
    /// Real type.
    pub type_id: &'static str,
    /// The charset label the sender gave.
    pub charset: Option<String>,
    /// How its lines are joined.
    pub flowed: Option<Flowed>,
    /// The bytes, without a password; of a body, what is left when the files in it are taken out; of a mail, the lines shown of it.
    pub bytes: Cow<'a, [u8]>,
    /// What its reader is told besides what writing it brings up.
    pub found: Vec<(Code, u32)>,
    /// The place of the plain twin that speaks for an HTML body of which nothing is left to read.
    pub twin: Option<Vec<u16>>,
}

/// Finds out what `bytes` are.
///
/// # Errors
/// [`Failure::Limit`] over a limit; [`Failure::Unreadable`] without a structure.
pub fn inspect<'a>(subject: &Subject, bytes: &'a [u8], limits: &Limits) -> Result<Item<'a>, Failure> {
    inspect_with(subject, bytes, limits, &Passwords::default())
}

/// As [`inspect`]; what is encrypted is tried with `passwords`.
///
/// # Errors
/// As [`inspect`].
pub fn inspect_with<'a>(
    subject: &Subject,
    bytes: &'a [u8],
    limits: &Limits,
    passwords: &Passwords,
) -> Result<Item<'a>, Failure> {
    match subject {
        Subject::Mail | Subject::BareMail => {
            let Limits { header_bytes, depth, parts, .. } = *limits;
            let mail = sanitizer_mail::inspect(bytes, &sanitizer_mail::Limits { header_bytes, depth, parts });
            Ok(item(expand(mail.map_err(failure)?, limits, *subject == Subject::Mail, passwords)))
        }
        Subject::File { name } => Ok(item(expand_file(single_file(name, bytes), limits, passwords))),
    }
}

fn failure(unreadable: Unreadable) -> Failure {
    match unreadable.code() {
        code @ (Code::TooLarge | Code::TooManyFiles | Code::TooDeep) => {
            Failure::Limit { code: code.as_str().to_owned() }
        }
        _ => Failure::Unreadable,
    }
}

/// A file is a mail of one attachment and no headers.
fn single_file<'a>(name: &str, bytes: &'a [u8]) -> Leaf<'a> {
    Leaf {
        path: Vec::new(),
        role: sanitizer_mail::Role::Attachment,
        declared: String::new(),
        charset: None,
        flowed: None,
        names: sanitizer_mail::Names::of([name]),
        bytes: Cow::Borrowed(bytes),
    }
}

fn item(mail: Expanded<'_>) -> Item<'_> {
    let mut findings: Vec<Found> =
        mail.findings.into_iter().map(|(path, code, count)| found(path, code, count)).collect();
    let ambiguities = mail
        .ambiguities
        .into_iter()
        .map(|(path, flag, count)| Found { code: flag.as_str().to_owned(), path, count })
        .collect();
    let mut parts = Vec::with_capacity(mail.nodes.len());
    let mut sources = Vec::with_capacity(mail.nodes.len());
    let mut folders = mail.folders;
    for node in mail.nodes {
        let (mut part, source) = part(node, &mut findings);
        part.folders = folders.remove(&part.path).unwrap_or_default();
        parts.push(part);
        sources.push(source);
    }
    for (part, source) in parts.iter().zip(&mut sources) {
        source.twin = twin(part, &parts);
    }
    Item { found: Inspected { headers: headers(mail.headers), parts, findings, ambiguities }, sources }
}

/// The real type of a leaf.
pub(crate) fn detected(leaf: &Leaf<'_>) -> Detected {
    match leaf.role {
        sanitizer_mail::Role::Attachment => detected_file(&leaf.bytes, &leaf.names.extensions),
        sanitizer_mail::Role::Body | sanitizer_mail::Role::Alternative => body(leaf),
    }
}

/// The real type of a file whose names end in these extensions.
pub(crate) fn detected_file(bytes: &[u8], extensions: &[String]) -> Detected {
    sanitizer_detect::with_name(sanitizer_detect::detect(bytes), extensions)
}

fn part<'a>(node: Node<'a>, findings: &mut Vec<Found>) -> (PartFound, Source<'a>) {
    let Node { leaf, detected, head, text, opened, content } = node;
    let extensions = leaf.names.extensions;
    // What an archive keeps back has a name and no bytes that it could lie about: why it is kept back is told instead.
    let is_closed = leaf.bytes.is_empty() && detected.class == Class::Unknown;
    let lies = !is_closed && extensions.iter().any(|extension| !sanitizer_detect::agrees(&detected, extension));
    // Of a mail that was opened nothing is handed on but text and its own parts, whatever else its bytes could be.
    if lies
        || (head.is_none()
            && sanitizer_detect::polyglot(content.as_deref().unwrap_or(&leaf.bytes), &detected).is_some())
    {
        findings.push(found(leaf.path.clone(), Code::TypeMismatch, 1));
    }
    // An envelope of S/MIME is told of by whoever looked into it.
    if detected.encrypted && detected.id != "p7m" {
        findings.push(found(leaf.path.clone(), Code::PasswordRequired, 1));
    }
    // A body that nothing can show in place is a file, whatever the sender says.
    let showable = registry::sanitizer(detected.id, protocol::Way::Text).is_some();
    let role = match leaf.role {
        _ if head.is_some() => Role::Enclosed,
        _ if opened => Role::Archive,
        sanitizer_mail::Role::Body if showable => Role::Body,
        // A signature was looked at before it became one (`sanitizer_mail`): it is dropped, never shown.
        sanitizer_mail::Role::Alternative if showable || is_signature(&leaf.declared) => Role::Alternative,
        sanitizer_mail::Role::Body | sanitizer_mail::Role::Alternative | sanitizer_mail::Role::Attachment => {
            Role::Attachment
        }
    };
    let part = PartFound {
        path: leaf.path.clone(),
        role,
        declared: leaf.declared,
        detected: protocol::Detected { id: detected.id.to_owned(), class: detected.class.as_str().to_owned() },
        name: leaf.names.shown,
        folders: Vec::new(),
        extensions,
        length: u64::try_from(leaf.bytes.len()).unwrap_or(u64::MAX),
        sha256: Sha256::digest(&leaf.bytes).into(),
        encrypted: detected.encrypted,
    };
    let source = Source {
        path: leaf.path,
        type_id: detected.id,
        charset: leaf.charset,
        flowed: leaf.flowed,
        bytes: content.map_or(leaf.bytes, Cow::Owned),
        found: Vec::new(),
        twin: None,
    };
    (part, shown(source, head, text))
}

/// What is written of a part where that is not its bytes.
fn shown<'a>(source: Source<'a>, head: Option<String>, text: Option<Remains>) -> Source<'a> {
    match (head, text) {
        (Some(head), _) => Source {
            type_id: head::TYPE,
            charset: Some("utf-8".to_owned()),
            bytes: Cow::Owned(head.into_bytes()),
            ..source
        },
        (None, Some(remains)) => {
            Source { charset: remains.charset, bytes: Cow::Owned(remains.bytes), found: remains.found, ..source }
        }
        (None, None) => source,
    }
}

/// The last plain text of the multipart/alternative that `body` was chosen from.
fn twin(body: &PartFound, parts: &[PartFound]) -> Option<Vec<u16>> {
    if body.role != Role::Body || body.detected.id != "html" {
        return None;
    }
    let mail = mail_of(&body.path, parts);
    let stands_beside = |other: &&PartFound| {
        let parent = other.path.split_last().map_or(&[][..], |(_, parent)| parent);
        let says_it = other.role == Role::Alternative && other.detected.id != "html" && !is_service(&other.declared);
        says_it && body.path.starts_with(parent) && mail_of(&other.path, parts) == mail
    };
    parts.iter().rev().find(stands_beside).map(|part| part.path.clone())
}

/// The innermost mail that `path` lies in; absent for the item itself.
fn mail_of<'p>(path: &[u16], parts: &'p [PartFound]) -> Option<&'p [u16]> {
    let around =
        |part: &&PartFound| part.role == Role::Enclosed && path.len() > part.path.len() && path.starts_with(&part.path);
    parts.iter().rev().find(around).map(|part| part.path.as_slice())
}

/// Parts beside a body that say nothing to people: signatures, and the version of an encryption.
fn is_service(declared: &str) -> bool {
    is_signature(declared) || declared == "application/pgp-encrypted"
}

fn is_signature(declared: &str) -> bool {
    declared.starts_with("application/") && declared.ends_with("-signature")
}

/// The type of what is shown in place: text that looks like a script is still text to read, and HTML without a
/// document around it is still HTML; tags in plain text are words about tags. What is no text at all keeps its real type.
fn body(leaf: &Leaf<'_>) -> Detected {
    let detected = sanitizer_detect::detect(&leaf.bytes);
    if !sanitizer_detect::is_text(&leaf.bytes) && !sanitizer_japanese::reads(leaf.charset.as_deref(), &leaf.bytes) {
        return detected;
    }
    match leaf.declared.as_str() {
        "text/html" | "application/xhtml+xml" => Detected { id: "html", class: Class::Markup, encrypted: false },
        _ => Detected { id: "text", class: Class::Text, encrypted: false },
    }
}

fn found(path: Vec<u16>, code: Code, count: u32) -> Found {
    Found { code: code.as_str().to_owned(), path, count }
}

fn headers(headers: Headers) -> protocol::Headers {
    let addresses = |addresses: Vec<sanitizer_mail::Address>| {
        addresses.into_iter().map(|one| Address { name: one.name, address: one.address }).collect()
    };
    protocol::Headers {
        from: addresses(headers.from),
        to: addresses(headers.to),
        cc: addresses(headers.cc),
        reply_to: addresses(headers.reply_to),
        subject: headers.subject,
        date: headers.date.filter(|(seconds, _)| YEARS.contains(seconds)),
        message_id: headers.message_id,
        references: headers.references,
        in_reply_to: headers.in_reply_to,
        hops: headers.hops,
        list_id: headers.list_id,
        auto_submitted: headers.auto_submitted,
        precedence: headers.precedence,
        authentication: headers.authentication.into_iter().map(authentication).collect(),
    }
}

fn authentication(field: sanitizer_mail::AuthenticationField) -> AuthenticationField {
    let result = |one: sanitizer_mail::AuthenticationResult| AuthenticationResult {
        method: one.method.to_owned(),
        result: one.result.to_owned(),
        domain: one.domain,
    };
    AuthenticationField {
        name: field.name.to_owned(),
        authserv_id: field.authserv_id,
        results: field.results.into_iter().map(result).collect(),
        below_received: field.below_received,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits =
        Limits { header_bytes: 1000, depth: 3, parts: 4, html_bytes: 1000, text_bytes: 1000, output_bytes: 1000 };

    const PROGRAM: &str = "TVqQAAMAAAAEAAAA//8AALgAAAAAAAAAQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAgAAAAA==";

    fn mail(text: &str) -> Result<Inspected, Failure> {
        inspect(&Subject::Mail, text.replace('\n', "\r\n").as_bytes(), &LIMITS).map(|item| item.found)
    }

    fn codes(found: &Inspected) -> Vec<(&[u16], &str)> {
        found.findings.iter().map(|finding| (finding.path.as_slice(), finding.code.as_str())).collect()
    }

    #[test]
    fn a_body_that_is_a_program_is_an_attachment() {
        let found = mail(&format!("From: a@b.jp\nContent-Transfer-Encoding: base64\n\n{PROGRAM}\n")).unwrap();
        assert_eq!(found.parts[0].role, Role::Attachment);
        assert_eq!(found.parts[0].detected.class, "executable");
        let found = mail("From: a@b.jp\nContent-Type: text/html\n\nno document around <b>this</b>\n").unwrap();
        assert_eq!((found.parts[0].role, found.parts[0].detected.id.as_str()), (Role::Body, "html"));
        let found = mail("From: a@b.jp\n\n#!/bin/sh\necho a script that somebody asks about\n").unwrap();
        assert_eq!((found.parts[0].role, found.parts[0].detected.id.as_str()), (Role::Body, "text"));
        let found = mail("From: a@b.jp\n\n<html> or <script> in plain text is what its reader sees\n").unwrap();
        assert_eq!((found.parts[0].role, found.parts[0].detected.id.as_str()), (Role::Body, "text"));
        let found = mail("From: a@b.jp\n\nHello\n").unwrap();
        assert_eq!((found.parts[0].role, found.parts[0].path.as_slice()), (Role::Body, [1].as_slice()));
        assert_eq!(found.headers.from[0].address, "a@b.jp");
    }

    #[test]
    fn a_name_that_lies_about_its_content_is_a_finding_of_its_part() {
        let named = |name: &str| {
            mail(&format!(
                "From: a@b.jp\nContent-Type: application/octet-stream; name={name}\n\
                 Content-Disposition: attachment\nContent-Transfer-Encoding: base64\n\n{PROGRAM}\n"
            ))
            .unwrap()
        };
        assert_eq!(codes(&named("a.exe")), []);
        assert_eq!(codes(&named("a.pdf")), [([1].as_slice(), "type_mismatch")]);
        assert_eq!(named("a.pdf").parts[0].extensions, ["pdf"]);
    }

    #[test]
    fn of_a_member_that_is_kept_back_the_reason_is_told_and_no_lie_about_its_type() {
        let row = |kind: u8| {
            let mut block = vec![0; 512];
            block[..5].copy_from_slice(b"a.pdf");
            block[100..108].copy_from_slice(b"0000644\0");
            block[124..136].copy_from_slice(b"00000000000\0");
            block[148..156].copy_from_slice(b"        ");
            block[156] = kind;
            block[257..265].copy_from_slice(b"ustar\x0000");
            let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
            block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
            [block, vec![0; 1024]].concat()
        };
        let in_a_tar = |kind: u8| {
            let subject = Subject::File { name: "a.tar".to_owned() };
            let limits = Limits { output_bytes: 10_000, ..LIMITS };
            inspect(&subject, &row(kind), &limits).unwrap().found
        };
        assert_eq!(codes(&in_a_tar(b'2')), [([1].as_slice(), "unsupported_format")]);
    }

    #[test]
    fn the_twin_of_an_html_body_is_the_plain_text_of_its_own_alternative() {
        let text = "From: a@b.jp\nContent-Type: multipart/mixed; boundary=m\n\n\
            --m\nContent-Type: multipart/alternative; boundary=x\n\n--x\n\na\n--x\nContent-Type: text/html\n\n<p>a\n--x--\n\
            --m\nContent-Type: text/html\n\n<p>b\n--m--\n"
            .replace('\n', "\r\n");
        let item = inspect(&Subject::Mail, text.as_bytes(), &Limits { parts: 9, ..LIMITS }).unwrap();
        let twins: Vec<_> = item.sources.iter().map(|source| (source.path.clone(), source.twin.clone())).collect();
        assert_eq!(twins, [(vec![1, 1], None), (vec![1, 2], Some(vec![1, 1])), (vec![2], None)]);
    }

    #[test]
    fn a_signature_is_dropped_if_it_is_one_and_never_speaks_for_a_body() {
        let signed = |kind: &str, signature: &str| {
            let text = format!(
                "From: a@b.jp\nContent-Type: multipart/signed; boundary=s\n\n--s\nContent-Type: text/html\n\n<img>\n\
                 --s\nContent-Type: application/{kind}-signature\nContent-Transfer-Encoding: base64\n\n{signature}\n--s--\n"
            );
            let text = text.replace('\n', "\r\n");
            let item = inspect(&Subject::Mail, text.as_bytes(), &Limits { parts: 9, ..LIMITS }).unwrap();
            (item.found.parts[1].role, item.sources[0].twin.clone())
        };
        assert_eq!(signed("pkcs7", "MIAGCSqGSIb3DQEHAg=="), (Role::Alternative, None));
        assert_eq!(signed("pkcs7", PROGRAM), (Role::Attachment, None));
        let armour = "LS0tLS1CRUdJTiBQR1AgU0lHTkFUVVJFLS0tLS0KCmlRPT0KLS0tLS1FTkQgUEdQIFNJR05BVFVSRS0tLS0t";
        assert_eq!(signed("pgp", armour), (Role::Alternative, None));
    }

    #[test]
    fn limits_and_emptiness_are_told_apart() {
        let limit = |code: &str| Err(Failure::Limit { code: code.to_owned() });
        assert_eq!(mail(&format!("Subject: {}\n\nx", "x".repeat(2000))), limit("too_large"));
        assert_eq!(mail(" \n"), Err(Failure::Unreadable));
        let parts = "--b\n\nx\n".repeat(9);
        let many = format!("Content-Type: multipart/mixed; boundary=b\n\n{parts}--b--\n");
        assert_eq!(mail(&many), limit("too_many_files"));
    }

    #[test]
    fn a_date_that_no_header_can_say_is_left_out() {
        let date = |date| headers(Headers { date: Some((date, 0)), ..Headers::default() }).date;
        assert_eq!(date(0), Some((0, 0)));
        assert_eq!((date(i64::MAX), date(*YEARS.start() - 1)), (None, None));
    }

    #[test]
    fn a_file_is_a_single_attachment_under_a_clean_name() {
        let subject = Subject::File { name: "../見積\u{202E}fdp.exe".to_owned() };
        let item = inspect(&subject, b"MZ\x90", &LIMITS).unwrap();
        assert_eq!(item.found.headers, protocol::Headers::default());
        assert_eq!(item.found.parts[0].path, item.sources[0].path);
        assert_eq!(item.found.parts[0].name.as_deref(), Some(".._見積fdp.exe"));
        assert_eq!(item.found.parts[0].extensions, ["exe"]);
    }
}
