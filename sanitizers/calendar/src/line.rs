//! Content lines (RFC 5545 3.1, RFC 6350 3.2): unfolded, taken apart, written within 75 octets.
//!
//! Refuses: lines without a colon, names of other characters than letters, digits and hyphens. Invariant: what is
//! written unfolds to the same line, and no character is cut in two.

/// Octets of a written line without its end.
const WIDTH: usize = 75;
/// Parameters of a line and values of a parameter that are looked at.
const MAX_PARAMETERS: usize = 64;

/// One logical line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line<'a> {
    /// Name in upper case, without the group of a vCard.
    pub(crate) name: String,
    /// Parameters.
    pub(crate) parameters: Vec<Parameter>,
    /// Everything behind the colon.
    pub(crate) value: &'a [u8],
}

/// `NAME=value,value`; a bare value of vCard 2.1 is a TYPE or an ENCODING.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Parameter {
    /// Name in upper case.
    pub(crate) name: String,
    /// Values without their quotes.
    pub(crate) values: Vec<String>,
}

impl<'a> Line<'a> {
    /// [`Self::read`] for what is decoded already; parameters only of the names that `is_listed`.
    pub(crate) fn read_text(raw: &'a str, is_listed: impl Fn(&str) -> bool) -> Option<Self> {
        let line = Self::named(raw.as_bytes())?;
        let head = raw.get(..colon(raw.as_bytes())?)?;
        Some(if is_listed(&line.name) { line.with_parameters(head) } else { line })
    }

    /// Takes `raw` apart; `decode` reads what stands before the colon.
    pub(crate) fn read(raw: &'a [u8], decode: impl Fn(&[u8]) -> String) -> Option<Self> {
        Some(Self::named(raw)?.with_parameters(&decode(raw.get(..colon(raw)?)?)))
    }

    /// Name and value, without parameters: most lines of most files are left out.
    pub(crate) fn named(raw: &'a [u8]) -> Option<Self> {
        let (head, value) = raw.split_at_checked(colon(raw)?)?;
        let name = std::str::from_utf8(head.split(|b| *b == b';').next()?).ok()?;
        let name = name.trim().rsplit('.').next()?;
        let is_name = (1..=64).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        is_name.then(|| Self {
            name: name.to_ascii_uppercase(),
            parameters: Vec::new(),
            value: value.get(1..).unwrap_or_default(),
        })
    }

    fn with_parameters(mut self, head: &str) -> Self {
        self.parameters = unquoted_pieces(head, ';').skip(1).take(MAX_PARAMETERS).map(parameter).collect();
        self
    }

    /// The first value of a parameter.
    pub(crate) fn parameter(&self, name: &str) -> Option<&str> {
        let found = self.parameters.iter().find(|parameter| parameter.name == name)?;
        found.values.first().map(String::as_str)
    }
}

/// The colon that ends the names: outside quotes, or the first one if a quote is never closed.
pub(crate) fn colon(raw: &[u8]) -> Option<usize> {
    let mut quoted = false;
    let outside = raw.iter().position(|&b| {
        quoted ^= b == b'"';
        b == b':' && !quoted
    });
    outside.or_else(|| raw.iter().position(|&b| b == b':'))
}

fn parameter(piece: &str) -> Parameter {
    let (name, value) = piece.split_once('=').unwrap_or_else(|| {
        let is_encoding = ["QUOTED-PRINTABLE", "BASE64", "8BIT", "7BIT"].iter().any(|e| piece.eq_ignore_ascii_case(e));
        (if is_encoding { "ENCODING" } else { "TYPE" }, piece)
    });
    let values = unquoted_pieces(value, ',').take(MAX_PARAMETERS);
    Parameter {
        name: name.trim().to_ascii_uppercase(),
        values: values.map(|value| value.trim().trim_matches('"').to_owned()).collect(),
    }
}

fn unquoted_pieces(text: &str, separator: char) -> impl Iterator<Item = &str> {
    let mut quoted = false;
    text.split(move |c| {
        quoted ^= c == '"';
        c == separator && !quoted
    })
}

/// Logical lines, each ended by one LF. Before decoding: a line may be folded inside a character.
pub(crate) fn unfold(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some((&byte, tail)) = rest.split_first() {
        rest = tail;
        if byte != b'\r' && byte != b'\n' {
            out.push(byte);
            continue;
        }
        if byte == b'\r' {
            rest = rest.strip_prefix(b"\n").unwrap_or(rest);
        }
        match rest.split_first() {
            Some((b' ' | b'\t', folded)) => rest = folded,
            _ => out.push(b'\n'),
        }
    }
    out
}

/// [`unfold`] for what is decoded already.
pub(crate) fn unfold_text(text: &str) -> String {
    // Only bytes of ASCII are taken out, so that it stays UTF-8.
    String::from_utf8(unfold(text.as_bytes())).unwrap_or_default()
}

/// Adds `line` to `out`, folded, with CRLF.
pub(crate) fn fold(line: &str, out: &mut String) {
    let mut room = WIDTH;
    for c in line.chars() {
        if c.len_utf8() > room {
            out.push_str("\r\n ");
            room = WIDTH.saturating_sub(1);
        }
        out.push(c);
        room = room.saturating_sub(c.len_utf8());
    }
    out.push_str("\r\n");
}

/// `text` as the value of a parameter; it holds no quote (see [`crate::text::label`]).
pub(crate) fn quoted(text: &str) -> String {
    if text.contains([':', ';', ',']) { format!("\"{text}\"") } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(raw: &str) -> Option<Line<'_>> {
        Line::read_text(raw, |_| true)
    }

    #[test]
    fn lines_come_apart_where_they_should() {
        let line = read("attendee;CN=\"山田; A:B\";role=REQ-PARTICIPANT:mailto:a@b.jp").unwrap();
        assert_eq!((line.name.as_str(), line.value), ("ATTENDEE", b"mailto:a@b.jp".as_slice()));
        assert_eq!((line.parameter("CN"), line.parameter("ROLE")), (Some("山田; A:B"), Some("REQ-PARTICIPANT")));
        let line = read("item1.TEL;CELL;quoted-printable;TYPE=home,work:1").unwrap();
        assert_eq!((line.name.as_str(), line.parameter("ENCODING")), ("TEL", Some("quoted-printable")));
        assert_eq!(line.parameters.len(), 3);
        assert_eq!(read("X;A=\"b:c").map(|line| line.value), Some(b"c".as_slice()));
        assert_eq!(Line::read_text("X-A;B=c:d", |name| name != "X-A").unwrap().parameters, []);
        let many = format!("A{}:x", ";B=1,2".repeat(1_000));
        let many = read(&many).unwrap();
        assert_eq!((many.parameters.len(), many.value), (MAX_PARAMETERS, b"x".as_slice()));
        assert_eq!(read(&format!("A;B={}:x", "1,".repeat(1_000))).unwrap().parameters[0].values.len(), MAX_PARAMETERS);
        for broken in ["", "no colon", ":x", "名前:x", "A B:x"] {
            assert_eq!(read(broken), None, "{broken}");
        }
    }

    #[test]
    fn folding_cuts_between_characters_and_unfolds_again() {
        let line = format!("SUMMARY:{}", "長い題名 ".repeat(40));
        let mut out = String::new();
        fold(&line, &mut out);
        assert!(out.split("\r\n").all(|line| line.len() <= WIDTH) && out.ends_with("\r\n"));
        assert_eq!(unfold(out.as_bytes()), format!("{line}\n").into_bytes());
        assert_eq!(unfold(b"A:\xE4\r\n \xBC\x9A\rB:\n\tc\n\n"), b"A:\xE4\xBC\x9A\nB:c\n\n");
    }
}
