//! One XML part being written, in one spelling: double quotes, no declaration but at the root, `<a/>` for what is empty.
//!
//! Refuses: characters that XML cannot hold (dropped and counted), and more bytes than [`MAX_OUTPUT`]. Invariant: `<`
//! and `>` stand in the text only where an element begins or ends, so what is cut out later leaves whole mark-up.

use std::ops::Range;

use sanitizer_api::SanitizeError;

use super::space::{self, SPACES, SpaceId};

/// Bytes of one written part.
const MAX_OUTPUT: usize = 128 * 1024 * 1024;
const DECLARATION: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n";

/// Bytes that are not written as they are, or that may begin a character that is not.
const SPECIAL: [bool; 256] = {
    let mut special = [false; 256];
    let mut rest = special.as_mut_slice();
    let mut at = 0_u16;
    while let [first, others @ ..] = rest {
        *first =
            at < 0x20 || at == b'&' as u16 || at == b'<' as u16 || at == b'>' as u16 || at == b'"' as u16 || at == 0xEF;
        at += 1;
        rest = others;
    }
    special
};

/// Text of a part.
#[derive(Debug, Default)]
pub(crate) struct Output {
    body: String,
    /// A start tag waits for its `>`.
    pending: bool,
    /// Where the declarations of the root go.
    root: usize,
    used: u64,
    cuts: Vec<Range<usize>>,
    /// Characters that were dropped.
    pub(crate) dropped: usize,
}

impl Output {
    /// Begins an element.
    pub(crate) fn open(&mut self, space: SpaceId, name: &str) -> Result<(), SanitizeError> {
        self.settle();
        self.check()?;
        self.uses(space);
        self.body.push('<');
        self.body.push_str(name);
        if self.root == 0 {
            self.root = self.body.len();
        }
        self.pending = true;
        Ok(())
    }

    /// Whether all of it was written.
    ///
    /// # Errors
    /// [`SanitizeError::LimitReached`] if something was left out because the part grew too large.
    pub(crate) fn check(&self) -> Result<(), SanitizeError> {
        if self.body.len() > MAX_OUTPUT {
            return Err(SanitizeError::LimitReached { what: "size of a part" });
        }
        Ok(())
    }

    /// Adds an attribute to the element that was just begun.
    pub(crate) fn attribute(&mut self, space: SpaceId, name: &str, value: &str) {
        self.uses(space);
        self.body.push(' ');
        self.body.push_str(name);
        self.body.push_str("=\"");
        self.escape(value, true);
        self.body.push('"');
    }

    /// Adds character data.
    pub(crate) fn text(&mut self, text: &str) {
        if !text.is_empty() {
            self.settle();
            self.escape(text, false);
        }
    }

    /// Ends the element `name`.
    pub(crate) fn close(&mut self, name: &str) {
        if std::mem::take(&mut self.pending) {
            self.body.push_str("/>");
        } else {
            self.body.push_str("</");
            self.body.push_str(name);
            self.body.push('>');
        }
    }

    /// Where the next element will begin.
    pub(crate) fn place(&mut self) -> usize {
        self.settle();
        self.body.len()
    }

    /// Marks the whole element that began at `from` and ends here to be left out.
    pub(crate) fn cut(&mut self, range: Range<usize>) {
        self.cuts.push(range);
    }

    fn settle(&mut self) {
        if std::mem::take(&mut self.pending) {
            self.body.push('>');
        }
    }

    /// Notes that a namespace must be declared.
    pub(crate) fn uses(&mut self, space: SpaceId) {
        self.used |= 1 << u32::from(space).min(63);
    }

    fn escape(&mut self, text: &str, in_attribute: bool) {
        let mut from = 0;
        for (at, byte) in text.bytes().enumerate() {
            if !SPECIAL.get(usize::from(byte)).is_some_and(|special| *special) {
                continue;
            }
            let Some(c) = text.get(at..).and_then(|rest| rest.chars().next()) else { continue };
            let written = match c {
                '&' => "&amp;",
                '<' => "&lt;",
                '>' => "&gt;",
                '"' if in_attribute => "&quot;",
                '\r' => "&#13;",
                '\n' if in_attribute => "&#10;",
                '\t' if in_attribute => "&#9;",
                '\n' | '\t' => continue,
                '\0'..='\u{1F}' | '\u{FFFE}' | '\u{FFFF}' => {
                    self.dropped += 1;
                    ""
                }
                _ => continue,
            };
            self.body.push_str(text.get(from..at).unwrap_or_default());
            self.body.push_str(written);
            if self.body.len() > MAX_OUTPUT {
                return;
            }
            from = at + c.len_utf8();
        }
        self.body.push_str(text.get(from..).unwrap_or_default());
    }

    /// The bytes of the part.
    pub(crate) fn finish(mut self) -> Vec<u8> {
        let mut body = if self.cuts.is_empty() { self.body } else { apply(&self.body, &mut self.cuts) };
        let mut out = String::with_capacity(4096);
        let used = |at: usize| at > 1 && self.used >> at.min(63) & 1 == 1;
        let ignorable: Vec<_> = SPACES
            .iter()
            .enumerate()
            .filter(|(at, space)| used(*at) && space.ignorable)
            .map(|(_, s)| s.prefix)
            .collect();
        for (_, space) in SPACES
            .iter()
            .enumerate()
            .filter(|(at, space)| used(*at) || (space.prefix == space::MC && !ignorable.is_empty()))
        {
            out.push_str(&format!(" xmlns:{}=\"{}\"", space.prefix, space.uri));
        }
        if !ignorable.is_empty() {
            out.push_str(&format!(" mc:Ignorable=\"{}\"", ignorable.join(" ")));
        }
        if body.is_char_boundary(self.root) {
            body.insert_str(self.root, &out);
        }
        body.insert_str(0, DECLARATION);
        body.shrink_to_fit();
        body.into_bytes()
    }
}

/// `body` without `cuts`; an element that is empty then is written as one.
fn apply(body: &str, cuts: &mut [Range<usize>]) -> String {
    cuts.sort_by_key(|cut| (cut.start, cut.end));
    let mut out = String::with_capacity(body.len());
    let mut from = 0;
    for cut in cuts.iter() {
        if cut.start >= from {
            append(&mut out, body.get(from..cut.start).unwrap_or_default());
        }
        from = from.max(cut.end);
    }
    append(&mut out, body.get(from..).unwrap_or_default());
    out
}

/// Appends `piece`; if it closes the element whose start tag is the end of `out`, that becomes an empty element.
fn append(out: &mut String, piece: &str) {
    match piece.strip_prefix("</").and_then(|rest| rest.split_once('>')) {
        Some((_, rest)) if is_opening(out) => {
            out.pop();
            out.push_str("/>");
            out.push_str(rest);
        }
        _ => out.push_str(piece),
    }
}

/// True if `out` ends in a start tag.
fn is_opening(out: &str) -> bool {
    out.rfind('<').and_then(|at| out.get(at..)).is_some_and(|tag| {
        tag.ends_with('>') && !tag.ends_with("/>") && !tag.starts_with("</") && !tag.starts_with("<?")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_cut_out_leaves_whole_mark_up() {
        let mut out = Output::default();
        out.open(2, "w:p").unwrap();
        out.open(2, "w:r").unwrap();
        let from = out.place();
        out.open(2, "w:t").unwrap();
        out.attribute(0, "a", "1 > \"2\"");
        out.text("a<b>\u{1}");
        out.close("w:t");
        let to = out.place();
        out.cut(from..to);
        out.close("w:r");
        out.close("w:p");
        assert_eq!(out.dropped, 1);
        let text = String::from_utf8(out.finish()).unwrap();
        assert!(text.ends_with("/2006/main\"><w:r/></w:p>"), "{text}");
    }
    #[test]
    fn text_that_grows_when_it_is_written_ends_at_the_limit() {
        let mut out = Output::default();
        out.open(2, "w:t").unwrap();
        let text = "&".repeat(MAX_OUTPUT / 8);
        out.text(&text);
        assert!(out.check().is_ok());
        out.text(&text);
        out.text(&text);
        assert!(out.check().is_err() && out.body.len() < MAX_OUTPUT + 1_000);
    }
}
