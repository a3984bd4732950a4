//! Notices: what recipients get instead of a mail that is kept back as a whole.
//!
//! Refuses: notices about notices of our own, which would go round for ever where somebody sends them back to us; what
//! was left out is on record. Without a notice the item is kept back all the same. Invariant: a notice has the null
//! reverse path, so that nothing ever answers it (RFC 5321 4.5.5).

use crate::compose::{self, Kept, Site};
use crate::domain::{Decision, Facts, GroupDecision, Mailbox, Outbound, Reason, ReversePath, RuleName};
use crate::ports::Lease;

/// What the recipients of an item that a rule holds are sent.
#[derive(Debug, Default)]
pub(super) struct Notices {
    pub(super) mails: Vec<Outbound>,
    /// Nothing is sent, because the item is a notice of ours.
    pub(super) left_out: bool,
}

/// The notice to all recipients of an item that could not be made safe.
pub(super) fn of_quarantine(site: &Site, lease: &Lease, reason: Reason) -> Vec<Outbound> {
    let recipients = lease.origin.recipients();
    // What could not be read has no headers to know it by, nor a number of hops.
    let about = About { kept: Kept::Quarantined, reason, rule: None, group: 0, hops: 0, recipients };
    one(site, lease, &about).into_iter().collect()
}

/// The notices to the recipients for whom a rule holds the item, one per group.
pub(super) fn of_holds(site: &Site, lease: &Lease, facts: &Facts, decision: &Decision) -> Notices {
    let held = decision.groups.iter().any(|group| group.hold.is_some());
    let is_own = lease.origin.envelope().is_some_and(|envelope| compose::is_own_notice(site, envelope, &facts.headers));
    if held && is_own {
        return Notices { mails: Vec::new(), left_out: true };
    }
    let hops = facts.headers.hops;
    let notice = |(group, decided): (u32, &GroupDecision)| {
        let rule = Some(decided.hold.as_ref()?);
        let recipients = &decided.recipients;
        one(site, lease, &About { kept: Kept::Held, reason: Reason::QuarantinedByRule, rule, group, hops, recipients })
    };
    Notices { mails: (0u32..).zip(&decision.groups).filter_map(notice).collect(), left_out: false }
}

/// What one notice is about, and for whom.
struct About<'a> {
    kept: Kept,
    reason: Reason,
    rule: Option<&'a RuleName>,
    group: u32,
    hops: u32,
    recipients: &'a [Mailbox],
}

fn one(site: &Site, lease: &Lease, about: &About<'_>) -> Option<Outbound> {
    // Whoever put a file in looks for it where they put it in.
    let envelope = lease.origin.envelope()?;
    let notice = compose::Notice {
        id: lease.key.id,
        group: about.group,
        received_at: lease.received_at,
        envelope,
        hops: about.hops,
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
