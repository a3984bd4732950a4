//! The first record of an item: what was received.
//!
//! Invariant: both kinds of store write the same record.

use serde_json::json;

use crate::domain::{AuditEvent, Event, Origin, Timestamp};
use crate::ports::Accepted;

/// The record of an accepted item.
pub(super) fn received(accepted: &Accepted, origin: &Origin, at: Timestamp) -> AuditEvent {
    AuditEvent {
        at,
        event: Event::Received,
        item: Some(accepted.key.id),
        actor: "intake".to_owned(),
        details: json!({ "envelope": origin.envelope(), "length": accepted.length, "sha256": accepted.digest }),
    }
}
