//! What a roster changes: who comes, moves, changes, leaves, and the changes of the store that make it so.
//!
//! Refuses: departments that nobody has named, a roster that leaves no administrator. Invariant: a day that is past is
//! left as it was; a move on a later day ends the old place the day before.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::Serialize;
use serde_json::json;

use super::{Column, Fault, MAX_FAULTS, Problem, Roster, Row};
use crate::domain::{
    Account, AccountId, AuditEvent, Department, DepartmentCode, Event, IdentitySource, Login, OfficeRole, Posting,
    Preferences, Timestamp,
};
use crate::ports::{AccountChange, Entropy, NoEntropy};

/// What happens to somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Has no account yet.
    Added,
    /// Gets other places.
    Moved,
    /// Name, address, source or being stopped change, and no place.
    Changed,
    /// Is not in the file any more; all places end.
    Ended,
    /// Stays as it is.
    Unchanged,
}

/// One change of one account, for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// A place begins.
    Begins(Posting),
    /// A place ends, on its `until`.
    Ends(Posting),
    /// A place that had not begun is taken back.
    TakenBack(Posting),
    /// A field has another value.
    Field(&'static str),
}

/// What happens to one account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// Who.
    pub login: Login,
    /// Their name afterwards.
    pub name: String,
    /// What.
    pub kind: Kind,
    /// In particular.
    pub steps: Vec<Step>,
    #[serde(skip)]
    account: Account,
}

/// Everything a roster changes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// By sign-in name; the unchanged as well.
    pub people: Vec<Entry>,
    /// Departments that are added or get another name or other mailboxes.
    pub departments: Vec<Department>,
}

/// An account that has no identifier yet.
const NEW: AccountId = AccountId::from_bytes([0; 16]);

impl Difference {
    /// Compares the file with what is there. With `complete`, whoever is not in the file leaves.
    ///
    /// # Errors
    /// What the file cannot mean here.
    pub fn of(
        roster: &Roster,
        accounts: &[Account],
        departments: &[Department],
        today: Date,
        complete: bool,
    ) -> Result<Self, Vec<Fault>> {
        let known: BTreeMap<&DepartmentCode, &Department> = departments.iter().map(|d| (&d.code, d)).collect();
        let (departments, faults) = changed_departments(roster, &known);
        if !faults.is_empty() {
            return Err(faults);
        }
        let mut by_login: BTreeMap<&Login, &Account> =
            accounts.iter().map(|account| (&account.login, account)).collect();
        let mut people = Vec::new();
        for (login, rows) in &roster.people {
            people.extend(compare(login, rows, by_login.remove(login), today));
        }
        let absent = by_login.into_values();
        people.extend(absent.filter(|_| complete).map(|account| entry(account, leave(account, today), Kind::Ended)));
        people.sort_by(|a, b| a.login.cmp(&b.login));
        let difference = Self { people, departments };
        if difference.leaves_no_administrator(accounts, today) {
            return Err(vec![Fault { line: 0, column: Some(Column::Roles), problem: Problem::NoAdministrator }]);
        }
        Ok(difference)
    }

    /// How many there are of a kind.
    #[must_use]
    pub fn count(&self, kind: Kind) -> usize {
        self.people.iter().filter(|entry| entry.kind == kind).count()
    }

    /// The changes of the store, each with its record; departments first.
    ///
    /// # Errors
    /// If there is no randomness for new identifiers.
    pub fn changes(
        &self,
        entropy: &dyn Entropy,
        at: Timestamp,
        actor: &str,
    ) -> Result<Vec<(AccountChange, AuditEvent)>, NoEntropy> {
        let record = |event, details| AuditEvent { at, event, item: None, actor: actor.to_owned(), details };
        let mut changes = Vec::new();
        for department in &self.departments {
            let details = json!({ "by": "roster", "department": department.code.as_str() });
            changes.push((AccountChange::Department(department.clone()), record(Event::DepartmentChanged, details)));
        }
        for entry in self.people.iter().filter(|entry| entry.kind != Kind::Unchanged) {
            let mut account = entry.account.clone();
            let is_new = account.id == NEW;
            if is_new {
                let mut id = [0; 16];
                entropy.secret(&mut id)?;
                account.id = AccountId::from_bytes(id);
            }
            let details = json!({
                "account": account.id.to_string(),
                "by": "roster",
                "kind": entry.kind,
                "login": account.login.as_str(),
            });
            changes.push(if is_new {
                (AccountChange::Add(account), record(Event::AccountAdded, details))
            } else {
                (AccountChange::Replace(account), record(Event::AccountChanged, details))
            });
        }
        Ok(changes)
    }

    /// True if somebody administers today or later, and after this nobody would.
    fn leaves_no_administrator(&self, accounts: &[Account], today: Date) -> bool {
        let lasts = |account: &Account| {
            let administers =
                |posting: &Posting| posting.roles.contains(&OfficeRole::Administrator) && posting.is_in_force(today);
            !account.blocked && account.postings.iter().any(administers)
        };
        let after: BTreeMap<&Login, &Account> =
            self.people.iter().map(|entry| (&entry.login, &entry.account)).collect();
        let stays = |account: &Account| lasts(after.get(&account.login).copied().unwrap_or(account));
        let new = || self.people.iter().any(|entry| entry.kind == Kind::Added && lasts(&entry.account));
        accounts.iter().any(lasts) && !accounts.iter().any(stays) && !new()
    }
}

fn changed_departments(
    roster: &Roster,
    known: &BTreeMap<&DepartmentCode, &Department>,
) -> (Vec<Department>, Vec<Fault>) {
    let (mut changed, mut faults) = (Vec::new(), Vec::new());
    for (code, said) in &roster.departments {
        let old = known.get(code).copied();
        let name = said.name.clone().or_else(|| old.map(|old| old.name.clone()));
        let mailboxes = said.mailboxes.clone().or_else(|| old.map(|old| old.mailboxes.clone())).unwrap_or_default();
        match name {
            Some(name) => {
                let department = Department { code: code.clone(), name, mailboxes };
                changed.extend(Some(department).filter(|department| old != Some(department)));
            }
            None if faults.len() < MAX_FAULTS => {
                let problem = Problem::NoDepartment;
                faults.push(Fault { line: said.line, column: Some(Column::DepartmentName), problem });
            }
            None => {}
        }
    }
    (changed, faults)
}

fn compare(login: &Login, rows: &[Row], old: Option<&Account>, today: Date) -> Option<Entry> {
    let first = rows.first()?;
    let Some(old) = old else {
        let account = Account {
            id: NEW,
            login: login.clone(),
            name: first.name.clone(),
            mailbox: first.mailbox.clone(),
            source: first.source.unwrap_or(IdentitySource::Local),
            postings: rows.iter().map(|row| posting(row, today)).collect(),
            blocked: first.blocked.unwrap_or_default(),
            has_password: false,
            has_totp: false,
            preferences: Preferences::default(),
            signed_in_at: None,
        };
        let steps = account.postings.iter().cloned().map(Step::Begins).collect();
        return Some(Entry { login: login.clone(), name: first.name.to_string(), kind: Kind::Added, steps, account });
    };
    let account = Account {
        name: first.name.clone(),
        mailbox: first.mailbox.clone().or_else(|| old.mailbox.clone()),
        source: first.source.unwrap_or(old.source),
        blocked: first.blocked.unwrap_or(old.blocked),
        postings: places(&old.postings, rows, today),
        ..old.clone()
    };
    let kind = match (account.postings != old.postings, account != *old) {
        (true, _) => Kind::Moved,
        (false, true) => Kind::Changed,
        (false, false) => Kind::Unchanged,
    };
    Some(entry(old, account, kind))
}

fn entry(old: &Account, account: Account, kind: Kind) -> Entry {
    let kind = if kind == Kind::Ended && *old == account { Kind::Unchanged } else { kind };
    let mut steps = Vec::new();
    for posting in &old.postings {
        let same = |other: &&Posting| is_same_place(posting, other) && posting.from == other.from;
        match account.postings.iter().find(same) {
            Some(other) if other.until != posting.until => steps.push(Step::Ends(other.clone())),
            Some(_) => {}
            None => steps.push(Step::TakenBack(posting.clone())),
        }
    }
    let is_new = |posting: &&Posting| {
        !old.postings.iter().any(|other| is_same_place(posting, other) && posting.from == other.from)
    };
    steps.extend(account.postings.iter().filter(is_new).cloned().map(Step::Begins));
    for (field, differs) in [
        ("name", account.name != old.name),
        ("mailbox", account.mailbox != old.mailbox),
        ("source", account.source != old.source),
        ("blocked", account.blocked != old.blocked),
    ] {
        steps.extend(differs.then_some(Step::Field(field)));
    }
    Entry { login: account.login.clone(), name: account.name.to_string(), kind, steps, account }
}

fn is_same_place(a: &Posting, b: &Posting) -> bool {
    a.department == b.department && a.roles == b.roles
}

fn posting(row: &Row, today: Date) -> Posting {
    Posting {
        department: row.department.clone(),
        roles: row.roles.clone(),
        from: row.from.unwrap_or(today).min(row.until.unwrap_or(Date::MAX)),
        until: row.until,
    }
}

/// The places of somebody after the file: what it says from today on, and what was before that.
fn places(old: &[Posting], rows: &[Row], today: Date) -> Vec<Posting> {
    let mut left: Vec<&Posting> = old.iter().collect();
    let (mut after, mut fresh, mut unmatched) = (Vec::new(), Vec::new(), Vec::new());
    for row in rows {
        let exact = |old: &&Posting| is_place_of(row, old) && row.from == Some(old.from);
        match left.iter().position(exact) {
            Some(at) => after.push(Posting { until: row.until, ..left.remove(at).clone() }),
            None => unmatched.push(row),
        }
    }
    for row in unmatched {
        let from = row.from.unwrap_or(today).max(today);
        let goes_on =
            |old: &&Posting| is_place_of(row, old) && old.from <= from && old.until.is_none_or(|until| from <= until);
        if row.until.is_some_and(|until| until < from) {
            // Over before today, and not so here: the past is left as it was.
            continue;
        }
        match left.iter().position(goes_on) {
            // The same place goes on; only its end may be another.
            Some(at) => after.push(Posting { until: row.until, ..left.remove(at).clone() }),
            None => fresh.push(Posting { from, ..posting(row, today) }),
        }
    }
    let cut = fresh.iter().map(|posting| posting.from).min().unwrap_or(today);
    after.extend(left.into_iter().filter_map(|posting| ended(posting, cut)));
    after.extend(fresh);
    in_order(after, old)
}

fn is_place_of(row: &Row, posting: &Posting) -> bool {
    posting.department == row.department && posting.roles == row.roles
}

/// The place, over the day before `cut`; none if it would not have begun.
fn ended(posting: &Posting, cut: Date) -> Option<Posting> {
    let last = cut.yesterday().ok()?;
    let until = posting.until.map_or(last, |until| until.min(last));
    (posting.from <= until).then(|| Posting { until: Some(until), ..posting.clone() })
}

fn leave(account: &Account, today: Date) -> Account {
    let postings = account.postings.iter().filter_map(|posting| ended(posting, today)).collect();
    Account { postings: in_order(postings, &account.postings), ..account.clone() }
}

/// As they were if they are the same, else by day.
fn in_order(mut after: Vec<Posting>, old: &[Posting]) -> Vec<Posting> {
    let mut sorted = old.to_vec();
    let by_day = |a: &Posting, b: &Posting| (a.from, a).cmp(&(b.from, b));
    sorted.sort_by(by_day);
    after.sort_by(by_day);
    if after == sorted { old.to_vec() } else { after }
}
