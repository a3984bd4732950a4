//! Values that people read: cleaned, made inert, escaped (RFC 5545 3.3.11, RFC 6350 3.4).
//!
//! Refuses nothing; it drops and counts. Invariant: reading what was written gives the same text again.

use sanitizer_japanese::changes_reading;

use crate::inert::inert;
use crate::tally::{Tally, count};

/// Longest name of a person, place or time zone in characters.
const MAX_LABEL: usize = 200;

/// `text` as it may be shown: LF as the only line end, nothing that hides or reorders, no live address.
pub(crate) fn shown(text: &str, tally: &mut Tally) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut after_return = false;
    for c in text.chars() {
        let after_return = std::mem::replace(&mut after_return, c == '\r');
        match c {
            '\n' if after_return => {}
            '\n' | '\r' | '\u{B}' | '\u{C}' | '\u{85}' | '\u{2028}' | '\u{2029}' => clean.push('\n'),
            '\t' => clean.push(' '),
            c if changes_reading(c) => count(&mut tally.controls),
            c => clean.push(c),
        }
    }
    inert(&clean, &mut tally.links)
}

/// `text` on one line, its ends trimmed.
pub(crate) fn line(text: &str, tally: &mut Tally) -> String {
    shown(text, tally).replace('\n', " ").trim().to_owned()
}

/// A name: one line that can stand in quotes. The caret would begin an escape there (RFC 6868).
pub(crate) fn label(text: &str, tally: &mut Tally) -> String {
    let plain = text.replace("^n", " ").replace("^'", "'").replace('"', "'").replace('^', "");
    let plain: String = line(&plain, tally).chars().take(MAX_LABEL).collect();
    plain.trim_end().to_owned()
}

/// Without backslashes; one before anything that needs none stays.
pub(crate) fn unescaped(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    let mut chars = value.chars().peekable();
    while let Some(c) = chars.next() {
        let next = if c == '\\' { chars.next_if(|next| "nN,;:\\".contains(*next)) } else { None };
        out.push(match next {
            Some('n' | 'N') => '\n',
            Some(plain) => plain,
            None => c,
        });
    }
    out
}

/// Adds `text` with backslashes to `out`.
pub(crate) fn escape(text: &str, out: &mut String) {
    for c in text.chars() {
        match c {
            '\n' => out.push_str("\\n"),
            ',' | ';' | '\\' => out.extend(['\\', c]),
            c => out.push(c),
        }
    }
}

/// [`escape`], as a text of its own.
pub(crate) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    escape(text, &mut out);
    out
}

/// Pieces of a value between separators that have no backslash before them.
pub(crate) fn pieces(value: &str, separator: char) -> Vec<&str> {
    let (mut pieces, mut start, mut skip) = (Vec::new(), 0, false);
    for (at, c) in value.char_indices() {
        if std::mem::take(&mut skip) {
            continue;
        }
        skip = c == '\\';
        if c == separator {
            pieces.push(value.get(start..at).unwrap_or_default());
            start = at.saturating_add(c.len_utf8());
        }
    }
    pieces.push(value.get(start..).unwrap_or_default());
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_cleaned_and_read_back() {
        let mut tally = Tally::default();
        let text = shown("一行目\r\n二行目\t\u{202E}a, b; c\\d http://x.example", &mut tally);
        assert_eq!(text, "一行目\n二行目 a, b; c\\d hxxp://x[.]example");
        assert_eq!((tally.controls, tally.links), (1, 1));
        assert_eq!(escaped(&text), "一行目\\n二行目 a\\, b\\; c\\\\d hxxp://x[.]example");
        assert_eq!(unescaped(&escaped(&text)), text);
        assert_eq!(unescaped("C:\\dir\\"), "C:\\dir\\");
    }

    #[test]
    fn pieces_end_at_bare_separators() {
        assert_eq!(pieces("a\\;b;;c\\\\;d", ';'), ["a\\;b", "", "c\\\\", "d"]);
        assert_eq!(label(" 山田\"^n\u{200B}太郎^^ ", &mut Tally::default()), "山田' 太郎");
    }
}
