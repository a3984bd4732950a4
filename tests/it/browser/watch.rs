//! What a page did that nobody sees: requests, messages on the console, violations of its policy.
//!
//! Refuses to be silent about an event that could not be read. Invariant: everything since the tab was opened is kept.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use chromiumoxide::Page;
use chromiumoxide::cdp::IntoEventKind;
use chromiumoxide::cdp::browser_protocol::audits::{self, EventIssueAdded};
use chromiumoxide::cdp::browser_protocol::log::EventEntryAdded;
use chromiumoxide::cdp::browser_protocol::network::{EventRequestWillBeSent, EventWebSocketCreated, ResourceType};
use chromiumoxide::cdp::js_protocol::runtime::{EventConsoleApiCalled, EventExceptionThrown, RemoteObject};
use chromiumoxide::error::CdpError;
use chromiumoxide::listeners::EventStream;
use futures_util::{FutureExt as _, StreamExt as _};

/// A request that a page made, or that its policy kept it from making (`BLOCKED`).
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) url: String,
    /// Sent by the browser because the page broke its policy.
    pub(crate) is_report: bool,
}

/// A message on the console, of the page or of the browser about the page.
#[derive(Clone, Debug)]
pub(crate) struct Message {
    /// `error`, `warning`, `log` and so on.
    pub(crate) level: String,
    pub(crate) text: String,
}

/// The events that this listens to.
const HEARD: &[&str] = &[
    EventRequestWillBeSent::IDENTIFIER,
    EventWebSocketCreated::IDENTIFIER,
    EventEntryAdded::IDENTIFIER,
    EventConsoleApiCalled::IDENTIFIER,
    EventExceptionThrown::IDENTIFIER,
    EventIssueAdded::IDENTIFIER,
];

/// The ears of a tab.
#[derive(Debug)]
pub(super) struct Watch {
    requests: EventStream<EventRequestWillBeSent>,
    sockets: EventStream<EventWebSocketCreated>,
    entries: EventStream<EventEntryAdded>,
    calls: EventStream<EventConsoleApiCalled>,
    exceptions: EventStream<EventExceptionThrown>,
    issues: EventStream<EventIssueAdded>,
    unread: Arc<Mutex<Vec<String>>>,
    session: String,
    pub(super) seen: Seen,
}

/// What was heard.
#[derive(Clone, Debug, Default)]
pub(super) struct Seen {
    pub(super) requests: Vec<Request>,
    pub(super) messages: Vec<Message>,
    pub(super) violations: Vec<String>,
    pub(super) unread: BTreeSet<String>,
}

impl Watch {
    pub(super) async fn new(page: &Page, unread: Arc<Mutex<Vec<String>>>) -> Result<Self, CdpError> {
        page.execute(audits::EnableParams::default()).await?;
        Ok(Self {
            requests: page.event_listener().await?,
            sockets: page.event_listener().await?,
            entries: page.event_listener().await?,
            calls: page.event_listener().await?,
            exceptions: page.event_listener().await?,
            issues: page.event_listener().await?,
            unread,
            session: format!("\"sessionId\":\"{}\"", page.session_id().as_ref()),
            seen: Seen::default(),
        })
    }

    /// Takes in what has arrived.
    pub(super) fn listen(&mut self) {
        let seen = &mut self.seen;
        for event in arrived(&mut self.requests) {
            let is_report = event.r#type == Some(ResourceType::CspViolationReport);
            let (method, url) = (event.request.method.clone(), event.request.url.clone());
            seen.requests.push(Request { method, url, is_report });
        }
        for event in arrived(&mut self.sockets) {
            seen.requests.push(Request { method: "CONNECT".to_owned(), url: event.url.clone(), is_report: false });
        }
        for event in arrived(&mut self.entries) {
            let (level, text) = (event.entry.level.as_ref().to_owned(), event.entry.text.clone());
            // Browsers ask for one by themselves.
            if event.entry.url.as_ref().is_some_and(|url| url.ends_with("/favicon.ico")) {
                continue;
            }
            if text.contains("Content Security Policy") {
                seen.violations.push(text.clone());
            }
            seen.messages.push(Message { level, text });
        }
        for event in arrived(&mut self.calls) {
            let text = event.args.iter().map(shown).collect::<Vec<_>>().join(" ");
            seen.messages.push(Message { level: event.r#type.as_ref().to_owned(), text });
        }
        for event in arrived(&mut self.exceptions) {
            let details = &event.exception_details;
            let text = format!("{} {}", details.text, details.exception.as_ref().map(shown).unwrap_or_default());
            seen.messages.push(Message { level: "error".to_owned(), text });
        }
        for event in arrived(&mut self.issues) {
            if let Some(details) = &event.issue.details.content_security_policy_issue_details {
                let blocked = details.blocked_url.as_deref().unwrap_or("something inline");
                if blocked.contains("://") {
                    let (method, url) = ("BLOCKED".to_owned(), blocked.to_owned());
                    seen.requests.push(Request { method, url, is_report: false });
                }
                seen.violations.push(format!("{} forbids {blocked}", details.violated_directive));
            }
        }
        // Of a kind that the library does not know, which may be what a check looks for.
        for raw in self.unread.lock().unwrap().iter().filter(|raw| raw.contains(&self.session)) {
            if HEARD.iter().any(|method| raw.contains(&format!("\"method\":\"{method}\""))) && !harmless(raw) {
                seen.unread.insert(raw.chars().take(400).collect());
            }
        }
    }
}

/// There are issues of many kinds, new ones with every browser.
fn harmless(raw: &str) -> bool {
    raw.contains(EventIssueAdded::IDENTIFIER) && !raw.contains("contentSecurityPolicy")
}

fn arrived<T: IntoEventKind + Unpin>(events: &mut EventStream<T>) -> Vec<Arc<T>> {
    std::iter::from_fn(|| events.next().now_or_never().flatten()).collect()
}

fn shown(value: &RemoteObject) -> String {
    let text = value.value.as_ref().map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned));
    text.or_else(|| value.description.clone()).unwrap_or_default()
}
