//! Tables: told apart into those of data and those that only place things on the page.
//!
//! Refuses: to take a table for data if anything of it would be lost or squeezed. Invariant: what is not data is read as
//! blocks, in order.

use sanitizer_api::Code;

use super::dom::Content;
use super::look::{Attributes, Look};
use super::reader::{Entered, Leave, Reader};
use super::style::Element;
use super::table::{Cell, Row, lay_out};
use super::tag::Tag;
use super::wrap::width;
use super::writer::Writer;
use crate::autolink::disarm;
use crate::url::defang_text;

/// Columns of a page that is read in a mail program.
const PAGE: usize = 78;
/// Narrowest page, inside quotes and lists.
const MIN_PAGE: usize = 40;
/// Longest cell of data, in bytes of its source; a longer one is prose.
const MAX_CELL: u32 = 600;
/// Longest cell where only the shape speaks for data.
const MAX_SHORT: u32 = 150;
/// Longest row that is shown as one line, in bytes.
const MAX_LINE: u32 = 200;
/// Least text of a table that is set apart from what is around it, in bytes.
const CARD: u32 = 120;
/// Least height of an empty row that parts paragraphs, in CSS pixels.
const SPACER: u32 = 8;
/// Most columns or rows that a cell covers.
const MAX_SPAN: usize = 64;

/// What speaks for a table of data, and against.
#[derive(Default)]
struct Signs {
    rows: usize,
    /// Rows with two or more filled cells.
    full: usize,
    /// Most cells of a row.
    columns: usize,
    /// Its author says so: headings, a caption, lines.
    said: bool,
    never: bool,
    longest: u32,
    /// Cells with more than text.
    heavy: usize,
}

impl Signs {
    const fn is_data(&self) -> bool {
        if self.never || self.columns < 2 || self.rows < 2 || self.longest > MAX_CELL {
            return false;
        }
        self.said || (self.heavy == 0 && self.longest <= MAX_SHORT && self.full * 3 >= self.rows * 2)
    }
}

impl<'a> Reader<'a> {
    /// Starts a table that places things; one of data is written whole.
    pub(crate) fn start_table(&mut self, entered: &Entered<'a>) -> Option<Leave> {
        let signs = self.signs(entered);
        let indent = self.writer.indent;
        self.writer.end_line();
        if self.writer.flat > 0 || self.setting || !signs.is_data() {
            // A card of a newsletter is a paragraph.
            let gap = self.facts(entered.id).text > CARD;
            if gap {
                self.writer.gap();
            }
            return Some(Leave::Block { gap, indent, marker: false });
        }
        self.writer.gap();
        let Entered { id, tag, attributes, look, .. } = *entered;
        let mut rows = Vec::new();
        // Whatever a table of data holds is read inside it: a second one there would be one more on the stack.
        self.setting = true;
        self.inside(tag, &attributes, |reader| reader.rows(id, look, false, &mut rows));
        self.setting = false;
        let page = PAGE.saturating_sub(self.writer.margin()).max(MIN_PAGE);
        for line in lay_out(rows, page) {
            if line.is_empty() {
                self.writer.gap();
            } else {
                self.writer.put(&line);
            }
        }
        self.writer.gap();
        None
    }

    /// True if the cells of the row can stand in one line.
    pub(crate) fn is_one_line(&self, row: usize) -> bool {
        let mut filled = 0usize;
        let mut text = 0u32;
        for cell in self.tree.children(row) {
            let facts = self.facts(cell);
            if facts.text == 0 {
                continue;
            }
            // The cell itself is one line, and may hold one block.
            if !self.tree.tag(cell).is_cell() || facts.lines > 2 || facts.heavy || facts.table {
                return false;
            }
            filled = filled.saturating_add(1);
            text = text.saturating_add(facts.text);
        }
        filled >= 2 && text <= MAX_LINE
    }

    /// True if the row only keeps others apart.
    pub(crate) fn is_spacer(&self, row: usize) -> bool {
        let tall = |cell: usize| match self.tree.node(cell).map(|node| node.content) {
            Some(Content::Element(_, written)) => {
                Attributes::of(written).height.trim_end_matches("px").parse().is_ok_and(|height: u32| height >= SPACER)
            }
            _ => false,
        };
        self.facts(row).text == 0 && (tall(row) || self.tree.children(row).next().is_some_and(tall))
    }

    fn signs(&self, table: &Entered<'a>) -> Signs {
        let role = table.attributes.role.trim();
        let mut signs = Signs {
            never: role.eq_ignore_ascii_case("presentation") || role.eq_ignore_ascii_case("none"),
            said: !matches!(table.attributes.border.trim(), "" | "0") || table.style.bordered == Some(true),
            ..Signs::default()
        };
        for child in self.tree.children(table.id) {
            match self.tree.tag(child) {
                Tag::Tr => self.row_signs(child, &mut signs),
                Tag::Caption => {
                    signs.said |= self.facts(child).text > 0;
                    signs.never |= self.facts(child).table;
                }
                tag if tag.is_section() => {
                    signs.said |= tag == Tag::Thead;
                    for row in self.tree.children(child) {
                        if self.tree.tag(row) == Tag::Tr {
                            self.row_signs(row, &mut signs);
                        } else {
                            signs.never |= self.facts(row).text > 0;
                        }
                    }
                }
                // What stands beside the rows would be lost.
                _ => signs.never |= self.facts(child).text > 0,
            }
        }
        signs
    }

    fn row_signs(&self, row: usize, signs: &mut Signs) {
        let (mut cells, mut filled) = (0usize, 0usize);
        for cell in self.tree.children(row) {
            let facts = self.facts(cell);
            let tag = self.tree.tag(cell);
            if !tag.is_cell() {
                signs.never |= facts.text > 0;
                continue;
            }
            cells = cells.saturating_add(1);
            if facts.text == 0 {
                continue;
            }
            filled = filled.saturating_add(1);
            signs.said |= tag == Tag::Th || self.has_lines(cell);
            signs.never |= facts.table;
            signs.longest = signs.longest.max(facts.text);
            signs.heavy = signs.heavy.saturating_add(usize::from(facts.heavy || facts.lines > 6));
        }
        signs.columns = signs.columns.max(cells);
        if filled > 0 {
            signs.rows = signs.rows.saturating_add(1);
            signs.full = signs.full.saturating_add(usize::from(filled > 1));
        }
    }

    /// True if the author drew lines around the cell.
    fn has_lines(&self, cell: usize) -> bool {
        match self.tree.node(cell).map(|node| node.content) {
            Some(Content::Element(_, written)) if written.contains("border") => {
                Attributes::of(written).declared().usual.bordered == Some(true)
            }
            _ => false,
        }
    }

    /// Does `read` with the element on the list of ancestors.
    fn inside(&mut self, tag: Tag, attributes: &Attributes<'a>, read: impl FnOnce(&mut Self)) {
        self.ancestors_mut().push(Element::new(tag, attributes));
        read(self);
        self.ancestors_mut().pop();
    }

    /// The rows below a table or a section.
    fn rows(&mut self, id: usize, look: Look, heading: bool, rows: &mut Vec<Row>) {
        let children: Vec<usize> = self.tree.children(id).collect();
        for child in children {
            let Some(Content::Element(tag, written)) = self.tree.node(child).map(|node| node.content) else { continue };
            let attributes = Attributes::of(written);
            match tag {
                Tag::Caption => {
                    let end = self.tree.end(child);
                    self.walk(child, end, look);
                }
                Tag::Tr => {
                    if let Some(entered) = self.styled(child, tag, attributes, look) {
                        let row = self.row(&entered, heading);
                        rows.push(row);
                    }
                }
                tag if tag.is_section() => {
                    if let Some(entered) = self.styled(child, tag, attributes, look) {
                        self.inside(tag, &attributes, |reader| {
                            reader.rows(child, entered.look, tag == Tag::Thead, rows);
                        });
                    }
                }
                _ => self.beside(child, tag, look),
            }
        }
    }

    /// What stands in a table but in none of its cells: it has no words, yet it is counted, and a picture may lead on.
    fn beside(&mut self, id: usize, tag: Tag, look: Look) {
        if tag != Tag::Br {
            let end = self.tree.end(id);
            self.walk(id, end, look);
            self.writer.end_line();
        }
    }

    fn row(&mut self, row: &Entered<'a>, heading: bool) -> Row {
        let (cells, others): (Vec<usize>, Vec<usize>) =
            self.tree.children(row.id).partition(|&cell| self.tree.tag(cell).is_cell());
        let all_headings = !cells.is_empty() && cells.iter().all(|&cell| self.tree.tag(cell) == Tag::Th);
        let mut out = Row { cells: Vec::with_capacity(cells.len()), heading: heading || all_headings };
        self.inside(row.tag, &row.attributes, |reader| {
            for other in others {
                if let Some(Content::Element(tag, _)) = reader.tree.node(other).map(|node| node.content) {
                    reader.beside(other, tag, row.look);
                }
            }
            for cell in cells {
                let tag = reader.tree.tag(cell);
                let Some(Content::Element(_, written)) = reader.tree.node(cell).map(|node| node.content) else {
                    continue;
                };
                if let Some(entered) = reader.styled(cell, tag, Attributes::of(written), row.look) {
                    out.cells.push(reader.cell(&entered));
                }
            }
        });
        out
    }

    fn cell(&mut self, cell: &Entered<'a>) -> Cell {
        let outside = std::mem::take(&mut self.writer);
        self.writer.pieces = outside.pieces;
        let end = self.tree.end(cell.id);
        self.inside(cell.tag, &cell.attributes, |reader| reader.walk(cell.id.saturating_add(1), end, cell.look));
        let inside = std::mem::replace(&mut self.writer, outside);
        self.writer.pieces = inside.pieces;
        let span = |written: &str| written.trim().parse::<usize>().unwrap_or(1).clamp(1, MAX_SPAN);
        // Right is where a single paragraph of the cell says so, too.
        let right = cell.attributes.is_right() || cell.style.right == Some(true) || self.paragraph_is_right(cell.id);
        Cell {
            lines: self.inert(inside),
            columns: span(cell.attributes.columns),
            rows: span(cell.attributes.rows),
            right,
        }
    }

    fn paragraph_is_right(&self, cell: usize) -> bool {
        let mut blocks = self.tree.children(cell).filter(|&child| self.facts(child).text > 0);
        let (Some(only), None) = (blocks.next(), blocks.next()) else { return false };
        match self.tree.node(only).map(|node| node.content) {
            Some(Content::Element(Tag::P | Tag::Div, written)) => {
                let attributes = Attributes::of(written);
                attributes.is_right() || attributes.declared().usual.right == Some(true)
            }
            _ => false,
        }
    }

    /// The lines of a cell without empty ones, inert already: what makes them longer must come before columns are set.
    fn inert(&mut self, cell: Writer) -> Vec<String> {
        let text = cell.finish();
        let mut lines = Vec::new();
        for line in text.lines().filter(|line| width(line) > 0 && !line.trim().is_empty()) {
            let (line, disarmed) = disarm(defang_text(line.to_owned(), &mut self.seen.links));
            self.seen.findings.note(Code::LinkDisabled, disarmed);
            lines.push(line);
        }
        lines
    }
}
