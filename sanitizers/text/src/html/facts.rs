//! What is below each node, counted once for the whole tree.
//!
//! Refuses: nothing. Invariant: linear; what no reader sees counts as nothing.

use super::dom::{Content, Node, Tree};
use super::lexer;
use super::tag::Tag;

/// Counts for one node and everything below it.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Facts {
    /// Bytes of text that is not blank.
    pub(crate) text: u32,
    /// Blocks and line breaks with text in or around them.
    pub(crate) lines: u32,
    /// A table.
    pub(crate) table: bool,
    /// A heading, a list, a rule, a quote: what does not go into a line.
    pub(crate) heavy: bool,
}

/// The facts of every node of `tree`.
pub(crate) fn facts(tree: &Tree<'_>) -> Vec<Facts> {
    let mut all = vec![Facts::default(); tree.len()];
    for (id, node) in tree.nodes().rev() {
        let Some(below) = all.get(id).copied() else { continue };
        let own = with_own(node, tree.tag(node.parent), below);
        if let Some(place) = all.get_mut(id) {
            *place = own;
        }
        if id == 0 || own.text == 0 && own.lines == 0 {
            continue;
        }
        if let Some(parent) = all.get_mut(node.parent) {
            parent.text = parent.text.saturating_add(own.text);
            parent.lines = parent.lines.saturating_add(own.lines);
            parent.table |= own.table;
            parent.heavy |= own.heavy;
        }
    }
    all
}

fn with_own(node: &Node<'_>, parent: Tag, below: Facts) -> Facts {
    let (tag, attributes) = match node.content {
        // Of all raw text only that of an example is shown.
        Content::Text(_, true) if parent != Tag::Xmp => return Facts::default(),
        Content::Text(text, _) => {
            let text = u32::try_from(visible_length(text)).unwrap_or(u32::MAX);
            return Facts { text, ..Facts::default() };
        }
        Content::Element(tag, attributes) => (tag, attributes),
    };
    match tag {
        Tag::Style | Tag::Script | Tag::Title | Tag::Template | Tag::Noscript | Tag::Select | Tag::Svg | Tag::Rp => {
            Facts::default()
        }
        // One before it and one behind it.
        Tag::Br => Facts { lines: 2, ..Facts::default() },
        Tag::Hr => Facts { text: 1, lines: 1, heavy: true, ..Facts::default() },
        Tag::Img => {
            let alt = attributes.contains("alt")
                && lexer::attributes(attributes)
                    .any(|(name, value)| name.eq_ignore_ascii_case("alt") && !value.trim().is_empty());
            Facts { text: if alt { 8 } else { 0 }, ..Facts::default() }
        }
        _ if below.text == 0 => below,
        tag => Facts {
            text: below.text,
            lines: below.lines.saturating_add(u32::from(tag.is_block())),
            table: below.table || tag == Tag::Table,
            heavy: below.heavy
                || tag.is_heading()
                || matches!(tag, Tag::Ul | Tag::Ol | Tag::Dl | Tag::Blockquote | Tag::Pre | Tag::Xmp | Tag::Form),
        },
    }
}

/// Bytes of `text` without the blanks at its ends.
fn visible_length(text: &str) -> usize {
    let mut rest = text.trim();
    loop {
        let next = rest.strip_prefix("&nbsp;").or_else(|| rest.strip_prefix("&#160;")).unwrap_or(rest).trim_start();
        if next.len() == rest.len() {
            return rest.len();
        }
        rest = next;
    }
}
