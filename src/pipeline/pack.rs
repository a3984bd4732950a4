//! Archives that were opened: a new one of the members that were rebuilt.
//!
//! Refuses: an archive of which no member could be rebuilt; it is kept back whole, and each member says why. Invariant:
//! a member's own outcome stands, whatever becomes of the archive.

use super::outcome;
use crate::compose::archive::{self, Member, Missing};
use crate::compose::{ComposeError, Site};
use crate::domain::reason::Detail;
use crate::domain::{
    Action, Derivative, Facts, Finding, GroupDecision, Part, PartDecision, PartOutcome, PartPath, PartRole, Reason,
};
use crate::ports::Answer;

/// True for what is not ordered of a worker: its members are.
pub(super) fn is_packed(facts: &Facts, decision: &PartDecision) -> bool {
    let is_archive = |part: &Part| part.role == PartRole::Archive;
    decision.action == Action::Rebuild && facts.part(&decision.path).is_some_and(is_archive)
}

/// Writes the archives of a group, the innermost first, and settles their outcomes.
pub(super) fn pack(
    site: &Site,
    facts: &Facts,
    group: &GroupDecision,
    outcomes: &mut [PartOutcome],
    answers: &[Answer],
) -> Result<Vec<Derivative>, ComposeError> {
    let mut packed: Vec<Derivative> = Vec::new();
    // Reading order: what is inside comes later.
    for decision in group.parts.iter().rev().filter(|part| is_packed(facts, part)) {
        let inside: Vec<(&Part, &PartOutcome)> = outcomes
            .iter()
            .filter(|outcome| lies_in(&outcome.path, &decision.path))
            .filter_map(|outcome| Some((facts.part(&outcome.path)?, outcome)))
            .collect();
        let mut members = Vec::new();
        let mut missing = Vec::new();
        for (part, outcome) in inside {
            match outcome::written(outcome, answers, &packed) {
                Some(derivative) => members.push(Member { name: part.name.as_ref(), derivative }),
                None => missing.push(absent(site, part, outcome)),
            }
        }
        let new =
            if members.is_empty() { None } else { Some(archive::archive(site, &decision.path, &members, &missing)?) };
        let left_out = u32::try_from(missing.len()).unwrap_or(u32::MAX);
        if let Some(outcome) = outcomes.iter_mut().find(|outcome| outcome.path == decision.path) {
            settle(outcome, new.as_ref(), left_out);
        }
        packed.extend(new);
    }
    Ok(packed)
}

fn settle(outcome: &mut PartOutcome, new: Option<&Derivative>, left_out: u32) {
    let Some(new) = new else {
        outcome.action = Action::Quarantine;
        outcome.reason = Some(Reason::ArchiveMemberRemoved);
        return;
    };
    let found = |code, count| Finding { code, part: outcome.path.clone(), count };
    let mut findings = vec![found(Reason::ArchiveRebuilt, 1)];
    findings.extend((left_out > 0).then(|| found(Reason::ArchiveMemberRemoved, left_out)));
    outcome.action = Action::Rebuild;
    outcome.reason = None;
    outcome.findings = findings;
    outcome.derivative = Some(new.digest());
    outcome.assurance = Some(new.about().assurance);
}

/// True for the members of an archive at `outer`, but not for what is in archives inside it.
fn lies_in(path: &PartPath, outer: &PartPath) -> bool {
    path.is_inside(outer) && path.numbers().len() == outer.numbers().len() + 1
}

fn absent<'a>(site: &'a Site, part: &'a Part, outcome: &'a PartOutcome) -> Missing<'a> {
    let detail = Detail {
        rule: Some(outcome.rule.as_str()),
        extension: part.extensions.first().map(String::as_str).filter(|extension| extension.len() <= 16),
        class: Some(part.class),
        contact: Some(&site.contact),
        portal: !site.portal_url.is_empty(),
    };
    Missing { name: part.name.as_ref(), reason: outcome.reason.unwrap_or(Reason::RemovedByRule), detail }
}
