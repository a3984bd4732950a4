//! `temizu user import`: people by CSV, with the difference shown before anything is changed.
//!
//! Refuses: a file with any mistake, as a whole. Invariant: with `--dry-run` nothing is written.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use clap::Args;
use jiff::civil::Date;

use super::print::Printer;
use super::queue::operator_name;
use super::trouble::{NO_INPUT, Trouble, USAGE};
use crate::domain::TenantId;
use crate::identity::roster::{Difference, Fault, Kind, MAX_BYTES, Problem, Roster, Step};
use crate::ports::{Accounts, Clock as _};
use crate::serve::{OsEntropy, SystemClock};

/// What `temizu user import` is told.
#[derive(Debug, Args)]
#[group(skip)]
pub(super) struct Import {
    /// CSV file (UTF-8) with the columns login, name, department and more, or their Japanese heads
    pub(super) file: PathBuf,
    /// The file has everybody: the places of whoever is not in it end
    #[arg(long)]
    pub(super) complete: bool,
    /// Show the difference and change nothing
    #[arg(long)]
    pub(super) dry_run: bool,
    /// Print the difference as JSON
    #[arg(long)]
    pub(super) json: bool,
}

/// Compares the file with the accounts, shows the difference and applies it.
pub(super) async fn import(
    what: &Import,
    accounts: &dyn Accounts,
    tenant: &TenantId,
    today: Date,
    printer: &Printer,
) -> Result<(), Trouble> {
    let roster = Roster::read(&bytes(&what.file)?).map_err(|faults| told(&faults, printer))?;
    let (people, departments) = (accounts.accounts(tenant).await?, accounts.departments(tenant).await?);
    let difference = Difference::of(&roster, &people, &departments, today, what.complete)
        .map_err(|faults| told(&faults, printer))?;
    if what.json {
        printer.json(&difference)?;
    } else {
        show(&difference, printer);
    }
    if what.dry_run {
        return Ok(());
    }
    let changes = difference
        .changes(&OsEntropy, SystemClock.now(), &operator_name())
        .map_err(|_| Trouble::new(USAGE, "乱数を得られません", "the system gives no random bytes"))?;
    accounts.change(tenant, changes).await?;
    Ok(())
}

/// The file, and one byte more than it may have, so that a longer one is noticed.
fn bytes(path: &Path) -> Result<Vec<u8>, Trouble> {
    let limit = u64::try_from(MAX_BYTES).unwrap_or(u64::MAX).saturating_add(1);
    let mut bytes = Vec::new();
    #[expect(clippy::disallowed_methods, reason = "capped: `take` ends it one byte after MAX_BYTES")]
    let read = File::open(path).and_then(|file| file.take(limit).read_to_end(&mut bytes));
    match read {
        Ok(_) => Ok(bytes),
        Err(error) => Err(Trouble::new(
            NO_INPUT,
            format!("{} を読めません: {error}", path.display()),
            format!("{} cannot be read: {error}", path.display()),
        )),
    }
}

/// All mistakes, one a line, with their place.
fn told(faults: &[Fault], printer: &Printer) -> Trouble {
    let line = |fault: &Fault| {
        let column = fault.column.map_or("", |column| column.head(printer.language()));
        let place = match (fault.line, column) {
            (0, "") => String::new(),
            (0, column) => format!("{column}: "),
            (line, "") => format!("{}{line}: ", printer.choose("行 ", "line ")),
            (line, column) => format!("{}{line}, {column}: ", printer.choose("行 ", "line ")),
        };
        format!("{place}{}", Problem::sentence(fault.problem, printer.language()))
    };
    let all = faults.iter().map(line).collect::<Vec<_>>().join("\n");
    Trouble::new(USAGE, all.clone(), all)
}

fn show(difference: &Difference, printer: &Printer) {
    for entry in difference.people.iter().filter(|entry| entry.kind != Kind::Unchanged) {
        let kind = match entry.kind {
            Kind::Added => printer.choose("追加", "added"),
            Kind::Moved => printer.choose("異動", "moved"),
            Kind::Changed => printer.choose("変更", "changed"),
            Kind::Ended => printer.choose("終了", "ended"),
            Kind::Unchanged => printer.choose("変更なし", "unchanged"),
        };
        let steps: Vec<String> = entry.steps.iter().map(step).collect();
        let line = format!("{kind}  {}  {}  {}", entry.login, entry.name, steps.join(", "));
        printer.say(line.clone(), line);
    }
    let count = |kind| difference.count(kind);
    let (added, moved, changed) = (count(Kind::Added), count(Kind::Moved), count(Kind::Changed));
    let (ended, same, departments) = (count(Kind::Ended), count(Kind::Unchanged), difference.departments.len());
    printer.say(
        format!("追加 {added}、異動 {moved}、変更 {changed}、終了 {ended}、変更なし {same}、所属の追加・変更 {departments}"),
        format!("added {added}, moved {moved}, changed {changed}, ended {ended}, unchanged {same}, departments {departments}"),
    );
}

fn step(step: &Step) -> String {
    match step {
        Step::Begins(place) => format!("+{} {}", place.department, place.from),
        Step::Ends(place) => {
            format!("-{} {}", place.department, place.until.map_or_else(|| "-".to_owned(), |day| day.to_string()))
        }
        Step::TakenBack(place) => format!("x{} {}", place.department, place.from),
        Step::Field(field) => (*field).to_owned(),
    }
}
