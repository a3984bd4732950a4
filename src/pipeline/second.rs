//! The second mail: what a password opens that came later than the mail with the file.
//!
//! Refuses: to try what was named for a mail before, to open what is kept back by a rule that does not say so, and to
//! hand over anything that stands in the first mail already. Invariant: what is written here leaves with the mail that
//! named the password, in its transaction; the item that it opens changes by nothing but a record.

use super::{Pipeline, Stop, Washed, Washer, opening, records};
use crate::compose;
use crate::domain::{AuditEvent, Facts, ItemId, Outbound, Part, PartOutcome, PartPath, PartRole, Password, Reason};
use crate::ports::{Lease, Subject, Waiting};

use super::wash::Arrival;

/// Second mails, and the records of the items they are about.
#[derive(Debug, Default)]
pub(super) struct Seconds {
    pub(super) mails: Vec<Outbound>,
    pub(super) records: Vec<AuditEvent>,
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
                }
                Err(stop) => {
                    tracing::warn!(item = %one.key.id, why = %opening::why(&stop), "passwords were not tried; its files stay closed");
                }
            }
        }
        seconds
    }

    /// The mails with what these passwords open of an item; nothing if they open nothing.
    async fn second(&self, one: &Waiting, fresh: Vec<Password>) -> Result<Option<(Vec<Outbound>, Washed)>, Stop> {
        if fresh.is_empty() {
            return Ok(None);
        }
        let closed = self.again(one, Vec::new()).await?;
        if !self.washer.may_open(&closed) {
            return Ok(None);
        }
        let opened = self.again(one, fresh).await?;
        if !opening::is_opened(&opened) {
            return Ok(None);
        }
        let mails = self.washer.second(one.key.id, &closed, &opened)?;
        Ok((!mails.is_empty()).then_some((mails, opened)))
    }

    async fn again(&self, one: &Waiting, passwords: Vec<Password>) -> Result<Washed, Stop> {
        let original = self.originals.open(&one.key).await?;
        let arrival = Arrival {
            id: one.key.id,
            origin: one.origin.clone(),
            received_at: one.received_at,
            length: one.length,
            released: false,
            passwords,
        };
        self.washer.wash(Subject::Mail, arrival, original).await
    }
}

impl Washer {
    /// One mail per group that is not held and got less when its files were closed.
    fn second(&self, id: ItemId, closed: &Washed, opened: &Washed) -> Result<Vec<Outbound>, Stop> {
        let mut mails = Vec::new();
        let groups = opened.decision.groups.iter().filter(|group| group.hold.is_none());
        for (number, (group, outcomes)) in (0u32..).zip(groups.zip(&opened.outcomes)) {
            let Some(first) = closed.mails.iter().find(|mail| mail.forward_paths == group.recipients) else { continue };
            let roots = roots(&closed.facts, &first.outcomes, &opened.facts, outcomes);
            if roots.is_empty() {
                continue;
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
            mails.push(Outbound {
                reverse_path: facts.origin.envelope().reverse_path.clone(),
                forward_paths: group.recipients.clone(),
                message_id: composed.message_id,
                mail: composed.mail,
                outcomes,
            });
        }
        Ok(mails)
    }
}

/// The files that hold something encrypted and are written otherwise now: each by itself, or the outermost archive around
/// it.
fn roots<'a>(closed: &Facts, first: &[PartOutcome], opened: &'a Facts, second: &[PartOutcome]) -> Vec<&'a PartPath> {
    let written = |outcomes: &[PartOutcome], path: &PartPath| outcomes.iter().find(|one| one.path == *path)?.derivative;
    let around = |path: &PartPath| -> Option<&'a Part> {
        let holds = |part: &&Part| part.role == PartRole::Archive && (part.path == *path || path.is_inside(&part.path));
        opened.parts.iter().find(holds).or_else(|| opened.parts.iter().find(|part| part.path == *path))
    };
    let mut roots: Vec<&PartPath> = Vec::new();
    for root in closed.parts.iter().filter(|part| part.encrypted).filter_map(|part| around(&part.path)) {
        let now = written(second, &root.path);
        if now.is_some() && now != written(first, &root.path) && !roots.contains(&&root.path) {
            roots.push(&root.path);
        }
    }
    roots
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
