//! What all nodes seal to: one public key, agreed on in the database. The private key never goes there.
//!
//! Refuses: a process role without the private key that belongs to the store. Invariant: whoever seals, seals to a key
//! that the process role which published it had on its disk before.

use std::io;
use std::path::Path;

use sqlx::PgConnection;

use crate::store::disk::LocalDisk;
use crate::store::keys::{KeyFolder, SealingKey};
use crate::store::open::{Keys, OpenError};

/// The key to seal to, for whoever needs it. The first process role of a store makes the pair.
pub(super) async fn agree(
    connection: &mut PgConnection,
    folder: &KeyFolder,
    data: &Path,
    keys: Keys,
) -> Result<Option<SealingKey>, OpenError> {
    if keys == Keys::None {
        return Ok(None);
    }
    let mut agreed = published(connection).await?;
    if keys == Keys::Opening {
        if agreed.is_none() {
            make_pair(folder, data).map_err(OpenError::Keys)?;
            publish(connection, &folder.public_text().map_err(OpenError::Keys)?).await?;
            agreed = published(connection).await?;
        }
        let ours = folder.public_text().map_err(|error| OpenError::Keys(not_here(&error)))?;
        if agreed.as_deref() != Some(ours.as_str()) {
            let what =
                "keys/sealing.key is not the key of this store: put the one of the host that made it in its place";
            return Err(OpenError::Keys(io::Error::new(io::ErrorKind::InvalidData, what)));
        }
    }
    let text = agreed.ok_or_else(no_public_key)?;
    KeyFolder::parse_public(&text).map(Some).map_err(OpenError::Keys)
}

/// Nobody has published a key yet.
pub(super) fn no_public_key() -> OpenError {
    let what = "the store has no public key yet: start a host with the role process first";
    OpenError::Keys(io::Error::new(io::ErrorKind::NotFound, what))
}

fn make_pair(folder: &KeyFolder, data: &Path) -> io::Result<()> {
    std::fs::create_dir_all(data)?;
    folder.make_pair(&LocalDisk)
}

fn not_here(error: &io::Error) -> io::Error {
    let what = format!("{error}; copy keys/sealing.key, mode 600, from the host that made it");
    io::Error::new(error.kind(), what)
}

async fn published(connection: &mut PgConnection) -> Result<Option<String>, OpenError> {
    Ok(sqlx::query_scalar("SELECT public_key FROM sealing_key").fetch_optional(connection).await?)
}

/// Of two who try at once, one is heard.
async fn publish(connection: &mut PgConnection, key: &str) -> Result<(), OpenError> {
    sqlx::query("INSERT INTO sealing_key (public_key) VALUES ($1) ON CONFLICT DO NOTHING")
        .bind(key)
        .execute(connection)
        .await?;
    Ok(())
}
