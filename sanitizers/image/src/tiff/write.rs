//! TIFF files of one layout: strips of about a megabyte, deflated; one bit for black and white, else eight.
//!
//! Refuses: files over the budget. Invariant: the bytes depend on the samples and densities of the pages alone.

use std::io::Write;

use flate2::Compression;
use flate2::write::ZlibEncoder;
use sanitizer_api::{Budget, SanitizeError};

use super::directory::Density;
use super::malformed;
use crate::limits::Output;
use crate::picture::{Channels, Picture, rgba};

const EXPECTED: &str = "pages that can be written as TIFF";
/// Bytes of samples in one strip, about.
const STRIP: usize = 1 << 20;

/// A file being written; directories and values stand behind the strips of their page.
#[derive(Debug)]
pub(super) struct Writer {
    budget: Budget,
    bytes: Vec<u8>,
    /// Where the offset of the next directory is to be written.
    link: usize,
}

/// What the samples of a page are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Plan {
    BlackWhite,
    Gray,
    Rgb,
    Rgba,
}

impl Writer {
    /// A file without pages, of at most what `budget` has left.
    pub(super) fn within(budget: &Budget) -> Self {
        Self { budget: *budget, bytes: b"II*\0\0\0\0\0".to_vec(), link: 4 }
    }

    /// Adds a page.
    pub(super) fn page(&mut self, page: &Picture, density: Density) -> Result<(), SanitizeError> {
        let plan = plan(page);
        let row = (page.width() as usize).saturating_mul(plan.bits()).div_ceil(8);
        let rows = u32::try_from((STRIP / row.max(1)).max(1)).unwrap_or(u32::MAX).min(page.height());
        let mut strips = Vec::new();
        let mut from = 0;
        while from < page.height() {
            let to = from.saturating_add(rows).min(page.height());
            let packed = self.strip(page, plan, from..to)?;
            strips.push((self.offset()?, u32::try_from(packed.len()).map_err(|_| malformed(EXPECTED))?));
            self.put(&packed)?;
            from = to;
        }
        self.directory(page, plan, rows, &strips, density)
    }

    /// The whole file.
    pub(super) fn finish(self) -> Result<Vec<u8>, SanitizeError> {
        if self.link == 4 { Err(malformed("a TIFF with a page")) } else { Ok(self.bytes) }
    }

    fn strip(&self, page: &Picture, plan: Plan, rows: std::ops::Range<u32>) -> Result<Vec<u8>, SanitizeError> {
        let mut encoder = ZlibEncoder::new(Output::within(&self.budget), Compression::default());
        let (mut row, mut line) = (Vec::new(), Vec::new());
        let mut written = Ok(());
        for y in rows {
            page.read_row(y, &mut row);
            plan.line(row.chunks_exact(page.channels().count()), &mut line);
            written = written.and_then(|()| encoder.write_all(&line));
        }
        let output = written.and_then(|()| encoder.finish()).map_err(|_| crate::limits::over("output"))?;
        output.finish(&Ok::<(), std::io::Error>(()), EXPECTED)
    }

    fn put(&mut self, piece: &[u8]) -> Result<(), SanitizeError> {
        let length = self.bytes.len().saturating_add(piece.len());
        if u64::try_from(length).unwrap_or(u64::MAX) > self.budget.output_bytes {
            return Err(crate::limits::over("output"));
        }
        self.bytes.extend_from_slice(piece);
        Ok(())
    }

    /// The offset of what is written next, on a word boundary.
    fn offset(&mut self) -> Result<u32, SanitizeError> {
        if self.bytes.len() % 2 == 1 {
            self.put(&[0])?;
        }
        u32::try_from(self.bytes.len()).map_err(|_| malformed(EXPECTED))
    }

    /// Writes numbers that do not fit into an entry; what the entry says of them.
    fn values(&mut self, numbers: &[u32]) -> Result<u32, SanitizeError> {
        match numbers {
            [one] => Ok(*one),
            _ => {
                let at = self.offset()?;
                self.put(&numbers.iter().flat_map(|number| number.to_le_bytes()).collect::<Vec<u8>>())?;
                Ok(at)
            }
        }
    }

    fn directory(
        &mut self,
        page: &Picture,
        plan: Plan,
        rows: u32,
        strips: &[(u32, u32)],
        (across, down): Density,
    ) -> Result<(), SanitizeError> {
        let samples = plan.samples();
        let bits = match plan {
            Plan::BlackWhite => 1,
            Plan::Gray => 8,
            Plan::Rgb | Plan::Rgba => {
                let at = self.offset()?;
                self.put(&[8, 0].repeat(samples))?;
                at
            }
        };
        let offsets = self.values(&strips.iter().map(|(at, _)| *at).collect::<Vec<u32>>())?;
        let lengths = self.values(&strips.iter().map(|(_, length)| *length).collect::<Vec<u32>>())?;
        let x_density = self.values(&[u32::from(across), 1])?;
        let y_density = self.values(&[u32::from(down), 1])?;
        let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        let (many, strips) = (number(samples), number(strips.len()));
        let mut entries = vec![
            (256, LONG, 1, page.width()),
            (257, LONG, 1, page.height()),
            (258, SHORT, many, bits),
            (259, SHORT, 1, 8),
            (262, SHORT, 1, if samples > 1 { 2 } else { 1 }),
            (273, LONG, strips, offsets),
            (277, SHORT, 1, many),
            (278, LONG, 1, rows),
            (279, LONG, strips, lengths),
            (282, RATIONAL, 1, x_density),
            (283, RATIONAL, 1, y_density),
            (296, SHORT, 1, 2),
            // Each byte as its difference from the sample before it.
            (317, SHORT, 1, if plan == Plan::BlackWhite { 1 } else { 2 }),
        ];
        if plan == Plan::Rgba {
            // The fourth is an opacity that the colours were not multiplied by.
            entries.push((338, SHORT, 1, 2));
        }
        let at = self.offset()?;
        let place = self.bytes.get_mut(self.link..self.link.saturating_add(4)).ok_or(malformed(EXPECTED))?;
        place.copy_from_slice(&at.to_le_bytes());
        self.put(&u16::try_from(entries.len()).unwrap_or(0).to_le_bytes())?;
        for (tag, kind, count, value) in entries {
            let (tag, kind): (u16, u16) = (tag, kind);
            self.put(
                &[&tag.to_le_bytes()[..], &kind.to_le_bytes(), &count.to_le_bytes(), &value.to_le_bytes()].concat(),
            )?;
        }
        self.link = self.bytes.len();
        self.put(&[0; 4])
    }
}

const SHORT: u16 = 3;
const LONG: u16 = 4;
const RATIONAL: u16 = 5;

impl Plan {
    const fn samples(self) -> usize {
        match self {
            Self::BlackWhite | Self::Gray => 1,
            Self::Rgb => 3,
            Self::Rgba => 4,
        }
    }

    const fn bits(self) -> usize {
        match self {
            Self::BlackWhite => 1,
            _ => self.samples() * 8,
        }
    }

    /// Writes samples over `line` as they are packed.
    fn line<'a>(self, samples: impl Iterator<Item = &'a [u8]>, line: &mut Vec<u8>) {
        line.clear();
        match self {
            Self::BlackWhite => {
                let whites: Vec<bool> = samples.map(|sample| sample.first() == Some(&255)).collect();
                let byte =
                    |eight: &[bool]| (0..8).fold(0_u8, |byte, at| byte << 1 | u8::from(eight.get(at) == Some(&true)));
                line.extend(whites.chunks(8).map(byte));
            }
            Self::Gray => {
                let mut before = 0_u8;
                for sample in samples {
                    let [gray, ..] = rgba(sample);
                    line.push(gray.wrapping_sub(std::mem::replace(&mut before, gray)));
                }
            }
            Self::Rgb | Self::Rgba => {
                let mut before = [0_u8; 4];
                for sample in samples {
                    let colour = rgba(sample);
                    let colour = if colour.last() == Some(&0) { [0; 4] } else { colour };
                    let pairs = colour.iter().zip(&before).take(self.samples());
                    line.extend(pairs.map(|(now, then)| now.wrapping_sub(*then)));
                    before = colour;
                }
            }
        }
    }
}

fn plan(page: &Picture) -> Plan {
    let channels = page.channels();
    let mut plan = Plan::BlackWhite;
    let mut row = Vec::new();
    for y in 0..page.height() {
        page.read_row(y, &mut row);
        if channels == Channels::Gray {
            if !row.iter().all(|gray| matches!(gray, 0 | 255)) {
                return Plan::Gray;
            }
            continue;
        }
        for sample in row.chunks_exact(channels.count()) {
            let one = match rgba(sample) {
                [.., alpha] if alpha < 255 => return Plan::Rgba,
                [red, green, blue, _] if red != green || green != blue => Plan::Rgb,
                [0 | 255, ..] => Plan::BlackWhite,
                _ => Plan::Gray,
            };
            if (one as u8) > (plan as u8) {
                plan = one;
            }
        }
    }
    plan
}
