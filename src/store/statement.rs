//! Statements with their values, and the rows they read and change, alike in both kinds of database.
//!
//! Refuses: a row that refers to one that is not there ([`StoreError::NotFound`]). Invariant: a value is bound, never
//! written into the text of a statement.

use async_trait::async_trait;
use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;
use sqlx::{AssertSqlSafe, PgConnection, SqliteConnection};

use super::rows::{Columns, failed};
use super::transfer::parcel::Value;
use crate::ports::StoreError;

/// Values in one statement at most; SQLite takes 32,766, PostgreSQL 65,535.
const MAX_VALUES: usize = 6_000;

/// A statement, with `$1` and so on for its values.
pub(super) struct Statement {
    text: String,
    values: Vec<Value>,
}

impl Statement {
    /// Without values so far.
    pub(super) fn of(text: &'static str) -> Self {
        Self { text: text.to_owned(), values: Vec::new() }
    }

    /// The value of the next place.
    #[must_use]
    pub(super) fn with(mut self, value: impl Into<Value>) -> Self {
        self.values.push(value.into());
        self
    }

    /// `before`, a list of places for each row, in as few statements as take them all.
    pub(super) fn lists(before: &'static str, rows: Vec<Vec<Value>>) -> Vec<Self> {
        let mut statements: Vec<Self> = Vec::new();
        for row in rows {
            let (text, first) = match statements.last_mut() {
                Some(last) if last.values.len() + row.len() <= MAX_VALUES => (last, ", "),
                _ => {
                    statements.push(Self::of(before));
                    let Some(last) = statements.last_mut() else { continue };
                    (last, " ")
                }
            };
            let from = text.values.len();
            let places: Vec<String> = (1..=row.len()).map(|place| format!("${}", from + place)).collect();
            text.text.push_str(&format!("{first}({})", places.join(", ")));
            text.values.extend(row);
        }
        statements
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(Some(text.to_owned()))
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(Some(text))
    }
}

impl From<Option<String>> for Value {
    fn from(text: Option<String>) -> Self {
        Self::Text(text)
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Number(Some(number))
    }
}

impl From<bool> for Value {
    fn from(flag: bool) -> Self {
        Self::Flag(Some(flag))
    }
}

impl From<&[u8]> for Value {
    fn from(bytes: &[u8]) -> Self {
        Self::Bytes(Some(bytes.to_vec()))
    }
}

impl From<Option<Vec<u8>>> for Value {
    fn from(bytes: Option<Vec<u8>>) -> Self {
        Self::Bytes(bytes)
    }
}

/// A connection, most often within a transaction.
#[async_trait]
pub(super) trait Rows: Send {
    /// What it reads.
    type Row: Columns + Send + Sync;

    /// Runs a statement; how many rows it changed.
    async fn change(&mut self, statement: Statement) -> Result<u64, StoreError>;

    /// Runs a statement that returns rows.
    async fn read(&mut self, statement: Statement) -> Result<Vec<Self::Row>, StoreError>;
}

/// As in [`rows`](super::rows): the traits of both kinds cannot be named together without a page of bounds.
macro_rules! rows {
    ($($connection:ty, $row:ty);+) => {
        $(#[async_trait]
        impl Rows for $connection {
            type Row = $row;

            async fn change(&mut self, statement: Statement) -> Result<u64, StoreError> {
                let mut query = sqlx::query(AssertSqlSafe(statement.text));
                for value in statement.values {
                    query = match value {
                        Value::Text(text) => query.bind(text),
                        Value::Number(number) => query.bind(number),
                        Value::Flag(flag) => query.bind(flag),
                        Value::Bytes(bytes) => query.bind(bytes),
                    };
                }
                query.execute(self).await.map(|done| done.rows_affected()).map_err(refused)
            }

            async fn read(&mut self, statement: Statement) -> Result<Vec<$row>, StoreError> {
                let mut query = sqlx::query(AssertSqlSafe(statement.text));
                for value in statement.values {
                    query = match value {
                        Value::Text(text) => query.bind(text),
                        Value::Number(number) => query.bind(number),
                        Value::Flag(flag) => query.bind(flag),
                        Value::Bytes(bytes) => query.bind(bytes),
                    };
                }
                query.fetch_all(self).await.map_err(refused)
            }
        })+
    };
}

rows!(SqliteConnection, SqliteRow; PgConnection, PgRow);

fn refused(error: sqlx::Error) -> StoreError {
    match &error {
        sqlx::Error::Database(database) if database.is_foreign_key_violation() => StoreError::NotFound,
        _ => failed(error),
    }
}
