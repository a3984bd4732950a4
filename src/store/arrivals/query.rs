//! Statements that list arrivals: put together of conditions, each value bound.
//!
//! Refuses: to put a word of a viewer into a statement. Invariant: every branch names the tenant and one of the viewer's
//! mailboxes, and stops by itself: no mailbox is sorted as a whole.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::folded_id;
use crate::domain::{ArrivalState, ItemId, Reference, TenantId, folded};
use crate::ports::{ArrivalQuery, Sought, Tab, Term, Viewer};

/// Mailboxes of a viewer that are looked at.
const MAX_MAILBOXES: usize = 200;
/// Terms of a query that are looked at.
const MAX_TERMS: usize = 20;
/// Lines of a page at most.
const MAX_LINES: u32 = 200;
/// How far mails of a tab are counted.
pub(super) const MAX_COUNT: u32 = 1000;

/// What the two kinds of database write differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::store) enum Dialect {
    Sqlite,
    Postgres,
}

impl Dialect {
    /// True if `text` stands in `column`. Nothing in it is special, as it would be in a `LIKE`.
    fn holds(self, column: &str, text: &str) -> String {
        match self {
            Self::Sqlite => format!("instr(a.{column}, {text}) > 0"),
            Self::Postgres => format!("strpos(a.{column}, {text}) > 0"),
        }
    }

    /// `arrival`, read through an index that has all that is looked at.
    const fn lines(self, by: By) -> &'static str {
        match (self, by) {
            (Self::Sqlite, By::Line) => "arrival AS a INDEXED BY arrival_lines",
            (Self::Sqlite, By::Ready) => "arrival AS a INDEXED BY arrival_ready",
            (Self::Sqlite, By::State) => "arrival AS a INDEXED BY arrival_state",
            (Self::Sqlite, By::Item) | (Self::Postgres, _) => "arrival AS a",
        }
    }
}

/// Which rows a branch goes through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum By {
    Line,
    Ready,
    State,
    Item,
}

/// A value of a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::store) enum Bound {
    Text(String),
    Number(i64),
}

/// A statement with its values; `$1` is the tenant, `$2` the account.
#[derive(Debug)]
pub(in crate::store) struct Statement {
    pub(in crate::store) text: String,
    pub(in crate::store) values: Vec<Bound>,
}

impl Statement {
    pub(super) fn of(viewer: &Viewer) -> Self {
        Self { text: String::new(), values: vec![tenant(&viewer.tenant), Bound::Text(viewer.account.to_string())] }
    }

    /// The place of a new value.
    pub(super) fn bind(&mut self, value: Bound) -> String {
        self.values.push(value);
        format!("${}", self.values.len())
    }

    pub(super) fn bind_text(&mut self, text: &str) -> String {
        // PostgreSQL has no place for NUL in a text, and nothing that is stored holds one.
        self.bind(Bound::Text(text.replace('\0', "")))
    }

    /// `($4, $5)`: the viewer's mailboxes; nothing if there are none.
    pub(super) fn mailboxes(&mut self, viewer: &Viewer) -> Option<String> {
        let places: Vec<String> = mailboxes(viewer).into_iter().map(|mailbox| self.bind_text(mailbox)).collect();
        (!places.is_empty()).then(|| format!("({})", places.join(", ")))
    }
}

fn tenant(tenant: &TenantId) -> Bound {
    Bound::Text(tenant.as_str().to_owned())
}

/// Each once.
fn mailboxes(viewer: &Viewer) -> BTreeSet<&str> {
    viewer.mailboxes.iter().map(String::as_str).take(MAX_MAILBOXES).collect()
}

/// A request of the viewer for the original waits for an approver.
pub(super) const ASKED: &str = "EXISTS (SELECT 1 FROM release_request AS asked WHERE asked.tenant = $1 \
    AND asked.item = a.item AND asked.requester = $2 AND asked.state = 'waiting')";
/// A password that somebody typed for the mailbox is still to be tried.
pub(super) const TRYING: &str = "EXISTS (SELECT 1 FROM password_offer AS offer WHERE offer.tenant = $1 \
    AND offer.item = a.item AND offer.mailbox = a.mailbox AND offer.state IN ('queued', 'trying'))";
/// The viewer took it off the list.
pub(super) const ASIDE: &str = "EXISTS (SELECT 1 FROM set_aside AS aside WHERE aside.tenant = $1 \
    AND aside.account = $2 AND aside.item = a.item)";

/// How mails stand about which the reader can do something.
fn actionable() -> impl Iterator<Item = ArrivalState> {
    ArrivalState::ALL.iter().copied().filter(|state| state.needs_action())
}

/// True if it stands so, as it is shown.
fn stands(state: ArrivalState) -> String {
    match state {
        ArrivalState::Expired => "a.state = 'expired'".to_owned(),
        ArrivalState::ApprovalWanted => format!("(a.state <> 'expired' AND {ASKED})"),
        ArrivalState::Converting => format!("(a.state <> 'expired' AND NOT {ASKED} AND {TRYING})"),
        ArrivalState::Available | ArrivalState::PasswordWanted | ArrivalState::Checking | ArrivalState::Withheld => {
            format!("(a.state = '{}' AND NOT {ASKED} AND NOT {TRYING})", state.as_str())
        }
    }
}

/// True for the item with this reference: the end of its identifier.
fn has_reference(statement: &mut Statement, reference: Reference) -> String {
    let bare = reference.to_string().replace('-', "");
    let place = statement.bind_text(&bare);
    format!("substr(a.item, {}) = {place}", ItemId::LENGTH.saturating_sub(bare.len()).saturating_add(1))
}

fn sought(statement: &mut Statement, dialect: Dialect, sought: &Sought) -> String {
    let text = |statement: &mut Statement, text: &str| statement.bind_text(&folded(text));
    match sought {
        Sought::Text(wanted) => {
            let place = text(statement, wanted);
            let mut either: Vec<String> =
                ["subject", "sender", "files"].iter().map(|column| dialect.holds(column, &place)).collect();
            if let Ok(reference) = wanted.parse() {
                either.push(has_reference(statement, reference));
            }
            format!("({})", either.join(" OR "))
        }
        Sought::From(wanted) => dialect.holds("sender", &text(statement, wanted)),
        Sought::To(wanted) => dialect.holds("mailbox", &text(statement, wanted)),
        Sought::Subject(wanted) => dialect.holds("subject", &text(statement, wanted)),
        Sought::File(wanted) => dialect.holds("files", &text(statement, wanted)),
        Sought::MessageId(wanted) => {
            let place = statement.bind_text(&folded_id(wanted));
            format!("(a.message_id = {place} AND a.message_id <> '')")
        }
        Sought::Reference(reference) => has_reference(statement, *reference),
        Sought::State(state) => stands(*state),
        Sought::Action => format!("({})", actionable().map(stands).collect::<Vec<_>>().join(" OR ")),
        Sought::Ready => "a.has_files".to_owned(),
        Sought::HasAttachment => "a.attachments > 0".to_owned(),
        Sought::Before(at) => format!("a.received_at < {}", statement.bind(Bound::Number(at.millis()))),
        Sought::After(at) => format!("a.received_at >= {}", statement.bind(Bound::Number(at.millis()))),
        Sought::Larger(bytes) => format!("a.length > {}", statement.bind(length(*bytes))),
        Sought::Smaller(bytes) => format!("a.length < {}", statement.bind(length(*bytes))),
    }
}

fn length(bytes: u64) -> Bound {
    Bound::Number(i64::try_from(bytes).unwrap_or(i64::MAX))
}

/// Conditions of all branches, and the states of which each has one of its own.
struct Branches {
    conditions: String,
    by: By,
    states: Vec<ArrivalState>,
    oldest_first: bool,
}

impl Branches {
    fn of(statement: &mut Statement, dialect: Dialect, tab: Tab, terms: &[Term]) -> Self {
        let mut branches = Self { conditions: String::new(), by: By::Line, states: Vec::new(), oldest_first: false };
        let mut all: Vec<String> = Vec::new();
        match tab {
            Tab::All => {}
            Tab::Ready => {
                branches.by = if terms.is_empty() { By::Ready } else { By::Line };
                all.push("a.has_files".to_owned());
            }
            Tab::Action => {
                if terms.is_empty() {
                    branches.by = By::State;
                    branches.states = actionable().collect();
                } else {
                    let states = actionable().map(|state| format!("'{}'", state.as_str())).collect::<Vec<_>>();
                    all.push(format!("a.state IN ({})", states.join(", ")));
                }
                all.push(format!("NOT {ASKED} AND NOT {TRYING}"));
            }
            Tab::Aside => {
                branches.by = By::Item;
                all.push("a.item IN (SELECT item FROM set_aside WHERE tenant = $1 AND account = $2)".to_owned());
            }
        }
        for term in terms.iter().take(MAX_TERMS) {
            let condition = sought(statement, dialect, &term.sought);
            all.push(if term.negated { format!("NOT ({condition})") } else { condition });
        }
        if tab != Tab::Aside {
            all.push(format!("NOT {ASIDE}"));
        }
        for condition in all {
            branches.conditions.push_str(" AND ");
            branches.conditions.push_str(&condition);
        }
        branches
    }

    const fn order(&self) -> &'static str {
        if self.oldest_first { "ASC" } else { "DESC" }
    }

    /// One select per mailbox and state, in order, `limit` of each.
    fn write(&self, statement: &mut Statement, dialect: Dialect, mailboxes: &BTreeSet<&str>, limit: u32) {
        let states: Vec<Option<ArrivalState>> =
            if self.states.is_empty() { vec![None] } else { self.states.iter().copied().map(Some).collect() };
        let mut is_first = true;
        for mailbox in mailboxes {
            let mailbox = statement.bind_text(mailbox);
            for state in &states {
                let state = state.map(|state| format!(" AND a.state = '{}'", state.as_str())).unwrap_or_default();
                let union = if is_first { "" } else { " UNION ALL " };
                is_first = false;
                // Writing to a text does not fail.
                let _written = write!(
                    statement.text,
                    "{union}SELECT * FROM (SELECT a.item, a.mailbox, a.state FROM {} WHERE a.tenant = $1 \
                     AND a.mailbox = {mailbox}{state}{} ORDER BY a.item {} LIMIT {limit}) AS branch",
                    dialect.lines(self.by),
                    self.conditions,
                    self.order()
                );
            }
        }
    }
}

/// Item, mailbox and stored state of the lines of a page, an item once for each of its mailboxes; in order.
/// Nothing if there is no mailbox to look at.
pub(super) fn page(dialect: Dialect, viewer: &Viewer, query: &ArrivalQuery) -> Option<(Statement, usize)> {
    let mut mailboxes = mailboxes(viewer);
    if let Some(only) = &query.mailbox {
        mailboxes.retain(|mailbox| mailbox == only);
    }
    if mailboxes.is_empty() {
        return None;
    }
    let limit = query.limit.clamp(1, MAX_LINES);
    let mut statement = Statement::of(viewer);
    let mut branches = Branches::of(&mut statement, dialect, query.tab, &query.terms);
    if let Some(item) = query.older_than {
        let place = statement.bind_text(&item.to_string());
        branches.conditions.insert_str(0, &format!(" AND a.item < {place}"));
    }
    if let Some(item) = query.newer_than {
        let place = statement.bind_text(&item.to_string());
        branches.conditions.insert_str(0, &format!(" AND a.item > {place}"));
    }
    branches.oldest_first = query.oldest_first;
    branches.write(&mut statement, dialect, &mailboxes, limit);
    statement.text.push_str(" ORDER BY item ");
    statement.text.push_str(branches.order());
    Some((statement, usize::try_from(limit).unwrap_or(usize::MAX)))
}

/// How many items a tab has, up to [`MAX_COUNT`] of each mailbox. Nothing if there is no mailbox to look at.
pub(super) fn count(dialect: Dialect, viewer: &Viewer, tab: Tab) -> Option<Statement> {
    let mailboxes = mailboxes(viewer);
    if mailboxes.is_empty() {
        return None;
    }
    let mut statement = Statement::of(viewer);
    let branches = Branches::of(&mut statement, dialect, tab, &[]);
    statement.text.push_str("SELECT COUNT(DISTINCT item) AS count FROM (");
    branches.write(&mut statement, dialect, &mailboxes, MAX_COUNT);
    statement.text.push_str(") AS branches");
    Some(statement)
}
