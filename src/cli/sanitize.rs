//! `temizu sanitize`: files and mails washed here and now, by the same rules and the same workers as in the gateway.
//!
//! Refuses: to write over a file. Exit code: the worst of all inputs (clean 0 < changed 10 < held 11 < blocked 12 <
//! unparsable 65 < temporary 75). Invariant: what it writes came out of a worker, or is a mail composed of such parts.

mod passwords;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use bytes::Bytes;
use serde::Serialize;
use serde_json::json;
use tokio::io::AsyncReadExt as _;

use super::arguments::Sanitize;
use super::print::{Printer, plain};
use super::setup::Workbench;
use super::trouble::{CANNOT_CREATE, NO_INPUT, TEMPORARY, Trouble, UNPARSABLE};
use crate::compose::archive::place;
use crate::compose::attached_name;
use crate::domain::reason::Detail;
use crate::domain::{Action, Derivative, Digest, HeaderFacts, Part, PartOutcome, PartPath, PartRole, Password, Reason};
use crate::pipeline::{Stop, Washed};
use crate::ports::Subject;

/// What became of one input, from best to worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
enum Verdict {
    Clean,
    Changed,
    Held,
    Blocked,
    Unparsable,
    Temporary,
}

impl Verdict {
    const fn code(self) -> u8 {
        match self {
            Self::Clean => 0,
            Self::Changed => 10,
            Self::Held => 11,
            Self::Blocked => 12,
            Self::Unparsable => UNPARSABLE,
            Self::Temporary => TEMPORARY,
        }
    }

    const fn word(self, printer: &Printer) -> &'static str {
        match self {
            Self::Clean => printer.choose("変更なし", "clean"),
            Self::Changed => printer.choose("安全な形に変えました", "changed"),
            Self::Held => printer.choose("預かります", "held"),
            Self::Blocked => printer.choose("渡せません", "blocked"),
            Self::Unparsable => printer.choose("読めません", "unparsable"),
            Self::Temporary => printer.choose("今はできません", "temporary failure"),
        }
    }
}

pub(super) async fn run(arguments: Sanitize, printer: &Printer) -> Result<ExitCode, Trouble> {
    let passwords = passwords::given(&arguments)?;
    let workbench = Workbench::new(&arguments.source, printer).await?;
    if let Some(folder) = &arguments.output {
        std::fs::create_dir_all(folder)
            .map_err(|error| Trouble::os("出力先を作れません", "the folder cannot be made", &error))?;
    }
    let mut worst = Verdict::Clean;
    let mut reports = Vec::new();
    for file in &arguments.files {
        let bytes = read(file, workbench.message_bytes()).await?;
        let (verdict, report) = one(&workbench, file, bytes, &passwords, &arguments, printer).await?;
        worst = worst.max(verdict);
        if arguments.json {
            reports.push(report);
        } else {
            show(file, verdict, &report, printer);
        }
    }
    if arguments.json {
        printer.json(&reports)?;
    }
    Ok(ExitCode::from(worst.code()))
}

/// The bytes of a file, or of standard input, up to the limit of one item.
pub(super) async fn read(file: &Path, limit: u64) -> Result<Bytes, Trouble> {
    let unreadable = |error: std::io::Error| {
        let name = file.display();
        Trouble::new(NO_INPUT, format!("{name} を読めません: {error}"), format!("{name} cannot be read: {error}"))
    };
    let mut bytes = Vec::new();
    let cap = limit.saturating_add(1);
    let read = if file == Path::new("-") {
        tokio::io::stdin().take(cap).read_to_end(&mut bytes).await
    } else {
        tokio::fs::File::open(file).await.map_err(unreadable)?.take(cap).read_to_end(&mut bytes).await
    };
    let length = read.map_err(unreadable)?;
    if u64::try_from(length).unwrap_or(u64::MAX) > limit {
        let name = file.display();
        return Err(Trouble::new(
            UNPARSABLE,
            format!("{name} は {limit} バイトを超えています（limits.message_bytes）"),
            format!("{name} is over {limit} bytes (limits.message_bytes)"),
        ));
    }
    Ok(Bytes::from(bytes))
}

/// True if a file is read as a mail.
pub(super) fn is_mail(file: &Path) -> bool {
    file == Path::new("-") || file.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("eml"))
}

async fn one(
    workbench: &Workbench,
    file: &Path,
    bytes: Bytes,
    passwords: &[Password],
    arguments: &Sanitize,
    printer: &Printer,
) -> Result<(Verdict, serde_json::Value), Trouble> {
    let name = file.file_name().unwrap_or(file.as_os_str()).to_string_lossy().into_owned();
    let subject = if is_mail(file) { Subject::Mail } else { Subject::File { untrusted_name: name.clone() } };
    let digest = Digest::of(&bytes);
    let is_mail = subject == Subject::Mail;
    let washed = match workbench.wash_with(subject, bytes, passwords).await {
        Ok(washed) => washed,
        Err(stop) => return Ok(stopped(file, &stop)),
    };
    if is_mail && washed.facts.headers == HeaderFacts::default() {
        return Ok(stopped(file, &Stop::Quarantine(Reason::Corrupt)));
    }
    let verdict = verdict(&washed, digest, is_mail);
    let written = match &arguments.output {
        Some(folder) => write(folder, &name, &washed, is_mail)?,
        None => Vec::new(),
    };
    let outcomes = washed.outcomes.first().map_or(&[][..], Vec::as_slice);
    let parts: Vec<_> = outcomes.iter().map(|outcome| part(outcome, &washed, printer)).collect();
    let report = json!({
        "file": file.display().to_string(),
        "verdict": verdict,
        "exit_code": verdict.code(),
        "sha256": digest,
        "rules": washed.decision.rules.digest,
        "findings": washed.facts.findings,
        "ambiguities": washed.facts.ambiguities,
        "sentences": sentences(verdict, &washed, is_mail, printer),
        "parts": parts,
        "written": written,
    });
    Ok((verdict, report))
}

fn stopped(file: &Path, stop: &Stop) -> (Verdict, serde_json::Value) {
    let (verdict, reason, why) = match stop {
        Stop::Quarantine(Reason::Corrupt) => (Verdict::Unparsable, Some(Reason::Corrupt), None),
        Stop::Quarantine(reason) => (Verdict::Held, Some(*reason), None),
        Stop::Attempt(reason, why) => (Verdict::Held, Some(*reason), Some(why)),
        Stop::Wait(why) => (Verdict::Temporary, None, Some(why)),
    };
    let report = json!({
        "file": file.display().to_string(),
        "verdict": verdict,
        "exit_code": verdict.code(),
        "reason": reason,
        "why": why,
        "parts": [],
    });
    (verdict, report)
}

/// The verdict of the worst part.
fn verdict(washed: &Washed, digest: Digest, is_mail: bool) -> Verdict {
    let outcomes = washed.outcomes.iter().flatten();
    let worst = outcomes.filter(|outcome| role(outcome, washed) != Some(PartRole::Alternative)).map(|outcome| {
        let blocked = matches!(
            outcome.reason,
            Some(Reason::TypeNotAllowed | Reason::TypeMismatch | Reason::MalwareFound | Reason::RemovedByRule)
        );
        match outcome.action {
            _ if blocked => Verdict::Blocked,
            Action::Hold | Action::Quarantine => Verdict::Held,
            Action::Strip => Verdict::Changed,
            Action::Text | Action::Rebuild if is_mail && outcome.findings.is_empty() => Verdict::Clean,
            Action::Text | Action::Rebuild if outcome.derivative == Some(digest) => Verdict::Clean,
            Action::Text | Action::Rebuild => Verdict::Changed,
        }
    });
    let held = washed.decision.groups.iter().any(|group| group.hold.is_some());
    let is_intact = washed.facts.findings.iter().all(|finding| finding.code.is_about_sender());
    let least = match (held, is_intact) {
        (true, _) => Verdict::Held,
        (false, false) => Verdict::Changed,
        (false, true) => Verdict::Clean,
    };
    worst.max().unwrap_or(Verdict::Clean).max(least)
}

/// What is said of an input as a whole: what was found in it, or why it changed when nothing was.
fn sentences(verdict: Verdict, washed: &Washed, is_mail: bool, printer: &Printer) -> Vec<String> {
    let mut said: Vec<String> = Vec::new();
    for finding in &washed.facts.findings {
        let detail = washed.facts.part(&finding.part).map(Part::detail).unwrap_or_default();
        let sentence = finding.code.sentence(printer.language(), &detail);
        if !said.contains(&sentence) {
            said.push(sentence);
        }
    }
    let explained = washed.outcomes.iter().flatten().any(|part| part.reason.is_some() || !part.findings.is_empty());
    if !is_mail && verdict == Verdict::Changed && !explained {
        let rewritten = printer.choose(
            "書き方（改行など）だけをそろえました。内容は同じです。",
            "Only the way it is written (line ends and the like) was made regular; it says the same.",
        );
        said.push(rewritten.to_owned());
    }
    said
}

fn role(outcome: &PartOutcome, washed: &Washed) -> Option<PartRole> {
    washed.facts.part(&outcome.path).map(|part| part.role)
}

/// Writes the new mails or the rebuilt file; never over an existing one.
fn write(folder: &Path, name: &str, washed: &Washed, is_mail: bool) -> Result<Vec<String>, Trouble> {
    let stem = if name == "-" { "stdin.eml" } else { name };
    let results: Vec<(PathBuf, &[u8])> = if is_mail {
        let numbered = |number: usize| match number {
            0 => folder.join(stem),
            more => folder.join(format!("{}-{more}.eml", stem.trim_end_matches(".eml"))),
        };
        washed.mails.iter().enumerate().map(|(number, mail)| (numbered(number), &mail.mail.bytes()[..])).collect()
    } else {
        // Of an archive the new archive, not its members.
        let whole = washed.derivatives.iter().filter(|derivative| *derivative.path() == PartPath::root());
        let named = |derivative: &Derivative| {
            folder.join(attached_name(stem, &derivative.about().media_type).unwrap_or_else(|| stem.to_owned()))
        };
        whole.map(|derivative| (named(derivative), &derivative.bytes()[..])).collect()
    };
    let mut written = Vec::new();
    for (file, bytes) in results {
        let mut options = std::fs::OpenOptions::new();
        let outcome = options
            .write(true)
            .create_new(true)
            .open(&file)
            .and_then(|mut handle| std::io::Write::write_all(&mut handle, bytes));
        outcome.map_err(|error| {
            let file = file.display();
            Trouble::new(
                CANNOT_CREATE,
                format!("{file} を書けません: {error}。今あるファイルには上書きしません"),
                format!("{file} cannot be written: {error}; files that exist are never written over"),
            )
        })?;
        written.push(file.display().to_string());
    }
    Ok(written)
}

fn part(outcome: &PartOutcome, washed: &Washed, printer: &Printer) -> serde_json::Value {
    let part = washed.facts.part(&outcome.path);
    let detail = Detail { rule: Some(outcome.rule.as_str()), ..part.map(Part::detail).unwrap_or_default() };
    let written = |derivative: &&Derivative| {
        *derivative.path() == outcome.path && Some(derivative.digest()) == outcome.derivative
    };
    let about = washed.derivatives.iter().find(written).map(Derivative::about);
    let reasons = outcome.reason.into_iter().chain(outcome.findings.iter().map(|finding| finding.code));
    let sentences: Vec<String> = reasons.map(|reason| reason.sentence(printer.language(), &detail)).collect();
    json!({
        "path": outcome.path,
        "role": part.map(|part| part.role),
        "name": part.and_then(|part| part.name.as_ref()),
        "place": part.filter(|part| part.name.is_some()).map(|part| place(&washed.facts, part, printer.language())),
        "detected": part.map(|part| &part.detected),
        "length": part.map(|part| part.length),
        "action": outcome.action,
        "reason": outcome.reason,
        "rule": outcome.rule,
        "sanitizer": about.map(|about| format!("{}/{}", about.sanitizer, about.version)),
        "assurance": outcome.assurance,
        "places": about.map_or(&[][..], |about| about.places.as_slice()),
        "sha256": outcome.derivative,
        "findings": outcome.findings,
        "sentences": sentences,
    })
}

fn show(file: &Path, verdict: Verdict, report: &serde_json::Value, printer: &Printer) {
    let name = plain(&file.display().to_string());
    let reason = report.get("reason").and_then(serde_json::Value::as_str).unwrap_or_default();
    printer.line(format!("{name}: {} {reason}", verdict.word(printer)).trim_end());
    let text = |value: &serde_json::Value, key: &str| {
        value.get(key).and_then(serde_json::Value::as_str).map(plain).unwrap_or_default()
    };
    for sentence in report.get("sentences").and_then(serde_json::Value::as_array).into_iter().flatten() {
        printer.line(format!("  {}", sentence.as_str().unwrap_or_default()));
    }
    for part in report.get("parts").and_then(serde_json::Value::as_array).into_iter().flatten() {
        let line = format!(
            "  {} {} [{}] {}",
            text(part, "path"),
            text(part, "place"),
            text(part, "detected"),
            text(part, "action")
        );
        let method = [text(part, "sanitizer"), text(part, "assurance")].join(" ");
        printer.line(match method.trim() {
            "" => line,
            method => format!("{line} ({method})"),
        });
        for sentence in part.get("sentences").and_then(serde_json::Value::as_array).into_iter().flatten() {
            printer.line(format!("      {}", sentence.as_str().unwrap_or_default()));
        }
    }
    for file in report.get("written").and_then(serde_json::Value::as_array).into_iter().flatten() {
        printer.line(format!("  → {}", file.as_str().unwrap_or_default()));
    }
}
