//! Comma, tab and semicolon separated values.
//!
//! Refuses: files over the budget. Invariant: no cell of the output starts a formula in a spreadsheet, whichever of the
//! delimiters it splits at and wherever it believes a quote to begin; reading the output gives the same cells again.

use std::borrow::Cow;

use sanitizer_api::{Assurance, Budget, Code, Hints, Rebuilt, SanitizeError, Sanitizer};

use crate::plain::{differs_beyond_line_ends, file_text};

/// Candidates, the most usual first. Which one a spreadsheet splits at is up to its country settings, not to us.
const DELIMITERS: [char; 3] = [',', '\t', ';'];

/// In the first line it tells a spreadsheet to split at the character that follows, whatever that is.
const SEPARATOR: &str = "sep=";

/// A table of values; the same for both names a table comes under, whatever stands between its cells.
#[derive(Debug, Clone, Copy)]
pub struct Csv;

/// A table whose name says that tabs stand between its cells.
#[derive(Debug, Clone, Copy)]
pub struct Tsv;

impl Sanitizer for Tsv {
    fn name(&self) -> &'static str {
        "text/tsv"
    }

    fn version(&self) -> u32 {
        1
    }

    fn sanitize(&self, input: &[u8], hints: Hints<'_>, budget: &mut Budget) -> Result<Rebuilt, SanitizeError> {
        let rebuilt = Csv.sanitize(input, hints, budget)?;
        Ok(Rebuilt { media_type: "text/tab-separated-values", ..rebuilt })
    }
}

impl Sanitizer for Csv {
    fn name(&self) -> &'static str {
        "text/csv"
    }

    fn version(&self) -> u32 {
        1
    }

    fn sanitize(&self, input: &[u8], hints: Hints<'_>, budget: &mut Budget) -> Result<Rebuilt, SanitizeError> {
        let (text, mut findings) = file_text(input, hints, budget)?;
        let delimiter = delimiter(&text);
        let mut writer =
            Writer { delimiter, out: String::with_capacity(text.len()), neutralised: 0, first: true, opening: true };
        read(&text, delimiter, &mut writer);
        findings.note(Code::FormulaNeutralised, writer.neutralised);
        findings.note(Code::TextRebuilt, u32::from(differs_beyond_line_ends(input, &writer.out)));
        budget.spend_output(writer.out.len())?;
        Ok(Rebuilt {
            bytes: writer.out.into_bytes(),
            media_type: "text/csv",
            assurance: Assurance::Rebuilt,
            findings: findings.into_vec(),
            links: Vec::new(),
            places: Vec::new(),
        })
    }
}

/// The candidate that stands most often outside quotes.
fn delimiter(text: &str) -> char {
    let mut counts = [0usize; DELIMITERS.len()];
    let mut quoted = false;
    let mut cell_start = true;
    for c in text.chars() {
        let starts = std::mem::replace(&mut cell_start, c == '\n' || DELIMITERS.contains(&c));
        if c == '"' && (quoted || starts) {
            quoted = !quoted;
            // A doubled quote closes and opens again.
            cell_start = !quoted;
        } else if !quoted && let Some(at) = DELIMITERS.iter().position(|&d| d == c) {
            counts.iter_mut().skip(at).take(1).for_each(|count| *count += 1);
        }
    }
    let best = counts.iter().max().copied().unwrap_or_default();
    DELIMITERS.into_iter().zip(counts).find(|&(_, count)| count == best).map_or(',', |(delimiter, _)| delimiter)
}

/// Reads the cells as RFC 4180 has them; what breaks its rules is taken as it stands.
fn read(text: &str, delimiter: char, writer: &mut Writer) {
    let mut cell = String::new();
    let mut quoted = false;
    let mut started = false;
    let mut row_open = false;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        row_open = true;
        match c {
            '"' if quoted && chars.next_if_eq(&'"').is_some() => cell.push('"'),
            '"' if quoted => quoted = false,
            c if quoted => cell.push(c),
            '"' if !started => (quoted, started) = (true, true),
            '\n' => {
                writer.cell(&cell);
                writer.end_row();
                cell.clear();
                (started, row_open) = (false, false);
            }
            c if c == delimiter => {
                writer.cell(&cell);
                cell.clear();
                started = false;
            }
            c => {
                cell.push(c);
                started = true;
            }
        }
    }
    if row_open {
        writer.cell(&cell);
        writer.end_row();
    }
}

struct Writer {
    delimiter: char,
    out: String,
    neutralised: u32,
    /// Nothing was written of this row yet.
    first: bool,
    /// Nothing was written of this file yet.
    opening: bool,
}

impl Writer {
    fn cell(&mut self, cell: &str) {
        if !std::mem::replace(&mut self.first, false) {
            self.out.push(self.delimiter);
        }
        let cell = self.inert(cell);
        let quotes = cell.contains(|c: char| matches!(c, '"' | '\n') || DELIMITERS.contains(&c))
            || cell.starts_with(' ')
            || cell.ends_with(' ');
        if quotes {
            self.out.push('"');
            self.out.push_str(&cell.replace('"', "\"\""));
            self.out.push('"');
        } else {
            self.out.push_str(&cell);
        }
    }

    /// `cell` with an apostrophe before each of its pieces that some spreadsheet may take for a cell of its own and run.
    fn inert<'c>(&mut self, cell: &'c str) -> Cow<'c, str> {
        let opening = std::mem::replace(&mut self.opening, false);
        let splits = |c: char| c == '\n' || DELIMITERS.contains(&c);
        let is_formula = |at: usize, piece: &str| {
            starts_formula(piece.trim_start_matches(is_margin))
                || (at == 0 && (starts_formula(cell) || (opening && is_separator_line(cell))))
        };
        if !cell.split(splits).enumerate().any(|(at, piece)| is_formula(at, piece)) {
            return Cow::Borrowed(cell);
        }
        let mut inert = String::with_capacity(cell.len().saturating_add(8));
        for (at, piece) in cell.split_inclusive(splits).enumerate() {
            if is_formula(at, piece.trim_end_matches(splits)) {
                self.neutralised = self.neutralised.saturating_add(1);
                inert.push('\'');
            }
            inert.push_str(piece);
        }
        Cow::Owned(inert)
    }

    fn end_row(&mut self) {
        self.out.push_str("\r\n");
        self.first = true;
    }
}

/// What a spreadsheet passes over in front of a cell, if it does not believe itself inside quotes.
fn is_margin(c: char) -> bool {
    c == '"' || c.is_whitespace()
}

fn is_separator_line(cell: &str) -> bool {
    let start = cell.trim_start_matches(is_margin).get(..SEPARATOR.len());
    start.is_some_and(|start| start.eq_ignore_ascii_case(SEPARATOR))
}

/// True if a spreadsheet may run `cell`.
fn starts_formula(cell: &str) -> bool {
    if cell.starts_with(['\t', '\r', '\n']) {
        return true;
    }
    let cell = cell.trim_start();
    match cell.chars().next() {
        Some('=' | '＝' | '@' | '＠') => true,
        Some('+' | '＋' | '-' | '－') => !is_number_like(cell),
        _ => false,
    }
}

/// A signed number, a telephone number, or dashes that stand for an empty cell.
fn is_number_like(cell: &str) -> bool {
    let mut chars = cell.trim_end().chars().skip(1).peekable();
    let mut previous = ' ';
    let mut dashes_only = cell.starts_with(['-', '－']);
    while let Some(c) = chars.next() {
        let fits = match c {
            '-' | '－' => true,
            c if is_digit(c) => true,
            ',' | '.' | '，' | '．' | ' ' | '(' | ')' | '%' | '％' | '¥' | '￥' => true,
            'e' | 'E' => {
                let signed = chars.next_if(|&next| matches!(next, '+' | '-')).is_some();
                is_digit(previous) && (signed || chars.peek().copied().is_some_and(is_digit))
            }
            _ => false,
        };
        if !fits {
            return false;
        }
        dashes_only &= matches!(c, '-' | '－');
        previous = c;
    }
    dashes_only || is_digit(previous) || matches!(previous, ')' | '%' | '％')
}

const fn is_digit(c: char) -> bool {
    matches!(c, '0'..='9' | '０'..='９')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::laws;

    fn check(input: &str, output: &str, neutralised: u32) {
        let rebuilt = Csv.sanitize(input.as_bytes(), Hints::default(), &mut Budget::generous()).unwrap();
        assert_eq!(std::str::from_utf8(&rebuilt.bytes), Ok(output));
        let count = rebuilt.findings.iter().find(|f| f.code == Code::FormulaNeutralised).map_or(0, |f| f.count);
        assert_eq!(count, neutralised, "{input}");
        laws::hold(&Csv, input.as_bytes(), None);
    }

    #[test]
    fn tables_keep_their_cells_and_their_delimiter() {
        check("a,b\n1,2\n", "a,b\r\n1,2\r\n", 0);
        check("a\tb\r\n1\t2", "a\tb\r\n1\t2\r\n", 0);
        check("a;b\n\"1;5\";2\n", "a;b\r\n\"1;5\";2\r\n", 0);
        check("氏名,備考\n\"佐藤\",\"一行目\r\n二行目\"\n", "氏名,備考\r\n佐藤,\"一行目\n二行目\"\r\n", 0);
        check("a \"b\" c,\"d\"\"e\"x,\n", "\"a \"\"b\"\" c\",\"d\"\"ex\",\r\n", 0);
        check("\"open, never closed", "\"open, never closed\"\r\n", 0);
        check("", "", 0);
        check("\n\na", "\r\n\r\na\r\n", 0);
        check("\"a;b;c\",x\n", "\"a;b;c\",x\r\n", 0);
        check("001,090-1234-5678\n", "001,090-1234-5678\r\n", 0);
    }

    #[test]
    fn formulas_become_text() {
        for cell in [
            "=1+1",
            "＝cmd",
            "@SUM(A1)",
            "＠x",
            "+cmd|calc",
            "-2+3+cmd|x",
            "-1+2",
            " =1",
            "\u{3000}=1",
            "-A1",
            "＋A1",
            "-1e",
            "+",
        ] {
            let shown = format!("'{cell}");
            check(&format!("{cell},x\n"), &format!("{shown},x\r\n"), 1);
        }
        check("\"=1,2\"\n", "\"'=1,2\"\r\n", 1);
        check("\"\t=1\",x,y\n", "\"'\t'=1\",x,y\r\n", 2);
        check("\"\n=1\",x,y\n", "\"'\n'=1\",x,y\r\n", 2);
    }

    #[test]
    fn a_formula_inside_a_cell_is_none_in_a_spreadsheet_that_splits_elsewhere() {
        for (table, inert, count) in [
            ("a;b;\"c,=x|y!z&\"\",d\"\n", "a;b;\"c,'=x|y!z&\"\",d\"\r\n", 1),
            ("a;b;\"c\n=x|y!z\"\n;;;\n", "a;b;\"c\n'=x|y!z\"\r\n;;;\r\n", 1),
            ("a;b;c, =x\n", "a;b;\"c,' =x\"\r\n", 1),
            ("a;b;\"c,\"\"=x\"\n", "a;b;\"c,'\"\"=x\"\r\n", 1),
            ("a\tb\tc,@x;+y|z\n", "a\tb\t\"c,'@x;'+y|z\"\r\n", 2),
            ("\"\"\"=x\",b\n", "\"'\"\"=x\",b\r\n", 1),
            ("a;b;\"1,-5\"\n", "a;b;\"1,-5\"\r\n", 0),
            ("\"a,\n\",b\n", "\"a,\n\",b\r\n", 0),
        ] {
            check(table, inert, count);
        }
    }

    #[test]
    fn a_first_line_that_chooses_the_delimiter_is_an_ordinary_cell() {
        check("sep=|\na|=x\n", "'sep=|\r\na|=x\r\n", 1);
        check("\"SEP=:\"\na:=x\n", "'SEP=:\r\na:=x\r\n", 1);
        check("a\nsep=|\n", "a\r\nsep=|\r\n", 0);
    }

    #[test]
    fn numbers_with_signs_stay_numbers() {
        for cell in [
            "-12",
            "+3.5",
            "-1e5",
            "-1E-5",
            "－５",
            "+81-3-1234-5678",
            "+81 (3) 1234",
            "-",
            "---",
            "－",
            "-5%",
            "-¥100",
        ] {
            check(&format!("{cell},x\n"), &format!("{cell},x\r\n"), 0);
        }
        check("\"-1,234\",x\n", "\"-1,234\",x\r\n", 0);
    }

    #[test]
    fn shift_jis_tables_become_utf_8() {
        let rebuilt = Csv
            .sanitize(
                b"\x8E\x81\x96\xBC,=1\r\n",
                Hints { charset: Some("cp932"), ..Hints::default() },
                &mut Budget::generous(),
            )
            .unwrap();
        assert_eq!(rebuilt.bytes, "氏名,'=1\r\n".as_bytes());
        let codes: Vec<_> = rebuilt.findings.iter().map(|f| f.code).collect();
        assert_eq!(codes, [Code::FormulaNeutralised, Code::TextRebuilt]);
    }
}
