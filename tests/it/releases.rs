//! The contract of requests for originals: who asks, who decides, who fetches, and when; on every kind of store.
//!
//! Invariant: a case knows ports only; people and arrivals are seeded by `releases/office.rs`.

pub(crate) mod office;
mod stories;
mod tidings;

use temizu::audit::chain;
use temizu::domain::{ArrivalState, AuditEvent, Digest, Event, RequestState, Stage, TenantId};
use temizu::ports::{Glance, IsShown, Judgement, Ruling, StoreError, Viewer};

use self::office::{
    Embedded, Kind, Office, Scaleout, account, approval, city, day, key, record, request_id, today, wish,
};
use crate::store_contract::fixture::{at, item_id};

/// Runs cases on every kind of store.
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
        a_request_is_kept_with_its_record_and_listed,
        only_what_came_for_ones_own_mailboxes_can_be_asked_for,
        only_ones_own_department_can_be_asked,
        nobody_waits_twice_for_the_same_file,
        where_nobody_could_decide_nothing_can_be_asked_for,
        whoever_asked_never_decides,
        an_approver_of_another_department_decides_nothing,
        a_place_counts_from_its_first_day_to_its_last,
        a_deputy_decides_on_the_days_given_and_in_whose_place_is_kept,
        blocked_people_decide_nothing_and_lend_nobody_their_right,
        of_two_approvers_at_once_exactly_one_decides,
        nothing_is_decided_after_its_time,
        a_returned_request_says_why_and_can_be_made_again,
        what_was_withdrawn_is_never_approved,
        an_approver_sees_the_mail_and_the_look_is_on_record,
        of_what_expired_an_approver_sees_the_request,
        ones_own_requests_are_told_in_full_and_those_of_others_by_a_line,
        an_original_is_handed_over_to_whoever_asked_until_it_is_over,
        a_look_at_what_may_be_fetched_is_on_record_with_its_item,
        what_was_not_decided_or_fetched_in_time_ends,
        decisions_are_listed_to_whoever_made_them,
        another_tenant_sees_and_decides_nothing,
        an_open_request_keeps_an_item_from_expiring,
    ]
}

fn is_missing<T>(answer: &Result<T, StoreError>) -> bool {
    matches!(answer, Err(StoreError::NotFound))
}

fn conflicts<T>(answer: &Result<T, StoreError>) -> bool {
    matches!(answer, Err(StoreError::Conflict))
}

async fn waiting_for(office: &Office, who: u8) -> Vec<(u8, Option<String>)> {
    let found = office.store.to_decide(&city(), account(who), today(), 100).await.unwrap();
    assert_eq!(
        office.store.count_to_decide(&city(), account(who), today()).await.unwrap(),
        u32::try_from(found.len()).unwrap()
    );
    let number = |id| (0..=255).find(|number| request_id(*number) == id).unwrap();
    found.into_iter().map(|(request, place)| (number(request.id), place.map(String::from))).collect()
}

async fn a_request_is_kept_with_its_record_and_listed<K: Kind>() {
    let office = Office::staffed::<K>().await;
    office.ask(wish(1, 1, 1)).await.unwrap();
    let mut whole = wish(2, 1, 1);
    whole.part = None;
    office.ask(whole.clone()).await.unwrap();
    assert_eq!(office.records(Event::OriginalRequested).await, 2);
    let own = office.store.own_requests(&city(), account(1), 10).await.unwrap();
    assert_eq!(own, [whole.clone(), wish(1, 1, 1)], "newest first, word for word");
    assert_eq!(office.store.own_requests(&city(), account(1), 1).await.unwrap(), [whole]);
    assert!(is_missing(&office.store.own_request(&city(), account(2), request_id(1)).await));
    assert!(office.store.own_requests(&city(), account(2), 10).await.unwrap().is_empty());
    assert_eq!(waiting_for(&office, 3).await, [(1, None), (2, None)], "oldest first");
    let route = office.store.approvers(&city(), &"road".parse().unwrap(), today(), account(1)).await.unwrap();
    assert_eq!(route.iter().map(|name| name.as_str()).collect::<Vec<_>>(), ["職員3", "職員4"]);
    chain::verify(&*office.ports.register, &city()).await.unwrap();
}

async fn only_what_came_for_ones_own_mailboxes_can_be_asked_for<K: Kind>() {
    let office = Office::staffed::<K>().await;
    let asked = |mailboxes: Vec<String>| {
        let (office, record) = (&office, record(Event::OriginalRequested, item_id(1)));
        async move { office.store.ask(&city(), wish(1, 1, 1), &mailboxes, today(), record).await }
    };
    assert!(is_missing(&asked(vec![]).await));
    assert!(is_missing(&asked(vec!["p3@city.example".to_owned()]).await));
    assert!(is_missing(&office.ask(wish(1, 9, 1)).await), "there is no such item");
    assert_eq!(office.records(Event::OriginalRequested).await, 0);
    asked(vec!["p3@city.example".to_owned(), "p1@city.example".to_owned()]).await.unwrap();
}

async fn only_ones_own_department_can_be_asked<K: Kind>() {
    let office = Office::staffed::<K>().await;
    let mut elsewhere = wish(1, 1, 1);
    elsewhere.department = "library".parse().unwrap();
    assert!(is_missing(&office.ask(elsewhere).await), "nobody chooses whose approvers decide");
    let own = ["p1@city.example".to_owned()];
    let made = record(Event::OriginalRequested, item_id(1));
    let before = office.store.ask(&city(), wish(1, 1, 1), &own, day("2026-03-31"), made).await;
    assert!(is_missing(&before), "not posted there yet");
}

async fn nobody_waits_twice_for_the_same_file<K: Kind>() {
    let office = Office::staffed::<K>().await;
    office.ask(wish(1, 1, 1)).await.unwrap();
    assert!(conflicts(&office.ask(wish(2, 1, 1)).await));
    assert_eq!(office.records(Event::OriginalRequested).await, 1);
    office.ask(wish(3, 1, 2)).await.unwrap();
    let mut another = wish(4, 1, 1);
    another.part = Some("3".parse().unwrap());
    office.ask(another).await.unwrap();
    office.judge(approval(1, 3)).await.unwrap();
    assert!(conflicts(&office.ask(wish(5, 1, 1)).await), "approved is open as well");
    let [one, two] = [wish(6, 1, 2), wish(7, 1, 2)].map(|mut wish| {
        wish.part = None;
        wish
    });
    let mailboxes = ["p2@city.example".to_owned()];
    let made = || record(Event::OriginalRequested, item_id(1));
    let tenant = city();
    let both = tokio::join!(
        office.store.ask(&tenant, one, &mailboxes, today(), made()),
        office.other.ask(&tenant, two, &mailboxes, today(), made()),
    );
    assert_eq!([&both.0, &both.1].into_iter().filter(|answer| answer.is_ok()).count(), 1, "{both:?}");
    assert!(conflicts(&both.0) || conflicts(&both.1), "{both:?}");
}

async fn where_nobody_could_decide_nothing_can_be_asked_for<K: Kind>() {
    let office = Office::staffed::<K>().await;
    office.posting(&city(), 1, "library", "staff", "2026-04-01", "").await;
    office.block(5).await;
    let mut lonely = wish(1, 1, 1);
    lonely.department = "library".parse().unwrap();
    assert!(conflicts(&office.ask(lonely.clone()).await));
    let road = "library".parse().unwrap();
    assert!(office.store.approvers(&city(), &road, today(), account(1)).await.unwrap().is_empty());
    // Approver of their own department, alone there: themselves are nobody, nor is whoever stands in for them.
    office.posting(&city(), 1, "library", "approver", "2026-04-01", "").await;
    office.deputy(1, 6, "2026-01-01", "2026-12-31").await;
    assert!(conflicts(&office.ask(lonely).await));
    assert!(office.store.own_requests(&city(), account(1), 10).await.unwrap().is_empty());
    assert_eq!(office.records(Event::OriginalRequested).await, 0);
}

async fn whoever_asked_never_decides<K: Kind>() {
    let office = Office::staffed::<K>().await;
    office.item(2, &["p3@city.example"]).await;
    office.ask(wish(1, 2, 3)).await.unwrap();
    assert!(waiting_for(&office, 3).await.is_empty());
    assert!(is_missing(&office.judge(approval(1, 3)).await), "an approver, but the requester");
    office.deputy(4, 3, "2026-01-01", "2026-12-31").await;
    assert!(waiting_for(&office, 3).await.is_empty());
    assert!(is_missing(&office.judge(approval(1, 3)).await), "nor in somebody else's place");
    office.deputy(3, 6, "2026-01-01", "2026-12-31").await;
    assert!(waiting_for(&office, 6).await.is_empty());
    assert!(is_missing(&office.judge(approval(1, 6)).await), "nor by somebody in their own place");
    assert_eq!(office.state(1, 3).await, RequestState::Waiting);
    office.judge(approval(1, 4)).await.unwrap();
    assert_eq!(office.state(1, 3).await, RequestState::Approved);
}

async fn an_approver_of_another_department_decides_nothing<K: Kind>() {
    let office = Office::staffed::<K>().await;
    office.ask(wish(1, 1, 1)).await.unwrap();
    for who in [2, 5, 6] {
        assert!(waiting_for(&office, who).await.is_empty());
        assert!(is_missing(&office.judge(approval(1, who)).await), "{who}");
    }
    assert!(is_missing(&office.judge(approval(9, 3)).await), "there is no such request");
    assert_eq!(office.records(Event::RequestApproved).await, 0);
}

async fn a_place_counts_from_its_first_day_to_its_last<K: Kind>() {
    let office = Office::staffed::<K>().await;
    office.posting(&city(), 6, "road", "approver", "2026-11-01", "2026-11-30").await;
    for (number, on, counts) in
        [(1, "2026-10-31", false), (2, "2026-11-01", true), (3, "2026-11-30", true), (4, "2026-12-01", false)]
    {
        let mut wish = wish(number, 1, 1);
        wish.part = Some(number.to_string().parse().unwrap());
        office.ask(wish).await.unwrap();
        let found = office.store.to_decide(&city(), account(6), day(on), 100).await.unwrap();
        assert_eq!(found.iter().any(|(request, _)| request.id == request_id(number)), counts, "{on}");
        let answer = office.judge(Judgement { day: day(on), ..approval(number, 6) }).await;
        assert_eq!((answer.is_ok(), is_missing(&answer)), (counts, !counts), "{on}");
    }
}

async fn a_deputy_decides_on_the_days_given_and_in_whose_place_is_kept<K: Kind>() {
    let office = Office::staffed::<K>().await;
    office.deputy(4, 6, "2026-11-10", "2026-11-12").await;
    for (number, on, counts) in
        [(1, "2026-11-09", false), (2, "2026-11-10", true), (3, "2026-11-12", true), (4, "2026-11-13", false)]
    {
        let mut wish = wish(number, 1, 1);
        wish.part = Some(number.to_string().parse().unwrap());
        office.ask(wish).await.unwrap();
        let found = office.store.to_decide(&city(), account(6), day(on), 100).await.unwrap();
        assert!(found.iter().all(|(_, place)| place.as_ref().is_some_and(|name| name.as_str() == "職員4")));
        assert_eq!(found.is_empty(), !counts, "{on}");
        let answer = office.judge(Judgement { day: day(on), ..approval(number, 6) }).await;
        assert_eq!((answer.is_ok(), is_missing(&answer)), (counts, !counts), "{on}");
    }
    let decided = office.store.own_request(&city(), account(1), request_id(2)).await.unwrap().decided.unwrap();
    assert_eq!((decided.by, decided.by_name.as_str()), (account(6), "承認者6"));
    assert_eq!(decided.in_place_of.unwrap().as_str(), "職員4");
    // An approver who is somebody's deputy as well decides for themselves.
    office.deputy(4, 3, "2026-01-01", "2026-12-31").await;
    assert!(waiting_for(&office, 3).await.iter().all(|(_, place)| place.is_none()));
    office.judge(approval(1, 3)).await.unwrap();
    let decided = office.store.own_request(&city(), account(1), request_id(1)).await.unwrap().decided.unwrap();
    assert_eq!(decided.in_place_of, None);
}

async fn blocked_people_decide_nothing_and_lend_nobody_their_right<K: Kind>() {
    let office = Office::staffed::<K>().await;
    office.ask(wish(1, 1, 1)).await.unwrap();
    office.deputy(4, 6, "2026-01-01", "2026-12-31").await;
    office.deputy(3, 7, "2026-01-01", "2026-12-31").await;
    office.block(4).await;
    office.block(7).await;
    for who in [4, 6, 7] {
        assert!(waiting_for(&office, who).await.is_empty(), "{who}");
        assert!(is_missing(&office.judge(approval(1, who)).await), "{who}");
    }
    office.judge(approval(1, 3)).await.unwrap();
    office.block(1).await;
    assert!(is_missing(&office.fetch(1, 1, 5000).await), "nor do they fetch anything");
}

async fn of_two_approvers_at_once_exactly_one_decides<K: Kind>() {
    let office = Office::staffed::<K>().await;
    for number in 1..=8u8 {
        let mut wish = wish(number, 1, 1);
        wish.part = Some(number.to_string().parse().unwrap());
        office.ask(wish).await.unwrap();
        let made = || record(Event::RequestApproved, item_id(1));
        let returned =
            Judgement { ruling: Ruling::Return, comment: Some("別の形式で".to_owned()), ..approval(number, 4) };
        let tenant = city();
        let (one, two) = tokio::join!(
            office.store.judge(&tenant, approval(number, 3), made()),
            office.other.judge(&tenant, returned, made()),
        );
        assert_ne!(one.is_ok(), two.is_ok(), "{one:?} {two:?}");
        assert_ne!(conflicts(&one), conflicts(&two), "{one:?} {two:?}");
        let request = office.store.own_request(&city(), account(1), request_id(number)).await.unwrap();
        let (state, by) = if one.is_ok() { (RequestState::Approved, 3) } else { (RequestState::Returned, 4) };
        assert_eq!((request.state, request.decided.unwrap().by), (state, account(by)));
    }
    assert_eq!(office.records(Event::RequestApproved).await, 8, "one record for each decision");
    chain::verify(&*office.ports.register, &city()).await.unwrap();
}

async fn nothing_is_decided_after_its_time<K: Kind>() {
    let office = Office::staffed::<K>().await;
    office.ask(wish(1, 1, 1)).await.unwrap();
    assert!(conflicts(&office.judge(Judgement { at: at(5000), ..approval(1, 3) }).await));
    assert_eq!(office.state(1, 1).await, RequestState::Waiting);
    let last = Judgement { at: temizu::domain::Timestamp::from_millis(4_999_999), ..approval(1, 3) };
    office.judge(last).await.unwrap();
}

async fn a_returned_request_says_why_and_can_be_made_again<K: Kind>() {
    let office = Office::staffed::<K>().await;
    office.ask(wish(1, 1, 1)).await.unwrap();
    let why = Some("PDF で送り直してもらってください".to_owned());
    office.judge(Judgement { ruling: Ruling::Return, comment: why.clone(), ..approval(1, 3) }).await.unwrap();
    let request = office.store.own_request(&city(), account(1), request_id(1)).await.unwrap();
    assert_eq!((request.state, request.until), (RequestState::Returned, at(5000)));
    let decided = request.decided.unwrap();
    assert_eq!((decided.comment, decided.at), (why, at(4000)));
    assert!(conflicts(&office.judge(approval(1, 4)).await), "a request ends once");
    assert!(is_missing(&office.fetch(1, 1, 4500).await));
    office.ask(wish(2, 1, 1)).await.unwrap();
}

async fn what_was_withdrawn_is_never_approved<K: Kind>() {
    let office = Office::staffed::<K>().await;
    office.ask(wish(1, 1, 1)).await.unwrap();
    let made = || record(Event::RequestWithdrawn, item_id(1));
    assert!(is_missing(&office.store.withdraw(&city(), account(2), request_id(1), made()).await));
    assert_eq!(office.state(1, 1).await, RequestState::Waiting);
    office.store.withdraw(&city(), account(1), request_id(1), made()).await.unwrap();
    assert_eq!(office.state(1, 1).await, RequestState::Withdrawn);
    assert!(conflicts(&office.judge(approval(1, 3)).await));
    assert!(conflicts(&office.store.withdraw(&city(), account(1), request_id(1), made()).await));
    assert!(waiting_for(&office, 3).await.is_empty());
    assert_eq!(office.records(Event::RequestWithdrawn).await, 1);
    office.ask(wish(2, 1, 1)).await.unwrap();
    office.judge(approval(2, 3)).await.unwrap();
    assert!(conflicts(&office.store.withdraw(&city(), account(1), request_id(2), made()).await));
}

async fn an_approver_sees_the_mail_and_the_look_is_on_record<K: Kind>() {
    let office = Office::staffed::<K>().await;
    office.ask(wish(1, 1, 1)).await.unwrap();
    let look = |who: u8| {
        let (store, made) = (&office.store, record(Event::ItemViewed, item_id(1)));
        async move { store.request_to_decide(&city(), account(who), today(), request_id(1), made).await }
    };
    for who in [1, 2, 5, 6] {
        assert!(is_missing(&look(who).await), "{who}");
    }
    assert_eq!(office.records(Event::ItemViewed).await, 0);
    let (request, place, detail) = look(3).await.unwrap();
    assert_eq!((request, place), (wish(1, 1, 1), None));
    assert_eq!(detail.line.arrival.mailbox.as_str(), "p1@city.example", "as the requester sees it");
    assert_eq!((detail.line.reference, detail.line.state.as_str()), (item_id(1).reference(), "withheld"));
    assert_eq!(office.records(Event::ItemViewed).await, 1);
    office.deputy(4, 6, "2026-11-20", "2026-11-20").await;
    assert_eq!(look(6).await.unwrap().1.unwrap().as_str(), "職員4");
    office.judge(approval(1, 6)).await.unwrap();
    // Whoever has decided still sees what, when they are nobody's deputy any more.
    office.run("DELETE FROM deputy".to_owned()).await;
    let (request, place, _) = look(6).await.unwrap();
    assert_eq!((request.state, place.unwrap().as_str()), (RequestState::Approved, "職員4"));
}

async fn of_what_expired_an_approver_sees_the_request<K: Kind>() {
    let office = Office::staffed::<K>().await;
    office.ask(wish(1, 1, 1)).await.unwrap();
    office.run("UPDATE arrival SET about = '', state = 'expired'".to_owned()).await;
    office.run("UPDATE item SET stage = 'expired'".to_owned()).await;
    let made = || record(Event::ItemViewed, item_id(1));
    let (request, _, detail) =
        office.store.request_to_decide(&city(), account(3), today(), request_id(1), made()).await.unwrap();
    assert_eq!((request, detail.line.arrival.parts.len()), (wish(1, 1, 1), 0));
    assert_eq!(detail.line.state, ArrivalState::Expired);
    let bytes = |who| {
        let (store, digest) = (&office.store, Digest::of(b""));
        let glance = Glance { approver: account(who), day: today(), request: request_id(1), digest };
        let shown: IsShown = |_| true;
        let made = record(Event::FileShown, item_id(1));
        async move { store.derivative_to_decide(&city(), glance, shown, made).await }
    };
    assert!(is_missing(&bytes(3).await) && is_missing(&bytes(1).await));
    assert_eq!(office.records(Event::FileShown).await, 0);
}

async fn ones_own_requests_are_told_in_full_and_those_of_others_by_a_line<K: Kind>() {
    let office = Office::staffed::<K>().await;
    office.ask(wish(1, 1, 1)).await.unwrap();
    let look = |who: u8, mailbox: &str| {
        let viewer = Viewer { tenant: city(), account: account(who), mailboxes: vec![mailbox.to_owned()] };
        let store = &office.store;
        async move { store.arrival(&viewer, item_id(1), None).await.unwrap() }
    };
    let own = look(1, "p1@city.example").await;
    assert_eq!((own.requests, own.asked_by_others), (vec![wish(1, 1, 1)], Vec::new()));
    let other = look(2, "p1@city.example").await;
    assert!(other.requests.is_empty(), "what somebody else needs it for is theirs");
    let [line] = other.asked_by_others.as_slice() else { panic!("one line") };
    assert_eq!((line.by.as_str(), line.state, line.decided_at), ("職員1", RequestState::Waiting, None));
    let judged = record(Event::RequestApproved, item_id(1));
    office.store.judge(&city(), approval(1, 3), judged).await.unwrap();
    let other = look(2, "p1@city.example").await;
    assert_eq!(other.asked_by_others[0].decided_at, Some(at(4000)));
    assert_eq!(look(1, "p1@city.example").await.requests[0].decided.as_ref().unwrap().at, at(4000));
    // Somebody whose other mailbox got the same mail learns nothing of it.
    let stranger = look(2, "p2@city.example").await;
    assert!(stranger.requests.is_empty() && stranger.asked_by_others.is_empty());
}

async fn an_original_is_handed_over_to_whoever_asked_until_it_is_over<K: Kind>() {
    let office = Office::staffed::<K>().await;
    office.ask(wish(1, 1, 1)).await.unwrap();
    assert!(is_missing(&office.fetch(1, 1, 4000).await), "not approved yet");
    assert!(office.store.approved(&city(), account(1), at(4000)).await.unwrap().is_empty());
    office.judge(approval(1, 3)).await.unwrap();
    let listed = office.store.approved(&city(), account(1), at(7000)).await.unwrap();
    assert_eq!((listed.len(), listed[0].state, listed[0].until), (1, RequestState::Approved, at(8000)));
    for who in [2, 3, 4] {
        assert!(is_missing(&office.fetch(1, who, 5000).await), "{who}");
        assert!(office.store.approved(&city(), account(who), at(5000)).await.unwrap().is_empty());
    }
    let made = record(Event::OriginalHandedOver, item_id(1));
    let (request, item) = office.store.hand_over(&city(), account(1), request_id(1), at(5000), made).await.unwrap();
    assert_eq!((request.state, item), (RequestState::HandedOver, key(1)));
    assert_eq!(office.state(1, 1).await, RequestState::HandedOver);
    assert_eq!(office.store.approved(&city(), account(1), at(7000)).await.unwrap().len(), 1, "and once more");
    office.fetch(1, 1, 7999).await.unwrap();
    assert_eq!(office.records(Event::OriginalHandedOver).await, 2, "each time with a record");
    assert!(is_missing(&office.fetch(1, 1, 8000).await));
    assert!(office.store.approved(&city(), account(1), at(8000)).await.unwrap().is_empty());
    assert_eq!(office.store.expire_requests(&city(), at(9000)).await.unwrap(), 0, "it has ended already");
    assert_eq!(office.state(1, 1).await, RequestState::HandedOver);
}

async fn a_look_at_what_may_be_fetched_is_on_record_with_its_item<K: Kind>() {
    let office = Office::staffed::<K>().await;
    office.ask(wish(1, 1, 1)).await.unwrap();
    let look = async |who: u8, second: i64| {
        let unnamed = AuditEvent { item: None, ..record(Event::ItemViewed, item_id(1)) };
        office.store.look_at_approved(&city(), account(who), request_id(1), at(second), unnamed).await
    };
    assert!(is_missing(&look(1, 4000).await), "not approved yet");
    office.judge(approval(1, 3)).await.unwrap();
    assert!(is_missing(&look(2, 5000).await) && is_missing(&look(3, 5000).await), "somebody else's");
    assert!(is_missing(&look(1, 8000).await), "over");
    assert_eq!(office.records(Event::ItemViewed).await, 0);
    assert_eq!(look(1, 5000).await.unwrap().state, RequestState::Approved);
    office.fetch(1, 1, 5000).await.unwrap();
    assert_eq!(look(1, 6000).await.unwrap().state, RequestState::HandedOver);
    assert_eq!(office.records(Event::ItemViewed).await, 2);
    let bodies = office.store.records(&city(), 0, 1000).await.unwrap();
    let looks = bodies.iter().filter(|record| record.body.contains("\"item_viewed\""));
    assert!(looks.into_iter().all(|record| record.body.contains(&item_id(1).to_string())));
    office.block(1).await;
    assert!(is_missing(&look(1, 6000).await), "blocked");
}

async fn what_was_not_decided_or_fetched_in_time_ends<K: Kind>() {
    let office = Office::staffed::<K>().await;
    for number in 1..=3 {
        let mut wish = wish(number, 1, 1);
        wish.part = Some(number.to_string().parse().unwrap());
        office.ask(wish).await.unwrap();
    }
    office.judge(approval(2, 3)).await.unwrap();
    office.judge(Judgement { ruling: Ruling::Return, ..approval(3, 3) }).await.unwrap();
    assert_eq!(office.store.expire_requests(&city(), at(4999)).await.unwrap(), 0);
    assert_eq!(office.store.expire_requests(&city(), at(5000)).await.unwrap(), 1);
    assert_eq!(office.state(1, 1).await, RequestState::Expired);
    assert!(conflicts(&office.judge(approval(1, 3)).await));
    assert_eq!(office.store.expire_requests(&city(), at(7999)).await.unwrap(), 0);
    assert_eq!(office.store.expire_requests(&city(), at(8000)).await.unwrap(), 1);
    assert_eq!(office.state(2, 1).await, RequestState::Expired);
    assert!(is_missing(&office.fetch(2, 1, 7000).await), "a clock that was set back opens nothing again");
    assert_eq!(office.state(3, 1).await, RequestState::Returned);
    assert_eq!(office.records(Event::RequestExpired).await, 2);
    chain::verify(&*office.ports.register, &city()).await.unwrap();
}

async fn decisions_are_listed_to_whoever_made_them<K: Kind>() {
    let office = Office::staffed::<K>().await;
    for number in 1..=3 {
        let mut wish = wish(number, 1, 1);
        wish.part = Some(number.to_string().parse().unwrap());
        office.ask(wish).await.unwrap();
        office
            .judge(Judgement { at: at(4000 + i64::from(number)), ..approval(number, if number == 2 { 4 } else { 3 }) })
            .await
            .unwrap();
    }
    let listed = |who, since, limit| {
        let office = &office;
        async move {
            let all = office.store.decided(&city(), account(who), at(since), limit).await.unwrap();
            all.into_iter().map(|request| request.id).collect::<Vec<_>>()
        }
    };
    assert_eq!(listed(3, 0, 10).await, [request_id(3), request_id(1)]);
    assert_eq!(listed(3, 0, 1).await, [request_id(3)]);
    assert_eq!(listed(3, 4002, 10).await, [request_id(3)]);
    assert_eq!(listed(4, 0, 10).await, [request_id(2)]);
}

async fn another_tenant_sees_and_decides_nothing<K: Kind>() {
    let office = Office::staffed::<K>().await;
    let town = TenantId::try_from("higashi".to_owned()).unwrap();
    office.department(&town, "road").await;
    for number in [1, 3] {
        office.person(&town, number, "at_once").await;
        office.posting(&town, number, "road", if number == 3 { "approver" } else { "staff" }, "2026-04-01", "").await;
    }
    office.ask(wish(1, 1, 1)).await.unwrap();
    let made = || record(Event::RequestApproved, item_id(1));
    let asked = office.store.ask(&town, wish(2, 1, 1), &["p1@city.example".to_owned()], today(), made()).await;
    assert!(is_missing(&asked), "the item is another's: {asked:?}");
    assert!(office.store.to_decide(&town, account(3), today(), 10).await.unwrap().is_empty());
    assert!(is_missing(&office.store.judge(&town, approval(1, 3), made()).await));
    assert!(is_missing(&office.store.own_request(&town, account(1), request_id(1)).await));
    assert!(is_missing(&office.store.withdraw(&town, account(1), request_id(1), made()).await));
    let look = office.store.request_to_decide(&town, account(3), today(), request_id(1), made()).await;
    assert!(is_missing(&look));
    office.judge(approval(1, 3)).await.unwrap();
    assert!(is_missing(&office.store.hand_over(&town, account(1), request_id(1), at(5000), made()).await));
    assert!(office.store.approved(&town, account(1), at(5000)).await.unwrap().is_empty());
    assert!(office.store.decided(&town, account(3), at(0), 10).await.unwrap().is_empty());
    assert_eq!(office.store.expire_requests(&town, at(9000)).await.unwrap(), 0);
    assert_eq!(chain::verify(&*office.ports.register, &town).await.unwrap().count, 0);
    assert_eq!(office.state(1, 1).await, RequestState::Approved);
}

async fn an_open_request_keeps_an_item_from_expiring<K: Kind>() {
    let office = Office::staffed::<K>().await;
    for number in 2..=4 {
        office.item(number, &["p1@city.example"]).await;
    }
    for number in 1..=3 {
        office.ask(wish(number, number, 1)).await.unwrap();
    }
    office.judge(approval(2, 3)).await.unwrap();
    office.judge(approval(3, 3)).await.unwrap();
    office.fetch(3, 1, 4500).await.unwrap();
    let expire = |second: i64| {
        let retention = &office.ports.retention;
        async move { retention.expire(&city(), at(9999), at(second)).await }
    };
    assert_eq!(expire(4900).await.unwrap(), 1, "nobody asked for the fourth");
    assert_eq!(office.ports.register.item(&key(4)).await.unwrap().summary.stage, Stage::Expired);
    assert!(is_missing(&office.ask(wish(4, 4, 1)).await), "nothing is left to ask for");
    assert_eq!(expire(5000).await.unwrap(), 1, "the time to decide is over for the first");
    assert_eq!(office.ports.register.item(&key(1)).await.unwrap().summary.stage, Stage::Expired);
    assert!(conflicts(&office.judge(approval(1, 3)).await), "nothing is left to approve");
    assert_eq!(expire(7999).await.unwrap(), 0);
    assert!(office.ports.read(&key(3)).await.is_ok());
    office.fetch(2, 1, 7999).await.unwrap();
    assert_eq!(expire(8000).await.unwrap(), 2);
}
