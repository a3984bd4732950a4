//! Senders that never rest, and what they remember of the mails that were accepted.
//!
//! Invariant: every mail has a mark of its own and is sent once; one without an answer is not sent again.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use tokio::sync::watch;

use super::next_hop::Taken;
use super::sender::Sender;

pub(crate) const SENDERS: u32 = 4;
/// Every so-many-th mail of a sender is large.
const LARGE_EACH: u32 = 8;
pub(crate) const LARGE: usize = 200_000;
/// Where senders find the gateway; `None` while it is down.
pub(crate) type Whereabouts = watch::Receiver<Option<SocketAddr>>;

/// Mails answered with `250`, by the 管理番号 each was given.
pub(crate) type Accepted = Arc<Mutex<BTreeMap<String, Sent>>>;

/// What a sender remembers of a mail.
#[derive(Debug, Clone)]
pub(crate) struct Sent {
    /// Words no other mail contains.
    pub(crate) mark: String,
    pub(crate) large: bool,
}

/// A mail with a mark in its subject; a large one has an attachment too.
pub(crate) fn mail(mark: &str, large: bool) -> Vec<u8> {
    let header = format!(
        "From: <sender@example.com>\r\nTo: <a@city.test>\r\nDate: Mon, 23 Nov 2026 10:00:00 +0900\r\n\
         Message-ID: <{mark}@example.com>\r\nSubject: {mark}\r\nMIME-Version: 1.0\r\n"
    );
    if !large {
        return format!("{header}\r\nThe body of {mark}.\r\n").into_bytes();
    }
    let lines = format!("A line of {mark}, and one more.\r\n").repeat(LARGE / 40);
    format!(
        "{header}Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nThe body of {mark}.\r\n--b\r\n\
         Content-Disposition: attachment; filename=lines.txt\r\nContent-Type: text/plain; charset=us-ascii\r\n\r\n\
         {lines}--b--\r\n"
    )
    .into_bytes()
}

/// Sends one mail after the other for ever. A mail without an answer is not sent again, so that every one that
/// arrives twice was sent twice by the gateway.
pub(crate) async fn keep_sending(sender: u32, mut whereabouts: Whereabouts, accepted: Accepted) {
    let mut count = 0;
    loop {
        let Ok(address) = whereabouts.wait_for(Option::is_some).await.map(|address| *address) else { return };
        let Ok(mut connection) = Sender::connect(address.unwrap()).await else {
            tokio::task::yield_now().await;
            continue;
        };
        loop {
            count += 1;
            let sent = Sent { mark: format!("mark-{sender}-{count}-end"), large: count % LARGE_EACH == 0 };
            let Ok(reference) = connection.send("a@city.test", &mail(&sent.mark, sent.large)).await else { break };
            let earlier = accepted.lock().unwrap().insert(reference, sent);
            assert!(earlier.is_none(), "one 管理番号 for two mails: {earlier:?}");
        }
    }
}

/// The 管理番号 of an arrived mail; `None` for a notice about one that did not pass.
pub(crate) fn reference_of(mail: &Taken) -> Option<&str> {
    let text = std::str::from_utf8(&mail.bytes).unwrap();
    let field = |name| text.lines().find_map(|line| line.strip_prefix(name));
    let is_notice = field("Auto-Submitted: ").is_some();
    if is_notice { None } else { field("X-Temizu-Id: ") }
}

/// The texts of an arrived mail, decoded, one behind the other.
pub(crate) fn texts_of(mail: &Taken) -> String {
    let blocks = std::str::from_utf8(&mail.bytes).unwrap().split("\r\n\r\n").skip(1);
    let base64 = blocks.map(|block| block.lines().take_while(|line| !line.starts_with("--")).collect::<String>());
    let bytes = base64.filter_map(|text| base64::engine::general_purpose::STANDARD.decode(text).ok());
    bytes.map(|bytes| String::from_utf8(bytes).unwrap()).collect()
}
