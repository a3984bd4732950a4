//! Passwords that staff typed in the portal: sealed rows that are leased, tried and emptied.
//!
//! Refuses: to keep any for an item that waits for no password, or while others are being tried. Invariant: a row that
//! says what became of its batch holds nothing sealed any more.

use std::io;

use sqlx::{PgConnection, SqliteConnection};

use super::conclusion::{Body, MailRow};
use super::keys::{OpeningKey, SealingKey};
use super::opened::{self, OpenedRows};
use super::passwords::{sealed, unsealed};
use super::place::Place;
use super::rows::{Columns, failed, to_column, to_json};
use crate::domain::{AccountId, AuditEvent, ItemKey, OfferId, Stage, TenantId, Timestamp};
use crate::ports::{MAX_TRIALS, Offer, OfferState, Opened, StoreError, Trial, TrialEnd, Viewer};

/// How long a batch may wait.
const LIFE: std::time::Duration = std::time::Duration::from_secs(3600);
/// How long a batch that could not be tried waits until it is tried again.
const PAUSE: std::time::Duration = std::time::Duration::from_secs(5);

const WRONG_SO_FAR: &str = "\
    SELECT wrong_passwords FROM arrival \
    WHERE tenant = $1 AND mailbox = $2 AND item = $3 AND state = 'password'";
/// Nothing, if others of the item are being tried.
const OFFER: &str = "\
    INSERT INTO password_offer (tenant, id, item, account, actor, mailbox, by_mail, at, state, sealed, count) \
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'queued', $9, $10) ON CONFLICT DO NOTHING";
const STATE: &str = "\
    SELECT state, standing, (SELECT COUNT(*) FROM password_offer AS other WHERE other.tenant = mine.tenant \
        AND other.state IN ('queued', 'trying') AND other.at < mine.at) AS ahead \
    FROM password_offer AS mine WHERE tenant = $1 AND account = $2 AND id = $3";
/// Whether there is any to be tried, by tenant: what is asked before every lease of an item must cost next to nothing.
pub(super) const ANY: &str = "SELECT EXISTS (SELECT 1 FROM password_offer WHERE tenant = $1 AND sealed IS NOT NULL)";
/// Ends what was tried too often, and what nobody tried in time; a clock that was fast is no reason to wait longer.
const GIVE_UP: &str = "\
    UPDATE password_offer SET state = 'failed', sealed = NULL, leased_until = NULL \
    WHERE tenant = $1 AND sealed IS NOT NULL AND (leased_until IS NULL OR leased_until <= $2) \
        AND (attempts >= $3 OR at < $4 OR at > $5)";
/// That some were typed, by whom and when, is told as long as the mail is kept.
const FORGET: &str = "\
    DELETE FROM password_offer WHERE tenant = $1 AND sealed IS NULL AND (at < $2 OR at > $3) \
        AND EXISTS (SELECT 1 FROM item WHERE item.tenant = $1 AND item.id = password_offer.item \
            AND item.stage = 'expired')";
const LEASE_SQLITE: &str = "\
    UPDATE password_offer SET state = 'trying', leased_until = $3, lease = lease + 1, attempts = attempts + 1 \
    WHERE tenant = $1 AND id = (SELECT id FROM password_offer WHERE tenant = $1 AND sealed IS NOT NULL \
        AND (leased_until IS NULL OR leased_until <= $2) ORDER BY at, id LIMIT 1) RETURNING *";
const LEASE_POSTGRES: &str = "\
    WITH next AS MATERIALIZED ( \
        SELECT tenant, id FROM password_offer WHERE tenant = $1 AND sealed IS NOT NULL \
            AND (leased_until IS NULL OR leased_until <= $2) ORDER BY at, id LIMIT 1 FOR UPDATE SKIP LOCKED) \
    UPDATE password_offer AS offer SET state = 'trying', leased_until = $3, lease = offer.lease + 1, \
        attempts = offer.attempts + 1 \
    FROM next WHERE offer.tenant = next.tenant AND offer.id = next.id RETURNING offer.*";
const ITEM: &str = "\
    SELECT stage, origin, received_at, length, released, facts FROM item WHERE tenant = $1 AND id = $2";
const RENEW: &str = "\
    UPDATE password_offer SET leased_until = $1 WHERE tenant = $2 AND id = $3 AND lease = $4 AND state = 'trying'";
/// Locks the row as long as the lease holds.
const HELD: &str = "\
    UPDATE password_offer SET lease = lease WHERE tenant = $1 AND id = $2 AND lease = $3 AND state = 'trying'";
const END: &str = "\
    UPDATE password_offer SET state = $1, sealed = CASE WHEN $1 = 'queued' THEN sealed END, leased_until = $2, \
        standing = NULL \
    WHERE tenant = $3 AND id = $4 AND lease = $5 AND state = 'trying'";
const COUNT_WRONG: &str = "\
    UPDATE arrival SET wrong_passwords = wrong_passwords + 1 WHERE tenant = $1 AND mailbox = $2 AND item = $3";

/// A batch on its way in.
pub(super) struct Offering {
    pub(super) tenant: TenantId,
    pub(super) account: AccountId,
    pub(super) offer: Offer,
    pub(super) wrong_limit: u32,
    pub(super) sealed: Vec<u8>,
    /// How many were typed.
    pub(super) typed: usize,
    pub(super) record: AuditEvent,
}

impl Offering {
    /// Seals what was typed and overwrites it.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if the viewer does not read for the mailbox; [`StoreError::Unavailable`] without a key.
    pub(super) fn of(
        viewer: &Viewer,
        mut offer: Offer,
        wrong_limit: u32,
        record: AuditEvent,
        key: io::Result<SealingKey>,
    ) -> Result<Self, StoreError> {
        if !viewer.mailboxes.contains(&offer.mailbox) {
            return Err(StoreError::NotFound);
        }
        let passwords = std::mem::take(&mut offer.passwords);
        let typed = passwords.len();
        let sealed =
            key.and_then(|key| sealed(&key, &passwords)).map_err(|error| StoreError::Unavailable(Box::new(error)))?;
        Ok(Self { tenant: viewer.tenant.clone(), account: viewer.account, offer, wrong_limit, sealed, typed, record })
    }
}

/// A batch that was leased, still sealed.
pub(super) struct LeasedOffer {
    key: ItemKey,
    id: OfferId,
    account: AccountId,
    actor: String,
    mailbox: String,
    by_mail: bool,
    at: Timestamp,
    sealed: Vec<u8>,
    attempt: u32,
    token: u64,
}

impl LeasedOffer {
    fn of(tenant: &TenantId, row: &impl Columns) -> Result<Self, StoreError> {
        Ok(Self {
            key: ItemKey { tenant: tenant.clone(), id: row.parsed("item")? },
            id: row.parsed("id")?,
            account: row.parsed("account")?,
            actor: row.maybe_text("actor")?.unwrap_or_default(),
            mailbox: row.maybe_text("mailbox")?.unwrap_or_default(),
            by_mail: row.flag("by_mail")?,
            at: row.time("at")?,
            sealed: row.maybe_bytes("sealed")?.ok_or(StoreError::Damaged("sealed"))?,
            attempt: row.number("attempts")?,
            token: row.number("lease")?,
        })
    }

    pub(super) fn lease(&self) -> OfferLease {
        OfferLease { tenant: self.key.tenant.clone(), id: self.id, token: self.token }
    }

    /// With its item, unsealed. `Ok(None)` if the item is not one that was concluded, any more.
    fn trial(self, item: &impl Columns, key: &OpeningKey) -> Result<Option<Trial>, StoreError> {
        if !matches!(item.parsed::<Stage>("stage")?, Stage::Sanitized | Stage::Delivered) {
            return Ok(None);
        }
        let offer = Offer {
            id: self.id,
            item: self.key.id,
            account: self.account,
            mailbox: self.mailbox,
            passwords: unsealed(key, vec![self.sealed])?,
            by_mail: self.by_mail,
            at: self.at,
        };
        Ok(Some(Trial {
            key: self.key,
            origin: item.json("origin")?,
            received_at: item.time("received_at")?,
            length: item.number("length")?,
            released: item.flag("released")?,
            facts: item.json("facts")?,
            offer,
            actor: self.actor,
            attempt: self.attempt,
            token: self.token,
        }))
    }
}

/// Which lease of which batch.
#[derive(Debug, Clone)]
pub(super) struct OfferLease {
    pub(super) tenant: TenantId,
    pub(super) id: OfferId,
    pub(super) token: u64,
}

impl OfferLease {
    pub(super) fn of(trial: &Trial) -> Self {
        Self { tenant: trial.key.tenant.clone(), id: trial.offer.id, token: trial.token }
    }
}

/// The end of a trial, ready to be written.
pub(super) struct TrialRows {
    pub(super) key: ItemKey,
    pub(super) lease: OfferLease,
    mailbox: String,
    at: Timestamp,
    state: &'static str,
    /// Not before, if it is to be tried again.
    due_at: Option<Timestamp>,
    opened: Option<OpenedRows>,
    pub(super) mail: Option<MailRow>,
    pub(super) records: Vec<AuditEvent>,
    pub(super) objects: Vec<(Place, bytes::Bytes)>,
}

impl TrialRows {
    pub(super) fn prepare(
        trial: Trial,
        end: TrialEnd,
        records: Vec<AuditEvent>,
        at: Timestamp,
        inline_bytes: usize,
    ) -> Result<Self, StoreError> {
        let lease = OfferLease::of(&trial);
        let Trial { key, offer, attempt, .. } = trial;
        let (state, due_at) = match &end {
            TrialEnd::Opened { .. } => ("opened", None),
            TrialEnd::Wrong => ("wrong", None),
            TrialEnd::Failed if attempt < MAX_TRIALS => ("queued", Some(at.after(PAUSE))),
            TrialEnd::Failed => ("failed", None),
        };
        let (opened, mail, objects) = match end {
            TrialEnd::Opened { opened, mail } => {
                let (rows, mut objects) = OpenedRows::prepare(Opened { key: key.clone(), ..*opened }, inline_bytes)?;
                let place = Place::opened_mail(&key, offer.id, attempt);
                let mail = mail.map(|mail| -> Result<MailRow, StoreError> {
                    Ok(MailRow {
                        is_notice: false,
                        reverse_path: to_json(&mail.reverse_path)?,
                        message_id: mail.message_id.to_string(),
                        digest: mail.mail.digest(),
                        outcomes: to_json(&mail.outcomes)?,
                        body: opened::body(place, mail.mail.bytes(), inline_bytes, &mut objects),
                        forward_paths: mail.forward_paths,
                    })
                });
                (Some(rows), mail.transpose()?, objects)
            }
            TrialEnd::Wrong | TrialEnd::Failed => (None, None, Vec::new()),
        };
        let mailbox = offer.mailbox;
        Ok(Self { key, lease, mailbox, at, state, due_at, opened, mail, records, objects })
    }

    /// Written for the mail, and for nothing else.
    pub(super) fn mail_file(&self) -> Option<String> {
        self.mail.as_ref().and_then(|mail| match &mail.body {
            Body::File(path) => Some(path.clone()),
            Body::Inline(_) => None,
        })
    }
}

fn told(row: &impl Columns) -> Result<OfferState, StoreError> {
    Ok(match row.maybe_text("state")?.as_deref() {
        Some("queued") => OfferState::Queued(row.number("ahead")?),
        Some("trying") => OfferState::Trying(row.maybe_json("standing")?),
        Some("opened") => OfferState::Opened,
        Some("wrong") => OfferState::Wrong,
        Some("failed") => OfferState::Failed,
        _ => return Err(StoreError::Damaged("state")),
    })
}

/// As in [`rows`](super::rows): the traits of both kinds cannot be named together without a page of bounds.
macro_rules! offers {
    ($name:ident, $connection:ty, $lease:ident) => {
        pub(super) mod $name {
            use super::*;

            /// Keeps a batch. For use within the transaction that writes its record.
            pub(in crate::store) async fn offer(
                connection: &mut $connection,
                offering: &Offering,
            ) -> Result<(), StoreError> {
                let Offering { tenant, account, offer, wrong_limit, sealed, typed, record } = offering;
                let row = sqlx::query(WRONG_SO_FAR)
                    .bind(tenant.as_str())
                    .bind(offer.mailbox.as_str())
                    .bind(offer.item.to_string())
                    .fetch_one(&mut *connection)
                    .await
                    .map_err(failed)?;
                if row.number::<u32>("wrong_passwords")? >= *wrong_limit {
                    return Err(StoreError::Conflict);
                }
                let kept = sqlx::query(OFFER)
                    .bind(tenant.as_str())
                    .bind(offer.id.to_string())
                    .bind(offer.item.to_string())
                    .bind(account.to_string())
                    .bind(record.actor.as_str())
                    .bind(offer.mailbox.as_str())
                    .bind(offer.by_mail)
                    .bind(offer.at.millis())
                    .bind(sealed.as_slice())
                    .bind(to_column(*typed))
                    .execute(connection)
                    .await
                    .map_err(failed)?;
                if kept.rows_affected() == 1 { Ok(()) } else { Err(StoreError::Conflict) }
            }

            pub(in crate::store) async fn state(
                connection: &mut $connection,
                tenant: &TenantId,
                account: AccountId,
                id: OfferId,
            ) -> Result<OfferState, StoreError> {
                let row = sqlx::query(STATE)
                    .bind(tenant.as_str())
                    .bind(account.to_string())
                    .bind(id.to_string())
                    .fetch_one(connection)
                    .await
                    .map_err(failed)?;
                told(&row)
            }

            /// Cleans up and leases one. For use within a transaction.
            pub(in crate::store) async fn lease(
                connection: &mut $connection,
                tenant: &TenantId,
                now: Timestamp,
                until: Timestamp,
            ) -> Result<Option<LeasedOffer>, StoreError> {
                let (long_ago, not_yet) = (now.before(LIFE).millis(), now.after(LIFE).millis());
                sqlx::query(GIVE_UP)
                    .bind(tenant.as_str())
                    .bind(now.millis())
                    .bind(i64::from(MAX_TRIALS))
                    .bind(long_ago)
                    .bind(not_yet)
                    .execute(&mut *connection)
                    .await
                    .map_err(failed)?;
                sqlx::query(FORGET)
                    .bind(tenant.as_str())
                    .bind(long_ago)
                    .bind(not_yet)
                    .execute(&mut *connection)
                    .await
                    .map_err(failed)?;
                let row = sqlx::query($lease)
                    .bind(tenant.as_str())
                    .bind(now.millis())
                    .bind(until.millis())
                    .fetch_optional(connection)
                    .await
                    .map_err(failed)?;
                row.map(|row| LeasedOffer::of(tenant, &row)).transpose()
            }

            /// A leased batch with its item, unsealed.
            pub(in crate::store) async fn load(
                connection: &mut $connection,
                leased: LeasedOffer,
                key: &OpeningKey,
            ) -> Result<Option<Trial>, StoreError> {
                let item = sqlx::query(ITEM)
                    .bind(leased.key.tenant.as_str())
                    .bind(leased.key.id.to_string())
                    .fetch_one(connection)
                    .await
                    .map_err(failed)?;
                leased.trial(&item, key)
            }

            pub(in crate::store) async fn renew(
                connection: &mut $connection,
                lease: &OfferLease,
                until: Timestamp,
            ) -> Result<(), StoreError> {
                let renewed = sqlx::query(RENEW)
                    .bind(until.millis())
                    .bind(lease.tenant.as_str())
                    .bind(lease.id.to_string())
                    .bind(to_column(lease.token))
                    .execute(connection)
                    .await
                    .map_err(failed)?;
                if renewed.rows_affected() == 1 { Ok(()) } else { Err(StoreError::Conflict) }
            }

            /// Says what became of a batch; its passwords go unless it is queued again. Nothing, if the lease is lost.
            pub(in crate::store) async fn close(
                connection: &mut $connection,
                lease: &OfferLease,
                state: &'static str,
                due_at: Option<Timestamp>,
            ) -> Result<(), StoreError> {
                sqlx::query(END)
                    .bind(state)
                    .bind(due_at.map(Timestamp::millis))
                    .bind(lease.tenant.as_str())
                    .bind(lease.id.to_string())
                    .bind(to_column(lease.token))
                    .execute(connection)
                    .await
                    .map(drop)
                    .map_err(failed)
            }

            /// Ends a trial. For use within the transaction that writes its records; what it refuses has changed nothing.
            pub(in crate::store) async fn end(
                connection: &mut $connection,
                rows: &TrialRows,
            ) -> Result<(), StoreError> {
                let held = sqlx::query(HELD)
                    .bind(rows.lease.tenant.as_str())
                    .bind(rows.lease.id.to_string())
                    .bind(to_column(rows.lease.token))
                    .execute(&mut *connection)
                    .await
                    .map_err(failed)?;
                if held.rows_affected() != 1 {
                    return Err(StoreError::Conflict);
                }
                if let Some(opened) = &rows.opened
                    && !opened::$name::write(connection, opened, rows.mail.is_some()).await?
                {
                    return Err(StoreError::Conflict);
                }
                close(connection, &rows.lease, rows.state, rows.due_at).await?;
                if let Some(mail) = &rows.mail {
                    opened::$name::write_mail(connection, &rows.key, mail, rows.at).await?;
                }
                if rows.state == "wrong" {
                    sqlx::query(COUNT_WRONG)
                        .bind(rows.key.tenant.as_str())
                        .bind(rows.mailbox.as_str())
                        .bind(rows.key.id.to_string())
                        .execute(connection)
                        .await
                        .map_err(failed)?;
                }
                Ok(())
            }
        }
    };
}

offers!(sqlite, SqliteConnection, LEASE_SQLITE);
offers!(postgres, PgConnection, LEASE_POSTGRES);
