//! How far the work on an item is, from the worker to whoever waits for it.
//!
//! Refuses: to write more than once a second, and anything of a mail: nobody waits before a page for one. Invariant: it is
//! no state change: nothing is decided by it and there is no record of it; a lease that was lost is noticed here first.

use std::future::{Future, pending};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::Pipeline;
use crate::ports::{Lease, Onlooker, Progress, StoreError, Trial};

/// Between two writes; what takes less has none.
const PAUSE: Duration = Duration::from_secs(1);

/// The newest standing.
#[derive(Debug, Default)]
pub(super) struct Latest(Mutex<Option<Progress>>);

impl Onlooker for Latest {
    fn saw(&self, progress: Progress) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(progress);
    }
}

impl Latest {
    fn now(&self) -> Option<Progress> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes the newest standing for as long as it is polled; returns when the lease is lost. It is written when nothing
    /// is new, too: so whoever stops the work does not wait for its next step.
    async fn written<W: Future<Output = Result<(), StoreError>>>(
        &self,
        write: impl Fn(Option<Progress>) -> W,
    ) -> StoreError {
        loop {
            tokio::time::sleep(PAUSE).await;
            match write(self.now()).await {
                Ok(()) => {}
                Err(StoreError::Conflict) => return StoreError::Conflict,
                Err(error) => tracing::debug!(%error, "how far a worker is was not kept"),
            }
        }
    }
}

impl Pipeline {
    /// Keeps what is known of an upload's progress where its page looks; returns when the lease is lost.
    pub(super) async fn tell(&self, lease: &Lease, latest: &Latest) -> StoreError {
        if lease.origin.upload().is_none() {
            return pending().await;
        }
        latest.written(|progress| self.standings.item_stands(lease, progress)).await
    }

    /// The same of passwords that somebody typed.
    pub(super) async fn tell_trial(&self, trial: &Trial, latest: &Latest) -> StoreError {
        latest.written(|progress| self.standings.trial_stands(trial, progress)).await
    }
}
