//! QR codes in pictures, found and read within a bound of work.
//!
//! Refuses: codes that are very small in very large pictures, that are bent, or behind the first [`MAX_CODES`]. What is
//! not found is no reason to keep anything back: people see the picture. Invariant: the work of one file is bounded, no
//! matter what its pictures show.

mod bitmap;
mod finder;
mod square;

use crate::picture::Picture;
use bitmap::Bitmap;

/// Most codes that are told of one file.
const MAX_CODES: usize = 20;
/// Most samples of all bitmaps of one file; about twenty pages.
const MAX_SAMPLES: u64 = 80_000_000;
/// Steps of the search in one bitmap: it has four million samples at most.
const STEPS: u64 = 30_000_000;

/// What may still be spent on one bitmap.
#[derive(Debug)]
pub(crate) struct Fuel(u64);

impl Fuel {
    /// Spends `steps`; false if there are not so many.
    fn spend(&mut self, steps: u64) -> bool {
        let left = self.0.checked_sub(steps);
        self.0 = left.unwrap_or(0);
        left.is_some()
    }
}

/// The codes of one file.
#[derive(Debug)]
pub(crate) struct Reader {
    texts: Vec<Vec<u8>>,
    samples: u64,
}

impl Reader {
    /// Nothing read yet.
    pub(crate) const fn new() -> Self {
        Self { texts: Vec::new(), samples: MAX_SAMPLES }
    }

    /// Reads what `picture` shows, dark on light or light on dark.
    pub(crate) fn read(&mut self, picture: &Picture) {
        let Some(mut bitmap) = Bitmap::of(picture, self.samples) else { return };
        self.samples = self.samples.saturating_sub(bitmap.samples());
        for _ in 0..2 {
            let mut fuel = Fuel(STEPS);
            let marks = finder::find(&bitmap, &mut fuel);
            for text in square::read(&bitmap, &marks, &mut fuel) {
                if self.texts.len() < MAX_CODES && !self.texts.contains(&text) {
                    self.texts.push(text);
                }
            }
            bitmap.invert();
        }
    }

    /// What the codes say, in the order in which they were found.
    pub(crate) fn texts(self) -> Vec<Vec<u8>> {
        self.texts
    }
}

#[cfg(test)]
mod tests {
    // Places of pictures that are small and made here.
    #![allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]

    use super::*;
    use crate::picture::Channels;
    use crate::testing;

    fn texts(width: usize, height: usize, gray: impl Fn(f32, f32) -> u8) -> Vec<Vec<u8>> {
        let samples = (0..height).flat_map(|y| (0..width).map(move |x| (x as f32, y as f32)));
        let bytes = samples.map(|(x, y)| gray(x, y)).collect();
        let mut reader = Reader::new();
        reader.read(&Picture::new(width as u32, height as u32, Channels::Gray, bytes).unwrap());
        reader.texts()
    }

    #[test]
    fn codes_are_read_at_any_angle_and_size() {
        for (size, degrees) in [(3.0, 0.0), (2.5, 0.0), (4.0, 90.0), (5.0, 7.0), (4.0, 30.0), (9.0, 180.0), (24.0, 0.0)]
        {
            let (sin, cos) = f32::to_radians(degrees).sin_cos();
            let side = (size * 42.0) as usize;
            let middle = side as f32 / 2.0;
            let read = texts(side, side, |x, y| {
                let (x, y) = (x + 0.5 - middle, y + 0.5 - middle);
                let (u, v) = ((x * cos + y * sin) / size + 14.5, (y * cos - x * sin) / size + 14.5);
                if testing::is_dark(u.floor() as i32, v.floor() as i32) { 30 } else { 225 }
            });
            assert_eq!(read, [testing::QR_TEXT], "{size} {degrees}");
        }
    }

    #[test]
    fn codes_are_read_light_on_dark_and_in_shade() {
        let read =
            texts(200, 200, |x, y| if testing::is_dark((x / 5.0) as i32 - 5, (y / 5.0) as i32 - 5) { 240 } else { 20 });
        assert_eq!(read, [testing::QR_TEXT]);
        let read = texts(200, 200, |x, y| {
            let light = 0.3 + x / 300.0;
            let gray = if testing::is_dark((x / 5.0) as i32 - 5, (y / 5.0) as i32 - 5) { 60.0 } else { 250.0 };
            (gray * light) as u8
        });
        assert_eq!(read, [testing::QR_TEXT]);
    }

    #[test]
    fn a_picture_full_of_marks_costs_no_more_than_the_bound() {
        // The corner marks of codes, as close as they stand.
        let is_dark = |x: f32, y: f32| {
            let (x, y) = ((x as i32 / 2) % 9, (y as i32 / 2) % 9);
            let ring = (x - 3).abs().max((y - 3).abs());
            ring == 3 || ring <= 1
        };
        let read = texts(1990, 1990, |x, y| if is_dark(x, y) { 0 } else { 255 });
        assert_eq!(read, Vec::<Vec<u8>>::new());
        assert_eq!(
            texts(300, 300, |x, y| ((x as u32).wrapping_mul(2_654_435_761) ^ (y as u32).wrapping_mul(40_503)) as u8)
                .len(),
            0
        );
    }
}
