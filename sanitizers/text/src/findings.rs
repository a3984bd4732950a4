//! The findings of one rebuilding, one entry per code.

use sanitizer_api::{Code, Finding};
use sanitizer_japanese::Decoded;

/// Findings in the order in which they were first noted.
#[derive(Debug, Default)]
pub(crate) struct Findings(Vec<Finding>);

impl Findings {
    /// What reading the bytes as text tells.
    pub(crate) fn of(decoded: &Decoded) -> Self {
        let mut findings = Self::default();
        findings.note(Code::CharsetGuessed, u32::from(decoded.guessed));
        findings.note(Code::Undecodable, decoded.undecodable);
        findings
    }

    /// Notes `count` more of `code`; nothing if zero.
    pub(crate) fn note(&mut self, code: Code, count: u32) {
        if count == 0 {
            return;
        }
        match self.0.iter_mut().find(|finding| finding.code == code) {
            Some(finding) => finding.count = finding.count.saturating_add(count),
            None => self.0.push(Finding { code, count }),
        }
    }

    /// Notes all of `others`.
    pub(crate) fn extend(&mut self, others: Self) {
        for finding in others.0 {
            self.note(finding.code, finding.count);
        }
    }

    /// All of them.
    pub(crate) fn into_vec(self) -> Vec<Finding> {
        self.0
    }
}
