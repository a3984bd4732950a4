//! What is known of who sent a mail: a pure function of its headers, its envelope and what relays say.
//!
//! Refuses: to believe a relay that is not listed, or a field that a sender could have put there. It flags and decides
//! nothing; rules may. Invariant: a finding is about the item as a whole, so no part is kept back by it alone.

mod display;
mod domains;
mod lookalike;
mod trust;

use crate::config;
use crate::domain::{Authentication, Domain, Finding, HeaderFacts, PartPath, Reason, ReversePath, SenderFacts};
use crate::ports::AuthenticationField;
use domains::is_aligned;
use lookalike::Shapes;

/// Authors looked at for tricks; a mail with more has `sender_unclear` anyway.
const MAX_AUTHORS: usize = 20;

/// Whom a site believes, and whom its mail could imitate.
#[derive(Debug, Clone)]
pub struct Known {
    relays: Vec<Domain>,
    hops: u32,
    own: Vec<Domain>,
    shapes: Shapes,
}

impl Known {
    /// What the configuration says: `sender`, and the site's own domains (`smtp.domains`).
    #[must_use]
    pub fn new(sender: &config::Sender, own: &[Domain]) -> Self {
        Self {
            relays: sender.trusted_authserv_ids.clone(),
            hops: sender.trusted_hops,
            own: own.to_vec(),
            shapes: Shapes::of(own.iter().chain(&sender.known_domains)),
        }
    }

    /// What is known of the sender of a mail with these headers, and the tricks that its addresses play.
    #[must_use]
    pub fn recognise(
        &self,
        headers: &HeaderFacts,
        reverse_path: &ReversePath,
        fields: &[AuthenticationField],
    ) -> (SenderFacts, Vec<Finding>) {
        let authors: Vec<Domain> = headers.from.iter().map(|author| author.address.domain()).collect();
        let is_foreign = |domain: &Domain| !authors.iter().any(|author| is_aligned(domain, author));
        let facts = SenderFacts {
            checks: trust::checks(&self.relays, self.hops, fields, &authors),
            envelope_differs: reverse_path.mailbox().is_some_and(|mailbox| is_foreign(&mailbox.domain())),
            reply_differs: headers.reply_to.iter().any(|reply| is_foreign(&reply.address.domain())),
        };
        let findings = self.findings(headers, &authors, facts.authentication());
        (facts, findings)
    }

    fn findings(&self, headers: &HeaderFacts, authors: &[Domain], outcome: Authentication) -> Vec<Finding> {
        let has_passed = outcome == Authentication::Passed;
        let count = |fits: &dyn Fn(&Domain) -> bool| authors.iter().take(MAX_AUTHORS).filter(|one| fits(one)).count();
        let named = headers.from.iter().take(MAX_AUTHORS);
        let own = |domain: &Domain| !has_passed && self.own.iter().any(|own| domain.is_within(own));
        let is_unclear = authors.is_empty() || headers.from.iter().any(|one| Some(one) != headers.from.first());
        [
            (Reason::SenderNameSpoofed, named.filter(|author| display::is_spoof(author, self.shapes.known())).count()),
            (Reason::SenderLookalike, count(&|domain| self.shapes.resembles(domain, has_passed))),
            (Reason::SenderOwnDomain, count(&own)),
            (Reason::SenderUnclear, usize::from(is_unclear)),
            (Reason::AuthenticationFailed, usize::from(outcome == Authentication::Failed)),
        ]
        .into_iter()
        .filter(|(_, count)| *count > 0)
        .map(|(code, count)| Finding { code, part: PartPath::root(), count: u32::try_from(count).unwrap_or(u32::MAX) })
        .collect()
    }
}

#[cfg(test)]
mod tests;
