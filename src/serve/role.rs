//! What one process does. Roles meet only in the store, so they can be spread over hosts.

use std::fmt;
use std::str::FromStr;

/// A role of the process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Receives mail: internet side. Holds the public sealing key only.
    Intake,
    /// Inspects, decides, rebuilds, composes. Holds the private sealing key; starts workers.
    Process,
    /// Sends composed mails: LGWAN side. Never sees an original.
    Deliver,
    /// Pages of staff and approvers: LGWAN side. Holds the public sealing key only.
    Portal,
    /// Hands out approved originals: internet side. Holds the private sealing key.
    Review,
}

impl Role {
    /// All roles.
    pub const ALL: [Self; 5] = [Self::Intake, Self::Process, Self::Deliver, Self::Portal, Self::Review];

    /// The name on the command line.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Intake => "intake",
            Self::Process => "process",
            Self::Deliver => "deliver",
            Self::Portal => "portal",
            Self::Review => "review",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A name no role has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("unknown role; the roles are intake, process, deliver, portal, review")]
pub struct UnknownRole;

impl FromStr for Role {
    type Err = UnknownRole;

    fn from_str(text: &str) -> Result<Self, UnknownRole> {
        Self::ALL.into_iter().find(|role| role.as_str() == text).ok_or(UnknownRole)
    }
}
