//! The text of an XML part: by byte order mark, by its first bytes, by its declaration.
//!
//! Refuses: bytes that are not valid in the encoding. Invariant: the result is UTF-8 without a byte order mark.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};
use sanitizer_api::SanitizeError;

/// How far a declaration reaches.
const DECLARATION: usize = 200;

/// Decodes `bytes` (XML 1.0, appendix F).
///
/// # Errors
/// [`SanitizeError::Malformed`] if the encoding is unknown or a sequence is not valid in it.
pub(crate) fn decode(bytes: &[u8]) -> Result<Cow<'_, str>, SanitizeError> {
    let encoding = match bytes {
        [0xFF, 0xFE, ..] | [b'<', 0, ..] => UTF_16LE,
        [0xFE, 0xFF, ..] | [0, b'<', ..] => UTF_16BE,
        _ => declared(bytes).unwrap_or(UTF_8),
    };
    let text = encoding.decode_with_bom_removal(bytes);
    if text.1 { Err(SanitizeError::Malformed { expected: "XML" }) } else { Ok(text.0) }
}

/// The encoding that the declaration names. UTF-16 cannot be true here: the declaration was read byte by byte.
fn declared(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = bytes.get(..bytes.len().min(DECLARATION))?;
    let head = head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(head).strip_prefix(b"<?xml")?;
    let head: String = head.iter().take_while(|byte| **byte != b'>').map(|byte| char::from(*byte)).collect();
    let (_, value) = head.split_once("encoding")?;
    let value = value.trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
    let label = value.strip_prefix(quote)?.split(quote).next()?;
    Encoding::for_label(label.as_bytes()).filter(|found| *found != UTF_16LE && *found != UTF_16BE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_encoding_of_the_standard_is_read() {
        let wide: Vec<u8> = "\u{FEFF}<a>手</a>".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(decode(&wide).unwrap(), "<a>手</a>");
        assert_eq!(decode("\u{FEFF}<a>手</a>".as_bytes()).unwrap(), "<a>手</a>");
        assert_eq!(decode(b"<?xml version='1.0' encoding='Shift_JIS'?>\x8E\xE8").unwrap().chars().last(), Some('手'));
        assert!(decode(b"<a>\xFF</a>").is_err());
    }
}
