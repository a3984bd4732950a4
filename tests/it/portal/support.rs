//! An office in front of a real gateway: its people, their mail, their browsers.
//!
//! People and places are seeded by the port of accounts, mail comes in by SMTP, and everybody signs in by a link that
//! works once. Invariant: time stands still until the test moves it.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use argon2::password_hash::PasswordHasher as _;
use argon2::{Algorithm, Argon2, Params, Version};
use serde_json::{Value, json};
use temizu::config::{Config, TotpPolicy};
use temizu::domain::office::DigestTimes;
use temizu::domain::{
    Account, AccountId, Arrival, AuditEvent, Department, Digest, Event, IdentitySource, ItemId, Mailbox, OfficeRole,
    Posting, Preferences, Principal, TenantId,
};
use temizu::identity::{Cost, Identity};
use temizu::portal;
use temizu::ports::{AccountChange, ArrivalQuery, Credentials, Door, OneTimeLink, Viewer};
use temizu::review::{self, Review};
use temizu::sandbox::{Sandbox, Settings};
use temizu::serve::{OsEntropy, SystemClock};
use temizu::web::Web;
use temizu::web::routes::Row;

use super::client::Client;
use crate::browser::{Tab, authority};
use crate::support::gateway::{Plan, Site};
use crate::support::next_hop::NextHop;

/// The password of everybody who has one.
pub(crate) const PASSWORD: &str = "umi-no-mieru-machi-7";

/// argon2id of [`PASSWORD`], at the cost of real ones: a cheaper one would be hashed anew.
static HASH: LazyLock<String> = LazyLock::new(|| {
    let Cost { memory_kib, passes, lanes } = Cost::RECOMMENDED;
    let params = Params::new(memory_kib, passes, lanes, None).unwrap();
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    argon2.hash_password_with_salt(PASSWORD.as_bytes(), &[7; 16]).unwrap().to_string()
});

/// The people of the office: number, sign-in name, name, department, roles.
const PEOPLE: [(u8, &str, &str, &str, &[OfficeRole]); 7] = [
    (1, HANAKO, "高橋 花子", "road", &[OfficeRole::Staff]),
    (2, JIRO, "鈴木 次郎", "library", &[OfficeRole::Staff]),
    (3, SAKURA, "佐藤 桜", "road", &[OfficeRole::Approver]),
    (4, KAEDE, "伊藤 楓", "library", &[OfficeRole::Approver]),
    (5, MOMO, "渡辺 桃", "road", &[OfficeRole::Staff, OfficeRole::Approver]),
    (6, KANRI, "山本 管理", "it", &[OfficeRole::Administrator]),
    (7, KANSA, "中村 監査", "it", &[OfficeRole::Auditor]),
];

/// Staff of 道路課.
pub(crate) const HANAKO: &str = "hanako";
/// Staff of 図書館.
pub(crate) const JIRO: &str = "jiro";
/// Approver of 道路課.
pub(crate) const SAKURA: &str = "sakura";
/// Approver of 図書館, and whoever is named as a deputy.
pub(crate) const KAEDE: &str = "kaede";
/// Staff and approver of 道路課 at once.
pub(crate) const MOMO: &str = "momo";
pub(crate) const KANRI: &str = "kanri";
pub(crate) const KANSA: &str = "kansa";

pub(crate) fn city() -> TenantId {
    TenantId::single()
}

/// The account of a sign-in name.
pub(crate) fn account(login: &str) -> AccountId {
    let (number, ..) = PEOPLE.iter().find(|(_, name, ..)| *name == login).unwrap();
    AccountId::from_bytes([*number; 16])
}

/// The own address of a sign-in name.
pub(crate) fn mailbox(login: &str) -> String {
    format!("{login}@city.example.lg.jp")
}

/// A gateway with an office in front of it.
pub(crate) struct Office {
    pub(crate) site: Site,
    /// `https://` and the address of the portal.
    pub(crate) base: String,
    nobody: Client,
    /// Nobody's, for the review listener.
    outside: Client,
    links: AtomicU32,
    pub(crate) hop: NextHop,
    certificate: tempfile::TempDir,
}

impl Office {
    /// People, and no mail yet.
    pub(crate) async fn open() -> Self {
        Self::open_with(|_| {}).await
    }

    /// The same with another plan.
    pub(crate) async fn open_with(adjust: impl FnOnce(&mut Plan)) -> Self {
        let office = Self::founding(|plan, _| adjust(plan)).await;
        office.people().await;
        office
    }

    /// The same with another configuration; the folder is the office's own.
    pub(crate) async fn open_in(adjust: impl FnOnce(&mut Config, &Path)) -> Self {
        let office = Self::founding(|plan, folder| adjust(&mut plan.config, folder)).await;
        office.people().await;
        office
    }

    /// Nobody yet.
    pub(crate) async fn founding(adjust: impl FnOnce(&mut Plan, &Path)) -> Self {
        let certificate = tempfile::tempdir().unwrap();
        let (chain, key) = authority::issued(certificate.path());
        let hop = NextHop::start(Vec::new()).await;
        let mut plan = Plan::new(hop.address());
        plan.config.site.name = "見本市".to_owned();
        plan.config.identity.totp = TotpPolicy::Nobody;
        plan.config.portal.listen = vec![([127, 0, 0, 1], 0).into()];
        plan.config.portal.tls_certificate = Some(chain.clone());
        plan.config.portal.tls_key = Some(key.clone());
        plan.config.review.listen = vec![([127, 0, 0, 1], 0).into()];
        plan.config.review.tls_certificate = Some(chain.clone());
        plan.config.review.tls_key = Some(key);
        adjust(&mut plan, certificate.path());
        let site = Site::start(plan).await;
        let base = format!("https://127.0.0.1:{}", site.portal().port());
        let nobody = Client::new(&base, &chain);
        let review = site.gateway().review_addresses()[0];
        let outside = Client::new(&format!("https://{review}"), &chain);
        Self { site, base, nobody, outside, links: AtomicU32::new(0), hop, certificate }
    }

    async fn people(&self) {
        let store = self.site.store();
        let department = |code: &str, name: &str, mailboxes: &[&str]| Department {
            code: code.parse().unwrap(),
            name: name.parse().unwrap(),
            mailboxes: mailboxes.iter().map(|text| Mailbox::parse(text).unwrap()).collect(),
        };
        let mut changes: Vec<_> = [
            department("road", "道路課", &["road@city.example.lg.jp"]),
            department("library", "図書館", &[]),
            department("it", "情報政策課", &[]),
        ]
        .into_iter()
        .map(|department| (AccountChange::Department(department), self.record(Event::DepartmentChanged)))
        .collect();
        for (_, login, name, code, roles) in PEOPLE {
            let account = person(login, name, code, roles);
            changes.push((AccountChange::Add(account), self.record(Event::AccountAdded)));
        }
        store.change(&city(), changes).await.unwrap();
        for (_, login, ..) in PEOPLE {
            let credentials = Credentials { password: Some(HASH.clone()), ..Credentials::default() };
            let record = self.record(Event::CredentialsChanged);
            store.set_credentials(&city(), account(login), credentials, record).await.unwrap();
        }
    }

    fn record(&self, event: Event) -> AuditEvent {
        AuditEvent { at: self.site.now(), event, item: None, actor: "operator:test".to_owned(), details: json!({}) }
    }

    /// Sends a mail to somebody and waits until it has ended; its id.
    pub(crate) async fn mail(&self, to: &str, mail: &[u8]) -> ItemId {
        let reference = self.site.send(&[&mailbox(to)], mail).await;
        self.site.ended(reference).await.summary.id
    }

    /// What the portal was told of a mail.
    pub(crate) async fn arrival(&self, of: &str, item: ItemId) -> Arrival {
        let viewer = Viewer { tenant: city(), account: account(of), mailboxes: vec![mailbox(of)] };
        let query = ArrivalQuery { limit: 200, ..ArrivalQuery::default() };
        let lines = self.site.store().list(&viewer, &query).await.unwrap();
        lines.into_iter().find(|line| line.arrival.id == item).expect("an arrival").arrival
    }

    /// A link that signs `login` in to the portal once: its token.
    pub(crate) async fn link(&self, login: &str) -> String {
        self.link_at(login, Door::Portal).await
    }

    /// The same for either listener.
    pub(crate) async fn link_at(&self, login: &str, door: Door) -> String {
        let token = format!("link-{}", self.links.fetch_add(1, Ordering::SeqCst));
        let link = OneTimeLink {
            token: Digest::of(token.as_bytes()),
            account: account(login),
            door,
            until: self.site.now().after(Duration::from_secs(600)),
        };
        self.site.store().offer_link(&city(), link, self.record(Event::LinkOffered)).await.unwrap();
        token
    }

    /// A browser that nobody has signed in with.
    pub(crate) fn stranger(&self) -> Client {
        self.nobody.clone()
    }

    /// A browser with which `login` has signed in to the portal.
    pub(crate) async fn client(&self, login: &str) -> Client {
        self.client_at(Some(login), Door::Portal).await
    }

    /// A browser at either listener; with `None` nobody has signed in.
    pub(crate) async fn client_at(&self, login: Option<&str>, door: Door) -> Client {
        let (mut client, page) = match door {
            Door::Portal => (self.nobody.clone(), "/help"),
            Door::Review => (self.outside.clone(), "/"),
        };
        let Some(login) = login else { return client };
        let answer = client.post(&format!("/link/{}", self.link_at(login, door).await), &[]).await;
        assert_eq!((answer.status, answer.to()), (303, "/"));
        client.take(&answer, page).await;
        client
    }

    /// A tab in which `login` has signed in; on the first page.
    pub(crate) async fn tab(&self, login: &str) -> Tab {
        let tab = Tab::open().await;
        self.sign_in(&tab, login).await;
        tab
    }

    /// Signs `login` in, in this tab.
    pub(crate) async fn sign_in(&self, tab: &Tab, login: &str) {
        self.sign_in_through(tab, login, "ログインする").await;
    }

    /// The same where the button of the page has another word.
    pub(crate) async fn sign_in_through(&self, tab: &Tab, login: &str, button: &str) {
        tab.go(&self.at(&format!("/link/{}", self.link(login).await))).await;
        tab.follow(button).await;
    }

    /// A folder that goes with the office.
    pub(crate) fn folder(&self) -> &Path {
        self.certificate.path()
    }

    /// The address of a page.
    pub(crate) fn at(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    /// Every record of the chain after `sequence`: event, actor, item.
    pub(crate) async fn records(&self, after: u64) -> Vec<(String, String, Option<String>)> {
        let records = self.site.store().records(&city(), after, 10_000).await.unwrap();
        let parsed = records.iter().map(|record| serde_json::from_str::<Value>(&record.body).unwrap());
        let text = |value: &Value| value.as_str().map(str::to_owned);
        parsed.map(|it| (text(&it["event"]).unwrap(), text(&it["actor"]).unwrap(), text(&it["item"]))).collect()
    }

    /// How many records the chain has.
    pub(crate) async fn head(&self) -> u64 {
        self.site.store().head(&city()).await.unwrap().0
    }

    /// The rows of a listener's pages.
    pub(crate) fn rows(&self, door: Door) -> Vec<Row> {
        let store = self.site.store();
        let config = Arc::new(self.site.config().clone());
        let (clock, entropy) = (Arc::new(SystemClock), Arc::new(OsEntropy));
        let identity = Identity::new(store.clone(), clock.clone(), entropy.clone(), &config).unwrap();
        let web = Web {
            config,
            tenant: city(),
            door,
            accounts: store.clone(),
            sessions: store.clone(),
            identity: Arc::new(identity),
            clock,
            entropy,
            menu: match door {
                Door::Portal => portal::menu,
                Door::Review => review::menu,
            },
        };
        match door {
            Door::Portal => portal::rows(&Arc::new(web)),
            Door::Review => {
                let config = self.site.config();
                let settings = Settings::new(&config.sandbox, &config.limits, Path::new(""));
                let parts = Arc::new(Sandbox::start(settings));
                let source = store.source().unwrap();
                Review::new(Arc::new(web), store.clone(), source, store.clone(), parts).unwrap().rows()
            }
        }
    }

    /// Who `login` is today.
    pub(crate) async fn principal(&self, login: &str) -> Principal {
        let day = "2026-11-23".parse().unwrap();
        self.site.store().principal(&city(), account(login), day).await.unwrap().unwrap()
    }
}

fn person(login: &str, name: &str, code: &str, roles: &[OfficeRole]) -> Account {
    Account {
        id: account(login),
        login: login.parse().unwrap(),
        name: name.parse().unwrap(),
        mailbox: Some(Mailbox::parse(&mailbox(login)).unwrap()),
        source: IdentitySource::Local,
        postings: vec![Posting {
            department: code.parse().unwrap(),
            roles: roles.iter().copied().collect::<BTreeSet<_>>(),
            from: "2026-04-01".parse().unwrap(),
            until: None,
        }],
        blocked: false,
        has_password: true,
        has_totp: false,
        preferences: Preferences { digest: DigestTimes::Never, ..Preferences::default() },
        signed_in_at: None,
    }
}
