//! What a reader sees of a line, for comparing it with our own: the same line whatever hides in it.
//!
//! Refuses nothing and changes no text. Invariant: two lines that differ only in blanks and in characters that draw
//! nothing are the same here.

use crate::domain::name::changes_reading;

/// True for what is seen as a gap, or not at all.
pub(super) fn is_blank(c: char) -> bool {
    is_gap(c) || draws_nothing(c)
}

/// True for what is seen as a gap: white space, a pattern of braille without dots, a note without a head.
pub(super) const fn is_gap(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\u{2800}' | '\u{1D159}')
}

/// True for what is not seen at all: `Default_Ignorable_Code_Point` of Unicode, and what texts never keep. Variation
/// selectors are among them; those stay in texts, because names need them.
pub(super) fn draws_nothing(c: char) -> bool {
    changes_reading(c)
        || matches!(c,
            '\u{FE00}'..='\u{FE0F}' | '\u{FFF0}'..='\u{FFF8}' | '\u{1BCA0}'..='\u{1BCA3}' | '\u{E0000}'..='\u{E0FFF}')
}

/// `text` without its blanks.
pub(super) fn letters(text: &str) -> String {
    text.chars().filter(|c| !is_blank(*c)).collect()
}

/// `line` behind the marks and blanks at its front.
pub(super) fn unmarked(line: &str) -> &str {
    line.trim_start_matches(|c| c == '■' || is_blank(c))
}

/// True if the first thing to be seen in `line` is our mark.
pub(super) fn is_marked(line: &str) -> bool {
    line.trim_start_matches(is_blank).starts_with('■')
}

/// What follows `start` in `text`, whatever blanks are in either; absent if `start` has no letter.
pub(super) fn after<'t>(text: &'t str, start: &str) -> Option<&'t str> {
    let mut wanted = start.chars().filter(|c| !is_blank(*c)).peekable();
    wanted.peek()?;
    let mut rest = text;
    for letter in wanted {
        rest = rest.trim_start_matches(is_blank).strip_prefix(letter)?;
    }
    Some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_seen_makes_no_difference() {
        for hidden in [
            "\u{FE00}",
            "\u{FE0F}",
            "\u{E0100}",
            "\u{E01EF}",
            "\u{FFF0}",
            "\u{FFF8}",
            "\u{1BCA0}",
            "\u{1BCA3}",
            "\u{E0080}",
            "\u{E0FFF}",
            "\u{2800}",
            "\u{1D159}",
            "\u{200B}",
            "\u{3164}",
            "\u{3000}",
            "\t",
        ] {
            let line = format!("{hidden}■{hidden}添{hidden}付{hidden} x");
            assert_eq!(letters(&line), "■添付x", "{hidden:?}");
            assert_eq!(unmarked(&line), format!("添{hidden}付{hidden} x"));
            assert!(is_marked(&line));
            assert_eq!(after(&line, "■ 添付"), Some(&*format!("{hidden} x")));
        }
    }

    #[test]
    fn nothing_begins_with_nothing() {
        assert_eq!(after("x", ""), None);
        assert_eq!(after("x", "\u{3000}\u{FE0E}"), None);
        assert_eq!(after("添", "添付"), None);
        assert!(!is_marked("添付 ■"));
    }
}
