//! The tree of an HTML body in document order, in one vector.
//!
//! Reads tags as browsers do where it matters to text: implied ends, tables, misnested looks. Unlike them it moves
//! nothing (no foster parents), so that a subtree is a range. Refuses: more than [`MAX_NODES`] nodes. Invariant: a
//! parent's number is smaller than its children's, the work per tag is bounded, and no text is lost.

use super::lexer::{Lexer, Token};
use super::tag::{COUNT, Tag};

/// Most nodes.
const MAX_NODES: usize = 1_000_000;
/// Most blocks, and most looks, that are opened again behind the end of a look around them.
const MAX_REOPENED: usize = 8;

const HEADINGS: [Tag; 6] = [Tag::H1, Tag::H2, Tag::H3, Tag::H4, Tag::H5, Tag::H6];

/// What a node is.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Content<'a> {
    /// An element and its attributes, as written.
    Element(Tag, &'a str),
    /// Text with its entities; true if it is raw (no entities, nothing that flows).
    Text(&'a str, bool),
}

/// A node and its place.
#[derive(Debug)]
pub(crate) struct Node<'a> {
    /// What it is.
    pub(crate) content: Content<'a>,
    /// Its parent; the root is its own.
    pub(crate) parent: usize,
    /// One more than its last descendant.
    pub(crate) end: usize,
    /// The rest of an element that an end tag cut in two.
    pub(crate) continued: bool,
}

/// A finished tree; node 0 is the root.
#[derive(Debug)]
pub(crate) struct Tree<'a>(Vec<Node<'a>>);

impl<'a> Tree<'a> {
    /// The tree of `html`; `None` over the limit.
    pub(crate) fn parse(html: &'a str) -> Option<Self> {
        let mut builder = Builder::new(html.len());
        for token in Lexer::new(html) {
            match token {
                Token::Text(text) => builder.text(text),
                Token::Open { name, attributes } => builder.open(Tag::of(name), attributes),
                Token::Close(name) => builder.close(Tag::of(name)),
            }
            if builder.nodes.len() > MAX_NODES {
                return None;
            }
        }
        builder.pop_to(0);
        Some(Self(builder.nodes))
    }

    /// True if it holds any element of HTML, or nothing but text.
    pub(crate) fn is_markup(&self) -> bool {
        let mut elements = self.0.iter().skip(1).filter_map(|node| match node.content {
            Content::Element(tag, _) => Some(tag),
            Content::Text(..) => None,
        });
        let first = elements.next();
        first.is_none() || first.into_iter().chain(elements).any(|tag| tag != Tag::Other)
    }

    /// The node with this number.
    pub(crate) fn node(&self, id: usize) -> Option<&Node<'a>> {
        self.0.get(id)
    }

    /// How many nodes.
    pub(crate) const fn len(&self) -> usize {
        self.0.len()
    }

    /// The tag of an element; [`Tag::Other`] for text.
    pub(crate) fn tag(&self, id: usize) -> Tag {
        match self.node(id).map(|node| node.content) {
            Some(Content::Element(tag, _)) => tag,
            Some(Content::Text(..)) | None => Tag::Other,
        }
    }

    /// One more than the last descendant of `id`.
    pub(crate) fn end(&self, id: usize) -> usize {
        self.node(id).map_or(id.saturating_add(1), |node| node.end.max(id.saturating_add(1)))
    }

    /// The children of a node in order.
    pub(crate) fn children(&self, id: usize) -> impl Iterator<Item = usize> {
        let end = self.end(id);
        let mut next = id.saturating_add(1);
        std::iter::from_fn(move || {
            let child = next;
            if child >= end {
                return None;
            }
            next = self.end(child);
            Some(child)
        })
    }

    /// All nodes in document order.
    pub(crate) fn nodes(&self) -> impl DoubleEndedIterator<Item = (usize, &Node<'a>)> + ExactSizeIterator {
        self.0.iter().enumerate()
    }
}

/// The nearest open elements that some start tag ends, as places on the stack; 0 for none.
#[derive(Debug, Clone, Copy, Default)]
struct Scope {
    p: usize,
    li: usize,
    term: usize,
    a: usize,
    option: usize,
    shut: usize,
    table: usize,
    section: usize,
    row: usize,
}

#[derive(Debug, Clone, Copy)]
struct Open<'a> {
    node: usize,
    tag: Tag,
    attributes: &'a str,
    scope: Scope,
}

struct Builder<'a> {
    nodes: Vec<Node<'a>>,
    stack: Vec<Open<'a>>,
    /// Where the open elements of each tag stand on the stack: an end tag finds its start however deep it is.
    open: Vec<Vec<usize>>,
    /// Where the open blocks stand.
    blocks: Vec<usize>,
}

impl<'a> Builder<'a> {
    fn new(length: usize) -> Self {
        let root = Node { content: Content::Element(Tag::Html, ""), parent: 0, end: 0, continued: false };
        let mut nodes = Vec::with_capacity((length / 24).min(MAX_NODES));
        nodes.push(root);
        let bottom = Open { node: 0, tag: Tag::Html, attributes: "", scope: Scope::default() };
        Self { nodes, stack: vec![bottom], open: vec![Vec::new(); COUNT], blocks: Vec::new() }
    }

    fn top(&self) -> Open<'a> {
        const BOTTOM: Open<'static> = Open {
            node: 0,
            tag: Tag::Html,
            attributes: "",
            scope: Scope { p: 0, li: 0, term: 0, a: 0, option: 0, shut: 0, table: 0, section: 0, row: 0 },
        };
        self.stack.last().copied().unwrap_or(BOTTOM)
    }

    fn text(&mut self, text: &'a str) {
        let parent = self.top();
        let raw =
            matches!(parent.tag, Tag::Script | Tag::Style | Tag::Xmp | Tag::Iframe | Tag::Noembed | Tag::Noframes);
        let end = self.nodes.len().saturating_add(1);
        self.nodes.push(Node { content: Content::Text(text, raw), parent: parent.node, end, continued: false });
    }

    /// Ends every open element down to `length`; the root stays until the end.
    fn pop_to(&mut self, length: usize) {
        while self.stack.len() > length {
            let Some(open) = self.stack.pop() else { return };
            let end = self.nodes.len();
            if let Some(node) = self.nodes.get_mut(open.node) {
                node.end = end;
            }
            // The root was never put there; no element stands at its place.
            let place = self.stack.len();
            for places in self.open.get_mut(open.tag.index()).into_iter().chain([&mut self.blocks]) {
                places.pop_if(|last| *last == place);
            }
        }
    }

    /// Ends the open element at place `at` of the stack, unless that is none.
    fn end_at(&mut self, at: usize) {
        if at > 0 {
            self.pop_to(at);
        }
    }

    fn push(&mut self, tag: Tag, attributes: &'a str, continued: bool) {
        let parent = self.top();
        let node = self.nodes.len();
        let content = Content::Element(tag, attributes);
        self.nodes.push(Node { content, parent: parent.node, end: node.saturating_add(1), continued });
        if tag.is_void() {
            return;
        }
        // `<svg/>` is a whole drawing: no text stands in it.
        if matches!(tag, Tag::Svg | Tag::Math) && attributes.ends_with('/') {
            return;
        }
        let place = self.stack.len();
        let scope = within(parent.scope, tag, place);
        self.stack.push(Open { node, tag, attributes, scope });
        if let Some(places) = self.open.get_mut(tag.index()) {
            places.push(place);
        }
        if tag.is_block() {
            self.blocks.push(place);
        }
    }

    fn open(&mut self, tag: Tag, attributes: &'a str) {
        let scope = self.top().scope;
        if scope.shut > 0 && !matches!(tag, Tag::Option | Tag::Optgroup | Tag::Other | Tag::Title) {
            // A choice or a drawing that was never ended hides nothing behind it.
            let drawing = self.stack.get(scope.shut).is_some_and(|open| open.tag != Tag::Select);
            if !drawing || tag.is_block() || tag.is_formatting() || matches!(tag, Tag::Img | Tag::Br | Tag::Span) {
                self.end_at(scope.shut);
            }
        }
        let scope = self.top().scope;
        match tag {
            Tag::Html | Tag::Head => return self.leave_root_attributes(attributes),
            Tag::Li => self.end_at(scope.li),
            Tag::Dt | Tag::Dd => self.end_at(scope.term),
            Tag::A => self.end_at(scope.a),
            Tag::Option | Tag::Optgroup => self.end_at(scope.option),
            Tag::Rt | Tag::Rp if matches!(self.top().tag, Tag::Rt | Tag::Rp) => {
                self.pop_to(self.stack.len().saturating_sub(1));
            }
            Tag::Caption | Tag::Colgroup | Tag::Thead | Tag::Tbody | Tag::Tfoot if scope.table > 0 => {
                self.pop_to(scope.table.saturating_add(1));
            }
            Tag::Tr if scope.table > 0 => {
                let keep = if scope.section > 0 { scope.section } else { scope.table };
                self.pop_to(keep.saturating_add(1));
            }
            Tag::Td | Tag::Th if scope.table > 0 => {
                if scope.row > 0 {
                    self.pop_to(scope.row.saturating_add(1));
                } else {
                    self.open(Tag::Tr, "");
                }
            }
            Tag::Tr | Tag::Td | Tag::Th | Tag::Caption | Tag::Thead | Tag::Tbody | Tag::Tfoot => {
                return self.push(Tag::Div, attributes, false);
            }
            _ if tag.is_block() && tag != Tag::Table => {}
            _ => return self.push(tag, attributes, false),
        }
        if tag.is_block() && !tag.is_cell() && !tag.is_section() && tag != Tag::Tr {
            let p = self.top().scope.p;
            self.end_at(p);
        }
        self.push(tag, attributes, false);
    }

    /// `<html style=…>` says something of the whole body.
    fn leave_root_attributes(&mut self, attributes: &'a str) {
        if let Some(Node { content: Content::Element(_, known), .. }) = self.nodes.first_mut()
            && known.is_empty()
        {
            *known = attributes;
        }
    }

    fn close(&mut self, tag: Tag) {
        match tag {
            // What follows the end of the page is shown all the same.
            Tag::Html | Tag::Body | Tag::Head => return,
            Tag::Br => return self.push(Tag::Br, "", false),
            Tag::P if self.top().scope.p == 0 => {
                self.open(Tag::P, "");
                return self.close(Tag::P);
            }
            _ => {}
        }
        let at = if tag.is_heading() {
            HEADINGS.into_iter().map(|heading| self.innermost(heading)).max().unwrap_or(0)
        } else {
            self.innermost(tag)
        };
        if at == 0 || self.barrier(tag) > at {
            return;
        }
        let blocks = self.blocks.last().is_some_and(|&block| block > at);
        if !blocks || tag.is_block() || tag == Tag::Select {
            self.pop_to(at);
        } else if tag.is_formatting() {
            self.cut(at);
        }
    }

    /// Where the innermost open element `tag` stands; 0 for none.
    fn innermost(&self, tag: Tag) -> usize {
        self.open.get(tag.index()).and_then(|places| places.last()).copied().unwrap_or(0)
    }

    /// The innermost place that an end tag `tag` does not reach beyond; 0 for none.
    fn barrier(&self, tag: Tag) -> usize {
        let in_table = tag.is_cell() || tag.is_section() || matches!(tag, Tag::Table | Tag::Tr | Tag::Caption);
        let table = if tag == Tag::Table { 0 } else { self.innermost(Tag::Table) };
        let cells = if in_table { [0; 3] } else { [Tag::Td, Tag::Th, Tag::Caption].map(|cell| self.innermost(cell)) };
        cells.into_iter().fold(table, usize::max)
    }

    /// Ends the look at place `at`, unless too many blocks stand in it, and opens the blocks and looks above it again, as browsers do (WHATWG 13.2.6.4.7).
    fn cut(&mut self, at: usize) {
        // Asked before the way up the stack: only a tag that ends all that it goes through may go there.
        if self.blocks.iter().rev().nth(MAX_REOPENED).is_some_and(|&block| block > at) {
            return;
        }
        let mut looks = 0usize;
        let mut above: Vec<Open<'a>> = Vec::new();
        for open in self.stack.iter().skip(at.saturating_add(1)) {
            if open.tag.is_block() {
                above.push(*open);
            } else if open.tag.is_formatting() && looks < MAX_REOPENED {
                // Nothing else goes on, or what it hides would take the text behind it along.
                looks = looks.saturating_add(1);
                above.push(*open);
            }
        }
        self.pop_to(at);
        for open in above {
            self.push(open.tag, open.attributes, true);
        }
    }
}

/// The scope inside an element `tag` at place `at` of the stack.
fn within(outer: Scope, tag: Tag, at: usize) -> Scope {
    let scope = outer;
    match tag {
        Tag::P => Scope { p: at, ..scope },
        Tag::Li => Scope { li: at, ..scope },
        Tag::Dt | Tag::Dd => Scope { term: at, ..scope },
        Tag::A => Scope { a: at, ..scope },
        Tag::Option => Scope { option: at, ..scope },
        Tag::Select | Tag::Svg | Tag::Math => Scope { shut: at, ..scope },
        Tag::Table => Scope { table: at, ..Scope::default() },
        Tag::Thead | Tag::Tbody | Tag::Tfoot => Scope { section: at, row: 0, ..scope },
        Tag::Tr => Scope { row: at, ..scope },
        Tag::Td | Tag::Th | Tag::Caption => Scope { p: 0, li: 0, term: 0, a: 0, option: 0, shut: 0, ..scope },
        Tag::Ul | Tag::Ol | Tag::Menu | Tag::Dir | Tag::Dl => Scope { li: 0, term: 0, p: 0, ..scope },
        Tag::Blockquote | Tag::Button => Scope { li: 0, term: 0, p: 0, ..scope },
        _ => scope,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The tree as nested lists.
    fn shape(html: &str) -> String {
        fn show(tree: &Tree<'_>, id: usize, out: &mut String) {
            match tree.node(id).unwrap().content {
                Content::Text(text, _) => out.push_str(text),
                Content::Element(tag, _) => {
                    out.push_str(&format!("({tag:?}"));
                    for child in tree.children(id) {
                        out.push(' ');
                        show(tree, child, out);
                    }
                    out.push(')');
                }
            }
        }
        let mut out = String::new();
        show(&Tree::parse(html).unwrap(), 0, &mut out);
        out
    }

    #[test]
    fn ends_that_nobody_wrote_are_found() {
        for (html, tree) in [
            ("<p>a<p>b<div>c</div>d", "(Html (P a) (P b) (Div c) d)"),
            ("<ul><li>a<li>b<ul><li>c</ul></ul>d", "(Html (Ul (Li a) (Li b (Ul (Li c)))) d)"),
            ("<table><tr><td>a<td>b<tr><td>c</table>d", "(Html (Table (Tr (Td a) (Td b)) (Tr (Td c))) d)"),
            ("<table><td>a</table>", "(Html (Table (Tr (Td a))))"),
            (
                "<table><tr><td><table><tr><td>a</table>b<tr><td>c",
                "(Html (Table (Tr (Td (Table (Tr (Td a))) b)) (Tr (Td c))))",
            ),
            ("<font>a<p>b</font>c</p>d", "(Html (Font a (P b)) (P c) d)"),
            ("<span>a<p>b</span>c</p>d</span>e", "(Html (Span a (P b c) d) e)"),
            ("<b><i>a</b>b</i>c", "(Html (B (I a)) b c)"),
            ("<div><table><tr><td>a</div>b</table>c", "(Html (Div (Table (Tr (Td a b))) c))"),
            ("<a>a<a>b</a>c", "(Html (A a) (A b) c)"),
            ("a</p>b</br>c</body>d<td>e", "(Html a (P) b (Br) c d (Div e))"),
            ("<select><option>a<p>b", "(Html (Select (Option a)) (P b))"),
            ("<svg><path/>a<div>b", "(Html (Svg (Other a)) (Div b))"),
            ("<dl><dt>a<dd>b<dt>c</dl>", "(Html (Dl (Dt a) (Dd b) (Dt c)))"),
        ] {
            assert_eq!(shape(html), tree, "{html}");
        }
    }
}
