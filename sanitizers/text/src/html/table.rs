//! Tables of data as lines: columns of equal width, numbers to the right, or one paragraph a row where there is no room.
//!
//! Refuses: grids of more than [`MAX_COLUMNS`] columns; their rows become paragraphs. Invariant: every line of every
//! cell is in the output once, and no number is broken.

use super::wrap::{widest_run, width, wrap};

/// Most columns that stand side by side.
const MAX_COLUMNS: usize = 16;
/// Narrowest column that text is wrapped in.
const MIN_COLUMN: usize = 12;
/// Most lines of a row whose cells are wrapped.
const MAX_WRAPPED: usize = 3;
/// Longest heading that is said again before each value, in columns.
const MAX_LABEL: usize = 24;
/// Most columns whose cells may reach down, or have a heading.
const MAX_COVERED: usize = 400;
/// Most bytes of headings that are said again.
const MAX_LABELS: usize = 200_000;

/// A cell and its place.
#[derive(Debug, Clone, Default)]
pub(crate) struct Cell {
    /// Its text.
    pub(crate) lines: Vec<String>,
    /// Columns and rows that it covers; at least one.
    pub(crate) columns: usize,
    pub(crate) rows: usize,
    /// Aligned to the right by its author.
    pub(crate) right: bool,
}

/// A row.
#[derive(Debug, Clone, Default)]
pub(crate) struct Row {
    /// Its cells from the left.
    pub(crate) cells: Vec<Cell>,
    /// It says what the columns are.
    pub(crate) heading: bool,
}

struct Placed<'a> {
    column: usize,
    cell: &'a Cell,
}

/// The lines of the table `rows` on a page of `page` columns; an empty line parts paragraphs.
pub(crate) fn lay_out(mut rows: Vec<Row>, page: usize) -> Vec<String> {
    rows.retain(|row| row.cells.iter().any(|cell| !cell.lines.is_empty()));
    let grid = place(&rows);
    let columns =
        grid.iter().flatten().map(|placed| placed.column.saturating_add(placed.cell.columns)).max().unwrap_or(0);
    let headings = headings(&rows, &grid, columns);
    if columns <= MAX_COLUMNS
        && let Some(lines) = side_by_side(&grid, columns, headings, page)
    {
        return lines;
    }
    // Where nobody can look up the column, its first short words are its heading.
    let short = |placed: &Placed<'_>| matches!(placed.cell.lines.as_slice(), [line] if width(line) <= MAX_LABEL);
    let said = grid.first().is_some_and(|first| columns >= 3 && first.len() == columns && first.iter().all(short));
    records(&grid, if headings == 0 && said && grid.len() > 1 { 1 } else { headings })
}

/// Cells with the columns in which they start: cells that reach down move those of later rows.
fn place(rows: &[Row]) -> Vec<Vec<Placed<'_>>> {
    let mut covered: Vec<usize> = Vec::new();
    let mut grid = Vec::with_capacity(rows.len());
    for row in rows {
        let mut column = 0usize;
        let mut placed = Vec::with_capacity(row.cells.len());
        for cell in &row.cells {
            while covered.get(column).is_some_and(|&left| left > 0) {
                column = column.saturating_add(1);
            }
            let end = column.saturating_add(cell.columns);
            if covered.len() < end.min(MAX_COVERED) {
                covered.resize(end.min(MAX_COVERED), 0);
            }
            for left in covered.iter_mut().take(end).skip(column) {
                *left = cell.rows;
            }
            placed.push(Placed { column, cell });
            column = end;
        }
        for left in &mut covered {
            *left = left.saturating_sub(1);
        }
        grid.push(placed);
    }
    grid
}

/// How many rows at the start say what the columns are.
fn headings(rows: &[Row], grid: &[Vec<Placed<'_>>], columns: usize) -> usize {
    let said = rows.iter().take_while(|row| row.heading).count();
    if said > 0 && said < rows.len() {
        return said;
    }
    // A first row of words over a column of numbers.
    let Some((first, rest)) = grid.split_first() else { return 0 };
    let words = first.len() == columns
        && columns <= MAX_COVERED
        && first.iter().all(|placed| !placed.cell.lines.is_empty() && !is_number(placed.cell));
    usize::from(words && (0..columns).any(|column| is_numeric(rest, column)))
}

/// True if the column holds numbers, and nothing else.
fn is_numeric(grid: &[Vec<Placed<'_>>], column: usize) -> bool {
    let mut filled = grid
        .iter()
        .flatten()
        .filter(|placed| placed.column == column && placed.cell.columns == 1 && !placed.cell.lines.is_empty())
        .peekable();
    filled.peek().is_some() && filled.all(|placed| is_number(placed.cell) || placed.cell.right)
}

fn is_number(cell: &Cell) -> bool {
    let [text] = cell.lines.as_slice() else { return false };
    let sign = |c: char| "+-−－±△▲()（）¥￥$＄€£ ".contains(c);
    let core = text.trim_start_matches(sign);
    let digit = |c: char| c.is_ascii_digit() || matches!(c, '０'..='９' | ',' | '.' | '，' | '．');
    let unit = core.trim_start_matches(digit);
    unit.len() < core.len()
        && unit.chars().count() <= 2
        && !unit.contains(['-', '/', ':', '月', '日', '年', '時', '分'])
}

/// Columns side by side; `None` if the page is too narrow.
fn side_by_side(grid: &[Vec<Placed<'_>>], columns: usize, headings: usize, page: usize) -> Option<Vec<String>> {
    let body = grid.get(headings..).unwrap_or_default();
    let right: Vec<bool> = (0..columns).map(|column| is_numeric(body, column)).collect();
    let widths = widths(grid, &right, page)?;
    let mut lines = Vec::with_capacity(grid.len().saturating_add(1));
    for (at, row) in grid.iter().enumerate() {
        let wrapped: Vec<Wrapped> = row
            .iter()
            .map(|placed| {
                let (cell, room) = (placed.cell, span_width(&widths, placed));
                let lines = cell.lines.iter().flat_map(|line| wrap(line, room)).collect();
                let right = cell.right || (cell.columns == 1 && right.get(placed.column).copied().unwrap_or(false));
                Wrapped { column: placed.column, columns: cell.columns, room, right, lines }
            })
            .collect();
        let height = wrapped.iter().map(|cell| cell.lines.len()).max().unwrap_or(0);
        let written: usize = row.iter().map(|placed| placed.cell.lines.len()).max().unwrap_or(0);
        if height > written.max(MAX_WRAPPED) {
            return None;
        }
        for line in 0..height {
            lines.push(one_line(&wrapped, line, &widths));
        }
        if at.saturating_add(1) == headings {
            lines.push(widths.iter().map(|&width| "-".repeat(width)).collect::<Vec<_>>().join("-+-"));
        }
    }
    Some(lines)
}

fn span_width(widths: &[usize], placed: &Placed<'_>) -> usize {
    let end = placed.column.saturating_add(placed.cell.columns);
    let covered = widths.get(placed.column..end).unwrap_or_default();
    covered.iter().sum::<usize>().saturating_add(3usize.saturating_mul(covered.len().saturating_sub(1)))
}

/// A cell in lines that fit its columns.
struct Wrapped {
    column: usize,
    columns: usize,
    room: usize,
    right: bool,
    lines: Vec<String>,
}

fn one_line(cells: &[Wrapped], line: usize, widths: &[usize]) -> String {
    let mut out = String::new();
    let mut next = 0usize;
    for cell in cells {
        for &width in widths.get(next..cell.column).unwrap_or_default() {
            out.extend(std::iter::repeat_n(' ', width));
            out.push_str(" | ");
        }
        let text = cell.lines.get(line).map_or("", String::as_str);
        let padding = std::iter::repeat_n(' ', cell.room.saturating_sub(width(text)));
        if cell.right {
            out.extend(padding);
            out.push_str(text);
        } else {
            out.push_str(text);
            out.extend(padding);
        }
        next = cell.column.saturating_add(cell.columns);
        if next < widths.len() {
            out.push_str(" | ");
        }
    }
    out.trim_end_matches([' ', '|']).to_owned()
}

/// Widths of the columns; `None` if they do not fit.
fn widths(grid: &[Vec<Placed<'_>>], right: &[bool], page: usize) -> Option<Vec<usize>> {
    let mut natural = vec![0usize; right.len()];
    let cells = || grid.iter().flatten();
    for placed in cells().filter(|placed| placed.cell.columns == 1) {
        let Some(natural) = natural.get_mut(placed.column) else { continue };
        *natural = placed.cell.lines.iter().map(|line| width(line)).max().unwrap_or(0).max(*natural);
    }
    for placed in cells().filter(|placed| placed.cell.columns > 1) {
        let wanted = placed.cell.lines.iter().map(|line| width(line)).max().unwrap_or(0).min(page);
        let missing = wanted.saturating_sub(span_width(&natural, placed));
        let last = placed.column.saturating_add(placed.cell.columns).saturating_sub(1);
        if let Some(natural) = natural.get_mut(last) {
            *natural = natural.saturating_add(missing);
        }
    }
    let between = 3usize.saturating_mul(right.len().saturating_sub(1));
    let room = page.checked_sub(between)?;
    if natural.iter().sum::<usize>() <= room {
        return Some(natural);
    }
    narrowed(&natural, &least(grid, right, &natural), room)
}

/// The least width of each column in which nothing is broken that must not be.
fn least(grid: &[Vec<Placed<'_>>], right: &[bool], natural: &[usize]) -> Vec<usize> {
    let mut least = vec![0usize; right.len()];
    for placed in grid.iter().flatten().filter(|placed| placed.cell.columns == 1) {
        let Some(least) = least.get_mut(placed.column) else { continue };
        for line in &placed.cell.lines {
            let all = width(line);
            *least = (*least).max(if all <= MIN_COLUMN { all } else { widest_run(line).max(MIN_COLUMN) });
        }
    }
    for ((least, &natural), _) in least.iter_mut().zip(natural).zip(right).filter(|&(_, &right)| right) {
        *least = natural;
    }
    least
}

/// The widths with the widest made narrower until all fit.
fn narrowed(natural: &[usize], least: &[usize], room: usize) -> Option<Vec<usize>> {
    if least.iter().sum::<usize>() > room {
        return None;
    }
    let mut widths: Vec<usize> = natural.iter().map(|&width| width.min(room)).collect();
    while widths.iter().sum::<usize>() > room {
        let widest = (0..widths.len()).filter(|&at| widths.get(at) > least.get(at)).max_by_key(|&at| widths.get(at))?;
        let width = widths.get_mut(widest)?;
        *width = width.saturating_sub(1);
    }
    Some(widths)
}

/// One paragraph a row, each value behind the heading of its column.
fn records(grid: &[Vec<Placed<'_>>], headings: usize) -> Vec<String> {
    let (heads, body) = grid.split_at_checked(headings).unwrap_or((&[], grid));
    let mut labels: Vec<String> = Vec::new();
    for placed in heads.iter().flatten() {
        let end = placed.column.saturating_add(placed.cell.columns);
        let end = end.min(MAX_COVERED);
        if labels.len() < end {
            labels.resize(end, String::new());
        }
        let text = placed.cell.lines.join(" ");
        let short = wrap(&text, MAX_LABEL).into_iter().next().unwrap_or_default();
        for label in labels.get_mut(placed.column..end).unwrap_or_default() {
            if !label.is_empty() && !short.is_empty() {
                label.push(' ');
            }
            label.push_str(&short);
        }
    }
    let mut lines = Vec::new();
    // A heading that was cut is said once in full.
    if heads.iter().flatten().any(|placed| width(&placed.cell.lines.join(" ")) > MAX_LABEL) {
        lines.extend(heads.iter().flatten().flat_map(|placed| placed.cell.lines.iter().cloned()));
        lines.push(String::new());
    }
    let mut spent = 0usize;
    for row in body {
        if let ([name, value], true) = (row.as_slice(), heads.is_empty())
            && let ([name], [first, rest @ ..]) = (name.cell.lines.as_slice(), value.cell.lines.as_slice())
        {
            lines.push(format!("{name}: {first}"));
            lines.extend(rest.iter().map(|value| format!("  {value}")));
            continue;
        }
        for placed in row {
            let label = labels.get(placed.column).filter(|label| !label.is_empty() && spent < MAX_LABELS);
            let mut values = placed.cell.lines.iter();
            let Some(first) = values.next() else { continue };
            match label {
                Some(label) => {
                    spent = spent.saturating_add(label.len());
                    lines.push(format!("{label}: {first}"));
                }
                None => lines.push(first.clone()),
            }
            lines.extend(values.map(|value| format!("  {value}")));
        }
        lines.push(String::new());
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(text: &str, page: usize) -> String {
        let rows = text
            .lines()
            .map(|line| Row {
                cells: line
                    .split('|')
                    .map(|cell| {
                        let (columns, text) = cell.split_once('#').unwrap_or(("1", cell));
                        let lines = text.split('/').filter(|line| !line.is_empty()).map(str::to_owned).collect();
                        Cell { lines, columns: columns.parse().unwrap(), rows: 1, right: false }
                    })
                    .collect(),
                heading: false,
            })
            .collect();
        lay_out(rows, page).iter().map(|line| format!("{line}\n")).collect()
    }

    #[test]
    fn columns_stand_side_by_side_and_numbers_to_the_right() {
        assert_eq!(
            table("品名|数量|金額\nパソコン|10台|¥1,280,000\n値引き||△¥30,000\n2#合計|¥1,250,000", 78),
            "品名     | 数量 |       金額\n---------+------+-----------\nパソコン | 10台 | ¥1,280,000\n\
             値引き   |      |  △¥30,000\n合計            | ¥1,250,000\n"
        );
        assert_eq!(
            table("甲|あいうえおかきくけこさしすせそ、たちつてと\n乙|い", 24),
            "甲 | あいうえおかきくけ\n   | こさしすせそ、たち\n   | つてと\n乙 | い\n"
        );
    }

    #[test]
    fn a_table_without_room_becomes_paragraphs() {
        assert_eq!(
            table("担当|0123456789abcdefghijklmn\n場所|市役所", 20),
            "担当: 0123456789abcdefghijklmn\n場所: 市役所\n"
        );
        assert_eq!(
            table("甲|乙|丙\nア|0123456789abcdefghijklmn|ウ", 20),
            "甲: ア\n乙: 0123456789abcdefghijklmn\n丙: ウ\n\n"
        );
        assert_eq!(
            table("事業|概要|予算\n工事|更新/耐震|1,234,567,890\n点検||5", 20),
            "事業: 工事\n概要: 更新\n  耐震\n予算: 1,234,567,890\n\n事業: 点検\n予算: 5\n\n"
        );
    }
}
