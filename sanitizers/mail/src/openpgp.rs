//! OpenPGP inside a text (RFC 9580 7): signed text without its armour, and whether a text is encrypted.
//!
//! Refuses: armour that is not whole; it stays text. Nothing is verified. Invariant: lines keep their bytes but for the
//! dashes that the armour added.

/// What a text is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Armoured {
    /// Text that was signed in place: what remains without the lines of the armour.
    Signed(Vec<u8>),
    /// An encrypted message in place of a text.
    Encrypted,
}

const SIGNED: &[u8] = b"-----BEGIN PGP SIGNED MESSAGE-----";
const SIGNATURE: &[u8] = b"-----BEGIN PGP SIGNATURE-----";
const SIGNATURE_END: &[u8] = b"-----END PGP SIGNATURE-----";
const ENCRYPTED: &[u8] = b"-----BEGIN PGP MESSAGE-----";
const ENCRYPTED_END: &[u8] = b"-----END PGP MESSAGE-----";

#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Outside,
    Headers,
    Signed,
    Signature,
}

/// Looks for armour in `text`; `None` if there is none that is whole.
#[must_use]
pub fn armour(text: &[u8]) -> Option<Armoured> {
    let lines = || text.split_inclusive(|b| *b == b'\n');
    let has = |mark: &[u8]| lines().any(|line| line.trim_ascii_end() == mark);
    if has(ENCRYPTED) && has(ENCRYPTED_END) {
        return Some(Armoured::Encrypted);
    }
    let mut place = Place::Outside;
    let mut kept = Vec::with_capacity(text.len());
    let mut found = false;
    for line in lines() {
        let mark = line.trim_ascii_end();
        place = match place {
            Place::Outside if mark == SIGNED => Place::Headers,
            Place::Headers if mark.is_empty() => Place::Signed,
            Place::Signed if mark == SIGNATURE => Place::Signature,
            Place::Signature if mark == SIGNATURE_END => {
                found = true;
                Place::Outside
            }
            Place::Outside => {
                kept.extend_from_slice(line);
                Place::Outside
            }
            Place::Signed => {
                kept.extend_from_slice(line.strip_prefix(b"- ").unwrap_or(line));
                Place::Signed
            }
            other => other,
        };
    }
    (found && place == Place::Outside).then_some(Armoured::Signed(kept))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signed_text_loses_its_armour_and_keeps_its_words() {
        let text = b"before\r\n-----BEGIN PGP SIGNED MESSAGE-----\r\nHash: SHA256\r\n\r\nwords\r\n- -- \r\nname\r\n\
            -----BEGIN PGP SIGNATURE-----\r\n\r\niQ==\r\n-----END PGP SIGNATURE-----\r\nafter\r\n";
        assert_eq!(armour(text), Some(Armoured::Signed(b"before\r\nwords\r\n-- \r\nname\r\nafter\r\n".to_vec())));
        let cut = &text[..text.len() - 40];
        assert_eq!(armour(cut), None);
    }

    #[test]
    fn an_encrypted_message_is_told_from_words_about_one() {
        let whole = b"-----BEGIN PGP MESSAGE-----\n\nhQE\n-----END PGP MESSAGE-----\n";
        assert_eq!(armour(whole), Some(Armoured::Encrypted));
        assert_eq!(armour(&whole[..40]), None);
        assert_eq!(armour(b"say -----BEGIN PGP MESSAGE-----\n-----END PGP MESSAGE-----\n"), None);
        assert_eq!(armour(b""), None);
    }
}
