//! The database's version, and the steps that bring an older one up to date.
//!
//! Refuses: a database written by a newer version; to change one unless asked (`temizu migrate`), since the logins of the
//! roles may not. Invariant: a step and the version it leads to are one transaction.

use sqlx::{Connection, PgConnection};

use crate::store::open::OpenError;
use crate::store::steps::{after, known};

/// Held while the database is brought up to date, so that two who try do so one after the other.
const MIGRATING: i64 = 0x7465_6d69_7a75;

/// Brings the database to the known version; returns the version found and the one it has now.
pub(super) async fn migrate(connection: &mut PgConnection) -> Result<(i64, i64), OpenError> {
    let mut transaction = connection.begin().await?;
    lock(&mut transaction).await?;
    sqlx::raw_sql("CREATE TABLE IF NOT EXISTS schema_version (version BIGINT NOT NULL)")
        .execute(&mut *transaction)
        .await?;
    let found = version(&mut transaction).await?;
    if found > known() {
        return Err(OpenError::Newer { found, known: known() });
    }
    for step in after(found) {
        sqlx::raw_sql(step.postgres).execute(&mut *transaction).await?;
    }
    sqlx::raw_sql("DELETE FROM schema_version").execute(&mut *transaction).await?;
    sqlx::query("INSERT INTO schema_version (version) VALUES ($1)").bind(known()).execute(&mut *transaction).await?;
    transaction.commit().await?;
    Ok((found, known()))
}

/// Waits until nobody else changes the schema or its privileges; holds until the end of the transaction.
pub(super) async fn lock(connection: &mut PgConnection) -> Result<(), OpenError> {
    sqlx::query("SELECT pg_advisory_xact_lock($1)").bind(MIGRATING).execute(connection).await?;
    Ok(())
}

/// Refuses a database that is not of the known version.
pub(super) async fn check(connection: &mut PgConnection) -> Result<(), OpenError> {
    let (found, known) = (version(connection).await?, known());
    match found.cmp(&known) {
        std::cmp::Ordering::Equal => Ok(()),
        std::cmp::Ordering::Less => Err(OpenError::Older { found, known }),
        std::cmp::Ordering::Greater => Err(OpenError::Newer { found, known }),
    }
}

/// The version found; 0 in an empty database.
pub(super) async fn version(connection: &mut PgConnection) -> Result<i64, OpenError> {
    let exists: bool =
        sqlx::query_scalar("SELECT to_regclass('schema_version') IS NOT NULL").fetch_one(&mut *connection).await?;
    if !exists {
        return Ok(0);
    }
    Ok(sqlx::query_scalar("SELECT version FROM schema_version").fetch_optional(connection).await?.unwrap_or(0))
}
