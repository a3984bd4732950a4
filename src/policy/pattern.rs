//! The forms in which a rule names senders and recipients.
//!
//! Case does not count: a rule against `evil@x.example` must not be passed by `Evil@x.example`.
//! Invariant: a pattern's text reads back as the same pattern.

use std::fmt;

use crate::domain::{Domain, Mailbox};

/// Which addresses a rule means.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum AddressPattern {
    /// `<>`: the null reverse path of notifications.
    Null,
    /// `user@domain`, in lower case.
    Exactly(String),
    /// `@domain`: every address of this very domain.
    At(Domain),
    /// `.domain`: every address of a domain below it, not of itself.
    Below(Domain),
}

/// An address as patterns compare it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Person {
    address: String,
    domain: Domain,
}

impl AddressPattern {
    /// Reads a pattern; the null path only where `null_allowed`.
    pub(super) fn parse(text: &str, null_allowed: bool) -> Option<Self> {
        if text == "<>" {
            return null_allowed.then_some(Self::Null);
        }
        if let Some(domain) = text.strip_prefix('@') {
            return Domain::parse(domain).ok().map(Self::At);
        }
        if let Some(domain) = text.strip_prefix('.') {
            return Domain::parse(domain).ok().map(Self::Below);
        }
        // RFC 5321 allows `*` in a local part; in a rule it is a wildcard that would silently mean nobody.
        Mailbox::parse(text)
            .ok()
            .filter(|_| !text.contains('*'))
            .map(|mailbox| Self::Exactly(mailbox.as_str().to_ascii_lowercase()))
    }

    /// True if the address is meant; `None` is the null path.
    pub(super) fn matches(&self, person: Option<&Person>) -> bool {
        match (self, person) {
            (Self::Null, None) => true,
            (Self::Null, Some(_)) | (_, None) => false,
            (Self::Exactly(address), Some(person)) => *address == person.address,
            (Self::At(domain), Some(person)) => *domain == person.domain,
            (Self::Below(domain), Some(person)) => *domain != person.domain && person.domain.is_within(domain),
        }
    }
}

impl fmt::Display for AddressPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("<>"),
            Self::Exactly(address) => f.write_str(address),
            Self::At(domain) => write!(f, "@{domain}"),
            Self::Below(domain) => write!(f, ".{domain}"),
        }
    }
}

impl From<&Mailbox> for Person {
    fn from(mailbox: &Mailbox) -> Self {
        Self { address: mailbox.as_str().to_ascii_lowercase(), domain: mailbox.domain() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_form_means_its_addresses_and_no_others() {
        for (pattern, inside, outside) in [
            ("A@x.jp", vec!["a@x.jp", "A@X.JP"], vec!["b@x.jp", "a@y.x.jp", "aa@x.jp"]),
            ("@X.jp", vec!["a@x.jp", "B@X.jp"], vec!["a@y.x.jp", "a@evilx.jp"]),
            (".x.jp", vec!["a@y.x.jp", "a@z.y.x.jp"], vec!["a@x.jp", "a@evilx.jp"]),
        ] {
            let pattern = AddressPattern::parse(pattern, false).unwrap();
            assert_eq!(AddressPattern::parse(&pattern.to_string(), false), Some(pattern.clone()));
            let matches = |text: &str| pattern.matches(Some(&Person::from(&Mailbox::parse(text).unwrap())));
            inside.iter().for_each(|text| assert!(matches(text), "{pattern} means {text}"));
            outside.iter().for_each(|text| assert!(!matches(text), "{pattern} does not mean {text}"));
            assert!(!pattern.matches(None));
        }
    }

    #[test]
    fn the_null_path_is_a_sender_only() {
        let null = AddressPattern::parse("<>", true).unwrap();
        assert!(null.matches(None));
        assert!(!null.matches(Some(&Person::from(&Mailbox::parse("a@b").unwrap()))));
        assert_eq!(AddressPattern::parse("<>", false), None);
    }

    #[test]
    fn what_is_no_address_is_no_pattern() {
        for text in ["", "@", ".", "x.jp", "a@", "@a b", "*@x.jp", "日本@x.jp"] {
            assert_eq!(AddressPattern::parse(text, true), None, "{text}");
        }
    }
}
