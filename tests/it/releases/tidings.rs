//! The contract of tidings: who is told what, once; on every kind of store.

use temizu::audit::chain;
use temizu::domain::office::DigestTimes;
use temizu::domain::{Event, ItemId, Status, TenantId, TidingKind};
use temizu::ports::{DigestQuery, Judgement, Ruling, Settlement, StoreError, Tiding};

use super::office::{Embedded, Kind, Office, Scaleout, account, approval, city, key, record, request_id, today, wish};
use crate::store_contract::fixture::{at, item_id, mail};

macro_rules! contract {
    ($($store:ident as $module:ident),+; $cases:tt) => { $(contract!(@store $store $module $cases);)+ };
    (@store $store:ident $module:ident [$($case:ident),+ $(,)?]) => {
        mod $module {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $case() { super::$case::<super::$store>().await; })+
        }
    };
}

contract! {
    Embedded as embedded, Scaleout as scaleout; [
        approvers_and_their_deputies_are_told_of_a_request,
        what_was_told_waits_in_the_outbox_and_is_never_told_again,
        of_two_processes_one_tells,
        the_requester_is_told_what_became_of_it,
        whoever_gets_no_mail_is_not_told_and_that_is_forgotten,
        what_does_not_wait_any_more_is_not_told,
        a_digest_lists_what_waits_for_its_reader_and_nothing_else,
        a_digest_tells_each_item_once,
        digests_go_to_whoever_wants_them_at_that_time,
        what_is_told_is_told_within_its_tenant,
        what_a_digest_told_is_forgotten_with_the_original,
    ]
}

async fn due(office: &Office) -> Vec<(TidingKind, usize)> {
    let all = office.store.due_tidings(&city(), 100).await.unwrap();
    all.iter().map(|tiding| (tiding.kind, number(tiding))).collect()
}

fn number(tiding: &Tiding) -> usize {
    (0..=255).find(|number| account(*number) == tiding.account).unwrap().into()
}

async fn tell(office: &Office, tiding: &Tiding) -> Result<(), StoreError> {
    let (item, _) = *tiding.items.last().unwrap();
    let mail = mail(1, &[tiding.mailbox.as_str()], 100);
    office.store.told(&city(), tiding, mail, record(Event::Told, item)).await
}

fn twice_a_day(up_to: i64) -> DigestQuery {
    DigestQuery { times: DigestTimes::TwiceADay, day: today(), since: at(0), up_to: at(up_to) }
}

/// Reader and items of each digest.
async fn digests(office: &Office, query: DigestQuery) -> Vec<(usize, Vec<ItemId>)> {
    let all = office.store.digests(&city(), query).await.unwrap();
    assert!(all.iter().all(|tiding| tiding.kind == TidingKind::Digest && tiding.request.is_none()));
    all.iter().map(|tiding| (number(tiding), tiding.items.iter().map(|(item, _)| *item).collect())).collect()
}

async fn approvers_and_their_deputies_are_told_of_a_request<K: Kind>() {
    let office = Office::staffed::<K>().await;
    office.deputy(4, 6, "2026-11-20", "2026-11-20").await;
    office.deputy(3, 7, "2026-11-21", "2026-11-30").await;
    office.deputy(4, 1, "2026-11-01", "2026-11-30").await;
    office.ask(wish(1, 1, 1)).await.unwrap();
    let mut told = due(&office).await;
    told.sort_unstable();
    assert_eq!(
        told,
        [3, 4, 6].map(|who| (TidingKind::Asked, who)),
        "not the library, not the requester, not a day early"
    );
    let first = office.store.due_tidings(&city(), 1).await.unwrap();
    assert_eq!(first.len(), 1);
    assert_eq!(first[0].mailbox.as_str(), format!("P{}@city.example", number(&first[0])));
    assert_eq!((first[0].request, first[0].until, first[0].since), (Some(request_id(1)), Some(at(5000)), at(3001)));
    assert_eq!(first[0].items, [(item_id(1), item_id(1).reference())]);
}

async fn what_was_told_waits_in_the_outbox_and_is_never_told_again<K: Kind>() {
    let office = Office::staffed::<K>().await;
    office.ask(wish(1, 1, 1)).await.unwrap();
    let all = office.store.due_tidings(&city(), 100).await.unwrap();
    assert_eq!(all.len(), 2);
    for tiding in &all {
        tell(&office, tiding).await.unwrap();
        assert!(matches!(tell(&office, tiding).await, Err(StoreError::Conflict)));
    }
    assert!(due(&office).await.is_empty());
    assert_eq!(office.records(Event::Told).await, 2);
    let mut recipients = Vec::new();
    for _ in 0..2 {
        let dispatch = office.ports.lease_mail(2000).await;
        assert!(dispatch.reverse_path.mailbox().is_none(), "nothing ever answers it");
        assert_eq!((dispatch.key.id, dispatch.queued_at), (item_id(1), at(2000)));
        recipients.extend(dispatch.forward_paths.iter().map(|to| to.as_str().to_owned()));
        office.ports.settle(dispatch, Settlement::Sent, 2100).await.unwrap();
    }
    recipients.sort_unstable();
    assert_eq!(recipients, ["P3@city.example", "P4@city.example"]);
    let detail = office.ports.register.item(&key(1)).await.unwrap();
    assert_eq!(detail.recipients_state.len(), 4, "two copies of the mail itself, two of what was told");
    assert!(detail.recipients_state.iter().all(|copy| copy.status == Status::Sent));
    let found =
        temizu::ports::ItemFilter { text: Some("<New.1@temizu.example>".to_owned()), limit: 9, ..Default::default() };
    assert_eq!(office.ports.register.items(&city(), &found).await.unwrap().len(), 1);
    chain::verify(&*office.ports.register, &city()).await.unwrap();
}

async fn of_two_processes_one_tells<K: Kind>() {
    let office = Office::staffed::<K>().await;
    office.ask(wish(1, 1, 1)).await.unwrap();
    office.item(2, &["p1@city.example"]).await;
    let mut all = office.store.due_tidings(&city(), 100).await.unwrap();
    all.extend(office.store.digests(&city(), twice_a_day(9000)).await.unwrap());
    assert!(all.iter().any(|tiding| tiding.kind == TidingKind::Digest) && all.len() >= 3);
    for tiding in &all {
        let (item, _) = *tiding.items.last().unwrap();
        let (tenant, new) = (city(), || mail(1, &[tiding.mailbox.as_str()], 100));
        let (one, two) = tokio::join!(
            office.store.told(&tenant, tiding, new(), record(Event::Told, item)),
            office.other.told(&tenant, tiding, new(), record(Event::Told, item)),
        );
        assert_ne!(one.is_ok(), two.is_ok(), "{one:?} {two:?}");
        assert!(matches!(one.and(two), Err(StoreError::Conflict)));
    }
    assert_eq!(office.records(Event::Told).await, all.len());
}

async fn the_requester_is_told_what_became_of_it<K: Kind>() {
    let office = Office::staffed::<K>().await;
    for number in 1..=4 {
        let mut wish = wish(number, 1, 1);
        wish.part = Some(number.to_string().parse().unwrap());
        office.ask(wish).await.unwrap();
    }
    office.judge(approval(1, 3)).await.unwrap();
    office.judge(Judgement { ruling: Ruling::Return, at: at(4001), ..approval(2, 3) }).await.unwrap();
    let made = record(Event::RequestWithdrawn, item_id(1));
    office.store.withdraw(&city(), account(1), request_id(3), made).await.unwrap();
    let requesters = |all: Vec<(TidingKind, usize)>| all.into_iter().filter(|(_, who)| *who == 1).collect::<Vec<_>>();
    assert_eq!(requesters(due(&office).await), [(TidingKind::Approved, 1), (TidingKind::Returned, 1)]);
    let all = office.store.due_tidings(&city(), 100).await.unwrap();
    let approved = all.iter().find(|tiding| tiding.kind == TidingKind::Approved).unwrap();
    assert_eq!((approved.request, approved.until), (Some(request_id(1)), Some(at(8000))), "until when to fetch it");
    office.store.expire_requests(&city(), at(5000)).await.unwrap();
    office.store.expire_requests(&city(), at(8000)).await.unwrap();
    let kinds = requesters(due(&office).await);
    assert_eq!(kinds, [TidingKind::Returned, TidingKind::Expired, TidingKind::Expired].map(|kind| (kind, 1)));
}

async fn whoever_gets_no_mail_is_not_told_and_that_is_forgotten<K: Kind>() {
    let office = Office::staffed::<K>().await;
    office.posting(&city(), 6, "road", "approver", "2026-04-01", "").await;
    office.posting(&city(), 7, "road", "approver", "2026-04-01", "").await;
    office.ask(wish(1, 1, 1)).await.unwrap();
    assert_eq!(due(&office).await.len(), 4);
    office.run(format!("UPDATE account SET digest = 'never' WHERE id = '{}'", account(4))).await;
    office.run(format!("UPDATE account SET mailbox = NULL WHERE id = '{}'", account(6))).await;
    office.block(7).await;
    assert_eq!(due(&office).await, [(TidingKind::Asked, 3)]);
    assert_eq!(office.texts("SELECT account FROM tiding").await.len(), 4);
    office.store.expire_requests(&city(), at(4000)).await.unwrap();
    assert_eq!(office.texts("SELECT account FROM tiding").await, [account(3).to_string()]);
}

async fn what_does_not_wait_any_more_is_not_told<K: Kind>() {
    let office = Office::staffed::<K>().await;
    office.ask(wish(1, 1, 1)).await.unwrap();
    office.judge(approval(1, 3)).await.unwrap();
    assert_eq!(due(&office).await, [(TidingKind::Approved, 1)], "nobody else need look");
    office.fetch(1, 1, 4500).await.unwrap();
    assert!(due(&office).await.is_empty(), "they have it");
}

async fn a_digest_lists_what_waits_for_its_reader_and_nothing_else<K: Kind>() {
    let office = Office::staffed::<K>().await;
    office
        .run(
            "INSERT INTO department_mailbox VALUES ('main', 'road', 'road@city.example', 'Road@city.example')"
                .to_owned(),
        )
        .await;
    office
        .run(
            "INSERT INTO department_mailbox VALUES ('main', 'library', 'lib@city.example', 'lib@city.example')"
                .to_owned(),
        )
        .await;
    for (number, mailbox) in
        [(2, "p1@city.example"), (3, "road@city.example"), (4, "lib@city.example"), (5, "p1@city.example")]
    {
        office.item(number, &[mailbox]).await;
    }
    office.run(format!("UPDATE arrival SET state = 'available' WHERE item = '{}'", item_id(5))).await;
    office.run(format!("UPDATE arrival SET state = 'password' WHERE item = '{}'", item_id(3))).await;
    let all = digests(&office, twice_a_day(9000)).await;
    assert_eq!(
        all,
        [(1, vec![item_id(1), item_id(2), item_id(3)]), (2, vec![item_id(1), item_id(3)]), (3, vec![item_id(3)])],
        "oldest first; approvers who are no staff read no mail"
    );
    assert_eq!(digests(&office, twice_a_day(2)).await[0].1, [item_id(1), item_id(2)], "up to then");
    let since = DigestQuery { since: at(2), ..twice_a_day(9000) };
    assert_eq!(digests(&office, since).await[0].1, [item_id(2), item_id(3)]);
    let before = DigestQuery { day: "2026-03-31".parse().unwrap(), ..twice_a_day(9000) };
    assert!(digests(&office, before).await.is_empty(), "posted nowhere yet");
    office.run(format!("INSERT INTO set_aside VALUES ('main', '{}', '{}')", account(1), item_id(2))).await;
    office.ask(wish(1, 1, 1)).await.unwrap();
    assert_eq!(digests(&office, twice_a_day(9000)).await[0], (1, vec![item_id(3)]), "off the list, and asked for");
    office.block(1).await;
    assert_eq!(digests(&office, twice_a_day(9000)).await[0].0, 2);
}

async fn a_digest_tells_each_item_once<K: Kind>() {
    let office = Office::staffed::<K>().await;
    let first = office.store.digests(&city(), twice_a_day(9000)).await.unwrap();
    assert_eq!(first.len(), 2);
    tell(&office, &first[0]).await.unwrap();
    assert_eq!(digests(&office, twice_a_day(9000)).await, [(2, vec![item_id(1)])]);
    office.item(2, &["p1@city.example"]).await;
    assert_eq!(digests(&office, twice_a_day(9000)).await[0], (1, vec![item_id(2)]), "only what is new");
    assert!(matches!(tell(&office, &first[0]).await, Err(StoreError::Conflict)));
    let dispatch = office.ports.lease_mail(3000).await;
    assert_eq!((dispatch.key.id, dispatch.forward_paths[0].as_str()), (item_id(1), "P1@city.example"));
}

async fn digests_go_to_whoever_wants_them_at_that_time<K: Kind>() {
    let office = Office::staffed::<K>().await;
    office.run(format!("UPDATE account SET digest = 'at_once' WHERE id = '{}'", account(1))).await;
    let at_once = DigestQuery { times: DigestTimes::AtOnce, ..twice_a_day(9000) };
    assert_eq!(digests(&office, at_once).await, [(1, vec![item_id(1)])]);
    assert_eq!(digests(&office, twice_a_day(9000)).await, [(2, vec![item_id(1)])]);
    office.run("UPDATE account SET digest = 'never'".to_owned()).await;
    assert!(digests(&office, at_once).await.is_empty() && digests(&office, twice_a_day(9000)).await.is_empty());
}

async fn what_is_told_is_told_within_its_tenant<K: Kind>() {
    let office = Office::staffed::<K>().await;
    let town = TenantId::try_from("higashi".to_owned()).unwrap();
    office.department(&town, "road").await;
    office.person(&town, 1, "twice_a_day").await;
    office.posting(&town, 1, "road", "staff", "2026-04-01", "").await;
    office.ask(wish(1, 1, 1)).await.unwrap();
    assert!(office.store.due_tidings(&town, 10).await.unwrap().is_empty());
    assert!(office.store.digests(&town, twice_a_day(9000)).await.unwrap().is_empty());
    let tiding = office.store.due_tidings(&city(), 10).await.unwrap().remove(0);
    let told =
        office.store.told(&town, &tiding, mail(1, &["p1@city.example"], 100), record(Event::Told, item_id(1))).await;
    assert!(matches!(told, Err(StoreError::NotFound)), "{told:?}");
    office.store.expire_requests(&town, at(9000)).await.unwrap();
    assert_eq!(due(&office).await.len(), 2);
}

async fn what_a_digest_told_is_forgotten_with_the_original<K: Kind>() {
    let office = Office::staffed::<K>().await;
    let first = office.store.digests(&city(), twice_a_day(9000)).await.unwrap();
    tell(&office, &first[0]).await.unwrap();
    assert_eq!(office.texts("SELECT item FROM digested").await.len(), 1);
    office.ports.settle_all(3000, Settlement::Sent).await;
    assert_eq!(office.ports.retention.expire(&city(), at(9000), at(9000)).await.unwrap(), 1);
    assert!(office.texts("SELECT item FROM digested").await.is_empty());
    assert!(digests(&office, twice_a_day(9000)).await.is_empty(), "nothing can be done about it any more");
}
