//! Reading and writing the tables that travel, alike in both kinds of database.
//!
//! Refuses: names that are not in [`super::parcel`]. Invariant: an item and what belongs to it are replaced as one.

use super::parcel::Table;
use crate::domain::{AuditRecord, Digest};

/// A record of the chain, and the column beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::store) struct Link {
    pub(in crate::store) record: AuditRecord,
    pub(in crate::store) item: Option<String>,
}

/// The end of a chain: sequence and hash.
pub(in crate::store) type Head = (u64, Digest);

/// Why a store may not be served.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::store) enum Mark {
    /// A copy into it has begun and not ended.
    Unfinished,
    /// Everything in it is in the other store.
    Moved,
}

impl Mark {
    pub(in crate::store) const fn as_str(self) -> &'static str {
        match self {
            Self::Unfinished => "unfinished",
            Self::Moved => "moved",
        }
    }

    pub(in crate::store) fn from_name(name: &str) -> Option<Self> {
        [Self::Unfinished, Self::Moved].into_iter().find(|mark| mark.as_str() == name)
    }
}

/// The second column: what rows are asked for by.
pub(in crate::store) fn key(table: &Table) -> &'static str {
    table.columns.get(1).map_or("", |column| column.name)
}

pub(in crate::store) fn select(table: &Table) -> String {
    let columns: Vec<&str> = table.columns.iter().map(|column| column.read).collect();
    format!("SELECT {} FROM {} WHERE tenant = $1", columns.join(", "), table.name)
}

/// `INSERT` for a row that may be there already, as it was before: then it becomes as it is now.
pub(in crate::store) fn upsert(table: &Table, unique: &[&str]) -> String {
    let others = table.columns.iter().map(|column| column.name).filter(|name| !unique.contains(name));
    let now: Vec<String> = others.map(|name| format!("{name} = excluded.{name}")).collect();
    format!("{} ON CONFLICT ({}) DO UPDATE SET {}", insert(table), unique.join(", "), now.join(", "))
}

pub(in crate::store) fn insert(table: &Table) -> String {
    let columns: Vec<&str> = table.columns.iter().map(|column| column.name).collect();
    let places: Vec<String> = (1..=columns.len()).map(|place| format!("${place}")).collect();
    format!("INSERT INTO {} ({}) VALUES ({})", table.name, columns.join(", "), places.join(", "))
}

/// Both kinds of connections are used alike; their traits cannot be named together without pages of bounds.
macro_rules! tables {
    ($name:ident, $connection:ty, $row:ty) => {
        pub(in crate::store) mod $name {
            use sqlx::{AssertSqlSafe, Row as _};

            use super::*;
            use crate::domain::TenantId;
            use crate::ports::StoreError;
            use crate::store::rows::{Columns as _, failed, to_column};
            use crate::store::transfer::parcel::{BEHIND, BELONGINGS, Form, ITEM, PEOPLE, Parcel, Value, Values};

            pub(in crate::store) async fn mark(connection: &mut $connection) -> Result<Option<Mark>, StoreError> {
                let found: Option<String> = sqlx::query_scalar("SELECT mark FROM store_mark")
                    .fetch_optional(connection)
                    .await
                    .map_err(failed)?;
                found.map(|name| Mark::from_name(&name).ok_or(StoreError::Damaged("mark"))).transpose()
            }

            pub(in crate::store) async fn set_mark(
                connection: &mut $connection,
                mark: Option<Mark>,
            ) -> Result<(), StoreError> {
                let query = match mark {
                    None => sqlx::query("DELETE FROM store_mark"),
                    Some(mark) => sqlx::query(
                        "INSERT INTO store_mark (mark) VALUES ($1) ON CONFLICT (only_one) DO UPDATE SET mark = $1",
                    )
                    .bind(mark.as_str()),
                };
                query.execute(connection).await.map(drop).map_err(failed)
            }

            pub(in crate::store) async fn tenants(connection: &mut $connection) -> Result<Vec<TenantId>, StoreError> {
                let names: Vec<String> = sqlx::query_scalar(
                    "SELECT tenant FROM item UNION SELECT tenant FROM audit UNION SELECT tenant FROM rules \
                     UNION SELECT tenant FROM account UNION SELECT tenant FROM department",
                )
                .fetch_all(connection)
                .await
                .map_err(failed)?;
                let mut tenants = names
                    .into_iter()
                    .map(|name| TenantId::try_from(name).map_err(|_| StoreError::Damaged("tenant")))
                    .collect::<Result<Vec<_>, _>>()?;
                tenants.sort();
                Ok(tenants)
            }

            /// Identifiers after one, in order.
            pub(in crate::store) async fn ids(
                connection: &mut $connection,
                tenant: &TenantId,
                after: &str,
                limit: u32,
            ) -> Result<Vec<String>, StoreError> {
                sqlx::query_scalar("SELECT id FROM item WHERE tenant = $1 AND id > $2 ORDER BY id LIMIT $3")
                    .bind(tenant.as_str())
                    .bind(after)
                    .bind(i64::from(limit))
                    .fetch_all(connection)
                    .await
                    .map_err(failed)
            }

            pub(in crate::store) async fn count(
                connection: &mut $connection,
                table: &str,
                tenant: &TenantId,
            ) -> Result<u64, StoreError> {
                let text = format!("SELECT COUNT(*) FROM {table} WHERE tenant = $1");
                let count: i64 = sqlx::query_scalar(AssertSqlSafe(text))
                    .bind(tenant.as_str())
                    .fetch_one(connection)
                    .await
                    .map_err(failed)?;
                Ok(count.unsigned_abs())
            }

            pub(in crate::store) async fn rows(
                connection: &mut $connection,
                table: &Table,
                tenant: &TenantId,
                item: Option<&str>,
            ) -> Result<Vec<Values>, StoreError> {
                let mut text = select(table);
                if item.is_some() {
                    text = format!("{text} AND {} = $2", key(table));
                }
                let mut query = sqlx::query(AssertSqlSafe(text)).bind(tenant.as_str());
                if let Some(item) = item {
                    query = query.bind(item);
                }
                let found = query.fetch_all(connection).await.map_err(failed)?;
                let mut rows = found.iter().map(|row| values(table, row)).collect::<Result<Vec<_>, _>>()?;
                rows.sort();
                Ok(rows)
            }

            fn values(table: &Table, row: &$row) -> Result<Values, StoreError> {
                let value = |(place, form)| {
                    Ok(match form {
                        Form::Text => Value::Text(row.try_get(place)?),
                        Form::Number => Value::Number(row.try_get(place)?),
                        Form::Flag => Value::Flag(row.try_get(place)?),
                        Form::Bytes => Value::Bytes(row.try_get(place)?),
                    })
                };
                let forms = table.columns.iter().map(|column| column.form);
                forms.enumerate().map(value).collect::<Result<_, sqlx::Error>>().map_err(failed)
            }

            pub(in crate::store) async fn insert_row(
                connection: &mut $connection,
                table: &Table,
                row: &Values,
                unless_there: bool,
            ) -> Result<(), StoreError> {
                let mut text = insert(table);
                if unless_there {
                    text.push_str(" ON CONFLICT DO NOTHING");
                }
                put_row(connection, text, row).await
            }

            async fn put_row(connection: &mut $connection, text: String, row: &Values) -> Result<(), StoreError> {
                let mut query = sqlx::query(AssertSqlSafe(text));
                for value in row {
                    query = match value {
                        Value::Text(text) => query.bind(text.as_deref()),
                        Value::Number(number) => query.bind(*number),
                        Value::Flag(flag) => query.bind(*flag),
                        Value::Bytes(bytes) => query.bind(bytes.as_deref()),
                    };
                }
                query.execute(connection).await.map(drop).map_err(failed)
            }

            pub(in crate::store) async fn parcel(
                connection: &mut $connection,
                tenant: &TenantId,
                id: &str,
            ) -> Result<Option<Parcel>, StoreError> {
                let Some(item) = rows(connection, &ITEM, tenant, Some(id)).await?.pop() else { return Ok(None) };
                let mut belongings = Vec::with_capacity(BELONGINGS.len());
                for table in &BELONGINGS {
                    belongings.push(rows(connection, table, tenant, Some(id)).await?);
                }
                Ok(Some(Parcel { tenant: tenant.clone(), id: id.to_owned(), item, belongings }))
            }

            /// For use within a transaction.
            pub(in crate::store) async fn replace(
                connection: &mut $connection,
                parcel: &Parcel,
            ) -> Result<(), StoreError> {
                for table in BELONGINGS.iter().rev().chain([&ITEM]) {
                    let text = format!("DELETE FROM {} WHERE tenant = $1 AND {} = $2", table.name, key(table));
                    sqlx::query(AssertSqlSafe(text))
                        .bind(parcel.tenant.as_str())
                        .bind(&parcel.id)
                        .execute(&mut *connection)
                        .await
                        .map_err(failed)?;
                }
                insert_row(connection, &ITEM, &parcel.item, false).await?;
                for (table, rows) in BELONGINGS.iter().zip(&parcel.belongings) {
                    for row in rows {
                        insert_row(connection, table, row, false).await?;
                    }
                }
                Ok(())
            }

            /// Rows of each of [`PEOPLE`], sorted.
            pub(in crate::store) async fn people(
                connection: &mut $connection,
                tenant: &TenantId,
            ) -> Result<Vec<Vec<Values>>, StoreError> {
                let mut people = Vec::with_capacity(PEOPLE.len());
                for table in &PEOPLE {
                    people.push(rows(connection, table, tenant, None).await?);
                }
                Ok(people)
            }

            /// For use within a transaction. Accounts and departments are never removed: others refer to them. What does
            /// not travel goes.
            pub(in crate::store) async fn put_people(
                connection: &mut $connection,
                tenant: &TenantId,
                people: &[Vec<Values>],
            ) -> Result<(), StoreError> {
                let lasting = |table: &Table| match table.name {
                    "account" | "department" => Some(["tenant", key(table)]),
                    _ => None,
                };
                let replaced = PEOPLE.iter().rev().filter(|table| lasting(table).is_none()).map(|table| table.name);
                for table in BEHIND.into_iter().chain(replaced) {
                    let text = format!("DELETE FROM {table} WHERE tenant = $1");
                    sqlx::query(AssertSqlSafe(text))
                        .bind(tenant.as_str())
                        .execute(&mut *connection)
                        .await
                        .map_err(failed)?;
                }
                for (table, rows) in PEOPLE.iter().zip(people) {
                    let text = lasting(table).map_or_else(|| insert(table), |unique| upsert(table, &unique));
                    for row in rows {
                        put_row(connection, text.clone(), row).await?;
                    }
                }
                Ok(())
            }

            pub(in crate::store) async fn head(
                connection: &mut $connection,
                tenant: &TenantId,
            ) -> Result<Head, StoreError> {
                let row =
                    sqlx::query("SELECT sequence, hash FROM audit WHERE tenant = $1 ORDER BY sequence DESC LIMIT 1")
                        .bind(tenant.as_str())
                        .fetch_optional(connection)
                        .await
                        .map_err(failed)?;
                row.map_or(Ok((0, AuditRecord::GENESIS)), |row| Ok((row.number("sequence")?, row.digest("hash")?)))
            }

            pub(in crate::store) async fn links(
                connection: &mut $connection,
                tenant: &TenantId,
                after: u64,
                limit: u32,
            ) -> Result<Vec<Link>, StoreError> {
                let rows = sqlx::query(
                    "SELECT sequence, item, previous, body, hash FROM audit \
                     WHERE tenant = $1 AND sequence > $2 ORDER BY sequence LIMIT $3",
                )
                .bind(tenant.as_str())
                .bind(to_column(after))
                .bind(i64::from(limit))
                .fetch_all(connection)
                .await
                .map_err(failed)?;
                let link = |row: &$row| {
                    let record = AuditRecord {
                        sequence: row.number("sequence")?,
                        previous: row.digest("previous")?,
                        body: row.try_get("body").map_err(failed)?,
                        hash: row.digest("hash")?,
                    };
                    Ok(Link { record, item: row.maybe_text("item")? })
                };
                rows.iter().map(link).collect()
            }

            /// For use within a transaction.
            pub(in crate::store) async fn append(
                connection: &mut $connection,
                tenant: &TenantId,
                links: &[Link],
            ) -> Result<(), StoreError> {
                for Link { record, item } in links {
                    sqlx::query(
                        "INSERT INTO audit (tenant, sequence, item, previous, body, hash) \
                         VALUES ($1, $2, $3, $4, $5, $6)",
                    )
                    .bind(tenant.as_str())
                    .bind(to_column(record.sequence))
                    .bind(item.as_deref())
                    .bind(record.previous.as_bytes().as_slice())
                    .bind(&record.body)
                    .bind(record.hash.as_bytes().as_slice())
                    .execute(&mut *connection)
                    .await
                    .map_err(failed)?;
                }
                Ok(())
            }
        }
    };
}

tables!(sqlite, sqlx::SqliteConnection, sqlx::sqlite::SqliteRow);
tables!(postgres, sqlx::PgConnection, sqlx::postgres::PgRow);
