//! The marks in three corners of a code: dark and light as 1, 1, 3, 1, 1 from every side.
//!
//! Refuses: marks beyond the first [`MAX_MARKS`]. Invariant: every step along a line is spent from the fuel.

use super::Fuel;
use super::bitmap::Bitmap;

/// Most marks that are kept apart.
const MAX_MARKS: usize = 64;

/// The middle of a mark, and the size of one module of its code.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Mark {
    pub(super) x: f32,
    pub(super) y: f32,
    pub(super) module: f32,
    /// Rows on which it was found.
    pub(super) rows: u32,
}

/// The marks of `bitmap`, those found most often first.
pub(super) fn find(bitmap: &Bitmap, fuel: &mut Fuel) -> Vec<Mark> {
    let mut marks = Vec::new();
    for y in 0..bitmap.height {
        // Lengths of the last five runs; the last one has just ended.
        let mut runs = [0_usize; 5];
        let mut length = 0;
        let mut was_dark = false;
        for (x, dark) in bitmap.row(y).iter().copied().chain(std::iter::once(false)).enumerate() {
            if dark == was_dark {
                length += 1;
                continue;
            }
            runs.rotate_left(1);
            if let Some(last) = runs.last_mut() {
                *last = std::mem::replace(&mut length, 1);
            }
            if std::mem::replace(&mut was_dark, dark) && is_mark(runs) {
                let [.., middle, gap, ring] = runs;
                let Some(mark) = confirm(bitmap, x - ring - gap - middle.div_ceil(2), y, runs, fuel) else { continue };
                keep(&mut marks, mark);
            }
        }
        if fuel.0 == 0 {
            break;
        }
    }
    marks.sort_by_key(|mark| std::cmp::Reverse(mark.rows));
    marks
}

/// True if five runs stand as 1, 1, 3, 1, 1, each off by half a module at most.
fn is_mark(runs: [usize; 5]) -> bool {
    let total: usize = runs.iter().sum();
    let is_near = |run: usize, modules: usize| (run * 14).abs_diff(total * modules * 2) <= total * modules.max(1) + 7;
    let [a, b, c, d, e] = runs;
    total >= 7 && a > 0 && is_near(a, 1) && is_near(b, 1) && is_near(c, 3) && is_near(d, 1) && is_near(e, 1)
}

/// The mark around `x` and `y`, if it is one from above as well.
fn confirm(bitmap: &Bitmap, x: usize, y: usize, across: [usize; 5], fuel: &mut Fuel) -> Option<Mark> {
    let width: usize = across.iter().sum();
    let (down, middle) = runs(|along| bitmap.is_dark(x, along), y, bitmap.height, width * 2, fuel)?;
    let height: usize = down.iter().sum();
    if !is_mark(down) || width.abs_diff(height) * 5 > width * 2 {
        return None;
    }
    // Along the row through the middle that was found, once more.
    let (across, centre) = runs(|along| bitmap.is_dark(along, whole(middle)), x, bitmap.width, width * 2, fuel)?;
    if !is_mark(across) {
        return None;
    }
    let total = across.iter().sum::<usize>() + height;
    Some(Mark { x: centre, y: middle, module: total as f32 / 14.0, rows: 1 })
}

/// The place that holds `at`: below zero the first, beyond all places the last there is.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
pub(super) const fn whole(at: f32) -> usize {
    at as usize
}

/// Five runs around `from`, which must be dark, and the middle of the third.
fn runs(
    is_dark: impl Fn(usize) -> bool,
    from: usize,
    end: usize,
    most: usize,
    fuel: &mut Fuel,
) -> Option<([usize; 5], f32)> {
    if !is_dark(from) {
        return None;
    }
    // From the middle to one side: dark, light, dark.
    let side = |next: &dyn Fn(usize) -> Option<usize>, fuel: &mut Fuel| {
        let mut lengths = [0_usize; 3];
        let mut at = Some(from);
        for (length, wants_dark) in lengths.iter_mut().zip([true, false, true]) {
            while let Some(here) = at.filter(|here| *here < end && is_dark(*here) == wants_dark) {
                *length += 1;
                at = next(here);
                if *length > most || !fuel.spend(1) {
                    return None;
                }
            }
        }
        Some(lengths)
    };
    let [middle_up, gap_up, ring_up] = side(&|at| at.checked_sub(1), fuel)?;
    let [middle_down, gap_down, ring_down] = side(&|at| at.checked_add(1), fuel)?;
    let middle = middle_up + middle_down - 1;
    let centre = from as f32 + (middle_down as f32 - middle_up as f32) / 2.0 + 0.5;
    Some(([ring_up, gap_up, middle, gap_down, ring_down], centre))
}

/// Adds `mark`, or its row to the mark that it is.
fn keep(marks: &mut Vec<Mark>, mark: Mark) {
    let is_same = |one: &&mut Mark| (one.x - mark.x).abs() + (one.y - mark.y).abs() < one.module * 2.0;
    if let Some(one) = marks.iter_mut().find(is_same) {
        let rows = one.rows as f32;
        let mean = |old: f32, new: f32| (old * rows + new) / (rows + 1.0);
        (one.x, one.y) = (mean(one.x, mark.x), mean(one.y, mark.y));
        one.module = mean(one.module, mark.module);
        one.rows = one.rows.saturating_add(1);
    } else if marks.len() < MAX_MARKS {
        marks.push(mark);
    }
}
