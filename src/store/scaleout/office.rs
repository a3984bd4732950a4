//! Acts on accounts and sessions, each within a savepoint of its transaction.
//!
//! Refuses: what an act refuses. Invariant: an act that failed has left nothing behind and has undone no other.

use async_trait::async_trait;
use sqlx::PgConnection;

use super::ScaleoutStore;
use super::register::SNAPSHOT;
use super::writer::{Job, Turn};
use crate::ports::StoreError;
use crate::store::office::{Act, Desk, Doing};
use crate::store::rows::failed;

#[async_trait]
impl<A: Act> Job for Doing<A> {
    type Answer = A::Answer;

    async fn run(&self, turn: &mut Turn) -> Result<A::Answer, StoreError> {
        execute(&mut turn.connection, "SAVEPOINT act").await?;
        match self.0.run(&mut turn.connection).await {
            Ok(answer) => {
                execute(&mut turn.connection, "RELEASE act").await?;
                self.0.records().into_iter().for_each(|record| turn.append(self.0.tenant(), record));
                Ok(answer)
            }
            Err(error) => {
                // A connection that is gone is what the writer is to hear of, not that this failed as well.
                drop(execute(&mut turn.connection, "ROLLBACK TO act").await);
                Err(error)
            }
        }
    }
}

async fn execute(connection: &mut PgConnection, statement: &'static str) -> Result<(), StoreError> {
    sqlx::query(statement).execute(connection).await.map(drop).map_err(failed)
}

#[async_trait]
impl Desk for ScaleoutStore {
    async fn ask<A: Act>(&self, act: A) -> Result<A::Answer, StoreError> {
        let mut snapshot = self.pool.begin_with(SNAPSHOT).await.map_err(failed)?;
        act.run(&mut *snapshot).await
    }

    async fn act<A: Act>(&self, act: A) -> Result<A::Answer, StoreError> {
        self.writer.submit(Doing(act)).await
    }
}
