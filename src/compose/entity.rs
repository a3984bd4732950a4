//! MIME: the text, and the attached files if there are any (RFC 2045, RFC 2046).
//!
//! Refuses by construction: encodings other than base64, nested multiparts, anything before the first boundary or
//! after the last. Invariant: a boundary occurs only as a boundary, because base64 has no hyphen.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use super::contents::File;
use super::field::{Fields, encoded_words};

/// Bytes that make one line of base64.
const GROUP: usize = 57;

/// Longest name written as it is; longer ones are continued over several lines (RFC 2231 3).
const SHORT_NAME: usize = 48;

/// The text of the mail, lines ending in LF.
#[derive(Debug)]
pub(super) struct TextBody(pub(super) String);

/// Everything below the header fields of the mail.
#[derive(Debug)]
pub(super) struct Entity<'a> {
    pub(super) body: &'a TextBody,
    pub(super) files: &'a [File<'a>],
    /// What separates the parts, if there are files: up to 70 letters, digits and hyphens.
    pub(super) boundary: &'a str,
}

impl Entity<'_> {
    /// About how many bytes the mail takes: for one allocation instead of many.
    pub(super) fn capacity(&self) -> usize {
        const HEADER: usize = 4096;
        const PART_HEADER: usize = 1024;
        let text = self.body.0.len();
        let files: usize = self.files.iter().map(|file| encoded_length(file.bytes.len()) + PART_HEADER).sum();
        HEADER + encoded_length(text + text / 16) + files
    }

    /// Ends the header of the mail with the MIME fields and writes the body.
    pub(super) fn write(&self, fields: &mut Fields) {
        fields.line("MIME-Version", "1.0");
        if self.files.is_empty() {
            return self.body.write(fields);
        }
        fields.open("Content-Type").token("multipart/mixed;");
        fields.token(&format!("boundary=\"{}\"", self.boundary)).close();
        self.delimiter(fields, "\r\n");
        self.body.write(fields);
        for file in self.files {
            self.delimiter(fields, "\r\n");
            file.write(fields);
        }
        self.delimiter(fields, "--\r\n");
    }

    fn delimiter(&self, fields: &mut Fields, end: &str) {
        let out = fields.end();
        out.extend_from_slice(b"--");
        out.extend_from_slice(self.boundary.as_bytes());
        out.extend_from_slice(end.as_bytes());
    }
}

impl TextBody {
    fn write(&self, fields: &mut Fields) {
        fields.open("Content-Type").token("text/plain;").token("charset=UTF-8").close();
        fields.line("Content-Transfer-Encoding", "base64");
        // RFC 2045 6.8: text is brought to CRLF before it is encoded.
        let canonical = self.0.replace('\n', "\r\n");
        write_base64(canonical.as_bytes(), fields.end());
    }
}

impl File<'_> {
    fn write(&self, fields: &mut Fields) {
        fields.open("Content-Type").token(&format!("{};", self.format.media_type));
        if let Some(charset) = self.format.charset(self.bytes) {
            fields.token(&format!("charset={charset};"));
        }
        if let Some(method) = self.format.method(self.bytes) {
            fields.token(&format!("method={method};"));
        }
        self.write_name(fields);
        fields.close();
        fields.line("Content-Transfer-Encoding", "base64");
        fields.open("Content-Disposition").token("attachment;");
        self.write_filename(fields);
        fields.close();
        write_base64(self.bytes, fields.end());
    }

    /// `name` as mail programs of Japan from before RFC 2231 expect it: encoded words in quotes.
    fn write_name(&self, fields: &mut Fields) {
        if self.is_short() {
            fields.token(&format!("name=\"{}\"", self.name));
            return;
        }
        let words = encoded_words(self.name);
        let last = words.len().saturating_sub(1);
        for (index, word) in words.iter().enumerate() {
            let open = if index == 0 { "name=\"" } else { "" };
            let close = if index == last { "\"" } else { "" };
            fields.token(&format!("{open}{word}{close}"));
        }
    }

    /// `filename` in one form only, so that no two can disagree: plain, or as RFC 2231 has it.
    fn write_filename(&self, fields: &mut Fields) {
        if self.is_short() {
            fields.token(&format!("filename=\"{}\"", self.name));
            return;
        }
        let pieces = percent_encoded(self.name);
        if let [piece] = pieces.as_slice() {
            fields.token(&format!("filename*=UTF-8''{piece}"));
            return;
        }
        let last = pieces.len().saturating_sub(1);
        for (index, piece) in pieces.iter().enumerate() {
            let charset = if index == 0 { "UTF-8''" } else { "" };
            let close = if index == last { "" } else { ";" };
            fields.token(&format!("filename*{index}*={charset}{piece}{close}"));
        }
    }

    /// A file name holds neither quotes nor backslashes, so that it can stand in quotes as it is.
    fn is_short(&self) -> bool {
        self.name.is_ascii() && self.name.len() <= SHORT_NAME
    }
}

/// `name` in the characters of RFC 5987 3.2.1, in pieces of whole characters that fit a line.
fn percent_encoded(name: &str) -> Vec<String> {
    const PIECE: usize = 48;
    let mut pieces = vec![String::new()];
    for c in name.chars() {
        let mut utf8 = [0; 4];
        let encoded: String = c.encode_utf8(&mut utf8).bytes().map(percent).collect();
        match pieces.last_mut() {
            Some(piece) if piece.len() + encoded.len() <= PIECE => piece.push_str(&encoded),
            _ => pieces.push(encoded),
        }
    }
    pieces
}

fn percent(byte: u8) -> String {
    if byte.is_ascii_alphanumeric() || b"-._".contains(&byte) {
        char::from(byte).to_string()
    } else {
        format!("%{byte:02X}")
    }
}

/// Appends `bytes` as lines of 76 characters.
fn write_base64(bytes: &[u8], out: &mut Vec<u8>) {
    let mut line = [0u8; GROUP / 3 * 4];
    for group in bytes.chunks(GROUP) {
        if let Ok(length) = BASE64.encode_slice(group, &mut line) {
            out.extend_from_slice(line.get(..length).unwrap_or_default());
        }
        out.extend_from_slice(b"\r\n");
    }
}

const fn encoded_length(bytes: usize) -> usize {
    bytes.div_ceil(GROUP).saturating_mul(GROUP / 3 * 4 + 2)
}
