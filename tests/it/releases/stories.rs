//! Stories of a request on a whole gateway, and behind the wall between the zones.

use std::time::Duration;

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions as _};
use temizu::domain::{Event, ItemKey, RequestState, TidingKind};
use temizu::ports::{Arrivals as _, Glance, HandOver as _, Releases as _, StoreError, Tidings as _, Viewer};
use temizu::store::Keys;

use super::office::{account, approval, city, record, request_id, rows, today, wish};
use crate::store_contract::fixture::{at, mail};
use crate::support::delivered::Delivered;
use crate::support::gateway::{Plan, Site};
use crate::support::next_hop::{NextHop, Taken};
use crate::zones::town::Town;

const MAIL: &[u8] = b"From: Taro <taro@sender.example>\r\nTo: p1@city.example.lg.jp\r\nSubject: SECRET-SUBJECT\r\n\
    Message-ID: <1@sender.example>\r\nDate: Mon, 23 Nov 2026 10:41:07 +0900\r\n\r\nSECRET-BODY\r\n";

fn office_rows(digest: &str) -> Vec<String> {
    let mut all = vec![rows::department(&city(), "road")];
    all.extend([1, 3].map(|number| rows::person(&city(), number, digest)));
    all.push(rows::posting(&city(), 1, "road", "staff", "2026-04-01", ""));
    all.push(rows::posting(&city(), 3, "road", "approver", "2026-04-01", ""));
    all
}

/// The mail that went to `to` and was not the first one.
async fn told(hop: &NextHop, to: &str, subject: &str) -> (Taken, Delivered) {
    let find = |taken: &[Taken]| {
        let mut read = taken.iter().map(|taken| (taken.clone(), Delivered::read(&taken.bytes).unwrap()));
        read.find(|(taken, mail)| {
            taken.to.iter().any(|rcpt| rcpt.contains(to)) && mail.value("subject").is_some_and(|s| s.contains(subject))
        })
    };
    hop.until(subject, |seen| find(&seen.taken).is_some()).await;
    find(&hop.seen().taken).unwrap()
}

#[tokio::test]
async fn a_request_is_told_by_mail_and_so_is_its_approval() {
    let hop = NextHop::start(vec![]).await;
    let mut plan = Plan::new(hop.address());
    plan.config.site.portal_url = "https://portal.city.example".to_owned();
    let site = Site::start(plan).await;
    let reference = site.send(&["p1@city.example.lg.jp"], MAIL).await;
    let item = site.ended(reference).await.summary.id;
    let options = SqliteConnectOptions::new().filename(site.data().join("temizu.db"));
    let mut database = options.connect().await.unwrap();
    let key = ItemKey { tenant: city(), id: item };
    let arrival = rows::arrival(&key, "p1@city.example", "available");
    for statement in office_rows("twice_a_day").into_iter().chain([arrival]) {
        sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut database).await.unwrap();
    }
    let now = site.now();
    let mut asked = wish(1, 1, 1);
    (asked.item, asked.reference, asked.asked_at) = (item, reference, now);
    asked.until = now.after(Duration::from_secs(72 * 3_600));
    let (store, own) = (site.store(), ["p1@city.example".to_owned()]);
    store.ask(&city(), asked, &own, today(), record(Event::OriginalRequested, item)).await.unwrap();

    let (taken, mail) = told(&hop, "P3@city.example", "承認を待っています").await;
    assert!(taken.mail_command.starts_with("MAIL FROM:<>"), "{}", taken.mail_command);
    assert_eq!(mail.value("auto-submitted"), Some("auto-generated"));
    let text = String::from_utf8_lossy(&taken.bytes).into_owned() + &mail.text;
    assert!(!text.contains("SECRET"), "no word of the mail: {text}");
    assert!(mail.text.contains(&format!("https://portal.city.example/approvals/{}", request_id(1))), "{}", mail.text);
    assert!(mail.text.contains(&reference.to_string()) && mail.text.contains("期限 令和8年"), "{}", mail.text);

    let mut approved = approval(1, 3);
    approved.at = now;
    approved.ruling = temizu::ports::Ruling::Approve { fetch_until: now.after(Duration::from_secs(24 * 3_600)) };
    store.judge(&city(), approved, record(Event::RequestApproved, item)).await.unwrap();
    let (_, mail) = told(&hop, "P1@city.example", "承認されました").await;
    assert!(mail.text.contains("https://portal.city.example/requests\n"), "{}", mail.text);
    assert!(!mail.text.contains("SECRET"));
    // Nobody is told anything twice.
    site.advance(Duration::from_secs(25 * 3_600));
    told(&hop, "P1@city.example", "期限切れ").await;
    assert_eq!(hop.seen().taken.len(), 4, "the mail itself, and three that tell of the request");
    let state = store.own_request(&city(), account(1), request_id(1)).await.unwrap().state;
    assert_eq!(state, RequestState::Expired);
    drop((store, database));
    site.stop().await;
}

#[tokio::test]
async fn whoever_wants_it_at_once_is_told_at_once_of_what_waits_and_others_at_their_time() {
    let hop = NextHop::start(vec![]).await;
    let site = Site::start(Plan::new(hop.address())).await;
    let reference = site.send(&["p1@city.example.lg.jp"], MAIL).await;
    let key = ItemKey { tenant: city(), id: site.ended(reference).await.summary.id };
    let options = SqliteConnectOptions::new().filename(site.data().join("temizu.db"));
    let mut database = options.connect().await.unwrap();
    let second = [
        rows::person(&city(), 2, "twice_a_day"),
        rows::posting(&city(), 2, "road", "staff", "2026-04-01", ""),
        rows::arrival(&key, "p1@city.example", "withheld"),
        rows::arrival(&key, "p2@city.example", "withheld"),
    ];
    for statement in office_rows("at_once").into_iter().chain(second) {
        sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut database).await.unwrap();
    }
    let (_, mail) = told(&hop, "P1@city.example", "操作が必要なメール 1件").await;
    assert!(mail.text.contains(&reference.to_string()) && mail.text.contains("「要対応」"), "{}", mail.text);
    // It is 10:42 in Japan: the next time is 13:00.
    assert_eq!(hop.seen().taken.len(), 2, "not yet");
    drop(database);
    let site = site.restart(Duration::from_secs(3 * 3_600), |_| ()).await;
    told(&hop, "P2@city.example", "操作が必要なメール 1件").await;
    assert_eq!(hop.seen().taken.len(), 3);
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_zone_does_its_part_of_a_request_with_its_own_login_and_no_other() {
    let town = Town::built().await;
    let items = town.fill().await;
    let item = items[0].id;
    let arrival = rows::arrival(&items[0], "p1@city.example", "withheld");
    for statement in office_rows("at_once").into_iter().chain([arrival]) {
        town.database.sql(&statement).await;
    }
    let portal = town.store("portal", Keys::None).await;
    let review = town.store("review", Keys::None).await;
    let process = town.store("process", Keys::Opening).await;
    let (tenant, own) = (city(), ["p1@city.example".to_owned()]);
    let mut asked = wish(1, 1, 1);
    (asked.item, asked.reference) = (item, item.reference());
    let digest = temizu::ports::DigestQuery {
        times: temizu::domain::office::DigestTimes::AtOnce,
        day: today(),
        since: at(0),
        up_to: at(9000),
    };
    assert_eq!(process.digests(&tenant, digest).await.unwrap().len(), 1);
    portal.ask(&tenant, asked, &own, today(), record(Event::OriginalRequested, item)).await.unwrap();
    assert_eq!(portal.count_to_decide(&tenant, account(3), today()).await.unwrap(), 1);
    assert_eq!(portal.to_decide(&tenant, account(3), today(), 9).await.unwrap().len(), 1);
    let viewed = record(Event::ItemViewed, item);
    portal.request_to_decide(&tenant, account(3), today(), request_id(1), viewed).await.unwrap();
    let viewer = Viewer { tenant: tenant.clone(), account: account(1), mailboxes: own.to_vec() };
    assert_eq!(portal.arrival(&viewer, item, None).await.unwrap().requests.len(), 1);
    assert_eq!(portal.fetched_since(&viewer, at(0)).await.unwrap(), 0);
    let digest = temizu::domain::Digest::of(b"");
    let glance = Glance { approver: account(3), day: today(), request: request_id(1), digest };
    let none = portal.derivative_to_decide(&tenant, glance, |_| true, record(Event::FileShown, item)).await;
    assert!(matches!(none, Err(StoreError::NotFound)), "{none:?}");
    let tiding = process.due_tidings(&tenant, 9).await.unwrap().remove(0);
    assert_eq!(tiding.kind, TidingKind::Asked);
    let new = || mail(7, &[tiding.mailbox.as_str()], 100);
    process.told(&tenant, &tiding, new(), record(Event::Told, item)).await.unwrap();
    let refused = portal.told(&tenant, &tiding, new(), record(Event::Told, item)).await;
    assert!(matches!(refused, Err(StoreError::Denied(_))), "{refused:?}");

    let judge = |by| approval(1, by);
    for other in [&review, &process] {
        let refused = other.judge(&tenant, judge(3), record(Event::RequestApproved, item)).await;
        assert!(matches!(refused, Err(StoreError::Denied(_))), "{refused:?}");
    }
    portal.judge(&tenant, judge(3), record(Event::RequestApproved, item)).await.unwrap();
    portal.decided(&tenant, account(3), at(0), 9).await.unwrap();
    assert_eq!(review.approved(&tenant, account(1), at(5000)).await.unwrap().len(), 1);
    let made = record(Event::OriginalHandedOver, item);
    review.hand_over(&tenant, account(1), request_id(1), at(5000), made).await.unwrap();
    assert_eq!(portal.own_request(&tenant, account(1), request_id(1)).await.unwrap().state, RequestState::HandedOver);
    process.expire_requests(&tenant, at(9000)).await.unwrap();
    for (role, sql) in [
        ("review", "UPDATE release_request SET decided_by = requester"),
        ("review", "INSERT INTO tiding SELECT tenant, 'asked', requester, item, id, 0 FROM release_request"),
        ("process", "UPDATE release_request SET until = 0"),
        ("process", "SELECT about FROM release_request"),
        ("portal", "UPDATE release_request SET requester = decided_by"),
        ("portal", "DELETE FROM release_request"),
        ("portal", "SELECT account FROM tiding"),
        ("deliver", "SELECT id FROM release_request"),
        ("operator", "SELECT id FROM release_request"),
    ] {
        assert_eq!(town.tried(role, sql).await, Err("42501".to_owned()), "{role}: {sql}");
    }
}
