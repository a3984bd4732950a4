//! Typed passwords: kept sealed by the portal, leased and tried by the process role.
//!
//! Refuses: a batch without a public key to seal it with. Invariant: objects are stored before the transaction that names
//! them; the passwords go in the transaction that says what became of them.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use sqlx::PgPool;

use super::ScaleoutStore;
use super::objects::Objects;
use super::writer::{Job, Turn, Writer};
use crate::domain::{AccountId, AuditEvent, ItemId, OfferId, TenantId, Timestamp};
use crate::ports::{Clock, Offer, OfferState, Offers, StoreError, Trial, TrialEnd, Trials, Viewer};
use crate::store::keys::OpeningKey;
use crate::store::offers::{ANY, OfferLease, Offering, TrialRows, postgres};
use crate::store::rows::failed;
use crate::store::standing::WithdrawnOffer;

#[async_trait]
impl Offers for ScaleoutStore {
    async fn offer(
        &self,
        viewer: &Viewer,
        offer: Offer,
        wrong_limit: u32,
        record: AuditEvent,
    ) -> Result<(), StoreError> {
        let key = self.sealing_key.clone().ok_or_else(|| io::Error::other("there is no public key"));
        self.writer.submit(Offering::of(viewer, offer, wrong_limit, record, key)?).await
    }

    async fn offer_state(&self, tenant: &TenantId, account: AccountId, id: OfferId) -> Result<OfferState, StoreError> {
        let mut connection = self.pool.acquire().await.map_err(failed)?;
        postgres::state(&mut connection, tenant, account, id).await
    }

    async fn withdraw_offer(
        &self,
        tenant: &TenantId,
        account: AccountId,
        (item, id): (ItemId, OfferId),
        record: AuditEvent,
    ) -> Result<(), StoreError> {
        self.writer.submit(WithdrawnOffer { tenant: tenant.clone(), account, item, id, record }).await
    }
}

#[async_trait]
impl Job for Offering {
    type Answer = ();

    async fn run(&self, turn: &mut Turn) -> Result<(), StoreError> {
        postgres::offer(&mut turn.connection, self).await?;
        turn.ring_queue = true;
        turn.append(&self.tenant, &self.record);
        Ok(())
    }
}

/// The process role's side; it alone has the private key.
pub(super) struct Trying {
    pool: PgPool,
    writer: Writer,
    objects: Arc<Objects>,
    key: OpeningKey,
    clock: Arc<dyn Clock>,
    inline_bytes: usize,
}

impl Trying {
    pub(super) fn new(
        pool: PgPool,
        writer: Writer,
        objects: Arc<Objects>,
        key: OpeningKey,
        clock: Arc<dyn Clock>,
        inline_bytes: usize,
    ) -> Self {
        Self { pool, writer, objects, key, clock, inline_bytes }
    }
}

#[async_trait]
impl Trials for Trying {
    async fn lease_trial(
        &self,
        tenant: &TenantId,
        now: Timestamp,
        span: Duration,
    ) -> Result<Option<Trial>, StoreError> {
        let any: bool = sqlx::query_scalar(ANY).bind(tenant.as_str()).fetch_one(&self.pool).await.map_err(failed)?;
        if !any {
            return Ok(None);
        }
        let mut transaction = self.pool.begin().await.map_err(failed)?;
        let leased = postgres::lease(&mut transaction, tenant, now, now.after(span)).await?;
        transaction.commit().await.map_err(failed)?;
        let Some(leased) = leased else { return Ok(None) };
        let lease = leased.lease();
        let mut connection = self.pool.acquire().await.map_err(failed)?;
        let loaded = postgres::load(&mut connection, leased, &self.key).await;
        if matches!(loaded, Ok(None) | Err(StoreError::Damaged(_))) {
            postgres::close(&mut connection, &lease, "failed", None).await?;
        }
        loaded
    }

    async fn renew_trial(&self, trial: &Trial, until: Timestamp) -> Result<(), StoreError> {
        let mut connection = self.pool.acquire().await.map_err(failed)?;
        postgres::renew(&mut connection, &OfferLease::of(trial), until).await
    }

    async fn end_trial(&self, trial: Trial, end: TrialEnd, records: Vec<AuditEvent>) -> Result<(), StoreError> {
        let mut rows = TrialRows::prepare(trial, end, records, self.clock.now(), self.inline_bytes)?;
        for (place, bytes) in std::mem::take(&mut rows.objects) {
            // Another attempt at the same item may have stored the same derivative: its name is its digest.
            self.objects.put(&place, bytes).await?;
        }
        let mail_file = rows.mail_file();
        match self.writer.submit(Ending(rows)).await {
            // Derivatives are named by their digest and may be another's by now; the mail is ours alone.
            Err(StoreError::Conflict) => {
                if let Some(file) = mail_file {
                    self.objects.remove(&file).await?;
                }
                Err(StoreError::Conflict)
            }
            ended => ended,
        }
    }
}

struct Ending(TrialRows);

#[async_trait]
impl Job for Ending {
    type Answer = ();

    async fn run(&self, turn: &mut Turn) -> Result<(), StoreError> {
        postgres::end(&mut turn.connection, &self.0).await?;
        turn.ring_outbox |= self.0.mail.is_some();
        for record in &self.0.records {
            turn.append(&self.0.key.tenant, record);
        }
        Ok(())
    }
}
