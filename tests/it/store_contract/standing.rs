//! How far the work is on what somebody waits for, and how it is stopped.

use temizu::audit::chain;
use temizu::domain::{
    AccountId, AuditEvent, Event, FileName, ItemId, ItemKey, OfferId, Origin, Reason, Stage, TenantId, Upload,
};
use temizu::ports::{Conclusion, OfferState, Operator, Progress, Step, StoreError, TrialEnd, Unit, UploadState};

use super::fixture::{Ports, SPAN, StoreUnderTest, at, event, item_id, mailbox, operated, original, sanitized};
use super::offers::{THEN, account, batch, is_sealed, lease, offer, state, waiting};
use super::{conflicts, key, stage};

const PROGRESS: Progress = Progress { files: 5, done: 2, step: Some(Step { unit: Unit::Slides, done: 14, total: 24 }) };

/// Takes a file of an account in as item `number`, at that second.
async fn put_in(ports: &Ports, tenant: &TenantId, number: u8, by: AccountId) -> ItemKey {
    let key = ItemKey { tenant: tenant.clone(), id: item_id(number) };
    let mut writer = ports.sink.begin(key.clone()).await.unwrap();
    writer.write(&original(number, 100)).await.unwrap();
    let name = FileName::try_from("a.txt".to_owned()).unwrap();
    let upload = Upload { by, mailbox: mailbox("a@city.example"), name };
    writer.accept(Origin::Upload(upload), at(number.into())).await.unwrap();
    key
}

async fn how(ports: &Ports, key: &ItemKey) -> UploadState {
    ports.uploads.upload_state(key, account(1)).await.unwrap()
}

async fn stop(ports: &Ports, key: &ItemKey, by: AccountId) -> Result<(), StoreError> {
    let record = AuditEvent { actor: "user:hanako".to_owned(), ..event(Event::UploadWithdrawn, key.id) };
    ports.uploads.withdraw_upload(key, by, record).await
}

async fn stop_offer(ports: &Ports, by: AccountId, item: ItemId, number: u8) -> Result<(), StoreError> {
    let record = AuditEvent { actor: "user:hanako".to_owned(), ..event(Event::PasswordsWithdrawn, item) };
    let of = (item, OfferId::from_bytes([number; 16]));
    ports.offers.withdraw_offer(&TenantId::single(), by, of, record).await
}

fn missing(result: &Result<(), StoreError>) -> bool {
    matches!(result, Err(StoreError::NotFound))
}

pub(super) async fn a_standing_is_kept_with_its_lease_and_goes_with_it<S: StoreUnderTest>() {
    let (ports, tenant) = (S::open().await, TenantId::single());
    let item = put_in(&ports, &tenant, 1, account(1)).await;
    let first = ports.lease(1000).await;
    assert_eq!(how(&ports, &item).await, UploadState::Working { progress: None, since: at(1) });
    ports.standings.item_stands(&first, Some(PROGRESS)).await.unwrap();
    assert_eq!(how(&ports, &item).await, UploadState::Working { progress: Some(PROGRESS), since: at(1) });
    ports.queue.renew(&first, at(1100)).await.unwrap();
    let second = ports.lease(1200).await;
    assert!(conflicts(&ports.standings.item_stands(&first, Some(PROGRESS)).await), "the lease is another's");
    ports.standings.item_stands(&second, None).await.unwrap();
    assert_eq!(how(&ports, &item).await, UploadState::Working { progress: None, since: at(1) });
    ports.standings.item_stands(&second, Some(PROGRESS)).await.unwrap();
    let records = ports.register.item(&item).await.unwrap().records.len();
    let later = Conclusion::Deferred { retry_at: at(1300), counts: true };
    ports.queue.conclude(second, later, Vec::new()).await.unwrap();
    assert_eq!(how(&ports, &item).await, UploadState::Waiting { ahead: 0, since: at(1) });
    assert_eq!(ports.raw.texts("SELECT id FROM item WHERE standing IS NOT NULL").await.len(), 0);
    assert_eq!(ports.register.item(&item).await.unwrap().records.len(), records, "it is no state and not on record");
    // Of typed passwords the same.
    waiting(&ports, &tenant, 2).await;
    offer(&ports, &tenant, batch(1, 2, THEN)).await.unwrap();
    let trial = lease(&ports, THEN).await.unwrap();
    ports.standings.trial_stands(&trial, Some(PROGRESS)).await.unwrap();
    assert_eq!(state(&ports, 1).await.unwrap(), OfferState::Trying(Some(PROGRESS)));
    ports.trials.end_trial(trial, TrialEnd::Failed, Vec::new()).await.unwrap();
    let again = lease(&ports, THEN + 100).await.unwrap();
    assert_eq!(state(&ports, 1).await.unwrap(), OfferState::Trying(None));
    ports.trials.end_trial(again, TrialEnd::Wrong, Vec::new()).await.unwrap();
    assert_eq!(ports.raw.texts("SELECT id FROM password_offer WHERE standing IS NOT NULL").await.len(), 0);
}

pub(super) async fn an_upload_knows_how_many_stand_before_it<S: StoreUnderTest>() {
    let (ports, tenant) = (S::open().await, TenantId::single());
    let theirs = TenantId::try_from("other".to_owned()).unwrap();
    put_in(&ports, &theirs, 1, account(1)).await;
    ports.accept(1, 100).await.unwrap();
    put_in(&ports, &tenant, 2, account(2)).await;
    let own = put_in(&ports, &tenant, 3, account(1)).await;
    ports.accept(4, 100).await.unwrap();
    assert_eq!(how(&ports, &own).await, UploadState::Waiting { ahead: 2, since: at(3) });
    let first = ports.lease(1000).await;
    assert_eq!(first.key, key(1));
    assert_eq!(how(&ports, &own).await, UploadState::Waiting { ahead: 1, since: at(3) }, "it waits no more");
    ports.queue.lease(&tenant, at(1000), SPAN).await.unwrap().unwrap();
    assert_eq!(how(&ports, &own).await, UploadState::Waiting { ahead: 0, since: at(3) });
}

pub(super) async fn an_upload_that_is_stopped_is_concluded_by_nobody<S: StoreUnderTest>() {
    let (ports, tenant) = (S::open().await, TenantId::single());
    // One that waits, and one that somebody works on.
    for (number, working) in [(1, false), (2, true)] {
        let item = put_in(&ports, &tenant, number, account(1)).await;
        let under_way = if working { Some(ports.lease(1000).await) } else { None };
        stop(&ports, &item, account(1)).await.unwrap();
        assert_eq!(how(&ports, &item).await, UploadState::Stopped);
        let detail = ports.register.item(&item).await.unwrap();
        assert_eq!((detail.summary.stage, detail.summary.reason), (Stage::Quarantined, Some(Reason::Withdrawn)));
        let last = &detail.records.last().unwrap().body;
        assert!(last.contains(r#""event":"upload_withdrawn""#) && last.contains("user:hanako"), "{last}");
        assert!(ports.queue.lease(&tenant, at(1001), SPAN).await.unwrap().is_none(), "nobody works on it any more");
        if let Some(lease) = under_way {
            assert!(conflicts(&ports.standings.item_stands(&lease, Some(PROGRESS)).await));
            assert!(conflicts(&ports.queue.renew(&lease, at(2000)).await));
            let conclusion = sanitized(&lease, 100, Vec::new());
            let concluded = ports.queue.conclude(lease, conclusion, vec![event(Event::Sanitized, item.id)]).await;
            assert!(conflicts(&concluded), "what was made of it is thrown away");
        }
        assert!(conflicts(&stop(&ports, &item, account(1)).await), "only once");
        assert_eq!(ports.raw.texts("SELECT item FROM arrival").await.len(), 0);
        assert_eq!(ports.raw.texts("SELECT item FROM derivative").await.len(), 0);
    }
    assert_eq!(ports.read(&key(1)).await.unwrap().len(), 100, "kept as long as any");
    assert_eq!(ports.retention.expire(&tenant, at(1000), at(5000)).await.unwrap(), 2);
    assert!(ports.read(&key(1)).await.is_err(), "and no longer");
    chain::verify(&*ports.register, &tenant).await.unwrap();
}

pub(super) async fn what_is_not_ones_own_or_is_a_mail_is_not_stopped<S: StoreUnderTest>() {
    let (ports, tenant) = (S::open().await, TenantId::single());
    let other = TenantId::try_from("other".to_owned()).unwrap();
    // First: what it leases is the oldest.
    waiting(&ports, &tenant, 3).await;
    let item = put_in(&ports, &tenant, 1, account(2)).await;
    ports.accept(2, 100).await.unwrap();
    let elsewhere = ItemKey { tenant: other, id: item.id };
    for (foreign, by) in [(&item, account(1)), (&key(2), account(1)), (&key(9), account(1)), (&elsewhere, account(2))] {
        assert!(missing(&stop(&ports, foreign, by).await), "{foreign:?}");
        assert!(matches!(ports.uploads.upload_state(foreign, by).await, Err(StoreError::NotFound)), "{foreign:?}");
    }
    assert_eq!(stage(&ports, &item).await, Stage::Received);
    assert_eq!(stage(&ports, &key(2)).await, Stage::Received);
    offer(&ports, &tenant, batch(1, 3, THEN)).await.unwrap();
    assert!(missing(&stop_offer(&ports, account(2), item_id(3), 1).await), "another's");
    assert!(missing(&stop_offer(&ports, account(1), item_id(2), 1).await), "of another mail");
    assert!(is_sealed(&ports, 1).await);
    chain::verify(&*ports.register, &tenant).await.unwrap();
}

pub(super) async fn what_has_ended_is_not_stopped<S: StoreUnderTest>() {
    let (ports, tenant) = (S::open().await, TenantId::single());
    let item = put_in(&ports, &tenant, 1, account(1)).await;
    let lease = ports.lease(1000).await;
    let conclusion = Conclusion::Quarantined { reason: Reason::Corrupt, notices: Vec::new() };
    ports.queue.conclude(lease, conclusion, Vec::new()).await.unwrap();
    assert_eq!(how(&ports, &item).await, UploadState::Ended);
    assert!(conflicts(&stop(&ports, &item, account(1)).await));
    assert_eq!(ports.register.item(&item).await.unwrap().summary.reason, Some(Reason::Corrupt));
    // An operator has it made anew: the reader has seen a result of it already.
    ports.register.operate(&item, Operator::Retry, operated(2000, item.id)).await.unwrap();
    assert!(conflicts(&stop(&ports, &item, account(1)).await));
    assert_eq!(stage(&ports, &item).await, Stage::Received);
}

pub(super) async fn passwords_that_are_stopped_are_gone_and_tried_by_nobody<S: StoreUnderTest>() {
    let (ports, tenant) = (S::open().await, TenantId::single());
    waiting(&ports, &tenant, 1).await;
    // They wait.
    offer(&ports, &tenant, batch(1, 1, THEN)).await.unwrap();
    stop_offer(&ports, account(1), item_id(1), 1).await.unwrap();
    assert!(!is_sealed(&ports, 1).await && lease(&ports, THEN).await.is_none());
    assert!(matches!(state(&ports, 1).await, Err(StoreError::NotFound)));
    // Somebody tries them.
    offer(&ports, &tenant, batch(2, 1, THEN)).await.unwrap();
    let trial = lease(&ports, THEN).await.unwrap();
    stop_offer(&ports, account(1), item_id(1), 2).await.unwrap();
    assert!(!is_sealed(&ports, 2).await);
    assert!(conflicts(&ports.standings.trial_stands(&trial, Some(PROGRESS)).await));
    assert!(conflicts(&ports.trials.renew_trial(&trial, at(THEN + 100)).await));
    assert!(conflicts(&ports.trials.end_trial(trial, TrialEnd::Wrong, Vec::new()).await));
    let counted = ports.raw.texts("SELECT mailbox FROM arrival WHERE wrong_passwords > 0").await;
    assert_eq!(counted.len(), 0, "what was stopped does not count");
    let last = ports.register.item(&key(1)).await.unwrap().records.last().unwrap().body.clone();
    assert!(last.contains(r#""event":"passwords_withdrawn""#), "{last}");
    // They are over.
    offer(&ports, &tenant, batch(3, 1, THEN)).await.unwrap();
    let trial = lease(&ports, THEN).await.unwrap();
    ports.trials.end_trial(trial, TrialEnd::Wrong, Vec::new()).await.unwrap();
    assert!(conflicts(&stop_offer(&ports, account(1), item_id(1), 3).await));
    assert_eq!(state(&ports, 3).await.unwrap(), OfferState::Wrong);
    chain::verify(&*ports.register, &tenant).await.unwrap();
}
