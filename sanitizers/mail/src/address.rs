//! Address lists (RFC 5322 3.4), read from raw bytes.
//!
//! Groups, comments, routes and unquoted display names are let pass; carriers' addresses that no RFC allows
//! (`a..b.@docomo.ne.jp`) are kept. Refuses: what could not stand in an SMTP command. Invariant: every address is
//! ASCII `local@domain`, every name a single line.

use sanitizer_japanese::{nfc, single_line};

use crate::identifier::is_literal;
use crate::lexer::Lexer;
use crate::words;

/// Addresses kept of one header.
pub(crate) const MAX_ADDRESSES: usize = 200;
/// Longest display name in characters.
const MAX_NAME: usize = 500;
/// Longest address in bytes (RFC 5321 4.5.3.1.1, 4.5.3.1.2).
const MAX_ADDRESS: usize = 320;

/// A display name and an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// Display name on one line; empty if there was none.
    pub name: String,
    /// `local@domain`, verbatim.
    pub address: String,
}

/// The addresses of an unfolded field; entries without a plausible address are dropped.
pub(crate) fn read_all(value: &[u8]) -> Vec<Address> {
    let lexer = Lexer::of(value);
    // Known once: a field of nothing but opening brackets would have each of them look for its end.
    let behind_literals = value.rsplit(|b| *b == b']').next().map_or(0, <[u8]>::len);
    let mut found = Vec::new();
    let mut entry = Entry::default();
    let mut rest = value;
    while let Some(byte) = rest.first() {
        if found.len() >= MAX_ADDRESSES {
            return found;
        }
        let step = words::length(rest).unwrap_or_else(|| lexer.step(rest));
        let (taken, tail) = rest.split_at_checked(step).unwrap_or((rest, &[]));
        rest = match byte {
            _ if step > 1 => entry.push(taken, tail),
            b'"' => entry.quoted(tail, lexer),
            b'(' => entry.comment(tail, lexer),
            b'<' => entry.angle(tail, lexer),
            b'[' if rest.len() > behind_literals => entry.literal(rest),
            b':' => {
                entry = Entry::default();
                tail
            }
            b',' | b';' => {
                found.extend(std::mem::take(&mut entry).finish());
                tail
            }
            _ => entry.push(taken, tail),
        };
    }
    found.extend(entry.finish());
    found
}

/// One entry of the list, being read.
#[derive(Default)]
struct Entry {
    /// Words outside brackets, quotes removed: a display name.
    phrase: Vec<u8>,
    /// The same with quotes: an address without brackets.
    verbatim: Vec<u8>,
    comment: Vec<u8>,
    angle: Option<Vec<u8>>,
}

impl Entry {
    fn push<'a>(&mut self, taken: &[u8], tail: &'a [u8]) -> &'a [u8] {
        self.phrase.extend_from_slice(taken);
        self.verbatim.extend_from_slice(taken);
        tail
    }

    fn quoted<'a>(&mut self, rest: &'a [u8], lexer: Lexer) -> &'a [u8] {
        let (length, content) = quoted_string(rest, lexer);
        let (raw, tail) = rest.split_at_checked(length).unwrap_or((rest, &[]));
        self.phrase.extend_from_slice(&content);
        self.verbatim.push(b'"');
        self.verbatim.extend_from_slice(raw);
        tail
    }

    fn comment<'a>(&mut self, rest: &'a [u8], lexer: Lexer) -> &'a [u8] {
        let (content, tail) = comment(rest, lexer);
        self.comment.extend_from_slice(&content);
        tail
    }
    fn angle<'a>(&mut self, mut rest: &'a [u8], lexer: Lexer) -> &'a [u8] {
        let mut content = Vec::new();
        while let Some((byte, tail)) = rest.split_first() {
            rest = tail;
            match byte {
                b'>' => break,
                b'"' => {
                    let (length, _) = quoted_string(tail, lexer);
                    let (raw, after) = tail.split_at_checked(length).unwrap_or((tail, &[]));
                    content.push(b'"');
                    content.extend_from_slice(raw);
                    rest = after;
                }
                b'(' => (_, rest) = comment(tail, lexer),
                b if b.is_ascii_whitespace() => {}
                b => content.push(*b),
            }
        }
        self.angle = Some(content);
        rest
    }

    fn literal<'a>(&mut self, rest: &'a [u8]) -> &'a [u8] {
        let length = rest.iter().position(|b| *b == b']').map_or(1, |at| at + 1);
        let (taken, tail) = rest.split_at_checked(length).unwrap_or((rest, &[]));
        self.push(taken, tail)
    }

    fn finish(self) -> Option<Address> {
        if let Some(angle) = self.angle {
            let name = if self.phrase.trim_ascii().is_empty() { &self.comment } else { &self.phrase };
            return Some(Address { address: mailbox(without_route(&angle))?, name: display_name(name) });
        }
        let verbatim = self.verbatim.trim_ascii();
        if let Some(address) = mailbox(verbatim) {
            return Some(Address { address, name: display_name(&self.comment) });
        }
        // `Taro Yamada taro@example.jp`: brackets forgotten.
        let blank = verbatim.iter().rposition(u8::is_ascii_whitespace)?;
        let (name, address) = verbatim.split_at_checked(blank)?;
        Some(Address { address: mailbox(address.trim_ascii())?, name: display_name(name) })
    }
}

/// The content of a comment and what follows it (RFC 5322 3.2.2).
fn comment(mut rest: &[u8], lexer: Lexer) -> (Vec<u8>, &[u8]) {
    let mut content = Vec::new();
    let mut depth = 1usize;
    while let Some(byte) = rest.first() {
        let step = match byte {
            b'\\' => 2,
            _ => lexer.step(rest),
        };
        let (taken, tail) = rest.split_at_checked(step).unwrap_or((rest, &[]));
        rest = tail;
        match byte {
            b'(' => depth += 1,
            b')' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            break;
        }
        content.extend_from_slice(taken.strip_prefix(b"\\").unwrap_or(taken));
    }
    (content, rest)
}

/// Length up to and with the closing quote, and the content without escapes.
fn quoted_string(bytes: &[u8], lexer: Lexer) -> (usize, Vec<u8>) {
    let mut content = Vec::new();
    let mut at = 0;
    while let Some(rest) = bytes.get(at..)
        && let Some(byte) = rest.first()
    {
        match byte {
            b'"' => return (at + 1, content),
            b'\\' => {
                content.extend(rest.get(1));
                at += 2;
            }
            _ => {
                let step = lexer.step(rest);
                content.extend_from_slice(rest.get(..step).unwrap_or(rest));
                at += step;
            }
        }
    }
    (bytes.len(), content)
}

/// RFC 5321 4.1.2: `@relay,@relay:local@domain`.
fn without_route(angle: &[u8]) -> &[u8] {
    if !angle.starts_with(b"@") {
        return angle;
    }
    angle.iter().position(|b| *b == b':').and_then(|colon| angle.get(colon + 1..)).unwrap_or(angle)
}

fn display_name(bytes: &[u8]) -> String {
    let text = nfc(&single_line(&words::decode(bytes)));
    text.trim().trim_matches('\'').chars().take(MAX_NAME).collect::<String>().trim_end().to_owned()
}

/// The address in `bytes`, if it could stand in an SMTP command.
fn mailbox(bytes: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(bytes).ok().filter(|text| text.is_ascii() && text.len() <= MAX_ADDRESS)?;
    let (local, domain) = text.rsplit_once('@')?;
    (is_local_part(local) && is_domain(domain)).then(|| text.to_owned())
}

fn is_local_part(local: &str) -> bool {
    match local.strip_prefix('"') {
        Some(rest) => rest.strip_suffix('"').is_some_and(is_quoted_content),
        None => !local.is_empty() && local.bytes().all(|b| b.is_ascii_graphic() && !br#"<>()[],;:\"@"#.contains(&b)),
    }
}

/// RFC 5321 4.1.2 QcontentSMTP.
fn is_quoted_content(inside: &str) -> bool {
    let printable = |b: u8| (b' '..=b'~').contains(&b);
    let mut bytes = inside.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'\\' if bytes.next().is_some_and(printable) => {}
            b'\\' | b'"' => return false,
            other if printable(other) => {}
            _ => return false,
        }
    }
    true
}

fn is_domain(domain: &str) -> bool {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    is_literal(domain) || (domain.len() <= 255 && domain.split('.').all(label))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(value: &[u8], expected: &[(&str, &str)]) {
        let read: Vec<(String, String)> = read_all(value).into_iter().map(|a| (a.name, a.address)).collect();
        let expected: Vec<(String, String)> =
            expected.iter().map(|(name, address)| ((*name).to_owned(), (*address).to_owned())).collect();
        assert_eq!(read, expected, "{}", value.escape_ascii());
    }

    #[test]
    fn lists_of_all_shapes_are_read() {
        check(b"a@b.jp", &[("", "a@b.jp")]);
        check(b"A B <a@b.jp>, c@d.jp (C \\(D\\) (x))", &[("A B", "a@b.jp"), ("C (D) (x)", "c@d.jp")]);
        check(b"\"B, A\" <a@b.jp>", &[("B, A", "a@b.jp")]);
        check(b"Staff: a@b.jp, C <c@d.jp>; e@f.jp", &[("", "a@b.jp"), ("C", "c@d.jp"), ("", "e@f.jp")]);
        check(b"undisclosed-recipients:;", &[]);
        check(b"<@relay.jp,@x.jp:a@b.jp>", &[("", "a@b.jp")]);
        check(b"Taro Yamada taro@example.jp", &[("Taro Yamada", "taro@example.jp")]);
        check(b"'a@b.jp' <a@b.jp>", &[("a@b.jp", "a@b.jp")]);
        check(b"< a(x)@b.jp(y) >", &[("", "a@b.jp")]);
        check(b"x@[192.0.2.1], y@[IPv6:2001:db8::1]", &[("", "x@[192.0.2.1]"), ("", "y@[IPv6:2001:db8::1]")]);
    }

    #[test]
    fn carriers_addresses_and_quoted_local_parts_are_kept_verbatim() {
        check(b"<abc..def.@docomo.ne.jp>", &[("", "abc..def.@docomo.ne.jp")]);
        check(b"N <\"a b\"@example.jp>", &[("N", "\"a b\"@example.jp")]);
        check(b"\"a@b\"@example.jp", &[("", "\"a@b\"@example.jp")]);
    }

    #[test]
    fn a_display_name_never_costs_the_address() {
        check(b"\"\x97\\\x92\xe8\x95\\\" <a@b.jp>", &[("予定表", "a@b.jp")]);
        check(b"\x97\\\x92\xe8\x95\\ <a@b.jp>, c@d.jp", &[("予定表", "a@b.jp"), ("", "c@d.jp")]);
        check(b"\x1B$B<j?e\x1B(B <a@b.jp>", &[("手水", "a@b.jp")]);
        check(b"\"\x1B$B!\"<j\x1B(B\" <a@b.jp>", &[("、手", "a@b.jp")]);
        check("山田太郎 <a@b.jp>".as_bytes(), &[("山田太郎", "a@b.jp")]);
        check(b"=?UTF-8?Q?Yamada,_Taro?= <a@b.jp>", &[("Yamada, Taro", "a@b.jp")]);
        check(b"\"=?UTF-8?B?5omL5rC0?=\" <a@b.jp>", &[("手水", "a@b.jp")]);
    }

    #[test]
    fn a_name_is_one_line_and_cannot_become_an_address() {
        check(b"=?utf-8?q?CEO_=3Cceo=40gov=2Ejp=3E=0D=0ABcc:_x?= <a@b.jp>", &[("CEO <ceo@gov.jp> Bcc: x", "a@b.jp")]);
        check(b"=?utf-8?q?a=40b=2Ejp?=", &[]);
    }

    #[test]
    fn what_is_no_address_is_dropped() {
        for value in [
            &b""[..],
            b",,;",
            b"<>",
            b"a",
            b"<a>",
            b"a@",
            b"@b",
            b"<a@b c@d>",
            b"\"unclosed <a@b.jp>",
            b"a@\xE6\x97\xA5.jp",
            b"<a@b@c>",
            b"(a@b.jp",
            b"a@-b",
            b"<a\0@b.jp>",
        ] {
            check(value, &[]);
        }
    }

    #[test]
    fn a_hostile_list_is_cut() {
        assert_eq!(read_all(&b"a@b.jp,".repeat(5_000)).len(), MAX_ADDRESSES);
        let name = [b"x".repeat(5_000).as_slice(), b" <a@b.jp>"].concat();
        assert_eq!(read_all(&name)[0].name.len(), MAX_NAME);
        assert!(read_all(&b"(".repeat(60_000)).is_empty());
    }

    #[test]
    fn openings_without_end_take_no_time() {
        let started = std::time::Instant::now();
        for opening in ["[", "x@[", "(", "<", "\"", "<\"", "=?", "=?a?q?", "\x1B$"] {
            for value in [opening.repeat(200_000), format!("a@[192.0.2.1]{}", opening.repeat(200_000))] {
                assert!(read_all(value.as_bytes()).len() <= 1, "{opening}");
            }
        }
        assert!(started.elapsed().as_secs() < 20, "{:?}", started.elapsed());
    }
}
