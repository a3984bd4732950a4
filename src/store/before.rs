//! What was opened of a concluded item before, read back for whoever opens more of it.
//!
//! Refuses: bytes that are not those that were written. Invariant: an outcome names its bytes by their digest, and comes
//! with those or with none.

use sqlx::{PgConnection, SqliteConnection};

use super::rows::{Columns as _, failed};
use crate::domain::derivative::About;
use crate::domain::{Arrival, Derivative, Digest, ItemKey, PartOutcome, PartPath};
use crate::ports::{OpenedBefore, StoreError};

const ARRIVALS: &str = "SELECT about FROM arrival WHERE tenant = $1 AND item = $2 AND about <> '' ORDER BY mailbox";
const DERIVATIVE: &str = "\
    SELECT length, about, bytes, file FROM derivative WHERE tenant = $1 AND item = $2 AND part = $3 AND digest = $4";

/// What was written of a part, before its bytes are read.
pub(super) struct Stored {
    pub(super) digest: Digest,
    pub(super) length: u64,
    pub(super) bytes: Option<Vec<u8>>,
    pub(super) file: Option<String>,
    about: About,
}

/// A part as it was concluded.
pub(super) struct Found {
    outcome: PartOutcome,
    pub(super) stored: Option<Stored>,
}

impl Found {
    /// With the bytes, which have been checked against length and digest.
    pub(super) fn with(self, bytes: Option<Vec<u8>>) -> OpenedBefore {
        let Self { outcome, stored } = self;
        #[expect(clippy::disallowed_methods, reason = "the store loads what was vouched for when it was written")]
        let derivative = stored
            .zip(bytes)
            .map(|(stored, bytes)| Derivative::vouch(outcome.path.clone(), bytes.into(), stored.about));
        OpenedBefore { outcome, derivative }
    }
}

/// As in [`rows`](super::rows): the traits of both kinds cannot be named together without a page of bounds.
macro_rules! before {
    ($name:ident, $connection:ty) => {
        pub(super) mod $name {
            use super::*;

            /// What became of these parts and of everything inside them, each thing once.
            pub(in crate::store) async fn find(
                connection: &mut $connection,
                key: &ItemKey,
                parts: &[PartPath],
            ) -> Result<Vec<Found>, StoreError> {
                let rows = sqlx::query(ARRIVALS)
                    .bind(key.tenant.as_str())
                    .bind(key.id.to_string())
                    .fetch_all(&mut *connection)
                    .await
                    .map_err(failed)?;
                let mut outcomes: Vec<PartOutcome> = Vec::new();
                for row in &rows {
                    let arrival: Arrival = row.json("about")?;
                    for outcome in arrival.parts.into_iter().map(|file| file.outcome) {
                        let is_asked = parts.iter().any(|part| outcome.path == *part || outcome.path.is_inside(part));
                        if is_asked && !outcomes.contains(&outcome) {
                            outcomes.push(outcome);
                        }
                    }
                }
                let mut all = Vec::with_capacity(outcomes.len());
                for outcome in outcomes {
                    let stored = match outcome.derivative {
                        Some(digest) => Some(stored(connection, key, &outcome.path, digest).await?),
                        None => None,
                    };
                    all.push(Found { outcome, stored });
                }
                Ok(all)
            }

            async fn stored(
                connection: &mut $connection,
                key: &ItemKey,
                part: &PartPath,
                digest: Digest,
            ) -> Result<Stored, StoreError> {
                let row = sqlx::query(DERIVATIVE)
                    .bind(key.tenant.as_str())
                    .bind(key.id.to_string())
                    .bind(part.to_string())
                    .bind(digest.as_bytes().as_slice())
                    .fetch_one(connection)
                    .await
                    .map_err(failed)?;
                Ok(Stored {
                    digest,
                    length: row.number("length")?,
                    bytes: row.maybe_bytes("bytes")?,
                    file: row.maybe_text("file")?,
                    about: row.json("about")?,
                })
            }
        }
    };
}

before!(sqlite, SqliteConnection);
before!(postgres, PgConnection);
