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

/// What is to be done with a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It stays.
    Keep,
    /// Its result stays.
    Flatten,
    /// Its result stays; it led to this target.
    Link(String),
}

/// Judges an instruction.
pub(crate) fn judge(instruction: &str) -> Verdict {
    let words = words(instruction);
    let first = words.first().map(String::as_str).unwrap_or_default();
    let name = if first.starts_with('=') { "=".to_owned() } else { first.to_ascii_uppercase() };
    if name == "HYPERLINK" {
        let target = words.get(1).filter(|word| !word.starts_with('\\'));
        return match target {
            Some(target) => Verdict::Link(target.clone()),
            None if is_jump(instruction, &words) => Verdict::Keep,
            None => Verdict::Flatten,
        };
    }
    if LISTED.contains(&name.as_str()) && instruction.len() <= MAX_INSTRUCTION {
        Verdict::Keep
    } else {
        Verdict::Flatten
    }
}

/// True for a link that leads to a bookmark, whoever reads it: quotes are plain ones, and the place is no address.
fn is_jump(instruction: &str, words: &[String]) -> bool {
    let is_plain =
        !instruction.contains(['\u{201C}', '\u{201D}', '\u{201E}', '\u{FF02}']) && !instruction.contains("\\\"");
    let place = words.iter().position(|word| word.eq_ignore_ascii_case("\\l")).and_then(|at| words.get(at + 1));
    is_plain && place.is_some_and(|place| !place.contains(['/', '\\'])) && only_switches(words)
}

/// True if every word behind the name is a switch or the value of `\l`, `\o` or `\t`.
fn only_switches(words: &[String]) -> bool {
    let mut takes_value = false;
    words.iter().skip(1).all(|word| {
        let is_switch = word.starts_with('\\');
        let fits = is_switch || takes_value;
        takes_value = is_switch && matches!(word.to_ascii_lowercase().as_str(), "\\l" | "\\o" | "\\t");
        fits
    })
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
        Verdict::Keep => {}
        Verdict::Flatten => scene.report.add(Code::FieldFlattened),
        Verdict::Link(target) => scene.report.link(target),
    }
}

#[derive(Debug, Default)]
struct Field {
    instruction: String,
    /// Its result has begun.
    in_result: bool,
    /// Fields that are open inside the instruction.
    inner: usize,
    /// There was such a field.
    is_nested: bool,
    /// What goes if it is flattened.
    cuts: Vec<Range<usize>>,
}

/// The fields of one part; text boxes have their own.
#[derive(Debug, Default)]
pub(crate) struct Fields {
    stories: Vec<Vec<Field>>,
    open: Vec<Field>,
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
        let is_open =
            |field: &&mut Field| !field.in_result && field.inner == 0 && field.instruction.len() <= MAX_INSTRUCTION;
        if let Some(field) = self.open.last_mut().filter(is_open) {
            field.instruction.push_str(text);
        }
    }

    /// A field, or what is none of its text, stands where an instruction may be: what it shows may be part of that.
    pub(crate) fn disturb(&mut self) {
        if let Some(field) = self.open.last_mut().filter(|field| !field.in_result) {
            field.is_nested = true;
        }
    }

    /// A child of a run was written: a mark of a field, part of an instruction, or anything else.
    pub(crate) fn run_child(&mut self, name: &str, mark: &str, range: Range<usize>, scene: &mut Scene<'_>) {
        let is_instruction = matches!(name, "w:instrText" | "w:delInstrText");
        if name != "w:fldChar" {
            match self.open.last_mut() {
                Some(field) if !field.in_result && name != "w:rPr" => {
                    let has_name = field.instruction.trim_start().contains(char::is_whitespace);
                    // A sign before the end of the name would be part of it.
                    field.is_nested |= !has_name && !is_instruction && !matches!(name, "w:t" | "w:delText" | "m:t");
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
                field.is_nested = true;
                field.cuts.push(range);
            }
            ("begin", _) if has_room => {
                self.open.push(Field { cuts: vec![range], ..Field::default() });
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
                let verdict = if field.is_nested { Verdict::Flatten } else { judge(&field.instruction) };
                if verdict != Verdict::Keep {
                    if !field.in_result && !field.is_nested {
                        show(&field.instruction, scene);
                    }
                    flatten(field, &verdict, scene);
                }
            }
            _ => scene.out.cut(range),
        }
    }
}

/// Writes what a button without result shows into the run at hand.
fn show(instruction: &str, scene: &mut Scene<'_>) {
    let words = words(instruction);
    let is_button =
        words.first().is_some_and(|name| ["MACROBUTTON", "GOTOBUTTON"].contains(&name.to_uppercase().as_str()));
    let shown = words.get(2..).unwrap_or_default().join(" ");
    let (w, xml) = (space::by_prefix("w").unwrap_or(0), space::by_prefix("xml").unwrap_or(0));
    if is_button && !shown.is_empty() && scene.out.open(w, "w:t").is_ok() {
        scene.out.attribute(xml, "xml:space", "preserve");
        scene.out.text(&shown);
        scene.out.close("w:t");
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
        let cases = [
            (" PAGE \\* MERGEFORMAT ", Verdict::Keep),
            ("page", Verdict::Keep),
            ("=SUM(ABOVE)", Verdict::Keep),
            (" EQ \\* jc2 \\o\\ad(\\s\\up 9(ふり),振)", Verdict::Keep),
            ("HYPERLINK \\l \"_Toc1\"", Verdict::Keep),
            ("HYPERLINK \\l \"_Toc1\" \\h \\o \"x y\"", Verdict::Keep),
            ("HYPERLINK \"http://a.example/\" \\l \"x\"", link("http://a.example/")),
            ("HYPERLINK \\l a file://x", Verdict::Flatten),
            ("HYPERLINK", Verdict::Flatten),
            ("HYPERLINK \\l \"\" \"http://a.example/\"", Verdict::Flatten),
            ("HYPERLINK \\l \"http://a.example/\"", Verdict::Flatten),
            ("HYPERLINK \\l \u{201C}a b\u{201D}", Verdict::Flatten),
            ("HYPERLINK \\l \"a\\\" b\"", Verdict::Flatten),
            ("HYPERLINK \\h", Verdict::Flatten),
            ("HYPERLINK \"\" \\l \"a\"", link("")),
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
    }
}
