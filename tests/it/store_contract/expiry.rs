//! The end of retention: what is destroyed, what stays, what is spared.

use temizu::audit::chain;
use temizu::domain::{Stage, TenantId};
use temizu::ports::{Operator, Settlement, StoreError};

use super::fixture::{StoreUnderTest, at, item_id, mail, operated, sanitized};
use super::{all, conflicts, key};

pub(super) async fn expiry_destroys_content_and_keeps_the_record<S: StoreUnderTest>() {
    let ports = S::open().await;
    for number in 1..=120 {
        ports.accept(number, if number == 1 { 100_000 } else { 10 }).await.unwrap();
        let lease = ports.lease(1000).await;
        let conclusion = sanitized(&lease, 10, vec![mail(number, &["a@city.example"], 20)]);
        ports.queue.conclude(lease, conclusion, Vec::new()).await.unwrap();
    }
    ports.settle_all(2000, Settlement::Refused).await;
    let tenant = TenantId::single();
    assert_eq!(ports.retention.expire(&tenant, at(111), at(5000)).await.unwrap(), 110);
    assert_eq!(ports.retention.expire(&tenant, at(111), at(5001)).await.unwrap(), 0);
    for number in [1, 2, 110] {
        let detail = ports.register.item(&key(number)).await.unwrap();
        assert_eq!(detail.summary.stage, Stage::Expired);
        assert!(detail.records.last().unwrap().body.contains(r#""event":"expired""#));
        assert!(matches!(ports.read(&key(number)).await, Err(StoreError::NotFound)));
        let retried = ports.register.operate(&key(number), Operator::Retry, operated(6000, item_id(number))).await;
        assert!(conflicts(&retried), "there is nothing left to try");
    }
    assert!(ports.read(&key(111)).await.is_ok(), "not old enough");
    let kept = ports.register.quarantine(&tenant, &all()).await.unwrap();
    assert_eq!(kept.len(), 10, "what expired is not kept any more");
    chain::verify(&*ports.register, &tenant).await.unwrap();
}

pub(super) async fn expiry_spares_what_still_waits<S: StoreUnderTest>() {
    let ports = S::open().await;
    let tenant = TenantId::single();
    let waiting = ports.sanitized(1).await;
    ports.accept(2, 10).await.unwrap();
    assert_eq!(ports.retention.expire(&tenant, at(9000), at(9000)).await.unwrap(), 0);
    ports.register.operate(&waiting, Operator::Hold, operated(2000, waiting.id)).await.unwrap();
    assert_eq!(ports.retention.expire(&tenant, at(9000), at(9000)).await.unwrap(), 0);
    ports.register.operate(&key(2), Operator::Hold, operated(2000, item_id(2))).await.unwrap();
    assert_eq!(ports.retention.expire(&tenant, at(9000), at(9000)).await.unwrap(), 1, "a held item does not wait");
    assert!(ports.read(&waiting).await.is_ok());
}
