//! Values with parameters: Content-Type and Content-Disposition (RFC 2045 5.1, RFC 2183, RFC 2231).
//!
//! Invariant: at most [`MAX_PARAMETERS`] are read, in linear time; every occurrence of a repeated parameter is kept.

use sanitizer_japanese::decode as decode_charset;

use crate::lexer::Lexer;
use crate::words::{self, Doubt};

/// Parameters read of one field.
const MAX_PARAMETERS: usize = 200;
/// Parameters of which a second, different value makes a mail ambiguous.
const DECISIVE: [&str; 3] = ["boundary", "filename", "name"];

/// A value and its parameters.
#[derive(Debug, Default)]
pub(crate) struct Parameters {
    /// What precedes the first `;`, lower case, without comments and blanks.
    pub(crate) head: String,
    list: Vec<Parameter>,
    /// Contradicting duplicates, unclosed quotes, parameters over the limit.
    pub(crate) irregular: u32,
}

/// One parameter, decoded.
#[derive(Debug, PartialEq, Eq)]
struct Parameter {
    name: String,
    text: String,
    extended: bool,
    doubt: Doubt,
}

impl Parameters {
    /// Reads an unfolded field.
    pub(crate) fn read(value: &[u8]) -> Self {
        let mut reader = Reader { rest: value, lexer: Lexer::of(value), irregular: 0 };
        let head = reader.head();
        let mut pieces = Vec::new();
        while let Some(piece) = reader.piece() {
            if pieces.len() == MAX_PARAMETERS {
                reader.irregular = reader.irregular.saturating_add(1);
                break;
            }
            pieces.push(piece);
        }
        let list = assemble(&pieces);
        let irregular = reader.irregular.saturating_add(contradictions(&list));
        Self { head, list, irregular }
    }

    /// The first value of a parameter, the extended form (RFC 2231) first: it is the one that can be decoded for sure.
    pub(crate) fn get(&self, name: &'static str) -> Option<&str> {
        self.all(name).next()
    }

    /// How surely the names of a file in it were read.
    pub(crate) fn doubt_of_names(&self) -> Doubt {
        let names = self.list.iter().filter(|parameter| matches!(parameter.name.as_str(), "filename" | "name"));
        names.fold(Doubt::default(), |sum, name| sum.and(name.doubt))
    }

    /// All values of a parameter, those in the extended form first.
    pub(crate) fn all(&self, name: &'static str) -> impl Iterator<Item = &str> {
        let of_form = move |extended: bool| {
            self.list.iter().filter(move |p| p.extended == extended && p.name == name).map(|p| p.text.as_str())
        };
        of_form(true).chain(of_form(false))
    }
}

fn contradictions(list: &[Parameter]) -> u32 {
    let differs = |(at, parameter): (usize, &Parameter)| {
        DECISIVE.contains(&parameter.name.as_str())
            && list.iter().take(at).any(|earlier| {
                earlier.name == parameter.name
                    && earlier.extended == parameter.extended
                    && earlier.text != parameter.text
            })
    };
    u32::try_from(list.iter().enumerate().filter(|entry| differs(*entry)).count()).unwrap_or(u32::MAX)
}

/// `name*section*=bytes`, not yet decoded.
struct Piece {
    name: String,
    section: Option<u16>,
    percent: bool,
    bytes: Vec<u8>,
}

impl Piece {
    fn new(name: &[u8], bytes: Vec<u8>) -> Self {
        let name: String = name.iter().map(|b| char::from(b.to_ascii_lowercase())).collect();
        let (name, percent) = name.strip_suffix('*').map_or((name.as_str(), false), |name| (name, true));
        let sectioned = name.rsplit_once('*').and_then(|(base, number)| Some((base, number.parse::<u16>().ok()?)));
        let (name, section) = sectioned.map_or((name, None), |(base, number)| (base, Some(number)));
        Self { name: name.to_owned(), section, percent, bytes }
    }
}

fn assemble(pieces: &[Piece]) -> Vec<Parameter> {
    let mut list: Vec<Parameter> = Vec::with_capacity(pieces.len());
    let mut continued: Vec<&str> = Vec::new();
    for piece in pieces {
        if piece.section.is_none() {
            list.push(decode(&piece.name, &[piece]));
        } else if !continued.contains(&piece.name.as_str()) {
            continued.push(&piece.name);
            let mut sections: Vec<&Piece> =
                pieces.iter().filter(|other| other.section.is_some() && other.name == piece.name).collect();
            sections.sort_by_key(|section| section.section);
            list.push(decode(&piece.name, &sections));
        }
    }
    list
}

/// RFC 2231 3 and 4: the first section names the charset, sections marked so are percent-encoded.
fn decode(name: &str, sections: &[&Piece]) -> Parameter {
    let mut charset = None;
    let mut bytes = Vec::new();
    for (at, section) in sections.iter().enumerate() {
        let mut content = section.bytes.as_slice();
        if at == 0 && section.percent {
            (charset, content) = split_charset(content);
        }
        if section.percent { percent(content, &mut bytes) } else { bytes.extend_from_slice(content) }
    }
    let is_encoded = sections.iter().any(|section| section.percent);
    let (text, doubt) = if is_encoded {
        let decoded = decode_charset(charset.as_deref(), &bytes);
        let doubt = Doubt::of(&decoded);
        (decoded.text, doubt)
    } else {
        words::read(&bytes)
    };
    let extended = is_encoded || sections.iter().any(|section| section.section.is_some());
    Parameter { name: name.to_owned(), text, extended, doubt }
}

fn split_charset(bytes: &[u8]) -> (Option<String>, &[u8]) {
    let mut parts = bytes.splitn(3, |b| *b == b'\'');
    let (Some(label), Some(_language), Some(content)) = (parts.next(), parts.next(), parts.next()) else {
        return (None, bytes);
    };
    (std::str::from_utf8(label).ok().filter(|label| !label.is_empty()).map(str::to_owned), content)
}

fn percent(bytes: &[u8], out: &mut Vec<u8>) {
    let mut rest = bytes;
    while let Some((byte, tail)) = rest.split_first() {
        rest = tail;
        match (byte, words::hex_pair(tail)) {
            (b'%', Some(value)) => {
                out.push(value);
                rest = tail.get(2..).unwrap_or_default();
            }
            _ => out.push(*byte),
        }
    }
}

/// Reads from the front of a value.
struct Reader<'a> {
    rest: &'a [u8],
    lexer: Lexer,
    irregular: u32,
}

impl Reader<'_> {
    fn head(&mut self) -> String {
        let end = self.rest.iter().position(|b| *b == b';').unwrap_or(self.rest.len());
        let head = self.rest.get(..end).unwrap_or_default();
        if head.contains(&b'=') {
            // A parameter where the value should be: `Content-Disposition: filename=x`.
            self.irregular = self.irregular.saturating_add(1);
            return String::new();
        }
        self.rest = self.rest.get(end..).unwrap_or_default();
        without_comments(head)
    }

    fn piece(&mut self) -> Option<Piece> {
        loop {
            self.skip(|b| b == b';' || b.is_ascii_whitespace());
            if self.rest.is_empty() {
                return None;
            }
            let end = self.rest.iter().position(|b| matches!(b, b'=' | b';')).unwrap_or(self.rest.len());
            let (name, rest) = self.rest.split_at_checked(end)?;
            self.rest = rest;
            if let Some((b'=', rest)) = rest.split_first() {
                self.rest = rest;
                let bytes = self.value();
                return Some(Piece::new(name.trim_ascii(), bytes));
            }
        }
    }

    fn value(&mut self) -> Vec<u8> {
        self.skip(|b| b.is_ascii_whitespace());
        match self.rest.split_first() {
            Some((b'"', rest)) => {
                self.rest = rest;
                let value = self.quoted();
                self.bare();
                value
            }
            _ => self.bare(),
        }
    }

    fn quoted(&mut self) -> Vec<u8> {
        let mut value = Vec::new();
        while let Some(byte) = self.rest.first() {
            match byte {
                b'"' => {
                    self.take(1);
                    return value;
                }
                b'\\' => {
                    self.take(1);
                    value.extend_from_slice(self.take(1));
                }
                _ => value.extend_from_slice(self.take(self.lexer.step(self.rest))),
            }
        }
        self.irregular = self.irregular.saturating_add(1);
        value
    }

    /// Up to the next `;`: blanks are let pass, they are common in unquoted file names.
    fn bare(&mut self) -> Vec<u8> {
        let mut value = Vec::new();
        while let Some(byte) = self.rest.first()
            && *byte != b';'
        {
            let step = words::length(self.rest).unwrap_or_else(|| self.lexer.step(self.rest));
            value.extend_from_slice(self.take(step));
        }
        value.trim_ascii().to_vec()
    }

    fn take(&mut self, length: usize) -> &[u8] {
        let (taken, rest) = self.rest.split_at_checked(length).unwrap_or((self.rest, &[]));
        self.rest = rest;
        taken
    }

    fn skip(&mut self, skips: impl Fn(u8) -> bool) {
        let length = self.rest.iter().take_while(|b| skips(**b)).count();
        self.take(length);
    }
}

/// Lower-case ASCII of `bytes`, without comments (RFC 5322 3.2.2), blanks and bytes over 0x7E.
pub(crate) fn without_comments(bytes: &[u8]) -> String {
    let mut depth = 0usize;
    let mut text = String::new();
    for byte in bytes {
        match byte {
            b'(' => depth += 1,
            b')' => depth = depth.saturating_sub(1),
            b if depth == 0 && b.is_ascii_graphic() => text.push(char::from(b.to_ascii_lowercase())),
            _ => {}
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(value: &[u8], name: &'static str, expected: &[&str]) {
        let parameters = Parameters::read(value);
        assert_eq!(parameters.all(name).collect::<Vec<_>>(), expected, "{}", value.escape_ascii());
    }

    #[test]
    fn the_value_loses_case_comments_and_blanks() {
        for (value, head) in [
            (&b"Text/HTML; charset=utf-8"[..], "text/html"),
            (b"text/plain (a (b) c)", "text/plain"),
            (b" ATTACHMENT ;x=y", "attachment"),
            (b"", ""),
            (b"filename=x", ""),
        ] {
            assert_eq!(Parameters::read(value).head, head);
        }
    }

    #[test]
    fn plain_values_are_read_quoted_or_not() {
        check(b"a/b; charset=utf-8", "charset", &["utf-8"]);
        check(b"a/b; Charset = \"utf-8\" (c); x=y", "charset", &["utf-8"]);
        check(b"a; filename=my file.txt; size=1", "filename", &["my file.txt"]);
        check(b"a; filename=\"a;b\\\"c.txt\"", "filename", &["a;b\"c.txt"]);
        check(b"a; filename=\"x", "filename", &["x"]);
        check(b"a; flag; filename=x;", "filename", &["x"]);
        check(b"filename=x", "filename", &["x"]);
    }

    #[test]
    fn encoded_words_and_raw_bytes_in_names_are_decoded() {
        check(b"a; filename=\"=?UTF-8?B?5omL5rC0?=.txt\"", "filename", &["手水.txt"]);
        check(b"a; filename==?UTF-8?Q?=E6=89=8B;?=.txt; x=y", "filename", &["手;.txt"]);
        check(b"a; filename=\"\x97\\\x92\xe8\x95\\\"", "filename", &["予定表"]);
        check(b"a; filename=\"\x1B$B<j?e\x1B(B.txt\"", "filename", &["手水.txt"]);
        check("a; filename=\"表.txt\"".as_bytes(), "filename", &["表.txt"]);
    }

    #[test]
    fn extended_values_are_joined_in_order_whatever_the_order_they_came_in() {
        check(b"a; filename*=UTF-8'ja'%E6%89%8B.txt", "filename", &["手.txt"]);
        check(b"a; filename*=iso-2022-jp''%1B$B%3Cj%3Fe%1B(B.txt", "filename", &["手水.txt"]);
        check(b"a; filename*1*=%8B.txt; filename*0*=UTF-8''%E6%89", "filename", &["手.txt"]);
        check(b"a; filename*0=\"abc\"; filename*1=def", "filename", &["abcdef"]);
        check(b"a; filename*0*=UTF-8''%E6%89%8B; filename*1=\".txt\"", "filename", &["手.txt"]);
        check(b"a; filename*=%41.txt", "filename", &["A.txt"]);
    }

    #[test]
    fn all_values_are_kept_and_contradictions_counted() {
        let value = b"a; filename=\"safe.txt\"; filename=\"evil.exe\"; filename*=UTF-8''x.txt";
        check(value, "filename", &["x.txt", "safe.txt", "evil.exe"]);
        for (value, irregular) in [
            (&value[..], 1),
            (b"multipart/mixed; boundary=a; boundary=b", 1),
            (b"multipart/mixed; boundary=a; boundary=\"a\"", 0),
            (b"text/plain; charset=a; charset=b", 0),
            (b"a; filename=\"x", 1),
            (b"filename=x", 1),
        ] {
            assert_eq!(Parameters::read(value).irregular, irregular, "{}", value.escape_ascii());
        }
        assert_eq!(Parameters::read(&[b"a".as_slice(), &b"; x=y".repeat(10_000)].concat()).irregular, 1);
    }
}
