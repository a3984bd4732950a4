//! A picture as dark and light, made smaller where it is large.
//!
//! Refuses: bitmaps over the work that is left. Invariant: four million places at most.

use crate::picture::{Picture, luma};

/// Most places: a page at 300 dots per inch keeps every second dot.
const MAX_PLACES: u64 = 4_000_000;
/// Darker than its surroundings by this much, and by a tenth: the grain of scanned paper is less.
const CONTRAST: u64 = 10;

/// Dark and light places.
#[derive(Debug)]
pub(super) struct Bitmap {
    pub(super) width: usize,
    pub(super) height: usize,
    dark: Vec<bool>,
}

impl Bitmap {
    /// What `picture` shows; `None` if it has nothing to show, or more than `most` places.
    pub(super) fn of(picture: &Picture, most: u64) -> Option<Self> {
        let samples = u64::from(picture.width()).checked_mul(u64::from(picture.height()))?;
        let step = (1_u32..).find(|step| samples / u64::from(*step).pow(2) <= MAX_PLACES)?;
        let (columns, rows) = (picture.width() / step, picture.height() / step);
        let (width, height) = (usize::try_from(columns).ok()?, usize::try_from(rows).ok()?);
        let places = u64::from(columns).checked_mul(u64::from(rows))?;
        if columns < 21 || rows < 21 || places > most {
            return None;
        }
        let mut grays = Vec::with_capacity(width.checked_mul(height)?);
        for y in 0..rows {
            grays.extend((0..columns).map(|x| gray(picture, x.wrapping_mul(step), y.wrapping_mul(step), step)));
        }
        Some(Self { width, height, dark: threshold(&grays, width, height) })
    }

    pub(super) const fn samples(&self) -> u64 {
        self.dark.len() as u64
    }

    /// True at a dark place; places outside are light.
    pub(super) fn is_dark(&self, x: usize, y: usize) -> bool {
        x < self.width && self.dark.get(y.wrapping_mul(self.width).wrapping_add(x)).is_some_and(|dark| *dark)
    }

    /// One row of places.
    pub(super) fn row(&self, y: usize) -> &[bool] {
        let at = y.wrapping_mul(self.width);
        self.dark.get(at..at.wrapping_add(self.width)).unwrap_or_default()
    }

    /// What was dark is light.
    pub(super) fn invert(&mut self) {
        self.dark.iter_mut().for_each(|dark| *dark = !*dark);
    }
}

/// The brightness of a square of `step` samples, from four of them at most.
fn gray(picture: &Picture, x: u32, y: u32, step: u32) -> u8 {
    if step == 1 {
        return luma(picture.sample(x, y));
    }
    let far = step / 2;
    let corners = [(0, 0), (far, 0), (0, far), (far, far)];
    let sum: u32 = corners.iter().map(|(dx, dy)| u32::from(luma(picture.sample(x + dx, y + dy)))).sum();
    u8::try_from(sum / 4).unwrap_or(255)
}

/// Dark is what is darker than the mean of a square around it.
fn threshold(grays: &[u8], width: usize, height: usize) -> Vec<bool> {
    let reach = (width.min(height) / 8).max(12);
    let mut dark = Vec::with_capacity(grays.len());
    // The sums of each column within reach, moved down row by row; then along the row.
    let mut columns = vec![0_u64; width];
    let row = |y: usize| grays.get(y * width..(y + 1) * width).unwrap_or_default();
    let add = |columns: &mut Vec<u64>, y: usize| {
        columns.iter_mut().zip(row(y)).for_each(|(sum, gray)| *sum += u64::from(*gray));
    };
    (0..reach.min(height)).for_each(|y| add(&mut columns, y));
    for y in 0..height {
        if y + reach < height {
            add(&mut columns, y + reach);
        }
        if let Some(gone) = y.checked_sub(reach + 1) {
            columns.iter_mut().zip(row(gone)).for_each(|(sum, gray)| *sum -= u64::from(*gray));
        }
        let rows = (y + reach + 1).min(height) - y.saturating_sub(reach);
        let mut sum: u64 = columns.iter().take(reach).sum();
        for (x, gray) in row(y).iter().enumerate() {
            sum += columns.get(x + reach).copied().unwrap_or(0);
            sum -= x.checked_sub(reach + 1).and_then(|gone| columns.get(gone)).copied().unwrap_or(0);
            let count = (((x + reach + 1).min(width) - x.saturating_sub(reach)) * rows) as u64;
            let own = u64::from(*gray) * count;
            dark.push(own + CONTRAST * count < sum && own * 10 < sum * 9);
        }
    }
    dark
}
