//! Lines of text as they are read: paragraphs, marks of quotes and lists, blanks as a browser collapses them.
//!
//! Refuses: more than one empty line in a row. Paragraphs are never wrapped here (mail programs do that). Invariant: the
//! output ends with a line end or is empty, no line ends with a blank, and the work is linear in the output.

/// Deepest quote that is shown with one mark a level.
const MAX_MARKS: u32 = 6;
/// Deepest indent in columns.
const MAX_INDENT: usize = 32;
/// Signs that make a line a heading by themselves.
const SIGNS: &str = "■□◆◇●○◎▼▽▲△★☆【《≪＜〈▶※";

/// A blank that is due before the next word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Blank {
    #[default]
    None,
    /// A line end of the source: nothing between two wide characters.
    Line,
    Space,
    /// Between two cells of a row that is one line.
    Cell,
}

/// Where text is written.
#[derive(Debug, Default)]
pub(crate) struct Writer {
    out: String,
    line: String,
    blank: Blank,
    /// An empty line is due.
    gap: bool,
    /// The empty line that is being written holds a blank that somebody typed.
    held: bool,
    /// Quotes around the next line, and around the last one.
    pub(crate) quotes: u32,
    quoted: u32,
    /// Columns before the next line.
    pub(crate) indent: usize,
    /// What stands in the indent of the next line only.
    pub(crate) marker: Option<String>,
    /// Blocks flow in the line.
    pub(crate) flat: u32,
    /// Pieces of text so far.
    pub(crate) pieces: u64,
}

impl Writer {
    /// Text whose blanks collapse.
    pub(crate) fn text(&mut self, text: &str) {
        let mut rest = text;
        loop {
            let blanks = blank_length(rest);
            if blanks > 0 {
                let (blank, tail) = rest.split_at_checked(blanks).unwrap_or((rest, ""));
                self.blank(blank);
                rest = tail;
            }
            if rest.is_empty() {
                return;
            }
            let (word, tail) = rest.split_at_checked(word_length(rest)).unwrap_or((rest, ""));
            self.word(word);
            rest = tail;
        }
    }

    fn blank(&mut self, blank: &str) {
        let new = if blank.contains('\n') { Blank::Line } else { Blank::Space };
        self.held |= !blank.is_ascii();
        if self.blank != Blank::Cell && self.blank != Blank::Space {
            self.blank = new;
        }
    }

    fn word(&mut self, word: &str) {
        match std::mem::take(&mut self.blank) {
            _ if self.line.is_empty() => {}
            Blank::Cell => self.line.push_str("  "),
            Blank::Space => self.line.push(' '),
            Blank::Line if !(self.line.ends_with(is_wide) && word.starts_with(is_wide)) => self.line.push(' '),
            Blank::Line | Blank::None => {}
        }
        self.line.push_str(word);
        self.pieces = self.pieces.saturating_add(1);
    }

    /// Text whose blanks and line ends all count.
    pub(crate) fn preformatted(&mut self, text: &str) {
        let mut lines = text.split('\n').peekable();
        while let Some(line) = lines.next() {
            let line = line.strip_suffix('\r').unwrap_or(line);
            for (at, piece) in line.split('\t').enumerate() {
                if at > 0 {
                    self.line.push_str("        ");
                }
                self.line.push_str(piece);
            }
            self.pieces = self.pieces.saturating_add(1);
            if lines.peek().is_some() {
                self.line_break();
            }
        }
    }

    /// A blank before the next word, if there is a word before it.
    pub(crate) fn space(&mut self) {
        self.blank(" ");
    }

    /// The next word belongs to another cell of the same line.
    pub(crate) fn cell(&mut self) {
        self.blank = Blank::Cell;
    }

    /// `mark` right behind the last text.
    pub(crate) fn mark(&mut self, mark: &str) {
        if !self.line.is_empty() {
            self.line.push_str(mark);
        } else if self.out.ends_with('\n') {
            self.out.pop();
            self.out.push_str(mark);
            self.out.push('\n');
        } else {
            self.word(mark);
        }
    }

    /// What was written as a line of its own by somebody who wanted it so.
    pub(crate) fn line_break(&mut self) {
        if self.flat > 0 {
            return self.space();
        }
        if self.line.trim().is_empty() {
            self.gap = true;
            self.held = false;
        }
        self.end_line();
    }

    /// Ends the line if there is one.
    pub(crate) fn end_line(&mut self) {
        if self.flat > 0 {
            return self.space();
        }
        self.blank = Blank::None;
        let held = std::mem::take(&mut self.held);
        let line = std::mem::take(&mut self.line);
        let text = line.trim_end();
        if text.is_empty() {
            self.gap |= held;
        } else {
            self.put(text);
        }
        self.line = line;
        self.line.clear();
    }

    /// Asks for an empty line before the next text.
    pub(crate) fn gap(&mut self) {
        if self.flat == 0 {
            self.gap = true;
        }
    }

    /// A whole line as it is.
    pub(crate) fn put(&mut self, text: &str) {
        if std::mem::take(&mut self.gap) && !self.out.is_empty() {
            let common = self.quotes.min(self.quoted);
            marks(common, &mut self.out);
            self.out.truncate(self.out.trim_end_matches(' ').len());
            self.out.push('\n');
        }
        marks(self.quotes, &mut self.out);
        self.quoted = self.quotes;
        let marker = self.marker.take().unwrap_or_default();
        let marker = if marker == "■ " && text.starts_with(|c| SIGNS.contains(c)) { "" } else { &marker };
        let indent = self.indent.min(MAX_INDENT).saturating_sub(marker.len().min(self.indent));
        self.out.extend(std::iter::repeat_n(' ', indent));
        self.out.push_str(marker);
        self.out.push_str(text);
        self.out.push('\n');
    }

    /// Columns that marks and indent take.
    pub(crate) fn margin(&self) -> usize {
        let marks = usize::try_from(self.quotes.min(MAX_MARKS).saturating_mul(2)).unwrap_or(0);
        marks.saturating_add(self.indent.min(MAX_INDENT))
    }

    /// Everything, with its last line ended.
    pub(crate) fn finish(mut self) -> String {
        self.flat = 0;
        self.end_line();
        self.out
    }
}

/// The marks before a line in `quotes` quotes; too many of them give way to their number.
fn marks(quotes: u32, out: &mut String) {
    if quotes > MAX_MARKS {
        out.push_str(&format!(">({quotes}) "));
    } else {
        for _ in 0..quotes {
            out.push_str("> ");
        }
    }
}

/// Bytes of the blanks at the start: those of ASCII and the no-break space.
fn blank_length(text: &str) -> usize {
    let mut length = 0usize;
    let mut rest = text.as_bytes();
    loop {
        let step = match rest {
            [b' ' | b'\t' | b'\n' | b'\r' | 0x0C, ..] => 1,
            [0xC2, 0xA0, ..] => 2,
            _ => return length,
        };
        length = length.saturating_add(step);
        rest = rest.get(step..).unwrap_or_default();
    }
}

/// Bytes before the next blank.
fn word_length(text: &str) -> usize {
    let bytes = text.as_bytes();
    let mut from = 0usize;
    loop {
        let Some(rest) = bytes.get(from..) else { return bytes.len() };
        let ends = |b: &u8| *b <= b' ' || *b == 0xC2;
        let Some(at) = rest.iter().position(ends).map(|at| from.saturating_add(at)) else { return bytes.len() };
        match (bytes.get(at), bytes.get(at.saturating_add(1))) {
            (Some(b' ' | b'\t' | b'\n' | b'\r' | 0x0C), _) | (Some(0xC2), Some(0xA0)) => return at,
            _ => from = at.saturating_add(1),
        }
    }
}

const fn is_wide(c: char) -> bool {
    matches!(c, '\u{3001}'..='\u{30FF}' | '\u{3400}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}' | '\u{FF01}'..='\u{FF5E}')
}
