//! Legal holds: what retention must not destroy.

use temizu::audit::chain;
use temizu::domain::{AuditEvent, Event, ItemId, ItemKey, Stage, TenantId};
use temizu::ports::{ItemFilter, Operator, Settlement, StoreError};

use super::fixture::{Ports, StoreUnderTest, at, event, item_id, operated, original};
use super::{all, conflicts, key, stage};

pub(super) async fn a_legal_hold_keeps_an_item_from_expiring<S: StoreUnderTest>() {
    let ports = S::open().await;
    let tenant = TenantId::single();
    for number in [1, 2] {
        ports.sanitized(number).await;
    }
    ports.settle_all(2000, Settlement::Sent).await;
    ports.register.set_legal_hold(&key(1), true, set(item_id(1))).await.unwrap();
    assert_eq!(ports.retention.expire(&tenant, at(9000), at(9000)).await.unwrap(), 1);
    assert_eq!((stage(&ports, &key(1)).await, stage(&ports, &key(2)).await), (Stage::Delivered, Stage::Expired));
    assert_eq!(ports.read(&key(1)).await.unwrap(), original(1, 100));
    assert_eq!(ports.register.quarantine(&tenant, &all()).await.unwrap().len(), 1, "its parts are kept with it");

    ports.register.set_legal_hold(&key(1), false, lifted(item_id(1))).await.unwrap();
    assert_eq!(ports.retention.expire(&tenant, at(9000), at(9001)).await.unwrap(), 1);
    assert_eq!(stage(&ports, &key(1)).await, Stage::Expired);
    assert!(matches!(ports.read(&key(1)).await, Err(StoreError::NotFound)));
}

pub(super) async fn a_legal_hold_is_recorded_and_listed<S: StoreUnderTest>() {
    let ports = S::open().await;
    for number in [1, 2, 3] {
        ports.accept(number, 10).await.unwrap();
    }
    assert!(listed(&ports, ItemFilter { legal_hold: true, ..all() }).await.is_empty());
    for number in [1, 3] {
        ports.register.set_legal_hold(&key(number), true, set(item_id(number))).await.unwrap();
    }
    ports.register.operate(&key(3), Operator::Hold, operated(5, item_id(3))).await.unwrap();
    assert_eq!(listed(&ports, ItemFilter { legal_hold: true, ..all() }).await, [item_id(3), item_id(1)]);
    let held_twice = ItemFilter { legal_hold: true, stages: vec![Stage::Held], ..all() };
    assert_eq!(listed(&ports, held_twice).await, [item_id(3)]);
    let shown = ports.register.items(&TenantId::single(), &all()).await.unwrap();
    assert_eq!(shown.iter().map(|item| item.legal_hold).collect::<Vec<_>>(), [true, false, true]);
    assert!(ports.register.item(&key(1)).await.unwrap().summary.legal_hold);

    ports.register.set_legal_hold(&key(1), false, lifted(item_id(1))).await.unwrap();
    assert_eq!(listed(&ports, ItemFilter { legal_hold: true, ..all() }).await, [item_id(3)]);
    assert!(!ports.register.item(&key(1)).await.unwrap().summary.legal_hold);
    assert_eq!(events(&ports, &key(1)).await, ["received", "legal_hold_set", "legal_hold_lifted"]);
    assert_eq!(ports.lease(10).await.key, key(1), "a legal hold does not keep an item from being processed");
    chain::verify(&*ports.register, &TenantId::single()).await.unwrap();
}

pub(super) async fn a_legal_hold_that_changes_nothing_is_refused<S: StoreUnderTest>() {
    let ports = S::open().await;
    let key = ports.sanitized(1).await;
    let change = async |key: &ItemKey, held: bool| {
        let record = if held { set(key.id) } else { lifted(key.id) };
        ports.register.set_legal_hold(key, held, record).await
    };
    assert!(conflicts(&change(&key, false).await), "there is none to lift");
    change(&key, true).await.unwrap();
    assert!(conflicts(&change(&key, true).await), "it stands already");
    change(&key, false).await.unwrap();
    assert!(conflicts(&change(&key, false).await));
    for held in [true, false] {
        assert!(matches!(change(&super::key(9), held).await, Err(StoreError::NotFound)));
    }
    ports.settle_all(2000, Settlement::Sent).await;
    assert_eq!(ports.retention.expire(&TenantId::single(), at(9000), at(9000)).await.unwrap(), 1);
    for held in [true, false] {
        assert!(conflicts(&change(&key, held).await), "it comes too late");
    }
    assert!(!ports.register.item(&key).await.unwrap().summary.legal_hold);
    let expected = ["received", "sanitized", "legal_hold_set", "legal_hold_lifted", "delivered", "expired"];
    assert_eq!(events(&ports, &key).await, expected, "what was refused is not on record");
}

async fn listed(ports: &Ports, filter: ItemFilter) -> Vec<ItemId> {
    let items = ports.register.items(&TenantId::single(), &filter).await.unwrap();
    items.iter().map(|item| item.id).collect()
}

async fn events(ports: &Ports, key: &ItemKey) -> Vec<String> {
    let records = ports.register.item(key).await.unwrap().records;
    let bodies = records.iter().map(|record| serde_json::from_str::<serde_json::Value>(&record.body).unwrap());
    bodies.map(|body| body["event"].as_str().unwrap().to_owned()).collect()
}

fn set(id: ItemId) -> AuditEvent {
    event(Event::LegalHoldSet, id)
}

fn lifted(id: ItemId) -> AuditEvent {
    event(Event::LegalHoldLifted, id)
}
