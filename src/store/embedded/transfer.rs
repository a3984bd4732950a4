//! The embedded store as one side of a copy: its database and its files, while nobody else has the folder.
//!
//! Refuses: a folder that anybody uses, a source that is not there, a folder whose restore did not get to its end. Invariant: the folder stays locked until this is
//! dropped.

use std::io;
use std::sync::Arc;

use async_trait::async_trait;
use sqlx::{ConnectOptions, Connection, SqliteConnection};

use super::backup::restore::refuse_unfinished;
use super::files::Folder;
use super::{DATABASE, connect_options, make_database, schema};
use crate::config;
use crate::domain::TenantId;
use crate::ports::StoreError;
use crate::store::disk::LocalDisk;
use crate::store::keys::KeyFolder;
use crate::store::open::OpenError;
use crate::store::place::Place;
use crate::store::rows::{failed, on_disk};
use crate::store::transfer::parcel::{Parcel, RULES, Values};
use crate::store::transfer::pieces::{Pieces, pieces};
use crate::store::transfer::tables::{Head, Link, Mark, sqlite};
use crate::store::transfer::{self, Access, Transfer, TransferError};

const NAME: &str = "embedded";

/// The folder and its database, held alone.
pub(in crate::store) struct EmbeddedTransfer {
    folder: Arc<Folder>,
    keys: KeyFolder,
    connection: SqliteConnection,
}

impl EmbeddedTransfer {
    pub(in crate::store) async fn open(config: &config::Store, access: Access) -> Result<Self, TransferError> {
        let root = config.data.clone();
        if access != Access::Target && !root.join(DATABASE).exists() {
            return Err(TransferError::NotThere(NAME));
        }
        let cannot = |error| TransferError::Open(NAME, error);
        refuse_unfinished(&root).map_err(|error| cannot(OpenError::Folder(error)))?;
        let opened = on_disk({
            let root = root.clone();
            move || Folder::open(&root, Arc::new(LocalDisk), |_, _| Ok(()))
        });
        let (folder, alone) = opened.await?;
        if !alone {
            return Err(TransferError::InUse(NAME));
        }
        make_database(folder.root()).map_err(|error| cannot(OpenError::Folder(error)))?;
        let mut connection =
            connect_options(folder.root()).connect().await.map_err(|error| cannot(OpenError::Database(error)))?;
        let fitting = match access {
            Access::AsItIs => schema::check(&mut connection).await,
            Access::Source | Access::Target => schema::migrate(&mut connection).await,
        };
        fitting.map_err(cannot)?;
        Ok(Self { folder, keys: KeyFolder::new(root.join("keys")), connection })
    }
}

/// Refuses a store that a copy has marked.
pub(super) async fn may_be_served(connection: &mut SqliteConnection) -> Result<(), OpenError> {
    let mark = sqlite::mark(connection).await.map_err(|error| OpenError::Folder(io::Error::other(error)))?;
    transfer::may_be_served(mark)
}

#[async_trait]
impl Transfer for EmbeddedTransfer {
    async fn mark(&mut self) -> Result<Option<Mark>, StoreError> {
        sqlite::mark(&mut self.connection).await
    }

    async fn set_mark(&mut self, mark: Option<Mark>) -> Result<(), StoreError> {
        sqlite::set_mark(&mut self.connection, mark).await
    }

    async fn public_key(&mut self) -> Result<Option<String>, TransferError> {
        match self.keys.sealing_key() {
            Ok(key) => Ok(Some(key.0.to_string())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(TransferError::Key(format!("keys/sealing.pub cannot be read: {error}"))),
        }
    }

    /// This store has the private key beside it, or nobody could open what is copied.
    async fn take_key(&mut self, key: &str, publish: bool) -> Result<(), TransferError> {
        let folder = self.folder.root().join("keys");
        let ours = self.keys.public_text().map_err(|error| {
            let file = folder.join("sealing.key");
            let what = "copy it there, mode 600, from a host with the process role";
            TransferError::Key(format!("{} cannot be used ({error}): {what}", file.display()))
        })?;
        if ours != key || self.public_key().await?.is_some_and(|public| public != key) {
            let what = "is not the key of the store that is copied: put that one in its place";
            return Err(TransferError::Key(format!("the key pair in {} {what}", folder.display())));
        }
        if publish {
            self.keys.make_pair(&LocalDisk).map_err(|error| TransferError::Key(error.to_string()))?;
        }
        Ok(())
    }

    async fn tenants(&mut self) -> Result<Vec<TenantId>, StoreError> {
        sqlite::tenants(&mut self.connection).await
    }

    async fn count(&mut self, table: &str, tenant: &TenantId) -> Result<u64, StoreError> {
        sqlite::count(&mut self.connection, table, tenant).await
    }

    async fn ids(&mut self, tenant: &TenantId, after: &str, limit: u32) -> Result<Vec<String>, StoreError> {
        sqlite::ids(&mut self.connection, tenant, after, limit).await
    }

    async fn parcel(&mut self, tenant: &TenantId, id: &str) -> Result<Option<Parcel>, StoreError> {
        sqlite::parcel(&mut self.connection, tenant, id).await
    }

    async fn put(&mut self, parcel: &Parcel, gone: &[String]) -> Result<(), StoreError> {
        let mut transaction = self.connection.begin_with("BEGIN IMMEDIATE").await.map_err(failed)?;
        sqlite::replace(&mut transaction, parcel).await?;
        transaction.commit().await.map_err(failed)?;
        // What a crash leaves here is swept when the store is opened.
        self.folder.discard(gone.to_vec()).await
    }

    async fn rules(&mut self, tenant: &TenantId) -> Result<Vec<Values>, StoreError> {
        sqlite::rows(&mut self.connection, &RULES, tenant, None).await
    }

    async fn put_rules(&mut self, row: &Values) -> Result<(), StoreError> {
        sqlite::insert_row(&mut self.connection, &RULES, row, true).await
    }

    async fn people(&mut self, tenant: &TenantId) -> Result<Vec<Vec<Values>>, StoreError> {
        sqlite::people(&mut self.connection, tenant).await
    }

    async fn put_people(&mut self, tenant: &TenantId, people: &[Vec<Values>]) -> Result<(), StoreError> {
        let mut transaction = self.connection.begin_with("BEGIN IMMEDIATE").await.map_err(failed)?;
        sqlite::put_people(&mut transaction, tenant, people).await?;
        transaction.commit().await.map_err(failed)
    }

    async fn head(&mut self, tenant: &TenantId) -> Result<Head, StoreError> {
        sqlite::head(&mut self.connection, tenant).await
    }

    async fn links(&mut self, tenant: &TenantId, after: u64, limit: u32) -> Result<Vec<Link>, StoreError> {
        sqlite::links(&mut self.connection, tenant, after, limit).await
    }

    async fn append(&mut self, tenant: &TenantId, links: &[Link]) -> Result<(), StoreError> {
        let mut transaction = self.connection.begin_with("BEGIN IMMEDIATE").await.map_err(failed)?;
        sqlite::append(&mut transaction, tenant, links).await?;
        transaction.commit().await.map_err(failed)
    }

    async fn object(&mut self, file: &str) -> Result<Pieces, StoreError> {
        let (folder, file) = (Arc::clone(&self.folder), file.to_owned());
        let opened = on_disk(move || match folder.read(&file) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            opened => opened.map(Some),
        });
        let opened = opened.await?.ok_or(StoreError::NotFound)?;
        Ok(pieces(Box::new(opened)))
    }

    async fn put_object(&mut self, file: &str, mut pieces: Pieces) -> Result<(), StoreError> {
        let place = Place::parse(file).ok_or(StoreError::Damaged("file"))?;
        let (folder, file) = (Arc::clone(&self.folder), file.to_owned());
        on_disk(move || {
            let mut draft = folder.draft(place)?;
            while let Some(piece) = pieces.blocking_recv() {
                draft.write(&piece.map_err(io::Error::other)?)?;
            }
            folder.remove(&file)?;
            draft.publish()
        })
        .await
    }
}
