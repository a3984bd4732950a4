//! S/MIME in one piece (`application/pkcs7-mime`, RFC 8551): what the signed content is, or that it is encrypted.
//!
//! Refuses: what is no ContentInfo of RFC 5652. Nothing is verified: no key is here, and the mail is written anew.
//! Invariant: a walk over the outermost fields only, at most `MAX_DEPTH` deep; every length is checked against the
//! bytes that are there, in DER and in BER of indefinite length.

use std::borrow::Cow;

/// Fields inside each other that are opened: ContentInfo, SignedData, EncapsulatedContentInfo, OCTET STRING, pieces.
const MAX_DEPTH: u32 = 16;

const SEQUENCE: u8 = 0x30;
const IDENTIFIER: u8 = 0x06;
const OCTETS: u8 = 0x04;
const PIECES: u8 = 0x24;
/// `[0] EXPLICIT`.
const CONTEXT: u8 = 0xA0;

/// id-data, id-signedData, id-envelopedData, id-encryptedData: 1.2.840.113549.1.7.x.
const FAMILY: &[u8] = b"\x2A\x86\x48\x86\xF7\x0D\x01\x07";
/// id-ct-authEnvelopedData, 1.2.840.113549.1.9.16.1.23.
const AUTHENTICATED: &[u8] = b"\x2A\x86\x48\x86\xF7\x0D\x01\x09\x10\x01\x17";

/// What a ContentInfo holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Enveloped<'a> {
    /// Signed content.
    Signed(Cow<'a, [u8]>),
    /// A signature or certificates without content.
    Bare,
    /// Content that only a key opens.
    Encrypted,
}

/// Reads a ContentInfo; `None` if `bytes` are none.
#[must_use]
pub fn read(bytes: &[u8]) -> Option<Enveloped<'_>> {
    let outer = only(field(bytes, 0)?, SEQUENCE)?;
    let kind = field(outer, 0)?;
    let kind_is = |kind: &Field<'_>| kind.tag == IDENTIFIER;
    if !kind_is(&kind) {
        return None;
    }
    if kind.content == AUTHENTICATED {
        return Some(Enveloped::Encrypted);
    }
    match kind.content.strip_prefix(FAMILY)? {
        [2] => Some(signed(kind.rest).unwrap_or(Enveloped::Bare)),
        [3 | 6] => Some(Enveloped::Encrypted),
        _ => None,
    }
}

/// SignedData: version, digest algorithms, EncapsulatedContentInfo and more (RFC 5652 5.1).
fn signed(content: &[u8]) -> Option<Enveloped<'_>> {
    let data = only(field(only(field(content, 0)?, CONTEXT)?, 0)?, SEQUENCE)?;
    let version = field(data, 0)?;
    let algorithms = field(version.rest, 0)?;
    let inner = only(field(algorithms.rest, 0)?, SEQUENCE)?;
    let kind = field(inner, 0)?;
    let is_data = kind.tag == IDENTIFIER && kind.content.strip_prefix(FAMILY) == Some(&[1]);
    let octets = field(only(field(kind.rest, 0).filter(|_| is_data)?, CONTEXT)?, 0)?;
    match octets.tag {
        OCTETS => Some(Enveloped::Signed(Cow::Borrowed(octets.content))),
        PIECES => {
            let mut whole = Vec::new();
            pieces(octets.content, &mut whole, 0)?;
            Some(Enveloped::Signed(Cow::Owned(whole)))
        }
        _ => None,
    }
}

/// Joins an octet string that was sent in pieces.
fn pieces(mut content: &[u8], whole: &mut Vec<u8>, depth: u32) -> Option<()> {
    while !content.is_empty() {
        let piece = field(content, 0)?;
        match piece.tag {
            OCTETS => whole.extend_from_slice(piece.content),
            PIECES if depth < MAX_DEPTH => pieces(piece.content, whole, depth + 1)?,
            _ => return None,
        }
        content = piece.rest;
    }
    Some(())
}

#[derive(Clone, Copy)]
struct Field<'a> {
    tag: u8,
    content: &'a [u8],
    rest: &'a [u8],
}

fn only(field: Field<'_>, tag: u8) -> Option<&[u8]> {
    (field.tag == tag).then_some(field.content)
}

/// The first field of `bytes`. Tags of more than one byte do not occur where this looks.
fn field(bytes: &[u8], depth: u32) -> Option<Field<'_>> {
    let (tag, rest) = bytes.split_first()?;
    if tag & 0x1F == 0x1F || depth > MAX_DEPTH {
        return None;
    }
    let (length, rest) = rest.split_first()?;
    match length {
        0x80 if tag & 0x20 != 0 => indefinite(*tag, rest, depth),
        0..0x80 => definite(*tag, usize::from(*length), rest),
        0x81..=0x84 => {
            let (digits, rest) = rest.split_at_checked(usize::from(length & 0x7F))?;
            let length = digits.iter().fold(0usize, |sum, digit| sum << 8 | usize::from(*digit));
            definite(*tag, length, rest)
        }
        _ => None,
    }
}

fn definite(tag: u8, length: usize, rest: &[u8]) -> Option<Field<'_>> {
    let (content, rest) = rest.split_at_checked(length)?;
    Some(Field { tag, content, rest })
}

/// A field that ends with two zero bytes: its content is as long as the fields in it.
fn indefinite(tag: u8, bytes: &[u8], depth: u32) -> Option<Field<'_>> {
    let mut rest = bytes;
    loop {
        if let Some(behind) = rest.strip_prefix(&[0, 0]) {
            let content = bytes.get(..bytes.len().checked_sub(rest.len())?)?;
            return Some(Field { tag, content, rest: behind });
        }
        rest = field(rest, depth + 1)?.rest;
    }
}

/// True if signed content is a MIME entity: some file formats are signed in the same envelope.
#[must_use]
pub fn is_entity(content: &[u8]) -> bool {
    let mut lines = content.split(|b| *b == b'\n').map(<[u8]>::trim_ascii_end).take_while(|line| !line.is_empty());
    lines.by_ref().take(100).any(|line| line.get(..13).is_some_and(|name| name.eq_ignore_ascii_case(b"content-type:")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn der(tag: u8, content: &[u8]) -> Vec<u8> {
        let length = u16::try_from(content.len()).unwrap().to_be_bytes();
        [&[tag, 0x82], &length[..], content].concat()
    }

    fn ber(tag: u8, content: &[u8]) -> Vec<u8> {
        [&[tag, 0x80], content, &[0, 0]].concat()
    }

    fn identifier(last: u8) -> Vec<u8> {
        [&[IDENTIFIER, 9], FAMILY, &[last]].concat()
    }

    fn message(constructed: fn(u8, &[u8]) -> Vec<u8>, octets: &[u8]) -> Vec<u8> {
        let inner = constructed(SEQUENCE, &[identifier(1), constructed(CONTEXT, octets)].concat());
        let data = constructed(SEQUENCE, &[&[2, 1, 1, 0x31, 0][..], &inner, &[0x31, 0]].concat());
        constructed(SEQUENCE, &[identifier(2), constructed(CONTEXT, &data)].concat())
    }

    #[test]
    fn signed_content_is_found_in_der_and_in_ber_of_indefinite_length() {
        let content = b"Content-Type: text/plain\r\n\r\nhello\r\n";
        let whole = message(der, &der(OCTETS, content));
        assert_eq!(read(&whole), Some(Enveloped::Signed(Cow::Borrowed(content))));
        let (one, two) = content.split_at(7);
        let pieces = ber(PIECES, &[der(OCTETS, one), ber(PIECES, &der(OCTETS, two))].concat());
        let stream = message(ber, &pieces);
        assert_eq!(read(&stream), Some(Enveloped::Signed(Cow::Owned(content.to_vec()))));
    }

    #[test]
    fn encrypted_and_bare_envelopes_are_told_apart() {
        let envelope = |last| der(SEQUENCE, &[identifier(last), der(CONTEXT, &der(SEQUENCE, b""))].concat());
        assert_eq!(read(&envelope(3)), Some(Enveloped::Encrypted));
        assert_eq!(read(&envelope(6)), Some(Enveloped::Encrypted));
        assert_eq!(read(&envelope(2)), Some(Enveloped::Bare));
        assert_eq!(read(&envelope(5)), None);
        assert_eq!(read(b"hello"), None);
        assert_eq!(read(b""), None);
    }

    #[test]
    fn what_is_cut_lies_or_is_nested_without_end_is_not_read() {
        let whole = message(der, &der(OCTETS, b"Content-Type: a/b\r\n\r\nx"));
        for end in 0..whole.len() {
            assert!(!matches!(read(&whole[..end]), Some(Enveloped::Signed(_))), "{end}");
        }
        assert_eq!(read(&[0x30, 0x84, 0xFF, 0xFF, 0xFF, 0xFF, 6]), None);
        assert_eq!(read(&[0x30, 0x80].repeat(100_000)), None);
        assert_eq!(read(&message(ber, &[PIECES, 0x80].repeat(50_000))), None);
    }

    #[test]
    fn only_entities_are_mail() {
        assert!(is_entity(b"MIME-Version: 1.0\nCONTENT-TYPE: text/plain\n\nx"));
        assert!(!is_entity(b"\nContent-Type: text/plain\n"));
        assert!(!is_entity(b"a file\n\nContent-Type: text/plain\n"));
    }
}
