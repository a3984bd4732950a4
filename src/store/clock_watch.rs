//! Whether the clock was set back since it was last read.
//!
//! Invariant: callers that read the clock in one order and come here in another are no reason for an alarm.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use crate::domain::Timestamp;

/// Callers that read the clock in one order may come here in another.
const TOLERANCE: Duration = Duration::from_secs(5);

/// The time that was shown last.
#[derive(Debug)]
pub(super) struct ClockWatch(AtomicI64);

impl Default for ClockWatch {
    fn default() -> Self {
        Self(AtomicI64::new(i64::MIN))
    }
}

impl ClockWatch {
    /// By how much the clock was set back between the last call and this one, if it was.
    pub(super) fn set_back(&self, now: Timestamp) -> Option<Duration> {
        let before = Timestamp::from_millis(self.0.swap(now.millis(), Ordering::Relaxed));
        Some(before.since(now)).filter(|back| *back > TOLERANCE)
    }
}
