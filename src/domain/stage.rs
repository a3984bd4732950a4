//! Where an item stands in its life (design: life of one message).
//!
//! Invariant: an accepted item is in exactly one stage; only `Sanitized` may become `Delivered`.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

macro_rules! named {
    ($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum $name { $($(#[$doc])* $variant),+ }

        impl $name {
            /// All of them, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The name in the store, in audit records and in JSON.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl FromStr for $name {
            type Err = UnknownName;

            fn from_str(text: &str) -> Result<Self, UnknownName> {
                Self::ALL.iter().copied().find(|one| one.as_str() == text).ok_or(UnknownName)
            }
        }
    };
}

/// A name that no stage or status has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("unknown stage or status")]
pub struct UnknownName;

named! {
    /// The stage of an item.
    Stage {
        /// Accepted; waits to be inspected and sanitized.
        Received = "received",
        /// Its new mails wait in the outbox.
        Sanitized = "sanitized",
        /// Every recipient's mail ended: accepted, refused or given up (see the outbox for which).
        Delivered = "delivered",
        /// Waits for a person: a rule or an operator held the whole item before it was sanitized.
        Held = "held",
        /// Could not be inspected or rebuilt as a whole; the recipients got a notice.
        Quarantined = "quarantined",
        /// The original was destroyed after its retention; the record stays.
        Expired = "expired",
    }
}

named! {
    /// The state of one recipient's copy in the outbox.
    Status {
        /// Waits for its (next) attempt.
        Waiting = "waiting",
        /// The next hop answered 2xx.
        Sent = "sent",
        /// The next hop answered 5xx: kept, reported, not tried again.
        Refused = "refused",
        /// Given up after the last retry: kept for an operator.
        Undeliverable = "undeliverable",
        /// An operator took it out of the schedule.
        OnHold = "on_hold",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_back() {
        for stage in Stage::ALL {
            assert_eq!(stage.as_str().parse(), Ok(*stage));
        }
        for status in Status::ALL {
            assert_eq!(status.as_str().parse(), Ok(*status));
        }
        assert_eq!("sold".parse::<Stage>(), Err(UnknownName));
    }
}
