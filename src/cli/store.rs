//! `temizu store`: everything moved from one kind of store to the other.
//!
//! Refuses: while a gateway works on either. Invariant: exit code 0 only if both sides were read to the end and are the
//! same; what differs is named by item, never shown.

use std::io::IsTerminal as _;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::arguments::{StoreArguments, StoreCommand};
use super::print::{Printer, size};
use super::setup;
use super::trouble::{CONFIG, TEMPORARY, Trouble, UNAVAILABLE, UNPARSABLE, USAGE};
use crate::audit::chain::Verifier;
use crate::config::load::Overrides;
use crate::config::{self, StoreKind};
use crate::store::transfer::{self, ChainCheck, Phase, Progress, Report, TransferError, Watch};

/// How often a line is written where there is no terminal.
const BETWEEN_LINES: Duration = Duration::from_secs(10);
/// Differences that are shown; `--json` has all.
const SHOWN: usize = 100;

pub(super) async fn run(arguments: StoreArguments, printer: &Printer) -> Result<ExitCode, Trouble> {
    match arguments.what {
        StoreCommand::Copy { from, to, source, verify_only, json } => {
            if from == to {
                let (ja, en) = ("--from と --to が同じです", "--from and --to are the same");
                return Err(Trouble::new(USAGE, ja, en));
            }
            let config = setup::configuration(&source, Overrides::default(), printer)?.config.store;
            let report = copy(&config, from, verify_only, printer).await?;
            tell(&report, &config, from, verify_only, json, printer)
        }
        StoreCommand::Unmark { store, source } => {
            let config = setup::configuration(&source, Overrides::default(), printer)?.config.store;
            if transfer::unmark(&config, store).await.map_err(|error| trouble(&error))? {
                printer.say("この保管庫をまた使えるようにしました。", "this store may be served again.");
            } else {
                printer.say("印はついていません。することはありません。", "there is no mark; nothing to do.");
            }
            Ok(ExitCode::SUCCESS)
        }
    }
}

async fn copy(
    config: &config::Store,
    from: StoreKind,
    verify_only: bool,
    printer: &Printer,
) -> Result<Report, Trouble> {
    let mut bar = Bar::new(*printer);
    let mut progress = |progress| bar.show(progress);
    let watch = Watch { chain: &chain_check, progress: &mut progress };
    let done = if verify_only {
        transfer::verify(config, from, watch).await
    } else {
        transfer::copy(config, from, watch).await
    };
    bar.bar.finish_and_clear();
    done.map_err(|error| trouble(&error))
}

/// The auditor's check, on the way.
fn chain_check() -> ChainCheck {
    let mut verifier = Verifier::default();
    Box::new(move |record| verifier.check(record).map_err(|bad| bad.what.to_string()))
}

/// A bar on a terminal, a line now and then elsewhere.
struct Bar {
    printer: Printer,
    bar: ProgressBar,
    phase: Option<Phase>,
    last_line: Instant,
}

impl Bar {
    fn new(printer: Printer) -> Self {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
        let style = ProgressStyle::with_template("{prefix} {wide_bar} {human_pos}/{human_len} {msg} {per_sec} {eta}");
        if let Ok(style) = style {
            bar.set_style(style);
        }
        Self { printer, bar, phase: None, last_line: Instant::now() }
    }

    fn show(&mut self, now: Progress) {
        if self.phase != Some(now.phase) {
            self.phase = Some(now.phase);
            self.bar.reset();
            self.bar.set_length(now.of_items);
            let name = match now.phase {
                Phase::Copying => self.printer.choose("写しています", "copying"),
                Phase::Verifying => self.printer.choose("確かめています", "verifying"),
            };
            self.bar.set_prefix(name);
        }
        self.bar.set_message(size(now.bytes));
        self.bar.set_position(now.items);
        if !std::io::stderr().is_terminal() && self.last_line.elapsed() >= BETWEEN_LINES {
            self.last_line = Instant::now();
            let (prefix, bytes, left) = (self.bar.prefix(), size(now.bytes), self.bar.eta().as_secs());
            self.printer.warn(format!(
                "{prefix} {}/{} {bytes} {:.0}/s {left}s",
                now.items,
                now.of_items,
                self.bar.per_sec()
            ));
        }
    }
}

fn tell(
    report: &Report,
    config: &config::Store,
    from: StoreKind,
    verify_only: bool,
    json: bool,
    printer: &Printer,
) -> Result<ExitCode, Trouble> {
    let same = report.differences.is_empty();
    let code = if same { ExitCode::SUCCESS } else { ExitCode::from(1) };
    if json {
        printer.json(report)?;
        return Ok(code);
    }
    for difference in report.differences.iter().take(SHOWN) {
        let item = difference.item.as_deref().unwrap_or("-");
        printer.warn(format!("{} {item} {}", difference.tenant.as_str(), difference.what));
    }
    let (items, records, objects) = (report.items, report.records, report.objects);
    if !same {
        let count = report.differences.len();
        printer.say(
            format!(
                "違いが {count} か所あります。写した先は使えません。もう一度写すか、空の保管庫に写し直してください。"
            ),
            format!("{count} differences: the target cannot be used; copy again, or into an empty store."),
        );
        return Ok(code);
    }
    printer.say(
        format!("メール {items} 件、監査記録 {records} 件、ファイル {objects} 個は両方で同じです。"),
        format!("{items} items, {records} audit records and {objects} objects are the same on both sides."),
    );
    if !verify_only {
        let (kind, keys) = (transfer::name(transfer::other(from)), config.data.join("keys"));
        let keys = keys.display();
        printer.say(
            format!("次に store.kind = \"{kind}\" にしてゲートウェイを起動してください。秘密鍵は {keys} にあり、移していません。"),
            format!("now set store.kind = \"{kind}\" and start the gateway; the private key stays in {keys}."),
        );
    }
    Ok(code)
}

fn trouble(error: &TransferError) -> Trouble {
    let mut en = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        en = format!("{en}: {inner}");
        cause = inner.source();
    }
    match error {
        TransferError::Open(_, inner) => Trouble::open(inner),
        TransferError::InUse(name) => Trouble::new(
            TEMPORARY,
            format!("{name} の保管庫が使われています。{}", stop(name).0),
            format!("{en}: {}", stop(name).1),
        ),
        TransferError::NotThere(name) => Trouble::new(
            USAGE,
            format!("{name} の保管庫がありません。store.data か --data を確かめてください"),
            format!("{en}; look at store.data or --data"),
        ),
        TransferError::NotSet(key) => Trouble::new(
            CONFIG,
            format!("{key} がありません。設定ファイルに書いてください"),
            format!("{en}; set it in the configuration file"),
        ),
        TransferError::UnfinishedSource(name) => Trouble::new(
            TEMPORARY,
            format!("{name} の保管庫への写しが終わっていません。先にそれを終えるか、空の保管庫から始めてください"),
            format!("{en}: finish that first, or begin with an empty store"),
        ),
        TransferError::Key(_) => {
            Trouble::new(CONFIG, format!("封緘の鍵が合いません: {en}"), format!("the sealing keys do not fit: {en}"))
        }
        TransferError::OtherChain(_) | TransferError::OtherItem { .. } => Trouble::new(
            USAGE,
            format!("写す先に別のものがあります（{en}）。空の保管庫に写してください"),
            format!("{en}: copy into an empty store"),
        ),
        TransferError::BrokenChain { .. } | TransferError::Object { .. } => Trouble::new(
            UNPARSABLE,
            format!("写す元が壊れています: {en}。監査担当に知らせてください"),
            format!("{en}; tell the auditor"),
        ),
        TransferError::Store(_) => Trouble::new(
            UNAVAILABLE,
            format!("保管庫が応えません: {en}。直したら同じコマンドで続けられます"),
            format!("{en}; once it does, the same command goes on"),
        ),
    }
}

/// Whom to stop.
fn stop(name: &str) -> (&'static str, &'static str) {
    if name == "embedded" {
        (
            "このホストのゲートウェイ（systemctl stop temizu）とほかの temizu コマンドを止めてください",
            "stop the gateway on this host (systemctl stop temizu) and every other temizu command",
        )
    } else {
        (
            "すべてのホストのゲートウェイとほかの temizu コマンドを止めてください",
            "stop the gateway on every host, and every other temizu command",
        )
    }
}
