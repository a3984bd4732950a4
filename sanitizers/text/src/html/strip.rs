//! The text of HTML that is too deep or too large for a tree: tags go, text stays.
//!
//! Refuses: nothing. Invariant: linear; no character of visible text is lost, though hidden text may show.

use sanitizer_api::Code;

use super::lexer::{Lexer, Token, attributes};
use crate::findings::Findings;
use crate::link::Links;
use crate::url::{Target, defang};

/// Most bytes of a tag that are searched for attributes.
const MAX_TAG: usize = 16 * 1024;

/// The text of `html`, one line per block.
pub(crate) fn strip(html: &str, links: &mut Links, findings: &mut Findings) -> String {
    let mut out = String::with_capacity(html.len() / 2);
    let mut mark: Option<u32> = None;
    let mut dropped: Option<&str> = None;
    for token in Lexer::new(html) {
        match token {
            Token::Text(_) if dropped.is_some() => {}
            Token::Text(text) => push_text(text, &mut out),
            Token::Open { name, attributes } => {
                let name = name.to_ascii_lowercase();
                dropped = None;
                match name.as_str() {
                    "script" | "iframe" | "textarea" => {
                        findings.note(Code::ActiveContentRemoved, 1);
                        dropped = Some("");
                    }
                    "style" | "title" => dropped = Some(""),
                    "object" | "embed" | "applet" | "form" | "input" | "select" => {
                        findings.note(Code::ActiveContentRemoved, 1);
                    }
                    "img" => {
                        findings.note(Code::RemoteImageRemoved, 1);
                        if let Some(alt) = value(attributes, "alt").filter(|alt| !alt.trim().is_empty()) {
                            out.push_str(&format!("［画像: {}］", alt.trim()));
                        }
                    }
                    "a" => mark = value(attributes, "href").and_then(|href| number(&href, links, findings)),
                    "td" | "th" => out.push(' '),
                    "li" => out.push_str("\n- "),
                    name if is_block(name) => out.push('\n'),
                    _ => {}
                }
            }
            Token::Close(name) => {
                dropped = None;
                if name.eq_ignore_ascii_case("a")
                    && let Some(number) = mark.take()
                {
                    out.push_str(&format!("[{number}]"));
                } else if is_block(&name.to_ascii_lowercase()) {
                    out.push('\n');
                }
            }
        }
    }
    out
}

fn is_block(name: &str) -> bool {
    matches!(
        name,
        "p" | "div"
            | "br"
            | "tr"
            | "table"
            | "ul"
            | "ol"
            | "dl"
            | "dt"
            | "dd"
            | "blockquote"
            | "pre"
            | "hr"
            | "h1"
            | "h2"
            | "h3"
            | "h4"
            | "h5"
            | "h6"
            | "center"
            | "section"
            | "article"
            | "header"
            | "footer"
            | "body"
    )
}

fn number(href: &str, links: &mut Links, findings: &mut Findings) -> Option<u32> {
    match Target::of(href) {
        Target::Web(url) => links.number(defang(&url), None),
        Target::Active => {
            findings.note(Code::ActiveContentRemoved, 1);
            None
        }
        Target::Contact(_) | Target::Nowhere => None,
    }
}

fn value(untrusted_attributes: &str, wanted: &str) -> Option<String> {
    let searched = untrusted_attributes.get(..untrusted_attributes.floor_char_boundary(MAX_TAG))?;
    let (_, value) = attributes(searched).find(|(name, _)| name.eq_ignore_ascii_case(wanted))?;
    let mut text = String::new();
    push_text(value, &mut text);
    Some(text)
}

/// Appends `text` with its entities read and its blanks as single ones.
fn push_text(text: &str, out: &mut String) {
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        if c.is_ascii_whitespace() {
            rest = rest.trim_start_matches(|c: char| c.is_ascii_whitespace());
            if !out.is_empty() && !out.ends_with([' ', '\n']) {
                out.push(' ');
            }
            continue;
        }
        if c == '&'
            && let Some((read, length)) = entity(rest)
        {
            out.push(read);
            rest = rest.get(length..).unwrap_or_default();
            continue;
        }
        let length = rest.char_indices().skip(1).find(|&(_, c)| c == '&' || c.is_ascii_whitespace());
        let (plain, tail) = rest.split_at(length.map_or(rest.len(), |(at, _)| at));
        out.push_str(plain);
        rest = tail;
    }
}

/// The character of the entity at the start of `text`, and the entity's length.
fn entity(text: &str) -> Option<(char, usize)> {
    let (name, _) = text.get(1..text.floor_char_boundary(12))?.split_once(';')?;
    let length = name.len().saturating_add(2);
    let c = match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        "nbsp" => ' ',
        "yen" => '¥',
        "copy" => '©',
        "reg" => '®',
        "times" => '×',
        "hellip" => '…',
        "middot" => '·',
        "raquo" => '»',
        "laquo" => '«',
        "rarr" => '→',
        "ndash" => '–',
        "mdash" => '—',
        name => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(code).filter(|&c| c != '\0')?
        }
    };
    Some((c, length))
}
