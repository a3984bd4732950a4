//! Ending a lease: what was found, decided and made of an item becomes durable at once.
//!
//! Refuses: a lease that somebody else has by now. Invariant: large objects are synced before the transaction that
//! names them; a recipient who has a sanitized copy gets no second one when the rest is released.

use std::collections::BTreeSet;
use std::sync::Arc;

use async_trait::async_trait;

use super::EmbeddedStore;
use super::batch::Batch;
use super::writer::{Job, Turn};
use crate::domain::{ItemKey, Reason, Stage, Timestamp};
use crate::ports::StoreError;
use crate::store::conclusion::{Body, Ended, MailRow, Postponed};
use crate::store::keys::KeyFolder;
use crate::store::opened;
use crate::store::passwords::{self, FORGET};
use crate::store::rows::{failed, on_disk, to_column, to_json};

/// Writes what an ended lease leaves; if the disk is full, the item is tried again without blame.
pub(super) async fn conclude(store: &EmbeddedStore, ended: Ended) -> Result<(), StoreError> {
    let postponed = Postponed::of(&ended);
    let written = write(store, ended).await;
    if written.as_ref().is_err_and(Postponed::is_due_to)
        && let Err(error) = store.writer.submit(Postponing(postponed)).await
    {
        tracing::debug!(%error, "a failed conclusion could not be noted either");
    }
    written
}

/// A failed conclusion, to be noted.
struct Postponing(Postponed);

#[async_trait]
impl Job for Postponing {
    type Answer = ();

    async fn run(self, turn: &mut Turn) -> Result<(), StoreError> {
        sqlx::query(Postponed::STATEMENT)
            .bind(self.0.due_at.millis())
            .bind(self.0.key.tenant.as_str())
            .bind(self.0.key.id.to_string())
            .bind(to_column(self.0.token))
            .execute(&mut turn.connection)
            .await
            .map(drop)
            .map_err(failed)
    }
}

/// Writes the files of an ended lease, then the rows.
async fn write(store: &EmbeddedStore, mut ended: Ended) -> Result<(), StoreError> {
    let objects = std::mem::take(&mut ended.objects);
    if !objects.is_empty() {
        let folder = Arc::clone(&store.folder);
        on_disk(move || objects.iter().try_for_each(|(place, bytes)| folder.store(place, bytes))).await?;
    }
    let mail_files = ended.mail_files();
    if let Some(search) = ended.search.as_mut().filter(|search| search.names_passwords()) {
        let keys = KeyFolder::new(store.folder.root().join("keys"));
        search.seal(on_disk(move || Ok(keys.sealing_key())).await?);
    }
    let unused = match store.writer.submit(Concluding(ended)).await {
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

/// How many wrong passwords were typed outlives another conclusion.
const WRITE_ARRIVAL: &str = "\
    INSERT INTO arrival (tenant, item, mailbox, received_at, state, has_files, attachments, length, sender, subject, \
        files, message_id, about, concluded_at) \
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) \
    ON CONFLICT (tenant, mailbox, item) DO UPDATE SET state = excluded.state, has_files = excluded.has_files, \
        attachments = excluded.attachments, sender = excluded.sender, subject = excluded.subject, \
        files = excluded.files, message_id = excluded.message_id, about = excluded.about, \
        concluded_at = excluded.concluded_at";

/// The rows of an ended lease.
struct Concluding(Ended);

#[async_trait]
impl Job for Concluding {
    /// Files written for mails that turned out to have no recipient.
    type Answer = Vec<String>;

    async fn run(mut self, turn: &mut Turn) -> Result<Vec<String>, StoreError> {
        let served = if self.0.released { served(turn, &self.0.key).await? } else { BTreeSet::new() };
        let mut batch = Batch::default();
        self.change_item(&mut batch);
        let unused = if self.0.item.stage == Stage::Received {
            Vec::new()
        } else {
            self.forget_passwords(&mut batch);
            self.write_kept(&mut batch);
            self.write_derivatives(&mut batch);
            self.write_arrivals(&mut batch);
            self.write_terms(&mut batch)?;
            turn.ring_outbox |= !self.0.mails.is_empty();
            self.write_mails(&mut batch, &served)?
        };
        finish_item(&mut batch, &self.0.key);
        turn.append_in(&mut batch, &self.0.key.tenant, &self.0.records).await?;
        batch.run(turn).await?;
        for one in &self.0.opened {
            // What is being processed anew meets the password by itself.
            opened::sqlite::write(&mut turn.connection, one, false).await?;
        }
        self.search_passwords(turn).await?;
        Ok(unused)
    }
}

impl Concluding {
    fn change_item(&mut self, batch: &mut Batch) {
        batch
            .add(
                "UPDATE item SET stage = ?, due_at = COALESCE(?, due_at), leased_until = NULL, standing = NULL, \
                 facts = COALESCE(?, facts), decision = COALESCE(?, decision), reason = ?, held_by_rule = ?, \
                 attempts = attempts - ? WHERE tenant = ? AND id = ? AND stage = 'received' AND lease = ?",
            )
            .bind(self.0.item.stage.as_str())
            .bind(self.0.item.due_at.map(Timestamp::millis))
            .bind(self.0.item.facts.take())
            .bind(self.0.item.decision.take())
            .bind(self.0.item.reason.map(Reason::code))
            .bind(self.0.item.held_by_rule)
            .bind(self.0.item.uncounted)
            .bind(self.0.key.tenant.as_str())
            .bind(self.0.key.id.to_string())
            .bind(to_column(self.0.token))
            .expect_one_change();
    }

    /// What an earlier conclusion left; what was linked stays while a password is wanted.
    fn forget_passwords(&self, batch: &mut Batch) {
        let [search, linked] = FORGET;
        let (tenant, item) = (self.0.key.tenant.as_str(), self.0.key.id.to_string());
        batch.add(search).bind(tenant).bind(item.as_str());
        batch.add(linked).bind(tenant).bind(item.as_str()).bind(self.0.wants_password);
    }

    async fn search_passwords(&self, turn: &mut Turn) -> Result<(), StoreError> {
        let Some(search) = &self.0.search else { return Ok(()) };
        let key = &self.0.key;
        for event in passwords::sqlite::search(&mut turn.connection, key, search, self.0.at).await? {
            turn.append(&key.tenant, &event).await?;
        }
        Ok(())
    }

    fn write_kept(&mut self, batch: &mut Batch) {
        batch
            .add("DELETE FROM kept WHERE tenant = ? AND item = ?")
            .bind(self.0.key.tenant.as_str())
            .bind(self.0.key.id.to_string());
        for kept in std::mem::take(&mut self.0.kept) {
            batch
                .add(
                    "INSERT INTO kept (tenant, item, part, name, detected, length, reason, rule) \
                     VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                )
                .bind(self.0.key.tenant.as_str())
                .bind(self.0.key.id.to_string())
                .bind(kept.part.to_string())
                .bind(kept.name)
                .bind(kept.detected)
                .bind(to_column(kept.length))
                .bind(kept.reason.code())
                .bind(kept.rule.map(String::from));
        }
    }

    fn write_derivatives(&mut self, batch: &mut Batch) {
        for row in std::mem::take(&mut self.0.derivatives) {
            let (bytes, file) = row.body.columns();
            batch
                .add(
                    "INSERT OR IGNORE INTO derivative (tenant, item, part, digest, length, about, bytes, file) \
                     VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                )
                .bind(self.0.key.tenant.as_str())
                .bind(self.0.key.id.to_string())
                .bind(row.part)
                .bind(row.digest.as_bytes().as_slice())
                .bind(to_column(row.length))
                .bind(row.about)
                .bind(bytes)
                .bind(file);
        }
    }

    fn write_arrivals(&mut self, batch: &mut Batch) {
        for row in std::mem::take(&mut self.0.arrivals) {
            batch
                .add(WRITE_ARRIVAL)
                .bind(self.0.key.tenant.as_str())
                .bind(self.0.key.id.to_string())
                .bind(row.mailbox)
                .bind(row.received_at)
                .bind(row.state)
                .bind(row.has_files)
                .bind(row.attachments)
                .bind(row.length)
                .bind(row.sender)
                .bind(row.subject)
                .bind(row.files)
                .bind(row.message_id)
                .bind(row.about)
                .bind(self.0.at.millis());
        }
    }

    fn write_terms(&self, batch: &mut Batch) -> Result<(), StoreError> {
        batch
            .add("INSERT OR IGNORE INTO search_term (tenant, item, term) SELECT ?, ?, value FROM json_each(?)")
            .bind(self.0.key.tenant.as_str())
            .bind(self.0.key.id.to_string())
            .bind(to_json(&self.0.terms)?);
        Ok(())
    }

    fn write_mails(&mut self, batch: &mut Batch, served: &BTreeSet<String>) -> Result<Vec<String>, StoreError> {
        let mut unused = Vec::new();
        for mut mail in std::mem::take(&mut self.0.mails) {
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
        let (tenant, item) = (self.0.key.tenant.as_str(), self.0.key.id.to_string());
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
            .bind(self.0.at.millis())
            .bind(self.0.at.millis());
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
