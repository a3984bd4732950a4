//! A TOML text whose keys and values know their place.
//!
//! Refuses: texts over [`MAX_TEXT`] bytes, and everything that is not TOML, all mistakes at once.
//! Invariant: a position is inside the text, in lines and characters from 1.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::fault::{self, Fault, Position, Problem, Words};

/// Longest text in bytes.
pub const MAX_TEXT: usize = 1024 * 1024;

/// Most faults reported for one text: enough to repair it, few enough to read.
pub const MAX_FAULTS: usize = 100;

/// One text and the name it came under.
#[derive(Debug)]
pub struct Document<'t> {
    file: &'t str,
    text: &'t str,
    /// Byte offset of the start of each line.
    lines: Vec<usize>,
}

impl<'t> Document<'t> {
    /// Takes `text`, which came from `file`.
    #[must_use]
    pub fn new(file: &'t str, text: &'t str) -> Self {
        let starts = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at.saturating_add(1));
        Self { file, text, lines: std::iter::once(0).chain(starts).collect() }
    }

    /// Reads the text.
    ///
    /// # Errors
    /// All syntax errors, or one fault if the text is too long.
    pub fn parse(&self) -> Result<DeTable<'t>, Vec<Fault>> {
        if self.text.len() > MAX_TEXT {
            return Err(vec![self.fault(0, "", too_long())]);
        }
        let (table, errors) = DeTable::parse_recoverable(self.text);
        if errors.is_empty() {
            return Ok(table.into_inner());
        }
        let place = |error: &toml::de::Error| error.span().map_or(self.text.len(), |span| span.start);
        let faults = errors.iter().map(|error| self.fault(place(error), "", fault::syntax(error.message())));
        Err(faults.take(MAX_FAULTS).collect())
    }

    /// The place of the byte at offset `at`.
    #[must_use]
    pub fn position(&self, at: usize) -> Position {
        let row = self.lines.partition_point(|start| *start <= at);
        let start = self.lines.get(row.saturating_sub(1)).copied().unwrap_or_default();
        let column = self.text.get(start..at.min(self.text.len())).map_or(0, |head| head.chars().count());
        let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Position { line: number(row.max(1)), column: number(column.saturating_add(1)) }
    }

    /// A fault at offset `at`.
    #[must_use]
    pub fn fault(&self, at: usize, key: impl Into<String>, problem: Problem) -> Fault {
        Fault { source: self.file.to_owned(), position: Some(self.position(at)), key: key.into(), problem }
    }

    /// The text as written between two offsets, for messages.
    #[must_use]
    pub fn written(&self, value: &Spanned<DeValue<'_>>) -> &'t str {
        self.text.get(value.span()).unwrap_or_default()
    }

    /// The name of the text.
    #[must_use]
    pub const fn file(&self) -> &'t str {
        self.file
    }
}

/// The value as a whole number, if it is one that fits.
#[must_use]
pub fn integer(value: &DeValue<'_>) -> Option<i64> {
    let number = value.as_integer()?;
    i64::from_str_radix(number.as_str(), number.radix()).ok()
}

fn too_long() -> Problem {
    Problem {
        code: "too_long",
        what: Words::new("ファイルが 1 MiB を超えています", "the file is over 1 MiB"),
        instead: Words::new("ファイルを分けてください", "split the file"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_count_lines_and_characters_from_one() {
        let text = "a = 1\n名前 = \"あ\"\n";
        let document = Document::new("x", text);
        for (needle, line, column) in [("a", 1, 1), ("1", 1, 5), ("名", 2, 1), ("\"", 2, 6), ("あ", 2, 7)] {
            let at = text.find(needle).unwrap();
            assert_eq!(document.position(at), Position { line, column }, "{needle}");
        }
        assert_eq!(document.position(text.len()), Position { line: 3, column: 1 });
        assert_eq!(document.position(usize::MAX).line, 3);
    }

    #[test]
    fn all_syntax_errors_are_reported_with_their_lines() {
        let faults = Document::new("x.toml", "a = \nb = 1\nb = 2\n[c\n").parse().unwrap_err();
        let lines: Vec<u32> = faults.iter().filter_map(|fault| fault.position.map(|p| p.line)).collect();
        assert!(lines.len() >= 3 && lines.contains(&1) && lines.contains(&3) && lines.contains(&4), "{faults:?}");
    }

    #[test]
    fn a_text_over_the_limit_is_refused_before_it_is_read() {
        let faults = Document::new("x", &"#".repeat(MAX_TEXT + 1)).parse().unwrap_err();
        assert_eq!(faults[0].problem.code, "too_long");
    }

    #[test]
    fn deep_nesting_is_an_error_and_not_a_crash() {
        let text = format!("a = {}{}", "[".repeat(100_000), "]".repeat(100_000));
        assert!(Document::new("x", &text).parse().is_err());
    }
}
