//! Blocks: paragraphs, headings, lists, quotes, rows and rules begin.
//!
//! Refuses: nothing. Invariant: what a block changes in the writer is in the [`Leave`] that ends it.

use super::super::tag::Tag;
use super::{Entered, Leave, Reader};

const RULE: &str = "────────────────";

impl<'a> Reader<'a> {
    pub(super) fn rule(&mut self) {
        self.writer.end_line();
        self.writer.gap();
        self.writer.text(RULE);
        self.writer.end_line();
        self.writer.gap();
    }

    pub(super) fn start_block(&mut self, entered: &Entered<'a>) -> Leave {
        let Entered { id, tag, style, .. } = entered;
        let block = Leave::Block { gap: false, indent: self.writer.indent, marker: false };
        if self.writer.flat > 0 || self.tree.node(*id).is_some_and(|node| node.continued) {
            return block;
        }
        self.writer.end_line();
        if *tag == Tag::Div && style.ruled == Some(true) && self.facts(*id).text > 0 {
            self.rule();
        }
        let spaced = matches!(
            tag,
            Tag::P | Tag::Dl | Tag::Pre | Tag::Figure | Tag::Listing | Tag::Table | Tag::Blockquote | Tag::Xmp
        ) || tag.is_heading();
        let spaced = spaced && (*tag != Tag::P || self.lists.is_empty());
        if style.above.unwrap_or(spaced) && *tag != Tag::Li {
            self.writer.gap();
        }
        let gap = style.below.unwrap_or(spaced);
        match tag {
            Tag::Ul | Tag::Ol | Tag::Menu | Tag::Dir => self.start_list(entered),
            Tag::Li => self.start_item(entered),
            Tag::Blockquote => self.start_quote(entered),
            Tag::Dd => {
                let indent = self.writer.indent;
                self.writer.indent = indent.saturating_add(2);
                Leave::Block { gap: false, indent, marker: false }
            }
            tag if tag.is_heading() && self.facts(*id).text > 0 => {
                self.writer.gap();
                let marker = self.writer.marker.is_none();
                if marker {
                    self.writer.marker = Some("■ ".to_owned());
                }
                Leave::Block { gap: true, indent: self.writer.indent, marker }
            }
            _ => Leave::Block { gap, indent: self.writer.indent, marker: false },
        }
    }

    fn start_quote(&mut self, entered: &Entered<'a>) -> Leave {
        let indent = self.writer.indent;
        // Mail programs indent with quotes that they draw no line beside.
        if entered.style.bordered == Some(false) && !entered.attributes.class.contains("quote") {
            self.writer.indent = indent.saturating_add(2);
            return Leave::Block { gap: true, indent, marker: false };
        }
        self.writer.gap();
        self.writer.quotes = self.writer.quotes.saturating_add(1);
        Leave::Quote { indent }
    }

    fn start_list(&mut self, entered: &Entered<'a>) -> Leave {
        let gap = self.lists.is_empty();
        if gap {
            self.writer.gap();
        }
        let first = entered.attributes.start.trim().parse::<u16>().map_or(1, u32::from);
        self.lists.push((entered.tag == Tag::Ol).then_some(first));
        Leave::List { gap }
    }

    fn start_item(&mut self, entered: &Entered<'a>) -> Leave {
        let indent = self.writer.indent;
        let marker = match self.lists.last_mut() {
            Some(Some(next)) => {
                let number = entered.attributes.value.trim().parse::<u16>().map_or(*next, u32::from);
                *next = number.saturating_add(1);
                format!("{number}. ")
            }
            Some(None) | None => "- ".to_owned(),
        };
        self.writer.indent = indent.saturating_add(marker.len());
        self.writer.marker = Some(marker);
        Leave::Block { gap: false, indent, marker: true }
    }

    pub(super) fn start_row(&mut self, entered: &Entered<'a>) -> Leave {
        self.writer.end_line();
        if self.is_spacer(entered.id) {
            self.writer.gap();
        }
        if self.writer.flat > 0 || !self.is_one_line(entered.id) {
            return Leave::Inline;
        }
        self.writer.flat = self.writer.flat.saturating_add(1);
        Leave::Row
    }
}
