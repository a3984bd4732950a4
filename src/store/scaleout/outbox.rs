//! Leasing and settling composed mails.
//!
//! Refuses: a settlement whose lease somebody else has by now. Invariant: the bytes of a mail stay until every
//! recipient has it, so that an operator can try refused and given-up copies again.

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use sqlx::postgres::PgRow;

use super::ScaleoutStore;
use super::conclude::{finish_item, give_up_object};
use super::park::LeasedRow;
use super::renew::renew_mail;
use super::set_back::{Table, bring_forward};
use super::writer::{Job, Turn};
use crate::domain::{AuditEvent, Digest, ItemKey, Mailbox, Status, TenantId, Timestamp, WireMail};
use crate::ports::{Dispatch, Outbox, Reply, Settlement, StoreError};
use crate::store::rows::{Columns, answered, failed, to_column};

/// Longest composed mail that is read back, in bytes.
const MAX_MAIL: u64 = 1 << 30;

/// Pauses before a settlement is tried again while the database is away; a lease lasts longer than all of them.
const SETTLE_AGAIN: [Duration; 4] =
    [Duration::from_millis(200), Duration::from_secs(1), Duration::from_secs(3), Duration::from_secs(6)];

#[async_trait]
impl Outbox for ScaleoutStore {
    async fn lease(&self, tenant: &TenantId, now: Timestamp, span: Duration) -> Result<Option<Dispatch>, StoreError> {
        if let Some(by) = self.outbox_clock.set_back(now) {
            bring_forward(&self.pool, Table::Mail, tenant, by, now).await?;
        }
        let row = sqlx::query(LEASE_MAIL)
            .bind(tenant.as_str())
            .bind(now.millis())
            .bind(now.after(span).millis())
            .fetch_optional(&self.pool)
            .await
            .map_err(failed)?;
        let Some(row) = row else { return Ok(None) };
        // There may be more; let the next one look.
        self.bells.outbox.notify_one();
        let leased = LeasedRow::mail(tenant, &row)?;
        let loaded = self.load(&row).await;
        self.or_park(leased, now, loaded).await.map(Some)
    }

    async fn renew(&self, dispatch: &Dispatch, until: Timestamp) -> Result<(), StoreError> {
        renew_mail(&self.pool, dispatch, until).await
    }

    async fn settle(
        &self,
        dispatch: Dispatch,
        settlements: Vec<(Mailbox, Settlement)>,
        next_attempt: Timestamp,
        records: Vec<AuditEvent>,
    ) -> Result<(), StoreError> {
        let Dispatch { key, number, token, .. } = dispatch;
        let at = self.clock.now();
        let settling = Settling { key, number, token, settlements, next_attempt, records, at };
        // The next hop has the mail: a settlement that is lost is a mail that is sent twice. A second one after a commit
        // that nobody heard of is a conflict and changes nothing.
        for pause in SETTLE_AGAIN {
            match self.writer.submit(settling.clone()).await {
                Err(StoreError::Unavailable(_)) => tokio::time::sleep(pause).await,
                settled => return settled,
            }
        }
        self.writer.submit(settling).await
    }

    async fn wait(&self, longest: Duration) {
        // Running out of time is as good an answer as the bell.
        tokio::time::timeout(longest, self.bells.outbox.notified()).await.unwrap_or_default();
    }
}

/// Leases a mail and counts the attempt for the recipients that wait. The choice is made once, before the updates.
pub(super) const LEASE_MAIL: &str = "\
    WITH next AS MATERIALIZED ( \
        SELECT tenant, item, number FROM mail WHERE tenant = $1 AND due_at <= $2 \
        ORDER BY due_at, item, number LIMIT 1 FOR UPDATE SKIP LOCKED), \
    counted AS ( \
        UPDATE mail_recipient AS copy SET attempts = copy.attempts + 1 FROM next \
        WHERE copy.tenant = next.tenant AND copy.item = next.item AND copy.number = next.number \
            AND copy.status = 'waiting' \
        RETURNING copy.position, copy.recipient), \
    leased AS ( \
        UPDATE mail SET due_at = $3, leased_until = $3, lease = mail.lease + 1, attempts = mail.attempts + 1 \
        FROM next WHERE mail.tenant = next.tenant AND mail.item = next.item AND mail.number = next.number \
        RETURNING mail.*) \
    SELECT tenant, item, number, reverse_path, bytes, file, digest, queued_at, attempts, lease, \
        ARRAY(SELECT recipient FROM counted ORDER BY position) AS recipients \
    FROM leased";

impl ScaleoutStore {
    async fn load(&self, row: &PgRow) -> Result<Dispatch, StoreError> {
        let bytes = match (row.maybe_bytes("bytes")?, row.maybe_text("file")?) {
            (Some(bytes), _) => Bytes::from(bytes),
            (None, Some(file)) => self.objects.read(&file, MAX_MAIL).await.map_err(|error| match error {
                StoreError::NotFound => StoreError::Damaged("a composed mail is missing"),
                other => other,
            })?,
            (None, None) => return Err(StoreError::Damaged("a waiting mail without bytes")),
        };
        let digest = row.digest("digest")?;
        if Digest::of(&bytes) != digest {
            return Err(StoreError::Damaged("a composed mail is not what was written"));
        }
        Ok(Dispatch {
            key: ItemKey { tenant: row.checked("tenant")?, id: row.parsed("item")? },
            number: row.number("number")?,
            reverse_path: row.json("reverse_path")?,
            forward_paths: recipients(row)?,
            mail: WireMail::try_from(bytes).map_err(|_| StoreError::Damaged("a composed mail"))?,
            digest,
            queued_at: row.time("queued_at")?,
            attempt: row.number("attempts")?,
            token: row.number("lease")?,
        })
    }
}

fn recipients(row: &PgRow) -> Result<Vec<Mailbox>, StoreError> {
    let texts: Vec<String> = sqlx::Row::try_get(row, "recipients").map_err(failed)?;
    texts.into_iter().map(|text| Mailbox::try_from(text).map_err(|_| StoreError::Damaged("recipient"))).collect()
}

#[derive(Clone)]
struct Settling {
    key: ItemKey,
    number: u32,
    token: u64,
    settlements: Vec<(Mailbox, Settlement)>,
    next_attempt: Timestamp,
    records: Vec<AuditEvent>,
    at: Timestamp,
}

#[async_trait]
impl Job for Settling {
    type Answer = ();

    async fn run(&self, turn: &mut Turn) -> Result<(), StoreError> {
        self.lock_item(turn).await?;
        if !self.end_lease(turn).await? {
            return Err(StoreError::Conflict);
        }
        self.settle_all(turn).await?;
        self.schedule(turn).await?;
        finish_item(&mut turn.connection, &self.key).await?;
        for record in &self.records {
            turn.append(&self.key.tenant, record);
        }
        Ok(())
    }
}

impl Settling {
    /// See [`finish_item`].
    async fn lock_item(&self, turn: &mut Turn) -> Result<(), StoreError> {
        sqlx::query("SELECT lock_item($1, $2)")
            .bind(self.key.tenant.as_str())
            .bind(self.key.id.to_string())
            .execute(&mut turn.connection)
            .await
            .map(drop)
            .map_err(failed)
    }

    /// False if the lease is lost.
    async fn end_lease(&self, turn: &mut Turn) -> Result<bool, StoreError> {
        let ended = sqlx::query(
            "UPDATE mail SET leased_until = NULL \
             WHERE tenant = $1 AND item = $2 AND number = $3 AND lease = $4 AND leased_until IS NOT NULL",
        )
        .bind(self.key.tenant.as_str())
        .bind(self.key.id.to_string())
        .bind(i64::from(self.number))
        .bind(to_column(self.token))
        .execute(&mut turn.connection)
        .await
        .map_err(failed)?;
        Ok(ended.rows_affected() == 1)
    }

    async fn settle_all(&self, turn: &mut Turn) -> Result<(), StoreError> {
        let (mut recipients, mut statuses, mut replies) = (Vec::new(), Vec::new(), Vec::new());
        for (recipient, settlement) in &self.settlements {
            let (status, Reply(reply)) = match settlement {
                Settlement::Sent(reply) => (Some(Status::Sent), reply),
                Settlement::Refused(reply) => (Some(Status::Refused), reply),
                Settlement::GivenUp(reply) => (Some(Status::Undeliverable), reply),
                // Whether it waits or was put on hold meanwhile stays as it is.
                Settlement::Deferred(reply) => (None, reply),
            };
            recipients.push(recipient.as_str());
            statuses.push(status.map(Status::as_str));
            replies.push(reply.as_str());
        }
        sqlx::query(
            "UPDATE mail_recipient AS copy SET status = COALESCE(settled.status, copy.status), reply = settled.reply, \
                 settled_at = $7 \
             FROM UNNEST($4::text[], $5::text[], $6::text[]) AS settled (recipient, status, reply) \
             WHERE copy.tenant = $1 AND copy.item = $2 AND copy.number = $3 AND copy.recipient = settled.recipient \
                 AND copy.status IN ('waiting', 'on_hold')",
        )
        .bind(self.key.tenant.as_str())
        .bind(self.key.id.to_string())
        .bind(i64::from(self.number))
        .bind(recipients)
        .bind(statuses)
        .bind(replies)
        .bind(answered(&self.records))
        .execute(&mut turn.connection)
        .await
        .map(drop)
        .map_err(failed)
    }

    /// The mail is due at the next attempt while a recipient waits, and never otherwise; its bytes go once every
    /// recipient has it. The digest stays.
    async fn schedule(&self, turn: &mut Turn) -> Result<(), StoreError> {
        let file: Option<Option<String>> = sqlx::query_scalar(
            "WITH copies AS ( \
                 SELECT BOOL_OR(status = 'waiting') AS any_waits, BOOL_AND(status = 'sent') AS all_sent \
                 FROM mail_recipient WHERE tenant = $1 AND item = $2 AND number = $3), \
             before AS (SELECT file FROM mail WHERE tenant = $1 AND item = $2 AND number = $3) \
             UPDATE mail SET due_at = CASE WHEN any_waits THEN $4::bigint END, \
                 bytes = CASE WHEN all_sent THEN NULL ELSE bytes END, \
                 file = CASE WHEN all_sent THEN NULL ELSE mail.file END \
             FROM copies, before WHERE mail.tenant = $1 AND mail.item = $2 AND mail.number = $3 \
             RETURNING CASE WHEN all_sent THEN before.file END",
        )
        .bind(self.key.tenant.as_str())
        .bind(self.key.id.to_string())
        .bind(i64::from(self.number))
        .bind(self.next_attempt.millis())
        .fetch_optional(&mut turn.connection)
        .await
        .map_err(failed)?;
        match file.flatten() {
            Some(file) => give_up_object(&mut turn.connection, &file, self.at).await,
            None => Ok(()),
        }
    }
}
