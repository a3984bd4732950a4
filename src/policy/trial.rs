//! The test cases beside the rules: a made-up part, and what the whole set must decide about it.
//!
//! Refuses: cases whose facts do not fit their types. Invariant: a case has exactly one recipient and one part.

use jiff::civil::Date;
use serde::Serialize;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::RuleSet;
use super::condition::Role;
use super::parse::{extensions, tables};
use super::read::{self, Reader};
use super::rule::Effect;
use crate::config::fault::{Position, Words};
use crate::domain::{
    Action, Authentication, Client, Decision, Digest, Envelope, Facts, FileName, Finding, HeaderFacts, Mailbox, Origin,
    Part, PartPath, Reason, ReversePath, RuleName, SenderFacts, Timestamp, TypeClass, TypeId,
};

const CASE_KEYS: &[&str] = &[
    "name",
    "role",
    "class",
    "type",
    "file",
    "extensions",
    "size",
    "encrypted",
    "finding",
    "mail_finding",
    "authentication",
    "sender",
    "recipient",
    "on",
    "expect",
];

/// One case.
#[derive(Debug, Clone)]
pub(super) struct Case {
    pub(super) name: String,
    pub(super) facts: Facts,
    /// The day it plays on; absent for the day of the run.
    pub(super) on: Option<Date>,
    pub(super) expectation: Expectation,
    pub(super) position: Position,
}

/// What a case expects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Expectation {
    Effect(Effect),
    Rule(RuleName),
}

/// How one case ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TestResult {
    /// The rule it stands beside.
    pub rule: RuleName,
    /// Its name.
    pub case: String,
    /// The file it came from.
    pub file: String,
    /// Where in the file.
    pub position: Position,
    /// What was expected: an action, or a rule.
    pub expected: String,
    /// What was decided: `quarantine by R-012`.
    pub decided: String,
    /// True if the expectation was met.
    pub passed: bool,
}

impl RuleSet {
    /// Runs the test cases of all rules, as of `today` unless a case names its day.
    #[must_use]
    pub fn run_tests(&self, today: Date) -> Vec<TestResult> {
        let mut results = Vec::new();
        for rule in self.rules() {
            for case in &rule.cases {
                let (hold, action, by) = outcome(&self.decide(&case.facts, case.on.unwrap_or(today)));
                let passed = match &case.expectation {
                    Expectation::Effect(Effect::HoldMail) => hold.is_some(),
                    Expectation::Effect(Effect::Part(expected)) => hold.is_none() && action == Some(*expected),
                    Expectation::Rule(expected) => hold.as_ref().or(by.as_ref()) == Some(expected),
                };
                results.push(TestResult {
                    rule: rule.name.clone(),
                    case: case.name.clone(),
                    file: rule.file.clone(),
                    position: case.position,
                    expected: case.expectation.text().to_owned(),
                    decided: decided(hold, action, by),
                    passed,
                });
            }
        }
        results
    }
}

impl Expectation {
    fn text(&self) -> &str {
        match self {
            Self::Effect(effect) => effect.as_str(),
            Self::Rule(name) => name.as_str(),
        }
    }

    fn parse(text: &str) -> Option<Self> {
        let rule = || RuleName::try_from(text.to_owned()).ok().map(Self::Rule);
        Effect::from_name(text).map(Self::Effect).or_else(rule)
    }
}

/// What was decided about the only part for the only recipient.
fn outcome(decision: &Decision) -> (Option<RuleName>, Option<Action>, Option<RuleName>) {
    let group = decision.groups.first();
    let part = group.and_then(|group| group.parts.first());
    (group.and_then(|group| group.hold.clone()), part.map(|part| part.action), part.map(|part| part.rule.clone()))
}

fn decided(hold: Option<RuleName>, action: Option<Action>, by: Option<RuleName>) -> String {
    let (effect, rule) = match hold {
        Some(rule) => (Effect::HOLD_MAIL, Some(rule)),
        None => (action.map_or("nothing", Action::as_str), by),
    };
    rule.map_or_else(|| effect.to_owned(), |rule| format!("{effect} by {rule}"))
}

/// The cases under `test`. `None` if a fault was reported.
pub(super) fn read(outer: &mut Reader<'_, '_>, tests: &Spanned<DeValue<'_>>) -> Option<Vec<Case>> {
    let tables = tables(outer, "test", tests)?;
    let mut reader = outer.inside("test");
    let cases: Vec<Option<Case>> = tables.into_iter().map(|(at, table)| case(&mut reader, at, table)).collect();
    let is_whole = reader.faults.is_empty();
    outer.faults.append(&mut reader.faults);
    if is_whole { cases.into_iter().collect() } else { None }
}

fn case(reader: &mut Reader<'_, '_>, at: usize, table: &DeTable<'_>) -> Option<Case> {
    reader.refuse_others(table, CASE_KEYS);
    let name = reader.required_text(table, "name", at)?;
    let expectation = match table.get("expect") {
        Some(value) => reader.word("expect", value, &effect_names(), Expectation::parse)?,
        None => {
            reader.report(at, "expect", read::missing("expect"));
            return None;
        }
    };
    let on = table.get("on").map(|value| reader.date("on", value));
    let facts = facts(reader, table)?;
    Some(Case { name, facts, on: on.flatten(), expectation, position: reader.document.position(at) })
}

fn facts(reader: &mut Reader<'_, '_>, table: &DeTable<'_>) -> Option<Facts> {
    let path = PartPath::new(vec![1])?;
    let part = part(reader, table, path.clone())?;
    let recipient = address(reader, table, "recipient", "staff@city.example.lg.jp")?;
    let sender = match table.get("sender").and_then(|value| value.get_ref().as_str()) {
        Some("<>") => ReversePath::null(),
        _ => ReversePath::of(address(reader, table, "sender", "sender@outside.example")?),
    };
    let mut findings = findings(reader, table, "finding", &path)?;
    findings.extend(self::findings(reader, table, "mail_finding", &PartPath::root())?);
    let authentication = match table.get("authentication") {
        Some(value) => word(reader, "authentication", value, Authentication::ALL, |outcome| outcome.as_str())?,
        None => Authentication::None,
    };
    let client = Client { address: std::net::Ipv4Addr::LOCALHOST.into(), helo: "test".to_owned(), tls: None };
    let forward_paths = vec![recipient];
    Some(Facts {
        received_at: Timestamp::from_millis(0),
        origin: Origin::Mail(Envelope { reverse_path: sender, forward_paths, client, eight_bit: false }),
        length: part.length,
        headers: HeaderFacts::default(),
        parts: vec![part],
        findings,
        ambiguities: Vec::new(),
        sender: SenderFacts::assumed(authentication),
    })
}

fn part(reader: &mut Reader<'_, '_>, table: &DeTable<'_>, path: PartPath) -> Option<Part> {
    let role = match table.get("role") {
        Some(value) => word(reader, "role", value, Role::ALL, |role| role.as_str())?,
        None => Role::Attachment,
    };
    let class = match table.get("class") {
        Some(value) => word(reader, "class", value, TypeClass::ALL, |class| class.as_str())?,
        None => TypeClass::Unknown,
    };
    let detected = checked(reader, table, "type", "unknown", |text| TypeId::try_from(text.to_owned()).ok())?;
    let name = match table.get("file") {
        Some(_) => Some(checked(reader, table, "file", "", |text| FileName::try_from(text.to_owned()).ok())?),
        None => None,
    };
    let extensions = match table.get("extensions") {
        Some(value) => extensions(reader, "extensions", value)?,
        None => name.iter().filter_map(FileName::extension).collect(),
    };
    let length = table.get("size").map_or(Some(1), |value| reader.number("size", value))?;
    let encrypted = table.get("encrypted").map_or(Some(false), |value| reader.boolean("encrypted", value))?;
    let declared = "application/octet-stream".to_owned();
    let (role, digest) = (role.into(), Digest::of(b""));
    Some(Part {
        path,
        role,
        declared,
        detected,
        class,
        name,
        folders: Vec::new(),
        extensions,
        length,
        digest,
        encrypted,
    })
}

fn findings(reader: &mut Reader<'_, '_>, table: &DeTable<'_>, key: &str, path: &PartPath) -> Option<Vec<Finding>> {
    let Some(value) = table.get(key) else { return Some(Vec::new()) };
    let codes = reader.list(key, value, |reader, item| word(reader, key, item, Reason::ALL, |reason| reason.code()))?;
    Some(codes.into_iter().map(|code| Finding { code, part: path.clone(), count: 1 }).collect())
}

fn address(reader: &mut Reader<'_, '_>, table: &DeTable<'_>, key: &str, usual: &str) -> Option<Mailbox> {
    checked(reader, table, key, usual, |text| Mailbox::parse(text).ok())
}

/// The value under `key`, or the `usual` one, turned into a checked type.
fn checked<T>(
    reader: &mut Reader<'_, '_>,
    table: &DeTable<'_>,
    key: &str,
    usual: &str,
    read: impl Fn(&str) -> Option<T>,
) -> Option<T> {
    let Some(value) = table.get(key) else { return read(usual) };
    let found = value.get_ref().as_str().and_then(read);
    reader.or_report(key, value, found, || {
        Words::new(format!("{key} に使える値を書いてください"), format!("write a value that fits {key}"))
    })
}

fn word<T: Copy>(
    reader: &mut Reader<'_, '_>,
    key: &str,
    value: &Spanned<DeValue<'_>>,
    all: &[T],
    name: impl Fn(T) -> &'static str,
) -> Option<T> {
    let names: Vec<&str> = all.iter().map(|one| name(*one)).collect();
    reader.word(key, value, &names, |text| all.iter().copied().find(|one| name(*one) == text))
}

fn effect_names() -> Vec<&'static str> {
    Effect::all().map(Effect::as_str).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULES: &str = r#"
[[rule]]
name = "M-1"
owner = "o"
reason_text = "r"
when = { sender = "<>" }
action = "hold-mail"

[[rule]]
name = "R-1"
owner = "o"
reason_text = "r"
when = { extension = "exe", encrypted = true }
action = "quarantine"
expires = 2026-12-31

[[rule.test]]
name = "t"
file = "a.exe"
encrypted = true
"#;

    /// Whether the case, with these lines added, passes; and what was decided.
    fn check(lines: &str, passed: bool, decided: &str) {
        let rules = RuleSet::parse(&[("t".to_owned(), format!("{RULES}{lines}\n"))]).unwrap();
        let results = rules.run_tests(jiff::civil::date(2026, 11, 23));
        assert_eq!(results.len(), 1, "{lines}");
        assert_eq!((results[0].passed, results[0].decided.as_str()), (passed, decided), "{lines}");
        assert_eq!((results[0].rule.as_str(), results[0].position.line), ("R-1", 17));
    }

    #[test]
    fn a_case_expects_an_action_or_a_rule() {
        check("expect = \"quarantine\"", true, "quarantine by R-1");
        check("expect = \"R-1\"", true, "quarantine by R-1");
        check("expect = \"strip\"", false, "quarantine by R-1");
        check("expect = \"M-1\"", false, "quarantine by R-1");
        check("expect = \"default\"\nextensions = [\"txt\"]", true, "quarantine by default");
    }

    #[test]
    fn a_held_mail_meets_only_the_expectation_of_being_held() {
        check("expect = \"hold-mail\"\nsender = \"<>\"", true, "hold-mail by M-1");
        check("expect = \"M-1\"\nsender = \"<>\"", true, "hold-mail by M-1");
        check("expect = \"quarantine\"\nsender = \"<>\"", false, "hold-mail by M-1");
        check("expect = \"R-1\"\nsender = \"<>\"", false, "hold-mail by M-1");
        check("expect = \"hold-mail\"", false, "quarantine by R-1");
    }

    #[test]
    fn a_case_says_how_the_check_of_its_sender_ended() {
        const STRICT: &str = "[[rule]]\nname = \"R-1\"\nowner = \"o\"\nreason_text = \"r\"\n\
            when = { authentication = [\"failed\", \"none\"] }\naction = \"quarantine\"\n\
            [[rule]]\nname = \"R-2\"\nowner = \"o\"\nreason_text = \"r\"\naction = \"rebuild\"\n";
        for (line, decided) in [
            ("authentication = \"passed\"", "rebuild by R-2"),
            ("authentication = \"failed\"", "quarantine by R-1"),
            ("authentication = \"none\"", "quarantine by R-1"),
            ("", "quarantine by R-1"),
        ] {
            let text = format!("{STRICT}[[rule.test]]\nname = \"t\"\nexpect = \"strip\"\n{line}\n");
            let results = RuleSet::parse(&[("t".to_owned(), text)]).unwrap().run_tests(jiff::civil::date(2026, 11, 23));
            assert_eq!(results[0].decided, decided, "{line}");
        }
        let wrong = format!("{STRICT}[[rule.test]]\nname = \"t\"\nexpect = \"strip\"\nauthentication = \"perhaps\"\n");
        assert!(RuleSet::parse(&[("t".to_owned(), wrong)]).is_err());
    }

    #[test]
    fn a_case_may_play_on_another_day() {
        check("expect = \"default\"\non = \"2027-01-01\"", true, "quarantine by default");
    }
}
