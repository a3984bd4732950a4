//! The laws that every composed mail keeps (reference: security 3 "what we promise"), stated by a strict reader that
//! shares no code with the writer.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use crate::domain::name::changes_reading;
use crate::domain::{FileName, WireMail};

const HEADER: &[&str] = &[
    "Received",
    "Message-ID",
    "Date",
    "From",
    "Reply-To",
    "To",
    "Cc",
    "In-Reply-To",
    "References",
    "Subject",
    "List-Id",
    "Auto-Submitted",
    "Precedence",
    "X-Temizu-Id",
    "X-Temizu-Status",
    "X-Temizu-Reasons",
    "MIME-Version",
    "Content-Type",
    "Content-Transfer-Encoding",
];
const REQUIRED: &[&str] = &["Message-ID", "Date", "From", "To", "X-Temizu-Id", "X-Temizu-Status", "MIME-Version"];
const ATTACHABLE: &[&str] = &[
    "text/plain",
    "text/csv",
    "text/tab-separated-values",
    "application/json",
    "application/xml",
    "text/calendar",
    "text/vcard",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "image/png",
    "image/jpeg",
    "image/tiff",
    "application/zip",
];
const EXTENSIONS: &[&str] = &[
    "txt", "text", "log", "md", "json", "yaml", "yml", "csv", "tsv", "docx", "xlsx", "pptx", "png", "jpg", "jpeg",
    "jpe", "jfif", "tif", "tiff", "zip", "geojson", "xml",
];
const RULER: &str = "────────────────────────────────";

/// A mail as the strict reader saw it.
#[derive(Debug)]
pub(super) struct Read {
    /// Fields, unfolded and with encoded words decoded; Received left out.
    pub(super) fields: BTreeMap<String, String>,
    /// Received fields.
    pub(super) hops: usize,
    /// The text, lines ending in LF.
    pub(super) text: String,
    /// Names and bytes of the attached files.
    pub(super) files: Vec<(String, Vec<u8>)>,
}

/// Reads `mail`; panics with the law that it breaks.
pub(super) fn check(mail: &WireMail) -> Read {
    let source = std::str::from_utf8(mail.bytes()).unwrap();
    assert!(!source.contains('\t'), "no tabs");
    let (header, body) = source.split_once("\r\n\r\n").unwrap();
    let (fields, hops) = check_header(header);
    let content_type = &fields["Content-Type"];
    let (text, files) = match content_type.strip_prefix("multipart/mixed; boundary=") {
        Some(boundary) => {
            assert!(!fields.contains_key("Content-Transfer-Encoding"), "multiparts are not encoded");
            check_parts(body, boundary.strip_prefix('"').unwrap().strip_suffix('"').unwrap())
        }
        None => {
            assert_eq!(content_type, "text/plain; charset=UTF-8");
            assert_eq!(fields["Content-Transfer-Encoding"], "base64");
            (decode_base64(body), Vec::new())
        }
    };
    Read { fields, hops, text: check_text(text), files }
}

fn check_header(header: &str) -> (BTreeMap<String, String>, usize) {
    let mut fields = BTreeMap::new();
    let mut hops = 0;
    for (name, value) in unfolded(header) {
        assert!(HEADER.contains(&name.as_str()), "no other fields: {name}");
        if name == "Received" {
            hops += 1;
            continue;
        }
        let value = if name.starts_with("Content-") { value } else { decode_words(&value) };
        assert!(!value.chars().any(changes_reading), "{name} is one line of text that reads as it is spelled");
        assert!(fields.insert(name.clone(), value).is_none(), "{name} occurs once");
    }
    for name in REQUIRED {
        assert!(fields.contains_key(*name), "{name} is there");
    }
    (fields, hops)
}

fn unfolded(header: &str) -> Vec<(String, String)> {
    let mut fields: Vec<(String, String)> = Vec::new();
    for line in header.split("\r\n") {
        assert!(!line.trim().is_empty(), "no blank lines in a header");
        assert!(!line.contains("=?") || line.len() <= 76, "RFC 2047 2: {line}");
        match (line.strip_prefix(' '), fields.last_mut()) {
            (Some(more), Some((_, value))) => {
                value.push(' ');
                value.push_str(more);
            }
            (Some(_), None) => panic!("a header begins with a field"),
            (None, _) => {
                let (name, value) = line.split_once(": ").expect("name, colon, blank, value on the first line");
                fields.push((name.to_owned(), value.to_owned()));
            }
        }
    }
    fields
}

/// Words are separated by one blank; the blank between two encoded words is none (RFC 2047 6.2).
fn decode_words(value: &str) -> String {
    let mut decoded = String::new();
    let mut after_encoded = false;
    for (index, word) in value.split(' ').enumerate() {
        let inside = word.strip_prefix("=?UTF-8?B?").and_then(|rest| rest.strip_suffix("?="));
        if index > 0 && !(after_encoded && inside.is_some()) {
            decoded.push(' ');
        }
        match inside {
            Some(inside) => {
                assert!(word.len() <= 75, "RFC 2047 2");
                decoded.push_str(&String::from_utf8(BASE64.decode(inside).unwrap()).expect("whole characters"));
            }
            None => {
                assert!(!word.contains("=?"), "every encoded word is ours: {word}");
                decoded.push_str(word);
            }
        }
        after_encoded = inside.is_some();
    }
    decoded
}

fn check_parts(body: &str, boundary: &str) -> (Vec<u8>, Vec<(String, Vec<u8>)>) {
    assert!((8..=70).contains(&boundary.len()), "length of the boundary");
    assert!(boundary.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-'), "safe boundary");
    let inside = body.strip_prefix(&format!("--{boundary}\r\n")).expect("nothing before the first boundary");
    let inside = inside.strip_suffix(&format!("\r\n--{boundary}--\r\n")).expect("nothing after the last boundary");
    let mut parts = inside.split(&format!("\r\n--{boundary}\r\n")).map(check_part).collect::<Vec<_>>().into_iter();
    assert_eq!(body.matches(boundary).count(), parts.len() + 1, "a boundary occurs as a boundary only");
    let (text_name, text) = parts.next().unwrap();
    assert_eq!(text_name, None, "the first part is the text");
    let files: Vec<_> = parts.map(|(name, bytes)| (name.expect("a file has a name"), bytes)).collect();
    let mut names: Vec<_> = files.iter().map(|(name, _)| name.to_lowercase()).collect();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), files.len(), "no two files have one name");
    (text, files)
}

fn check_part(part: &str) -> (Option<String>, Vec<u8>) {
    let (header, content) = part.split_once("\r\n\r\n").unwrap();
    let fields: BTreeMap<_, _> = unfolded(header).into_iter().collect();
    assert_eq!(fields.len(), unfolded(header).len(), "each field once");
    assert_eq!(fields["Content-Transfer-Encoding"], "base64");
    let (media_type, parameters) = fields["Content-Type"].split_once("; ").unwrap();
    let name = fields.get("Content-Disposition").map(|value| check_name(value, parameters));
    assert_eq!(fields.len(), if name.is_some() { 3 } else { 2 }, "no other fields in a part");
    assert!(ATTACHABLE.contains(&media_type), "no mark-up, no messages, no multiparts: {media_type}");
    let bytes = decode_base64(content);
    let is_table = matches!(media_type, "text/csv" | "text/tab-separated-values");
    let in_cp932 = is_table && parameters.starts_with("charset=Shift_JIS");
    let says = parameters.starts_with("charset=UTF-8") || in_cp932;
    assert_eq!(media_type.starts_with("text/"), says, "text says its charset");
    if media_type.starts_with("text/") && !in_cp932 {
        std::str::from_utf8(&bytes).expect("text in UTF-8");
    }
    (name, bytes)
}

fn check_name(disposition: &str, content_type: &str) -> String {
    let parameters = disposition.strip_prefix("attachment; ").unwrap();
    let name = match parameters.strip_prefix("filename=\"") {
        Some(plain) => plain.strip_suffix('"').unwrap().to_owned(),
        None => rfc2231(parameters),
    };
    let charset = ["charset=UTF-8; ", "charset=Shift_JIS; "];
    let named = charset.iter().find_map(|charset| content_type.strip_prefix(charset)).unwrap_or(content_type);
    let quoted = named.strip_prefix("name=\"").unwrap().strip_suffix('"').unwrap();
    assert_eq!(decode_words(quoted), name, "both names agree");
    let checked = FileName::try_from(name.clone()).expect("a safe name");
    let extension = checked.extension().unwrap();
    assert!(EXTENSIONS.contains(&extension.as_str()), "{extension}");
    name
}

fn rfc2231(parameters: &str) -> String {
    let mut encoded = String::new();
    for (index, parameter) in parameters.split("; ").enumerate() {
        let (key, value) = parameter.split_once('=').unwrap();
        assert!(key == format!("filename*{index}*") || (index == 0 && key == "filename*"), "RFC 2231 3: {key}");
        encoded.push_str(if index == 0 { value.strip_prefix("UTF-8''").unwrap() } else { value });
    }
    let mut bytes = Vec::new();
    let mut rest = encoded.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        if *first == b'%' {
            bytes.push(u8::from_str_radix(std::str::from_utf8(&tail[..2]).unwrap(), 16).unwrap());
            rest = &tail[2..];
        } else {
            assert!(first.is_ascii_alphanumeric() || b"-._".contains(first));
            bytes.push(*first);
            rest = tail;
        }
    }
    String::from_utf8(bytes).unwrap()
}

fn decode_base64(content: &str) -> Vec<u8> {
    let lines: Vec<_> = content.strip_suffix("\r\n").unwrap_or(content).split("\r\n").collect();
    let (last, full) = lines.split_last().unwrap();
    assert!(full.iter().all(|line| line.len() == 76) && last.len() <= 76, "base64 in lines of 76");
    BASE64.decode(lines.concat()).expect("strict base64")
}

fn check_text(bytes: Vec<u8>) -> String {
    let text = String::from_utf8(bytes).unwrap();
    assert!(text.ends_with("\r\n"), "text ends in a line end");
    let text = text.replace("\r\n", "\n");
    assert!(!text.chars().any(|c| c != '\n' && c != '\t' && changes_reading(c)), "no control characters in text");
    let is_seen = |c: &char| !matches!(c, ' ' | '\u{2800}' | '\u{FE00}'..='\u{FE0F}' | '\u{E0100}'..='\u{E01EF}');
    let rulers = text.lines().filter(|line| line.trim().chars().filter(is_seen).eq(RULER.chars()));
    assert!(rulers.count() <= 2, "nobody else draws our ruler");
    text
}
