//! Requests for originals in the embedded store.
//!
//! Refuses: what [`releases`](crate::store::releases) refuses. Invariant: nothing else writes meanwhile; a job that is
//! refused is undone by the writer.

use async_trait::async_trait;
use jiff::civil::Date;

use super::EmbeddedStore;
use super::writer::{Job, Turn};
use crate::domain::{
    AccountId, AuditEvent, DepartmentCode, ItemKey, Label, Rebuilt, ReleaseRequest, RequestId, TenantId, Timestamp,
};
use crate::ports::{ArrivalDetail, Blob, Glance, IsShown, Judgement, Register as _, StoreError};
use crate::store::releases::{Asking, Fetching, HandingOver, Judging, Looking, Withdrawing, release_ports, sqlite};
use crate::store::rows::failed;

release_ports!(EmbeddedStore, readers, sqlite);

/// Jobs with a record of their own.
macro_rules! jobs {
    ($($job:ty, $change:ident, $answer:ty;)+) => {
        $(#[async_trait]
        impl Job for $job {
            type Answer = $answer;

            async fn run(self, turn: &mut Turn) -> Result<$answer, StoreError> {
                let answer = sqlite::$change(&mut turn.connection, &self).await?;
                turn.append(&self.tenant, &self.record).await?;
                Ok(answer)
            }
        })+
    };
}

jobs! {
    Asking, ask, ();
    Withdrawing, withdraw, ();
    Judging, judge, ();
    HandingOver, hand_over, (ReleaseRequest, ItemKey);
}

#[async_trait]
impl Job for Looking {
    type Answer = (ReleaseRequest, Option<Label>, ArrivalDetail);

    async fn run(self, turn: &mut Turn) -> Result<Self::Answer, StoreError> {
        let answer = sqlite::look(&mut turn.connection, &self).await?;
        // Whoever looks names the request; which item that is of is known here.
        let record = AuditEvent { item: Some(answer.0.item), ..self.record };
        turn.append(&self.tenant, &record).await?;
        Ok(answer)
    }
}

#[async_trait]
impl Job for Fetching {
    type Answer = ReleaseRequest;

    async fn run(self, turn: &mut Turn) -> Result<ReleaseRequest, StoreError> {
        let request = sqlite::fetchable(&mut turn.connection, &self.0).await?;
        let record = AuditEvent { item: Some(request.item), ..self.0.record };
        turn.append(&self.0.tenant, &record).await?;
        Ok(request)
    }
}
