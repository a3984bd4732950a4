//! The mark that stands in place of a drawing: a grey frame, crossed out, with the name of the format.
//!
//! Refuses nothing. Invariant: the mark says nothing of the drawing but its format.

use sanitizer_api::{Budget, SanitizeError};

use crate::picture::{Channels, Picture};
use crate::png;

const WIDTH: usize = 320;
const HEIGHT: usize = 200;
const SIZE: (u32, u32) = (320, 200);
const PAPER: u8 = 238;
const LINE: u8 = 170;
const INK: u8 = 85;
/// Samples of one dot of a letter.
const DOT: usize = 5;

/// Seven rows of five dots, the leftmost in the highest of five bits.
const LETTERS: [(char, [u8; 7]); 7] = [
    ('E', [0b11111, 0b10000, 0b10000, 0b11110, 0b10000, 0b10000, 0b11111]),
    ('F', [0b11111, 0b10000, 0b10000, 0b11110, 0b10000, 0b10000, 0b10000]),
    ('G', [0b01110, 0b10001, 0b10000, 0b10111, 0b10001, 0b10001, 0b01110]),
    ('M', [0b10001, 0b11011, 0b10101, 0b10101, 0b10001, 0b10001, 0b10001]),
    ('S', [0b01111, 0b10000, 0b10000, 0b01110, 0b00001, 0b00001, 0b11110]),
    ('V', [0b10001, 0b10001, 0b10001, 0b10001, 0b10001, 0b01010, 0b00100]),
    ('W', [0b10001, 0b10001, 0b10001, 0b10101, 0b10101, 0b11011, 0b10001]),
];

/// The mark with `name`, as PNG.
pub(crate) fn mark(name: &str, budget: &Budget) -> Result<Vec<u8>, SanitizeError> {
    let samples = (0..HEIGHT).flat_map(|y| (0..WIDTH).map(move |x| sample(name, x, y))).collect();
    let picture = Picture::new(SIZE.0, SIZE.1, Channels::Gray, samples);
    png::encode(&picture.ok_or(SanitizeError::Malformed { expected: "a mark" })?, budget)
}

fn sample(name: &str, x: usize, y: usize) -> u8 {
    let is_frame = x < 4 || y < 4 || x >= WIDTH - 4 || y >= HEIGHT - 4;
    // On a diagonal, x by the height is y by the width.
    let (down, across) = (x * HEIGHT, y * WIDTH);
    let is_cross = down.abs_diff(across) < 2 * WIDTH || down.abs_diff((HEIGHT - 1 - y) * WIDTH) < 2 * WIDTH;
    let (left, top) = ((WIDTH - name.len() * 6 * DOT) / 2, (HEIGHT - 7 * DOT) / 2);
    let is_beside = x + DOT < left || x > WIDTH - left || y + DOT < top || y >= top + 8 * DOT;
    match (x.checked_sub(left), y.checked_sub(top)) {
        (Some(x), Some(y)) if is_dot(name, x / DOT, y / DOT) => INK,
        _ if is_frame || (is_cross && is_beside) => LINE,
        _ => PAPER,
    }
}

fn is_dot(name: &str, x: usize, y: usize) -> bool {
    let letter = name.chars().nth(x / 6).and_then(|c| LETTERS.iter().find(|(one, _)| *one == c));
    let row = letter.and_then(|(_, rows)| rows.get(y)).copied().unwrap_or(0);
    row & (0b10_0000_u8 >> (x % 6 + 1)) != 0
}
