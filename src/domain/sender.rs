//! What is known of who sent a mail: what the trusted relay says, and what looks like a trick.
//!
//! Invariant: nothing here comes from a header that a sender could have written himself.

use serde::{Deserialize, Serialize};

/// Facts about the sender.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SenderFacts {}
