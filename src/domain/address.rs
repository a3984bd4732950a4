//! Addresses of the envelope, kept exactly as they were spoken.
//!
//! Japanese carriers issued addresses that RFC 5321 4.1.2 does not allow (`a..b.@docomo.ne.jp`); they are accepted.
//! Refuses: everything that could end or split an SMTP command: control characters, blanks outside quotes, `<`, `>`,
//! bytes over 0x7E. Invariant: `MAIL FROM:<{address}>` with any [`Mailbox`] is one well-formed command line.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Longest address: a local part of 64, `@`, a domain of 255 (RFC 5321 4.5.3.1.1 and 4.5.3.1.2), in bytes.
pub const MAX_ADDRESS: usize = 320;

/// An address that cannot be used in an SMTP command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a usable mail address")]
pub struct InvalidAddress;

/// A forward path without its angle brackets: `local-part@domain`, verbatim.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Mailbox(String);

impl Mailbox {
    /// Checks `text` (without angle brackets).
    ///
    /// # Errors
    /// [`InvalidAddress`] if it has no `@` with text on both sides, is longer than [`MAX_ADDRESS`] bytes, or holds a
    /// byte that would break the command line.
    pub fn parse(text: &str) -> Result<Self, InvalidAddress> {
        let (local, domain) = text.rsplit_once('@').ok_or(InvalidAddress)?;
        if text.len() > MAX_ADDRESS || local.is_empty() || !is_domain(domain) || !is_local_part(local) {
            return Err(InvalidAddress);
        }
        Ok(Self(text.to_owned()))
    }

    /// The address as it was spoken.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Everything before the last `@`, verbatim.
    #[must_use]
    pub fn local_part(&self) -> &str {
        self.0.rsplit_once('@').map_or("", |(local, _)| local)
    }

    /// Everything after the last `@`, in lower case.
    #[must_use]
    pub fn domain(&self) -> Domain {
        Domain(self.0.rsplit_once('@').map_or_else(String::new, |(_, domain)| domain.to_ascii_lowercase()))
    }
}

impl fmt::Display for Mailbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Mailbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<{}>", self.0)
    }
}

impl TryFrom<String> for Mailbox {
    type Error = InvalidAddress;

    fn try_from(text: String) -> Result<Self, InvalidAddress> {
        Self::parse(&text)
    }
}

impl From<Mailbox> for String {
    fn from(mailbox: Mailbox) -> Self {
        mailbox.0
    }
}

/// A reverse path: a mailbox, or the null path `<>` of notifications (RFC 5321 4.5.5).
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ReversePath(Option<Mailbox>);

impl ReversePath {
    /// The null path `<>`.
    #[must_use]
    pub const fn null() -> Self {
        Self(None)
    }

    /// A path with a mailbox.
    #[must_use]
    pub const fn of(mailbox: Mailbox) -> Self {
        Self(Some(mailbox))
    }

    /// The mailbox, unless this is the null path.
    #[must_use]
    pub const fn mailbox(&self) -> Option<&Mailbox> {
        self.0.as_ref()
    }

    /// The text between the angle brackets.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_ref().map_or("", Mailbox::as_str)
    }
}

/// A domain in lower case: letters, digits, hyphens, dots; or an address literal in brackets.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Domain(String);

impl Domain {
    /// Checks `text` and lowers its case.
    ///
    /// # Errors
    /// [`InvalidAddress`] if it is not a domain of RFC 5321 4.1.2 (underscores are let pass, they occur).
    pub fn parse(text: &str) -> Result<Self, InvalidAddress> {
        if is_domain(text) { Ok(Self(text.to_ascii_lowercase())) } else { Err(InvalidAddress) }
    }

    /// A domain that can never be reached (RFC 2606), for a gateway that was not given a name.
    #[must_use]
    pub fn placeholder() -> Self {
        Self("temizu.invalid".to_owned())
    }

    /// The domain in lower case.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// True for `parent` itself and for every name below it.
    #[must_use]
    pub fn is_within(&self, parent: &Self) -> bool {
        self.0.strip_suffix(parent.as_str()).is_some_and(|head| head.is_empty() || head.ends_with('.'))
    }
}

impl fmt::Display for Domain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Domain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for Domain {
    type Error = InvalidAddress;

    fn try_from(text: String) -> Result<Self, InvalidAddress> {
        Self::parse(&text)
    }
}

impl From<Domain> for String {
    fn from(domain: Domain) -> Self {
        domain.0
    }
}

fn is_local_part(local: &str) -> bool {
    match local.strip_prefix('"').map(|rest| rest.strip_suffix('"')) {
        Some(Some(inside)) => is_quoted_content(inside),
        Some(None) => false,
        None => local.bytes().all(|b| b.is_ascii_graphic() && !br#"<>()[],;:\"@"#.contains(&b)),
    }
}

/// RFC 5321 4.1.2 QcontentSMTP: printable ASCII, `"` and `\` only after a backslash.
fn is_quoted_content(inside: &str) -> bool {
    let mut bytes = inside.bytes();
    while let Some(byte) = bytes.next() {
        let printable = |b: u8| (b' '..=b'~').contains(&b);
        match byte {
            b'\\' if bytes.next().is_some_and(printable) => {}
            b'\\' | b'"' => return false,
            other if printable(other) => {}
            _ => return false,
        }
    }
    true
}

fn is_domain(text: &str) -> bool {
    if let Some(literal) = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        let address = literal.strip_prefix("IPv6:").unwrap_or(literal);
        return address.parse::<std::net::IpAddr>().is_ok();
    }
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    text.len() <= 255 && text.split('.').all(label)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_kept_as_they_were_spoken() {
        for text in [
            "a@b",
            "abc..def.@docomo.ne.jp",
            ".abc@ezweb.ne.jp",
            "O'Neil+tag@Example.LG.JP",
            "\"a b\"@example.jp",
            "\"a\\\"b@c\"@example.jp",
            "x@[192.168.0.1]",
            "x@[IPv6:2001:db8::1]",
            "user@under_score.example",
        ] {
            assert_eq!(Mailbox::parse(text).unwrap().as_str(), text);
        }
    }

    #[test]
    fn nothing_that_could_break_a_command_line_is_an_address() {
        for text in [
            "",
            "@",
            "a@",
            "@b",
            "a",
            "a b@c",
            "a@b c",
            "a\r\nRCPT TO:<x@y>@c",
            "a@b\0",
            "a@b>",
            "<a@b",
            "日本@b",
            "a@日本",
            "\"a@b",
            "\"a\"b\"@c",
            "a@-b",
            "a@b-",
            "a@b..c",
            "a@[300.1.1.1]",
            "a@[x]",
            "a,b@c",
            "@x,@y:a@b",
            "\"a\\\"@b",
        ] {
            assert_eq!(Mailbox::parse(text), Err(InvalidAddress), "{text:?}");
        }
        assert!(Mailbox::parse(&format!("{}@b", "a".repeat(MAX_ADDRESS))).is_err());
    }

    #[test]
    fn a_domain_contains_itself_and_its_subdomains_only() {
        let parent = Domain::parse("City.LG.jp").unwrap();
        assert!(Domain::parse("city.lg.jp").unwrap().is_within(&parent));
        assert!(Domain::parse("mail.city.lg.jp").unwrap().is_within(&parent));
        assert!(!Domain::parse("evilcity.lg.jp").unwrap().is_within(&parent));
        assert!(!Domain::parse("lg.jp").unwrap().is_within(&parent));
    }
}
