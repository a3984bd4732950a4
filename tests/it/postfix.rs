//! Real Debian Postfixes around the sending side, configured by the blocks of `docs/integration`.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use temizu::config::{Config, DeliverTls};
use temizu::deliver::Deliverer;
use temizu::ports::{Dispatch, Settlement};
use tokio::sync::watch;

use crate::support::outbox::{MemoryOutbox, Settled, StandingClock, dispatch};
use crate::support::postfix::Postfix;
use crate::support::process::Gateway;
use crate::support::sender::Sender;

const HEADER: &str = "Subject: a\r\nFrom: <sender@example.jp>\r\nDate: Mon, 23 Nov 2026 10:00:00 +0900\r\n\
                      Message-ID: <1@gate.test>\r\n\r\n";

/// Sends `mails` to `next_hop` and returns what was settled, in no certain order.
async fn send(next_hop: SocketAddr, mails: Vec<Dispatch>) -> Vec<Settled> {
    let outbox = Arc::new(MemoryOutbox::new());
    let mut config = Config::default();
    config.deliver.next_hop = next_hop.to_string();
    config.deliver.tls = DeliverTls::Off;
    let clock = Arc::new(StandingClock);
    let deliverer = Deliverer::new(Arc::new(config), outbox.clone(), clock, Duration::from_secs(60)).unwrap();
    let (stop, stopped) = watch::channel(false);
    let running = tokio::spawn(deliverer.run(stopped));
    let count = mails.len();
    for mail in mails {
        outbox.put(mail);
    }
    let settled = outbox.settled(count).await;
    stop.send(true).unwrap();
    running.await.unwrap();
    settled
}

/// The mail without the trace headers that each Postfix puts above it, with the line ends of the wire.
fn as_sent(stored: &[u8]) -> String {
    let text = String::from_utf8(stored.to_vec()).unwrap();
    let ours = text.find("Subject: ").expect("our first header");
    text[ours..].replace('\n', "\r\n")
}

/// Sent, sent, and refused because no mail of ours goes elsewhere.
fn check_third_is_refused(settled: &Settled, postfix: &Postfix) {
    let [(_, Settlement::Sent(_)), (_, Settlement::Sent(_)), (_, Settlement::Refused(reply))] =
        &settled.settlements[..]
    else {
        panic!("{:?}\n{}", settled.settlements, postfix.log())
    };
    assert!(reply.0.starts_with("554 5.7.1 "), "{}", reply.0);
}

#[tokio::test]
async fn a_mail_reaches_a_mailbox_of_a_real_postfix_as_it_was_composed() {
    let postfix = Postfix::behind("city.test");
    let dots = format!("{HEADER}.\r\n..\r\n.a\r\n\r\nlast line\r\n");
    let large = format!("{HEADER}{}", ".0123456789abcdef\r\n".repeat(60_000));
    let to = ["a@city.test", "abc..def.@city.test", "stranger@elsewhere.test"];
    let mails = vec![dispatch(1, &to, dots.as_bytes()), dispatch(2, &to[..1], large.as_bytes())];

    let settled = send(postfix.address(), mails).await;
    check_third_is_refused(settled.iter().find(|settled| settled.settlements.len() == 3).unwrap(), &postfix);

    let arrived: Vec<String> = postfix.mails(3).await.iter().map(|mail| as_sent(mail)).collect();
    assert_eq!(arrived.iter().filter(|mail| **mail == dots).count(), 2, "one per recipient of the domain");
    assert_eq!(arrived.iter().filter(|mail| **mail == large).count(), 1);
}

#[tokio::test]
async fn the_documented_relay_hands_on_mail_for_its_domain_and_refuses_all_other() {
    let behind = Postfix::behind("city.test");
    let in_front = Postfix::in_front("city.test", behind.address());
    let mail = format!("{HEADER}hello\r\n");
    let to = ["a@city.test", "b@city.test", "stranger@elsewhere.test"];

    let settled = send(in_front.address(), vec![dispatch(1, &to, mail.as_bytes())]).await;
    check_third_is_refused(&settled[0], &in_front);

    let arrived: Vec<String> = behind.mails(2).await.iter().map(|mail| as_sent(mail)).collect();
    assert_eq!(arrived, [mail.clone(), mail]);
}

#[tokio::test]
async fn a_mail_goes_from_a_real_relay_through_the_gateway_to_a_real_mail_server() {
    let behind = Postfix::behind("city.test");
    let data = tempfile::tempdir().unwrap();
    let gateway = Gateway::start(data.path(), behind.address());
    let in_front = Postfix::in_front("city.test", gateway.address().await);
    let sample = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("samples/22-exe-renamed-pdf/input.eml");
    let original = std::fs::read(sample).unwrap();

    let mut sender = Sender::connect(in_front.address()).await.unwrap();
    sender.send("a@city.test", &original).await.unwrap();

    let arrived = String::from_utf8(behind.mails(1).await.remove(0)).unwrap();
    assert!(arrived.contains("X-Temizu-Status: "), "{arrived}");
    assert!(arrived.contains("/R-012"), "the program was kept back: {arrived}");
    assert!(!arrived.contains("TVqQ") && !arrived.contains("TVoA"), "no byte of the program arrives: {arrived}");
    assert!(in_front.log().contains("status=sent"), "{}", in_front.log());
}
