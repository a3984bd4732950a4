//! The links of one body, numbered in the order in which they first appear.
//!
//! Refuses: more than [`MAX_LINKS`] (they are inert in the text all the same). Invariant: one target has one number.

use std::collections::BTreeMap;

use sanitizer_api::Link;

use crate::{autolink, url};

/// Most links that are listed for one body.
pub(crate) const MAX_LINKS: usize = 1000;

/// Targets met so far.
#[derive(Debug, Default)]
pub(crate) struct Links {
    list: Vec<Link>,
    numbers: BTreeMap<String, usize>,
    /// Links over the limit that are shown as something else.
    unlisted: u32,
}

impl Links {
    /// The number of a link to `url` (in normal form, live) whose text is `shown`; `None` over the limit.
    pub(crate) fn lead(&mut self, url: &str, shown: &str) -> Option<u32> {
        self.number(url::written(url), url::lie(shown, url))
    }

    /// The number of `target` (already inert), which the text shows as another host's address `shown`;
    /// `None` over the limit.
    pub(crate) fn number(&mut self, target: String, shown: Option<String>) -> Option<u32> {
        // Inside of an address may stand another one, of a scheme that is not the web's.
        let (target, _) = autolink::disarm(target);
        if let Some(link) = self.numbers.get(&target).and_then(|&at| self.list.get_mut(at)) {
            link.shown = link.shown.take().or(shown);
            return Some(link.number);
        }
        let at = self.list.len();
        if at >= MAX_LINKS {
            self.unlisted = self.unlisted.saturating_add(u32::from(shown.is_some()));
            return None;
        }
        let number = u32::try_from(at.saturating_add(1)).ok()?;
        self.numbers.insert(target.clone(), at);
        self.list.push(Link { number, target, shown });
        Some(number)
    }

    /// How many targets.
    pub(crate) fn count(&self) -> u32 {
        u32::try_from(self.list.len()).unwrap_or(u32::MAX)
    }

    /// How many links are shown as something else, listed or not.
    pub(crate) fn mismatches(&self) -> u32 {
        let listed = u32::try_from(self.list.iter().filter(|link| link.shown.is_some()).count()).unwrap_or(u32::MAX);
        listed.saturating_add(self.unlisted)
    }

    /// All of them, by number.
    pub(crate) fn into_vec(self) -> Vec<Link> {
        self.list
    }
}
