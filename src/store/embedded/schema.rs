//! The database's version, and the steps that bring an older one up to date.
//!
//! Refuses: a database written by a newer version. Invariant: a step and the version it leads to are one transaction.

use sqlx::{Connection, SqliteConnection};

use crate::store::open::OpenError;
use crate::store::steps::{after, known};

/// Brings the database to the known version.
pub(super) async fn migrate(connection: &mut SqliteConnection) -> Result<(), OpenError> {
    if version(connection).await? == Some(known()) {
        return Ok(());
    }
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
    sqlx::raw_sql("CREATE TABLE IF NOT EXISTS schema_version (version INTEGER NOT NULL)")
        .execute(&mut *transaction)
        .await?;
    let found = version(&mut transaction).await?.unwrap_or(0);
    if found > known() {
        return Err(OpenError::Newer { found, known: known() });
    }
    for step in after(found) {
        sqlx::raw_sql(step.sqlite).execute(&mut *transaction).await?;
    }
    sqlx::raw_sql("DELETE FROM schema_version").execute(&mut *transaction).await?;
    sqlx::query("INSERT INTO schema_version (version) VALUES (?)").bind(known()).execute(&mut *transaction).await?;
    transaction.commit().await?;
    Ok(())
}

/// Refuses a database that is not of the known version, and changes nothing.
pub(super) async fn check(connection: &mut SqliteConnection) -> Result<(), OpenError> {
    let (found, known) = (version(connection).await?.unwrap_or(0), known());
    match found.cmp(&known) {
        std::cmp::Ordering::Equal => Ok(()),
        std::cmp::Ordering::Less => Err(OpenError::Older { found, known }),
        std::cmp::Ordering::Greater => Err(OpenError::Newer { found, known }),
    }
}

/// The version found; `None` in an empty database.
pub(super) async fn version(connection: &mut SqliteConnection) -> Result<Option<i64>, OpenError> {
    let exists: Option<i64> =
        sqlx::query_scalar("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'schema_version'")
            .fetch_optional(&mut *connection)
            .await?;
    if exists.is_none() {
        return Ok(None);
    }
    Ok(sqlx::query_scalar("SELECT version FROM schema_version").fetch_optional(connection).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_empty_database_is_brought_up_to_date_once() {
        let mut connection = SqliteConnection::connect("sqlite::memory:").await.unwrap();
        migrate(&mut connection).await.unwrap();
        migrate(&mut connection).await.unwrap();
        assert_eq!(version(&mut connection).await.unwrap(), Some(known()));
    }

    #[tokio::test]
    async fn a_newer_database_is_refused_and_left_alone() {
        let mut connection = SqliteConnection::connect("sqlite::memory:").await.unwrap();
        migrate(&mut connection).await.unwrap();
        sqlx::raw_sql("UPDATE schema_version SET version = 99").execute(&mut connection).await.unwrap();
        let error = migrate(&mut connection).await.unwrap_err();
        assert!(matches!(error, OpenError::Newer { found: 99, .. }), "{error}");
        assert_eq!(version(&mut connection).await.unwrap(), Some(99));
    }

    #[tokio::test]
    async fn every_table_with_rows_of_a_tenant_is_keyed_by_it() {
        let mut connection = SqliteConnection::connect("sqlite::memory:").await.unwrap();
        migrate(&mut connection).await.unwrap();
        let tables: Vec<String> = sqlx::query_scalar(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT IN ('schema_version', 'sqlite_sequence', 'lease_guard', 'store_mark')",
        )
        .fetch_all(&mut connection)
        .await
        .unwrap();
        assert!(tables.len() >= 9, "{tables:?}");
        for table in tables {
            let first: String = sqlx::query_scalar("SELECT name FROM pragma_table_info(?) WHERE pk = 1")
                .bind(&table)
                .fetch_one(&mut connection)
                .await
                .unwrap();
            assert_eq!(first, "tenant", "{table}");
        }
    }

    #[tokio::test]
    async fn audit_rows_are_neither_changed_nor_deleted() {
        let mut connection = SqliteConnection::connect("sqlite::memory:").await.unwrap();
        migrate(&mut connection).await.unwrap();
        sqlx::raw_sql("INSERT INTO audit VALUES ('main', 1, NULL, x'00', '{}', x'01')")
            .execute(&mut connection)
            .await
            .unwrap();
        for attempt in ["UPDATE audit SET body = '[]'", "DELETE FROM audit"] {
            assert!(sqlx::raw_sql(attempt).execute(&mut connection).await.is_err(), "{attempt}");
        }
    }
}
