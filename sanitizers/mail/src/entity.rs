//! What one part says about itself: type, transfer encoding, disposition, names.
//!
//! Invariant: of contradicting fields the last one counts, as in the tree's parser, and the contradiction is a doubt.

use mail_parser::{Charset, Encoding};
use sanitizer_api::{Flag, Flowed};
use sanitizer_japanese::single_line;

use crate::block::{Block, Field, Repetition};
use crate::doubt::Doubts;
use crate::names::{self, Names};
use crate::parameters::{self, Boundary, Parameters};

/// Fields that a part may have once, and whether a second one decides what its content is.
const SINGLETONS: [(&str, bool); 6] = [
    ("content-type", true),
    ("content-transfer-encoding", true),
    ("content-disposition", true),
    ("content-id", false),
    ("content-description", false),
    ("content-location", false),
];
/// Longest boundary (RFC 2046 5.1.1).
const MAX_BOUNDARY: usize = 70;
const MAX_CHARSET: usize = 64;

/// How a part asks to be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Disposition {
    /// In place, or nothing said.
    Inline,
    /// As a file; also every unknown disposition (RFC 2183 2.8).
    Attachment,
}

/// The MIME headers of one part.
#[derive(Debug)]
pub(crate) struct Entity {
    /// `type/subtype` in lower case; `None` if not given or not readable.
    pub(crate) media_type: Option<String>,
    pub(crate) charset: Option<String>,
    /// Declared as `format=flowed` (RFC 3676 4.1).
    pub(crate) flowed: Option<Flowed>,
    pub(crate) encoding: Encoding,
    pub(crate) disposition: Disposition,
    pub(crate) names: Names,
    pub(crate) content_id: Option<String>,
    /// Root of a multipart/related (RFC 2387 3.2).
    pub(crate) start: Option<String>,
    /// Boundary, as read here.
    pub(crate) boundary: Option<String>,
    /// What two readers could read differently.
    pub(crate) doubts: Doubts,
}

impl Entity {
    /// Reads a part's block.
    pub(crate) fn read(block: &Block<'_>) -> Self {
        let types = parameters(block, "content-type");
        let dispositions = parameters(block, "content-disposition");
        let content_type = types.last();
        let media_type = content_type.map(|value| value.head.clone()).filter(|head| is_media_type(head));
        let is_multipart = media_type.as_deref().is_some_and(|media_type| media_type.starts_with("multipart/"));
        let mut doubts = block.doubts.clone();
        types.iter().chain(&dispositions).for_each(|value| doubts.merge(&value.doubts));
        for (name, decides) in SINGLETONS {
            if let Some(repetition) = block.repetition(name) {
                doubts.note(Flag::DuplicateContentField, decides && repetition == Repetition::Contradicts);
            }
        }
        if media_type.is_none() && content_type.is_some_and(|value| !value.head.is_empty()) {
            let kind = content_type.map(|value| value.head.as_str()).unwrap_or_default();
            doubts.note(Flag::MediaTypeMalformed, kind.contains("multipart") || kind.contains("message"));
        }
        let boundary = content_type.and_then(Parameters::boundary);
        if is_multipart {
            doubt_boundary(boundary.as_ref(), &mut doubts);
        }
        let encoding = encoding(block, is_multipart, &mut doubts);
        let given: Vec<&str> = dispositions
            .iter()
            .flat_map(|value| value.all("filename"))
            .chain(types.iter().flat_map(|value| value.all("name")))
            .collect();
        let ends_differ = names::disagree(given.iter().copied());
        if ends_differ || given.windows(2).any(|pair| matches!(pair, [one, next] if one != next)) {
            doubts.note(Flag::NamesDisagree, ends_differ);
        }
        let label = content_type.and_then(|value| value.get("charset")).map(single_line);
        let charset = label.map(|label| label.chars().take(MAX_CHARSET).collect::<String>()).filter(|l| !l.is_empty());
        if let Some(flag) = charset.as_deref().and_then(doubtful_charset) {
            doubts.tell(flag);
        }
        Self {
            charset,
            boundary: boundary.map(|boundary| boundary.text),
            flowed: content_type.and_then(flowed),
            encoding,
            disposition: disposition(&dispositions),
            content_id: block.first("content-id").map(|value| bare_identifier(&parameters::without_comments(&value))),
            start: content_type.and_then(|value| value.get("start")).map(|id| bare_identifier(&id.to_lowercase())),
            names: Names::of(given),
            media_type,
            doubts,
        }
    }
}

fn parameters(block: &Block<'_>, name: &'static str) -> Vec<Parameters> {
    block.all(name).map(Field::unfolded).map(|value| Parameters::read(&value)).collect()
}

/// RFC 3676 4.1, 4.2.
fn flowed(content_type: &Parameters) -> Option<Flowed> {
    let is = |name, value: &str| content_type.get(name).is_some_and(|given| given.trim().eq_ignore_ascii_case(value));
    is("format", "flowed").then(|| Flowed { delsp: is("delsp", "yes") })
}

fn disposition(fields: &[Parameters]) -> Disposition {
    match fields.last().map(|value| value.head.as_str()) {
        None | Some("inline" | "") => Disposition::Inline,
        Some(_) => Disposition::Attachment,
    }
}

fn doubt_boundary(boundary: Option<&Boundary>, doubts: &mut Doubts) {
    let Some(boundary) = boundary else { return doubts.hides(Flag::BoundaryAbsent) };
    if boundary.text.trim().is_empty() {
        doubts.hides(Flag::BoundaryEmpty);
    }
    if boundary.text.len() > MAX_BOUNDARY {
        doubts.hides(Flag::BoundaryTooLong);
    }
    if boundary.is_odd {
        doubts.hides(Flag::BoundaryOdd);
    }
}

/// The transfer encoding (RFC 2045 6.1, 6.4).
fn encoding(block: &Block<'_>, is_multipart: bool, doubts: &mut Doubts) -> Encoding {
    let Some(value) = block.all("content-transfer-encoding").next_back().map(Field::unfolded) else {
        return Encoding::None;
    };
    let token = parameters::without_comments(&value);
    let name = token.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-')).next().unwrap_or_default();
    let encoding = match name {
        // Misspellings of common programs that every reader takes for no encoding at all.
        "7bit" | "8bit" | "binary" | "7-bit" | "8-bit" | "8bits" | "7bits" => Some(Encoding::None),
        "base64" => Some(Encoding::Base64),
        "quoted-printable" => Some(Encoding::QuotedPrintable),
        _ => None,
    };
    if value.windows(2).any(|pair| pair == b"=?") {
        doubts.hides(Flag::EncodedWordInStructure);
    }
    match encoding {
        Some(_) if name.len() != value.len() => doubts.hides(Flag::TransferEncodingDecorated),
        None if !value.is_empty() => doubts.hides(Flag::TransferEncodingUnknown),
        _ => {}
    }
    let encoding = encoding.unwrap_or(Encoding::None);
    if is_multipart && encoding != Encoding::None {
        doubts.hides(Flag::TransferEncodingOnMultipart);
    }
    encoding
}

/// Labels under which readers see different text; none of them hides a part.
fn doubtful_charset(label: &str) -> Option<Flag> {
    let label = label.trim().to_ascii_lowercase();
    if label.contains("utf-7") || label.contains("utf7") {
        return Some(Flag::CharsetUtf7);
    }
    if label.starts_with("utf-16") || label.starts_with("utf16") || label.contains("10646-ucs-2") {
        return Some(Flag::CharsetUtf16);
    }
    // A label with tables of its own is named by what it decodes.
    let is_japanese = sanitizer_japanese::decode(Some(&label), b"a").charset != "US-ASCII";
    let is_known = is_japanese || Charset::from_label(label.as_bytes()).is_some();
    (!is_known).then_some(Flag::CharsetUnknown)
}

fn is_media_type(head: &str) -> bool {
    let token =
        |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$&^_.+-".contains(&b));
    head.len() <= 255 && head.split_once('/').is_some_and(|(kind, subtype)| token(kind) && token(subtype))
}

fn bare_identifier(text: &str) -> String {
    text.trim().trim_start_matches('<').trim_end_matches('>').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Entity {
        Entity::read(&Block::read(text.as_bytes()))
    }

    #[test]
    fn the_media_type_is_lowered_or_absent() {
        for (text, expected) in [
            ("Content-Type: Text/HTML; charset=\"Shift_JIS\"", Some("text/html")),
            ("Content-Type: application/vnd.ms-excel (x)", Some("application/vnd.ms-excel")),
            ("Content-Type: text", None),
            ("Content-Type: a/b/c", None),
            ("Content-Type:", None),
            ("X: y", None),
        ] {
            assert_eq!(read(text).media_type.as_deref(), expected, "{text}");
        }
        assert_eq!(read("Content-Type: text/plain; charset=\"Shift_JIS\"").charset.as_deref(), Some("Shift_JIS"));
    }

    #[test]
    fn transfer_encodings_are_read_and_doubtful_ones_flagged() {
        for (text, encoding, flags) in [
            ("BASE64", Encoding::Base64, "|"),
            (" quoted-printable ", Encoding::QuotedPrintable, "|"),
            ("8-bit", Encoding::None, "|"),
            ("", Encoding::None, "|"),
            ("base64;", Encoding::Base64, "transfer_encoding_decorated |"),
            ("(c) base64", Encoding::Base64, "transfer_encoding_decorated |"),
            ("\"base64\"", Encoding::None, "transfer_encoding_unknown |"),
            ("x-uuencode", Encoding::None, "transfer_encoding_unknown |"),
            ("base64, 7bit", Encoding::Base64, "transfer_encoding_decorated |"),
            ("=?utf-8?q?base64?=", Encoding::None, "encoded_word_in_structure transfer_encoding_unknown |"),
        ] {
            let entity = read(&format!("Content-Transfer-Encoding: {text}"));
            assert_eq!((entity.encoding, entity.doubts.summary().as_str()), (encoding, flags), "{text}");
        }
    }

    #[test]
    fn what_two_readers_could_read_differently_is_flagged() {
        let long = format!("Content-Type: multipart/mixed; boundary={}", "a".repeat(71));
        for (text, flags) in [
            ("Content-Type: text/plain\nContent-Type: text/html", "duplicate_content_field |"),
            ("Content-Type: text/plain\nContent-Type: text/plain", "| duplicate_content_field"),
            ("Content-ID: <a>\nContent-ID: <b>", "| duplicate_content_field"),
            (
                "Content-Type: multipart/mixed; boundary=a\nContent-Transfer-Encoding: base64",
                "transfer_encoding_on_multipart |",
            ),
            ("Content-Type: multipart/mixed", "boundary_absent |"),
            ("Content-Type: multipart/mixed; boundary=\"\"", "boundary_empty |"),
            (&long, "boundary_too_long |"),
            ("Content-Type: multipart/mixed; boundary=\"a;b\"", "boundary_odd |"),
            ("Content-Type: multipart/mixed; boundary=a; boundary=b", "duplicate_parameter |"),
            ("Content-Type: multipart", "media_type_malformed |"),
            ("Content-Type: text", "| media_type_malformed"),
            ("Content-Type: a/b; name=x.txt\nContent-Disposition: attachment; filename=x.exe", "names_disagree |"),
            ("Content-Type: a/b; name=y.txt\nContent-Disposition: attachment; filename=x.txt", "| names_disagree"),
            (
                "Content-Disposition: attachment; filename=_.pdf; filename*=UTF-8''%E6%89%8B.pdf",
                "| parameter_forms_disagree names_disagree",
            ),
            ("Content-Type: text/plain; charset=a; charset=b", "| charset_duplicate charset_unknown"),
            ("Content-Type: text/plain; charset=utf-7", "| charset_utf7"),
            ("Content-Type: text/plain; charset=UTF-16LE", "| charset_utf16"),
            ("Content-Type: text/plain; charset=cp932", "|"),
            ("Content-Type: text/plain; charset=iso-8859-15", "|"),
            ("Content-Type: text/plain; charset=windows-31j", "|"),
        ] {
            assert_eq!(read(text).doubts.summary(), flags, "{text}");
        }
    }

    #[test]
    fn an_unknown_disposition_is_a_file() {
        for (text, disposition) in [
            ("Content-Disposition: inline; filename=a", Disposition::Inline),
            ("Content-Disposition: ATTACHMENT", Disposition::Attachment),
            ("Content-Disposition: form-data", Disposition::Attachment),
            ("X: y", Disposition::Inline),
        ] {
            assert_eq!(read(text).disposition, disposition, "{text}");
        }
    }
}
