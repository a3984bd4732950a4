//! What the pipeline asks of the sandbox.

use async_trait::async_trait;

use super::{Blob, Onlooker, StoreError};
use crate::domain::{
    Action, Ambiguity, CheckMethod, CheckResult, Derivative, Domain, Finding, HeaderFacts, Part, PartPath, Password,
    Reason,
};

/// What the bytes are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// A mail (RFC 5322).
    Mail,
    /// A mail of which only the text is wanted: its files stay closed, because earlier attempts at it ended badly.
    BareMail,
    /// A single file with the name it came under.
    File {
        /// The name, unchecked.
        untrusted_name: String,
    },
}

/// What a worker found, checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inspection {
    /// Headers of a mail; empty for a file.
    pub headers: HeaderFacts,
    /// Leaves in reading order.
    pub parts: Vec<Part>,
    /// Findings.
    pub findings: Vec<Finding>,
    /// Why the structure can be read in more than one way.
    pub ambiguities: Vec<Ambiguity>,
    /// What relays say of the sender, newest first; anybody may have written it.
    pub authentication: Vec<AuthenticationField>,
}

/// A header in which some relay says what it found out about the sender.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthenticationField {
    /// Field name, lower case: `authentication-results`, `arc-authentication-results`, `arc-seal`, `received-spf`.
    pub name: String,
    /// Who is said to say so: the authserv-id; `receiver` of a Received-SPF, `d` of an ARC-Seal.
    pub authserv_id: Domain,
    /// What it found, in its order; at most 20.
    pub results: Vec<AuthenticationResult>,
    /// How many Received fields stand above it.
    pub below_received: u32,
}

/// One result of a relay's checks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthenticationResult {
    /// What was checked.
    pub method: CheckMethod,
    /// How it ended.
    pub result: CheckResult,
    /// The domain it speaks for.
    pub domain: Option<Domain>,
}

/// One thing to write.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Order {
    /// From which part.
    pub path: PartPath,
    /// In which way: [`Action::Text`] or [`Action::Rebuild`].
    pub action: Action,
}

/// What became of one order.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::large_enum_variant, reason = "there is one for each part, and nearly all of them are written")]
pub enum Answer {
    /// It was written.
    Written {
        /// What was ordered.
        order: Order,
        /// The rebuilt bytes.
        derivative: Derivative,
        /// What was removed or changed.
        findings: Vec<Finding>,
        /// Passwords that the text seems to name, the likeliest first; at most twenty.
        candidates: Vec<Password>,
    },
    /// It could not be written; the part stays in quarantine for this reason.
    Refused {
        /// What was ordered.
        order: Order,
        /// Why.
        reason: Reason,
    },
}

/// Why a worker gave no (usable) answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SandboxError {
    /// The worker died. Try again; the third death quarantines.
    #[error("the worker died ({0})")]
    Crashed(String),
    /// The wall clock ran out. Try again once; then quarantine.
    #[error("the worker ran out of time")]
    TimedOut,
    /// The worker said the item is over a limit. Quarantine.
    #[error("over a limit: {0}")]
    LimitReached(Reason),
    /// The worker said the item cannot be read as what it is. Quarantine.
    #[error("the item cannot be read")]
    Unreadable,
    /// The answer broke the protocol or did not check. Treat as a crash.
    #[error("the worker's answer does not hold: {0}")]
    BadAnswer(&'static str),
    /// No worker could be started. Try again later; tell the operator.
    #[error("no worker can be started: {0}")]
    Unavailable(String),
    /// The original could not be read from the store.
    #[error("the original cannot be read")]
    Original(#[from] StoreError),
}

/// Starts a worker for one item.
#[async_trait]
pub trait Rebuilder: Send + Sync {
    /// Feeds the original to a fresh worker and returns what it found, and the session to rebuild parts in.
    ///
    /// # Errors
    /// See [`SandboxError`].
    async fn inspect(
        &self,
        subject: Subject,
        original: Blob,
    ) -> Result<(Inspection, Box<dyn RebuildSession>), SandboxError> {
        self.inspect_with(subject, original, &[]).await
    }

    /// As [`Self::inspect`]; attachments that are encrypted are tried with the first ten of `passwords`, and what one of
    /// them opens goes on as if it had not been encrypted.
    ///
    /// # Errors
    /// See [`SandboxError`].
    async fn inspect_with(
        &self,
        subject: Subject,
        original: Blob,
        passwords: &[Password],
    ) -> Result<(Inspection, Box<dyn RebuildSession>), SandboxError>;
}

/// A worker that has inspected its item.
#[async_trait]
pub trait RebuildSession: Send {
    /// Has the ordered parts written: exactly one answer per order, in the same order. The worker dies afterwards.
    ///
    /// # Errors
    /// See [`SandboxError`]; nothing of a failed session may be used.
    async fn rebuild(self: Box<Self>, orders: Vec<Order>) -> Result<Vec<Answer>, SandboxError> {
        self.rebuild_watched(orders, &()).await
    }

    /// As [`Self::rebuild`], and tells `onlooker` how far it is.
    ///
    /// # Errors
    /// As [`Self::rebuild`].
    async fn rebuild_watched(
        self: Box<Self>,
        orders: Vec<Order>,
        onlooker: &dyn Onlooker,
    ) -> Result<Vec<Answer>, SandboxError>;
}
