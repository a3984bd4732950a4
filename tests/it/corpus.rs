//! Mails of other projects' test suites, the crooked ones above all, through a whole gateway.
//!
//! The corpus is not part of the repository: it is looked for beside it, in `../shared/corpus`, or where
//! `TEMIZU_CORPUS` says. Without it there is nothing to test.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use temizu::config::LineEnds;
use temizu::domain::{Reason, Stage};
use temizu::ports::ItemDetail;

use crate::support::delivered::Delivered;
use crate::support::gateway::{DOMAIN, Plan, Site, events, with_crlf};
use crate::support::next_hop::NextHop;
use crate::support::{mail_parser, python};

/// Longest time one mail may take.
const SLOWEST: Duration = Duration::from_secs(5);
/// What stands in a mail for a text that is empty.
const NO_TEXT: &str = "（本文はありません）";

/// The words of each text that people would read, per mail, as Python's `email` decodes them.
const WORDS: &str = r#"
import email, html, json, os, re, sys
folder = sys.argv[1]
def own_parts(mail):
    if mail.get_content_maintype() == "message":
        return
    if mail.is_multipart():
        for part in mail.get_payload():
            yield from own_parts(part)
    else:
        yield mail
def words(part):
    kind = part.get_content_type()
    if kind not in ("text/plain", "text/html", "text/enriched") or part.get_filename() or part.get_content_disposition() == "attachment":
        return []
    raw = part.get_payload(decode=True) or b""
    try:
        text = raw.decode(part.get_content_charset() or "ascii")
    except (LookupError, ValueError):
        text = raw.decode("latin-1")
    if kind == "text/html":
        text = re.sub(r"(?is)<style.*?</style>|<script.*?</script>|<title.*?</title>|<!--.*?-->|<[^>]*>", " ", text)
        text = html.unescape(text)
    # A file written into the text is a file; links are written otherwise, on purpose.
    text = re.sub(r"(?ms)^begin [0-7]{3,4} .*?^end\s*?$", " ", text)
    text = re.sub(r"https?:\S*", " ", text)
    return re.findall(r"[A-Za-z]{4,}|[\u3040-\u9fff]{2,}", text)
found = []
for name in sorted(os.listdir(folder)):
    with open(os.path.join(folder, name), "rb") as file:
        mail = email.message_from_bytes(file.read())
    found.append([w for w in map(words, own_parts(mail)) if w])
json.dump(found, sys.stdout)
"#;

/// Of each mail the words of each of its texts.
fn words(mails: &[Vec<u8>]) -> Vec<Vec<Vec<String>>> {
    let folder = tempfile::tempdir().unwrap();
    for (number, mail) in mails.iter().enumerate() {
        std::fs::write(folder.path().join(format!("{number:04}")), mail).unwrap();
    }
    let output = Command::new("python3").args(["-I", "-c", WORDS]).arg(folder.path()).output().unwrap();
    assert!(output.status.success(), "python3: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// True if nine of ten words of one of `texts` stand in `delivered`, however its lines are wrapped.
fn says(delivered: &str, texts: &[Vec<String>]) -> bool {
    let joined: String = delivered.chars().filter(|c| !c.is_whitespace()).collect();
    let said = |words: &Vec<String>| words.iter().filter(|word| joined.contains(word.as_str())).count();
    texts.is_empty() || texts.iter().any(|words| said(words) * 10 >= words.len() * 9)
}

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
    let (mut flags, mut ambiguous): (BTreeMap<String, u32>, u32) = (BTreeMap::new(), 0);
    for (path, original) in corpus.iter().zip(&originals) {
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let started = Instant::now();
        let before = hop.seen().taken.len();
        let item = pass(&strict, &lenient, original).await;
        let took = started.elapsed();
        let facts = item.facts.as_ref();
        let mut seen: Vec<&str> =
            facts.iter().flat_map(|facts| &facts.ambiguities).map(|one| one.flag.as_str()).collect();
        seen.sort_unstable();
        seen.dedup();
        seen.into_iter().for_each(|flag| *flags.entry(flag.to_owned()).or_default() += 1);
        let found = facts.is_some_and(|facts| facts.findings.iter().any(|one| one.code == Reason::AmbiguousStructure));
        ambiguous += u32::from(found);
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
    let (mut empty, mut silent) = (Vec::new(), Vec::new());
    for ((mail, (name, ..)), texts) in taken.iter().zip(&ends).zip(words(&originals)) {
        if Delivered::read(mail).is_ok_and(|read| !says(&read.text, &texts)) {
            silent.push(name.as_str());
        }
    }
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
    println!("flags, and in how many mails each is: {flags:?}; {ambiguous} ambiguous");
    println!("words lost of {silent:?}");
    assert!(silent.len() * 50 <= total, "at least 98 % of the mails say what they said: {}", silent.join("\n"));
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
