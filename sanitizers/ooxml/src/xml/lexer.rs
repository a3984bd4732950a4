//! The tokens of one XML part (XML 1.0, without document types), as slices of its text.
//!
//! Refuses: document types, unknown entities, tags that do not read, attributes that stand twice. Comments and
//! processing instructions are passed over. Invariant: every byte of the text is in exactly one token or passed over,
//! and each is looked at a bounded number of times.

use std::borrow::Cow;

use memchr::{memchr, memmem};
use sanitizer_api::SanitizeError;

use super::reader::malformed;

/// One token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Token<'a> {
    /// A start tag with this name begins; [`Lexer::attribute`] reads on.
    Start(&'a str),
    /// An end tag with this name.
    End(&'a str),
    /// Character data with references in it.
    Text(&'a str),
    /// Character data as it is.
    Literal(&'a str),
    /// The text ends.
    Eof,
}

/// Where in a text the next token begins.
#[derive(Debug)]
pub(crate) struct Lexer<'a> {
    rest: &'a str,
    /// The start tag that was read last was an element without content.
    pub(crate) is_empty: bool,
}

const fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

impl<'a> Lexer<'a> {
    /// A lexer at the start of `text`.
    pub(crate) const fn new(text: &'a str) -> Self {
        Self { rest: text, is_empty: false }
    }

    /// Takes `length` bytes off the front.
    fn take(&mut self, length: usize) -> Result<&'a str, SanitizeError> {
        let (piece, rest) = self.rest.split_at_checked(length).ok_or_else(malformed)?;
        self.rest = rest;
        Ok(piece)
    }

    /// The next token, outside of tags.
    ///
    /// # Errors
    /// [`SanitizeError::Malformed`] as the module says.
    pub(crate) fn next(&mut self) -> Result<Token<'a>, SanitizeError> {
        loop {
            let bytes = self.rest.as_bytes();
            let Some(rest) = self.rest.strip_prefix('<') else {
                if self.rest.is_empty() {
                    return Ok(Token::Eof);
                }
                let length = memchr(b'<', bytes).unwrap_or(bytes.len());
                return self.take(length).map(Token::Text);
            };
            match bytes.get(1) {
                Some(b'/') => return self.end(rest).map(Token::End),
                Some(b'?') => self.skip(rest, "?>")?,
                Some(b'!') => {
                    if let Some(rest) = rest.strip_prefix("!--") {
                        self.skip(rest, "-->")?;
                    } else {
                        let rest = rest.strip_prefix("![CDATA[").ok_or_else(malformed)?;
                        let length = memmem::find(rest.as_bytes(), b"]]>").ok_or_else(malformed)?;
                        self.rest = rest;
                        let content = self.take(length)?;
                        self.take(3)?;
                        return Ok(Token::Literal(content));
                    }
                }
                _ => {
                    self.rest = rest;
                    return self.name(b'>').map(Token::Start);
                }
            }
        }
    }

    fn skip(&mut self, rest: &'a str, end: &str) -> Result<(), SanitizeError> {
        let at = memmem::find(rest.as_bytes(), end.as_bytes()).ok_or_else(malformed)?;
        self.rest = rest;
        self.take(at + end.len()).map(|_| ())
    }

    fn end(&mut self, rest: &'a str) -> Result<&'a str, SanitizeError> {
        let length = memchr(b'>', rest.as_bytes()).ok_or_else(malformed)?;
        self.rest = rest;
        let tag = self.take(length)?;
        self.take(1)?;
        Ok(tag.strip_prefix('/').ok_or_else(malformed)?.trim_ascii_end())
    }

    /// A name, up to a blank, `/` or `stop`.
    fn name(&mut self, stop: u8) -> Result<&'a str, SanitizeError> {
        let ends = |byte: &u8| *byte == stop || is_blank(*byte) || matches!(*byte, b'/' | b'<' | b'>' | b'"' | b'\'');
        let length = self.rest.bytes().position(|byte| ends(&byte)).ok_or_else(malformed)?;
        if length == 0 {
            return Err(malformed());
        }
        self.take(length)
    }

    /// The next attribute of the start tag at hand and its value as it stands there; nothing at the end of the tag.
    ///
    /// # Errors
    /// [`SanitizeError::Malformed`] as the module says.
    pub(crate) fn attribute(&mut self) -> Result<Option<(&'a str, &'a str)>, SanitizeError> {
        self.blanks();
        self.is_empty = false;
        if let Some(rest) = self.rest.strip_prefix('>') {
            self.rest = rest;
            return Ok(None);
        }
        if let Some(rest) = self.rest.strip_prefix("/>") {
            self.rest = rest;
            self.is_empty = true;
            return Ok(None);
        }
        let name = self.name(b'=')?;
        self.blanks();
        self.rest = self.rest.strip_prefix('=').ok_or_else(malformed)?;
        self.blanks();
        let quote = self.rest.bytes().next().filter(|quote| matches!(quote, b'"' | b'\'')).ok_or_else(malformed)?;
        self.take(1)?;
        let length = memchr(quote, self.rest.as_bytes()).ok_or_else(malformed)?;
        let value = self.take(length)?;
        self.take(1)?;
        Ok(Some((name, value)))
    }

    fn blanks(&mut self) {
        if self.rest.bytes().next().is_some_and(is_blank) {
            self.rest = self.rest.trim_ascii_start();
        }
    }
}

/// The value of an attribute (XML 1.0, 3.3.3): blanks are blanks, references are what they stand for.
///
/// # Errors
/// [`SanitizeError::Malformed`] for an unknown entity.
pub(crate) fn value(raw: &str) -> Result<Cow<'_, str>, SanitizeError> {
    expand(raw, |byte| matches!(byte, b'&' | b'\t' | b'\n' | b'\r'), " ")
}

/// Character data (XML 1.0, 2.11): lines end in a line feed, references are what they stand for.
///
/// # Errors
/// [`SanitizeError::Malformed`] for an unknown entity.
pub(crate) fn content(raw: &str) -> Result<Cow<'_, str>, SanitizeError> {
    expand(raw, |byte| matches!(byte, b'&' | b'\r'), "\n")
}

/// Character data without references.
pub(crate) fn literal(raw: &str) -> Result<Cow<'_, str>, SanitizeError> {
    expand(raw, |byte| byte == b'\r', "\n")
}

/// `raw` with `blank` for line ends and blanks of other kinds; `is_special` finds what is to be looked at.
#[inline]
fn expand<'a>(raw: &'a str, is_special: impl Fn(u8) -> bool, blank: &str) -> Result<Cow<'a, str>, SanitizeError> {
    let Some(mut at) = raw.bytes().position(&is_special) else { return Ok(Cow::Borrowed(raw)) };
    let mut out = String::with_capacity(raw.len());
    let mut rest = raw;
    loop {
        let (plain, special) = rest.split_at_checked(at).ok_or_else(malformed)?;
        out.push_str(plain);
        rest = if let Some(reference) = special.strip_prefix('&') {
            // `#x10FFFF` with some zeros in front is the longest that is known.
            let head = reference.as_bytes().get(..reference.len().min(16)).unwrap_or_default();
            let length = memchr(b';', head).ok_or_else(malformed)?;
            let (name, behind) = reference.split_at_checked(length).ok_or_else(malformed)?;
            out.push(refer(name).ok_or_else(malformed)?);
            behind.strip_prefix(';').unwrap_or_default()
        } else {
            out.push_str(blank);
            let behind = special.get(1..).unwrap_or_default();
            if special.starts_with('\r') { behind.strip_prefix('\n').unwrap_or(behind) } else { behind }
        };
        let Some(next) = rest.bytes().position(&is_special) else {
            out.push_str(rest);
            return Ok(Cow::Owned(out));
        };
        at = next;
    }
}

/// The character that a reference stands for.
fn refer(name: &str) -> Option<char> {
    let Some(number) = name.strip_prefix('#') else {
        return match name {
            "amp" => Some('&'),
            "lt" => Some('<'),
            "gt" => Some('>'),
            "quot" => Some('"'),
            "apos" => Some('\''),
            _ => None,
        };
    };
    let (digits, radix) = number.strip_prefix('x').map_or((number, 10), |digits| (digits, 16));
    if !digits.bytes().next()?.is_ascii_hexdigit() {
        return None;
    }
    u32::from_str_radix(digits, radix).ok().filter(|code| *code != 0).and_then(char::from_u32)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use quick_xml::XmlVersion;
    use quick_xml::events::Event;

    use super::*;

    /// What both readers are asked for: tags with attributes, and character data, pieces of it in one.
    #[derive(Debug, PartialEq)]
    enum Seen {
        Open(String, Vec<(String, String)>),
        Close(String),
        Text(String),
    }

    fn add(seen: &mut Vec<Seen>, text: &str) {
        match seen.last_mut() {
            Some(Seen::Text(before)) => before.push_str(text),
            _ if text.is_empty() => {}
            _ => seen.push(Seen::Text(text.to_owned())),
        }
    }

    fn ours(text: &str) -> Option<Vec<Seen>> {
        let (mut lexer, mut seen) = (Lexer::new(text), Vec::new());
        loop {
            match lexer.next().ok()? {
                Token::Start(name) => {
                    let mut attributes: Vec<(String, String)> = Vec::new();
                    while let Some((name, raw)) = lexer.attribute().ok()? {
                        attributes.push((name.to_owned(), value(raw).ok()?.into_owned()));
                    }
                    seen.push(Seen::Open(name.to_owned(), attributes));
                    if lexer.is_empty {
                        seen.push(Seen::Close(name.to_owned()));
                    }
                }
                Token::End(name) => seen.push(Seen::Close(name.to_owned())),
                Token::Text(raw) => add(&mut seen, &content(raw).ok()?),
                Token::Literal(raw) => add(&mut seen, &literal(raw).ok()?),
                Token::Eof => return Some(seen),
            }
        }
    }

    fn theirs(text: &str) -> Option<Vec<Seen>> {
        let (mut reader, mut seen) = (quick_xml::Reader::from_str(text), Vec::new());
        reader.config_mut().expand_empty_elements = true;
        reader.config_mut().check_end_names = false;
        reader.config_mut().allow_unmatched_ends = true;
        loop {
            match reader.read_event().ok()? {
                Event::Start(start) => {
                    let mut attributes = Vec::new();
                    for attribute in start.attributes() {
                        let attribute = attribute.ok()?;
                        let value = attribute.normalized_value(XmlVersion::Implicit1_0).ok()?.into_owned();
                        attributes.push((attribute.key.0.to_owned(), value));
                    }
                    seen.push(Seen::Open(start.name().0.to_owned(), attributes));
                }
                Event::End(end) => seen.push(Seen::Close(end.name().0.to_owned())),
                Event::Text(text) => add(&mut seen, &text.xml10_content()),
                Event::CData(text) => add(&mut seen, &text.xml10_content()),
                Event::GeneralRef(reference) => {
                    let known = reference.resolve_char_ref().ok()?;
                    add(&mut seen, &known.or_else(|| refer(&reference))?.to_string());
                }
                Event::DocType(_) | Event::Empty(_) => return None,
                Event::Comment(_) | Event::PI(_) | Event::Decl(_) => {}
                Event::Eof => return Some(seen),
            }
        }
    }

    #[test]
    fn references_and_blanks_are_what_they_stand_for() {
        assert_eq!(value("a\r\nb\t&#9;&lt;&#x624B;").unwrap(), "a b \t<手");
        assert_eq!(content("a\r\nb\rc&#13;\t").unwrap(), "a\nb\nc\r\t");
        for wrong in ["&", "&;", "&x;", "&#0;", "&#xD800;", "&#x110000;", "&#+1;", "&#x;", "&amp", "&AMP;"] {
            assert!(content(wrong).is_err() && value(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn what_is_no_xml_is_refused() {
        for wrong in ["<", "<>", "< a>", "<a", "<a b>", "<a b=c>", "<a b='c>", "</a", "<!DOCTYPE a>", "<!-- ", "<a/ >"]
        {
            assert_eq!(ours(wrong), None, "{wrong}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 20_000, failure_persistence: None, ..ProptestConfig::default() })]

        /// Whatever both readers take they read the same.
        #[test]
        fn another_reader_reads_the_same(pieces in prop::collection::vec(prop::sample::select(vec![
            "<a", "<w:b ", " c='", "d=\"", "'", "\"", ">", "/>", "</a>", "</w:b >", "x", "手", "&amp;", "&#10;", "&lt;", "&q;",
            "\r\n", "\r", "\n", "\t", " ", "<!--", "-->", "<![CDATA[", "]]>", "<?p", "?>", "=", "<", "&", "xmlns:w='u'",
        ]), 0..16)) {
            let text = pieces.concat();
            if let (Some(ours), Some(theirs)) = (ours(&text), theirs(&text)) {
                prop_assert_eq!(ours, theirs, "{}", text);
            }
        }
    }
}
