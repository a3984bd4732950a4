//! Picture files of one picture, decoded.
//!
//! Refuses: files over the limits, before they are decoded, and files that do not decode. Invariant: what decoding
//! takes was asked of `limits` first.

use std::io::Cursor;

use image::codecs::bmp::BmpDecoder;
use image::codecs::gif::GifDecoder;
use image::codecs::ico::IcoDecoder;
use image::codecs::jpeg::JpegDecoder;
use image::codecs::png::PngDecoder;
use image::codecs::webp::WebPDecoder;
use image::{DynamicImage, ImageDecoder, ImageError, ImageResult, Limits};
use sanitizer_api::{Budget, SanitizeError};

use crate::limits::{self, MAX_MEMORY, MAX_SAMPLES_OF_SCANS, MAX_SIDE};
use crate::picture::{Channels, Picture};
use crate::scan::{Scan, frame};

/// The first picture of a file of type `type_id`, upright.
pub(crate) fn decode(type_id: &str, bytes: &[u8], scan: &Scan, budget: &mut Budget) -> Result<Picture, SanitizeError> {
    let reader = || Cursor::new(bytes);
    match type_id {
        "png" => {
            let mut limits = Limits::default();
            limits.max_alloc = Some(MAX_MEMORY);
            read(PngDecoder::with_limits(reader(), limits), 0, budget)
        }
        "jpeg" => {
            let extra = jpeg_extra(bytes)?;
            read(JpegDecoder::new(reader()), extra, budget)
        }
        "gif" => {
            // The first frame may be larger than the picture, and is decoded whole.
            let (width, height) = scan.first.ok_or(malformed("a GIF"))?;
            limits::ask(width, height, 4)?;
            budget.spend_samples(u64::from(width).saturating_mul(u64::from(height)))?;
            read(GifDecoder::new(reader()), 4, budget)
        }
        "bmp" => read(BmpDecoder::new(reader()), 0, budget),
        "ico" => match png_of_icon(bytes) {
            Some(png) => decode("png", png, scan, budget),
            None => read(IcoDecoder::new(reader()), 8, budget),
        },
        // Samples of the format's own colours, or of four bytes each, beside ours.
        "webp" => read(WebPDecoder::new(reader()), 6, budget),
        _ => Err(malformed("a picture")),
    }
}

/// The widest picture of an icon, if it is stored as PNG; in any colours, unlike what the decoder of icons takes.
fn png_of_icon(bytes: &[u8]) -> Option<&[u8]> {
    let count = usize::from(u16::from_le_bytes(*bytes.get(4..)?.first_chunk()?));
    let entries = bytes.get(6..)?.chunks_exact(16).take(count);
    // A width of zero stands for 256 and more.
    let widest = entries.max_by_key(|entry| entry.first().copied().unwrap_or(0).wrapping_sub(1))?;
    let at = |from: usize| usize::try_from(u32::from_le_bytes(*widest.get(from..)?.first_chunk()?)).ok();
    let picture = bytes.get(at(12)?..)?.get(..at(8)?)?;
    picture.starts_with(b"\x89PNG\r\n\x1A\n").then_some(picture)
}

const fn malformed(expected: &'static str) -> SanitizeError {
    SanitizeError::Malformed { expected }
}

/// Bytes a sample that a JPEG takes beside the picture, and a bound on the work of its scans.
fn jpeg_extra(bytes: &[u8]) -> Result<u64, SanitizeError> {
    let frame = frame(bytes);
    if !frame.is_progressive {
        return Ok(0);
    }
    let (width, height) = JpegDecoder::new(Cursor::new(bytes)).map_err(|error| refused(&error))?.dimensions();
    let samples = u64::from(width).saturating_mul(u64::from(height));
    if samples.saturating_mul(u64::from(frame.scans)) > MAX_SAMPLES_OF_SCANS {
        return Err(limits::over("scans of a picture"));
    }
    Ok(u64::from(frame.coefficients).saturating_mul(2).div_ceil(4))
}

/// Reads what `decoder` has; `extra` bytes a sample are taken beside the picture.
fn read<D: ImageDecoder>(decoder: ImageResult<D>, extra: u64, budget: &mut Budget) -> Result<Picture, SanitizeError> {
    let mut decoder = decoder.map_err(|error| refused(&error))?;
    let (width, height) = decoder.dimensions();
    let colour = decoder.color_type();
    let stored = u64::from(colour.bytes_per_pixel());
    // Samples of more than eight bits are made smaller in a second buffer.
    let smaller = if stored > u64::from(colour.channel_count()) { u64::from(colour.channel_count()) } else { 0 };
    limits::ask(width, height, stored.saturating_add(smaller).saturating_add(extra))?;
    budget.spend_samples(u64::from(width).saturating_mul(u64::from(height)))?;
    let mut own = Limits::default();
    own.max_image_width = Some(MAX_SIDE);
    own.max_image_height = Some(MAX_SIDE);
    own.max_alloc = Some(MAX_MEMORY);
    decoder.set_limits(own).map_err(|error| refused(&error))?;
    let orientation = decoder.orientation().map_err(|error| refused(&error))?;
    let image = DynamicImage::from_decoder(decoder).map_err(|error| refused(&error))?;
    let picture = of_eight_bits(image).ok_or(malformed("a picture of known colours"))?;
    Ok(picture.turned(orientation))
}

fn refused(error: &ImageError) -> SanitizeError {
    match error {
        ImageError::Limits(_) => limits::over("picture size"),
        _ => malformed("a picture that decodes"),
    }
}

fn of_eight_bits(image: DynamicImage) -> Option<Picture> {
    let (width, height) = (image.width(), image.height());
    let (channels, bytes) = match image {
        DynamicImage::ImageLuma8(_) | DynamicImage::ImageLuma16(_) => (Channels::Gray, image.into_luma8().into_raw()),
        DynamicImage::ImageLumaA8(_) | DynamicImage::ImageLumaA16(_) => {
            (Channels::GrayAlpha, image.into_luma_alpha8().into_raw())
        }
        DynamicImage::ImageRgb8(_) | DynamicImage::ImageRgb16(_) => (Channels::Rgb, image.into_rgb8().into_raw()),
        DynamicImage::ImageRgba8(_) | DynamicImage::ImageRgba16(_) => (Channels::Rgba, image.into_rgba8().into_raw()),
        _ => return None,
    };
    Picture::new(width, height, channels, bytes)
}
