//! A strict reader of delivered mails that shares no code with the writer, and the laws they all keep
//! (ARCHITECTURE.md, invariant 2).
//!
//! Refuses everything that two mail programs might read in two ways; the error names the law. Invariant: what it
//! returns is all there is in the mail.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

/// Fields a delivered mail may have; all but `Received` once at most.
const FIELDS: &[&str] = &[
    "received",
    "message-id",
    "date",
    "from",
    "reply-to",
    "to",
    "cc",
    "in-reply-to",
    "references",
    "subject",
    "list-id",
    "auto-submitted",
    "precedence",
    "x-temizu-id",
    "x-temizu-status",
    "x-temizu-reasons",
    "mime-version",
    "content-type",
    "content-transfer-encoding",
];
const REQUIRED: &[&str] = &["date", "from", "message-id", "x-temizu-id", "x-temizu-status", "mime-version"];
const TEXTS: &[&str] = &["text/plain", "text/csv", "text/tab-separated-values", "text/calendar", "text/vcard"];
/// What is no text, with the extensions under which its programs open it.
const BINARIES: &[(&str, &[&str])] = &[
    ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", &["docx"]),
    ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", &["xlsx"]),
    ("application/vnd.openxmlformats-officedocument.presentationml.presentation", &["pptx"]),
    ("image/png", &["png"]),
    ("image/jpeg", &["jpg", "jpeg", "jpe", "jfif"]),
    ("image/tiff", &["tif", "tiff"]),
    ("application/zip", &["zip"]),
    ("application/json", &["json", "geojson"]),
    ("application/xml", &["xml"]),
];

/// A delivered mail.
#[derive(Debug)]
pub(crate) struct Delivered {
    /// Header fields in order: the lines as sent, and the value unfolded with encoded words decoded.
    pub(crate) fields: Vec<Field>,
    /// The text.
    pub(crate) text: String,
    /// The attached files.
    pub(crate) files: Vec<File>,
}

/// A header field.
#[derive(Debug)]
pub(crate) struct Field {
    pub(crate) name: String,
    pub(crate) lines: Vec<String>,
    pub(crate) value: String,
}

/// An attached file.
#[derive(Debug)]
pub(crate) struct File {
    pub(crate) name: String,
    pub(crate) media_type: String,
    pub(crate) bytes: Vec<u8>,
    /// What it says, if it is text.
    pub(crate) content: String,
}

impl File {
    /// Its content as other readers are asked for it: text with LF, anything else in hexadecimal digits.
    pub(crate) fn shown(&self) -> String {
        let digits = || self.bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        if self.media_type.starts_with("text/") { self.content.replace("\r\n", "\n") } else { digits() }
    }
}

impl Delivered {
    /// Reads a mail.
    ///
    /// # Errors
    /// The law that it breaks.
    pub(crate) fn read(mail: &[u8]) -> Result<Self, String> {
        law(mail.is_ascii(), "no octet above 127 leaves")?;
        law(!mail.contains(&0), "no NUL")?;
        let mail = std::str::from_utf8(mail).unwrap();
        law(!mail.replace("\r\n", "").contains(['\r', '\n']), "every line ends in CRLF")?;
        law(mail.ends_with("\r\n"), "the last line is ended")?;
        law(mail.split("\r\n").all(|line| line.len() <= 998), "lines within 998 octets")?;
        let (header, body) = mail.split_once("\r\n\r\n").ok_or("a blank line ends the header")?;
        let fields = fields(header)?;
        laws_of_the_header(&fields)?;
        let value = |name: &str| fields.iter().find(|field| field.name == name).map(|field| field.value.as_str());
        let kind = value("content-type").ok_or("the content has a type")?;
        let (text, files) = match kind.strip_prefix("multipart/mixed; boundary=") {
            Some(boundary) => {
                law(value("content-transfer-encoding").is_none(), "a multipart has no encoding")?;
                multipart(body, boundary)?
            }
            None => (utf8(&leaf(kind, value("content-transfer-encoding"), body)?)?, Vec::new()),
        };
        law(
            !text.chars().any(|c| deceives(c) && !"\r\n\t".contains(c)),
            "no control or reordering characters in text",
        )?;
        let names: BTreeSet<_> = files.iter().map(|file| file.name.to_lowercase()).collect();
        law(names.len() == files.len(), "no two files have one name")?;
        Ok(Self { fields, text: text.replace("\r\n", "\n"), files })
    }

    /// The value of a field.
    pub(crate) fn value(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|field| field.name == name).map(|field| field.value.as_str())
    }

    /// The mail for people to review: header lines as sent, decoded where they are encoded; text and files decoded.
    pub(crate) fn shown(&self) -> String {
        let mut shown = String::new();
        for field in &self.fields {
            for line in &field.lines {
                shown += &format!("{line}\n");
            }
            if field.lines.iter().any(|line| line.contains("=?")) {
                shown += &format!("    = {}\n", field.value);
            }
        }
        shown += &format!("\n{}", self.text);
        for file in &self.files {
            shown += &format!("\n==== {} ({})\n{}", file.name, file.media_type, file.content.replace('\r', "␍"));
        }
        shown
    }
}

fn law(holds: bool, law: &str) -> Result<(), String> {
    if holds { Ok(()) } else { Err(format!("broken: {law}")) }
}

fn fields(header: &str) -> Result<Vec<Field>, String> {
    let mut fields: Vec<Field> = Vec::new();
    for line in header.split("\r\n") {
        law(!line.trim().is_empty(), "no blank lines in a header")?;
        law(!line.bytes().any(|byte| byte < b' '), "no control characters in a header")?;
        law(!line.contains("=?") || line.len() <= 76, "RFC 2047 2: lines of 76")?;
        if line.starts_with(' ') {
            fields.last_mut().ok_or("a header begins with a field")?.lines.push(line.to_owned());
            continue;
        }
        let (name, _) = line.split_once(": ").ok_or("a field is a name, a colon, a blank and a value")?;
        fields.push(Field { name: name.to_lowercase(), lines: vec![line.to_owned()], value: String::new() });
    }
    for field in &mut fields {
        let unfolded = field.lines.concat();
        let (_, value) = unfolded.split_once(": ").unwrap();
        field.value = decoded_words(value)?;
    }
    Ok(fields)
}

fn laws_of_the_header(fields: &[Field]) -> Result<(), String> {
    let mut seen = BTreeSet::new();
    for field in fields {
        law(FIELDS.contains(&field.name.as_str()), &format!("no field {}", field.name))?;
        law(seen.insert(&field.name) || field.name == "received", &format!("{} once", field.name))?;
        law(!field.value.chars().any(deceives), "no control or reordering characters in a decoded header")?;
    }
    let missing = REQUIRED.iter().find(|name| !seen.contains(&(**name).to_owned()));
    law(missing.is_none(), &format!("there is a {missing:?}"))?;
    for field in fields.iter().filter(|field| ["from", "to", "cc", "reply-to"].contains(&field.name.as_str())) {
        let brackets = |text: &str| text.matches(['<', '>']).count();
        let hidden = brackets(&field.value) != brackets(&field.lines.concat());
        law(!hidden, "an encoded name is no address to a program that decodes first")?;
    }
    Ok(())
}

/// RFC 2047, only as we write it: whole characters of UTF-8 in strict base64.
fn decoded_words(value: &str) -> Result<String, String> {
    let mut decoded = String::new();
    let mut after_word = false;
    for (index, token) in value.split(' ').enumerate() {
        // In a quoted `name` of a file, as old programs want it, the first word follows the quote.
        let open = if token.starts_with("name=\"") { "name=\"" } else { "" };
        let word = token[open.len()..].strip_prefix("=?UTF-8?B?").and_then(|rest| rest.split_once("?="));
        if index > 0 && !(after_word && word.is_some()) {
            decoded.push(' ');
        }
        match word {
            Some((word, tail)) => {
                law(word.len() + 12 <= 75, "RFC 2047 2: words of 75")?;
                let bytes = BASE64.decode(word).map_err(|_| "strict base64 in encoded words")?;
                let text = String::from_utf8(bytes).map_err(|_| "whole characters in encoded words")?;
                decoded += &format!("{open}{text}{tail}");
            }
            None => {
                law(!token.contains("=?"), "every encoded word is ours")?;
                decoded.push_str(token);
            }
        }
        after_word = word.is_some();
    }
    Ok(decoded)
}

fn multipart(body: &str, boundary: &str) -> Result<(String, Vec<File>), String> {
    let boundary = boundary.trim_matches('"');
    law((8..=70).contains(&boundary.len()), "a boundary has 8 to 70 characters")?;
    law(boundary.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-'), "a boundary is of safe characters")?;
    let inside = body.strip_prefix(&format!("--{boundary}\r\n")).ok_or("nothing before the first boundary")?;
    let inside = inside.strip_suffix(&format!("\r\n--{boundary}--\r\n")).ok_or("nothing after the last boundary")?;
    let parts: Vec<&str> = inside.split(&format!("\r\n--{boundary}\r\n")).collect();
    law(body.matches(boundary).count() == parts.len() + 1, "a boundary is nothing but a boundary")?;
    let mut text = None;
    let mut files = Vec::new();
    for part in parts {
        let (header, content) = part.split_once("\r\n\r\n").ok_or("a blank line ends the header of a part")?;
        let fields = fields(header)?;
        let value = |name: &str| fields.iter().find(|field| field.name == name).map(|field| field.value.as_str());
        let kind = value("content-type").ok_or("a part has a type")?;
        let bytes = leaf(kind, value("content-transfer-encoding"), content)?;
        let decoded = if kind.starts_with("text/") && !is_cp932(kind) { utf8(&bytes)? } else { String::new() };
        match value("content-disposition") {
            None => {
                law(text.is_none() && files.is_empty() && fields.len() == 2, "one text, and it comes first")?;
                law(kind.starts_with("text/"), "what people read is text")?;
                text = Some(decoded);
            }
            Some(disposition) => {
                law(fields.len() == 3, "no other fields in a part")?;
                let media_type = kind.split(';').next().unwrap().to_owned();
                files.push(File { name: file_name(disposition, kind)?, media_type, bytes, content: decoded });
            }
        }
    }
    Ok((text.ok_or("there is a text")?, files))
}

/// Tables alone may be in another charset than UTF-8.
fn is_cp932(kind: &str) -> bool {
    ["text/csv; ", "text/tab-separated-values; "]
        .iter()
        .any(|table| kind.strip_prefix(table).is_some_and(|parameters| parameters.starts_with("charset=Shift_JIS; ")))
}

fn utf8(bytes: &[u8]) -> Result<String, String> {
    String::from_utf8(bytes.to_vec()).map_err(|_| "text that decodes strictly".to_owned())
}

fn leaf(kind: &str, encoding: Option<&str>, content: &str) -> Result<Vec<u8>, String> {
    let (media_type, parameters) = kind.split_once("; ").ok_or("a type with its parameters")?;
    let is_binary = BINARIES.iter().any(|(binary, _)| *binary == media_type);
    law(is_binary || TEXTS.contains(&media_type), &format!("no {media_type}: no mark-up, no messages, no multiparts"))?;
    let in_cp932 = is_cp932(kind);
    law(is_binary != (parameters.starts_with("charset=UTF-8") || in_cp932), "text is UTF-8, or a table in CP932")?;
    law(encoding == Some("base64"), "content is base64")?;
    let content = content.strip_suffix("\r\n").unwrap_or(content);
    let mut lines = content.split("\r\n").peekable();
    while let Some(line) = lines.next() {
        law(line.len() == 76 || (lines.peek().is_none() && line.len() < 76), "base64 in lines of 76")?;
    }
    BASE64.decode(content.replace("\r\n", "")).map_err(|_| "strict base64".to_owned())
}

/// The name of a file, in one reading only.
fn file_name(disposition: &str, kind: &str) -> Result<String, String> {
    let parameters = disposition.strip_prefix("attachment; ").ok_or("a file is an attachment")?;
    let name = match parameters.strip_prefix("filename=\"") {
        Some(plain) => plain.strip_suffix('"').ok_or("one name")?.to_owned(),
        None => extended(parameters)?,
    };
    let (_, old) = kind.split_once("name=\"").ok_or("a name for old programs")?;
    law(old.strip_suffix('"') == Some(&name), "both names agree")?;
    law(!name.chars().any(|c| deceives(c) || r#"/\:*?"<>|"#.contains(c)), "a name is a name on every system")?;
    law(!name.starts_with(' ') && !name.ends_with(['.', ' ']), &format!("a name begins and ends in the open: {name}"))?;
    let (_, extension) = name.rsplit_once('.').ok_or("a name has an extension")?;
    let own = BINARIES.iter().find(|(media_type, _)| kind.starts_with(media_type));
    let fits = own.map_or(&["txt", "text", "csv", "tsv", "log", "md", "ics", "vcf"][..], |(_, fits)| fits);
    law(fits.contains(&extension.to_lowercase().as_str()), "it opens as what it is")?;
    Ok(name)
}

/// RFC 2231 3 and 4.
fn extended(parameters: &str) -> Result<String, String> {
    let mut encoded = String::new();
    for (index, parameter) in parameters.split("; ").enumerate() {
        let (key, value) = parameter.split_once('=').ok_or("a parameter has a value")?;
        law(key == format!("filename*{index}*") || (index == 0 && key == "filename*"), "RFC 2231 3: in order")?;
        encoded += if index == 0 { value.strip_prefix("UTF-8''").ok_or("names are UTF-8")? } else { value };
    }
    let mut bytes = Vec::new();
    let mut rest = encoded.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        if *first == b'%' {
            let digits = std::str::from_utf8(tail.get(..2).ok_or("two digits")?).unwrap();
            bytes.push(u8::from_str_radix(digits, 16).map_err(|_| "two digits")?);
            rest = &tail[2..];
        } else {
            bytes.push(*first);
            rest = tail;
        }
    }
    String::from_utf8(bytes).map_err(|_| "names are UTF-8".to_owned())
}

/// True for characters that make text read otherwise than it is spelled: controls, line separators, characters that
/// reorder or hide (Unicode Cf but for the joiners that scripts need).
fn deceives(c: char) -> bool {
    c.is_control()
        || matches!(
            u32::from(c),
            0x00AD | 0x061C | 0x180E | 0x200B | 0x200E | 0x200F | 0x2028..=0x202E | 0x2060..=0x206F | 0xFEFF
                | 0xFFF9..=0xFFFB | 0xE0000..=0xE007F
        )
}
