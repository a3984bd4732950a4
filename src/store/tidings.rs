//! What people are told as rows, and the end of requests, the same for every kind of database.
//!
//! Refuses: to tell a thing twice. Invariant: a mail is in the outbox exactly when what it tells counts as told.

use serde_json::json;

use super::releases::TELL;
use super::rows::Columns;
use super::search::message_id_term;
use crate::domain::office::{DigestTimes, Preferences};
use crate::domain::{
    AccountId, AuditEvent, Event, ItemId, Outbound, RequestId, RequestState, TenantId, TidingKind, Timestamp,
};
use crate::ports::{DigestQuery, StoreError, Tiding};

/// Requests that end in one transaction.
pub(super) const BATCH: i64 = 100;
/// Items of all digests of one look.
const MAX_ITEMS: i64 = 1000;

/// A mail about to be queued for what it tells.
pub(super) struct Telling {
    pub(super) tenant: TenantId,
    pub(super) tiding: Tiding,
    pub(super) mail: Outbound,
    pub(super) record: AuditEvent,
}

/// The end of what nobody decided or fetched in time.
pub(super) struct EndingRequests {
    pub(super) tenant: TenantId,
    pub(super) now: Timestamp,
}

/// True of a row of `tiding` with the `account` and the `request` it names, if there is still something to tell.
macro_rules! tellable {
    () => {
        "account.tenant = tiding.tenant AND account.id = tiding.account AND NOT account.blocked \
         AND account.mailbox IS NOT NULL AND account.digest <> 'never' \
         AND request.tenant = tiding.tenant AND request.id = tiding.request \
         AND (tiding.kind <> 'asked' OR request.state = 'waiting') \
         AND (tiding.kind <> 'approved' OR request.state = 'approved')"
    };
}

/// Tenant, limit.
const DUE: &str = concat!(
    "SELECT tiding.kind, tiding.account, tiding.item, tiding.request, tiding.since, account.mailbox, \
         account.preferences, request.until \
     FROM tiding, account, release_request AS request WHERE tiding.tenant = $1 AND ",
    tellable!(),
    " ORDER BY tiding.since, tiding.request, tiding.account LIMIT $2"
);
/// Tenant.
const FORGET: &str = concat!(
    "DELETE FROM tiding WHERE tenant = $1 \
     AND NOT EXISTS (SELECT 1 FROM account, release_request AS request WHERE ",
    tellable!(),
    ")"
);
/// Tenant, times, day, first item, last item, limit. Whoever is posted nowhere as staff reads no mail; who is reads that of
/// all departments they are posted in.
const DIGESTS: &str = "\
    WITH reader AS ( \
        SELECT account.id, account.mailbox, account.preferences FROM account \
        WHERE account.tenant = $1 AND account.digest = $2 AND NOT account.blocked AND account.mailbox IS NOT NULL \
            AND EXISTS (SELECT 1 FROM posting AS post WHERE post.tenant = $1 AND post.account = account.id \
                AND post.role = 'staff' AND post.from_day <= $3 AND (post.until_day IS NULL OR post.until_day >= $3))), \
    box AS ( \
        SELECT reader.id AS account, LOWER(reader.mailbox) AS mailbox FROM reader \
        UNION \
        SELECT reader.id, own.folded FROM reader \
        JOIN posting AS post ON post.tenant = $1 AND post.account = reader.id AND post.from_day <= $3 \
            AND (post.until_day IS NULL OR post.until_day >= $3) \
        JOIN department_mailbox AS own ON own.tenant = $1 AND own.department = post.department) \
    SELECT DISTINCT reader.id AS account, reader.mailbox, reader.preferences, arrival.item \
    FROM box JOIN reader ON reader.id = box.account \
    JOIN arrival ON arrival.tenant = $1 AND arrival.mailbox = box.mailbox \
        AND arrival.state IN ('password', 'withheld') AND arrival.item BETWEEN $4 AND $5 \
    JOIN item ON item.tenant = $1 AND item.id = arrival.item AND item.stage <> 'expired' \
    WHERE NOT EXISTS (SELECT 1 FROM digested WHERE digested.tenant = $1 AND digested.account = reader.id \
            AND digested.item = arrival.item) \
        AND NOT EXISTS (SELECT 1 FROM set_aside WHERE set_aside.tenant = $1 AND set_aside.account = reader.id \
            AND set_aside.item = arrival.item) \
        AND NOT EXISTS (SELECT 1 FROM release_request AS request WHERE request.tenant = $1 \
            AND request.item = arrival.item AND request.requester = reader.id) \
    ORDER BY account, arrival.item LIMIT $6";
/// Tenant, kind, account, item, request.
const TAKE: &str = "DELETE FROM tiding WHERE tenant = $1 AND kind = $2 AND account = $3 AND item = $4 AND request = $5";
/// Tenant, account, item.
const DIGESTED: &str = "INSERT INTO digested (tenant, account, item) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
const COUNT_MAILS: &str = "SELECT COUNT(*) AS count FROM mail WHERE tenant = $1 AND item = $2";
const QUEUE_MAIL: &str = "\
    INSERT INTO mail (tenant, item, number, is_notice, reverse_path, message_id, digest, outcomes, bytes, queued_at, \
        due_at) \
    VALUES ($1, $2, $3, TRUE, $4, $5, $6, $7, $8, $9, $9)";
const QUEUE_COPY: &str = "\
    INSERT INTO mail_recipient (tenant, item, number, position, recipient, status) \
    VALUES ($1, $2, $3, $4, $5, 'waiting')";
const FIND_BY: &str = "INSERT INTO search_term (tenant, term, item) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
const END: &str = "\
    UPDATE release_request SET state = 'expired' WHERE tenant = $1 AND id = $2 AND state IN ('waiting', 'approved')";

const fn times(times: DigestTimes) -> &'static str {
    match times {
        DigestTimes::AtOnce => "at_once",
        DigestTimes::TwiceADay => "twice_a_day",
        DigestTimes::Never => "never",
    }
}

/// A row of [`DUE`].
fn due(row: &impl Columns) -> Result<Tiding, StoreError> {
    let item: ItemId = row.parsed("item")?;
    let kind = row.maybe_text("kind")?.and_then(|name| TidingKind::from_name(&name));
    Ok(Tiding {
        kind: kind.ok_or(StoreError::Damaged("kind"))?,
        account: row.parsed("account")?,
        mailbox: row.checked("mailbox")?,
        language: row.json::<Preferences>("preferences")?.language,
        items: vec![(item, item.reference())],
        request: Some(row.parsed("request")?),
        until: Some(row.time("until")?),
        since: row.time("since")?,
    })
}

/// Rows of [`DIGESTS`], those of one account together.
fn digests(rows: &[impl Columns], since: Timestamp) -> Result<Vec<Tiding>, StoreError> {
    let mut all: Vec<Tiding> = Vec::new();
    for row in rows {
        let (account, item): (AccountId, ItemId) = (row.parsed("account")?, row.parsed("item")?);
        let named = (item, item.reference());
        match all.last_mut() {
            Some(last) if last.account == account => last.items.push(named),
            _ => all.push(Tiding {
                kind: TidingKind::Digest,
                account,
                mailbox: row.checked("mailbox")?,
                language: row.json::<Preferences>("preferences")?.language,
                items: vec![named],
                request: None,
                until: None,
                since,
            }),
        }
    }
    Ok(all)
}

fn ended(item: ItemId, request: RequestId, was: RequestState, at: Timestamp) -> AuditEvent {
    AuditEvent {
        at,
        event: Event::RequestExpired,
        item: Some(item),
        actor: "process".to_owned(),
        details: json!({ "request": request, "was": was }),
    }
}

/// As in [`rows`](super::rows): the traits of both kinds cannot be named together without a page of bounds. `$lock` keeps
/// a row from everybody else until the transaction ends.
macro_rules! tidings {
    ($name:ident, $connection:ty, $lock:literal, $skip:literal) => {
        pub(super) mod $name {
            use super::*;
            use crate::store::rows::{failed, to_column, to_json};

            /// Whoever adds a mail to an item counts those it has.
            const LOCK_ITEM: &str = concat!("SELECT stage FROM item WHERE tenant = $1 AND id = $2", $lock);
            const OVER: &str = concat!(
                "SELECT id, item, requester, state FROM release_request \
                 WHERE tenant = $1 AND state IN ('waiting', 'approved') AND until <= $2 ORDER BY until, id LIMIT $3",
                $skip
            );

            pub(in crate::store) async fn due_tidings(
                connection: &mut $connection,
                tenant: &TenantId,
                limit: u32,
            ) -> Result<Vec<Tiding>, StoreError> {
                let query = sqlx::query(DUE).bind(tenant.as_str()).bind(to_column(limit));
                query.fetch_all(connection).await.map_err(failed)?.iter().map(due).collect()
            }

            pub(in crate::store) async fn digests(
                connection: &mut $connection,
                tenant: &TenantId,
                query: DigestQuery,
            ) -> Result<Vec<Tiding>, StoreError> {
                let DigestQuery { times, day, since, up_to } = query;
                let rows = sqlx::query(DIGESTS)
                    .bind(tenant.as_str())
                    .bind(super::times(times))
                    .bind(day.to_string())
                    .bind(ItemId::new(since, [0; 10]).to_string())
                    .bind(ItemId::new(up_to, [0xff; 10]).to_string())
                    .bind(MAX_ITEMS)
                    .fetch_all(connection)
                    .await
                    .map_err(failed)?;
                super::digests(&rows, up_to)
            }

            pub(in crate::store) async fn tell(
                connection: &mut $connection,
                telling: &Telling,
            ) -> Result<(), StoreError> {
                let Telling { tenant, tiding, mail, record } = telling;
                let (item, _) = tiding.items.last().ok_or(StoreError::NotFound)?;
                let query = sqlx::query(LOCK_ITEM).bind(tenant.as_str()).bind(item.to_string());
                query.fetch_one(&mut *connection).await.map_err(failed)?;
                if !take(connection, tenant, tiding).await? {
                    return Err(StoreError::Conflict);
                }
                queue(connection, tenant, *item, mail, record.at).await
            }

            /// False if somebody else has told it.
            async fn take(
                connection: &mut $connection,
                tenant: &TenantId,
                tiding: &Tiding,
            ) -> Result<bool, StoreError> {
                let mut taken = 0u64;
                for (item, _) in &tiding.items {
                    let query = match tiding.kind {
                        TidingKind::Digest => sqlx::query(DIGESTED)
                            .bind(tenant.as_str())
                            .bind(tiding.account.to_string())
                            .bind(item.to_string()),
                        kind => sqlx::query(TAKE)
                            .bind(tenant.as_str())
                            .bind(kind.as_str())
                            .bind(tiding.account.to_string())
                            .bind(item.to_string())
                            .bind(tiding.request.map(|request| request.to_string()).unwrap_or_default()),
                    };
                    let done = query.execute(&mut *connection).await.map_err(failed)?;
                    taken = taken.saturating_add(done.rows_affected());
                }
                Ok(taken > 0)
            }

            /// Puts a mail into the outbox as a further one of the item.
            async fn queue(
                connection: &mut $connection,
                tenant: &TenantId,
                item: ItemId,
                mail: &Outbound,
                at: Timestamp,
            ) -> Result<(), StoreError> {
                let (tenant, item) = (tenant.as_str(), item.to_string());
                let query = sqlx::query(COUNT_MAILS).bind(tenant).bind(&item);
                let number: i64 = query.fetch_one(&mut *connection).await.map_err(failed)?.number("count")?;
                sqlx::query(QUEUE_MAIL)
                    .bind(tenant)
                    .bind(&item)
                    .bind(number)
                    .bind(to_json(&mail.reverse_path)?)
                    .bind(mail.message_id.as_str())
                    .bind(mail.mail.digest().as_bytes().as_slice())
                    .bind(to_json(&mail.outcomes)?)
                    .bind(&mail.mail.bytes()[..])
                    .bind(at.millis())
                    .execute(&mut *connection)
                    .await
                    .map_err(failed)?;
                for (position, recipient) in (0i64..).zip(&mail.forward_paths) {
                    sqlx::query(QUEUE_COPY)
                        .bind(tenant)
                        .bind(&item)
                        .bind(number)
                        .bind(position)
                        .bind(recipient.as_str())
                        .execute(&mut *connection)
                        .await
                        .map_err(failed)?;
                }
                let query = sqlx::query(FIND_BY).bind(tenant).bind(message_id_term(&mail.message_id)).bind(&item);
                query.execute(connection).await.map(drop).map_err(failed)
            }

            /// The records of what has ended; as many as a batch has if there may be more.
            pub(in crate::store) async fn end(
                connection: &mut $connection,
                ending: &EndingRequests,
            ) -> Result<Vec<AuditEvent>, StoreError> {
                let EndingRequests { tenant, now } = ending;
                let query = sqlx::query(OVER).bind(tenant.as_str()).bind(now.millis()).bind(BATCH);
                let rows = query.fetch_all(&mut *connection).await.map_err(failed)?;
                let mut events = Vec::with_capacity(rows.len());
                for row in &rows {
                    let (id, item): (RequestId, ItemId) = (row.parsed("id")?, row.parsed("item")?);
                    let requester: AccountId = row.parsed("requester")?;
                    events.push(ended(item, id, row.parsed("state")?, *now));
                    let query = sqlx::query(END).bind(tenant.as_str()).bind(id.to_string());
                    query.execute(&mut *connection).await.map_err(failed)?;
                    sqlx::query(TELL)
                        .bind(tenant.as_str())
                        .bind(TidingKind::Expired.as_str())
                        .bind(requester.to_string())
                        .bind(item.to_string())
                        .bind(id.to_string())
                        .bind(now.millis())
                        .execute(&mut *connection)
                        .await
                        .map_err(failed)?;
                }
                sqlx::query(FORGET).bind(tenant.as_str()).execute(connection).await.map_err(failed)?;
                Ok(events)
            }
        }
    };
}

tidings!(sqlite, sqlx::SqliteConnection, "", "");
tidings!(postgres, sqlx::PgConnection, " FOR NO KEY UPDATE", " FOR UPDATE SKIP LOCKED");

/// The port of a store that has a `writer`, and connections to read on in `$pool`.
macro_rules! tidings_port {
    ($store:ty, $pool:ident, $rows:ident) => {
        #[async_trait::async_trait]
        impl crate::ports::Tidings for $store {
            async fn due_tidings(&self, tenant: &TenantId, limit: u32) -> Result<Vec<Tiding>, StoreError> {
                let mut connection = self.$pool.acquire().await.map_err(failed)?;
                $rows::due_tidings(&mut connection, tenant, limit).await
            }

            async fn digests(&self, tenant: &TenantId, query: DigestQuery) -> Result<Vec<Tiding>, StoreError> {
                let mut connection = self.$pool.acquire().await.map_err(failed)?;
                $rows::digests(&mut connection, tenant, query).await
            }

            async fn told(
                &self,
                tenant: &TenantId,
                tiding: &Tiding,
                mail: Outbound,
                record: AuditEvent,
            ) -> Result<(), StoreError> {
                let (tenant, tiding) = (tenant.clone(), tiding.clone());
                self.writer.submit(Telling { tenant, tiding, mail, record }).await
            }

            async fn expire_requests(&self, tenant: &TenantId, now: Timestamp) -> Result<u64, StoreError> {
                let mut total = 0u64;
                loop {
                    let ended = self.writer.submit(EndingRequests { tenant: tenant.clone(), now }).await?;
                    total = total.saturating_add(u64::try_from(ended).unwrap_or(u64::MAX));
                    if i64::try_from(ended).unwrap_or(i64::MAX) < BATCH {
                        return Ok(total);
                    }
                }
            }
        }
    };
}

pub(super) use tidings_port;
