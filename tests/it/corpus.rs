//! Mails of other projects' test suites, the crooked ones above all, through a whole gateway.
//!
//! The corpus is not part of the repository: it is looked for beside it, in `../shared/corpus`, or where
//! `TEMIZU_CORPUS` says. Without it there is nothing to test.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use temizu::config::LineEnds;
use temizu::domain::Stage;
use temizu::ports::ItemDetail;

use crate::support::delivered::Delivered;
use crate::support::gateway::{DOMAIN, Plan, Site, events, with_crlf};
use crate::support::next_hop::NextHop;
use crate::support::{mail_parser, python};

/// Longest time one mail may take.
const SLOWEST: Duration = Duration::from_secs(5);
/// What stands in a mail for a text that is empty.
const NO_TEXT: &str = "（本文はありません）";

fn corpus() -> Vec<PathBuf> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus");
    let root = std::env::var_os("TEMIZU_CORPUS").map_or_else(beside, PathBuf::from);
    let folders = ["mikel", "stalwart"].map(|folder| std::fs::read_dir(root.join(folder)));
    let entries = folders.into_iter().flatten().flatten().map(|entry| entry.unwrap().path());
    let mut mails: Vec<PathBuf> =
        entries.filter(|path| path.extension().is_some_and(|extension| extension == "eml")).collect();
    mails.sort();
    mails
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_mail_of_the_corpus_ends_and_what_is_delivered_is_canonical() {
    let corpus = corpus();
    if corpus.is_empty() {
        println!("there is no corpus: nothing was tested");
        return;
    }
    let hop = NextHop::start(Vec::new()).await;
    let strict = Site::start(Plan::new(hop.address())).await;
    let mut plan = Plan::new(hop.address());
    plan.config.smtp.line_ends = LineEnds::Normalize;
    let lenient = Site::start(plan).await;

    let originals: Vec<Vec<u8>> = corpus.iter().map(|path| with_crlf(&std::fs::read(path).unwrap())).collect();
    let readable = python::readable(&originals);
    let (mut ends, mut taken, mut wrong) = (Vec::new(), Vec::new(), Vec::new());
    for (path, original) in corpus.iter().zip(&originals) {
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let started = Instant::now();
        let before = hop.seen().taken.len();
        let item = pass(&strict, &lenient, original).await;
        let took = started.elapsed();
        let mails: Vec<Vec<u8>> = hop.seen().taken.split_off(before).into_iter().map(|taken| taken.bytes).collect();
        if took > SLOWEST {
            wrong.push(format!("{name}: took {took:?}"));
        }
        if events(&item).iter().filter(|event| *event == "deferred").count() > 1 {
            wrong.push(format!("{name}: its workers fail"));
        }
        if mails.len() != 1 {
            wrong.push(format!("{name}: {} mails, {:?}", mails.len(), item.summary));
        }
        ends.push((name, item.summary.stage, item.summary.reason, took));
        taken.extend(mails.into_iter().next());
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let mut empty = Vec::new();
    for (((name, stage, reason, _), mail), readable) in ends.iter().zip(&taken).zip(&readable) {
        match Delivered::read(mail) {
            Ok(read) if *readable && (*stage != Stage::Delivered || read.text.contains(NO_TEXT)) => {
                empty.push(format!("{name} {stage} {reason:?}"));
            }
            Ok(_) => {}
            Err(law) => wrong.push(format!("{name}: {law}")),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    python::agrees(&taken);
    mail_parser::agrees(&taken);
    let with_text = readable.iter().filter(|readable| **readable).count();
    let delivered = ends.iter().filter(|(_, stage, ..)| *stage == Stage::Delivered).count();
    let slowest = ends.iter().map(|(.., took)| *took).max().unwrap();
    let total = ends.len();
    println!("{total} mails: {delivered} delivered, {with_text} with text, slowest {slowest:?}; no text of {empty:?}");
    assert!(empty.len() * 50 <= with_text, "at least 98 % of the mails with text keep it: {}", empty.join("\n"));
    strict.stop().await;
    lenient.stop().await;
}

/// Through the gateway as it is by default or, where a bare CR or a NUL is refused, through the one that mends them.
async fn pass(strict: &Site, lenient: &Site, original: &[u8]) -> ItemDetail {
    let to = format!("shokuin@{DOMAIN}");
    match strict.try_send(&[&to], original).await {
        Ok(reference) => {
            assert_eq!(strict.original(reference).await, original);
            strict.ended(reference).await
        }
        Err(reply) => {
            assert!(reply.starts_with('5'), "{reply}");
            lenient.ended(lenient.send(&[&to], original).await).await
        }
    }
}
