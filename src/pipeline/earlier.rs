//! What passwords opened earlier: it stays open while others are tried on the rest, though nobody has kept them.
//!
//! Refuses: to take what was written before for anything but the same order on the same part. Invariant: a part that
//! opens now is what the worker says of it now; only what is locked again is what it was.

use super::{Pipeline, Washed, outcome, pack, trial};
use crate::domain::{Decision, Facts, ItemKey, Part, PartPath};
use crate::ports::{Answer, OpenedBefore, Order, StoreError};

/// What was open of an item before.
#[derive(Debug)]
pub(super) struct Earlier<'a> {
    known: &'a Facts,
    written: Vec<OpenedBefore>,
}

impl Pipeline {
    /// What was open of an item of which `closed` is what it is without passwords; none if that is nothing.
    pub(super) async fn earlier<'a>(
        &self,
        key: &ItemKey,
        known: &'a Facts,
        closed: &Washed,
    ) -> Result<Option<Earlier<'a>>, StoreError> {
        let parts: Vec<PartPath> = locked_again(known, &closed.facts).cloned().collect();
        if parts.is_empty() {
            return Ok(None);
        }
        Ok(Some(Earlier { known, written: self.passwords.opened_before(key, &parts).await? }))
    }
}

/// Parts that were open and are locked in `now`.
fn locked_again<'a>(known: &'a Facts, now: &Facts) -> impl Iterator<Item = &'a PartPath> {
    let is_locked = |part: &&Part| now.part(&part.path).is_some_and(|now| now.encrypted);
    known.parts.iter().filter(|part| !part.encrypted).filter(is_locked).map(|part| &part.path)
}

fn is_of(parts: &[PartPath], path: &PartPath) -> bool {
    parts.iter().any(|part| path == part || path.is_inside(part))
}

impl Earlier<'_> {
    /// Puts what was open in the place of what is locked again; the parts that are of earlier now.
    pub(super) fn restore(&self, facts: &mut Facts) -> Vec<PartPath> {
        let parts: Vec<PartPath> = locked_again(self.known, facts).cloned().collect();
        if !parts.is_empty() {
            *facts = trial::grafted(facts, self.known, |path| is_of(&parts, path));
        }
        parts
    }

    /// What would be ordered of a worker for these parts and is there already.
    pub(super) fn answers(&self, parts: &[PartPath], facts: &Facts, decision: &Decision) -> Vec<Answer> {
        let orders = outcome::orders(decision, |part| pack::is_packed(facts, part));
        orders.into_iter().filter(|order| is_of(parts, &order.path)).filter_map(|order| self.answer(order)).collect()
    }

    /// Nothing, if the rules want something else of it now: then it is kept back.
    fn answer(&self, order: Order) -> Option<Answer> {
        let mut same = self.written.iter().filter(|one| one.outcome.path == order.path);
        let written = same.clone().filter(|one| one.outcome.action == order.action);
        if let Some((derivative, outcome)) =
            written.clone().find_map(|one| Some((one.derivative.clone()?, &one.outcome)))
        {
            let (findings, candidates) = (outcome.findings.clone(), Vec::new());
            return Some(Answer::Written { order, derivative, findings, candidates });
        }
        let reason = same.find_map(|one| one.outcome.reason.filter(|_| one.outcome.is_kept()))?;
        Some(Answer::Refused { order, reason })
    }
}

/// True for what a worker is not asked for, because it is there.
pub(super) fn is_there(parts: &[PartPath], order: &Order) -> bool {
    is_of(parts, &order.path)
}
