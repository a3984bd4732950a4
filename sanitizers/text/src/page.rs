//! A web page that came as a file, as a text file.
//!
//! Refuses: pages whose text is over the budget (a file is never shortened in silence). Invariant: the output is a body
//! that [`crate::BodyText`] does not change, with the targets of its links behind it, inert.

use sanitizer_api::{Budget, Code, Finding, Hints, Link, Rebuilt, SanitizeError, Sanitizer};

use crate::html::HtmlBody;

/// Above the list of links; a page is read by people of either language.
const LINKS: &str = "──── リンクの行き先 / Links ────";

/// An HTML file.
#[derive(Debug, Clone, Copy)]
pub struct HtmlFile;

impl Sanitizer for HtmlFile {
    fn name(&self) -> &'static str {
        "text/html"
    }

    fn version(&self) -> u32 {
        1
    }

    fn sanitize(&self, input: &[u8], hints: Hints<'_>, budget: &mut Budget) -> Result<Rebuilt, SanitizeError> {
        let mut rebuilt = HtmlBody.sanitize(input, hints, budget)?;
        if rebuilt.findings.iter().any(|finding| finding.code == Code::TextTruncated) {
            return Err(SanitizeError::LimitReached { what: "text" });
        }
        let list = listed(&rebuilt.links);
        budget.spend_output(list.len())?;
        rebuilt.bytes.extend_from_slice(list.as_bytes());
        // The list goes with the file; the mail does not repeat it.
        rebuilt.links = Vec::new();
        for finding in rebuilt.findings.iter_mut().filter(|finding| finding.code == Code::HtmlToText) {
            *finding = Finding { code: Code::TextRebuilt, count: 1 };
        }
        Ok(rebuilt)
    }
}

/// The links as lines, or nothing.
fn listed(links: &[Link]) -> String {
    if links.is_empty() {
        return String::new();
    }
    let line = |link: &Link| {
        let shown = link.shown.as_ref().map(|shown| format!("（表示 / shown: {shown}）")).unwrap_or_default();
        format!("[{}] {}{shown}\n", link.number, link.target)
    };
    format!("\n{LINKS}\n{}", links.iter().map(line).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{BodyText, PlainText};

    #[test]
    fn what_stands_inside_of_a_listed_address_is_inert_too() {
        let input = b"http://b.example/\x1b(B://x http://c.example/?u=ldap://d";
        crate::laws::hold(&HtmlFile, input, None);
        let rebuilt = HtmlFile.sanitize(input, Hints::default(), &mut Budget::generous()).unwrap();
        let text = String::from_utf8(rebuilt.bytes).unwrap();
        assert!(text.contains("[2] hxxp://c[.]example/?u=ldap[://]d"), "{text}");
    }

    #[test]
    fn a_page_becomes_its_words_and_says_where_its_links_lead() {
        let page = "<html><body><h1>お知らせ</h1><p style='display:none'>隠れた文字</p><script>alert(1)</script>\
            <form action='https://evil.example/'><input type=password></form>\
            <p><a href='https://evil.example/login'>www.city.example.lg.jp</a>を見る</p></body></html>";
        let hints = Hints { charset: Some("utf-8"), ..Hints::default() };
        let mut budget = Budget::generous();
        let rebuilt = HtmlFile.sanitize(page.as_bytes(), hints, &mut budget).unwrap();
        let text = String::from_utf8(rebuilt.bytes).unwrap();
        assert_eq!(Budget::generous().output_bytes - budget.output_bytes, text.len() as u64);
        for words in ["お知らせ", "を見る", LINKS, "\n[1] hxxps://evil[.]example/login（表示 / shown: www[.]city"]
        {
            assert!(text.contains(words), "{words}: {text}");
        }
        assert!(!["隠れた", "alert", "<", "https://"].iter().any(|words| text.contains(words)), "{text}");
        let codes: Vec<_> = rebuilt.findings.iter().map(|found| found.code).collect();
        for code in [Code::TextRebuilt, Code::HiddenTextRemoved, Code::ActiveContentRemoved, Code::LinkDisabled] {
            assert!(codes.contains(&code), "{code:?}: {codes:?}");
        }
        assert!(rebuilt.links.is_empty() && !codes.contains(&Code::HtmlToText));
        for reader in [&BodyText as &dyn Sanitizer, &PlainText] {
            let again = reader.sanitize(text.as_bytes(), hints, &mut Budget::generous()).unwrap();
            assert_eq!((String::from_utf8(again.bytes).unwrap().as_str(), again.findings.len()), (text.as_str(), 0));
        }
    }

    #[test]
    fn a_page_over_the_limit_is_kept_back_whole() {
        let mut poor = Budget { text_bytes: 9, ..Budget::generous() };
        let page = format!("<p>{}</p>", "字".repeat(9));
        let refused = HtmlFile.sanitize(page.as_bytes(), Hints::default(), &mut poor);
        assert_eq!(refused, Err(SanitizeError::LimitReached { what: "text" }));
    }
}
