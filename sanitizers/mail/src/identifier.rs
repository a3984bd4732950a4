//! Message identifiers (RFC 5322 3.6.4), strictly valid ones only.
//!
//! Refuses: everything that the gateway's own type refuses; a thread may lose a link, a header cannot gain a byte.
//! Invariant: an identifier is printable ASCII of at most 250 bytes in angle brackets.

use std::net::IpAddr;

/// Longest identifier in bytes, brackets included.
const MAX_LENGTH: usize = 250;
/// Identifiers kept of one field: the first and the newest.
const MAX_COUNT: usize = 100;

/// The valid identifiers in the unfolded field `value`; of too many the first and the last 99.
pub(crate) fn read_all(value: &[u8]) -> Vec<String> {
    let mut found: Vec<String> = value
        .split_inclusive(|b| *b == b'>')
        .filter_map(|piece| {
            let opening = piece.iter().rposition(|b| *b == b'<')?;
            let text = std::str::from_utf8(piece.get(opening..)?).ok()?;
            is_valid(text).then(|| text.to_owned())
        })
        .collect();
    if found.len() > MAX_COUNT {
        found.drain(1..=found.len() - MAX_COUNT);
    }
    found
}

fn is_valid(text: &str) -> bool {
    let inside = text.strip_prefix('<').and_then(|rest| rest.strip_suffix('>')).unwrap_or_default();
    let atom = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~.".contains(&b);
    let side = |side: &str| !side.is_empty() && side.bytes().all(atom);
    text.len() <= MAX_LENGTH
        && inside.split_once('@').is_some_and(|(left, right)| side(left) && (side(right) || is_literal(right)))
}

/// An address literal: `[192.0.2.1]`, `[IPv6:2001:db8::1]`.
pub(crate) fn is_literal(text: &str) -> bool {
    text.strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
        .is_some_and(|inside| inside.strip_prefix("IPv6:").unwrap_or(inside).parse::<IpAddr>().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn valid_identifiers_are_found_among_others() {
        for (value, expected) in [
            ("<a@b>", vec!["<a@b>"]),
            ("<a@b> <c.d@[192.0.2.1]>\t<e$1@f>", vec!["<a@b>", "<c.d@[192.0.2.1]>", "<e$1@f>"]),
            ("<a@b><c@d>", vec!["<a@b>", "<c@d>"]),
            ("a@b", vec![]),
            ("<a b@c> <d@e>", vec!["<d@e>"]),
            ("<<a@b>", vec!["<a@b>"]),
            ("<a@b@c> <あ@b> <a@> <@b> <>", vec![]),
            ("your mail of Monday <x@y> (comment)", vec!["<x@y>"]),
        ] {
            assert_eq!(read_all(value.as_bytes()), expected, "{value}");
        }
        assert!(read_all(format!("<{}@b>", "a".repeat(MAX_LENGTH)).as_bytes()).is_empty());
    }

    #[test]
    fn of_a_long_thread_the_first_and_the_newest_are_kept() {
        let value: String = (0..150).map(|n| format!("<{n}@x> ")).collect();
        let ids = read_all(value.as_bytes());
        assert_eq!(ids.len(), 100);
        assert_eq!((ids[0].as_str(), ids[1].as_str(), ids[99].as_str()), ("<0@x>", "<51@x>", "<149@x>"));
    }
}
