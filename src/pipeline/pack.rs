//! Archives that were opened: a new one of the members that were rebuilt.
//!
//! Refuses: an archive of which no member could be rebuilt; it is kept back whole, and each member says why. Invariant:
//! a member's own outcome stands, whatever becomes of the archive.

use super::outcome;
use crate::compose::archive::{self, Content, Member, Missing, Text};
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
        let (members, missing) =
            sorted(site, facts, &decision.path, outcomes, |outcome| outcome::written(outcome, answers, &packed));
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

/// What is in the archive at `path`, what was written of it and what was not; not what is in archives inside it.
fn sorted<'a>(
    site: &'a Site,
    facts: &'a Facts,
    path: &PartPath,
    outcomes: &'a [PartOutcome],
    written: impl Fn(&PartOutcome) -> Option<&'a Derivative>,
) -> (Vec<Member<'a>>, Vec<Missing<'a>>) {
    let mut members: Vec<Member<'a>> = Vec::new();
    let mut missing = Vec::new();
    let mut mail_of_last: Option<&PartPath> = None;
    let mut closed: Option<&PartPath> = None;
    for outcome in outcomes.iter().filter(|outcome| outcome.path.is_inside(path)) {
        let Some(part) = facts.part(&outcome.path).filter(|part| part.role != PartRole::Alternative) else { continue };
        let mut around =
            facts.parts.iter().filter(|other| other.path.is_inside(path) && part.path.is_inside(&other.path));
        if around.clone().any(|other| other.role == PartRole::Archive) {
            continue;
        }
        let mail = around.find(|other| other.role == PartRole::Enclosed);
        let Some(derivative) = written(outcome) else {
            // What a mail keeps back with itself is told with it.
            if closed.is_none_or(|mail| !part.path.is_inside(mail)) {
                missing.push(absent(site, facts, part, outcome));
                closed = Some(&part.path).filter(|_| part.role == PartRole::Enclosed).or(closed);
            }
            continue;
        };
        let mail = mail.or_else(|| Some(part).filter(|part| part.role == PartRole::Enclosed));
        let Some(mail) = mail else {
            members.push(Member {
                folders: &part.folders,
                name: part.name.as_ref(),
                content: Content::File(derivative),
            });
            continue;
        };
        if mail_of_last != Some(&mail.path) {
            let content = Content::Mail { texts: Vec::new(), attachments: Vec::new() };
            members.push(Member { folders: &mail.folders, name: mail.name.as_ref(), content });
            mail_of_last = Some(&mail.path);
        }
        if let Some(Member { content: Content::Mail { texts, attachments }, .. }) = members.last_mut() {
            match part.role {
                PartRole::Attachment | PartRole::Archive => attachments.push((part.name.as_ref(), derivative)),
                PartRole::Enclosed | PartRole::Body | PartRole::Alternative => {
                    texts.push(Text { begins_mail: part.role == PartRole::Enclosed, derivative });
                }
            }
        }
    }
    (members, missing)
}

fn absent<'a>(site: &'a Site, facts: &Facts, part: &'a Part, outcome: &'a PartOutcome) -> Missing<'a> {
    let detail = Detail {
        rule: Some(outcome.rule.as_str()),
        contact: Some(&site.contact),
        portal: !site.portal_url.is_empty(),
        ..part.detail()
    };
    let place = archive::place(facts, part, site.language);
    Missing { place, reason: outcome.reason.unwrap_or(Reason::RemovedByRule), detail }
}
