//! An archive with a password, and the mail that names it: linked, sealed, and told to nobody.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::Value;
use temizu::config::Store as StoreConfig;
use temizu::domain::{ItemKey, TenantId};
use temizu::serve::SystemClock;
use temizu::store::embedded::EmbeddedStore;
use temizu::store::{Keys, Store as _};

use crate::support::delivered::Delivered;
use crate::support::next_hop::NextHop;
use crate::support::process::{Gateway, end, run_on, temizu};
use crate::support::sender::Sender;

/// What the mail names. Only a candidate has the other form: no text of a mail does, so that no file may hold it.
const WRITTEN: &str = "Ｚｑ９Ｘｋ２７Ｌｍ";
const MEANT: &str = "Zq9Xk27Lm";

fn archive() -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples/24-password-zip/input.eml");
    std::fs::read(path).unwrap()
}

fn password_mail() -> Vec<u8> {
    let text = BASE64.encode(format!("先ほどの添付ファイルのパスワードは以下の通りです。\r\n\r\n{WRITTEN}\r\n"));
    let head = "From: sender@example.com\r\nTo: a@city.test\r\nMIME-Version: 1.0\r\n\
        Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64";
    format!("{head}\r\n\r\n{text}\r\n").into_bytes()
}

/// A gateway that has delivered both, the second first if so wanted.
async fn both(hop: &NextHop, data: &Path, password_first: bool) -> (Gateway, String, String) {
    let gateway = Gateway::start(data, hop.address());
    let mut sender = Sender::connect(gateway.address().await).await.unwrap();
    let mut references = Vec::new();
    let mut mails = [archive(), password_mail()];
    if password_first {
        mails.reverse();
    }
    for mail in &mails {
        references.push(sender.send("a@city.test", mail).await.unwrap());
        let count = references.len();
        hop.until("the mail arrives", |seen| seen.taken.len() == count).await;
    }
    if password_first {
        references.reverse();
    }
    let [held, source] = <[String; 2]>::try_from(references).unwrap();
    for reference in [&held, &source] {
        while show(data, reference)["stage"] != "delivered" {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
    (gateway, held, source)
}

fn show(data: &Path, reference: &str) -> Value {
    run_on(data, &format!("queue show {reference} --json")).with(0).json()
}

async fn candidates(data: &Path, shown: &Value) -> Vec<String> {
    let config = StoreConfig { data: data.to_owned(), reserve_bytes: 0, ..StoreConfig::default() };
    let store = EmbeddedStore::open(&config, Arc::new(SystemClock), Keys::Opening).await.unwrap();
    let id = shown["id"].as_str().unwrap().parse().unwrap();
    let key = ItemKey { tenant: TenantId::single(), id };
    let found = store.passwords().unwrap().candidates(&key).await.unwrap();
    found.iter().map(|password| password.reveal().to_owned()).collect()
}

#[tokio::test]
async fn a_password_that_follows_is_found_counted_and_never_told() {
    let (folder, hop) = (tempfile::tempdir().unwrap(), NextHop::start(Vec::new()).await);
    let (gateway, held, source) = both(&hop, folder.path(), false).await;
    let shown = show(folder.path(), &held);
    let [linked] = shown["password_candidates"].as_array().unwrap().as_slice() else { panic!("{shown}") };
    assert_eq!((linked["reference"].as_str(), linked["count"].as_u64()), (Some(source.as_str()), Some(2)));
    assert_eq!(show(folder.path(), &source)["password_candidates"], Value::Array(Vec::new()));
    assert_eq!(candidates(folder.path(), &shown).await, [WRITTEN, MEANT]);

    let kept = run_on(folder.path(), &format!("quarantine show {held} --json")).with(0).json();
    assert_eq!(kept[0]["password_candidates"][0]["count"], 2, "{kept}");
    for what in ["queue", "quarantine"] {
        let mut command = temizu();
        command.env("LANG", "ja_JP.UTF-8").args([what, "show", &held, "--data"]).arg(folder.path());
        let said = end(command, b"").with(0).out;
        assert!(said.contains(&format!("候補: 2件（管理番号 {source} のメールより）")), "{said}");
    }

    let mut told: Vec<String> = gateway.log().iter().map(Value::to_string).collect();
    for reference in [&held, &source] {
        for arguments in ["queue show", "quarantine show", "trace"] {
            for form in ["", "--json"] {
                told.push(run_on(folder.path(), &format!("{arguments} {reference} {form}")).with(0).out);
            }
        }
    }
    told.push(run_on(folder.path(), "audit export").with(0).out);
    let told = told.concat();
    assert!(told.contains("password_candidates_linked"));
    assert!(!told.contains(MEANT) && !told.contains(WRITTEN));
    assert_eq!(files_with(folder.path(), MEANT), Vec::<String>::new());
}

#[tokio::test]
async fn a_password_that_comes_first_is_found_as_well() {
    let (folder, hop) = (tempfile::tempdir().unwrap(), NextHop::start(Vec::new()).await);
    let (_gateway, held, _) = both(&hop, folder.path(), true).await;
    assert_eq!(candidates(folder.path(), &show(folder.path(), &held)).await, [WRITTEN, MEANT]);
}

/// A mail with an AES zip of a document and a script that [`MEANT`] opens, and this text.
fn locked_mail(text: &str) -> Vec<u8> {
    let zip = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/locked/aes.zip");
    let (text, zip) = (BASE64.encode(text), BASE64.encode(std::fs::read(zip).unwrap()));
    let lines: Vec<&str> = zip.as_bytes().chunks(76).map(|line| std::str::from_utf8(line).unwrap()).collect();
    format!(
        "From: sender@example.com\r\nTo: a@city.test\r\nMessage-ID: <locked@example.com>\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/mixed; boundary=m\r\n\r\n--m\r\nContent-Type: text/plain; charset=utf-8\r\n\
         Content-Transfer-Encoding: base64\r\n\r\n{text}\r\n--m\r\nContent-Type: application/zip; name=a.zip\r\n\
         Content-Disposition: attachment; filename=a.zip\r\nContent-Transfer-Encoding: base64\r\n\r\n{}\r\n--m--\r\n",
        lines.join("\r\n")
    )
    .into_bytes()
}

/// Sends the mails one after the other; returns their references and the last delivered mail.
async fn pass(hop: &NextHop, gateway: &Gateway, mails: &[Vec<u8>]) -> (Vec<String>, Delivered) {
    let mut sender = Sender::connect(gateway.address().await).await.unwrap();
    let mut references = Vec::new();
    for mail in mails {
        references.push(sender.send("a@city.test", mail).await.unwrap());
        hop.until("the mail arrives", |seen| seen.taken.len() == references.len()).await;
    }
    let delivered = Delivered::read(&hop.seen().taken.last().unwrap().bytes).unwrap();
    (references, delivered)
}

#[tokio::test]
async fn a_password_that_is_there_already_opens_the_file_for_the_mail_that_is_delivered() {
    let beside = format!("資料を送ります。\r\nパスワード：{WRITTEN}\r\n");
    for mails in [vec![locked_mail(&beside)], vec![password_mail(), locked_mail("資料を送ります。\r\n")]] {
        let (folder, hop) = (tempfile::tempdir().unwrap(), NextHop::start(Vec::new()).await);
        let gateway = Gateway::start(folder.path(), hop.address());
        let (references, delivered) = pass(&hop, &gateway, &mails).await;
        let [file] = delivered.files.as_slice() else { panic!("{delivered:?}") };
        assert_eq!(file.name, "a.zip");
        let names = "通知.docx";
        assert!(file.bytes.windows(names.len()).any(|bytes| bytes == names.as_bytes()), "{delivered:?}");
        assert!(delivered.text.contains("パスワードで開きました。"), "{}", delivered.text);
        let shown = show(folder.path(), references.last().unwrap());
        assert_eq!(shown["password_candidates"], Value::Array(Vec::new()), "nothing is wanted any more");
        let mut told: Vec<String> = gateway.log().iter().map(Value::to_string).collect();
        told.push(shown.to_string());
        told.push(run_on(folder.path(), "audit export").with(0).out);
        let told = told.concat();
        assert!(told.contains("password_opened") && !told.contains(MEANT) && !told.contains(WRITTEN));
        assert_eq!(files_with(folder.path(), MEANT), Vec::<String>::new());
    }
}

#[tokio::test]
async fn a_password_that_comes_later_brings_the_files_in_a_second_mail_and_only_once() {
    let (folder, hop) = (tempfile::tempdir().unwrap(), NextHop::start(Vec::new()).await);
    let gateway = Gateway::start(folder.path(), hop.address());
    let mut sender = Sender::connect(gateway.address().await).await.unwrap();
    let first = sender.send("a@city.test", &locked_mail("資料を送ります。\r\n")).await.unwrap();
    hop.until("the mail with the file arrives", |seen| seen.taken.len() == 1).await;
    let named = sender.send("a@city.test", &password_mail()).await.unwrap();
    hop.until("what names the password arrives, and what it opened", |seen| seen.taken.len() == 3).await;
    sender.send("a@city.test", &password_mail()).await.unwrap();
    hop.until("the password arrives again", |seen| seen.taken.len() == 4).await;

    let mails: Vec<Delivered> = hop.seen().taken.iter().map(|mail| Delivered::read(&mail.bytes).unwrap()).collect();
    let with_files: Vec<&Delivered> = mails.iter().filter(|mail| !mail.files.is_empty()).collect();
    let [second] = with_files.as_slice() else { panic!("{mails:?}") };
    let names = "通知.docx";
    assert_eq!(second.files[0].name, "a.zip");
    assert!(second.files[0].bytes.windows(names.len()).any(|bytes| bytes == names.as_bytes()), "{second:?}");
    assert!(second.text.starts_with("■ 先にお届けしたメールの添付を"), "{}", second.text);
    assert!(second.text.contains(&first) && !second.text.contains("資料を送ります"), "{}", second.text);
    assert_eq!(second.value("in-reply-to"), Some("<locked@example.com>"));
    assert!(second.value("message-id").is_some_and(|id| id.contains(".0.opened@")), "{second:?}");

    let trace = run_on(folder.path(), &format!("trace {first} --json")).with(0).out;
    assert!(trace.contains("password_opened") && trace.contains(show(folder.path(), &named)["id"].as_str().unwrap()));
    run_on(folder.path(), "audit verify").with(0);
    let mut told: Vec<String> = gateway.log().iter().map(Value::to_string).collect();
    told.push(run_on(folder.path(), "audit export").with(0).out);
    let told = told.concat();
    assert!(!told.contains(MEANT) && !told.contains(WRITTEN));
    assert_eq!(files_with(folder.path(), MEANT), Vec::<String>::new());
}

#[tokio::test]
async fn a_password_is_not_tried_where_no_rule_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let hop = NextHop::start(Vec::new()).await;
    let rules = include_str!("../../config/rules/alpha.toml").replace("open_with_found_passwords = true\n", "");
    let list = folder.path().join("rules.toml");
    std::fs::write(&list, rules).unwrap();
    let config = folder.path().join("temizu.toml");
    std::fs::write(&config, format!("[rules]\nfiles = [\"{}\"]\n", list.display())).unwrap();
    let options = format!("--smtp-listen 127.0.0.1:0 --domain city.test --next-hop {}", hop.address());
    let gateway = Gateway::with(&folder.path().join("data"), &options, Some(&config));
    let (_, delivered) = pass(&hop, &gateway, &[locked_mail(&format!("パスワード：{WRITTEN}\r\n"))]).await;
    assert!(delivered.files.is_empty() && !delivered.text.contains("パスワードで開き"), "{}", delivered.text);
}

#[tokio::test]
async fn a_site_that_does_not_want_it_searches_for_no_password() {
    let (folder, hop) = (tempfile::tempdir().unwrap(), NextHop::start(Vec::new()).await);
    let config = folder.path().join("temizu.toml");
    std::fs::write(&config, "[password]\nsearch_hours = 0\n").unwrap();
    let data = folder.path().join("data");
    let options = format!("--smtp-listen 127.0.0.1:0 --domain city.test --next-hop {}", hop.address());
    let gateway = Gateway::with(&data, &options, Some(&config));
    let mut sender = Sender::connect(gateway.address().await).await.unwrap();
    let mut references = Vec::new();
    for mail in [archive(), password_mail()] {
        references.push(sender.send("a@city.test", &mail).await.unwrap());
        hop.until("the mail arrives", |seen| seen.taken.len() == references.len()).await;
    }
    let shown = show(&data, &references[0]);
    assert_eq!(shown["password_candidates"], Value::Array(Vec::new()));
    assert_eq!(candidates(&data, &shown).await, Vec::<String>::new());
}

/// Files below `folder` that hold `text`; there is at least one file without it.
pub(crate) fn files_with(folder: &Path, text: &str) -> Vec<String> {
    let (mut waiting, mut found, mut looked_at) = (vec![folder.to_owned()], Vec::new(), 0);
    while let Some(folder) = waiting.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                waiting.push(path);
            } else if let Ok(bytes) = std::fs::read(&path) {
                looked_at += bytes.len();
                if bytes.windows(text.len()).any(|window| window == text.as_bytes()) {
                    found.push(path.display().to_string());
                }
            }
        }
    }
    assert!(looked_at > 10_000, "there is something to look at");
    found
}
