//! Temizu, the trusted side: network, storage, keys, decisions. It parses SMTP commands and its own configuration;
//! never MIME, HTML, an archive or a document — that is done by `temizu-worker`, one confined process per item.
//!
//! | module | what it is | may name |
//! |---|---|---|
//! | `domain` | the field's words as types | – |
//! | `config` | typed configuration | domain |
//! | `ports` | traits the pipeline needs from the world | domain |
//! | `policy` | rules: facts to decision | domain |
//! | `compose` | the new mail, from derivatives only | domain, zip |
//! | `sender` | what is known of who sent a mail | domain, ports, config |
//! | `pipeline` | moves one item from stage to stage | domain, policy, ports, compose, sender |
//! | `sandbox` | starts, bounds and checks workers | domain, ports, config |
//! | `store` | storage adapters | domain, ports, config |
//! | `audit` | verifies and exports the chain | domain, ports |
//! | `smtp` | receiving SMTP | domain, ports, config |
//! | `deliver` | sending SMTP, retries | domain, ports, config |
//! | `identity` | sign-in | domain, ports, config |
//! | `web` | what the web edges share | domain, ports, config, identity |
//! | `portal` | pages on the LGWAN side | domain, ports, config, web, zip |
//! | `review` | approved originals, internet side | domain, ports, config, web, zip |
//! | `zip` | a new zip, written entry by entry | – |
//! | `serve`, `cli` | composition root, commands | all |

pub mod audit;
pub mod cli;
pub mod compose;
pub mod config;
pub mod deliver;
pub mod domain;
pub mod identity;
pub mod pipeline;
pub mod policy;
pub mod portal;
pub mod ports;
pub mod review;
pub mod sandbox;
pub mod sender;
pub mod serve;
pub mod smtp;
pub mod store;
pub mod web;
pub mod zip;
