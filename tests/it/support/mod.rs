//! What several themes share.
pub(crate) mod worker;
