//! Leasing and settling composed mails.
//!
//! Refuses: a settlement whose lease somebody else has by now. Invariant: the bytes of a mail stay until every
//! recipient has it, so that an operator can try refused and given-up copies again.

use std::fs::File;
use std::io::{self, Read};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::EmbeddedStore;
use super::batch::Batch;
use super::conclude::finish_item;
use super::park::{LeasedRow, Table};
use super::renew::Renewing;
use super::set_back::BringingForward;
use super::writer::{Job, Turn};
use crate::domain::{AuditEvent, Digest, ItemKey, Mailbox, ReversePath, Status, TenantId, Timestamp, WireMail};
use crate::ports::{Dispatch, Outbox, Reply, Settlement, StoreError};
use crate::store::rows::{Columns, answered, failed, on_disk, to_column};

/// Longest composed mail that is read back, in bytes.
const MAX_MAIL: u64 = 1 << 30;

#[async_trait]
impl Outbox for EmbeddedStore {
    async fn lease(&self, tenant: &TenantId, now: Timestamp, span: Duration) -> Result<Option<Dispatch>, StoreError> {
        if let Some(by) = self.outbox_clock.set_back(now) {
            self.writer.submit(BringingForward { table: Table::Mail, by, now }).await?;
        }
        let Some((row, leased)) =
            self.writer.submit(Leasing { tenant: tenant.clone(), now, until: now.after(span) }).await?
        else {
            return Ok(None);
        };
        // There may be more; let the next one look.
        self.writer.bells().outbox.notify_one();
        let loaded = match leased {
            Ok(leased) => self.load(leased).await,
            Err(error) => Err(error),
        };
        self.or_park(row, now, loaded).await.map(Some)
    }

    async fn renew(&self, dispatch: &Dispatch, until: Timestamp) -> Result<(), StoreError> {
        self.writer.submit(Renewing::mail(dispatch, until)).await
    }

    async fn settle(
        &self,
        dispatch: Dispatch,
        settlements: Vec<(Mailbox, Settlement)>,
        next_attempt: Timestamp,
        records: Vec<AuditEvent>,
    ) -> Result<(), StoreError> {
        let settling = Settling {
            key: dispatch.key,
            number: dispatch.number,
            token: dispatch.token,
            settlements,
            next_attempt,
            records,
        };
        let unneeded = self.writer.submit(settling).await?;
        self.folder.discard(unneeded.into_iter().collect()).await
    }

    async fn wait(&self, longest: Duration) {
        // Running out of time is as good an answer as the bell.
        tokio::time::timeout(longest, self.writer.bells().outbox.notified()).await.unwrap_or_default();
    }
}

impl EmbeddedStore {
    async fn load(&self, leased: Leased) -> Result<Dispatch, StoreError> {
        let bytes = match (leased.bytes, leased.file) {
            (Some(bytes), _) => bytes,
            (None, Some(file)) => {
                let folder = Arc::clone(&self.folder);
                let read = on_disk(move || {
                    let mut bytes = Vec::new();
                    let Some(file) = existing(folder.read(&file))? else { return Ok(None) };
                    #[expect(clippy::disallowed_methods, reason = "capped by take; we wrote the file ourselves")]
                    file.take(MAX_MAIL).read_to_end(&mut bytes)?;
                    Ok(Some(bytes))
                });
                read.await?.ok_or(StoreError::Damaged("a composed mail is missing"))?
            }
            (None, None) => return Err(StoreError::Damaged("a waiting mail without bytes")),
        };
        if Digest::of(&bytes) != leased.digest {
            return Err(StoreError::Damaged("a composed mail is not what was written"));
        }
        let mail = WireMail::try_from(Bytes::from(bytes)).map_err(|_| StoreError::Damaged("a composed mail"))?;
        Ok(Dispatch {
            key: leased.key,
            number: leased.number,
            reverse_path: leased.reverse_path,
            forward_paths: leased.forward_paths,
            mail,
            digest: leased.digest,
            queued_at: leased.queued_at,
            attempt: leased.attempt,
            token: leased.token,
        })
    }
}

/// None if there is no such file.
fn existing(opened: io::Result<File>) -> io::Result<Option<File>> {
    match opened {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        opened => opened.map(Some),
    }
}

/// A leased row, its file not read yet.
struct Leased {
    key: ItemKey,
    number: u32,
    reverse_path: ReversePath,
    forward_paths: Vec<Mailbox>,
    bytes: Option<Vec<u8>>,
    file: Option<String>,
    digest: Digest,
    queued_at: Timestamp,
    attempt: u32,
    token: u64,
}

impl Leased {
    fn of(row: &SqliteRow, waiting: &[SqliteRow]) -> Result<Self, StoreError> {
        let mut recipients = Vec::with_capacity(waiting.len());
        for recipient in waiting {
            recipients.push((recipient.number::<u32>("position")?, recipient.checked::<Mailbox>("recipient")?));
        }
        // RETURNING promises no order.
        recipients.sort_unstable();
        let forward_paths = recipients.into_iter().map(|(_, recipient)| recipient).collect();
        Ok(Self {
            key: ItemKey { tenant: row.checked("tenant")?, id: row.parsed("item")? },
            number: row.number("number")?,
            reverse_path: row.json("reverse_path")?,
            forward_paths,
            bytes: row.maybe_bytes("bytes")?,
            file: row.maybe_text("file")?,
            digest: row.digest("digest")?,
            queued_at: row.time("queued_at")?,
            attempt: row.number("attempts")?,
            token: row.number("lease")?,
        })
    }
}

struct Leasing {
    tenant: TenantId,
    now: Timestamp,
    until: Timestamp,
}

/// Counts the attempt for the recipients that wait, then leases their mail; both name the same row, since the first
/// statement changes nothing that the choice depends on.
const LEASE_MAIL: &str = "\
    UPDATE mail_recipient SET attempts = attempts + 1 WHERE status = 'waiting' AND (tenant, item, number) = \
        (SELECT tenant, item, number FROM mail WHERE tenant = $3 AND due_at <= $1 ORDER BY due_at, rowid LIMIT 1) \
    RETURNING position, recipient; \
    UPDATE mail SET due_at = $2, leased_until = $2, lease = lease + 1, attempts = attempts + 1 \
    WHERE rowid = (SELECT rowid FROM mail WHERE tenant = $3 AND due_at <= $1 ORDER BY due_at, rowid LIMIT 1) \
    RETURNING rowid, tenant, item, number, reverse_path, bytes, file, digest, queued_at, attempts, lease";

#[async_trait]
impl Job for Leasing {
    /// A row that does not read must not keep the others back.
    type Answer = Option<(LeasedRow, Result<Leased, StoreError>)>;

    async fn run(self, turn: &mut Turn) -> Result<Self::Answer, StoreError> {
        let mut waiting = sqlx::query(LEASE_MAIL)
            .bind(self.now.millis())
            .bind(self.until.millis())
            .bind(self.tenant.as_str())
            .fetch_all(&mut turn.connection)
            .await
            .map_err(failed)?;
        let Some(row) = waiting.pop() else { return Ok(None) };
        let item = row.try_get("item").map_err(failed)?;
        let leased = LeasedRow { table: Table::Mail, rowid: row.try_get("rowid").map_err(failed)?, item };
        Ok(Some((leased, Leased::of(&row, &waiting))))
    }
}

struct Settling {
    key: ItemKey,
    number: u32,
    token: u64,
    settlements: Vec<(Mailbox, Settlement)>,
    next_attempt: Timestamp,
    records: Vec<AuditEvent>,
}

#[async_trait]
impl Job for Settling {
    /// The file of a mail that nobody needs any more.
    type Answer = Option<String>;

    async fn run(self, turn: &mut Turn) -> Result<Option<String>, StoreError> {
        let mut batch = Batch::default();
        self.end_lease(&mut batch);
        for (recipient, settlement) in &self.settlements {
            self.settle_one(&mut batch, recipient, settlement);
        }
        schedule(&mut batch, &self.key, self.number, self.next_attempt);
        self.drop_bytes(&mut batch);
        finish_item(&mut batch, &self.key);
        turn.append_in(&mut batch, &self.key.tenant, &self.records).await?;
        let rows = batch.run(turn).await?;
        rows.first().map_or(Ok(None), |row| row.maybe_text("file"))
    }
}

impl Settling {
    fn end_lease(&self, batch: &mut Batch) {
        batch
            .add(
                "UPDATE mail SET leased_until = NULL \
                 WHERE tenant = ? AND item = ? AND number = ? AND lease = ? AND leased_until IS NOT NULL",
            )
            .bind(self.key.tenant.as_str())
            .bind(self.key.id.to_string())
            .bind(self.number)
            .bind(to_column(self.token))
            .expect_one_change();
    }

    fn settle_one(&self, batch: &mut Batch, recipient: &Mailbox, how: &Settlement) {
        let (status, Reply(reply)) = match how {
            Settlement::Sent(reply) => (Some(Status::Sent), reply),
            Settlement::Refused(reply) => (Some(Status::Refused), reply),
            Settlement::GivenUp(reply) => (Some(Status::Undeliverable), reply),
            // Whether it waits or was put on hold meanwhile stays as it is.
            Settlement::Deferred(reply) => (None, reply),
        };
        batch
            .add(
                "UPDATE mail_recipient SET status = COALESCE(?, status), reply = ?, settled_at = ? \
                 WHERE tenant = ? AND item = ? AND number = ? AND recipient = ? AND status IN ('waiting', 'on_hold')",
            )
            .bind(status.map(Status::as_str))
            .bind(reply.as_str())
            .bind(answered(&self.records))
            .bind(self.key.tenant.as_str())
            .bind(self.key.id.to_string())
            .bind(self.number)
            .bind(recipient.as_str());
    }

    /// Drops the bytes if every recipient has the mail, and tells their file; the digest stays.
    fn drop_bytes(&self, batch: &mut Batch) {
        let (tenant, item) = (self.key.tenant.as_str(), self.key.id.to_string());
        for statement in [
            "SELECT file FROM mail WHERE tenant = ? AND item = ? AND number = ? AND NOT EXISTS \
             (SELECT 1 FROM mail_recipient WHERE tenant = ? AND item = ? AND number = ? AND status <> 'sent')",
            "UPDATE mail SET bytes = NULL, file = NULL WHERE tenant = ? AND item = ? AND number = ? AND NOT EXISTS \
             (SELECT 1 FROM mail_recipient WHERE tenant = ? AND item = ? AND number = ? AND status <> 'sent')",
        ] {
            batch.add(statement);
            for _ in 0..2 {
                batch.bind(tenant).bind(item.as_str()).bind(self.number);
            }
        }
    }
}

/// Sets when a mail is due: at `at` while a recipient waits, never otherwise.
fn schedule(batch: &mut Batch, key: &ItemKey, number: u32, at: Timestamp) {
    let (tenant, item) = (key.tenant.as_str(), key.id.to_string());
    batch
        .add(
            "UPDATE mail SET due_at = CASE WHEN EXISTS (SELECT 1 FROM mail_recipient WHERE tenant = ? AND item = ? \
             AND number = ? AND status = 'waiting') THEN ? END WHERE tenant = ? AND item = ? AND number = ?",
        )
        .bind(tenant)
        .bind(item.as_str())
        .bind(number)
        .bind(at.millis())
        .bind(tenant)
        .bind(item.as_str())
        .bind(number);
}

#[cfg(test)]
mod tests {
    use super::super::queue::tests::plan;
    use super::*;

    #[tokio::test]
    async fn leasing_walks_an_index_and_sorts_nothing() {
        let plan = plan(LEASE_MAIL).await;
        assert!(plan.contains("INDEX mail_due"), "{plan}");
        assert!(!plan.contains("SCAN") && !plan.contains("TEMP B-TREE"), "{plan}");
    }
}
