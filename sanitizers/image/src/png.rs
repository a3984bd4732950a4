//! PNG files of one plan: the fewest bits that hold every sample, and nothing but IHDR, PLTE, tRNS, IDAT and IEND.
//!
//! Refuses nothing of its own. Invariant: the bytes depend on the samples alone, so that what was written is written
//! again when it is read.

use std::collections::BTreeSet;

use ::png::{BitDepth, ColorType, Compression, Encoder, EncodingError, Filter};
use sanitizer_api::{Budget, SanitizeError};

use crate::limits::Output;
use crate::picture::{Picture, rgba};

/// Most colours of a palette.
const MAX_COLOURS: usize = 256;
/// Places in the memory of colours seen; the same colour always has the same place.
const PLACES: usize = 4096;

/// How samples are stored.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Plan {
    /// Opaque grays, so many bits each.
    Gray(BitDepth),
    /// Few colours, the transparent ones first.
    Palette(Vec<[u8; 4]>),
    GrayAlpha,
    Rgb,
    Rgba,
}

/// Writes `picture`.
pub(crate) fn encode(picture: &Picture, budget: &Budget) -> Result<Vec<u8>, SanitizeError> {
    let mut output = Output::within(budget);
    let written = write(picture, &mut output);
    output.finish(&written, "a picture that can be written as PNG")
}

/// A sample without the colour of what nobody sees.
fn seen(sample: &[u8]) -> [u8; 4] {
    let colour = rgba(sample);
    if colour.last() == Some(&0) { [0; 4] } else { colour }
}

fn write(picture: &Picture, output: &mut Output) -> Result<(), EncodingError> {
    let plan = plan(picture);
    let mut encoder = Encoder::new(output, picture.width(), picture.height());
    encoder.set_compression(Compression::Balanced);
    let (colour, depth) = match &plan {
        Plan::Gray(depth) => (ColorType::Grayscale, *depth),
        Plan::Palette(colours) => {
            encoder.set_palette(colours.iter().flat_map(|[r, g, b, _]| [*r, *g, *b]).collect::<Vec<u8>>());
            let opacities: Vec<u8> = colours.iter().map(|[.., a]| *a).take_while(|a| *a < 255).collect();
            if !opacities.is_empty() {
                encoder.set_trns(opacities);
            }
            (ColorType::Indexed, bits(colours.len()))
        }
        Plan::GrayAlpha => (ColorType::GrayscaleAlpha, BitDepth::Eight),
        Plan::Rgb => (ColorType::Rgb, BitDepth::Eight),
        Plan::Rgba => (ColorType::Rgba, BitDepth::Eight),
    };
    encoder.set_color(colour);
    encoder.set_depth(depth);
    // Filters help where neighbours are alike in number; indices and packed bits are not.
    let is_plain = colour == ColorType::Indexed || depth != BitDepth::Eight;
    encoder.set_filter(if is_plain { Filter::NoFilter } else { Filter::Adaptive });
    let mut writer = encoder.write_header()?;
    let mut stream = writer.stream_writer()?;
    rows(picture, &plan, depth, &mut stream)?;
    stream.finish()?;
    writer.finish()
}

fn rows(picture: &Picture, plan: &Plan, depth: BitDepth, out: &mut impl std::io::Write) -> std::io::Result<()> {
    let count = picture.channels().count();
    let mut row = Vec::new();
    let mut line = Vec::new();
    let mut memory = Memory::new();
    for y in 0..picture.height() {
        picture.read_row(y, &mut row);
        line.clear();
        let samples = row.chunks_exact(count);
        match plan {
            Plan::Gray(BitDepth::Eight) => line.extend(samples.map(|s| s.first().copied().unwrap_or(0))),
            Plan::Gray(depth) => pack(
                samples.map(|s| s.first().copied().unwrap_or(0) >> (8_u8.wrapping_sub(*depth as u8))),
                *depth,
                &mut line,
            ),
            Plan::Palette(colours) => pack(samples.map(|s| memory.index(seen(s), colours)), depth, &mut line),
            Plan::GrayAlpha => samples.map(seen).for_each(|[gray, _, _, alpha]| line.extend([gray, alpha])),
            Plan::Rgb => samples.map(rgba).for_each(|[r, g, b, _]| line.extend([r, g, b])),
            Plan::Rgba => samples.map(seen).for_each(|colour| line.extend(colour)),
        }
        out.write_all(&line)?;
    }
    Ok(())
}

/// Values of `depth` bits, the first in the highest bits.
fn pack(values: impl Iterator<Item = u8>, depth: BitDepth, line: &mut Vec<u8>) {
    let bits = depth as u32;
    let mut byte = 0_u8;
    let mut filled = 0_u32;
    for value in values {
        byte = byte.checked_shl(bits).unwrap_or(0) | value;
        filled = filled.wrapping_add(bits);
        if filled == 8 {
            line.push(byte);
            (byte, filled) = (0, 0);
        }
    }
    if filled > 0 {
        line.push(byte << 8_u32.wrapping_sub(filled));
    }
}

const fn bits(colours: usize) -> BitDepth {
    match colours {
        0..=2 => BitDepth::One,
        3..=4 => BitDepth::Two,
        5..=16 => BitDepth::Four,
        _ => BitDepth::Eight,
    }
}

/// The fewest bits for all samples.
fn plan(picture: &Picture) -> Plan {
    let count = picture.channels().count();
    let mut census = Census { colours: BTreeSet::new(), is_gray: true, is_opaque: true, gray_bits: 1 };
    let mut memory = Memory::new();
    let mut row = Vec::new();
    for y in 0..picture.height() {
        picture.read_row(y, &mut row);
        for sample in row.chunks_exact(count) {
            let colour = seen(sample);
            if memory.is_new(colour) {
                census.see(colour);
            }
        }
        if census.is_settled() {
            break;
        }
    }
    census.plan()
}

/// What is known of all samples.
struct Census {
    /// One more than a palette holds at most.
    colours: BTreeSet<[u8; 4]>,
    is_gray: bool,
    is_opaque: bool,
    gray_bits: u8,
}

impl Census {
    fn see(&mut self, colour: [u8; 4]) {
        let [red, green, blue, alpha] = colour;
        self.is_gray &= red == green && green == blue;
        self.is_opaque &= alpha == 255;
        let bits = match red {
            0 | 255 => 1,
            _ if red % 85 == 0 => 2,
            _ if red % 17 == 0 => 4,
            _ => 8,
        };
        self.gray_bits = self.gray_bits.max(bits);
        if self.colours.len() <= MAX_COLOURS {
            self.colours.insert(colour);
        }
    }

    /// More samples change nothing.
    fn is_settled(&self) -> bool {
        !self.is_gray && !self.is_opaque && self.colours.len() > MAX_COLOURS
    }

    fn plan(self) -> Plan {
        let fits = self.colours.len() <= MAX_COLOURS;
        match (self.is_gray, self.is_opaque) {
            (true, true) => Plan::Gray(match self.gray_bits {
                1 => BitDepth::One,
                2 => BitDepth::Two,
                4 => BitDepth::Four,
                _ => BitDepth::Eight,
            }),
            _ if fits => {
                let mut colours: Vec<[u8; 4]> = self.colours.into_iter().collect();
                colours.sort_by_key(|[.., alpha]| *alpha);
                Plan::Palette(colours)
            }
            (true, false) => Plan::GrayAlpha,
            (false, true) => Plan::Rgb,
            (false, false) => Plan::Rgba,
        }
    }
}

/// Colours met lately: most samples are like one of them, and need no search.
struct Memory {
    places: Vec<Option<([u8; 4], u8)>>,
}

impl Memory {
    fn new() -> Self {
        Self { places: vec![None; PLACES] }
    }

    fn place(&mut self, colour: [u8; 4]) -> Option<&mut Option<([u8; 4], u8)>> {
        let mixed = u32::from_le_bytes(colour).wrapping_mul(0x9E37_79B1) >> 20;
        self.places.get_mut(mixed as usize)
    }

    /// False if `colour` is remembered.
    fn is_new(&mut self, colour: [u8; 4]) -> bool {
        let Some(place) = self.place(colour) else { return true };
        let is_new = place.is_none_or(|(known, _)| known != colour);
        *place = Some((colour, 0));
        is_new
    }

    /// Where `colour` stands in `colours`.
    fn index(&mut self, colour: [u8; 4], colours: &[[u8; 4]]) -> u8 {
        let find = || colours.iter().position(|one| *one == colour).and_then(|at| u8::try_from(at).ok()).unwrap_or(0);
        let Some(place) = self.place(colour) else { return find() };
        match place {
            Some((known, index)) if *known == colour => *index,
            _ => place.insert((colour, find())).1,
        }
    }
}
