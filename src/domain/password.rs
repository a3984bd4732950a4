//! A password that a mail seems to name: kept in memory only as long as it takes to seal it, or to try it.
//!
//! Refuses: more than one line, nothing, more than [`MAX_LENGTH`] characters. Invariant: nothing prints, serializes or
//! compares it away from here, and its memory is overwritten when it goes.

use std::fmt;

use zeroize::Zeroizing;

/// Longest password in characters.
pub const MAX_LENGTH: usize = 128;
/// Most passwords that one mail may name.
pub const MAX_CANDIDATES: usize = 20;

/// Text that is not a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a password of one line and 1 to 128 characters")]
pub struct NotAPassword;

/// A password, or what looks like one.
#[derive(Clone, PartialEq, Eq)]
pub struct Password(Zeroizing<String>);

impl Password {
    /// Checks `text`; it is overwritten if it is refused.
    ///
    /// # Errors
    /// [`NotAPassword`].
    pub fn new(text: String) -> Result<Self, NotAPassword> {
        let text = Zeroizing::new(text);
        let breaks = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
        let fits = (1..=MAX_LENGTH).contains(&text.chars().count()) && !text.chars().any(breaks);
        if fits { Ok(Self(text)) } else { Err(NotAPassword) }
    }

    /// The password. For sealing it and for trying it, for nothing else.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_of_a_length_is_a_password_and_never_shows() {
        for (text, fits) in [
            ("Abc-1234", true),
            ("さくら 2024", true),
            ("", false),
            ("a\nb", false),
            ("a\u{2028}b", false),
            ("a\0", false),
            (&"あ".repeat(128), true),
            (&"あ".repeat(129), false),
        ] {
            assert_eq!(Password::new(text.to_owned()).is_ok(), fits, "{text:?}");
        }
        let password = Password::new("Abc-1234".to_owned()).unwrap();
        assert_eq!((format!("{password:?}"), password.reveal()), ("Password".to_owned(), "Abc-1234"));
    }
}
