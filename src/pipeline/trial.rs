//! Passwords that staff typed, tried on an item that was concluded before.
//!
//! Refuses: to hand out anything the rules would keep back had the password stood in the mail. Invariant: whatever comes
//! of it, the typed passwords go; an item that they do not open stays as it is.

use super::second::Second;
use super::standing::Latest;
use super::{Arrival, Pipeline, Stop, Washed, Washer, opening, records, subject};
use crate::domain::{Digest, Facts, ItemKey, Mailbox, Outbound, Part, PartPath, PartRole};
use crate::ports::{Onlooker, Opened, StoreError, Trial, TrialEnd};

impl Pipeline {
    /// Tries a leased batch and says what became of it. A failure of the store costs an attempt: the lease runs out.
    pub(super) async fn try_typed(&self, trial: Trial) {
        let item = trial.key.id;
        let latest = Latest::default();
        let ended = tokio::select! {
            ended = self.opened_by(&trial, &latest) => ended,
            lost = self.keep_trial(&trial) => {
                tracing::warn!(%item, error = %lost, "the lease of typed passwords was lost");
                return;
            }
            lost = self.tell_trial(&trial, &latest) => {
                tracing::info!(%item, error = %lost, "typed passwords were taken back, or their lease was lost");
                return;
            }
        };
        let now = self.clock.now();
        let (end, record) = match ended {
            Ok(Some((opened, mail))) => {
                let record = records::typed_opened(&trial, &opened, mail.as_ref(), now);
                (TrialEnd::Opened { opened: Box::new(opened), mail }, record)
            }
            Ok(None) => (TrialEnd::Wrong, records::typed_wrong(&trial, now)),
            Err(stop) => {
                let why = opening::why(&stop);
                tracing::warn!(%item, attempt = trial.attempt, why, "typed passwords could not be tried");
                let record = records::typed_deferred(&trial, why, now);
                (TrialEnd::Failed, record)
            }
        };
        if let Err(error) = self.trials.end_trial(trial, end, vec![record]).await {
            tracing::error!(%item, %error, "what became of typed passwords was not stored; they are tried again");
        }
    }

    /// Renews the lease for as long as it is polled; returns when it is lost.
    async fn keep_trial(&self, trial: &Trial) -> StoreError {
        loop {
            // Two renewals may fail.
            tokio::time::sleep(self.lease_span / 3).await;
            match self.trials.renew_trial(trial, self.clock.now().after(self.lease_span)).await {
                Ok(()) => {}
                Err(StoreError::Conflict) => return StoreError::Conflict,
                Err(error) => tracing::warn!(item = %trial.key.id, %error, "a lease was not renewed; tried again"),
            }
        }
    }

    /// What the typed passwords open, and the mail with it if one is wanted; nothing if they open nothing.
    async fn opened_by(
        &self,
        trial: &Trial,
        onlooker: &dyn Onlooker,
    ) -> Result<Option<(Opened, Option<Outbound>)>, Stop> {
        let closed = self.wash(subject(&trial.origin), Arrival::from(trial), None, &()).await?;
        // Others may open what lies around, or inside; of all together the worker tries ten.
        let mut passwords = trial.offer.passwords.clone();
        for found in self.found(&trial.key, &closed).await {
            if !passwords.contains(&found) {
                passwords.push(found);
            }
        }
        let earlier = self.earlier(&trial.key, &trial.facts, &closed).await?;
        let arrival = Arrival { passwords, ..Arrival::from(trial) };
        let opened = self.wash(subject(&trial.origin), arrival, earlier.as_ref(), onlooker).await?;
        let roots = roots(&trial.facts, &opened.facts);
        if roots.is_empty() {
            return Ok(None);
        }
        let mail = if trial.offer.by_mail { self.washer.typed_mail(trial, &closed, &opened, &roots)? } else { None };
        Ok(Some((self.washer.opened(&trial.key, trial.released, &trial.facts, opened, roots), mail)))
    }
}

impl Washer {
    /// The mail with what was opened, to the one mailbox for which it was typed.
    fn typed_mail(
        &self,
        trial: &Trial,
        closed: &Washed,
        opened: &Washed,
        roots: &[PartPath],
    ) -> Result<Option<Outbound>, Stop> {
        let is_theirs = |mailbox: &&Mailbox| mailbox.as_str().eq_ignore_ascii_case(&trial.offer.mailbox);
        let groups = opened.decision.groups.iter().filter(|group| group.hold.is_none());
        for (group, outcomes) in groups.zip(&opened.outcomes) {
            let Some(reader) = group.recipients.iter().find(is_theirs) else { continue };
            let Some(first) = closed.mails.iter().find(|mail| mail.forward_paths.contains(reader)) else { continue };
            // Each batch has a mail of its own: two under one Message-ID would pass for the same.
            let digest = Digest::of(trial.offer.id.to_string().as_bytes());
            let number = digest.as_bytes().iter().take(4).fold(0, |sum: u32, byte| (sum << 8) | u32::from(*byte));
            let recipients = std::slice::from_ref(reader);
            let second = Second { id: trial.key.id, number, first, opened, outcomes, recipients };
            return self.second_mail(&second, roots);
        }
        Ok(None)
    }

    /// What the item is now. Whoever got the same mail may have what was opened of it, too, as the rules say for them: a
    /// password is no secret between the recipients of one mail, and had it stood in the mail they would have it already.
    pub(super) fn opened(
        &self,
        key: &ItemKey,
        released: bool,
        known: &Facts,
        washed: Washed,
        roots: Vec<PartPath>,
    ) -> Opened {
        let is_new = |path: &PartPath| roots.iter().any(|root| path == root || path.is_inside(root));
        let facts = grafted(known, &washed.facts, is_new);
        let decision = self.decide(&facts, released);
        let open = washed.decision.groups.into_iter().filter(|group| group.hold.is_none());
        let groups = open
            .zip(washed.outcomes)
            .map(|(group, outcomes)| {
                (group.recipients, outcomes.into_iter().filter(|outcome| is_new(&outcome.path)).collect())
            })
            .collect();
        let derivatives = washed.derivatives.into_iter().filter(|one| is_new(one.path())).collect();
        let names = washed.names.into_iter().filter(|named| is_new(&named.part)).collect();
        Opened { key: key.clone(), facts: Box::new(facts), decision, roots, groups, derivatives, names }
    }
}

/// What is open now and was locked: each file by itself, or the outermost archive around it.
pub(super) fn roots(known: &Facts, opened: &Facts) -> Vec<PartPath> {
    let is_open = |part: &&Part| opened.part(&part.path).is_some_and(|now| !now.encrypted);
    let around = |path: &PartPath| {
        let holds = |part: &&Part| part.role == PartRole::Archive && (part.path == *path || path.is_inside(&part.path));
        opened.parts.iter().find(holds).map_or_else(|| path.clone(), |archive| archive.path.clone())
    };
    let mut roots: Vec<PartPath> = Vec::new();
    for root in known.parts.iter().filter(|part| part.encrypted).filter(is_open).map(|part| around(&part.path)) {
        if !roots.contains(&root) {
            roots.push(root);
        }
    }
    roots
}

/// What is known of the item, with what was opened in its place.
pub(super) fn grafted(known: &Facts, opened: &Facts, is_new: impl Fn(&PartPath) -> bool) -> Facts {
    let mut facts = known.clone();
    facts.parts.retain(|part| !is_new(&part.path));
    facts.parts.extend(opened.parts.iter().filter(|part| is_new(&part.path)).cloned());
    facts.parts.sort_by(|one, other| one.path.cmp(&other.path));
    facts.findings.retain(|finding| !is_new(&finding.part));
    facts.findings.extend(opened.findings.iter().filter(|finding| is_new(&finding.part)).cloned());
    facts.ambiguities.retain(|ambiguity| !is_new(&ambiguity.part));
    facts.ambiguities.extend(opened.ambiguities.iter().filter(|ambiguity| is_new(&ambiguity.part)).cloned());
    facts
}
