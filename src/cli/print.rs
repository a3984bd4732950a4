//! Writing to the terminal: one language, no colours off a terminal, a closed pipe is not an error.
//!
//! Invariant: text from outside is shown without control characters, so that it cannot steer the terminal.

use std::io::Write as _;
use std::process::ExitCode;

use serde::Serialize;

use super::trouble::Trouble;
use crate::domain::Language;
use crate::domain::name::changes_reading;

/// Where and how a command writes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Printer {
    language: Language,
}

impl Printer {
    /// In the language of the locale (`LC_ALL`, `LC_MESSAGES`, `LANG`): Japanese if it begins with `ja`.
    #[expect(clippy::disallowed_methods, reason = "the environment enters at the edge: this is the edge")]
    pub(super) fn from_environment() -> Self {
        let locale = ["LC_ALL", "LC_MESSAGES", "LANG"]
            .into_iter()
            .filter_map(|name| std::env::var(name).ok())
            .find(|value| !value.is_empty())
            .unwrap_or_default();
        Self { language: if locale.starts_with("ja") { Language::Ja } else { Language::En } }
    }

    pub(super) const fn language(&self) -> Language {
        self.language
    }

    /// One of two texts.
    pub(super) const fn choose<'a>(&self, ja: &'a str, en: &'a str) -> &'a str {
        match self.language {
            Language::Ja => ja,
            Language::En => en,
        }
    }

    /// A line on standard output.
    pub(super) fn line(&self, text: impl AsRef<str>) {
        let mut out = std::io::stdout().lock();
        // A reader that went away (`| head`) is no reason to fail.
        if writeln!(out, "{}", text.as_ref()).is_err() {}
    }

    /// A line on standard output, in the language of the locale.
    pub(super) fn say(&self, ja: impl AsRef<str>, en: impl AsRef<str>) {
        match self.language {
            Language::Ja => self.line(ja),
            Language::En => self.line(en),
        }
    }

    /// A line on standard error.
    pub(super) fn warn(&self, text: impl AsRef<str>) {
        let mut out = std::io::stderr().lock();
        if writeln!(out, "{}", text.as_ref()).is_err() {}
    }

    /// A value as JSON.
    pub(super) fn json<T: Serialize>(&self, value: &T) -> Result<(), Trouble> {
        let text = serde_json::to_string_pretty(value)
            .map_err(|error| Trouble::os("JSON にできません", "cannot be written as JSON", &error))?;
        self.line(text);
        Ok(())
    }

    /// Shows a trouble and gives its exit code.
    pub(super) fn trouble(&self, trouble: &Trouble) -> ExitCode {
        self.warn(format!("temizu: {}", self.choose(&trouble.ja, &trouble.en)));
        ExitCode::from(trouble.code)
    }

    /// Rows under a head, columns aligned by display width.
    pub(super) fn table(&self, head: &[&str], rows: &[Vec<String>]) {
        let mut widths: Vec<usize> = head.iter().map(|cell| width(cell)).collect();
        for row in rows {
            for (widest, cell) in widths.iter_mut().zip(row) {
                *widest = (*widest).max(width(cell));
            }
        }
        let write = |cells: &mut dyn Iterator<Item = &str>| {
            let padded: Vec<String> = cells
                .zip(&widths)
                .map(|(cell, widest)| format!("{cell}{}", " ".repeat(widest.saturating_sub(width(cell)))))
                .collect();
            self.line(padded.join("  ").trim_end());
        };
        write(&mut head.iter().copied());
        for row in rows {
            write(&mut row.iter().map(String::as_str));
        }
    }
}

/// Text from outside, fit for a terminal: control and reordering characters become `�`.
pub(super) fn plain(text: &str) -> String {
    text.chars().map(|c| if changes_reading(c) { '\u{FFFD}' } else { c }).collect()
}

/// Columns on a terminal: East Asian wide characters take two (Unicode TR 11, the ranges that occur in Japanese text).
fn width(text: &str) -> usize {
    text.chars()
        .map(|c| match c {
            '\u{1100}'..='\u{115F}'
            | '\u{2E80}'..='\u{A4CF}'
            | '\u{AC00}'..='\u{D7A3}'
            | '\u{F900}'..='\u{FAFF}'
            | '\u{FE30}'..='\u{FE4F}'
            | '\u{FF00}'..='\u{FF60}'
            | '\u{FFE0}'..='\u{FFE6}'
            | '\u{1F300}'..='\u{1FAFF}'
            | '\u{20000}'..='\u{3FFFD}' => 2,
            _ => 1,
        })
        .sum()
}

/// A length for people.
pub(super) fn size(bytes: u64) -> String {
    match bytes {
        0..=1023 => format!("{bytes}B"),
        1024..=1_048_575 => format!("{}KB", bytes.div_ceil(1024)),
        _ => format!("{}.{}MB", bytes / 1_048_576, bytes % 1_048_576 * 10 / 1_048_576),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn japanese_text_takes_two_columns_a_character() {
        assert_eq!(width("請求書.xlsx"), 11);
        assert_eq!(width("ｶﾅ"), 2);
    }

    #[test]
    fn text_from_outside_cannot_steer_the_terminal() {
        assert_eq!(plain("a\u{1b}[2Jb\u{202E}"), "a\u{FFFD}[2Jb\u{FFFD}");
    }

    #[test]
    fn sizes_are_short() {
        assert_eq!([size(5), size(1024), size(1_572_864)], ["5B", "1KB", "1.5MB"]);
    }
}
