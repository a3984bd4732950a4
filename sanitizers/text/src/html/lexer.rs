//! HTML cut into text and tags, in one pass and without a tree.
//!
//! Refuses: nothing. Invariant: linear in the length of the input; a comment or a title that never ends hides no text.

use memchr::{memchr, memchr_iter, memchr3, memmem};

/// A piece of HTML.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Token<'a> {
    /// Text, with its entities.
    Text(&'a str),
    /// A start tag.
    Open {
        /// As written.
        name: &'a str,
        /// What stands between the name and the end of the tag.
        attributes: &'a str,
    },
    /// An end tag.
    Close(&'a str),
}

/// Elements whose content is not mark-up.
const RAW: [&str; 8] = ["script", "style", "title", "textarea", "xmp", "iframe", "noembed", "noframes"];

/// The pieces of `html`.
pub(crate) struct Lexer<'a> {
    rest: &'a str,
    /// Bytes of raw text that follow.
    raw: Option<usize>,
    /// Raw elements whose end tag is nowhere in the rest; searched once each, so that a thousand of them cost no more.
    endless: Vec<&'static str>,
    /// No comment ends in the rest.
    endless_comment: bool,
}

impl<'a> Lexer<'a> {
    /// Starts at the beginning.
    pub(crate) const fn new(html: &'a str) -> Self {
        Self { rest: html, raw: None, endless: Vec::new(), endless_comment: false }
    }

    fn take(&mut self, length: usize) -> &'a str {
        let (piece, rest) = self.rest.split_at_checked(length).unwrap_or((self.rest, ""));
        self.rest = rest;
        piece
    }

    fn skip_past(&mut self, end: u8) {
        let length = memchr(end, self.rest.as_bytes()).map_or(self.rest.len(), |at| at.saturating_add(1));
        self.take(length);
    }

    /// Skips a comment. One that never ends hides nothing here: only its start is skipped.
    fn comment(&mut self) {
        self.take(4);
        let short = short_comment(self.rest);
        if short.is_none() && self.endless_comment {
            return;
        }
        match short.or_else(|| comment_end(self.rest)) {
            Some(length) => {
                self.take(length);
            }
            None => self.endless_comment = true,
        }
    }

    /// How long the text of the raw element `name` is; `None` if it never ends and hides nothing.
    fn raw_end(&mut self, name: &'static str) -> Option<usize> {
        if !self.endless.contains(&name) {
            if let Some(length) = raw_length(self.rest, name) {
                return Some(length);
            }
            self.endless.push(name);
        }
        // What a browser would run or apply stays out of the text even if it never ends.
        matches!(name, "script" | "style").then_some(self.rest.len())
    }

    /// The length of the tag at the start, up to its `>`; a quote counts only after `=` (WHATWG 13.2.5.32 and on).
    fn tag_length(&self) -> usize {
        let bytes = self.rest.as_bytes();
        let mut from = 0usize;
        while let Some(found) = memchr3(b'>', b'"', b'\'', bytes.get(from..).unwrap_or_default()) {
            let at = from.saturating_add(found);
            let Some(&byte) = bytes.get(at) else { break };
            if byte == b'>' {
                return at;
            }
            let before = bytes.get(..at).unwrap_or_default().trim_ascii_end();
            let after = at.saturating_add(1);
            from = after;
            if before.ends_with(b"=") {
                let Some(length) = memchr(byte, bytes.get(after..).unwrap_or_default()) else { break };
                from = after.saturating_add(length).saturating_add(1);
            }
        }
        bytes.len()
    }

    /// The tag at the start; `None` for the start of a raw element that never ends.
    fn tag(&mut self) -> Option<Token<'a>> {
        let tag = self.take(self.tag_length());
        self.take(1);
        let inner = tag.strip_prefix('<').unwrap_or(tag);
        let (closing, inner) = inner.strip_prefix('/').map_or((false, inner), |inner| (true, inner));
        let end = inner.bytes().position(|b| b.is_ascii_whitespace() || b == b'/').unwrap_or(inner.len());
        let (name, attributes) = inner.split_at_checked(end).unwrap_or((inner, ""));
        if closing {
            return Some(Token::Close(name));
        }
        if let Some(raw) = RAW.into_iter().find(|raw| raw.eq_ignore_ascii_case(name)) {
            self.raw = Some(self.raw_end(raw)?);
        }
        Some(Token::Open { name, attributes })
    }
}

impl<'a> Iterator for Lexer<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        loop {
            if self.rest.is_empty() {
                return None;
            }
            if let Some(length) = self.raw.take().filter(|&length| length > 0) {
                return Some(Token::Text(self.take(length)));
            }
            let text = text_length(self.rest);
            if text > 0 {
                return Some(Token::Text(self.take(text)));
            }
            if self.rest.starts_with("<!--") {
                self.comment();
                continue;
            }
            let mut bytes = self.rest.bytes().skip(1);
            let (second, third) = (bytes.next().unwrap_or_default(), bytes.next().unwrap_or_default());
            if matches!(second, b'!' | b'?') || (second == b'/' && !third.is_ascii_alphabetic()) {
                self.skip_past(b'>');
                continue;
            }
            if let Some(token) = self.tag() {
                return Some(token);
            }
        }
    }
}

/// Bytes of a comment without its start; `None` if it never ends.
pub(crate) fn comment_length(rest: &str) -> Option<usize> {
    short_comment(rest).or_else(|| comment_end(rest))
}

/// `<!-->` and `<!--->` are whole comments.
fn short_comment(rest: &str) -> Option<usize> {
    [">", "->"].into_iter().find(|end| rest.starts_with(end)).map(str::len)
}

/// Bytes of a comment without its start (`-->` and `--!>` end it).
fn comment_end(rest: &str) -> Option<usize> {
    memmem::find_iter(rest.as_bytes(), b"--").find_map(|at| {
        let tail = rest.as_bytes().get(at.saturating_add(2)..)?;
        let length = if tail.starts_with(b">") { 3 } else { 4 };
        (tail.starts_with(b">") || tail.starts_with(b"!>")).then(|| at.saturating_add(length))
    })
}

/// Bytes before the next tag or comment.
fn text_length(html: &str) -> usize {
    let bytes = html.as_bytes();
    memchr_iter(b'<', bytes)
        .find(|at| {
            let next = bytes.get(at.saturating_add(1)).copied().unwrap_or_default();
            matches!(next, b'!' | b'?' | b'/') || next.is_ascii_alphabetic()
        })
        .unwrap_or(html.len())
}

/// Bytes before the end tag of a raw element.
fn raw_length(html: &str, name: &str) -> Option<usize> {
    memmem::find_iter(html.as_bytes(), b"</").find(|at| {
        let after = at.saturating_add(2);
        html.as_bytes()
            .get(after..after.saturating_add(name.len()))
            .is_some_and(|found| found.eq_ignore_ascii_case(name.as_bytes()))
    })
}

/// The attributes of a start tag, as written.
pub(crate) fn attributes(mut rest: &str) -> impl Iterator<Item = (&str, &str)> {
    std::iter::from_fn(move || {
        rest = rest.trim_start_matches(|c: char| c.is_ascii_whitespace() || c == '/');
        if rest.is_empty() {
            return None;
        }
        let ends = |b: u8| b.is_ascii_whitespace() || matches!(b, b'=' | b'/');
        let (name, tail) = split(rest, rest.bytes().skip(1).position(ends).map(|at| at.saturating_add(1)));
        let Some(value) = tail.trim_ascii_start().strip_prefix('=') else {
            rest = tail;
            return Some((name, ""));
        };
        let value = value.trim_ascii_start();
        for quote in [b'"', b'\''] {
            if value.as_bytes().first() == Some(&quote) {
                let (_, quoted) = split(value, Some(1));
                let (value, tail) = split(quoted, memchr(quote, quoted.as_bytes()));
                (_, rest) = split(tail, Some(1));
                return Some((name, value));
            }
        }
        let (value, tail) = split(value, value.bytes().position(|b| b.is_ascii_whitespace()));
        rest = tail;
        Some((name, value))
    })
}

/// `text` at `at`, which is the end if there is none.
fn split(text: &str, at: Option<usize>) -> (&str, &str) {
    at.and_then(|at| text.split_at_checked(at)).unwrap_or((text, ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_comments_and_raw_text_are_told_apart() {
        let tokens: Vec<_> =
            Lexer::new("a < b<!-- <p> --><P title='a>b' x=\">\">c</p><script>1<2</b></SCRIPT>d<!-->e</ >f<?x?>g<i")
                .collect();
        let open = |name, attributes| Token::Open { name, attributes };
        assert_eq!(
            tokens,
            [
                Token::Text("a < b"),
                open("P", " title='a>b' x=\">\""),
                Token::Text("c"),
                Token::Close("p"),
                open("script", ""),
                Token::Text("1<2</b>"),
                Token::Close("SCRIPT"),
                Token::Text("d"),
                Token::Text("e"),
                Token::Text("f"),
                Token::Text("g"),
                open("i", ""),
            ]
        );
        let list: Vec<_> = attributes(" a=1 b = 'x y' c d=\"=\"/").collect();
        assert_eq!(list, [("a", "1"), ("b", "x y"), ("c", ""), ("d", "=")]);
    }

    #[test]
    fn what_never_ends_hides_no_text_and_costs_no_more() {
        let text = |html: &str| -> String {
            Lexer::new(html).map(|token| if let Token::Text(text) = token { text } else { "" }).collect()
        };
        assert_eq!(text("a<!-- b <p>c"), "a b c");
        assert_eq!(text("a<title>b<p>c"), "abc");
        assert_eq!(text("a<!-- x --!>b"), "ab");
        assert_eq!(text(&"<!-- x".repeat(100_000)).len(), 200_000);
        assert_eq!(text(&"<title></b>x".repeat(50_000)).len(), 50_000);
    }
}
