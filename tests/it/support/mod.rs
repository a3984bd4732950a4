//! What several themes share.

pub(crate) mod delivered;
pub(crate) mod folder_sink;
pub(crate) mod gateway;
pub(crate) mod load;
pub(crate) mod log;
pub(crate) mod mail_parser;
pub(crate) mod next_hop;
pub(crate) mod outbox;
pub(crate) mod postfix;
pub(crate) mod postgres;
pub(crate) mod process;
pub(crate) mod python;
pub(crate) mod s3;
pub(crate) mod scaleout;
pub(crate) mod sender;
pub(crate) mod tools;
pub(crate) mod washing;
pub(crate) mod worker;
