//! What one mail costs the trusted side, part by part, and what its worker costs, by the class of the mail.
//!
//! Classes: `a` 2.7 KB of text, `b` 28 KB of text and HTML, `c` 1 MB with three attachments. The worker is the release
//! build beside the benchmarks: `cargo xtask bench` builds it first.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a benchmark that cannot start should say so and end"
)]

use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;

use bytes::Bytes;
use divan::Bencher;
use divan::counter::{BytesCount, ItemsCount};
use temizu::audit::chain::Verifier;
use temizu::compose::{Letter, Phrases, Site, compose};
use temizu::config::{self, Config, DeliverTls, LineEnds};
use temizu::deliver::Deliverer;
use temizu::domain::{
    Action, Assurance, AuditEvent, AuditRecord, Client, Derivative, Domain, Envelope, Event, Facts, ItemId, ItemKey,
    Language, Mailbox, Origin, PartOutcome, PartRole, ReversePath, RuleName, TenantId, WireMail,
};
use temizu::ports::{Answer, Blob, Order, OriginalSink, Rebuilder, Subject};
use temizu::sandbox::{Sandbox, Settings};
use temizu::smtp::data::DataDecoder;
use temizu::store::embedded::EmbeddedStore;
use temizu::store::{Keys, Store as _};
use tokio::runtime::Runtime;
use tokio::sync::watch;

#[path = "../tests/it/support/next_hop.rs"]
#[allow(dead_code, reason = "shared with the tests, which use more of it")]
mod next_hop;
#[path = "../tests/it/support/outbox.rs"]
#[allow(dead_code, reason = "shared with the tests, which use more of it")]
mod outbox;

use outbox::{MemoryOutbox, NOW, StandingClock, dispatch};

const CLASSES: [&str; 3] = ["a", "b", "c"];
/// SMTP sessions that bring mail at the same time.
const SESSIONS: u16 = 20;

fn main() {
    divan::main();
}

/// Twenty mails at once, each of them durable before the next step: `250` may be said to all of them.
#[divan::bench(args = CLASSES)]
fn accept_20_at_once(bencher: Bencher<'_, '_>, class: &str) {
    let runtime = runtime();
    let folder = tempfile::tempdir().unwrap();
    let store = config::Store { data: folder.path().to_owned(), reserve_bytes: 0, ..config::Store::default() };
    let store = runtime.block_on(EmbeddedStore::open(&store, Arc::new(StandingClock), Keys::Opening)).unwrap();
    let (sink, mail, numbers) = (store.sink().unwrap(), mail(class), AtomicU16::new(0));
    bencher.counter(ItemsCount::new(SESSIONS)).bench_local(|| {
        runtime.block_on(async {
            let sessions: Vec<_> = (0..SESSIONS)
                .map(|_| {
                    let number = numbers.fetch_add(1, Ordering::Relaxed);
                    tokio::spawn(accept(Arc::clone(&sink), mail.clone(), number))
                })
                .collect();
            for session in sessions {
                session.await.unwrap();
            }
        });
    });
}

async fn accept(sink: Arc<dyn OriginalSink>, mail: Bytes, number: u16) {
    let [high, low] = number.to_be_bytes();
    let id = ItemId::new(NOW, [0, 0, 0, 0, 0, 0, 0, 0, high, low]);
    let mut writer = sink.begin(ItemKey { tenant: TenantId::single(), id }).await.unwrap();
    for piece in mail.chunks(64 * 1024) {
        writer.write(piece).await.unwrap();
    }
    writer.accept(origin(), NOW).await.unwrap();
}

#[divan::bench(args = CLASSES)]
fn decode_data(bencher: Bencher<'_, '_>, class: &str) {
    let raw = [&mail(class)[..], b".\r\n"].concat();
    let mut decoded = Vec::with_capacity(raw.len());
    bencher.counter(BytesCount::of_slice(&raw)).bench_local(|| {
        decoded.clear();
        DataDecoder::new(LineEnds::Refuse).feed(black_box(&raw), &mut decoded)
    });
}

/// One process, started and confined, with none waiting ahead.
#[divan::bench]
fn start_a_worker(bencher: Bencher<'_, '_>) {
    let runtime = runtime();
    let sandbox = sandbox(&runtime);
    bencher.bench_local(|| runtime.block_on(sandbox.prove()).unwrap());
}

/// A worker, one mail inspected, its bodies written anew.
#[divan::bench(args = CLASSES)]
fn inspect_and_rebuild(bencher: Bencher<'_, '_>, class: &str) {
    let runtime = runtime();
    let sandbox = sandbox(&runtime);
    let mail = mail(class);
    bencher
        .counter(BytesCount::of_slice(&mail))
        .bench_local(|| assert!(!runtime.block_on(wash(&sandbox, &mail)).1.is_empty()));
}

#[divan::bench(args = CLASSES)]
fn compose_the_new_mail(bencher: Bencher<'_, '_>, class: &str) {
    let runtime = runtime();
    let (facts, derivatives) = runtime.block_on(wash(&sandbox(&runtime), &mail(class)));
    let outcomes: Vec<PartOutcome> = derivatives.iter().map(outcome).collect();
    let derivatives: Vec<&Derivative> = derivatives.iter().collect();
    let site = Site {
        host_name: Domain::parse("temizu.city.example.lg.jp").unwrap(),
        language: Language::Ja,
        utc_offset_minutes: 540,
        contact: "情報政策課".to_owned(),
        portal_url: String::new(),
        retention_days: 30,
        phrases: Phrases::default(),
    };
    let id = ItemId::new(NOW, [7; 10]);
    let letter =
        Letter { id, group: 0, facts: &facts, outcomes: &outcomes, derivatives: &derivatives, opened_later: false };
    bencher.bench(|| compose(&site, black_box(&letter)).unwrap());
}

/// A mail as we write them, base64 in lines of 76, as long as the class's.
fn written(class: &str) -> Bytes {
    let line = "5bGx55Sw5bu66Kit".repeat(5).get(..76).unwrap().to_owned() + "\r\n";
    let lines = mail(class).len() / line.len();
    Bytes::from("Subject: a\r\n\r\n".to_owned() + &line.repeat(lines))
}

#[divan::bench(args = CLASSES)]
fn check_for_the_wire(bencher: Bencher<'_, '_>, class: &str) {
    let mail = written(class);
    bencher.counter(BytesCount::of_slice(&mail)).bench(|| WireMail::try_from(black_box(mail.clone())).unwrap());
}

/// Over one connection on the loopback, to a server that keeps nothing on disk.
#[divan::bench(args = CLASSES)]
fn deliver(bencher: Bencher<'_, '_>, class: &str) {
    let runtime = runtime();
    let mail = written(class);
    let waiting = Arc::new(MemoryOutbox::new());
    let (stop, stopped) = watch::channel(false);
    let (hop, running) = runtime.block_on(async {
        let hop = next_hop::NextHop::start(Vec::new()).await;
        let mut config = Config::default();
        config.deliver.next_hop = hop.address().to_string();
        config.deliver.tls = DeliverTls::Off;
        let deliverer =
            Deliverer::new(Arc::new(config), waiting.clone(), Arc::new(StandingClock), Duration::from_secs(60))
                .unwrap();
        (hop, tokio::spawn(deliverer.run(stopped)))
    });
    let mut sent = 0;
    bencher.counter(BytesCount::of_slice(&mail)).bench_local(|| {
        sent += 1;
        waiting.put(dispatch(1, &["b@city.example.lg.jp"], &mail));
        runtime.block_on(waiting.settled(sent)).len()
    });
    stop.send(true).unwrap();
    runtime.block_on(running).unwrap();
    drop(hop);
}

#[divan::bench]
fn verify_1000_records(bencher: Bencher<'_, '_>) {
    let mut previous = AuditRecord::GENESIS;
    let records: Vec<AuditRecord> = (1..=1000)
        .map(|sequence| {
            let record = AuditRecord::chain(sequence, previous, &event());
            previous = record.hash;
            record
        })
        .collect();
    bencher.counter(ItemsCount::new(records.len())).bench(|| {
        let mut verifier = Verifier::default();
        records.iter().for_each(|record| verifier.check(record).unwrap());
        verifier.finish()
    });
}

fn event() -> AuditEvent {
    AuditEvent {
        at: NOW,
        event: Event::Sanitized,
        item: Some(ItemId::new(NOW, [7; 10])),
        actor: "process".to_owned(),
        details: serde_json::json!({ "parts": [{ "path": "1", "action": "text", "sanitizer": "body/html" }], "length": 2700 }),
    }
}

fn runtime() -> Runtime {
    Runtime::new().unwrap()
}

/// Keeps one worker ready, as a pool does.
fn sandbox(runtime: &Runtime) -> Sandbox {
    let settings = config::Sandbox { worker: worker(), ready: 1, ..config::Sandbox::default() };
    let _inside = runtime.enter();
    Sandbox::start(Settings::new(&settings, &config::Limits::default(), Path::new("/")))
}

fn worker() -> PathBuf {
    // target/release/deps/parts-HASH
    let own = std::env::current_exe().unwrap();
    own.parent().and_then(Path::parent).unwrap().join("temizu-worker")
}

/// The facts of a mail and its bodies, written anew.
async fn wash(sandbox: &Sandbox, mail: &Bytes) -> (Facts, Vec<Derivative>) {
    let (inspection, session) = sandbox.inspect(Subject::Mail, Blob::in_memory(mail.clone())).await.unwrap();
    let bodies = inspection.parts.iter().filter(|part| part.role == PartRole::Body);
    let orders = bodies.map(|part| Order { path: part.path.clone(), action: Action::Text }).collect();
    let answers = session.rebuild(orders).await.unwrap();
    let written = |answer| match answer {
        Answer::Written { derivative, .. } => Some(derivative),
        Answer::Refused { .. } => None,
    };
    let facts = Facts {
        received_at: NOW,
        origin: origin(),
        length: mail.len().try_into().unwrap(),
        headers: inspection.headers,
        parts: inspection.parts,
        findings: inspection.findings,
        ambiguities: Vec::new(),
        sender: temizu::domain::SenderFacts::default(),
    };
    (facts, answers.into_iter().filter_map(written).collect())
}

fn outcome(derivative: &Derivative) -> PartOutcome {
    PartOutcome {
        path: derivative.path().clone(),
        action: Action::Text,
        reason: None,
        rule: RuleName::last_resort(),
        findings: Vec::new(),
        derivative: Some(derivative.digest()),
        assurance: Some(Assurance::Rebuilt),
    }
}

fn origin() -> Origin {
    let mailbox = |text| Mailbox::parse(text).unwrap();
    Origin::Mail(Envelope {
        reverse_path: ReversePath::of(mailbox("a@shop.example")),
        forward_paths: vec![mailbox("b@city.example.lg.jp")],
        client: Client { address: [192, 0, 2, 1].into(), helo: "relay".to_owned(), tls: None },
        eight_bit: false,
    })
}

/// A mail of a class: seven bits, lines of at most 78 characters.
fn mail(class: &str) -> Bytes {
    const HEADERS: &str = "From: =?ISO-2022-JP?B?GyRCOzM1QBsoQg==?= <a@shop.example>\r\nTo: b@city.example.lg.jp\r\n\
        Subject: =?ISO-2022-JP?B?GyRCJCo0aiQkGyhC?=\r\nDate: Mon, 23 Nov 2026 10:00:00 +0900\r\n\
        Message-ID: <1@shop.example>\r\nMIME-Version: 1.0\r\n";
    // お願い, ten times.
    let jis = format!("\x1b$B{}\x1b(B\r\n", "$*4j$$".repeat(10));
    let plain = format!("Content-Type: text/plain; charset=iso-2022-jp\r\n\r\n{}", jis.repeat(34));
    let html = "<table><tr><td style=\"color:#333\"><p class=\"y\">Notice</p><br>\r\n\
        <a href=\"https://shop.example/?x=y&amp;z\">Apply</a></td></tr></table>\r\n";
    let file = |name: &str, head: &str| {
        let line = "q".repeat(76) + "\r\n";
        format!(
            "--b\r\nContent-Type: application/octet-stream; name={name}\r\nContent-Disposition: attachment\r\n\
             Content-Transfer-Encoding: base64\r\n\r\n{head}\r\n{}",
            line.repeat(4300)
        )
    };
    let text = match class {
        "a" => format!("{HEADERS}{plain}"),
        "b" => format!(
            "{HEADERS}Content-Type: multipart/alternative; boundary=b\r\n\r\n--b\r\n{plain}\r\n--b\r\n\
             Content-Type: text/html; charset=us-ascii\r\n\r\n{}--b--\r\n",
            html.repeat(190)
        ),
        _ => format!(
            "{HEADERS}Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n{plain}{}{}{}--b--\r\n",
            file("a.zip", "UEsDBAAA"),
            file("b.pdf", "JVBERi0x"),
            file("c.jpg", "/9j/4AAQ")
        ),
    };
    Bytes::from(text)
}
