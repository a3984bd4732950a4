//! The check of the chain, record by record.
//!
//! Refuses: gaps, wrong links, changed bodies, bodies that are not in canonical form.
//! Invariant: nothing is skipped; the first bad record ends the check.

use std::fmt;

use serde_json::Value;

use crate::domain::{AuditRecord, Digest, TenantId};
use crate::ports::{Register, StoreError};

/// Records read from the store at a time.
const PAGE: u32 = 1000;

/// A chain that holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verified {
    /// Number of records, which is the sequence of the last.
    pub count: u64,
    /// Hash of the last record; all zero for an empty chain. Compare it with a head noted earlier: a chain that was
    /// cut at its end holds by itself.
    pub head: Digest,
}

/// The first record that does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("record {sequence}: {what}")]
pub struct FirstBad {
    /// The place in the chain where a good record was due.
    pub sequence: u64,
    /// What is wrong there.
    pub what: Flaw,
}

/// What is wrong with a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flaw {
    /// Another record stands here: one is missing, or they are out of order.
    Sequence {
        /// The sequence found.
        found: u64,
    },
    /// It does not name the hash of the record before.
    Link,
    /// Its hash is not that of its body.
    Hash,
    /// Its body is not canonical JSON.
    Body,
    /// Its body tells another sequence.
    BodySequence,
    /// The line of an export is not a record.
    Line,
    /// The line of an export is longer than any record.
    LongLine,
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sequence { found } => write!(f, "record {found} stands in its place"),
            Self::Link => f.write_str("it does not name the hash of the record before it"),
            Self::Hash => f.write_str("its hash is not that of its body"),
            Self::Body => f.write_str("its body is not in canonical form"),
            Self::BodySequence => f.write_str("its body tells another sequence"),
            Self::Line => f.write_str("the line is not a record"),
            Self::LongLine => f.write_str("the line is longer than any record"),
        }
    }
}

/// Why a chain in the store could not be called good.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// It is not. Tell the auditor.
    #[error(transparent)]
    Bad(#[from] FirstBad),
    /// It could not be read to its end. Try again.
    #[error("the chain cannot be read")]
    Store(#[from] StoreError),
}

/// Checks records as they come, from the first.
#[derive(Debug)]
pub struct Verifier {
    count: u64,
    head: Digest,
}

impl Default for Verifier {
    fn default() -> Self {
        Self { count: 0, head: AuditRecord::GENESIS }
    }
}

impl Verifier {
    /// Checks the next record.
    ///
    /// # Errors
    /// [`FirstBad`]; the verifier must not be used any further then.
    pub fn check(&mut self, record: &AuditRecord) -> Result<(), FirstBad> {
        let sequence = self.due();
        let bad = |what| Err(FirstBad { sequence, what });
        if record.sequence != sequence {
            return bad(Flaw::Sequence { found: record.sequence });
        }
        if record.previous != self.head {
            return bad(Flaw::Link);
        }
        if record.hash != AuditRecord::hash_of(record.previous, &record.body) {
            return bad(Flaw::Hash);
        }
        let Some(body) = canonical(&record.body) else { return bad(Flaw::Body) };
        if body.get("sequence").and_then(Value::as_u64) != Some(sequence) {
            return bad(Flaw::BodySequence);
        }
        (self.count, self.head) = (sequence, record.hash);
        Ok(())
    }

    /// The sequence of the record that comes next.
    #[must_use]
    pub const fn due(&self) -> u64 {
        self.count.saturating_add(1)
    }

    /// What was checked so far.
    #[must_use]
    pub const fn finish(self) -> Verified {
        Verified { count: self.count, head: self.head }
    }
}

/// The body as JSON, if it is written as we write it: an object, keys in order, no blanks.
fn canonical(body: &str) -> Option<Value> {
    let value: Value = serde_json::from_str(body).ok()?;
    let written = value.to_string();
    (value.is_object() && written == body).then_some(value)
}

/// Checks the whole chain of a tenant.
///
/// # Errors
/// See [`VerifyError`].
pub async fn verify(register: &dyn Register, tenant: &TenantId) -> Result<Verified, VerifyError> {
    let mut verifier = Verifier::default();
    loop {
        let page = register.records(tenant, verifier.count, PAGE).await?;
        for record in &page {
            verifier.check(record)?;
        }
        if page.is_empty() {
            return Ok(verifier.finish());
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::domain::{AuditEvent, Event, Timestamp};

    pub(in super::super) fn chain(length: u64) -> Vec<AuditRecord> {
        let mut records: Vec<AuditRecord> = Vec::new();
        for sequence in 1..=length {
            let event = AuditEvent {
                at: Timestamp::from_millis(0),
                event: Event::Received,
                item: None,
                actor: "intake".to_owned(),
                details: serde_json::json!({ "length": 1000 + sequence }),
            };
            let previous = records.last().map_or(AuditRecord::GENESIS, |record| record.hash);
            records.push(AuditRecord::chain(sequence, previous, &event));
        }
        records
    }

    fn verify_all(records: &[AuditRecord]) -> Result<Verified, FirstBad> {
        let mut verifier = Verifier::default();
        records.iter().try_for_each(|record| verifier.check(record))?;
        Ok(verifier.finish())
    }

    fn check(change: impl FnOnce(&mut Vec<AuditRecord>), sequence: u64, what: Flaw) {
        let mut records = chain(5);
        change(&mut records);
        assert_eq!(verify_all(&records), Err(FirstBad { sequence, what }));
    }

    #[test]
    fn a_whole_chain_holds_and_tells_its_head() {
        let records = chain(5);
        assert_eq!(verify_all(&records), Ok(Verified { count: 5, head: records[4].hash }));
        assert_eq!(verify_all(&[]), Ok(Verified { count: 0, head: AuditRecord::GENESIS }));
    }

    #[test]
    fn the_first_record_that_was_tampered_with_is_named() {
        check(|r| r[2].body = r[2].body.replace("1003", "9003"), 3, Flaw::Hash);
        check(|r| drop(r.remove(2)), 3, Flaw::Sequence { found: 4 });
        check(|r| r.swap(1, 2), 2, Flaw::Sequence { found: 3 });
        check(|r| drop(r.remove(0)), 1, Flaw::Sequence { found: 2 });
        check(|r| r.insert(2, r[1].clone()), 3, Flaw::Sequence { found: 2 });
        check(|r| r[3].previous = r[0].hash, 4, Flaw::Link);
        check(|r| r[3].hash = r[0].hash, 4, Flaw::Hash);
    }

    #[test]
    fn a_record_forged_with_a_right_hash_breaks_the_next_link() {
        let forge = |records: &mut Vec<AuditRecord>, at: usize, body: String| {
            records[at].hash = AuditRecord::hash_of(records[at].previous, &body);
            records[at].body = body;
        };
        check(|r| forge(r, 1, r[1].body.replace("1002", "9002")), 3, Flaw::Link);
        check(|r| forge(r, 4, r[4].body.replace("\"sequence\":5", "\"sequence\":6")), 5, Flaw::BodySequence);
        check(|r| forge(r, 4, r[4].body.replace("{\"actor", "{ \"actor")), 5, Flaw::Body);
        check(|r| forge(r, 4, "[]".to_owned()), 5, Flaw::Body);
    }

    #[test]
    fn a_cut_at_the_end_shows_in_count_and_head() {
        let whole = verify_all(&chain(5)).unwrap();
        let cut = verify_all(&chain(4)).unwrap();
        assert_eq!(cut.count, 4);
        assert_ne!(cut.head, whole.head);
    }
}
