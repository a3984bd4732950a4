//! Requests for originals in the scale-out store.
//!
//! Refuses: what [`releases`](crate::store::releases) refuses. Invariant: the item is locked first, then the
//! request, and a job that is refused has changed nothing.

use async_trait::async_trait;
use jiff::civil::Date;

use super::ScaleoutStore;
use super::writer::{Job, Turn};
use crate::domain::{
    AccountId, AuditEvent, DepartmentCode, ItemKey, Label, Rebuilt, ReleaseRequest, RequestId, TenantId, Timestamp,
};
use crate::ports::{ArrivalDetail, Blob, Glance, IsShown, Judgement, Register as _, StoreError};
use crate::store::releases::{Asking, Fetching, HandingOver, Judging, Looking, Withdrawing, postgres, release_ports};
use crate::store::rows::failed;

release_ports!(ScaleoutStore, pool, postgres);

/// Jobs with a record of their own.
macro_rules! jobs {
    ($($job:ty, $change:ident, $answer:ty;)+) => {
        $(#[async_trait]
        impl Job for $job {
            type Answer = $answer;

            async fn run(&self, turn: &mut Turn) -> Result<$answer, StoreError> {
                let answer = postgres::$change(&mut turn.connection, self).await?;
                turn.append(&self.tenant, &self.record);
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

    async fn run(&self, turn: &mut Turn) -> Result<Self::Answer, StoreError> {
        let answer = postgres::look(&mut turn.connection, self).await?;
        // Whoever looks names the request; which item that is of is known here.
        let record = AuditEvent { item: Some(answer.0.item), ..self.record.clone() };
        turn.append(&self.tenant, &record);
        Ok(answer)
    }
}

#[async_trait]
impl Job for Fetching {
    type Answer = ReleaseRequest;

    async fn run(&self, turn: &mut Turn) -> Result<ReleaseRequest, StoreError> {
        let request = postgres::fetchable(&mut turn.connection, &self.0).await?;
        let record = AuditEvent { item: Some(request.item), ..self.0.record.clone() };
        turn.append(&self.0.tenant, &record);
        Ok(request)
    }
}
