//! Notices: what recipients get instead of a mail that is kept back as a whole.
//!
//! Refuses nothing: without a notice the item is kept back all the same. Invariant: a notice has the null reverse path,
//! so that nothing ever answers it (RFC 5321 4.5.5).

use crate::compose::{self, Kept, Site};
use crate::domain::{Decision, GroupDecision, Mailbox, Outbound, Reason, ReversePath, RuleName};
use crate::ports::Lease;

/// The notice to all recipients of an item that could not be made safe.
pub(super) fn of_quarantine(site: &Site, lease: &Lease, reason: Reason) -> Vec<Outbound> {
    let recipients = &lease.origin.envelope().forward_paths;
    one(site, lease, &About { kept: Kept::Quarantined, reason, rule: None, group: 0, recipients }).into_iter().collect()
}

/// The notices to the recipients for whom a rule holds the item, one per group.
pub(super) fn of_holds(site: &Site, lease: &Lease, decision: &Decision) -> Vec<Outbound> {
    let notice = |(group, decided): (u32, &GroupDecision)| {
        let rule = Some(decided.hold.as_ref()?);
        let recipients = &decided.recipients;
        one(site, lease, &About { kept: Kept::Held, reason: Reason::QuarantinedByRule, rule, group, recipients })
    };
    (0u32..).zip(&decision.groups).filter_map(notice).collect()
}

/// What one notice is about, and for whom.
struct About<'a> {
    kept: Kept,
    reason: Reason,
    rule: Option<&'a RuleName>,
    group: u32,
    recipients: &'a [Mailbox],
}

fn one(site: &Site, lease: &Lease, about: &About<'_>) -> Option<Outbound> {
    let notice = compose::Notice {
        id: lease.key.id,
        group: about.group,
        received_at: lease.received_at,
        reverse_path: &lease.origin.envelope().reverse_path,
        kept: about.kept,
        reason: about.reason,
        rule: about.rule,
    };
    match compose::compose_notice(site, &notice) {
        Ok(composed) => Some(Outbound {
            reverse_path: ReversePath::null(),
            forward_paths: about.recipients.to_vec(),
            message_id: composed.message_id,
            mail: composed.mail,
            outcomes: Vec::new(),
        }),
        Err(error) => {
            tracing::error!(item = %lease.key.id, %error, "no notice could be written; the item is kept back");
            None
        }
    }
}
