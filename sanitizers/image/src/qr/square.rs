//! The square that three marks span, straightened to modules and read.
//!
//! Refuses: squares whose timing rows do not alternate. Invariant: every attempt is spent from the fuel before it is
//! made.

use rqrr::{BitGrid, Grid};

use super::Fuel;
use super::bitmap::Bitmap;
use super::finder::{Mark, whole};

/// Marks that are tried with each other.
const MAX_TRIED: usize = 24;
/// Steps that reading one module takes, about, with the correction of errors.
const STEPS_PER_MODULE: u64 = 20;
/// Modules that the fourth corner may be off, where a picture was not taken from the front.
const SHIFTS: [f32; 5] = [0.0, -1.5, 1.5, -3.0, 3.0];

/// Modules of a code, row by row.
struct Modules {
    size: usize,
    dark: Vec<bool>,
}

impl BitGrid for Modules {
    fn size(&self) -> usize {
        self.size
    }

    fn bit(&self, y: usize, x: usize) -> bool {
        self.dark.get(y.wrapping_mul(self.size).wrapping_add(x)).is_some_and(|dark| *dark)
    }
}

/// Three marks: top left, top right, bottom left.
#[derive(Debug, Clone, Copy)]
struct Corners {
    marks: [Mark; 3],
    places: [usize; 3],
    /// How far it is from a right angle with equal sides.
    flaw: f32,
}

/// What the codes between `marks` say.
pub(super) fn read(bitmap: &Bitmap, marks: &[Mark], fuel: &mut Fuel) -> Vec<Vec<u8>> {
    let mut used = Vec::new();
    let mut texts = Vec::new();
    for corners in all_corners(marks.get(..marks.len().min(MAX_TRIED)).unwrap_or_default()) {
        if corners.places.iter().any(|place| used.contains(place)) {
            continue;
        }
        if let Some(text) = corners.text(bitmap, fuel) {
            texts.push(text);
            used.extend(corners.places);
        }
        if fuel.0 == 0 {
            break;
        }
    }
    texts
}

/// All threes of marks that may be corners of one code, the likeliest first.
fn all_corners(marks: &[Mark]) -> Vec<Corners> {
    let mut found = Vec::new();
    for (i, a) in marks.iter().enumerate() {
        for (j, b) in marks.iter().enumerate().skip(i + 1) {
            for (k, c) in marks.iter().enumerate().skip(j + 1) {
                let turns = [([*a, *b, *c], [i, j, k]), ([*b, *c, *a], [j, k, i]), ([*c, *a, *b], [k, i, j])];
                let corners = turns.iter().filter_map(|(marks, places)| Corners::of(*marks, *places));
                found.extend(corners.min_by(|a, b| a.flaw.total_cmp(&b.flaw)));
            }
        }
    }
    found.sort_by(|a, b| a.flaw.total_cmp(&b.flaw));
    found
}

impl Corners {
    /// With the first mark at the right angle; `None` if it is far from one.
    fn of(marks: [Mark; 3], places: [usize; 3]) -> Option<Self> {
        let [corner, one, other] = marks;
        let modules = marks.map(|mark| mark.module);
        let (least, most) = modules.iter().fold((f32::MAX, 0.0_f32), |(least, most), m| (least.min(*m), most.max(*m)));
        let (ax, ay) = (one.x - corner.x, one.y - corner.y);
        let (bx, by) = (other.x - corner.x, other.y - corner.y);
        let (long, wide) = (ax.hypot(ay), bx.hypot(by));
        let slope = ((ax * bx + ay * by) / (long * wide)).abs();
        let uneven = (long - wide).abs() / long.max(wide);
        let is_square = most < least * 1.6 && slope < 0.35 && uneven < 0.35 && long.min(wide) > 11.0 * least;
        if !is_square {
            return None;
        }
        // Rows run to the right of columns, as pictures are stored.
        let is_turned = ax * by - ay * bx < 0.0;
        let marks = if is_turned { [corner, other, one] } else { marks };
        Some(Self { marks, places, flaw: slope + uneven + (most - least) / most })
    }

    fn text(&self, bitmap: &Bitmap, fuel: &mut Fuel) -> Option<Vec<u8>> {
        let [corner, right, below] = self.marks;
        let module = (corner.module + right.module + below.module) / 3.0;
        let sides = (right.x - corner.x).hypot(right.y - corner.y) + (below.x - corner.x).hypot(below.y - corner.y);
        let modules = sides / 2.0 / module + 7.0;
        if !(14.0..=190.0).contains(&modules) {
            return None;
        }
        // Sizes are 21, 25 … 177.
        let near = whole(((modules - 17.0) / 4.0).round().max(1.0));
        for version in [near, near.wrapping_sub(1), near + 1, near.wrapping_sub(2), near + 2] {
            if !(1..=40).contains(&version) {
                continue;
            }
            let size = version * 4 + 17;
            for (down, across) in SHIFTS.iter().flat_map(|down| SHIFTS.iter().map(move |across| (*down, *across))) {
                let steps = size as u64 * size as u64;
                if !fuel.spend(steps) {
                    return None;
                }
                let modules = self.modules(bitmap, size, (across * module, down * module));
                if !modules.has_timing() {
                    break;
                }
                if !fuel.spend(steps * STEPS_PER_MODULE) {
                    return None;
                }
                let mut text = Vec::new();
                if Grid::new(modules).decode_to(&mut text).is_ok() && !text.is_empty() {
                    return Some(text);
                }
            }
        }
        None
    }

    /// The square as `size` modules a side, its fourth corner moved by `shift`.
    fn modules(&self, bitmap: &Bitmap, size: usize, shift: (f32, f32)) -> Modules {
        let [corner, right, below] = self.marks;
        // The middles of marks lie three and a half modules from the edges.
        let span = size as f32 - 7.0;
        let mut dark = Vec::with_capacity(size * size);
        for row in 0..size {
            let v = (row as f32 - 3.0) / span;
            for column in 0..size {
                let u = (column as f32 - 3.0) / span;
                let x = corner.x + (right.x - corner.x) * u + (below.x - corner.x) * v + shift.0 * u * v;
                let y = corner.y + (right.y - corner.y) * u + (below.y - corner.y) * v + shift.1 * u * v;
                dark.push(x >= 0.0 && y >= 0.0 && bitmap.is_dark(whole(x), whole(y)));
            }
        }
        Modules { size, dark }
    }
}

impl Modules {
    /// True if the seventh row and column alternate between the marks, with few exceptions.
    fn has_timing(&self) -> bool {
        let places = || 8..self.size.saturating_sub(8);
        let wrong =
            |is_dark: &dyn Fn(usize) -> bool| places().filter(|at| is_dark(*at) != at.is_multiple_of(2)).count();
        let most = places().len().div_ceil(5);
        wrong(&|at| self.bit(6, at)) <= most && wrong(&|at| self.bit(at, 6)) <= most
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::testing;

    proptest! {
        #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn any_square_is_read_or_not(version in 1_usize..=40, bits in prop::collection::vec(any::<bool>(), 500)) {
            let size = version * 4 + 17;
            let dark = bits.iter().copied().cycle().enumerate().map(|(at, bit)| bit ^ (at / 500 % 3 == 0)).take(size * size).collect();
            let _outcome = Grid::new(Modules { size, dark }).decode_to(Vec::new());
        }

        #[test]
        fn a_damaged_code_is_read_or_not(damage in prop::collection::vec(0_usize..29 * 29, 0..120)) {
            let mut dark: Vec<bool> = (0..29 * 29).map(|at| testing::is_dark(at % 29, at / 29)).collect();
            damage.iter().for_each(|at| dark[*at] ^= true);
            let mut text = Vec::new();
            let outcome = Grid::new(Modules { size: 29, dark }).decode_to(&mut text);
            prop_assert!(damage.len() > 2 || (outcome.is_ok() && text == testing::QR_TEXT));
        }
    }
}
