//! What a leaf is for the reader: words, a file, or something that nobody needs to see.
//!
//! Refuses nothing. Invariant: the sender's word makes a part a file or a body, never one that is dropped: for that
//! its bytes must be what they are said to be.

use sanitizer_api::Code;

use crate::Role;
use crate::entity::{Disposition, Entity};

/// Text subtypes that are files rather than words to the reader.
const FILE_TEXTS: [&str; 14] = [
    "text/calendar",
    "text/csv",
    "text/tab-separated-values",
    "text/vcard",
    "text/x-vcard",
    "text/directory",
    "text/rtf",
    "text/xml",
    "text/css",
    "text/javascript",
    "text/ecmascript",
    "text/rfc822-headers",
    "text/x-amp-html",
    "text/vbscript",
];

/// Parts of a multipart/report that programs wrote and people can read (RFC 3464, RFC 8098, RFC 5965, RFC 6522, RFC 6533).
const REPORTS: [&str; 7] = [
    "message/delivery-status",
    "message/global-delivery-status",
    "message/disposition-notification",
    "message/global-disposition-notification",
    "message/feedback-report",
    "text/rfc822-headers",
    "message/rfc822-headers",
];

/// Detached signatures (RFC 8551 3.5.3, RFC 3156 5).
const SIGNATURES: [&str; 3] =
    ["application/pgp-signature", "application/pkcs7-signature", "application/x-pkcs7-signature"];

/// Longest part that says nothing but the version of the encryption (RFC 3156 4), in bytes.
const MAX_VERSION: usize = 200;

/// Where a part stands.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Place {
    /// Only files here: signatures, pictures of a body, encrypted content.
    pub(crate) filed: bool,
    /// A part without a type is a message (RFC 2046 5.1.5).
    pub(crate) digest: bool,
    /// Inside multipart/report.
    pub(crate) report: bool,
    /// Inside multipart/signed, behind what is signed.
    pub(crate) signature: bool,
    /// Inside multipart/encrypted.
    pub(crate) encrypted: bool,
}

/// What a leaf is, and what is told of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Standing {
    pub(crate) role: Role,
    pub(crate) finding: Option<Code>,
    /// It would be shown, had it no name.
    pub(crate) is_named_text: bool,
}

/// The standing of a leaf of the declared type with these bytes.
pub(crate) fn standing(declared: &str, entity: &Entity, place: Place, bytes: &[u8]) -> Standing {
    let of = |role, finding| Standing { role, finding, is_named_text: false };
    if place.report && REPORTS.contains(&declared) {
        return of(Role::Body, Some(Code::ReportToText));
    }
    if place.signature && is_signature(declared, bytes) {
        return of(Role::Alternative, None);
    }
    if place.encrypted {
        let is_version = declared == "application/pgp-encrypted" && bytes.len() <= MAX_VERSION && is_line_text(bytes);
        return if is_version { of(Role::Alternative, None) } else { of(Role::Attachment, Some(Code::EncryptedMail)) };
    }
    match declared {
        "message/partial" => return of(Role::Attachment, Some(Code::PartialMessage)),
        "message/external-body" => return of(Role::Attachment, Some(Code::ExternalBody)),
        _ => {}
    }
    let is_text = declared.starts_with("text/") && !FILE_TEXTS.contains(&declared);
    let may_show = is_text && !place.filed && entity.disposition == Disposition::Inline;
    let is_named = entity.names.shown.is_some();
    let role = if may_show && !is_named { Role::Body } else { Role::Attachment };
    Standing { role, finding: None, is_named_text: may_show && is_named }
}

/// True if the bytes are a detached signature: OpenPGP armour, or DER of a sequence (CMS).
pub(crate) fn is_signature(declared: &str, bytes: &[u8]) -> bool {
    match declared {
        "application/pgp-signature" => {
            let text = bytes.trim_ascii();
            is_line_text(text)
                && text.starts_with(b"-----BEGIN PGP SIGNATURE-----")
                && text.ends_with(b"-----END PGP SIGNATURE-----")
        }
        other => SIGNATURES.contains(&other) && matches!(bytes, [0x30, 0x80..=0x84, ..]),
    }
}

fn is_line_text(bytes: &[u8]) -> bool {
    bytes.iter().all(|b| b.is_ascii_graphic() || b.is_ascii_whitespace())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::block::Block;

    const PLAIN: Place = Place { filed: false, digest: false, report: false, signature: false, encrypted: false };

    fn role(declared: &str, place: Place, bytes: &[u8]) -> (Role, Option<Code>) {
        let entity = Entity::read(&Block::read(format!("Content-Type: {declared}").as_bytes()));
        let standing = standing(declared, &entity, place, bytes);
        (standing.role, standing.finding)
    }

    #[test]
    fn reports_are_read_inside_a_report_only() {
        let report = Place { report: true, ..PLAIN };
        for declared in REPORTS {
            assert_eq!(role(declared, report, b"Action: failed"), (Role::Body, Some(Code::ReportToText)));
            assert_eq!(role(declared, PLAIN, b"Action: failed"), (Role::Attachment, None));
        }
        assert_eq!(role("message/rfc822", report, b"x"), (Role::Attachment, None));
    }

    #[test]
    fn a_signature_is_dropped_only_if_it_is_one() {
        let behind = Place { filed: true, signature: true, ..PLAIN };
        let armour = b"-----BEGIN PGP SIGNATURE-----\r\n\r\niQ==\r\n-----END PGP SIGNATURE-----\r\n";
        assert_eq!(role("application/pgp-signature", behind, armour), (Role::Alternative, None));
        assert_eq!(role("application/pkcs7-signature", behind, b"\x30\x82\x01"), (Role::Alternative, None));
        assert_eq!(role("application/pkcs7-signature", behind, b"MZ\x90"), (Role::Attachment, None));
        assert_eq!(role("application/pgp-signature", behind, b"MZ\x90"), (Role::Attachment, None));
        assert_eq!(role("application/pgp-signature", PLAIN, armour), (Role::Attachment, None));
        assert_eq!(role("application/pdf", behind, b"\x30\x82\x01"), (Role::Attachment, None));
    }

    #[test]
    fn what_cannot_be_looked_into_is_told() {
        let inside = Place { filed: true, encrypted: true, ..PLAIN };
        assert_eq!(role("application/octet-stream", inside, b"x"), (Role::Attachment, Some(Code::EncryptedMail)));
        assert_eq!(role("application/pgp-encrypted", inside, b"Version: 1\r\n"), (Role::Alternative, None));
        assert_eq!(role("application/pgp-encrypted", inside, b"MZ\x90"), (Role::Attachment, Some(Code::EncryptedMail)));
        assert_eq!(role("message/partial", PLAIN, b"x"), (Role::Attachment, Some(Code::PartialMessage)));
        assert_eq!(role("message/external-body", PLAIN, b"x"), (Role::Attachment, Some(Code::ExternalBody)));
    }
}
