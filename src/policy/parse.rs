//! Rule files, read into a checked [`RuleSet`].
//!
//! Refuses: more than [`MAX_RULES`] rules, unknown keys and words, repeated names, rules that could never match.
//! All mistakes are told at once. Invariant: a set that came out of here has unique names and no dead rule.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::RuleSet;
use super::read::{self, Reader};
use super::rule::{Department, Effect, Rule};
use super::trial::{self, Expectation};
use crate::config::document::{Document, MAX_FAULTS};
use crate::config::fault::{self, Fault, Problem, Words};
use crate::domain::{Action, Language, Reason, RuleName};

mod when;

pub(super) use self::when::extensions;

/// Most rules in a set.
pub const MAX_RULES: usize = 2_000;

const RULE_KEYS: &[&str] = &["name", "owner", "reason_text", "when", "action", "code", OPEN, "expires", "test"];

/// What is kept back may be opened with passwords that were found.
const OPEN: &str = "open_with_found_passwords";

/// Rules with mistakes: at least one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleErrors {
    /// All of them, file by file.
    pub faults: Vec<Fault>,
}

impl RuleErrors {
    /// One line per mistake.
    #[must_use]
    pub fn render(&self, language: Language) -> String {
        self.faults.iter().map(|fault| fault.render(language) + "\n").collect()
    }
}

impl fmt::Display for RuleErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.render(Language::En).trim_end())
    }
}

impl std::error::Error for RuleErrors {}

impl RuleSet {
    /// Reads rule files in their order; each is a name and a text. No file at all means the preset `alpha`.
    ///
    /// # Errors
    /// All mistakes, in both languages; at most [`MAX_FAULTS`].
    pub fn parse(sources: &[(String, String)]) -> Result<Self, RuleErrors> {
        let preset = [super::preset::ALPHA.source()];
        let sources = if sources.is_empty() { preset.as_slice() } else { sources };
        let documents: Vec<Document<'_>> = sources.iter().map(|(file, text)| Document::new(file, text)).collect();
        let mut set = Draft::default();
        let mut tables = Vec::new();
        for document in &documents {
            match document.parse() {
                Ok(table) => tables.push((document, table)),
                Err(faults) => set.faults.extend(faults),
            }
        }
        // Departments of all files first: a rule may speak of one that a later file defines.
        tables.iter().for_each(|(document, table)| set.read_departments(document, table));
        set.departments.sort();
        tables.iter().for_each(|(document, table)| set.read_rules(document, table));
        set.finish()
    }
}

#[derive(Default)]
struct Draft {
    departments: Vec<Arc<Department>>,
    rules: Vec<Rule>,
    faults: Vec<Fault>,
    /// Rules seen, with or without mistakes.
    seen: usize,
}

impl Draft {
    fn finish(mut self) -> Result<RuleSet, RuleErrors> {
        if self.faults.is_empty() {
            self.refuse_repetition();
            self.refuse_dead_rules();
            self.refuse_unknown_expectations();
        }
        if self.faults.is_empty() {
            return Ok(RuleSet::new(&self.departments, self.rules));
        }
        self.faults.sort_by(|a, b| (&a.source, a.position).cmp(&(&b.source, b.position)));
        self.faults.truncate(MAX_FAULTS);
        Err(RuleErrors { faults: self.faults })
    }

    fn read_departments(&mut self, document: &Document<'_>, table: &DeTable<'_>) {
        let mut reader = Reader::new(document, String::new());
        reader.refuse_others(table, &["departments", "rule"]);
        if let Some(value) = table.get("departments") {
            match value.get_ref().as_table() {
                Some(departments) => {
                    let mut inner = reader.inside("departments");
                    departments.iter().for_each(|(name, members)| self.read_department(&mut inner, name, members));
                    reader.faults.append(&mut inner.faults);
                }
                None => reader.report(value.span().start, "departments", wrong_table("[departments]")),
            }
        }
        self.faults.append(&mut reader.faults);
    }

    fn read_department(
        &mut self,
        reader: &mut Reader<'_, '_>,
        name: &Spanned<std::borrow::Cow<'_, str>>,
        members: &Spanned<DeValue<'_>>,
    ) {
        let text = name.get_ref().as_ref();
        if Department::named(&self.departments, text).is_some() {
            reader.report(name.span().start, &fault::excerpt(text), repeated());
        } else if text.is_empty() || text.chars().count() > read::MAX_WORDS || text.chars().any(char::is_control) {
            reader.report(name.span().start, &fault::excerpt(text), wrong_name());
        } else if let Some(members) =
            reader.list(text, members, |reader, item| when::address(reader, text, item, false))
        {
            self.departments.push(Arc::new(Department { name: text.to_owned(), members }));
        }
    }

    fn read_rules(&mut self, document: &Document<'_>, table: &DeTable<'_>) {
        let Some(value) = table.get("rule") else { return };
        let at = value.span().start;
        let Some(rules) = value.get_ref().as_array() else {
            self.faults.push(document.fault(at, "rule", wrong_table("[[rule]]")));
            return;
        };
        self.seen = self.seen.saturating_add(rules.len());
        if self.seen > MAX_RULES {
            self.faults.push(document.fault(at, "rule", too_many()));
            return;
        }
        for (index, rule) in rules.iter().enumerate() {
            match rule.get_ref().as_table() {
                Some(table) => self.read_rule(document, index, rule.span().start, table),
                None => self.faults.push(document.fault(rule.span().start, "rule", wrong_table("[[rule]]"))),
            }
        }
    }

    fn read_rule(&mut self, document: &Document<'_>, index: usize, at: usize, table: &DeTable<'_>) {
        let known = table.get("name").and_then(|name| name.get_ref().as_str()).map(fault::excerpt);
        let label = known.unwrap_or_else(|| index.saturating_add(1).to_string());
        let mut reader = Reader::new(document, format!("rule.{label}."));
        reader.refuse_others(table, RULE_KEYS);
        let name = read_name(&mut reader, table, at);
        let owner = reader.required_text(table, "owner", at);
        let reason_text = reader.required_text(table, "reason_text", at);
        let effect = read_effect(&mut reader, table, at);
        let when = when::read(&mut reader, table.get("when"), &self.departments);
        let code = effect.and_then(|effect| read_code(&mut reader, table, effect));
        let opens = effect.and_then(|effect| read_opens(&mut reader, table, effect));
        let expires = table.get("expires").map(|value| reader.date("expires", value));
        let cases = table.get("test").map_or_else(|| Some(Vec::new()), |tests| trial::read(&mut reader, tests));
        self.faults.append(&mut reader.faults);
        let told = (name, owner, reason_text);
        if let (
            (Some(name), Some(owner), Some(reason_text)),
            Some(effect),
            Some(when),
            Some(code),
            Some(opens),
            Some(cases),
        ) = (told, effect, when, code, opens, cases)
        {
            let (file, position) = (document.file().to_owned(), document.position(at));
            let expires = expires.flatten();
            self.rules.push(Rule {
                name,
                owner,
                reason_text,
                effect,
                code,
                opens_with_passwords: opens,
                expires,
                file,
                position,
                when,
                cases,
            });
        }
    }

    fn refuse_repetition(&mut self) {
        let mut first: BTreeMap<&RuleName, &Rule> = BTreeMap::new();
        for rule in &self.rules {
            if first.contains_key(&rule.name) {
                self.faults.push(fault_of(rule, "name", repeated()));
            } else {
                first.insert(&rule.name, rule);
            }
        }
    }

    fn refuse_dead_rules(&mut self) {
        for (index, rule) in self.rules.iter().enumerate() {
            if let Some(earlier) = self.rules.iter().take(index).find(|earlier| earlier.shadows(rule)) {
                self.faults.push(fault_of(rule, "when", unreachable(&earlier.name)));
            }
        }
    }

    fn refuse_unknown_expectations(&mut self) {
        let last_resort = RuleName::last_resort();
        let names: Vec<&str> =
            self.rules.iter().map(|rule| &rule.name).chain([&last_resort]).map(RuleName::as_str).collect();
        for rule in &self.rules {
            for case in &rule.cases {
                if let Expectation::Rule(expected) = &case.expectation
                    && !names.contains(&expected.as_str())
                {
                    let problem = read::unknown_word(expected.as_str(), &names);
                    let fault = fault_of(rule, "test.expect", problem);
                    self.faults.push(Fault { position: Some(case.position), ..fault });
                }
            }
        }
    }
}

fn read_name(reader: &mut Reader<'_, '_>, table: &DeTable<'_>, at: usize) -> Option<RuleName> {
    let text = reader.required_text(table, "name", at)?;
    let is_taken = |name: &RuleName| *name == RuleName::last_resort() || Effect::from_name(name.as_str()).is_some();
    let name = RuleName::try_from(text).ok().filter(|name| !is_taken(name));
    if name.is_none() {
        reader.report(table.get("name").map_or(at, |value| value.span().start), "name", wrong_name());
    }
    name
}

fn read_effect(reader: &mut Reader<'_, '_>, table: &DeTable<'_>, at: usize) -> Option<Effect> {
    let names: Vec<&str> = Effect::all().map(Effect::as_str).collect();
    match table.get("action") {
        Some(value) => reader.word("action", value, &names, Effect::from_name),
        None => {
            reader.report(at, "action", read::missing("action"));
            None
        }
    }
}

/// The code of the rule, or the usual one of its effect. `None` if a fault was reported.
fn read_code(reader: &mut Reader<'_, '_>, table: &DeTable<'_>, effect: Effect) -> Option<Option<Reason>> {
    let Some(value) = table.get("code") else { return Some(effect.usual_code()) };
    if effect.usual_code().is_none() {
        reader.report(value.span().start, "code", needless_code(effect));
        return None;
    }
    let codes: Vec<&str> = Reason::ALL.iter().map(|reason| reason.code()).collect();
    reader.word("code", value, &codes, |text| text.parse().ok()).map(Some)
}

/// Whether what is kept back may be opened; no, unless the rule says so. `None` if a fault was reported.
fn read_opens(reader: &mut Reader<'_, '_>, table: &DeTable<'_>, effect: Effect) -> Option<bool> {
    let Some(value) = table.get(OPEN) else { return Some(false) };
    if effect != Effect::Part(Action::Quarantine) {
        reader.report(value.span().start, OPEN, needless_opening());
        return None;
    }
    reader.boolean(OPEN, value)
}

fn fault_of(rule: &Rule, key: &str, problem: Problem) -> Fault {
    let key = format!("rule.{}.{key}", rule.name);
    Fault { source: rule.file.clone(), position: Some(rule.position), key, problem }
}

/// The tables of an array of tables; reports anything else.
pub(super) fn tables<'a, 't>(
    reader: &mut Reader<'_, '_>,
    key: &str,
    value: &'a Spanned<DeValue<'t>>,
) -> Option<Vec<(usize, &'a DeTable<'t>)>> {
    let rows = value.get_ref().as_array().map(|rows| rows.iter()).into_iter().flatten();
    let tables: Option<Vec<_>> =
        rows.map(|row| row.get_ref().as_table().map(|table| (row.span().start, table))).collect();
    match tables {
        Some(tables) if value.get_ref().is_array() => Some(tables),
        _ => {
            reader.report(value.span().start, key, wrong_table(&format!("[[rule.{key}]]")));
            None
        }
    }
}

fn wrong_table(header: &str) -> Problem {
    Problem {
        code: "wrong_table",
        what: Words::new("ここは表にします", "this has to be a table"),
        instead: Words::new(format!("{header} と書いてください"), format!("write {header}")),
    }
}

fn wrong_name() -> Problem {
    Problem {
        code: "wrong_name",
        what: Words::new("名前に使えません", "not usable as a name"),
        instead: Words::new(
            "規則の名前は英数字と - . _ で 32 文字まで（処理の名前と default は使えません）。部署名は一行で書いてください",
            "a rule's name has up to 32 letters, digits, '-', '.', '_' (no name of an action, not \"default\"); a department's is one line",
        ),
    }
}

fn repeated() -> Problem {
    Problem {
        code: "repeated",
        what: Words::new("同じ名前が前にあります", "the name is already taken further up"),
        instead: Words::new("別の名前にしてください", "choose another name"),
    }
}

fn unreachable(earlier: &RuleName) -> Problem {
    Problem {
        code: "unreachable",
        what: Words::new(
            format!("先に規則 {earlier} が必ず当てはまるため、この規則は使われません"),
            format!("never used, because rule {earlier} always matches first"),
        ),
        instead: Words::new(
            format!("規則 {earlier} より前に置くか、消してください"),
            format!("put it before rule {earlier}, or remove it"),
        ),
    }
}

fn too_many() -> Problem {
    Problem {
        code: "too_many_rules",
        what: Words::new(format!("規則が {MAX_RULES} 件を超えています"), format!("more than {MAX_RULES} rules")),
        instead: Words::new("一つの規則のリストにまとめてください", "join rules by listing several values in one"),
    }
}

fn needless_code(effect: Effect) -> Problem {
    let action = effect.as_str();
    Problem {
        code: "needless_code",
        what: Words::new(
            format!("action = \"{action}\" は理由コードを使いません"),
            format!("action = \"{action}\" shows no reason code"),
        ),
        instead: Words::new("code を消してください", "remove code"),
    }
}

fn needless_opening() -> Problem {
    Problem {
        code: "needless_opening",
        what: Words::new("action = \"quarantine\" の規則でだけ使えます", "only for rules with action = \"quarantine\""),
        instead: Words::new(format!("{OPEN} を消してください"), format!("remove {OPEN}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A rule with these lines instead of its usual ones.
    fn rule(name: &str, lines: &str) -> String {
        let mut text = format!("[[rule]]\nname = \"{name}\"\n");
        for (key, usual) in [("owner", "\"o\""), ("reason_text", "\"r\""), ("action", "\"strip\"")] {
            if !lines.lines().any(|line| line.starts_with(key)) {
                text.push_str(&format!("{key} = {usual}\n"));
            }
        }
        text + lines + "\n"
    }

    fn faults(sources: &[&str]) -> Vec<(&'static str, String)> {
        let sources: Vec<_> = sources.iter().enumerate().map(|(i, text)| (i.to_string(), (*text).to_owned())).collect();
        let errors = RuleSet::parse(&sources).err().map(|errors| errors.faults).unwrap_or_default();
        errors.into_iter().map(|fault| (fault.problem.code, fault.key)).collect()
    }

    fn check(text: &str, expected: &[(&'static str, &str)]) {
        let expected: Vec<_> = expected.iter().map(|(code, key)| (*code, (*key).to_owned())).collect();
        assert_eq!(faults(&[text]), expected, "{text}");
    }

    #[test]
    fn every_mistake_in_a_rule_is_told_by_its_own_code() {
        for (lines, code, key) in [
            ("when = { clas = \"text\" }", "unknown_key", "when.clas"),
            ("when = { class = \"txt\" }", "unknown_word", "when.class"),
            ("when = { class = [] }", "wrong_value", "when.class"),
            ("when = { class = [1] }", "wrong_value", "when.class"),
            ("when = { role = \"file\" }", "unknown_word", "when.role"),
            ("when = { type = \"PDF\" }", "wrong_value", "when.type"),
            ("when = { extension = \".exe\" }", "wrong_value", "when.extension"),
            ("when = { name_matches = \"(\" }", "wrong_value", "when.name_matches"),
            ("when = { name_matches = \"(a)\\\\1\" }", "wrong_value", "when.name_matches"),
            ("when = { name_matches = \"(\\\\w{100}){100}\" }", "wrong_value", "when.name_matches"),
            ("when = { size_over = -1 }", "wrong_value", "when.size_over"),
            ("when = { encrypted = \"yes\" }", "wrong_value", "when.encrypted"),
            ("when = { finding = \"malware\" }", "unknown_word", "when.finding"),
            ("when = { sender = \"x.jp\" }", "wrong_value", "when.sender"),
            ("when = { recipient = \"<>\" }", "wrong_value", "when.recipient"),
            ("when = { department = \"総務課\" }", "unknown_word", "when.department"),
            ("when = 1", "wrong_value", "when"),
            ("action = \"delete\"", "unknown_word", "action"),
            ("action = \"rebuild\"\ncode = \"corrupt\"", "needless_code", "code"),
            ("open_with_found_passwords = true", "needless_opening", "open_with_found_passwords"),
            ("action = \"quarantine\"\nopen_with_found_passwords = 1", "wrong_value", "open_with_found_passwords"),
            ("action = \"hold-mail\"\ncode = \"corrupt\"", "needless_code", "code"),
            ("code = \"nonsense\"", "unknown_word", "code"),
            ("expires = \"2027-02-30\"", "wrong_value", "expires"),
            ("expires = \"2027-02-03T00:00:00\"", "wrong_value", "expires"),
            ("owner = \"\"", "wrong_value", "owner"),
            ("test = 1", "wrong_table", "test"),
            ("test = [{ name = \"t\" }]", "missing", "test.expect"),
            ("test = [{ name = \"t\", expect = \"R-9\" }]", "unknown_word", "test.expect"),
            ("test = [{ name = \"t\", expect = \"strip\", sender = \"x\" }]", "wrong_value", "test.sender"),
            ("test = [{ name = \"t\", expect = \"strip\", file = \"a/b\" }]", "wrong_value", "test.file"),
            ("priority = 1", "unknown_key", "priority"),
        ] {
            check(&rule("R-1", lines), &[(code, &format!("rule.R-1.{key}"))]);
        }
        let long = format!("when = {{ name_matches = \"{}\" }}", "a".repeat(when::MAX_REGEX + 1));
        check(&rule("R-1", &long), &[("wrong_value", "rule.R-1.when.name_matches")]);
    }

    #[test]
    fn what_is_missing_is_told_all_at_once() {
        check(
            "[[rule]]\n",
            &[
                ("missing", "rule.1.name"),
                ("missing", "rule.1.owner"),
                ("missing", "rule.1.reason_text"),
                ("missing", "rule.1.action"),
            ],
        );
    }

    #[test]
    fn names_that_mean_something_else_are_refused() {
        for name in ["default", "strip", "hold-mail", "規則", "", "a b"] {
            let found = faults(&[&rule(name, "")]);
            assert_eq!(found.len(), 1, "{name}: {found:?}");
        }
    }

    #[test]
    fn a_rule_that_could_never_match_is_refused() {
        for (earlier, later, dead) in [
            ("", "when = { class = \"text\" }", true),
            ("", "action = \"hold-mail\"", false),
            ("when = { class = [\"text\", \"image\"] }", "when = { class = \"text\", size_over = 5 }", true),
            ("when = { class = \"text\" }", "when = { class = [\"text\", \"image\"] }", false),
            ("when = { size_over = 5 }", "when = { size_over = 6 }", true),
            ("when = { size_over = 6 }", "when = { size_over = 5 }", false),
            ("when = { size_under = 5 }", "when = { size_under = 4 }", true),
            ("when = { sender = \"@a.jp\" }", "when = { sender = \"@A.jp\", encrypted = true }", true),
            ("when = { recipient = \"@a.jp\" }", "when = { sender = \"@a.jp\" }", false),
            ("when = { extension = \"a\" }", "when = { extension_only = \"a\" }", false),
            ("expires = \"2027-01-01\"", "", false),
            ("expires = \"2027-01-01\"", "expires = \"2026-12-31\"", true),
        ] {
            let found = faults(&[&rule("R-1", earlier), &rule("R-2", later)]);
            let expected = if dead { vec![("unreachable", "rule.R-2.when".to_owned())] } else { Vec::new() };
            assert_eq!(found, expected, "{earlier} / {later}");
        }
    }

    #[test]
    fn names_and_departments_are_shared_between_files() {
        let department = "[departments]\n\"総務課\" = \"@s.jp\"\n";
        let uses = rule("R-1", "when = { department = \"総務課\" }");
        assert_eq!(faults(&[&uses, department]), []);
        assert_eq!(faults(&[department, department]), [("repeated", "departments.総務課".to_owned())]);
        let other = rule("R-1", "when = { class = \"text\" }");
        assert_eq!(faults(&[&uses, department, &other]), [("repeated", "rule.R-1.name".to_owned())]);
    }

    #[test]
    fn more_rules_than_the_limit_are_refused() {
        let text: String = (0..=MAX_RULES).map(|n| rule(&format!("R-{n}"), "")).collect();
        check(&text, &[("too_many_rules", "rule")]);
    }

    #[test]
    fn the_most_rules_there_may_be_are_read() {
        let one = |n: usize| rule(&format!("R-{n}"), &format!("when = {{ size_over = {} }}", MAX_RULES - n));
        let text: String = (0..MAX_RULES).map(one).collect();
        assert_eq!(faults(&[&text]), []);
    }

    #[test]
    fn no_mail_address_is_repeated_in_a_message() {
        let text = rule("R-1", "when = { sender = [\"taro yamada@x.jp\"], recipient = \"hanako@\", class = \"a@b\" }");
        let errors = RuleSet::parse(&[("t".to_owned(), text)]).unwrap_err();
        assert_eq!(errors.faults.len(), 3);
        for language in [Language::Ja, Language::En] {
            assert!(!errors.render(language).contains("yamada") && !errors.render(language).contains("hanako"));
            assert!(!errors.render(language).contains("a@b"));
        }
    }

    proptest::proptest! {
        #[test]
        fn whatever_the_text_it_is_read_or_refused(text in "(\\[\\[rule\\]\\]\n|(name|owner|when|test) = (1|\"a\"|\\{ class = \"text\" \\}|\\[\\{\\}\\])\n|.)*") {
            if let Err(errors) = RuleSet::parse(&[("t".to_owned(), text)]) {
                proptest::prop_assert!(!errors.faults.is_empty() && errors.faults.len() <= MAX_FAULTS);
            }
        }
    }
}
