//! What staff are shown of an item, as rows: one per recipient, made when the item is concluded; alike in both kinds of
//! database.
//!
//! Refuses nothing; what a worker said was checked before. Invariant: a row tells of its own recipient's outcome only, and
//! what is searched is folded.

pub(super) mod bytes;
pub(super) mod lines;
mod query;
mod reading;

pub(super) use reading::{Fetching, Found, SettingAside, postgres, sqlite};

use super::rows::{to_column, to_json};
use crate::domain::{
    Action, Arrival, ArrivalFile, ArrivalState, Decision, Derivative, Digest, Facts, Finding, GroupDecision,
    HeaderFacts, Mailbox, Outbound, PartDecision, PartOutcome, PartPath, PartRole, Reason, Rebuilt, SenderFacts,
    folded,
};
use crate::ports::{Conclusion, HandedName, Lease, StoreError};

/// A row of `arrival`.
#[derive(Debug)]
pub(super) struct ArrivalRow {
    /// In lower case.
    pub(super) mailbox: String,
    pub(super) received_at: i64,
    pub(super) state: &'static str,
    pub(super) has_files: bool,
    pub(super) attachments: i64,
    pub(super) length: i64,
    pub(super) sender: String,
    pub(super) subject: String,
    pub(super) files: String,
    /// Empty if it has none.
    pub(super) message_id: String,
    /// JSON.
    pub(super) about: String,
}

impl ArrivalRow {
    /// The row of what one mailbox got.
    pub(super) fn of(arrival: &Arrival, state: ArrivalState) -> Result<Self, StoreError> {
        let attachments = arrival.parts.iter().filter(|file| file.is_file()).count();
        Ok(Self {
            mailbox: lower(&arrival.mailbox),
            received_at: arrival.received_at.millis(),
            state: state.as_str(),
            has_files: arrival.has_files(),
            attachments: to_column(attachments),
            length: to_column(arrival.length),
            sender: sender(arrival),
            subject: folded(arrival.headers.subject.as_deref().unwrap_or_default()),
            files: files(&arrival.parts),
            message_id: arrival.headers.message_id.as_ref().map(|id| folded_id(id.as_str())).unwrap_or_default(),
            about: to_json(arrival)?,
        })
    }
}

/// Names and addresses of the authors, and the reverse path, one per line.
fn sender(arrival: &Arrival) -> String {
    let authors = arrival.headers.from.iter().flat_map(|author| [author.name.as_str(), author.address.as_str()]);
    let mut lines: Vec<String> = Vec::new();
    for line in authors.chain([arrival.reverse_path.as_str()]).map(folded) {
        if !line.is_empty() && !lines.contains(&line) {
            lines.push(line);
        }
    }
    lines.join("\n")
}

/// The names they came with and those they are handed out under, one per line.
pub(super) fn files(parts: &[ArrivalFile]) -> String {
    let mut lines: Vec<String> = Vec::new();
    for file in parts.iter().filter(|file| file.is_file() || file.part.name.is_some()) {
        let came_as = file.part.name.as_ref().map(|name| name.as_str());
        for name in came_as.into_iter().chain(file.now.as_ref().map(|now| now.name.as_str())).map(folded) {
            if !lines.contains(&name) {
                lines.push(name);
            }
        }
    }
    lines.join("\n")
}

/// As it is stored and sought: without its angle brackets.
pub(super) fn folded_id(id: &str) -> String {
    folded(id.trim_start_matches('<').trim_end_matches('>'))
}

/// The rows that a conclusion leaves; none if it is none.
pub(super) fn rows(lease: &Lease, conclusion: &Conclusion) -> Result<Vec<ArrivalRow>, StoreError> {
    let mut rows: Vec<ArrivalRow> = Vec::new();
    for (arrival, state) in arrivals(lease, conclusion) {
        let row = ArrivalRow::of(&arrival, state)?;
        // Two spellings of one mailbox.
        if rows.iter().all(|other| other.mailbox != row.mailbox) {
            rows.push(row);
        }
    }
    Ok(rows)
}

fn arrivals(lease: &Lease, conclusion: &Conclusion) -> Vec<(Arrival, ArrivalState)> {
    match conclusion {
        Conclusion::Sanitized { facts, decision, derivatives, mails, names, outcomes, .. } => {
            let written = Written { derivatives, names, mails, outcomes };
            of_groups(lease, facts, decision, &written)
        }
        Conclusion::Held { facts, decision, .. } => {
            of_groups(lease, facts, decision, &Written { derivatives: &[], names: &[], mails: &[], outcomes: &[] })
        }
        Conclusion::Quarantined { reason, .. } => {
            let recipients = lease.origin.recipients().iter();
            recipients.map(|mailbox| (unread(lease, mailbox, *reason), ArrivalState::Withheld)).collect()
        }
        Conclusion::Deferred { .. } => Vec::new(),
    }
}

/// Of an item that could not be inspected: why, and nothing else.
fn unread(lease: &Lease, mailbox: &Mailbox, reason: Reason) -> Arrival {
    Arrival {
        id: lease.key.id,
        mailbox: mailbox.clone(),
        received_at: lease.received_at,
        length: lease.length,
        reverse_path: lease.origin.reverse_path().as_str().to_owned(),
        headers: HeaderFacts::default(),
        sender: SenderFacts::default(),
        uploaded_by: lease.origin.upload().map(|upload| upload.by),
        findings: vec![Finding { code: reason, part: PartPath::root(), count: 1 }],
        parts: Vec::new(),
    }
}

/// What was written of an item.
struct Written<'a> {
    derivatives: &'a [Derivative],
    names: &'a [HandedName],
    mails: &'a [Outbound],
    /// Of an upload, which leaves in no mail.
    outcomes: &'a [PartOutcome],
}

impl Written<'_> {
    /// What became of the parts for a recipient. Mails about other items come after the item's own.
    fn outcomes(&self, group: &GroupDecision, recipient: &Mailbox) -> Vec<PartOutcome> {
        if !self.outcomes.is_empty() {
            return self.outcomes.to_vec();
        }
        let own = self.mails.iter().find(|mail| mail.forward_paths.contains(recipient));
        own.map_or_else(|| group.parts.iter().map(|part| kept(part, None)).collect(), |mail| mail.outcomes.clone())
    }

    fn of(&self, outcome: &PartOutcome) -> Option<Rebuilt> {
        let digest = outcome.derivative?;
        let is_it = |one: &&Derivative| *one.path() == outcome.path && one.digest() == digest;
        let derivative = self.derivatives.iter().find(is_it)?;
        let about = derivative.about();
        Some(Rebuilt {
            digest,
            length: u64::try_from(derivative.bytes().len()).unwrap_or(u64::MAX),
            name: self.name(&outcome.path, digest),
            media_type: about.media_type.clone(),
            sanitizer: about.sanitizer.clone(),
            links: about.links.clone(),
            places: about.places.clone(),
        })
    }

    fn name(&self, part: &PartPath, digest: Digest) -> String {
        let named = self.names.iter().find(|one| one.part == *part && one.digest == digest);
        named.map(|one| one.name.clone()).unwrap_or_default()
    }
}

/// A part that no worker was asked for; `held` if nobody was, because of a rule.
fn kept(part: &PartDecision, held: Option<&crate::domain::RuleName>) -> PartOutcome {
    let (action, reason) = match held {
        Some(_) => (Action::Hold, Some(Reason::QuarantinedByRule)),
        None if part.action.needs_worker() => (Action::Quarantine, Some(Reason::ConvertFailed)),
        None => (part.action, part.reason),
    };
    PartOutcome {
        path: part.path.clone(),
        action,
        reason,
        rule: held.unwrap_or(&part.rule).clone(),
        findings: Vec::new(),
        derivative: None,
        assurance: None,
    }
}

fn of_groups(lease: &Lease, facts: &Facts, decision: &Decision, written: &Written<'_>) -> Vec<(Arrival, ArrivalState)> {
    let mut all = Vec::new();
    for group in &decision.groups {
        let held = group.hold.as_ref().filter(|_| !lease.released);
        for recipient in &group.recipients {
            let outcomes = match held {
                Some(_) => group.parts.iter().map(|part| kept(part, held)).collect(),
                None => written.outcomes(group, recipient),
            };
            let arrival = arrival(lease, facts, recipient, &outcomes, written);
            let state = if held.is_some() { ArrivalState::Checking } else { ArrivalState::concluded(&arrival.parts) };
            all.push((arrival, state));
        }
    }
    all
}

fn arrival(
    lease: &Lease,
    facts: &Facts,
    recipient: &Mailbox,
    outcomes: &[PartOutcome],
    written: &Written<'_>,
) -> Arrival {
    // The less rich twin of a body is not shown.
    let shown = facts.parts.iter().filter(|part| part.role != PartRole::Alternative);
    let parts: Vec<ArrivalFile> = shown
        .filter_map(|part| {
            let outcome = outcomes.iter().find(|outcome| outcome.path == part.path)?.clone();
            let findings = facts.findings.iter().filter(|finding| finding.part == part.path).cloned().collect();
            let now = written.of(&outcome);
            Some(ArrivalFile { part: part.clone(), findings, outcome, now })
        })
        .collect();
    let of_a_part = |finding: &&Finding| parts.iter().any(|file| file.part.path == finding.part);
    let findings = facts.findings.iter().filter(|finding| !of_a_part(finding)).cloned().collect();
    Arrival {
        id: lease.key.id,
        mailbox: recipient.clone(),
        received_at: facts.received_at,
        length: facts.length,
        reverse_path: facts.origin.reverse_path().as_str().to_owned(),
        headers: facts.headers.clone(),
        sender: facts.sender.clone(),
        uploaded_by: facts.origin.upload().map(|upload| upload.by),
        findings,
        parts,
    }
}

/// A mailbox as rows name it.
pub(super) fn lower(mailbox: &Mailbox) -> String {
    mailbox.as_str().to_ascii_lowercase()
}
