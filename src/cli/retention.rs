//! `temizu retention`: legal holds, and the end of retention here and now.
//!
//! Refuses: a hold without a reason. Invariant: who set or lifted a hold, and why, is on record with the change.

use std::process::ExitCode;
use std::time::Duration;

use serde_json::json;

use super::arguments::{LegalHold, Retention, RetentionCommand, Source};
use super::print::Printer;
use super::queue::{operator_name, table};
use super::setup;
use super::trouble::{Trouble, USAGE};
use crate::config::load::Overrides;
use crate::domain::{AuditEvent, Event};
use crate::ports::{Clock as _, ItemFilter, StoreError};
use crate::serve::SystemClock;

/// Longest reason, in characters.
const MAX_REASON: usize = 500;
/// Between two looks at whether a backup is over.
const BETWEEN_LOOKS: Duration = Duration::from_millis(500);

pub(super) async fn run(arguments: Retention, printer: &Printer) -> Result<ExitCode, Trouble> {
    match arguments.what {
        RetentionCommand::Hold(what) => set(&what, true, printer).await?,
        RetentionCommand::Lift(what) => set(&what, false, printer).await?,
        RetentionCommand::List { source, limit, json } => list(&source, limit, json, printer).await?,
        RetentionCommand::Run { source, json } => carry_out(&source, json, printer).await?,
    }
    Ok(ExitCode::SUCCESS)
}

async fn set(what: &LegalHold, held: bool, printer: &Printer) -> Result<(), Trouble> {
    let reason = what.reason.trim();
    if reason.is_empty() || reason.chars().count() > MAX_REASON || reason.chars().any(char::is_control) {
        return Err(Trouble::new(
            USAGE,
            "--reason に理由を一行、500 文字までで書いてください。記録に残ります",
            "write the reason in --reason, one line of up to 500 characters; it goes on record",
        ));
    }
    let store = setup::store(&what.source, printer).await?;
    let mut keys = Vec::new();
    for text in &what.items {
        keys.extend(setup::items(&store, text).await?);
    }
    let mut done = Vec::new();
    for key in keys {
        let reference = key.id.reference();
        let record = AuditEvent {
            at: SystemClock.now(),
            event: if held { Event::LegalHoldSet } else { Event::LegalHoldLifted },
            item: Some(key.id),
            actor: operator_name(),
            details: json!({ "by": "command line", "reason": reason }),
        };
        let changed = match store.set_legal_hold(&key, held, record).await {
            Ok(()) => true,
            // Said twice is no mistake: it is as asked. An item that is gone cannot be held any more.
            Err(StoreError::Conflict) if store.item(&key).await?.summary.legal_hold == held => false,
            Err(error) => return Err(error.into()),
        };
        if !what.json {
            tell(&reference.to_string(), held, changed, printer);
        }
        done.push(json!({ "id": key.id, "reference": reference, "legal_hold": held, "changed": changed }));
    }
    if what.json { printer.json(&done) } else { Ok(()) }
}

fn tell(reference: &str, held: bool, changed: bool, printer: &Printer) {
    match (held, changed) {
        (true, true) => printer.say(
            format!("{reference} を法的保全しました。保管期間の終わりに消しません。解くには `temizu retention lift {reference} --reason 理由`。"),
            format!("{reference} is under a legal hold. To lift it: `temizu retention lift {reference} --reason TEXT`."),
        ),
        (false, true) => printer.say(
            format!("{reference} の法的保全を解きました。保管期間を過ぎていれば、次の処理で原本が消えます。"),
            format!("the legal hold of {reference} is lifted. If its retention is over, its original goes with the next run."),
        ),
        (true, false) => printer.say(
            format!("{reference} はすでに法的保全されています。"),
            format!("{reference} is under a legal hold already."),
        ),
        (false, false) => {
            printer.say(format!("{reference} は法的保全されていません。"), format!("{reference} is under no legal hold."));
        }
    }
}

async fn list(source: &Source, limit: u32, json: bool, printer: &Printer) -> Result<(), Trouble> {
    let store = setup::store(source, printer).await?;
    let filter = ItemFilter { legal_hold: true, limit, ..ItemFilter::default() };
    let items = store.items(&store.tenant, &filter).await?;
    if json {
        return printer.json(&items);
    }
    table(&items, printer);
    Ok(())
}

fn tell_left(files: u64, printer: &Printer) {
    let ja = format!(
        "控えを取っている途中なので、消すファイル {files} 個がまだ残っています。控えが終わるのを待って消します（ここでやめると、すべてのプロセスを止めて次に始めるときに消えます）。"
    );
    let en = format!(
        "a backup is under way, so {files} files to be destroyed are still there; waiting for its end to remove them \
         (if this is stopped before, they go when all processes have been stopped and one starts again)"
    );
    printer.warn(printer.choose(&ja, &en));
}

/// What the process role does every hour.
async fn carry_out(source: &Source, json: bool, printer: &Printer) -> Result<(), Trouble> {
    let days = setup::configuration(source, Overrides::default(), printer)?.config.retention.days;
    let store = setup::store(source, printer).await?;
    let now = SystemClock.now();
    let span = Duration::from_secs(u64::from(days).saturating_mul(86_400));
    let expired = store.expire(&store.tenant, now.before(span), now).await?;
    let mut swept = store.sweep(now).await?;
    if store.left() > 0 {
        tell_left(store.left(), printer);
    }
    // Only this process knows of them: what it does not wait for stays until the next start.
    while store.left() > 0 {
        tokio::time::sleep(BETWEEN_LOOKS).await;
        swept = swept.saturating_add(store.sweep(SystemClock.now()).await?);
    }
    if json {
        return printer.json(&json!({ "days": days, "expired": expired, "swept": swept }));
    }
    printer.say(
        format!("保管期間（{days} 日）を過ぎた {expired} 件の原本を消しました。どの記録からも使われない保存物 {swept} 個を除きました。"),
        format!("{expired} originals past their retention ({days} days) were destroyed; {swept} objects that nothing named any more were removed."),
    );
    Ok(())
}
