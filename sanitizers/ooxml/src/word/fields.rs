//! Fields of word processing documents: which may stay, and where the others are cut out.
//!
//! Refuses: every field whose name is not listed, whose instruction has a field in it, or which does not end. Of those
//! the result stays as text. Invariant: an instruction is judged whole, over all the runs that hold it.

use std::ops::Range;

use sanitizer_api::Code;

use crate::xml::filter::Scene;
use crate::xml::space;

/// Fields that compute from the document, the calendar or nothing.
const LISTED: &[&str] = &[
    "=",
    "ADVANCE",
    "AUTONUM",
    "AUTONUMLGL",
    "AUTONUMOUT",
    "CREATEDATE",
    "DATE",
    "EQ",
    "FORMCHECKBOX",
    "FORMDROPDOWN",
    "FORMTEXT",
    "INDEX",
    "LISTNUM",
    "NOTEREF",
    "NUMPAGES",
    "PAGE",
    "PAGEREF",
    "PRINTDATE",
    "REF",
    "SAVEDATE",
    "SECTION",
    "SECTIONPAGES",
    "SEQ",
    "STYLEREF",
    "SYMBOL",
    "TC",
    "TIME",
    "TOC",
    "XE",
];
/// Fields inside one another that are followed; more are flattened.
const MAX_FIELDS: usize = 64;
/// Bytes of an instruction.
const MAX_INSTRUCTION: usize = 64 * 1024;
/// Bytes of the name of a bookmark; Word takes 40 characters.
const MAX_BOOKMARK: usize = 1_000;
/// What may stand in an instruction beside text of other kinds: runs, marks of places and of changes.
const IN_INSTRUCTION: &[&str] = &[
    "w:bookmarkEnd",
    "w:bookmarkStart",
    "w:commentRangeEnd",
    "w:commentRangeStart",
    "w:del",
    "w:delInstrText",
    "w:fldChar",
    "w:ins",
    "w:instrText",
    "w:moveFrom",
    "w:moveFromRangeEnd",
    "w:moveFromRangeStart",
    "w:moveTo",
    "w:moveToRangeEnd",
    "w:moveToRangeStart",
    "w:permEnd",
    "w:permStart",
    "w:r",
    "w:rPr",
];

/// What is to be done with a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It stays.
    Keep,
    /// It stays as a link to this bookmark and nothing else; see [`jump`].
    Jump(String),
    /// Its result stays.
    Flatten,
    /// Its result stays; it led to this target.
    Link(String),
}

/// Judges an instruction.
pub(crate) fn judge(instruction: &str) -> Verdict {
    // Words take many times the memory of their text.
    if instruction.len() > MAX_INSTRUCTION {
        return Verdict::Flatten;
    }
    let words = words(instruction);
    let first = words.first().map(String::as_str).unwrap_or_default();
    let name = if first.starts_with('=') { "=".to_owned() } else { first.to_ascii_uppercase() };
    match name.as_str() {
        "HYPERLINK" => link(words.get(1..).unwrap_or_default()),
        name if LISTED.contains(&name) => Verdict::Keep,
        _ => Verdict::Flatten,
    }
}

/// Judges what stands behind the name of a link. Readers differ in what they take for the value of a switch, so such
/// a field is never written as it was.
fn link(words: &[String]) -> Verdict {
    let (mut place, mut rest) = (None, words.iter());
    while let Some(word) = rest.next() {
        match word.strip_prefix('\\').map(str::to_ascii_lowercase).as_deref() {
            Some("l") if place.is_none() => place = rest.next(),
            Some("o" | "t") => {
                rest.next();
            }
            Some("h" | "m" | "n" | "s") => {}
            None if !word.is_empty() => return Verdict::Link(word.clone()),
            _ => return Verdict::Flatten,
        }
    }
    match place.filter(|place| is_bookmark(place)) {
        Some(place) => Verdict::Jump(place.clone()),
        None => Verdict::Flatten,
    }
}

/// True for what may be the name of a bookmark and is no address, whoever reads it.
pub(crate) fn is_bookmark(place: &str) -> bool {
    let is_odd = |c: char| c.is_control() || matches!(c, ':' | '/' | '\\' | '"' | '\u{201C}'..='\u{201F}' | '\u{FF02}');
    !place.trim().is_empty() && place.len() <= MAX_BOOKMARK && !place.contains(is_odd)
}

/// The instruction of a link to the bookmark `place`.
pub(crate) fn jump(place: &str) -> String {
    format!("HYPERLINK \\l \"{place}\"")
}

/// The words of an instruction; quotes hold words together and are gone. A word may be empty if it was quoted.
fn words(instruction: &str) -> Vec<String> {
    let mut words = vec![(String::new(), false)];
    let mut is_open = false;
    for c in instruction.chars() {
        match (c, words.last_mut()) {
            ('"' | '\u{201C}' | '\u{201D}', Some((_, is_quoted))) => {
                is_open = !is_open;
                *is_quoted = true;
            }
            (c, _) if c.is_whitespace() && !is_open => words.push((String::new(), false)),
            (c, Some((word, _))) => word.push(c),
            (_, None) => {}
        }
    }
    words.into_iter().filter(|(word, is_quoted)| *is_quoted || !word.is_empty()).map(|(word, _)| word).collect()
}

/// Tells of a field that does not stay.
pub(crate) fn tell(verdict: &Verdict, scene: &mut Scene<'_>) {
    match verdict {
        Verdict::Keep | Verdict::Jump(_) => {}
        Verdict::Flatten => scene.report.add(Code::FieldFlattened),
        Verdict::Link(target) => scene.report.link(target),
    }
}

/// In which tracked changes something stands: in a deleted text, in an inserted one, and in which of them.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
struct Change {
    is_deleted: bool,
    is_inserted: bool,
    number: usize,
}

impl Change {
    /// Of what stands here; `number` counts the changes so far.
    fn of(name: &str, number: usize, scene: &Scene<'_>) -> Self {
        let is_in = |names: [&str; 2]| scene.open.iter().any(|open| names.contains(open));
        let is_deleted = name == "w:delInstrText" || is_in(["w:del", "w:moveFrom"]);
        let is_inserted = is_in(["w:ins", "w:moveTo"]);
        Self { is_deleted, is_inserted, number: if is_deleted || is_inserted { number } else { 0 } }
    }

    fn is_kind_of(self, other: Self) -> bool {
        (self.is_deleted, self.is_inserted) == (other.is_deleted, other.is_inserted)
    }
}

#[derive(Debug, Default)]
struct Field {
    instruction: String,
    /// Its result has begun.
    in_result: bool,
    /// Fields that are open inside the instruction.
    inner: usize,
    /// The instruction is not all that some reader takes for it, or is too long.
    is_odd: bool,
    /// Where its beginning stands; who accepts one change and not another must not get another field.
    change: Change,
    /// Where its instruction stands.
    spoken: Option<Change>,
    /// The pieces of its instruction.
    pieces: Vec<Range<usize>>,
    /// It was written anew.
    is_anew: bool,
    /// What goes if it is flattened.
    cuts: Vec<Range<usize>>,
}

impl Field {
    fn verdict(&self) -> Verdict {
        match judge(&self.instruction) {
            _ if self.is_odd => Verdict::Flatten,
            Verdict::Jump(_) if self.is_anew => Verdict::Keep,
            // One in a tracked change would have to be written as part of it.
            Verdict::Jump(_) if self.in_result || self.change != Change::default() => Verdict::Flatten,
            verdict => verdict,
        }
    }

    /// A piece of the instruction or a mark stands in `change`.
    fn stands_in(&mut self, change: Change, is_piece: bool) {
        self.is_odd |= !change.is_kind_of(self.change);
        if is_piece {
            self.is_odd |= *self.spoken.get_or_insert(change) != change;
        }
    }
}

/// The fields of one part; text boxes have their own.
#[derive(Debug, Default)]
pub(crate) struct Fields {
    stories: Vec<Vec<Field>>,
    open: Vec<Field>,
    /// Tracked changes so far.
    changes: usize,
}

impl Fields {
    /// A text of its own begins (a text box, a note, a comment).
    pub(crate) fn begin_story(&mut self) {
        self.stories.push(std::mem::take(&mut self.open));
    }

    /// It ends; fields that are still open are flattened.
    pub(crate) fn end_story(&mut self, scene: &mut Scene<'_>) {
        for field in std::mem::take(&mut self.open) {
            flatten(field, &Verdict::Flatten, scene);
        }
        self.open = self.stories.pop().unwrap_or_default();
    }

    /// Adds to the instruction at hand.
    pub(crate) fn instruct(&mut self, text: &str) {
        let Some(field) = self.open.last_mut().filter(|field| !field.in_result && field.inner == 0) else { return };
        if field.instruction.len().saturating_add(text.len()) > MAX_INSTRUCTION {
            field.is_odd = true;
        } else {
            field.instruction.push_str(text);
        }
    }

    /// A field that is one element stands where an instruction may be: what it shows may be part of that.
    pub(crate) fn disturb(&mut self) {
        if let Some(field) = self.open.last_mut().filter(|field| !field.in_result) {
            field.is_odd = true;
        }
    }

    /// The element `name` will be written. Readers take all text before the result for the instruction.
    pub(crate) fn meet(&mut self, name: &str, scene: &Scene<'_>) {
        if matches!(name, "w:ins" | "w:del" | "w:moveFrom" | "w:moveTo") {
            self.changes = self.changes.saturating_add(1);
        }
        let is_look = || scene.open.iter().any(|open| matches!(*open, "w:rPr" | "w:fldChar"));
        if self.open.last().is_some_and(|field| !field.in_result) && !IN_INSTRUCTION.contains(&name) && !is_look() {
            self.disturb();
        }
    }

    /// The mark that separates instruction and result will be written: links are written anew in front of it.
    pub(crate) fn separate(&mut self, scene: &mut Scene<'_>) {
        let change = Change::of("", self.changes, scene);
        let Some(field) = self.open.last_mut().filter(|field| !field.in_result && field.inner == 0) else { return };
        field.stands_in(change, false);
        let Verdict::Jump(place) = field.verdict() else { return };
        let from = scene.out.place();
        write(&jump(&place), "w:instrText", scene);
        let to = scene.out.place();
        for piece in field.pieces.drain(..) {
            scene.out.cut(piece);
        }
        field.is_anew = true;
        field.cuts.push(from..to);
    }

    /// A child of a run was written: a mark of a field, part of an instruction, or anything else.
    pub(crate) fn run_child(&mut self, name: &str, mark: &str, range: Range<usize>, scene: &mut Scene<'_>) {
        let is_instruction = matches!(name, "w:instrText" | "w:delInstrText");
        let change = Change::of(name, self.changes, scene);
        if name != "w:fldChar" {
            match self.open.last_mut() {
                Some(field) if !field.in_result && name != "w:rPr" => {
                    if is_instruction {
                        field.stands_in(change, true);
                        field.pieces.push(range.clone());
                    }
                    field.cuts.push(range);
                }
                _ if is_instruction => scene.out.cut(range),
                _ => {}
            }
            return;
        }
        let has_room = self.open.len() < MAX_FIELDS;
        match (mark, self.open.last_mut()) {
            ("begin", Some(field)) if !field.in_result => {
                field.inner += 1;
                field.is_odd = true;
                field.cuts.push(range);
            }
            ("begin", _) if has_room => {
                self.open.push(Field { change, cuts: vec![range], ..Field::default() });
            }
            ("separate", Some(field)) => {
                if field.inner == 0 {
                    field.in_result = true;
                }
                field.cuts.push(range);
            }
            ("end", Some(field)) if field.inner > 0 => {
                field.inner -= 1;
                field.cuts.push(range);
            }
            ("end", Some(_)) => {
                let Some(mut field) = self.open.pop() else { return };
                field.cuts.push(range);
                field.stands_in(change, false);
                let verdict = field.verdict();
                if verdict != Verdict::Keep {
                    if !field.in_result && !field.is_odd {
                        show(&field.instruction, scene);
                    }
                    flatten(field, &verdict, scene);
                }
            }
            _ => scene.out.cut(range),
        }
    }
}

/// Writes `text` into the run at hand.
fn write(text: &str, name: &'static str, scene: &mut Scene<'_>) {
    let (w, xml) = (space::by_prefix("w").unwrap_or(0), space::by_prefix("xml").unwrap_or(0));
    if scene.out.open(w, name).is_ok() {
        scene.out.attribute(xml, "xml:space", "preserve");
        scene.out.text(text);
        scene.out.close(name);
    }
}

/// Writes what a button without result shows into the run at hand.
fn show(instruction: &str, scene: &mut Scene<'_>) {
    let words = words(instruction);
    let is_button =
        words.first().is_some_and(|name| ["MACROBUTTON", "GOTOBUTTON"].contains(&name.to_uppercase().as_str()));
    let shown = words.get(2..).unwrap_or_default().join(" ");
    if is_button && !shown.is_empty() {
        write(&shown, "w:t", scene);
    }
}

fn flatten(field: Field, verdict: &Verdict, scene: &mut Scene<'_>) {
    tell(verdict, scene);
    for cut in field.cuts {
        scene.out.cut(cut);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_fields_that_look_at_the_document_stay() {
        let link = |target: &str| Verdict::Link(target.to_owned());
        let jump = |place: &str| Verdict::Jump(place.to_owned());
        let cases = [
            (" PAGE \\* MERGEFORMAT ", Verdict::Keep),
            ("page", Verdict::Keep),
            ("=SUM(ABOVE)", Verdict::Keep),
            (" EQ \\* jc2 \\o\\ad(\\s\\up 9(ふり),振)", Verdict::Keep),
            ("HYPERLINK \\l \"_Toc1\"", jump("_Toc1")),
            ("HYPERLINK \\l \"第 1 章\" \\h \\o \"x y\"", jump("第 1 章")),
            ("HYPERLINK \\o \"\" \\l \u{201C}a b\u{201D}", jump("a b")),
            ("HYPERLINK \"http://a.example/\" \\l \"x\"", link("http://a.example/")),
            ("HYPERLINK \\l a file://x", link("file://x")),
            ("HYPERLINK", Verdict::Flatten),
            ("HYPERLINK \\l \"\" \"http://a.example/\"", link("http://a.example/")),
            ("HYPERLINK \\l \\l \"http://a.example/\"", link("http://a.example/")),
            ("HYPERLINK \\t \"\" \"http://a.example/\" \\l", link("http://a.example/")),
            ("HYPERLINK \\t \\l \"http://a.example/\"", link("http://a.example/")),
            ("HYPERLINK \\n \\l \"\" \\\\\\\\host\\\\share", Verdict::Flatten),
            ("HYPERLINK \\l \"http://a.example/\"", Verdict::Flatten),
            ("HYPERLINK \\l \"a\\\" b\"", link("b")),
            ("HYPERLINK \\l a \\http://a.example/", Verdict::Flatten),
            ("HYPERLINK \\h", Verdict::Flatten),
            ("HYPERLINK \"\" \\l \"a\"", Verdict::Flatten),
            ("\"\" DDE", Verdict::Flatten),
            ("DDEAUTO c:\\\\windows\\\\cmd.exe \"/k calc\"", Verdict::Flatten),
            ("\"DDE\" x", Verdict::Flatten),
            ("INCLUDEPICTURE \"http://a\" \\d", Verdict::Flatten),
            ("MACROBUTTON x", Verdict::Flatten),
            ("", Verdict::Flatten),
        ];
        for (instruction, expected) in cases {
            assert_eq!(judge(instruction), expected, "{instruction}");
        }
        assert_eq!(judge(&format!("PAGE {}", "a ".repeat(MAX_INSTRUCTION))), Verdict::Flatten);
    }
}
