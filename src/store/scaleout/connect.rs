//! Connections to PostgreSQL, and how long anything may take on them.
//!
//! Refuses: a password in the configuration; a password file that others can read. Invariant: a node that hangs or loses
//! its network loses its transaction as well, so that it keeps no other node waiting for long.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{ConnectOptions, PgPool};

use super::bells::enter;
use crate::config;
use crate::store::open::OpenError;

/// Connections for leases and for reading.
const CONNECTIONS: u32 = 16;
/// How long one may wait for a connection: a sender who is told 4xx soon tries again soon.
const PATIENCE: Duration = Duration::from_secs(5);
/// Longest secret file, in bytes.
const MAX_SECRET: u64 = 4096;

/// Limits of every session. `lock_timeout` and `statement_timeout` end what hangs here, the others what hangs or is gone
/// on the other side.
const SESSION: [(&str, &str); 7] = [
    ("statement_timeout", "30s"),
    ("lock_timeout", "15s"),
    ("idle_in_transaction_session_timeout", "10s"),
    ("tcp_keepalives_idle", "10"),
    ("tcp_keepalives_interval", "5"),
    ("tcp_keepalives_count", "3"),
    ("client_min_messages", "warning"),
];

/// How to connect to the database that the configuration names.
pub(super) fn options(config: &config::Store) -> Result<PgConnectOptions, OpenError> {
    let options: PgConnectOptions = config.postgres.parse()?;
    let options = options.application_name("temizu").options(SESSION).disable_statement_logging();
    match &config.postgres_password_file {
        Some(path) => Ok(options.password(secret(path).map_err(OpenError::Keys)?.trim())),
        None => Ok(options),
    }
}

/// Connections that are made when they are needed.
pub(super) fn pool(options: &PgConnectOptions) -> PgPool {
    PgPoolOptions::new()
        .max_connections(CONNECTIONS)
        .acquire_timeout(PATIENCE)
        .idle_timeout(Duration::from_secs(300))
        // Every connection marks the store as in use: whoever copies it wants it alone.
        .after_connect(|connection, _| {
            Box::pin(
                async move { enter(connection).await.map_err(|refused| sqlx::Error::Configuration(refused.into())) },
            )
        })
        .connect_lazy_with(options.clone())
}

/// The text of a file that only its owner may read.
pub(super) fn secret(path: &Path) -> io::Result<String> {
    if !config::is_private(&fs::metadata(path)?) {
        let what = format!("{} is open to others; give it mode 600", path.display());
        return Err(io::Error::new(io::ErrorKind::InvalidData, what));
    }
    let mut text = String::new();
    #[expect(clippy::disallowed_methods, reason = "capped by take: a secret is short")]
    File::open(path)?.take(MAX_SECRET).read_to_string(&mut text)?;
    Ok(text)
}
