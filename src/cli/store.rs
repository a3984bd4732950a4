//! `temizu store`: everything moved from one kind of store to the other.
//!
//! Refuses: while a gateway works on either. Invariant: exit code 0 only if both sides were read to the end and are the
//! same; what differs is named by item, never shown.

use std::io::IsTerminal as _;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::arguments::{StoreArguments, StoreCommand};
use super::migrate::named;
use super::print::{Printer, size};
use super::setup;
use super::store_trouble::trouble;
use super::trouble::{Trouble, USAGE};
use crate::audit::chain::Verifier;
use crate::config::load::Overrides;
use crate::config::{self, StoreKind};
use crate::store::transfer::{self, ChainCheck, Difference, Missing, Phase, Progress, Report, Watch};

/// How often a line is written where there is no terminal.
const BETWEEN_LINES: Duration = Duration::from_secs(10);
/// Differences that are shown; `--json` has all.
const SHOWN: usize = 100;

pub(super) async fn run(arguments: StoreArguments, printer: &Printer) -> Result<ExitCode, Trouble> {
    match arguments.what {
        StoreCommand::Copy { from, to, source, database, verify_only, accept_missing, json } => {
            if from == to {
                let (ja, en) = ("--from と --to が同じです", "--from and --to are the same");
                return Err(Trouble::new(USAGE, ja, en));
            }
            let config = setup::configuration(&source, Overrides::default(), printer)?.config.store;
            let config = named(config, &database)?;
            let missing = if accept_missing { Missing::Accept } else { Missing::Refuse };
            let report = copy(&config, from, (!verify_only).then_some(missing), printer).await?;
            tell(&report, &config, from, Asked { verify_only, json }, printer)
        }
        StoreCommand::Unmark { store, source, database } => {
            let config = setup::configuration(&source, Overrides::default(), printer)?.config.store;
            let config = named(config, &database)?;
            if transfer::unmark(&config, store).await.map_err(|error| trouble(&error))? {
                printer.say("この保管庫をまた使えるようにしました。", "this store may be served again.");
            } else {
                printer.say("印はついていません。することはありません。", "there is no mark; nothing to do.");
            }
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// `missing` is nothing where both are only compared.
async fn copy(
    config: &config::Store,
    from: StoreKind,
    missing: Option<Missing>,
    printer: &Printer,
) -> Result<Report, Trouble> {
    let mut bar = Bar::new(*printer);
    let mut progress = |progress| bar.show(progress);
    let watch = Watch { chain: &chain_check, progress: &mut progress };
    let done = match missing {
        None => transfer::verify(config, from, watch).await,
        Some(missing) => transfer::copy(config, from, missing, watch).await,
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

/// What was asked for.
#[derive(Clone, Copy)]
struct Asked {
    verify_only: bool,
    json: bool,
}

fn tell(
    report: &Report,
    config: &config::Store,
    from: StoreKind,
    asked: Asked,
    printer: &Printer,
) -> Result<ExitCode, Trouble> {
    let whole = report.differences.is_empty() && (report.missing.is_empty() || report.handed_over);
    let code = if whole { ExitCode::SUCCESS } else { ExitCode::from(1) };
    if asked.json {
        printer.json(report)?;
        return Ok(code);
    }
    name_each(report.differences.iter().take(SHOWN), printer);
    if !report.differences.is_empty() {
        let count = report.differences.len();
        printer.say(
            format!(
                "違いが {count} か所あります。写した先は使えません。もう一度写すか、空の保管庫に写し直してください。"
            ),
            format!("{count} differences: the target cannot be used; copy again, or into an empty store."),
        );
    }
    if !report.missing.is_empty() {
        tell_missing(report, asked.verify_only, printer);
    }
    if !whole {
        return Ok(code);
    }
    let (items, records, objects) = (report.items, report.records, report.objects);
    let same = if report.missing.is_empty() {
        printer.choose("両方で同じです", "are the same on both sides")
    } else {
        printer.choose("ないものを除いて両方で同じです", "are, but for those, the same on both sides")
    };
    printer.say(
        format!("メール {items} 件、監査記録 {records} 件、ファイル {objects} 個は、{same}。"),
        format!("{items} items, {records} audit records and {objects} objects {same}."),
    );
    if report.handed_over {
        tell_next(config, from, printer);
    }
    Ok(code)
}

fn name_each<'a>(differences: impl Iterator<Item = &'a Difference>, printer: &Printer) {
    for difference in differences {
        let item = difference.item.as_deref().unwrap_or("-");
        printer.warn(format!("{} {item} {}", difference.tenant.as_str(), difference.what));
    }
}

/// All of them: what is lost is not cut short.
fn tell_missing(report: &Report, verify_only: bool, printer: &Printer) {
    let count = report.missing.len();
    printer.say(
        format!("写す元に、あるはずのファイルが {count} 個ありません。次のメールのものです。"),
        format!("{count} objects that the source should have are missing in it; they belong to these items:"),
    );
    name_each(report.missing.iter(), printer);
    if !report.handed_over && !verify_only {
        printer.say(
            "ほかはすべて写しましたが、引き渡していません。控えから戻してもう一度実行するか、なくてよいときだけ --accept-missing を付けてください。そのメールの原本などは失われます。",
            "everything else was copied, but nothing was handed over: restore them from a backup and run it again; only if they may be lost for good, give --accept-missing.",
        );
    }
}

/// What a person does after the hand-over.
fn tell_next(config: &config::Store, from: StoreKind, printer: &Printer) {
    let (kind, data) = (transfer::name(transfer::other(from)), config.data.display());
    printer.say(
        format!(
            "次に store.kind = \"{kind}\" にしてゲートウェイを起動してください。秘密鍵は {data}/keys にあり、移していません。"
        ),
        format!("now set store.kind = \"{kind}\" and start the gateway; the private key stays in {data}/keys."),
    );
    match from {
        StoreKind::Embedded => printer.say(
            format!(
                "前の保管庫には原本が残っていて、期限が来ても破棄されません。新しいほうに問題がないとわかったら、{data} の temizu.db*、originals/、derivatives/ を消してください（keys/ は残します）。"
            ),
            format!(
                "the old store keeps every original for ever: once the new one has proved itself, remove temizu.db*, originals/ and derivatives/ in {data} (not keys/)."
            ),
        ),
        StoreKind::Scaleout => printer.say(
            "前の保管庫には原本が残っていて、期限が来ても破棄されません。新しいほうに問題がないとわかったら、データベースと両方のバケットを消してください。",
            "the old store keeps every original for ever: once the new one has proved itself, drop the database and empty both buckets.",
        ),
    }
}
