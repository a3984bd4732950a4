//! Which words of relays are believed.
//!
//! Refuses: fields of hosts that are not listed, and fields that stand beneath the last Received that the trusted relays
//! added: the sender, or some host before, may have written them under any name (RFC 8601 5, 7.1).
//! Invariant: of each method only the newest believed field that speaks of it counts; an older one cannot outvote it.

use super::domains::is_aligned;
use crate::domain::sender::MAX_CHECKS;
use crate::domain::{CheckMethod, Domain, SenderCheck};
use crate::ports::AuthenticationField;

/// What `fields` (newest first) say of a mail by `authors`, as far as one of `relays` wrote it within `hops` of us.
pub(super) fn checks(
    relays: &[Domain],
    hops: u32,
    fields: &[AuthenticationField],
    authors: &[Domain],
) -> Vec<SenderCheck> {
    let believed = || fields.iter().filter(|field| field.below_received < hops && relays.contains(&field.authserv_id));
    // A signature for one of several authors says nothing of the others.
    let aligned = |domain: &Domain| !authors.is_empty() && authors.iter().all(|author| is_aligned(domain, author));
    let mut checks = Vec::new();
    for method in CheckMethod::ALL {
        let of_method = |field: &&AuthenticationField| field.results.iter().any(|one| one.method == *method);
        let Some(field) = believed().find(of_method) else { continue };
        checks.extend(field.results.iter().filter(|one| one.method == *method).map(|one| SenderCheck {
            method: one.method,
            result: one.result,
            domain: one.domain.clone(),
            aligned: one.domain.as_ref().is_some_and(aligned),
            said_by: field.authserv_id.clone(),
        }));
    }
    checks.truncate(MAX_CHECKS);
    checks
}
