//! The gateway killed at random moments while mail comes in: whatever was answered `250` arrives.
//!
//! `TEMIZU_KILL_ROUNDS` sets the number of kills (20 without it; `cargo xtask nightly` sets 300), `TEMIZU_KILL_SEED`
//! repeats the moments of an earlier run.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::support::load::{Accepted, LARGE, SENDERS, Sent, keep_sending, mail, reference_of, texts_of};
use crate::support::next_hop::{NextHop, Taken};
use crate::support::process::{Gateway, run_on};
use crate::support::sender::Sender;

/// The gateway lives this long under load, at most, before it is killed.
const LONGEST_LIFE_MILLIS: u64 = 500;
/// Time to deliver what is left, besides a share per round.
const DRAIN: Duration = Duration::from_secs(60);

fn number_from(variable: &str) -> Option<u64> {
    std::env::var(variable).ok().map(|text| text.parse().expect("a number"))
}

/// Numbers that look random: SplitMix64.
struct Moments(u64);

impl Moments {
    fn next_below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % bound
    }
}

/// What is in quarantine as a whole, by 管理番号.
fn quarantined(data: &Path) -> BTreeSet<String> {
    let items = run_on(data, "queue list --stage quarantined --limit 100000 --json").with(0).json();
    items.as_array().unwrap().iter().map(|item| item["reference"].as_str().unwrap().to_owned()).collect()
}

/// Runs the gateway `rounds` times and kills it each time; connections of the next hop before each kill.
async fn rounds_of_killing(data: &Path, hop: &NextHop, accepted: &Accepted, rounds: u64, seed: u64) -> Vec<usize> {
    let (address, whereabouts) = watch::channel(None);
    let mut senders = JoinSet::new();
    for sender in 0..SENDERS {
        senders.spawn(keep_sending(sender, whereabouts.clone(), Arc::clone(accepted)));
    }
    let mut moments = Moments(seed);
    let mut ends_of_lives = Vec::new();
    for _ in 0..rounds {
        let mut gateway = Gateway::start(data, hop.address());
        address.send_replace(Some(gateway.address().await));
        tokio::time::sleep(Duration::from_millis(moments.next_below(LONGEST_LIFE_MILLIS))).await;
        address.send_replace(None);
        gateway.kill();
        ends_of_lives.push(hop.with_seen(|seen| seen.connections));
    }
    senders.shutdown().await;
    ends_of_lives
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_was_answered_250_arrives_however_often_the_gateway_is_killed() {
    let rounds = number_from("TEMIZU_KILL_ROUNDS").unwrap_or(20);
    let seed = number_from("TEMIZU_KILL_SEED").unwrap_or_else(|| {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        u64::from(since.subsec_nanos())
    });
    println!("TEMIZU_KILL_ROUNDS={rounds} TEMIZU_KILL_SEED={seed} repeats this run");
    let data = tempfile::tempdir().unwrap();
    let hop = NextHop::start(Vec::new()).await;
    let accepted = Accepted::default();
    let ends_of_lives = rounds_of_killing(data.path(), &hop, &accepted, rounds, seed).await;

    let gateway = Gateway::start(data.path(), hop.address());
    gateway.address().await;
    let accepted = accepted.lock().unwrap().clone();
    assert!(accepted.len() as u64 >= rounds, "only {} mails were accepted: no load", accepted.len());
    let deadline = Instant::now() + DRAIN + Duration::from_secs(rounds);
    let missing = loop {
        let arrived: BTreeSet<String> =
            hop.with_seen(|seen| seen.taken.iter().filter_map(reference_of).map(str::to_owned).collect());
        let kept = quarantined(data.path());
        let lost = |reference: &&String| !arrived.contains(*reference) && !kept.contains(*reference);
        let missing: Vec<&String> = accepted.keys().filter(lost).collect();
        if missing.is_empty() || Instant::now() > deadline {
            break missing;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    };
    if let Some(first) = missing.first() {
        let shown = run_on(data.path(), &format!("queue show {first}")).out;
        panic!("{} of {} mails did not arrive; the first: {shown}", missing.len(), accepted.len());
    }

    let (arrived, copies) = hop.with_seen(|seen| check_copies(&seen.taken, &accepted, &ends_of_lives));
    println!(
        "{rounds} kills: {} mails accepted, {arrived} arrived, {} in quarantine, {} copies too many",
        accepted.len(),
        quarantined(data.path()).len(),
        copies - arrived
    );
    run_on(data.path(), "audit verify").with(0);
}

/// Each mail arrived with its own content; copies of one mail are the same bytes, and each came from another life of
/// the gateway: at most one more per kill. Returns how many mails arrived, in how many copies.
fn check_copies(taken: &[Taken], accepted: &BTreeMap<String, Sent>, ends_of_lives: &[usize]) -> (usize, usize) {
    let mut first: BTreeMap<&str, &Taken> = BTreeMap::new();
    let mut copies: BTreeSet<(&str, usize)> = BTreeSet::new();
    for mail in taken {
        let Some(reference) = reference_of(mail) else { continue };
        let life = ends_of_lives.partition_point(|connections| *connections < mail.connection);
        assert!(copies.insert((reference, life)), "{reference} was sent twice without a kill in between");
        let one = first.entry(reference).or_insert(mail);
        assert!(one.bytes == mail.bytes, "{reference} arrived in two shapes, or under two Message-IDs");
        if let Some(sent) = accepted.get(reference) {
            let times = texts_of(mail).matches(&sent.mark).count();
            let least = if sent.large { LARGE / 40 + 1 } else { 1 };
            assert!(times >= least, "{reference} arrived with {times} of {least} lines of {sent:?}");
        }
    }
    (first.len(), copies.len())
}

#[tokio::test]
async fn sigterm_finishes_what_is_in_work_and_ends_with_0() {
    let data = tempfile::tempdir().unwrap();
    let held = Arc::new(tokio::sync::Notify::new());
    let hold = crate::support::next_hop::Act::Hold(Arc::clone(&held));
    let hop = NextHop::start(vec![crate::support::next_hop::Fault::at(".", hold).times(1)]).await;
    let mut gateway = Gateway::start(data.path(), hop.address());
    let address = gateway.address().await;

    let mut in_data = Sender::connect(address).await.unwrap();
    let mut idle = Sender::connect(address).await.unwrap();
    idle.send("a@city.test", &mail("mark-1-end", false)).await.unwrap();
    hop.until("the first mail is in flight", |seen| seen.count(".") == 1).await;
    in_data.begin("a@city.test").await.unwrap();

    gateway.terminate();
    gateway.logged("stopping").await;
    idle.expect("421").await.unwrap();
    in_data.finish(&mail("mark-2-end", false)).await.unwrap();
    held.notify_one();
    let (status, took) = gateway.ended().await;
    assert_eq!(status.code(), Some(0), "{:#?}", gateway.log());
    assert!(took < Duration::from_secs(15), "{took:?}");

    let gateway = Gateway::start(data.path(), hop.address());
    gateway.address().await;
    hop.until("both mails arrive", |seen| seen.taken.len() == 2).await;
    let arrived: String = hop.seen().taken.iter().map(texts_of).collect();
    assert!(arrived.contains("mark-1-end") && arrived.contains("mark-2-end"), "{arrived}");
}
