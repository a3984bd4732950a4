//! The way through a tree as its reader goes: what is seen is written, what is not is counted.
//!
//! Refuses: scripts, forms, pictures, hidden text, live targets. Invariant: it goes through each node once, and the
//! stack holds at most one table of data.

mod blocks;
mod links;
mod unread;

use std::collections::BTreeSet;

use sanitizer_api::Code;

use super::colour::Paint;
use super::declared::Style;
use super::dom::{Content, Tree};
use super::entity;
use super::facts::{Facts, facts};
use super::look::{Attributes, Look, is_gone};
use super::style::{Element, Sheet};
use super::tag::Tag;
use super::writer::Writer;
use crate::clean::{clean, is_clean};
use crate::findings::Findings;
use crate::link::Links;
use crate::url::defang;

/// Longest word that is raised as a whole (m², 10⁻³).
const MAX_RAISED: u32 = 3;

/// What was seen, and what was not.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// The text.
    pub(crate) text: String,
    /// Where it leads.
    pub(crate) links: Links,
    /// What was left out.
    pub(crate) findings: Findings,
}

/// Reads `tree`.
pub(crate) fn read(tree: &Tree<'_>) -> Seen {
    let mut sheet = Sheet::default();
    let mut titled = BTreeSet::new();
    let facts = facts(tree);
    for (id, node) in tree.nodes() {
        match node.content {
            Content::Element(Tag::Style, _) => {
                for child in tree.children(id) {
                    if let Some(Content::Text(css, _)) = tree.node(child).map(|node| node.content) {
                        sheet.add(css);
                    }
                }
            }
            Content::Element(Tag::A, attributes) if facts.get(id).is_some_and(|facts| facts.text > 0) => {
                titled.extend(Attributes::of(attributes).href);
            }
            _ => {}
        }
    }
    let mut reader = Reader {
        tree,
        sheet,
        facts,
        titled,
        seen: Seen::default(),
        writer: Writer::default(),
        setting: false,
        ancestors: Vec::new(),
        lists: Vec::new(),
        shown: None,
        raised: false,
        link_colour: Paint::LINK,
        scratch: String::new(),
    };
    reader.walk(0, tree.len(), Look::PAGE);
    reader.seen.text = reader.writer.finish();
    reader.seen
}

/// What is done when an element ends.
#[derive(Debug)]
pub(crate) enum Leave {
    Inline,
    Block { gap: bool, indent: usize, marker: bool },
    Quote { indent: usize },
    List { gap: bool },
    Reading,
    Raised,
    Row,
    Cell,
    Link { href: String, outer: Option<String>, before: u64, picture: bool },
}

struct Frame {
    end: usize,
    outer: Look,
    leave: Leave,
}

/// An element that is entered.
pub(crate) struct Entered<'a> {
    pub(crate) id: usize,
    pub(crate) tag: Tag,
    pub(crate) attributes: Attributes<'a>,
    pub(crate) style: Style,
    pub(crate) look: Look,
}

pub(crate) struct Reader<'a> {
    pub(crate) tree: &'a Tree<'a>,
    sheet: Sheet,
    facts: Vec<Facts>,
    /// Targets that some words lead to.
    titled: BTreeSet<&'a str>,
    pub(crate) seen: Seen,
    pub(crate) writer: Writer,
    /// A table of data is being read: none begins inside it, so that no depth of nesting is one of the stack.
    pub(crate) setting: bool,
    ancestors: Vec<Element<'a>>,
    /// Open lists: the next number, or none for bullets.
    lists: Vec<Option<u32>>,
    /// The text of the link that is being read.
    shown: Option<String>,
    raised: bool,
    link_colour: Paint,
    scratch: String,
}

impl<'a> Reader<'a> {
    /// Reads the nodes from `from` to `to`, which stand in something of this look.
    pub(crate) fn walk(&mut self, from: usize, to: usize, look: Look) {
        let mut frames: Vec<Frame> = Vec::new();
        let mut look = look;
        let mut id = from;
        let depth = self.ancestors.len();
        while id < to {
            while let Some(frame) = frames.pop_if(|frame| frame.end <= id) {
                look = frame.outer;
                self.ancestors.pop();
                self.leave(frame.leave);
            }
            let Some(node) = self.tree.node(id) else { break };
            match node.content {
                Content::Text(text, raw) => {
                    self.text(text, raw, &look);
                    id = id.saturating_add(1);
                }
                Content::Element(tag, written) => match self.enter(id, tag, written, look) {
                    Some((leave, inside)) => {
                        frames.push(Frame { end: node.end, outer: look, leave });
                        look = inside;
                        id = id.saturating_add(1);
                    }
                    None => id = self.tree.end(id),
                },
            }
        }
        while let Some(frame) = frames.pop() {
            self.ancestors.pop();
            self.leave(frame.leave);
        }
        self.ancestors.truncate(depth);
    }

    /// What stands below `id`.
    pub(crate) fn facts(&self, id: usize) -> Facts {
        self.facts.get(id).copied().unwrap_or_default()
    }

    /// The elements around what is being read, outermost first.
    pub(crate) const fn ancestors_mut(&mut self) -> &mut Vec<Element<'a>> {
        &mut self.ancestors
    }

    fn note(&mut self, code: Code, count: u32) {
        self.seen.findings.note(code, count);
    }

    fn text(&mut self, text: &str, raw: bool, look: &Look) {
        let mut scratch = std::mem::take(&mut self.scratch);
        scratch.clear();
        if raw || !text.contains('&') {
            scratch.push_str(text);
        } else {
            entity::decode(text, false, &mut scratch);
        }
        if look.hides_text() {
            let counts = scratch.contains(|c: char| !c.is_whitespace());
            self.note(Code::HiddenTextRemoved, u32::from(counts));
        } else if is_clean(&scratch) {
            self.visible(&scratch, look.preformatted);
        } else {
            let keeps_returns = scratch.replace("\r\n", "\n");
            // Tag characters spell text that no font shows.
            let tags = keeps_returns.chars().filter(|c| matches!(c, '\u{E0000}'..='\u{E007F}')).count();
            let tags = u32::try_from(tags).unwrap_or(u32::MAX);
            let cleaned = clean(keeps_returns);
            self.note(Code::HiddenTextRemoved, cleaned.zero_width.saturating_add(tags));
            self.note(Code::ControlRemoved, cleaned.controls.saturating_sub(tags));
            self.visible(&cleaned.text, look.preformatted);
        }
        self.scratch = scratch;
    }

    fn visible(&mut self, text: &str, preformatted: bool) {
        if let Some(shown) = &mut self.shown {
            // All of it: what a link says at its end may be what its reader believes.
            shown.push_str(text);
            // An address that is only shown is not a target: it is not listed.
            if text.contains("://") {
                let inert = defang(text);
                return self.put(&inert, preformatted);
            }
        }
        if self.raised
            && let Some(raised) = raised(text)
        {
            return self.put(&raised, preformatted);
        }
        self.put(text, preformatted);
    }

    fn put(&mut self, text: &str, preformatted: bool) {
        if preformatted { self.writer.preformatted(text) } else { self.writer.text(text) }
    }

    /// Enters an element: what to do at its end and the look inside; `None` if nothing in it is to be read.
    fn enter(&mut self, id: usize, tag: Tag, written: &'a str, outer: Look) -> Option<(Leave, Look)> {
        let attributes = Attributes::of(written);
        self.note(Code::ActiveContentRemoved, u32::from(attributes.handlers));
        if !self.is_read(id, tag, &attributes) {
            return None;
        }
        let entered = self.styled(id, tag, attributes, outer)?;
        let leave = self.start(&entered)?;
        self.ancestors.push(Element::new(tag, &attributes));
        Some((leave, entered.look))
    }

    /// The element with its style; `None` if it is not seen, which is counted.
    pub(crate) fn styled(
        &mut self,
        id: usize,
        tag: Tag,
        attributes: Attributes<'a>,
        outer: Look,
    ) -> Option<Entered<'a>> {
        let element = Element::new(tag, &attributes);
        let mut hints = attributes.hints(tag);
        if tag == Tag::A && hints.colour.is_some() {
            hints.colour = Some(self.link_colour);
        }
        let style = self.sheet.style(&element, &self.ancestors, attributes.declared(), hints);
        if is_gone(tag, &style) {
            let hides_text = self.facts(id).text > 0;
            self.note(Code::HiddenTextRemoved, u32::from(hides_text));
            return None;
        }
        if tag == Tag::Body {
            self.link_colour = attributes.link_colour().unwrap_or(Paint::LINK);
        }
        let look = outer.inside(tag, &style);
        Some(Entered { id, tag, attributes, style, look })
    }

    fn start(&mut self, entered: &Entered<'a>) -> Option<Leave> {
        let id = entered.id;
        match entered.tag {
            Tag::Img | Tag::Image => {
                self.image(entered);
                None
            }
            Tag::Br => {
                self.writer.line_break();
                None
            }
            Tag::Hr => {
                self.rule();
                None
            }
            Tag::A | Tag::Area => Some(self.start_link(entered)),
            Tag::Rt if self.facts(id).text > 0 && !entered.look.hides_text() => {
                self.writer.text("（");
                Some(Leave::Reading)
            }
            Tag::Sup if self.facts(id).text <= MAX_RAISED => {
                self.raised = true;
                Some(Leave::Raised)
            }
            Tag::Table => self.start_table(entered),
            Tag::Tr => Some(self.start_row(entered)),
            Tag::Td | Tag::Th if self.writer.flat > 0 => {
                self.writer.cell();
                Some(Leave::Cell)
            }
            tag if tag.is_block() => Some(self.start_block(entered)),
            _ => Some(Leave::Inline),
        }
    }

    fn leave(&mut self, leave: Leave) {
        match leave {
            Leave::Inline => {}
            Leave::Block { gap, indent, marker } => {
                self.writer.end_line();
                self.writer.indent = indent;
                if marker {
                    self.writer.marker = None;
                }
                if gap {
                    self.writer.gap();
                }
            }
            Leave::Quote { indent } => {
                self.writer.end_line();
                self.writer.gap();
                self.writer.quotes = self.writer.quotes.saturating_sub(1);
                self.writer.indent = indent;
            }
            Leave::List { gap } => {
                self.writer.end_line();
                self.lists.pop();
                if gap {
                    self.writer.gap();
                }
            }
            Leave::Reading => self.writer.mark("）"),
            Leave::Raised => self.raised = false,
            Leave::Row => {
                self.writer.flat = self.writer.flat.saturating_sub(1);
                self.writer.end_line();
            }
            Leave::Cell => self.writer.cell(),
            Leave::Link { href, outer, before, picture } => {
                let shown = std::mem::replace(&mut self.shown, outer).unwrap_or_default();
                self.end_link(&href, &shown, before, picture);
            }
        }
    }
}

/// `text` in raised digits, if there are such for all of it.
fn raised(text: &str) -> Option<String> {
    const DIGITS: [char; 10] = ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'];
    text.trim()
        .chars()
        .map(|c| match c {
            '-' | '−' => Some('⁻'),
            '+' => Some('⁺'),
            c => DIGITS.get(usize::try_from(c.to_digit(10)?).ok()?).copied(),
        })
        .collect()
}
