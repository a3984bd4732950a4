//! Acts on accounts and sessions, done by the one writer.
//!
//! Refuses: what an act refuses. Invariant: an act that failed is undone by the writer, alone.

use async_trait::async_trait;

use super::EmbeddedStore;
use super::writer::{Job, Turn};
use crate::ports::StoreError;
use crate::store::office::{Act, Desk, Doing};
use crate::store::rows::failed;

#[async_trait]
impl<A: Act> Job for Doing<A> {
    type Answer = A::Answer;

    async fn run(self, turn: &mut Turn) -> Result<A::Answer, StoreError> {
        let answer = self.0.run(&mut turn.connection).await?;
        for record in self.0.records() {
            turn.append(self.0.tenant(), record).await?;
        }
        Ok(answer)
    }
}

#[async_trait]
impl Desk for EmbeddedStore {
    async fn ask<A: Act>(&self, act: A) -> Result<A::Answer, StoreError> {
        let mut snapshot = self.readers.begin().await.map_err(failed)?;
        act.run(&mut *snapshot).await
    }

    async fn act<A: Act>(&self, act: A) -> Result<A::Answer, StoreError> {
        self.writer.submit(Doing(act)).await
    }
}
