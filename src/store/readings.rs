//! What operators and auditors read: queries, and rows in the field's words, the same for every kind of database.
//!
//! Refuses: to name an original. Invariant: every query names its tenant.

use sqlx::{Database, Encode, QueryBuilder, Type};

use super::passwords;
use super::rows::{Columns, to_column};
use super::search::Sought;
use crate::domain::{AuditRecord, Digest, ItemKey, Origin, Reason, Status, TenantId};
use crate::ports::{ItemDetail, ItemFilter, ItemSummary, QuarantineEntry, RecipientState, StoreError};

/// No more than a list shows: the portal may not read what the worker found.
/// Of an upload `0` is the file itself, of a mail the mail as a whole.
const SUMMARY: &str = "\
    SELECT item.id, item.reference, item.stage, item.received_at, item.length, item.origin, item.attempts, item.reason, \
        item.legal_hold, (SELECT COUNT(*) FROM kept WHERE kept.tenant = item.tenant AND kept.item = item.id \
        AND (kept.part <> '0' OR item.origin LIKE '{\"upload\"%')) AS kept_parts \
    FROM item WHERE item.tenant = ";
const ITEM: &str = "\
    SELECT item.*, (SELECT COUNT(*) FROM kept WHERE kept.tenant = item.tenant AND kept.item = item.id \
        AND (kept.part <> '0' OR item.origin LIKE '{\"upload\"%')) AS kept_parts \
    FROM item WHERE item.tenant = ";
const QUARANTINE: &str = "\
    SELECT item.id, item.reference, item.received_at, item.origin, kept.part, kept.name, kept.detected, \
        kept.length, kept.reason, kept.rule \
    FROM kept JOIN item ON item.tenant = kept.tenant AND item.id = kept.item \
    WHERE item.stage <> 'expired' AND item.tenant = ";

/// Rows of [`detail`], by tenant and item: its mails.
pub(super) const MAILS: &str = "SELECT number, outcomes FROM mail WHERE tenant = $1 AND item = $2 ORDER BY number";
/// The same: the recipients' copies.
pub(super) const COPIES: &str = "\
    SELECT copy.number, copy.recipient, copy.status, copy.reply, copy.attempts, \
        CASE copy.status WHEN 'waiting' THEN mail.due_at END AS due_at \
    FROM mail_recipient AS copy JOIN mail USING (tenant, item, number) \
    WHERE copy.tenant = $1 AND copy.item = $2 ORDER BY copy.number, copy.position";
/// The same: the item's records.
pub(super) const ITEM_RECORDS: &str = "SELECT * FROM audit WHERE tenant = $1 AND item = $2 ORDER BY sequence";
/// The row of [`head`], by tenant.
pub(super) const HEAD: &str = "SELECT sequence, hash FROM audit WHERE tenant = $1 ORDER BY sequence DESC LIMIT 1";
/// Rows of [`record`], by tenant, the sequence before them, and how many at most.
pub(super) const RECORDS: &str = "SELECT * FROM audit WHERE tenant = $1 AND sequence > $2 ORDER BY sequence LIMIT $3";

/// Rows of [`summary`].
pub(super) fn summaries<DB>(tenant: &TenantId, filter: &ItemFilter) -> QueryBuilder<DB>
where
    DB: Database,
    String: for<'q> Encode<'q, DB> + Type<DB>,
    i64: for<'q> Encode<'q, DB> + Type<DB>,
{
    filtered(SUMMARY, tenant, filter)
}

/// Rows of [`entry`].
pub(super) fn entries<DB>(tenant: &TenantId, filter: &ItemFilter) -> QueryBuilder<DB>
where
    DB: Database,
    String: for<'q> Encode<'q, DB> + Type<DB>,
    i64: for<'q> Encode<'q, DB> + Type<DB>,
{
    filtered(QUARANTINE, tenant, filter)
}

/// The item's row of [`summary`] and [`detail`].
pub(super) fn one_item<DB>(key: &ItemKey) -> QueryBuilder<DB>
where
    DB: Database,
    String: for<'q> Encode<'q, DB> + Type<DB>,
{
    let mut query = QueryBuilder::new(ITEM);
    query.push_bind(key.tenant.as_str().to_owned()).push(" AND item.id = ").push_bind(key.id.to_string());
    query
}

/// `base` with the conditions of `filter`, newest first.
fn filtered<DB>(base: &'static str, tenant: &TenantId, filter: &ItemFilter) -> QueryBuilder<DB>
where
    DB: Database,
    String: for<'q> Encode<'q, DB> + Type<DB>,
    i64: for<'q> Encode<'q, DB> + Type<DB>,
{
    let mut query = QueryBuilder::new(base);
    query.push_bind(tenant.as_str().to_owned());
    if !filter.stages.is_empty() {
        query.push(" AND item.stage IN (");
        let mut stages = query.separated(", ");
        for stage in &filter.stages {
            stages.push_bind(stage.as_str().to_owned());
        }
        query.push(")");
    }
    match filter.text.as_deref().map(Sought::parse) {
        None => {}
        Some(Sought::Item(id)) => {
            query.push(" AND item.id = ").push_bind(id.to_string());
        }
        Some(Sought::Reference(reference)) => {
            query.push(" AND item.reference = ").push_bind(reference.to_string());
        }
        Some(Sought::Term(term)) => {
            query.push(" AND item.id IN (SELECT item FROM search_term WHERE tenant = ");
            query.push_bind(tenant.as_str().to_owned()).push(" AND term = ").push_bind(term).push(")");
        }
    }
    if filter.legal_hold {
        query.push(" AND item.legal_hold");
    }
    if let Some(since) = filter.since {
        query.push(" AND item.received_at >= ").push_bind(since.millis());
    }
    query.push(" ORDER BY item.received_at DESC, item.id DESC LIMIT ").push_bind(to_column(filter.limit));
    query
}

pub(super) fn summary(row: &impl Columns) -> Result<ItemSummary, StoreError> {
    let origin: Origin = row.json("origin")?;
    Ok(ItemSummary {
        id: row.parsed("id")?,
        reference: row.parsed("reference")?,
        stage: row.parsed("stage")?,
        received_at: row.time("received_at")?,
        length: row.number("length")?,
        sender: origin.reverse_path().as_str().to_owned(),
        uploaded_by: origin.upload().map(|upload| upload.by),
        recipients: origin.recipients().to_vec(),
        attempts: row.number("attempts")?,
        reason: row.maybe_parsed::<Reason>("reason")?,
        kept_parts: row.number("kept_parts")?,
        legal_hold: row.flag("legal_hold")?,
    })
}

/// Everything about one item: its row, and those of [`MAILS`], [`COPIES`], [`SOURCES`](passwords::SOURCES) and
/// [`ITEM_RECORDS`].
pub(super) fn detail<R: Columns>(
    item: &R,
    mails: &[R],
    copies: &[R],
    sources: &[R],
    records: &[R],
) -> Result<ItemDetail, StoreError> {
    let outcomes = mails.iter().map(|row| Ok((row.number("number")?, row.json("outcomes")?)));
    Ok(ItemDetail {
        summary: summary(item)?,
        origin: item.json("origin")?,
        digest: item.digest("digest")?,
        facts: item.maybe_json("facts")?,
        decision: item.maybe_json("decision")?,
        outcomes: outcomes.collect::<Result<_, StoreError>>()?,
        recipients_state: copies.iter().map(copy).collect::<Result<_, _>>()?,
        password_candidates: sources.iter().map(passwords::source).collect::<Result<_, _>>()?,
        records: records.iter().map(record).collect::<Result<_, _>>()?,
    })
}

pub(super) fn entry(row: &impl Columns) -> Result<QuarantineEntry, StoreError> {
    let origin: Origin = row.json("origin")?;
    Ok(QuarantineEntry {
        id: row.parsed("id")?,
        reference: row.parsed("reference")?,
        part: row.parsed("part")?,
        name: row.maybe_text("name")?,
        detected: row.maybe_text("detected")?,
        length: row.number("length")?,
        reason: row.parsed("reason")?,
        rule: row.maybe_text("rule")?,
        received_at: row.time("received_at")?,
        sender: origin.reverse_path().as_str().to_owned(),
        uploaded_by: origin.upload().map(|upload| upload.by),
        recipients: origin.recipients().to_vec(),
    })
}

pub(super) fn record(row: &impl Columns) -> Result<AuditRecord, StoreError> {
    Ok(AuditRecord {
        sequence: row.number("sequence")?,
        previous: row.digest("previous")?,
        body: row.parsed("body")?,
        hash: row.digest("hash")?,
    })
}

/// Of an empty chain, if there is no row.
pub(super) fn head(row: Option<&impl Columns>) -> Result<(u64, Digest), StoreError> {
    row.map_or(Ok((0, AuditRecord::GENESIS)), |row| Ok((row.number("sequence")?, row.digest("hash")?)))
}

fn copy(row: &impl Columns) -> Result<RecipientState, StoreError> {
    Ok(RecipientState {
        mail: row.number("number")?,
        recipient: row.checked("recipient")?,
        status: row.parsed::<Status>("status")?,
        reply: row.maybe_text("reply")?,
        attempts: row.number("attempts")?,
        next_attempt: row.maybe_time("due_at")?,
    })
}
