//! Text without what reorders, hides or controls the text around it.
//!
//! Refuses: nothing; it drops and counts. Invariant: the output holds LF as its only line end, and cleaning it again
//! changes nothing.

use sanitizer_japanese::changes_reading;

/// Cleaned text and what was dropped from it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Cleaned {
    /// The text.
    pub(crate) text: String,
    /// Dropped controls and reordering code points.
    pub(crate) controls: u32,
    /// Dropped code points that take no room: they hide text from search, and split words.
    pub(crate) zero_width: u32,
}

/// Drops controls (line ends and tabs stay) and every code point that changes reading.
pub(crate) fn clean(text: String) -> Cleaned {
    let mut cleaned = Cleaned { text: String::new(), controls: 0, zero_width: 0 };
    if is_clean(&text) {
        cleaned.text = text;
        return cleaned;
    }
    cleaned.text.reserve(text.len());
    let mut after_return = false;
    for c in text.chars() {
        let after_return = std::mem::replace(&mut after_return, c == '\r');
        match c {
            '\n' if after_return => {}
            '\r' | '\u{B}' | '\u{C}' | '\u{2028}' | '\u{2029}' => cleaned.text.push('\n'),
            c if stays(c) => cleaned.text.push(c),
            c if is_zero_width(c) => cleaned.zero_width = cleaned.zero_width.saturating_add(1),
            _ => cleaned.controls = cleaned.controls.saturating_add(1),
        }
    }
    cleaned
}

/// True if cleaning changes nothing.
pub(crate) fn is_clean(text: &str) -> bool {
    text.chars().all(stays)
}

/// `text` cut to at most `limit` bytes, between two characters; true if something was cut.
pub(crate) fn truncate(text: &mut String, limit: u64) -> bool {
    let Ok(limit) = usize::try_from(limit) else { return false };
    if text.len() <= limit {
        return false;
    }
    text.truncate(text.floor_char_boundary(limit));
    true
}

fn stays(c: char) -> bool {
    matches!(c, '\n' | '\t') || !changes_reading(c)
}

const fn is_zero_width(c: char) -> bool {
    matches!(c, '\u{AD}' | '\u{34F}' | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200D}' | '\u{2060}'..='\u{2064}' | '\u{FEFF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_ends_become_lf_and_tricks_are_dropped() {
        for (text, expected, controls, zero_width) in [
            ("a\r\nb\rc\n\td", "a\nb\nc\n\td", 0, 0),
            ("a\r\r\nb", "a\n\nb", 0, 0),
            ("a\u{2028}b\u{C}c", "a\nb\nc", 0, 0),
            ("a\0\u{1B}[1mb\u{202E}c", "a[1mbc", 3, 0),
            ("a\u{200B}b\u{FEFF}", "ab", 0, 2),
            ("葛\u{E0100}飾", "葛\u{E0100}飾", 0, 0),
        ] {
            let cleaned = clean(text.to_owned());
            assert_eq!(cleaned, Cleaned { text: expected.to_owned(), controls, zero_width });
            assert_eq!(clean(expected.to_owned()).text, expected);
        }
    }

    #[test]
    fn text_is_cut_between_characters() {
        let mut text = "日本語".to_owned();
        assert!(!truncate(&mut text, 9));
        assert!(truncate(&mut text, 8));
        assert_eq!(text, "日本");
    }
}
