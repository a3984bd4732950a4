//! What is allowed in rules but worth a look: rules whose day has passed, rules without a test case.

use jiff::civil::Date;

use super::RuleSet;
use super::rule::Rule;
use crate::config::fault::{Fault, Problem, Words};

impl RuleSet {
    /// Remarks on the rules as of `today`; `check --strict` takes them for mistakes.
    #[must_use]
    pub fn remarks(&self, today: Date) -> Vec<Fault> {
        let mut remarks = Vec::new();
        for rule in self.rules() {
            if !rule.is_live(today) {
                remarks.push(remark(rule, "expires", expired()));
            }
            if rule.cases.is_empty() {
                remarks.push(remark(rule, "test", untested()));
            }
        }
        remarks
    }
}

fn remark(rule: &Rule, key: &str, problem: Problem) -> Fault {
    let key = format!("rule.{}.{key}", rule.name);
    Fault { source: rule.file.clone(), position: Some(rule.position), key, problem }
}

fn expired() -> Problem {
    Problem {
        code: "expired_rule",
        what: Words::new("期限が過ぎたため、当てはまりません", "its last day has passed, so it never matches"),
        instead: Words::new("消すか、期限を延ばしてください", "remove it, or set a later day"),
    }
}

fn untested() -> Problem {
    Problem {
        code: "untested_rule",
        what: Words::new("試験の例がありません", "no test case stands beside it"),
        instead: Words::new("[[rule.test]] に例を書いてください", "write one under [[rule.test]]"),
    }
}
