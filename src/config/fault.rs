//! What is wrong with a configuration or a rule file: where, what, and what to write instead, in both languages.
//!
//! Refuses: mail addresses in a message; the place is enough to find them. Invariant: every [`Fault`] has a stable code
//! and both languages.

use std::fmt::{self, Write as _};

use serde::Serialize;

use crate::domain::Language;

/// A place in a text file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Position {
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
}

/// The same text in both languages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Words {
    /// 日本語
    pub ja: String,
    /// English
    pub en: String,
}

impl Words {
    /// A text in both languages.
    #[must_use]
    pub fn new(ja: impl Into<String>, en: impl Into<String>) -> Self {
        Self { ja: ja.into(), en: en.into() }
    }

    /// The text in one language.
    #[must_use]
    pub fn text(&self, language: Language) -> &str {
        match language {
            Language::Ja => &self.ja,
            Language::En => &self.en,
        }
    }
}

/// What is wrong, apart from where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// Stable code, `unknown_key`.
    pub code: &'static str,
    /// What is wrong.
    pub what: Words,
    /// What to write instead.
    pub instead: Words,
}

/// One mistake.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// The file, or the command-line option, as it was given.
    pub source: String,
    /// Where in the file, if the key is written there at all.
    pub position: Option<Position>,
    /// The key, `smtp.listen`; empty if no single key is meant.
    pub key: String,
    /// What is wrong.
    #[serde(flatten)]
    pub problem: Problem,
}

impl Fault {
    /// One line for people: `FILE:LINE:COLUMN: KEY: what is wrong → what to write instead [code]`.
    #[must_use]
    pub fn render(&self, language: Language) -> String {
        let mut line = self.source.clone();
        if let Some(Position { line: row, column }) = self.position {
            // Writing to a string cannot fail.
            write!(line, ":{row}:{column}").ok();
        }
        for piece in [self.key.as_str(), self.problem.what.text(language)] {
            if !piece.is_empty() {
                line.push_str(if line.is_empty() { "" } else { ": " });
                line.push_str(piece);
            }
        }
        let instead = self.problem.instead.text(language);
        if !instead.is_empty() {
            line.push_str(" → ");
            line.push_str(instead);
        }
        write!(line, " [{}]", self.problem.code).ok();
        line
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(Language::En))
    }
}

/// The text is not TOML. The parser speaks English only.
#[must_use]
pub fn syntax(message: &str) -> Problem {
    let message = message.replace('\n', ", ");
    if message.starts_with("duplicate key") {
        return Problem {
            code: "repeated",
            what: Words::new("同じキーが前にあります", "the key is already there further up"),
            instead: Words::new("一つにしてください", "write it once"),
        };
    }
    Problem {
        code: "syntax",
        what: Words::new(format!("TOML の書き方ではありません（{message}）"), format!("not valid TOML: {message}")),
        instead: Words::new(
            "文字列は引用符で囲み、一行に一つの「キー = 値」を書いてください",
            "quote strings and write one `key = value` per line",
        ),
    }
}

/// The key does not exist.
#[must_use]
pub fn unknown_key(instead: Words) -> Problem {
    Problem { code: "unknown_key", what: Words::new("知らないキーです", "unknown key"), instead }
}

/// The value has another type, or is outside of what the key takes; `form` says what fits. Nothing is repeated if
/// `found` is empty.
#[must_use]
pub fn wrong_value(found: &str, form: Words) -> Problem {
    let found = excerpt(found);
    let what = if found.is_empty() {
        Words::new("この値は使えません", "the value does not fit")
    } else {
        Words::new(format!("{found} は使えません"), format!("{found} does not fit"))
    };
    Problem { code: "wrong_value", what, instead: form }
}

/// What to write instead of `word`: the nearest of `known`, or which there are.
#[must_use]
pub fn suggestion(word: &str, known: &[&str]) -> Words {
    let near = nearest(word, known.iter().copied());
    if near.is_empty() { one_of(known) } else { did_you_mean(&near) }
}

/// The few that may be meant.
#[must_use]
pub fn did_you_mean(near: &[&str]) -> Words {
    let list = near.join(", ");
    Words::new(format!("もしかして: {list}"), format!("did you mean: {list}"))
}

/// All there are, up to forty.
#[must_use]
pub fn one_of(known: &[&str]) -> Words {
    const MOST: usize = 40;
    if known.is_empty() {
        return Words::new("まだ何も定義されていません", "nothing is defined yet");
    }
    let mut list = known.iter().take(MOST).copied().collect::<Vec<_>>().join(", ");
    if known.len() > MOST {
        list.push_str(", …");
    }
    Words::new(format!("使えるのは: {list}"), format!("write one of: {list}"))
}

/// At most sixty characters of `text`, without control characters: what a message may repeat.
#[must_use]
pub fn excerpt(text: &str) -> String {
    const LONGEST: usize = 60;
    let mut short: String = text.chars().filter(|c| !crate::domain::name::changes_reading(*c)).take(LONGEST).collect();
    if text.chars().count() > LONGEST {
        short.push('…');
    }
    short
}

/// The candidates nearest to `word`: exact but for case, or at most a third of its letters away. Best first, at most three.
#[must_use]
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    const LONGEST: usize = 64;
    if word.chars().count() > LONGEST {
        return Vec::new();
    }
    let word = word.to_lowercase();
    let reach = (word.chars().count() / 3).clamp(1, 4);
    let mut found: Vec<(usize, &str)> = candidates
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(&word, &candidate.to_lowercase()), candidate))
        .filter(|(distance, _)| *distance <= reach)
        .collect();
    found.sort_unstable();
    found.dedup();
    found.into_iter().take(3).map(|(_, candidate)| candidate).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_reads_as_one_line_in_both_languages() {
        let fault = Fault {
            source: "temizu.toml".to_owned(),
            position: Some(Position { line: 3, column: 1 }),
            key: "smtp.listn".to_owned(),
            problem: unknown_key(did_you_mean(&["smtp.listen"])),
        };
        assert_eq!(
            fault.render(Language::En),
            "temizu.toml:3:1: smtp.listn: unknown key → did you mean: smtp.listen [unknown_key]"
        );
        assert_eq!(
            fault.render(Language::Ja),
            "temizu.toml:3:1: smtp.listn: 知らないキーです → もしかして: smtp.listen [unknown_key]"
        );
    }

    #[test]
    fn the_nearest_words_are_found_and_far_ones_are_not() {
        let keys = ["listen", "domains", "tls_key", "tls_certificate"];
        for (word, expected) in [
            ("listn", vec!["listen"]),
            ("Listen", vec!["listen"]),
            ("domain", vec!["domains"]),
            ("tls-key", vec!["tls_key"]),
            ("frobnicate", vec![]),
            ("", vec![]),
        ] {
            assert_eq!(nearest(word, keys), expected, "{word}");
        }
        assert_eq!(nearest(&"x".repeat(100_000), keys), Vec::<&str>::new());
        assert_eq!(suggestion("listn", &keys).en, "did you mean: listen");
        assert_eq!(suggestion("frobnicate", &keys).en, "write one of: listen, domains, tls_key, tls_certificate");
        assert_eq!(suggestion("x", &[]).en, "nothing is defined yet");
    }

    #[test]
    fn a_message_repeats_neither_control_characters_nor_long_values() {
        let shown = excerpt(&format!("\x1b[31m\u{202E}{}", "x".repeat(500)));
        assert!(shown.chars().count() <= 61 && !shown.contains(['\x1b', '\u{202E}']), "{shown}");
    }
}
