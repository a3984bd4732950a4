//! Pictures: PNG, JPEG, GIF, BMP, ICO, TIFF and WebP, decoded and encoded anew; drawings (SVG, EMF, WMF) become a mark.
//!
//! Refuses: pictures over the limits of `limits`, before they are decoded, and pictures that do not decode. Invariant:
//! no byte of an input is copied but the samples of its first frame; the output is its own fixed point, byte for byte.

mod anew;
mod decode;
mod jpeg;
#[cfg(test)]
mod laws;
mod limits;
mod mark;
mod picture;
mod png;
mod qr;
mod scan;
#[cfg(test)]
mod testing;
mod tiff;

use sanitizer_api::{Budget, Rebuilt, Sanitizer};

pub use anew::{Drawing, Pictures};

/// The sanitizer for the real type `type_id`, handed on as a file.
///
/// PNG, JPEG and TIFF stay what they are; WebP that was coded with loss becomes JPEG, everything else PNG.
#[must_use]
pub fn sanitizer_for(type_id: &str) -> Option<&'static dyn Sanitizer> {
    Some(match type_id {
        "png" => &Pictures::Png,
        "jpeg" => &Pictures::Jpeg,
        "gif" => &Pictures::Gif,
        "bmp" => &Pictures::Bmp,
        "ico" => &Pictures::Ico,
        "tiff" => &Pictures::Tiff,
        "webp" => &Pictures::Webp,
        "svg" => &Drawing::Svg,
        "emf" => &Drawing::Emf,
        "wmf" => &Drawing::Wmf,
        _ => return None,
    })
}

/// A picture that stands in a document, written anew, with what it lost.
///
/// Drawings (EMF, WMF, SVG) become a mark. `None` if the bytes are no picture that is known, do not decode, or pass a
/// limit; nothing of the picture may be kept then. What is written is spent from `budget`.
#[must_use]
pub fn rebuild_picture(bytes: &[u8], budget: &mut Budget) -> Option<Rebuilt> {
    sanitizer_for(scan::type_of(bytes)?)?.sanitize(bytes, sanitizer_api::Hints::default(), budget).ok()
}
