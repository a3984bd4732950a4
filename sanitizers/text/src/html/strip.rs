//! The text of HTML that is too deep or too large for a tree: tags go, text stays.
//!
//! Refuses: nothing. Invariant: linear; no character of visible text is lost. Hidden text may show, which is said.

use sanitizer_api::Code;
use sanitizer_japanese::single_line;

use super::entity;
use super::lexer::{Lexer, Token, attributes};
use super::look::decoded;
use super::reader::Seen;
use super::tag::Tag;
use crate::url::Target;

/// Most bytes of a tag that are searched for attributes.
const MAX_TAG: usize = 16 * 1024;

/// The text of `html`, one line per block.
pub(crate) fn strip(html: &str) -> Seen {
    let mut stripper =
        Stripper { seen: Seen::default(), scratch: String::new(), link: None, dropped: false, tags: false };
    for token in Lexer::new(html) {
        match token {
            Token::Text(_) if stripper.dropped => {}
            Token::Text(text) => push_text(text, &mut stripper.scratch, &mut stripper.seen.text),
            Token::Open { name, attributes } => stripper.open(Tag::of(name), attributes),
            Token::Close(name) => stripper.close(Tag::of(name)),
        }
    }
    // Without a tree nobody knows what is hidden.
    stripper.seen.findings.note(Code::HtmlStripped, u32::from(stripper.tags));
    // A link that was never ended leads somewhere all the same.
    stripper.close(Tag::A);
    stripper.seen.text = tidy(&stripper.seen.text);
    stripper.seen
}

struct Stripper {
    seen: Seen,
    scratch: String,
    /// The target of the open link, and where its text began.
    link: Option<(Target, usize)>,
    dropped: bool,
    /// A tag was met.
    tags: bool,
}

impl Stripper {
    fn open(&mut self, tag: Tag, attributes: &str) {
        self.tags = true;
        self.dropped = matches!(tag, Tag::Script | Tag::Iframe | Tag::Style | Tag::Title);
        match tag {
            Tag::Script
            | Tag::Iframe
            | Tag::Object
            | Tag::Embed
            | Tag::Applet
            | Tag::Form
            | Tag::Input
            | Tag::Select => {
                self.seen.findings.note(Code::ActiveContentRemoved, 1);
            }
            Tag::Img => {
                self.seen.findings.note(Code::RemoteImageRemoved, 1);
                if let Some(alt) = value(attributes, "alt").filter(|alt| !alt.trim().is_empty()) {
                    self.seen.text.push_str(&format!("［画像: {}］", single_line(&alt)));
                }
            }
            Tag::A => {
                self.close(Tag::A);
                let target = value(attributes, "href").map_or(Target::Nowhere, |href| Target::of(&href));
                self.seen.findings.note(Code::ActiveContentRemoved, u32::from(target == Target::Active));
                self.link = Some((target, self.seen.text.len()));
            }
            Tag::Td | Tag::Th => self.seen.text.push(' '),
            Tag::Li => self.seen.text.push_str("\n- "),
            tag if tag.is_block() || tag == Tag::Br || tag == Tag::Hr => self.seen.text.push('\n'),
            _ => {}
        }
    }

    fn close(&mut self, tag: Tag) {
        self.dropped = false;
        if tag == Tag::A {
            if let Some((Target::Web(url), start)) = self.link.take() {
                let shown = self.seen.text.get(start..).unwrap_or_default();
                if let Some(number) = self.seen.links.lead(&url, shown) {
                    self.seen.text.push_str(&format!("[{number}]"));
                }
            }
        } else if tag.is_block() && !tag.is_cell() {
            self.seen.text.push('\n');
        }
    }
}

fn value(untrusted_attributes: &str, wanted: &str) -> Option<String> {
    let searched = untrusted_attributes.get(..untrusted_attributes.floor_char_boundary(MAX_TAG))?;
    let (_, value) = attributes(searched).find(|(name, _)| name.eq_ignore_ascii_case(wanted))?;
    Some(decoded(value).into_owned())
}

/// Appends `text` with its references read and its blanks as single ones.
fn push_text(text: &str, scratch: &mut String, out: &mut String) {
    scratch.clear();
    entity::decode(text, false, scratch);
    for (at, word) in scratch.split(|c: char| c.is_ascii_whitespace() || c == '\u{A0}').enumerate() {
        if at > 0 && !out.is_empty() && !out.ends_with([' ', '\n']) {
            out.push(' ');
        }
        out.push_str(word);
    }
}

/// Lines without blanks at their ends, at most one empty line in a row, none at either end.
fn tidy(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut empty = false;
    for line in text.lines().map(|line| line.trim_end().trim_start_matches(' ')) {
        if line.is_empty() {
            empty = true;
            continue;
        }
        if std::mem::take(&mut empty) && !out.is_empty() {
            out.push('\n');
        }
        out.push_str(line);
        out.push('\n');
    }
    out
}
