//! The tree of an HTML body, as html5ever builds it, in one vector.
//!
//! Refuses: trees deeper than [`MAX_DEPTH`] or with more than [`MAX_NODES`] nodes, while they grow: html5ever's work per
//! tag rises with the depth. Invariant: a node's number is smaller than the length of the vector it came from.

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::rc::Rc;

use html5ever::interface::{ElementFlags, NodeOrText, QuirksMode, TreeSink};
use html5ever::tendril::{StrTendril, TendrilSink};
use html5ever::tree_builder::TreeBuilderOpts;
use html5ever::{Attribute, ExpandedName, ParseOpts, QualName, local_name, ns, parse_document};

/// Deepest element.
pub(crate) const MAX_DEPTH: u32 = 256;
/// Most nodes.
const MAX_NODES: usize = 400_000;
/// Bytes between two looks at the limits.
const STEP: usize = 4096;

/// What a node is.
#[derive(Debug)]
pub(crate) enum Content {
    /// An element.
    Element(Rc<QualName>, Vec<Attribute>),
    /// Text.
    Text(StrTendril),
    /// The root, and what no reader sees.
    Other,
}

/// A node and its place.
#[derive(Debug)]
pub(crate) struct Node {
    /// What it is.
    pub(crate) content: Content,
    /// Its parent.
    pub(crate) parent: Option<usize>,
    /// Its children in order.
    pub(crate) children: Vec<usize>,
    depth: u32,
}

/// A finished tree; node 0 is the root.
#[derive(Debug)]
pub(crate) struct Tree(Vec<Node>);

impl Tree {
    /// The tree of `html`; `None` over a limit.
    pub(crate) fn parse(html: &str) -> Option<Self> {
        let options = ParseOpts {
            tree_builder: TreeBuilderOpts { scripting_enabled: false, ..TreeBuilderOpts::default() },
            ..ParseOpts::default()
        };
        let mut parser = parse_document(Sink::new(), options);
        let mut rest = html;
        while !rest.is_empty() {
            let (step, tail) = rest.split_at(rest.floor_char_boundary(STEP).max(1).min(rest.len()));
            parser.process(StrTendril::from_slice(step));
            if parser.tokenizer.sink.sink.full.get() {
                return None;
            }
            rest = tail;
        }
        let sink = parser.finish();
        (!sink.full.get()).then(|| Self(sink.nodes.into_inner()))
    }

    /// The node with this number.
    pub(crate) fn node(&self, id: usize) -> Option<&Node> {
        self.0.get(id)
    }

    /// Name and attributes of an HTML element.
    pub(crate) fn element(&self, id: usize) -> Option<(&QualName, &[Attribute])> {
        match &self.node(id)?.content {
            Content::Element(name, attributes) => Some((name, attributes)),
            Content::Text(_) | Content::Other => None,
        }
    }

    /// The local name of an element; empty for other nodes.
    pub(crate) fn name(&self, id: usize) -> &str {
        self.element(id).map_or("", |(name, _)| &name.local)
    }

    /// The children of a node.
    pub(crate) fn children(&self, id: usize) -> &[usize] {
        self.node(id).map_or(&[], |node| &node.children)
    }

    /// All nodes in the order in which they were made.
    pub(crate) fn nodes(&self) -> impl Iterator<Item = &Node> {
        self.0.iter()
    }
}

/// The value of the attribute `name`.
pub(crate) fn attribute<'a>(attributes: &'a [Attribute], name: &str) -> Option<&'a str> {
    attributes.iter().find(|attribute| &*attribute.name.local == name).map(|attribute| &*attribute.value)
}

struct Sink {
    nodes: RefCell<Vec<Node>>,
    full: Cell<bool>,
    unnamed: Rc<QualName>,
}

#[derive(Clone)]
struct Handle {
    id: usize,
    name: Rc<QualName>,
}

impl Sink {
    fn new() -> Self {
        let root = Node { content: Content::Other, parent: None, children: Vec::new(), depth: 0 };
        let unnamed = Rc::new(QualName::new(None, ns!(), local_name!("")));
        Self { nodes: RefCell::new(vec![root]), full: Cell::new(false), unnamed }
    }

    fn add(&self, content: Content, depth: u32) -> usize {
        let mut nodes = self.nodes.borrow_mut();
        if nodes.len() >= MAX_NODES {
            self.full.set(true);
        }
        nodes.push(Node { content, parent: None, children: Vec::new(), depth });
        nodes.len().saturating_sub(1)
    }

    fn other(&self, depth: u32) -> Handle {
        Handle { id: self.add(Content::Other, depth), name: Rc::clone(&self.unnamed) }
    }

    /// Puts `child` under `parent`, at `at` or at the end.
    fn place(&self, parent: usize, child: NodeOrText<Handle>, at: Option<usize>) {
        let before = {
            let nodes = self.nodes.borrow();
            let Some(node) = nodes.get(parent) else { return };
            match at {
                Some(at) => at.checked_sub(1).and_then(|at| node.children.get(at)).copied(),
                None => node.children.last().copied(),
            }
        };
        let id = match child {
            NodeOrText::AppendNode(handle) => {
                self.detach(handle.id);
                handle.id
            }
            NodeOrText::AppendText(text) => {
                if self.extend_text(before, &text) {
                    return;
                }
                self.add(Content::Text(text), 0)
            }
        };
        let mut nodes = self.nodes.borrow_mut();
        let Some(node) = nodes.get_mut(parent) else { return };
        let depth = node.depth.saturating_add(1);
        match at {
            Some(at) if at <= node.children.len() => node.children.insert(at, id),
            _ => node.children.push(id),
        }
        if let Some(child) = nodes.get_mut(id) {
            child.parent = Some(parent);
            child.depth = depth;
        }
        if depth > MAX_DEPTH {
            self.full.set(true);
        }
    }

    fn extend_text(&self, before: Option<usize>, text: &StrTendril) -> bool {
        let mut nodes = self.nodes.borrow_mut();
        match before.and_then(|id| nodes.get_mut(id)) {
            Some(Node { content: Content::Text(existing), .. }) => {
                existing.push_tendril(text);
                true
            }
            _ => false,
        }
    }

    fn detach(&self, id: usize) {
        let mut nodes = self.nodes.borrow_mut();
        let Some(parent) = nodes.get_mut(id).and_then(|node| node.parent.take()) else { return };
        if let Some(node) = nodes.get_mut(parent)
            && let Some(at) = node.children.iter().rposition(|&child| child == id)
        {
            node.children.remove(at);
        }
    }

    fn depth(&self, id: usize) -> u32 {
        self.nodes.borrow().get(id).map_or(0, |node| node.depth)
    }

    fn parent(&self, id: usize) -> Option<usize> {
        self.nodes.borrow().get(id).and_then(|node| node.parent)
    }
}

impl TreeSink for Sink {
    type Handle = Handle;
    type Output = Self;
    type ElemName<'a> = ExpandedName<'a>;

    fn finish(self) -> Self {
        self
    }

    fn parse_error(&self, _: Cow<'static, str>) {}

    fn get_document(&self) -> Handle {
        Handle { id: 0, name: Rc::clone(&self.unnamed) }
    }

    fn elem_name<'a>(&'a self, target: &'a Handle) -> ExpandedName<'a> {
        target.name.expanded()
    }

    fn create_element(&self, name: QualName, attributes: Vec<Attribute>, _: ElementFlags) -> Handle {
        let name = Rc::new(name);
        Handle { id: self.add(Content::Element(Rc::clone(&name), attributes), 0), name }
    }

    fn create_comment(&self, _: StrTendril) -> Handle {
        self.other(0)
    }

    fn create_pi(&self, _: StrTendril, _: StrTendril) -> Handle {
        self.other(0)
    }

    fn append(&self, parent: &Handle, child: NodeOrText<Handle>) {
        self.place(parent.id, child, None);
    }

    fn append_based_on_parent_node(&self, element: &Handle, previous: &Handle, child: NodeOrText<Handle>) {
        if self.parent(element.id).is_some() {
            self.append_before_sibling(element, child);
        } else {
            self.append(previous, child);
        }
    }

    fn append_doctype_to_document(&self, _: StrTendril, _: StrTendril, _: StrTendril) {}

    /// What a template holds is shown to nobody: it grows on a branch that hangs nowhere.
    fn get_template_contents(&self, target: &Handle) -> Handle {
        self.other(self.depth(target.id).saturating_add(1))
    }

    fn same_node(&self, x: &Handle, y: &Handle) -> bool {
        x.id == y.id
    }

    fn set_quirks_mode(&self, _: QuirksMode) {}

    fn append_before_sibling(&self, sibling: &Handle, new: NodeOrText<Handle>) {
        if let NodeOrText::AppendNode(handle) = &new {
            self.detach(handle.id);
        }
        let Some(parent) = self.parent(sibling.id) else { return };
        let at = self
            .nodes
            .borrow()
            .get(parent)
            .and_then(|node| node.children.iter().rposition(|&child| child == sibling.id));
        self.place(parent, new, at);
    }

    fn add_attrs_if_missing(&self, target: &Handle, new: Vec<Attribute>) {
        if let Some(Node { content: Content::Element(_, attributes), .. }) = self.nodes.borrow_mut().get_mut(target.id)
        {
            for attribute in new {
                if !attributes.iter().any(|existing| existing.name == attribute.name) {
                    attributes.push(attribute);
                }
            }
        }
    }

    fn remove_from_parent(&self, target: &Handle) {
        self.detach(target.id);
    }

    fn reparent_children(&self, node: &Handle, new_parent: &Handle) {
        let moved = match self.nodes.borrow_mut().get_mut(node.id) {
            Some(node) => std::mem::take(&mut node.children),
            None => return,
        };
        let mut nodes = self.nodes.borrow_mut();
        let depth = nodes.get(new_parent.id).map_or(0, |node| node.depth.saturating_add(1));
        for &id in &moved {
            if let Some(child) = nodes.get_mut(id) {
                child.parent = Some(new_parent.id);
                child.depth = depth;
            }
        }
        if let Some(parent) = nodes.get_mut(new_parent.id) {
            parent.children.extend(moved);
        }
    }
}
