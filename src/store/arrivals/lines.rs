//! Rows of arrivals in the field's words.
//!
//! Refuses: text that this program did not write. Invariant: of an item that came for several of the viewer's mailboxes
//! the one is shown about which there is most to do, the same in the list and on its page.

use super::query::{ASIDE, ASKED, Bound, Statement, TRYING};
use crate::domain::{Arrival, ArrivalState, Digest, HeaderFacts, ItemId, Label, Mailbox, SenderFacts};
use crate::ports::{ArrivalLine, Delivery, Fetched, MAX_FETCHES, OfferState, StoreError, Typed, Viewer};
use crate::store::rows::Columns;

/// An item and the mailbox it is shown for.
pub(super) type Shown = (ItemId, String);

/// A row of a page: item, mailbox, and what it is chosen by.
pub(super) fn candidate(row: &impl Columns) -> Result<(Shown, u8), StoreError> {
    let mailbox = row.maybe_text("mailbox")?.ok_or(StoreError::Damaged("mailbox"))?;
    Ok(((row.parsed("item")?, mailbox), rank(stored(row)?)))
}

/// Each item once, in the order of the rows, `limit` at most.
pub(super) fn chosen(candidates: Vec<(Shown, u8)>, limit: usize) -> Vec<Shown> {
    let mut chosen: Vec<(Shown, u8)> = Vec::new();
    for (shown, rank) in candidates {
        let is_full = chosen.len() == limit;
        match chosen.last_mut() {
            Some((last, best)) if last.0 == shown.0 => {
                if (rank, &shown.1) < (*best, &last.1) {
                    (*last, *best) = (shown, rank);
                }
            }
            _ if is_full => break,
            _ => chosen.push((shown, rank)),
        }
    }
    chosen.into_iter().map(|(shown, _)| shown).collect()
}

/// What a line is chosen by, lowest first.
const fn rank(state: ArrivalState) -> u8 {
    match state {
        ArrivalState::PasswordWanted => 0,
        ArrivalState::Withheld => 1,
        ArrivalState::Checking => 2,
        ArrivalState::Converting | ArrivalState::ApprovalWanted | ArrivalState::Available => 3,
        ArrivalState::Expired => 4,
    }
}

fn stored(row: &impl Columns) -> Result<ArrivalState, StoreError> {
    let name = row.maybe_text("state")?.unwrap_or_default();
    ArrivalState::from_name(&name).ok_or(StoreError::Damaged("state"))
}

fn columns() -> String {
    format!(
        "SELECT a.item, a.mailbox, a.received_at, a.length, a.state, a.about, a.wrong_passwords, a.concluded_at, {ASKED} AS asked, \
         {TRYING} AS trying, {ASIDE} AS aside"
    )
}

/// Rows of [`line`]: these items for these mailboxes, in no order.
pub(super) fn lines(viewer: &Viewer, shown: &[Shown]) -> Statement {
    let mut statement = Statement::of(viewer);
    let mut pairs = Vec::with_capacity(shown.len());
    for (item, mailbox) in shown {
        let (item, mailbox) = (statement.bind_text(&item.to_string()), statement.bind_text(mailbox));
        pairs.push(format!("({item}, {mailbox})"));
    }
    statement.text = format!(
        "{} FROM (VALUES {}) AS wanted JOIN arrival AS a ON a.tenant = $1 AND a.item = wanted.column1 \
         AND a.mailbox = wanted.column2",
        columns(),
        pairs.join(", ")
    );
    statement
}

/// Rows of [`line`]: an item, for each of the viewer's mailboxes that it came for. Nothing if the viewer has none.
pub(super) fn of_item(viewer: &Viewer, item: ItemId) -> Option<Statement> {
    let mut statement = Statement::of(viewer);
    let item = statement.bind_text(&item.to_string());
    let mailboxes = statement.mailboxes(viewer)?;
    statement.text =
        format!("{} FROM arrival AS a WHERE a.tenant = $1 AND a.item = {item} AND a.mailbox IN {mailboxes}", columns());
    Some(statement)
}

pub(super) fn line(row: &impl Columns) -> Result<ArrivalLine, StoreError> {
    let state = match stored(row)? {
        ArrivalState::Expired => ArrivalState::Expired,
        _ if row.flag("asked")? => ArrivalState::ApprovalWanted,
        _ if row.flag("trying")? => ArrivalState::Converting,
        state => state,
    };
    let arrival = arrival(row)?;
    Ok(ArrivalLine { reference: arrival.id.reference(), state, aside: row.flag("aside")?, arrival })
}

/// Of what expired nothing is left but that it came.
pub(in crate::store) fn arrival(row: &impl Columns) -> Result<Arrival, StoreError> {
    if row.maybe_text("about")?.is_some_and(|about| !about.is_empty()) {
        return row.json("about");
    }
    Ok(Arrival {
        id: row.parsed("item")?,
        mailbox: row.checked::<Mailbox>("mailbox")?,
        received_at: row.time("received_at")?,
        length: row.number("length")?,
        reverse_path: String::new(),
        headers: HeaderFacts::default(),
        sender: SenderFacts::default(),
        uploaded_by: None,
        findings: Vec::new(),
        parts: Vec::new(),
    })
}

/// The mailbox for which an item has rebuilt bytes with this digest.
pub(super) fn owner(rows: &[impl Columns], digest: Digest) -> Result<Option<String>, StoreError> {
    for row in rows {
        let arrival = arrival(row)?;
        if arrival.parts.iter().any(|file| file.now.as_ref().is_some_and(|now| now.digest == digest)) {
            return row.maybe_text("mailbox");
        }
    }
    Ok(None)
}

/// The copies for the viewer's mailboxes, notices left out.
pub(super) fn deliveries(viewer: &Viewer, item: ItemId) -> Option<Statement> {
    let mut statement = Statement::of(viewer);
    let item = statement.bind_text(&item.to_string());
    let mailboxes = statement.mailboxes(viewer)?;
    statement.text = format!(
        "SELECT copy.recipient, copy.status, copy.reply, copy.attempts, copy.settled_at, mail.queued_at, $2 AS viewer \
         FROM mail_recipient AS copy JOIN mail USING (tenant, item, number) WHERE copy.tenant = $1 AND copy.item = {item} AND NOT mail.is_notice \
         AND LOWER(copy.recipient) IN {mailboxes} ORDER BY copy.number, copy.position"
    );
    Some(statement)
}

pub(super) fn delivery(row: &impl Columns) -> Result<Delivery, StoreError> {
    Ok(Delivery {
        mailbox: row.checked("recipient")?,
        status: row.parsed("status")?,
        reply: row.maybe_text("reply")?,
        queued_at: row.time("queued_at")?,
        attempts: row.number("attempts")?,
        answered_at: row.maybe_time("settled_at")?,
    })
}

/// The name of an account that a row may name.
fn name(row: &impl Columns) -> Result<Option<Label>, StoreError> {
    row.maybe_text("name")?.map(|name| name.parse().map_err(|_| StoreError::Damaged("name"))).transpose()
}

/// Passwords that were typed for the viewer's mailboxes.
pub(super) fn typings(viewer: &Viewer, item: ItemId) -> Option<Statement> {
    let mut statement = Statement::of(viewer);
    let item = statement.bind_text(&item.to_string());
    let mailboxes = statement.mailboxes(viewer)?;
    statement.text = format!(
        "SELECT offer.at, offer.count, offer.state, account.name FROM password_offer AS offer \
         LEFT JOIN account ON account.tenant = offer.tenant AND account.id = offer.account \
         WHERE offer.tenant = $1 AND offer.item = {item} AND (offer.account = $2 OR offer.mailbox IN {mailboxes}) \
         ORDER BY offer.at, offer.id"
    );
    Some(statement)
}

pub(super) fn typing(row: &impl Columns) -> Result<Typed, StoreError> {
    let state = match row.maybe_text("state")?.unwrap_or_default().as_str() {
        "queued" => OfferState::Queued(0),
        "trying" => OfferState::Trying(None),
        "opened" => OfferState::Opened,
        "wrong" => OfferState::Wrong,
        "failed" => OfferState::Failed,
        _ => return Err(StoreError::Damaged("state")),
    };
    Ok(Typed { at: row.time("at")?, by: name(row)?, count: row.number("count")?, state })
}

/// Requests for the original of an item, the viewer's own and those of others.
pub(super) fn requests(viewer: &Viewer, item: ItemId) -> Statement {
    let mut statement = Statement::of(viewer);
    let item = statement.bind_text(&item.to_string());
    statement.text = format!(
        "SELECT request.*, request.requester = $2 AS own FROM release_request AS request \
         WHERE request.tenant = $1 AND request.item = {item} ORDER BY request.asked_at, request.id"
    );
    statement
}

/// What the viewer fetched of an item, and others through the same mailboxes.
pub(super) fn fetches(viewer: &Viewer, item: ItemId) -> Option<Statement> {
    let mut statement = Statement::of(viewer);
    let item = statement.bind_text(&item.to_string());
    let mailboxes = statement.mailboxes(viewer)?;
    statement.text = format!(
        "SELECT fetched.at, fetched.digest, account.name FROM fetched \
         LEFT JOIN account ON account.tenant = fetched.tenant AND account.id = fetched.account \
         WHERE fetched.tenant = $1 AND fetched.item = {item} AND NOT fetched.shown \
         AND (fetched.account = $2 OR fetched.mailbox IN {mailboxes}) \
         ORDER BY fetched.at DESC, fetched.digest DESC LIMIT {MAX_FETCHES}"
    );
    Some(statement)
}

pub(super) fn fetch(row: &impl Columns) -> Result<Fetched, StoreError> {
    Ok(Fetched { at: row.time("at")?, digest: row.digest("digest")?, by: name(row)? })
}

/// Takes an item that came for the viewer off the list.
pub(super) fn set_aside(viewer: &Viewer, item: ItemId) -> Option<Statement> {
    let mut statement = Statement::of(viewer);
    let item = statement.bind_text(&item.to_string());
    let mailboxes = statement.mailboxes(viewer)?;
    statement.text = format!(
        "INSERT INTO set_aside (tenant, account, item) SELECT DISTINCT tenant, $2, item FROM arrival \
         WHERE tenant = $1 AND item = {item} AND mailbox IN {mailboxes} ON CONFLICT DO NOTHING"
    );
    Some(statement)
}

/// Puts an item back onto the list.
pub(super) fn put_back(viewer: &Viewer, item: ItemId) -> Statement {
    let mut statement = Statement::of(viewer);
    let item = statement.bind(Bound::Text(item.to_string()));
    statement.text = format!("DELETE FROM set_aside WHERE tenant = $1 AND account = $2 AND item = {item}");
    statement
}
