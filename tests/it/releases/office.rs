//! An office in a store: departments, people, places, deputies and arrivals, written by plain SQL.
//!
//! Invariant: the same text for both kinds of databases.

use std::any::Any;
use std::sync::Arc;

use async_trait::async_trait;
use jiff::civil::Date;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, PgConnection, SqliteConnection};
use temizu::domain::{
    AccountId, Arrival, AuditEvent, Event, HeaderFacts, ItemId, ItemKey, Mailbox, ReleaseRequest, RequestId,
    RequestState, Risk, SenderFacts, TenantId, Timestamp,
};
use temizu::ports::{Judgement, Ruling, StoreError};
use temizu::store::Store;
use temizu::store::embedded::EmbeddedStore;
use temizu::store::{Keys, scaleout::ScaleoutStore};
use tokio::sync::Mutex;

use crate::store_contract::fixture::{Ports, StillClock, at, embedded_config, event, item_id};
use crate::support::scaleout::Site;

/// A store of some kind.
#[async_trait]
pub(crate) trait Kind: Send + Sync + 'static {
    async fn open() -> Office;
}

pub(crate) struct Embedded;
pub(crate) struct Scaleout;

#[async_trait]
impl Kind for Embedded {
    async fn open() -> Office {
        let folder = tempfile::tempdir().unwrap();
        let config = embedded_config(folder.path());
        let store = EmbeddedStore::open(&config, Arc::new(StillClock::default()), Keys::Opening).await.unwrap();
        let other = EmbeddedStore::open(&config, Arc::new(StillClock::default()), Keys::Opening).await.unwrap();
        let options = SqliteConnectOptions::new().filename(folder.path().join("temizu.db"));
        let database = Database::Sqlite(options.connect().await.unwrap());
        Office::of(store, other, database, folder)
    }
}

#[async_trait]
impl Kind for Scaleout {
    async fn open() -> Office {
        let site = Site::on_files().await;
        let open = || ScaleoutStore::open(&site.config, Arc::new(StillClock::default()), Keys::Opening);
        let (store, other) = (open().await.unwrap(), open().await.unwrap());
        let database = Database::Postgres(PgConnection::connect(&site.config.postgres).await.unwrap());
        Office::of(store, other, database, site)
    }
}

pub(crate) enum Database {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

/// A store with an office in it.
pub(crate) struct Office {
    pub(crate) store: Arc<dyn Store>,
    /// The same store, opened by another process.
    pub(crate) other: Arc<dyn Store>,
    pub(crate) ports: Ports,
    database: Mutex<Database>,
    _keep: Box<dyn Any + Send + Sync>,
}

pub(crate) fn city() -> TenantId {
    TenantId::single()
}

pub(crate) fn account(number: u8) -> AccountId {
    AccountId::from_bytes([number; 16])
}

pub(crate) fn request_id(number: u8) -> RequestId {
    RequestId::from_bytes([number; 16])
}

pub(crate) fn day(text: &str) -> Date {
    text.parse().unwrap()
}

/// A day on which everything that is open is in force.
pub(crate) fn today() -> Date {
    day("2026-11-20")
}

pub(crate) fn key(number: u8) -> ItemKey {
    ItemKey { tenant: city(), id: item_id(number) }
}

/// A request of account `who` for item `item`, that must be decided before second 5000.
pub(crate) fn wish(number: u8, item: u8, who: u8) -> ReleaseRequest {
    ReleaseRequest {
        id: request_id(number),
        item: item_id(item),
        reference: item_id(item).reference(),
        part: Some("2".parse().unwrap()),
        file: Some("請求書.xls".to_owned()),
        subject: Some("見積りの件".to_owned()),
        sender: "山田 <yamada@sender.example>".to_owned(),
        kept_for: Some(temizu::domain::Reason::TypeNotAllowed),
        rules: vec![temizu::domain::RuleName::try_from("R-001".to_owned()).unwrap()],
        risk: Risk::Normal,
        requester: account(who),
        requester_name: format!("職員{who}").parse().unwrap(),
        department: "road".parse().unwrap(),
        why: "工事の見積りに必要なため".to_owned(),
        use_until: Some("2026-12-01".parse().unwrap()),
        asked_at: at(3000 + i64::from(number)),
        until: at(5000),
        state: RequestState::Waiting,
        decided: None,
    }
}

/// A decision of account `by` on request `number`, at second 4000.
pub(crate) fn approval(number: u8, by: u8) -> Judgement {
    Judgement {
        request: request_id(number),
        by: account(by),
        by_name: format!("承認者{by}").parse().unwrap(),
        ruling: Ruling::Approve { fetch_until: at(8000) },
        comment: None,
        at: at(4000),
        day: today(),
    }
}

pub(crate) fn record(what: Event, item: ItemId) -> AuditEvent {
    event(what, item)
}

/// Rows as statements.
pub(crate) mod rows {
    use super::*;

    pub(crate) fn department(tenant: &TenantId, code: &str) -> String {
        format!("INSERT INTO department VALUES ('{}', '{code}', '{code}課')", tenant.as_str())
    }

    /// Account `number`, with a mailbox of its own: `P{number}@city.example`.
    pub(crate) fn person(tenant: &TenantId, number: u8, digest: &str) -> String {
        format!(
            "INSERT INTO account (tenant, id, login, name, mailbox, source, preferences, digest) VALUES \
             ('{}', '{}', 'p{number}', '職員{number}', 'P{number}@city.example', 'local', '{{}}', '{digest}')",
            tenant.as_str(),
            account(number)
        )
    }

    pub(crate) fn posting(tenant: &TenantId, number: u8, code: &str, role: &str, from: &str, until: &str) -> String {
        let until = if until.is_empty() { "NULL".to_owned() } else { format!("'{until}'") };
        format!(
            "INSERT INTO posting VALUES ('{}', '{}', '{code}', '{role}', '{from}', {until})",
            tenant.as_str(),
            account(number)
        )
    }

    /// What `mailbox` is shown of an item.
    pub(crate) fn arrival(key: &ItemKey, mailbox: &str, state: &str) -> String {
        let arrival = Arrival {
            id: key.id,
            mailbox: Mailbox::parse(mailbox).unwrap(),
            received_at: key.id.accepted_at(),
            length: 100,
            reverse_path: "yamada@sender.example".to_owned(),
            headers: HeaderFacts::default(),
            sender: SenderFacts::default(),
            uploaded_by: None,
            findings: Vec::new(),
            parts: Vec::new(),
        };
        format!(
            "INSERT INTO arrival (tenant, mailbox, item, received_at, state, has_files, attachments, length, sender, \
             subject, files, message_id, about) \
             VALUES ('{}', '{}', '{}', {}, '{state}', FALSE, 0, 100, '', '', '', '', '{}') \
             ON CONFLICT DO NOTHING",
            key.tenant.as_str(),
            mailbox.to_lowercase(),
            key.id,
            key.id.accepted_at().millis(),
            serde_json::to_string(&arrival).unwrap()
        )
    }
}

impl Office {
    fn of(store: Arc<dyn Store>, other: Arc<dyn Store>, database: Database, keep: impl Any + Send + Sync) -> Self {
        let ports = Ports::of(Arc::clone(&store), ());
        Self { store, other, ports, database: Mutex::new(database), _keep: Box::new(keep) }
    }

    /// Runs statements that nobody outside of this file wrote.
    pub(crate) async fn run(&self, statement: String) {
        match &mut *self.database.lock().await {
            Database::Sqlite(connection) => {
                sqlx::raw_sql(AssertSqlSafe(statement)).execute(connection).await.map(drop).unwrap();
            }
            Database::Postgres(connection) => {
                sqlx::raw_sql(AssertSqlSafe(statement)).execute(connection).await.map(drop).unwrap();
            }
        }
    }

    /// One text column of what a statement finds.
    pub(crate) async fn texts(&self, statement: &'static str) -> Vec<String> {
        match &mut *self.database.lock().await {
            Database::Sqlite(connection) => sqlx::query_scalar(statement).fetch_all(connection).await.unwrap(),
            Database::Postgres(connection) => sqlx::query_scalar(statement).fetch_all(connection).await.unwrap(),
        }
    }

    pub(crate) async fn department(&self, tenant: &TenantId, code: &str) {
        self.run(rows::department(tenant, code)).await;
    }

    pub(crate) async fn person(&self, tenant: &TenantId, number: u8, digest: &str) {
        self.run(rows::person(tenant, number, digest)).await;
    }

    pub(crate) async fn posting(&self, tenant: &TenantId, number: u8, code: &str, role: &str, from: &str, until: &str) {
        self.run(rows::posting(tenant, number, code, role, from, until)).await;
    }

    pub(crate) async fn deputy(&self, approver: u8, deputy: u8, from: &str, until: &str) {
        self.run(format!(
            "INSERT INTO deputy VALUES ('main', '{}', '{}', '{from}', '{until}')",
            account(approver),
            account(deputy)
        ))
        .await;
    }

    pub(crate) async fn block(&self, number: u8) {
        self.run(format!("UPDATE account SET blocked = TRUE WHERE id = '{}'", account(number))).await;
    }

    pub(crate) async fn arrival(&self, key: &ItemKey, mailbox: &str, state: &str) {
        self.run(rows::arrival(key, mailbox, state)).await;
    }

    /// A road department of staff 1 and 2 and approvers 3 and 4; a library with approver 5; deputies-to-be 6 and 7 without
    /// a place. Item 1 came for staff 1 and 2 and was delivered.
    pub(crate) async fn staffed<K: Kind>() -> Self {
        let office = K::open().await;
        for code in ["road", "library"] {
            office.department(&city(), code).await;
        }
        for number in 1..=7 {
            office.person(&city(), number, "twice_a_day").await;
        }
        for (number, code, role) in [
            (1, "road", "staff"),
            (2, "road", "staff"),
            (3, "road", "staff"),
            (3, "road", "approver"),
            (4, "road", "approver"),
            (5, "library", "approver"),
        ] {
            office.posting(&city(), number, code, role, "2026-04-01", "").await;
        }
        office.item(1, &["p1@city.example", "p2@city.example"]).await;
        office
    }

    /// A delivered item that came for these.
    pub(crate) async fn item(&self, number: u8, mailboxes: &[&str]) {
        self.ports.sanitized(number).await;
        self.ports.settle_all(1500, temizu::ports::Settlement::Sent).await;
        for mailbox in mailboxes {
            self.arrival(&key(number), mailbox, "withheld").await;
        }
    }

    pub(crate) async fn ask(&self, request: ReleaseRequest) -> Result<(), StoreError> {
        let own = format!("p{}@city.example", u128_of(request.requester));
        let record = record(Event::OriginalRequested, request.item);
        self.store.ask(&city(), request, &[own], today(), record).await
    }

    pub(crate) async fn judge(&self, judgement: Judgement) -> Result<(), StoreError> {
        self.store.judge(&city(), judgement, record(Event::RequestApproved, item_id(1))).await
    }

    pub(crate) async fn fetch(&self, number: u8, who: u8, second: i64) -> Result<(), StoreError> {
        let now: Timestamp = at(second);
        let record = record(Event::OriginalHandedOver, item_id(1));
        self.store.hand_over(&city(), account(who), request_id(number), now, record).await.map(drop)
    }

    /// How request `number` of account `who` stands.
    pub(crate) async fn state(&self, number: u8, who: u8) -> RequestState {
        self.store.own_request(&city(), account(who), request_id(number)).await.unwrap().state
    }

    /// How many records of this kind there are.
    pub(crate) async fn records(&self, what: Event) -> usize {
        let all = self.ports.register.records(&city(), 0, 10_000).await.unwrap();
        let named = format!("\"event\":\"{}\"", what.as_str());
        all.iter().filter(|record| record.body.contains(&named)).count()
    }
}

/// The number that [`account`] made an account of.
fn u128_of(id: AccountId) -> u8 {
    (0..=255).find(|number| account(*number) == id).unwrap()
}
