//! The scale-out store as one side of a copy: its database and its objects, while no node works on them.
//!
//! Refuses: a store that any node has open, a database that nobody migrated. Invariant: one connection does everything,
//! and holds the lock that keeps nodes out; without the lock it can do nothing more.

use async_trait::async_trait;
use sqlx::{ConnectOptions, Connection, PgConnection};

use super::bells::IN_USE;
use super::objects::Objects;
use super::{connect, schema};
use crate::config;
use crate::domain::TenantId;
use crate::ports::StoreError;
use crate::store::open::OpenError;
use crate::store::place::Place;
use crate::store::rows::{failed, to_column};
use crate::store::transfer::parcel::{Parcel, RULES, Values};
use crate::store::transfer::pieces::{Pieces, pieces};
use crate::store::transfer::tables::{Head, Link, Mark, postgres};
use crate::store::transfer::{self, Transfer, TransferError};

const NAME: &str = "scaleout";

/// Everything is read to its end: no statement is too long.
const NO_HURRY: &str = "SELECT set_config('statement_timeout', '0', false)";

/// The database and the objects, held alone.
pub(in crate::store) struct ScaleoutTransfer {
    connection: PgConnection,
    objects: Objects,
}

impl ScaleoutTransfer {
    pub(in crate::store) async fn open(config: &config::Store) -> Result<Self, TransferError> {
        let needed = [
            ("store.postgres", &config.postgres),
            ("store.originals", &config.originals),
            ("store.derivatives", &config.derivatives),
        ];
        if let Some((key, _)) = needed.iter().find(|(_, value)| value.is_empty()) {
            return Err(TransferError::NotSet(key));
        }
        let cannot = |error| TransferError::Open(NAME, error);
        let options = connect::options(config).map_err(cannot)?;
        let mut connection = options.connect().await.map_err(|error| cannot(error.into()))?;
        schema::check(&mut connection).await.map_err(cannot)?;
        sqlx::query(NO_HURRY).execute(&mut connection).await.map_err(|error| cannot(error.into()))?;
        let alone: bool = sqlx::query_scalar("SELECT pg_try_advisory_lock($1)")
            .bind(IN_USE)
            .fetch_one(&mut connection)
            .await
            .map_err(|error| cannot(error.into()))?;
        if !alone {
            return Err(TransferError::InUse(NAME));
        }
        Ok(Self { connection, objects: Objects::of(config).map_err(cannot)? })
    }
}

/// Refuses a store that a copy has marked.
pub(super) async fn may_be_served(connection: &mut PgConnection) -> Result<(), OpenError> {
    let mark =
        postgres::mark(connection).await.map_err(|error| OpenError::Database(sqlx::Error::Decode(error.into())))?;
    transfer::may_be_served(mark)
}

#[async_trait]
impl Transfer for ScaleoutTransfer {
    async fn mark(&mut self) -> Result<Option<Mark>, StoreError> {
        postgres::mark(&mut self.connection).await
    }

    async fn set_mark(&mut self, mark: Option<Mark>) -> Result<(), StoreError> {
        postgres::set_mark(&mut self.connection, mark).await
    }

    async fn public_key(&mut self) -> Result<Option<String>, TransferError> {
        let found = sqlx::query_scalar("SELECT public_key FROM sealing_key").fetch_optional(&mut self.connection).await;
        Ok(found.map_err(failed)?)
    }

    async fn take_key(&mut self, key: &str, publish: bool) -> Result<(), TransferError> {
        match self.public_key().await? {
            Some(ours) if ours == key => Ok(()),
            Some(_) => Err(TransferError::Key(
                "the database has the public key of another store: take an empty database".to_owned(),
            )),
            None if publish => {
                let publishing = sqlx::query("INSERT INTO sealing_key (public_key) VALUES ($1)").bind(key);
                publishing.execute(&mut self.connection).await.map_err(failed)?;
                Ok(())
            }
            None => Ok(()),
        }
    }

    async fn tenants(&mut self) -> Result<Vec<TenantId>, StoreError> {
        postgres::tenants(&mut self.connection).await
    }

    async fn count(&mut self, table: &str, tenant: &TenantId) -> Result<u64, StoreError> {
        postgres::count(&mut self.connection, table, tenant).await
    }

    async fn ids(&mut self, tenant: &TenantId, after: &str, limit: u32) -> Result<Vec<String>, StoreError> {
        postgres::ids(&mut self.connection, tenant, after, limit).await
    }

    async fn parcel(&mut self, tenant: &TenantId, id: &str) -> Result<Option<Parcel>, StoreError> {
        postgres::parcel(&mut self.connection, tenant, id).await
    }

    /// Objects that no row names any more are left to the sweep of the process role.
    async fn put(&mut self, parcel: &Parcel, gone: &[String]) -> Result<(), StoreError> {
        let needed: Vec<&str> = parcel.files().into_iter().collect();
        let mut transaction = self.connection.begin().await.map_err(failed)?;
        postgres::replace(&mut transaction, parcel).await?;
        sqlx::query("DELETE FROM unneeded_object WHERE file = ANY($1)")
            .bind(needed)
            .execute(&mut *transaction)
            .await
            .map_err(failed)?;
        sqlx::query("INSERT INTO unneeded_object (file, since) SELECT file, 0 FROM UNNEST($1::text[]) AS file ON CONFLICT DO NOTHING")
            .bind(gone)
            .execute(&mut *transaction)
            .await
            .map_err(failed)?;
        transaction.commit().await.map_err(failed)
    }

    async fn rules(&mut self, tenant: &TenantId) -> Result<Vec<Values>, StoreError> {
        postgres::rows(&mut self.connection, &RULES, tenant, None).await
    }

    async fn put_rules(&mut self, row: &Values) -> Result<(), StoreError> {
        postgres::insert_row(&mut self.connection, &RULES, row, true).await
    }

    async fn people(&mut self, tenant: &TenantId) -> Result<Vec<Vec<Values>>, StoreError> {
        postgres::people(&mut self.connection, tenant).await
    }

    async fn put_people(&mut self, tenant: &TenantId, people: &[Vec<Values>]) -> Result<(), StoreError> {
        let mut transaction = self.connection.begin().await.map_err(failed)?;
        postgres::put_people(&mut transaction, tenant, people).await?;
        transaction.commit().await.map_err(failed)
    }

    async fn head(&mut self, tenant: &TenantId) -> Result<Head, StoreError> {
        postgres::head(&mut self.connection, tenant).await
    }

    async fn links(&mut self, tenant: &TenantId, after: u64, limit: u32) -> Result<Vec<Link>, StoreError> {
        postgres::links(&mut self.connection, tenant, after, limit).await
    }

    async fn append(&mut self, tenant: &TenantId, links: &[Link]) -> Result<(), StoreError> {
        let Some(Link { record, .. }) = links.last() else { return Ok(()) };
        let mut transaction = self.connection.begin().await.map_err(failed)?;
        postgres::append(&mut transaction, tenant, links).await?;
        sqlx::query(
            "INSERT INTO audit_head (tenant, sequence, hash) VALUES ($1, $2, $3) \
             ON CONFLICT (tenant) DO UPDATE SET sequence = $2, hash = $3",
        )
        .bind(tenant.as_str())
        .bind(to_column(record.sequence))
        .bind(record.hash.as_bytes().as_slice())
        .execute(&mut *transaction)
        .await
        .map_err(failed)?;
        transaction.commit().await.map_err(failed)
    }

    async fn object(&mut self, file: &str) -> Result<Pieces, StoreError> {
        self.objects.open(file).await.map(pieces)
    }

    async fn put_object(&mut self, file: &str, mut pieces: Pieces) -> Result<(), StoreError> {
        let place = Place::parse(file).ok_or(StoreError::Damaged("file"))?;
        let mut upload = self.objects.begin(&place).await?;
        while let Some(piece) = pieces.recv().await {
            upload.write(piece?).await?;
        }
        upload.finish().await
    }
}
