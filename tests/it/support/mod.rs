//! What several themes share.

pub(crate) mod log;
pub(crate) mod next_hop;
pub(crate) mod outbox;
pub(crate) mod postfix;
