//! What relays say of the sender: Authentication-Results (RFC 8601 2.2), its copy in an ARC set and the seal of one
//! (RFC 8617 4.1), Received-SPF (RFC 7208 9.1), as words.
//!
//! Relays repeat what senders chose (addresses, comments), so a field that does not read whole is left out whole, never
//! in part. Refuses: unclosed comments and quotes, other versions, words without a value, too many results. Who is
//! believed is for the gateway. Invariant: methods and results are of the lists here, every domain is ASCII, lower case.

use crate::block::{Block, Field};

/// Fields looked at, newest first.
const MAX_FIELDS: usize = 50;
/// Longest value in bytes.
const MAX_VALUE: usize = 8 * 1024;
/// Results of one field; with more, none of it is told.
const MAX_RESULTS: usize = 20;

const AUTHENTICATION_RESULTS: &str = "authentication-results";
const ARC_AUTHENTICATION_RESULTS: &str = "arc-authentication-results";
const ARC_SEAL: &str = "arc-seal";
const RECEIVED_SPF: &str = "received-spf";
const NAMES: [&str; 4] = [AUTHENTICATION_RESULTS, ARC_AUTHENTICATION_RESULTS, ARC_SEAL, RECEIVED_SPF];

/// Each method with the properties that name its domain: the first that is there counts.
const METHODS: [(&str, &[&str]); 4] = [
    ("spf", &["smtp.mailfrom", "smtp.mail", "smtp.helo"]),
    ("dkim", &["header.d", "header.i"]),
    ("dmarc", &["header.from"]),
    ("arc", &[]),
];

/// RFC 8601 2.7.
const RESULTS: [&str; 8] = ["pass", "fail", "softfail", "neutral", "none", "temperror", "permerror", "policy"];

/// A header in which a relay says what it found out about the sender.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthenticationField {
    /// Field name, lower case: `authentication-results`, `arc-authentication-results`, `arc-seal`, `received-spf`.
    pub name: &'static str,
    /// Who says so, a domain: the authserv-id; `receiver` of a Received-SPF, `d` of an ARC-Seal.
    pub authserv_id: String,
    /// What it found: at most 20, in its order.
    pub results: Vec<AuthenticationResult>,
    /// How many Received fields stand above it.
    pub below_received: u32,
}

/// One result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthenticationResult {
    /// `spf`, `dkim`, `dmarc` or `arc`.
    pub method: &'static str,
    /// `pass`, `fail`, `softfail`, `neutral`, `none`, `temperror`, `permerror` or `policy`.
    pub result: &'static str,
    /// The domain it speaks for; absent if the field names none, or several.
    pub domain: Option<String>,
}

/// The readable ones among the newest [`MAX_FIELDS`] fields, newest first.
pub(crate) fn read(block: &Block<'_>) -> Vec<AuthenticationField> {
    let mut received = 0u32;
    let mut looked_at = 0;
    let mut found = Vec::new();
    for (name, field) in block.named() {
        if name.eq_ignore_ascii_case(b"received") {
            received = received.saturating_add(1);
        }
        let Some(name) = NAMES.iter().find(|known| name.eq_ignore_ascii_case(known.as_bytes())) else { continue };
        looked_at += 1;
        if looked_at > MAX_FIELDS {
            break;
        }
        found.extend(one(name, field, received));
    }
    found
}

fn one(name: &'static str, field: &Field<'_>, below_received: u32) -> Option<AuthenticationField> {
    let value = field.unfolded();
    if value.len() > MAX_VALUE {
        return None;
    }
    let (authserv_id, results) = match name {
        RECEIVED_SPF => received_spf(&value)?,
        ARC_SEAL => arc_seal(&value)?,
        ARC_AUTHENTICATION_RESULTS => payload(instance(&value)?)?,
        _ => payload(&value)?,
    };
    Some(AuthenticationField { name, authserv_id, results, below_received })
}

type Said = (String, Vec<AuthenticationResult>);

/// RFC 8601 2.2 authres-payload.
fn payload(value: &[u8]) -> Option<Said> {
    let mut reader = Reader(value);
    reader.skip()?;
    let authserv_id = domain(&reader.value()?)?;
    reader.skip()?;
    if !matches!(reader.0.first(), None | Some(b';')) && reader.word(b"") != b"1" {
        return None;
    }
    let mut results = Vec::new();
    loop {
        reader.skip()?;
        if reader.0.is_empty() {
            return Some((authserv_id, results));
        }
        if !reader.eat(b';') {
            return None;
        }
        reader.skip()?;
        if matches!(reader.0.first(), None | Some(b';')) {
            continue;
        }
        results.extend(resinfo(&mut reader)?);
        if results.len() > MAX_RESULTS {
            return None;
        }
    }
}

/// One resinfo, or the word `none`; `Some(None)` if it is about something else.
fn resinfo(reader: &mut Reader<'_>) -> Option<Option<AuthenticationResult>> {
    let method = reader.word(b"=/").to_ascii_lowercase();
    reader.skip()?;
    if method == b"none" && matches!(reader.0.first(), None | Some(b';')) {
        return Some(None);
    }
    let mut is_known_version = true;
    if reader.eat(b'/') {
        reader.skip()?;
        is_known_version = reader.word(b"=") == b"1";
        reader.skip()?;
    }
    if method.is_empty() || !reader.eat(b'=') {
        return None;
    }
    let result = reader.value_word()?;
    let properties = properties(reader)?;
    let Some((method, names)) = METHODS.iter().find(|(name, _)| name.as_bytes() == method) else {
        return Some(None);
    };
    let Some(result) = RESULTS.iter().find(|known| known.as_bytes() == result).filter(|_| is_known_version) else {
        return Some(None);
    };
    let domain = names.iter().find_map(|name| only(&properties, name.as_bytes())).and_then(|value| domain(value?));
    Some(Some(AuthenticationResult { method, result, domain }))
}

/// `reason` and the propspecs, lower-case names with their values; ends at a semicolon or at the end.
fn properties(reader: &mut Reader<'_>) -> Option<Vec<(Vec<u8>, Vec<u8>)>> {
    let mut found = Vec::new();
    loop {
        reader.skip()?;
        if matches!(reader.0.first(), None | Some(b';')) {
            return Some(found);
        }
        let mut name = Vec::new();
        while !reader.eat(b'=') {
            // Blanks and comments may stand around the dot.
            let word = reader.word(b"=").to_ascii_lowercase();
            let joins = name.is_empty() || name.ends_with(b".") || word.starts_with(b".");
            if word.is_empty() || !joins {
                return None;
            }
            name.extend(word);
            reader.skip()?;
        }
        reader.skip()?;
        found.push((name, reader.value()?));
    }
}

/// The value of the property: `None` if it is not there, `Some(None)` if it is there twice.
fn only<'p>(properties: &'p [(Vec<u8>, Vec<u8>)], name: &[u8]) -> Option<Option<&'p Vec<u8>>> {
    let mut values = properties.iter().filter(|(key, _)| key == name).map(|(_, value)| value);
    let first = values.next()?;
    Some(values.next().is_none().then_some(first))
}

/// RFC 7208 9.1.
fn received_spf(value: &[u8]) -> Option<Said> {
    let mut reader = Reader(value);
    reader.skip()?;
    let word = reader.word(b"=").to_ascii_lowercase();
    let result = RESULTS.iter().find(|known| known.as_bytes() == word)?;
    let mut pairs = Vec::new();
    loop {
        pairs.extend(properties(&mut reader)?);
        if !reader.eat(b';') {
            break;
        }
    }
    let pair = |name: &[u8]| only(&pairs, name).flatten();
    let is_helo = pair(b"identity").is_some_and(|identity| identity.eq_ignore_ascii_case(b"helo"));
    let said = pair(if is_helo { b"helo" } else { b"envelope-from" });
    let one = AuthenticationResult { method: "spf", result, domain: said.and_then(|value| domain(value)) };
    Some((domain(pair(b"receiver")?)?, vec![one]))
}

/// RFC 8617 4.1.3: what the sealing relay says of the chain before it.
fn arc_seal(value: &[u8]) -> Option<Said> {
    let mut tags: Vec<(Vec<u8>, Vec<u8>)> = Vec::new();
    for tag in value.split(|b| *b == b';').filter(|tag| !tag.trim_ascii().is_empty()) {
        let at = tag.iter().position(|b| *b == b'=')?;
        let (name, rest) = tag.split_at_checked(at)?;
        tags.push((name.trim_ascii().to_ascii_lowercase(), rest.strip_prefix(b"=")?.trim_ascii().to_ascii_lowercase()));
    }
    let chain = only(&tags, b"cv").flatten()?;
    let result = ["pass", "fail", "none"].into_iter().find(|known| known.as_bytes() == chain)?;
    let one = AuthenticationResult { method: "arc", result, domain: None };
    Some((domain(only(&tags, b"d").flatten()?)?, vec![one]))
}

/// What follows `i=1;` in an ARC-Authentication-Results.
fn instance(value: &[u8]) -> Option<&[u8]> {
    let mut reader = Reader(value);
    reader.skip()?;
    let is_instance = reader.word(b"=").eq_ignore_ascii_case(b"i");
    reader.skip()?;
    let has_value = is_instance && reader.eat(b'=');
    reader.skip()?;
    let digits = reader.word(b"");
    let fits = has_value && (1..=2).contains(&digits.len()) && digits.iter().all(u8::is_ascii_digit);
    reader.skip()?;
    (fits && reader.eat(b';')).then_some(reader.0)
}

/// What is left of a value.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    /// Passes over blanks and comments (RFC 5322 3.2.2); `None` if a comment does not end.
    fn skip(&mut self) -> Option<()> {
        let mut depth = 0usize;
        loop {
            let Some((byte, tail)) = self.0.split_first() else { return (depth == 0).then_some(()) };
            match byte {
                b'(' => depth += 1,
                b')' if depth > 0 => depth -= 1,
                b'\\' if depth > 0 => self.0 = tail,
                b' ' | b'\t' => {}
                _ if depth > 0 => {}
                _ => return Some(()),
            }
            self.0 = self.0.split_first().map_or(&[][..], |(_, tail)| tail);
        }
    }

    fn eat(&mut self, byte: u8) -> bool {
        let rest = self.0.strip_prefix(&[byte]);
        self.0 = rest.unwrap_or(self.0);
        rest.is_some()
    }

    /// Bytes up to a blank, a comment, a quote, a semicolon or one of `stops`; maybe none.
    fn word(&mut self, stops: &[u8]) -> &'a [u8] {
        let ends = |b: &u8| b" \t()\";".contains(b) || stops.contains(b);
        let (word, rest) = self.0.split_at(self.0.iter().position(ends).unwrap_or(self.0.len()));
        self.0 = rest;
        word
    }

    /// A result word, lower case; blanks may stand before it.
    fn value_word(&mut self) -> Option<Vec<u8>> {
        self.skip()?;
        let word = self.word(b"").to_ascii_lowercase();
        (!word.is_empty()).then_some(word)
    }

    /// A value without its quotes: a token, a quoted string, or an address with a quoted local part.
    fn value(&mut self) -> Option<Vec<u8>> {
        let mut value = Vec::new();
        let mut was_quoted = false;
        loop {
            value.extend_from_slice(self.word(b""));
            if !self.eat(b'"') {
                break;
            }
            was_quoted = true;
            loop {
                let (byte, tail) = self.0.split_first()?;
                self.0 = tail;
                match byte {
                    b'"' => break,
                    b'\\' => {
                        let (escaped, tail) = self.0.split_first()?;
                        self.0 = tail;
                        value.push(*escaped);
                    }
                    other => value.push(*other),
                }
            }
        }
        (was_quoted || !value.is_empty()).then_some(value)
    }
}

/// The domain of `a@b`, `@b`, `<a@b>` or `b`, lower case, if it is one that the gateway's own type takes.
fn domain(value: &[u8]) -> Option<String> {
    let value = value.trim_ascii();
    let value = value.strip_prefix(b"<").and_then(|rest| rest.strip_suffix(b">")).unwrap_or(value);
    let after = value.iter().rposition(|b| *b == b'@').map_or(0, |at| at + 1);
    let text = std::str::from_utf8(value.get(after..)?).ok()?;
    let text = text.strip_suffix('.').unwrap_or(text).to_ascii_lowercase();
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    (text.len() <= 255 && text.split('.').all(label)).then_some(text)
}

#[cfg(test)]
mod tests;
