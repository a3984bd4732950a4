//! Elements that no reader sees: each is left out and, if it could matter, counted.
//!
//! Refuses: scripts, frames, forms' fields, what shows only elsewhere. Invariant: text that is left out is counted.

use sanitizer_api::Code;

use super::super::dom::Content;
use super::super::look::{Attributes, decoded};
use super::super::tag::Tag;
use super::Reader;

impl<'a> Reader<'a> {
    /// True unless the element is one that no reader sees.
    pub(super) fn is_read(&mut self, id: usize, tag: Tag, attributes: &Attributes<'_>) -> bool {
        match tag {
            Tag::Style
            | Tag::Title
            | Tag::Link
            | Tag::Col
            | Tag::Source
            | Tag::Track
            | Tag::Base
            | Tag::Param
            | Tag::Wbr => false,
            Tag::Script
            | Tag::Iframe
            | Tag::Embed
            | Tag::Frame
            | Tag::Svg
            | Tag::Input
            | Tag::Keygen
            | Tag::Select
            | Tag::Datalist => {
                self.note(Code::ActiveContentRemoved, 1);
                false
            }
            Tag::Object
            | Tag::Applet
            | Tag::Frameset
            | Tag::Canvas
            | Tag::Audio
            | Tag::Video
            | Tag::Textarea
            | Tag::Form => {
                self.note(Code::ActiveContentRemoved, 1);
                true
            }
            Tag::Meta => {
                self.note(
                    Code::ActiveContentRemoved,
                    u32::from(attributes.equiv.trim().eq_ignore_ascii_case("refresh")),
                );
                false
            }
            Tag::Noscript | Tag::Template | Tag::Noembed | Tag::Noframes => {
                let hides = self.says_anything(id);
                self.note(Code::HiddenTextRemoved, u32::from(hides));
                false
            }
            Tag::Rp => {
                let hides = self.is_more_than_a_bracket(id);
                self.note(Code::HiddenTextRemoved, u32::from(hides));
                false
            }
            _ => true,
        }
    }

    /// True if `id` holds more than one character: browsers that show readings show nothing of it.
    fn is_more_than_a_bracket(&self, id: usize) -> bool {
        let mut found = 0usize;
        for below in id.saturating_add(1)..self.tree.end(id) {
            if let Some(Content::Text(text, false)) = self.tree.node(below).map(|node| node.content) {
                let more = decoded(text).chars().filter(|c| !c.is_whitespace()).take(2).count();
                found = found.saturating_add(more);
            }
            if found > 1 {
                return true;
            }
        }
        false
    }

    /// True if there is text in `id`, raw text or not.
    fn says_anything(&self, id: usize) -> bool {
        self.tree.children(id).any(|child| {
            let content = self.tree.node(child).map(|node| node.content);
            let raw = matches!(content, Some(Content::Text(text, true)) if !text.trim().is_empty());
            raw || self.facts(child).text > 0
        })
    }
}
