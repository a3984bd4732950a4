//! A scale-out store for one test: a database of its own, migrated, and places for objects.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::Arc;

use temizu::config::{self, StoreKind};
use temizu::ports::Clock;
use temizu::store::Keys;
use temizu::store::scaleout::ScaleoutStore;
use tokio::sync::OnceCell;

use super::postgres::{Cluster, Database};
use super::s3::S3Server;

/// Where the store lies, and how to open it.
pub(crate) struct Site {
    pub(crate) config: config::Store,
    pub(crate) database: Database,
    pub(crate) folder: tempfile::TempDir,
    pub(crate) s3: Option<S3Server>,
}

impl Site {
    /// Objects are files in a folder.
    pub(crate) async fn on_files() -> Self {
        Self::in_folder(migrated().await)
    }

    /// As [`Self::on_files`], on a cluster that is not shared with other tests.
    pub(crate) async fn on_files_of(cluster: &Cluster) -> Self {
        let database = cluster.database().await;
        migrate(&database).await;
        Self::in_folder(database)
    }

    fn in_folder(database: Database) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let place = |name: &str| format!("file://{}", folder.path().join(name).display());
        let config = config::Store {
            originals: place("originals"),
            derivatives: place("derivatives"),
            ..config_of(&database, folder.path())
        };
        Self { config, database, folder, s3: None }
    }

    /// Objects are in buckets.
    pub(crate) async fn on_s3() -> Self {
        Self::with_server(S3Server::start().await).await
    }

    /// Objects are in buckets of this server.
    pub(crate) async fn with_server(s3: S3Server) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let database = migrated().await;
        let credentials = folder.path().join("s3.credentials");
        write_secret(
            &credentials,
            &format!("access_key_id = {}\nsecret_access_key = {}\n", s3.root().access, s3.root().secret),
        );
        let config = config::Store {
            originals: format!("s3://{}", s3.create_bucket("originals").await),
            derivatives: format!("s3://{}", s3.create_bucket("derivatives").await),
            s3_endpoint: s3.endpoint().to_owned(),
            s3_credentials_file: Some(credentials),
            ..config_of(&database, folder.path())
        };
        Self { config, database, folder, s3: Some(s3) }
    }

    /// Opens the store, with both keys.
    pub(crate) async fn open(&self, clock: Arc<dyn Clock>) -> Arc<ScaleoutStore> {
        ScaleoutStore::open(&self.config, clock, Keys::Opening).await.unwrap()
    }
}

/// A file that only its owner reads.
pub(crate) fn write_secret(path: &Path, text: &str) {
    std::fs::write(path, text).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
}

fn config_of(database: &Database, folder: &Path) -> config::Store {
    config::Store {
        kind: StoreKind::Scaleout,
        data: folder.join("data"),
        postgres: database.url(),
        inline_bytes: 4096,
        ..config::Store::default()
    }
}

/// A fresh copy of a database that was migrated once.
async fn migrated() -> Database {
    static TEMPLATE: OnceCell<Database> = OnceCell::const_new();
    let template = TEMPLATE
        .get_or_init(|| async {
            let database = Cluster::shared().database().await;
            migrate(&database).await;
            database
        })
        .await;
    Cluster::shared().database_from(template.name()).await
}

async fn migrate(database: &Database) {
    let config = config::Store { postgres: database.url(), ..config::Store::default() };
    ScaleoutStore::migrate(&config).await.unwrap();
}
