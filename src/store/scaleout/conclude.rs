//! Ending a lease: what was found, decided and made of an item becomes durable at once.
//!
//! Refuses: a lease that somebody else has by now. Invariant: large objects are stored before the transaction that names
//! them; a recipient who has a sanitized copy gets no second one when the rest is released.

use std::collections::BTreeSet;
use std::io;
use std::pin::pin;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use sqlx::PgConnection;
use tokio::time::timeout;

use super::ScaleoutStore;
use super::renew::{LEASE, renew};
use super::writer::{Job, Turn};
use crate::domain::{ItemKey, Reason, Stage, Timestamp};
use crate::ports::StoreError;
use crate::store::conclusion::{Body, Ended, MailRow, Postponed};
use crate::store::opened;
use crate::store::passwords;
use crate::store::place::Place;
use crate::store::rows::{failed, to_column};

/// How often the lease is renewed while one object is written, and how often at most.
const RENEWAL: Duration = Duration::from_secs(20);
const RENEWALS: u32 = 6;

/// The lock of those who search for passwords.
const ONE_AT_A_TIME: i64 = 0x7465_6d69_7a77;

/// What an earlier conclusion left; candidates stay while a password is wanted.
const UNKEEP: &str = "\
    WITH searched AS (DELETE FROM password_search WHERE tenant = $1 AND item = $2), \
    linked AS (DELETE FROM password_candidate WHERE tenant = $1 AND item = $2 AND NOT $3) \
    DELETE FROM kept WHERE tenant = $1 AND item = $2";

/// How many wrong passwords were typed outlives another conclusion.
const WRITE_ARRIVALS: &str = "\
    INSERT INTO arrival (tenant, item, mailbox, received_at, state, has_files, attachments, length, sender, subject, \
        files, message_id, about, concluded_at) \
    SELECT $1, $2, shown.*, $14 FROM UNNEST($3::text[], $4::bigint[], $5::text[], $6::boolean[], $7::bigint[], $8::bigint[], \
        $9::text[], $10::text[], $11::text[], $12::text[], $13::text[]) AS shown \
    ON CONFLICT (tenant, mailbox, item) DO UPDATE SET state = excluded.state, has_files = excluded.has_files, \
        attachments = excluded.attachments, sender = excluded.sender, subject = excluded.subject, \
        files = excluded.files, message_id = excluded.message_id, about = excluded.about, \
        concluded_at = excluded.concluded_at";

/// Writes what an ended lease leaves; if the store is full or away, the item is tried again without blame.
pub(super) async fn conclude(store: &ScaleoutStore, ended: Ended) -> Result<(), StoreError> {
    let postponed = Postponed::of(&ended);
    let written = write(store, ended).await;
    if written.as_ref().is_err_and(Postponed::is_due_to) {
        // While the database itself is away this fails as well; the lease runs out then.
        let noted = sqlx::query(Postponed::STATEMENT)
            .bind(postponed.due_at.millis())
            .bind(postponed.key.tenant.as_str())
            .bind(postponed.key.id.to_string())
            .bind(to_column(postponed.token))
            .execute(&store.pool)
            .await;
        if let Err(error) = noted {
            tracing::debug!(%error, "a failed conclusion could not be noted either");
        }
    }
    written
}

/// Writes the objects of an ended lease, then the rows.
async fn write(store: &ScaleoutStore, mut ended: Ended) -> Result<(), StoreError> {
    for (place, bytes) in std::mem::take(&mut ended.objects) {
        put(store, &ended, &place, bytes).await?;
    }
    if let Some(search) = ended.search.as_mut().filter(|search| search.names_passwords()) {
        search.seal(store.sealing_key.clone().ok_or_else(|| io::Error::other("there is no public key")));
    }
    let mail_files = ended.mail_files();
    match store.writer.submit(Concluding(ended)).await {
        // Derivatives are named by their digest and may be another's by now; the mails are ours alone.
        Err(StoreError::Conflict) => {
            for file in mail_files {
                store.objects.remove(&file).await?;
            }
            Err(StoreError::Conflict)
        }
        ended => ended,
    }
}

/// Writes one object and keeps the lease meanwhile: nobody else renews it any more, and a slow object store may take
/// longer than it lasts.
async fn put(store: &ScaleoutStore, ended: &Ended, place: &Place, bytes: Bytes) -> Result<(), StoreError> {
    let mut written = pin!(store.objects.put(place, bytes));
    // Whoever dies here is followed after no more than one lease.
    for _ in 0..RENEWALS {
        renew(&store.pool, &ended.key, ended.token, store.clock.now().after(LEASE)).await?;
        if let Ok(written) = timeout(RENEWAL, &mut written).await {
            return written;
        }
    }
    Err(StoreError::Unavailable("the object store took too long".into()))
}

/// The rows of an ended lease.
struct Concluding(Ended);

#[async_trait]
impl Job for Concluding {
    type Answer = ();

    async fn run(&self, turn: &mut Turn) -> Result<(), StoreError> {
        let ended = &self.0;
        if !self.change_item(turn).await? {
            return Err(StoreError::Conflict);
        }
        if ended.item.stage != Stage::Received {
            self.write_kept(turn).await?;
            self.write_derivatives(turn).await?;
            self.write_arrivals(turn).await?;
            self.write_terms(turn).await?;
            if !ended.mails.is_empty() {
                self.write_mails(turn).await?;
                turn.ring_outbox = true;
            }
            finish_item(&mut turn.connection, &ended.key).await?;
        }
        for record in &ended.records {
            turn.append(&ended.key.tenant, record);
        }
        self.search_passwords(turn).await?;
        Ok(())
    }
}

impl Concluding {
    /// False if the lease is lost.
    async fn change_item(&self, turn: &mut Turn) -> Result<bool, StoreError> {
        let Ended { key, token, item, .. } = &self.0;
        let changed = sqlx::query(
            "UPDATE item SET stage = $1, due_at = COALESCE($2, due_at), leased_until = NULL, standing = NULL, \
             facts = COALESCE($3, facts), decision = COALESCE($4, decision), reason = $5, held_by_rule = $6, \
             attempts = attempts - $7 WHERE tenant = $8 AND id = $9 AND stage = 'received' AND lease = $10",
        )
        .bind(item.stage.as_str())
        .bind(item.due_at.map(Timestamp::millis))
        .bind(item.facts.as_deref())
        .bind(item.decision.as_deref())
        .bind(item.reason.map(Reason::code))
        .bind(item.held_by_rule)
        .bind(i64::from(item.uncounted))
        .bind(key.tenant.as_str())
        .bind(key.id.to_string())
        .bind(to_column(*token))
        .execute(&mut turn.connection)
        .await
        .map_err(failed)?;
        Ok(changed.rows_affected() == 1)
    }

    /// One transaction after the other: each sees what the one before it contributed. The lock is taken before that of
    /// the chain, by everybody.
    async fn search_passwords(&self, turn: &mut Turn) -> Result<(), StoreError> {
        let Some(search) = &self.0.search else { return Ok(()) };
        let key = &self.0.key;
        sqlx::query("SELECT pg_advisory_xact_lock($1)")
            .bind(ONE_AT_A_TIME)
            .execute(&mut turn.connection)
            .await
            .map_err(failed)?;
        for one in &self.0.opened {
            // What is being processed anew meets the password by itself.
            opened::postgres::write(&mut turn.connection, one, false).await?;
        }
        for event in passwords::postgres::search(&mut turn.connection, key, search, self.0.at).await? {
            turn.append(&key.tenant, &event);
        }
        Ok(())
    }

    async fn write_kept(&self, turn: &mut Turn) -> Result<(), StoreError> {
        let Ended { key, kept, .. } = &self.0;
        sqlx::query(UNKEEP)
            .bind(key.tenant.as_str())
            .bind(key.id.to_string())
            .bind(self.0.wants_password)
            .execute(&mut turn.connection)
            .await
            .map_err(failed)?;
        if kept.is_empty() {
            return Ok(());
        }
        sqlx::query(
            "INSERT INTO kept (tenant, item, part, name, detected, length, reason, rule) SELECT $1, $2, * FROM \
             UNNEST($3::text[], $4::text[], $5::text[], $6::bigint[], $7::text[], $8::text[])",
        )
        .bind(key.tenant.as_str())
        .bind(key.id.to_string())
        .bind(kept.iter().map(|kept| kept.part.to_string()).collect::<Vec<_>>())
        .bind(kept.iter().map(|kept| kept.name.clone()).collect::<Vec<_>>())
        .bind(kept.iter().map(|kept| kept.detected.clone()).collect::<Vec<_>>())
        .bind(kept.iter().map(|kept| to_column(kept.length)).collect::<Vec<_>>())
        .bind(kept.iter().map(|kept| kept.reason.code()).collect::<Vec<_>>())
        .bind(kept.iter().map(|kept| kept.rule.clone().map(String::from)).collect::<Vec<_>>())
        .execute(&mut turn.connection)
        .await
        .map(drop)
        .map_err(failed)
    }

    async fn write_derivatives(&self, turn: &mut Turn) -> Result<(), StoreError> {
        let Ended { key, derivatives, .. } = &self.0;
        if derivatives.is_empty() {
            return Ok(());
        }
        let (bytes, files): (Vec<_>, Vec<_>) = derivatives.iter().map(|row| columns(&row.body)).unzip();
        sqlx::query(
            "INSERT INTO derivative (tenant, item, part, digest, length, about, bytes, file) SELECT $1, $2, * FROM \
             UNNEST($3::text[], $4::bytea[], $5::bigint[], $6::text[], $7::bytea[], $8::text[]) ON CONFLICT DO NOTHING",
        )
        .bind(key.tenant.as_str())
        .bind(key.id.to_string())
        .bind(derivatives.iter().map(|row| row.part.as_str()).collect::<Vec<_>>())
        .bind(derivatives.iter().map(|row| row.digest.as_bytes().to_vec()).collect::<Vec<_>>())
        .bind(derivatives.iter().map(|row| to_column(row.length)).collect::<Vec<_>>())
        .bind(derivatives.iter().map(|row| row.about.as_str()).collect::<Vec<_>>())
        .bind(bytes)
        .bind(files)
        .execute(&mut turn.connection)
        .await
        .map(drop)
        .map_err(failed)
    }

    async fn write_arrivals(&self, turn: &mut Turn) -> Result<(), StoreError> {
        let Ended { key, arrivals, .. } = &self.0;
        if arrivals.is_empty() {
            return Ok(());
        }
        sqlx::query(WRITE_ARRIVALS)
            .bind(key.tenant.as_str())
            .bind(key.id.to_string())
            .bind(arrivals.iter().map(|row| row.mailbox.as_str()).collect::<Vec<_>>())
            .bind(arrivals.iter().map(|row| row.received_at).collect::<Vec<_>>())
            .bind(arrivals.iter().map(|row| row.state).collect::<Vec<_>>())
            .bind(arrivals.iter().map(|row| row.has_files).collect::<Vec<_>>())
            .bind(arrivals.iter().map(|row| row.attachments).collect::<Vec<_>>())
            .bind(arrivals.iter().map(|row| row.length).collect::<Vec<_>>())
            .bind(arrivals.iter().map(|row| row.sender.as_str()).collect::<Vec<_>>())
            .bind(arrivals.iter().map(|row| row.subject.as_str()).collect::<Vec<_>>())
            .bind(arrivals.iter().map(|row| row.files.as_str()).collect::<Vec<_>>())
            .bind(arrivals.iter().map(|row| row.message_id.as_str()).collect::<Vec<_>>())
            .bind(arrivals.iter().map(|row| row.about.as_str()).collect::<Vec<_>>())
            .bind(self.0.at.millis())
            .execute(&mut turn.connection)
            .await
            .map(drop)
            .map_err(failed)
    }

    async fn write_terms(&self, turn: &mut Turn) -> Result<(), StoreError> {
        let Ended { key, terms, .. } = &self.0;
        sqlx::query(
            "INSERT INTO search_term (tenant, item, term) SELECT DISTINCT $1, $2, term FROM UNNEST($3::text[]) AS term \
             ON CONFLICT DO NOTHING",
        )
        .bind(key.tenant.as_str())
        .bind(key.id.to_string())
        .bind(terms)
        .execute(&mut turn.connection)
        .await
        .map(drop)
        .map_err(failed)
    }

    /// Writes the mails that have a recipient left; the objects of the others go later.
    async fn write_mails(&self, turn: &mut Turn) -> Result<(), StoreError> {
        let key = &self.0.key;
        let served = if self.0.released { served(&mut turn.connection, key).await? } else { BTreeSet::new() };
        let mut number: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM mail WHERE tenant = $1 AND item = $2")
            .bind(key.tenant.as_str())
            .bind(key.id.to_string())
            .fetch_one(&mut turn.connection)
            .await
            .map_err(failed)?;
        for mail in &self.0.mails {
            let recipients: Vec<&str> =
                mail.forward_paths.iter().map(|to| to.as_str()).filter(|to| !served.contains(*to)).collect();
            if !recipients.is_empty() {
                self.write_mail(turn, mail, number, &recipients).await?;
                number = number.saturating_add(1);
            } else if let Body::File(file) = &mail.body {
                give_up_object(&mut turn.connection, file, self.0.at).await?;
            }
        }
        Ok(())
    }

    async fn write_mail(
        &self,
        turn: &mut Turn,
        mail: &MailRow,
        number: i64,
        recipients: &[&str],
    ) -> Result<(), StoreError> {
        let (bytes, file) = columns(&mail.body);
        sqlx::query(
            "WITH written AS ( \
                 INSERT INTO mail (tenant, item, number, is_notice, reverse_path, message_id, digest, outcomes, bytes, \
                     file, queued_at, due_at) \
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11)) \
             INSERT INTO mail_recipient (tenant, item, number, position, recipient, status) \
             SELECT $1, $2, $3, ordinal - 1, recipient, 'waiting' \
             FROM UNNEST($12::text[]) WITH ORDINALITY AS copy (recipient, ordinal)",
        )
        .bind(self.0.key.tenant.as_str())
        .bind(self.0.key.id.to_string())
        .bind(number)
        .bind(mail.is_notice)
        .bind(mail.reverse_path.as_str())
        .bind(mail.message_id.as_str())
        .bind(mail.digest.as_bytes().as_slice())
        .bind(mail.outcomes.as_str())
        .bind(bytes)
        .bind(file)
        .bind(self.0.at.millis())
        .bind(recipients)
        .execute(&mut turn.connection)
        .await
        .map(drop)
        .map_err(failed)
    }
}

fn columns(body: &Body) -> (Option<&[u8]>, Option<&str>) {
    match body {
        Body::Inline(bytes) => (Some(&**bytes), None),
        Body::File(file) => (None, Some(file)),
    }
}

/// Recipients who have a sanitized copy, or have one under way.
async fn served(connection: &mut PgConnection, key: &ItemKey) -> Result<BTreeSet<String>, StoreError> {
    let recipients: Vec<String> = sqlx::query_scalar(
        "SELECT recipient FROM mail_recipient JOIN mail USING (tenant, item, number) \
         WHERE tenant = $1 AND item = $2 AND NOT is_notice",
    )
    .bind(key.tenant.as_str())
    .bind(key.id.to_string())
    .fetch_all(connection)
    .await
    .map_err(failed)?;
    Ok(BTreeSet::from_iter(recipients))
}

/// Makes a sanitized item `delivered` once none of its recipients waits or is on hold. The caller has locked the item's
/// row before it changed a recipient: of two who settle the last two mails of an item at once, the second sees what
/// the first did.
pub(super) async fn finish_item(connection: &mut PgConnection, key: &ItemKey) -> Result<(), StoreError> {
    sqlx::query("SELECT finish_item($1, $2)")
        .bind(key.tenant.as_str())
        .bind(key.id.to_string())
        .execute(connection)
        .await
        .map(drop)
        .map_err(failed)
}

/// Notes, in this transaction, an object that no row names any more; the sweep removes it.
pub(super) async fn give_up_object(
    connection: &mut PgConnection,
    file: &str,
    since: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query("INSERT INTO unneeded_object (file, since) VALUES ($1, $2) ON CONFLICT DO NOTHING")
        .bind(file)
        .bind(since.millis())
        .execute(connection)
        .await
        .map(drop)
        .map_err(failed)
}
