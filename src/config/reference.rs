//! The one table of configuration keys: what each means in both languages, what it takes, an example.
//!
//! `temizu config explain`, the annotated default file and the reference pages are all written from it; defaults come
//! from the types. Invariant: the table has exactly the keys of [`Config`] (a test compares them).

use super::Config;
use super::fault;
use super::form::Form;

mod keys;
mod render;

pub use keys::{KEYS, SECTIONS};
pub use render::{annotated_default, reference_page, show_json, show_toml};

/// One key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Key {
    /// Its path, `smtp.listen`.
    pub path: &'static str,
    /// What it takes.
    pub form: Form,
    /// English explanation.
    pub en: &'static str,
    /// 日本語の説明
    pub ja: &'static str,
    /// A value as written in TOML.
    pub example: &'static str,
}

/// One table of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Section {
    /// Its name.
    pub name: &'static str,
    /// English title.
    pub en: &'static str,
    /// 日本語の見出し
    pub ja: &'static str,
}

/// Everything known about a key, for `temizu config explain`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyDoc {
    /// The row of the table.
    pub key: &'static Key,
    /// The default as written in TOML; absent if the key is not set by default.
    pub default: Option<String>,
}

/// The key with this path.
///
/// # Errors
/// The nearest paths, best first; empty if nothing is near.
pub fn explain(path: &str) -> Result<KeyDoc, Vec<&'static str>> {
    match find(path) {
        Some(key) => Ok(KeyDoc { key, default: render::value_of(&Config::default(), key.path) }),
        None => Err(meant(path)),
    }
}

/// The row of `path`.
#[must_use]
pub fn find(path: &str) -> Option<&'static Key> {
    KEYS.iter().find(|key| key.path == path)
}

/// The paths that may be meant by `path`: the same word in another section first, then words spelled alike.
#[must_use]
pub fn meant(path: &str) -> Vec<&'static str> {
    let leaf = path.rsplit('.').next().unwrap_or(path);
    let same_leaf = |key: &&Key| leaf_of(key.path) == leaf;
    let mut found: Vec<&'static str> = KEYS.iter().filter(same_leaf).map(|key| key.path).collect();
    if found.is_empty() {
        found = fault::nearest(path, KEYS.iter().map(|key| key.path));
    }
    if found.is_empty() {
        let leaves = fault::nearest(leaf, KEYS.iter().map(|key| leaf_of(key.path)));
        found = KEYS.iter().map(|key| key.path).filter(|path| leaves.contains(&leaf_of(path))).collect();
    }
    found
}

/// What follows the section.
fn leaf_of(path: &'static str) -> &'static str {
    path.split_once('.').map_or(path, |(_, leaf)| leaf)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_has_exactly_the_keys_of_the_types() {
        let value = serde_json::to_value(Config::default()).unwrap();
        let mut of_types = Vec::new();
        for (section, keys) in value.as_object().unwrap() {
            of_types.extend(keys.as_object().unwrap().keys().map(|key| format!("{section}.{key}")));
        }
        let mut of_table: Vec<String> = KEYS.iter().map(|key| key.path.to_owned()).collect();
        of_types.sort();
        of_table.sort();
        assert_eq!(of_table, of_types);
        let sections: Vec<&str> = SECTIONS.iter().map(|section| section.name).collect();
        assert!(KEYS.iter().all(|key| sections.contains(&key.path.split_once('.').unwrap().0)));
    }

    #[test]
    fn every_key_is_explained_in_both_languages() {
        for key in KEYS {
            assert!(key.en.ends_with('.') && key.en.is_ascii(), "{}", key.path);
            assert!(key.ja.ends_with('。'), "{}", key.path);
        }
    }

    #[test]
    fn every_example_and_every_default_fits_its_form() {
        for key in KEYS {
            let default = explain(key.path).unwrap().default;
            for value in default.iter().map(String::as_str).chain([key.example]) {
                let text = format!("x = {value}");
                let document = super::super::document::Document::new(key.path, &text);
                let table = document.parse().unwrap();
                let mut faults = Vec::new();
                // An empty list may be a default that `temizu serve` asks to be filled in.
                if value != "[]" {
                    key.form.check(&document, key.path, table.get("x").unwrap(), &mut faults);
                }
                assert_eq!(faults, [], "{} = {value}", key.path);
            }
        }
    }

    #[test]
    fn a_wrong_key_is_answered_with_the_ones_that_may_be_meant() {
        for (wrong, expected) in [
            ("smtp.listn", vec!["smtp.listen"]),
            ("next_hop", vec!["deliver.next_hop"]),
            ("smtp.next_hop", vec!["deliver.next_hop"]),
            ("retention.day", vec!["retention.days"]),
            ("nexthop", vec!["deliver.next_hop"]),
            ("qqqqqqq", vec![]),
        ] {
            assert_eq!(explain(wrong), Err(expected), "{wrong}");
        }
    }

    #[test]
    fn a_key_is_explained_with_its_default() {
        let doc = explain("deliver.retry_minutes").unwrap();
        assert_eq!(doc.default.as_deref(), Some("[1, 5, 10, 20, 60]"));
        assert_eq!(explain("smtp.tls_key").unwrap().default, None);
    }
}
