//! The way to a decision: which rules were looked at, and what did not hold.
//!
//! Invariant: for each thing explained, exactly the last explanation matched, and its rule is the one that decided;
//! a mail that no rule holds has no match.

use jiff::civil::Date;

use super::RuleSet;
use super::condition::{Condition, Subject};
use super::decide::{is_kept_mail, mail_subjects};
use super::pattern::Person;
use super::rule::Rule;
use crate::domain::{Explanation, Facts, Mailbox, PartPath, RuleName};

impl RuleSet {
    /// Explains [`Self::decide`] for the first recipient of each group: the mail as a whole, then each part.
    #[must_use]
    pub fn explain(&self, facts: &Facts, today: Date) -> Vec<Explanation> {
        let sender = facts.origin.sender().map(Person::from);
        let mut explanations = Vec::new();
        for group in self.decide(facts, today).groups {
            let Some(recipient) = group.recipients.first() else { continue };
            let mut walk = Walk { recipient, person: Person::from(recipient), path: None, today, explanations };
            walk.along(self.about(true), |rule, person| fails_for_mail(rule, facts, sender.as_ref(), person));
            for part in &facts.parts {
                let subject = Subject { facts, sender: sender.as_ref(), part: Some(part) };
                walk.path = Some(part.path.clone());
                // Kept back with its mail: the rule about the mail decided, whatever the others say of the part.
                let mail = group.parts.iter().find(|mail| part.path.is_inside(&mail.path) && is_kept_mail(facts, mail));
                if let Some(mail) = mail {
                    walk.note(mail.rule.clone(), None);
                } else if !walk.along(self.about(false), |rule, person| first_failure(rule, &subject, person).1) {
                    walk.note(RuleName::last_resort(), None);
                }
            }
            explanations = walk.explanations;
        }
        explanations
    }

    fn about(&self, mail: bool) -> impl Iterator<Item = &Rule> {
        self.rules().iter().filter(move |rule| rule.effect.is_about_mail() == mail)
    }
}

struct Walk<'f> {
    recipient: &'f Mailbox,
    person: Person,
    path: Option<PartPath>,
    today: Date,
    explanations: Vec<Explanation>,
}

impl Walk<'_> {
    /// Looks at rules until one matches; true if one did.
    fn along<'r>(
        &mut self,
        rules: impl Iterator<Item = &'r Rule>,
        fails: impl Fn(&Rule, &Person) -> Option<String>,
    ) -> bool {
        for rule in rules {
            let failed = match rule.expires {
                Some(last) if !rule.is_live(self.today) => Some(format!("expires = \"{last}\"")),
                _ => fails(rule, &self.person),
            };
            let matched = failed.is_none();
            self.note(rule.name.clone(), failed);
            if matched {
                return true;
            }
        }
        false
    }

    fn note(&mut self, rule: RuleName, failed: Option<String>) {
        let (recipient, path) = (self.recipient.clone(), self.path.clone());
        self.explanations.push(Explanation { recipient, path, rule, matched: failed.is_none(), failed });
    }
}

/// How many conditions hold before the first that does not, and that one as written.
fn first_failure(rule: &Rule, subject: &Subject<'_>, person: &Person) -> (usize, Option<String>) {
    let holds = |condition: &Condition| condition.holds(subject) && condition.holds_for(person);
    let held = rule.when.iter().take_while(|condition| holds(condition)).count();
    (held, rule.when.get(held).map(ToString::to_string))
}

/// The failure on the part that comes nearest to matching.
fn fails_for_mail(rule: &Rule, facts: &Facts, sender: Option<&Person>, person: &Person) -> Option<String> {
    let failures = mail_subjects(rule, facts, sender).map(|subject| first_failure(rule, &subject, person));
    let nearest = failures.max_by_key(|(held, _)| *held);
    // A mail without parts has nothing that a condition on parts could hold on.
    nearest.map_or_else(|| rule.when.first().map(ToString::to_string), |(_, failed)| failed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::PartRole;

    const RULES: &str = r#"
[[rule]]
name = "M-1"
owner = "o"
reason_text = "r"
when = { class = "script", encrypted = true }
action = "hold-mail"

[[rule]]
name = "R-1"
owner = "o"
reason_text = "r"
when = { class = ["text", "image"] }
action = "rebuild"
expires = 2020-01-01

[[rule]]
name = "R-2"
owner = "o"
reason_text = "r"
when = { class = "script", recipient = "@other.jp" }
action = "strip"

[[rule]]
name = "R-3"
owner = "o"
reason_text = "r"
action = "hold"

[[rule.test]]
name = "t"
class = "script"
expect = "hold"
"#;

    #[test]
    fn each_step_names_the_first_condition_that_did_not_hold() {
        let rules = RuleSet::parse(&[("t".to_owned(), RULES.to_owned())]).unwrap();
        let facts = &rules.rules()[3].cases[0].facts;
        let steps: Vec<String> = rules
            .explain(facts, jiff::civil::date(2026, 11, 23))
            .into_iter()
            .map(|step| {
                let path = step.path.map_or("mail".to_owned(), |path| path.to_string());
                format!("{path} {} {}", step.rule, step.failed.unwrap_or("matched".to_owned()))
            })
            .collect();
        assert_eq!(
            steps,
            [
                "mail M-1 encrypted = true",
                "1 R-1 expires = \"2020-01-01\"",
                "1 R-2 recipient = [\"@other.jp\"]",
                "1 R-3 matched",
            ]
        );
    }

    #[test]
    fn what_is_kept_back_with_its_mail_is_explained_by_the_rule_about_the_mail() {
        let text = "[[rule]]\nname = \"R-1\"\nowner = \"o\"\nreason_text = \"r\"\n\
            when = { role = \"enclosed\" }\naction = \"quarantine\"\n\
            [[rule]]\nname = \"R-2\"\nowner = \"o\"\nreason_text = \"r\"\naction = \"rebuild\"\n\
            [[rule.test]]\nname = \"t\"\nclass = \"text\"\nexpect = \"rebuild\"\n";
        let rules = RuleSet::parse(&[("t".to_owned(), text.to_owned())]).unwrap();
        let mut facts = rules.rules()[1].cases[0].facts.clone();
        let file = facts.parts[0].clone();
        let at = |path: &str, role| crate::domain::Part { path: path.parse().unwrap(), role, ..file.clone() };
        facts.parts = vec![at("1", PartRole::Enclosed), at("1.1", PartRole::Attachment), at("2", PartRole::Attachment)];
        let day = jiff::civil::date(2026, 11, 23);
        let matched: Vec<String> = rules
            .explain(&facts, day)
            .into_iter()
            .filter(|step| step.matched)
            .map(|step| format!("{} {}", step.path.unwrap(), step.rule))
            .collect();
        assert_eq!(matched, ["1 R-1", "1.1 R-1", "2 R-2"]);
        let decided = rules.decide(&facts, day);
        let decided = decided.groups[0].parts.iter().map(|part| format!("{} {}", part.path, part.rule));
        assert_eq!(decided.collect::<Vec<_>>(), matched);
    }
}
