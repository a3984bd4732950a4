//! The second mail: what a password opens that came later than the mail with the file.
//!
//! Refuses: to try what was named for a mail before, to open what is kept back by a rule that does not say so, and to
//! hand over anything that stands in the first mail already. Invariant: what is written here leaves with the mail that
//! named the password, in its transaction; the item that it opens changes in the same one.

use super::{Arrival, Pipeline, Stop, Washed, Washer, opening, records, subject, trial};
use crate::compose;
use crate::domain::{AuditEvent, Facts, ItemId, Mailbox, Outbound, PartOutcome, PartPath, Password, Reason};
use crate::ports::{Lease, Opened, Waiting};

/// Second mails, and the records of the items they are about.
#[derive(Debug, Default)]
pub(super) struct Seconds {
    pub(super) mails: Vec<Outbound>,
    pub(super) records: Vec<AuditEvent>,
    /// What those items are now.
    pub(super) opened: Vec<Opened>,
}

impl Pipeline {
    /// What the passwords that a mail names open of mails that came before it. Whatever fails costs no mail anything: the
    /// passwords are linked all the same.
    pub(super) async fn seconds(&self, lease: &Lease, washed: &Washed) -> Seconds {
        let mut seconds = Seconds::default();
        let Some(window) = self.password_window.filter(|_| !washed.candidates.is_empty()) else { return seconds };
        let waiting = match self.passwords.waiting(&lease.key, &washed.facts, window).await {
            Ok(waiting) => waiting,
            Err(error) => {
                tracing::warn!(item = %lease.key.id, %error, "what waits for a password was not read");
                return seconds;
            }
        };
        for one in waiting {
            let fresh: Vec<Password> =
                washed.candidates.iter().filter(|password| !one.known.contains(password)).cloned().collect();
            match self.second(&one, fresh).await {
                Ok(None) => {}
                Ok(Some((mails, opened))) => {
                    let now = self.clock.now();
                    seconds.records.push(records::password_opened(one.key.id, lease, &mails, &opened.derivatives, now));
                    // Its parts are those of another item: the record about that one names them.
                    seconds.mails.extend(mails.into_iter().map(|mail| Outbound { outcomes: Vec::new(), ..mail }));
                    seconds.opened.push(opened);
                }
                Err(stop) => {
                    tracing::warn!(item = %one.key.id, why = %opening::why(&stop), "passwords were not tried; its files stay closed");
                }
            }
        }
        seconds
    }

    /// What these passwords open of an item, and the mails with it; nothing if they open nothing.
    async fn second(&self, one: &Waiting, fresh: Vec<Password>) -> Result<Option<(Vec<Outbound>, Opened)>, Stop> {
        if fresh.is_empty() {
            return Ok(None);
        }
        let closed = self.wash(subject(&one.origin), Arrival::from(one), None, &()).await?;
        if !self.washer.may_open(&closed) {
            return Ok(None);
        }
        let earlier = self.earlier(&one.key, &one.facts, &closed).await?;
        let arrival = Arrival { passwords: fresh, ..Arrival::from(one) };
        let opened = self.wash(subject(&one.origin), arrival, earlier.as_ref(), &()).await?;
        let roots = trial::roots(&one.facts, &opened.facts);
        if roots.is_empty() {
            return Ok(None);
        }
        let mails = self.washer.second(one.key.id, &closed, &opened, &roots)?;
        Ok(Some((mails, self.washer.opened(&one.key, one.released, &one.facts, opened, roots))))
    }
}

impl Washer {
    /// One mail per group that is not held and got less when these files were closed.
    fn second(&self, id: ItemId, closed: &Washed, opened: &Washed, roots: &[PartPath]) -> Result<Vec<Outbound>, Stop> {
        let mut mails = Vec::new();
        let groups = opened.decision.groups.iter().filter(|group| group.hold.is_none());
        for (number, (group, outcomes)) in (0u32..).zip(groups.zip(&opened.outcomes)) {
            let Some(first) = closed.mails.iter().find(|mail| mail.forward_paths == group.recipients) else { continue };
            let mail = Second { id, number, first, opened, outcomes, recipients: &group.recipients };
            mails.extend(self.second_mail(&mail, roots)?);
        }
        Ok(mails)
    }

    /// The mail with what was opened, for one group; none if that is nothing that was not in the first one.
    pub(super) fn second_mail(&self, second: &Second<'_>, roots: &[PartPath]) -> Result<Option<Outbound>, Stop> {
        let Second { id, number, first, opened, outcomes, recipients } = *second;
        let written = |outcomes: &[PartOutcome], path: &PartPath| {
            outcomes.iter().find(|one| one.path == *path).and_then(|one| one.derivative)
        };
        let is_new = |root: &&PartPath| {
            let now = written(outcomes, root);
            now.is_some() && now != written(&first.outcomes, root)
        };
        let roots: Vec<&PartPath> = roots.iter().filter(is_new).collect();
        if roots.is_empty() {
            return Ok(None);
        }
        let stays = |path: &PartPath| roots.iter().any(|root| path == *root || path.is_inside(root));
        let facts = following(&opened.facts, first, stays);
        let outcomes: Vec<PartOutcome> = outcomes.iter().filter(|one| stays(&one.path)).cloned().collect();
        let derivatives: Vec<_> = opened.derivatives.iter().filter(|one| stays(one.path())).collect();
        let letter = compose::Letter {
            id,
            group: number,
            facts: &facts,
            outcomes: &outcomes,
            derivatives: &derivatives,
            opened_later: true,
        };
        let composed = compose::compose(self.site(), &letter).map_err(|error| {
            tracing::error!(item = %id, %error, "no second mail can be composed of these parts");
            Stop::Quarantine(Reason::ConvertFailed)
        })?;
        Ok(Some(Outbound {
            reverse_path: facts.origin.reverse_path(),
            forward_paths: recipients.to_vec(),
            message_id: composed.message_id,
            mail: composed.mail,
            outcomes,
        }))
    }
}

/// What a second mail is made of.
#[derive(Clone, Copy)]
pub(super) struct Second<'a> {
    pub(super) id: ItemId,
    /// Tells it from other second mails of the item.
    pub(super) number: u32,
    pub(super) first: &'a Outbound,
    pub(super) opened: &'a Washed,
    pub(super) outcomes: &'a [PartOutcome],
    pub(super) recipients: &'a [Mailbox],
}

/// What is told of the parts that stay, in a mail that answers the first one.
fn following(opened: &Facts, first: &Outbound, stays: impl Fn(&PartPath) -> bool) -> Facts {
    let mut facts = opened.clone();
    let is_told = |path: &PartPath| *path == PartPath::root() || stays(path);
    facts.parts.retain(|part| stays(&part.path));
    facts.findings.retain(|finding| is_told(&finding.part));
    facts.ambiguities.retain(|ambiguity| is_told(&ambiguity.part));
    facts.headers.in_reply_to = vec![first.message_id.clone()];
    facts.headers.references.push(first.message_id.clone());
    facts
}
