//! HTML bodies as plain text.
//!
//! html5ever reads the tree, `simplify` copies what a reader sees, html2text lays the copy out. Refuses: nothing; what
//! is too deep or too large for a tree loses its tags only. Invariant: the output is a body that [`crate::BodyText`]
//! does not change.

mod dom;
mod lexer;
mod simplify;
mod strip;
mod style;
#[cfg(test)]
mod tests;

use html2text::config;
use html2text::render::{TaggedLine, TextDecorator};
use sanitizer_api::{Budget, Code, Hints, Rebuilt, SanitizeError, Sanitizer};
use sanitizer_japanese::{Decoded, decode};

use crate::clean::clean;
use crate::findings::Findings;
use crate::link::Links;
use crate::plain;
use dom::{Content, Tree};
use lexer::{Lexer, Token};
use simplify::KEPT_SPACE;
use style::Sheet;

/// Columns of the layout: never reached, because Japanese text is not to be wrapped (mail programs do that).
const WIDTH: usize = 1_000_000;
/// Bytes in which a `<meta charset>` must stand (WHATWG 13.2.3.2).
const META_WINDOW: usize = 1024;
/// Most attributes of one tag: html5ever compares each with all before it.
const MAX_ATTRIBUTES: usize = 256;
/// Tags shorter than this cannot have more.
const LONG_TAG: usize = 2 * MAX_ATTRIBUTES;

/// A body that is HTML.
#[derive(Debug, Clone, Copy)]
pub struct HtmlBody;

impl Sanitizer for HtmlBody {
    fn name(&self) -> &'static str {
        "body/html"
    }

    fn version(&self) -> u32 {
        1
    }

    fn sanitize(&self, input: &[u8], hints: Hints<'_>, budget: &mut Budget) -> Result<Rebuilt, SanitizeError> {
        let decoded = decode_html(hints.charset, input);
        let mut findings = Findings::of(&decoded);
        findings.note(Code::HtmlToText, 1);
        let mut links = Links::default();
        let text = text_of(&decoded.text, budget, &mut links, &mut findings);
        let cleaned = clean(text);
        findings.note(Code::HiddenTextRemoved, cleaned.zero_width);
        findings.note(Code::ControlRemoved, cleaned.controls);
        plain::body(tidy(&cleaned.text), links, findings, budget)
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
    let (_, after) = head.split_once("charset=")?;
    let value = after.trim_start_matches(['"', '\'', ' ']);
    let end = value.find(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '-' | '_' | '.')).unwrap_or(value.len());
    value.get(..end).filter(|value| !value.is_empty()).map(str::to_owned)
}

fn text_of(html: &str, budget: &Budget, links: &mut Links, findings: &mut Findings) -> String {
    let small = u64::try_from(html.len()).is_ok_and(|length| length <= budget.html_bytes);
    if small
        && has_usual_tags(html)
        && let Some(tree) = Tree::parse(html)
        && let Some((text, seen)) = lay_out(&tree)
    {
        *links = seen.links;
        findings.extend(seen.findings);
        return text;
    }
    strip::strip(html, links, findings)
}

fn has_usual_tags(html: &str) -> bool {
    Lexer::new(html).all(|token| match token {
        Token::Open { attributes, .. } if attributes.len() >= LONG_TAG => {
            lexer::attributes(attributes).nth(MAX_ATTRIBUTES).is_none()
        }
        Token::Open { .. } | Token::Text(_) | Token::Close(_) => true,
    })
}

/// What was met on the way through a tree.
#[derive(Default)]
struct Seen {
    links: Links,
    findings: Findings,
}

fn lay_out(tree: &Tree) -> Option<(String, Seen)> {
    let mut sheet = Sheet::default();
    for node in tree.nodes() {
        if let Content::Element(name, _) = &node.content
            && &*name.local == "style"
        {
            for &child in &node.children {
                if let Some(Content::Text(css)) = tree.node(child).map(|node| &node.content) {
                    sheet.add(css);
                }
            }
        }
    }
    let mut seen = Seen::default();
    let copy = simplify::simplify(tree, &sheet, &mut seen.links, &mut seen.findings);
    let layout = config::with_decorator(Plain).allow_width_overflow().unicode_strikeout(false);
    let render_tree = layout.dom_to_render_tree(&copy).ok()?;
    layout.render_to_string(render_tree, WIDTH).ok().map(|text| (text, seen))
}

/// Lines without blanks at their ends, at most one empty line in a row, none at either end.
fn tidy(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut empty = false;
    for line in text.lines() {
        let line = line.trim_end();
        if line.trim_matches(['>', ' ']).is_empty() {
            empty = true;
            continue;
        }
        if std::mem::take(&mut empty) && !out.is_empty() {
            out.push('\n');
        }
        if line.contains(KEPT_SPACE) {
            out.extend(line.chars().map(|c| if c == KEPT_SPACE { '\u{3000}' } else { c }));
        } else {
            out.push_str(line);
        }
        out.push('\n');
    }
    out
}

/// Marks of quotes, lists and headings; everything else is text already. Marks of lists and quotes must be ASCII:
/// html2text 0.17 takes their bytes for their columns.
struct Plain;

impl TextDecorator for Plain {
    type Annotation = ();

    fn decorate_link_start(&mut self, _: &str) -> (String, ()) {
        (String::new(), ())
    }
    fn decorate_link_end(&mut self) -> String {
        String::new()
    }
    fn decorate_em_start(&self) -> (String, ()) {
        (String::new(), ())
    }
    fn decorate_em_end(&self) -> String {
        String::new()
    }
    fn decorate_strong_start(&self) -> (String, ()) {
        (String::new(), ())
    }
    fn decorate_strong_end(&self) -> String {
        String::new()
    }
    fn decorate_strikeout_start(&self) -> (String, ()) {
        (String::new(), ())
    }
    fn decorate_strikeout_end(&self) -> String {
        String::new()
    }
    fn decorate_code_start(&self) -> (String, ()) {
        (String::new(), ())
    }
    fn decorate_code_end(&self) -> String {
        String::new()
    }
    fn decorate_preformat_first(&self) {}
    fn decorate_preformat_cont(&self) {}
    fn decorate_image(&mut self, _: &str, _: &str) -> (String, ()) {
        (String::new(), ())
    }
    fn header_prefix(&self, _: usize) -> String {
        "■ ".to_owned()
    }
    fn quote_prefix(&self) -> String {
        "> ".to_owned()
    }
    fn unordered_item_prefix(&self) -> String {
        "- ".to_owned()
    }
    fn ordered_item_prefix(&self, number: i64) -> String {
        format!("{number}. ")
    }
    fn decorate_superscript_start(&self) -> (String, ()) {
        (String::new(), ())
    }
    fn decorate_superscript_end(&self) -> String {
        String::new()
    }
    fn finalise(&mut self, _: Vec<String>) -> Vec<TaggedLine<()>> {
        Vec::new()
    }
    fn make_subblock_decorator(&self) -> Self {
        Self
    }
}
