//! The washing of one item: inspect, decide, rebuild, compose. No queue and no store; `temizu sanitize` uses it too.
//!
//! Refuses to go on when a worker fails; the caller decides between another attempt and quarantine.
//! Invariant: [`Washed::mails`] holds one mail per group of recipients that no rule holds, in the decision's order.

use std::sync::Arc;

use super::earlier::{self, Earlier};
use super::{names, outcome, pack};
use crate::compose::{self, Site};
use crate::domain::{
    Action, Decision, Derivative, Facts, ItemId, Origin, Outbound, PartOutcome, Password, Reason, RuleName,
    SenderFacts, Timestamp,
};
use crate::policy::{RuleSet, civil_date};
use crate::ports::{
    Answer, Blob, HandedName, Inspection, Lease, Onlooker, Order, RebuildSession, Rebuilder, SandboxError, StoreError,
    Subject, Trial, Waiting,
};
use crate::sender::Known;

/// Washes items under one set of rules.
pub struct Washer {
    rebuilder: Arc<dyn Rebuilder>,
    rules: Arc<RuleSet>,
    known: Known,
    site: Site,
}

/// What is known of an item before it is inspected.
#[derive(Debug, Clone)]
pub struct Arrival {
    /// The item.
    pub id: ItemId,
    /// Where it came from.
    pub origin: Origin,
    /// When it was accepted.
    pub received_at: Timestamp,
    /// Length of the original in bytes.
    pub length: u64,
    /// An operator released it past a rule that held the whole mail.
    pub released: bool,
    /// What to try on attachments that are encrypted, the likeliest first.
    pub passwords: Vec<Password>,
}

macro_rules! arrivals {
    ($($of:ty),+) => {$(
        impl From<&$of> for Arrival {
            fn from(of: &$of) -> Self {
                let (id, origin, passwords) = (of.key.id, of.origin.clone(), Vec::new());
                Self { id, origin, received_at: of.received_at, length: of.length, released: of.released, passwords }
            }
        }
    )+};
}

arrivals!(Lease, Waiting, Trial);

/// A washed item.
#[derive(Debug)]
pub struct Washed {
    /// What it is.
    pub facts: Facts,
    /// What was decided.
    pub decision: Decision,
    /// What became of the parts, per group of the decision that is not held.
    pub outcomes: Vec<Vec<PartOutcome>>,
    /// The rebuilt parts.
    pub derivatives: Vec<Derivative>,
    /// The new mails; none for a single file.
    pub mails: Vec<Outbound>,
    /// Passwords that the bodies seem to name; at most twenty.
    pub candidates: Vec<Password>,
    /// The names that rebuilt parts are handed out under.
    pub names: Vec<HandedName>,
}

/// An item that could not be finished in this attempt.
#[derive(Debug)]
pub enum Stop {
    /// The item as a whole goes into quarantine.
    Quarantine(Reason),
    /// The worker failed; the item deserves another attempt, then quarantine for this reason.
    Attempt(Reason, String),
    /// The surroundings failed (no worker, no store): wait, however often.
    Wait(String),
}

impl Washer {
    /// A washer with these workers, rules, known senders and site.
    #[must_use]
    pub fn new(rebuilder: Arc<dyn Rebuilder>, rules: Arc<RuleSet>, known: Known, site: Site) -> Self {
        Self { rebuilder, rules, known, site }
    }

    /// What the new mails say about the site.
    #[must_use]
    pub const fn site(&self) -> &Site {
        &self.site
    }

    /// True if something encrypted is kept back by a rule that wants it tried with the passwords found for it.
    pub(super) fn may_open(&self, washed: &Washed) -> bool {
        let opens =
            |name: &RuleName| self.rules.rules().iter().any(|rule| rule.name == *name && rule.opens_with_passwords);
        let is_encrypted = |path| washed.facts.part(path).is_some_and(|part| part.encrypted);
        let mut outcomes = washed.outcomes.iter().flatten();
        outcomes.any(|outcome| outcome.is_kept() && is_encrypted(&outcome.path) && opens(&outcome.rule))
    }

    /// Washes one item. Rules that expire are judged by the day the item was accepted, so that a later attempt gives
    /// the same answer.
    ///
    /// # Errors
    /// See [`Stop`].
    pub async fn wash(&self, subject: Subject, arrival: Arrival, original: Blob) -> Result<Washed, Stop> {
        self.wash_watched(subject, arrival, original, None, &()).await
    }

    /// The same, of an item of which something was opened before; tells `onlooker` how far it is.
    pub(super) async fn wash_watched(
        &self,
        subject: Subject,
        arrival: Arrival,
        original: Blob,
        earlier: Option<&Earlier<'_>>,
        onlooker: &dyn Onlooker,
    ) -> Result<Washed, Stop> {
        let is_mail = matches!(subject, Subject::Mail | Subject::BareMail);
        let is_bare = subject == Subject::BareMail;
        let (mut inspection, session) = self.rebuilder.inspect_with(subject, original, &arrival.passwords).await?;
        let sender = if is_mail { self.recognise(&mut inspection, &arrival.origin) } else { SenderFacts::default() };
        let mut facts = Facts {
            received_at: arrival.received_at,
            origin: arrival.origin,
            length: arrival.length,
            headers: inspection.headers,
            parts: inspection.parts,
            findings: inspection.findings,
            ambiguities: inspection.ambiguities,
            sender,
        };
        let restored = earlier.map(|earlier| earlier.restore(&mut facts)).unwrap_or_default();
        let decision = self.decide(&facts, arrival.released);
        let is_asked =
            |order: &Order| !earlier::is_there(&restored, order) && (!is_bare || order.action == Action::Text);
        let mut answers = rebuild(session, &facts, &decision, is_asked, onlooker).await?;
        answers.extend(earlier.into_iter().flat_map(|earlier| earlier.answers(&restored, &facts, &decision)));
        let open = || decision.groups.iter().filter(|group| group.hold.is_none());
        let unfit = |error: compose::ComposeError| {
            // The same input gives the same error, so another attempt would be in vain.
            tracing::error!(item = %arrival.id, %error, "no mail can be composed of these parts");
            Stop::Quarantine(Reason::ConvertFailed)
        };
        let mut outcomes: Vec<Vec<PartOutcome>> = open().map(|group| outcome::of_group(group, &answers)).collect();
        let archives: Vec<Vec<Derivative>> = open()
            .zip(&mut outcomes)
            .map(|(group, outcomes)| pack::pack(&self.site, &facts, group, outcomes, &answers))
            .collect::<Result<_, _>>()
            .map_err(unfit)?;
        let (mut mails, mut names) = (Vec::new(), names::Names::default());
        let written = outcomes.iter().zip(&archives);
        for (number, (group, (outcomes, archives))) in (0u32..).zip(open().zip(written)).filter(|_| is_mail) {
            let letter = compose::Letter {
                id: arrival.id,
                group: number,
                facts: &facts,
                outcomes,
                derivatives: &outcome::derivatives_of(outcomes, &answers, archives),
                opened_later: false,
            };
            let composed = compose::compose(&self.site, &letter).map_err(unfit)?;
            names.attached(outcomes, composed.names);
            mails.push(Outbound {
                reverse_path: facts.origin.reverse_path(),
                forward_paths: group.recipients.clone(),
                message_id: composed.message_id,
                mail: composed.mail,
                outcomes: outcomes.clone(),
            });
        }
        let candidates = outcome::candidates(&answers);
        let mut derivatives: Vec<Derivative> = answers.into_iter().filter_map(outcome::derivative).collect();
        for archive in archives.into_iter().flatten() {
            if !derivatives.contains(&archive) {
                derivatives.push(archive);
            }
        }
        let names = names.of_all(&facts, &derivatives);
        Ok(Washed { facts, decision, outcomes, derivatives, mails, candidates, names })
    }

    /// What the rules say, on the day it was accepted.
    pub(super) fn decide(&self, facts: &Facts, released: bool) -> Decision {
        let mut decision = self.rules.decide(facts, civil_date(facts.received_at, self.site.utc_offset_minutes));
        if released {
            // An operator's release overrides a rule that holds the whole mail, and nothing else.
            decision.groups.iter_mut().for_each(|group| group.hold = None);
        }
        decision
    }

    /// What is known of the sender; tricks join the findings of the item.
    fn recognise(&self, inspection: &mut Inspection, origin: &Origin) -> SenderFacts {
        let (facts, tricks) =
            self.known.recognise(&inspection.headers, &origin.reverse_path(), &inspection.authentication);
        inspection.findings.extend(tricks);
        facts
    }
}

async fn rebuild(
    session: Box<dyn RebuildSession>,
    facts: &Facts,
    decision: &Decision,
    is_asked: impl Fn(&Order) -> bool,
    onlooker: &dyn Onlooker,
) -> Result<Vec<Answer>, Stop> {
    let mut orders = outcome::orders(decision, |part| pack::is_packed(facts, part));
    // What is not ordered has no answer, and is kept back for that.
    orders.retain(is_asked);
    if orders.is_empty() { Ok(Vec::new()) } else { Ok(session.rebuild_watched(orders, onlooker).await?) }
}

impl From<StoreError> for Stop {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Damaged(_) | StoreError::NotFound => {
                tracing::error!(%error, "an original cannot be read back; check the disk and the sealing key");
                Self::Quarantine(Reason::ConvertFailed)
            }
            other => Self::Wait(other.to_string()),
        }
    }
}

impl From<SandboxError> for Stop {
    fn from(error: SandboxError) -> Self {
        match error {
            SandboxError::Original(error) => Self::from(error),
            SandboxError::Unavailable(_) => Self::Wait(error.to_string()),
            SandboxError::LimitReached(reason) => Self::Quarantine(reason),
            SandboxError::Unreadable => Self::Quarantine(Reason::Corrupt),
            SandboxError::TimedOut => Self::Attempt(Reason::ConvertTimeout, error.to_string()),
            SandboxError::Crashed(_) | SandboxError::BadAnswer(_) => {
                Self::Attempt(Reason::ConvertFailed, error.to_string())
            }
        }
    }
}
