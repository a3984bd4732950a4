//! JPEG files of one layout (baseline, quality 92, one sample of colour for each of brightness), and their recognition.
//!
//! Refuses nothing of its own. Encoding loses a little each time, so what this module wrote must be known again: a file
//! is ours if its head is byte for byte the one that the encoder writes for its size, and every bit of its scan is what
//! the encoder writes for the coefficients that the scan holds (one code for each symbol, no needless run of zeros,
//! coefficients within the range of eight-bit samples, ones as padding, nothing behind). Invariant: such a file has no
//! room for anything but coefficients, so handing it on is writing it anew from them.

use image::codecs::jpeg::JpegEncoder;
use image::{GenericImageView, ImageError, Luma, Pixel, Rgb};
use sanitizer_api::{Budget, SanitizeError};

use crate::limits::Output;
use crate::picture::{Channels, Picture, luma, rgba};

/// Details of scanned documents stay sharp; sizes stay near those of the originals.
const QUALITY: u8 = 92;
const EXPECTED: &str = "a picture that can be written as JPEG";

/// Writes `picture`; transparent samples stand on white.
pub(crate) fn encode(picture: &Picture, budget: &Budget) -> Result<Vec<u8>, SanitizeError> {
    let mut output = Output::within(budget);
    let written = match picture.channels() {
        Channels::Gray | Channels::GrayAlpha => write(&Grays(picture), &mut output),
        Channels::Rgb | Channels::Rgba => write(&Colours(picture), &mut output),
    };
    output.finish(&written, EXPECTED)
}

fn write<I>(view: &I, output: &mut Output) -> Result<(), ImageError>
where
    I: GenericImageView,
    I::Pixel: image::PixelWithColorType,
{
    // The encoder writes single bytes: they are collected here first.
    let mut buffered = std::io::BufWriter::with_capacity(1 << 16, output);
    JpegEncoder::new_with_quality(&mut buffered, QUALITY).encode_image(view)?;
    std::io::Write::flush(&mut buffered)?;
    Ok(())
}

struct Grays<'a>(&'a Picture);

impl GenericImageView for Grays<'_> {
    type Pixel = Luma<u8>;

    fn dimensions(&self) -> (u32, u32) {
        (self.0.width(), self.0.height())
    }

    fn get_pixel(&self, x: u32, y: u32) -> Luma<u8> {
        Luma([luma(self.0.sample(x, y))])
    }
}

struct Colours<'a>(&'a Picture);

impl GenericImageView for Colours<'_> {
    type Pixel = Rgb<u8>;

    fn dimensions(&self) -> (u32, u32) {
        (self.0.width(), self.0.height())
    }

    fn get_pixel(&self, x: u32, y: u32) -> Rgb<u8> {
        match *self.0.sample(x, y) {
            [red, green, blue] => Rgb([red, green, blue]),
            ref sample => {
                let [red, green, blue, alpha] = rgba(sample);
                Rgb([red, green, blue].map(|c| luma(&[c, alpha])))
            }
        }
    }
}

/// True if this module wrote `bytes`.
pub(crate) fn is_own(bytes: &[u8]) -> bool {
    [Layout::of(&Luma([0_u8])), Layout::of(&Rgb([0_u8; 3]))].iter().flatten().any(|layout| layout.fits(bytes))
}

/// The head that the encoder writes, and the tables in it.
#[derive(Debug)]
struct Layout {
    head: Vec<u8>,
    /// Where height and width stand.
    size_at: usize,
    components: Vec<Component>,
}

#[derive(Debug)]
struct Component {
    /// Divisors, in the order of the scan.
    divisors: [u8; 64],
    dc: Codes,
    ac: Codes,
}

/// Symbol and length of the code that sixteen bits begin with; a length of zero is no code.
#[derive(Debug, Clone)]
struct Codes(Vec<(u8, u8)>);

impl Codes {
    /// From the content of a DHT segment behind its class byte.
    fn of(table: &[u8]) -> Option<Self> {
        let (lengths, mut symbols) = table.split_at_checked(16)?;
        let mut codes = Vec::with_capacity(1 << 16);
        for (length, count) in (1_u8..).zip(lengths) {
            for _ in 0..*count {
                let (symbol, rest) = symbols.split_first()?;
                symbols = rest;
                let room = 1_usize.checked_shl(16_u32.checked_sub(u32::from(length))?)?;
                codes.extend(std::iter::repeat_n((*symbol, length), room));
            }
        }
        (codes.len() <= 1 << 16).then(|| {
            codes.resize(1 << 16, (0, 0));
            Self(codes)
        })
    }
}

impl Layout {
    /// The layout of a picture of one sample.
    fn of<P: Pixel<Subpixel = u8> + image::PixelWithColorType>(sample: &P) -> Option<Self> {
        let mut file = Vec::new();
        let one = image::ImageBuffer::<P, Vec<u8>>::from_pixel(1, 1, *sample);
        JpegEncoder::new_with_quality(&mut file, QUALITY).encode_image(&one).ok()?;
        let (mut divisors, mut dc, mut ac, mut size_at) = (Vec::new(), Vec::new(), Vec::new(), 0);
        let mut at = 2_usize;
        loop {
            let marker = *file.get(at.checked_add(1)?)?;
            let content = at.checked_add(4)?;
            let length = u16::from_be_bytes(*file.get(at.checked_add(2)?..)?.first_chunk()?);
            let end = at.checked_add(2)?.checked_add(usize::from(length))?;
            let segment = file.get(content..end)?;
            match (marker, segment.first()?) {
                (0xC0, _) => size_at = content.checked_add(1)?,
                (0xDB, _) => divisors.push(*segment.get(1..)?.first_chunk::<64>()?),
                (0xC4, class) if *class < 0x10 => dc.push(Codes::of(segment.get(1..)?)?),
                (0xC4, _) => ac.push(Codes::of(segment.get(1..)?)?),
                _ => {}
            }
            at = end;
            if marker == 0xDA {
                break;
            }
        }
        let component = |table: usize| {
            Some(Component { divisors: *divisors.get(table)?, dc: dc.get(table)?.clone(), ac: ac.get(table)?.clone() })
        };
        let tables: &[usize] = if P::CHANNEL_COUNT == 1 { &[0] } else { &[0, 1, 1] };
        let components = tables.iter().map(|table| component(*table)).collect::<Option<Vec<_>>>()?;
        file.truncate(at);
        Some(Self { head: file, size_at, components })
    }

    fn fits(&self, bytes: &[u8]) -> bool {
        self.scan(bytes).is_some_and(|(scan, blocks)| self.reads(scan, blocks).is_some())
    }

    /// The scan of a file with this head, and how many blocks it has to hold for each component.
    fn scan<'a>(&self, bytes: &'a [u8]) -> Option<(&'a [u8], u64)> {
        let (head, rest) = bytes.split_at_checked(self.head.len())?;
        let behind = self.size_at.checked_add(4)?;
        let is_same = head.get(..self.size_at)? == self.head.get(..self.size_at)?
            && head.get(behind..)? == self.head.get(behind..)?;
        let [height, width] = [0, 2].map(|offset| {
            let at = self.size_at.saturating_add(offset);
            head.get(at..).and_then(|size| size.first_chunk().copied()).map_or(0, u16::from_be_bytes)
        });
        let blocks = u64::from(width).div_ceil(8).checked_mul(u64::from(height).div_ceil(8))?;
        (is_same && blocks > 0).then_some((rest.strip_suffix(&[0xFF, 0xD9])?, blocks))
    }

    fn reads(&self, scan: &[u8], blocks: u64) -> Option<()> {
        let mut bits = Bits { bytes: scan, word: 0, held: 0 };
        let mut previous = [0_i32; 3];
        for _ in 0..blocks {
            for (component, before) in self.components.iter().zip(&mut previous) {
                component.block(&mut bits, before)?;
            }
        }
        bits.is_at_end().then_some(())
    }
}

impl Component {
    /// One block; `before` is the first coefficient of the block before it.
    fn block(&self, bits: &mut Bits<'_>, before: &mut i32) -> Option<()> {
        let size = bits.symbol(&self.dc)?;
        *before = before.checked_add(bits.coefficient(size)?)?;
        let mut divisors = self.divisors.iter();
        within(*before, *divisors.next()?)?;
        let mut is_run = false;
        loop {
            if divisors.len() == 0 {
                return (!is_run).then_some(());
            }
            match bits.symbol(&self.ac)? {
                // The end of the block follows a coefficient, or nothing.
                0x00 => return (!is_run).then_some(()),
                0xF0 => {
                    // Fifteen more and at least one behind them.
                    divisors.nth(15)?;
                    is_run = true;
                }
                symbol => {
                    let size = symbol & 15;
                    let divisor = *divisors.nth(usize::from(symbol >> 4))?;
                    within((size > 0).then(|| bits.coefficient(size))??, divisor)?;
                    is_run = false;
                }
            }
        }
    }
}

/// Samples of eight bits have no coefficient beyond 1024, rounded up by the divisor at most.
fn within(coefficient: i32, divisor: u8) -> Option<()> {
    let divisor = i32::from(divisor);
    (coefficient.checked_mul(divisor)?.checked_abs()? <= divisor.checked_mul(2)?.checked_add(1024)?).then_some(())
}

/// Bits of a scan, without the zero bytes behind 0xFF.
struct Bits<'a> {
    bytes: &'a [u8],
    word: u64,
    held: u32,
}

impl Bits<'_> {
    /// Holds sixteen bits at least, while there are any.
    fn fill(&mut self) -> Option<()> {
        while self.held <= 48 {
            let Some((byte, rest)) = self.bytes.split_first() else { return Some(()) };
            self.bytes = if *byte == 0xFF { rest.strip_prefix(&[0])? } else { rest };
            self.word = self.word << 8 | u64::from(*byte);
            self.held = self.held.checked_add(8)?;
        }
        Some(())
    }

    fn symbol(&mut self, codes: &Codes) -> Option<u8> {
        self.fill()?;
        let ahead = if self.held >= 16 {
            self.word >> self.held.wrapping_sub(16)
        } else {
            self.word << 16_u32.wrapping_sub(self.held)
        };
        let (symbol, length) = *codes.0.get(usize::try_from(ahead & 0xFFFF).ok()?)?;
        (length > 0).then_some(())?;
        self.held = self.held.checked_sub(u32::from(length))?;
        Some(symbol)
    }

    /// A coefficient of `size` bits (annex F.1.2.1).
    fn coefficient(&mut self, size: u8) -> Option<i32> {
        if size == 0 {
            return Some(0);
        }
        (size <= 11).then_some(())?;
        self.fill()?;
        self.held = self.held.checked_sub(u32::from(size))?;
        let value = i32::try_from(self.word >> self.held & ((1 << size) - 1)).ok()?;
        Some(if value >> (size - 1) == 0 { value - (1 << size) + 1 } else { value })
    }

    /// Nothing is left but ones that fill the last byte.
    fn is_at_end(&self) -> bool {
        let ones = (1 << self.held.min(8)) - 1;
        self.bytes.is_empty() && self.held < 8 && self.word & ones == ones
    }
}
