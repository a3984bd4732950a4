//! Pages that tell by themselves how something stands: server-sent events, few and short.
//!
//! Refuses: more at once than one account, or all together, may have. Invariant: a stream looks no more than once a
//! second, asks each time whether its reader may still look, and ends with `done`, so that no page asks for it again.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use askama::Template;
use axum::http::HeaderValue;
use axum::http::header::CACHE_CONTROL;
use axum::http::request::Parts;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse as _, Response};
use futures_util::future::BoxFuture;
use futures_util::stream;

use super::Portal;
use super::progress::{self, Bar};
use crate::domain::{AccountId, OfficeRole};
use crate::ports::Progress;
use crate::web::reader::Visitor;
use crate::web::words::Words;

/// Between two looks.
const PAUSE: Duration = Duration::from_secs(1);
/// Looks of one stream: ten minutes.
const LOOKS: u32 = 600;

/// Places for something that lasts, so many for each account.
#[derive(Debug)]
pub struct Slots {
    per_account: usize,
    in_all: usize,
    held: Mutex<BTreeMap<AccountId, usize>>,
}

impl Slots {
    /// So many.
    #[must_use]
    pub fn new(per_account: usize, in_all: usize) -> Arc<Self> {
        Arc::new(Self { per_account, in_all, held: Mutex::default() })
    }

    /// A place, if one is free.
    #[must_use]
    pub fn take(self: &Arc<Self>, account: AccountId) -> Option<Slot> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let all = held.values().fold(0, |all: usize, one| all.saturating_add(*one));
        let own = held.get(&account).copied().unwrap_or_default();
        if all >= self.in_all || own >= self.per_account {
            return None;
        }
        held.insert(account, own.saturating_add(1));
        Some(Slot { slots: Arc::clone(self), account })
    }
}

/// A place that is held; free again when dropped.
#[derive(Debug)]
pub struct Slot {
    slots: Arc<Slots>,
    account: AccountId,
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut held = self.slots.held.lock().unwrap_or_else(PoisonError::into_inner);
        match held.get_mut(&self.account) {
            Some(own) if *own > 1 => *own = own.saturating_sub(1),
            _ => drop(held.remove(&self.account)),
        }
    }
}

/// How something stands, in the reader's words: the part of a page that a stream writes anew.
#[derive(Debug, Template)]
#[template(path = "standing.html")]
pub(super) struct Standing {
    /// Which banner.
    pub(super) tone: &'static str,
    pub(super) text: String,
    /// How far it is.
    pub(super) bar: Option<Bar>,
    /// What else is to be said; may be empty.
    pub(super) note: &'static str,
    /// Where to go on, and what the link says.
    pub(super) next: Option<(String, &'static str)>,
    /// It will not change any more.
    pub(super) is_final: bool,
}

impl Standing {
    pub(super) fn going(text: String) -> Self {
        Self { tone: "info", text, bar: None, note: "", next: None, is_final: false }
    }

    pub(super) fn ended(tone: &'static str, text: String, next: Option<(String, &'static str)>) -> Self {
        Self { tone, text, bar: None, note: "", next, is_final: true }
    }

    /// Being written anew.
    pub(super) fn working(progress: &Progress, l: Words) -> Self {
        Self { bar: Some(Bar::of(progress, l)), ..Self::going(progress::sentence(progress, l)) }
    }
}

/// One look: nothing if there is nothing more to tell.
pub(super) type Look = Box<dyn Fn(Visitor, Words) -> BoxFuture<'static, Option<Standing>> + Send + Sync>;

/// Who looks, and at what.
struct Watch {
    portal: Portal,
    parts: Parts,
    look: Look,
    looks: u32,
    last: String,
    is_over: bool,
    _slot: Slot,
}

impl Watch {
    /// What is new, once something is.
    async fn news(&mut self) -> Option<String> {
        while !self.is_over && self.looks < LOOKS {
            if self.looks > 0 {
                tokio::time::sleep(PAUSE).await;
            }
            self.looks = self.looks.saturating_add(1);
            let Parts { headers, extensions, uri, .. } = &self.parts;
            // Whoever was blocked or signed out meanwhile sees no more.
            let reader = self.portal.web.reader(headers, extensions, uri).await.ok()?;
            let words = reader.words;
            let visitor = reader.visitor.filter(|visitor| visitor.principal.is(OfficeRole::Staff))?;
            let standing = (self.look)(visitor, words).await?;
            self.is_over = standing.is_final;
            let text = standing.render().ok()?;
            if text != self.last {
                self.last.clone_from(&text);
                return Some(text);
            }
        }
        None
    }
}

/// The stream of what `look` sees, for whoever sent the request.
pub(super) fn tell(portal: Portal, parts: Parts, slot: Slot, look: Look) -> Response {
    let watch = Watch { portal, parts, look, looks: 0, last: String::new(), is_over: false, _slot: slot };
    let events = stream::unfold(Some(watch), |watch| async move {
        let mut watch = watch?;
        Some(match watch.news().await {
            Some(text) => (Ok::<_, Infallible>(Event::default().data(text)), Some(watch)),
            None => (Ok(Event::default().event("done").data("done")), None),
        })
    });
    let mut response = Sse::new(events).keep_alive(KeepAlive::default()).into_response();
    // axum says `no-cache`; pages say more.
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_few_for_one_few_for_all_and_free_again() {
        let slots = Slots::new(2, 3);
        let (one, other) = (AccountId::from_bytes([1; 16]), AccountId::from_bytes([2; 16]));
        let first = slots.take(one).unwrap();
        let _second = slots.take(one).unwrap();
        assert!(slots.take(one).is_none(), "two for one");
        let _third = slots.take(other).unwrap();
        assert!(slots.take(other).is_none(), "three for all");
        drop(first);
        assert!(slots.take(other).is_some());
        assert!(slots.take(one).is_some());
        assert_eq!(slots.held.lock().unwrap().values().sum::<usize>(), 2);
    }
}
