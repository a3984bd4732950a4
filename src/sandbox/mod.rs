//! Starts, feeds, bounds and kills workers; checks every answer.
//!
//! `spawn` starts a process, `link` moves frames, `worker` is one process with its pipes and its end, `pool` keeps some
//! ready, `session` holds one item's conversation in time, `check` turns answers into the domain's types, `extract` takes one part
//! out as it came. Refuses:
//! everything a worker says that does not hold. Invariant: a worker serves one item and never outlives its session.

pub mod check;
mod extract;
mod link;
mod pool;
mod session;
mod spawn;
mod worker;

pub use pool::{Sandbox, Settings};
