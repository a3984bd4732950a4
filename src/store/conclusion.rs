//! How the processing of an item ended, as rows and objects: the same for every kind of database.
//!
//! Refuses: nothing; whether the lease still holds is for the database to say. Invariant: each part is kept back once,
//! and the first group that keeps it says why.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;

use super::opened::OpenedRows;
use super::passwords::Search;
use super::place::Place;
use super::rows::to_json;
use super::search::message_id_term;
use crate::domain::{
    AuditEvent, Decision, Derivative, Digest, Facts, ItemKey, Mailbox, Outbound, PartOutcome, PartPath, Reason,
    RuleName, Stage, Timestamp,
};
use crate::ports::{Conclusion, Lease, StoreError};

/// The end of a lease, ready to be written.
pub(super) struct Ended {
    pub(super) key: ItemKey,
    pub(super) token: u64,
    pub(super) released: bool,
    pub(super) at: Timestamp,
    pub(super) item: ItemChange,
    pub(super) kept: Vec<Kept>,
    pub(super) derivatives: Vec<DerivativeRow>,
    pub(super) mails: Vec<MailRow>,
    pub(super) terms: Vec<String>,
    pub(super) records: Vec<AuditEvent>,
    pub(super) objects: Vec<(Place, Bytes)>,
    /// True if it keeps back something that only a password opens.
    pub(super) wants_password: bool,
    pub(super) search: Option<Search>,
    /// What its passwords open of other items.
    pub(super) opened: Vec<OpenedRows>,
}

/// A lease whose end could not be written because the store was full or away, which is not the item's fault: the attempt
/// is not counted, and the item is due again after [`Self::PAUSE`].
#[derive(Debug, Clone)]
pub(super) struct Postponed {
    pub(super) key: ItemKey,
    pub(super) token: u64,
    pub(super) due_at: Timestamp,
}

impl Postponed {
    const PAUSE: Duration = Duration::from_secs(30);
    /// Changes nothing if the end was written after all.
    pub(super) const STATEMENT: &str = "\
        UPDATE item SET due_at = $1, leased_until = NULL, attempts = attempts - 1 \
        WHERE tenant = $2 AND id = $3 AND lease = $4 AND stage = 'received' AND leased_until IS NOT NULL";

    pub(super) fn of(ended: &Ended) -> Self {
        Self { key: ended.key.clone(), token: ended.token, due_at: ended.at.after(Self::PAUSE) }
    }

    /// True for what a later attempt may not meet.
    pub(super) const fn is_due_to(error: &StoreError) -> bool {
        matches!(error, StoreError::Full | StoreError::Unavailable(_) | StoreError::Denied(_))
    }
}

/// New values of the item's row.
pub(super) struct ItemChange {
    pub(super) stage: Stage,
    pub(super) due_at: Option<Timestamp>,
    pub(super) facts: Option<String>,
    pub(super) decision: Option<String>,
    pub(super) reason: Option<Reason>,
    pub(super) held_by_rule: bool,
    /// The attempt does not count.
    pub(super) uncounted: bool,
}

/// Something kept back.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Kept {
    pub(super) part: PartPath,
    pub(super) name: Option<String>,
    pub(super) detected: Option<String>,
    pub(super) length: u64,
    pub(super) reason: Reason,
    pub(super) rule: Option<RuleName>,
}

pub(super) struct DerivativeRow {
    pub(super) part: String,
    pub(super) digest: Digest,
    pub(super) length: usize,
    pub(super) about: String,
    pub(super) body: Body,
}

pub(super) struct MailRow {
    pub(super) is_notice: bool,
    pub(super) reverse_path: String,
    pub(super) forward_paths: Vec<Mailbox>,
    pub(super) message_id: String,
    pub(super) digest: Digest,
    pub(super) outcomes: String,
    pub(super) body: Body,
}

/// Bytes in the row, or the path of a file.
pub(super) enum Body {
    Inline(Bytes),
    File(String),
}

impl Body {
    pub(super) fn columns(self) -> (Option<Vec<u8>>, Option<String>) {
        match self {
            Self::Inline(bytes) => (Some(bytes.into()), None),
            Self::File(path) => (None, Some(path)),
        }
    }
}

impl Ended {
    /// Turns a conclusion into rows and files.
    pub(super) fn prepare(
        lease: Lease,
        conclusion: Conclusion,
        records: Vec<AuditEvent>,
        at: Timestamp,
        inline_bytes: usize,
    ) -> Result<Self, StoreError> {
        let item = ItemChange::of(&conclusion, lease.released)?;
        let kept = kept(&conclusion, &lease);
        let mut this = Self {
            key: lease.key,
            token: lease.token,
            released: lease.released,
            at,
            item,
            kept,
            derivatives: Vec::new(),
            mails: Vec::new(),
            terms: Vec::new(),
            records,
            objects: Vec::new(),
            wants_password: false,
            search: None,
            opened: Vec::new(),
        };
        match conclusion {
            Conclusion::Sanitized { facts, derivatives, mails, notices, passwords, opened, .. } => {
                for one in opened {
                    let (rows, objects) = OpenedRows::prepare(one, inline_bytes)?;
                    this.opened.push(rows);
                    this.objects.extend(objects);
                }
                this.wants_password = this.kept.iter().any(|kept| wants_password(kept, &facts));
                this.search = passwords.and_then(|search| Search::of(search, &facts, this.wants_password));
                this.terms.extend(facts.headers.message_id.as_ref().map(message_id_term));
                this.take_derivatives(derivatives, inline_bytes)?;
                this.take_mails(mails, false, inline_bytes)?;
                this.take_mails(notices, true, inline_bytes)?;
            }
            Conclusion::Held { facts, notices, .. } => {
                this.terms.extend(facts.headers.message_id.as_ref().map(message_id_term));
                this.take_mails(notices, true, inline_bytes)?;
            }
            Conclusion::Quarantined { notices, .. } => this.take_mails(notices, true, inline_bytes)?,
            Conclusion::Deferred { .. } => {}
        }
        Ok(this)
    }

    fn take_derivatives(&mut self, derivatives: Vec<Derivative>, inline_bytes: usize) -> Result<(), StoreError> {
        for derivative in derivatives {
            let place = Place::derivative(&self.key, derivative.digest());
            let row = DerivativeRow {
                part: derivative.path().to_string(),
                digest: derivative.digest(),
                length: derivative.bytes().len(),
                about: to_json(derivative.about())?,
                body: self.place(place, derivative.bytes().clone(), inline_bytes),
            };
            self.derivatives.push(row);
        }
        Ok(())
    }

    fn take_mails(&mut self, mails: Vec<Outbound>, is_notice: bool, inline_bytes: usize) -> Result<(), StoreError> {
        for outbound in mails {
            self.terms.push(message_id_term(&outbound.message_id));
            let place = Place::mail(&self.key, self.token, self.mails.len());
            let row = MailRow {
                is_notice,
                reverse_path: to_json(&outbound.reverse_path)?,
                message_id: outbound.message_id.to_string(),
                digest: outbound.mail.digest(),
                outcomes: to_json(&outbound.outcomes)?,
                body: self.place(place, outbound.mail.bytes().clone(), inline_bytes),
                forward_paths: outbound.forward_paths,
            };
            self.mails.push(row);
        }
        Ok(())
    }

    fn place(&mut self, place: Place, bytes: Bytes, inline_bytes: usize) -> Body {
        if bytes.len() <= inline_bytes {
            return Body::Inline(bytes);
        }
        let path = place.relative();
        self.objects.push((place, bytes));
        Body::File(path)
    }

    pub(super) fn mail_files(&self) -> Vec<String> {
        let files = self.mails.iter().filter_map(|mail| match &mail.body {
            Body::File(path) => Some(path.clone()),
            Body::Inline(_) => None,
        });
        files.collect()
    }
}

impl ItemChange {
    fn of(conclusion: &Conclusion, released: bool) -> Result<Self, StoreError> {
        let blank = Self {
            stage: Stage::Received,
            due_at: None,
            facts: None,
            decision: None,
            reason: None,
            held_by_rule: false,
            uncounted: false,
        };
        Ok(match conclusion {
            Conclusion::Sanitized { facts, decision, .. } => Self {
                stage: Stage::Sanitized,
                facts: Some(to_json(facts)?),
                decision: Some(to_json(decision)?),
                held_by_rule: !released && holding_rule(decision).is_some(),
                ..blank
            },
            Conclusion::Held { facts, decision, .. } => Self {
                stage: Stage::Held,
                facts: Some(to_json(facts)?),
                decision: Some(to_json(decision)?),
                reason: Some(Reason::QuarantinedByRule),
                held_by_rule: true,
                ..blank
            },
            Conclusion::Quarantined { reason, .. } => {
                Self { stage: Stage::Quarantined, reason: Some(*reason), ..blank }
            }
            Conclusion::Deferred { retry_at, counts } => Self { due_at: Some(*retry_at), uncounted: !counts, ..blank },
        })
    }
}

/// The first rule that holds the mail for anybody.
fn holding_rule(decision: &Decision) -> Option<&RuleName> {
    decision.groups.iter().find_map(|group| group.hold.as_ref())
}

/// What a conclusion keeps back, each part once: the first group that keeps it says why.
fn kept(conclusion: &Conclusion, lease: &Lease) -> Vec<Kept> {
    let length = lease.length;
    let whole = |reason, rule| Kept { part: PartPath::root(), name: None, detected: None, length, reason, rule };
    match conclusion {
        Conclusion::Sanitized { facts, decision, mails, outcomes, .. } => {
            let holding = holding_rule(decision).filter(|_| !lease.released);
            let held = holding.map(|rule| whole(Reason::QuarantinedByRule, Some(rule.clone())));
            held.into_iter().chain(kept_parts(facts, mails, outcomes)).collect()
        }
        Conclusion::Held { decision, .. } => vec![whole(Reason::QuarantinedByRule, holding_rule(decision).cloned())],
        Conclusion::Quarantined { reason, .. } => vec![whole(*reason, None)],
        Conclusion::Deferred { .. } => Vec::new(),
    }
}

fn wants_password(kept: &Kept, facts: &Facts) -> bool {
    kept.reason == Reason::PasswordRequired || facts.part(&kept.part).is_some_and(|part| part.encrypted)
}

fn kept_parts(facts: &Facts, mails: &[Outbound], uploaded: &[PartOutcome]) -> impl Iterator<Item = Kept> {
    let mut parts = BTreeMap::new();
    let outcomes = mails.iter().flat_map(|mail| &mail.outcomes).chain(uploaded);
    for outcome in outcomes.filter(|outcome| outcome.is_kept()) {
        parts.entry(outcome.path.clone()).or_insert_with(|| kept_part(facts, outcome));
    }
    parts.into_values()
}

/// A part that is kept back.
pub(super) fn kept_part(facts: &Facts, outcome: &PartOutcome) -> Kept {
    let part = facts.part(&outcome.path);
    Kept {
        part: outcome.path.clone(),
        name: part.and_then(|part| part.name.as_ref()).map(ToString::to_string),
        detected: part.map(|part| part.detected.as_str().to_owned()),
        length: part.map_or(0, |part| part.length),
        reason: outcome.reason.unwrap_or(Reason::QuarantinedByRule),
        rule: Some(outcome.rule.clone()),
    }
}
