//! A store under test, a clock that stands still, and items in every stage of their life.

use std::any::Any;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use serde_json::json;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _, PgConnection};
use temizu::config;
use temizu::domain::derivative::About;
use temizu::domain::{
    Action, Assurance, AuditEvent, Client, Decision, Derivative, Digest, Envelope, Event, Facts, FileName,
    GroupDecision, HeaderFacts, ItemId, ItemKey, Mailbox, MessageId, Origin, Outbound, Part, PartDecision, PartOutcome,
    PartRole, Password, Reason, ReversePath, RuleName, RuleVersion, TenantId, Timestamp, TypeClass, TypeId, WireMail,
};
use temizu::ports::{
    Accepted, Accounts, Arrivals, Clock, Conclusion, Dispatch, Lease, Offers, OriginalSink, OriginalSource, Outbox,
    PasswordSearch, Passwords, Queue, Register, Reply, Retention, Sessions, Settlement, Standings, StoreError, Trials,
    Uploads,
};
use temizu::store::embedded::EmbeddedStore;
use temizu::store::{Keys, Store};

use crate::support::scaleout::Site;

/// How long a lease lasts here.
pub(crate) const SPAN: Duration = Duration::from_secs(60);
/// Originals above this are files.
pub(crate) const INLINE: u64 = 4096;

/// A store of some kind, empty.
pub(crate) trait StoreUnderTest {
    async fn open() -> Ports;

    /// One store, opened by two processes or hosts.
    async fn open_twice() -> [Ports; 2];
}

/// The embedded store in a folder of its own.
pub(crate) struct Embedded;

impl StoreUnderTest for Embedded {
    async fn open() -> Ports {
        embedded(&Arc::new(tempfile::tempdir().unwrap())).await
    }

    async fn open_twice() -> [Ports; 2] {
        let folder = Arc::new(tempfile::tempdir().unwrap());
        [embedded(&folder).await, embedded(&folder).await]
    }
}

async fn embedded(folder: &Arc<tempfile::TempDir>) -> Ports {
    let clock = Arc::new(StillClock::default());
    let store = EmbeddedStore::open(&embedded_config(folder.path()), clock, Keys::Opening).await.unwrap();
    Ports { raw: Raw::Sqlite(folder.path().join("temizu.db")), ..Ports::of(store, Arc::clone(folder)) }
}

/// The scale-out store, its objects in a folder.
pub(crate) struct Scaleout;

impl StoreUnderTest for Scaleout {
    async fn open() -> Ports {
        Ports::at(&Arc::new(Site::on_files().await)).await
    }

    async fn open_twice() -> [Ports; 2] {
        let site = Arc::new(Site::on_files().await);
        [Ports::at(&site).await, Ports::at(&site).await]
    }
}

/// The scale-out store, its objects in buckets.
pub(crate) struct ScaleoutOnS3;

impl StoreUnderTest for ScaleoutOnS3 {
    async fn open() -> Ports {
        Ports::at(&Arc::new(Site::on_s3().await)).await
    }

    async fn open_twice() -> [Ports; 2] {
        let site = Arc::new(Site::on_s3().await);
        [Ports::at(&site).await, Ports::at(&site).await]
    }
}

pub(crate) fn embedded_config(data: &std::path::Path) -> config::Store {
    config::Store { data: data.to_owned(), reserve_bytes: 0, inline_bytes: INLINE, ..config::Store::default() }
}

/// A database without the store before it.
pub(crate) enum Raw {
    None,
    Sqlite(std::path::PathBuf),
    Postgres(String),
}

impl Raw {
    /// The first column of the rows, as text, or nothing where it is NULL.
    pub(crate) async fn texts(&self, sql: &str) -> Vec<Option<String>> {
        let sql = sqlx::AssertSqlSafe(sql.to_owned());
        match self {
            Self::None => panic!("this store was opened without its database"),
            Self::Sqlite(path) => {
                let options = SqliteConnectOptions::new().filename(path).busy_timeout(Duration::from_secs(10));
                let mut connection = options.connect().await.unwrap();
                sqlx::query_scalar(sql).fetch_all(&mut connection).await.unwrap()
            }
            Self::Postgres(url) => {
                let mut connection = PgConnection::connect(url).await.unwrap();
                sqlx::query_scalar(sql).fetch_all(&mut connection).await.unwrap()
            }
        }
    }
}

/// Every port of one store.
pub(crate) struct Ports {
    pub(crate) sink: Arc<dyn OriginalSink>,
    pub(crate) source: Arc<dyn OriginalSource>,
    pub(crate) passwords: Arc<dyn Passwords>,
    pub(crate) offers: Arc<dyn Offers>,
    pub(crate) trials: Arc<dyn Trials>,
    pub(crate) standings: Arc<dyn Standings>,
    pub(crate) uploads: Arc<dyn Uploads>,
    pub(crate) queue: Arc<dyn Queue>,
    pub(crate) outbox: Arc<dyn Outbox>,
    pub(crate) register: Arc<dyn Register>,
    pub(crate) arrivals: Arc<dyn Arrivals>,
    pub(crate) retention: Arc<dyn Retention>,
    pub(crate) accounts: Arc<dyn Accounts>,
    pub(crate) sessions: Arc<dyn Sessions>,
    /// The database, to look and to write past the ports.
    pub(crate) raw: Raw,
    _keep: Box<dyn Any + Send + Sync>,
}

impl Ports {
    async fn at(site: &Arc<Site>) -> Self {
        let store = site.open(Arc::new(StillClock::default())).await;
        Self { raw: Raw::Postgres(site.database.url()), ..Self::of(store, Arc::clone(site)) }
    }

    pub(crate) fn of(store: Arc<dyn Store>, keep: impl Any + Send + Sync) -> Self {
        Self {
            sink: store.sink().unwrap(),
            source: store.source().unwrap(),
            passwords: store.passwords().unwrap(),
            offers: Arc::clone(&store) as Arc<dyn Offers>,
            trials: store.trials().unwrap(),
            standings: Arc::clone(&store) as Arc<dyn Standings>,
            uploads: Arc::clone(&store) as Arc<dyn Uploads>,
            queue: Arc::clone(&store) as Arc<dyn Queue>,
            outbox: Arc::clone(&store) as Arc<dyn Outbox>,
            register: Arc::clone(&store) as Arc<dyn Register>,
            accounts: Arc::clone(&store) as Arc<dyn Accounts>,
            sessions: Arc::clone(&store) as Arc<dyn Sessions>,
            arrivals: Arc::clone(&store) as Arc<dyn Arrivals>,
            retention: store,
            raw: Raw::None,
            _keep: Box::new(keep),
        }
    }

    /// Accepts item `number` with `length` bytes at second `number`.
    pub(crate) async fn accept(&self, number: u8, length: usize) -> Result<Accepted, StoreError> {
        self.accept_for(TenantId::single(), number, length).await
    }

    /// Accepts item `number` at another second.
    pub(crate) async fn accept_at(&self, number: u8, second: i64) -> Result<Accepted, StoreError> {
        let writer = self.sink.begin(ItemKey { tenant: TenantId::single(), id: item_id(number) }).await?;
        writer.accept(origin(&["a@city.example"]), at(second)).await
    }

    pub(crate) async fn accept_for(&self, tenant: TenantId, number: u8, length: usize) -> Result<Accepted, StoreError> {
        let mut writer = self.sink.begin(ItemKey { tenant, id: item_id(number) }).await?;
        for piece in original(number, length).chunks(3000) {
            writer.write(piece).await?;
        }
        writer.accept(origin(&["a@city.example", "b@city.example"]), at(number.into())).await
    }

    pub(crate) async fn read(&self, key: &ItemKey) -> Result<Vec<u8>, StoreError> {
        self.source.open(key).await?.collect().await
    }

    pub(crate) async fn lease(&self, second: i64) -> Lease {
        self.lease_for(&TenantId::single(), second).await
    }

    pub(crate) async fn lease_for(&self, tenant: &TenantId, second: i64) -> Lease {
        self.queue.lease(tenant, at(second), SPAN).await.unwrap().expect("something to lease")
    }

    pub(crate) async fn lease_mail(&self, second: i64) -> Dispatch {
        self.lease_mail_for(&TenantId::single(), second).await
    }

    pub(crate) async fn lease_mail_for(&self, tenant: &TenantId, second: i64) -> Dispatch {
        self.outbox.lease(tenant, at(second), SPAN).await.unwrap().expect("something to send")
    }

    /// Accepts item `number` and concludes it with a mail for both recipients.
    pub(crate) async fn sanitized(&self, number: u8) -> ItemKey {
        self.accept(number, 100).await.unwrap();
        let lease = self.lease(1000).await;
        let key = lease.key.clone();
        let conclusion = sanitized(&lease, 100, vec![mail(number, &["a@city.example", "b@city.example"], 100)]);
        self.queue.conclude(lease, conclusion, vec![event(Event::Sanitized, key.id)]).await.unwrap();
        key
    }

    /// Settles everything that waits, each copy alike.
    pub(crate) async fn settle_all(&self, second: i64, how: fn(Reply) -> Settlement) {
        while let Some(dispatch) = self.outbox.lease(&TenantId::single(), at(second), SPAN).await.unwrap() {
            self.settle(dispatch, how, second + 300).await.unwrap();
        }
    }

    pub(crate) async fn settle(
        &self,
        dispatch: Dispatch,
        how: fn(Reply) -> Settlement,
        next: i64,
    ) -> Result<(), StoreError> {
        let reply = || Reply("250 2.0.0 ok".to_owned());
        let settlements = dispatch.forward_paths.iter().map(|to| (to.clone(), how(reply()))).collect();
        let record = event(Event::Delivered, dispatch.key.id);
        self.outbox.settle(dispatch, settlements, at(next), vec![record]).await
    }
}

/// A clock that shows what it was told.
#[derive(Default)]
pub(crate) struct StillClock(pub(crate) AtomicI64);

impl Clock for StillClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::Relaxed))
    }
}

pub(crate) fn at(second: i64) -> Timestamp {
    Timestamp::from_millis(second * 1000)
}

pub(crate) fn item_id(number: u8) -> ItemId {
    ItemId::new(at(number.into()), [number; 10])
}

pub(crate) fn original(number: u8, length: usize) -> Vec<u8> {
    (0..=250).cycle().take(length).map(|byte: u8| byte ^ number).collect()
}

pub(crate) fn mailbox(text: &str) -> Mailbox {
    Mailbox::parse(text).unwrap()
}

pub(crate) fn origin(recipients: &[&str]) -> Origin {
    Origin::Mail(Envelope {
        reverse_path: ReversePath::of(mailbox("Taro@Sender.example")),
        forward_paths: recipients.iter().map(|to| mailbox(to)).collect(),
        client: Client { address: [192, 0, 2, 1].into(), helo: "relay.example".to_owned(), tls: None },
        eight_bit: true,
    })
}

pub(crate) fn event(event: Event, item: ItemId) -> AuditEvent {
    AuditEvent { at: at(2000), event, item: Some(item), actor: "test".to_owned(), details: json!({ "n": 1 }) }
}

/// An operator's record at `second`.
pub(crate) fn operated(second: i64, item: ItemId) -> AuditEvent {
    AuditEvent { at: at(second), actor: "operator:hanako".to_owned(), ..event(Event::Retried, item) }
}

pub(crate) fn facts(lease: &Lease) -> Facts {
    Facts {
        received_at: lease.received_at,
        origin: lease.origin.clone(),
        length: lease.length,
        headers: HeaderFacts { message_id: Some(message_id("<Original@sender.example>")), ..HeaderFacts::default() },
        parts: vec![part()],
        findings: Vec::new(),
        ambiguities: Vec::new(),
        sender: temizu::domain::SenderFacts::default(),
    }
}

fn part() -> Part {
    Part {
        path: "2".parse().unwrap(),
        role: PartRole::Attachment,
        declared: "application/pdf".to_owned(),
        detected: TypeId::try_from("pdf".to_owned()).unwrap(),
        class: TypeClass::Document,
        name: Some(FileName::try_from("請求書.pdf".to_owned()).unwrap()),
        folders: Vec::new(),
        extensions: vec!["pdf".to_owned()],
        length: 4321,
        digest: Digest::of(b"part"),
        encrypted: false,
    }
}

pub(crate) fn decision(hold: Option<&str>) -> Decision {
    let rule = RuleName::try_from("R-012".to_owned()).unwrap();
    let part = PartDecision { path: "2".parse().unwrap(), action: Action::Quarantine, reason: None, rule };
    Decision {
        rules: RuleVersion { digest: Digest::of(b"rules") },
        groups: vec![GroupDecision {
            recipients: vec![mailbox("a@city.example"), mailbox("b@city.example")],
            hold: hold.map(|name| RuleName::try_from(name.to_owned()).unwrap()),
            parts: vec![part],
        }],
    }
}

fn message_id(text: &str) -> MessageId {
    MessageId::try_from(text.to_owned()).unwrap()
}

/// A mail of about `length` bytes that tells of one part kept back.
pub(crate) fn mail(number: u8, recipients: &[&str], length: usize) -> Outbound {
    let text = format!("Subject: {number}\r\n\r\n{}", "0123456789abcdef\r\n".repeat(length / 18));
    Outbound {
        reverse_path: ReversePath::null(),
        forward_paths: recipients.iter().map(|to| mailbox(to)).collect(),
        message_id: message_id(&format!("<New.{number}@temizu.example>")),
        mail: WireMail::try_from(Bytes::from(text)).unwrap(),
        outcomes: vec![PartOutcome {
            path: "2".parse().unwrap(),
            action: Action::Quarantine,
            reason: Some(Reason::TypeNotAllowed),
            rule: RuleName::try_from("R-012".to_owned()).unwrap(),
            findings: Vec::new(),
            derivative: None,
            assurance: None,
        }],
    }
}

pub(crate) fn derivative(length: usize) -> Derivative {
    let about = About {
        media_type: "text/plain".to_owned(),
        sanitizer: "text".to_owned(),
        version: 1,
        assurance: Assurance::Rendered,
        links: Vec::new(),
        places: Vec::new(),
    };
    Derivative::vouch("1".parse().unwrap(), Bytes::from(vec![b'x'; length]), about)
}

pub(crate) fn sanitized(lease: &Lease, derivative_length: usize, mails: Vec<Outbound>) -> Conclusion {
    Conclusion::Sanitized {
        facts: Box::new(facts(lease)),
        decision: decision(None),
        derivatives: vec![derivative(derivative_length)],
        mails,
        notices: Vec::new(),
        passwords: None,
        outcomes: Vec::new(),
        opened: Vec::new(),
        names: Vec::new(),
    }
}

/// `conclusion`, of a mail that has a file with a password and names passwords itself.
pub(crate) fn with_passwords(mut conclusion: Conclusion, names: &[&str]) -> Conclusion {
    if let Conclusion::Sanitized { facts, passwords, .. } = &mut conclusion {
        facts.parts.iter_mut().for_each(|part| part.encrypted = true);
        let candidates = names.iter().map(|name| Password::new((*name).to_owned()).unwrap()).collect();
        *passwords = Some(PasswordSearch { window: Duration::from_secs(24 * 3_600), candidates });
    }
    conclusion
}
