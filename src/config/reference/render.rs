//! What is written from the table of keys: the annotated default file, the reference pages, the effective values.

use std::fmt::Write as _;

use toml::{Table, Value};

use super::{KEYS, Key, SECTIONS, Section};
use crate::config::Config;
use crate::config::form::Form;
use crate::domain::Language;

/// The values of `config` as TOML, in the order of the reference; all of them, or those that differ from the default.
#[must_use]
pub fn show_toml(config: &Config, non_default_only: bool) -> String {
    let mut text = String::new();
    for section in SECTIONS {
        let rows = keys_of(section)
            .filter_map(|key| Some((key, shown(config, key, non_default_only)?)))
            .fold(String::new(), |rows, (key, value)| format!("{rows}{} = {value}\n", leaf(key)));
        if !rows.is_empty() {
            let gap = if text.is_empty() { "" } else { "\n" };
            // Writing to a string cannot fail.
            write!(text, "{gap}[{}]\n{rows}", section.name).ok();
        }
    }
    text
}

/// The same as JSON: an object per section.
#[must_use]
pub fn show_json(config: &Config, non_default_only: bool) -> serde_json::Value {
    let (all, default) = (as_json(config), as_json(&Config::default()));
    let mut shown = serde_json::Map::new();
    for key in KEYS {
        let pointer = format!("/{}", key.path.replace('.', "/"));
        let value = all.pointer(&pointer);
        if let (Some((section, leaf)), Some(value)) = (key.path.split_once('.'), value)
            && !(non_default_only && default.pointer(&pointer) == Some(value))
            && let Some(object) = shown.entry(section).or_insert_with(|| serde_json::json!({})).as_object_mut()
        {
            object.insert(leaf.to_owned(), value.clone());
        }
    }
    serde_json::Value::Object(shown)
}

/// `config/temizu.toml`: every key with its default, commented out, explained in both languages.
#[must_use]
pub fn annotated_default() -> String {
    let mut text = String::from(
        "# Temizu: configuration. Every key is shown with its default; remove the `#` before a key to change it.\n\
         # 設定ファイル。すべてのキーを既定値で載せています。変えるときはキーの前の # を取ってください。\n\
         # Check with / 確かめるには: temizu check --config FILE\n",
    );
    for section in SECTIONS {
        write!(text, "\n# {} / {}\n[{}]\n", section.en, section.ja, section.name).ok();
        for key in keys_of(section) {
            write!(text, "\n# {}\n# {}\n", key.en, key.ja).ok();
            match value_of(&Config::default(), key.path) {
                Some(value) => writeln!(text, "#{} = {value}", leaf(key)).ok(),
                None => writeln!(text, "# (not set / 未設定)\n#{} = {}", leaf(key), key.example).ok(),
            };
        }
    }
    text
}

/// `docs/reference/config.{ja,en}.md`.
#[must_use]
pub fn reference_page(language: Language) -> String {
    let (title, note, default, takes, example, unset) = match language {
        Language::Ja => (
            "設定の一覧",
            "この一覧はソースコードの型から作られています。手で直さないでください。",
            "既定値",
            "書けるもの",
            "例",
            "（未設定）",
        ),
        Language::En => (
            "Configuration reference",
            "This page is written from the types in the source code. Do not edit it by hand.",
            "Default",
            "Takes",
            "Example",
            "(not set)",
        ),
    };
    let pick = |ja: &'static str, en: &'static str| if language == Language::Ja { ja } else { en };
    let mut text = format!("# {title}\n\n{note}\n");
    for section in SECTIONS {
        write!(text, "\n## `[{}]` {}\n", section.name, pick(section.ja, section.en)).ok();
        for key in keys_of(section) {
            let value = value_of(&Config::default(), key.path).map_or_else(|| unset.to_owned(), |v| format!("`{v}`"));
            write!(
                text,
                "\n### `{}`\n\n{}\n\n- {default}: {value}\n- {takes}: {}\n- {example}: `{} = {}`\n",
                key.path,
                pick(key.ja, key.en),
                form_name(&key.form, language),
                leaf(key),
                key.example,
            )
            .ok();
        }
    }
    text
}

/// The value of a key as written in TOML; absent if it is not set.
pub(super) fn value_of(config: &Config, path: &str) -> Option<String> {
    let (section, leaf) = path.split_once('.')?;
    // Every field of `Config` has a TOML form; the test on the annotated default reads all of them back.
    let table = Table::try_from(config).ok()?;
    table.get(section)?.get(leaf).map(Value::to_string)
}

fn shown(config: &Config, key: &Key, non_default_only: bool) -> Option<String> {
    let value = value_of(config, key.path)?;
    let is_default = non_default_only && value_of(&Config::default(), key.path).as_ref() == Some(&value);
    (!is_default).then_some(value)
}

fn keys_of(section: &'static Section) -> impl Iterator<Item = &'static Key> {
    KEYS.iter().filter(|key| key.path.split_once('.').is_some_and(|(name, _)| name == section.name))
}

fn leaf(key: &Key) -> &'static str {
    key.path.split_once('.').map_or(key.path, |(_, leaf)| leaf)
}

fn as_json(config: &Config) -> serde_json::Value {
    serde_json::to_value(config).unwrap_or_default()
}

/// A form as a noun, for the reference pages.
fn form_name(form: &Form, language: Language) -> String {
    let pick = |ja: &str, en: &str| if language == Language::Ja { ja.to_owned() } else { en.to_owned() };
    match form {
        Form::Integer { min, max } if *max == i64::MAX => {
            pick(&format!("{min} 以上の整数"), &format!("a whole number from {min}"))
        }
        Form::Integer { min, max } => {
            pick(&format!("{min}～{max} の整数"), &format!("a whole number from {min} to {max}"))
        }
        Form::Switch => pick("`true` / `false`", "`true` / `false`"),
        Form::Line => pick("一行の文字列", "one line of text"),
        Form::Domain => pick("ドメイン名", "a domain name"),
        Form::Socket => pick("IP アドレス:ポート", "an IP address and a port"),
        Form::Ip => pick("IP アドレス", "an IP address"),
        Form::Path => pick("パス", "a path"),
        Form::HostPort => pick("ホスト:ポート", "host:port"),
        Form::Url => pick("URL", "a URL"),
        Form::Time => pick("時刻", "a time of the day"),
        Form::Tenant => pick("名前（a-z、0-9、-）", "a name (a-z, 0-9, -)"),
        Form::Database => pick("データベース（postgres://）", "a database (postgres://)"),
        Form::Objects => pick("s3:// または file:///", "s3:// or file:///"),
        Form::Choice(words) => words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(" / "),
        Form::List { of, .. } => {
            let item = form_name(of, language);
            pick(&format!("リスト（{item}）"), &format!("a list; each item {item}"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Compares with the file in the tree, or writes it when `UPDATE` is set.
    fn check(path: &str, expected: &str) {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
        if std::env::var_os("UPDATE").is_some() {
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, expected).unwrap();
        }
        let found = std::fs::read_to_string(&path).unwrap_or_default();
        assert_eq!(found, expected, "{} is out of date: run the test with UPDATE=1", path.display());
    }

    #[test]
    fn the_written_files_are_those_of_the_table() {
        check("config/temizu.toml", &annotated_default());
        check("docs/reference/config.ja.md", &reference_page(Language::Ja));
        check("docs/reference/config.en.md", &reference_page(Language::En));
    }

    #[test]
    fn the_annotated_default_is_the_default_as_it_stands_and_with_every_key_uncommented() {
        let text = annotated_default();
        assert_eq!(toml::from_str::<Config>(&text).unwrap(), Config::default());
        let mut uncommented = String::new();
        let mut unset = false;
        for line in text.lines() {
            match line.strip_prefix('#') {
                Some(rest) if !rest.starts_with(' ') && !unset => writeln!(uncommented, "{rest}").unwrap(),
                _ => writeln!(uncommented, "{line}").unwrap(),
            }
            unset = line.starts_with("# (not set");
        }
        assert_eq!(toml::from_str::<Config>(&uncommented).unwrap(), Config::default());
        for key in KEYS {
            assert!(text.contains(&format!("\n#{} = ", leaf(key))), "{}", key.path);
        }
    }

    #[test]
    fn what_is_shown_reads_back_as_the_same_configuration() {
        let mut config = Config::default();
        config.deliver.next_hop = "mail:25".to_owned();
        config.smtp.tls_key = Some("/k".into());
        config.retention.days = 3;
        assert_eq!(toml::from_str::<Config>(&show_toml(&config, false)).unwrap(), config);
        assert_eq!(toml::from_str::<Config>(&show_toml(&config, true)).unwrap(), config);
        assert_eq!(
            show_toml(&config, true),
            "[smtp]\ntls_key = \"/k\"\n\n[deliver]\nnext_hop = \"mail:25\"\n\n[retention]\ndays = 3\n"
        );
        assert_eq!(
            show_json(&config, true),
            serde_json::json!({"smtp": {"tls_key": "/k"}, "deliver": {"next_hop": "mail:25"}, "retention": {"days": 3}})
        );
        assert_eq!(serde_json::from_value::<Config>(show_json(&config, false)).unwrap(), config);
        assert_eq!(show_toml(&Config::default(), true), "");
    }
}
