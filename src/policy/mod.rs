//! Rules: a pure function from facts to a decision, with its explanation.
//!
//! An ordered table of rules; the first whose conditions all hold decides. Rules about parts give each part an action;
//! rules about the mail (`hold-mail`) hold it as a whole. Where no rule matches, the part is kept back.
//!
//! Refuses: files with a mistake, as a whole; rules that could never match. Invariant: deciding is total and
//! deterministic: the same facts, rules and day give the same decision, with every recipient and every part in it once.

mod canonical;
mod condition;
mod decide;
mod explain;
mod parse;
mod pattern;
mod preset;
mod read;
mod remark;
mod rule;
mod trial;

use jiff::civil::Date;

pub use self::parse::{MAX_RULES, RuleErrors};
pub use self::preset::{PRESETS, Preset};
pub use self::rule::{Effect, Rule};
pub use self::trial::TestResult;

use self::rule::Department;
use crate::domain::{RuleVersion, Timestamp};

/// A checked, ordered set of rules.
#[derive(Debug, Clone)]
pub struct RuleSet {
    rules: Vec<Rule>,
    canonical: String,
    version: RuleVersion,
}

impl RuleSet {
    /// The rules in their order.
    #[must_use]
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// The digest of [`Self::canonical`].
    #[must_use]
    pub const fn version(&self) -> RuleVersion {
        self.version
    }

    /// The rules as TOML without comments, tests and freedom of spelling: equal for rules that are equal. Reads back.
    #[must_use]
    pub fn canonical(&self) -> &str {
        &self.canonical
    }

    fn new(departments: &[std::sync::Arc<Department>], rules: Vec<Rule>) -> Self {
        let canonical = canonical::text(departments, &rules);
        let version = RuleVersion { digest: crate::domain::Digest::of(canonical.as_bytes()) };
        Self { rules, canonical, version }
    }
}

/// The day at `at` where local time is `utc_offset_minutes` ahead of UTC (540 in Japan): what expiry is measured by.
#[must_use]
pub fn civil_date(at: Timestamp, utc_offset_minutes: i16) -> Date {
    let local = at.millis().saturating_add(i64::from(utc_offset_minutes).saturating_mul(60_000));
    let time = jiff::Timestamp::from_millisecond(local).unwrap_or_default();
    jiff::tz::Offset::UTC.to_datetime(time).date()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_day_changes_at_local_midnight() {
        // 2026-11-23T14:59:59Z and a second later.
        let before = Timestamp::from_millis(1_795_445_999_000);
        let after = Timestamp::from_millis(1_795_446_000_000);
        assert_eq!(civil_date(before, 540).to_string(), "2026-11-23");
        assert_eq!(civil_date(after, 540).to_string(), "2026-11-24");
        assert_eq!(civil_date(after, 0).to_string(), "2026-11-23");
        assert_eq!(civil_date(Timestamp::from_millis(i64::MAX), 540), civil_date(Timestamp::from_millis(0), 0));
    }
}
