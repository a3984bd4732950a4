//! Values of a rule file, read one by one: what fits comes back, what does not becomes a fault with its place.
//!
//! Invariant: a reader that returns `None` has reported why.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::config::document::{self, Document};
use crate::config::fault::{self, Fault, Problem, Words};

/// Longest text of a name, an owner or a reason, in characters.
pub(super) const MAX_WORDS: usize = 300;

type Value<'t> = Spanned<DeValue<'t>>;

/// Reads the values of one table.
#[derive(Debug)]
pub(super) struct Reader<'d, 't> {
    pub(super) document: &'d Document<'t>,
    /// What stands before a key in a fault: `rule.R-010.when.`
    pub(super) prefix: String,
    pub(super) faults: Vec<Fault>,
}

impl<'d, 't> Reader<'d, 't> {
    pub(super) const fn new(document: &'d Document<'t>, prefix: String) -> Self {
        Self { document, prefix, faults: Vec::new() }
    }

    /// A reader of a table inside this one's.
    pub(super) fn inside(&self, name: &str) -> Self {
        Self::new(self.document, format!("{}{name}.", self.prefix))
    }

    pub(super) fn report(&mut self, at: usize, key: &str, problem: Problem) {
        self.faults.push(self.document.fault(at, format!("{}{key}", self.prefix), problem));
    }

    /// Reports keys that are not among `known`.
    pub(super) fn refuse_others(&mut self, table: &DeTable<'_>, known: &[&str]) {
        for key in table.keys().filter(|key| !known.contains(&key.get_ref().as_ref())) {
            let word = fault::excerpt(key.get_ref());
            let instead = fault::suggestion(key.get_ref(), known);
            self.report(key.span().start, &word, fault::unknown_key(instead));
        }
    }

    /// The text under `key`, of one line and not empty; a fault at `at` if it is missing.
    pub(super) fn required_text(&mut self, table: &DeTable<'_>, key: &str, at: usize) -> Option<String> {
        match table.get(key) {
            Some(value) => self.text(key, value),
            None => {
                self.report(at, key, missing(key));
                None
            }
        }
    }

    /// One line of text, not empty.
    pub(super) fn text(&mut self, key: &str, value: &Value<'_>) -> Option<String> {
        let fits = |text: &&str| {
            let length = text.chars().count();
            (1..=MAX_WORDS).contains(&length) && !text.chars().any(char::is_control)
        };
        let text = value.get_ref().as_str().filter(fits).map(str::to_owned);
        self.or_report(key, value, text, || {
            Words::new(
                format!("{MAX_WORDS} 文字までの一行の文字列を書いてください"),
                format!("write one line of text of at most {MAX_WORDS} characters"),
            )
        })
    }

    /// A whole number that is not negative.
    pub(super) fn number(&mut self, key: &str, value: &Value<'_>) -> Option<u64> {
        let number = document::integer(value.get_ref()).and_then(|number| u64::try_from(number).ok());
        self.or_report(key, value, number, || {
            Words::new("0 以上の整数を書いてください", "write a whole number that is not negative")
        })
    }

    /// `true` or `false`.
    pub(super) fn boolean(&mut self, key: &str, value: &Value<'_>) -> Option<bool> {
        self.or_report(key, value, value.get_ref().as_bool(), || {
            Words::new("true か false を書いてください", "write true or false")
        })
    }

    /// A date, with or without quotes.
    pub(super) fn date(&mut self, key: &str, value: &Value<'_>) -> Option<jiff::civil::Date> {
        let text = match value.get_ref() {
            DeValue::String(text) => Some(text.as_ref().to_owned()),
            DeValue::Datetime(date) => Some(date.to_string()),
            _ => None,
        };
        // Ten characters: jiff would also take a date with a time, and drop the time.
        let date = text.filter(|text| text.len() == 10).and_then(|text| text.parse().ok());
        self.or_report(key, value, date, || {
            Words::new("日付を書いてください（例 \"2027-03-31\"）", "write a date, such as \"2027-03-31\"")
        })
    }

    /// One of `words`.
    pub(super) fn word<T>(
        &mut self,
        key: &str,
        value: &Value<'_>,
        words: &[&str],
        read: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        let Some(text) = value.get_ref().as_str() else {
            return self.or_report(key, value, None, || fault::one_of(words));
        };
        let found = read(text);
        if found.is_none() {
            self.report(value.span().start, key, unknown_word(text, words));
        }
        found
    }

    /// A string or a list of strings, each read by `read`; sorted, without repetition.
    pub(super) fn list<T: Ord>(
        &mut self,
        key: &str,
        value: &Value<'_>,
        mut read: impl FnMut(&mut Self, &Value<'_>) -> Option<T>,
    ) -> Option<Vec<T>> {
        let mut items = match value.get_ref() {
            DeValue::Array(items) if !items.is_empty() => {
                let read: Vec<Option<T>> = items.iter().map(|item| read(self, item)).collect();
                read.into_iter().collect::<Option<Vec<T>>>()?
            }
            DeValue::String(_) => vec![read(self, value)?],
            _ => {
                return self.or_report(key, value, None, || {
                    Words::new("空でないリストを [ ] で書いてください", "write a list in [ ] that is not empty")
                });
            }
        };
        items.sort();
        items.dedup();
        Some(items)
    }

    /// `found`, or a fault that says what fits. The value is repeated only where it cannot be an address.
    pub(super) fn or_report<T>(
        &mut self,
        key: &str,
        value: &Value<'_>,
        found: Option<T>,
        form: impl FnOnce() -> Words,
    ) -> Option<T> {
        if found.is_none() {
            let written = self.document.written(value);
            let shown = if written.contains('@') { "" } else { written };
            self.report(value.span().start, key, fault::wrong_value(shown, form()));
        }
        found
    }
}

/// A key that a table must have.
pub(super) fn missing(key: &str) -> Problem {
    Problem {
        code: "missing",
        what: Words::new("ありません", "missing"),
        instead: Words::new(format!("{key} = … を書いてください"), format!("write {key} = ...")),
    }
}

/// A word that is none of `words`.
pub(super) fn unknown_word(word: &str, words: &[&str]) -> Problem {
    let shown = if word.contains('@') { String::new() } else { fault::excerpt(word) };
    Problem {
        code: "unknown_word",
        what: Words::new(format!("「{shown}」は使えません"), format!("\"{shown}\" is not known")),
        instead: fault::suggestion(word, words),
    }
}
