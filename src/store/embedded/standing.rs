//! How what somebody waits for stands, in the embedded store; and its withdrawal.
//!
//! Refuses: a standing under a lease that is lost. Invariant: what is taken back is on record in the same transaction; how
//! far a worker is is no change of state and has no record.

use async_trait::async_trait;

use super::EmbeddedStore;
use super::writer::{Job, Turn};
use crate::domain::{AccountId, AuditEvent, ItemKey};
use crate::ports::{Lease, Progress, Standings, StoreError, Trial, UploadState, Uploads};
use crate::store::offers::OfferLease;
use crate::store::rows::failed;
use crate::store::standing::{Standing, WithdrawnOffer, WithdrawnUpload, sqlite};

#[async_trait]
impl Standings for EmbeddedStore {
    async fn item_stands(&self, lease: &Lease, progress: Option<Progress>) -> Result<(), StoreError> {
        self.writer.submit(Standing::of_item(lease, progress)?).await
    }

    async fn trial_stands(&self, trial: &Trial, progress: Option<Progress>) -> Result<(), StoreError> {
        self.writer.submit(Standing::of_trial(&OfferLease::of(trial), progress)?).await
    }
}

#[async_trait]
impl Uploads for EmbeddedStore {
    async fn upload_state(&self, key: &ItemKey, account: AccountId) -> Result<UploadState, StoreError> {
        let mut connection = self.readers.acquire().await.map_err(failed)?;
        sqlite::upload(&mut connection, key, account).await
    }

    async fn withdraw_upload(&self, key: &ItemKey, account: AccountId, record: AuditEvent) -> Result<(), StoreError> {
        self.writer.submit(WithdrawnUpload { key: key.clone(), account, record }).await
    }
}

#[async_trait]
impl Job for Standing {
    type Answer = ();

    async fn run(self, turn: &mut Turn) -> Result<(), StoreError> {
        sqlite::keep(&mut turn.connection, &self).await
    }
}

#[async_trait]
impl Job for WithdrawnUpload {
    type Answer = ();

    async fn run(self, turn: &mut Turn) -> Result<(), StoreError> {
        sqlite::withdraw_upload(&mut turn.connection, &self).await?;
        turn.append(&self.key.tenant, &self.record).await
    }
}

#[async_trait]
impl Job for WithdrawnOffer {
    type Answer = ();

    async fn run(self, turn: &mut Turn) -> Result<(), StoreError> {
        sqlite::withdraw_offer(&mut turn.connection, &self).await?;
        turn.append(&self.tenant, &self.record).await
    }
}
