//! What was left out and changed while one package was written anew.
//!
//! Refuses nothing. Invariant: one finding per code; links are numbered from one, in order.

use std::collections::BTreeMap;

use sanitizer_api::{Code, Finding, Link, Place};

/// Links that are told; more are counted only.
const MAX_LINKS: usize = 1_000;

/// Findings and links of one package.
#[derive(Debug, Default)]
pub(crate) struct Report {
    counts: BTreeMap<Code, u32>,
    places: BTreeMap<(Code, String), u32>,
    /// The part that is being written; empty for the package.
    here: String,
    links: Vec<Link>,
}

impl Report {
    /// What is added from now on was found in this part, by its name in the new package; empty for the package itself.
    pub(crate) fn enter(&mut self, part: &str) {
        part.clone_into(&mut self.here);
    }

    /// Adds one of `code`.
    pub(crate) fn add(&mut self, code: Code) {
        self.add_many(code, 1);
    }

    /// Adds `count` of `code`.
    pub(crate) fn add_many(&mut self, code: Code, count: usize) {
        if count == 0 {
            return;
        }
        let count = u32::try_from(count).unwrap_or(u32::MAX);
        let sum = self.counts.entry(code).or_default();
        *sum = sum.saturating_add(count);
        let place = (code, self.here.clone());
        let has_room = self.places.len() < Place::MOST || self.places.contains_key(&place);
        if has_room && (1..=Place::LONGEST).contains(&self.here.len()) {
            let sum = self.places.entry(place).or_default();
            *sum = sum.saturating_add(count);
        }
    }

    /// Notes a link that no longer leads to `target`.
    pub(crate) fn link(&mut self, target: &str) {
        self.add(Code::LinkDisabled);
        self.seen(target);
    }

    /// Notes a target that no link led to, but a picture.
    pub(crate) fn seen(&mut self, target: &str) {
        if self.links.len() < MAX_LINKS {
            let number = u32::try_from(self.links.len() + 1).unwrap_or(u32::MAX);
            self.links.push(Link { number, target: sanitizer_japanese::inert(target), shown: None });
        }
    }

    /// Takes it apart.
    pub(crate) fn finish(self) -> (Vec<Finding>, Vec<Link>, Vec<Place>) {
        let findings = self.counts.into_iter().map(|(code, count)| Finding { code, count });
        let places = self.places.into_iter().map(|((code, name), count)| Place { code, name, count });
        (findings.collect(), self.links, places.collect())
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_link_to_a_file_share_is_told_on_one_line_that_leads_nowhere() {
        let mut report = super::Report::default();
        report.link("file:///\\\\server\\share\\a\u{202E}\u{200B}.docx");
        report.link("https://www.example.jp/a");
        let (_, links, _) = report.finish();
        let targets: Vec<&str> = links.iter().map(|link| link.target.as_str()).collect();
        assert_eq!(targets, ["[file]:///[\\]\\server\\share\\a.docx", "hxxps://www[.]example[.]jp/a"]);
    }
}
