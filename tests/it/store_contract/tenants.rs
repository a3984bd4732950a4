//! Two tenants on one store: what is the one's never shows, changes or moves anything of the other's.

use temizu::audit::chain;
use temizu::domain::{AuditRecord, Digest, Event, ItemKey, MessageId, Reason, Stage, Status, TenantId};
use temizu::ports::{Conclusion, ItemDetail, ItemFilter, Lease, Operator, QuarantineEntry, Settlement, StoreError};

use super::fixture::{
    Ports, SPAN, StoreUnderTest, at, decision, event, facts, item_id, mail, operated, origin, original,
};
use super::{all, conflicts, statuses};

/// A municipality. Both use the same item ids, and so the same references.
struct Town {
    tenant: TenantId,
    recipient: &'static str,
    message_id: &'static str,
    /// Numbers the Message-ID of the composed mail.
    mail: u8,
    /// Of the originals, in bytes.
    length: usize,
}

/// Above what is kept in rows: the objects of two tenants must not be taken for one another either.
const LARGE: usize = 5000;

/// All that a tenant's people can read.
#[derive(Debug, PartialEq)]
struct Everything {
    items: Vec<ItemDetail>,
    originals: Vec<Option<Vec<u8>>>,
    quarantine: Vec<QuarantineEntry>,
    records: Vec<AuditRecord>,
    head: (u64, Digest),
}

impl Town {
    fn pair() -> [Self; 2] {
        let (city, town) = (TenantId::single(), TenantId::try_from("town".to_owned()).unwrap());
        [
            Self {
                tenant: city,
                recipient: "a@city.example",
                message_id: "<c@sender.example>",
                mail: 1,
                length: LARGE,
            },
            Self {
                tenant: town,
                recipient: "z@town.example",
                message_id: "<t@sender.example>",
                mail: 2,
                length: LARGE + 1,
            },
        ]
    }

    /// Each of the two with the other.
    fn both([one, two]: &[Self; 2]) -> [(&Self, &Self); 2] {
        [(one, two), (two, one)]
    }

    fn key(&self, number: u8) -> ItemKey {
        ItemKey { tenant: self.tenant.clone(), id: item_id(number) }
    }

    fn original(&self, number: u8) -> Vec<u8> {
        original(number, self.length)
    }

    async fn accept(&self, ports: &Ports, number: u8) -> ItemKey {
        let key = self.key(number);
        let mut writer = ports.sink.begin(key.clone()).await.unwrap();
        writer.write(&self.original(number)).await.unwrap();
        writer.accept(origin(&[self.recipient]), at(number.into())).await.unwrap();
        key
    }

    fn conclusion(&self, lease: &Lease) -> Conclusion {
        let mut facts = Box::new(facts(lease));
        facts.headers.message_id = Some(MessageId::try_from(self.message_id.to_owned()).unwrap());
        let mails = vec![mail(self.mail, &[self.recipient], LARGE)];
        let (derivatives, notices) = (Vec::new(), Vec::new());
        let (outcomes, opened) = (Vec::new(), Vec::new());
        Conclusion::Sanitized {
            facts,
            decision: decision(None),
            derivatives,
            mails,
            notices,
            passwords: None,
            outcomes,
            opened,
            names: Vec::new(),
        }
    }

    async fn conclude(&self, ports: &Ports, lease: Lease) {
        let record = event(Event::Sanitized, lease.key.id);
        let conclusion = self.conclusion(&lease);
        ports.queue.conclude(lease, conclusion, vec![record]).await.unwrap();
    }

    /// Item 1 waits in the outbox, item 2 is in quarantine, item 3 waits to be processed.
    async fn fill(&self, ports: &Ports) {
        self.accept(ports, 1).await;
        self.conclude(ports, ports.lease_for(&self.tenant, 1000).await).await;
        self.accept(ports, 2).await;
        let lease = ports.lease_for(&self.tenant, 1000).await;
        let quarantined = Conclusion::Quarantined { reason: Reason::TooDeep, notices: Vec::new() };
        ports.queue.conclude(lease, quarantined, vec![event(Event::Quarantined, item_id(2))]).await.unwrap();
        self.accept(ports, 3).await;
    }

    async fn items(&self, ports: &Ports, filter: ItemFilter) -> Vec<ItemKey> {
        let items = ports.register.items(&self.tenant, &filter).await.unwrap();
        items.iter().map(|item| ItemKey { tenant: self.tenant.clone(), id: item.id }).collect()
    }

    async fn found(&self, ports: &Ports, text: &str) -> usize {
        self.items(ports, ItemFilter { text: Some(text.to_owned()), ..all() }).await.len()
    }

    async fn everything(&self, ports: &Ports) -> Everything {
        let (mut items, mut originals) = (Vec::new(), Vec::new());
        for key in self.items(ports, all()).await {
            items.push(ports.register.item(&key).await.unwrap());
            originals.push(ports.read(&key).await.ok());
        }
        Everything {
            items,
            originals,
            quarantine: ports.register.quarantine(&self.tenant, &all()).await.unwrap(),
            records: ports.register.records(&self.tenant, 0, 1000).await.unwrap(),
            head: ports.register.head(&self.tenant).await.unwrap(),
        }
    }
}

pub(super) async fn two_tenants_may_have_the_same_item<S: StoreUnderTest>() {
    let ports = S::open().await;
    let [city, town] = Town::pair();
    city.accept(&ports, 1).await;
    assert!(matches!(ports.read(&town.key(1)).await, Err(StoreError::NotFound)));
    assert!(matches!(ports.register.item(&town.key(1)).await, Err(StoreError::NotFound)));
    town.accept(&ports, 1).await;
    for town in [&city, &town] {
        let item = ports.register.item(&town.key(1)).await.unwrap();
        assert_eq!(item.summary.reference, item_id(1).reference());
        assert_eq!((item.digest, item.origin), (Digest::of(&town.original(1)), origin(&[town.recipient])));
        assert_eq!(ports.read(&town.key(1)).await.unwrap(), town.original(1));
        assert_eq!(item.records.len(), 1, "its own `received` only");
    }
}

pub(super) async fn tenants_see_nothing_of_each_other<S: StoreUnderTest>() {
    let ports = S::open().await;
    let towns = Town::pair();
    towns[0].fill(&ports).await;
    let nothing = towns[1].everything(&ports).await;
    assert_eq!((nothing.items.len(), nothing.quarantine.len(), nothing.records.len()), (0, 0, 0));
    assert_eq!(nothing.head, (0, AuditRecord::GENESIS));
    let before = towns[0].everything(&ports).await;
    towns[1].fill(&ports).await;
    assert_eq!(towns[0].everything(&ports).await, before);

    for (town, other) in Town::both(&towns) {
        let seen = town.everything(&ports).await;
        let expected: Vec<_> = [3, 2, 1].map(|number| Some(town.original(number))).into();
        assert_eq!(seen.originals, expected);
        assert!(seen.items.iter().all(|item| item.origin == origin(&[town.recipient])));
        let copies = &seen.items[2].recipients_state;
        assert_eq!(copies.iter().map(|copy| copy.recipient.as_str()).collect::<Vec<_>>(), [town.recipient]);
        assert_eq!(seen.items[2].records.len(), 2);
        assert_eq!(seen.quarantine.iter().map(|entry| entry.id).collect::<Vec<_>>(), [item_id(2), item_id(1)]);
        assert!(seen.quarantine.iter().all(|entry| entry.recipients == origin(&[town.recipient]).recipients()));
        let new = |town: &Town| format!("new.{}@temizu.example", town.mail);
        for (text, hits) in [(town.recipient, 3), (town.message_id, 1), (&new(town), 1), (&item_id(2).to_string(), 1)] {
            assert_eq!(town.found(&ports, text).await, hits, "{text}");
        }
        assert_eq!(town.found(&ports, &item_id(2).reference().to_string()).await, 1);
        for text in [other.recipient, other.message_id, &new(other)] {
            assert_eq!(town.found(&ports, text).await, 0, "{text}");
        }
    }
}

pub(super) async fn a_tenant_leases_only_what_is_its_own<S: StoreUnderTest>() {
    let ports = S::open().await;
    let [city, town] = Town::pair();
    city.accept(&ports, 1).await;
    assert!(ports.queue.lease(&town.tenant, at(1000), SPAN).await.unwrap().is_none());
    town.accept(&ports, 1).await;
    let (ours, theirs) = (ports.lease_for(&city.tenant, 1000).await, ports.lease_for(&town.tenant, 1000).await);
    assert_eq!((&ours.key, &theirs.key), (&city.key(1), &town.key(1)));
    ports.queue.renew(&ours, at(2000)).await.unwrap();
    assert!(ports.queue.lease(&city.tenant, at(1060), SPAN).await.unwrap().is_none());
    let theirs_again = ports.lease_for(&town.tenant, 1060).await;
    assert!(conflicts(&ports.queue.renew(&theirs, at(2000)).await), "theirs had run out: ours alone was renewed");
    city.conclude(&ports, ours).await;
    assert_eq!(super::stage(&ports, &town.key(1)).await, Stage::Received);
    assert!(ports.outbox.lease(&town.tenant, at(2000), SPAN).await.unwrap().is_none());
    town.conclude(&ports, theirs_again).await;

    let ours = ports.lease_mail_for(&city.tenant, 3000).await;
    assert!(ports.outbox.lease(&city.tenant, at(3000), SPAN).await.unwrap().is_none());
    let theirs = ports.lease_mail_for(&town.tenant, 3000).await;
    assert_eq!((&ours.key, &theirs.key), (&city.key(1), &town.key(1)));
    assert_eq!((ours.forward_paths.len(), theirs.attempt), (1, 1));
    assert_ne!(ours.digest, theirs.digest);
    ports.outbox.renew(&ours, at(4000)).await.unwrap();
    let theirs_again = ports.lease_mail_for(&town.tenant, 3060).await;
    assert!(conflicts(&ports.settle(theirs, Settlement::Sent, 0).await));
    ports.settle(ours, Settlement::Sent, 0).await.unwrap();
    assert_eq!(statuses(&ports, &city.key(1)).await, [Status::Sent]);
    assert_eq!(statuses(&ports, &town.key(1)).await, [Status::Waiting]);
    ports.settle(theirs_again, Settlement::Refused, 0).await.unwrap();
    assert_eq!(statuses(&ports, &city.key(1)).await, [Status::Sent]);
    assert_eq!(statuses(&ports, &town.key(1)).await, [Status::Refused]);
}

pub(super) async fn a_tenant_operates_only_on_what_is_its_own<S: StoreUnderTest>() {
    let ports = S::open().await;
    let towns = Town::pair();
    towns[0].fill(&ports).await;
    let foreign = towns[1].key(1);
    for what in [Operator::Retry, Operator::Hold, Operator::Release] {
        let refused = ports.register.operate(&foreign, what, operated(2000, foreign.id)).await;
        assert!(matches!(refused, Err(StoreError::NotFound)), "{what:?}");
    }
    let refused = ports.register.set_legal_hold(&foreign, true, operated(2000, foreign.id)).await;
    assert!(matches!(refused, Err(StoreError::NotFound)));
    assert!(ports.register.records(&towns[1].tenant, 0, 10).await.unwrap().is_empty());

    towns[1].fill(&ports).await;
    ports.register.operate(&towns[0].key(3), Operator::Retry, operated(2500, item_id(3))).await.unwrap();
    assert!(ports.queue.lease(&towns[0].tenant, at(10), SPAN).await.unwrap().is_none(), "put off by the retry");
    let lease = ports.lease_for(&towns[1].tenant, 10).await;
    let again = Conclusion::Deferred { retry_at: at(10), counts: false };
    ports.queue.conclude(lease, again, Vec::new()).await.unwrap();

    act(&ports, &towns, 1, Operator::Hold).await;
    act(&ports, &towns, 1, Operator::Release).await;
    for town in &towns {
        let dispatch = ports.lease_mail_for(&town.tenant, 2600).await;
        ports.settle(dispatch, Settlement::Refused, 0).await.unwrap();
    }
    for (number, what) in [(1, Operator::Retry), (2, Operator::Retry), (3, Operator::Hold), (3, Operator::Release)] {
        act(&ports, &towns, number, what).await;
    }
}

/// First the one, then the other: when the first acts, the act would change something of the other's as well.
async fn act(ports: &Ports, towns: &[Town; 2], number: u8, what: Operator) {
    for (town, other) in Town::both(towns) {
        let before = other.everything(ports).await;
        ports.register.operate(&town.key(number), what, operated(2500, item_id(number))).await.unwrap();
        assert_eq!(other.everything(ports).await, before, "{number} {what:?}");
    }
}

pub(super) async fn a_tenants_legal_holds_and_rules_are_its_own<S: StoreUnderTest>() {
    let ports = S::open().await;
    let towns = Town::pair();
    for town in &towns {
        town.fill(&ports).await;
    }
    for (held, what) in [(true, Event::LegalHoldSet), (false, Event::LegalHoldLifted)] {
        for (town, other) in Town::both(&towns) {
            let before = other.everything(&ports).await;
            ports.register.set_legal_hold(&town.key(1), held, event(what, item_id(1))).await.unwrap();
            assert_eq!(other.everything(&ports).await, before, "{what:?}");
            let listed = town.items(&ports, ItemFilter { legal_hold: true, ..all() }).await;
            assert_eq!(listed, if held { vec![town.key(1)] } else { Vec::new() });
        }
    }
    for (town, other) in Town::both(&towns) {
        let before = other.everything(&ports).await;
        let (rules, record) = (Digest::of(b"rules"), event(Event::RulesLoaded, item_id(9)));
        assert!(ports.register.keep_rules(&town.tenant, rules, "rules", record.clone()).await.unwrap());
        assert!(!ports.register.keep_rules(&town.tenant, rules, "rules", record).await.unwrap());
        assert_eq!(other.everything(&ports).await, before);
    }
}

pub(super) async fn what_expires_for_one_tenant_stays_for_the_other<S: StoreUnderTest>() {
    let ports = S::open().await;
    let towns = Town::pair();
    for town in &towns {
        town.fill(&ports).await;
        let dispatch = ports.lease_mail_for(&town.tenant, 2000).await;
        ports.settle(dispatch, Settlement::Refused, 0).await.unwrap();
    }
    let nobody = TenantId::try_from("nobody".to_owned()).unwrap();
    assert_eq!(ports.retention.expire(&nobody, at(9000), at(9000)).await.unwrap(), 0);
    for (town, other) in Town::both(&towns) {
        let before = other.everything(&ports).await;
        assert_eq!(ports.retention.expire(&town.tenant, at(9000), at(9000)).await.unwrap(), 2);
        assert_eq!(other.everything(&ports).await, before);
        let originals = town.everything(&ports).await.originals;
        assert_eq!(originals, [Some(town.original(3)), None, None], "item 3 still waits");
    }
}

pub(super) async fn the_chains_of_two_tenants_are_verified_apart<S: StoreUnderTest>() {
    let ports = S::open().await;
    let [city, town] = Town::pair();
    city.fill(&ports).await;
    let ours = chain::verify(&*ports.register, &city.tenant).await.unwrap();
    assert_eq!(chain::verify(&*ports.register, &town.tenant).await.unwrap().count, 0);
    ports.register.record(&town.tenant, event(Event::Started, item_id(9))).await.unwrap();
    town.fill(&ports).await;
    assert_eq!(chain::verify(&*ports.register, &city.tenant).await.unwrap(), ours);
    let theirs = chain::verify(&*ports.register, &town.tenant).await.unwrap();
    assert_eq!((ours.count, theirs.count), (5, 6));
    assert_ne!(ours.head, theirs.head);
    for (town, verified) in [(&city, ours), (&town, theirs)] {
        let seen = town.everything(&ports).await;
        assert_eq!(seen.head, (verified.count, verified.head));
        assert_eq!((seen.records[0].sequence, seen.records[0].previous), (1, AuditRecord::GENESIS));
    }
}
