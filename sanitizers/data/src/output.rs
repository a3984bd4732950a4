//! What both formats share: text in, bounded text and its findings out.
//!
//! Refuses: input and output over the budget, bytes without a reading (a value would change in silence). Invariant: what
//! is written never outgrows what is left of the budget by more than one character.

use sanitizer_api::{Assurance, Budget, Code, Finding, Rebuilt, SanitizeError};
use sanitizer_japanese::{changes_reading, decode, is_private};

/// Text under way, and what was found.
#[derive(Debug)]
pub(crate) struct Output {
    text: String,
    limit: usize,
    findings: Vec<Finding>,
}

/// The text of `input`, and where to write it anew.
pub(crate) fn begin(
    input: &[u8],
    label: Option<&str>,
    budget: &Budget,
    expected: &'static str,
) -> Result<(String, Output), SanitizeError> {
    let limit = usize::try_from(budget.output_bytes).unwrap_or(usize::MAX);
    // UTF-16 takes up to twice the bytes of UTF-8.
    if input.len() / 2 > limit {
        return Err(SanitizeError::LimitReached { what: "output" });
    }
    let decoded = decode(label, input);
    if decoded.undecodable > 0 {
        return Err(SanitizeError::Malformed { expected });
    }
    let mut output = Output { text: String::new(), limit, findings: Vec::new() };
    // Data is UTF-8 unless it says otherwise (RFC 8259 8.1, XML 1.0 4.3.3).
    output.note(Code::CharsetGuessed, u32::from(decoded.guessed && decoded.charset != "UTF-8"));
    Ok((decoded.text, output))
}

impl Output {
    /// Writes one character.
    pub(crate) fn push(&mut self, c: char) -> Result<(), SanitizeError> {
        if self.text.len() >= self.limit {
            return Err(SanitizeError::LimitReached { what: "output" });
        }
        self.text.push(c);
        Ok(())
    }

    /// Writes text as it is.
    pub(crate) fn push_str(&mut self, text: &str) -> Result<(), SanitizeError> {
        if text.len() > self.limit.saturating_sub(self.text.len()) {
            return Err(SanitizeError::LimitReached { what: "output" });
        }
        self.text.push_str(text);
        Ok(())
    }

    /// Notes `count` more of `code`; nothing if zero.
    pub(crate) fn note(&mut self, code: Code, count: u32) {
        match self.findings.iter_mut().find(|finding| finding.code == code) {
            Some(finding) => finding.count = finding.count.saturating_add(count),
            None if count > 0 => self.findings.push(Finding { code, count }),
            None => {}
        }
    }

    /// The rebuilt part; `input` is what it was made of.
    pub(crate) fn finish(
        mut self,
        input: &[u8],
        media_type: &'static str,
        budget: &mut Budget,
    ) -> Result<Rebuilt, SanitizeError> {
        let without_returns = |b: &&u8| **b != b'\r';
        let same = input.iter().filter(without_returns).eq(self.text.as_bytes().iter().filter(without_returns));
        self.note(Code::TextRebuilt, u32::from(!same));
        budget.spend_output(self.text.len())?;
        Ok(Rebuilt {
            bytes: self.text.into_bytes(),
            media_type,
            assurance: Assurance::Rebuilt,
            findings: self.findings,
            links: Vec::new(),
            places: Vec::new(),
        })
    }
}

/// True for characters that are written by their number: what a reader of the file would not see or see elsewhere, and
/// what only its sender's machine can show. The value stays what it was.
pub(crate) fn by_number(c: char) -> bool {
    changes_reading(c) || is_private(c)
}
