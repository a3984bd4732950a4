//! What became of a file, told in four places: the mail, the page, the command line, the audit record.
//!
//! Invariant: all of them name the same reason code and the same rule for each part that was kept back, over all samples.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::support::{HANAKO, Office};
use crate::support::process::run;

/// Reason code and rule of a part that was kept back, as `code/rule`.
type Told = Vec<String>;

fn sorted(told: impl IntoIterator<Item = String>) -> Told {
    let mut told: Told = told.into_iter().collect();
    told.sort_unstable();
    told
}

/// Of parts in JSON: `method` in records, `action` on the command line.
fn of_parts(parts: &Value, action: &str) -> Told {
    let kept = |part: &&Value| ["hold", "quarantine"].contains(&part[action].as_str().unwrap());
    let told = |part: &Value| format!("{}/{}", part["reason"].as_str().unwrap_or(""), part["rule"].as_str().unwrap());
    sorted(parts.as_array().unwrap().iter().filter(kept).map(told))
}

/// Of the header that mail programs sort by.
fn of_mail(mail: &[u8]) -> Told {
    let text = String::from_utf8(mail.to_vec()).unwrap();
    let (head, _) = text.split_once("\r\n\r\n").unwrap();
    let head = head.replace("\r\n ", " ").replace("\r\n\t", " ");
    let line = head.lines().find_map(|line| line.strip_prefix("X-Temizu-Reasons: ")).unwrap_or_default();
    sorted(line.split(", ").filter_map(|one| one.split_once('=')).map(|(_, told)| told.trim().to_owned()))
}

fn of_page(page: &str) -> Told {
    sorted(page.split("data-outcome=\"").skip(1).map(|rest| rest.split('"').next().unwrap().to_owned()))
}

fn samples() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples");
    let folders = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path().join("input.eml"));
    folders.filter(|mail| mail.exists()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mail_a_page_a_command_and_a_record_tell_of_each_file_with_the_same_code_and_rule() {
    let office = Office::open().await;
    let client = office.client(HANAKO).await;
    let mut compared = 0;
    for sample in samples() {
        let name = sample.parent().unwrap().file_name().unwrap().to_string_lossy().into_owned();
        let before = office.head().await;
        let item = office.mail(HANAKO, &std::fs::read(&sample).unwrap()).await;
        let records = office.site.store().records(&super::support::city(), before, 1_000).await.unwrap();
        let records = records.iter().map(|record| serde_json::from_str::<Value>(&record.body).unwrap());
        let washed = records.into_iter().find(|record| record["event"] == "sanitized").unwrap_or_default();
        let mails = &washed["details"]["mails"];
        if mails.as_array().is_none_or(Vec::is_empty) {
            continue;
        }
        let recorded = of_parts(&mails[0]["parts"], "method");
        let mail = office.hop.seen().taken.last().expect("a delivered mail").bytes.clone();
        assert_eq!(of_mail(&mail), recorded, "{name}: the mail");
        let page = client.get(&format!("/m/{item}")).await.text();
        assert_eq!(of_page(&page), recorded, "{name}: the page");
        let ended = run("sanitize --json", &[&sample]);
        let told = ended.json();
        assert_eq!(of_parts(&told[0]["parts"], "action"), recorded, "{name}: the command");
        compared += recorded.len();
    }
    assert!(compared > 20, "only {compared} files were kept back");
}
