//! Mails for the portal's tests, and what is in them.

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

/// A file in a mail: name, declared type, bytes.
pub(crate) type Enclosure<'a> = (&'a str, &'a str, Vec<u8>);

/// A word as a header carries it (RFC 2047), whatever is in it.
fn encoded(word: &str) -> String {
    let mut pieces = vec![String::new()];
    for c in word.chars() {
        if pieces.last().is_some_and(|piece| piece.len() + c.len_utf8() > 42) {
            pieces.push(String::new());
        }
        pieces.last_mut().unwrap().push(c);
    }
    let words: Vec<_> = pieces.iter().map(|piece| format!("=?UTF-8?B?{}?=", BASE64.encode(piece))).collect();
    words.join("\r\n ")
}

fn lines(bytes: &[u8]) -> String {
    let text = BASE64.encode(bytes);
    text.as_bytes().chunks(76).map(|line| format!("{}\r\n", std::str::from_utf8(line).unwrap())).collect()
}

/// A mail with a text and files.
pub(crate) fn letter(subject: &str, sender: &str, text: &str, files: &[Enclosure<'_>]) -> Vec<u8> {
    let mut mail = format!(
        "From: {} <sender@example.com>\r\nTo: <hanako@city.example.lg.jp>\r\n\
         Date: Mon, 23 Nov 2026 10:00:00 +0900\r\nSubject: {}\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/mixed; boundary=m\r\n\r\n--m\r\nContent-Type: text/plain; charset=utf-8\r\n\
         Content-Transfer-Encoding: base64\r\n\r\n{}",
        encoded(sender),
        encoded(subject),
        lines(text.as_bytes())
    );
    for (name, kind, bytes) in files {
        mail.push_str(&format!(
            "--m\r\nContent-Type: {kind}\r\nContent-Disposition: attachment;\r\n filename=\"{}\"\r\n\
             Content-Transfer-Encoding: base64\r\n\r\n{}",
            encoded(name),
            lines(bytes)
        ));
    }
    mail.push_str("--m--\r\n");
    mail.into_bytes()
}

fn own(path: &str) -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

/// A text and a table, both rebuilt.
pub(crate) fn lists() -> Vec<u8> {
    let files = [
        ("連絡事項.txt", "text/plain", "会議は十時からです。\r\n".as_bytes().to_vec()),
        ("名簿.csv", "text/csv", "氏名,内線\r\n柏木,=1+1\r\n".as_bytes().to_vec()),
    ];
    letter("名簿の送付", "山田建設", "名簿を送ります。 https://example.com/form をご覧ください。", &files)
}

/// One of every kind: a document, a sheet with macros, a PDF that is kept back, a picture, an archive.
pub(crate) fn all_kinds() -> Vec<u8> {
    own("samples/21-all-kinds/input.eml")
}

/// A program with the name of a PDF: kept back, dangerous.
pub(crate) fn program() -> Vec<u8> {
    own("samples/22-exe-renamed-pdf/input.eml")
}

/// An archive behind a password (AES): kept back until somebody types it.
pub(crate) fn locked() -> Vec<u8> {
    letter("図面の送付", "山田建設", "パスワードは別のメールで送ります。", &[locked_zip()])
}

pub(crate) fn locked_zip() -> Enclosure<'static> {
    ("図面.zip", "application/zip", own("tests/it/locked/aes.zip"))
}

/// A PDF, which no rule rebuilds yet: kept back, not dangerous.
pub(crate) fn kept_back() -> Vec<u8> {
    letter("議事録の送付", "山田建設", "議事録を送ります。", &[pdf()])
}

/// Four pixels.
pub(crate) fn picture() -> Enclosure<'static> {
    let png = "iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAIAAAD91JpzAAAAEElEQVR4nGM4oKAARAwQCgAejgQBl4tBnAAAAABJRU5ErkJggg==";
    ("地図.png", "image/png", BASE64.decode(png).unwrap())
}

pub(crate) fn pdf() -> Enclosure<'static> {
    let pdf = b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer\n<< /Root 1 0 R >>\n%%EOF\n";
    ("議事録.pdf", "application/pdf", pdf.to_vec())
}
