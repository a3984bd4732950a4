//! What becomes of every sample, byte for byte as reviewed: `samples/NAME/expected/mail.txt` and `outcome.json`.
//!
//! Each sample goes through a whole gateway at a fixed time with fixed random bytes. `UPDATE=1 cargo test --test it
//! golden` writes the files anew; read the difference before it is committed.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use temizu::ports::ItemDetail;

use crate::support::delivered::Delivered;
use crate::support::gateway::{DOMAIN, Plan, Site};
use crate::support::next_hop::NextHop;
use crate::support::{mail_parser, python};

/// A sample and what came of it.
struct Ended {
    name: String,
    folder: PathBuf,
    item: ItemDetail,
    /// The mails the next hop took in.
    mails: Vec<Vec<u8>>,
}

fn samples() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples");
    let folders = std::fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path());
    let mut samples: Vec<PathBuf> = folders.filter(|folder| folder.join("input.eml").exists()).collect();
    samples.sort();
    assert!(samples.len() >= 30, "the samples are there");
    samples
}

/// Sends every sample, one after the other, each with random bytes that follow from its name.
async fn all_ended() -> Vec<Ended> {
    let hop = NextHop::start(Vec::new()).await;
    let site = Site::start(Plan::new(hop.address())).await;
    let mut all = Vec::new();
    for folder in samples() {
        let name = folder.file_name().unwrap().to_str().unwrap().to_owned();
        let original = std::fs::read(folder.join("input.eml")).unwrap();
        let before = hop.seen().taken.len();
        site.seed(&name);
        let reference = site.send(&[&format!("shokuin@{DOMAIN}")], &original).await;
        let item = site.ended(reference).await;
        assert_eq!(site.original(reference).await, original, "{name}: the original is kept byte for byte");
        let mails = hop.seen().taken.split_off(before).into_iter().map(|taken| taken.bytes).collect();
        all.push(Ended { name, folder, item, mails });
    }
    site.stop().await;
    all
}

/// The mails as a person reviews them.
fn shown(ended: &Ended) -> String {
    let mut text = String::new();
    for mail in &ended.mails {
        let read = Delivered::read(mail).unwrap_or_else(|law| panic!("{}: {law}", ended.name));
        text += &read.shown();
    }
    text
}

/// What was found, decided and done.
fn outcome(item: &ItemDetail) -> String {
    let facts = item.facts.as_ref();
    let outcomes = item.outcomes.iter().flat_map(|(_, outcomes)| outcomes);
    let parts: Vec<Value> = outcomes
        .map(|outcome| {
            let part = facts.and_then(|facts| facts.part(&outcome.path));
            json!({
                "path": outcome.path,
                "role": part.map(|part| part.role),
                "name": part.and_then(|part| part.name.as_ref()),
                "declared": part.map(|part| &part.declared),
                "detected": part.map(|part| &part.detected),
                "action": outcome.action,
                "reason": outcome.reason,
                "rule": outcome.rule,
                "findings": outcome.findings,
            })
        })
        .collect();
    let whole = json!({
        "stage": item.summary.stage,
        "reason": item.summary.reason,
        "findings": facts.map(|facts| &facts.findings),
        "parts": parts,
    });
    let mut text = String::new();
    write!(text, "{whole:#}").unwrap();
    text + "\n"
}

fn compare(path: &Path, text: &str, wrong: &mut Vec<String>) {
    if std::env::var_os("UPDATE").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    match std::fs::read_to_string(path) {
        Ok(expected) if expected == text => {}
        Ok(expected) => {
            let line = expected.lines().zip(text.lines()).position(|(a, b)| a != b).unwrap_or_default();
            let at = |text: &str| text.lines().nth(line).unwrap_or_default().to_owned();
            let (path, line, old, new) = (path.display(), line + 1, at(&expected), at(text));
            wrong.push(format!("{path}:{line}\n  reviewed: {old}\n  now:      {new}"));
        }
        Err(error) => wrong.push(format!("{}: {error}", path.display())),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_sample_ends_as_reviewed_and_the_same_each_time() {
    let (first, second) = tokio::join!(all_ended(), all_ended());
    let mut wrong = Vec::new();
    for (ended, again) in first.iter().zip(&second) {
        assert_eq!(ended.mails, again.mails, "{}: the same original gives the same bytes", ended.name);
        compare(&ended.folder.join("expected/mail.txt"), &shown(ended), &mut wrong);
        compare(&ended.folder.join("expected/outcome.json"), &outcome(&ended.item), &mut wrong);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let mails: Vec<Vec<u8>> = first.iter().flat_map(|ended| &ended.mails).cloned().collect();
    python::agrees(&mails);
    mail_parser::agrees(&mails);
}
