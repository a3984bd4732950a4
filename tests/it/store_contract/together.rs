//! At the same moment: what happens when two processes or hosts, or many workers, do something to the same store.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use temizu::audit::chain;
use temizu::domain::{Digest, Event, ItemId, ItemKey, Stage, Status, TenantId, Timestamp};
use temizu::ports::{Operator, Settlement, StoreError};

use super::fixture::{Ports, SPAN, StoreUnderTest, at, event, item_id, mail, operated, origin, sanitized};
use super::{conflicts, join_all, key, stage, statuses};

/// How often the same moment is tried.
const ROUNDS: u8 = 30;

pub(super) async fn two_mails_settled_at_the_same_moment_deliver_their_item<S: StoreUnderTest>() {
    let nodes = S::open_twice().await;
    for round in 0..ROUNDS {
        let [here, there] = &nodes;
        here.accept(round, 10).await.unwrap();
        let lease = here.lease(1000).await;
        let mails = vec![mail(1, &["a@city.example"], 20), mail(2, &["b@city.example"], 20)];
        let conclusion = sanitized(&lease, 10, mails);
        here.queue.conclude(lease, conclusion, Vec::new()).await.unwrap();
        let one = here.lease_mail(2000).await;
        let two = there.lease_mail(2000).await;
        let settled = join_all([(here, one), (there, two)].into_iter().map(|(node, dispatch)| {
            let how = if dispatch.number == 0 { Settlement::Sent } else { Settlement::Refused };
            node.settle(dispatch, how, 0)
        }));
        settled.await.into_iter().for_each(|settled| settled.unwrap());
        for node in &nodes {
            assert_eq!(statuses(node, &key(round)).await, [Status::Sent, Status::Refused]);
            assert_eq!(stage(node, &key(round)).await, Stage::Delivered, "round {round}");
        }
    }
}

pub(super) async fn a_conclusion_and_a_hold_at_the_same_moment_leave_no_held_item_with_waiting_mails<
    S: StoreUnderTest,
>() {
    let [here, there] = S::open_twice().await;
    for round in 0..ROUNDS {
        let (key, id) = (key(round), item_id(round));
        here.accept(round, 10).await.unwrap();
        let lease = here.lease(1000).await;
        let conclusion = sanitized(&lease, 10, vec![mail(1, &["a@city.example", "b@city.example"], 20)]);
        let conclude = here.queue.conclude(lease, conclusion, vec![event(Event::Sanitized, id)]);
        let hold = there.register.operate(&key, Operator::Hold, operated(1000, id));
        let (concluded, held) = if round % 2 == 0 {
            tokio::join!(conclude, hold)
        } else {
            let (held, concluded) = tokio::join!(hold, conclude);
            (concluded, held)
        };
        held.expect("there is something to hold before the conclusion and after it");
        let detail = there.register.item(&key).await.unwrap();
        let copies: Vec<_> = detail.recipients_state.iter().map(|copy| copy.status).collect();
        let ended = (detail.summary.stage, copies, detail.outcomes.len(), detail.records.len());
        if concluded.is_ok() {
            assert_eq!(ended, (Stage::Sanitized, vec![Status::OnHold, Status::OnHold], 1, 3), "round {round}");
        } else {
            assert!(conflicts(&concluded), "{concluded:?}");
            assert_eq!(ended, (Stage::Held, Vec::new(), 0, 2), "round {round}");
        }
        for node in [&here, &there] {
            assert!(node.queue.lease(&TenantId::single(), at(9000), SPAN).await.unwrap().is_none());
            assert!(node.outbox.lease(&TenantId::single(), at(9000), SPAN).await.unwrap().is_none());
        }
    }
}

/// One lease: when it was asked for and handed out, on a clock that counts, and when the item was due.
#[derive(Debug, Clone, Copy)]
struct Turn {
    asked: usize,
    handed_out: usize,
    due: Timestamp,
}

pub(super) async fn twenty_workers_lease_a_thousand_items_once_and_in_order_of_due_time<S: StoreUnderTest>() {
    const ITEMS: u32 = 1000;
    let nodes = S::open_twice().await;
    // Every item once, far from the order of their times.
    let accepts = (0..ITEMS).map(|n| n * 379 % ITEMS).map(|n| accept_late(&nodes[if n % 2 == 0 { 0 } else { 1 }], n));
    join_all(accepts).await.into_iter().for_each(|accepted| accepted.unwrap());
    let ticks = Arc::new(AtomicUsize::new(0));
    let workers: Vec<_> = (0..20)
        .map(|worker| {
            let (queue, ticks) = (Arc::clone(&nodes[worker % 2].queue), Arc::clone(&ticks));
            tokio::spawn(async move {
                let mut turns = Vec::new();
                loop {
                    let asked = ticks.fetch_add(1, Ordering::SeqCst);
                    let lease = queue.lease(&TenantId::single(), at(5000), SPAN).await.unwrap();
                    let Some(lease) = lease else { return turns };
                    let handed_out = ticks.fetch_add(1, Ordering::SeqCst);
                    turns.push(Turn { asked, handed_out, due: lease.received_at });
                }
            })
        })
        .collect();
    let mut turns = Vec::new();
    for worker in workers {
        turns.extend(worker.await.unwrap());
    }
    let mut due: Vec<_> = turns.iter().map(|turn| turn.due).collect();
    due.sort();
    assert_eq!(due, (0..ITEMS).map(|number| at(number.into())).collect::<Vec<_>>(), "each item once");
    for earlier in &turns {
        let mut later = turns.iter().filter(|later| earlier.handed_out < later.asked);
        let overtaken = later.find(|later| later.due < earlier.due);
        assert!(overtaken.is_none(), "{overtaken:?} was due before {earlier:?} and came after it");
    }
}

async fn accept_late(node: &Ports, number: u32) -> Result<(), StoreError> {
    let second = at(number.into());
    let [_, _, high, low] = number.to_be_bytes();
    let id = ItemId::new(second, [0, 0, 0, 0, 0, 0, 0, 0, high, low]);
    let writer = node.sink.begin(ItemKey { tenant: TenantId::single(), id }).await?;
    writer.accept(origin(&["a@city.example"]), second).await.map(drop)
}

type Act<'a> = Pin<Box<dyn Future<Output = Result<(), StoreError>> + Send + 'a>>;

pub(super) async fn the_chain_verifies_after_two_hundred_mixed_operations_at_once<S: StoreUnderTest>() {
    const ITEMS: u8 = 40;
    let nodes = S::open_twice().await;
    let [here, there] = &nodes;
    let tenant = TenantId::single();
    let mut dispatches = Vec::new();
    for number in 0..ITEMS {
        here.sanitized(number).await;
        dispatches.push(there.lease_mail(2000).await);
    }
    let before = chain::verify(&*here.register, &tenant).await.unwrap().count;
    let acts = dispatches.into_iter().flat_map(|dispatch| {
        let key = dispatch.key.clone();
        let number = key.id.accepted_at().millis().unsigned_abs() / 1000;
        let number = u8::try_from(number).unwrap();
        let (one, two) = if number % 2 == 0 { (here, there) } else { (there, here) };
        let acts: [Act<'_>; 5] = [
            Box::pin(one.settle(dispatch, Settlement::Sent, 0)),
            Box::pin(hold(two, key.clone())),
            Box::pin(legal_hold(one, key)),
            Box::pin(keep_rules(two, number)),
            Box::pin(async move { one.accept(ITEMS + number, 10).await.map(drop) }),
        ];
        acts
    });
    let done = join_all(acts).await;
    assert_eq!(done.len(), 200);
    assert!(done.iter().all(|act| act.is_ok() || conflicts(act)), "{done:?}");
    // What can be refused is a hold of what was delivered just before.
    let refused = done.iter().enumerate().filter(|(_, act)| act.is_err());
    assert!(refused.clone().all(|(place, _)| place % 5 == 1), "{done:?}");
    let recorded = 200 - u64::try_from(refused.count()).unwrap();
    for node in &nodes {
        assert_eq!(chain::verify(&*node.register, &tenant).await.unwrap().count, before + recorded);
    }
    for number in 0..ITEMS {
        let detail = here.register.item(&key(number)).await.unwrap();
        assert_eq!((detail.summary.stage, detail.summary.legal_hold), (Stage::Delivered, true));
        assert_eq!(statuses(there, &key(number)).await, [Status::Sent, Status::Sent]);
    }
}

async fn hold(node: &Ports, key: ItemKey) -> Result<(), StoreError> {
    node.register.operate(&key, Operator::Hold, operated(2001, key.id)).await
}

async fn legal_hold(node: &Ports, key: ItemKey) -> Result<(), StoreError> {
    node.register.set_legal_hold(&key, true, event(Event::LegalHoldSet, key.id)).await
}

async fn keep_rules(node: &Ports, number: u8) -> Result<(), StoreError> {
    let (digest, record) = (Digest::of(&[number]), event(Event::RulesLoaded, item_id(number)));
    let is_new = node.register.keep_rules(&TenantId::single(), digest, "rules", record).await?;
    assert!(is_new, "no two of these are the same");
    Ok(())
}
