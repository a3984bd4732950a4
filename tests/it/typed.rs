//! What staff ask of the process role: passwords that they type, files that they put in; with the real worker.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;
use serde_json::{Value, json};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions as _, SqliteConnection};
use temizu::config::Store as StoreConfig;
use temizu::domain::{
    AccountId, Arrival, ArrivalFile, AuditEvent, Event, Facts, FileName, HeaderFacts, ItemId, ItemKey, Mailbox,
    OfferId, Password, SenderFacts, TenantId, Timestamp, Upload,
};
use temizu::ports::{
    Arrivals, Clock as _, Entropy as _, Offer, OfferState, UploadBytes, UploadCut, UploadError, Viewer, accept_upload,
};
use temizu::serve::{OsEntropy, SystemClock};
use temizu::store::embedded::EmbeddedStore;
use temizu::store::{Keys, Store};

use crate::support::delivered::Delivered;
use crate::support::next_hop::NextHop;
use crate::support::process::{Gateway, run_on};
use crate::support::sender::Sender;

const READER: &str = "a@city.test";
const TYPED: &str = "Zq9Xk27Lm";
const WRONG: &str = "Wq3Vb81Tn";
/// Of `one.txt` and `two.txt`.
const FIRST: &str = "First-1111";
const SECOND: &str = "Second-2222";

fn own(path: &str) -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

fn account() -> AccountId {
    AccountId::from_bytes([7; 16])
}

/// The store as the portal holds it: it can seal, and reads nothing back.
async fn portal(data: &Path) -> Arc<EmbeddedStore> {
    let config = StoreConfig { data: data.to_owned(), reserve_bytes: 0, ..StoreConfig::default() };
    EmbeddedStore::open(&config, Arc::new(SystemClock), Keys::Sealing).await.unwrap()
}

fn locked_mail() -> Vec<u8> {
    mail_with("aes.zip")
}

/// A mail with one of the files that 7-Zip made.
fn mail_with(name: &str) -> Vec<u8> {
    let zip = BASE64.encode(own(&format!("tests/it/locked/{name}")));
    let lines: Vec<&str> = zip.as_bytes().chunks(76).map(|line| std::str::from_utf8(line).unwrap()).collect();
    format!(
        "From: sender@example.com\r\nTo: {READER}\r\nMessage-ID: <locked@example.com>\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/mixed; boundary=m\r\n\r\n--m\r\nContent-Type: text/plain\r\n\r\nsee the file\r\n--m\r\n\
         Content-Type: application/zip; name=a.zip\r\nContent-Disposition: attachment; filename=a.zip\r\n\
         Content-Transfer-Encoding: base64\r\n\r\n{}\r\n--m--\r\n",
        lines.join("\r\n")
    )
    .into_bytes()
}

fn show(data: &Path, reference: &str) -> Value {
    run_on(data, &format!("queue show {reference} --json")).with(0).json()
}

async fn database(data: &Path) -> SqliteConnection {
    let options = SqliteConnectOptions::new().filename(data.join("temizu.db")).busy_timeout(Duration::from_secs(10));
    options.connect().await.unwrap()
}

/// Lets the reader's row say that the item waits for a password, whoever writes such rows.
async fn show_as_waiting(data: &Path, shown: &Value) {
    let facts: Facts = serde_json::from_value(shown["facts"].clone()).unwrap();
    let outcomes: Vec<temizu::domain::PartOutcome> = serde_json::from_value(shown["outcomes"][0][1].clone()).unwrap();
    let file = |outcome: &temizu::domain::PartOutcome| {
        let part = facts.part(&outcome.path).unwrap().clone();
        ArrivalFile { part, findings: Vec::new(), outcome: outcome.clone(), now: None }
    };
    let arrival = Arrival {
        id: shown["id"].as_str().unwrap().parse().unwrap(),
        mailbox: Mailbox::parse(READER).unwrap(),
        received_at: Timestamp::from_millis(1),
        length: 1,
        reverse_path: String::new(),
        headers: HeaderFacts::default(),
        sender: SenderFacts::default(),
        uploaded_by: None,
        findings: Vec::new(),
        parts: outcomes.iter().map(file).collect(),
    };
    sqlx::query(
        "INSERT INTO arrival (tenant, mailbox, item, received_at, state, has_files, attachments, length, sender, \
         subject, files, message_id, about) VALUES ('main', ?1, ?2, 1, 'password', FALSE, 1, 1, '', '', '', '', ?3) \
         ON CONFLICT (tenant, mailbox, item) DO UPDATE SET state = 'password', about = excluded.about",
    )
    .bind(READER)
    .bind(shown["id"].as_str().unwrap())
    .bind(serde_json::to_string(&arrival).unwrap())
    .execute(&mut database(data).await)
    .await
    .unwrap();
}

/// No two calls give the same.
fn unique() -> [u8; 16] {
    use std::sync::atomic::{AtomicU8, Ordering};
    static NEXT: AtomicU8 = AtomicU8::new(1);
    [NEXT.fetch_add(1, Ordering::Relaxed); 16]
}

/// Types a password for an item and waits for what becomes of it.
async fn typed(store: &EmbeddedStore, item: ItemId, password: &str, by_mail: bool) -> OfferState {
    let (tenant, id) = (TenantId::single(), OfferId::from_bytes(unique()));
    let viewer = Viewer { tenant: tenant.clone(), account: account(), mailboxes: vec![READER.to_owned()] };
    let record = AuditEvent {
        at: SystemClock.now(),
        event: Event::PasswordsTyped,
        item: Some(item),
        actor: "user:hanako".to_owned(),
        details: json!({ "count": 1 }),
    };
    let offer = Offer {
        id,
        item,
        account: account(),
        mailbox: READER.to_owned(),
        passwords: vec![Password::new(password.to_owned()).unwrap()],
        by_mail,
        at: SystemClock.now(),
    };
    let store: &dyn Store = store;
    store.offer(&viewer, offer, 5, record).await.unwrap();
    for _ in 0..1200 {
        let state = store.offer_state(&tenant, account(), id).await.unwrap();
        if !matches!(state, OfferState::Queued(_) | OfferState::Trying(_)) {
            return state;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("nobody tried the password");
}

#[tokio::test]
async fn a_typed_password_opens_what_was_locked_and_is_nowhere_afterwards() {
    let (folder, hop) = (tempfile::tempdir().unwrap(), NextHop::start(Vec::new()).await);
    let gateway = Gateway::start(folder.path(), hop.address());
    let mut sender = Sender::connect(gateway.address().await).await.unwrap();
    let reference = sender.send(READER, &locked_mail()).await.unwrap();
    hop.until("the mail arrives", |seen| seen.taken.len() == 1).await;
    while show(folder.path(), &reference)["stage"] != "delivered" {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let shown = show(folder.path(), &reference);
    show_as_waiting(folder.path(), &shown).await;
    let store = portal(folder.path()).await;
    assert!(store.trials().is_err(), "the portal opens the store to seal, and gets nothing to open with");
    let item = shown["id"].as_str().unwrap().parse().unwrap();
    assert_eq!(typed(&store, item, WRONG, true).await, OfferState::Wrong);
    assert_eq!(hop.seen().taken.len(), 1);
    assert_eq!(typed(&store, item, TYPED, true).await, OfferState::Opened);
    hop.until("what was opened arrives", |seen| seen.taken.len() == 2).await;
    let second = Delivered::read(&hop.seen().taken[1].bytes).unwrap();
    let names = "通知.docx";
    assert!(second.files[0].bytes.windows(names.len()).any(|bytes| bytes == names.as_bytes()), "{second:?}");

    let kept = run_on(folder.path(), &format!("quarantine show {reference} --json")).with(0).json();
    let reasons: Vec<&str> = kept.as_array().unwrap().iter().filter_map(|one| one["reason"].as_str()).collect();
    assert!(!reasons.is_empty() && !reasons.contains(&"password_required"), "the script inside is kept back: {kept}");
    let trace = run_on(folder.path(), &format!("trace {reference} --json")).with(0).out;
    for said in ["passwords_typed", "passwords_wrong", "password_opened", "user:hanako"] {
        assert!(trace.contains(said), "{said}: {trace}");
    }
    run_on(folder.path(), "audit verify").with(0);
    let mut told: Vec<String> = gateway.log().iter().map(Value::to_string).collect();
    told.push(trace);
    told.push(run_on(folder.path(), "audit export").with(0).out);
    let told = told.concat();
    for secret in [TYPED, WRONG] {
        assert!(!told.contains(secret));
        assert_eq!(super::passwords::files_with(folder.path(), secret), Vec::<String>::new());
    }
}

/// What the reader is shown of an item: the name of each part, and whether it can be fetched.
async fn seen(store: &EmbeddedStore, item: ItemId) -> Vec<(String, bool)> {
    let viewer = Viewer { tenant: TenantId::single(), account: account(), mailboxes: vec![READER.to_owned()] };
    let detail = Arrivals::arrival(store, &viewer, item, None).await.unwrap();
    let name = |file: &ArrivalFile| file.part.name.as_ref().map_or_else(String::new, ToString::to_string);
    detail.line.arrival.parts.iter().map(|file| (name(file), file.now.is_some())).collect()
}

/// A plain archive of two locked ones, `first.zip` and `second.zip`, each with a text and a password of its own.
async fn both_stay_open(passwords: [&str; 2]) {
    let (folder, hop) = (tempfile::tempdir().unwrap(), NextHop::start(Vec::new()).await);
    let gateway = Gateway::start(folder.path(), hop.address());
    let mut sender = Sender::connect(gateway.address().await).await.unwrap();
    let reference = sender.send(READER, &mail_with("each.zip")).await.unwrap();
    hop.until("the mail arrives", |seen| seen.taken.len() == 1).await;
    while show(folder.path(), &reference)["stage"] != "delivered" {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let item = show(folder.path(), &reference)["id"].as_str().unwrap().parse().unwrap();
    let store = portal(folder.path()).await;
    assert_eq!(typed(&store, item, WRONG, false).await, OfferState::Wrong);
    for (password, open) in passwords.iter().zip([1, 2]) {
        assert_eq!(typed(&store, item, password, true).await, OfferState::Opened, "{password}");
        let seen = seen(&store, item).await;
        let texts = seen.iter().filter(|(file, is_there)| file.ends_with(".txt") && *is_there).count();
        assert_eq!(texts, open, "after {password}: {seen:?}");
        hop.until("what was opened arrives", |seen| seen.taken.len() == 1 + open).await;
    }
    let last = Delivered::read(&hop.seen().taken[2].bytes).unwrap();
    let has = |name: &str| last.files.iter().any(|file| file.bytes.windows(name.len()).any(|at| at == name.as_bytes()));
    assert!(["first.zip", "second.zip"].into_iter().all(has), "{last:?}");
    let kept = run_on(folder.path(), &format!("quarantine show {reference} --json"));
    assert!(!kept.out.contains("password"), "{}", kept.out);
    let shown = show(folder.path(), &reference);
    assert!(!shown["facts"]["parts"].as_array().unwrap().iter().any(|part| part["encrypted"] == true), "{shown}");
    run_on(folder.path(), "audit verify").with(0);
    for password in passwords {
        assert_eq!(super::passwords::files_with(folder.path(), password), Vec::<String>::new());
    }
}

#[tokio::test]
async fn members_with_passwords_of_their_own_stay_open_in_whichever_order_they_are_typed() {
    both_stay_open([FIRST, SECOND]).await;
    both_stay_open([SECOND, FIRST]).await;
}

/// Bytes that come in pieces; the end is missing if so wanted.
struct Pieces(Vec<Bytes>, bool);

#[async_trait]
impl UploadBytes for Pieces {
    async fn next(&mut self) -> Result<Option<Bytes>, UploadCut> {
        match self.0.pop() {
            None if self.1 => Err(UploadCut),
            piece => Ok(piece),
        }
    }
}

async fn put_in(store: &EmbeddedStore, name: &str, bytes: &[u8], is_cut: bool) -> Result<ItemKey, UploadError> {
    let now = SystemClock.now();
    let key = ItemKey { tenant: TenantId::single(), id: OsEntropy.item_id(now) };
    let upload = Upload {
        by: account(),
        mailbox: Mailbox::parse(READER).unwrap(),
        name: FileName::try_from(name.to_owned()).unwrap(),
    };
    let mut pieces: Vec<Bytes> = bytes.chunks(4000).map(Bytes::copy_from_slice).collect();
    pieces.reverse();
    let sink = store.sink().unwrap();
    let mut pieces = Pieces(pieces, is_cut);
    accept_upload(&*sink, key.clone(), upload, &mut pieces, 1_000_000, (now, "user:hanako")).await?;
    Ok(key)
}

#[tokio::test]
async fn a_file_that_staff_put_in_is_washed_like_a_mail_and_no_mail_leaves() {
    let (folder, hop) = (tempfile::tempdir().unwrap(), NextHop::start(Vec::new()).await);
    let gateway = Gateway::start(folder.path(), hop.address());
    gateway.address().await;
    let store = portal(folder.path()).await;
    assert!(matches!(put_in(&store, "a.txt", b"", false).await, Err(UploadError::Empty)));
    assert!(matches!(put_in(&store, "a.txt", &[b'x'; 1_000_001], false).await, Err(UploadError::TooLong(_))));
    assert!(matches!(put_in(&store, "a.txt", b"half", true).await, Err(UploadError::Cut(_))));
    let mut program = b"MZ".to_vec();
    program.resize(4096, 0);
    for (name, bytes, kept) in [
        ("見積.txt", "お見積りです。\r\n".as_bytes().to_vec(), 0),
        ("setup.exe", program, 1),
        ("鍵.zip", own("tests/it/locked/aes.zip"), 1),
    ] {
        let key = put_in(&store, name, &bytes, false).await.unwrap();
        let reference = key.id.reference().to_string();
        while show(folder.path(), &reference)["stage"] != "delivered" {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let shown = show(folder.path(), &reference);
        assert_eq!(shown["kept_parts"], kept, "{name}: {shown}");
        assert_eq!((shown["sender"].as_str(), shown["recipients"][0].as_str()), (Some(""), Some(READER)));
        assert_eq!(shown["uploaded_by"], json!(account()), "{shown}");
        let list = run_on(folder.path(), &format!("trace {reference}")).with(0).out;
        assert!(list.contains("(upload)") && list.contains(READER) && list.contains(name), "{list}");
        assert!(list.contains("file_uploaded (user:hanako)") && list.contains("received (portal)"), "{list}");
        let found = run_on(folder.path(), &format!("quarantine show {reference}"));
        assert_eq!(found.out.contains(&format!("(upload) {READER}")), kept == 1, "{}", found.out);
    }
    assert_eq!(hop.seen().taken.len(), 0, "nobody is sent anything");
    run_on(folder.path(), "audit verify").with(0);
}
