//! The list of the portal with 100,000 mails of one mailbox, alone and beside nine smaller ones, on both stores:
//! milliseconds for a page of fifty, for the counts of the tabs, and for searches that find something and nothing; then the
//! pages themselves, as a browser gets them.

use std::sync::Arc;
use std::time::{Duration, Instant};

use sqlx::Connection;
use temizu::config::{self, StoreKind};
use temizu::domain::{AccountId, Arrival, HeaderFacts, ItemId, Mailbox, SenderFacts, TenantId, Timestamp};
use temizu::ports::{ArrivalQuery, Arrivals, Sought, Tab, Term, Viewer};
use temizu::store::embedded::EmbeddedStore;
use temizu::store::scaleout::ScaleoutStore;
use temizu::store::{Keys, Store};

use crate::lease::Still;
use crate::pages;
use crate::postgres::{Cluster, Options};

const MAILS: i64 = 100_000;
pub(crate) const TIMES: usize = 20;

/// Stands for the identifier in what is stored of each mail.
const NOBODY: &str = "00000000000000000000000000";

/// As long as what is stored of a mail with two files.
fn about() -> String {
    let arrival = Arrival {
        id: ItemId::new(Timestamp::from_millis(0), [0; 10]),
        mailbox: Mailbox::parse("soumu@city.example").unwrap(),
        received_at: Timestamp::from_millis(0),
        length: 50_000,
        reverse_path: "taro@prefecture.example".to_owned(),
        headers: HeaderFacts { subject: Some("照会について ".repeat(120)), ..HeaderFacts::default() },
        sender: SenderFacts::default(),
        uploaded_by: None,
        findings: Vec::new(),
        parts: Vec::new(),
    };
    serde_json::to_string(&arrival).unwrap()
}

pub(crate) async fn measure() {
    println!("the portal's list, {MAILS} mails of one mailbox, {TIMES} times each");
    embedded().await;
    scaleout().await;
}

async fn embedded() {
    let folder = tempfile::tempdir().unwrap();
    let config = config::Store { data: folder.path().to_owned(), reserve_bytes: 0, ..config::Store::default() };
    let store = EmbeddedStore::open(&config, Arc::new(Still), Keys::Opening).await.unwrap();
    let url = format!("sqlite://{}", folder.path().join("temizu.db").display());
    let mut connection = sqlx::SqliteConnection::connect(&url).await.unwrap();
    sqlx::query(
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $1) \
         INSERT INTO item (tenant, id, reference, stage, received_at, length, digest, origin, due_at) \
         SELECT 'main', printf('%026d', i), printf('%08d', i), 'delivered', i, 2700, zeroblob(32), '{}', i FROM n",
    )
    .bind(MAILS)
    .execute(&mut connection)
    .await
    .unwrap();
    for (mailbox, every) in mailboxes() {
        sqlx::query(FILL).bind(mailbox).bind(every).bind(NOBODY).bind(about()).execute(&mut connection).await.unwrap();
    }
    connection.close().await.unwrap();
    report("embedded", Arc::clone(&store) as Arc<dyn Store>).await;
    pages::measure("embedded", folder.path(), "", store, &names()).await;
}

async fn scaleout() {
    let cluster = Cluster::start_own(Options { fsync: true, ..Options::default() }).await;
    let database = cluster.database().await;
    let folder = tempfile::tempdir().unwrap();
    let config = config::Store {
        kind: StoreKind::Scaleout,
        data: folder.path().to_owned(),
        postgres: database.url(),
        ..config::Store::default()
    };
    ScaleoutStore::migrate(&config).await.unwrap();
    let mut connection = sqlx::PgConnection::connect(&database.url()).await.unwrap();
    sqlx::query(
        "INSERT INTO item (tenant, id, reference, stage, received_at, length, digest, origin, due_at) \
         SELECT 'main', LPAD(i::text, 26, '0'), LPAD(i::text, 8, '0'), 'delivered', i, 2700, \
             DECODE(REPEAT('00', 32), 'hex'), '{}', i FROM GENERATE_SERIES(1, $1::bigint) AS i",
    )
    .bind(MAILS)
    .execute(&mut connection)
    .await
    .unwrap();
    for (mailbox, every) in mailboxes() {
        sqlx::query(FILL).bind(mailbox).bind(every).bind(NOBODY).bind(about()).execute(&mut connection).await.unwrap();
    }
    sqlx::query("ANALYZE").execute(&mut connection).await.unwrap();
    let store = ScaleoutStore::open(&config, Arc::new(Still), Keys::Opening).await.unwrap();
    report("scale-out", Arc::clone(&store) as Arc<dyn Store>).await;
    let section = format!("[store]\nkind = \"scaleout\"\npostgres = \"{}\"", database.url());
    pages::measure("scale-out", folder.path(), &section, store, &names()).await;
}

/// Of every such item a row for a mailbox: nine tenths can be had, the rest wants a password or is withheld.
const FILL: &str = "\
    INSERT INTO arrival (tenant, mailbox, item, received_at, state, has_files, attachments, length, sender, subject, files, \
        message_id, about) \
    SELECT tenant, $1, id, received_at, \
        CASE WHEN received_at % 10 > 0 THEN 'available' WHEN received_at % 20 > 0 THEN 'password' ELSE 'withheld' END, \
        received_at % 3 > 0, 2, length, '手水 太郎 taro' || (received_at % 500) || '@prefecture.example', \
        '令和8年度予算案に関する照会について(第' || received_at || '号)', \
        '照会文書_' || received_at || '.docx 別紙様式_' || received_at || '.xlsx', reference || '@prefecture.example', \
        REPLACE($4, $3, id) FROM item WHERE received_at % $2 = 0";

fn mailboxes() -> Vec<(String, i64)> {
    let others = (0..9).map(|number| (format!("section{number}@city.example"), 100 + number));
    std::iter::once(("soumu@city.example".to_owned(), 1)).chain(others).collect()
}

fn names() -> Vec<String> {
    mailboxes().into_iter().map(|(mailbox, _)| mailbox).collect()
}

async fn report(name: &str, store: Arc<dyn Store>) {
    let store: Arc<dyn Arrivals> = store;
    let text = |text: &str| vec![Term { sought: Sought::Text(text.to_owned()), negated: false }];
    let page = |tab, terms| ArrivalQuery { tab, terms, limit: 50, ..ArrivalQuery::default() };
    for count in [1, 10] {
        let viewer = Viewer {
            tenant: TenantId::single(),
            account: AccountId::from_bytes([1; 16]),
            mailboxes: mailboxes().into_iter().map(|(mailbox, _)| mailbox).take(count).collect(),
        };
        for (what, query, expected) in [
            ("list", page(Tab::All, Vec::new()), 50),
            ("action", page(Tab::Action, Vec::new()), 50),
            ("ready", page(Tab::Ready, Vec::new()), 50),
            ("hit", page(Tab::All, text("(第777号)")), 1),
            ("miss", page(Tab::All, text("存在しない")), 0),
            ("miss, ready", page(Tab::Ready, text("存在しない")), 0),
        ] {
            let mut spans = Vec::with_capacity(TIMES);
            for _ in 0..TIMES {
                let since = Instant::now();
                let found = store.list(&viewer, &query).await.unwrap().len();
                spans.push(since.elapsed());
                assert_eq!(found, expected, "{what}");
            }
            show(name, count, what, spans);
        }
        let mut spans = Vec::with_capacity(TIMES);
        for _ in 0..TIMES {
            let since = Instant::now();
            store.count(&viewer).await.unwrap();
            spans.push(since.elapsed());
        }
        show(name, count, "count", spans);
    }
}

pub(crate) fn show(name: &str, mailboxes: usize, what: &str, mut spans: Vec<Duration>) {
    spans.sort_unstable();
    let at = |share: usize| spans[(spans.len() - 1) * share / 100].as_secs_f64() * 1000.0;
    println!("  {name:9}  {mailboxes:2} mailboxes  {what:11}  p50 {:7.2} ms  max {:7.2} ms", at(50), at(100));
}
