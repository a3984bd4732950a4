//! What one part says about itself: type, transfer encoding, disposition, names.
//!
//! Invariant: of contradicting fields the last one counts, as in the tree's parser, and the contradiction is counted.

use mail_parser::Encoding;
use sanitizer_api::Flowed;
use sanitizer_japanese::single_line;

use crate::block::{Block, Field};
use crate::names::{self, Names};
use crate::parameters::{self, Parameters};

/// Fields that a part may have once.
const SINGLETONS: [&str; 4] = ["content-type", "content-transfer-encoding", "content-disposition", "content-id"];
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
    /// What two readers could read differently.
    pub(crate) irregular: u32,
}

impl Entity {
    /// Reads a part's block.
    pub(crate) fn read(block: &Block<'_>) -> Self {
        let types = parameters(block, "content-type");
        let dispositions = parameters(block, "content-disposition");
        let content_type = types.last();
        let media_type = content_type.map(|value| value.head.clone()).filter(|head| is_media_type(head));
        let is_multipart = media_type.as_deref().is_some_and(|media_type| media_type.starts_with("multipart/"));
        let boundary_is_odd = is_multipart
            && !content_type.and_then(|value| value.get("boundary")).is_some_and(|boundary| {
                !boundary.trim().is_empty() && boundary.len() <= MAX_BOUNDARY && !boundary.contains('\0')
            });
        let (encoding, encoding_is_odd) = encoding(block, is_multipart);
        let given: Vec<&str> = dispositions
            .iter()
            .flat_map(|value| value.all("filename"))
            .chain(types.iter().flat_map(|value| value.all("name")))
            .collect();
        let odd = [boundary_is_odd, encoding_is_odd, names::disagree(given.iter().copied())];
        let irregular = types
            .iter()
            .chain(&dispositions)
            .map(|value| value.irregular)
            .chain(SINGLETONS.iter().map(|name| block.contradictions(name)))
            .chain(odd.map(u32::from))
            .fold(block.irregular, u32::saturating_add);
        let label = content_type.and_then(|value| value.get("charset")).map(single_line);
        Self {
            charset: label.map(|label| label.chars().take(MAX_CHARSET).collect::<String>()).filter(|l| !l.is_empty()),
            flowed: content_type.and_then(flowed),
            encoding,
            disposition: disposition(&dispositions),
            content_id: block.first("content-id").map(|value| bare_identifier(&parameters::without_comments(&value))),
            start: content_type.and_then(|value| value.get("start")).map(|id| bare_identifier(&id.to_lowercase())),
            names: Names::of(given),
            media_type,
            irregular,
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

/// The transfer encoding, and whether a reader could see another one (RFC 2045 6.1, 6.4).
fn encoding(block: &Block<'_>, is_multipart: bool) -> (Encoding, bool) {
    let Some(value) = block.all("content-transfer-encoding").next_back().map(Field::unfolded) else {
        return (Encoding::None, false);
    };
    let token = parameters::without_comments(&value);
    let name = token.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-')).next().unwrap_or_default();
    let has_junk = name.len() != value.len();
    match name {
        // Misspellings of common programs that every reader takes for no encoding at all.
        "7bit" | "8bit" | "binary" | "7-bit" | "8-bit" | "8bits" | "7bits" => (Encoding::None, has_junk),
        "" if value.is_empty() => (Encoding::None, false),
        "base64" => (Encoding::Base64, has_junk || is_multipart),
        "quoted-printable" => (Encoding::QuotedPrintable, has_junk || is_multipart),
        _ => (Encoding::None, true),
    }
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
    fn transfer_encodings_are_read_and_doubtful_ones_counted() {
        for (text, encoding, irregular) in [
            ("BASE64", Encoding::Base64, 0),
            (" quoted-printable ", Encoding::QuotedPrintable, 0),
            ("8-bit", Encoding::None, 0),
            ("base64;", Encoding::Base64, 1),
            ("(c) base64", Encoding::Base64, 1),
            ("\"base64\"", Encoding::None, 1),
            ("x-uuencode", Encoding::None, 1),
            ("base64, 7bit", Encoding::Base64, 1),
        ] {
            let entity = read(&format!("Content-Transfer-Encoding: {text}"));
            assert_eq!((entity.encoding, entity.irregular), (encoding, irregular), "{text}");
        }
    }

    #[test]
    fn contradictions_are_counted() {
        for (text, irregular) in [
            ("Content-Type: text/plain\nContent-Type: text/html", 1),
            ("Content-Type: multipart/mixed; boundary=a\nContent-Transfer-Encoding: base64", 1),
            ("Content-Type: multipart/mixed", 1),
            ("Content-Type: multipart/mixed; boundary=\"\"", 1),
            ("Content-Type: multipart/mixed; boundary=a; boundary=b", 1),
            ("Content-Type: a/b; name=x.txt\nContent-Disposition: attachment; filename=x.exe", 1),
            ("Content-Type: a/b; name=y.txt\nContent-Disposition: attachment; filename=x.txt", 0),
            ("Content-Disposition: attachment; filename=_.pdf; filename*=UTF-8''%E6%89%8B.pdf", 0),
            ("Content-Type: text/plain; charset=a; charset=b", 0),
        ] {
            assert_eq!(read(text).irregular, irregular, "{text}");
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
