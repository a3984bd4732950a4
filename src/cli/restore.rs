//! `temizu restore`: a store made from a backup.
//!
//! Refuses: a backup that is not whole, a folder that is not empty. Invariant: nobody opens the new store before the
//! restore is on record and, if asked for, everything that could be sent is on hold.

use std::process::ExitCode;
use std::sync::Arc;

use serde_json::json;
use tokio::task::JoinSet;

use super::arguments::Restore as Arguments;
use super::backup::{code, record, report, sound, tell};
use super::backup_trouble::only_embedded;
use super::onlooker::Watch;
use super::print::Printer;
use super::queue::{event_of, operator_name};
use super::setup;
use super::trouble::{OS, Trouble};
use crate::config::Config;
use crate::config::load::Overrides;
use crate::domain::{AuditEvent, Digest, Event, ItemKey, Stage, TenantId};
use crate::ports::{Clock as _, ItemFilter, Operator, Register as _, StoreError};
use crate::serve::SystemClock;
use crate::store::embedded::EmbeddedStore;
use crate::store::embedded::backup::manifest::Manifest;
use crate::store::embedded::backup::restore::Restoring;

/// Items put on hold at once: they share a sync.
const AT_ONCE: usize = 128;

pub(super) async fn run(arguments: Arguments, printer: &Printer) -> Result<ExitCode, Trouble> {
    let config = setup::configuration(&arguments.source, Overrides::default(), printer)?.config;
    only_embedded(&config)?;
    let watch = Watch::start(printer, arguments.json)?;
    let ended = restore(&arguments, &config, &watch, printer).await;
    if ended.is_err() {
        watch.end();
    }
    ended
}

async fn restore(
    arguments: &Arguments,
    config: &Config,
    watch: &Arc<Watch>,
    printer: &Printer,
) -> Result<ExitCode, Trouble> {
    let backup = sound(&arguments.folder, watch).await?;
    let (manifest, digest, has_key) = (backup.manifest().clone(), backup.digest(), backup.has_key());
    let restoring = backup.copy_to(&config.store.data, Arc::clone(watch) as _).await?;
    let held = prepare(&restoring, config, &manifest, digest, arguments.hold).await?;
    restoring.finish()?;
    watch.end();
    let key = config.store.data.join("keys/sealing.key");
    if arguments.json {
        let mut told = report(&manifest, digest);
        if let Some(told) = told.as_object_mut() {
            told.insert("held".to_owned(), json!(held));
            told.insert("needs_key".to_owned(), if has_key { json!(null) } else { json!(key.display().to_string()) });
        }
        printer.json(&told)?;
        return Ok(code(&manifest));
    }
    tell(&manifest, digest, printer);
    let folder = config.store.data.display();
    printer.say(format!("{folder} に復元しました。"), format!("Restored to {folder}."));
    if !has_key {
        let key = key.display();
        printer.say(
            format!("秘密鍵は控えにありません。始める前に {key} に置いてください（持ち主は temizu、モード 600）。"),
            format!("The private key is not in the backup. Put it at {key} before starting (owner temizu, mode 600)."),
        );
    }
    match held {
        Some(count) => printer.say(
            format!("{count} 件を止めました。`temizu queue release` で予定に戻すまで、何も送りません。"),
            format!("{count} items are on hold; nothing is sent before `temizu queue release`."),
        ),
        None => printer.say(
            "控えの後に配送したメールは、もう一度送られます（Message-ID は同じ）。送る前に確かめるときは --hold を付けて復元し直してください。",
            "Mails that were delivered after the backup will be sent once more (same Message-ID). To look before anything is sent, \
             restore with --hold instead.",
        ),
    }
    printer.say(
        "控えの後に受け付けたメールは入っていません。",
        "Mails that were accepted after the backup are not in it.",
    );
    Ok(code(&manifest))
}

/// What must be done before anybody opens the store; how many items are on hold.
async fn prepare(
    restoring: &Restoring,
    config: &Config,
    manifest: &Manifest,
    digest: Digest,
    hold: bool,
) -> Result<Option<usize>, Trouble> {
    let opened = restoring.open(&config.store, Arc::new(SystemClock)).await;
    let store = opened.map_err(|error| Trouble::open(&error))?;
    let own = &config.site.tenant;
    record(&*store, own, manifest, digest, Event::Restored, json!({ "hold": hold })).await?;
    if !hold {
        return Ok(None);
    }
    let mut held = 0usize;
    for head in &manifest.heads {
        held = held.saturating_add(hold_all(&store, &head.tenant).await?);
    }
    Ok(Some(held))
}

/// Holds whatever could be sent without anybody's doing.
async fn hold_all(store: &Arc<EmbeddedStore>, tenant: &TenantId) -> Result<usize, Trouble> {
    let stages = vec![Stage::Received, Stage::Sanitized, Stage::Quarantined];
    let filter = ItemFilter { stages, limit: u32::MAX, ..ItemFilter::default() };
    let items = store.items(tenant, &filter).await?;
    let mut held = 0usize;
    for some in items.chunks(AT_ONCE) {
        let mut working = JoinSet::new();
        for item in some {
            let (store, key, stage) = (Arc::clone(store), ItemKey { tenant: tenant.clone(), id: item.id }, item.stage);
            working.spawn(async move { hold_one(&store, &key, stage).await });
        }
        while let Some(done) = working.join_next().await {
            let done = done.map_err(|error| {
                Trouble::new(OS, format!("途中で止まりました: {error}"), format!("the work broke off: {error}"))
            })?;
            held = held.saturating_add(usize::from(done?));
        }
    }
    Ok(held)
}

/// False if nothing of the item waits.
async fn hold_one(store: &EmbeddedStore, key: &ItemKey, stage: Stage) -> Result<bool, StoreError> {
    let record = AuditEvent {
        at: SystemClock.now(),
        event: event_of(Operator::Hold, stage),
        item: Some(key.id),
        actor: operator_name(),
        details: json!({ "by": "restore" }),
    };
    match store.operate(key, Operator::Hold, record).await {
        Ok(()) => Ok(true),
        Err(StoreError::Conflict) => Ok(false),
        Err(error) => Err(error),
    }
}
