//! The one spelling of a set of rules, from which its version is computed.
//!
//! Left out: comments, test cases, places. Kept: what decides, and who answers for it and why.
//! Invariant: the text is TOML that parses to rules with this very text.

use std::fmt::Write as _;
use std::sync::Arc;

use super::condition::{list, quoted};
use super::rule::{Department, Rule};

/// The canonical text. Departments are sorted by name; rules keep their order.
pub(super) fn text(departments: &[Arc<Department>], rules: &[Rule]) -> String {
    let mut text = String::from("[departments]\n");
    for department in departments {
        // Writing to a string cannot fail.
        write!(text, "{} = ", quoted(&department.name)).ok();
        list(&mut text, &department.members).ok();
        text.push('\n');
    }
    for rule in rules {
        write!(
            text,
            "\n[[rule]]\nname = {}\nowner = {}\nreason_text = {}\nwhen = {{ {} }}\naction = {}\n",
            quoted(rule.name.as_str()),
            quoted(&rule.owner),
            quoted(&rule.reason_text),
            rule.conditions().collect::<Vec<_>>().join(", "),
            quoted(rule.effect.as_str()),
        )
        .ok();
        if let Some(code) = rule.code {
            writeln!(text, "code = {}", quoted(code.code())).ok();
        }
        if rule.opens_with_passwords {
            text.push_str("open_with_found_passwords = true\n");
        }
        if let Some(day) = rule.expires {
            writeln!(text, "expires = \"{day}\"").ok();
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use crate::policy::RuleSet;

    fn parse(text: &str) -> RuleSet {
        RuleSet::parse(&[("t".to_owned(), text.to_owned())]).unwrap()
    }

    const RULES: &str = r#"
        # a comment
        [departments]
        "総務課" = ["B@x.jp", "@a.jp"]
        [[rule]]
        name = "R-1"
        owner = "o\"'\\o"
        reason_text = "理由"
        when = { class = ["script", "executable", "script"], department = "総務課", name_matches = "^a\\.b$" }
        action = "quarantine"
        expires = 2027-03-31
        [[rule.test]]
        name = "t"
        class = "script"
        expect = "quarantine"
    "#;

    #[test]
    fn the_canonical_text_reads_back_as_itself() {
        let rules = parse(RULES);
        let again = parse(rules.canonical());
        assert_eq!(again.canonical(), rules.canonical());
        assert_eq!(again.version(), rules.version());
    }

    #[test]
    fn spelling_does_not_change_the_version_and_meaning_does() {
        let version = parse(RULES).version();
        for same in [
            RULES.replace("# a comment", ""),
            RULES.replace("expires = 2027-03-31", "expires = \"2027-03-31\""),
            RULES.replace("[\"script\", \"executable\", \"script\"]", "[ \"executable\", \"script\" ]"),
            RULES.replace("B@x.jp", "b@X.jp"),
            RULES.replace("action = \"quarantine\"", "action = \"quarantine\"\ncode = \"quarantined_by_rule\""),
            RULES.replace("expires", "open_with_found_passwords = false\nexpires"),
            RULES.split("[[rule.test]]").next().unwrap().to_owned(),
        ] {
            assert_eq!(parse(&same).version(), version, "{same}");
        }
        for other in [
            RULES.replace("R-1", "R-2"),
            RULES.replace("理由", "別の理由"),
            RULES.replace("2027-03-31", "2027-04-01"),
            RULES.replace("@a.jp", ".a.jp"),
            RULES.replace("\"script\", \"exe", "\"unknown\", \"exe"),
            RULES.replace("action = \"quarantine\"", "action = \"strip\""),
            RULES.replace("^a", "^b"),
            RULES.replace("expires", "open_with_found_passwords = true\nexpires"),
        ] {
            assert_ne!(parse(&other).version(), version, "{other}");
        }
    }
}
