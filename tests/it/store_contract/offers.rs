//! Passwords that staff type: kept sealed, leased, tried, counted and gone.

use std::time::Duration;

use temizu::audit::chain;
use temizu::domain::{
    AccountId, Arrival, ArrivalFile, AuditEvent, Event, HeaderFacts, ItemKey, OfferId, PartOutcome, Password, Reason,
    SenderFacts, TenantId,
};
use temizu::ports::{Conclusion, Offer, OfferState, Opened, StoreError, Trial, TrialEnd, Viewer};

use super::fixture::{
    Ports, SPAN, StoreUnderTest, at, decision, derivative, event, item_id, mail, mailbox, sanitized, with_passwords,
};
use super::{all, conflicts, key};

const READER: &str = "a@city.example";
const TYPED: &str = "Zq9Xk27Lm";
/// When they are typed.
pub(super) const THEN: i64 = 10_000;

pub(super) fn account(number: u8) -> AccountId {
    AccountId::from_bytes([number; 16])
}

fn viewer(tenant: &TenantId) -> Viewer {
    Viewer { tenant: tenant.clone(), account: account(1), mailboxes: vec![READER.to_owned()] }
}

pub(super) fn batch(number: u8, item: u8, second: i64) -> Offer {
    let passwords = ["wrong", TYPED].map(|text| Password::new(text.to_owned()).unwrap()).to_vec();
    Offer {
        id: OfferId::from_bytes([number; 16]),
        item: item_id(item),
        account: account(1),
        mailbox: READER.to_owned(),
        passwords,
        by_mail: false,
        at: at(second),
    }
}

pub(super) async fn offer(ports: &Ports, tenant: &TenantId, offer: Offer) -> Result<(), StoreError> {
    let record = AuditEvent { actor: "user:hanako".to_owned(), ..event(Event::PasswordsTyped, offer.item) };
    ports.offers.offer(&viewer(tenant), offer, 2, record).await
}

pub(super) async fn state(ports: &Ports, number: u8) -> Result<OfferState, StoreError> {
    ports.offers.offer_state(&TenantId::single(), account(1), OfferId::from_bytes([number; 16])).await
}

pub(super) async fn lease(ports: &Ports, second: i64) -> Option<Trial> {
    ports.trials.lease_trial(&TenantId::single(), at(second), SPAN).await.unwrap()
}

/// The file of the mail, locked.
fn locked(facts: &temizu::domain::Facts) -> ArrivalFile {
    let mut part = facts.parts[0].clone();
    part.encrypted = true;
    let mut outcome: PartOutcome = mail(1, &[READER], 20).outcomes[0].clone();
    outcome.reason = Some(Reason::PasswordRequired);
    ArrivalFile { part, findings: Vec::new(), outcome, now: None }
}

/// An item of which one mailbox sees that it waits for a password.
pub(super) async fn waiting(ports: &Ports, tenant: &TenantId, number: u8) -> ItemKey {
    ports.accept_for(tenant.clone(), number, 100).await.unwrap();
    let lease = ports.lease_for(tenant, 1000).await;
    let key = lease.key.clone();
    let mut conclusion =
        with_passwords(sanitized(&lease, 100, vec![mail(number, &[READER, "b@city.example"], 100)]), &[]);
    let Conclusion::Sanitized { facts, mails, .. } = &mut conclusion else { panic!() };
    mails[0].outcomes[0].reason = Some(Reason::PasswordRequired);
    let arrival = Arrival {
        id: key.id,
        mailbox: mailbox(READER),
        received_at: at(number.into()),
        length: 100,
        reverse_path: "taro@sender.example".to_owned(),
        headers: HeaderFacts::default(),
        sender: SenderFacts::default(),
        uploaded_by: None,
        findings: Vec::new(),
        parts: vec![locked(facts)],
    };
    ports.queue.conclude(lease, conclusion, Vec::new()).await.unwrap();
    // Where the store writes these rows itself, they are as this test wants them all the same.
    let about = serde_json::to_string(&arrival).unwrap();
    ports
        .raw
        .texts(&format!(
            "INSERT INTO arrival (tenant, mailbox, item, received_at, state, has_files, attachments, length, sender, \
             subject, files, message_id, about) \
             VALUES ('{}', '{READER}', '{}', 1, 'password', FALSE, 1, 100, '', '', '', '', '{about}') \
             ON CONFLICT (tenant, mailbox, item) DO UPDATE SET state = 'password', about = '{about}' RETURNING item",
            tenant.as_str(),
            key.id
        ))
        .await;
    key
}

/// True while the batch holds anything sealed.
pub(super) async fn is_sealed(ports: &Ports, number: u8) -> bool {
    let id = OfferId::from_bytes([number; 16]);
    let sql = format!("SELECT state FROM password_offer WHERE sealed IS NOT NULL AND id = '{id}'");
    !ports.raw.texts(&sql).await.is_empty()
}

fn passwords(trial: &Trial) -> Vec<&str> {
    trial.offer.passwords.iter().map(Password::reveal).collect()
}

pub(super) async fn passwords_are_refused_where_none_is_wanted<S: StoreUnderTest>() {
    let (ports, tenant) = (S::open().await, TenantId::single());
    let missing = |result: Result<(), StoreError>| matches!(result, Err(StoreError::NotFound));
    ports.sanitized(1).await;
    assert!(missing(offer(&ports, &tenant, batch(1, 1, THEN)).await), "it waits for no password");
    assert!(missing(offer(&ports, &tenant, batch(1, 9, THEN)).await), "there is no such item");
    waiting(&ports, &tenant, 2).await;
    let theirs = Offer { mailbox: "b@city.example".to_owned(), ..batch(1, 2, THEN) };
    assert!(missing(offer(&ports, &tenant, theirs).await), "the viewer does not read for that mailbox");
    offer(&ports, &tenant, batch(1, 2, THEN)).await.unwrap();
    assert!(conflicts(&offer(&ports, &tenant, batch(2, 2, THEN)).await), "others are being tried");
    assert!(is_sealed(&ports, 1).await && !is_sealed(&ports, 2).await);
    assert_eq!(state(&ports, 1).await.unwrap(), OfferState::Queued(0));
    assert!(matches!(state(&ports, 2).await, Err(StoreError::NotFound)));
    let other = ports.offers.offer_state(&tenant, account(2), OfferId::from_bytes([1; 16])).await;
    assert!(matches!(other, Err(StoreError::NotFound)), "it is another account's");
    let records = ports.register.item(&key(2)).await.unwrap().records;
    assert!(records.last().unwrap().body.contains(r#""event":"passwords_typed""#));
    chain::verify(&*ports.register, &tenant).await.unwrap();
}

pub(super) async fn a_batch_is_leased_by_one_and_again_when_its_lease_ran_out<S: StoreUnderTest>() {
    let (ports, tenant) = (S::open().await, TenantId::single());
    for number in [1, 2] {
        waiting(&ports, &tenant, number).await;
        offer(&ports, &tenant, batch(number, number, THEN + i64::from(number))).await.unwrap();
    }
    assert_eq!(state(&ports, 2).await.unwrap(), OfferState::Queued(1));
    let first = lease(&ports, THEN + 10).await.unwrap();
    assert_eq!((first.key.clone(), first.attempt, first.actor.as_str()), (key(1), 1, "user:hanako"));
    assert_eq!(passwords(&first), ["wrong", TYPED]);
    assert!(first.facts.parts[0].encrypted);
    assert_eq!(state(&ports, 1).await.unwrap(), OfferState::Trying(None));
    assert_eq!(lease(&ports, THEN + 10).await.unwrap().key, key(2));
    assert!(lease(&ports, THEN + 11).await.is_none());
    ports.trials.renew_trial(&first, at(THEN + 200)).await.unwrap();
    let again = lease(&ports, THEN + 100).await.unwrap();
    assert_eq!((again.key.clone(), again.attempt), (key(2), 2), "its lease ran out, the other's was renewed");
    let third = lease(&ports, THEN + 300).await.unwrap();
    assert!(conflicts(&ports.trials.renew_trial(&first, at(THEN + 400)).await));
    assert!(conflicts(&ports.trials.end_trial(first, TrialEnd::Wrong, Vec::new()).await), "the lease is lost");
    assert!(is_sealed(&ports, 1).await);
    ports.trials.end_trial(third, TrialEnd::Wrong, vec![event(Event::PasswordsWrong, item_id(1))]).await.unwrap();
    assert_eq!(state(&ports, 1).await.unwrap(), OfferState::Wrong);
    assert!(!is_sealed(&ports, 1).await);
}

pub(super) async fn a_batch_that_fails_three_times_is_over<S: StoreUnderTest>() {
    let (ports, tenant) = (S::open().await, TenantId::single());
    for number in [1, 2] {
        waiting(&ports, &tenant, number).await;
    }
    offer(&ports, &tenant, batch(1, 1, THEN)).await.unwrap();
    for attempt in 1..=3 {
        let trial = lease(&ports, THEN + 100 * attempt).await.unwrap();
        assert!(is_sealed(&ports, 1).await);
        ports.trials.end_trial(trial, TrialEnd::Failed, Vec::new()).await.unwrap();
    }
    assert_eq!(state(&ports, 1).await.unwrap(), OfferState::Failed);
    assert!(!is_sealed(&ports, 1).await && lease(&ports, THEN + 1000).await.is_none());
    // Whoever tries the second one dies each time.
    offer(&ports, &tenant, batch(2, 2, THEN)).await.unwrap();
    for attempt in 1..=3u32 {
        assert_eq!(lease(&ports, THEN + 1000 + 100 * i64::from(attempt)).await.unwrap().attempt, attempt);
    }
    assert!(lease(&ports, THEN + 2000).await.is_none());
    assert_eq!(state(&ports, 2).await.unwrap(), OfferState::Failed);
    assert!(!is_sealed(&ports, 2).await);
    offer(&ports, &tenant, batch(3, 1, THEN)).await.unwrap();
}

pub(super) async fn passwords_that_nobody_tries_are_forgotten<S: StoreUnderTest>() {
    let (ports, tenant) = (S::open().await, TenantId::single());
    waiting(&ports, &tenant, 1).await;
    offer(&ports, &tenant, batch(1, 1, THEN)).await.unwrap();
    assert!(lease(&ports, THEN + 3601).await.is_none());
    assert!(!is_sealed(&ports, 1).await);
    assert_eq!(state(&ports, 1).await.unwrap(), OfferState::Failed, "its time is over");
    let detail = ports.arrivals.arrival(&viewer(&tenant), item_id(1), None).await.unwrap();
    let [typed] = detail.typed.as_slice() else { panic!("that some were typed is told") };
    assert_eq!((typed.count, typed.state, typed.by.is_none()), (2, OfferState::Failed, true));
}

pub(super) async fn wrong_passwords_are_counted_up_to_the_limit<S: StoreUnderTest>() {
    let (ports, tenant) = (S::open().await, TenantId::single());
    waiting(&ports, &tenant, 1).await;
    for number in [1, 2] {
        offer(&ports, &tenant, batch(number, 1, THEN)).await.unwrap();
        let trial = lease(&ports, THEN).await.unwrap();
        let record = event(Event::PasswordsWrong, item_id(1));
        ports.trials.end_trial(trial, TrialEnd::Wrong, vec![record]).await.unwrap();
    }
    assert!(conflicts(&offer(&ports, &tenant, batch(3, 1, THEN)).await));
    assert!(!is_sealed(&ports, 3).await);
    chain::verify(&*ports.register, &tenant).await.unwrap();
}

/// What was opened: an archive with something in it that is kept back for good.
fn opened(trial: &Trial) -> Opened {
    let mut facts = trial.facts.clone();
    facts.parts[0].encrypted = false;
    let mut inside = facts.parts[0].clone();
    inside.path = "2.1".parse().unwrap();
    facts.parts.push(inside);
    let written = temizu::domain::Derivative::vouch(
        "2".parse().unwrap(),
        bytes::Bytes::from(vec![b'z'; 9000]),
        derivative(1).about().clone(),
    );
    let kept = PartOutcome { path: "2.1".parse().unwrap(), ..mail(1, &[READER], 20).outcomes[0].clone() };
    let now = PartOutcome {
        path: "2".parse().unwrap(),
        action: temizu::domain::Action::Rebuild,
        reason: None,
        derivative: Some(written.digest()),
        ..kept.clone()
    };
    Opened {
        key: trial.key.clone(),
        facts,
        decision: decision(None),
        roots: vec!["2".parse().unwrap()],
        groups: vec![(vec![mailbox("A@city.example"), mailbox("b@city.example")], vec![now, kept])],
        derivatives: vec![written],
        names: Vec::new(),
    }
}

pub(super) async fn what_typed_passwords_open_takes_the_place_of_what_was_locked<S: StoreUnderTest>() {
    let (ports, tenant) = (S::open().await, TenantId::single());
    let item = waiting(&ports, &tenant, 1).await;
    ports.settle_all(2000, temizu::ports::Settlement::Sent).await;
    offer(&ports, &tenant, Offer { by_mail: true, ..batch(1, 1, THEN) }).await.unwrap();
    let trial = lease(&ports, THEN).await.unwrap();
    let end = TrialEnd::Opened { opened: Box::new(opened(&trial)), mail: Some(mail(7, &[READER], 9000)) };
    ports.trials.end_trial(trial, end, vec![event(Event::PasswordOpened, item.id)]).await.unwrap();
    assert_eq!(state(&ports, 1).await.unwrap(), OfferState::Opened);
    assert!(!is_sealed(&ports, 1).await);

    let kept = ports.register.quarantine(&tenant, &all()).await.unwrap();
    let kept: Vec<_> = kept.iter().map(|entry| (entry.part.as_str(), entry.reason)).collect();
    assert_eq!(kept, [("2.1", Reason::TypeNotAllowed)]);
    let facts = ports.register.item(&item).await.unwrap().facts.unwrap();
    assert_eq!(facts.parts.iter().map(|part| part.encrypted).collect::<Vec<_>>(), [false, false]);
    let about =
        ports.raw.texts(&format!("SELECT about FROM arrival WHERE mailbox = '{READER}'")).await.remove(0).unwrap();
    let arrival: Arrival = serde_json::from_str(&about).unwrap();
    assert_eq!(arrival.parts.iter().map(|file| file.part.path.to_string()).collect::<Vec<_>>(), ["2", "2.1"]);
    assert_eq!(arrival.parts[0].now.as_ref().map(|now| now.length), Some(9000));
    // Everybody of the group who got the mail sees what was opened.
    let states = ports.raw.texts("SELECT state FROM arrival WHERE has_files").await;
    assert_eq!(states, [Some("withheld".to_owned()), Some("withheld".to_owned())]);

    assert_eq!(super::stage(&ports, &item).await, temizu::domain::Stage::Sanitized, "one more mail waits");
    let dispatch = ports.lease_mail(THEN).await;
    assert_eq!((dispatch.number, dispatch.forward_paths.clone()), (1, vec![mailbox(READER)]));
    ports.settle(dispatch, temizu::ports::Settlement::Sent, THEN).await.unwrap();
    assert_eq!(super::stage(&ports, &item).await, temizu::domain::Stage::Delivered);
    assert!(matches!(offer(&ports, &tenant, batch(2, 1, THEN)).await, Err(StoreError::NotFound)));
    chain::verify(&*ports.register, &tenant).await.unwrap();
}

pub(super) async fn a_tenant_offers_and_leases_only_what_is_its_own<S: StoreUnderTest>() {
    let (ports, ours) = (S::open().await, TenantId::single());
    let theirs = TenantId::try_from("other".to_owned()).unwrap();
    waiting(&ports, &ours, 1).await;
    assert!(matches!(offer(&ports, &theirs, batch(1, 1, THEN)).await, Err(StoreError::NotFound)));
    offer(&ports, &ours, batch(1, 1, THEN)).await.unwrap();
    let span = Duration::from_secs(60);
    assert!(ports.trials.lease_trial(&theirs, at(THEN), span).await.unwrap().is_none());
    let state = ports.offers.offer_state(&theirs, account(1), OfferId::from_bytes([1; 16])).await;
    assert!(matches!(state, Err(StoreError::NotFound)));
    waiting(&ports, &theirs, 1).await;
    offer(&ports, &theirs, batch(1, 1, THEN)).await.unwrap();
    let trial = ports.trials.lease_trial(&theirs, at(THEN), span).await.unwrap().unwrap();
    ports.trials.end_trial(trial, TrialEnd::Wrong, Vec::new()).await.unwrap();
    assert!(is_sealed(&ports, 1).await, "ours is not theirs");
    let counted = ports.raw.texts("SELECT tenant FROM arrival WHERE wrong_passwords = 1").await;
    assert_eq!(counted, [Some("other".to_owned())]);
}
