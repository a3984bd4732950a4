//! The rows that vendors and users added to the Japanese standards.
//!
//! They are carried over to Shift_JIS, whose decoder knows them, by arithmetic; no table is kept here.
//! Refuses: cells without a character. Invariant: a cell gives one code point or none.

use std::sync::LazyLock;

use encoding_rs::{EUC_JP, Encoding, SHIFT_JIS};

/// First private code point: the first user-defined character (Shift_JIS F040).
const USER: u32 = 0xE000;
/// Cells of a row.
const CELLS: u32 = 94;

/// Text that is put together from pieces in several charsets.
pub(crate) struct Pieces {
    text: String,
    pending: Vec<u8>,
    table: &'static Encoding,
}

impl Pieces {
    /// For text of about `length` bytes.
    pub(crate) fn with_capacity(length: usize) -> Self {
        Self { text: String::with_capacity(length), pending: Vec::with_capacity(length), table: EUC_JP }
    }

    /// Whole characters in `table`, an encoding that contains ASCII.
    pub(crate) fn bytes(&mut self, table: &'static Encoding, bytes: &[u8]) {
        if table != self.table {
            self.flush();
            self.table = table;
        }
        self.pending.extend_from_slice(bytes);
    }

    /// One ASCII byte.
    pub(crate) fn ascii(&mut self, byte: u8) {
        self.pending.push(byte);
    }

    /// One character, or the mark of a sequence without one.
    pub(crate) fn push(&mut self, c: Option<char>) {
        self.flush();
        self.text.push(c.unwrap_or(char::REPLACEMENT_CHARACTER));
    }

    fn flush(&mut self) {
        if !self.pending.is_empty() {
            self.text.push_str(&self.table.decode_without_bom_handling(&self.pending).0);
            self.pending.clear();
        }
    }

    /// The text, with U+FFFD for each sequence without a reading.
    pub(crate) fn finish(mut self) -> String {
        self.flush();
        self.text
    }
}

/// Writes the character of JIS X 0208 and what was added behind it: `row` 1 to 119, `cell` 1 to 94.
pub(crate) fn kanji(row: u8, cell: u8, out: &mut Pieces) {
    match row {
        1..=94 => out.bytes(EUC_JP, &[row.wrapping_add(0xA0), cell.wrapping_add(0xA0)]),
        95..=114 => out.push(user(row.saturating_sub(95), cell)),
        _ => out.push(ibm(row, cell)),
    }
}

/// Writes the character of JIS X 0212 and what eucJP-ms added behind it: `row` and `cell` 1 to 94.
pub(crate) fn supplement(row: u8, cell: u8, out: &mut Pieces) {
    match row {
        83 if cell >= 83 => out.push(ibm_rest(cell.saturating_sub(83))),
        84 => out.push(ibm_rest(cell.saturating_add(11))),
        85..=94 => out.push(user(row.saturating_sub(75), cell)),
        _ => out.bytes(EUC_JP, &[0x8F, row.wrapping_add(0xA0), cell.wrapping_add(0xA0)]),
    }
}

/// The user-defined character in the `row`th row of them, from 0.
pub(crate) fn user(row: u8, cell: u8) -> Option<char> {
    char::from_u32(USER + u32::from(row) * CELLS + u32::from(cell.checked_sub(1)?))
}

/// The IBM character in rows 115 to 119.
fn ibm(row: u8, cell: u8) -> Option<char> {
    let lead = row.checked_sub(1)? / 2 + 0xC1;
    let trail = match (row % 2, cell) {
        (0, cell) => cell.checked_add(0x9E)?,
        (_, 64..) => cell.checked_add(0x40)?,
        (_, cell) => cell.checked_add(0x3F)?,
    };
    single(SHIFT_JIS, &[lead, trail])
}

/// The one character that `bytes` are.
fn single(table: &'static Encoding, bytes: &[u8]) -> Option<char> {
    let text = table.decode_without_bom_handling_and_without_replacement(bytes)?;
    let mut chars = text.chars();
    chars.next().filter(|_| chars.next().is_none())
}

/// The `number`th of the IBM characters that JIS X 0212 lacks, in IBM's order: what eucJP-ms has from 8FF3F3 on.
fn ibm_rest(number: u8) -> Option<char> {
    static REST: LazyLock<Vec<char>> = LazyLock::new(|| {
        let cells = |rows: std::ops::RangeInclusive<u8>| rows.flat_map(|row| (1..=94).map(move |cell| (row, cell)));
        let standard: Vec<char> =
            cells(1..=77).filter_map(|(row, cell)| single(EUC_JP, &[0x8F, row + 0xA0, cell + 0xA0])).collect();
        // The standard has № too, but eucJP-ms repeats it; these signs, which JIS X 0208 has, it does not repeat.
        let is_left = |c: &char| !matches!(c, '￢' | '￤' | '∵') && (*c == '№' || !standard.contains(c));
        cells(115..=119).filter_map(|(row, cell)| ibm(row, cell)).filter(is_left).collect()
    });
    REST.get(usize::from(number)).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(write: impl FnOnce(&mut Pieces)) -> String {
        let mut pieces = Pieces::with_capacity(8);
        write(&mut pieces);
        pieces.finish()
    }

    #[test]
    fn rows_of_vendors_are_found_by_arithmetic() {
        for (row, cell, expected) in [
            (1, 1, "　"),
            (13, 1, "①"),
            (48, 1, "弌"),
            (89, 1, "纊"),
            (92, 94, "＂"),
            (95, 1, "\u{E000}"),
            (114, 94, "\u{E757}"),
            (115, 1, "ⅰ"),
            (115, 21, "￢"),
            (115, 28, "∵"),
            (117, 94, "薰"),
            (119, 12, "黑"),
            (119, 13, "\u{FFFD}"),
            (9, 1, "\u{FFFD}"),
        ] {
            assert_eq!(text(|out| kanji(row, cell, out)), expected, "{row} {cell}");
        }
    }

    #[test]
    fn the_rows_of_euc_jp_ms_are_the_ibm_characters_that_the_standard_lacks() {
        for (row, cell, expected) in [
            (16, 3, "丅"),
            (83, 83, "ⅰ"),
            (83, 94, "Ⅱ"),
            (84, 1, "Ⅲ"),
            (84, 12, "№"),
            (84, 29, "﨑"),
            (84, 91, "髙"),
            (84, 94, "黑"),
            (83, 82, "\u{FFFD}"),
            (85, 1, "\u{E3AC}"),
            (94, 94, "\u{E757}"),
        ] {
            assert_eq!(text(|out| supplement(row, cell, out)), expected, "{row} {cell}");
        }
    }

    #[test]
    fn every_cell_gives_one_character_or_none() {
        for cell in 1..=94 {
            for row in 1..=119 {
                assert_eq!(text(|out| kanji(row, cell, out)).chars().count(), 1, "{row} {cell}");
            }
            for row in 1..=94 {
                assert_eq!(text(|out| supplement(row, cell, out)).chars().count(), 1, "{row} {cell}");
            }
        }
    }
}
