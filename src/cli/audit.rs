//! `temizu audit`: the chain, verified or exported.

use std::fs::File;
use std::io::BufReader;
use std::process::ExitCode;

use serde_json::json;

use super::arguments::{Audit, AuditCommand};
use super::print::Printer;
use super::setup;
use super::trouble::{NO_INPUT, OS, Trouble};
use crate::audit::chain::{self, Verified, VerifyError};
use crate::audit::export::{self, ExportError};
use crate::ports::StoreError;

pub(super) async fn run(arguments: Audit, printer: &Printer) -> Result<ExitCode, Trouble> {
    match arguments.what {
        AuditCommand::Verify { source, file, json } => {
            let outcome = if let Some(file) = file {
                let file = File::open(&file).map_err(|error| {
                    let name = file.display();
                    let (ja, en) =
                        (format!("{name} を開けません: {error}"), format!("{name} cannot be opened: {error}"));
                    Trouble::new(NO_INPUT, ja, en)
                })?;
                export::verify_export(BufReader::new(file)).map_err(unread)
            } else {
                let store = setup::store(&source, printer).await?;
                chain::verify(&*store, &store.tenant).await
            };
            report(outcome, json, printer)
        }
        AuditCommand::Export { source } => {
            let store = setup::store(&source, printer).await?;
            let mut out = std::io::BufWriter::new(std::io::stdout());
            export::export(&*store, &store.tenant, 0, &mut out).await.map_err(|error| match error {
                ExportError::Store(denied @ StoreError::Denied(_)) => Trouble::store(&denied),
                error => Trouble::new(
                    OS,
                    format!("書き出せません: {error}"),
                    format!("the chain cannot be exported: {error}"),
                ),
            })?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// A file that cannot be read is told like a store that cannot be read.
fn unread(error: ExportError) -> VerifyError {
    match error {
        ExportError::Bad(bad) => VerifyError::Bad(bad),
        ExportError::Store(error) => VerifyError::Store(error),
        ExportError::File(error) => VerifyError::Store(StoreError::Unavailable(Box::new(error))),
    }
}

fn report(outcome: Result<Verified, VerifyError>, json: bool, printer: &Printer) -> Result<ExitCode, Trouble> {
    match outcome {
        Ok(verified) => {
            if json {
                printer.json(&json!({ "ok": true, "records": verified.count, "head": verified.head }))?;
            } else {
                printer.say(
                    format!(
                        "記録 {} 件の連鎖は正しくつながっています。末尾のハッシュ: {}",
                        verified.count, verified.head
                    ),
                    format!("{} records, every link holds. Hash of the last: {}", verified.count, verified.head),
                );
            }
            Ok(ExitCode::SUCCESS)
        }
        Err(VerifyError::Bad(bad)) => {
            if json {
                printer.json(&json!({ "ok": false, "sequence": bad.sequence, "what": bad.what.to_string() }))?;
            } else {
                printer.say(
                    format!("記録 {} が正しくありません: {}。この番号より後は信用できません。", bad.sequence, bad.what),
                    format!("record {} is bad: {}. Nothing after it can be trusted.", bad.sequence, bad.what),
                );
            }
            Ok(ExitCode::FAILURE)
        }
        Err(VerifyError::Store(error)) if matches!(error, StoreError::Denied(_)) => Err(Trouble::store(&error)),
        Err(error) => {
            Err(Trouble::new(OS, format!("確かめられません: {error}"), format!("it cannot be verified: {error}")))
        }
    }
}
