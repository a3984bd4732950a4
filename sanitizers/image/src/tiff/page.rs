//! One page of a TIFF, decoded to eight bits a sample.
//!
//! Refuses: pages over the limits, before they are decoded; floating point, Lab, and JPEG of the old kind. Invariant:
//! the decoder holds no more than was asked for.

use std::io::Cursor;

use ::tiff::ColorType;
use ::tiff::decoder::{Decoder, DecodingResult, Limits};
use sanitizer_api::SanitizeError;

use super::directory::{
    BITS, COLOURS, COMPRESSION, Directory, EXTRA_SAMPLES, HEIGHT, PHOTOMETRIC, PLANES, SAMPLES, WIDTH,
};
use super::{fax, malformed, unsupported};
use crate::limits::{self, MAX_MEMORY};
use crate::picture::{Channels, Picture};

const EXPECTED: &str = "a TIFF page of a known kind";
/// What is told of pages that are whole and not read.
const OTHER_KINDS: &str = "a TIFF page of this kind";
/// An extra sample that the colours were multiplied with.
const PREMULTIPLIED: u32 = 1;
/// Photometric interpretation of indices into a palette, and of grays from black.
const PALETTE: u32 = 3;
const INKS: u32 = 5;
const BRIGHTNESS: u32 = 6;
/// Compression of the kind that is read.
const JPEG: u32 = 7;
const GRAY: u16 = 1;

/// Decodes the page of `directory`; `own` is a copy of the file, which is changed on the way.
pub(super) fn decode(own: &mut [u8], directory: &Directory<'_>) -> Result<Picture, SanitizeError> {
    let side = |tag| directory.number(tag).ok_or(malformed(EXPECTED));
    let (width, height) = (side(WIDTH)?, side(HEIGHT)?);
    limits::ask(width, height, memory(directory))?;
    let palette = (directory.number(PHOTOMETRIC) == Some(PALETTE)).then(|| colours(directory));
    let palette = match palette {
        Some(None) => return Err(malformed(EXPECTED)),
        Some(palette) => palette,
        None => None,
    };
    if fax::is_of_two_dimensions(directory) {
        return Err(unsupported(OTHER_KINDS));
    }
    fax::set_bits_upright(own, directory).ok_or(malformed(EXPECTED))?;
    present(own, directory, palette.is_some()).ok_or(malformed(EXPECTED))?;
    let columns = usize::try_from(width).map_err(|_| malformed(EXPECTED))?;
    let (channels, bytes) = if fax::is_fax(directory) {
        (Channels::Gray, fax::decode(own, directory, columns).ok_or(malformed(EXPECTED))?)
    } else {
        let stored = stored(own, (width, height))?;
        let (channels, mut bytes) = in_colours(stored, palette.as_deref(), columns).ok_or(unsupported(OTHER_KINDS))?;
        if directory.number(EXTRA_SAMPLES) == Some(PREMULTIPLIED) {
            divide(channels, &mut bytes);
        }
        (channels, bytes)
    };
    let page = Picture::new(width, height, channels, bytes).ok_or(malformed(EXPECTED))?;
    Ok(page.turned(directory.orientation()))
}

/// Bytes a sample that decoding takes: what the decoder has, and each copy that is made of it.
fn memory(directory: &Directory<'_>) -> u64 {
    let number = |tag, default| u64::from(directory.number(tag).unwrap_or(default));
    let (samples, bits) = (number(SAMPLES, 1), number(BITS, 1));
    let smaller = if bits == 8 { 0 } else { samples };
    let is_converted = matches!(directory.number(PHOTOMETRIC), Some(PALETTE | INKS | BRIGHTNESS));
    let converted = if is_converted { 3 } else { 0 };
    let interleaved = if directory.number(PLANES) == Some(2) { samples } else { 0 };
    // Strips of JPEG are decoded whole before they are taken over.
    let strip = if directory.number(COMPRESSION) == Some(JPEG) { samples } else { 0 };
    let stored = samples.saturating_mul(bits.div_ceil(8));
    [smaller, converted, interleaved, strip].iter().fold(stored, |sum, one| sum.saturating_add(*one))
}

/// The palette, eight bits a colour: all reds, then all greens, then all blues.
fn colours(directory: &Directory<'_>) -> Option<Vec<[u8; 3]>> {
    let values = directory.shorts(COLOURS, 3 << 8)?;
    let third = values.len() / 3;
    // Some writers wrote eight bits only.
    let shift = if values.iter().all(|value| *value < 256) { 0 } else { 8 };
    let colour = |index: usize| {
        let one = |of: usize| {
            values.get(index.checked_add(third.checked_mul(of)?)?).and_then(|value| u8::try_from(value >> shift).ok())
        };
        Some([one(0)?, one(1)?, one(2)?])
    };
    (0..third).map(colour).collect()
}

/// Makes `directory` the first of the file, and calls its indices grays: the decoder knows no palettes.
fn present(own: &mut [u8], directory: &Directory<'_>, is_palette: bool) -> Option<()> {
    let at = u32::try_from(directory.at).ok()?;
    let at = if directory.is_big() { at.to_be_bytes() } else { at.to_le_bytes() };
    own.get_mut(4..8)?.copy_from_slice(&at);
    if is_palette {
        let value = if directory.is_big() { GRAY.to_be_bytes() } else { GRAY.to_le_bytes() };
        let place = directory.place(PHOTOMETRIC)?;
        own.get_mut(place..place.checked_add(2)?)?.copy_from_slice(&value);
    }
    Some(())
}

fn refused(error: &::tiff::TiffError) -> SanitizeError {
    match error {
        ::tiff::TiffError::LimitsExceeded => limits::over("picture size"),
        ::tiff::TiffError::UnsupportedError(_) => unsupported(OTHER_KINDS),
        _ => malformed(EXPECTED),
    }
}

/// The samples as they are stored, each plane behind the other, and what they are.
fn stored(own: &[u8], sides: (u32, u32)) -> Result<(ColorType, usize, Vec<u8>), SanitizeError> {
    let mut limits = Limits::default();
    let memory = usize::try_from(MAX_MEMORY).unwrap_or(usize::MAX);
    limits.decoding_buffer_size = memory;
    limits.intermediate_buffer_size = memory / 2;
    let mut decoder = Decoder::new(Cursor::new(own)).map_err(|error| refused(&error))?.with_limits(limits);
    // What was asked of the limits is what is decoded.
    if decoder.dimensions().map_err(|error| refused(&error))? != sides {
        return Err(malformed(EXPECTED));
    }
    let colour = decoder.colortype().map_err(|error| refused(&error))?;
    let mut result = DecodingResult::U8(Vec::new());
    let layout = decoder.read_image_to_buffer(&mut result).map_err(|error| refused(&error))?;
    if result.as_buffer(0).as_bytes().len() < layout.complete_len {
        return Err(limits::over("picture size"));
    }
    let bytes = match result {
        DecodingResult::U8(bytes) => bytes,
        // Of sixteen bits the upper eight are kept.
        DecodingResult::U16(values) => values.into_iter().map(|value| (value >> 8) as u8).collect(),
        _ => return Err(malformed(EXPECTED)),
    };
    Ok((colour, layout.planes, bytes))
}

/// One sample of each plane after the other.
fn interleaved(bytes: Vec<u8>, planes: usize) -> Vec<u8> {
    if planes < 2 {
        return bytes;
    }
    let length = bytes.len() / planes;
    (0..length).flat_map(|at| bytes.iter().skip(at).step_by(length.max(1)).take(planes)).copied().collect()
}

/// Values of `bits` each, rows starting at whole bytes, one by one.
fn unpacked(bytes: &[u8], bits: u8, width: usize) -> Vec<u8> {
    let stride = width.saturating_mul(usize::from(bits)).div_ceil(8).max(1);
    let mask = (1_u8 << bits).wrapping_sub(1);
    let values = |byte: u8| (0..8 / bits).rev().map(move |index| byte >> index.wrapping_mul(bits) & mask);
    bytes.chunks_exact(stride).flat_map(|row| row.iter().flat_map(|byte| values(*byte)).take(width)).collect()
}

/// The samples in the colours of a picture.
fn in_colours(
    (colour, planes, bytes): (ColorType, usize, Vec<u8>),
    palette: Option<&[[u8; 3]]>,
    width: usize,
) -> Option<(Channels, Vec<u8>)> {
    let bytes = interleaved(bytes, planes);
    Some(match (colour, palette) {
        (ColorType::Gray(bits @ (1 | 2 | 4 | 8)), Some(palette)) => {
            let indices = if bits == 8 { bytes } else { unpacked(&bytes, bits, width) };
            let colour = |index: u8| palette.get(usize::from(index)).copied().unwrap_or([0; 3]);
            (Channels::Rgb, indices.into_iter().flat_map(colour).collect())
        }
        (_, Some(_)) => return None,
        (ColorType::Gray(bits @ (1 | 2 | 4)), None) => {
            let mut values = unpacked(&bytes, bits, width);
            let step = 255 / (1_u8 << bits).wrapping_sub(1);
            values.iter_mut().for_each(|value| *value = value.wrapping_mul(step));
            (Channels::Gray, values)
        }
        (ColorType::Gray(8 | 16), None) => (Channels::Gray, bytes),
        (ColorType::GrayA(8 | 16) | ColorType::Multiband { bit_depth: 8 | 16, num_samples: 2 }, None) => {
            (Channels::GrayAlpha, bytes)
        }
        (ColorType::RGB(8 | 16), None) => (Channels::Rgb, bytes),
        (ColorType::RGBA(8 | 16), None) => (Channels::Rgba, bytes),
        (ColorType::CMYK(8 | 16), None) => (Channels::Rgb, bytes.chunks_exact(4).flat_map(of_inks).collect()),
        (ColorType::YCbCr(8), None) => (Channels::Rgb, bytes.chunks_exact(3).flat_map(of_brightness).collect()),
        _ => return None,
    })
}

/// Takes the last sample, opacity, out of those before it: what is written anew has them apart.
fn divide(channels: Channels, bytes: &mut [u8]) {
    if !matches!(channels, Channels::GrayAlpha | Channels::Rgba) {
        return;
    }
    for sample in bytes.chunks_exact_mut(channels.count()) {
        let Some((alpha, colours)) = sample.split_last_mut() else { continue };
        let alpha = u16::from(*alpha);
        for colour in colours {
            let whole = (u16::from(*colour) * 255 + alpha / 2).checked_div(alpha).unwrap_or(0);
            *colour = u8::try_from(whole).unwrap_or(255);
        }
    }
}

/// Red, green and blue of cyan, magenta, yellow and black, without a profile.
fn of_inks(sample: &[u8]) -> [u8; 3] {
    let &[cyan, magenta, yellow, black] = sample else { return [0; 3] };
    let light = |ink: u8| (u16::from(255 - ink) * u16::from(255 - black) + 127) / 255;
    [cyan, magenta, yellow].map(|ink| u8::try_from(light(ink)).unwrap_or(255))
}

/// Red, green and blue of brightness and two differences (BT.601, full range).
fn of_brightness(sample: &[u8]) -> [u8; 3] {
    let &[y, cb, cr] = sample else { return [0; 3] };
    let (y, cb, cr) = (i32::from(y) * 65536 + 32768, i32::from(cb) - 128, i32::from(cr) - 128);
    let colours = [y + 91881 * cr, y - 22554 * cb - 46802 * cr, y + 116_130 * cb];
    colours.map(|colour| u8::try_from((colour >> 16).clamp(0, 255)).unwrap_or(0))
}
