//! A decoded picture: eight bits a sample, and the way it is to be turned.
//!
//! Refuses nothing. Invariant: a picture is read through its orientation only, so that what is written stands upright.

use image::metadata::Orientation;

/// What the bytes of a picture stand for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Channels {
    Gray,
    GrayAlpha,
    Rgb,
    Rgba,
}

impl Channels {
    /// Bytes of one sample.
    pub(crate) const fn count(self) -> usize {
        match self {
            Self::Gray => 1,
            Self::GrayAlpha => 2,
            Self::Rgb => 3,
            Self::Rgba => 4,
        }
    }
}

/// Rows of samples as they were stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Picture {
    width: u32,
    height: u32,
    channels: Channels,
    bytes: Vec<u8>,
    /// Columns are rows; then the stored row or column counts from its end.
    turn: (bool, bool, bool),
}

impl Picture {
    /// Samples as stored; `None` if `bytes` are not `width` by `height` of them.
    pub(crate) fn new(width: u32, height: u32, channels: Channels, bytes: Vec<u8>) -> Option<Self> {
        let row = usize::try_from(width).ok()?.checked_mul(channels.count())?;
        let fits = row.checked_mul(usize::try_from(height).ok()?)? == bytes.len() && row > 0 && height > 0;
        fits.then_some(Self { width, height, channels, bytes, turn: (false, false, false) })
    }

    /// The picture, to be turned as `orientation` says.
    pub(crate) fn turned(mut self, orientation: Orientation) -> Self {
        self.turn = match orientation {
            Orientation::NoTransforms => (false, false, false),
            Orientation::FlipHorizontal => (false, true, false),
            Orientation::Rotate180 => (false, true, true),
            Orientation::FlipVertical => (false, false, true),
            Orientation::Rotate90FlipH => (true, false, false),
            Orientation::Rotate90 => (true, false, true),
            Orientation::Rotate270FlipH => (true, true, true),
            Orientation::Rotate270 => (true, true, false),
        };
        self
    }

    /// Columns when it stands upright.
    pub(crate) const fn width(&self) -> u32 {
        if self.turn.0 { self.height } else { self.width }
    }

    /// Rows when it stands upright.
    pub(crate) const fn height(&self) -> u32 {
        if self.turn.0 { self.width } else { self.height }
    }

    pub(crate) const fn channels(&self) -> Channels {
        self.channels
    }

    /// The bytes of the sample in column `x` of row `y`, upright; empty outside of the picture.
    pub(crate) fn sample(&self, x: u32, y: u32) -> &[u8] {
        let (swap, flip_x, flip_y) = self.turn;
        let (x, y) = if swap { (y, x) } else { (x, y) };
        if x >= self.width || y >= self.height {
            return &[];
        }
        let x = if flip_x { self.width.wrapping_sub(x).wrapping_sub(1) } else { x };
        let y = if flip_y { self.height.wrapping_sub(y).wrapping_sub(1) } else { y };
        let count = self.channels.count();
        // No overflow: the last sample lies within `bytes`.
        let at = (y as usize).wrapping_mul(self.width as usize).wrapping_add(x as usize).wrapping_mul(count);
        self.bytes.get(at..at.wrapping_add(count)).unwrap_or_default()
    }

    /// Writes row `y`, upright, over `row`.
    pub(crate) fn read_row(&self, y: u32, row: &mut Vec<u8>) {
        row.clear();
        if self.turn == (false, false, false) {
            let length = (self.width as usize).wrapping_mul(self.channels.count());
            let at = length.wrapping_mul(y as usize);
            row.extend_from_slice(self.bytes.get(at..at.wrapping_add(length)).unwrap_or_default());
            return;
        }
        for x in 0..self.width() {
            row.extend_from_slice(self.sample(x, y));
        }
    }
}

/// A sample as red, green, blue and opacity.
pub(crate) fn rgba(sample: &[u8]) -> [u8; 4] {
    match *sample {
        [gray] => [gray, gray, gray, 255],
        [gray, alpha] => [gray, gray, gray, alpha],
        [red, green, blue] => [red, green, blue, 255],
        [red, green, blue, alpha] => [red, green, blue, alpha],
        _ => [255; 4],
    }
}

/// The brightness of a sample on white paper (BT.601).
pub(crate) fn luma(sample: &[u8]) -> u8 {
    let [red, green, blue, alpha] = rgba(sample).map(u32::from);
    let bright =
        (red.wrapping_mul(299).wrapping_add(green.wrapping_mul(587)).wrapping_add(blue.wrapping_mul(114))) / 1000;
    let paper = 255_u32.wrapping_sub(alpha).wrapping_mul(255);
    let on_white = bright.wrapping_mul(alpha).wrapping_add(paper) / 255;
    u8::try_from(on_white).unwrap_or(255)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_is_read_upright() {
        // 1 2 3
        // 4 5 6
        let upright = |orientation: u8| {
            let picture = Picture::new(3, 2, Channels::Gray, vec![1, 2, 3, 4, 5, 6]).unwrap();
            let picture = picture.turned(Orientation::from_exif(orientation).unwrap());
            let mut rows = Vec::new();
            for y in 0..picture.height() {
                let mut row = Vec::new();
                picture.read_row(y, &mut row);
                rows.push(row);
            }
            rows
        };
        assert_eq!(upright(1), [vec![1, 2, 3], vec![4, 5, 6]]);
        assert_eq!(upright(2), [vec![3, 2, 1], vec![6, 5, 4]]);
        assert_eq!(upright(3), [vec![6, 5, 4], vec![3, 2, 1]]);
        assert_eq!(upright(4), [vec![4, 5, 6], vec![1, 2, 3]]);
        assert_eq!(upright(5), [vec![1, 4], vec![2, 5], vec![3, 6]]);
        assert_eq!(upright(6), [vec![4, 1], vec![5, 2], vec![6, 3]]);
        assert_eq!(upright(7), [vec![6, 3], vec![5, 2], vec![4, 1]]);
        assert_eq!(upright(8), [vec![3, 6], vec![2, 5], vec![1, 4]]);
    }
}
