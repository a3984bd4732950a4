//! Temizu, the trusted side: network, storage, keys, decisions. It parses SMTP commands and its own configuration;
//! never MIME, HTML, an archive or a document — that is done by `temizu-worker`, one confined process per item.
//!
//! | module | what it is | may name |
//! |---|---|---|
//! | `domain` | the field's words as types | – |
//! | `config` | typed configuration | domain |
//! | `ports` | traits the pipeline needs from the world | domain |
//! | `policy` | rules: facts to decision | domain |
//! | `compose` | the new mail, from derivatives only | domain |
//! | `sender` | what is known of who sent a mail | domain, ports, config |
//! | `pipeline` | moves one item from stage to stage | domain, policy, ports, compose, sender |
//! | `sandbox` | starts, bounds and checks workers | domain, ports, config |
//! | `store` | storage adapters | domain, ports, config |
//! | `audit` | verifies and exports the chain | domain, ports |
//! | `smtp` | receiving SMTP | domain, ports, config |
//! | `deliver` | sending SMTP, retries | domain, ports, config |
//! | `serve`, `cli` | composition root, commands | all |

pub mod audit;
pub mod cli;
pub mod compose;
pub mod config;
pub mod deliver;
pub mod domain;
pub mod pipeline;
pub mod policy;
pub mod ports;
pub mod sandbox;
pub mod sender;
pub mod serve;
pub mod smtp;
pub mod store;
