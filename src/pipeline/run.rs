//! The process role: as many items at once as there are cores, each under a lease; typed passwords come first.
//!
//! Invariant: a failure of one item, or of the store, never ends the role.

use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;

use super::Pipeline;
use crate::ports::StoreError;

/// How long to wait after the store did not answer, and at most between two looks into the queue.
const PAUSE: Duration = Duration::from_secs(1);

/// The process role.
pub struct Processor {
    pipeline: Pipeline,
    concurrent: u32,
}

impl Processor {
    /// Processes up to `concurrent` items at once.
    #[must_use]
    pub const fn new(pipeline: Pipeline, concurrent: u32) -> Self {
        Self { pipeline, concurrent }
    }

    /// Runs until `shutdown` turns true; items in work are finished.
    pub async fn run(self, shutdown: watch::Receiver<bool>) {
        let mut lanes = JoinSet::new();
        for _ in 0..self.concurrent.max(1) {
            lanes.spawn(lane(self.pipeline.clone(), shutdown.clone()));
        }
        while let Some(ended) = lanes.join_next().await {
            if let Err(error) = ended {
                tracing::error!(%error, "a processing lane ended; its item falls back when the lease runs out");
                if !*shutdown.borrow() {
                    lanes.spawn(lane(self.pipeline.clone(), shutdown.clone()));
                }
            }
        }
    }
}

/// One item after the other.
async fn lane(pipeline: Pipeline, mut shutdown: watch::Receiver<bool>) {
    while !*shutdown.borrow() {
        // A person waits for the answer.
        match pipeline.trials.lease_trial(&pipeline.tenant, pipeline.clock.now(), pipeline.lease_span).await {
            Ok(Some(trial)) => {
                pipeline.try_typed(trial).await;
                continue;
            }
            // The store has ended it.
            Err(StoreError::Damaged(what)) => {
                tracing::error!(what, "typed passwords do not read; nobody can try them");
                continue;
            }
            Ok(None) => {}
            Err(error) => tracing::error!(%error, "typed passwords cannot be asked for"),
        }
        let leased = pipeline.queue.lease(&pipeline.tenant, pipeline.clock.now(), pipeline.lease_span).await;
        let pause = match leased {
            Ok(Some(lease)) => {
                let item = lease.key.id;
                match pipeline.process(lease).await {
                    Ok(()) => continue,
                    // Whoever put it in stopped it, or somebody else has it by now.
                    Err(StoreError::Conflict) => {
                        tracing::info!(%item, "an item was taken back while it was worked on; nothing of it is kept");
                        continue;
                    }
                    Err(error) => {
                        tracing::error!(%item, %error, "a conclusion was not stored; the item will be processed again");
                        tokio::time::sleep(PAUSE).await;
                        continue;
                    }
                }
            }
            Ok(None) => pipeline.queue.wait(PAUSE),
            // The store has said which and set it aside.
            Err(StoreError::Damaged(_)) => continue,
            Err(error) => {
                tracing::error!(%error, "the queue does not answer");
                Box::pin(tokio::time::sleep(PAUSE))
            }
        };
        tokio::select! {
            () = pause => {}
            _ = shutdown.changed() => {}
        }
    }
}
