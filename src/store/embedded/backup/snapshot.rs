//! The database of a backup: a copy that nobody writes to.
//!
//! Refuses: one that a newer version wrote. Invariant: opening it leaves no trace beside it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sqlx::sqlite::{SqliteConnectOptions, SqliteRow};
use sqlx::{ConnectOptions, Connection, SqliteConnection};

use super::error::{BackupError, Onlooker, Step, go_on};
use super::manifest::Head;
use super::proof::{Bytes, Claim, Proof};
use crate::domain::{AuditRecord, TenantId};
use crate::ports::StoreError;
use crate::store::embedded::{DATABASE, schema};
use crate::store::keys::OpeningKey;
use crate::store::rows::{Columns, failed, to_column};
use crate::store::steps::known;

/// Rows held in memory at a time; each may carry the bytes of a small mail.
const PAGE: i64 = 64;

/// The rows that tell of bytes, by table, from a row number on.
const CLAIMS: [(&str, &str); 3] = [
    (
        "original",
        "SELECT o.rowid, o.tenant, o.item, '' AS name, o.file, o.sealed AS bytes, item.digest, item.length \
         FROM original AS o JOIN item ON item.tenant = o.tenant AND item.id = o.item \
         WHERE o.rowid > ? ORDER BY o.rowid LIMIT ?",
    ),
    (
        "derivative",
        "SELECT rowid, tenant, item, part AS name, file, bytes, digest, length FROM derivative \
         WHERE rowid > ? ORDER BY rowid LIMIT ?",
    ),
    (
        "mail",
        "SELECT rowid, tenant, item, CAST(number AS TEXT) AS name, file, bytes, digest, NULL AS length FROM mail \
         WHERE rowid > ? AND (bytes IS NOT NULL OR file IS NOT NULL) ORDER BY rowid LIMIT ?",
    ),
];

/// The database of a backup.
pub struct Snapshot {
    root: PathBuf,
    connection: SqliteConnection,
}

impl Snapshot {
    /// Opens the database in a backup's folder.
    pub(in crate::store::embedded) async fn open(root: &Path) -> Result<Self, BackupError> {
        let options = SqliteConnectOptions::new()
            .filename(root.join(DATABASE))
            .read_only(true)
            .immutable(true)
            .disable_statement_logging();
        let mut connection = options.connect().await.map_err(unreadable)?;
        match schema::version(&mut connection).await {
            Ok(Some(found)) if found <= known() => Ok(Self { root: root.to_owned(), connection }),
            Ok(Some(found)) => Err(BackupError::Newer { found, known: known() }),
            Ok(None) | Err(_) => Err(BackupError::Database(None)),
        }
    }

    pub(in crate::store::embedded) async fn close(self) -> Result<(), BackupError> {
        self.connection.close().await.map_err(unreadable)
    }

    /// Refuses a database whose pages or indexes do not fit each other.
    pub(in crate::store::embedded) async fn check(&mut self) -> Result<(), BackupError> {
        let said: Vec<String> =
            sqlx::query_scalar("PRAGMA integrity_check").fetch_all(&mut self.connection).await.map_err(unreadable)?;
        if said == ["ok"] { Ok(()) } else { Err(BackupError::Database(None)) }
    }

    /// The files that rows name.
    pub(in crate::store::embedded) async fn files(&mut self) -> Result<BTreeSet<String>, BackupError> {
        let named: Vec<String> = sqlx::query_scalar(crate::store::embedded::NAMED_FILES)
            .fetch_all(&mut self.connection)
            .await
            .map_err(unreadable)?;
        Ok(BTreeSet::from_iter(named))
    }

    /// The end of every tenant's chain.
    ///
    /// # Errors
    /// [`BackupError::Database`] if it does not read.
    pub async fn heads(&mut self) -> Result<Vec<Head>, BackupError> {
        // SQLite gives `hash` from the row with the greatest sequence: https://sqlite.org/lang_select.html#bareagg
        let rows = sqlx::query("SELECT tenant, MAX(sequence) AS sequence, hash FROM audit GROUP BY tenant")
            .fetch_all(&mut self.connection)
            .await
            .map_err(unreadable)?;
        let head = |row: &SqliteRow| -> Result<Head, StoreError> {
            Ok(Head { tenant: row.checked("tenant")?, sequence: row.number("sequence")?, hash: row.digest("hash")? })
        };
        rows.iter().map(head).collect::<Result<_, _>>().map_err(|_| BackupError::Database(None))
    }

    /// At most `limit` records of a chain after `after`, in sequence.
    ///
    /// # Errors
    /// [`StoreError`] if a record does not read.
    pub async fn records(&mut self, tenant: &TenantId, after: u64, limit: u32) -> Result<Vec<AuditRecord>, StoreError> {
        let rows = sqlx::query("SELECT * FROM audit WHERE tenant = ? AND sequence > ? ORDER BY sequence LIMIT ?")
            .bind(tenant.as_str())
            .bind(to_column(after))
            .bind(limit)
            .fetch_all(&mut self.connection)
            .await
            .map_err(failed)?;
        rows.iter().map(crate::store::readings::record).collect()
    }

    /// Holds every row that tells of bytes against them; names those that do not fit. Without `key` an original's
    /// length is all that can be seen of it.
    pub(in crate::store::embedded) async fn prove(
        &mut self,
        key: Option<Arc<OpeningKey>>,
        onlooker: &Arc<dyn Onlooker>,
    ) -> Result<BTreeSet<String>, BackupError> {
        let proof = Arc::new(Proof { root: self.root.clone(), key });
        let (mut misfits, mut proved) = (BTreeSet::new(), 0u64);
        for (table, statement) in CLAIMS {
            let mut last = 0i64;
            loop {
                go_on(&**onlooker)?;
                let page = sqlx::query(statement)
                    .bind(last)
                    .bind(PAGE)
                    .fetch_all(&mut self.connection)
                    .await
                    .map_err(unreadable)?;
                let claims: Vec<(i64, Claim)> = page
                    .iter()
                    .map(|row| claim(table, row))
                    .collect::<Result<_, _>>()
                    .map_err(|_| BackupError::Database(None))?;
                let Some((rowid, _)) = claims.last() else { break };
                (last, proved) = (*rowid, proved.saturating_add(u64::try_from(claims.len()).unwrap_or(u64::MAX)));
                let at_work = Arc::clone(&proof);
                let found =
                    tokio::task::spawn_blocking(move || at_work.misfits(claims.into_iter().map(|(_, claim)| claim)));
                misfits.extend(found.await.map_err(BackupError::task)?);
                onlooker.see(Step::Proved(proved));
            }
        }
        Ok(misfits)
    }
}

fn claim(table: &str, row: &SqliteRow) -> Result<(i64, Claim), StoreError> {
    let (tenant, item, name) =
        (row.parsed::<String>("tenant")?, row.parsed::<String>("item")?, row.parsed::<String>("name")?);
    let bytes = match (row.maybe_text("file")?, row.maybe_bytes("bytes")?) {
        (Some(file), _) => Bytes::File(file),
        (None, Some(bytes)) => Bytes::Inline(bytes),
        (None, None) => return Err(StoreError::Damaged("a row without bytes")),
    };
    // A composed mail has no length of its own.
    let length = if table == "mail" { None } else { Some(row.number("length")?) };
    let claim = Claim {
        name: format!("{DATABASE}:{table}/{tenant}/{item}/{name}"),
        is_sealed: table == "original",
        digest: row.digest("digest")?,
        length,
        bytes,
    };
    Ok((row.number("rowid")?, claim))
}

fn unreadable(error: sqlx::Error) -> BackupError {
    BackupError::Database(Some(error))
}
