//! Plain text, as a file and as a body.
//!
//! Refuses: files over the budget (a file is never shortened in silence). Invariant: the output is UTF-8 without byte
//! order mark, with LF line ends, without controls, and sanitizing it again changes nothing.

use sanitizer_api::{Assurance, Budget, Code, Hints, Rebuilt, SanitizeError, Sanitizer};
use sanitizer_japanese::decode;

use crate::autolink;
use crate::clean::{clean, truncate};
use crate::findings::Findings;
use crate::flowed;
use crate::link::Links;
use crate::url;

/// A text file.
#[derive(Debug, Clone, Copy)]
pub struct PlainText;

impl Sanitizer for PlainText {
    fn name(&self) -> &'static str {
        "text/plain"
    }

    fn version(&self) -> u32 {
        1
    }

    fn sanitize(&self, input: &[u8], hints: Hints<'_>, budget: &mut Budget) -> Result<Rebuilt, SanitizeError> {
        let (text, mut findings) = file_text(input, hints, budget)?;
        findings.note(Code::TextRebuilt, u32::from(differs_beyond_line_ends(input, &text)));
        budget.spend_output(text.len())?;
        Ok(Rebuilt {
            bytes: text.into_bytes(),
            media_type: "text/plain",
            assurance: Assurance::Rebuilt,
            findings: findings.into_vec(),
            links: Vec::new(),
            places: Vec::new(),
        })
    }
}

/// A body that is plain text: its addresses of the web are written out so that no mail program makes them clickable.
#[derive(Debug, Clone, Copy)]
pub struct BodyText;

impl Sanitizer for BodyText {
    fn name(&self) -> &'static str {
        "body/plain"
    }

    fn version(&self) -> u32 {
        2
    }

    fn sanitize(&self, input: &[u8], hints: Hints<'_>, budget: &mut Budget) -> Result<Rebuilt, SanitizeError> {
        let decoded = decode(hints.charset, input);
        let mut findings = Findings::of(&decoded);
        let cleaned = clean(decoded.text);
        findings.note(Code::ControlRemoved, cleaned.controls.saturating_add(cleaned.zero_width));
        let text = match hints.flowed {
            Some(how) => flowed::joined(&cleaned.text, how),
            None => cleaned.text,
        };
        body(text, Links::default(), findings, budget)
    }
}

/// The last steps that every body shares: `text` is clean but may hold live addresses.
pub(crate) fn body(
    text: String,
    mut links: Links,
    mut findings: Findings,
    budget: &mut Budget,
) -> Result<Rebuilt, SanitizeError> {
    let (mut text, disarmed) = autolink::disarm(url::defang_text(text, &mut links));
    let cut = truncate(&mut text, budget.text_bytes);
    findings.note(Code::TextTruncated, u32::from(cut));
    findings.note(Code::LinkDisabled, links.count().saturating_add(disarmed));
    findings.note(Code::LinkMismatch, links.mismatches());
    budget.spend_output(text.len())?;
    Ok(Rebuilt {
        bytes: text.into_bytes(),
        media_type: "text/plain",
        assurance: Assurance::Rebuilt,
        findings: findings.into_vec(),
        links: links.into_vec(),
        places: Vec::new(),
    })
}

/// The clean text of a file, within the budget.
pub(crate) fn file_text(input: &[u8], hints: Hints<'_>, budget: &Budget) -> Result<(String, Findings), SanitizeError> {
    // A character takes three bytes of UTF-8 at most for one byte of input (half-width kana).
    let limit = usize::try_from(budget.text_bytes).unwrap_or(usize::MAX);
    if input.len() / 4 > limit {
        return Err(SanitizeError::LimitReached { what: "text" });
    }
    let decoded = decode(hints.charset, input);
    let mut findings = Findings::of(&decoded);
    let cleaned = clean(decoded.text);
    findings.note(Code::ControlRemoved, cleaned.controls.saturating_add(cleaned.zero_width));
    if cleaned.text.len() > limit {
        return Err(SanitizeError::LimitReached { what: "text" });
    }
    Ok((cleaned.text, findings))
}

/// True if `input` is not `output` with other line ends.
pub(crate) fn differs_beyond_line_ends(input: &[u8], output: &str) -> bool {
    let without_returns = |b: &&u8| **b != b'\r';
    !input.iter().filter(without_returns).eq(output.as_bytes().iter().filter(without_returns))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::laws;

    fn check(sanitizer: &dyn Sanitizer, input: &[u8], charset: Option<&str>, text: &str, codes: &[Code]) -> Rebuilt {
        let rebuilt =
            sanitizer.sanitize(input, Hints { charset, ..Hints::default() }, &mut Budget::generous()).unwrap();
        assert_eq!(std::str::from_utf8(&rebuilt.bytes), Ok(text));
        assert_eq!(rebuilt.findings.iter().map(|f| f.code).collect::<Vec<_>>(), codes, "{text}");
        laws::hold(sanitizer, input, charset);
        rebuilt
    }

    #[test]
    fn a_text_file_becomes_clean_utf_8_and_the_finding_says_so() {
        let file = |input: &[u8], charset, text: &str, codes: &[Code]| {
            check(&PlainText, input, charset, text, codes);
        };
        file(b"abc\r\n", None, "abc\n", &[]);
        file("議事録\n".as_bytes(), Some("utf-8"), "議事録\n", &[]);
        file("議事録\r\n".as_bytes(), None, "議事録\n", &[Code::CharsetGuessed]);
        file("\u{FEFF}議事録\n".as_bytes(), None, "議事録\n", &[Code::TextRebuilt]);
        file(b"\x8Bc\x8E\x96\x98^\r\n", Some("cp932"), "議事録\n", &[Code::TextRebuilt]);
        file(b"\x8Bc\x8E\x96\x98^", None, "議事録", &[Code::CharsetGuessed, Code::TextRebuilt]);
        file(b"a\0b\x1B[2Jc", None, "ab[2Jc", &[Code::ControlRemoved, Code::TextRebuilt]);
        file(b"\x8Bc\xFF", Some("sjis"), "議〓", &[Code::Undecodable, Code::TextRebuilt]);
        file(b"", None, "", &[]);
    }

    #[test]
    fn a_text_file_over_the_budget_is_refused_and_a_body_is_cut() {
        let limits = || Budget { text_bytes: 7, ..Budget::generous() };
        let input = "日本語".as_bytes();
        let refused = PlainText.sanitize(input, Hints::default(), &mut limits());
        assert_eq!(refused, Err(SanitizeError::LimitReached { what: "text" }));
        let cut = BodyText.sanitize(input, Hints::default(), &mut limits()).unwrap();
        assert_eq!(cut.bytes, "日本".as_bytes());
        assert!(cut.findings.iter().any(|f| f.code == Code::TextTruncated));
    }

    #[test]
    fn addresses_in_a_body_are_made_inert_and_listed_once() {
        let rebuilt = check(
            &BodyText,
            "詳細は https://www.city.example.jp/a?b=1 をご覧ください。\r\nhttp://example.com と https://www.city.example.jp/a?b=1\r\n"
                .as_bytes(),
            Some("utf-8"),
            "詳細は hxxps://www[.]city[.]example[.]jp/a?b=1 をご覧ください。\nhxxp://example[.]com と hxxps://www[.]city[.]example[.]jp/a?b=1\n",
            &[Code::LinkDisabled],
        );
        let listed: Vec<_> = rebuilt.links.iter().map(|l| (l.number, l.target.as_str(), l.shown.is_some())).collect();
        assert_eq!(listed, [(1, "hxxps://www[.]city[.]example[.]jp/a?b=1", false), (2, "hxxp://example[.]com", false)]);
        assert_eq!(rebuilt.findings[0].count, 2);
    }

    #[test]
    fn flowed_lines_are_joined_before_addresses_are_looked_for() {
        let hints =
            Hints { charset: Some("utf-8"), flowed: Some(sanitizer_api::Flowed { delsp: true }), ..Hints::default() };
        let input = "詳細は https://a.exam \r\nple/ です。 \r\n以上\r\n".as_bytes();
        let rebuilt = BodyText.sanitize(input, hints, &mut Budget::generous()).unwrap();
        assert_eq!(String::from_utf8(rebuilt.bytes).unwrap(), "詳細は hxxps://a[.]example/ です。以上\n");
    }

    #[test]
    fn invisible_code_points_cannot_hide_an_address() {
        check(
            &BodyText,
            "ht\u{200B}tps://a.example/".as_bytes(),
            Some("utf-8"),
            "hxxps://a[.]example/",
            &[Code::ControlRemoved, Code::LinkDisabled],
        );
    }
}
