//! What several themes share.

pub(crate) mod folder_sink;
