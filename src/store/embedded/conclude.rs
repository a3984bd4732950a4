//! Ending a lease: what was found, decided and made of an item becomes durable at once.
//!
//! Refuses: a lease that somebody else has by now. Invariant: large objects are synced before the transaction that
//! names them; a recipient who has a sanitized copy gets no second one when the rest is released.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;

use super::EmbeddedStore;
use super::batch::Batch;
use super::files::Place;
use super::rows::{failed, on_disk, to_column, to_json};
use super::search::message_id_term;
use super::writer::{Job, Turn};
use crate::domain::{
    AuditEvent, Decision, Derivative, Digest, Facts, ItemKey, Mailbox, Outbound, PartPath, Reason, RuleName, Stage,
    Timestamp,
};
use crate::ports::{Conclusion, Lease, StoreError};

/// The end of a lease, ready to be written.
pub(super) struct Concluding {
    key: ItemKey,
    token: u64,
    released: bool,
    at: Timestamp,
    item: ItemChange,
    kept: Vec<Kept>,
    derivatives: Vec<DerivativeRow>,
    mails: Vec<MailRow>,
    terms: Vec<String>,
    records: Vec<AuditEvent>,
    objects: Vec<(Place, Bytes)>,
}

/// New values of the item's row.
struct ItemChange {
    stage: Stage,
    due_at: Option<Timestamp>,
    facts: Option<String>,
    decision: Option<String>,
    reason: Option<Reason>,
    held_by_rule: bool,
    /// The attempt does not count.
    uncounted: bool,
}

/// Something kept back.
#[derive(Debug, PartialEq, Eq)]
struct Kept {
    part: PartPath,
    name: Option<String>,
    detected: Option<String>,
    length: u64,
    reason: Reason,
    rule: Option<RuleName>,
}

struct DerivativeRow {
    part: String,
    digest: Digest,
    length: usize,
    about: String,
    body: Body,
}

struct MailRow {
    is_notice: bool,
    reverse_path: String,
    forward_paths: Vec<Mailbox>,
    message_id: String,
    digest: Digest,
    outcomes: String,
    body: Body,
}

/// Bytes in the row, or the path of a file.
enum Body {
    Inline(Bytes),
    File(String),
}

impl Body {
    fn columns(self) -> (Option<Vec<u8>>, Option<String>) {
        match self {
            Self::Inline(bytes) => (Some(bytes.into()), None),
            Self::File(path) => (None, Some(path)),
        }
    }
}

impl Concluding {
    /// Turns a conclusion into rows and files.
    pub(super) fn prepare(
        store: &EmbeddedStore,
        lease: Lease,
        conclusion: Conclusion,
        records: Vec<AuditEvent>,
    ) -> Result<Self, StoreError> {
        let item = ItemChange::of(&conclusion, lease.released)?;
        let kept = kept(&conclusion, &lease);
        let mut this = Self {
            key: lease.key,
            token: lease.token,
            released: lease.released,
            at: store.clock.now(),
            item,
            kept,
            derivatives: Vec::new(),
            mails: Vec::new(),
            terms: Vec::new(),
            records,
            objects: Vec::new(),
        };
        match conclusion {
            Conclusion::Sanitized { facts, derivatives, mails, .. } => {
                this.terms.extend(facts.headers.message_id.as_ref().map(message_id_term));
                this.take_derivatives(derivatives, store.inline_bytes)?;
                this.take_mails(mails, false, store.inline_bytes)?;
            }
            Conclusion::Held { facts, .. } => this.terms.extend(facts.headers.message_id.as_ref().map(message_id_term)),
            Conclusion::Quarantined { notices, .. } => this.take_mails(notices, true, store.inline_bytes)?,
            Conclusion::Deferred { .. } => {}
        }
        Ok(this)
    }

    /// Writes the files, then the rows.
    pub(super) async fn run(mut self, store: &EmbeddedStore) -> Result<(), StoreError> {
        let objects = std::mem::take(&mut self.objects);
        if !objects.is_empty() {
            let folder = Arc::clone(&store.folder);
            on_disk(move || objects.iter().try_for_each(|(place, bytes)| folder.store(place, bytes))).await?;
        }
        let mail_files = self.mail_files();
        let unused = match store.writer.submit(self).await {
            Ok(unused) => unused,
            // Derivatives are named by their digest and may be another's by now; the mails are ours alone.
            Err(StoreError::Conflict) => {
                store.folder.discard(mail_files).await?;
                return Err(StoreError::Conflict);
            }
            Err(error) => return Err(error),
        };
        store.folder.discard(unused).await
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
        for (index, outbound) in mails.into_iter().enumerate() {
            self.terms.push(message_id_term(&outbound.message_id));
            let place = Place::mail(&self.key, self.token, index);
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

    fn mail_files(&self) -> Vec<String> {
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
            Conclusion::Held { facts, decision } => Self {
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
        Conclusion::Sanitized { facts, decision, mails, .. } => {
            let holding = holding_rule(decision).filter(|_| !lease.released);
            let held = holding.map(|rule| whole(Reason::QuarantinedByRule, Some(rule.clone())));
            held.into_iter().chain(kept_parts(facts, mails)).collect()
        }
        Conclusion::Held { decision, .. } => vec![whole(Reason::QuarantinedByRule, holding_rule(decision).cloned())],
        Conclusion::Quarantined { reason, .. } => vec![whole(*reason, None)],
        Conclusion::Deferred { .. } => Vec::new(),
    }
}

fn kept_parts(facts: &Facts, mails: &[Outbound]) -> impl Iterator<Item = Kept> {
    let mut parts = BTreeMap::new();
    for outcome in mails.iter().flat_map(|mail| &mail.outcomes).filter(|outcome| outcome.is_kept()) {
        let part = facts.part(&outcome.path);
        parts.entry(outcome.path.clone()).or_insert_with(|| Kept {
            part: outcome.path.clone(),
            name: part.and_then(|part| part.name.as_ref()).map(ToString::to_string),
            detected: part.map(|part| part.detected.as_str().to_owned()),
            length: part.map_or(0, |part| part.length),
            reason: outcome.reason.unwrap_or(Reason::QuarantinedByRule),
            rule: Some(outcome.rule.clone()),
        });
    }
    parts.into_values()
}

#[async_trait]
impl Job for Concluding {
    /// Files written for mails that turned out to have no recipient.
    type Answer = Vec<String>;

    async fn run(mut self, turn: &mut Turn) -> Result<Vec<String>, StoreError> {
        let served = if self.released { served(turn, &self.key).await? } else { BTreeSet::new() };
        let mut batch = Batch::default();
        self.change_item(&mut batch);
        let unused = if self.item.stage == Stage::Received {
            Vec::new()
        } else {
            self.write_kept(&mut batch);
            self.write_derivatives(&mut batch);
            self.write_terms(&mut batch)?;
            turn.ring_outbox |= !self.mails.is_empty();
            self.write_mails(&mut batch, &served)?
        };
        finish_item(&mut batch, &self.key);
        turn.append_in(&mut batch, &self.key.tenant, &self.records).await?;
        batch.run(turn).await?;
        Ok(unused)
    }
}

impl Concluding {
    fn change_item(&mut self, batch: &mut Batch) {
        batch
            .add(
                "UPDATE item SET stage = ?, due_at = COALESCE(?, due_at), leased_until = NULL, \
                 facts = COALESCE(?, facts), decision = COALESCE(?, decision), reason = ?, held_by_rule = ?, \
                 attempts = attempts - ? WHERE tenant = ? AND id = ? AND stage = 'received' AND lease = ?",
            )
            .bind(self.item.stage.as_str())
            .bind(self.item.due_at.map(Timestamp::millis))
            .bind(self.item.facts.take())
            .bind(self.item.decision.take())
            .bind(self.item.reason.map(Reason::code))
            .bind(self.item.held_by_rule)
            .bind(self.item.uncounted)
            .bind(self.key.tenant.as_str())
            .bind(self.key.id.to_string())
            .bind(to_column(self.token))
            .expect_one_change();
    }

    fn write_kept(&mut self, batch: &mut Batch) {
        batch
            .add("DELETE FROM kept WHERE tenant = ? AND item = ?")
            .bind(self.key.tenant.as_str())
            .bind(self.key.id.to_string());
        for kept in std::mem::take(&mut self.kept) {
            batch
                .add(
                    "INSERT INTO kept (tenant, item, part, name, detected, length, reason, rule) \
                     VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                )
                .bind(self.key.tenant.as_str())
                .bind(self.key.id.to_string())
                .bind(kept.part.to_string())
                .bind(kept.name)
                .bind(kept.detected)
                .bind(to_column(kept.length))
                .bind(kept.reason.code())
                .bind(kept.rule.map(String::from));
        }
    }

    fn write_derivatives(&mut self, batch: &mut Batch) {
        for row in std::mem::take(&mut self.derivatives) {
            let (bytes, file) = row.body.columns();
            batch
                .add(
                    "INSERT OR IGNORE INTO derivative (tenant, item, part, digest, length, about, bytes, file) \
                     VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                )
                .bind(self.key.tenant.as_str())
                .bind(self.key.id.to_string())
                .bind(row.part)
                .bind(row.digest.as_bytes().as_slice())
                .bind(to_column(row.length))
                .bind(row.about)
                .bind(bytes)
                .bind(file);
        }
    }

    fn write_terms(&self, batch: &mut Batch) -> Result<(), StoreError> {
        batch
            .add("INSERT OR IGNORE INTO search_term (tenant, item, term) SELECT ?, ?, value FROM json_each(?)")
            .bind(self.key.tenant.as_str())
            .bind(self.key.id.to_string())
            .bind(to_json(&self.terms)?);
        Ok(())
    }

    fn write_mails(&mut self, batch: &mut Batch, served: &BTreeSet<String>) -> Result<Vec<String>, StoreError> {
        let mut unused = Vec::new();
        for mut mail in std::mem::take(&mut self.mails) {
            mail.forward_paths.retain(|recipient| !served.contains(recipient.as_str()));
            if !mail.forward_paths.is_empty() {
                self.write_mail(batch, mail)?;
            } else if let Body::File(path) = mail.body {
                unused.push(path);
            }
        }
        Ok(unused)
    }

    fn write_mail(&self, batch: &mut Batch, mail: MailRow) -> Result<(), StoreError> {
        let (bytes, file) = mail.body.columns();
        let (tenant, item) = (self.key.tenant.as_str(), self.key.id.to_string());
        batch
            .add(
                "INSERT INTO mail (number, tenant, item, is_notice, reverse_path, message_id, digest, outcomes, bytes, \
                 file, queued_at, due_at) \
                 VALUES ((SELECT COUNT(*) FROM mail WHERE tenant = ? AND item = ?), ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            )
            .bind(tenant)
            .bind(item.as_str())
            .bind(tenant)
            .bind(item.as_str())
            .bind(mail.is_notice)
            .bind(mail.reverse_path)
            .bind(mail.message_id)
            .bind(mail.digest.as_bytes().as_slice())
            .bind(mail.outcomes)
            .bind(bytes)
            .bind(file)
            .bind(self.at.millis())
            .bind(self.at.millis());
        batch
            .add(
                "INSERT INTO mail_recipient (tenant, item, number, position, recipient, status) \
                 SELECT ?, ?, (SELECT MAX(number) FROM mail WHERE tenant = ? AND item = ?), key, value, 'waiting' \
                 FROM json_each(?)",
            )
            .bind(tenant)
            .bind(item.as_str())
            .bind(tenant)
            .bind(item.as_str())
            .bind(to_json(&mail.forward_paths)?);
        Ok(())
    }
}

/// Recipients who have a sanitized copy, or have one under way.
async fn served(turn: &mut Turn, key: &ItemKey) -> Result<BTreeSet<String>, StoreError> {
    let recipients: Vec<String> = sqlx::query_scalar(
        "SELECT recipient FROM mail_recipient JOIN mail USING (tenant, item, number) \
         WHERE tenant = ? AND item = ? AND NOT is_notice",
    )
    .bind(key.tenant.as_str())
    .bind(key.id.to_string())
    .fetch_all(&mut turn.connection)
    .await
    .map_err(failed)?;
    Ok(BTreeSet::from_iter(recipients))
}

/// Makes a sanitized item `delivered` once none of its recipients waits or is on hold.
pub(super) fn finish_item(batch: &mut Batch, key: &ItemKey) {
    let id = key.id.to_string();
    batch
        .add(
            "UPDATE item SET stage = 'delivered' WHERE tenant = ? AND id = ? AND stage = 'sanitized' AND NOT EXISTS \
             (SELECT 1 FROM mail_recipient WHERE tenant = ? AND item = ? AND status IN ('waiting', 'on_hold'))",
        )
        .bind(key.tenant.as_str())
        .bind(id.as_str())
        .bind(key.tenant.as_str())
        .bind(id.as_str());
}
