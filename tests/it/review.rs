//! The review listener over TLS and HTTP: who is handed an original, how it is packed, and what is on record before.

mod looks;
mod visitor;
pub(crate) mod zip;

use std::time::Duration;

use reqwest::StatusCode;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions as _};
use temizu::config::Config;
use temizu::domain::{Event, ItemKey, Reference, RequestState};
use temizu::ports::Door;

use self::visitor::{Answer, Certified, Visitor};
use self::zip::opened;
use crate::releases::office::{account, approval, city, record, request_id, rows, today, wish};
use crate::support::gateway::{Plan, Site};
use crate::support::next_hop::NextHop;

/// A mail whose file has a name that wants out of the header, of the page and of the folder it is saved in.
const MAIL: &str = "From: Taro <taro@sender.example>\r\nTo: p1@city.example.lg.jp\r\nSubject: plan\r\n\
    Message-ID: <1@sender.example>\r\nDate: Mon, 23 Nov 2026 10:41:07 +0900\r\nMIME-Version: 1.0\r\n\
    Content-Type: application/octet-stream; name=\"../../evil.exe\"\r\n\
    Content-Disposition: attachment; filename=\"../../evil.exe\"\r\n\r\nMZ original bytes\r\n";
const HOSTILE: &str = "../..\\\u{202e}<script>alert(1)</script>\"; filename=\"evil.exe";

/// A mail with a text and a file, which is its second part.
const WITH_FILE: &str = "From: Taro <taro@sender.example>\r\nTo: p1@city.example.lg.jp\r\nSubject: plan\r\n\
    Message-ID: <2@sender.example>\r\nDate: Mon, 23 Nov 2026 10:41:07 +0900\r\nMIME-Version: 1.0\r\n\
    Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nhello\r\n\
    --b\r\nContent-Type: application/octet-stream; name=\"plan.exe\"\r\nContent-Transfer-Encoding: base64\r\n\
    Content-Disposition: attachment; filename=\"plan.exe\"\r\n\r\nTVogb3JpZ2luYWwgYnl0ZXM=\r\n--b--\r\n";

/// A gateway with both doors, an office, and a mail of which account 1 asked for the original.
struct House {
    site: Site,
    _hop: NextHop,
    certified: Certified,
    reference: Reference,
    key: ItemKey,
    _folder: tempfile::TempDir,
}

impl House {
    async fn opened(adjust: impl FnOnce(&mut Config)) -> Self {
        Self::with(MAIL, adjust).await
    }

    async fn with(mail: &str, adjust: impl FnOnce(&mut Config)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let certified = Certified::new(folder.path());
        let hop = NextHop::start(vec![]).await;
        let mut plan = Plan::new(hop.address());
        let config = &mut plan.config;
        // An approver would be led to a second factor first.
        config.identity.totp = temizu::config::TotpPolicy::Nobody;
        config.portal.listen = vec![([127, 0, 0, 1], 0).into()];
        config.review.listen = vec![([127, 0, 0, 1], 0).into()];
        config.portal.tls_certificate = Some(certified.certificate.clone());
        config.portal.tls_key = Some(certified.key.clone());
        config.review.tls_certificate = Some(certified.certificate.clone());
        config.review.tls_key = Some(certified.key.clone());
        adjust(config);
        let site = Site::start(plan).await;
        let reference = site.send(&["p1@city.example.lg.jp"], mail.as_bytes()).await;
        let key = ItemKey { tenant: city(), id: site.ended(reference).await.summary.id };
        let house = Self { site, _hop: hop, certified, reference, key, _folder: folder };
        house.asked().await;
        house
    }

    /// Accounts 1 and 2 are staff, 3 approves; account 1 asks for a file of the mail.
    async fn asked(&self) {
        let options = SqliteConnectOptions::new().filename(self.site.data().join("temizu.db"));
        let mut database = options.connect().await.unwrap();
        let key = self.key.clone();
        let mut all = vec![rows::department(&city(), "road")];
        all.extend([1, 2, 3].map(|number| rows::person(&city(), number, "never")));
        for (number, role) in [(1, "staff"), (2, "staff"), (3, "approver")] {
            all.push(rows::posting(&city(), number, "road", role, "2026-04-01", ""));
        }
        for statement in all {
            sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut database).await.unwrap();
        }
        let mut asked = wish(1, 1, 1);
        (asked.item, asked.reference, asked.asked_at) = (key.id, self.reference, self.site.now());
        (asked.file, asked.subject) = (Some(HOSTILE.to_owned()), Some(HOSTILE.to_owned()));
        asked.until = self.site.now().after(Duration::from_secs(72 * 3_600));
        // The row of the mailbox is what process wrote when it concluded the mail.
        let own = ["p1@city.example.lg.jp".to_owned()];
        self.site.store().ask(&city(), asked, &own, today(), record(Event::OriginalRequested, key.id)).await.unwrap();
    }

    async fn approve(&self) {
        let mut approved = approval(1, 3);
        approved.at = self.site.now();
        let until = self.site.now().after(Duration::from_secs(24 * 3_600));
        approved.ruling = temizu::ports::Ruling::Approve { fetch_until: until };
        self.site.store().judge(&city(), approved, record(Event::RequestApproved, self.key.id)).await.unwrap();
    }

    fn stranger(&self) -> Visitor {
        Visitor::at(self.site.gateway().review_addresses()[0], &self.certified)
    }

    async fn visitor(&self, number: u8) -> Visitor {
        self.stranger().signed_in(&*self.site.store(), Door::Review, number).await
    }

    /// How often the chain says that an original was handed over.
    async fn handed_over(&self) -> usize {
        let records = self.site.store().records(&city(), 0, 1_000).await.unwrap();
        records.iter().filter(|record| record.body.contains("\"original_handed_over\"")).count()
    }
}

fn one() -> String {
    format!("/originals/{}", request_id(1))
}

/// The page with the password.
async fn prepared(visitor: &Visitor) -> Answer {
    let page = visitor.get(&one()).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.text());
    visitor.post(&one(), &[("token", &page.field("token"))]).await
}

/// The zip that the page with the password leads to.
async fn downloaded(visitor: &Visitor, page: &Answer) -> Answer {
    let (token, ticket) = (page.field("token"), page.field("ticket"));
    visitor.post(&format!("{}/zip", one()), &[("token", &token), ("ticket", &ticket)]).await
}

#[tokio::test]
async fn whoever_asked_is_handed_the_original_in_a_zip_whose_password_was_shown_before() {
    let house = House::opened(|_| ()).await;
    house.approve().await;
    let staff = house.visitor(1).await;
    let list = staff.get("/").await;
    assert!(list.text().contains(&house.reference.to_string()) && list.text().contains(&one()), "{}", list.text());

    let page = prepared(&staff).await;
    assert_eq!((page.status, page.header("cache-control")), (StatusCode::OK, "no-store"), "{}", page.text());
    let password = page.element("password");
    assert_eq!(password.len(), 20, "{password}");
    assert_eq!(page.text().matches(&password).count(), 1, "the password is shown, and not carried in a field");
    assert_eq!(house.handed_over().await, 0, "nothing has left yet");

    let zip = downloaded(&staff, &page).await;
    assert_eq!(zip.status, StatusCode::OK, "{}", zip.text());
    assert_eq!(house.handed_over().await, 1);
    let name = format!("{}.eml", house.reference);
    assert_eq!(opened(&zip.bytes, &password), Ok(vec![(name, house.site.original(house.reference).await)]));
    assert!(opened(&zip.bytes, "another password").is_err());
    assert!(!zip.bytes.windows(8).any(|bytes| bytes == b"original"), "nothing of it is in the clear");
    let disposition = format!("attachment; filename=\"{}.zip\"", house.reference);
    assert_eq!(zip.header("content-disposition"), disposition);
    for (name, value) in [
        ("content-type", "application/zip"),
        ("x-content-type-options", "nosniff"),
        ("cache-control", "no-store"),
        ("content-security-policy", "sandbox; default-src 'none'; frame-ancestors 'none'"),
    ] {
        assert_eq!(zip.header(name), value, "{name}");
    }
    let records = house.site.store().records(&city(), 0, 1_000).await.unwrap();
    assert!(records.iter().all(|record| !record.body.contains(&password)), "no password is on record");
    house.site.stop().await;
}

#[tokio::test]
async fn whoever_asked_for_one_file_is_handed_that_file_as_it_came() {
    let house = House::with(WITH_FILE, |_| ()).await;
    house.approve().await;
    let staff = house.visitor(1).await;
    let page = prepared(&staff).await;
    let zip = downloaded(&staff, &page).await;
    assert_eq!(zip.status, StatusCode::OK, "{}", zip.text());
    // The name is ours but for its ending: names in a zip can be read without the password.
    let name = format!("{}.exe", house.reference);
    assert_eq!(opened(&zip.bytes, &page.element("password")), Ok(vec![(name, b"MZ original bytes".to_vec())]));
    let records = house.site.store().records(&city(), 0, 1_000).await.unwrap();
    let handed = records.iter().find(|record| record.body.contains("\"original_handed_over\"")).unwrap();
    assert!(handed.body.contains("\"what\":\"file\""), "{}", handed.body);
    house.site.stop().await;
}

#[tokio::test]
async fn where_the_file_cannot_be_taken_out_the_whole_mail_is_handed_out() {
    // A worker that may read no header any more; the mail was inspected before.
    let mut house = House::with(WITH_FILE, |_| ()).await;
    house.approve().await;
    house.site = house.site.restart(Duration::ZERO, |config| config.limits.header_bytes = 1).await;
    let staff = house.visitor(1).await;
    let page = prepared(&staff).await;
    let zip = downloaded(&staff, &page).await;
    let name = format!("{}.eml", house.reference);
    let whole = house.site.original(house.reference).await;
    assert_eq!(opened(&zip.bytes, &page.element("password")), Ok(vec![(name, whole)]));
    house.site.stop().await;
}

#[tokio::test]
async fn a_ticket_is_good_once_and_for_its_session_only() {
    let house = House::opened(|_| ()).await;
    house.approve().await;
    let staff = house.visitor(1).await;
    let page = prepared(&staff).await;
    // The same person, signed in anew: another session.
    let other = house.visitor(1).await;
    let fields = [("token", other.get(&one()).await.field("token")), ("ticket", page.field("ticket"))];
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    assert_eq!(other.post(&format!("{}/zip", one()), &fields).await.status, StatusCode::FORBIDDEN);
    assert_eq!(downloaded(&staff, &page).await.status, StatusCode::OK);
    assert_eq!(downloaded(&staff, &page).await.status, StatusCode::FORBIDDEN);
    assert_eq!(house.handed_over().await, 1);

    let late = prepared(&staff).await;
    assert_ne!(late.element("password"), page.element("password"), "another one each time");
    house.site.advance(Duration::from_secs(5 * 60));
    assert_eq!(downloaded(&staff, &late).await.status, StatusCode::FORBIDDEN);
    assert_eq!(house.handed_over().await, 1);
    house.site.stop().await;
}

#[tokio::test]
async fn it_may_be_fetched_again_until_its_time_is_over_and_each_time_is_on_record() {
    let house = House::opened(|_| ()).await;
    house.approve().await;
    let staff = house.visitor(1).await;
    for times in 1..=2 {
        let page = prepared(&staff).await;
        assert_eq!(downloaded(&staff, &page).await.status, StatusCode::OK);
        assert_eq!(house.handed_over().await, times);
    }
    let state = house.site.store().own_request(&city(), account(1), request_id(1)).await.unwrap().state;
    assert_eq!(state, RequestState::HandedOver);

    house.site.advance(Duration::from_secs(24 * 3_600));
    let staff = house.visitor(1).await;
    assert_eq!(staff.get(&one()).await.status, StatusCode::NOT_FOUND);
    assert!(!staff.get("/").await.text().contains(&one()));
    assert_eq!(house.handed_over().await, 2);
    house.site.stop().await;
}

#[tokio::test]
async fn what_is_somebody_elses_or_not_approved_is_not_there() {
    let house = House::opened(|_| ()).await;
    let (staff, other, approver) = (house.visitor(1).await, house.visitor(2).await, house.visitor(3).await);
    let refused = async |who: &Visitor, status: StatusCode| {
        assert_eq!(who.get(&one()).await.status, status);
        let token = who.get("/").await.field("token");
        for path in [one(), format!("{}/zip", one())] {
            assert_eq!(who.post(&path, &[("token", &token), ("ticket", "x")]).await.status, status, "{path}");
        }
    };
    refused(&staff, StatusCode::NOT_FOUND).await;
    house.approve().await;
    assert_eq!(staff.get(&one()).await.status, StatusCode::OK);
    refused(&other, StatusCode::NOT_FOUND).await;
    refused(&approver, StatusCode::FORBIDDEN).await;
    assert!(!other.get("/").await.text().contains(&house.reference.to_string()));

    let stranger = house.stranger();
    let sent_away = stranger.get(&one()).await;
    assert_eq!(sent_away.status, StatusCode::SEE_OTHER);
    assert!(sent_away.header("location").starts_with("/sign-in"));
    assert_eq!(stranger.post(&one(), &[]).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(house.handed_over().await, 0);
    house.site.stop().await;
}

#[tokio::test]
async fn a_session_of_one_door_is_worth_nothing_at_the_other() {
    let house = House::opened(|_| ()).await;
    house.approve().await;
    let review = house.visitor(1).await;
    let portal = Visitor::at(house.site.gateway().portal_addresses()[0], &house.certified);
    let portal = portal.signed_in(&*house.site.store(), Door::Portal, 1).await;
    assert_eq!(portal.get("/requests").await.status, StatusCode::OK);
    assert_eq!(review.get("/").await.status, StatusCode::OK);
    let swapped = review.with_the_cookie_of(&portal);
    assert_eq!(swapped.get(&one()).await.status, StatusCode::SEE_OTHER);
    let swapped = portal.with_the_cookie_of(&review);
    assert_eq!(swapped.get("/requests").await.status, StatusCode::SEE_OTHER);
    assert_eq!(portal.get(&one()).await.status, StatusCode::NOT_FOUND, "the portal has no such page");
    house.site.stop().await;
}

#[tokio::test]
async fn a_hand_over_wants_a_fresh_proof_and_a_form_of_this_door() {
    let house = House::opened(|_| ()).await;
    house.approve().await;
    let staff = house.visitor(1).await;
    let token = staff.get(&one()).await.field("token");
    let fields = [("token", token.as_str())];
    assert_eq!(staff.post_from("https://evil.example", &one(), &fields).await.status, StatusCode::FORBIDDEN);
    assert_eq!(staff.post(&one(), &[]).await.status, StatusCode::FORBIDDEN, "no token of the session");
    house.site.advance(Duration::from_secs(5 * 60 + 1));
    let sent_away = staff.post(&one(), &fields).await;
    assert_eq!(sent_away.status, StatusCode::SEE_OTHER);
    assert!(sent_away.header("location").starts_with("/prove?to=%2Foriginals%2F"), "{}", sent_away.header("location"));
    assert_eq!(house.handed_over().await, 0);
    house.site.stop().await;
}

#[tokio::test]
async fn a_hostile_name_is_text_on_the_pages_and_nowhere_else() {
    let house = House::opened(|_| ()).await;
    house.approve().await;
    let staff = house.visitor(1).await;
    for page in [staff.get("/").await, staff.get(&one()).await, prepared(&staff).await] {
        assert_eq!(page.status, StatusCode::OK);
        assert!(!page.text().contains("<script>alert") && page.text().contains("&#60;script&#62;"), "{}", page.text());
    }
    let zip = downloaded(&staff, &prepared(&staff).await).await;
    let headers = format!("{:?}", zip.headers);
    assert!(zip.status.is_success() && !headers.contains("evil") && !headers.contains("script"), "{headers}");
    house.site.stop().await;
}

#[tokio::test]
async fn an_original_over_the_limit_is_told_to_be_too_large_and_is_not_handed_out() {
    let house = House::opened(|config| config.review.original_bytes = 64).await;
    house.approve().await;
    let staff = house.visitor(1).await;
    let page = prepared(&staff).await;
    assert_eq!(page.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert!(page.text().contains("64B") && !page.text().contains("id=\"password\""), "{}", page.text());
    assert_eq!(house.handed_over().await, 0);
    house.site.stop().await;
}

#[tokio::test]
async fn without_an_address_nobody_is_there() {
    let site = Site::start(Plan::new(NextHop::start(vec![]).await.address())).await;
    assert!(site.gateway().review_addresses().is_empty());
    site.stop().await;
}
