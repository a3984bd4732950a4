//! A sender: leases one mail after the other and hands each over, keeping its connection between them.
//!
//! No mail is leased while the breaker is open, so that a dead next hop uses up nobody's attempts; the store counts an
//! attempt before it is made, so that a mail that breaks its sender cannot do so without end.
//! Invariant: an attempt ends, whatever the next hop does, and its lease is renewed until then; once the lease is lost
//! the attempt is broken off, so that a mail in the hands of two processes is sent by one where that can still be.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, watch};
use tokio::time::{Instant, sleep_until, timeout};

use super::attempt::Attempt;
use super::connection::{Connection, NextHop};
use super::health::{Alarm, Breaker, Gate};
use super::record;
use super::reply::{Lost, Unreachable, code_of};
use super::schedule::{Deferral, Schedule};
use crate::domain::{Mailbox, TenantId, Timestamp};
use crate::ports::{Clock, Dispatch, Outbox, Settlement, StoreError};

/// A connection is given back to the next hop after so many mails …
const MAX_MAILS: u32 = 100;
/// … or after so long without one.
const IDLE: Duration = Duration::from_secs(5);
/// How long a sender without work waits for a hint from the store before it looks itself.
const LOOK_AGAIN: Duration = Duration::from_secs(1);
/// An attempt may take this many times the patience with one reply.
const PATIENCE_FOR_ATTEMPT: u32 = 10;

/// What all senders share.
pub(super) struct Shared {
    /// Whose mails.
    pub(super) tenant: TenantId,
    pub(super) next_hop: NextHop,
    pub(super) schedule: Schedule,
    pub(super) outbox: Arc<dyn Outbox>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) breaker: Mutex<Breaker>,
    pub(super) alarm: Mutex<Alarm>,
    /// How long a mail stays with a process that does not renew its lease.
    pub(super) lease_span: Duration,
    /// Patience with one reply.
    pub(super) patience: Duration,
    /// Senders that wait for work.
    pub(super) idle: AtomicUsize,
    /// Rung by a sender that found work while no other was free to.
    pub(super) more_senders: Notify,
}

impl Shared {
    fn attempt_limit(&self) -> Duration {
        self.patience.saturating_mul(PATIENCE_FOR_ATTEMPT)
    }

    /// Renews the lease for as long as it is polled; returns when the lease is lost.
    async fn keep(&self, dispatch: &Dispatch) {
        loop {
            // Two renewals may fail.
            tokio::time::sleep(self.lease_span / 3).await;
            match self.outbox.renew(dispatch, self.clock.now().after(self.lease_span)).await {
                Ok(()) => {}
                Err(StoreError::Conflict) => return,
                Err(error) => {
                    let (reference, mail) = (dispatch.key.id.reference(), dispatch.number);
                    tracing::warn!(%reference, mail, %error, "a lease was not renewed; tried again");
                }
            }
        }
    }

    fn with_breaker<T>(&self, act: impl FnOnce(&mut Breaker) -> T) -> T {
        act(&mut self.breaker.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn with_alarm<T>(&self, act: impl FnOnce(&mut Alarm) -> T) -> T {
        act(&mut self.alarm.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// What a sender does next.
enum Step {
    /// There may be more mail.
    Again,
    /// Nothing is due.
    Wait,
    /// Nothing can be sent before this moment.
    Pause(Instant),
}

/// One of the senders.
pub(super) struct Sender {
    shared: Arc<Shared>,
    /// The one that stays when there is nothing to do.
    standing: bool,
    connection: Option<Connection>,
    last_work: Instant,
}

impl Sender {
    /// A sender without a connection.
    pub(super) fn new(shared: Arc<Shared>, standing: bool) -> Self {
        Self { shared, standing, connection: None, last_work: Instant::now() }
    }

    /// Sends until there is nothing to do (unless it is the standing one) or `shutdown` becomes true; a mail in flight
    /// is finished first.
    pub(super) async fn run(mut self, mut shutdown: watch::Receiver<bool>) {
        while !is_over(&shutdown) {
            match self.step().await {
                Step::Again => continue,
                Step::Wait if self.last_work.elapsed() < IDLE => self.wait(&mut shutdown).await,
                Step::Wait | Step::Pause(_) if !self.standing => break,
                Step::Wait => {
                    self.hang_up().await;
                    self.wait(&mut shutdown).await;
                }
                Step::Pause(until) => until_shutdown(&mut shutdown, sleep_until(until)).await,
            }
        }
        self.hang_up().await;
    }

    async fn wait(&self, shutdown: &mut watch::Receiver<bool>) {
        self.shared.idle.fetch_add(1, Ordering::Relaxed);
        until_shutdown(shutdown, self.shared.outbox.wait(LOOK_AGAIN)).await;
        self.shared.idle.fetch_sub(1, Ordering::Relaxed);
    }

    async fn hang_up(&mut self) {
        if let Some(connection) = self.connection.take() {
            connection.close().await;
        }
    }

    async fn step(&mut self) -> Step {
        if self.connection.is_none() {
            match self.shared.with_breaker(|breaker| breaker.ask(Instant::now())) {
                Gate::Closed => {}
                Gate::Open(until) => return Step::Pause(until),
                Gate::Probe => match self.connect().await {
                    Ok(connection) => self.connection = Some(connection),
                    Err(_) => return Step::Again,
                },
            }
        }
        match self.shared.outbox.lease(&self.shared.tenant, self.shared.clock.now(), self.shared.lease_span).await {
            Ok(Some(dispatch)) => {
                if self.shared.idle.load(Ordering::Relaxed) == 0 {
                    self.shared.more_senders.notify_one();
                }
                self.deliver(dispatch).await;
                self.last_work = Instant::now();
                Step::Again
            }
            Ok(None) => Step::Wait,
            // The store has said which and set it aside.
            Err(StoreError::Damaged(_)) => Step::Again,
            Err(error) => {
                tracing::error!(%error, "the outbox cannot be read; mail waits until it can");
                Step::Pause(Instant::now() + LOOK_AGAIN)
            }
        }
    }

    async fn connect(&self) -> Result<Connection, Unreachable> {
        let result = self.shared.next_hop.connect().await;
        self.shared.with_breaker(|breaker| match &result {
            Ok(_) => breaker.worked(),
            Err(_) => breaker.failed(Instant::now()),
        });
        if let Err(error) = &result {
            tracing::warn!(%error, "the next hop cannot be reached");
        }
        result
    }

    async fn deliver(&mut self, dispatch: Dispatch) {
        let (limit, shared) = (self.shared.attempt_limit(), Arc::clone(&self.shared));
        let attempt = tokio::select! {
            attempt = timeout(limit, self.attempt(&dispatch)) => {
                attempt.unwrap_or_else(|_| Attempt::deferred(&dispatch, &Lost::Late.to_reply()))
            }
            () = shared.keep(&dispatch) => {
                let (reference, mail) = (dispatch.key.id.reference(), dispatch.number);
                tracing::warn!(%reference, mail, "the lease was lost during the attempt, which was broken off; the mail may arrive twice");
                return;
            }
        };
        self.conclude(dispatch, attempt.settlements).await;
    }

    /// Tries on the connection at hand, and once more on a fresh one if that had died of age.
    async fn attempt(&mut self, dispatch: &Dispatch) -> Attempt {
        if let Some(used) = self.connection.take() {
            let attempt = self.attempt_on(used, dispatch).await;
            if !attempt.stale {
                return attempt;
            }
        }
        match self.connect().await {
            Ok(fresh) => self.attempt_on(fresh, dispatch).await,
            Err(error) => Attempt::deferred(dispatch, &error.to_reply()),
        }
    }

    async fn attempt_on(&mut self, mut connection: Connection, dispatch: &Dispatch) -> Attempt {
        let attempt = Attempt::make(&mut connection, dispatch).await;
        if connection.is_usable() && connection.mails() < MAX_MAILS {
            self.connection = Some(connection);
        } else {
            connection.close().await;
        }
        attempt
    }

    /// Writes down what came of it. If the store fails now, the lease runs out and the mail is sent again: twice at
    /// worst.
    async fn conclude(&self, dispatch: Dispatch, mut settlements: Vec<(Mailbox, Settlement)>) {
        let now = self.shared.clock.now();
        let next_attempt = self.next_attempt(&dispatch, &mut settlements, now);
        let records = record::records(now, &dispatch, &settlements);
        self.tell(&dispatch, &settlements);
        let (reference, mail) = (dispatch.key.id.reference(), dispatch.number);
        let sent = settlements.iter().any(|(_, settlement)| matches!(settlement, Settlement::Sent(_)));
        match self.shared.outbox.settle(dispatch, settlements, next_attempt, records).await {
            Ok(()) => {}
            Err(StoreError::Conflict) => {
                tracing::warn!(%reference, mail, sent, "the lease ran out during the attempt; the mail may arrive twice");
            }
            Err(error) => {
                tracing::error!(%reference, mail, sent, %error, "the result of an attempt could not be stored; the mail is tried again and may arrive twice");
            }
        }
    }

    /// The time of the next attempt; those who wait are given up if there is none.
    fn next_attempt(
        &self,
        dispatch: &Dispatch,
        settlements: &mut [(Mailbox, Settlement)],
        now: Timestamp,
    ) -> Timestamp {
        if only_too_many(settlements) {
            return now;
        }
        let deferral = Deferral {
            item: dispatch.key.id,
            number: dispatch.number,
            attempt: dispatch.attempt,
            queued_at: dispatch.queued_at,
        };
        self.shared.schedule.next(deferral, now).unwrap_or_else(|| {
            for (_, settlement) in settlements {
                if let Settlement::Deferred(reply) = settlement {
                    *settlement = Settlement::GivenUp(reply.clone());
                }
            }
            now
        })
    }

    /// One line per attempt, for people; and the alarm's share of it. Numbers and codes only.
    fn tell(&self, dispatch: &Dispatch, settlements: &[(Mailbox, Settlement)]) {
        let count = |wanted: fn(&Settlement) -> bool| settlements.iter().filter(|(_, one)| wanted(one)).count();
        let sent = count(|one| matches!(one, Settlement::Sent(_)));
        let deferred = count(|one| matches!(one, Settlement::Deferred(_)));
        let refused = count(|one| matches!(one, Settlement::Refused(_)));
        let given_up = count(|one| matches!(one, Settlement::GivenUp(_)));
        let code = settlements.iter().find_map(|(_, one)| code_of(record::reply_of(one)));
        let (reference, mail, attempt) = (dispatch.key.id.reference(), dispatch.number, dispatch.attempt);
        tracing::info!(%reference, mail, attempt, sent, deferred, refused, given_up, code, "attempt to deliver");
        if refused > 0 {
            tracing::warn!(%reference, mail, refused, "the next hop refused recipients for good; an operator must look");
        }
        if given_up > 0 {
            tracing::warn!(%reference, mail, given_up, "delivery was given up after the last retry; an operator must look");
        }
        self.shared.with_alarm(|alarm| {
            if sent > 0 {
                alarm.success();
            }
            if deferred > 0 {
                alarm.waits(Instant::now());
            }
        });
    }
}

/// Some were sent, and the others wait for no other reason than that they were too many for one transaction
/// (RFC 5321 4.5.3.1.10): they go at once. Ends, because each round sends some.
fn only_too_many(settlements: &[(Mailbox, Settlement)]) -> bool {
    let mut sent = false;
    settlements.iter().all(|(_, settlement)| match settlement {
        Settlement::Deferred(text) => code_of(text) == Some(452),
        Settlement::Sent(_) => {
            sent = true;
            true
        }
        Settlement::Refused(_) | Settlement::GivenUp(_) => true,
    }) && sent
}

/// True once told to stop, and when nobody is left to tell.
fn is_over(shutdown: &watch::Receiver<bool>) -> bool {
    *shutdown.borrow() || shutdown.has_changed().is_err()
}

async fn until_shutdown(shutdown: &mut watch::Receiver<bool>, work: impl Future<Output = ()>) {
    tokio::select! {
        () = work => {}
        _ = shutdown.wait_for(|stop| *stop) => {}
    }
}
