//! The words of a formula, and whether it stays inside its workbook.
//!
//! Refuses: functions that are not listed, sheets that are not written, other workbooks (`[1]`), other programs
//! (`app|topic!item`), names that were left out, everything that does not read. Invariant: a formula is written as it
//! was or not at all.

use std::collections::BTreeSet;

use super::functions;
use crate::xml::filter::Memory;

/// Memory: names of sheets that are written, in lower case.
pub(crate) const SHEETS: &str = "sheets";
/// Memory: names that were left out, in lower case.
pub(crate) const LOST_NAMES: &str = "lost names";
/// Memory: names of functions that the workbook defines itself, in lower case.
pub(crate) const OWN_FUNCTIONS: &str = "own functions";
/// Bytes of a formula; Excel takes 8,192 characters.
const MAX_LENGTH: usize = 32 * 1024;
const ERRORS: [&str; 16] = [
    "#REF!",
    "#N/A",
    "#NAME?",
    "#VALUE!",
    "#DIV/0!",
    "#NULL!",
    "#NUM!",
    "#GETTING_DATA",
    "#SPILL!",
    "#CALC!",
    "#FIELD!",
    "#BLOCKED!",
    "#CONNECT!",
    "#BUSY!",
    "#UNKNOWN!",
    "#EXTERNAL!",
];

/// A word of a formula that says where it leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Word {
    /// A function is called.
    Function(String),
    /// A sheet, in lower case.
    Sheet(String),
    /// A cell, a table or a defined name, in lower case.
    Name(String),
}

/// True if `formula` may be written.
pub(crate) fn is_inside(formula: &str, memory: &Memory) -> bool {
    let none = BTreeSet::new();
    let sheets = memory.get(SHEETS).unwrap_or(&none);
    let lost = memory.get(LOST_NAMES).unwrap_or(&none);
    let own = memory.get(OWN_FUNCTIONS).unwrap_or(&none);
    read(formula, &mut |word| match word {
        Word::Function(name) => {
            let lower = name.to_lowercase();
            functions::is_known(&name) || (own.contains(&lower) && !lost.contains(&lower))
        }
        // `$` marks a place that does not move, or begins the name.
        Word::Sheet(name) => sheets.contains(&name) || sheets.contains(name.trim_start_matches('$')),
        Word::Name(name) => !lost.contains(&name) && functions::may_be_named(&name),
    })
}

/// True if `place` is a place in this workbook and no address.
pub(crate) fn is_place(place: &str, memory: &Memory) -> bool {
    !place.contains(['/', '\\']) && is_inside(place, memory)
}

/// The address that a formula with HYPERLINK leads to, if it is written in it.
pub(crate) fn link(formula: &str) -> Option<String> {
    let at = formula.to_ascii_uppercase().find("HYPERLINK(")?;
    let (_, rest) = formula.split_at_checked(at)?;
    let (_, rest) = rest.split_once('(')?;
    let target = rest.trim_start().strip_prefix('"')?.split('"').next()?;
    (!target.is_empty() && !target.starts_with('#')).then(|| target.to_owned())
}

/// Reads `formula`; false if it does not read or if `take` says no to a word.
pub(crate) fn read(formula: &str, take: &mut dyn FnMut(Word) -> bool) -> bool {
    if formula.len() > MAX_LENGTH {
        return false;
    }
    let mut rest = formula.strip_prefix('=').unwrap_or(formula);
    // The word before a colon: `Sheet1:Sheet3!A1` names two sheets.
    let mut before: Option<String> = None;
    let mut is_in_sheet = false;
    while let Some(first) = rest.chars().next() {
        let mut range = None;
        let was_in_sheet = std::mem::take(&mut is_in_sheet);
        rest = match first {
            '"' => match quoted(rest, '"') {
                Some((_, rest)) => rest,
                None => return false,
            },
            '\'' => {
                let Some((name, behind)) = quoted(rest, '\'') else { return false };
                let Some(behind) = behind.strip_prefix('!') else { return false };
                if !name.to_lowercase().split(':').all(|name| take(Word::Sheet(name.to_owned()))) {
                    return false;
                }
                is_in_sheet = true;
                behind
            }
            '#' => match ERRORS.iter().find_map(|error| rest.strip_prefix(error)) {
                Some(rest) => rest,
                None => return false,
            },
            '0'..='9' | '.' => match number(rest) {
                Some(rest) => rest,
                None => return false,
            },
            _ if is_letter(first) => match word(rest, before.take(), take) {
                Some((behind, name, is_sheet)) => {
                    // What stands on a sheet is a place on it, not another sheet.
                    range = name.filter(|_| !was_in_sheet);
                    is_in_sheet = is_sheet;
                    behind
                }
                None => return false,
            },
            ':' => {
                range = before.take();
                rest.strip_prefix(':').unwrap_or_default()
            }
            _ if first.is_whitespace() || "+-*/^&=<>%,;(){}@".contains(first) => {
                rest.strip_prefix(first).unwrap_or_default()
            }
            _ => return false,
        };
        before = range;
    }
    true
}

/// A word that begins with a letter: what is behind it, itself if a colon follows, and whether it names a sheet.
fn word<'a>(
    text: &'a str,
    before: Option<String>,
    take: &mut dyn FnMut(Word) -> bool,
) -> Option<(&'a str, Option<String>, bool)> {
    let end = text.find(|c| !is_inner(c)).unwrap_or(text.len());
    let (name, rest) = text.split_at_checked(end)?;
    let lower = name.to_lowercase();
    // Some readers take a function with a blank behind its name; a cell there is an intersection.
    let called = if is_cell(&lower) { rest } else { rest.trim_start() };
    if called.starts_with('(') {
        return take(Word::Function(name.to_owned())).then_some((rest, None, false));
    }
    if let Some(rest) = rest.strip_prefix('!') {
        let fits = before.is_none_or(|before| take(Word::Sheet(before))) && take(Word::Sheet(lower));
        return fits.then_some((rest, None, true));
    }
    let rest = if rest.starts_with('[') { column(rest)? } else { rest };
    let range = (rest.starts_with(':') && !is_cell(&lower)).then(|| lower.clone());
    take(Word::Name(lower)).then_some((rest, range, false))
}

/// True for a cell: `b3`, `$aa$10`.
fn is_cell(lower: &str) -> bool {
    let name = lower.strip_prefix('$').unwrap_or(lower);
    let digits = name.trim_start_matches(|c: char| c.is_ascii_lowercase());
    let letters = name.len() - digits.len();
    let digits = digits.strip_prefix('$').unwrap_or(digits);
    (1..=3).contains(&letters) && !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit())
}

/// What is behind the brackets of a table's column. What would read as the name of a file or sheet does not read.
fn column(text: &str) -> Option<&str> {
    let (mut depth, mut escaped) = (0_usize, false);
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\'' => escaped = true,
            '[' => depth += 1,
            ']' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            let (_, rest) = text.split_at_checked(at + 1)?;
            return (!rest.starts_with(|c| is_inner(c) || matches!(c, '!' | '[' | '\'' | '|'))).then_some(rest);
        }
    }
    None
}

/// A text between `quote`s, which stand twice for themselves; and what is behind.
fn quoted(text: &str, quote: char) -> Option<(String, &str)> {
    let mut rest = text.strip_prefix(quote)?;
    let mut content = String::new();
    loop {
        let (piece, behind) = rest.split_once(quote)?;
        content.push_str(piece);
        let Some(more) = behind.strip_prefix(quote) else { return Some((content, behind)) };
        content.push(quote);
        rest = more;
    }
}

/// What is behind a number.
fn number(text: &str) -> Option<&str> {
    let digits = |text: &str| text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (_, mut rest) = text.split_at_checked(digits(text))?;
    if let Some(exponent) = rest.strip_prefix(['E', 'e']) {
        let exponent = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
        (_, rest) = exponent.split_at_checked(digits(exponent))?;
    }
    (!rest.starts_with(|c| is_inner(c) || c == '!')).then_some(rest)
}

/// True for what a name may begin with. Japanese names may hold any sign that ASCII has not.
fn is_letter(c: char) -> bool {
    c.is_ascii_alphabetic() || matches!(c, '_' | '\\' | '$') || (!c.is_ascii() && !c.is_whitespace() && !c.is_control())
}

fn is_inner(c: char) -> bool {
    is_letter(c) || c.is_ascii_digit() || matches!(c, '.' | '?')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn memory() -> Memory {
        let set = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        Memory::from([
            (SHEETS, set(&["sheet1", "売上 2", "sheet3", "it's", "$額"])),
            (LOST_NAMES, set(&["gone", "f"])),
            (OWN_FUNCTIONS, set(&["税込", "f"])),
        ])
    }

    #[test]
    fn a_formula_that_stays_inside_is_written() {
        let formulas = [
            "SUM(A1:B$2)*1.5E-3",
            "'売上 2'!$A:$A",
            "'it''s'!A1",
            "Sheet1:Sheet3!A1",
            "'Sheet1:Sheet3'!A1",
            "IF(A1<>#N/A,{1,2;3,4},-(1%))",
            "表[[#This Row],[数 量]]",
            "SUM(表[列'[x]:表[y])",
            "TRUE",
            "税率",
            "_xlfn.LET(_xlpm.x,1,_xlpm.x)",
            "$1:$3",
            "1:1",
            "A1 B2",
            "Sheet1!#REF!",
            "#REF!$A$1",
            "ROUND( A1 , 0 )",
            "IF(A1,\n\"\"\"\",1)",
            "@A1:A3",
            ".5",
            "Sheet1!A1:Sheet1!B2",
            "SUM(A1:Sheet1!B2)",
            "$Sheet1!A1",
            "'$額'!$A$1",
            "Sheet1!表:Sheet1!B2",
            "税込(A1)",
            "BYROW(A1:C3,_xleta.SUM)",
            "SUM (A1)",
            "A1 (B1:C3)",
            "Sheet1!A1&\"a|b[1]\"",
        ];
        for formula in formulas {
            assert!(is_inside(formula, &memory()), "{formula}");
        }
    }

    #[test]
    fn a_formula_that_leads_out_is_not() {
        let formulas = [
            "[1]Sheet1!A1",
            "'[1]Sheet1'!A1",
            "[1]!name",
            "'C:\\a\\[b.xlsx]Sheet1'!A1",
            "C:\\a\\[b.xlsx]Sheet1!A1",
            "cmd|' /C calc'!A0",
            "'cmd|x'!A0",
            "a|b!c",
            "WEBSERVICE(\"http://x\")",
            "SUM(1,RTD(\"a\",,\"b\"))",
            "HYPERLINK(A1)",
            "Sheet2!A1",
            "Sheet2:Sheet3!A1",
            "Sheet3:Sheet2!A1",
            "gone+1",
            "Gone",
            "\"open",
            "A1`",
            "mine(1)",
            "F(1)",
            "WEBSERVICE (\"http://x\")",
            "RTD\n(1)",
            "MAP(A1:A3,_xleta.WEBSERVICE)",
            "_xlfn.LET(_xlpm.f,WEBSERVICE,_xlpm.f(A1))",
            "(webservice)(A1)",
            "BYROW(A1:C3,_xll.x)",
            "Table1[a",
            "a[b]Sheet1!A1",
            "'Sheet1'",
            "Macro1!A1()",
            "!A1",
            "x.xlsx!name",
        ];
        for formula in formulas {
            assert!(!is_inside(formula, &memory()), "{formula}");
        }
        assert!(!is_inside(&"1+".repeat(20_000), &memory()));
    }

    #[test]
    fn the_address_of_a_link_is_told() {
        assert_eq!(link("HYPERLINK(\"https://example.jp\",\"x\")").as_deref(), Some("https://example.jp"));
        assert_eq!(link("hyperlink( \"#A1\")"), None);
        assert_eq!(link("SUM(A1)"), None);
    }
}
