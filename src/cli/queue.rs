//! `temizu queue`: items and deliveries, and what an operator may do with them.

use std::process::ExitCode;

use serde_json::json;

use super::arguments::{OneItem, Queue, QueueCommand, Source};
use super::print::{Printer, plain, size};
use super::setup;
use super::trouble::Trouble;
use crate::domain::{AuditEvent, Event, Stage};
use crate::ports::{Clock as _, ItemDetail, ItemFilter, ItemSummary, Operator, PasswordSource};
use crate::serve::SystemClock;

/// What is shown when no stage is named: whatever is not finished.
const UNFINISHED: [Stage; 4] = [Stage::Received, Stage::Sanitized, Stage::Held, Stage::Quarantined];

pub(super) async fn run(arguments: Queue, printer: &Printer) -> Result<ExitCode, Trouble> {
    match arguments.what {
        QueueCommand::List { source, stage, limit, json } => list(&source, stage, limit, json, printer).await?,
        QueueCommand::Show(one) => show(&one, printer).await?,
        QueueCommand::Retry(one) => operate(&one, Operator::Retry, printer).await?,
        QueueCommand::Hold(one) => operate(&one, Operator::Hold, printer).await?,
        QueueCommand::Release(one) => operate(&one, Operator::Release, printer).await?,
    }
    Ok(ExitCode::SUCCESS)
}

async fn list(source: &Source, stages: Vec<Stage>, limit: u32, json: bool, printer: &Printer) -> Result<(), Trouble> {
    let store = setup::store(source, printer).await?;
    let stages = if stages.is_empty() { UNFINISHED.to_vec() } else { stages };
    let filter = ItemFilter { stages, limit, ..ItemFilter::default() };
    let items = store.items(&store.tenant, &filter).await?;
    if json {
        return printer.json(&items);
    }
    table(&items, printer);
    Ok(())
}

/// Items as a table; also used by `trace`.
pub(super) fn table(items: &[ItemSummary], printer: &Printer) {
    if items.is_empty() {
        printer.say("該当する項目はありません。", "No items.");
        return;
    }
    let head = match printer.language() {
        crate::domain::Language::Ja => ["管理番号", "段階", "受信（UTC）", "大きさ", "差出人", "宛先", "保留", "理由"],
        crate::domain::Language::En => {
            ["REFERENCE", "STAGE", "RECEIVED (UTC)", "SIZE", "SENDER", "RECIPIENTS", "KEPT", "REASON"]
        }
    };
    let rows: Vec<Vec<String>> = items.iter().map(|item| row(item, printer)).collect();
    printer.table(&head, &rows);
}

/// Who sent it; who put a file in stands among the recipients. Also used by `quarantine`.
pub(super) fn sender(sender: &str, is_upload: bool, printer: &Printer) -> String {
    if is_upload {
        printer.choose("（アップロード）", "(upload)").to_owned()
    } else {
        format!("<{}>", plain(sender))
    }
}

fn row(item: &ItemSummary, printer: &Printer) -> Vec<String> {
    let recipients = match item.recipients.as_slice() {
        [] => String::new(),
        [only] => only.to_string(),
        [first, rest @ ..] => format!("{first} +{}", rest.len()),
    };
    vec![
        item.reference.to_string(),
        item.stage.to_string(),
        item.received_at.to_string(),
        size(item.length),
        sender(&item.sender, item.uploaded_by.is_some(), printer),
        recipients,
        item.kept_parts.to_string(),
        item.reason.map(|reason| reason.to_string()).unwrap_or_default(),
    ]
}

async fn show(one: &OneItem, printer: &Printer) -> Result<(), Trouble> {
    let store = setup::store(&one.source, printer).await?;
    let mut details = Vec::new();
    for key in setup::items(&store, &one.id).await? {
        details.push(store.item(&key).await?);
    }
    match details.as_slice() {
        // One item by name is one object; those on standard input are an array, however many.
        [detail] if one.json && one.id != "-" => printer.json(detail)?,
        details if one.json => printer.json(&details)?,
        details => details.iter().for_each(|detail| describe(detail, printer)),
    }
    Ok(())
}

/// One item in words; also used by `trace`.
pub(super) fn describe(detail: &ItemDetail, printer: &Printer) {
    let summary = &detail.summary;
    printer.line(format!("{}  {}  {}", summary.reference, summary.stage, summary.id));
    let field = |ja: &str, en: &str, value: &str| {
        printer.line(format!("  {:<12}{value}", printer.choose(ja, en)));
    };
    field("受信", "received", &format!("{}  {}", summary.received_at, size(summary.length)));
    field("差出人", "sender", &sender(&summary.sender, summary.uploaded_by.is_some(), printer));
    if let Some(upload) = detail.origin.upload() {
        field("登録した人", "uploader", &format!("{} ({})", upload.mailbox, upload.by));
        field("ファイル名", "file name", &plain(upload.name.as_str()));
        // No mail tells what became of it.
        for kept in detail.facts.iter().flat_map(|facts| &facts.parts) {
            let name = kept.name.as_ref().map(|name| plain(name.as_str())).unwrap_or_default();
            field("部分", "part", &format!("{} {name} {}", kept.path, kept.detected.as_str()));
        }
    } else {
        for recipient in &summary.recipients {
            field("宛先", "recipient", recipient.as_str());
        }
    }
    field("SHA-256", "SHA-256", &detail.digest.to_string());
    if let Some(reason) = summary.reason {
        field("理由", "reason", reason.code());
    }
    if summary.legal_hold {
        field(
            "法的保全",
            "legal hold",
            printer.choose("保管期間の終わりに消しません", "spared at the end of its retention"),
        );
    }
    for (mail, outcomes) in &detail.outcomes {
        for outcome in outcomes {
            let part = detail.facts.as_ref().and_then(|facts| facts.part(&outcome.path));
            let name = part.and_then(|part| part.name.as_ref()).map(ToString::to_string).unwrap_or_default();
            let reason = outcome.reason.map(|reason| format!(" {reason}")).unwrap_or_default();
            field(
                "部分",
                "part",
                &format!("#{mail} {} {} {}{reason} ({})", outcome.path, name, outcome.action, outcome.rule),
            );
        }
    }
    for state in &detail.recipients_state {
        let reply = state.reply.as_deref().map(plain).unwrap_or_default();
        field("配送", "delivery", &format!("#{} {} {} {reply}", state.mail, state.recipient, state.status));
    }
    if let Some(said) = candidates(&detail.password_candidates, printer) {
        field("パスワード", "passwords", &said);
    }
    for record in &detail.records {
        let body: serde_json::Value = serde_json::from_str(&record.body).unwrap_or_default();
        let text = |key: &str| body.get(key).and_then(serde_json::Value::as_str).unwrap_or_default().to_owned();
        field("記録", "record", &format!("{} {} {} ({})", record.sequence, text("at"), text("event"), text("actor")));
    }
}

/// How many passwords which mails name; also used by `quarantine`.
pub(super) fn candidates(sources: &[PasswordSource], printer: &Printer) -> Option<String> {
    let count: u32 = sources.iter().map(|source| source.count).fold(0, u32::saturating_add);
    let references: Vec<String> = sources.iter().map(|source| source.reference.to_string()).collect();
    let (ja, en) = (references.join("、"), references.join(", "));
    let ja = format!("候補: {count}件（管理番号 {ja} のメールより）");
    let en = format!("candidates: {count} (from mail {en})");
    (count > 0).then(|| printer.choose(&ja, &en).to_owned())
}

async fn operate(one: &OneItem, what: Operator, printer: &Printer) -> Result<(), Trouble> {
    let store = setup::store(&one.source, printer).await?;
    let (ja, en) = match what {
        Operator::Retry => ("もう一度ためします", "will be tried again"),
        Operator::Hold => ("止めました", "is on hold"),
        Operator::Release => ("予定に戻しました", "is back on the schedule"),
    };
    let mut done = Vec::new();
    for key in setup::items(&store, &one.id).await? {
        let stage = store.item(&key).await?.summary.stage;
        let record = AuditEvent {
            at: SystemClock.now(),
            event: event_of(what, stage),
            item: Some(key.id),
            actor: operator_name(),
            details: json!({ "by": "command line" }),
        };
        store.operate(&key, what, record).await?;
        if !one.json {
            printer.say(format!("{} {ja}。", key.id.reference()), format!("{} {en}.", key.id.reference()));
        }
        done.push(json!({ "id": key.id, "reference": key.id.reference() }));
    }
    if one.json { printer.json(&done) } else { Ok(()) }
}

/// What goes on record: the same word of an operator concerns the item before it is sanitized, its deliveries after.
pub(super) const fn event_of(what: Operator, stage: Stage) -> Event {
    let is_sanitized = matches!(stage, Stage::Sanitized | Stage::Delivered);
    match (what, is_sanitized) {
        (Operator::Hold, true) => Event::DeliveryHeld,
        (Operator::Hold, false) => Event::Held,
        (Operator::Retry | Operator::Release, true) => Event::DeliveryReleased,
        (Operator::Retry | Operator::Release, false) => Event::Retried,
    }
}

/// `operator:NAME` for audit records.
#[expect(clippy::disallowed_methods, reason = "the environment enters at the edge: this is the edge")]
pub(super) fn operator_name() -> String {
    let name = ["SUDO_USER", "USER", "LOGNAME"].into_iter().filter_map(|name| std::env::var(name).ok());
    let name = name.into_iter().find(|name| !name.is_empty()).unwrap_or_else(|| "unknown".to_owned());
    let safe: String = name.chars().filter(|c| c.is_ascii_alphanumeric() || "._-".contains(*c)).take(64).collect();
    format!("operator:{safe}")
}
