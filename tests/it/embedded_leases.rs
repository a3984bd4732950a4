//! What becomes of the leases of a process that is gone, in the embedded store.

use std::sync::Arc;

use temizu::domain::TenantId;
use temizu::domain::Timestamp;
use temizu::store::Keys;
use temizu::store::embedded::EmbeddedStore;

use crate::store_contract::fixture::{Ports, SPAN, StillClock, embedded_config};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn leases_of_a_process_that_is_gone_fall_back_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let config = embedded_config(folder.path());
    let clock = Arc::new(StillClock::default());
    let now = Timestamp::from_millis(60_000);
    {
        let store = EmbeddedStore::open(&config, clock.clone(), Keys::Opening).await.unwrap();
        let ports = Ports::of(store.clone(), ());
        ports.accept(1, 100).await.unwrap();
        assert!(ports.queue.lease(&TenantId::single(), now, SPAN).await.unwrap().is_some());

        let beside = Ports::of(EmbeddedStore::open(&config, clock.clone(), Keys::Opening).await.unwrap(), ());
        assert!(
            beside.queue.lease(&TenantId::single(), now, SPAN).await.unwrap().is_none(),
            "the first process still works on it"
        );
    }
    let mut leased = None;
    for _ in 0..100 {
        // The folder's lock goes with the last file handle, which the store's own tasks close when they end.
        let store = EmbeddedStore::open(&config, clock.clone(), Keys::Opening).await.unwrap();
        leased = Ports::of(store.clone(), ()).queue.lease(&TenantId::single(), now, SPAN).await.unwrap();
        if leased.is_some() {
            break;
        }
        drop(store);
        tokio::task::yield_now().await;
    }
    assert_eq!(leased.map(|lease| lease.attempt), Some(2), "the attempt before the crash counts");
}
