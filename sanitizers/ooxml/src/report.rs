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
            self.links.push(Link { number, target: sanitizer_japanese::inert(target), shown: None });
        }
    }

    /// Takes it apart.
    pub(crate) fn finish(self) -> (Vec<Finding>, Vec<Link>) {
        (self.counts.into_iter().map(|(code, count)| Finding { code, count }).collect(), self.links)
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_link_to_a_file_share_is_told_on_one_line_that_leads_nowhere() {
        let mut report = super::Report::default();
        report.link("file:///\\\\server\\share\\a\u{202E}\u{200B}.docx");
        report.link("https://www.example.jp/a");
        let (_, links) = report.finish();
        let targets: Vec<&str> = links.iter().map(|link| link.target.as_str()).collect();
        assert_eq!(targets, ["[file]:///[\\]\\server\\share\\a.docx", "hxxps://www[.]example[.]jp/a"]);
    }
}
