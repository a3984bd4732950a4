//! Text and files out of a body whose structure does not read: cut where part headers and delimiter lines stand.
//!
//! Only for mail that is ambiguous already. Refuses nothing; what is no clean text is a file. Invariant: linear work,
//! and every piece but the last ends before the next begins.

use std::borrow::Cow;

use crate::block::Block;
use crate::entity::{Disposition, Entity};
use crate::outside::{is_content_line, visible};
use crate::transfer::{self, holds_file};

/// A piece of a body.
#[derive(Debug)]
pub(crate) struct Piece<'a> {
    /// What its headers say; of text before any header there are none.
    pub(crate) entity: Entity,
    /// Its content, transfer encoding removed.
    pub(crate) bytes: Cow<'a, [u8]>,
    /// It may be shown.
    pub(crate) is_text: bool,
}

/// The pieces of `body`, at most `room`; `None` if nothing in it looks like a structure, or if there are more.
pub(crate) fn pieces(body: &[u8], room: usize) -> Option<Vec<Piece<'_>>> {
    let mut cutter = Cutter { body, delimiter: None, cuts: Vec::new(), state: State::Text, start: 0, content: 0 };
    let mut offset = 0;
    let mut lines = body.split_inclusive(|b| *b == b'\n').peekable();
    while let Some(line) = lines.next() {
        cutter.see(line, offset, lines.peek().copied());
        offset += line.len();
        if cutter.cuts.len() > room {
            return None;
        }
    }
    cutter.close(body.len());
    let is_cut = cutter.delimiter.is_some() || cutter.cuts.iter().any(|(header, _)| !header.is_empty());
    let pieces: Vec<Piece<'_>> =
        cutter.cuts.into_iter().filter_map(|(header, content)| piece(header, content)).collect();
    (is_cut && pieces.len() <= room).then_some(pieces)
}

/// Bytes of headers that are read; more is no part of anybody's.
const MAX_HEADER: usize = 64 * 1024;

fn piece<'a>(header: &'a [u8], content: &'a [u8]) -> Option<Piece<'a>> {
    let is_readable = header.len() <= MAX_HEADER;
    let entity = Entity::read(&Block::read(if is_readable { header } else { &[] }));
    let (bytes, _) = transfer::decode(entity.encoding, content);
    let declared = entity.media_type.as_deref().unwrap_or("text/plain");
    let may_show = declared.starts_with("text/") || declared.starts_with("multipart/");
    let is_shown = is_readable && may_show && entity.disposition == Disposition::Inline && entity.names.shown.is_none();
    if bytes.trim_ascii().is_empty() {
        return None;
    }
    Some(Piece { is_text: is_shown && !holds_file(&bytes, entity.charset.as_deref()), entity, bytes })
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Text,
    Header,
}

struct Cutter<'a> {
    body: &'a [u8],
    /// What delimiter lines begin with, once one was seen.
    delimiter: Option<&'a [u8]>,
    /// Header and content of each piece.
    cuts: Vec<(&'a [u8], &'a [u8])>,
    state: State,
    /// Where the piece begins, and where its content does.
    start: usize,
    content: usize,
}

impl<'a> Cutter<'a> {
    fn see(&mut self, line: &'a [u8], offset: usize, next: Option<&'a [u8]>) {
        let end = offset + line.len();
        if self.is_delimiter(line, next) {
            self.close(offset);
            (self.state, self.start, self.content) = (State::Header, end, end);
            return;
        }
        let shown = visible(line);
        match self.state {
            State::Text if is_content_line(line) => {
                self.close(offset);
                (self.state, self.start, self.content) = (State::Header, offset, end);
            }
            State::Text => {}
            // A line that is no header ends them, blank or not; a fold and a header without a value do not.
            State::Header
                if !shown.is_empty()
                    && (line.starts_with(b" ") || line.starts_with(b"\t") || shown.contains(&b':')) =>
            {
                self.content = end;
            }
            State::Header => {
                self.state = State::Text;
                self.content = if shown.is_empty() { end } else { offset };
            }
        }
    }

    fn is_delimiter(&mut self, line: &'a [u8], next: Option<&[u8]>) -> bool {
        let shown = visible(line).trim_ascii_end();
        if !shown.starts_with(b"--") || shown.len() < 3 {
            return false;
        }
        if let Some(known) = self.delimiter {
            return shown.starts_with(known);
        }
        let opens = next.is_some_and(is_content_line);
        if opens {
            self.delimiter = Some(shown);
        }
        opens
    }

    fn close(&mut self, end: usize) {
        let content = if self.state == State::Header { end } else { self.content.min(end) };
        let header = self.body.get(self.start..content.min(end)).unwrap_or_default();
        let content = self.body.get(content..end).unwrap_or_default();
        if !header.is_empty() || !content.is_empty() {
            self.cuts.push((header, content));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(body: &str, expected: &[(&str, bool)]) {
        let found = pieces(body.as_bytes(), 10).unwrap();
        let found: Vec<(String, bool)> = found
            .iter()
            .map(|piece| (std::str::from_utf8(&piece.bytes).unwrap().trim().to_owned(), piece.is_text))
            .collect();
        let expected: Vec<(String, bool)> = expected.iter().map(|(text, shown)| ((*text).to_owned(), *shown)).collect();
        assert_eq!(found, expected, "{body}");
    }

    #[test]
    fn a_body_is_cut_at_delimiters_and_part_headers() {
        check(
            "words\r\n--x\r\nContent-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\nYWJj\r\n--x\r\n\
             Content-Type: application/pdf\r\n\r\n%PDF\r\n--x--\r\nbehind",
            &[("words", true), ("abc", true), ("%PDF", false), ("behind", true)],
        );
        check("a\r\nContent-Type: text/html\r\n\r\n<p>b", &[("a", true), ("<p>b", true)]);
        check("--x\r\nContent-Type: text/plain; name=a.txt\r\n\r\nb", &[("b", false)]);
        check("--x\r\n\0Content-Type: text/plain\r\n\0\r\nb\r\n--x\r\n\r\nc", &[("b", true), ("c", true)]);
    }

    #[test]
    fn a_file_among_words_is_no_text() {
        check(
            "words\r\nContent-Type: text/plain\r\n\r\nTVqQAAMAAAAEAAAA//8AALgAAAAAAAAAQAAAAAAA\r\n",
            &[("words", true), ("TVqQAAMAAAAEAAAA//8AALgAAAAAAAAAQAAAAAAA", false)],
        );
    }

    #[test]
    fn words_alone_are_left_alone_and_there_is_a_limit() {
        assert!(pieces(b"just words\r\n-- \r\na signature", 10).is_none());
        let long = format!("--x\r\nContent-Type: text/plain\r\n{}\r\nwords", "A: b\r\n".repeat(MAX_HEADER));
        check(&long, &[("words", false)]);
        assert!(pieces("Content-Type: a/b\r\n\r\nx\r\n".repeat(11).as_bytes(), 10).is_none());
    }
}
