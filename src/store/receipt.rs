//! The first record of an item: what was received.
//!
//! Invariant: both kinds of store write the same record.

use serde_json::json;

use crate::domain::{AuditEvent, Event, Origin, Timestamp};
use crate::ports::Accepted;

/// The record of an accepted item.
pub(super) fn received(accepted: &Accepted, origin: &Origin, at: Timestamp) -> AuditEvent {
    let (length, sha256) = (accepted.length, accepted.digest);
    let (actor, details) = match origin {
        Origin::Mail(envelope) => ("intake", json!({ "envelope": envelope, "length": length, "sha256": sha256 })),
        // Names of files are not for records.
        Origin::Upload(upload) => {
            let by = json!({ "account": upload.by, "mailbox": upload.mailbox });
            ("portal", json!({ "upload": by, "length": length, "sha256": sha256 }))
        }
    };
    AuditEvent { at, event: Event::Received, item: Some(accepted.key.id), actor: actor.to_owned(), details }
}
