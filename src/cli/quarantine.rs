//! `temizu quarantine`: what is kept back, and the originals as received for those who must have them.
//!
//! Every export is an audit record, written before the first byte. Invariant: an exported file holds exactly the bytes
//! that were accepted; its digest is compared before it gets its name.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::process::ExitCode;

use serde::Serialize;
use serde_json::json;

use super::arguments::{OneItem, Quarantine, QuarantineCommand, Source};
use super::print::{Printer, plain, size};
use super::queue::{candidates, operator_name};
use super::setup;
use super::trouble::{CANNOT_CREATE, OS, Trouble};
use crate::domain::{AuditEvent, Digest, Event, ItemKey};
use crate::ports::{Clock as _, ItemFilter, OriginalSource, PasswordSource, QuarantineEntry, Register};
use crate::serve::SystemClock;

/// Most items that one export without names writes.
const EXPORT_LIMIT: u32 = 100_000;

pub(super) async fn run(arguments: Quarantine, printer: &Printer) -> Result<ExitCode, Trouble> {
    match arguments.what {
        QuarantineCommand::List { source, find, limit, json } => {
            let store = setup::store(&source, printer).await?;
            let filter = ItemFilter { text: find, limit, ..ItemFilter::default() };
            let entries = store.quarantine(&store.tenant, &filter).await?;
            if json { printer.json(&entries)? } else { table(&entries, printer) }
        }
        QuarantineCommand::Show(one) => show(&one, printer).await?,
        QuarantineCommand::Export { source, id, output, json } => {
            export(&source, &id, &output, json, printer).await?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn show(one: &OneItem, printer: &Printer) -> Result<(), Trouble> {
    let store = setup::store(&one.source, printer).await?;
    let (mut entries, mut sources) = (Vec::new(), BTreeMap::new());
    for key in setup::items(&store, &one.id).await? {
        let filter = ItemFilter { text: Some(key.id.to_string()), limit: 1000, ..ItemFilter::default() };
        entries.extend(store.quarantine(&key.tenant, &filter).await?);
        sources.insert(key.id, store.item(&key).await?.password_candidates);
    }
    if one.json {
        let of = |entry: &QuarantineEntry| sources.get(&entry.id).map_or(&[][..], Vec::as_slice);
        let shown: Vec<_> = entries.iter().map(|entry| Shown { entry, password_candidates: of(entry) }).collect();
        return printer.json(&shown);
    }
    table(&entries, printer);
    for (id, sources) in &sources {
        if let Some(said) = candidates(sources, printer) {
            let reference = id.reference();
            printer.say(format!("{reference} パスワードの{said}"), format!("{reference} password {said}"));
        }
    }
    Ok(())
}

/// One line of `show`, and where passwords for its item came from.
#[derive(Serialize)]
struct Shown<'a> {
    #[serde(flatten)]
    entry: &'a QuarantineEntry,
    password_candidates: &'a [PasswordSource],
}

fn table(entries: &[QuarantineEntry], printer: &Printer) {
    if entries.is_empty() {
        printer.say("預かっているものはありません。", "Nothing is kept back.");
        return;
    }
    let head = match printer.language() {
        crate::domain::Language::Ja => {
            ["管理番号", "部分", "名前", "種類", "大きさ", "理由", "規則", "差出人", "受信（UTC）"]
        }
        crate::domain::Language::En => {
            ["REFERENCE", "PART", "NAME", "TYPE", "SIZE", "REASON", "RULE", "SENDER", "RECEIVED (UTC)"]
        }
    };
    let rows: Vec<Vec<String>> = entries
        .iter()
        .map(|entry| {
            vec![
                entry.reference.to_string(),
                entry.part.clone(),
                entry.name.as_deref().map(plain).unwrap_or_default(),
                entry.detected.clone().unwrap_or_default(),
                size(entry.length),
                entry.reason.to_string(),
                entry.rule.clone().unwrap_or_default(),
                match entry.recipients.first().filter(|_| entry.uploaded_by.is_some()) {
                    Some(by) => format!("{} {by}", super::queue::sender("", true, printer)),
                    None => super::queue::sender(&entry.sender, false, printer),
                },
                entry.received_at.to_string(),
            ]
        })
        .collect();
    printer.table(&head, &rows);
}

async fn export(source: &Source, ids: &[String], output: &Path, json: bool, printer: &Printer) -> Result<(), Trouble> {
    let store = setup::store(source, printer).await?;
    let originals = store.source().map_err(|error| {
        Trouble::new(OS, format!("封の鍵を読めません: {error}"), format!("the sealing key cannot be read: {error}"))
    })?;
    let mut keys = Vec::new();
    for id in ids {
        keys.push(setup::item(&store, id).await?);
    }
    if ids.is_empty() {
        let filter = ItemFilter { limit: EXPORT_LIMIT, ..ItemFilter::default() };
        let entries = store.quarantine(&store.tenant, &filter).await?;
        keys.extend(entries.iter().map(|entry| ItemKey { tenant: store.tenant.clone(), id: entry.id }));
        keys.sort();
        keys.dedup();
    }
    std::fs::create_dir_all(output)
        .map_err(|error| Trouble::os("出力先を作れません", "the folder cannot be made", &error))?;
    let mut written = Vec::new();
    for key in keys {
        let line = export_one(&*store, originals.as_ref(), &key, output).await?;
        if !json {
            printer.line(line.get("file").and_then(serde_json::Value::as_str).unwrap_or_default());
        }
        written.push(line);
    }
    if json {
        return printer.json(&written);
    }
    printer.say(
        format!("原本 {} 件を書き出しました。無害化していません。取り扱いに注意してください。", written.len()),
        format!("{} originals written. They have not been sanitized: handle with care.", written.len()),
    );
    Ok(())
}

async fn export_one(
    store: &dyn Register,
    originals: &dyn OriginalSource,
    key: &ItemKey,
    output: &Path,
) -> Result<serde_json::Value, Trouble> {
    let detail = store.item(key).await?;
    let record = AuditEvent {
        at: SystemClock.now(),
        event: Event::OriginalExported,
        item: Some(key.id),
        actor: operator_name(),
        details: json!({ "sha256": detail.digest }),
    };
    store.record(&key.tenant, record).await?;
    let bytes = originals.open(key).await?.collect().await?;
    if Digest::of(&bytes) != detail.digest {
        return Err(Trouble::store(&crate::ports::StoreError::Damaged("an original does not have its digest")));
    }
    let file = output.join(format!("{}.eml", key.id.reference()));
    let mut options = std::fs::OpenOptions::new();
    let created = options.write(true).create_new(true).mode(0o600).open(&file);
    created.and_then(|mut handle| handle.write_all(&bytes)).map_err(|error| {
        let name = file.display();
        Trouble::new(
            CANNOT_CREATE,
            format!("{name} を書けません: {error}。今あるファイルには上書きしません"),
            format!("{name} cannot be written: {error}; files that exist are never written over"),
        )
    })?;
    Ok(json!({
        "id": key.id,
        "reference": key.id.reference(),
        "file": file.display().to_string(),
        "sha256": detail.digest,
        "length": bytes.len(),
    }))
}
