//! Several statements in one round trip to the database's thread: the trips cost more than the statements do.
//!
//! Refuses: nothing itself; the first statement that fails ends the batch, and the job's savepoint undoes the others.
//! Invariant: statements run in the order they were added, each with the values bound after it.

use sqlx::sqlite::{Sqlite, SqliteArguments, SqliteRow};
use sqlx::{Arguments, AssertSqlSafe, Encode, Type};

use super::writer::Turn;
use crate::ports::StoreError;
use crate::store::rows::failed;

/// The name of the table that refuses every row; see [`Batch::expect_one_change`].
const GUARD: &str = "lease_guard";

/// Statements and their values.
#[derive(Default)]
pub(super) struct Batch {
    statements: String,
    arguments: SqliteArguments,
    broken: Option<sqlx::error::BoxDynError>,
}

impl Batch {
    /// The next statement, with a `?` for each value that is bound after it.
    pub(super) fn add(&mut self, statement: &'static str) -> &mut Self {
        if !self.statements.is_empty() {
            self.statements.push_str("; ");
        }
        self.statements.push_str(statement);
        self
    }

    /// The value of the next `?`.
    pub(super) fn bind<'v, T: Encode<'v, Sqlite> + Type<Sqlite>>(&mut self, value: T) -> &mut Self {
        if let Err(error) = self.arguments.add(value) {
            self.broken.get_or_insert(error);
        }
        self
    }

    /// Fails the batch with [`StoreError::Conflict`] unless the statement before changed exactly one row.
    pub(super) fn expect_one_change(&mut self) -> &mut Self {
        self.add("INSERT INTO lease_guard (never) SELECT NULL WHERE changes() <> 1")
    }

    /// Runs the statements and returns the rows of those that have any, in order.
    pub(super) async fn run(self, turn: &mut Turn) -> Result<Vec<SqliteRow>, StoreError> {
        if let Some(error) = self.broken {
            return Err(failed(sqlx::Error::Encode(error)));
        }
        let rows =
            sqlx::query_with(AssertSqlSafe(self.statements), self.arguments).fetch_all(&mut turn.connection).await;
        rows.map_err(|error| match &error {
            sqlx::Error::Database(database) if database.message().contains(GUARD) => StoreError::Conflict,
            _ => failed(error),
        })
    }
}
