//! Values that people read: cleaned, made inert, escaped (RFC 5545 3.3.11, RFC 6350 3.4).
//!
//! Refuses nothing; it drops and counts. Invariant: reading what was written gives the same text again.

use sanitizer_japanese::{Decoded, changes_reading, decode};

use crate::inert::inert;
use crate::tally::{Tally, count};

/// Longest name of a person, place or time zone in characters.
const MAX_LABEL: usize = 200;

/// The text of UTF-16, by its mark or its label. It must be decoded before it is unfolded: its characters hold the
/// bytes of line ends and blanks.
pub(crate) fn wide(input: &[u8], label: Option<&str>) -> Option<Decoded> {
    let is_marked = input.starts_with(b"\xFF\xFE") || input.starts_with(b"\xFE\xFF");
    let is_wide = |decoded: &Decoded| decoded.charset.starts_with("UTF-16");
    let is_labelled = || is_wide(&decode(label, b"A\0"));
    (is_marked || is_labelled()).then(|| decode(label, input)).filter(is_wide)
}

/// `text` as it may be shown: LF as the only line end, nothing that hides or reorders, no live address.
pub(crate) fn shown(text: &str, tally: &mut Tally) -> String {
    let clean = clean(text, tally);
    inert(&clean, &mut tally.links)
}

/// `text` with LF as the only line end and nothing that hides or reorders.
fn clean(text: &str, tally: &mut Tally) -> String {
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
    clean
}

/// `text` on one line, its ends trimmed.
pub(crate) fn line(text: &str, tally: &mut Tally) -> String {
    shown(text, tally).replace('\n', " ").trim().to_owned()
}

/// A telephone number, without its scheme. It may stand there twice.
pub(crate) fn telephone(text: &str, tally: &mut Tally) -> String {
    let clean = clean(text, tally).replace('\n', " ");
    let mut number = clean.trim();
    while let Some(rest) = without_scheme(number, "tel:") {
        number = rest.trim_start();
    }
    inert(number, &mut tally.links)
}

/// `text` behind `scheme`, in whatever case.
pub(crate) fn without_scheme<'a>(text: &'a str, scheme: &str) -> Option<&'a str> {
    let (start, rest) = text.split_at_checked(scheme.len())?;
    start.eq_ignore_ascii_case(scheme).then_some(rest)
}

/// A name: one line that can stand in quotes. The caret begins an escape there (RFC 6868), and for some programs the
/// backslash, too: neither is left.
pub(crate) fn label(text: &str, tally: &mut Tally) -> String {
    let clean = clean(text, tally).replace('\n', " ").replace("^n", " ").replace("^'", "'");
    let plain = clean.replace('"', "'").replace('^', "").replace('\\', "＼");
    let plain: String = inert(plain.trim(), &mut tally.links).chars().take(MAX_LABEL).collect();
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
pub(crate) fn pieces(value: &str, separator: char) -> impl Iterator<Item = &str> {
    let mut skip = false;
    value.split(move |c| {
        let skipped = std::mem::take(&mut skip);
        skip = c == '\\' && !skipped;
        c == separator && !skipped
    })
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
        assert_eq!(pieces("a\\;b;;c\\\\;d", ';').collect::<Vec<_>>(), ["a\\;b", "", "c\\\\", "d"]);
        assert_eq!(label(" 山田\"^n\u{200B}太郎^^ ", &mut Tally::default()), "山田' 太郎");
        assert_eq!(label("a^nwww.evil.jp\\nb\\\\c^\u{200B}n", &mut Tally::default()), "a www[.]evil[.]jp＼nb＼＼c");
    }

    #[test]
    fn numbers_lose_their_scheme_whoever_wrote_it_twice() {
        for (given, expected) in [("tel:tel:1", "1"), ("TEL: tel:03-1", "03-1"), ("1 tel:2", "1 tel:2"), ("tel", "tel")]
        {
            assert_eq!(telephone(given, &mut Tally::default()), expected);
        }
    }
}
