//! Accounts and sign-in through the pages of the portal, over TLS, on the embedded store.

mod client;

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;
use temizu::config::identity::TotpPolicy;
use temizu::config::{Config, SignInProxy};
use temizu::domain::{Account, AuditEvent, Digest, Event, IdentitySource, OfficeRole, TenantId};
use temizu::ports::{Door, OneTimeLink};

use self::client::{Answer, Browser};
use crate::store_contract::office;
use crate::support::gateway::{Plan, Site};
use crate::support::scaleout::write_secret;

const PASSWORD: &str = "mizube-no-tori-7";
const OTHER: &str = "yamabe-no-hana-8";

async fn site(totp: TotpPolicy) -> Site {
    site_with(totp, |_| {}).await
}

async fn site_with(totp: TotpPolicy, adjust: impl FnOnce(&mut Config)) -> Site {
    let mut plan = Plan::new(([127, 0, 0, 1], 9).into());
    plan.config.portal.listen = vec![([127, 0, 0, 1], 0).into()];
    plan.config.site.language = temizu::domain::Language::En;
    plan.config.identity.totp = totp;
    adjust(&mut plan.config);
    Site::start(plan).await
}

fn browser(site: &Site) -> Browser {
    Browser::new(site.portal(), &site.data(), site.now().millis())
}

/// An administrator (1) and two of the staff (2, 3), without passwords.
async fn people(site: &Site) {
    let from = "2026-04-01";
    let administrator = office::posting("road", &[OfficeRole::Administrator], from, None);
    let first = Account { postings: vec![administrator], ..office::person(1) };
    let changes = vec![
        office::kept(office::department("road", &["road@city.example"])),
        office::added(first),
        office::added(office::person(2)),
        office::added(office::person(3)),
    ];
    site.store().change(&TenantId::single(), changes).await.unwrap();
}

/// A browser signed in by a link of the command line.
async fn come_in(site: &Site, number: u8) -> Browser {
    let token = format!("link-of-{number}-{}", site.secrets().len());
    let link = OneTimeLink {
        token: Digest::of(token.as_bytes()),
        account: office::id(number),
        door: Door::Portal,
        until: site.now().after(Duration::from_secs(60)),
    };
    let record = AuditEvent {
        at: site.now(),
        event: Event::LinkOffered,
        item: None,
        actor: "test".to_owned(),
        details: json!({}),
    };
    site.store().offer_link(&TenantId::single(), link, record).await.unwrap();
    let mut browser = browser(site);
    browser.get(&format!("/link/{token}")).await.is(200);
    browser.post(&format!("/link/{token}"), &[]).await.is(303);
    browser
}

/// Gives account `number` a password through the page, and leaves it signed out.
async fn choose(site: &Site, number: u8, password: &str) {
    let mut browser = come_in(site, number).await;
    browser.get("/password").await.is(200);
    let fields = [("password", password), ("password_again", password)];
    browser.post("/password", &fields).await.leads_to("/sign-in");
}

async fn sign_in(browser: &mut Browser, login: &str, password: &str) -> Answer {
    browser.get("/sign-in").await.is(200);
    browser.post("/sign-in", &[("login", login), ("password", password)]).await
}

/// The six digits that an app shows for this secret.
pub(crate) fn code(secret: &str, site: &Site) -> String {
    code_at(secret, site.now().millis() / 1_000)
}

/// The same at a second.
pub(crate) fn code_at(secret: &str, second: i64) -> String {
    let mut bits = 0u64;
    let mut count = 0;
    let mut bytes = Vec::new();
    for letter in secret.bytes() {
        let digit = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".iter().position(|other| *other == letter).unwrap();
        bits = (bits << 5) | u64::try_from(digit).unwrap();
        count += 5;
        if count >= 8 {
            count -= 8;
            bytes.push(u8::try_from((bits >> count) & 255).unwrap());
        }
    }
    let totp = totp_rs::Builder::new().with_secret(bytes).with_account_name("x".to_owned()).build().unwrap();
    totp.generate(u64::try_from(second).unwrap()).to_string()
}

#[tokio::test]
async fn the_first_administrator_is_made_with_the_token_and_signs_in_with_a_second_factor() {
    let site = site(TotpPolicy::Administrators).await;
    let mut browser = browser(&site);
    browser.get("/").await.leads_to("/sign-in?to=%2F");
    assert!(browser.get("/sign-in").await.is(200).text.contains("href=\"/setup\""));
    let mut made = 0;
    for secret in site.secrets().into_iter().filter(|secret| secret.len() == 32).chain([vec![7; 32]]) {
        let token = URL_SAFE_NO_PAD.encode(&secret);
        let fields = [
            ("setup", token.as_str()),
            ("login", "kanri"),
            ("name", "管理　花子"),
            ("department", "it"),
            ("department_name", "情報政策課"),
            ("password", PASSWORD),
            ("password_again", PASSWORD),
        ];
        let answer = browser.post("/setup", &fields).await;
        match answer.status {
            303 => made += 1,
            404 => assert_eq!(made, 1, "the page is gone only once there is an administrator"),
            status => assert_eq!((status, answer.text.contains("setup token is not right")), (422, true)),
        }
    }
    assert_eq!(made, 1, "one token is good, once");
    browser.get("/setup").await.is(404);

    sign_in(&mut browser, "kanri", PASSWORD).await.leads_to("/");
    browser.get("/users").await.leads_to("/second-factor");
    let page = browser.get("/second-factor").await.is(200);
    let (_, rest) = page.text.split_once("<code class=\"file-name\">").unwrap();
    let (secret, ticket) = (rest.split('<').next().unwrap().to_owned(), page.field("ticket"));
    browser.post("/second-factor", &[("ticket", &ticket), ("code", "000000")]).await.is(200);
    let shown = code(&secret, &site);
    browser.post("/second-factor", &[("ticket", &ticket), ("code", &shown)]).await.leads_to("/sign-in");
    assert_eq!(browser.get("/users").await.status, 303, "all sessions have ended");

    site.advance(Duration::from_secs(30));
    let asked = sign_in(&mut browser, "kanri", PASSWORD).await.is(200).field("ticket");
    let fresh = code(&secret, &site);
    browser.post("/sign-in/code", &[("ticket", &asked), ("code", &shown)]).await.is(401);
    browser.post("/sign-in/code", &[("ticket", &asked), ("code", &fresh)]).await.leads_to("/");
    assert!(browser.get("/users").await.is(200).text.contains("管理　花子"));
    let mut second = self::browser(&site);
    let asked = sign_in(&mut second, "kanri", PASSWORD).await.is(200).field("ticket");
    second.post("/sign-in/code", &[("ticket", &asked), ("code", &fresh)]).await.is(401);
    site.stop().await;
}

#[tokio::test]
async fn after_five_failures_nothing_more_is_tried_for_fifteen_minutes() {
    let site = site(TotpPolicy::Nobody).await;
    people(&site).await;
    choose(&site, 2, PASSWORD).await;
    let mut browser = browser(&site);
    for login in ["person2", "nobody-at-all"] {
        for _ in 0..5 {
            let refused = sign_in(&mut browser, login, "wrong-password-1").await.is(401);
            assert!(refused.text.contains("You could not be signed in"), "the same for both");
        }
    }
    let paused = sign_in(&mut browser, "person2", PASSWORD).await.is(429);
    assert!(paused.text.contains("15 minutes"));
    site.advance(Duration::from_secs(15 * 60 + 1));
    sign_in(&mut browser, "person2", PASSWORD).await.leads_to("/");
    site.stop().await;
}

#[tokio::test]
async fn a_new_password_ends_all_sessions_and_asks_for_a_fresh_proof() {
    let site = site(TotpPolicy::Nobody).await;
    people(&site).await;
    choose(&site, 2, PASSWORD).await;
    let (mut here, mut there) = (browser(&site), browser(&site));
    sign_in(&mut here, "person2", PASSWORD).await.leads_to("/");
    sign_in(&mut there, "person2", PASSWORD).await.leads_to("/");
    there.get("/settings").await.is(200);
    site.advance(Duration::from_secs(6 * 60));
    here.get("/password").await.leads_to("/prove?to=%2Fpassword");
    here.get("/prove?to=%2Fpassword").await.is(200);
    here.post("/prove", &[("password", "wrong-password-1"), ("to", "/password")]).await.is(401);
    here.post("/prove", &[("password", PASSWORD), ("to", "/password")]).await.leads_to("/password");
    here.get("/password").await.is(200);
    let weak = here.post("/password", &[("password", "person2person2"), ("password_again", "person2person2")]).await;
    weak.is(422);
    here.post("/password", &[("password", OTHER), ("password_again", OTHER)]).await.leads_to("/sign-in");
    for browser in [&mut here, &mut there] {
        browser.get("/settings").await.leads_to("/sign-in?to=%2Fsettings");
    }
    sign_in(&mut here, "person2", PASSWORD).await.is(401);
    sign_in(&mut here, "person2", OTHER).await.leads_to("/");
    site.stop().await;
}

#[tokio::test]
async fn an_administrator_brings_people_in_by_csv_and_staff_cannot() {
    let site = site(TotpPolicy::Nobody).await;
    people(&site).await;
    choose(&site, 1, PASSWORD).await;
    let csv = "職員番号,氏名,所属コード,役割,発令日\nperson3,職員3,road,承認者,2026-12-01\nnew,新人　次郎,road,職員,\n";
    let mut staff = come_in(&site, 2).await;
    staff.get("/settings").await.is(200);
    staff.get("/users").await.is(403);
    staff.get("/users/import").await.is(403);
    staff.put_in("/users/import", csv.as_bytes(), &[]).await.is(403);
    staff.post("/users/import/apply", &[("digest", "0")]).await.is(403);
    staff.post(&format!("/users/{}/block", office::id(3)), &[("blocked", "1")]).await.is(403);

    let mut chief = browser(&site);
    sign_in(&mut chief, "person1", PASSWORD).await.leads_to("/");
    chief.get("/users/import").await.is(200);
    let wrong = chief.put_in("/users/import", b"login,name,department\nx y,,road\n", &[]).await.is(422);
    assert!(wrong.text.contains("line 2, login") && !wrong.text.contains("x y"), "{}", wrong.text);
    chief.put_in("/users/import", csv.as_bytes(), &[]).await.leads_to("/users/import");
    let shown = chief.get("/users/import").await.is(200);
    for text in ["Added: 1", "Moved: 1", "新人　次郎", "1 December 2026"] {
        assert!(shown.text.contains(text), "{text}: {}", shown.text);
    }
    let digest = shown.field("digest");
    assert!(!chief.get("/users").await.is(200).text.contains("新人"), "nothing was changed yet");
    chief.post("/users/import/apply", &[("digest", "0")]).await.is(409);

    site.advance(Duration::from_secs(6 * 60));
    let ask = chief.post("/users/import/apply", &[("digest", &digest)]).await;
    ask.leads_to("/prove?to=%2Fusers%2Fimport");
    chief.get("/prove").await.is(200);
    chief.post("/prove", &[("password", PASSWORD), ("to", "/users/import")]).await.leads_to("/users/import");
    let digest = chief.get("/users/import").await.is(200).field("digest");
    chief.post("/users/import/apply", &[("digest", &digest)]).await.leads_to("/users?said=imported");
    assert!(chief.get("/users?q=%E6%96%B0%E4%BA%BA").await.is(200).text.contains("新人　次郎"));
    chief.get("/users/import").await.is(200);
    chief.post("/users/import/apply", &[("digest", &digest)]).await.is(409);
    site.stop().await;
}

#[tokio::test]
async fn an_administrator_helps_and_stops_somebody_and_never_themselves() {
    let site = site(TotpPolicy::Nobody).await;
    people(&site).await;
    choose(&site, 1, PASSWORD).await;
    let mut chief = browser(&site);
    sign_in(&mut chief, "person1", PASSWORD).await.leads_to("/");
    let (own, other) = (format!("/users/{}", office::id(1)), format!("/users/{}", office::id(2)));
    assert!(!chief.get(&own).await.is(200).text.contains("/block"), "no form for one's own account");
    chief.post(&format!("{own}/block"), &[("blocked", "1")]).await.is(409);
    chief.post(&format!("{own}/link"), &[]).await.is(409);
    chief.get(&format!("/users/{}", office::id(9))).await.is(404);

    let page = chief.post(&format!("{other}/link"), &[]).await.is(201);
    let (_, rest) = page.text.split_once("<code id=\"link\">").unwrap();
    let link = rest.split('<').next().unwrap();
    assert!(link.starts_with("https://127.0.0.1:"), "whoever gets it knows where to go: {link}");
    let (_, path) = link.split_once("/link/").unwrap();
    let link = format!("/link/{path}");
    assert!(!chief.get(&other).await.is(200).text.contains("/link/"), "shown once");
    let mut person = browser(&site);
    person.get(&link).await.is(200);
    person.post(&link, &[]).await.leads_to("/password");
    person.get("/password").await.is(200);
    browser(&site).post(&link, &[]).await.is(404);

    chief.post(&format!("{other}/block"), &[("blocked", "1")]).await.leads_to(&format!("{other}?said=blocked"));
    person.get("/password").await.leads_to("/sign-in?to=%2Fpassword");
    chief.post(&format!("{other}/link"), &[]).await.is(409);
    chief.post(&format!("{other}/block"), &[("blocked", "0")]).await.leads_to(&format!("{other}?said=unblocked"));

    site.advance(Duration::from_secs(6 * 60));
    for act in ["block", "link", "second-factor"] {
        let to = format!("/prove?to=%2Fusers%2F{}", office::id(2));
        chief.post(&format!("{other}/{act}"), &[("blocked", "1")]).await.leads_to(&to);
    }
    site.stop().await;
}

#[tokio::test]
async fn people_choose_language_notices_and_shortcuts_for_themselves() {
    let site = site(TotpPolicy::Nobody).await;
    people(&site).await;
    let mut person = come_in(&site, 2).await;
    assert!(person.get("/settings").await.is(200).text.contains("Settings"));
    person.post("/settings", &[("language", "ja"), ("digest", "never")]).await.leads_to("/settings?said=saved");
    let page = person.get("/settings?said=saved").await.is(200).text;
    assert!(page.contains("保存しました。") && page.contains("data-shortcuts=\"off\""), "{page}");
    assert!(page.contains("value=\"never\" checked"), "{page}");
    assert!(come_in(&site, 3).await.get("/settings").await.is(200).text.contains("Settings"), "nobody else's");
    site.stop().await;
}

/// A browser behind the proxy, which has signed account `number` in.
fn proxied(site: &Site, number: u8) -> Browser {
    let mut browser = browser(site);
    browser.added = vec![("X-Remote-User", format!("person{number}")), ("X-Proxy-Secret", OF_PROXY.to_owned())];
    browser
}

const OF_PROXY: &str = "0123456789abcdef0123456789abcdef";

#[tokio::test]
async fn whom_a_proxy_signs_in_sets_up_a_second_factor_by_a_link_and_proves_anew_with_its_code() {
    let folder = tempfile::tempdir().unwrap();
    let secret_file = folder.path().join("proxy.secret");
    write_secret(&secret_file, OF_PROXY);
    let proxy = SignInProxy {
        header: "X-Remote-User".to_owned(),
        from: vec![[127, 0, 0, 1].into()],
        secret_header: "X-Proxy-Secret".to_owned(),
        secret_file: Some(secret_file),
        proves_anew: false,
    };
    let site = site_with(TotpPolicy::Nobody, |config| config.proxy = proxy).await;
    people(&site).await;
    let fourth = Account { source: IdentitySource::Proxy, ..office::person(4) };
    site.store().change(&TenantId::single(), vec![office::added(fourth)]).await.unwrap();

    let mut person = proxied(&site, 4);
    person.get("/sign-in").await.is(200);
    person.post("/sso/proxy", &[("to", "/settings")]).await.leads_to("/settings");
    person.get("/second-factor").await.leads_to("/prove?to=%2Fsecond-factor");
    let told = person.get("/prove?to=%2Fsettings").await.is(200).text;
    assert!(told.contains("Ask an administrator") && !told.contains("name=\"code\""), "{told}");
    person.post("/prove", &[("to", "/settings"), ("code", "000000")]).await.is(401);

    let mut chief = come_in(&site, 1).await;
    let own = format!("/users/{}", office::id(4));
    assert!(chief.get(&own).await.is(200).text.contains(&format!("{own}/link")));
    let page = chief.post(&format!("{own}/link"), &[]).await.is(201);
    let (_, rest) = page.text.split_once("<code id=\"link\">").unwrap();
    let (_, token) = rest.split('<').next().unwrap().split_once("/link/").unwrap();
    let link = format!("/link/{token}");
    let mut person = proxied(&site, 4);
    person.get(&link).await.is(200);
    person.post(&link, &[]).await.leads_to("/second-factor");
    let page = person.get("/second-factor").await.is(200);
    let (_, rest) = page.text.split_once("<code class=\"file-name\">").unwrap();
    let (secret, ticket) = (rest.split('<').next().unwrap().to_owned(), page.field("ticket"));
    let fields = [("ticket", ticket.as_str()), ("code", &code(&secret, &site))];
    person.post("/second-factor", &fields).await.leads_to("/sign-in");

    site.advance(Duration::from_secs(30));
    person.get("/sign-in").await.is(200);
    person.post("/sso/proxy", &[("to", "/password")]).await.leads_to("/password");
    // The proxy alone proves nothing about the last minutes.
    person.get("/second-factor").await.leads_to("/prove?to=%2Fsecond-factor");
    assert!(person.get("/prove?to=%2Fsecond-factor").await.is(200).text.contains("name=\"code\""));
    let to = ("to", "/second-factor");
    assert!(person.post("/prove", &[to, ("code", "000000")]).await.is(401).text.contains("The code is not right"));
    person.get("/prove?to=%2Fsecond-factor").await.is(200);
    person.post("/prove", &[to, ("code", &code(&secret, &site))]).await.leads_to("/second-factor");
    person.get("/second-factor").await.is(200);
    site.stop().await;
}
