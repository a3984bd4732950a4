//! How long one DATA may take: a total, and a minimum rate once it is under way.
//!
//! Invariant: the allowance grows with what was received and never exceeds the total, so that a slow client costs a
//! session for a bounded time.

use std::time::Duration;

use crate::config;

/// The minimum rate is not asked for before this.
const GRACE: Duration = Duration::from_secs(10);

/// The time limits of DATA.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pace {
    total: Duration,
    bytes_per_second: u64,
}

impl Pace {
    pub(super) const fn of(smtp: &config::Smtp) -> Self {
        Self { total: Duration::from_secs(smtp.data_timeout_seconds), bytes_per_second: smtp.data_min_bytes_per_second }
    }

    /// How long after its start a DATA that has brought `received` bytes is waited for.
    pub(super) fn allowance(self, received: u64) -> Duration {
        let earned = received.checked_div(self.bytes_per_second).map_or(self.total, Duration::from_secs);
        earned.max(GRACE).min(self.total)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(total: u64, rate: u64, received: u64, seconds: u64) {
        let pace = Pace { total: Duration::from_secs(total), bytes_per_second: rate };
        assert_eq!(pace.allowance(received), Duration::from_secs(seconds), "{pace:?} after {received}");
    }

    #[test]
    fn the_rate_counts_after_ten_seconds_and_the_total_always() {
        check(600, 500, 0, 10);
        check(600, 500, 4_999, 10);
        check(600, 500, 10_000, 20);
        check(600, 500, 10_000_000, 600);
        check(5, 500, 0, 5);
        check(600, 0, 0, 600);
    }
}
