//! Which code points may stand in text for people.
//!
//! Refuses: what reorders, hides or controls the text around it. Invariant: [`single_line`] and [`nfc`] change nothing
//! in their own output.

use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

/// True for code points that have no place in one line of text for people: controls, line separators, and what
/// reorders or hides the text around it. Variation selectors stay: names of people and places need them.
#[must_use]
pub fn changes_reading(c: char) -> bool {
    if matches!(c, ' '..='~' | '\u{3000}'..='\u{3163}' | '\u{3400}'..='\u{D7FF}') {
        return false;
    }
    c.is_control()
        || matches!(c,
            '\u{00AD}' | '\u{034F}' | '\u{061C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}'
            | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}'
            | '\u{3164}' | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF9}'..='\u{FFFC}' | '\u{1D173}'..='\u{1D17A}'
            | '\u{E0000}'..='\u{E007F}')
        || (u32::from(c) & 0xFFFE) == 0xFFFE
}

/// `text` as one line: tabs and line ends become one blank, what [`changes_reading`] is dropped, the ends are trimmed.
#[must_use]
pub fn single_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    let mut pending_blank = false;
    for c in text.chars() {
        if matches!(c, '\t' | '\n' | '\r' | '\u{B}' | '\u{C}' | '\u{85}' | '\u{2028}' | '\u{2029}') {
            pending_blank = true;
        } else if !changes_reading(c) {
            if std::mem::take(&mut pending_blank) && c != ' ' && !line.ends_with(' ') {
                line.push(' ');
            }
            line.push(c);
        }
    }
    let trimmed = line.trim();
    if trimmed.len() == line.len() { line } else { trimmed.to_owned() }
}

/// `text` with combining marks composed (`か` and a voicing mark become `が`).
///
/// Compatibility ideographs (﨑, 神) stay as the sender wrote them: Unicode's own composition would replace
/// many of them by another shape of the same character, which is another spelling of a name.
#[must_use]
pub fn nfc(text: &str) -> String {
    if is_nfc_quick(text.chars()) == IsNormalized::Yes {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((at, c)) = rest.char_indices().find(|(_, c)| is_compatibility_ideograph(*c)) {
        let (before, after) = rest.split_at(at);
        out.extend(before.nfc());
        out.push(c);
        rest = after.strip_prefix(c).unwrap_or_default();
    }
    out.extend(rest.nfc());
    out
}

const fn is_compatibility_ideograph(c: char) -> bool {
    matches!(c, '\u{F900}'..='\u{FAFF}' | '\u{2F800}'..='\u{2FA1F}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_becomes_one_line_without_tricks() {
        for (text, line) in [
            ("件名", "件名"),
            (" a\r\n b\t\tc ", "a b c"),
            ("hello\r\nBcc: x@y\0", "hello Bcc: x@y"),
            ("見積書\u{202E}fdp.exe", "見積書fdp.exe"),
            ("a\u{2028}b\u{200B}c", "a bc"),
            ("\u{FEFF}\u{3000}a", "a"),
            ("\u{200B}\n", ""),
        ] {
            assert_eq!(single_line(text), line);
            assert_eq!(single_line(line), line);
        }
    }

    #[test]
    fn marks_are_composed_and_shapes_of_names_are_kept() {
        for (text, composed) in [
            ("か\u{3099}く", "がく"),
            ("ハ\u{309A}ン", "パン"),
            ("髙\u{FA11}①㈱", "髙\u{FA11}①㈱"),
            ("\u{FA19}山か\u{3099}", "\u{FA19}山が"),
            ("葛\u{E0100}飾", "葛\u{E0100}飾"),
        ] {
            assert_eq!(nfc(text), composed);
            assert_eq!(nfc(composed), composed);
        }
    }

    #[test]
    fn the_quick_range_holds_no_code_point_that_changes_reading() {
        for c in ['\u{0}', '\u{7F}', '\u{9F}', '\u{AD}', '\u{200B}', '\u{202E}', '\u{3164}', '\u{FFFE}', '\u{10FFFF}'] {
            assert!(changes_reading(c), "{:x}", u32::from(c));
        }
        for c in ['a', '～', '。', '漢', '\u{FE0F}', '\u{E0100}', 'é', '👍', 'ﾊ'] {
            assert!(!changes_reading(c), "{c}");
        }
    }
}
