//! Which words of relays are believed.
//!
//! Refuses: fields of hosts that are not listed, and fields that stand beneath the last Received that the trusted relays
//! added: the sender, or some host before, may have written them under any name (RFC 8601 5, 7.1). Among those lines
//! relays strip Authentication-Results only; what another field says of SPF, DKIM or DMARC cannot stand beside it.
//! Invariant: of each method only what the newest believed relay says of it counts; an older one cannot outvote it.

use super::domains::is_aligned;
use crate::domain::{CheckMethod, Domain, SenderCheck};
use crate::ports::{AuthenticationField, AuthenticationResult};

/// Results kept of one method.
const MAX_OF_METHOD: usize = 25;

const AUTHENTICATION_RESULTS: &str = "authentication-results";
const RECEIVED_SPF: &str = "received-spf";

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
        let Some(newest) =
            names(*method).iter().find_map(|names| believed().filter(of_method).find(|field| is_of(field, names)))
        else {
            continue;
        };
        // A relay may write several fields on the mail's way through it, one for each signature for instance.
        let is_of_visit = |field: &&AuthenticationField| {
            field.name == newest.name
                && field.authserv_id == newest.authserv_id
                && field.below_received == newest.below_received
        };
        let results = believed().filter(is_of_visit).flat_map(|field| &field.results);
        let check = |one: &AuthenticationResult| SenderCheck {
            method: one.method,
            result: one.result,
            domain: one.domain.clone(),
            aligned: one.domain.as_ref().is_some_and(aligned),
            said_by: newest.authserv_id.clone(),
        };
        checks.extend(results.filter(|one| one.method == *method).map(check).take(MAX_OF_METHOD));
    }
    checks
}

/// The fields that may tell of a method; of the second only if none of the first does.
const fn names(method: CheckMethod) -> &'static [&'static [&'static str]] {
    match method {
        CheckMethod::Spf => &[&[AUTHENTICATION_RESULTS], &[RECEIVED_SPF]],
        CheckMethod::Dkim | CheckMethod::Dmarc => &[&[AUTHENTICATION_RESULTS]],
        CheckMethod::Arc => &[&[AUTHENTICATION_RESULTS, "arc-seal", "arc-authentication-results"]],
    }
}

fn is_of(field: &AuthenticationField, names: &[&str]) -> bool {
    names.contains(&field.name.as_str())
}
