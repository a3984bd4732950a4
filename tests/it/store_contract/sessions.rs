//! Sessions and links: how long they are good, where, and that each token is worth something once only.

use temizu::domain::{Event, TenantId};
use temizu::ports::{Door, OneTimeLink, Session, StoreError};

use super::fixture::{Embedded, Ports, Scaleout, StoreUnderTest, at};
use super::join_all;
use super::office::{events, id, move_in, person, record, session, token, town};

contract! {
    Embedded as embedded, Scaleout as scaleout; [
        a_session_ends_when_it_is_idle_and_when_its_time_is_over,
        a_session_is_good_at_its_door_only,
        a_session_is_marked_as_used_at_most_once_a_minute,
        a_renewed_session_makes_the_old_token_worthless,
        a_closed_session_is_gone,
        what_is_over_is_swept_and_nothing_else,
        a_link_is_good_once_in_time_at_its_door,
        of_many_who_take_a_link_at_the_same_time_one_gets_it,
        a_block_ends_links_as_well,
        sessions_and_links_of_two_tenants_are_apart,
    ]
}

fn city() -> TenantId {
    TenantId::single()
}

/// An office with person 1, who signed in at the portal at second 1000.
async fn signed_in<S: StoreUnderTest>() -> Ports {
    let ports = S::open().await;
    move_in(&ports, &city(), &[1]).await;
    ports.sessions.open(&city(), session("s", 1, 1000), record(Event::SignedIn)).await.unwrap();
    ports
}

async fn find(ports: &Ports, text: &str, door: Door, now: i64, idle: i64, started: i64) -> Option<Session> {
    ports.sessions.find(&city(), token(text), door, at(now), at(idle), at(started)).await.unwrap()
}

async fn a_session_ends_when_it_is_idle_and_when_its_time_is_over<S: StoreUnderTest>() {
    let ports = signed_in::<S>().await;
    assert_eq!(find(&ports, "s", Door::Portal, 1001, 1000, 1000).await, Some(session("s", 1, 1000)));
    assert_eq!(find(&ports, "s", Door::Portal, 1001, 1001, 0).await, None, "idle");
    assert_eq!(find(&ports, "s", Door::Portal, 1001, 0, 1001).await, None, "too old");
    assert_eq!(find(&ports, "t", Door::Portal, 1001, 0, 0).await, None, "another token");
    // Used again and again it is not idle, but it grows old.
    assert!(find(&ports, "s", Door::Portal, 1100, 1000, 0).await.is_some());
    assert!(find(&ports, "s", Door::Portal, 1200, 1100, 0).await.is_some());
    assert_eq!(find(&ports, "s", Door::Portal, 1300, 1200, 1001).await, None);
    let account = ports.accounts.by_login(&city(), &person(1).login).await.unwrap().unwrap().0;
    assert_eq!(account.signed_in_at, Some(at(1000)));
}

async fn a_session_is_good_at_its_door_only<S: StoreUnderTest>() {
    let ports = signed_in::<S>().await;
    assert_eq!(find(&ports, "s", Door::Review, 1001, 0, 0).await, None);
    let review = Session { door: Door::Review, ..session("r", 1, 1000) };
    ports.sessions.open(&city(), review.clone(), record(Event::SignedIn)).await.unwrap();
    assert_eq!(find(&ports, "r", Door::Portal, 1001, 0, 0).await, None);
    assert_eq!(find(&ports, "r", Door::Review, 1001, 0, 0).await, Some(review));
}

async fn a_session_is_marked_as_used_at_most_once_a_minute<S: StoreUnderTest>() {
    let ports = signed_in::<S>().await;
    for (now, used_at) in [(1059, 1000), (1060, 1060), (1061, 1060), (1119, 1060), (1120, 1120), (1000, 1120)] {
        let found = find(&ports, "s", Door::Portal, now, 0, 0).await.unwrap();
        assert_eq!(found.used_at, at(used_at), "{now}");
    }
}

async fn a_renewed_session_makes_the_old_token_worthless<S: StoreUnderTest>() {
    let ports = signed_in::<S>().await;
    let new = Session { proved_at: at(1500), ..session("new", 1, 1000) };
    let renew = async |old, new: &Session| {
        ports.sessions.renew(&city(), token(old), new.clone(), record(Event::ProvedAgain)).await
    };
    renew("s", &new).await.unwrap();
    assert_eq!(find(&ports, "s", Door::Portal, 1501, 0, 0).await, None);
    assert_eq!(find(&ports, "new", Door::Portal, 1001, 0, 0).await, Some(new));
    let third = session("third", 1, 1000);
    assert!(matches!(renew("s", &third).await, Err(StoreError::NotFound)), "it has ended");
    let elsewhere = Session { door: Door::Review, ..third.clone() };
    assert!(matches!(renew("new", &elsewhere).await, Err(StoreError::NotFound)), "at another door");
    move_in(&ports, &city(), &[2]).await;
    let of_another = Session { account: id(2), ..third };
    assert!(matches!(renew("new", &of_another).await, Err(StoreError::NotFound)), "of somebody else");
    assert_eq!(find(&ports, "third", Door::Portal, 1501, 0, 0).await, None);
    assert!(find(&ports, "new", Door::Portal, 1501, 0, 0).await.is_some());
    assert_eq!(events(&ports, &city()).await.iter().filter(|event| *event == "proved_again").count(), 1);
}

async fn a_closed_session_is_gone<S: StoreUnderTest>() {
    let ports = signed_in::<S>().await;
    ports.sessions.close(&city(), token("s"), record(Event::SignedOut)).await.unwrap();
    assert_eq!(find(&ports, "s", Door::Portal, 1001, 0, 0).await, None);
    assert_eq!(events(&ports, &city()).await.last().unwrap(), "signed_out");
}

fn link(text: &str, door: Door) -> OneTimeLink {
    OneTimeLink { token: token(text), account: id(1), door, until: at(2000) }
}

async fn offer(ports: &Ports, text: &str, door: Door) {
    ports.sessions.offer_link(&city(), link(text, door), record(Event::LinkOffered)).await.unwrap();
}

async fn what_is_over_is_swept_and_nothing_else<S: StoreUnderTest>() {
    let ports = signed_in::<S>().await;
    ports.sessions.open(&city(), session("later", 1, 1500), record(Event::SignedIn)).await.unwrap();
    offer(&ports, "link", Door::Portal).await;
    ports.sessions.sweep_sessions(&city(), at(1999), at(1500)).await.unwrap();
    assert_eq!(find(&ports, "s", Door::Portal, 1501, 0, 0).await, None);
    assert!(find(&ports, "later", Door::Portal, 1501, 0, 0).await.is_some());
    ports.sessions.sweep_sessions(&city(), at(1999), at(0)).await.unwrap();
    assert_eq!(take(&ports, "link", Door::Portal, 1999).await, Some(id(1)));
    offer(&ports, "link", Door::Portal).await;
    ports.sessions.sweep_sessions(&city(), at(2000), at(0)).await.unwrap();
    assert_eq!(take(&ports, "link", Door::Portal, 0).await, None, "it is gone, whatever the clock says afterwards");
}

async fn take(ports: &Ports, text: &str, door: Door, second: i64) -> Option<temizu::domain::AccountId> {
    ports.sessions.take_link(&city(), token(text), door, at(second)).await.unwrap()
}

async fn a_link_is_good_once_in_time_at_its_door<S: StoreUnderTest>() {
    let ports = signed_in::<S>().await;
    offer(&ports, "link", Door::Review).await;
    assert_eq!(take(&ports, "link", Door::Portal, 1000).await, None, "at another door");
    assert_eq!(take(&ports, "other", Door::Review, 1000).await, None);
    assert_eq!(take(&ports, "link", Door::Review, 2000).await, None, "too late");
    assert_eq!(take(&ports, "link", Door::Review, 1999).await, Some(id(1)));
    assert_eq!(take(&ports, "link", Door::Review, 1999).await, None, "it was taken");
    assert_eq!(events(&ports, &city()).await.last().unwrap(), "link_offered");
    let nobody = OneTimeLink { account: id(9), ..link("x", Door::Portal) };
    let refused = ports.sessions.offer_link(&city(), nobody, record(Event::LinkOffered)).await;
    assert!(matches!(refused, Err(StoreError::NotFound)), "{refused:?}");
}

async fn of_many_who_take_a_link_at_the_same_time_one_gets_it<S: StoreUnderTest>() {
    let [one, two] = S::open_twice().await;
    move_in(&one, &city(), &[1]).await;
    offer(&one, "link", Door::Portal).await;
    let takers = (0..20).map(|number| take(if number % 2 == 0 { &one } else { &two }, "link", Door::Portal, 1000));
    let taken = join_all(takers).await;
    assert_eq!(taken.into_iter().flatten().collect::<Vec<_>>(), [id(1)]);
}

async fn a_block_ends_links_as_well<S: StoreUnderTest>() {
    let ports = signed_in::<S>().await;
    offer(&ports, "link", Door::Portal).await;
    let blocked = temizu::domain::Account { blocked: true, ..person(1) };
    ports.accounts.change(&city(), vec![super::office::replaced(blocked)]).await.unwrap();
    assert_eq!(take(&ports, "link", Door::Portal, 1000).await, None);
}

async fn sessions_and_links_of_two_tenants_are_apart<S: StoreUnderTest>() {
    let ports = signed_in::<S>().await;
    offer(&ports, "link", Door::Portal).await;
    move_in(&ports, &town(), &[1]).await;
    let found = ports.sessions.find(&town(), token("s"), Door::Portal, at(1001), at(0), at(0)).await.unwrap();
    assert_eq!(found, None);
    assert_eq!(ports.sessions.take_link(&town(), token("link"), Door::Portal, at(1)).await.unwrap(), None);
    let new = session("new", 1, 1000);
    let renewed = ports.sessions.renew(&town(), token("s"), new, record(Event::ProvedAgain)).await;
    assert!(matches!(renewed, Err(StoreError::NotFound)));
    ports.sessions.close(&town(), token("s"), record(Event::SignedOut)).await.unwrap();
    ports.sessions.sweep_sessions(&town(), at(9999), at(9999)).await.unwrap();
    assert!(find(&ports, "s", Door::Portal, 1001, 0, 0).await.is_some());
    assert_eq!(take(&ports, "link", Door::Portal, 1000).await, Some(id(1)));
}
