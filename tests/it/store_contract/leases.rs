//! Leases: who holds what, for how long, and what comes of it when they are lost.

use temizu::domain::{Digest, Event, Stage, Status, TenantId};
use temizu::ports::{Conclusion, Operator, Settlement};

use super::fixture::{SPAN, StoreUnderTest, at, event, item_id, mail, operated, origin, original, sanitized};
use super::{conflicts, join_all, key, stage, statuses};

pub(super) async fn the_oldest_due_item_is_leased_first<S: StoreUnderTest>() {
    let ports = S::open().await;
    for number in [7, 3, 5] {
        ports.accept(number, 10).await.unwrap();
    }
    assert!(
        ports.queue.lease(&TenantId::single(), at(2), SPAN).await.unwrap().is_none(),
        "nothing is due before it was accepted"
    );
    for number in [3, 5, 7] {
        let lease = ports.lease(10).await;
        assert_eq!((lease.key, lease.attempt, lease.released), (key(number), 1, false));
        assert_eq!((lease.length, lease.digest), (10, Digest::of(&original(number, 10))));
        assert_eq!(
            (lease.received_at, lease.origin),
            (at(number.into()), origin(&["a@city.example", "b@city.example"]))
        );
    }
}

pub(super) async fn a_lease_is_exclusive_until_it_runs_out<S: StoreUnderTest>() {
    let ports = S::open().await;
    ports.accept(1, 10).await.unwrap();
    let first = ports.lease(10).await;
    assert!(ports.queue.lease(&TenantId::single(), at(69), SPAN).await.unwrap().is_none());
    let second = ports.lease(70).await;
    assert_eq!((first.attempt, second.attempt), (1, 2), "an attempt counts even if nothing came of it");
}

pub(super) async fn a_renewed_lease_lasts_longer_and_stays_good<S: StoreUnderTest>() {
    let ports = S::open().await;
    ports.accept(1, 10).await.unwrap();
    let lease = ports.lease(10).await;
    ports.queue.renew(&lease, at(120)).await.unwrap();
    assert!(ports.queue.lease(&TenantId::single(), at(119), SPAN).await.unwrap().is_none());
    // Run out, but nobody else came.
    ports.queue.renew(&lease, at(200)).await.unwrap();
    assert!(ports.queue.lease(&TenantId::single(), at(199), SPAN).await.unwrap().is_none());
    let done = sanitized(&lease, 10, vec![mail(1, &["a@city.example"], 10)]);
    ports.queue.conclude(lease, done, Vec::new()).await.unwrap();
    assert_eq!(stage(&ports, &key(1)).await, Stage::Sanitized);
}

pub(super) async fn a_renewed_dispatch_lasts_longer_and_stays_good<S: StoreUnderTest>() {
    let ports = S::open().await;
    let key = ports.sanitized(1).await;
    let dispatch = ports.lease_mail(2000).await;
    ports.outbox.renew(&dispatch, at(2120)).await.unwrap();
    assert!(ports.outbox.lease(&TenantId::single(), at(2119), SPAN).await.unwrap().is_none());
    ports.register.operate(&key, Operator::Hold, operated(2001, key.id)).await.unwrap();
    ports.outbox.renew(&dispatch, at(2200)).await.unwrap();
    assert!(
        ports.outbox.lease(&TenantId::single(), at(9999), SPAN).await.unwrap().is_none(),
        "what is on hold is not due by a renewal"
    );
    ports.settle(dispatch, Settlement::Sent, 0).await.unwrap();
    assert_eq!(statuses(&ports, &key).await, [Status::Sent, Status::Sent]);
}

pub(super) async fn a_lost_lease_is_not_renewed<S: StoreUnderTest>() {
    let ports = S::open().await;
    ports.accept(1, 10).await.unwrap();
    let (slow, quick) = (ports.lease(10).await, ports.lease(100).await);
    assert!(conflicts(&ports.queue.renew(&slow, at(900)).await));
    ports.queue.renew(&quick, at(200)).await.unwrap();
    ports.register.operate(&key(1), Operator::Hold, operated(101, item_id(1))).await.unwrap();
    assert!(conflicts(&ports.queue.renew(&quick, at(900)).await), "an operator took it back");
    assert_eq!(stage(&ports, &key(1)).await, Stage::Held);

    let _key = ports.sanitized(2).await;
    let (slow, quick) = (ports.lease_mail(2000).await, ports.lease_mail(2060).await);
    assert!(conflicts(&ports.outbox.renew(&slow, at(9000)).await));
    ports.outbox.renew(&quick, at(3000)).await.unwrap();
    assert!(ports.outbox.lease(&TenantId::single(), at(2999), SPAN).await.unwrap().is_none());
}

pub(super) async fn many_workers_lease_each_item_once<S: StoreUnderTest>() {
    let ports = S::open().await;
    for number in 0..20 {
        ports.accept(number, 10).await.unwrap();
    }
    let tenant = TenantId::single();
    let leases = join_all((0..60).map(|_| ports.queue.lease(&tenant, at(100), SPAN))).await;
    let mut keys: Vec<_> = leases.into_iter().filter_map(|lease| lease.unwrap()).map(|lease| lease.key).collect();
    keys.sort();
    assert_eq!(keys, (0..20).map(key).collect::<Vec<_>>());
}

pub(super) async fn a_lost_lease_concludes_nothing<S: StoreUnderTest>() {
    let ports = S::open().await;
    ports.accept(1, 10).await.unwrap();
    let (slow, quick) = (ports.lease(10).await, ports.lease(100).await);
    let records = || vec![event(Event::Sanitized, item_id(1))];
    let late = sanitized(&slow, 10, vec![mail(1, &["a@city.example"], 10_000)]);
    assert!(conflicts(&ports.queue.conclude(slow, late, records()).await));
    assert!(ports.outbox.lease(&TenantId::single(), at(200), SPAN).await.unwrap().is_none());
    assert_eq!(ports.register.records(&TenantId::single(), 0, 9).await.unwrap().len(), 1, "only `received`");
    let done = sanitized(&quick, 10, vec![mail(1, &["a@city.example"], 10_000)]);
    ports.queue.conclude(quick, done, records()).await.unwrap();
    assert_eq!(ports.lease_mail(5000).await.attempt, 1);
}

pub(super) async fn what_came_in_while_the_clock_was_fast_is_due_when_it_is_set_back<S: StoreUnderTest>() {
    let ports = S::open().await;
    let (year, year_and_a_day) = (31_536_000, 31_622_400);
    for number in [1, 2] {
        ports.accept_at(number, year).await.unwrap();
    }
    // Both sides look at the clock; one item is in work.
    let lease = ports.lease(year).await;
    assert!(ports.outbox.lease(&TenantId::single(), at(year), SPAN).await.unwrap().is_none());
    assert_eq!(ports.lease(100).await.key, key(2), "the clock is right again");
    assert!(ports.queue.lease(&TenantId::single(), at(101), SPAN).await.unwrap().is_none(), "what is in work stays so");
    let conclusion = Conclusion::Deferred { retry_at: at(130), counts: true };
    ports.queue.conclude(lease, conclusion, Vec::new()).await.unwrap();
    assert!(
        ports.queue.lease(&TenantId::single(), at(98), SPAN).await.unwrap().is_none(),
        "a moment back is no clock set back"
    );
    assert_eq!(ports.lease(130).await.key, key(1));

    let ports = S::open().await;
    let key = ports.sanitized(1).await;
    let dispatch = ports.lease_mail(year_and_a_day).await;
    ports.settle(dispatch, Settlement::Deferred, year_and_a_day + 60).await.unwrap();
    assert!(
        ports.outbox.lease(&TenantId::single(), at(2000), SPAN).await.unwrap().is_none(),
        "a deferral keeps its length"
    );
    assert_eq!(ports.lease_mail(2060).await.key, key);
}
