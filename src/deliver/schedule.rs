//! When a deferred mail is tried again, and when no more.
//!
//! Pure: the same mail, attempt and time give the same answer, so that a replay after a crash changes nothing; the
//! jitter that keeps a thousand mails from coming back in one second is drawn from the identifier, not from chance.
//! Invariant: no retry lies behind the moment of giving up; the last one falls on it.

use std::time::Duration;

use crate::config;
use crate::domain::{Digest, ItemId, Timestamp};

const MINUTE: Duration = Duration::from_secs(60);

/// A retry is late by at most this share of its waiting time.
const JITTER_PERCENT: u32 = 20;

/// The retries of one site.
#[derive(Debug, Clone)]
pub(super) struct Schedule {
    waits: Vec<Duration>,
    last_wait: Duration,
    give_up_after: Duration,
}

/// The mail whose next attempt is asked for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Deferral {
    /// The item.
    pub(super) item: ItemId,
    /// Which of its mails.
    pub(super) number: u32,
    /// The attempt that just failed, from 1.
    pub(super) attempt: u32,
    /// When the mail was put into the outbox.
    pub(super) queued_at: Timestamp,
}

impl Schedule {
    /// The schedule of `config`; without any waiting time an hour passes between attempts.
    pub(super) fn new(config: &config::Deliver) -> Self {
        let waits: Vec<_> = config.retry_minutes.iter().map(|minutes| minutes_long(*minutes)).collect();
        let last_wait = waits.last().copied().unwrap_or(MINUTE * 60);
        let give_up_after = minutes_long(config.give_up_hours.saturating_mul(60));
        Self { waits, last_wait, give_up_after }
    }

    /// The time of the next attempt after one that failed at `now`; `None` means: give up.
    pub(super) fn next(&self, deferral: Deferral, now: Timestamp) -> Option<Timestamp> {
        let deadline = deferral.queued_at.after(self.give_up_after);
        if now >= deadline {
            return None;
        }
        let past_retries = usize::try_from(deferral.attempt.saturating_sub(1)).unwrap_or(usize::MAX);
        let wait = self.waits.get(past_retries).copied().unwrap_or(self.last_wait);
        let jitter = wait.saturating_mul(jitter_percent(deferral)) / 100;
        Some(now.after(wait.saturating_add(jitter)).min(deadline))
    }
}

const fn minutes_long(minutes: u64) -> Duration {
    Duration::from_secs(minutes.saturating_mul(60))
}

/// 0 to [`JITTER_PERCENT`], spread evenly over mails and attempts.
fn jitter_percent(deferral: Deferral) -> u32 {
    let name = format!("{}/{}/{}", deferral.item, deferral.number, deferral.attempt);
    let digest = Digest::of(name.as_bytes());
    let drawn = digest.as_bytes().iter().take(2).fold(0, |sum, byte| sum * 256 + u32::from(*byte));
    drawn % (JITTER_PERCENT + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUEUED: Timestamp = Timestamp::from_millis(1_795_401_600_000);

    fn schedule(retry_minutes: &[u64], give_up_hours: u64) -> Schedule {
        Schedule::new(&config::Deliver {
            retry_minutes: retry_minutes.to_vec(),
            give_up_hours,
            ..config::Deliver::default()
        })
    }

    fn deferral(attempt: u32) -> Deferral {
        Deferral { item: ItemId::new(QUEUED, [7; 10]), number: 0, attempt, queued_at: QUEUED }
    }

    #[test]
    fn each_retry_waits_its_minutes_and_at_most_a_fifth_more_and_the_last_wait_repeats() {
        let schedule = schedule(&[1, 5, 10, 20, 60], 120);
        for (attempt, minutes) in [(1, 1), (2, 5), (3, 10), (4, 20), (5, 60), (6, 60), (90, 60), (u32::MAX, 60)] {
            let next = schedule.next(deferral(attempt), QUEUED).unwrap();
            let (least, most) = (MINUTE * minutes, MINUTE * minutes * 12 / 10);
            let waited = next.since(QUEUED);
            assert!((least..=most).contains(&waited), "attempt {attempt}: {waited:?}");
        }
    }

    #[test]
    fn an_attempt_counted_as_zero_waits_like_the_first() {
        let waited = schedule(&[1, 5], 120).next(deferral(0), QUEUED).unwrap().since(QUEUED);
        assert!(waited <= MINUTE * 12 / 10, "{waited:?}");
    }

    #[test]
    fn the_jitter_is_the_same_for_the_same_attempt_and_spreads_over_mails() {
        let schedule = schedule(&[60], 120);
        let of = |number| schedule.next(Deferral { number, ..deferral(1) }, QUEUED).unwrap();
        assert_eq!(of(3), of(3));
        let distinct: std::collections::BTreeSet<_> = (0..200).map(of).collect();
        assert!(distinct.len() > 15, "only {} distinct times", distinct.len());
    }

    #[test]
    fn delivery_is_given_up_at_the_deadline_and_the_last_attempt_falls_on_it() {
        let schedule = schedule(&[60], 2);
        let deadline = QUEUED.after(MINUTE * 120);
        let just_before = Timestamp::from_millis(deadline.millis() - 1);
        assert_eq!(schedule.next(deferral(2), just_before), Some(deadline));
        assert_eq!(schedule.next(deferral(3), deadline), None);
        assert_eq!(schedule.next(deferral(1), deadline.after(MINUTE)), None);
    }

    #[test]
    fn without_configured_waits_an_hour_passes() {
        let waited = schedule(&[], 120).next(deferral(1), QUEUED).unwrap().since(QUEUED);
        assert!((MINUTE * 60..=MINUTE * 72).contains(&waited), "{waited:?}");
    }
}
