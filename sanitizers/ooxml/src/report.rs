//! What was left out and changed while one package was written anew.
//!
//! Refuses nothing. Invariant: one finding per code; links are numbered from one, in order.

use std::collections::BTreeMap;

use sanitizer_api::{Code, Finding, Link};

/// Links that are told; more are counted only.
const MAX_LINKS: usize = 1_000;

/// Findings and links of one package.
#[derive(Debug, Default)]
pub(crate) struct Report {
    counts: BTreeMap<Code, u32>,
    links: Vec<Link>,
}

impl Report {
    /// Adds one of `code`.
    pub(crate) fn add(&mut self, code: Code) {
        self.add_many(code, 1);
    }

    /// Adds `count` of `code`.
    pub(crate) fn add_many(&mut self, code: Code, count: usize) {
        if count > 0 {
            let sum = self.counts.entry(code).or_default();
            *sum = sum.saturating_add(u32::try_from(count).unwrap_or(u32::MAX));
        }
    }

    /// Notes a link that no longer leads to `target`.
    pub(crate) fn link(&mut self, target: &str) {
        self.add(Code::LinkDisabled);
        if self.links.len() < MAX_LINKS {
            let number = u32::try_from(self.links.len() + 1).unwrap_or(u32::MAX);
            self.links.push(Link { number, target: inert(target), shown: None });
        }
    }

    /// Takes over what `later` has; its links stand behind the others.
    pub(crate) fn merge(&mut self, later: Self) {
        for (code, count) in later.counts {
            self.add_many(code, usize::try_from(count).unwrap_or(usize::MAX));
        }
        for link in later.links {
            if self.links.len() < MAX_LINKS {
                let number = u32::try_from(self.links.len() + 1).unwrap_or(u32::MAX);
                self.links.push(Link { number, ..link });
            }
        }
    }

    /// Takes it apart.
    pub(crate) fn finish(self) -> (Vec<Finding>, Vec<Link>) {
        (self.counts.into_iter().map(|(code, count)| Finding { code, count }).collect(), self.links)
    }
}

/// `target` so that no program takes it for an address: `hxxps://host[.]example/path`.
fn inert(target: &str) -> String {
    let clean: String = target.chars().filter(|c| !c.is_control()).take(500).collect();
    let replaced =
        [("http", "hxxp"), ("ftp", "fxp")].iter().fold(clean, |text, (live, dead)| replace(&text, live, dead));
    replaced.replace("[.]", ".").replace('.', "[.]")
}

/// `text` with `live` replaced in upper and lower case.
fn replace(text: &str, live: &str, dead: &str) -> String {
    let lower = text.to_ascii_lowercase();
    let mut out = String::with_capacity(text.len());
    let mut from = 0;
    for (at, _) in lower.match_indices(live) {
        out.push_str(text.get(from..at).unwrap_or_default());
        out.push_str(dead);
        from = at + live.len();
    }
    out.push_str(text.get(from..).unwrap_or_default());
    out
}

#[cfg(test)]
mod tests {
    use super::{Code, Report};

    #[test]
    fn what_goes_later_is_told_too() {
        let (mut first, mut later) = (Report::default(), Report::default());
        first.link("a");
        later.link("b");
        later.add(Code::FieldFlattened);
        first.merge(later);
        let (findings, links) = first.finish();
        let told: Vec<_> = findings.iter().map(|finding| (finding.code, finding.count)).collect();
        assert_eq!(told, [(Code::LinkDisabled, 2), (Code::FieldFlattened, 1)]);
        assert_eq!(links.iter().map(|link| link.number).collect::<Vec<_>>(), [1, 2]);
    }

    #[test]
    fn a_target_is_told_without_being_one() {
        assert_eq!(super::inert("https://www.example.jp/a"), "hxxps://www[.]example[.]jp/a");
        assert_eq!(super::inert("FILE:x?HTTP://b.jp"), "FILE:x?hxxp://b[.]jp");
        assert_eq!(super::inert("\\\\host.example\\share"), "\\\\host[.]example\\share");
    }
}
