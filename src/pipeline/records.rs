//! The audit records of processing: paths, types, digests, methods, rules; no names of files, no text of mails.

use serde_json::{Value, json};

use super::notices::Notices;
use crate::domain::{
    AuditEvent, Decision, Derivative, Event, Facts, Finding, ItemId, Outbound, PartOutcome, Reason, Timestamp,
};
use crate::ports::{Lease, Opened, Trial};

/// A worker told what the item is.
pub(super) fn inspected(lease: &Lease, facts: &Facts, at: Timestamp) -> AuditEvent {
    let parts: Vec<Value> = facts
        .parts
        .iter()
        .map(|part| {
            json!({
                "path": part.path,
                "role": part.role,
                "declared": part.declared,
                "detected": part.detected,
                "class": part.class,
                "length": part.length,
                "sha256": part.digest,
                "encrypted": part.encrypted,
            })
        })
        .collect();
    let details = json!({
        "attempt": lease.attempt,
        "authentication": facts.sender.authentication(),
        "findings": findings(&facts.findings),
        "parts": parts,
    });
    event(lease, Event::Inspected, at, details)
}

/// The rules decided.
pub(super) fn decided(lease: &Lease, decision: &Decision, at: Timestamp) -> AuditEvent {
    event(lease, Event::Decided, at, json!({ "rules": decision.rules.digest, "groups": decision.groups }))
}

/// A rule holds the mail for everybody.
pub(super) fn held(lease: &Lease, decision: &Decision, notices: &Notices, at: Timestamp) -> AuditEvent {
    let rules: Vec<_> = decision.groups.iter().filter_map(|group| group.hold.as_ref()).collect();
    let mut details = json!({ "by": rules, "notices": told(&notices.mails) });
    say_left_out(&mut details, notices);
    event(lease, Event::Held, at, details)
}

/// Parts were rebuilt and mails composed; the recipients for whom a rule holds the mail get notices.
pub(super) fn sanitized(
    lease: &Lease,
    mails: &[Outbound],
    notices: &Notices,
    derivatives: &[Derivative],
    at: Timestamp,
) -> AuditEvent {
    let mut details = json!({ "original_sha256": lease.digest, "mails": written(mails, derivatives) });
    if let (false, Some(details)) = (notices.mails.is_empty(), details.as_object_mut()) {
        details.insert("notices".to_owned(), Value::from(told(&notices.mails)));
    }
    say_left_out(&mut details, notices);
    event(lease, Event::Sanitized, at, details)
}

/// A mail that came later named a password that opens files of `item`; its own lease ends with what was written of them.
pub(super) fn password_opened(
    item: ItemId,
    lease: &Lease,
    mails: &[Outbound],
    derivatives: &[Derivative],
    at: Timestamp,
) -> AuditEvent {
    let details = json!({ "source": lease.key.id, "mails": written(mails, derivatives) });
    AuditEvent { item: Some(item), ..event(lease, Event::PasswordOpened, at, details) }
}

/// Passwords that somebody typed open files of an item.
pub(super) fn typed_opened(trial: &Trial, opened: &Opened, mail: Option<&Outbound>, at: Timestamp) -> AuditEvent {
    let groups: Vec<Value> = opened
        .groups
        .iter()
        .map(|(recipients, outcomes)| {
            let parts: Vec<Value> = outcomes.iter().map(|outcome| method(outcome, &opened.derivatives)).collect();
            json!({ "recipients": recipients, "parts": parts })
        })
        .collect();
    let mails = written(mail.map(std::slice::from_ref).unwrap_or_default(), &opened.derivatives);
    typed(trial, Event::PasswordOpened, at, json!({ "offer": trial.offer.id, "groups": groups, "mails": mails }))
}

/// None of them opens it.
pub(super) fn typed_wrong(trial: &Trial, at: Timestamp) -> AuditEvent {
    let count = trial.offer.passwords.len();
    typed(trial, Event::PasswordsWrong, at, json!({ "offer": trial.offer.id, "count": count }))
}

/// They could not be tried.
pub(super) fn typed_deferred(trial: &Trial, why: &str, at: Timestamp) -> AuditEvent {
    let details = json!({ "offer": trial.offer.id, "attempt": trial.attempt, "why": why });
    AuditEvent { actor: "process".to_owned(), ..typed(trial, Event::Deferred, at, details) }
}

fn typed(trial: &Trial, event: Event, at: Timestamp, details: Value) -> AuditEvent {
    AuditEvent { at, event, item: Some(trial.key.id), actor: trial.actor.clone(), details }
}

fn written(mails: &[Outbound], derivatives: &[Derivative]) -> Vec<Value> {
    let one = |(number, mail): (u32, &Outbound)| {
        let parts: Vec<Value> = mail.outcomes.iter().map(|outcome| method(outcome, derivatives)).collect();
        json!({
            "mail": number,
            "message_id": mail.message_id,
            "recipients": mail.forward_paths,
            "sha256": mail.mail.digest(),
            "length": mail.mail.bytes().len(),
            "parts": parts,
        })
    };
    (0u32..).zip(mails).map(one).collect()
}

/// An attempt failed.
pub(super) fn deferred(lease: &Lease, retry_at: Timestamp, why: &str, at: Timestamp) -> AuditEvent {
    let details = json!({ "attempt": lease.attempt, "retry_at": retry_at.to_string(), "why": why });
    event(lease, Event::Deferred, at, details)
}

/// The item went into quarantine as a whole.
pub(super) fn quarantined(lease: &Lease, reason: Reason, notices: &[Outbound], at: Timestamp) -> AuditEvent {
    let details = json!({
        "reason": reason,
        "attempt": lease.attempt,
        "original_sha256": lease.digest,
        "notices": told(notices),
    });
    event(lease, Event::Quarantined, at, details)
}

/// Why nobody is told of an item that a rule holds.
fn say_left_out(details: &mut Value, notices: &Notices) {
    if let (true, Some(details)) = (notices.left_out, details.as_object_mut()) {
        details.insert("notices_left_out".to_owned(), Value::from("own_notice"));
    }
}

/// Who is told, by which bytes.
fn told(notices: &[Outbound]) -> Vec<Value> {
    let one = |notice: &Outbound| json!({ "recipients": notice.forward_paths, "sha256": notice.mail.digest() });
    notices.iter().map(one).collect()
}

/// The method used for one part, as the guideline asks it to be recorded.
fn method(outcome: &PartOutcome, derivatives: &[Derivative]) -> Value {
    let made = derivatives
        .iter()
        .find(|derivative| derivative.path() == &outcome.path && Some(derivative.digest()) == outcome.derivative);
    json!({
        "path": outcome.path,
        "method": outcome.action,
        "reason": outcome.reason,
        "rule": outcome.rule,
        "assurance": outcome.assurance,
        "sha256": outcome.derivative,
        "sanitizer": made.map(|derivative| format!("{}/{}", derivative.about().sanitizer, derivative.about().version)),
        "findings": findings(&outcome.findings),
    })
}

fn findings(findings: &[Finding]) -> Value {
    findings.iter().map(|finding| json!([finding.code, finding.part, finding.count])).collect()
}

fn event(lease: &Lease, event: Event, at: Timestamp, details: Value) -> AuditEvent {
    AuditEvent { at, event, item: Some(lease.key.id), actor: "process".to_owned(), details }
}
