//! HTML cut into text and tags, in one pass and without a tree.
//!
//! Refuses: nothing. Invariant: linear in the length of the input, and every byte is looked at once.

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
    raw: Option<&'static str>,
}

impl<'a> Lexer<'a> {
    /// Starts at the beginning.
    pub(crate) const fn new(html: &'a str) -> Self {
        Self { rest: html, raw: None }
    }

    fn take(&mut self, length: usize) -> &'a str {
        let (piece, rest) = self.rest.split_at_checked(length).unwrap_or((self.rest, ""));
        self.rest = rest;
        piece
    }

    fn skip_past(&mut self, end: &str) {
        let length = self.rest.find(end).map_or(self.rest.len(), |at| at.saturating_add(end.len()));
        self.take(length);
    }

    /// The length of the tag at the start, up to its `>`; a quote counts only after `=` (WHATWG 13.2.5.32 and on).
    fn tag_length(&self) -> usize {
        let mut quote = None;
        let mut after_equals = false;
        for (at, byte) in self.rest.bytes().enumerate() {
            match (quote, byte) {
                (Some(open), byte) if byte == open => quote = None,
                (Some(_), _) => {}
                (None, b'>') => return at,
                (None, b'"' | b'\'') if after_equals => quote = Some(byte),
                _ => {}
            }
            after_equals = byte == b'=' || (after_equals && byte.is_ascii_whitespace());
        }
        self.rest.len()
    }
}

impl<'a> Iterator for Lexer<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        loop {
            if self.rest.is_empty() {
                return None;
            }
            if let Some(name) = self.raw.take() {
                let length = raw_length(self.rest, name);
                if length > 0 {
                    return Some(Token::Text(self.take(length)));
                }
            }
            let text = text_length(self.rest);
            if text > 0 {
                return Some(Token::Text(self.take(text)));
            }
            if self.rest.starts_with("<!--") {
                self.take(4);
                // `<!-->` and `<!--->` are whole comments.
                if !self.rest.starts_with('>') && !self.rest.starts_with("->") {
                    self.skip_past("-->");
                } else {
                    self.skip_past(">");
                }
                continue;
            }
            let second = self.rest.as_bytes().get(1).copied().unwrap_or_default();
            let third = self.rest.as_bytes().get(2).copied().unwrap_or_default();
            if matches!(second, b'!' | b'?') || (second == b'/' && !third.is_ascii_alphabetic()) {
                self.skip_past(">");
                continue;
            }
            let tag = self.take(self.tag_length());
            self.take(1);
            let inner = tag.trim_start_matches('<');
            let (closing, inner) = inner.strip_prefix('/').map_or((false, inner), |inner| (true, inner));
            let end = inner.find(|c: char| c.is_ascii_whitespace() || c == '/').unwrap_or(inner.len());
            let (name, attributes) = inner.split_at(end);
            if closing {
                return Some(Token::Close(name));
            }
            self.raw = RAW.into_iter().find(|raw| raw.eq_ignore_ascii_case(name));
            return Some(Token::Open { name, attributes });
        }
    }
}

/// Bytes before the next tag or comment.
fn text_length(html: &str) -> usize {
    let bytes = html.as_bytes();
    let mut from = 0usize;
    while let Some(at) = bytes.get(from..).and_then(|rest| rest.iter().position(|&b| b == b'<')) {
        let at = from.saturating_add(at);
        match bytes.get(at.saturating_add(1)) {
            Some(b'!' | b'?' | b'/') => return at,
            Some(next) if next.is_ascii_alphabetic() => return at,
            _ => from = at.saturating_add(1),
        }
    }
    html.len()
}

/// Bytes before the end tag of a raw element.
fn raw_length(html: &str, name: &str) -> usize {
    let mut from = 0usize;
    while let Some(at) = html.get(from..).and_then(|rest| rest.find("</")) {
        let at = from.saturating_add(at);
        let after = at.saturating_add(2);
        let end = after.saturating_add(name.len());
        if html.get(after..end).is_some_and(|found| found.eq_ignore_ascii_case(name)) {
            return at;
        }
        from = after;
    }
    html.len()
}

/// The attributes of a start tag, as written.
pub(crate) fn attributes(mut rest: &str) -> impl Iterator<Item = (&str, &str)> {
    std::iter::from_fn(move || {
        let blank = |c: char| c.is_ascii_whitespace();
        rest = rest.trim_start_matches(|c: char| blank(c) || c == '/');
        if rest.is_empty() {
            return None;
        }
        let name_end = rest
            .char_indices()
            .skip(1)
            .find(|&(_, c)| blank(c) || matches!(c, '=' | '/'))
            .map_or(rest.len(), |(at, _)| at);
        let (name, tail) = rest.split_at(name_end);
        let Some(value) = tail.trim_start_matches(blank).strip_prefix('=') else {
            rest = tail;
            return Some((name, ""));
        };
        let value = value.trim_start_matches(blank);
        for quote in ['"', '\''] {
            if let Some(quoted) = value.strip_prefix(quote) {
                let (value, tail) = quoted.split_once(quote).unwrap_or((quoted, ""));
                rest = tail;
                return Some((name, value));
            }
        }
        let (value, tail) = value.split_at(value.find(blank).unwrap_or(value.len()));
        rest = tail;
        Some((name, value))
    })
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
}
