//! A mail whose bytes are proven fit for an SMTP transport before they reach one.
//!
//! Refuses: bare CR, bare LF, NUL, bytes over 0x7E, lines over 998 octets (RFC 5322 2.1.1), a last line without CRLF.
//! This is what keeps SMTP smuggling out of the outbound side, whatever a client library does
//! (RUSTSEC-2026-0561). Invariant: every line of a [`WireMail`] ends in CRLF and holds neither CR nor LF.

use bytes::Bytes;

use super::digest::Digest;

/// Longest line in octets without its CRLF.
pub const MAX_LINE: usize = 998;

/// Why bytes are not fit for the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unclean {
    /// CR without LF or LF without CR.
    #[error("a bare CR or LF at octet {0}")]
    BareLineEnd(usize),
    /// A control or eight-bit octet.
    #[error("an octet that is neither printable ASCII nor a tab at octet {0}")]
    Octet(usize),
    /// A line over [`MAX_LINE`].
    #[error("a line over 998 octets, ending at octet {0}")]
    LongLine(usize),
    /// The last line has no end.
    #[error("the last line does not end in CRLF")]
    Unfinished,
}

/// Wire-clean bytes of one mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WireMail(Bytes);

impl WireMail {
    /// The bytes, not dot-stuffed.
    #[must_use]
    pub const fn bytes(&self) -> &Bytes {
        &self.0
    }

    /// SHA-256 of the bytes.
    #[must_use]
    pub fn digest(&self) -> Digest {
        Digest::of(&self.0)
    }
}

impl TryFrom<Bytes> for WireMail {
    type Error = Unclean;

    fn try_from(bytes: Bytes) -> Result<Self, Unclean> {
        let mut line = 0usize;
        let mut after_cr = false;
        for (at, byte) in bytes.iter().copied().enumerate() {
            match (byte, after_cr) {
                (b'\n', true) => (line, after_cr) = (0, false),
                (b'\n', false) | (_, true) => return Err(Unclean::BareLineEnd(at)),
                (b'\r', false) => after_cr = true,
                (b'\t' | b' '..=b'~', false) if line < MAX_LINE => line += 1,
                (b'\t' | b' '..=b'~', false) => return Err(Unclean::LongLine(at)),
                _ => return Err(Unclean::Octet(at)),
            }
        }
        if after_cr || line > 0 || bytes.is_empty() { Err(Unclean::Unfinished) } else { Ok(Self(bytes)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(bytes: &[u8]) -> Result<(), Unclean> {
        WireMail::try_from(Bytes::copy_from_slice(bytes)).map(|_| ())
    }

    #[test]
    fn a_mail_of_short_ascii_lines_is_clean() {
        assert_eq!(check(b"Subject: a\r\n\r\n.\r\n..\tb\r\n"), Ok(()));
        assert_eq!(check(&[&vec![b'a'; MAX_LINE][..], b"\r\n"].concat()), Ok(()));
    }

    #[test]
    fn nothing_that_could_end_the_mail_early_passes() {
        assert_eq!(check(b"a\n.\n"), Err(Unclean::BareLineEnd(1)));
        assert_eq!(check(b"a\r.\r\n"), Err(Unclean::BareLineEnd(2)));
        assert_eq!(check(b"a\r\r\n"), Err(Unclean::BareLineEnd(2)));
        assert_eq!(check(b"a\0\r\n"), Err(Unclean::Octet(1)));
        assert_eq!(check(b"\x85\r\n"), Err(Unclean::Octet(0)));
        assert_eq!(check(b"a\r"), Err(Unclean::Unfinished));
        assert_eq!(check(b"a"), Err(Unclean::Unfinished));
        assert_eq!(check(b""), Err(Unclean::Unfinished));
        assert_eq!(check(&[&vec![b'a'; MAX_LINE + 1][..], b"\r\n"].concat()), Err(Unclean::LongLine(MAX_LINE)));
    }
}
