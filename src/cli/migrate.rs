//! `temizu migrate`: the store brought to this program's version, and the wall between the roles.
//!
//! Refuses: a store that a newer program has written. Invariant: `--check` changes nothing.

mod roles;
mod secrets;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use serde_json::json;

use super::arguments::{Database, Migrate};
use super::print::Printer;
use super::setup;
use super::trouble::{Trouble, USAGE};
use crate::config::form::is_database;
use crate::config::load::Overrides;
use crate::config::{self, StoreKind};
use crate::serve::SystemClock;
use crate::store::embedded::EmbeddedStore;
use crate::store::scaleout::ScaleoutStore;
use crate::store::{self, Keys};

pub(super) async fn run(arguments: Migrate, printer: &Printer) -> Result<ExitCode, Trouble> {
    let mut config = setup::configuration(&arguments.source, Overrides::default(), printer)?.config.store;
    config.kind = arguments.store.unwrap_or(config.kind);
    if config.kind == StoreKind::Embedded && arguments.database.postgres.is_some() {
        return Err(embedded("--postgres"));
    }
    let config = named(config, &arguments.database)?;
    if arguments.roles {
        return roles::run(&arguments, &config, printer).await;
    }
    if config.kind == StoreKind::Embedded {
        setup::must_exist(&config)?;
    }
    if arguments.check {
        return check(&config, arguments.json, printer).await;
    }
    let (found, now) = migrate(&config).await?;
    if arguments.json {
        printer.json(&json!({ "found": found, "now": now, "changed": found != now }))?;
        return Ok(ExitCode::SUCCESS);
    }
    if found == now {
        printer.say(
            format!("保管庫はすでにこのプログラムの版（{now}）です。することはありません。"),
            format!("the store already has this program's version ({now}); there was nothing to do."),
        );
        return Ok(ExitCode::SUCCESS);
    }
    printer.say(
        format!("保管庫を版 {found} から版 {now} にしました。"),
        format!("the store was brought from version {found} to version {now}."),
    );
    if config.kind == StoreKind::Scaleout {
        printer.say(
            "役割ごとのログインを使うときは、続けて `temizu migrate --roles` を実行してください。",
            "where each role has its own login, run `temizu migrate --roles` now.",
        );
    }
    Ok(ExitCode::SUCCESS)
}

/// Brings the store up to date; from which version to which.
async fn migrate(config: &config::Store) -> Result<(i64, i64), Trouble> {
    match config.kind {
        StoreKind::Scaleout => ScaleoutStore::migrate(config).await,
        StoreKind::Embedded => {
            let versions = EmbeddedStore::versions(config).await.map_err(|error| Trouble::open(&error))?;
            // Opening does it, and refuses what is newer.
            store::open(config, Arc::new(SystemClock), Keys::None).await.map(|_| versions)
        }
    }
    .map_err(|error| Trouble::open(&error))
}

/// Exit code 0 if there is nothing to do, 1 if there is.
async fn check(config: &config::Store, json: bool, printer: &Printer) -> Result<ExitCode, Trouble> {
    let versions = match config.kind {
        StoreKind::Embedded => EmbeddedStore::versions(config).await,
        StoreKind::Scaleout => ScaleoutStore::versions(config).await,
    };
    let (found, known) = versions.map_err(|error| Trouble::open(&error))?;
    if found > known {
        return Err(Trouble::open(&store::OpenError::Newer { found, known }));
    }
    let is_current = found == known;
    if json {
        printer.json(&json!({ "found": found, "needed": known, "current": is_current }))?;
    } else if is_current {
        printer.say(
            format!("保管庫はこのプログラムの版（{known}）です。"),
            format!("the store has this program's version ({known})."),
        );
    } else {
        printer.say(
            format!(
                "保管庫は版 {found} で、このプログラムには版 {known} が要ります。`temizu migrate` を実行してください。"
            ),
            format!("the store has version {found} and this program needs {known}: run `temizu migrate`."),
        );
    }
    Ok(if is_current { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The store of the configuration, reached by the login that the options name.
pub(super) fn named(mut config: config::Store, database: &Database) -> Result<config::Store, Trouble> {
    let Some(postgres) = &database.postgres else { return Ok(config) };
    if !is_database(postgres) {
        return Err(Trouble::new(
            USAGE,
            "--postgres は postgres://ログイン名@ホスト/データベース名 と書いてください。パスワードは --postgres-password-file で示します",
            "write --postgres as postgres://login@host/database; the password is in the file that --postgres-password-file names",
        ));
    }
    config.postgres.clone_from(postgres);
    config.postgres_password_file = database.postgres_password_file.as_deref().map(PathBuf::from);
    Ok(config)
}

/// An option that means nothing for an embedded store.
fn embedded(option: &str) -> Trouble {
    Trouble::new(
        USAGE,
        format!(
            "{option} は scaleout の保管庫でだけ使えます（store.kind = \"scaleout\" または --store scaleout）。組み込みの保管庫にデータベースのログインはありません"
        ),
        format!(
            "{option} needs the scale-out store: store.kind = \"scaleout\" in the configuration, or --store scaleout; the embedded store has no logins"
        ),
    )
}
