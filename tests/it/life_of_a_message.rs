//! Stories of mails on a whole gateway, from `250` to their end, when something on the way fails.
//!
//! Every story ends alike: the audit chain holds, tells what happened in order, and the original reads back byte for
//! byte. Time moves only where a story moves it.

use std::collections::BTreeSet;
use std::os::unix::fs::symlink;
use std::time::Duration;

use temizu::config::DeliverTls;
use temizu::domain::{Reason, Reference, Stage, Status};
use temizu::ports::{ItemDetail, Operator};

use crate::support::delivered::Delivered;
use crate::support::gateway::{Plan, Site, events};
use crate::support::next_hop::{Act, Fault, NextHop, Taken};
use crate::support::worker::example;

const MAIL: &[u8] = b"From: Taro <taro@sender.example>\r\nTo: a@city.example.lg.jp\r\nSubject: test\r\n\
    Message-ID: <1@sender.example>\r\nDate: Mon, 23 Nov 2026 10:41:07 +0900\r\nMIME-Version: 1.0\r\n\
    Content-Type: multipart/mixed; boundary=limit-of-parts\r\n\r\n\
    --limit-of-parts\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nthe body\r\n\
    --limit-of-parts\r\nContent-Type: text/plain; charset=utf-8\r\n\
    Content-Disposition: attachment; filename=notes.txt\r\n\r\nthe notes\r\n--limit-of-parts--\r\n";
const ANNA: &str = "anna@city.example.lg.jp";
const BEN: &str = "ben@city.example.lg.jp";
/// Longer than any wait before a retry.
const LATER: Duration = Duration::from_secs(3600);

/// Stops the gateway after the checks that end every story.
async fn end(site: Site, reference: Reference, told: &[&str]) {
    let item = site.ended(reference).await;
    assert_eq!(events(&item), told);
    assert_eq!(site.original(reference).await, MAIL);
    site.stop().await;
}

/// Every recipient with the state of the copy.
fn copies(item: &ItemDetail) -> Vec<(&str, Status)> {
    item.recipients_state.iter().map(|copy| (copy.recipient.as_str(), copy.status)).collect()
}

fn read(taken: &Taken) -> Delivered {
    Delivered::read(&taken.bytes).unwrap()
}

fn file_names(mail: &Delivered) -> Vec<&str> {
    mail.files.iter().map(|file| file.name.as_str()).collect()
}

fn has_failed_once(item: &ItemDetail) -> bool {
    events(item).iter().any(|event| event == "delivery_deferred")
}

#[tokio::test]
async fn one_recipient_is_refused_and_the_other_gets_the_mail() {
    let hop = NextHop::start(vec![Fault::say("RCPT TO:<ben@", "550 5.1.1 no such user")]).await;
    let site = Site::start(Plan::new(hop.address())).await;
    let reference = site.send(&[ANNA, BEN], MAIL).await;
    let item = site.ended(reference).await;
    assert_eq!(
        (item.summary.stage, copies(&item)),
        (Stage::Delivered, vec![(ANNA, Status::Sent), (BEN, Status::Refused)])
    );
    assert_eq!(item.recipients_state[1].reply.as_deref(), Some("550 5.1.1 no such user"));
    let seen = hop.seen();
    assert_eq!((seen.taken.len(), seen.count("MAIL FROM:<sender@example.com>")), (1, 1), "nobody is told but us");
    end(site, reference, &["received", "inspected", "decided", "sanitized", "delivered", "delivery_refused"]).await;
}

#[tokio::test]
async fn a_mail_put_off_by_the_next_hop_is_delivered_when_an_operator_retries() {
    let hop = NextHop::start(vec![Fault::say(".", "452 4.3.1 disk full").times(1)]).await;
    let site = Site::start(Plan::new(hop.address())).await;
    let reference = site.send(&[ANNA], MAIL).await;
    let waiting = site.until(reference, "the first attempt", has_failed_once).await;
    assert_eq!((waiting.summary.stage, copies(&waiting)), (Stage::Sanitized, vec![(ANNA, Status::Waiting)]));
    site.operate(reference, Operator::Retry).await.unwrap();
    let item = site.ended(reference).await;
    assert_eq!((copies(&item), item.recipients_state[0].attempts), (vec![(ANNA, Status::Sent)], 2));
    assert_eq!(hop.seen().taken.len(), 1);
    let told = ["received", "inspected", "decided", "sanitized", "delivery_deferred", "retried", "delivered"];
    end(site, reference, &told).await;
}

#[tokio::test]
async fn a_next_hop_that_was_down_and_a_gateway_that_was_restarted_lose_and_double_nothing() {
    // An address of its own, so that no other test is given the port meanwhile.
    let hop = NextHop::start_on("127.0.0.77:0".parse().unwrap()).await;
    let address = hop.address();
    drop(hop);
    let site = Site::start(Plan::new(address)).await;
    // The first mail alone: with several, a later one may be the one that is tried before the breaker opens.
    let mut references = vec![site.send(&[ANNA, BEN], MAIL).await];
    site.until(references[0], "an attempt in vain", has_failed_once).await;
    for _ in 1..5 {
        references.push(site.send(&[ANNA, BEN], MAIL).await);
    }
    for reference in &references {
        site.until(*reference, "its mail", |item| item.summary.stage == Stage::Sanitized).await;
    }
    let hop = NextHop::start_on(address).await;
    let site = site.restart(LATER, |_| ()).await;
    let mut expected = BTreeSet::new();
    for reference in &references {
        let item = site.ended(*reference).await;
        assert_eq!(copies(&item), [(ANNA, Status::Sent), (BEN, Status::Sent)]);
        assert_eq!(site.original(*reference).await, MAIL);
        expected.insert(reference.to_string());
    }
    let taken = hop.seen().taken;
    let arrived: BTreeSet<String> =
        taken.iter().map(|mail| read(mail).value("x-temizu-id").unwrap().to_owned()).collect();
    assert_eq!((taken.len(), arrived), (5, expected), "each once");
    site.stop().await;
}

#[tokio::test]
async fn a_connection_lost_after_the_mail_was_taken_makes_one_twin_that_is_known_as_such() {
    let hop = NextHop::start(vec![Fault::at(".", Act::Close).times(1)]).await;
    let site = Site::start(Plan::new(hop.address())).await;
    let reference = site.send(&[ANNA], MAIL).await;
    site.until(reference, "the lost connection", has_failed_once).await;
    site.operate(reference, Operator::Retry).await.unwrap();
    site.ended(reference).await;
    let [first, second] = &hop.seen().taken[..] else { panic!("{:?}", hop.seen()) };
    assert_eq!(first.bytes, second.bytes);
    let mail = read(first);
    assert_eq!(mail.value("x-temizu-id"), Some(reference.to_string().as_str()));
    assert_eq!(mail.value("message-id"), Some("<1@sender.example>"));
    let told = ["received", "inspected", "decided", "sanitized", "delivery_deferred", "retried", "delivered"];
    end(site, reference, &told).await;
}

#[tokio::test]
async fn recipients_with_different_rules_get_different_mails_and_each_only_theirs() {
    let rules = r#"
        [[rule]]
        name = "T-001"
        owner = "test"
        reason_text = "ben gets no files"
        when = { role = "attachment", recipient = "ben@city.example.lg.jp" }
        action = "quarantine"
        code = "quarantined_by_rule"
    "#;
    let hop = NextHop::start(Vec::new()).await;
    let site = Site::start(Plan::new(hop.address()).with_rules(rules)).await;
    let reference = site.send(&[ANNA, BEN], MAIL).await;
    site.ended(reference).await;
    let mut taken = hop.seen().taken;
    taken.sort_by(|a, b| a.to.cmp(&b.to));
    let [for_anna, for_ben] = &taken[..] else { panic!("{taken:?}") };
    assert_eq!(for_anna.to, [format!("RCPT TO:<{ANNA}>")]);
    assert_eq!(for_ben.to, [format!("RCPT TO:<{BEN}>")]);
    assert_eq!(file_names(&read(for_anna)), ["notes.txt"]);
    let of_ben = read(for_ben);
    assert_eq!((file_names(&of_ben), of_ben.value("x-temizu-status")), (Vec::new(), Some("action")));
    assert!(of_ben.text.contains("規則 T-001 により預かっています。"), "{}", of_ben.text);
    end(site, reference, &["received", "inspected", "decided", "sanitized", "delivered", "delivered"]).await;
}

#[tokio::test]
async fn a_mail_held_by_a_rule_waits_for_an_operator_and_is_delivered_then() {
    let rules = r#"
        [[rule]]
        name = "T-002"
        owner = "test"
        reason_text = "every mail of this sender is looked at"
        when = { sender = "@example.com" }
        action = "hold-mail"
    "#;
    let hop = NextHop::start(Vec::new()).await;
    let site = Site::start(Plan::new(hop.address()).with_rules(rules)).await;
    let reference = site.send(&[ANNA], MAIL).await;
    let held = site.ended(reference).await;
    assert_eq!((held.summary.stage, copies(&held)), (Stage::Held, vec![(ANNA, Status::Sent)]));
    let [notice] = &hop.seen().taken[..] else { panic!("{:?}", hop.seen()) };
    assert_eq!(read(notice).value("x-temizu-status"), Some("held"));
    site.operate(reference, Operator::Release).await.unwrap();
    site.until(reference, "its delivery", |item| item.summary.stage == Stage::Delivered).await;
    assert_eq!(file_names(&read(&hop.seen().taken[1])), ["notes.txt"]);
    let told = [
        "received",
        "inspected",
        "decided",
        "held",
        "delivered",
        "delivery_released",
        "inspected",
        "decided",
        "sanitized",
        "delivered",
    ];
    end(site, reference, &told).await;
}

#[tokio::test]
async fn a_mail_that_breaks_its_workers_three_times_is_quarantined_and_its_readers_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let breaks = folder.path().join("quits");
    symlink(example("misbehave"), &breaks).unwrap();
    let hop = NextHop::start(Vec::new()).await;
    let site = Site::start(Plan::new(hop.address()).with_worker(&breaks)).await;
    let reference = site.send(&[ANNA, BEN], MAIL).await;
    for attempt in 1..=2 {
        let deferred = |item: &ItemDetail| events(item).iter().filter(|event| *event == "deferred").count() == attempt;
        site.until(reference, "an attempt in vain", deferred).await;
        assert!(hop.seen().taken.is_empty(), "nobody is told before it is sure");
        site.advance(LATER);
    }
    let item = site.ended(reference).await;
    assert_eq!((item.summary.stage, item.summary.reason), (Stage::Quarantined, Some(Reason::ConvertFailed)));
    assert_eq!(copies(&item), [(ANNA, Status::Sent), (BEN, Status::Sent)]);
    let [notice] = &hop.seen().taken[..] else { panic!("{:?}", hop.seen()) };
    assert!(notice.mail_command.starts_with("MAIL FROM:<> "), "nothing answers a notice");
    assert_eq!(notice.to.len(), 2);
    let notice = read(notice);
    assert!(notice.text.contains("安全な形に作り直せませんでした。原本は渡していません。"), "{}", notice.text);
    assert!(!notice.text.contains("the body") && !notice.text.contains("the notes"), "{}", notice.text);
    end(site, reference, &["received", "deferred", "deferred", "quarantined", "delivered"]).await;
}

#[tokio::test]
async fn without_the_encryption_that_is_required_nothing_leaves() {
    let folder = tempfile::tempdir().unwrap();
    let authority = folder.path().join("authority.pem");
    std::fs::write(&authority, rcgen::generate_simple_self_signed(["hop.test".to_owned()]).unwrap().cert.pem())
        .unwrap();
    let hop = NextHop::start(Vec::new()).await;
    let mut plan = Plan::new(hop.address());
    plan.config.deliver.tls = DeliverTls::Required;
    plan.config.deliver.tls_ca = Some(authority);
    let site = Site::start(plan).await;
    let reference = site.send(&[ANNA], MAIL).await;
    let item = site.until(reference, "an attempt in vain", has_failed_once).await;
    assert_eq!((item.summary.stage, copies(&item)), (Stage::Sanitized, vec![(ANNA, Status::Waiting)]));
    assert_eq!((hop.seen().taken.len(), hop.seen().count("MAIL")), (0, 0), "not even the envelope");
    let site = site.restart(LATER, |config| config.deliver.tls = DeliverTls::Off).await;
    site.ended(reference).await;
    let told = ["received", "inspected", "decided", "sanitized", "delivery_deferred", "delivered"];
    end(site, reference, &told).await;
}
