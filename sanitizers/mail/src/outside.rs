//! What stands where only some readers look: around the parts of a multipart, and lines that are nearly delimiters.
//!
//! Refuses nothing. Invariant: one pass over the mail, whatever boundaries there are.

use std::collections::{BTreeMap, BTreeSet};

use sanitizer_api::Flag;

use crate::doubt::Doubts;
use crate::transfer::holds_file;

/// Bytes around the parts that are still idle words ("This is a multi-part message in MIME format", a list's footer).
const IDLE: usize = 1_000;

/// Doubts about the bytes before the first part or behind the last. Delimiters of `boundaries` among them are
/// structure: the ones that Python writes (`===============1021…==`) would read as quoted-printable.
pub(crate) fn around(bytes: &[u8], boundaries: &[&[u8]], doubts: &mut Doubts) {
    let lines = bytes.split_inclusive(|b| matches!(b, b'\n' | b'\r')).filter(|line| !holds_delimiter(line, boundaries));
    let bytes: &[u8] = &lines.collect::<Vec<_>>().concat();
    if names_content(bytes) || holds_file(bytes, None) {
        doubts.hides(Flag::PartOutsideParts);
    } else if bytes.len() > IDLE && bytes.trim_ascii().len() > IDLE {
        doubts.tell(Flag::TextOutsideParts);
    }
}

/// True if a line of `bytes` reads as a header of a MIME part.
pub(crate) fn names_content(bytes: &[u8]) -> bool {
    bytes.split(|b| matches!(b, b'\n' | b'\r')).any(is_content_line)
}

/// True for `Content-Type: …` and its like, whatever stands before it.
pub(crate) fn is_content_line(line: &[u8]) -> bool {
    const HEADERS: [&[u8]; 3] = [b"content-type", b"content-disposition", b"content-transfer-encoding"];
    let line = visible(line);
    HEADERS.iter().any(|name| {
        let rest = line.get(..name.len()).filter(|start| start.eq_ignore_ascii_case(name)).and(line.get(name.len()..));
        rest.is_some_and(|rest| visible(rest).starts_with(b":"))
    })
}

/// Without blanks and control characters in front.
pub(crate) fn visible(line: &[u8]) -> &[u8] {
    let start = line.iter().position(|b| !(b.is_ascii_whitespace() || b.is_ascii_control())).unwrap_or(line.len());
    line.get(start..).unwrap_or_default()
}

/// True if a line is a delimiter of one of `boundaries`, in whatever case.
pub(crate) fn holds_delimiter(bytes: &[u8], boundaries: &[&[u8]]) -> bool {
    let is_of = |rest: &[u8], boundary: &[u8]| {
        rest.split_at_checked(boundary.len()).is_some_and(|(head, tail)| {
            let tail = tail.strip_prefix(b"--").unwrap_or(tail);
            head.eq_ignore_ascii_case(boundary) && tail.iter().all(|b| matches!(b, b' ' | b'\t'))
        })
    };
    bytes
        .split(|b| matches!(b, b'\n' | b'\r'))
        .filter_map(|line| line.strip_prefix(b"--"))
        .any(|rest| boundaries.iter().any(|boundary| is_of(rest, boundary)))
}

/// How often a line is a delimiter to some readers only: one of `boundaries` with something before or behind it.
pub(crate) fn near_delimiters(bytes: &[u8], boundaries: &BTreeSet<Vec<u8>>) -> u32 {
    let mut by_length: BTreeMap<usize, BTreeSet<&[u8]>> = BTreeMap::new();
    for boundary in boundaries.iter().filter(|boundary| !boundary.is_empty()) {
        by_length.entry(boundary.len()).or_default().insert(boundary);
    }
    let mut count = 0u32;
    let mut after_return = false;
    for line in bytes.split_inclusive(|b| matches!(b, b'\n' | b'\r')) {
        let (text, ends_in_return) = match line.split_last() {
            Some((b'\r', text)) => (text, true),
            Some((b'\n', text)) => (text, false),
            _ => (line, false),
        };
        let shown = visible(text);
        let is_at_start = !after_return && shown.len() == text.len();
        after_return = ends_in_return;
        if let Some(rest) = shown.strip_prefix(b"--")
            && is_near(rest, is_at_start, &by_length)
        {
            count = count.saturating_add(1);
        }
    }
    count
}

fn is_near(rest: &[u8], is_at_start: bool, by_length: &BTreeMap<usize, BTreeSet<&[u8]>>) -> bool {
    let mut near = false;
    for (length, of_length) in by_length {
        let Some((head, tail)) = rest.split_at_checked(*length) else { break };
        if !of_length.contains(head) {
            continue;
        }
        let tail = tail.strip_prefix(b"--").unwrap_or(tail);
        let is_plain = tail.iter().all(|b| matches!(b, b' ' | b'\t'));
        if is_plain && is_at_start {
            return false;
        }
        near = true;
    }
    near
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_of_parts_are_seen_through_blanks_and_controls() {
        for (line, expected) in [
            ("Content-Type: a/b", true),
            ("\0 content-disposition :x", true),
            ("Content-Type", false),
            ("a Content-Type: x", false),
            ("Content-Language: ja", false),
        ] {
            assert_eq!(is_content_line(line.as_bytes()), expected, "{line}");
        }
    }

    #[test]
    fn idle_words_around_parts_are_no_doubt_and_much_text_is_told() {
        let words = "words ".repeat(200);
        for (text, flags) in [
            ("\r\n--==1021==\r\n", "|"),
            ("--==1021==--\r\n\r\n--==1a==\r\n", "|"),
            ("--==1c==\r\n", "part_outside_parts |"),
            ("Content-Type: a/b\r--==1a==\n", "part_outside_parts |"),
            ("This is a multi-part message in MIME format.", "|"),
            (words.as_str(), "| text_outside_parts"),
            ("Content-Type: a/b\r\n\r\nx", "part_outside_parts |"),
            ("TVqQAAMAAAAEAAAA//8AALgAAAAAAAAAQAAA", "part_outside_parts |"),
        ] {
            let mut doubts = Doubts::default();
            around(text.as_bytes(), &[b"==1021==", b"==1a=="], &mut doubts);
            assert_eq!(doubts.summary(), flags, "{text}");
        }
    }

    #[test]
    fn delimiters_are_whole_lines_in_any_case() {
        for (text, expected) in [
            ("x\r\n--abc\r\n", true),
            ("--ABC--  ", true),
            ("--abc \t\r\n", true),
            ("a\r--abc\r", true),
            ("--abcd\n --abc\n-- abc\nx--abc\n--ab\n--", false),
        ] {
            assert_eq!(holds_delimiter(text.as_bytes(), &[b"x1", b"abc"]), expected, "{text}");
        }
    }

    #[test]
    fn lines_that_are_nearly_delimiters_are_counted() {
        let boundaries = BTreeSet::from([b"abc".to_vec(), b"abc1".to_vec()]);
        for (text, count) in [
            ("\r\n--abc\r\n--abc1\r\n--abc--\r\n--abc \t\r\n--abc1--", 0),
            ("--abc2", 1),
            (" --abc", 1),
            ("--abc--x", 1),
            ("\0--abc", 1),
            ("a\r--abc\r\n", 1),
            ("a\n--abc\n", 0),
            ("-- abc\r\n--ab\r\nx --abc", 0),
        ] {
            assert_eq!(near_delimiters(text.as_bytes(), &boundaries), count, "{text}");
        }
    }
}
