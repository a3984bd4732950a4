//! A real Debian Postfix as next hop.

use std::sync::Arc;

use temizu::config::{Config, DeliverTls};
use temizu::deliver::Deliverer;
use temizu::ports::Settlement;
use tokio::sync::watch;

use crate::support::outbox::{MemoryOutbox, StandingClock, dispatch};
use crate::support::postfix::Postfix;

/// What Postfix's `virtual` puts above the mail: its own trace headers end before our first header.
fn as_sent(stored: &[u8]) -> String {
    let text = String::from_utf8(stored.to_vec()).unwrap();
    let ours = text.find("Subject: ").expect("our first header");
    text[ours..].replace('\n', "\r\n")
}

#[tokio::test]
async fn a_mail_reaches_a_mailbox_of_a_real_postfix_as_it_was_composed() {
    let postfix = Postfix::final_for("city.test");
    let outbox = Arc::new(MemoryOutbox::new());
    let mut config = Config::default();
    config.deliver.next_hop = postfix.address().to_string();
    config.deliver.tls = DeliverTls::Off;
    let deliverer = Deliverer::new(Arc::new(config), outbox.clone(), Arc::new(StandingClock)).unwrap();
    let (stop, stopped) = watch::channel(false);
    let running = tokio::spawn(deliverer.run(stopped));

    let header = "Subject: a\r\nFrom: <sender@example.jp>\r\nDate: Mon, 23 Nov 2026 10:00:00 +0900\r\n\
                  Message-ID: <1@gate.test>\r\n\r\n";
    let dots = format!("{header}.\r\n..\r\n.a\r\n\r\nlast line\r\n");
    let large = format!("{header}{}", ".0123456789abcdef\r\n".repeat(60_000));
    let to = ["a@city.test", "abc..def.@city.test", "stranger@elsewhere.test"];
    outbox.put(dispatch(1, &to, dots.as_bytes()));
    outbox.put(dispatch(2, &to[..1], large.as_bytes()));

    let settled = outbox.settled(2).await;
    let of_first = settled.iter().find(|settled| settled.settlements.len() == 3).unwrap();
    let [(_, Settlement::Sent(_)), (_, Settlement::Sent(_)), (_, Settlement::Refused(reply))] =
        &of_first.settlements[..]
    else {
        panic!("{:?}\n{}", of_first.settlements, postfix.log())
    };
    assert!(reply.0.starts_with("554 5.7.1 "), "{}", reply.0);

    let arrived: Vec<String> = postfix.mails(3).await.iter().map(|mail| as_sent(mail)).collect();
    assert_eq!(arrived.iter().filter(|mail| **mail == dots).count(), 2, "one per recipient of the domain");
    assert_eq!(arrived.iter().filter(|mail| **mail == large).count(), 1);
    stop.send(true).unwrap();
    running.await.unwrap();
}
