//! The review listener over HTTPS on a real database, with the login and the key of its zone and no other: who signs in,
//! who is sent to the portal first, and an original handed out.
//!
//! Invariant: people get passwords and second factors in the portal, whose login may write them.

use std::collections::BTreeSet;
use std::sync::Arc;

use argon2::password_hash::PasswordHasher as _;
use argon2::{Algorithm, Argon2, Params, Version};
use temizu::config::{Config, TotpPolicy};
use temizu::domain::{Account, Event, ItemKey, OfficeRole, RequestId, TenantId};
use temizu::identity::Cost;
use temizu::policy::RuleSet;
use temizu::ports::{Accounts as _, Clock as _, Credentials};
use temizu::serve::{Edge, Gateway, Role, SystemClock};
use temizu::store::Keys;

use super::edges::copy_key;
use super::town::Town;
use crate::browser::authority;
use crate::portal::client::{Answer, Client, hidden};
use crate::review::zip::opened;
use crate::store_contract::fixture::original;
use crate::store_contract::office::{added, credentials, department, id, kept, person, posting, record};
use crate::users::code_at;

const PASSWORD: &str = "umi-no-mieru-machi-7";
const PORTAL: &str = "https://portal.city.example.lg.jp";

/// Both listeners, each with its own login, and two people who asked for an original.
struct Doors {
    town: Town,
    items: Vec<ItemKey>,
    portal: Gateway,
    review: Gateway,
    chain: std::path::PathBuf,
    _folder: tempfile::TempDir,
}

impl Doors {
    async fn opened(totp: TotpPolicy) -> Self {
        let town = Town::built().await;
        let items = town.fill().await;
        copy_key(&town, "review");
        people(&town).await;
        for (number, item) in [(1, &items[1]), (2, &items[0])] {
            approved(&town, number, item).await;
        }
        let folder = tempfile::tempdir().unwrap();
        let (chain, key) = authority::issued(folder.path());
        let started = async |role: &str, roles: Role| {
            let mut config = Config { store: town.config(role), ..Config::default() };
            config.site.portal_url = PORTAL.to_owned();
            config.identity.totp = totp;
            // Both hosts have the same key of sign-in.
            config.identity.key = Some(folder.path().join("identity.key"));
            for (listen, certificate, secret) in [
                (&mut config.portal.listen, &mut config.portal.tls_certificate, &mut config.portal.tls_key),
                (&mut config.review.listen, &mut config.review.tls_certificate, &mut config.review.tls_key),
            ] {
                *listen = vec![([127, 0, 0, 1], 0).into()];
                (*certificate, *secret) = (Some(chain.clone()), Some(key.clone()));
            }
            let rules = Arc::new(RuleSet::parse(&[]).unwrap());
            Gateway::start(Arc::new(config), rules, &BTreeSet::from([roles]), Edge::default()).await.unwrap()
        };
        let (portal, review) = (started("portal", Role::Portal).await, started("review", Role::Review).await);
        Self { town, items, portal, review, chain, _folder: folder }
    }

    fn at_portal(&self) -> Client {
        Client::new(&format!("https://{}", self.portal.portal_addresses()[0]), &self.chain)
    }

    fn outside(&self) -> Client {
        Client::new(&format!("https://{}", self.review.review_addresses()[0]), &self.chain)
    }

    async fn closed(self) {
        self.portal.stop().await;
        self.review.stop().await;
    }
}

/// An administrator, and two who are staff: 2 has a password of a cost that is hashed anew at the next sign-in.
async fn people(town: &Town) {
    let (tenant, portal) = (TenantId::single(), town.store("portal", Keys::None).await);
    let postings = vec![posting("road", &[OfficeRole::Administrator], "2026-04-01", None)];
    let first = Account { postings, ..person(9) };
    let road = department("road", &["road@city.example"]);
    portal.found(&tenant, road.clone(), first, credentials(), record(Event::AdministratorFounded)).await.unwrap();
    portal.change(&tenant, vec![kept(road), added(person(1)), added(person(2))]).await.unwrap();
    let Cost { memory_kib, passes, lanes } = Cost::RECOMMENDED;
    for (number, memory_kib) in [(1, memory_kib), (2, 64)] {
        let argon2 =
            Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::new(memory_kib, passes, lanes, None).unwrap());
        let hash = argon2.hash_password_with_salt(PASSWORD.as_bytes(), &[7; 16]).unwrap().to_string();
        let credentials = Credentials { password: Some(hash), ..Credentials::default() };
        portal.set_credentials(&tenant, id(number), credentials, record(Event::CredentialsChanged)).await.unwrap();
    }
}

/// What the portal has written when somebody asked and an approver approved.
async fn approved(town: &Town, number: u8, item: &ItemKey) {
    let until = SystemClock.now().millis() + 86_400_000;
    let about = serde_json::json!({
        "file": null, "subject": "見積り", "sender": "yamada@sender.example", "kept_for": null, "risk": "normal",
        "requester_name": format!("職員{number}"), "why": "工事の見積りに必要なため", "decided": null, "mailboxes": [],
    });
    town.database
        .sql(&format!(
            "INSERT INTO release_request (tenant, id, item, requester, department, state, asked_at, until, about) \
             VALUES ('main', '{}', '{}', '{}', 'road', 'approved', 0, {until}, '{about}')",
            RequestId::from_bytes([number; 16]),
            item.id,
            id(number)
        ))
        .await;
}

/// Name and password of somebody, typed.
async fn typed(client: &Client, number: u8) -> Answer {
    client.post("/sign-in", &[("login", &format!("person{number}")), ("password", PASSWORD)]).await
}

/// What stands in an element of a page, after `mark`.
fn after(page: &str, mark: &str) -> String {
    let (_, rest) = page.split_once(mark).unwrap_or_else(|| panic!("no {mark}: {page}"));
    rest.split_once('>').unwrap().1.split('<').next().unwrap().to_owned()
}

fn second() -> i64 {
    SystemClock.now().millis() / 1_000
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_must_have_a_second_factor_is_sent_to_the_portal_and_is_handed_the_original_afterwards() {
    let doors = Doors::opened(TotpPolicy::Everybody).await;
    let mut early = doors.outside();
    let answer = typed(&early, 1).await;
    assert_eq!((answer.status, answer.to()), (303, "/"), "{}", answer.text());
    early.take(&answer, "/second-factor").await;
    let one = format!("/originals/{}", RequestId::from_bytes([1; 16]));
    for path in ["/", &one] {
        assert_eq!(early.get(path).await.to(), "/second-factor", "{path}");
    }
    let told = early.get("/second-factor").await.text();
    assert!(told.contains(PORTAL) && told.contains("LGWAN側のポータル"), "{told}");
    assert!(hidden(&told, "ticket").is_none() && !told.contains("<svg"), "nothing to set up here: {told}");
    assert!(early.get("/password").await.text().contains(PORTAL));
    for path in ["/second-factor", "/password"] {
        assert_eq!(early.post(path, &[("code", "000000"), ("password", PASSWORD)]).await.status, 405, "{path}");
    }
    // The language is this browser's: the account is not written.
    let english = early.post("/language", &[("language", "en"), ("to", "/second-factor")]).await;
    assert_eq!((english.status, english.to()), (303, "/second-factor"), "{}", english.text());
    let chosen = english.cookies().pop().unwrap();
    early.cookie = format!("{}; {}", early.cookie, chosen.split(';').next().unwrap());
    assert!(early.get("/second-factor").await.text().contains("Set up a second factor"));
    let preferences = doors.town.database.sql("SELECT preferences FROM account WHERE login = 'person1'").await;
    assert!(!preferences.contains("\"en\""), "{preferences}");

    let mut portal = doors.at_portal();
    let answer = typed(&portal, 1).await;
    portal.take(&answer, "/second-factor").await;
    let page = portal.get("/second-factor").await.text();
    let (secret, ticket) = (after(&page, "<code class=\"file-name\""), hidden(&page, "ticket").unwrap());
    let code = code_at(&secret, second());
    let set = portal.post("/second-factor", &[("ticket", &ticket), ("code", &code)]).await;
    assert_eq!((set.status, set.to()), (303, "/sign-in"), "{}", set.text());
    assert!(early.get("/").await.to().starts_with("/sign-in"), "what was begun before has ended");

    let mut outside = doors.outside();
    let wanted = typed(&outside, 1).await;
    let ticket = hidden(&wanted.text(), "ticket").unwrap_or_else(|| panic!("{}: {}", wanted.status, wanted.text()));
    // That of the step after: the one of now was used in the portal.
    let code = code_at(&secret, second() + 30);
    let answer = outside.post("/sign-in/code", &[("ticket", &ticket), ("code", &code)]).await;
    assert_eq!((answer.status, answer.to()), (303, "/"), "{}", answer.text());
    outside.take(&answer, "/").await;
    assert!(outside.get("/").await.text().contains(&one));
    assert_eq!(outside.get(&one).await.status, 200);
    let page = outside.post(&one, &[]).await;
    let (password, ticket) = (after(&page.text(), "id=\"password\""), hidden(&page.text(), "ticket").unwrap());
    let zip = outside.post(&format!("{one}/zip"), &[("ticket", &ticket)]).await;
    assert_eq!(zip.status, 200, "{}", String::from_utf8_lossy(&zip.body));
    let reference = doors.items[1].id.reference();
    assert_eq!(opened(&zip.body, &password), Ok(vec![(format!("{reference}.eml"), original(2, 20_000))]));
    let of = "SELECT count(*) FROM audit WHERE body::json->>'actor' = 'user:person1' AND body::json->>'event' = ";
    assert_eq!(doors.town.database.sql(&format!("{of}'original_handed_over'")).await, "1");
    assert_eq!(doors.town.database.sql(&format!("{of}'item_viewed'")).await, "2", "the page, and that of the password");
    doors.closed().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_password_that_is_to_be_hashed_anew_lets_in_and_is_hashed_anew_in_the_portal() {
    let doors = Doors::opened(TotpPolicy::Nobody).await;
    let hash = async || doors.town.database.sql("SELECT password FROM account WHERE login = 'person2'").await;
    let before = hash().await;
    assert!(before.contains("m=64,"), "{before}");
    let mut outside = doors.outside();
    let answer = typed(&outside, 2).await;
    assert_eq!((answer.status, answer.to()), (303, "/"), "{}", answer.text());
    outside.take(&answer, "/").await;
    let one = format!("/originals/{}", RequestId::from_bytes([2; 16]));
    assert_eq!(outside.get(&one).await.status, 200);
    assert_eq!(hash().await, before);
    let proved = outside.post("/prove", &[("password", PASSWORD), ("to", "/")]).await;
    assert_eq!((proved.status, proved.to()), (303, "/"), "{}", proved.text());
    assert_eq!(typed(&doors.at_portal(), 2).await.status, 303);
    assert!(!hash().await.contains("m=64,"));
    doors.closed().await;
}
