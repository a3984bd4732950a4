//! How the next hop is doing: the breaker that keeps a dead host from being hammered, the alarm that tells people.
//!
//! Pure: time is a parameter. Invariant: an open breaker lets one caller through per pause, and pauses grow to
//! [`LONGEST_PAUSE`] and no further.

use std::time::Duration;

use tokio::time::Instant;

const SHORTEST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// May a new connection be tried?
#[derive(Debug, PartialEq, Eq, Clone, Copy)]
pub(super) enum Gate {
    /// The last connection succeeded: lease a mail, then connect.
    Closed,
    /// The pause is over and this caller was chosen: connect first, without a mail.
    Probe,
    /// Not before this moment.
    Open(Instant),
}

/// Stops new connections for a growing while after each that failed.
#[derive(Debug, Default)]
pub(super) struct Breaker {
    failures: u32,
    open_until: Option<Instant>,
    probing: bool,
}

impl Breaker {
    /// Asks for a connection. Whoever is told [`Gate::Probe`] must report back by [`Self::failed`] or [`Self::worked`];
    /// everybody else waits for at most another pause meanwhile.
    pub(super) fn ask(&mut self, now: Instant) -> Gate {
        match self.open_until {
            None => Gate::Closed,
            Some(until) if until > now => Gate::Open(until),
            Some(_) => {
                self.open_until = Some(now + self.pause());
                self.probing = true;
                Gate::Probe
            }
        }
    }

    /// A connection could not be had. Several that were under way together count as one.
    pub(super) fn failed(&mut self, now: Instant) {
        if !self.probing && self.open_until.is_some_and(|until| until > now) {
            return;
        }
        self.probing = false;
        self.failures = self.failures.saturating_add(1);
        self.open_until = Some(now + self.pause());
    }

    /// A connection was made.
    pub(super) const fn worked(&mut self) {
        *self = Self { failures: 0, open_until: None, probing: false };
    }

    fn pause(&self) -> Duration {
        let doublings = self.failures.saturating_sub(1).min(5);
        SHORTEST_PAUSE.saturating_mul(1 << doublings).min(LONGEST_PAUSE)
    }
}

/// Watches for a long time without any success while mail waits.
#[derive(Debug)]
pub(super) struct Alarm {
    period: Duration,
    waiting_since: Option<Instant>,
    rung_at: Option<Instant>,
}

impl Alarm {
    /// An alarm that rings after `period` and then once per `period`.
    pub(super) const fn new(period: Duration) -> Self {
        Self { period, waiting_since: None, rung_at: None }
    }

    /// A mail could not be delivered and waits.
    pub(super) fn waits(&mut self, now: Instant) {
        self.waiting_since.get_or_insert(now);
    }

    /// A mail was delivered.
    pub(super) const fn success(&mut self) {
        self.waiting_since = None;
        self.rung_at = None;
    }

    /// How long mail has waited, if people must hear of it now.
    pub(super) fn ring(&mut self, now: Instant) -> Option<Duration> {
        let waited = now.saturating_duration_since(self.waiting_since?);
        let quiet = self.rung_at.map_or(waited, |rung| now.saturating_duration_since(rung));
        if waited < self.period || quiet < self.period {
            return None;
        }
        self.rung_at = Some(now);
        Some(waited)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn seconds(count: u64) -> Duration {
        Duration::from_secs(count)
    }

    #[test]
    fn the_pause_doubles_with_each_failed_probe_from_one_second_to_thirty() {
        let mut now = Instant::now();
        let mut breaker = Breaker::default();
        assert_eq!(breaker.ask(now), Gate::Closed);
        for pause in [1, 2, 4, 8, 16, 30, 30, 30] {
            breaker.failed(now);
            assert_eq!(breaker.ask(now), Gate::Open(now + seconds(pause)));
            now += seconds(pause);
            assert_eq!(breaker.ask(now), Gate::Probe);
        }
    }

    #[test]
    fn connections_that_fail_together_count_as_one() {
        let now = Instant::now();
        let mut breaker = Breaker::default();
        for _ in 0..10 {
            breaker.failed(now);
        }
        assert_eq!(breaker.ask(now), Gate::Open(now + seconds(1)));
    }

    #[test]
    fn one_caller_probes_per_pause_and_its_success_lets_all_through() {
        let start = Instant::now();
        let mut breaker = Breaker::default();
        breaker.failed(start);
        let later = start + seconds(1);
        assert_eq!(breaker.ask(later), Gate::Probe);
        assert_eq!(breaker.ask(later), Gate::Open(later + seconds(1)), "the second caller waits for the first");
        breaker.worked();
        assert_eq!(breaker.ask(later), Gate::Closed);
        breaker.failed(later);
        assert_eq!(breaker.ask(later), Gate::Open(later + seconds(1)), "the pause starts small again");
    }

    #[test]
    fn a_probe_that_never_reports_back_blocks_nobody_for_long() {
        let start = Instant::now();
        let mut breaker = Breaker::default();
        breaker.failed(start);
        assert_eq!(breaker.ask(start + seconds(1)), Gate::Probe);
        assert_eq!(breaker.ask(start + seconds(2)), Gate::Probe);
    }

    #[test]
    fn the_alarm_rings_once_per_period_until_a_mail_gets_through() {
        let start = Instant::now();
        let mut alarm = Alarm::new(seconds(900));
        assert_eq!(alarm.ring(start + seconds(5_000)), None, "nothing waits");
        alarm.waits(start);
        alarm.waits(start + seconds(800));
        for (at, wanted) in [(899, None), (900, Some(900)), (901, None), (1_799, None), (1_800, Some(1_800))] {
            assert_eq!(alarm.ring(start + seconds(at)), wanted.map(seconds), "after {at} s");
        }
        alarm.success();
        assert_eq!(alarm.ring(start + seconds(9_000)), None);
        alarm.waits(start + seconds(9_000));
        assert_eq!(alarm.ring(start + seconds(9_900)), Some(seconds(900)));
    }
}
