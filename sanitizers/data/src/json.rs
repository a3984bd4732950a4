//! JSON, read by its grammar (RFC 8259) and written token by token.
//!
//! Refuses: everything else than exactly one value (comments, trailing commas, single quotes, lone surrogates), nesting
//! over [`MAX_DEPTH`]. Invariant: members keep their order and their repetitions, numbers their spelling, strings their
//! value; blanks stay as they are.

use sanitizer_api::{Budget, Hints, Rebuilt, SanitizeError, Sanitizer};

use crate::output::{self, Output, by_number};

/// Arrays and objects inside one another: what common readers take (serde_json 128, .NET 64, PHP 512).
const MAX_DEPTH: usize = 128;

/// A JSON text.
#[derive(Debug, Clone, Copy)]
pub struct Json;

impl Sanitizer for Json {
    fn name(&self) -> &'static str {
        "data/json"
    }

    fn version(&self) -> u32 {
        1
    }

    fn sanitize(&self, input: &[u8], hints: Hints<'_>, budget: &mut Budget) -> Result<Rebuilt, SanitizeError> {
        let (text, output) = output::begin(input, hints.charset, budget, "JSON")?;
        let mut reader = Reader { rest: &text, output, open: Vec::new() };
        reader.text()?;
        reader.output.finish(input, "application/json", budget)
    }
}

const fn malformed() -> SanitizeError {
    SanitizeError::Malformed { expected: "JSON" }
}

/// What may come next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Next {
    Value,
    ValueOrEnd,
    Key,
    KeyOrEnd,
    /// A comma, or the end of what is open.
    More,
}

struct Reader<'a> {
    rest: &'a str,
    output: Output,
    /// What is open, by the character that closes it.
    open: Vec<char>,
}

impl Reader<'_> {
    /// One value with blanks around it, and nothing else.
    fn text(&mut self) -> Result<(), SanitizeError> {
        let mut next = Next::Value;
        loop {
            self.blanks()?;
            if next == Next::More && self.open.is_empty() {
                return if self.rest.is_empty() { Ok(()) } else { Err(malformed()) };
            }
            next = self.token(next)?;
        }
    }

    fn token(&mut self, next: Next) -> Result<Next, SanitizeError> {
        let first = self.rest.chars().next().ok_or_else(malformed)?;
        match (next, first) {
            (Next::Value | Next::ValueOrEnd, '{') => self.begin('}', Next::KeyOrEnd),
            (Next::Value | Next::ValueOrEnd, '[') => self.begin(']', Next::ValueOrEnd),
            (Next::ValueOrEnd | Next::More, ']') | (Next::KeyOrEnd | Next::More, '}') => {
                if self.open.pop() != Some(first) {
                    return Err(malformed());
                }
                self.take(1)?;
                Ok(Next::More)
            }
            (Next::More, ',') => {
                self.take(1)?;
                Ok(if self.open.last() == Some(&'}') { Next::Key } else { Next::Value })
            }
            (Next::Key | Next::KeyOrEnd, '"') => {
                self.string()?;
                self.blanks()?;
                if !self.rest.starts_with(':') {
                    return Err(malformed());
                }
                self.take(1)?;
                Ok(Next::Value)
            }
            (Next::Value | Next::ValueOrEnd, '"') => {
                self.string()?;
                Ok(Next::More)
            }
            (Next::Value | Next::ValueOrEnd, 't' | 'f' | 'n') => {
                let word = ["true", "false", "null"].into_iter().find(|word| self.rest.starts_with(word));
                self.take(word.ok_or_else(malformed)?.len())?;
                Ok(Next::More)
            }
            (Next::Value | Next::ValueOrEnd, '-' | '0'..='9') => {
                self.take(number_length(self.rest.as_bytes()).ok_or_else(malformed)?)?;
                Ok(Next::More)
            }
            _ => Err(malformed()),
        }
    }

    fn begin(&mut self, close: char, next: Next) -> Result<Next, SanitizeError> {
        if self.open.len() >= MAX_DEPTH {
            return Err(SanitizeError::LimitReached { what: "JSON depth" });
        }
        self.open.push(close);
        self.take(1)?;
        Ok(next)
    }

    /// Copies ASCII of this length.
    fn take(&mut self, length: usize) -> Result<(), SanitizeError> {
        let (token, rest) = self.rest.split_at_checked(length).ok_or_else(malformed)?;
        self.rest = rest;
        self.output.push_str(token)
    }

    /// Copies blanks; a line ends in LF.
    fn blanks(&mut self) -> Result<(), SanitizeError> {
        while let Some(c) = self.rest.chars().next().filter(|c| matches!(c, ' ' | '\t' | '\n' | '\r')) {
            self.rest = self.rest.get(1..).unwrap_or_default();
            match c {
                '\r' if self.rest.starts_with('\n') => {}
                '\r' => self.output.push('\n')?,
                c => self.output.push(c)?,
            }
        }
        Ok(())
    }

    /// Writes the string that begins here, its characters in one spelling.
    fn string(&mut self) -> Result<(), SanitizeError> {
        self.output.push('"')?;
        let text = self.rest;
        let mut chars = text.chars();
        chars.next();
        loop {
            match chars.next().ok_or_else(malformed)? {
                '"' => break,
                '\\' => {
                    let c = escaped(&mut chars)?;
                    self.character(c)?;
                }
                c if c < ' ' => return Err(malformed()),
                c => self.character(c)?,
            }
        }
        self.rest = chars.as_str();
        self.output.push('"')
    }

    fn character(&mut self, c: char) -> Result<(), SanitizeError> {
        match c {
            '"' => self.output.push_str("\\\""),
            '\\' => self.output.push_str("\\\\"),
            '\n' => self.output.push_str("\\n"),
            '\r' => self.output.push_str("\\r"),
            '\t' => self.output.push_str("\\t"),
            c if by_number(c) => {
                let mut units = [0; 2];
                c.encode_utf16(&mut units).iter().try_for_each(|unit| self.output.push_str(&format!("\\u{unit:04x}")))
            }
            c => self.output.push(c),
        }
    }
}

/// The character of an escape, behind its backslash.
fn escaped(chars: &mut std::str::Chars<'_>) -> Result<char, SanitizeError> {
    Ok(match chars.next().ok_or_else(malformed)? {
        c @ ('"' | '\\' | '/') => c,
        'b' => '\u{8}',
        'f' => '\u{C}',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'u' => {
            let first = unit(chars)?;
            let units = if (0xD800..0xDC00).contains(&first) {
                if chars.next() != Some('\\') || chars.next() != Some('u') {
                    return Err(malformed());
                }
                vec![first, unit(chars)?]
            } else {
                vec![first]
            };
            char::decode_utf16(units).next().and_then(Result::ok).ok_or_else(malformed)?
        }
        _ => return Err(malformed()),
    })
}

/// Four hexadecimal digits.
fn unit(chars: &mut std::str::Chars<'_>) -> Result<u16, SanitizeError> {
    let mut unit = 0u16;
    for _ in 0..4 {
        let digit = chars.next().and_then(|c| c.to_digit(16)).ok_or_else(malformed)?;
        unit = (unit << 4) | u16::try_from(digit).map_err(|_| malformed())?;
    }
    Ok(unit)
}

/// Bytes of the number at the start of `text` (RFC 8259 6).
fn number_length(text: &[u8]) -> Option<usize> {
    let digits =
        |from: usize| text.get(from..).map_or(0, |rest| rest.iter().take_while(|b| b.is_ascii_digit()).count());
    let mut at = usize::from(text.first() == Some(&b'-'));
    let whole = digits(at);
    if whole == 0 || (whole > 1 && text.get(at) == Some(&b'0')) {
        return None;
    }
    at = at.saturating_add(whole);
    if text.get(at) == Some(&b'.') {
        let fraction = digits(at.saturating_add(1));
        at = at.saturating_add(1).saturating_add(fraction);
        (fraction > 0).then_some(())?;
    }
    if matches!(text.get(at), Some(b'e' | b'E')) {
        at = at.saturating_add(1);
        at = at.saturating_add(usize::from(matches!(text.get(at), Some(b'+' | b'-'))));
        let exponent = digits(at);
        at = at.saturating_add(exponent);
        (exponent > 0).then_some(())?;
    }
    Some(at)
}

#[cfg(test)]
mod tests {
    use sanitizer_api::Code;

    use super::*;
    use crate::laws;

    fn read(input: &[u8]) -> Result<String, SanitizeError> {
        laws::hold(&Json, input, None);
        let rebuilt = Json.sanitize(input, Hints::default(), &mut Budget::generous())?;
        Ok(String::from_utf8(rebuilt.bytes).unwrap())
    }

    #[test]
    fn values_keep_their_spelling_order_and_repetition() {
        for text in [
            "{\"b\": 1.00, \"a\": [true, false, null],\n\t\"b\": 12345678901234567890123}\n",
            "[-0, 0.10, 1E400, 1e-7, -12.5E+03, 10000000000000000000000000000]",
            "\"手水\"",
            "null",
            "[ ]",
            "{}",
            "{\"\":{\"x\":[[],{}]}}",
        ] {
            assert_eq!(read(text.as_bytes()).as_deref(), Ok(text));
        }
        assert_eq!(read(b"[1,\r\n2]\r").as_deref(), Ok("[1,\n2]\n"));
    }

    #[test]
    fn a_string_keeps_its_value_in_one_spelling() {
        for (text, expected) in [
            (r#""\u624b\/\"\\\b\u0041""#, "\"手/\\\"\\\\\\u0008A\""),
            (r#""\ud842\udfb7""#, "\"𠮷\""),
            ("\"a\u{202E}b\u{E000}\u{F0000}\"", r#""a\u202eb\ue000\udb80\udc00""#),
            (r#""\u202e\n""#, r#""\u202e\n""#),
        ] {
            assert_eq!(read(text.as_bytes()).as_deref(), Ok(expected));
        }
    }

    #[test]
    fn what_is_no_json_is_refused() {
        for text in [
            "",
            " ",
            "{",
            "]",
            "[1,]",
            "{\"a\":1,}",
            "{a:1}",
            "{'a':1}",
            "[1 2]",
            "1 2",
            "// x\n1",
            "01",
            "+1",
            "1.",
            ".5",
            "1e",
            "--1",
            "NaN",
            "tru",
            "\"\\x\"",
            "\"\\ud800\"",
            "\"\\ud800\\u0041\"",
            "\"\\u12\"",
            "\"a\nb\"",
            "\"",
            "{\"a\"}",
            "{\"a\":}",
            "[}",
            "{]",
            "{,}",
            "[,]",
            "{\"a\" 1}",
            "\u{3000}1",
            "{1:2}",
        ] {
            assert_eq!(read(text.as_bytes()), Err(malformed()), "{text}");
        }
        let broken =
            Json.sanitize(b"[\"\x83\"]", Hints { charset: Some("cp932"), ..Hints::default() }, &mut Budget::generous());
        assert_eq!(broken, Err(malformed()), "a value without a reading");
    }

    #[test]
    fn other_encodings_are_read_and_told_of() {
        let text = "{\"氏名\": \"手水のこころです\"}";
        let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let marked = [b"\xFF\xFE".as_slice(), &wide].concat();
        assert_eq!(read(&marked).as_deref(), Ok(text));
        let sjis = b"[\"\x82\xA0\x82\xA2\x82\xA4\x82\xA6\"]";
        let rebuilt = Json.sanitize(sjis, Hints::default(), &mut Budget::generous()).unwrap();
        assert_eq!(rebuilt.bytes, "[\"あいうえ\"]".as_bytes());
        let codes: Vec<_> = rebuilt.findings.iter().map(|found| found.code).collect();
        assert_eq!(codes, [Code::CharsetGuessed, Code::TextRebuilt]);
        let utf8 = Json.sanitize(text.as_bytes(), Hints::default(), &mut Budget::generous()).unwrap();
        assert_eq!(utf8.findings, []);
    }

    #[test]
    fn nesting_and_length_have_their_limits() {
        let deep = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
        assert!(read(deep(MAX_DEPTH).as_bytes()).is_ok());
        assert_eq!(read(deep(MAX_DEPTH + 1).as_bytes()), Err(SanitizeError::LimitReached { what: "JSON depth" }));
        let mut poor = Budget { output_bytes: 9, ..Budget::generous() };
        assert!(Json.sanitize(b"\"\xE2\x80\xAE\xE2\x80\xAE\"", Hints::default(), &mut poor).is_err());
    }
}
