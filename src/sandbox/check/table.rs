//! The second look at tables: no spreadsheet may find a formula in one, whatever the worker says.
//!
//! Knows how tables are encoded, but nothing of rows and quotes: a spreadsheet that splits elsewhere reads them in another way. Refuses nothing by
//! itself. Invariant: one pass, no memory.

use std::borrow::Cow;

use sanitizer_protocol::TableEncoding;

use super::cp932;

/// Signs that may be typed as full-width ones.
const ALWAYS: [char; 4] = ['=', '＝', '@', '＠'];
const SIGNS: [char; 4] = ['+', '＋', '-', '－'];

/// What stands between the cells of one spreadsheet or another.
const DELIMITERS: [char; 5] = [',', ';', '\t', '\n', '\r'];

/// The text of a table that was to be written in this encoding, as far as [`runs`] needs it; `None` in any other.
pub(super) fn text(untrusted: &[u8], encoding: TableEncoding) -> Option<Cow<'_, str>> {
    let marked = || {
        let text = std::str::from_utf8(untrusted.strip_prefix(b"\xEF\xBB\xBF")?).ok();
        text.filter(|text| !text.is_ascii()).map(Cow::Borrowed)
    };
    match encoding {
        _ if untrusted.is_ascii() => std::str::from_utf8(untrusted).ok().map(Cow::Borrowed),
        TableEncoding::Utf8 => std::str::from_utf8(untrusted).ok().map(Cow::Borrowed),
        TableEncoding::Utf8Bom => marked(),
        TableEncoding::Cp932 => marked().or_else(|| cp932::shape(untrusted).map(Cow::Owned)),
    }
}

/// True if some piece of `text` between two delimiters could be a formula, or the first line chooses another delimiter.
pub(super) fn runs(text: &str) -> bool {
    let mut pieces = text.split(DELIMITERS).map(|piece| piece.trim_matches(|c: char| c == '"' || c.is_whitespace()));
    let first_line = text.lines().next().unwrap_or_default();
    let start = first_line.trim_start_matches(|c: char| c == '"' || c.is_whitespace()).get(..4);
    let chooses = start.is_some_and(|start| start.eq_ignore_ascii_case("sep="));
    chooses || pieces.any(is_formula)
}

fn is_formula(piece: &str) -> bool {
    piece.starts_with(ALWAYS) || (piece.starts_with(SIGNS) && !piece.chars().all(is_arithmetic))
}

/// What signed numbers, telephone numbers and sums of numbers are made of: nothing that names a cell or a program.
fn is_arithmetic(c: char) -> bool {
    SIGNS.contains(&c) || matches!(c, '0'..='9' | '０'..='９') || ".，．() %％¥￥eE".contains(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_reading_of_a_table_finds_a_formula() {
        for (table, expected) in [
            ("氏名,備考\r\n'=1,-5\r\n", false),
            ("+81 (3) 1234,---,\"-1,234\",-1e5,－５\r\n", false),
            ("'sep=|\r\n", false),
            ("\r\nsep=|\r\n", false),
            ("a=b,c@d.example\r\n", false),
            ("=1", true),
            ("a;b;\"c,=x|y!z&\"\",d\"\r\n", true),
            ("a,\"b\n =x\"\r\n", true),
            ("a,\"\"\"＝x\"\r\n", true),
            ("a\t@SUM(1)\r\n", true),
            ("-A1\r\n", true),
            ("+x|y\r\n", true),
            ("SEP=|\r\n", true),
            ("\"sep=|\"\r\n", true),
        ] {
            assert_eq!(runs(table), expected, "{table}");
        }
    }
}
