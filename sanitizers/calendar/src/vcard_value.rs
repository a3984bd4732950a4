//! Values of address cards: from any version and charset to text, and its components.
//!
//! Refuses: base64 where text should be. Invariant: components that are written read as the same components.

use sanitizer_japanese::decode;

use crate::line::Line;
use crate::tally::Tally;
use crate::text::{escape, pieces, shown, unescaped};

/// Most components of a name, an address or an organisation, and most entries of one.
const MAX_COMPONENTS: usize = 10;
const MAX_ENTRIES: usize = 20;

/// A value that consists of components, each of them a list.
pub(crate) type Components = Vec<Vec<String>>;

/// How the values of one card are written.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Dialect<'a> {
    /// vCard 2.1: commas do not separate.
    pub(crate) old: bool,
    /// The charset of lines that name none.
    pub(crate) charset: Option<&'a str>,
}

impl Dialect<'_> {
    /// The value as it was written, decoded; `None` if it is no text.
    pub(crate) fn text(&self, line: &Line<'_>, tally: &mut Tally) -> Option<String> {
        let encoding = line.parameter("ENCODING").unwrap_or_default().to_ascii_uppercase();
        let own = line.parameter("CHARSET").filter(|charset| !charset.is_empty());
        let decoded = match encoding.as_str() {
            // The file around it is ASCII and does not tell.
            "QUOTED-PRINTABLE" => decode(own, &quoted_printable(line.value)),
            "" | "8BIT" | "7BIT" => decode(own.or(self.charset), line.value),
            _ => return None,
        };
        tally.guessed |= decoded.guessed && (own.is_some() || encoding == "QUOTED-PRINTABLE");
        tally.undecodable = tally.undecodable.saturating_add(decoded.undecodable);
        Some(decoded.text)
    }

    /// The components of `text`, ready to be shown.
    pub(crate) fn components(&self, text: &str, tally: &mut Tally) -> Components {
        let mut entry = |raw: &str| shown(&unescaped(raw), tally);
        let components = pieces(text, ';').take(MAX_COMPONENTS);
        components
            .map(|component| match self.old {
                true => vec![entry(component)],
                false => pieces(component, ',').take(MAX_ENTRIES).map(&mut entry).collect(),
            })
            .collect()
    }

    /// The entries of a list, ready to be shown; a semicolon does not separate in it.
    pub(crate) fn list(&self, text: &str, tally: &mut Tally) -> Components {
        let mut entry = |raw: &str| shown(&unescaped(raw), tally);
        vec![match self.old {
            true => vec![entry(text)],
            false => pieces(text, ',').take(MAX_ENTRIES).map(entry).collect(),
        }]
    }
}

/// True if there is something to read.
pub(crate) fn says_something(components: &Components) -> bool {
    components.iter().flatten().any(|entry| !entry.trim().is_empty())
}

/// Adds components with their separators to `out`.
pub(crate) fn write(components: &Components, out: &mut String) {
    for (at, component) in components.iter().enumerate() {
        if at > 0 {
            out.push(';');
        }
        for (at, entry) in component.iter().enumerate() {
            if at > 0 {
                out.push(',');
            }
            escape(entry, out);
        }
    }
}

/// RFC 2045 6.7; what is no pair of digits is dropped with its sign.
fn quoted_printable(value: &[u8]) -> Vec<u8> {
    let digit =
        |byte: Option<&u8>| byte.and_then(|byte| char::from(*byte).to_digit(16)).and_then(|d| u8::try_from(d).ok());
    let mut out = Vec::with_capacity(value.len());
    let mut rest = value;
    while let Some((&byte, tail)) = rest.split_first() {
        rest = tail;
        if byte != b'=' {
            out.push(byte);
        } else if let (Some(high), Some(low)) = (digit(tail.first()), digit(tail.get(1))) {
            out.push(high << 4 | low);
            rest = tail.get(2..).unwrap_or_default();
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn components(raw: &[u8], old: bool) -> (Components, Tally) {
        let mut tally = Tally::default();
        let line = Line::read(raw, |head| String::from_utf8(head.to_vec()).unwrap()).unwrap();
        let dialect = Dialect { old, charset: None };
        let text = dialect.text(&line, &mut tally).unwrap();
        (dialect.components(&text, &mut tally), tally)
    }

    #[test]
    fn an_old_telephone_writes_shift_jis_in_quoted_printable() {
        // ソ ends in a backslash in Shift_JIS.
        let raw = b"N;CHARSET=SHIFT_JIS;ENCODING=QUOTED-PRINTABLE:=8ER=93c;=83\\=83=74=83=42;;;";
        let (read, tally) = components(raw, true);
        assert_eq!(read, [["山田"], ["ソフィ"], [""], [""], [""]].map(|c| c.map(str::to_owned).to_vec()));
        assert_eq!(tally, Tally::default());
    }

    #[test]
    fn commas_separate_since_version_3() {
        assert_eq!(components(b"ORG:A, B;C\\;D", true).0, [vec!["A, B".to_owned()], vec!["C;D".to_owned()]]);
        let (new, _) = components(b"ORG:A,B\\, C;D", false);
        assert_eq!(new, [vec!["A".to_owned(), "B, C".to_owned()], vec!["D".to_owned()]]);
        let mut out = String::new();
        write(&new, &mut out);
        assert_eq!(out, "A,B\\, C;D");
    }
}
