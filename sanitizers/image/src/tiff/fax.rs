//! Pages of fax machines: CCITT group 3 in one dimension (T.4), which the decoder does not read, and bits in the order
//! of the telephone line.
//!
//! Refuses: lines coded by the line before them (group 3 in two dimensions). Invariant: no line is longer than the page
//! is wide, and a page has as many lines as it says; lines that are missing are white.

use std::ops::Range;

use fax::decoder::decode_g3;

use super::directory::{COMPRESSION, Directory, FILL_ORDER, HEIGHT, PHOTOMETRIC, STRIP_LENGTHS, STRIPS};

const GROUP3: u32 = 3;
/// T4Options: bit 0 is coding by the line before.
const OPTIONS: u16 = 292;
const ROWS: u16 = 278;
/// Most strips of a page: one for each line.
const MAX_STRIPS: usize = 1 << 16;

/// True if the page is coded as group 3.
pub(super) fn is_fax(directory: &Directory<'_>) -> bool {
    directory.number(COMPRESSION) == Some(GROUP3)
}

/// True if lines are coded by the line before them.
pub(super) fn is_of_two_dimensions(directory: &Directory<'_>) -> bool {
    is_fax(directory) && directory.number(OPTIONS).unwrap_or(0) & 1 != 0
}

/// Where the strips of the page lie; together they are no longer than the file.
fn strips(directory: &Directory<'_>, length: usize) -> Option<Vec<Range<usize>>> {
    let (starts, lengths) = (directory.numbers(STRIPS, MAX_STRIPS)?, directory.numbers(STRIP_LENGTHS, MAX_STRIPS)?);
    let strip = |(start, length): (&u32, &u32)| {
        let start = usize::try_from(*start).ok()?;
        Some(start..start.checked_add(usize::try_from(*length).ok()?)?)
    };
    let strips = starts.iter().zip(&lengths).map(strip).collect::<Option<Vec<_>>>()?;
    let total = strips.iter().fold(0_usize, |sum, strip| sum.saturating_add(strip.len()));
    (total <= length && starts.len() == lengths.len()).then_some(strips)
}

/// Turns the bits of the page around in `own`, if they stand in the order of the line.
pub(super) fn set_bits_upright(own: &mut [u8], directory: &Directory<'_>) -> Option<()> {
    if directory.number(FILL_ORDER) != Some(2) || !matches!(directory.number(COMPRESSION), Some(2..=4)) {
        return Some(());
    }
    for strip in strips(directory, own.len())? {
        own.get_mut(strip)?.iter_mut().for_each(|byte| *byte = byte.reverse_bits());
    }
    Some(())
}

/// The samples of the page, one byte each.
pub(super) fn decode(own: &[u8], directory: &Directory<'_>, width: usize) -> Option<Vec<u8>> {
    let height = usize::try_from(directory.number(HEIGHT)?).ok()?;
    // Without a word on it, the colour of paper is zero.
    let (paper, ink) = if directory.number(PHOTOMETRIC) == Some(1) { (0_u8, 255_u8) } else { (255, 0) };
    let rows = directory.number(ROWS).and_then(|rows| usize::try_from(rows).ok()).unwrap_or(height).clamp(1, height);
    let mut samples = vec![paper; width.checked_mul(height)?];
    let mut strips = strips(directory, own.len())?.into_iter();
    for strip in samples.chunks_mut(width.checked_mul(rows)?) {
        let mut lines = strip.chunks_mut(width);
        let coded = own.get(strips.next()?)?;
        // The end of a strip is not always marked: what was read until then counts.
        let _is_marked = decode_g3(coded.iter().copied(), |changes| {
            if let Some(line) = lines.next() {
                draw(line, changes, ink);
            }
        });
    }
    Some(samples)
}

/// Draws what lies between each second change and the next.
fn draw(line: &mut [u8], changes: &[u16], ink: u8) {
    for run in changes.chunks(2) {
        let from = usize::from(*run.first().unwrap_or(&u16::MAX));
        let to = run.get(1).map_or(line.len(), |to| usize::from(*to)).min(line.len());
        if let Some(run) = line.get_mut(from..to) {
            run.fill(ink);
        }
    }
}
