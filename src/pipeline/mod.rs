//! Moves one item from stage to stage; knows ports, not products.
//!
//! Fails closed: whatever goes wrong between the lease and the conclusion ends in another attempt or in quarantine with
//! a notice to the recipients, never in a mail that carries something unchecked (design 1.2).
//! Invariant: a part is in a new mail only if a worker wrote it for exactly this decision.

mod earlier;
mod names;
mod notices;
mod opening;
mod outcome;
mod pack;
mod records;
mod run;
mod second;
mod standing;
mod tidings;
mod trial;
mod wash;

use std::sync::Arc;
use std::time::Duration;

use crate::domain::{AuditEvent, ItemKey, Origin, Reason, TenantId};
use crate::ports::{
    Clock, Conclusion, Lease, Onlooker, OriginalSource, PasswordSearch, Passwords, Queue, Standings, StoreError,
    Subject, Trials,
};

use earlier::Earlier;
use notices::Notices;
pub use run::Processor;
use second::Seconds;
use standing::Latest;
pub use tidings::Teller;
pub use wash::{Arrival, Stop, Washed, Washer};

/// Attempts after which an item whose workers die or run out of time is quarantined.
pub const MAX_ATTEMPTS: u32 = 3;

/// Attempts after which an item is quarantined unopened: something about it ends the gateway itself.
pub const MAX_LEASES: u32 = 10;

/// What one item needs on its way.
#[derive(Clone)]
pub struct Pipeline {
    /// Whose items.
    pub tenant: TenantId,
    /// Where items come from and go.
    pub queue: Arc<dyn Queue>,
    /// Where originals are read.
    pub originals: Arc<dyn OriginalSource>,
    /// Where the passwords are that other mails named.
    pub passwords: Arc<dyn Passwords>,
    /// Where the passwords are that staff typed.
    pub trials: Arc<dyn Trials>,
    /// Where those who wait look how far it is.
    pub standings: Arc<dyn Standings>,
    /// Inspects, decides, rebuilds, composes.
    pub washer: Arc<Washer>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// The recipients of a mail that a rule holds are told so.
    pub tells_of_holds: bool,
    /// How long an item stays with a process that does not renew its lease.
    pub lease_span: Duration,
    /// How long after an item that wants a password a mail may bring it; `None` if passwords are not searched for.
    pub password_window: Option<Duration>,
}

impl Pipeline {
    /// Processes a leased item to its conclusion.
    ///
    /// # Errors
    /// If the store does not take the conclusion; the lease then runs out and the item is leased again.
    pub async fn process(&self, lease: Lease) -> Result<(), StoreError> {
        let latest = Latest::default();
        let sanitized = tokio::select! {
            sanitized = self.all_of(&lease, &latest) => sanitized,
            // What was lost cannot be concluded; the worker is killed with its session.
            lost = self.keep(&lease) => return Err(lost),
            lost = self.tell(&lease, &latest) => return Err(lost),
        };
        let (conclusion, records) = match sanitized {
            Ok((washed, seconds)) => self.washed(&lease, washed, seconds),
            Err(stop) => self.stopped(&lease, stop),
        };
        self.queue.conclude(lease, conclusion, records).await
    }

    /// Renews the lease for as long as it is polled; returns when the lease is lost.
    async fn keep(&self, lease: &Lease) -> StoreError {
        loop {
            // Two renewals may fail.
            tokio::time::sleep(self.lease_span / 3).await;
            match self.queue.renew(lease, self.clock.now().after(self.lease_span)).await {
                Ok(()) => {}
                Err(StoreError::Conflict) => return StoreError::Conflict,
                Err(error) => tracing::warn!(item = %lease.key.id, %error, "a lease was not renewed; tried again"),
            }
        }
    }

    /// The item, and what its passwords open of others.
    async fn all_of(&self, lease: &Lease, onlooker: &dyn Onlooker) -> Result<(Washed, Seconds), Stop> {
        let washed = self.sanitize(lease, onlooker).await?;
        // What is written in an uploaded file concerns no mail.
        let is_mail = lease.origin.envelope().is_some();
        let seconds = if is_mail { self.seconds(lease, &washed).await } else { Seconds::default() };
        Ok((washed, seconds))
    }

    async fn sanitize(&self, lease: &Lease, onlooker: &dyn Onlooker) -> Result<Washed, Stop> {
        if lease.attempt > MAX_LEASES {
            return Err(Stop::Quarantine(Reason::ConvertFailed));
        }
        let subject = subject(&lease.origin);
        match self.wash(subject.clone(), Arrival::from(lease), None, onlooker).await {
            Ok(washed) => Ok(self.open(lease, washed, onlooker).await),
            // Whatever file ended its workers, its reader shall not miss the words for it.
            Err(Stop::Attempt(_, why)) if lease.attempt >= MAX_ATTEMPTS && subject == Subject::Mail => {
                tracing::warn!(item = %lease.key.id, attempt = lease.attempt, why, "tried again with its files closed");
                self.wash(Subject::BareMail, Arrival::from(lease), None, onlooker).await
            }
            ended => ended,
        }
    }

    /// Opens the original and washes it: of an item that was leased, of one that waits for a password, of one for which
    /// somebody typed some.
    async fn wash(
        &self,
        subject: Subject,
        arrival: Arrival,
        earlier: Option<&Earlier<'_>>,
        onlooker: &dyn Onlooker,
    ) -> Result<Washed, Stop> {
        let key = ItemKey { tenant: self.tenant.clone(), id: arrival.id };
        let original = self.originals.open(&key).await?;
        self.washer.wash_watched(subject, arrival, original, earlier, onlooker).await
    }

    /// How an item that was washed is concluded.
    fn washed(&self, lease: &Lease, washed: Washed, seconds: Seconds) -> (Conclusion, Vec<AuditEvent>) {
        let now = self.clock.now();
        let Washed { facts, decision, outcomes, derivatives, mut mails, candidates, names } = washed;
        let mut records = vec![records::inspected(lease, &facts, now), records::decided(lease, &decision, now)];
        let told = if self.tells_of_holds {
            notices::of_holds(self.washer.site(), lease, &facts, &decision)
        } else {
            Notices::default()
        };
        if decision.groups.iter().all(|group| group.hold.is_some()) {
            records.push(records::held(lease, &decision, &told, now));
            return (Conclusion::Held { facts: Box::new(facts), decision, notices: told.mails }, records);
        }
        mails.extend(seconds.mails);
        records.push(records::sanitized(lease, &mails, &told, &derivatives, now));
        records.extend(seconds.records);
        let is_mail = facts.origin.envelope().is_some();
        let window = self.password_window.filter(|_| is_mail);
        let passwords = window.map(|window| PasswordSearch { window, candidates });
        let (facts, notices, opened) = (Box::new(facts), told.mails, seconds.opened);
        let outcomes = if is_mail { Vec::new() } else { outcomes.into_iter().flatten().collect() };
        let conclusion =
            Conclusion::Sanitized { facts, decision, derivatives, mails, notices, passwords, outcomes, opened, names };
        (conclusion, records)
    }

    /// What becomes of an item that could not be finished.
    fn stopped(&self, lease: &Lease, stop: Stop) -> (Conclusion, Vec<AuditEvent>) {
        match stop {
            Stop::Wait(why) => self.defer(lease, Duration::from_secs(30), false, &why),
            Stop::Attempt(_, why) if lease.attempt < MAX_ATTEMPTS => {
                self.defer(lease, Duration::from_secs(u64::from(lease.attempt)), true, &why)
            }
            Stop::Attempt(reason, why) => {
                tracing::error!(item = %lease.key.id, attempt = lease.attempt, why, "given up");
                self.quarantine(lease, reason)
            }
            Stop::Quarantine(reason) => self.quarantine(lease, reason),
        }
    }

    fn defer(&self, lease: &Lease, span: Duration, counts: bool, why: &str) -> (Conclusion, Vec<AuditEvent>) {
        tracing::warn!(item = %lease.key.id, attempt = lease.attempt, why, "deferred");
        let now = self.clock.now();
        let retry_at = now.after(span);
        (Conclusion::Deferred { retry_at, counts }, vec![records::deferred(lease, retry_at, why, now)])
    }

    fn quarantine(&self, lease: &Lease, reason: Reason) -> (Conclusion, Vec<AuditEvent>) {
        let notices = notices::of_quarantine(self.washer.site(), lease, reason);
        let records = vec![records::quarantined(lease, reason, &notices, self.clock.now())];
        (Conclusion::Quarantined { reason, notices }, records)
    }
}

/// What an original is, by where it came from.
fn subject(origin: &Origin) -> Subject {
    match origin {
        Origin::Mail(_) => Subject::Mail,
        Origin::Upload(upload) => Subject::File { untrusted_name: upload.name.to_string() },
    }
}
