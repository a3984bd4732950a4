//! The sending side against a real SMTP server that fails on command: what arrives, what is settled, what is told.

#[path = "deliver/leases.rs"]
mod leases;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use temizu::config::{Config, DeliverTls};
use temizu::deliver::{DeliverError, Deliverer};
use temizu::domain::{Domain, Event, Mailbox, ReversePath, Timestamp};
use temizu::ports::{Dispatch, Settlement, StoreError};
use tokio::net::TcpListener;
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

use crate::support::next_hop::{Act, Fault, NextHop, Seen};
use crate::support::outbox::{MemoryOutbox, NOW, Settled, StandingClock, dispatch};

const MAIL: &[u8] = b"Subject: a\r\n\r\nhello\r\n";
const HOUR: Duration = Duration::from_secs(3600);

/// A running deliverer with its outbox.
struct Site {
    outbox: Arc<MemoryOutbox>,
    stop: watch::Sender<bool>,
    running: JoinHandle<()>,
}

impl Site {
    fn start(next_hop: std::net::SocketAddr, adjust: impl FnOnce(&mut Config)) -> Self {
        let mut config = Config::default();
        config.site.host_name = Domain::parse("gate.test").unwrap();
        config.deliver.next_hop = next_hop.to_string();
        config.deliver.tls = DeliverTls::Off;
        config.deliver.timeout_seconds = 20;
        adjust(&mut config);
        let outbox = Arc::new(MemoryOutbox::new());
        let clock = Arc::new(StandingClock);
        let deliverer = Deliverer::new(Arc::new(config), outbox.clone(), clock, LEASE_SPAN).unwrap();
        let (stop, stopped) = watch::channel(false);
        Self { outbox, stop, running: tokio::spawn(deliverer.run(stopped)) }
    }

    async fn stop(self) {
        self.stop.send(true).unwrap();
        self.running.await.unwrap();
    }
}

/// Renewed three times as often.
const LEASE_SPAN: Duration = Duration::from_secs(1);

/// One mail for `to` to a next hop with `faults`: what was settled, what the next hop saw.
async fn deliver(hop: NextHop, adjust: impl FnOnce(&mut Config), mail: Dispatch) -> (Settled, Seen) {
    let site = Site::start(hop.address(), adjust);
    site.outbox.put(mail);
    let settled = site.outbox.settled(1).await.remove(0);
    site.stop().await;
    (settled, hop.seen())
}

/// `Sent(250 2.0.0 taken)` as `sent 250 2.0.0 taken`, one per recipient.
fn results(settled: &Settled) -> Vec<String> {
    let word = |(_, settlement): &(Mailbox, Settlement)| match settlement {
        Settlement::Sent(reply) => format!("sent {}", reply.0),
        Settlement::Refused(reply) => format!("refused {}", reply.0),
        Settlement::Deferred(reply) => format!("deferred {}", reply.0),
        Settlement::GivenUp(reply) => format!("given up {}", reply.0),
    };
    settled.settlements.iter().map(word).collect()
}

/// Checks the result for each of `to`, for a mail met by `faults`, with and without pipelining.
async fn check(faults: &[Fault], to: &[&str], wanted: &[&str]) -> Seen {
    let plain = check_with(&["SIZE"], faults, to, wanted);
    let pipelining = check_with(&["SIZE", "PIPELINING"], faults, to, wanted);
    tokio::join!(plain, pipelining).1
}

async fn check_with(extensions: &[&str], faults: &[Fault], to: &[&str], wanted: &[&str]) -> Seen {
    let hop = NextHop::with(extensions, None, faults.to_vec()).await;
    let (settled, seen) = deliver(hop, |config| config.deliver.timeout_seconds = 1, dispatch(1, to, MAIL)).await;
    assert_eq!(results(&settled), wanted, "{faults:?} with {extensions:?}");
    let waits = settled.settlements.iter().any(|(_, one)| matches!(one, Settlement::Deferred(_)));
    let due_in = settled.next_attempt.since(NOW).as_secs();
    assert!(!waits || (60..=72).contains(&due_in), "{due_in} s");
    seen
}

#[tokio::test]
async fn every_mail_arrives_byte_for_byte() {
    let crlf = |lines: &[&str]| lines.iter().flat_map(|line| [line, "\r\n"]).collect::<String>().into_bytes();
    let long_line = "x".repeat(998);
    let dots = ".".repeat(998);
    // Every line begins with a dot, so that some dot falls on every boundary between pieces and bursts.
    let large: Vec<&str> = (0..400_000 / 3).map(|at| [".", "..", ".a", "b"][at % 4]).collect();
    for mail in [
        MAIL.to_vec(),
        crlf(&["Subject: a", "", ".", "..", "...", ".a", "a.", ". ", "", "."]),
        crlf(&["."]),
        crlf(&[""]),
        crlf(&["a", "", "", ""]),
        crlf(&["", &long_line, &dots]),
        crlf(&large),
    ] {
        let hop = NextHop::start(vec![]).await;
        let (settled, seen) = deliver(hop, |_| {}, dispatch(1, &["a@city.test"], &mail)).await;
        assert_eq!(results(&settled), ["sent 250 2.0.0 taken"]);
        assert_eq!(seen.taken.len(), 1);
        assert!(seen.taken[0].bytes == mail, "{} bytes became {}", mail.len(), seen.taken[0].bytes.len());
    }
}

#[tokio::test]
async fn the_envelope_is_spoken_as_it_was_received() {
    let to = ["abc..def.@docomo.ne.jp", "\"a b\"@City.test", "c@city.test"];
    let hop = NextHop::start(vec![]).await;
    let (_, seen) = deliver(hop, |_| {}, dispatch(1, &to, MAIL)).await;
    assert_eq!(seen.commands[0], "EHLO gate.test");
    assert_eq!(seen.taken[0].mail_command, format!("MAIL FROM:<sender@example.jp> SIZE={}", MAIL.len()));
    assert_eq!(seen.taken[0].to, to.map(|to| format!("RCPT TO:<{to}>")));
    assert_eq!(seen.commands.last().unwrap(), "QUIT");

    let hop = NextHop::with(&[], None, vec![]).await;
    let notification = Dispatch { reverse_path: ReversePath::null(), ..dispatch(1, &to, MAIL) };
    let (_, seen) = deliver(hop, |_| {}, notification).await;
    assert_eq!(seen.taken[0].mail_command, "MAIL FROM:<>", "no SIZE where it is not offered");
}

#[tokio::test]
async fn a_no_to_the_whole_mail_settles_every_recipient() {
    let to = &["a@city.test", "b@city.test"];
    for verb in ["MAIL", "DATA", "."] {
        let seen = check(&[Fault::say(verb, "451 4.3.0 later")], to, &["deferred 451 4.3.0 later"; 2]).await;
        assert!(seen.taken.is_empty(), "{verb}");
        let seen = check(&[Fault::say(verb, "554 5.6.0 never")], to, &["refused 554 5.6.0 never"; 2]).await;
        assert!(seen.taken.is_empty(), "{verb}");
        assert_eq!(seen.count("RSET"), usize::from(verb != "."), "{verb}: the transaction is taken back");
    }
}

#[tokio::test]
async fn a_next_hop_that_does_not_relay_for_this_gateway_keeps_mail_waiting() {
    let to = &["a@city.test", "b@city.test"];
    for (verb, no) in [
        ("MAIL", "530 5.7.0 sign in first"),
        ("MAIL", "530 sign in first"),
        ("MAIL", "554 5.7.1 client host rejected"),
        ("RCPT", "554 5.7.1 relay access denied"),
    ] {
        let wanted = format!("deferred {no}");
        check(&[Fault::say(verb, no)], to, &[&wanted, &wanted]).await;
    }
    let one_address = [Fault::say("RCPT TO:<a@", "554 5.7.1 not to this list")];
    check(&one_address, to, &["refused 554 5.7.1 not to this list", "sent 250 2.0.0 taken"]).await;
    let content = [Fault::say(".", "554 5.7.1 looks like spam")];
    check(&content, to, &["refused 554 5.7.1 looks like spam"; 2]).await;
}

#[tokio::test]
async fn a_no_to_one_recipient_concerns_that_one_alone() {
    let to = &["a@city.test", "b@city.test", "c@city.test"];
    let faults = [Fault::say("RCPT TO:<a@", "550 5.1.1 unknown"), Fault::say("RCPT TO:<c@", "450 4.2.0 greylisted")];
    let wanted = ["refused 550 5.1.1 unknown", "sent 250 2.0.0 taken", "deferred 450 4.2.0 greylisted"];
    let seen = check(&faults, to, &wanted).await;
    assert_eq!(seen.taken[0].to, ["RCPT TO:<b@city.test>"]);

    let with_no_at_the_end = [&faults[..], &[Fault::say(".", "554 5.6.0 no")]].concat();
    let wanted = ["refused 550 5.1.1 unknown", "refused 554 5.6.0 no", "deferred 450 4.2.0 greylisted"];
    check(&with_no_at_the_end, to, &wanted).await;

    let all = [Fault::say("RCPT TO:<a@", "450 4.2.0 later"), Fault::say("RCPT", "550 5.1.1 unknown")];
    let wanted = ["deferred 450 4.2.0 later", "refused 550 5.1.1 unknown", "refused 550 5.1.1 unknown"];
    let seen = check(&all, to, &wanted).await;
    assert_eq!((seen.count("DATA"), seen.count("RSET")), (0, 1), "nothing is sent for nobody");
}

#[tokio::test]
async fn recipients_beyond_what_one_transaction_takes_go_at_once() {
    let hop = NextHop::start(vec![Fault::say("RCPT", "452 4.5.3 too many").after(2)]).await;
    let mail = dispatch(1, &["a@city.test", "b@city.test", "c@city.test"], MAIL);
    let (settled, _) = deliver(hop, |_| {}, mail).await;
    assert_eq!(results(&settled)[2], "deferred 452 4.5.3 too many");
    assert_eq!(settled.next_attempt, NOW);

    let hop = NextHop::start(vec![Fault::say("RCPT", "452 4.3.1 disk full")]).await;
    let (settled, _) = deliver(hop, |_| {}, dispatch(1, &["a@city.test"], MAIL)).await;
    assert!(settled.next_attempt > NOW, "452 for all is no reason to hurry");
}

#[tokio::test]
async fn a_thousand_recipients_are_named_and_settled_in_order() {
    let names: Vec<String> = (0..1000).map(|at| format!("user{at}@city.test")).collect();
    let to: Vec<&str> = names.iter().map(String::as_str).collect();
    let hop = NextHop::start(vec![Fault::say("RCPT TO:<user777@", "550 5.1.1 unknown")]).await;
    let (settled, seen) = deliver(hop, |_| {}, dispatch(1, &to, MAIL)).await;
    assert_eq!(settled.settlements.iter().map(|(to, _)| to.as_str()).collect::<Vec<_>>(), to);
    let refused: Vec<_> = results(&settled).iter().map(|result| result.starts_with("refused")).collect();
    assert_eq!(refused.iter().position(|refused| *refused), Some(777));
    assert_eq!(seen.taken[0].to.len(), 999);
}

#[tokio::test]
async fn a_connection_lost_before_the_last_reply_leaves_the_mail_waiting() {
    let lost = "deferred the connection to the next hop was lost before its reply";
    for moment in ["MAIL", "RCPT", "DATA", "CONTENT"] {
        let seen = check(&[Fault::at(moment, Act::Close)], &["a@city.test"], &[lost]).await;
        assert!(seen.taken.is_empty(), "{moment}");
    }
    let seen = check(&[Fault::at(".", Act::Close)], &["a@city.test"], &[lost]).await;
    assert_eq!(seen.taken.len(), 1, "it may have been taken, and is sent again: twice at worst, never not");
}

#[tokio::test]
async fn a_next_hop_that_falls_silent_is_left_in_time() {
    let late = "deferred no reply from the next hop in time";
    for moment in ["MAIL", "RCPT", "DATA", "."] {
        check(&[Fault::at(moment, Act::Silence)], &["a@city.test"], &[late]).await;
    }
    for moment in ["CONNECT", "EHLO"] {
        let wanted = ["deferred no connection to the next hop in time"];
        check(&[Fault::at(moment, Act::Silence)], &["a@city.test"], &wanted).await;
    }
}

#[tokio::test]
async fn a_reply_that_closes_the_connection_defers_and_is_believed() {
    let to = &["a@city.test", "b@city.test"];
    let closing = |at| Fault::at(at, Act::SayAndClose("421 4.3.2 shutting down\r\n".to_owned()));
    for moment in ["CONNECT", "EHLO", "MAIL", "RCPT", "DATA", "."] {
        let seen = check(&[closing(moment)], to, &["deferred 421 4.3.2 shutting down"; 2]).await;
        assert_eq!(seen.count("QUIT"), 0, "{moment}: nobody is left to say goodbye to");
    }
    let refused_before = [Fault::say("RCPT TO:<a@", "550 5.1.1 unknown"), closing("RCPT TO:<b@")];
    check(&refused_before, to, &["refused 550 5.1.1 unknown", "deferred 421 4.3.2 shutting down"]).await;
}

#[tokio::test]
async fn a_next_hop_that_turns_every_connection_away_refuses_no_mail() {
    for moment in ["CONNECT", "EHLO"] {
        let wanted = ["deferred 554 5.3.2 not for you"];
        check(&[Fault::say(moment, "554 5.3.2 not for you")], &["a@city.test"], &wanted).await;
    }
}

#[tokio::test]
async fn a_reply_that_makes_no_sense_never_counts_as_sent() {
    let senseless = "deferred the reply of the next hop makes no sense";
    for (moment, reply) in [
        ("MAIL", "what?\r\n"),
        ("MAIL", "354 go on\r\n"),
        ("RCPT", "354 go on\r\n"),
        ("DATA", "250 taken already\r\n"),
        (".", "354 go on\r\n"),
        (".", "999 what\r\n"),
        (".", "250-first\r\n550 second\r\n"),
        ("EHLO", "250-hop.test\r\n250- \r\n250 SIZE\r\n"),
    ] {
        let seen = check(&[Fault::at(moment, Act::Say(reply.to_owned()))], &["a@city.test"], &[senseless]).await;
        assert!(moment == "." || seen.taken.is_empty(), "{moment} {reply}");
    }
    let seen = check(
        &[Fault::at("MAIL", Act::DoAndSay("250 ok\r\n250 ok\r\n250 ok\r\n".to_owned()))],
        &["a@city.test"],
        &[senseless],
    )
    .await;
    assert!(seen.taken.is_empty(), "replies to what was never sent do not stand in for those that count");
}

#[tokio::test]
async fn a_reply_without_end_is_cut_off() {
    let hop = NextHop::start(vec![Fault::at("DATA", Act::Flood)]).await;
    let (settled, _) = deliver(hop, |_| {}, dispatch(1, &["a@city.test"], MAIL)).await;
    assert_eq!(results(&settled), ["deferred the connection to the next hop was lost before its reply"]);
}

#[tokio::test]
async fn the_text_of_a_reply_is_kept_as_one_printable_line_of_bounded_length() {
    let lines = format!("250-2.0.0 {}\r\n250 \x1b[2J{}\r\n", "a".repeat(300), "b".repeat(300));
    let hop = NextHop::start(vec![Fault::at(".", Act::DoAndSay(lines))]).await;
    let (settled, _) = deliver(hop, |_| {}, dispatch(1, &["a@city.test"], MAIL)).await;
    let result = results(&settled).remove(0);
    let wanted = format!("sent 250 2.0.0 {} ?[2J{}", "a".repeat(300), "b".repeat(512 - 315));
    assert_eq!(result, wanted);
}

#[tokio::test]
async fn a_mail_that_waited_too_long_is_given_up_and_one_refused_stays_refused() {
    let old = |queued_at: Timestamp| Dispatch { queued_at, ..dispatch(1, &["a@city.test", "b@city.test"], MAIL) };
    let faults = || vec![Fault::say("RCPT TO:<a@", "450 4.2.0 later"), Fault::say("RCPT TO:<b@", "550 5.1.1 unknown")];
    for (age, wanted) in [(HOUR * 119, "deferred 450 4.2.0 later"), (HOUR * 120, "given up 450 4.2.0 later")] {
        let queued_at = Timestamp::from_millis(NOW.millis() - i64::try_from(age.as_millis()).unwrap());
        let (settled, _) = deliver(NextHop::start(faults()).await, |_| {}, old(queued_at)).await;
        assert_eq!(results(&settled), [wanted, "refused 550 5.1.1 unknown"]);
    }
}

#[tokio::test]
async fn the_audit_records_name_recipients_codes_digest_and_attempt() {
    let hop = NextHop::start(vec![Fault::say("RCPT TO:<b@", "550 5.1.1 b@city.test is unknown")]).await;
    let mail = Dispatch { number: 3, attempt: 4, ..dispatch(1, &["a@city.test", "b@city.test"], MAIL) };
    let (item, digest) = (mail.key.id, mail.digest.to_string());
    let (settled, _) = deliver(hop, |_| {}, mail).await;
    assert_eq!(settled.item, item);
    let events: Vec<_> = settled.records.iter().map(|record| (record.event, record.item, record.at)).collect();
    assert_eq!(events, [(Event::Delivered, Some(item), NOW), (Event::DeliveryRefused, Some(item), NOW)]);
    let record = |address: &str, code: u16| {
        serde_json::json!({
            "mail": 3, "attempt": 4, "sha256": digest, "recipients": [{ "address": address, "code": code }]
        })
    };
    assert_eq!(settled.records[0].details, record("a@city.test", 250));
    assert_eq!(settled.records[1].details, record("b@city.test", 550));
}

#[tokio::test]
async fn a_connection_serves_many_mails_but_not_without_end() {
    let hop = NextHop::start(vec![]).await;
    let site = Site::start(hop.address(), |config| config.deliver.max_connections = 1);
    for number in 0..250 {
        site.outbox.put(dispatch(number, &["a@city.test"], MAIL));
    }
    site.outbox.settled(250).await;
    site.stop().await;
    let seen = hop.seen();
    assert_eq!((seen.connections, seen.most_open, seen.taken.len()), (3, 1, 250));
    assert_eq!(seen.count("QUIT"), 3);
}

#[tokio::test]
async fn a_refused_mail_leaves_its_connection_usable_for_the_next() {
    let hop = NextHop::start(vec![Fault::say("RCPT", "550 5.1.1 unknown").times(1)]).await;
    let site = Site::start(hop.address(), |config| config.deliver.max_connections = 1);
    site.outbox.put(dispatch(1, &["a@city.test"], MAIL));
    site.outbox.put(dispatch(2, &["b@city.test"], MAIL));
    let settled = site.outbox.settled(2).await;
    site.stop().await;
    assert_eq!(results(&settled[1]), ["sent 250 2.0.0 taken"]);
    assert_eq!(hop.seen().connections, 1);
}

#[tokio::test]
async fn a_connection_that_died_of_age_costs_its_mail_nothing() {
    for act in [Act::Close, Act::SayAndClose("421 4.4.2 idle too long\r\n".to_owned())] {
        let hop = NextHop::start(vec![Fault::at("MAIL", act).after(1).times(1)]).await;
        let site = Site::start(hop.address(), |config| config.deliver.max_connections = 1);
        site.outbox.put(dispatch(1, &["a@city.test"], MAIL));
        site.outbox.put(dispatch(2, &["b@city.test"], MAIL));
        let settled = site.outbox.settled(2).await;
        site.stop().await;
        assert_eq!(results(&settled[1]), ["sent 250 2.0.0 taken"]);
        let seen = hop.seen();
        assert_eq!((seen.connections, seen.taken.len()), (2, 2));
    }
}

#[tokio::test]
async fn a_connection_in_doubt_is_not_used_for_the_next_mail() {
    for (moment, act) in [
        ("RCPT", Act::DoAndSay("what?\r\n".to_owned())),
        ("RCPT", Act::DoAndSay("354 go on\r\n".to_owned())),
        ("DATA", Act::Say("250 taken already\r\n".to_owned())),
        ("DATA", Act::Silence),
        ("RSET", Act::Say("500 what?\r\n".to_owned())),
    ] {
        let unknown = Fault::say("RCPT TO:<unknown@", "550 5.1.1 unknown");
        let hop = NextHop::start(vec![Fault::at(moment, act.clone()).times(1), unknown]).await;
        let site = Site::start(hop.address(), |config| {
            config.deliver.max_connections = 1;
            config.deliver.timeout_seconds = 1;
        });
        let first = if moment == "RSET" { "unknown@city.test" } else { "a@city.test" };
        site.outbox.put(dispatch(1, &[first], MAIL));
        site.outbox.put(dispatch(2, &["b@city.test"], MAIL));
        let settled = site.outbox.settled(2).await;
        site.stop().await;
        assert_eq!(results(&settled[1]), ["sent 250 2.0.0 taken"], "{moment} {act:?}");
        assert_eq!(hop.seen().taken[0].connection, 2, "{moment} {act:?}");
    }
}

#[tokio::test]
async fn one_mail_that_never_ends_does_not_hold_up_the_others() {
    let never = Arc::new(Notify::new());
    let hop = NextHop::start(vec![Fault::at("RCPT TO:<slow@", Act::Hold(never))]).await;
    let site = Site::start(hop.address(), |config| config.deliver.max_connections = 3);
    site.outbox.put(dispatch(0, &["slow@city.test"], MAIL));
    hop.until("the slow mail is under way", |seen| seen.count("RCPT TO:<slow@") == 1).await;
    for number in 1..=20 {
        site.outbox.put(dispatch(number, &["a@city.test"], MAIL));
    }
    let settled = site.outbox.settled(20).await;
    assert!(settled.iter().all(|settled| results(settled) == ["sent 250 2.0.0 taken"]));
}

#[tokio::test]
async fn senders_grow_with_the_work_up_to_the_configured_number() {
    let held = Arc::new(Notify::new());
    let hop = NextHop::start(vec![Fault::at("RCPT", Act::Hold(held.clone())).times(3)]).await;
    let site = Site::start(hop.address(), |config| config.deliver.max_connections = 3);
    for number in 0..10 {
        site.outbox.put(dispatch(number, &["a@city.test"], MAIL));
    }
    hop.until("three mails are under way", |seen| seen.count("RCPT") == 3).await;
    assert_eq!(site.outbox.leased().len(), 3);
    held.notify_waiters();
    site.outbox.settled(10).await;
    assert_eq!(hop.seen().most_open, 3);
    site.stop().await;
}

#[tokio::test]
async fn while_the_next_hop_is_dead_no_further_mail_is_leased() {
    let closed = TcpListener::bind(("127.0.0.1", 0)).await.unwrap().local_addr().unwrap();
    let site = Site::start(closed, |_| {});
    site.outbox.put(dispatch(0, &["a@city.test"], MAIL));
    let settled = site.outbox.settled(1).await;
    let result = results(&settled[0]).remove(0);
    assert!(result.starts_with("deferred no connection to the next hop: "), "{result}");
    for number in 1..=5 {
        site.outbox.put(dispatch(number, &["a@city.test"], MAIL));
    }
    let outbox = Arc::clone(&site.outbox);
    site.stop().await;
    assert_eq!(outbox.leased().len(), 1);
}

#[tokio::test]
async fn the_next_hop_is_probed_without_a_mail_and_the_mails_flow_when_it_is_back() {
    let away = Act::SayAndClose("421 4.3.2 starting\r\n".to_owned());
    let hop = NextHop::start(vec![Fault::at("CONNECT", away).times(2)]).await;
    let site = Site::start(hop.address(), |_| {});
    site.outbox.put(dispatch(0, &["a@city.test"], MAIL));
    assert_eq!(results(&site.outbox.settled(1).await[0]), ["deferred 421 4.3.2 starting"]);
    for number in 1..=5 {
        site.outbox.put(dispatch(number, &["a@city.test"], MAIL));
    }
    hop.until("the second connection is turned away too", |seen| seen.connections == 2).await;
    assert_eq!(site.outbox.leased().len(), 1, "the probe carries no mail");
    let settled = site.outbox.settled(6).await;
    assert!(settled[1..].iter().all(|settled| results(settled) == ["sent 250 2.0.0 taken"]));
    site.stop().await;
}

#[tokio::test]
async fn a_result_that_cannot_be_stored_stops_nothing() {
    let hop = NextHop::start(vec![]).await;
    let site = Site::start(hop.address(), |_| {});
    site.outbox.fail_to_settle([StoreError::Full, StoreError::Conflict]);
    for number in 1..=3 {
        site.outbox.put(dispatch(number, &["a@city.test"], MAIL));
    }
    assert_eq!(results(&site.outbox.settled(1).await[0]), ["sent 250 2.0.0 taken"]);
    site.stop().await;
    assert_eq!(hop.seen().taken.len(), 3);
}

#[tokio::test]
async fn shutdown_finishes_the_mail_in_flight_and_leases_no_other() {
    let held = Arc::new(Notify::new());
    let hop = NextHop::start(vec![Fault::at(".", Act::Hold(held.clone()))]).await;
    let site = Site::start(hop.address(), |config| config.deliver.max_connections = 1);
    site.outbox.put(dispatch(1, &["a@city.test"], MAIL));
    site.outbox.put(dispatch(2, &["a@city.test"], MAIL));
    hop.until("the mail is under way", |seen| seen.count(".") == 1).await;
    site.stop.send(true).unwrap();
    held.notify_one();
    site.running.await.unwrap();
    let settled = site.outbox.settled(1).await;
    assert_eq!(settled.len(), 1);
    assert_eq!(results(&settled[0]), ["sent 250 2.0.0 taken"]);
    assert_eq!(hop.seen().commands.last().unwrap(), "QUIT");
}

/// A certificate for `name` that vouches for itself, in a file for `deliver.tls_ca`, and a server that shows it.
fn certificate(folder: &tempfile::TempDir, name: &str) -> (PathBuf, TlsAcceptor) {
    let made = rcgen::generate_simple_self_signed([name.to_owned()]).unwrap();
    let file = folder.path().join(format!("{name}.pem"));
    std::fs::write(&file, made.cert.pem()).unwrap();
    let key = rustls_pki_types::PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    (file, TlsAcceptor::from(Arc::new(config)))
}

#[tokio::test]
async fn tls_is_used_as_configured_and_a_certificate_that_does_not_hold_stops_the_mail() {
    let folder = tempfile::tempdir().unwrap();
    let (good_file, good) = certificate(&folder, "127.0.0.1");
    let (other_file, other) = certificate(&folder, "other.test");
    let (trusted, wrong_name) = (Some(good_file), Some(other_file));
    let sent_plain = ("sent 250 2.0.0 taken", Some(false));
    let sent_encrypted = ("sent 250 2.0.0 taken", Some(true));
    let no_tls = ("deferred deliver.tls is \"required\", but the next hop does not offer STARTTLS", None);
    let invalid = ("deferred no TLS with the next hop (see deliver.tls_ca): invalid peer certificate", None);
    for (case, tls, authority, server, (wanted, encrypted)) in [
        ("off, offered", DeliverTls::Off, &None, Some(&good), sent_plain),
        ("if offered, not offered", DeliverTls::IfOffered, &trusted, None, sent_plain),
        ("if offered, offered", DeliverTls::IfOffered, &trusted, Some(&good), sent_encrypted),
        ("required, offered", DeliverTls::Required, &trusted, Some(&good), sent_encrypted),
        ("required, not offered", DeliverTls::Required, &trusted, None, no_tls),
        ("an authority unknown here", DeliverTls::IfOffered, &wrong_name, Some(&good), invalid),
        ("a name that is not the next hop's", DeliverTls::Required, &wrong_name, Some(&other), invalid),
    ] {
        let hop = NextHop::with(&["SIZE"], server.cloned(), vec![]).await;
        let adjust = |config: &mut Config| {
            config.deliver.tls = tls;
            config.deliver.tls_ca.clone_from(authority);
        };
        let (settled, seen) = deliver(hop, adjust, dispatch(1, &["a@city.test"], MAIL)).await;
        let result = results(&settled).remove(0);
        assert!(result.starts_with(wanted), "{case}: {result}");
        assert_eq!(seen.taken.first().map(|taken| taken.tls), encrypted, "{case}");
    }
}

#[tokio::test]
async fn starttls_that_is_refused_after_being_offered_defers() {
    let folder = tempfile::tempdir().unwrap();
    let (file, acceptor) = certificate(&folder, "127.0.0.1");
    let hop = NextHop::with(&[], Some(acceptor), vec![Fault::say("STARTTLS", "454 4.7.0 not now")]).await;
    let adjust = |config: &mut Config| {
        config.deliver.tls = DeliverTls::IfOffered;
        config.deliver.tls_ca = Some(file);
    };
    let (settled, seen) = deliver(hop, adjust, dispatch(1, &["a@city.test"], MAIL)).await;
    assert_eq!(results(&settled), ["deferred 454 4.7.0 not now"]);
    assert!(seen.taken.is_empty());
}

#[tokio::test]
async fn replies_slipped_in_before_encryption_are_not_believed() {
    let folder = tempfile::tempdir().unwrap();
    let (file, acceptor) = certificate(&folder, "127.0.0.1");
    let slipped_in = "220 go on\r\n250 hop.test\r\n250 ok\r\n250 ok\r\n354 go on\r\n250 taken\r\n".to_owned();
    let faults = vec![Fault::at("STARTTLS", Act::DoAndSay(slipped_in)), Fault::say(".", "451 4.3.0 not taken")];
    let hop = NextHop::with(&[], Some(acceptor), faults).await;
    let adjust = |config: &mut Config| {
        config.deliver.tls = DeliverTls::Required;
        config.deliver.tls_ca = Some(file);
    };
    let (settled, _) = deliver(hop, adjust, dispatch(1, &["a@city.test"], MAIL)).await;
    assert_eq!(results(&settled), ["deferred 451 4.3.0 not taken"]);
}

#[test]
fn a_next_hop_that_is_no_address_is_refused_with_what_to_write() {
    for text in ["", "mail.city.test", "mail.city.test:", "mail.city.test:99999", ":25", "a b:25"] {
        let mut config = Config::default();
        config.deliver.next_hop = text.to_owned();
        let (outbox, clock) = (Arc::new(MemoryOutbox::new()), Arc::new(StandingClock));
        let refused = Deliverer::new(Arc::new(config), outbox, clock, LEASE_SPAN);
        let Err(error @ DeliverError::NextHop(_)) = refused.map(|_| ()) else { panic!("{text:?} was taken") };
        assert!(error.to_string().contains("write host:port"), "{error}");
    }
}

#[tokio::test]
async fn logs_say_what_happened_without_any_address_and_the_alarm_rings() {
    let log = crate::support::log::Captured::start();
    let hop = NextHop::start(vec![
        Fault::say("RCPT TO:<b@", "550 5.1.1 <b@city.test> unknown"),
        Fault::say("RCPT TO:<c@", "450 4.2.0 <c@city.test> later"),
        Fault::say("RCPT TO:<d@", "451 4.2.0 <d@city.test> later"),
    ])
    .await;
    let site = Site::start(hop.address(), |config| config.deliver.alarm_minutes = 0);
    site.outbox.put(dispatch(1, &["a@city.test", "b@city.test", "c@city.test"], MAIL));
    let too_old = Timestamp::from_millis(NOW.millis() - 1_000_000_000);
    site.outbox.put(Dispatch { queued_at: too_old, ..dispatch(2, &["d@city.test"], MAIL) });
    site.outbox.settled(2).await;
    log.until("no mail could be delivered while mail waits").await;
    site.stop().await;
    let text = log.text();
    for line in ["attempt to deliver", "refused recipients for good", "delivery was given up"] {
        assert!(text.contains(line), "{line:?} is missing in {text}");
    }
    assert!(!text.contains('@'), "{text}");
}
