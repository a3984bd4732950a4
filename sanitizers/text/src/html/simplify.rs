//! The tree of a body, copied into one that holds blocks, lists, quotes and text only.
//!
//! Refuses: scripts, styles, forms, pictures, hidden text, live targets; it counts what it leaves out. Invariant: the
//! copy has no attributes but the first number of an ordered list, and no tables: a row of short cells becomes a line,
//! any other cell a block, so that a reader's font decides nothing.

use html2text::{Handle, RcDom};
use html5ever::interface::{ElementFlags, NodeOrText, TreeSink};
use html5ever::tendril::StrTendril;
use html5ever::{Attribute, LocalName, QualName, local_name, ns};
use sanitizer_api::Code;

use super::dom::{Content, Tree, attribute};
use super::style::Sheet;
use crate::clean::{clean, is_clean};
use crate::findings::Findings;
use crate::link::Links;
use crate::url::{Target, defang, defang_host, host_shown, same_site};

/// Stands for U+3000 until the layout is done: the layout keeps no-break spaces and collapses all others.
pub(crate) const KEPT_SPACE: char = '\u{A0}';

const RULE: &str = "────────────────";
const CELL: &str = " | ";
/// Characters of a link's text that are compared with its target.
const MAX_SHOWN: usize = 300;

/// Copies `tree`; notes what was left out.
pub(crate) fn simplify(tree: &Tree, sheet: &Sheet, links: &mut Links, findings: &mut Findings) -> RcDom {
    let out = RcDom::default();
    let body = out.create_element(html_name(local_name!("body")), Vec::new(), ElementFlags::default());
    out.append(&out.get_document(), NodeOrText::AppendNode(body.clone()));
    let mut copy = Copy {
        tree,
        sheet,
        out,
        links,
        findings,
        last: body.clone(),
        space: false,
        written: 0,
        breaks: 2,
        shown: None,
    };
    copy.children(0, &body, Inherited::default());
    copy.out
}

fn html_name(local: LocalName) -> QualName {
    QualName::new(None, ns!(html), local)
}

#[derive(Debug, Clone, Copy, Default)]
struct Inherited {
    unseen: bool,
    tiny: bool,
    preformatted: bool,
}

struct Copy<'a> {
    tree: &'a Tree,
    sheet: &'a Sheet,
    out: RcDom,
    links: &'a mut Links,
    findings: &'a mut Findings,
    /// Where text was written last.
    last: Handle,
    /// A blank is due before the next text of this line.
    space: bool,
    /// Pieces of text written so far.
    written: u64,
    /// Line breaks since the last text of this block.
    breaks: u8,
    /// The text of the link that is being copied.
    shown: Option<String>,
}

impl Copy<'_> {
    fn children(&mut self, id: usize, parent: &Handle, inherited: Inherited) {
        for &child in self.tree.children(id) {
            self.node(child, parent, inherited);
        }
    }

    fn node(&mut self, id: usize, parent: &Handle, inherited: Inherited) {
        let Some(node) = self.tree.node(id) else { return };
        match &node.content {
            Content::Text(text) if inherited.unseen || inherited.tiny => {
                self.note(Code::HiddenTextRemoved, u32::from(!text.trim().is_empty()));
            }
            Content::Text(text) if is_clean(text) => self.text(text, parent, inherited.preformatted),
            Content::Text(text) => {
                // Before the layout, which trips over controls and keeps silent about what takes no room.
                let cleaned = clean(text.to_string());
                self.note(Code::HiddenTextRemoved, cleaned.zero_width);
                self.note(Code::ControlRemoved, cleaned.controls);
                self.text(&cleaned.text, parent, inherited.preformatted);
            }
            Content::Element(name, attributes) => {
                let handlers = attributes.iter().any(|attribute| attribute.name.local.starts_with("on"));
                self.note(Code::ActiveContentRemoved, u32::from(handlers));
                let Some(inherited) = self.inherit(id, inherited) else { return };
                self.element(id, &name.local, attributes, parent, inherited);
            }
            Content::Other => self.children(id, parent, inherited),
        }
    }

    /// What the children of `id` inherit; `None` if it is not shown.
    fn inherit(&mut self, id: usize, inherited: Inherited) -> Option<Inherited> {
        let hiding = self.sheet.hiding(self.tree, id);
        if hiding.gone == Some(true) {
            let hides_text = self.has_text(id);
            self.note(Code::HiddenTextRemoved, u32::from(hides_text));
            return None;
        }
        Some(Inherited {
            unseen: hiding.unseen.unwrap_or(inherited.unseen),
            tiny: hiding.tiny.unwrap_or(inherited.tiny),
            preformatted: inherited.preformatted,
        })
    }

    fn element(&mut self, id: usize, name: &str, attributes: &[Attribute], parent: &Handle, inherited: Inherited) {
        match name {
            "style" | "head" | "title" | "link" | "template" | "wbr" | "rp" | "colgroup" | "source" | "track" => {}
            "script" | "iframe" | "object" | "embed" | "applet" | "frame" | "frameset" | "svg" | "canvas" | "input"
            | "select" | "textarea" | "datalist" | "audio" | "video" => self.note(Code::ActiveContentRemoved, 1),
            "meta" => {
                let refresh =
                    attribute(attributes, "http-equiv").is_some_and(|value| value.eq_ignore_ascii_case("refresh"));
                self.note(Code::ActiveContentRemoved, u32::from(refresh));
            }
            "noscript" => {
                let hides_text = self.has_text(id);
                self.note(Code::HiddenTextRemoved, u32::from(hides_text));
            }
            "img" => self.image(attributes, parent),
            "a" | "area" => self.link(id, attributes, parent, inherited),
            "br" => self.line_break(parent),
            "hr" => {
                let block = self.open(local_name!("p"), parent);
                self.text(RULE, &block, false);
                self.boundary();
            }
            "rt" => {
                self.text("（", parent, false);
                self.children(id, parent, inherited);
                self.text("）", parent, false);
            }
            "tr" => self.row(id, parent, inherited),
            "ol" => self.ordered_list(id, attributes, parent, inherited),
            "pre" | "listing" | "plaintext" | "xmp" => {
                let inherited = Inherited { preformatted: true, ..inherited };
                self.block(local_name!("pre"), id, parent, inherited);
            }
            "form" => {
                self.note(Code::ActiveContentRemoved, 1);
                self.block(local_name!("div"), id, parent, inherited);
            }
            "sup" => self.inline(local_name!("sup"), id, parent, inherited),
            _ => match block_name(name) {
                Some(local) => self.block(local, id, parent, inherited),
                None => self.children(id, parent, inherited),
            },
        }
    }

    fn open(&mut self, local: LocalName, parent: &Handle) -> Handle {
        self.boundary();
        self.element_under(local, Vec::new(), parent)
    }

    fn element_under(&self, local: LocalName, attributes: Vec<Attribute>, parent: &Handle) -> Handle {
        let element = self.out.create_element(html_name(local), attributes, ElementFlags::default());
        self.out.append(parent, NodeOrText::AppendNode(element.clone()));
        element
    }

    fn block(&mut self, local: LocalName, id: usize, parent: &Handle, inherited: Inherited) {
        let fresh = matches!(&*local, "blockquote" | "li" | "dd" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6");
        let block = self.open(local, parent);
        if fresh {
            self.breaks = 2;
        }
        self.children(id, &block, inherited);
        self.boundary();
    }

    fn inline(&mut self, local: LocalName, id: usize, parent: &Handle, inherited: Inherited) {
        if std::mem::take(&mut self.space) {
            self.out.append(parent, NodeOrText::AppendText(StrTendril::from_slice(" ")));
        }
        let element = self.element_under(local, Vec::new(), parent);
        self.children(id, &element, inherited);
    }

    const fn boundary(&mut self) {
        self.space = false;
    }

    fn line_break(&mut self, parent: &Handle) {
        self.boundary();
        // More than one empty line says nothing, and a thousand of them cost time in the layout.
        if self.breaks < 2 {
            self.breaks += 1;
            self.element_under(local_name!("br"), Vec::new(), parent);
        }
    }

    fn text(&mut self, text: &str, parent: &Handle, preformatted: bool) {
        if preformatted {
            self.write(&keep_wide_spaces(text), parent);
            return;
        }
        let blank = |c: char| c.is_ascii_whitespace() || c == KEPT_SPACE;
        let core = text.trim_matches(blank);
        if core.is_empty() {
            self.space |= !text.is_empty();
            return;
        }
        let mut normal = String::with_capacity(core.len().saturating_add(1));
        if std::mem::take(&mut self.space) || text.starts_with(blank) {
            normal.push(' ');
        }
        collapse(core, &mut normal);
        self.write(&normal, parent);
        self.space = text.ends_with(blank);
    }

    fn write(&mut self, text: &str, parent: &Handle) {
        self.out.append(parent, NodeOrText::AppendText(StrTendril::from_slice(text)));
        if text.trim().is_empty() {
            return;
        }
        self.last = parent.clone();
        self.written = self.written.saturating_add(1);
        self.breaks = 0;
        if let Some(shown) = &mut self.shown
            && shown.len() < MAX_SHOWN
        {
            shown.push_str(text);
        }
    }

    fn image(&mut self, attributes: &[Attribute], parent: &Handle) {
        self.note(Code::RemoteImageRemoved, 1);
        let alt = attribute(attributes, "alt").map(sanitizer_japanese::single_line).unwrap_or_default();
        if !alt.is_empty() {
            self.text(&format!("［画像: {alt}］"), parent, false);
        }
    }

    fn link(&mut self, id: usize, attributes: &[Attribute], parent: &Handle, inherited: Inherited) {
        let href = attribute(attributes, "href").unwrap_or_default();
        let before = self.written;
        let outer = self.shown.replace(String::new());
        self.children(id, parent, inherited);
        let shown = std::mem::replace(&mut self.shown, outer).unwrap_or_default();
        let target = Target::of(href);
        if target == Target::Active {
            self.note(Code::ActiveContentRemoved, 1);
        }
        if self.written == before {
            // A picture without words is still something to click on.
            if !matches!(target, Target::Web(_))
                || !self.tree.children(id).iter().any(|&child| self.tree.name(child) == "img")
            {
                return;
            }
            self.text("［画像］", parent, false);
        }
        let mark = match target {
            Target::Web(url) => {
                let host = host_shown(&shown).filter(|host| !same_site(host, &url));
                self.links.number(defang(&url), host.as_deref().map(defang_host)).map(|number| format!("[{number}]"))
            }
            Target::Contact(contact) if !shown.contains(&contact) => Some(format!("（{contact}）")),
            Target::Contact(_) | Target::Nowhere | Target::Active => None,
        };
        if let Some(mark) = mark {
            let last = self.last.clone();
            self.out.append(&last, NodeOrText::AppendText(StrTendril::from_slice(&mark)));
        }
    }

    fn ordered_list(&mut self, id: usize, attributes: &[Attribute], parent: &Handle, inherited: Inherited) {
        self.boundary();
        let start = attribute(attributes, "start").and_then(|start| start.parse::<u16>().ok()).unwrap_or(1);
        let name = QualName::new(None, ns!(), local_name!("start"));
        let first = Attribute { name, value: StrTendril::from_slice(&start.to_string()) };
        let list = self.element_under(local_name!("ol"), vec![first], parent);
        for &child in self.tree.children(id) {
            if self.tree.name(child) == "li" {
                self.node(child, &list, inherited);
            } else if self.has_text(child) {
                // The layout leaves out what is no item.
                let item = self.open(local_name!("li"), &list);
                self.node(child, &item, inherited);
            }
        }
        self.boundary();
    }

    fn row(&mut self, id: usize, parent: &Handle, inherited: Inherited) {
        let cells: Vec<usize> = self
            .tree
            .children(id)
            .iter()
            .copied()
            .filter(|&cell| matches!(self.tree.name(cell), "td" | "th"))
            .collect();
        let filled = cells.iter().filter(|&&cell| self.has_text(cell)).count();
        let lines: Option<Vec<usize>> = cells.iter().map(|&cell| self.one_line(cell)).collect();
        let block = self.open(local_name!("div"), parent);
        match lines {
            Some(lines) if filled >= 2 => {
                let last = cells.iter().rposition(|&cell| self.has_text(cell)).unwrap_or_default();
                for (at, (&cell, &content)) in cells.iter().zip(&lines).enumerate().take(last.saturating_add(1)) {
                    if at > 0 {
                        self.space = false;
                        self.out.append(&block, NodeOrText::AppendText(StrTendril::from_slice(CELL)));
                    }
                    if let Some(inherited) = self.inherit(cell, inherited) {
                        self.children(content, &block, inherited);
                    }
                }
            }
            _ => self.children(id, &block, inherited),
        }
        self.boundary();
    }

    /// The element whose children make up the one line of `cell`; `None` if it has more than one line.
    fn one_line(&self, cell: usize) -> Option<usize> {
        let mut at = cell;
        loop {
            let mut significant = self.tree.children(at).iter().copied().filter(|&child| self.is_significant(child));
            match (significant.next(), significant.next()) {
                (Some(only), None) if matches!(self.tree.name(only), "p" | "div" | "center") => at = only,
                _ => break,
            }
        }
        self.is_inline_below(at).then_some(at)
    }

    fn is_significant(&self, id: usize) -> bool {
        match self.tree.node(id).map(|node| &node.content) {
            Some(Content::Text(text)) => !text.trim().is_empty(),
            Some(Content::Element(..)) => true,
            Some(Content::Other) | None => false,
        }
    }

    fn is_inline_below(&self, id: usize) -> bool {
        self.tree.children(id).iter().all(|&child| {
            let name = self.tree.name(child);
            !matches!(name, "br" | "hr" | "tr" | "table" | "ol" | "pre" | "form")
                && block_name(name).is_none()
                && self.is_inline_below(child)
        })
    }

    /// True if anything below `id` would be text in the copy.
    fn has_text(&self, id: usize) -> bool {
        match self.tree.node(id).map(|node| &node.content) {
            Some(Content::Text(text)) => !text.trim().is_empty(),
            Some(Content::Element(name, _)) if matches!(&*name.local, "style" | "script" | "template") => false,
            Some(Content::Element(name, attributes)) if &*name.local == "img" => {
                attribute(attributes, "alt").is_some_and(|alt| !alt.trim().is_empty())
            }
            Some(Content::Element(..) | Content::Other) => {
                self.tree.children(id).iter().any(|&child| self.has_text(child))
            }
            None => false,
        }
    }

    fn note(&mut self, code: Code, count: u32) {
        self.findings.note(code, count);
    }
}

/// The block that stands for an element in the copy; `None` for what flows in a line.
fn block_name(name: &str) -> Option<LocalName> {
    Some(match name {
        "p" | "table" | "figure" | "dl" => local_name!("p"),
        "div" | "center" | "section" | "article" | "header" | "footer" | "nav" | "main" | "aside" | "figcaption"
        | "fieldset" | "legend" | "address" | "details" | "summary" | "caption" | "td" | "th" | "dt" | "marquee"
        | "hgroup" | "search" | "optgroup" | "dialog" => local_name!("div"),
        "dd" => local_name!("dd"),
        "ul" | "menu" | "dir" => local_name!("ul"),
        "li" => local_name!("li"),
        "blockquote" => local_name!("blockquote"),
        "h1" => local_name!("h1"),
        "h2" => local_name!("h2"),
        "h3" => local_name!("h3"),
        "h4" => local_name!("h4"),
        "h5" => local_name!("h5"),
        "h6" => local_name!("h6"),
        _ => return None,
    })
}

/// Appends `core` with its blanks as single ones; a line end of the source between two wide characters is no blank.
fn collapse(core: &str, out: &mut String) {
    let mut rest = core;
    while let Some(at) = rest.find(|c: char| c.is_ascii_whitespace() || matches!(c, KEPT_SPACE | '\u{3000}')) {
        let (word, tail) = rest.split_at(at);
        out.push_str(word);
        if let Some(after) = tail.strip_prefix('\u{3000}') {
            out.push(KEPT_SPACE);
            rest = after;
            continue;
        }
        rest = tail.trim_start_matches(|c: char| c.is_ascii_whitespace() || c == KEPT_SPACE);
        let (blanks, _) = tail.split_at(tail.len().saturating_sub(rest.len()));
        let joined = blanks.contains('\n') && out.ends_with(is_wide) && rest.starts_with(is_wide);
        if !joined {
            out.push(' ');
        }
    }
    out.push_str(rest);
}

fn keep_wide_spaces(text: &str) -> String {
    text.replace(KEPT_SPACE, " ").replace('\u{3000}', KEPT_SPACE.encode_utf8(&mut [0; 4]))
}

const fn is_wide(c: char) -> bool {
    matches!(c, '\u{3001}'..='\u{30FF}' | '\u{3400}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}' | '\u{FF01}'..='\u{FF5E}')
}
