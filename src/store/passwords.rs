//! Passwords that one mail names for what another keeps back: sealed, and linked in the transaction that ends a lease.
//!
//! Refuses: to link across tenants, senders, recipients or beyond the window. Invariant: what is written is sealed; only
//! the private key reads it back.

use std::collections::BTreeSet;
use std::io::{self, Cursor};
use std::time::Duration;

use serde_json::json;
use zeroize::Zeroizing;

use super::keys::{OpeningKey, SealingKey};
use super::rows::Columns;
use super::seal::{Sealer, fill, unseal};
use crate::domain::{AuditEvent, Event, Facts, ItemId, ItemKey, Mailbox, Origin, Password, Timestamp};
use crate::ports::{PasswordSearch, PasswordSource, StoreError, Waiting};

/// Mails are processed side by side and by hosts whose clocks differ: a mail that came so long before the item it has a
/// password for is taken for one that followed it.
const SLACK: Duration = Duration::from_secs(600);
/// Mails that are linked to one item at most: the first ones and the latest ones, so that whoever forges a sender has to
/// write both before and behind the true password to bury it.
const MAX_SOURCES: i64 = 20;
const FIRST_SOURCES: i64 = MAX_SOURCES / 2;

/// What goes when an item is concluded, by tenant, item, and whether it wants a password.
pub(super) const FORGET: [&str; 2] = [
    "DELETE FROM password_search WHERE tenant = ? AND item = ?",
    "DELETE FROM password_candidate WHERE tenant = ? AND item = ? AND NOT ?",
];
/// By tenant and time.
pub(super) const END_WINDOWS: &str = "DELETE FROM password_search WHERE tenant = $1 AND until < $2";
/// Rows of [`source`], by tenant and item.
pub(super) const SOURCES: &str =
    "SELECT source, count FROM password_candidate WHERE tenant = $1 AND item = $2 ORDER BY source";
/// Rows of [`opened`], by tenant and item.
pub(super) const SEALED: &str = "SELECT sealed FROM password_candidate WHERE tenant = $1 AND item = $2 ORDER BY source";
const TAKE_PART: &str = "\
    INSERT INTO password_search (tenant, item, received_at, until, from_address, reverse_path, wanted, count, sealed) \
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
/// Those of the same sender that this one can be of use to, or that can be of use to it, the latest first.
const OTHERS: &str = "\
    SELECT found.item, found.received_at, found.wanted, found.count, found.sealed, item.origin, item.length, \
        item.released, CASE WHEN found.wanted THEN item.facts END AS facts, \
        (SELECT COUNT(*) FROM password_candidate AS linked \
            WHERE linked.tenant = found.tenant AND linked.item = found.item) AS sources \
    FROM password_search AS found JOIN item ON item.tenant = found.tenant AND item.id = found.item \
    WHERE found.tenant = $1 AND (found.from_address = $2 OR found.reverse_path = $3) \
        AND found.received_at BETWEEN $4 AND $5 AND item.stage <> 'expired' \
        AND ((found.wanted AND $6) OR (found.sealed IS NOT NULL AND $7)) \
    ORDER BY found.received_at DESC, found.item LIMIT 500";
const LINK: &str = "\
    INSERT INTO password_candidate (tenant, item, source, count, sealed) VALUES ($1, $2, $3, $4, $5) \
    ON CONFLICT DO NOTHING";
/// Takes out the one behind the first ones if there are too many; identifiers are in order of time.
const DISPLACE: &str = "\
    DELETE FROM password_candidate WHERE tenant = $1 AND item = $2 \
        AND (SELECT COUNT(*) FROM password_candidate WHERE tenant = $1 AND item = $2) > $3 \
        AND source = (SELECT source FROM password_candidate WHERE tenant = $1 AND item = $2 \
            ORDER BY source LIMIT 1 OFFSET $4) \
    RETURNING source";

/// Items that one mail is tried on at most.
const MAX_WAITING: usize = 5;

/// What an item contributes to the search.
pub(super) struct Search {
    window: Duration,
    received_at: Timestamp,
    from: Option<String>,
    reverse_path: Option<String>,
    recipients: BTreeSet<String>,
    wanted: bool,
    candidates: Vec<Password>,
    count: i64,
    sealed: Option<Vec<u8>>,
}

impl Search {
    /// `None` if the item neither names a password nor wants one, has no sender to go by, or is no mail.
    pub(super) fn of(search: PasswordSearch, facts: &Facts, wanted: bool) -> Option<Self> {
        let envelope = facts.origin.envelope()?;
        let path = envelope.reverse_path.as_str();
        let this = Self {
            window: search.window,
            received_at: facts.received_at,
            from: facts.headers.from.first().map(|author| lower(&author.address)),
            reverse_path: (!path.is_empty()).then(|| path.to_ascii_lowercase()),
            recipients: recipients(&facts.origin),
            wanted,
            count: i64::try_from(search.candidates.len()).unwrap_or(i64::MAX),
            candidates: search.candidates,
            sealed: None,
        };
        let takes_part = this.wanted || this.count > 0;
        (takes_part && (this.from.is_some() || this.reverse_path.is_some())).then_some(this)
    }

    /// True if there is something to seal.
    pub(super) fn names_passwords(&self) -> bool {
        !self.candidates.is_empty()
    }

    /// Seals what it names and overwrites it. Without a key it names nothing: no mail waits for that.
    pub(super) fn seal(&mut self, key: io::Result<SealingKey>) {
        let candidates = std::mem::take(&mut self.candidates);
        match key.and_then(|key| sealed(&key, &candidates)) {
            Ok(sealed) => self.sealed = Some(sealed),
            Err(error) => {
                tracing::error!(%error, "passwords that a mail names could not be sealed and were not kept");
                self.count = 0;
            }
        }
    }

    /// What it has in common with another that was found in the store.
    fn pairs(&self, key: &ItemKey, other: &Other) -> Vec<Pair> {
        if self.recipients.is_disjoint(&other.recipients) {
            return Vec::new();
        }
        let mut pairs = Vec::new();
        if let Some(sealed) = self.sealed.as_ref().filter(|_| other.wanted)
            && self.follows(other.received_at, self.received_at)
        {
            pairs.push(Pair { held: other.id, source: key.id, count: self.count, sealed: sealed.clone() });
        }
        // Itself is found as well, and has been paired.
        if let Some(sealed) = other.sealed.as_ref().filter(|_| self.wanted && other.id != key.id)
            && self.follows(self.received_at, other.received_at)
        {
            pairs.push(Pair { held: key.id, source: other.id, count: other.count, sealed: sealed.clone() });
        }
        pairs
    }

    /// The item in a row of [`OTHERS`], if it may want what this one names.
    fn waiting(&self, key: &ItemKey, row: &impl Columns) -> Result<Option<Waiting>, StoreError> {
        let other = Other::of(row)?;
        let sources: i64 = row.number("sources")?;
        let may_want = other.id != key.id
            && !self.recipients.is_disjoint(&other.recipients)
            && self.follows(other.received_at, self.received_at)
            && sources < MAX_SOURCES;
        may_want
            .then(|| {
                Ok(Waiting {
                    key: ItemKey { tenant: key.tenant.clone(), id: other.id },
                    origin: row.json("origin")?,
                    received_at: other.received_at,
                    length: row.number("length")?,
                    released: row.flag("released")?,
                    facts: row.json("facts")?,
                    known: Vec::new(),
                })
            })
            .transpose()
    }

    fn follows(&self, held: Timestamp, source: Timestamp) -> bool {
        source.since(held) <= self.window && held.since(source) <= SLACK
    }
}

/// Another item that takes part, of the same sender.
struct Other {
    id: ItemId,
    received_at: Timestamp,
    wanted: bool,
    count: i64,
    sealed: Option<Vec<u8>>,
    recipients: BTreeSet<String>,
}

impl Other {
    fn of(row: &impl Columns) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.parsed("item")?,
            received_at: row.time("received_at")?,
            wanted: row.flag("wanted")?,
            count: row.number("count")?,
            sealed: row.maybe_bytes("sealed")?,
            recipients: recipients(&row.json("origin")?),
        })
    }
}

/// Which of the others are read.
#[derive(Clone, Copy)]
struct Sought {
    /// Those that want a password.
    wanting: bool,
    /// Those that name one.
    naming: bool,
}

/// Candidates for one item.
struct Pair {
    held: ItemId,
    source: ItemId,
    count: i64,
    sealed: Vec<u8>,
}

impl Pair {
    fn event(&self, at: Timestamp, displaced: Option<ItemId>) -> AuditEvent {
        let mut details = json!({ "source": self.source, "count": self.count });
        if let (Some(displaced), Some(fields)) = (displaced, details.as_object_mut()) {
            fields.insert("displaced".to_owned(), displaced.to_string().into());
        }
        AuditEvent {
            at,
            event: Event::PasswordCandidatesLinked,
            item: Some(self.held),
            actor: "process".to_owned(),
            details,
        }
    }
}

fn lower(address: &Mailbox) -> String {
    address.as_str().to_ascii_lowercase()
}

fn recipients(origin: &Origin) -> BTreeSet<String> {
    origin.recipients().iter().map(lower).collect()
}

/// One line each.
pub(super) fn sealed(key: &SealingKey, candidates: &[Password]) -> io::Result<Vec<u8>> {
    let mut sealer = Sealer::new(key)?;
    for candidate in candidates {
        sealer.write(candidate.reveal().as_bytes())?;
        sealer.write(b"\n")?;
    }
    let mut sealed = sealer.take();
    sealed.extend(sealer.finish()?.rest);
    Ok(sealed)
}

const DAMAGED: StoreError = StoreError::Damaged("passwords that do not unseal");

/// The candidates in rows of [`SEALED`], each once.
pub(super) fn opened(key: &OpeningKey, rows: &[impl Columns]) -> Result<Vec<Password>, StoreError> {
    let sealed = rows.iter().map(|row| row.maybe_bytes("sealed")?.ok_or(DAMAGED));
    unsealed(key, sealed.collect::<Result<_, _>>()?)
}

/// The candidates that several mails named, each once.
pub(super) fn unsealed(key: &OpeningKey, named: Vec<Vec<u8>>) -> Result<Vec<Password>, StoreError> {
    let mut all: Vec<Password> = Vec::new();
    for sealed in named {
        // Sealed bytes are never fewer than plain ones.
        let mut plain = Zeroizing::new(vec![0; sealed.len()]);
        let count = unseal(key, Cursor::new(&sealed)).and_then(|mut reader| fill(&mut reader, &mut plain));
        let plain = plain.get(..count.map_err(|_| DAMAGED)?).ok_or(DAMAGED)?;
        for line in std::str::from_utf8(plain).map_err(|_| DAMAGED)?.lines() {
            let password = Password::new(line.to_owned()).map_err(|_| DAMAGED)?;
            if !all.contains(&password) {
                all.push(password);
            }
        }
    }
    Ok(all)
}

/// A row of [`SOURCES`].
pub(super) fn source(row: &impl Columns) -> Result<PasswordSource, StoreError> {
    let item: ItemId = row.parsed("source")?;
    Ok(PasswordSource { item, reference: item.reference(), count: row.number("count")? })
}

/// As in [`rows`](super::rows): the traits of both kinds cannot be named together without a page of bounds.
macro_rules! passwords {
    ($name:ident, $connection:ty, $row:ty) => {
        pub(super) mod $name {
            use super::*;
            use crate::store::rows::failed;

            /// Writes what an item contributes and links it with what others do; returns the records of that. For use
            /// within the transaction that concludes the item, while no other such transaction runs.
            pub(in crate::store) async fn search(
                connection: &mut $connection,
                key: &ItemKey,
                search: &Search,
                at: Timestamp,
            ) -> Result<Vec<AuditEvent>, StoreError> {
                sqlx::query(TAKE_PART)
                    .bind(key.tenant.as_str())
                    .bind(key.id.to_string())
                    .bind(search.received_at.millis())
                    .bind(search.received_at.after(search.window).millis())
                    .bind(search.from.as_deref())
                    .bind(search.reverse_path.as_deref())
                    .bind(search.wanted)
                    .bind(search.count)
                    .bind(search.sealed.as_deref())
                    .execute(&mut *connection)
                    .await
                    .map_err(failed)?;
                let sought = Sought { wanting: search.sealed.is_some(), naming: search.wanted };
                let rows = others(&mut *connection, key, search, sought).await?;
                let mut events = Vec::new();
                for row in &rows {
                    for pair in search.pairs(key, &Other::of(row)?) {
                        if link(connection, key, &pair).await? {
                            let displaced = displaced(connection, key, &pair).await?;
                            events.push(pair.event(at, displaced));
                        }
                    }
                }
                Ok(events)
            }

            /// What others named for an item that may want a password, sealed, the latest first.
            pub(in crate::store) async fn offered(
                connection: &mut $connection,
                key: &ItemKey,
                search: &Search,
            ) -> Result<Vec<Vec<u8>>, StoreError> {
                let rows = others(connection, key, search, Sought { wanting: false, naming: true }).await?;
                let mut named = Vec::new();
                for row in &rows {
                    let other = Other::of(row)?;
                    let pairs = search.pairs(key, &other);
                    named.extend(pairs.into_iter().filter(|pair| pair.held == key.id).map(|pair| pair.sealed));
                }
                Ok(named)
            }

            /// What waits for what an item names, the latest first.
            pub(in crate::store) async fn waiting(
                connection: &mut $connection,
                key: &ItemKey,
                search: &Search,
            ) -> Result<Vec<Waiting>, StoreError> {
                let rows = others(connection, key, search, Sought { wanting: true, naming: false }).await?;
                let mut all = Vec::new();
                for row in &rows {
                    if all.len() < MAX_WAITING {
                        all.extend(search.waiting(key, row)?);
                    }
                }
                Ok(all)
            }

            /// Rows of [`OTHERS`].
            async fn others(
                connection: &mut $connection,
                key: &ItemKey,
                search: &Search,
                sought: Sought,
            ) -> Result<Vec<$row>, StoreError> {
                let reach = search.window.max(SLACK);
                sqlx::query(OTHERS)
                    .bind(key.tenant.as_str())
                    .bind(search.from.as_deref())
                    .bind(search.reverse_path.as_deref())
                    .bind(search.received_at.before(reach).millis())
                    .bind(search.received_at.after(reach).millis())
                    .bind(sought.wanting)
                    .bind(sought.naming)
                    .fetch_all(connection)
                    .await
                    .map_err(failed)
            }

            /// False if they are linked already.
            async fn link(connection: &mut $connection, key: &ItemKey, pair: &Pair) -> Result<bool, StoreError> {
                let linked = sqlx::query(LINK)
                    .bind(key.tenant.as_str())
                    .bind(pair.held.to_string())
                    .bind(pair.source.to_string())
                    .bind(pair.count)
                    .bind(pair.sealed.as_slice())
                    .execute(connection)
                    .await
                    .map_err(failed)?;
                Ok(linked.rows_affected() == 1)
            }

            /// The source that gave way because there were too many; it may be the one just linked.
            async fn displaced(
                connection: &mut $connection,
                key: &ItemKey,
                pair: &Pair,
            ) -> Result<Option<ItemId>, StoreError> {
                let row = sqlx::query(DISPLACE)
                    .bind(key.tenant.as_str())
                    .bind(pair.held.to_string())
                    .bind(MAX_SOURCES)
                    .bind(FIRST_SOURCES)
                    .fetch_optional(connection)
                    .await
                    .map_err(failed)?;
                row.map(|row| row.parsed("source")).transpose()
            }
        }
    };
}

passwords!(sqlite, sqlx::SqliteConnection, sqlx::sqlite::SqliteRow);
passwords!(postgres, sqlx::PgConnection, sqlx::postgres::PgRow);
