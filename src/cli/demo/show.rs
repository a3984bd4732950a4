//! What the demo shows: one line per mail, one mail before and after, and the built-in samples.

use std::time::Duration;

use super::super::print::{Printer, plain};
use super::Sample;
use super::inbox::Inbox;
use crate::domain::reason::Detail;
use crate::domain::{Action, PartOutcome, PartRole, Reason, Stage};
use crate::ports::ItemDetail;

/// Lines shown of a mail.
const LINES: usize = 40;

/// The samples, as `cargo xtask samples` writes them.
const SAMPLES: &[(&str, &[u8])] = &[
    ("01-plain-utf8", include_bytes!("../../../samples/01-plain-utf8/input.eml")),
    ("02-iso-2022-jp", include_bytes!("../../../samples/02-iso-2022-jp/input.eml")),
    ("03-iso-2022-jp-unlabelled", include_bytes!("../../../samples/03-iso-2022-jp-unlabelled/input.eml")),
    ("04-shift-jis", include_bytes!("../../../samples/04-shift-jis/input.eml")),
    ("05-shift-jis-unlabelled", include_bytes!("../../../samples/05-shift-jis-unlabelled/input.eml")),
    ("06-euc-jp", include_bytes!("../../../samples/06-euc-jp/input.eml")),
    ("07-euc-jp-unlabelled", include_bytes!("../../../samples/07-euc-jp-unlabelled/input.eml")),
    ("08-raw-utf8-subject", include_bytes!("../../../samples/08-raw-utf8-subject/input.eml")),
    ("09-split-encoded-words", include_bytes!("../../../samples/09-split-encoded-words/input.eml")),
    ("10-html-newsletter", include_bytes!("../../../samples/10-html-newsletter/input.eml")),
    ("11-alternative", include_bytes!("../../../samples/11-alternative/input.eml")),
    ("12-reply-chain-40", include_bytes!("../../../samples/12-reply-chain-40/input.eml")),
    ("13-hidden-text", include_bytes!("../../../samples/13-hidden-text/input.eml")),
    ("14-inline-image", include_bytes!("../../../samples/14-inline-image/input.eml")),
    ("20-text-and-csv", include_bytes!("../../../samples/20-text-and-csv/input.eml")),
    ("21-all-kinds", include_bytes!("../../../samples/21-all-kinds/input.eml")),
    ("22-exe-renamed-pdf", include_bytes!("../../../samples/22-exe-renamed-pdf/input.eml")),
    ("23-forbidden-names", include_bytes!("../../../samples/23-forbidden-names/input.eml")),
    ("24-password-zip", include_bytes!("../../../samples/24-password-zip/input.eml")),
    ("25-rfc2231-names", include_bytes!("../../../samples/25-rfc2231-names/input.eml")),
    ("26-hostile-names", include_bytes!("../../../samples/26-hostile-names/input.eml")),
    ("30-nested-mail", include_bytes!("../../../samples/30-nested-mail/input.eml")),
    ("31-signed", include_bytes!("../../../samples/31-signed/input.eml")),
    ("32-calendar", include_bytes!("../../../samples/32-calendar/input.eml")),
    ("33-delivery-report", include_bytes!("../../../samples/33-delivery-report/input.eml")),
    ("34-docomo-address", include_bytes!("../../../samples/34-docomo-address/input.eml")),
    ("35-dots", include_bytes!("../../../samples/35-dots/input.eml")),
    ("36-empty", include_bytes!("../../../samples/36-empty/input.eml")),
    ("40-duplicate-headers", include_bytes!("../../../samples/40-duplicate-headers/input.eml")),
    ("41-missing-boundary", include_bytes!("../../../samples/41-missing-boundary/input.eml")),
    ("42-names-disagree", include_bytes!("../../../samples/42-names-disagree/input.eml")),
    ("43-transfer-encoding-tricks", include_bytes!("../../../samples/43-transfer-encoding-tricks/input.eml")),
    ("44-header-injection", include_bytes!("../../../samples/44-header-injection/input.eml")),
    ("45-preamble", include_bytes!("../../../samples/45-preamble/input.eml")),
    ("46-deep", include_bytes!("../../../samples/46-deep/input.eml")),
];

/// The samples that are part of the program.
pub(super) fn built_in() -> Vec<Sample> {
    SAMPLES.iter().map(|(name, bytes)| Sample { name: (*name).to_owned(), bytes: bytes.to_vec() }).collect()
}

/// One line: what was done, and how long it took from connecting to the end.
pub(super) fn line(name: &str, detail: &ItemDetail, took: Duration, printer: &Printer) {
    let mark = match detail.summary.stage {
        Stage::Delivered if detail.summary.kept_parts == 0 && detail.summary.reason.is_none() => "✓",
        Stage::Delivered => "△",
        _ => "■",
    };
    let reference = detail.summary.reference;
    printer.line(format!("{mark} {reference}  {name:<28} {:>5} ms  {}", took.as_millis(), done(detail, printer)));
}

/// What was done, in the words of the notice.
fn done(detail: &ItemDetail, printer: &Printer) -> String {
    if let Some(reason) = detail.summary.reason {
        return reason.sentence(printer.language(), &Detail::default());
    }
    let outcomes = detail.outcomes.iter().flat_map(|(_, outcomes)| outcomes);
    let mut said: Vec<String> = outcomes.filter_map(|outcome| sentence(outcome, detail, printer)).collect();
    said.dedup();
    if said.is_empty() {
        said.push(printer.choose("そのまま読めます。", "Nothing had to be removed.").to_owned());
    }
    said.join(" ")
}

fn sentence(outcome: &PartOutcome, detail: &ItemDetail, printer: &Printer) -> Option<String> {
    let part = detail.facts.as_ref()?.part(&outcome.path)?;
    if part.role == PartRole::Alternative {
        return None;
    }
    let known = Detail { rule: Some(outcome.rule.as_str()), ..part.detail() };
    let reasons: Vec<Reason> =
        outcome.reason.into_iter().chain(outcome.findings.iter().map(|finding| finding.code)).collect();
    let said: Vec<String> = reasons.iter().map(|reason| reason.sentence(printer.language(), &known)).collect();
    match (&part.name, outcome.action) {
        (_, Action::Text | Action::Rebuild) if said.is_empty() => None,
        (Some(name), _) => Some(format!("{name}: {}", said.join(" "))),
        (None, _) => Some(said.join(" ")),
    }
}

/// The beginning of one mail as it came and as it arrived.
pub(super) fn before_and_after(before: &[u8], detail: &ItemDetail, inbox: &Inbox, printer: &Printer) {
    printer.say("\n──── 変える前（受け取ったまま） ────", "\n──── before (as received) ────");
    excerpt(before, printer);
    printer.say("──── 変えた後（LGWAN 側に届いたもの） ────", "──── after (as delivered to the LGWAN side) ────");
    let header = format!("X-Temizu-Id: {}", detail.summary.reference);
    match inbox.find(&header) {
        Some(mail) => excerpt(&readable(&mail), printer),
        None => printer.say("（届いていません）", "(not delivered)"),
    }
}

fn excerpt(mail: &[u8], printer: &Printer) {
    for line in mail.split(|byte| *byte == b'\n').take(LINES) {
        let text: String = match std::str::from_utf8(line.trim_ascii_end()) {
            Ok(text) => plain(text),
            Err(_) => line
                .iter()
                .map(|byte| if byte.is_ascii_graphic() || *byte == b' ' { char::from(*byte) } else { '.' })
                .collect(),
        };
        printer.line(format!("│ {}", text.chars().take(110).collect::<String>()));
    }
}

/// One of our own mails with its first base64 text decoded, since that is how a mail program shows it.
fn readable(mail: &[u8]) -> Vec<u8> {
    use base64::Engine as _;
    let text = std::str::from_utf8(mail).unwrap_or_default();
    let mark = "Content-Transfer-Encoding: base64";
    let Some((head, rest)) = text.split_once(mark) else { return mail.to_vec() };
    let Some((between, content)) = rest.split_once("\r\n\r\n") else { return mail.to_vec() };
    let encoded: String = content.lines().take_while(|line| !line.is_empty() && !line.starts_with('-')).collect();
    let decoded = base64::engine::general_purpose::STANDARD.decode(encoded).unwrap_or_default();
    [head.as_bytes(), mark.as_bytes(), between.as_bytes(), b"\r\n\r\n", &decoded].concat()
}
