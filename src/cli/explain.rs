//! `temizu explain`: what would be done with a mail, and which rule was looked at with what result.

use std::process::ExitCode;

use serde_json::json;

use super::arguments::Explain;
use super::print::{Printer, plain};
use super::sanitize;
use super::setup::Workbench;
use super::trouble::{TEMPORARY, Trouble, UNPARSABLE};
use crate::compose::archive::place;
use crate::domain::reason::Detail;
use crate::domain::{Domain, Explanation, Part};
use crate::pipeline::{Stop, Washed};
use crate::ports::Subject;

pub(super) async fn run(arguments: Explain, printer: &Printer) -> Result<ExitCode, Trouble> {
    let workbench = Workbench::new(&arguments.source, printer).await?;
    let bytes = sanitize::read(&arguments.file, workbench.message_bytes()).await?;
    let washed = workbench.wash(Subject::Mail, bytes).await.map_err(|stop| stopped(&stop))?;
    let explanations = workbench.explain(&washed);
    if arguments.json {
        printer.json(&json!({
            "facts": washed.facts,
            "decision": washed.decision,
            "outcomes": washed.outcomes,
            "explanations": explanations,
        }))?;
    } else {
        show(&washed, &explanations, printer);
    }
    Ok(ExitCode::SUCCESS)
}

fn stopped(stop: &Stop) -> Trouble {
    match stop {
        Stop::Quarantine(reason) => Trouble::new(
            UNPARSABLE,
            format!("メール全体を預かります: {reason}"),
            format!("the mail would be quarantined as a whole: {reason}"),
        ),
        Stop::Attempt(reason, why) => Trouble::new(
            TEMPORARY,
            format!("ワーカーが失敗しました（{why}）。続けば全体を預かります: {reason}"),
            format!("the worker failed ({why}); if it goes on, the mail is quarantined as a whole: {reason}"),
        ),
        Stop::Wait(why) => {
            Trouble::new(TEMPORARY, format!("今はできません: {why}"), format!("not possible now: {why}"))
        }
    }
}

fn show(washed: &Washed, explanations: &[Explanation], printer: &Printer) {
    let subject = washed.facts.headers.subject.as_deref().map(plain).unwrap_or_default();
    printer.line(format!("{}: {subject}", printer.choose("件名", "subject")));
    for finding in &washed.facts.findings {
        let detail = washed.facts.part(&finding.part).map(Part::detail).unwrap_or_default();
        printer.line(format!(
            "  {} {} {} ×{}: {}",
            printer.choose("発見", "finding"),
            finding.part,
            finding.code,
            finding.count,
            finding.code.sentence(printer.language(), &detail)
        ));
    }
    for ambiguity in &washed.facts.ambiguities {
        printer.line(format!(
            "  {} {} {} ×{}: {}",
            printer.choose("読み方が分かれる所", "ambiguity"),
            ambiguity.part,
            ambiguity.flag.as_str(),
            ambiguity.count,
            ambiguity.flag.sentence(printer.language())
        ));
    }
    let sender = &washed.facts.sender;
    let outcome = sender.authentication().as_str();
    printer.line(format!("  {} {outcome}", printer.choose("差出人の確認", "sender check")));
    for check in &sender.checks {
        let domain = check.domain.as_ref().map_or("-", Domain::as_str);
        printer.line(format!("    {}={} {domain} ({})", check.method.as_str(), check.result.as_str(), check.said_by));
    }
    printer.line(format!("  {} {}", printer.choose("規則の版", "rules"), washed.decision.rules.digest));
    for part in &washed.facts.parts {
        let name = if part.name.is_some() { place(&washed.facts, part, printer.language()) } else { String::new() };
        printer.line(format!("\n{} {name} [{}] {} bytes", part.path, part.detected.as_str(), part.length));
        for step in explanations.iter().filter(|step| step.path.as_ref() == Some(&part.path)) {
            explain_step(step, printer);
        }
        for outcome in washed.outcomes.iter().flatten().filter(|outcome| outcome.path == part.path) {
            let reason = outcome.reason.map(|reason| format!(" {reason}")).unwrap_or_default();
            printer.line(format!("  = {}{reason} ({})", outcome.action, outcome.rule));
            let detail = Detail { rule: Some(outcome.rule.as_str()), ..part.detail() };
            if let Some(reason) = outcome.reason {
                printer.line(format!("    {}", reason.sentence(printer.language(), &detail)));
            }
            for finding in &outcome.findings {
                let sentence = finding.code.sentence(printer.language(), &detail);
                printer.line(format!("    {} ×{}: {sentence}", finding.code, finding.count));
            }
        }
    }
    printer.line("");
    for step in explanations.iter().filter(|step| step.path.is_none()) {
        explain_step(step, printer);
    }
}

fn explain_step(step: &Explanation, printer: &Printer) {
    match &step.failed {
        _ if step.matched => printer.line(format!("  ✓ {}", step.rule)),
        Some(condition) => printer.line(format!("    {}  {condition}", step.rule)),
        None => printer.line(format!("    {}", step.rule)),
    }
}
