//! Typed passwords: kept sealed by the portal, leased and tried by the process role.
//!
//! Refuses: a batch without a public key to seal it with. Invariant: objects are synced before the transaction that names
//! them; the passwords go in the transaction that says what became of them.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use sqlx::SqlitePool;

use super::EmbeddedStore;
use super::files::Folder;
use super::writer::{Job, Turn, Writer};
use crate::domain::{AccountId, AuditEvent, ItemId, OfferId, TenantId, Timestamp};
use crate::ports::{Clock, Offer, OfferState, Offers, StoreError, Trial, TrialEnd, Trials, Viewer};
use crate::store::keys::{KeyFolder, OpeningKey};
use crate::store::offers::{ANY, LeasedOffer, OfferLease, Offering, TrialRows, sqlite};
use crate::store::rows::{failed, on_disk};
use crate::store::standing::WithdrawnOffer;

#[async_trait]
impl Offers for EmbeddedStore {
    async fn offer(
        &self,
        viewer: &Viewer,
        offer: Offer,
        wrong_limit: u32,
        record: AuditEvent,
    ) -> Result<(), StoreError> {
        let keys = KeyFolder::new(self.folder.root().join("keys"));
        let key = on_disk(move || Ok(keys.sealing_key())).await?;
        self.writer.submit(Offering::of(viewer, offer, wrong_limit, record, key)?).await
    }

    async fn offer_state(&self, tenant: &TenantId, account: AccountId, id: OfferId) -> Result<OfferState, StoreError> {
        let mut connection = self.readers.acquire().await.map_err(failed)?;
        sqlite::state(&mut connection, tenant, account, id).await
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

    async fn run(self, turn: &mut Turn) -> Result<(), StoreError> {
        sqlite::offer(&mut turn.connection, &self).await?;
        turn.ring_queue = true;
        turn.append(&self.tenant, &self.record).await
    }
}

/// The process role's side; it alone has the private key.
pub(super) struct Trying {
    folder: Arc<Folder>,
    writer: Writer,
    readers: SqlitePool,
    key: OpeningKey,
    clock: Arc<dyn Clock>,
    inline_bytes: usize,
}

impl Trying {
    pub(super) fn new(
        folder: Arc<Folder>,
        writer: Writer,
        readers: SqlitePool,
        key: OpeningKey,
        clock: Arc<dyn Clock>,
        inline_bytes: usize,
    ) -> Self {
        Self { folder, writer, readers, key, clock, inline_bytes }
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
        let any: bool = sqlx::query_scalar(ANY).bind(tenant.as_str()).fetch_one(&self.readers).await.map_err(failed)?;
        if !any {
            return Ok(None);
        }
        let leasing = Leasing { tenant: tenant.clone(), now, until: now.after(span) };
        let Some(leased) = self.writer.submit(leasing).await? else { return Ok(None) };
        // There may be more; let the next one look.
        self.writer.bells().queue.notify_one();
        let lease = leased.lease();
        let mut connection = self.readers.acquire().await.map_err(failed)?;
        let loaded = sqlite::load(&mut connection, leased, &self.key).await;
        drop(connection);
        if matches!(loaded, Ok(None) | Err(StoreError::Damaged(_))) {
            self.writer.submit(Failing(lease)).await?;
        }
        loaded
    }

    async fn renew_trial(&self, trial: &Trial, until: Timestamp) -> Result<(), StoreError> {
        self.writer.submit(Renewing { lease: OfferLease::of(trial), until }).await
    }

    async fn end_trial(&self, trial: Trial, end: TrialEnd, records: Vec<AuditEvent>) -> Result<(), StoreError> {
        let mut rows = TrialRows::prepare(trial, end, records, self.clock.now(), self.inline_bytes)?;
        let objects = std::mem::take(&mut rows.objects);
        if !objects.is_empty() {
            let folder = Arc::clone(&self.folder);
            on_disk(move || objects.iter().try_for_each(|(place, bytes)| folder.store(place, bytes))).await?;
        }
        let mail_file = rows.mail_file();
        match self.writer.submit(Ending(rows)).await {
            // Derivatives are named by their digest and may be another's by now; the mail is ours alone.
            Err(StoreError::Conflict) => {
                self.folder.discard(mail_file.into_iter().collect()).await?;
                Err(StoreError::Conflict)
            }
            ended => ended,
        }
    }
}

struct Leasing {
    tenant: TenantId,
    now: Timestamp,
    until: Timestamp,
}

#[async_trait]
impl Job for Leasing {
    type Answer = Option<LeasedOffer>;

    async fn run(self, turn: &mut Turn) -> Result<Self::Answer, StoreError> {
        sqlite::lease(&mut turn.connection, &self.tenant, self.now, self.until).await
    }
}

struct Renewing {
    lease: OfferLease,
    until: Timestamp,
}

#[async_trait]
impl Job for Renewing {
    type Answer = ();

    async fn run(self, turn: &mut Turn) -> Result<(), StoreError> {
        sqlite::renew(&mut turn.connection, &self.lease, self.until).await
    }
}

/// A batch that nobody can try.
struct Failing(OfferLease);

#[async_trait]
impl Job for Failing {
    type Answer = ();

    async fn run(self, turn: &mut Turn) -> Result<(), StoreError> {
        sqlite::close(&mut turn.connection, &self.0, "failed", None).await
    }
}

struct Ending(TrialRows);

#[async_trait]
impl Job for Ending {
    type Answer = ();

    async fn run(self, turn: &mut Turn) -> Result<(), StoreError> {
        sqlite::end(&mut turn.connection, &self.0).await?;
        turn.ring_outbox |= self.0.mail.is_some();
        for record in &self.0.records {
            turn.append(&self.0.key.tenant, record).await?;
        }
        Ok(())
    }
}
