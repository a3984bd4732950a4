//! Looking at arrivals on a connection, alike in both kinds of database.
//!
//! Refuses: what came for none of the viewer's mailboxes ([`StoreError::NotFound`]). Invariant: rows that are not shown are
//! not parsed.

use sqlx::{AssertSqlSafe, PgConnection, SqliteConnection};

use super::lines::{
    Shown, candidate, chosen, deliveries, delivery, fetch as fetched, fetches, line, lines, of_item, owner, put_back,
    requests, set_aside, typing, typings,
};
use super::query::{Bound, Dialect, MAX_COUNT, Statement, count, page};
use crate::domain::{AccountId, AuditEvent, Digest, Event, ItemId, TenantId, Timestamp};
use crate::ports::{ArrivalCounts, ArrivalDetail, ArrivalLine, ArrivalQuery, StoreError, Tab, Viewer};
use crate::store::releases;
use crate::store::rows::{Columns as _, failed};

/// Rebuilt bytes on their way out: what is noted before they are handed out.
pub(in crate::store) struct Fetching {
    pub(in crate::store) tenant: TenantId,
    pub(in crate::store) account: AccountId,
    pub(in crate::store) item: ItemId,
    pub(in crate::store) digest: Digest,
    pub(in crate::store) mailbox: String,
    pub(in crate::store) record: AuditEvent,
}

/// Items that a viewer takes off the list, or puts back.
pub(in crate::store) struct SettingAside {
    pub(in crate::store) viewer: Viewer,
    pub(in crate::store) items: Vec<ItemId>,
    pub(in crate::store) aside: bool,
}

/// Where rebuilt bytes are, and for which of the viewer's mailboxes.
pub(in crate::store) struct Found {
    pub(in crate::store) mailbox: String,
    pub(in crate::store) length: u64,
    pub(in crate::store) bytes: Option<Vec<u8>>,
    pub(in crate::store) file: Option<String>,
}

const CANDIDATES: &str = "\
    SELECT CAST(COALESCE(SUM(count), 0) AS BIGINT) AS count FROM password_candidate WHERE tenant = $1 AND item = $2";
const BYTES: &str =
    "SELECT length, bytes, file FROM derivative WHERE tenant = $1 AND item = $2 AND digest = $3 ORDER BY part LIMIT 1";
/// Tenant, account, since when.
const COUNT_FETCHED: &str = "\
    SELECT COUNT(*) AS count FROM (SELECT DISTINCT item, digest FROM fetched \
        WHERE tenant = $1 AND account = $2 AND at >= $3) AS fetches";
const NOTE_FETCHED: &str = "\
    INSERT INTO fetched (tenant, item, digest, account, at, mailbox, shown) VALUES ($1, $2, $3, $4, $5, $6, $7) \
    ON CONFLICT DO NOTHING";

/// As in [`rows`](crate::store::rows): the traits of both kinds cannot be named together without a page of bounds.
macro_rules! arrivals {
    ($name:ident, $connection:ty, $row:ty, $dialect:expr) => {
        pub(in crate::store) mod $name {
            use super::*;

            async fn fetch(connection: &mut $connection, statement: Statement) -> Result<Vec<$row>, StoreError> {
                let mut query = sqlx::query(AssertSqlSafe(statement.text)).persistent(false);
                for value in statement.values {
                    query = match value {
                        Bound::Text(text) => query.bind(text),
                        Bound::Number(number) => query.bind(number),
                    };
                }
                query.fetch_all(connection).await.map_err(failed)
            }

            pub(in crate::store) async fn list(
                connection: &mut $connection,
                viewer: &Viewer,
                query: &ArrivalQuery,
            ) -> Result<Vec<ArrivalLine>, StoreError> {
                let Some((statement, limit)) = page($dialect, viewer, query) else { return Ok(Vec::new()) };
                let rows = fetch(connection, statement).await?;
                let candidates = rows.iter().map(candidate).collect::<Result<Vec<(Shown, u8)>, _>>()?;
                let shown = chosen(candidates, limit);
                if shown.is_empty() {
                    return Ok(Vec::new());
                }
                let rows = fetch(connection, lines(viewer, &shown)).await?;
                let mut all = rows.iter().map(line).collect::<Result<Vec<_>, _>>()?;
                all.sort_by_key(|line| std::cmp::Reverse(line.arrival.id));
                if query.oldest_first {
                    all.reverse();
                }
                Ok(all)
            }

            pub(in crate::store) async fn counts(
                connection: &mut $connection,
                viewer: &Viewer,
            ) -> Result<ArrivalCounts, StoreError> {
                Ok(ArrivalCounts {
                    action: count_of(connection, viewer, Tab::Action).await?,
                    ready: count_of(connection, viewer, Tab::Ready).await?,
                })
            }

            async fn count_of(connection: &mut $connection, viewer: &Viewer, tab: Tab) -> Result<u32, StoreError> {
                let Some(statement) = count($dialect, viewer, tab) else { return Ok(0) };
                let rows = fetch(connection, statement).await?;
                rows.first().map_or(Ok(0), |row| row.number::<u32>("count")).map(|count| count.min(MAX_COUNT))
            }

            /// Within a snapshot.
            pub(in crate::store) async fn detail(
                connection: &mut $connection,
                viewer: &Viewer,
                item: ItemId,
            ) -> Result<ArrivalDetail, StoreError> {
                let rows = of(connection, of_item(viewer, item)).await?;
                let candidates = rows.iter().map(candidate).collect::<Result<Vec<(Shown, u8)>, _>>()?;
                let Some((_, mailbox)) = chosen(candidates, 1).pop() else { return Err(StoreError::NotFound) };
                let (mut shown, mut wrong_passwords, mut trying, mut concluded_at) = (None, 0u32, false, None);
                for row in &rows {
                    wrong_passwords = wrong_passwords.max(row.number("wrong_passwords")?);
                    trying |= row.flag("trying")?;
                    if row.maybe_text("mailbox")?.as_ref() == Some(&mailbox) {
                        shown = Some(line(row)?);
                        concluded_at = row.maybe_time("concluded_at")?;
                    }
                }
                let copies = of(connection, deliveries(viewer, item)).await?;
                let mut last_fetched = of(connection, fetches(viewer, item)).await?;
                last_fetched.reverse();
                let typed = of(connection, typings(viewer, item)).await?;
                let (mut own, mut asked_by_others) = (Vec::new(), Vec::new());
                for row in fetch(connection, requests(viewer, item)).await? {
                    if row.flag("own")? {
                        own.push(releases::request(&row)?);
                    } else {
                        asked_by_others.extend(releases::of_other(&row, viewer)?);
                    }
                }
                let count = sqlx::query(CANDIDATES)
                    .bind(viewer.tenant.as_str())
                    .bind(item.to_string())
                    .fetch_one(&mut *connection)
                    .await
                    .map_err(failed)?;
                Ok(ArrivalDetail {
                    line: shown.ok_or(StoreError::NotFound)?,
                    deliveries: copies.iter().map(delivery).collect::<Result<_, _>>()?,
                    wrong_passwords,
                    trying,
                    candidates: count.number("count")?,
                    concluded_at,
                    typed: typed.iter().map(typing).collect::<Result<_, _>>()?,
                    requests: own,
                    asked_by_others,
                    fetched: last_fetched.iter().map(fetched).collect::<Result<_, _>>()?,
                })
            }

            async fn of(connection: &mut $connection, statement: Option<Statement>) -> Result<Vec<$row>, StoreError> {
                match statement {
                    Some(statement) => fetch(connection, statement).await,
                    None => Ok(Vec::new()),
                }
            }

            pub(in crate::store) async fn fetched_since(
                connection: &mut $connection,
                viewer: &Viewer,
                since: Timestamp,
            ) -> Result<u32, StoreError> {
                let row = sqlx::query(COUNT_FETCHED)
                    .bind(viewer.tenant.as_str())
                    .bind(viewer.account.to_string())
                    .bind(since.millis())
                    .fetch_one(connection)
                    .await
                    .map_err(failed)?;
                row.number("count")
            }

            /// Within a snapshot.
            pub(in crate::store) async fn find(
                connection: &mut $connection,
                viewer: &Viewer,
                item: ItemId,
                digest: Digest,
            ) -> Result<Found, StoreError> {
                let rows = of(connection, of_item(viewer, item)).await?;
                let mailbox = owner(&rows, digest)?.ok_or(StoreError::NotFound)?;
                found(connection, &viewer.tenant, item, digest, mailbox).await
            }

            /// The bytes that `mailbox` was given.
            pub(in crate::store) async fn found(
                connection: &mut $connection,
                tenant: &TenantId,
                item: ItemId,
                digest: Digest,
                mailbox: String,
            ) -> Result<Found, StoreError> {
                let row = sqlx::query(BYTES)
                    .bind(tenant.as_str())
                    .bind(item.to_string())
                    .bind(digest.as_bytes().as_slice())
                    .fetch_one(connection)
                    .await
                    .map_err(failed)?;
                let (bytes, file) = (row.maybe_bytes("bytes")?, row.maybe_text("file")?);
                Ok(Found { mailbox, length: row.number("length")?, bytes, file })
            }

            /// Within the transaction of its record.
            pub(in crate::store) async fn note(
                connection: &mut $connection,
                fetching: &Fetching,
            ) -> Result<(), StoreError> {
                let at: Timestamp = fetching.record.at;
                sqlx::query(NOTE_FETCHED)
                    .bind(fetching.tenant.as_str())
                    .bind(fetching.item.to_string())
                    .bind(fetching.digest.as_bytes().as_slice())
                    .bind(fetching.account.to_string())
                    .bind(at.millis())
                    .bind(fetching.mailbox.as_str())
                    .bind(fetching.record.event == Event::FileShown)
                    .execute(connection)
                    .await
                    .map(drop)
                    .map_err(failed)
            }

            /// Within a transaction.
            pub(in crate::store) async fn aside(
                connection: &mut $connection,
                setting: &SettingAside,
            ) -> Result<(), StoreError> {
                for item in &setting.items {
                    let statement = if setting.aside {
                        set_aside(&setting.viewer, *item)
                    } else {
                        Some(put_back(&setting.viewer, *item))
                    };
                    of(connection, statement).await?;
                }
                Ok(())
            }
        }
    };
}

arrivals!(sqlite, SqliteConnection, sqlx::sqlite::SqliteRow, Dialect::Sqlite);
arrivals!(postgres, PgConnection, sqlx::postgres::PgRow, Dialect::Postgres);
