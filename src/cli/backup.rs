//! `temizu backup`: the embedded store, copied while the gateway runs; or a backup, checked.
//!
//! Every backup is an audit record in every chain that is in it. Invariant: what is reported as whole was read back and
//! held against the database and the chains; exit code 0 means that nothing was wrong.

use std::collections::BTreeSet;
use std::process::ExitCode;
use std::sync::Arc;

use serde_json::{Value, json};

use super::arguments::Backup as Arguments;
use super::backup_trouble::{listed, only_embedded};
use super::onlooker::Watch;
use super::print::{Printer, size};
use super::queue::operator_name;
use super::setup;
use super::trouble::{Trouble, UNPARSABLE};
use crate::audit::chain::Verifier;
use crate::config::load::Overrides;
use crate::domain::{AuditEvent, AuditRecord, Digest, Event, TenantId};
use crate::ports::{Clock as _, Register};
use crate::serve::SystemClock;
use crate::store::Keys;
use crate::store::embedded::EmbeddedStore;
use crate::store::embedded::backup::Backup;
use crate::store::embedded::backup::error::BackupError;
use crate::store::embedded::backup::manifest::{Head, Manifest};
use crate::store::embedded::backup::restore::SoundBackup;
use crate::store::embedded::backup::snapshot::Snapshot;

/// Records read at a time.
const PAGE: u32 = 1000;

pub(super) async fn run(arguments: Arguments, printer: &Printer) -> Result<ExitCode, Trouble> {
    let watch = Watch::start(printer, arguments.json)?;
    let ended = if arguments.verify {
        verify(&arguments, printer, &watch).await
    } else {
        take(&arguments, printer, &watch).await
    };
    if ended.is_err() {
        watch.end();
    }
    ended
}

async fn take(arguments: &Arguments, printer: &Printer, watch: &Arc<Watch>) -> Result<ExitCode, Trouble> {
    let config = setup::configuration(&arguments.source, Overrides::default(), printer)?.config;
    only_embedded(&config)?;
    setup::must_exist(&config.store)?;
    let store = EmbeddedStore::open(&config.store, Arc::new(SystemClock), Keys::None)
        .await
        .map_err(|error| Trouble::open(&error))?;
    let (folder, began) = (&arguments.folder, SystemClock.now());
    let mut backup = Backup::begin(&store, folder, arguments.with_key, began, Arc::clone(watch) as _).await?;
    let (snapshot, heads) = backup.snapshot();
    let broken = broken_chains(snapshot, heads).await;
    let done = backup.finish(broken).await?;
    watch.end();
    record(&*store, &config.site.tenant, &done.manifest, done.digest, Event::BackedUp, json!({})).await?;
    if arguments.json {
        printer.json(&report(&done.manifest, done.digest))?;
        return Ok(code(&done.manifest));
    }
    tell(&done.manifest, done.digest, printer);
    if arguments.with_key {
        printer.say(
            "秘密鍵も入っています。この控えだけで、すべての原本を開けます。鍵は控えと別の場所に一つだけ保管し、控えには入れないのが安全です。",
            "The private key is in it: whoever has this backup opens every original. It is safer to keep the key elsewhere, \
             once, and not in backups.",
        );
    } else {
        printer.say(
            "秘密鍵 keys/sealing.key は入れていません。控えと鍵がそろうと、すべての原本を開けるからです。鍵は別の場所に一つ保管してください。",
            "The private key keys/sealing.key is not in it, because backup and key together open every original. Keep the key \
             elsewhere, once.",
        );
    }
    Ok(code(&done.manifest))
}

async fn verify(arguments: &Arguments, printer: &Printer, watch: &Arc<Watch>) -> Result<ExitCode, Trouble> {
    let backup = sound(&arguments.folder, watch).await?;
    watch.end();
    if arguments.json {
        printer.json(&report(backup.manifest(), backup.digest()))?;
    } else {
        tell(backup.manifest(), backup.digest(), printer);
    }
    Ok(code(backup.manifest()))
}

/// A backup that was held against its list, its database and its chains.
pub(super) async fn sound(folder: &std::path::Path, watch: &Arc<Watch>) -> Result<SoundBackup, Trouble> {
    let mut backup = SoundBackup::open(folder, Arc::clone(watch) as _).await?;
    let (snapshot, heads) = backup.snapshot();
    let broken = broken_chains(snapshot, heads).await;
    let unlisted: Vec<String> = broken.difference(&backup.manifest().damaged).cloned().collect();
    if unlisted.is_empty() { Ok(backup) } else { Err(BackupError::Rows(unlisted).into()) }
}

/// The chains that do not hold up to their heads, named as the list names what is damaged.
async fn broken_chains(snapshot: &mut Snapshot, heads: &[Head]) -> BTreeSet<String> {
    let mut broken = BTreeSet::new();
    for head in heads {
        if !holds(snapshot, head).await {
            broken.insert(format!("temizu.db:audit/{}", head.tenant.as_str()));
        }
    }
    broken
}

async fn holds(snapshot: &mut Snapshot, head: &Head) -> bool {
    let mut verifier = Verifier::default();
    let mut last = 0;
    loop {
        // What does not read is as broken as what does not fit.
        let Ok(page) = snapshot.records(&head.tenant, last, PAGE).await else { return false };
        let Some(record) = page.last() else { break };
        last = record.sequence;
        if page.iter().any(|record| verifier.check(record).is_err()) {
            return false;
        }
    }
    let verified = verifier.finish();
    (verified.count, verified.head) == (head.sequence, head.hash)
}

/// Puts what was done on record, in the chain of every tenant that is in the backup.
pub(super) async fn record(
    register: &dyn Register,
    own: &TenantId,
    manifest: &Manifest,
    digest: Digest,
    event: Event,
    more: Value,
) -> Result<(), Trouble> {
    let mut heads = manifest.heads.clone();
    if heads.iter().all(|head| head.tenant != *own) {
        heads.push(Head { tenant: own.clone(), sequence: 0, hash: AuditRecord::GENESIS });
    }
    for head in heads {
        let mut details = json!({ "manifest": digest, "records": head.sequence, "head": head.hash });
        if let (Some(details), Value::Object(more)) = (details.as_object_mut(), &more) {
            details.extend(more.clone());
        }
        let record = AuditEvent { at: SystemClock.now(), event, item: None, actor: operator_name(), details };
        register.record(&head.tenant, record).await?;
    }
    Ok(())
}

/// What is in a backup, for machines.
pub(super) fn report(manifest: &Manifest, digest: Digest) -> Value {
    let head = |head: &Head| json!({ "tenant": head.tenant, "records": head.sequence, "head": head.hash });
    json!({
        "ok": manifest.damaged.is_empty(),
        "began": manifest.began,
        "files": manifest.files.len(),
        "bytes": bytes(manifest),
        "manifest": digest,
        "heads": manifest.heads.iter().map(head).collect::<Vec<_>>(),
        "damaged": manifest.damaged,
    })
}

/// What is in a backup, for people.
pub(super) fn tell(manifest: &Manifest, digest: Digest, printer: &Printer) {
    let (files, length, began) = (manifest.files.len(), size(bytes(manifest)), &manifest.began);
    printer.say(
        format!("控えはそろっています。{began}（UTC）の時点、ファイル {files} 個、{length}。"),
        format!("The backup is whole: as of {began} (UTC), {files} files, {length}."),
    );
    printer.line(format!("  MANIFEST  {digest}"));
    for head in &manifest.heads {
        let (tenant, records, hash) = (head.tenant.as_str(), head.sequence, head.hash);
        printer.line(format!("  {}  {tenant} {records} {hash}", printer.choose("監査記録", "audit")));
    }
    if !manifest.damaged.is_empty() {
        let names: Vec<String> = manifest.damaged.iter().cloned().collect();
        printer.warn(printer.choose(
            "控えを取ったときに、もとの保管庫で中身が記録と合わなかったもの（ほかはすべて合っています）:",
            "in the running store, when the backup was made, these did not fit what is recorded (all others do):",
        ));
        printer.warn(listed(&names));
    }
}

/// 0, unless something is damaged.
pub(super) fn code(manifest: &Manifest) -> ExitCode {
    if manifest.damaged.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(UNPARSABLE) }
}

fn bytes(manifest: &Manifest) -> u64 {
    manifest.files.values().fold(0, |sum, file| sum.saturating_add(file.length))
}
