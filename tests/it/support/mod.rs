//! What several themes share.
pub mod worker;
