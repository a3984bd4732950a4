//! Columns and errors of the databases in the field's words.
//!
//! Refuses: a column whose text is not what this program writes ([`StoreError::Damaged`]).
//! Invariant: no error carries the value of a column.

use std::str::FromStr;

use serde::Serialize;
use serde::de::DeserializeOwned;
use sqlx::Row;
use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;

use crate::domain::{AuditEvent, Digest, Timestamp};
use crate::ports::StoreError;

/// What a full disk is called: SQLite's primary result code, PostgreSQL's SQLSTATE.
const DISK_FULL: [&str; 2] = ["13", "53100"];
/// PostgreSQL's SQLSTATE for a login without the privilege.
const INSUFFICIENT_PRIVILEGE: &str = "42501";

/// What an error of the database means to the caller.
pub(super) fn failed(error: sqlx::Error) -> StoreError {
    match &error {
        sqlx::Error::Database(database) if database.is_unique_violation() => StoreError::Conflict,
        sqlx::Error::Database(database) if database.code().is_some_and(|code| DISK_FULL.contains(&&*code)) => {
            StoreError::Full
        }
        sqlx::Error::Database(database) if database.code().as_deref() == Some(INSUFFICIENT_PRIVILEGE) => {
            StoreError::Denied(Box::new(error))
        }
        sqlx::Error::RowNotFound => StoreError::NotFound,
        _ => StoreError::Unavailable(Box::new(error)),
    }
}

/// What an error of the file system means to the caller.
pub(super) fn disk_failed(error: std::io::Error) -> StoreError {
    use std::io::ErrorKind;
    match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => StoreError::Full,
        ErrorKind::AlreadyExists => StoreError::Conflict,
        _ => StoreError::Unavailable(Box::new(error)),
    }
}

/// Runs file operations on the blocking pool.
pub(super) async fn on_disk<T: Send + 'static>(
    work: impl FnOnce() -> std::io::Result<T> + Send + 'static,
) -> Result<T, StoreError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done.map_err(disk_failed),
        Err(stopped) => Err(StoreError::Unavailable(Box::new(stopped))),
    }
}

/// Value to JSON column.
pub(super) fn to_json<T: Serialize>(value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| StoreError::Unavailable(Box::new(error)))
}

/// Number to column; saturates.
pub(super) fn to_column(number: impl TryInto<i64>) -> i64 {
    number.try_into().unwrap_or(i64::MAX)
}

/// When the next hop answered: as the records of its answer say.
pub(super) fn answered(records: &[AuditEvent]) -> Option<i64> {
    records.last().map(|record| record.at.millis())
}

/// Typed access to the columns of a row.
pub(super) trait Columns {
    /// Text that reads as a `T`.
    fn parsed<T: FromStr>(&self, column: &'static str) -> Result<T, StoreError>;
    /// Text that reads as a `T`, or NULL.
    fn maybe_parsed<T: FromStr>(&self, column: &'static str) -> Result<Option<T>, StoreError>;
    /// Text that a `T` can be made from.
    fn checked<T: TryFrom<String>>(&self, column: &'static str) -> Result<T, StoreError>;
    /// JSON.
    fn json<T: DeserializeOwned>(&self, column: &'static str) -> Result<T, StoreError>;
    /// JSON or NULL.
    fn maybe_json<T: DeserializeOwned>(&self, column: &'static str) -> Result<Option<T>, StoreError>;
    /// A number that fits its type.
    fn number<T: TryFrom<i64>>(&self, column: &'static str) -> Result<T, StoreError>;
    /// True or false.
    fn flag(&self, column: &'static str) -> Result<bool, StoreError>;
    /// Milliseconds since the epoch.
    fn time(&self, column: &'static str) -> Result<Timestamp, StoreError>;
    /// Milliseconds since the epoch, or NULL.
    fn maybe_time(&self, column: &'static str) -> Result<Option<Timestamp>, StoreError>;
    /// Thirty-two bytes.
    fn digest(&self, column: &'static str) -> Result<Digest, StoreError>;
    /// Text or NULL.
    fn maybe_text(&self, column: &'static str) -> Result<Option<String>, StoreError>;
    /// Bytes or NULL.
    fn maybe_bytes(&self, column: &'static str) -> Result<Option<Vec<u8>>, StoreError>;
}

/// Both kinds of rows are read alike; their traits cannot be named together without a page of bounds.
macro_rules! columns {
    ($($row:ty),+) => {
        $(impl Columns for $row {
            fn parsed<T: FromStr>(&self, column: &'static str) -> Result<T, StoreError> {
                self.try_get::<&str, _>(column).map_err(failed)?.parse().map_err(|_| StoreError::Damaged(column))
            }

            fn maybe_parsed<T: FromStr>(&self, column: &'static str) -> Result<Option<T>, StoreError> {
                let text = self.try_get::<Option<&str>, _>(column).map_err(failed)?;
                text.map(|text| text.parse().map_err(|_| StoreError::Damaged(column))).transpose()
            }

            fn checked<T: TryFrom<String>>(&self, column: &'static str) -> Result<T, StoreError> {
                T::try_from(self.try_get::<String, _>(column).map_err(failed)?).map_err(|_| StoreError::Damaged(column))
            }

            fn json<T: DeserializeOwned>(&self, column: &'static str) -> Result<T, StoreError> {
                let text = self.try_get::<&str, _>(column).map_err(failed)?;
                serde_json::from_str(text).map_err(|_| StoreError::Damaged(column))
            }

            fn maybe_json<T: DeserializeOwned>(&self, column: &'static str) -> Result<Option<T>, StoreError> {
                let text = self.try_get::<Option<&str>, _>(column).map_err(failed)?;
                text.map(|text| serde_json::from_str(text).map_err(|_| StoreError::Damaged(column))).transpose()
            }

            fn number<T: TryFrom<i64>>(&self, column: &'static str) -> Result<T, StoreError> {
                T::try_from(self.try_get::<i64, _>(column).map_err(failed)?).map_err(|_| StoreError::Damaged(column))
            }

            fn flag(&self, column: &'static str) -> Result<bool, StoreError> {
                self.try_get(column).map_err(failed)
            }

            fn time(&self, column: &'static str) -> Result<Timestamp, StoreError> {
                self.try_get(column).map(Timestamp::from_millis).map_err(failed)
            }

            fn maybe_time(&self, column: &'static str) -> Result<Option<Timestamp>, StoreError> {
                self.try_get::<Option<i64>, _>(column).map(|millis| millis.map(Timestamp::from_millis)).map_err(failed)
            }

            fn digest(&self, column: &'static str) -> Result<Digest, StoreError> {
                let bytes = self.try_get::<&[u8], _>(column).map_err(failed)?;
                <[u8; 32]>::try_from(bytes).map(Digest::from_bytes).map_err(|_| StoreError::Damaged(column))
            }

            fn maybe_text(&self, column: &'static str) -> Result<Option<String>, StoreError> {
                self.try_get(column).map_err(failed)
            }

            fn maybe_bytes(&self, column: &'static str) -> Result<Option<Vec<u8>>, StoreError> {
                self.try_get(column).map_err(failed)
            }
        })+
    };
}

columns!(SqliteRow, PgRow);
