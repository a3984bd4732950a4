//! What several themes share.

pub(crate) mod folder_sink;
pub(crate) mod worker;
