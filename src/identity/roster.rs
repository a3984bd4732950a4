//! People by CSV (人事異動): a file of who belongs where from which day on, read whole or not at all.
//!
//! Refuses: files over [`MAX_BYTES`] or [`MAX_ROWS`], other encodings than UTF-8, unknown columns, rows that contradict
//! each other; all mistakes at once, up to [`MAX_FAULTS`]. Invariant: a [`Roster`] exists only for a file without one.

pub mod cells;
pub mod difference;

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

pub use cells::{Column, Problem};
pub use difference::{Difference, Entry, Kind, Step};

use crate::domain::{DepartmentCode, IdentitySource, Label, Login, Mailbox, OfficeRole};

/// Longest file in bytes.
pub const MAX_BYTES: usize = 16 * 1024 * 1024;
/// Most rows beneath the heads.
pub const MAX_ROWS: usize = 50_000;
/// Most mistakes that are told.
pub const MAX_FAULTS: usize = 50;

/// A mistake and its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Line of the file, from 1; 0 for the whole file.
    pub line: u64,
    /// Which column; none for the whole line.
    pub column: Option<Column>,
    /// What is wrong.
    pub problem: Problem,
}

/// One row: somebody in a department.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Line of the file, from 1.
    pub line: u64,
    /// What they sign in with.
    pub login: Login,
    /// Their name.
    pub name: Label,
    /// Their address, if the file says.
    pub mailbox: Option<Mailbox>,
    /// Where they belong.
    pub department: DepartmentCode,
    /// As what; 職員 if the file does not say.
    pub roles: BTreeSet<OfficeRole>,
    /// From which day, if the file says.
    pub from: Option<Date>,
    /// To which day, if the file says.
    pub until: Option<Date>,
    /// Who proves who they are, if the file says.
    pub source: Option<IdentitySource>,
    /// Whether they are stopped, if the file says.
    pub blocked: Option<bool>,
}

/// What a file says of a department.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DepartmentRow {
    /// The first line that names it.
    pub line: u64,
    /// Its name, if the file says.
    pub name: Option<Label>,
    /// Its mailboxes (組織アドレス), if the file says.
    pub mailboxes: Option<BTreeSet<Mailbox>>,
}

/// A file without a mistake in itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Roster {
    /// Rows by sign-in name, in the order of the file.
    pub people: BTreeMap<Login, Vec<Row>>,
    /// Departments by code.
    pub departments: BTreeMap<DepartmentCode, DepartmentRow>,
}

impl Roster {
    /// Reads a file.
    ///
    /// # Errors
    /// All mistakes, at most [`MAX_FAULTS`].
    pub fn read(bytes: &[u8]) -> Result<Self, Vec<Fault>> {
        let whole = |problem| vec![Fault { line: 0, column: None, problem }];
        if bytes.len() > MAX_BYTES {
            return Err(whole(Problem::TooLong));
        }
        let text = std::str::from_utf8(bytes).map_err(|_| whole(Problem::NotUtf8))?;
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut reader = csv::ReaderBuilder::new().flexible(true).has_headers(false).from_reader(text.as_bytes());
        let mut reading = Reading::default();
        for (number, record) in reader.records().enumerate() {
            match record {
                _ if number > MAX_ROWS => reading.fault(0, None, Problem::TooManyRows),
                Ok(record) => reading.take(&record),
                Err(_) => reading.fault(0, None, Problem::NoCsv),
            }
            if number > MAX_ROWS || reading.is_full() || reading.heads.as_ref().is_some_and(Vec::is_empty) {
                break;
            }
        }
        reading.finish()
    }
}

/// A file on its way in.
#[derive(Default)]
struct Reading {
    heads: Option<Vec<Column>>,
    roster: Roster,
    faults: Vec<Fault>,
}

impl Reading {
    fn is_full(&self) -> bool {
        self.faults.len() >= MAX_FAULTS
    }

    fn fault(&mut self, line: u64, column: Option<Column>, problem: Problem) {
        if !self.is_full() {
            self.faults.push(Fault { line, column, problem });
        }
    }

    fn finish(mut self) -> Result<Roster, Vec<Fault>> {
        if self.heads.is_none() {
            self.fault(0, None, Problem::Empty);
        }
        if self.faults.is_empty() { Ok(self.roster) } else { Err(self.faults) }
    }

    fn take(&mut self, record: &csv::StringRecord) {
        let line = record.position().map_or(0, csv::Position::line);
        if record.iter().all(|cell| cell.trim().is_empty()) {
            return;
        }
        let Some(heads) = self.heads.clone() else { return self.take_heads(line, record) };
        if record.len() > heads.len() {
            return self.fault(line, None, Problem::TooManyCells);
        }
        let cells: BTreeMap<Column, &str> = heads.into_iter().zip(record.iter().map(str::trim)).collect();
        self.take_row(line, &cells);
    }

    /// No heads at all if one of them is wrong: nothing beneath it could be read.
    fn take_heads(&mut self, line: u64, record: &csv::StringRecord) {
        let mut heads = Vec::new();
        for cell in record {
            match Column::named(cell.trim()) {
                Some(column) if heads.contains(&column) => self.fault(line, Some(column), Problem::Twice),
                Some(column) => heads.push(column),
                None => self.fault(line, None, Problem::UnknownColumn),
            }
        }
        for column in Column::NEEDED {
            if !heads.contains(&column) {
                self.fault(line, Some(column), Problem::MissingColumn);
            }
        }
        self.heads = Some(if self.faults.is_empty() { heads } else { Vec::new() });
    }

    fn take_row(&mut self, line: u64, cells: &BTreeMap<Column, &str>) {
        let mut wrong = Vec::new();
        let row = cells::row(line, cells, &mut wrong);
        let department = cells::department(line, cells, &mut wrong);
        for (column, problem) in wrong {
            self.fault(line, Some(column), problem);
        }
        if let (Some(row), Some(department)) = (row, department) {
            self.add_department(&row.department, department);
            self.add_row(row);
        }
    }

    fn add_department(&mut self, code: &DepartmentCode, said: DepartmentRow) {
        let line = said.line;
        let known = self.roster.departments.entry(code.clone()).or_insert_with(|| said.clone());
        let contradicts = |a: bool, b: bool| a && b;
        let name = contradicts(known.name.is_some() && said.name.is_some(), known.name != said.name);
        let mailboxes =
            contradicts(known.mailboxes.is_some() && said.mailboxes.is_some(), known.mailboxes != said.mailboxes);
        known.name = known.name.take().or(said.name);
        known.mailboxes = known.mailboxes.take().or(said.mailboxes);
        if name {
            self.fault(line, Some(Column::DepartmentName), Problem::Contradicts);
        }
        if mailboxes {
            self.fault(line, Some(Column::SectionMailboxes), Problem::Contradicts);
        }
    }

    fn add_row(&mut self, row: Row) {
        let rows = self.roster.people.entry(row.login.clone()).or_default();
        let clash = rows.first().and_then(|first| {
            let said = [
                (Column::Name, first.name != row.name),
                (Column::Mailbox, first.mailbox != row.mailbox),
                (Column::Source, first.source != row.source),
                (Column::Blocked, first.blocked != row.blocked),
            ];
            said.into_iter().find(|(_, differs)| *differs).map(|(column, _)| column)
        });
        // The store keeps one place per department, role and first day.
        let same = |other: &Row| other.department == row.department && other.from == row.from;
        let twice = rows.iter().any(same);
        let line = row.line;
        rows.push(row);
        if twice {
            self.fault(line, Some(Column::Department), Problem::Twice);
        } else if let Some(column) = clash {
            self.fault(line, Some(column), Problem::Contradicts);
        }
    }
}
