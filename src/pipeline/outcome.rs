//! From a decision and a worker's answers to what became of each part.
//!
//! Invariant: a part whose answer is missing or refused is kept back, whatever the rule wanted.

use std::collections::BTreeSet;

use crate::domain::password::MAX_CANDIDATES;
use crate::domain::{Action, Decision, Derivative, GroupDecision, PartDecision, PartOutcome, Password, Reason};
use crate::ports::{Answer, Order};

/// What the worker has to write for all groups that are not held, each thing once; not what `is_packed` of its parts.
pub(super) fn orders(decision: &Decision, is_packed: impl Fn(&PartDecision) -> bool) -> Vec<Order> {
    let wanted: BTreeSet<Order> = decision
        .groups
        .iter()
        .filter(|group| group.hold.is_none())
        .flat_map(|group| &group.parts)
        .filter(|part| part.action.needs_worker() && !is_packed(part))
        .map(|part| Order { path: part.path.clone(), action: part.action })
        .collect();
    wanted.into_iter().collect()
}

/// What became of each part, for one group.
pub(super) fn of_group(group: &GroupDecision, answers: &[Answer]) -> Vec<PartOutcome> {
    group.parts.iter().map(|part| of_part(part, answers)).collect()
}

/// The derivatives a group's mail is composed of.
pub(super) fn derivatives_of<'a>(
    outcomes: &[PartOutcome],
    answers: &'a [Answer],
    packed: &'a [Derivative],
) -> Vec<&'a Derivative> {
    outcomes.iter().filter_map(|outcome| written(outcome, answers, packed)).collect()
}

/// What was written of a part: by a worker as it was ordered, or of an archive on this side of the wall.
pub(super) fn written<'a>(
    outcome: &PartOutcome,
    answers: &'a [Answer],
    packed: &'a [Derivative],
) -> Option<&'a Derivative> {
    let digest = outcome.derivative?;
    let of_worker = answers.iter().filter_map(|answer| match answer {
        Answer::Written { order, derivative, .. } if order.action == outcome.action => Some(derivative),
        Answer::Written { .. } | Answer::Refused { .. } => None,
    });
    of_worker.chain(packed).find(|derivative| *derivative.path() == outcome.path && derivative.digest() == digest)
}

/// The derivative of an answer, if it has one.
pub(super) fn derivative(answer: Answer) -> Option<Derivative> {
    match answer {
        Answer::Written { derivative, .. } => Some(derivative),
        Answer::Refused { .. } => None,
    }
}

/// The passwords that the bodies name, each once.
pub(super) fn candidates(answers: &[Answer]) -> Vec<Password> {
    let mut all: Vec<Password> = Vec::new();
    for answer in answers {
        let Answer::Written { candidates, .. } = answer else { continue };
        for candidate in candidates {
            if all.len() < MAX_CANDIDATES && !all.contains(candidate) {
                all.push(candidate.clone());
            }
        }
    }
    all
}

fn of_part(part: &PartDecision, answers: &[Answer]) -> PartOutcome {
    let kept = |action: Action, reason: Option<Reason>| PartOutcome {
        path: part.path.clone(),
        action,
        reason,
        rule: part.rule.clone(),
        findings: Vec::new(),
        derivative: None,
        assurance: None,
    };
    if !part.action.needs_worker() {
        return kept(part.action, part.reason);
    }
    let ordered = |order: &Order| order.path == part.path && order.action == part.action;
    let answer = answers.iter().find(|answer| match answer {
        Answer::Written { order, .. } | Answer::Refused { order, .. } => ordered(order),
    });
    match answer {
        Some(Answer::Written { derivative, findings, .. }) => PartOutcome {
            findings: findings.clone(),
            derivative: Some(derivative.digest()),
            assurance: Some(derivative.about().assurance),
            ..kept(part.action, None)
        },
        Some(Answer::Refused { reason, .. }) => kept(Action::Quarantine, Some(*reason)),
        None => kept(Action::Quarantine, Some(Reason::ConvertFailed)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{PartPath, RuleName};

    fn part(path: &str, action: Action) -> PartDecision {
        PartDecision {
            path: path.parse().unwrap(),
            action,
            reason: None,
            rule: RuleName::try_from("R-1".to_owned()).unwrap(),
        }
    }

    fn group(hold: bool, parts: Vec<PartDecision>) -> GroupDecision {
        let hold = hold.then(|| RuleName::try_from("H-1".to_owned()).unwrap());
        GroupDecision { recipients: Vec::new(), hold, parts }
    }

    fn order(path: &str, action: Action) -> Order {
        Order { path: path.parse::<PartPath>().unwrap(), action }
    }

    #[test]
    fn each_thing_is_ordered_once_and_nothing_for_a_held_group() {
        let decision = Decision {
            rules: crate::domain::RuleVersion { digest: crate::domain::Digest::of(b"") },
            groups: vec![
                group(false, vec![part("1", Action::Text), part("2", Action::Quarantine)]),
                group(false, vec![part("1", Action::Text), part("2", Action::Rebuild)]),
                group(true, vec![part("3", Action::Rebuild)]),
            ],
        };
        assert_eq!(orders(&decision, |_| false), [order("1", Action::Text), order("2", Action::Rebuild)]);
        assert_eq!(orders(&decision, |part| part.action == Action::Rebuild), [order("1", Action::Text)]);
    }

    #[test]
    fn a_part_without_an_answer_or_with_a_refusal_is_kept_back() {
        let answers = [Answer::Refused { order: order("1", Action::Rebuild), reason: Reason::UnsupportedFormat }];
        let group = group(false, vec![part("1", Action::Rebuild), part("2", Action::Text)]);
        let outcomes = of_group(&group, &answers);
        let ends: Vec<_> = outcomes.iter().map(|outcome| (outcome.action, outcome.reason)).collect();
        assert_eq!(
            ends,
            [(Action::Quarantine, Some(Reason::UnsupportedFormat)), (Action::Quarantine, Some(Reason::ConvertFailed)),]
        );
        assert!(derivatives_of(&outcomes, &answers, &[]).is_empty());
    }
}
