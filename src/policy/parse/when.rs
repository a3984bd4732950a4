//! The conditions of a rule, read from its `when` table.
//!
//! Refuses: empty lists, regular expressions over [`MAX_REGEX`] characters or [`MAX_COMPILED`] bytes (the `regex` crate
//! runs in linear time). Invariant: conditions come in the order of [`condition::KEYS`], whatever the file's order.

use std::sync::Arc;

use regex::{Regex, RegexBuilder};
use toml::Spanned;
use toml::de::DeValue;

use crate::config::fault::Words;
use crate::domain::{Authentication, Reason, TypeClass, TypeId};
use crate::policy::condition::{self, Condition, Role};
use crate::policy::pattern::AddressPattern;
use crate::policy::read::Reader;
use crate::policy::rule::Department;

/// Longest regular expression in characters.
pub(super) const MAX_REGEX: usize = 200;

/// Largest compiled regular expression in bytes.
pub(super) const MAX_COMPILED: usize = 256 * 1024;

type Value<'t> = Spanned<DeValue<'t>>;

/// The conditions under `when`; none at all if the key is absent. `None` if a fault was reported.
pub(super) fn read(
    outer: &mut Reader<'_, '_>,
    when: Option<&Value<'_>>,
    departments: &[Arc<Department>],
) -> Option<Vec<Condition>> {
    let Some(when) = when else { return Some(Vec::new()) };
    let Some(table) = when.get_ref().as_table() else {
        return outer.or_report("when", when, None, || {
            Words::new("when = { キー = 値, … } と書いてください", "write when = { key = value, ... }")
        });
    };
    let mut reader = outer.inside("when");
    reader.refuse_others(table, condition::KEYS);
    let read: Vec<Option<Condition>> = condition::KEYS
        .iter()
        .filter_map(|key| table.get(*key).map(|value| (*key, value)))
        .map(|(key, value)| condition(&mut reader, key, value, departments))
        .collect();
    let is_whole = reader.faults.is_empty();
    outer.faults.append(&mut reader.faults);
    if is_whole { read.into_iter().collect() } else { None }
}

/// A pattern of addresses; `<>` only where `null_allowed`.
pub(super) fn address(
    reader: &mut Reader<'_, '_>,
    key: &str,
    item: &Value<'_>,
    null_allowed: bool,
) -> Option<AddressPattern> {
    let pattern = item.get_ref().as_str().and_then(|text| AddressPattern::parse(text, null_allowed));
    reader.or_report(key, item, pattern, || {
        let (ja, en) = if null_allowed { ("、\"<>\"", ", \"<>\"") } else { ("", "") };
        Words::new(
            format!("\"user@domain\"、\"@domain\"、\".domain\"（下位のドメイン）{ja}のどれかを書いてください"),
            format!("write \"user@domain\", \"@domain\", \".domain\" (domains below it){en}"),
        )
    })
}

fn condition(
    reader: &mut Reader<'_, '_>,
    key: &str,
    value: &Value<'_>,
    departments: &[Arc<Department>],
) -> Option<Condition> {
    Some(match key {
        "role" => Condition::Role(words(reader, key, value, Role::ALL, |role| role.as_str())?),
        "class" => Condition::Class(words(reader, key, value, TypeClass::ALL, |class| class.as_str())?),
        "finding" => Condition::Finding(words(reader, key, value, Reason::ALL, |reason| reason.code())?),
        "authentication" => {
            Condition::Authentication(words(reader, key, value, Authentication::ALL, |outcome| outcome.as_str())?)
        }
        "type" => Condition::Type(reader.list(key, value, |reader, item| type_id(reader, key, item))?),
        "extension" => Condition::Extension(extensions(reader, key, value)?),
        "extension_only" => Condition::ExtensionOnly(extensions(reader, key, value)?),
        "name_matches" => Condition::NameMatches(regex(reader, key, value)?),
        "size_over" => Condition::SizeOver(reader.number(key, value)?),
        "size_under" => Condition::SizeUnder(reader.number(key, value)?),
        "encrypted" => Condition::Encrypted(reader.boolean(key, value)?),
        "sender" => Condition::Sender(reader.list(key, value, |reader, item| address(reader, key, item, true))?),
        "recipient" => Condition::Recipient(reader.list(key, value, |reader, item| address(reader, key, item, false))?),
        _ => {
            let names: Vec<&str> = departments.iter().map(|department| department.name.as_str()).collect();
            Condition::Department(reader.list(key, value, |reader, item| {
                reader.word(key, item, &names, |name| Department::named(departments, name).cloned())
            })?)
        }
    })
}

fn words<T: Ord + Copy>(
    reader: &mut Reader<'_, '_>,
    key: &str,
    value: &Value<'_>,
    all: &[T],
    name: impl Fn(T) -> &'static str,
) -> Option<Vec<T>> {
    let names: Vec<&str> = all.iter().map(|one| name(*one)).collect();
    reader.list(key, value, |reader, item| {
        reader.word(key, item, &names, |text| all.iter().copied().find(|one| name(*one) == text))
    })
}

fn type_id(reader: &mut Reader<'_, '_>, key: &str, item: &Value<'_>) -> Option<TypeId> {
    let id = item.get_ref().as_str().and_then(|text| TypeId::try_from(text.to_owned()).ok());
    reader.or_report(key, item, id, || {
        Words::new("種類の名前を書いてください（例 \"pdf\"）", "write the name of a type, such as \"pdf\"")
    })
}

/// Extensions in lower case.
pub(in crate::policy) fn extensions(reader: &mut Reader<'_, '_>, key: &str, value: &Value<'_>) -> Option<Vec<String>> {
    reader.list(key, value, |reader, item| {
        let fits = |text: &&str| {
            (1..=32).contains(&text.chars().count())
                && !text.chars().any(|c| c == '.' || c.is_control() || c.is_whitespace())
        };
        let extension = item.get_ref().as_str().filter(fits).map(str::to_lowercase);
        reader.or_report(key, item, extension, || {
            Words::new(
                "拡張子を点なしで書いてください（例 \"exe\"）",
                "write an extension without a dot, such as \"exe\"",
            )
        })
    })
}

fn regex(reader: &mut Reader<'_, '_>, key: &str, value: &Value<'_>) -> Option<Regex> {
    let text = value.get_ref().as_str().filter(|text| text.chars().count() <= MAX_REGEX);
    let regex = text.and_then(|text| RegexBuilder::new(text).size_limit(MAX_COMPILED).build().ok());
    reader.or_report(key, value, regex, || {
        Words::new(
            format!("{MAX_REGEX} 文字までの正規表現を書いてください（先読みと後方参照は使えません）"),
            format!(
                "write a regular expression of at most {MAX_REGEX} characters, without look-around and back-references"
            ),
        )
    })
}
