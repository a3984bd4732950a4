//! An outbox in memory, for the deliver side alone: hands out what was put in, keeps what was settled.

use std::collections::VecDeque;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use temizu::domain::{AuditEvent, ItemId, ItemKey, Mailbox, ReversePath, TenantId, Timestamp, WireMail};
use temizu::ports::{Clock, Dispatch, Outbox, Settlement, StoreError};
use tokio::sync::watch;

/// The time it always is.
pub(crate) const NOW: Timestamp = Timestamp::from_millis(1_795_401_600_000);

/// A clock that stands at [`NOW`].
pub(crate) struct StandingClock;

impl Clock for StandingClock {
    fn now(&self) -> Timestamp {
        NOW
    }
}

/// A settlement as it came in.
#[derive(Debug, Clone)]
pub(crate) struct Settled {
    pub(crate) item: ItemId,
    pub(crate) settlements: Vec<(Mailbox, Settlement)>,
    pub(crate) next_attempt: Timestamp,
    pub(crate) records: Vec<AuditEvent>,
}

/// The outbox.
pub(crate) struct MemoryOutbox {
    waiting: watch::Sender<VecDeque<Dispatch>>,
    leased: watch::Sender<Vec<(ItemId, Duration)>>,
    settled: watch::Sender<Vec<Settled>>,
    failures: Mutex<VecDeque<StoreError>>,
    renewed: watch::Sender<Vec<Timestamp>>,
    taken_back: AtomicBool,
}

impl MemoryOutbox {
    /// An empty outbox.
    pub(crate) fn new() -> Self {
        Self {
            waiting: watch::Sender::new(VecDeque::new()),
            leased: watch::Sender::new(Vec::new()),
            settled: watch::Sender::new(Vec::new()),
            failures: Mutex::new(VecDeque::new()),
            renewed: watch::Sender::new(Vec::new()),
            taken_back: AtomicBool::new(false),
        }
    }

    /// Puts a mail in.
    pub(crate) fn put(&self, dispatch: Dispatch) {
        self.waiting.send_modify(|waiting| waiting.push_back(dispatch));
    }

    /// The next settlements fail so, one after the other.
    pub(crate) fn fail_to_settle(&self, errors: impl IntoIterator<Item = StoreError>) {
        self.failures.lock().unwrap().extend(errors);
    }

    /// Items handed out so far, with the span of the lease.
    pub(crate) fn leased(&self) -> Vec<(ItemId, Duration)> {
        self.leased.borrow().clone()
    }

    /// No lease can be renewed any more.
    pub(crate) fn take_back(&self) {
        self.taken_back.store(true, Ordering::Relaxed);
    }

    /// Waits for `count` attempts to renew: until when each lease was to last.
    pub(crate) async fn renewed(&self, count: usize) -> Vec<Timestamp> {
        let mut renewed = self.renewed.subscribe();
        renewed.wait_for(|renewed| renewed.len() >= count).await.unwrap().clone()
    }

    /// Waits for `count` settlements, in the order they came.
    pub(crate) async fn settled(&self, count: usize) -> Vec<Settled> {
        let mut settled = self.settled.subscribe();
        let waiting = settled.wait_for(|settled| settled.len() >= count);
        let result = tokio::time::timeout(Duration::from_secs(60), waiting).await;
        result.unwrap_or_else(|_| panic!("{} of {count} settled", self.settled.borrow().len())).unwrap().clone()
    }
}

#[async_trait]
impl Outbox for MemoryOutbox {
    async fn lease(&self, _: &TenantId, _: Timestamp, span: Duration) -> Result<Option<Dispatch>, StoreError> {
        let mut next = None;
        self.waiting.send_if_modified(|waiting| {
            next = waiting.pop_front();
            false
        });
        if let Some(dispatch) = &next {
            self.leased.send_modify(|leased| leased.push((dispatch.key.id, span)));
        }
        Ok(next)
    }

    async fn renew(&self, _: &Dispatch, until: Timestamp) -> Result<(), StoreError> {
        self.renewed.send_modify(|renewed| renewed.push(until));
        if self.taken_back.load(Ordering::Relaxed) { Err(StoreError::Conflict) } else { Ok(()) }
    }

    async fn settle(
        &self,
        dispatch: Dispatch,
        settlements: Vec<(Mailbox, Settlement)>,
        next_attempt: Timestamp,
        records: Vec<AuditEvent>,
    ) -> Result<(), StoreError> {
        if let Some(error) = self.failures.lock().unwrap().pop_front() {
            return Err(error);
        }
        let settled = Settled { item: dispatch.key.id, settlements, next_attempt, records };
        self.settled.send_modify(|all| all.push(settled));
        Ok(())
    }

    async fn wait(&self, longest: Duration) {
        let mut waiting = self.waiting.subscribe();
        let arrival = waiting.wait_for(|waiting| !waiting.is_empty());
        // Time is up: as good a hint as an arrival.
        drop(tokio::time::timeout(longest, arrival).await);
    }
}

/// A mail with these bytes for `to`, queued at [`NOW`], first attempt; `number` makes its item unique.
pub(crate) fn dispatch(number: u16, to: &[&str], bytes: &[u8]) -> Dispatch {
    let mail = WireMail::try_from(Bytes::copy_from_slice(bytes)).unwrap();
    let [high, low] = number.to_be_bytes();
    Dispatch {
        key: ItemKey { tenant: TenantId::single(), id: ItemId::new(NOW, [0, 0, 0, 0, 0, 0, 0, 0, high, low]) },
        number: 0,
        reverse_path: ReversePath::of(Mailbox::parse("sender@example.jp").unwrap()),
        forward_paths: to.iter().map(|to| Mailbox::parse(to).unwrap()).collect(),
        digest: mail.digest(),
        mail,
        queued_at: NOW,
        attempt: 1,
        token: 1,
    }
}
