//! An item that was concluded, and of which passwords opened something since: rows that take the place of others.
//!
//! Refuses: an item that is being processed anew, or has expired. Invariant: nothing but what was opened changes; a part
//! that stays locked stays kept back, and what was written of the others stays where it is.

use bytes::Bytes;
use sqlx::{PgConnection, SqliteConnection};

use super::arrivals;
use super::conclusion::{Body, DerivativeRow, Kept, MailRow, kept_part};
use super::place::Place;
use super::rows::{Columns as _, failed, to_column, to_json};
use crate::domain::arrival::Rebuilt;
use crate::domain::{
    Arrival, ArrivalFile, ArrivalState, Derivative, Facts, ItemKey, Mailbox, PartOutcome, PartPath, Timestamp,
};
use crate::ports::{HandedName, Opened, StoreError};

/// What was opened, ready to be written.
pub(super) struct OpenedRows {
    key: ItemKey,
    facts: String,
    decision: String,
    /// Something else in it still waits for a password.
    wants_password: bool,
    roots: Vec<PartPath>,
    kept: Vec<Kept>,
    derivatives: Vec<DerivativeRow>,
    /// What became of the opened parts, by mailbox.
    arrivals: Vec<(String, Vec<ArrivalFile>)>,
}

impl OpenedRows {
    /// The rows, and the objects that must be there before them.
    pub(super) fn prepare(opened: Opened, inline_bytes: usize) -> Result<(Self, Vec<(Place, Bytes)>), StoreError> {
        let Opened { key, facts, decision, roots, groups, derivatives, names } = opened;
        let mut kept: Vec<Kept> = Vec::new();
        let mut arrivals = Vec::new();
        for (recipients, outcomes) in &groups {
            for outcome in outcomes.iter().filter(|outcome| outcome.is_kept()) {
                if kept.iter().all(|one| one.part != outcome.path) {
                    kept.push(kept_part(&facts, outcome));
                }
            }
            let files: Vec<ArrivalFile> =
                outcomes.iter().filter_map(|outcome| file(&facts, outcome, &derivatives, &names)).collect();
            arrivals.extend(recipients.iter().map(|to| (lower(to), files.clone())));
        }
        let mut objects = Vec::new();
        let mut rows = Vec::new();
        for derivative in &derivatives {
            rows.push(DerivativeRow {
                part: derivative.path().to_string(),
                digest: derivative.digest(),
                length: derivative.bytes().len(),
                about: to_json(derivative.about())?,
                body: body(
                    Place::derivative(&key, derivative.digest()),
                    derivative.bytes(),
                    inline_bytes,
                    &mut objects,
                ),
            });
        }
        let wants_password = facts.parts.iter().any(|part| part.encrypted);
        let (facts, decision) = (to_json(&facts)?, to_json(&decision)?);
        Ok((Self { key, facts, decision, wants_password, roots, kept, derivatives: rows, arrivals }, objects))
    }

    fn is_changed(&self, path: &PartPath) -> bool {
        self.roots.iter().any(|root| path == root || path.is_inside(root))
    }

    /// What the reader of a mailbox is shown from now on.
    fn graft(&self, mut arrival: Arrival, files: &[ArrivalFile]) -> Arrival {
        arrival.parts.retain(|file| !self.is_changed(&file.part.path));
        arrival.parts.extend(files.iter().cloned());
        // Paths sort in reading order.
        arrival.parts.sort_by(|one, other| one.part.path.cmp(&other.part.path));
        arrival
    }
}

/// In the row, or as an object.
pub(super) fn body(place: Place, bytes: &Bytes, inline_bytes: usize, objects: &mut Vec<(Place, Bytes)>) -> Body {
    if bytes.len() <= inline_bytes {
        return Body::Inline(bytes.clone());
    }
    let path = place.relative();
    objects.push((place, bytes.clone()));
    Body::File(path)
}

fn lower(mailbox: &Mailbox) -> String {
    mailbox.as_str().to_ascii_lowercase()
}

/// What is shown of one part.
fn file(facts: &Facts, outcome: &PartOutcome, derivatives: &[Derivative], names: &[HandedName]) -> Option<ArrivalFile> {
    let part = facts.part(&outcome.path)?;
    let is_written = |one: &&Derivative| *one.path() == outcome.path && Some(one.digest()) == outcome.derivative;
    let now = derivatives.iter().find(is_written).map(|one| Rebuilt {
        digest: one.digest(),
        length: u64::try_from(one.bytes().len()).unwrap_or(u64::MAX),
        name: names
            .iter()
            .find(|named| named.part == outcome.path && named.digest == one.digest())
            .map(|named| named.name.clone())
            .unwrap_or_default(),
        media_type: one.about().media_type.clone(),
        sanitizer: one.about().sanitizer.clone(),
        links: one.about().links.clone(),
        places: one.about().places.clone(),
    });
    let findings = facts.findings.iter().filter(|finding| finding.part == outcome.path).cloned().collect();
    Some(ArrivalFile { part: part.clone(), findings, outcome: outcome.clone(), now })
}

fn columns(body: &Body) -> (Option<&[u8]>, Option<&str>) {
    match body {
        Body::Inline(bytes) => (Some(&**bytes), None),
        Body::File(file) => (None, Some(file)),
    }
}

/// An item with one more mail to send is not delivered yet.
const CHANGE_ITEM: &str = "\
    UPDATE item SET facts = $1, decision = $2, stage = CASE WHEN $3 THEN 'sanitized' ELSE stage END \
    WHERE tenant = $4 AND id = $5 AND stage IN ('sanitized', 'delivered')";
const KEPT: &str = "SELECT part FROM kept WHERE tenant = $1 AND item = $2";
const UNKEEP: &str = "DELETE FROM kept WHERE tenant = $1 AND item = $2 AND part = $3";
const KEEP: &str = "\
    INSERT INTO kept (tenant, item, part, name, detected, length, reason, rule) \
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING";
const WRITE_DERIVATIVE: &str = "\
    INSERT INTO derivative (tenant, item, part, digest, length, about, bytes, file) \
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING";
/// Nothing in it waits for a password any more; what it names for others stays.
const WANT_NO_MORE: [&str; 2] = [
    "UPDATE password_search SET wanted = FALSE WHERE tenant = $1 AND item = $2",
    "DELETE FROM password_candidate WHERE tenant = $1 AND item = $2",
];
const ARRIVAL: &str = "SELECT about FROM arrival WHERE tenant = $1 AND mailbox = $2 AND item = $3";
const REWRITE_ARRIVAL: &str = "\
    UPDATE arrival SET about = $1, state = $2, has_files = $3, files = $4 \
    WHERE tenant = $5 AND mailbox = $6 AND item = $7";
const WRITE_MAIL: &str = "\
    INSERT INTO mail (tenant, item, number, is_notice, reverse_path, message_id, digest, outcomes, bytes, file, \
        queued_at, due_at) \
    SELECT $1, $2, COUNT(*), FALSE, $3, $4, $5, $6, $7, $8, $9, $9 FROM mail WHERE tenant = $1 AND item = $2";
const WRITE_COPY: &str = "\
    INSERT INTO mail_recipient (tenant, item, number, position, recipient, status) \
    SELECT $1, $2, MAX(number), $3, $4, 'waiting' FROM mail WHERE tenant = $1 AND item = $2";

/// As in [`rows`](super::rows): the traits of both kinds cannot be named together without a page of bounds.
macro_rules! opened {
    ($name:ident, $connection:ty) => {
        pub(super) mod $name {
            use super::*;

            /// Puts what was opened in its place. False, and nothing is changed, if the item is not one that was
            /// concluded: it is being processed anew, or has expired. For use within a transaction.
            pub(in crate::store) async fn write(
                connection: &mut $connection,
                rows: &OpenedRows,
                is_sent: bool,
            ) -> Result<bool, StoreError> {
                let (tenant, item) = (rows.key.tenant.as_str(), rows.key.id.to_string());
                let changed = sqlx::query(CHANGE_ITEM)
                    .bind(rows.facts.as_str())
                    .bind(rows.decision.as_str())
                    .bind(is_sent)
                    .bind(tenant)
                    .bind(item.as_str())
                    .execute(&mut *connection)
                    .await
                    .map_err(failed)?;
                if changed.rows_affected() != 1 {
                    return Ok(false);
                }
                write_kept(connection, rows).await?;
                for row in &rows.derivatives {
                    let (bytes, file) = columns(&row.body);
                    sqlx::query(WRITE_DERIVATIVE)
                        .bind(tenant)
                        .bind(item.as_str())
                        .bind(row.part.as_str())
                        .bind(row.digest.as_bytes().as_slice())
                        .bind(to_column(row.length))
                        .bind(row.about.as_str())
                        .bind(bytes)
                        .bind(file)
                        .execute(&mut *connection)
                        .await
                        .map_err(failed)?;
                }
                if !rows.wants_password {
                    for statement in WANT_NO_MORE {
                        sqlx::query(statement)
                            .bind(tenant)
                            .bind(item.as_str())
                            .execute(&mut *connection)
                            .await
                            .map_err(failed)?;
                    }
                }
                for (mailbox, files) in &rows.arrivals {
                    rewrite_arrival(connection, rows, mailbox, files).await?;
                }
                Ok(true)
            }

            async fn write_kept(connection: &mut $connection, rows: &OpenedRows) -> Result<(), StoreError> {
                let (tenant, item) = (rows.key.tenant.as_str(), rows.key.id.to_string());
                let found = sqlx::query(KEPT)
                    .bind(tenant)
                    .bind(item.as_str())
                    .fetch_all(&mut *connection)
                    .await
                    .map_err(failed)?;
                for row in &found {
                    let part: PartPath = row.parsed("part")?;
                    if rows.is_changed(&part) {
                        sqlx::query(UNKEEP)
                            .bind(tenant)
                            .bind(item.as_str())
                            .bind(part.to_string())
                            .execute(&mut *connection)
                            .await
                            .map_err(failed)?;
                    }
                }
                for kept in &rows.kept {
                    sqlx::query(KEEP)
                        .bind(tenant)
                        .bind(item.as_str())
                        .bind(kept.part.to_string())
                        .bind(kept.name.as_deref())
                        .bind(kept.detected.as_deref())
                        .bind(to_column(kept.length))
                        .bind(kept.reason.code())
                        .bind(kept.rule.clone().map(String::from))
                        .execute(&mut *connection)
                        .await
                        .map_err(failed)?;
                }
                Ok(())
            }

            async fn rewrite_arrival(
                connection: &mut $connection,
                rows: &OpenedRows,
                mailbox: &str,
                files: &[ArrivalFile],
            ) -> Result<(), StoreError> {
                let (tenant, item) = (rows.key.tenant.as_str(), rows.key.id.to_string());
                let row = sqlx::query(ARRIVAL)
                    .bind(tenant)
                    .bind(mailbox)
                    .bind(item.as_str())
                    .fetch_optional(&mut *connection)
                    .await
                    .map_err(failed)?;
                let Some(row) = row else { return Ok(()) };
                let arrival = rows.graft(row.json("about")?, files);
                sqlx::query(REWRITE_ARRIVAL)
                    .bind(to_json(&arrival)?)
                    .bind(ArrivalState::concluded(&arrival.parts).as_str())
                    .bind(arrival.has_files())
                    .bind(arrivals::files(&arrival.parts))
                    .bind(tenant)
                    .bind(mailbox)
                    .bind(item.as_str())
                    .execute(connection)
                    .await
                    .map(drop)
                    .map_err(failed)
            }

            /// One more mail of an item that is concluded. For use within a transaction that holds the item's row.
            pub(in crate::store) async fn write_mail(
                connection: &mut $connection,
                key: &ItemKey,
                mail: &MailRow,
                at: Timestamp,
            ) -> Result<(), StoreError> {
                let (bytes, file) = columns(&mail.body);
                let (tenant, item) = (key.tenant.as_str(), key.id.to_string());
                sqlx::query(WRITE_MAIL)
                    .bind(tenant)
                    .bind(item.as_str())
                    .bind(mail.reverse_path.as_str())
                    .bind(mail.message_id.as_str())
                    .bind(mail.digest.as_bytes().as_slice())
                    .bind(mail.outcomes.as_str())
                    .bind(bytes)
                    .bind(file)
                    .bind(at.millis())
                    .execute(&mut *connection)
                    .await
                    .map_err(failed)?;
                for (position, recipient) in (0i64..).zip(&mail.forward_paths) {
                    sqlx::query(WRITE_COPY)
                        .bind(tenant)
                        .bind(item.as_str())
                        .bind(position)
                        .bind(recipient.as_str())
                        .execute(&mut *connection)
                        .await
                        .map_err(failed)?;
                }
                Ok(())
            }
        }
    };
}

opened!(sqlite, SqliteConnection);
opened!(postgres, PgConnection);
