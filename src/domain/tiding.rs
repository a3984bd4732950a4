//! What people are told of by mail, and at what time of the day.
//!
//! Refuses: times that no clock shows. Invariant: a kind has one name, in the store and in records.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::id::InvalidId;

/// What is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TidingKind {
    /// To approvers: a request waits for them.
    Asked,
    /// To the requester: it was approved.
    Approved,
    /// To the requester: it was returned.
    Returned,
    /// To the requester: it is over without a decision, or was not fetched in time.
    Expired,
    /// To staff, twice a day or at once: what waits for them.
    Digest,
}

impl TidingKind {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Asked, Self::Approved, Self::Returned, Self::Expired, Self::Digest];

    /// The name in the store and in records.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Asked => "asked",
            Self::Approved => "approved",
            Self::Returned => "returned",
            Self::Expired => "expired",
            Self::Digest => "digest",
        }
    }

    /// The kind with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }
}

/// A local time of the day, to the minute: `08:30`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TimeOfDay(u16);

impl TimeOfDay {
    /// Minutes since midnight, below 1,440.
    #[must_use]
    pub const fn minutes(self) -> u16 {
        self.0
    }
}

impl FromStr for TimeOfDay {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let number = |digits: &str, below: u16| {
            let plain = digits.len() == 2 && digits.bytes().all(|byte| byte.is_ascii_digit());
            digits.parse::<u16>().ok().filter(|number| plain && *number < below)
        };
        let read = text.split_once(':').and_then(|(hour, minute)| Some((number(hour, 24)?, number(minute, 60)?)));
        read.map(|(hour, minute)| Self(hour * 60 + minute)).ok_or(InvalidId::of("time of the day (such as 08:30)"))
    }
}

impl TryFrom<String> for TimeOfDay {
    type Error = InvalidId;

    fn try_from(text: String) -> Result<Self, InvalidId> {
        text.parse()
    }
}

impl fmt::Display for TimeOfDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.0 / 60, self.0 % 60)
    }
}

impl From<TimeOfDay> for String {
    fn from(time: TimeOfDay) -> Self {
        time.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_of_the_day_is_four_digits_and_a_colon() {
        for text in ["00:00", "08:30", "13:00", "23:59"] {
            assert_eq!(text.parse::<TimeOfDay>().unwrap().to_string(), text);
        }
        assert_eq!("08:30".parse::<TimeOfDay>().unwrap().minutes(), 510);
        for text in ["", "8:30", "24:00", "08:60", "0830", "08:3", "+8:30", "08:30:00", "０８:30"] {
            assert!(text.parse::<TimeOfDay>().is_err(), "{text}");
        }
    }
}
