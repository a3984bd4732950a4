//! HTML bodies as plain text.
//!
//! `lexer` and `dom` read a tree, `reader` goes through it as its reader would, `look` tells what is hidden, `grid` and
//! `table` set tables, `writer` writes lines. Refuses: nothing; what is over the budget loses its tags only. Invariant:
//! the output is a body that [`crate::BodyText`] does not change.

mod colour;
mod declared;
mod dom;
mod entity;
mod facts;
mod grid;
#[cfg(test)]
mod hostile;
mod lexer;
mod look;
mod reader;
mod strip;
mod style;
mod table;
mod tag;
#[cfg(test)]
mod tests;
mod wrap;
mod writer;

use sanitizer_api::{Budget, Code, Hints, Rebuilt, SanitizeError, Sanitizer};
use sanitizer_japanese::{Decoded, decode};

use crate::clean::clean;
use crate::findings::Findings;
use crate::plain;
use dom::Tree;
use reader::Seen;

/// Bytes in which a `<meta charset>` must stand (WHATWG 13.2.3.2).
const META_WINDOW: usize = 1024;

/// A body that is HTML.
#[derive(Debug, Clone, Copy)]
pub struct HtmlBody;

impl Sanitizer for HtmlBody {
    fn name(&self) -> &'static str {
        "body/html"
    }

    fn version(&self) -> u32 {
        2
    }

    fn sanitize(&self, input: &[u8], hints: Hints<'_>, budget: &mut Budget) -> Result<Rebuilt, SanitizeError> {
        let decoded = decode_html(hints.charset, input);
        let mut findings = Findings::of(&decoded);
        findings.note(Code::HtmlToText, 1);
        let seen = see(&decoded.text, budget);
        findings.extend(seen.findings);
        let cleaned = clean(seen.text);
        findings.note(Code::HiddenTextRemoved, cleaned.zero_width);
        findings.note(Code::ControlRemoved, cleaned.controls);
        plain::body(cleaned.text, seen.links, findings, budget)
    }
}

/// By the label, else by the document's own statement, else by the bytes.
fn decode_html(label: Option<&str>, input: &[u8]) -> Decoded {
    let labelled = decode(label, input);
    if !labelled.guessed {
        return labelled;
    }
    match meta_charset(input) {
        Some(meta) => {
            let stated = decode(Some(&meta), input);
            if stated.guessed { labelled } else { stated }
        }
        None => labelled,
    }
}

fn meta_charset(input: &[u8]) -> Option<String> {
    let window = input.get(..META_WINDOW).unwrap_or(input);
    let head: String = window.iter().map(|&b| char::from(b).to_ascii_lowercase()).collect();
    let (_, after) = head.split_once("charset")?;
    let after = after.trim_start().strip_prefix('=')?;
    let value = after.trim_start_matches(['"', '\'', ' ']);
    let end = value.find(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '-' | '_' | '.')).unwrap_or(value.len());
    // A document that could be read this far is not UTF-16, whatever it says.
    value.get(..end).filter(|value| !value.is_empty() && !value.starts_with("utf-16")).map(str::to_owned)
}

/// What a reader of `html` sees. Layout spends the budget that all bodies of an item share; without it only tags go.
fn see(html: &str, budget: &mut Budget) -> Seen {
    let left = u64::try_from(html.len()).ok().and_then(|length| budget.html_bytes.checked_sub(length));
    if let Some(left) = left {
        budget.html_bytes = left;
        if let Some(tree) = Tree::parse(html) {
            return if tree.is_markup() { reader::read(&tree) } else { as_written(html) };
        }
    }
    strip::strip(html)
}

/// Plain text that is only called HTML: its `<https://…>` and its line ends stay, comments and references are read.
fn as_written(html: &str) -> Seen {
    let mut seen = Seen::default();
    let mut rest = html;
    while let Some((text, comment)) = rest.split_once("<!--") {
        let Some(length) = lexer::comment_length(comment) else { break };
        entity::decode(text, false, &mut seen.text);
        rest = comment.get(length..).unwrap_or_default();
    }
    entity::decode(rest, false, &mut seen.text);
    seen
}
