//! The sanitizers of pictures and drawings.
//!
//! Refuses: what `decode` and `tiff` refuse. Invariant: a file that is handed on was decoded as a whole, whoever wrote it.

use sanitizer_api::{Assurance, Budget, Code, Finding, Hints, Link, Rebuilt, SanitizeError, Sanitizer};

use crate::picture::Picture;
use crate::qr::Reader;
use crate::scan::{Scan, scan};
use crate::{decode, jpeg, mark, png, tiff};

/// Pictures of samples, by format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pictures {
    /// PNG; animations lose all but the picture that stands for them.
    Png,
    /// JPEG, baseline or progressive.
    Jpeg,
    /// GIF, becomes PNG.
    Gif,
    /// Windows bitmap, becomes PNG.
    Bmp,
    /// Windows icon: the largest picture becomes PNG.
    Ico,
    /// TIFF with all its pages.
    Tiff,
    /// WebP: becomes JPEG if it was coded with loss and has no transparency, else PNG.
    Webp,
}

impl Pictures {
    const fn type_id(self) -> &'static str {
        match self {
            Self::Png => "png",
            Self::Jpeg => "jpeg",
            Self::Gif => "gif",
            Self::Bmp => "bmp",
            Self::Ico => "ico",
            Self::Tiff => "tiff",
            Self::Webp => "webp",
        }
    }
}

impl Sanitizer for Pictures {
    fn name(&self) -> &'static str {
        match self {
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
            Self::Gif => "image/gif",
            Self::Bmp => "image/bmp",
            Self::Ico => "image/ico",
            Self::Tiff => "image/tiff",
            Self::Webp => "image/webp",
        }
    }

    fn version(&self) -> u32 {
        1
    }

    fn sanitize(&self, input: &[u8], _: Hints<'_>, budget: &mut Budget) -> Result<Rebuilt, SanitizeError> {
        let mut codes = Reader::new();
        let (seen, bytes, media_type) = if *self == Self::Tiff {
            let (pages, bytes) = tiff::anew(input, budget, |page| codes.read(page))?;
            (pages, bytes, "image/tiff")
        } else {
            let seen = scan(self.type_id(), input);
            let picture = decode::decode(self.type_id(), input, &seen)?;
            codes.read(&picture);
            let (bytes, media_type) = written(*self, input, &seen, &picture, budget)?;
            (seen, bytes, media_type)
        };
        budget.spend_output(bytes.len())?;
        let links = links(codes.texts());
        let findings = findings(&seen, bytes != input, links.len());
        Ok(Rebuilt { bytes, media_type, assurance: Assurance::Rebuilt, findings, links, places: Vec::new() })
    }
}

fn written(
    kind: Pictures,
    input: &[u8],
    seen: &Scan,
    picture: &Picture,
    budget: &Budget,
) -> Result<(Vec<u8>, &'static str), SanitizeError> {
    match kind {
        // It would be written as it is, but for what encoding loses.
        Pictures::Jpeg if jpeg::is_own(input) => Ok((input.to_vec(), "image/jpeg")),
        // As PNG it would have ten times the size.
        _ if kind == Pictures::Jpeg || seen.is_lossy => {
            let bytes = jpeg::encode(picture, budget)?;
            // What is not known again is not handed out: it would change with every pass.
            if !jpeg::is_own(&bytes) {
                return Err(SanitizeError::Malformed { expected: "a picture that JPEG holds" });
            }
            Ok((bytes, "image/jpeg"))
        }
        _ => Ok((png::encode(picture, budget)?, "image/png")),
    }
}

/// Each text of a code as an inert link: UTF-8, or else the characters of Japanese.
fn links(texts: Vec<Vec<u8>>) -> Vec<Link> {
    let decoded = |bytes: Vec<u8>| {
        String::from_utf8(bytes).unwrap_or_else(|error| sanitizer_japanese::decode(None, error.as_bytes()).text)
    };
    let targets = texts.into_iter().map(|text| sanitizer_japanese::inert(&decoded(text)));
    (1..).zip(targets).map(|(number, target)| Link { number, target, shown: None }).collect()
}

fn findings(seen: &Scan, is_changed: bool, codes: usize) -> Vec<Finding> {
    let rows = [
        (Code::ImageRebuilt, u32::from(is_changed)),
        (Code::AnimationRemoved, u32::from(seen.frames > 0)),
        (Code::MetadataRemoved, seen.details),
        (Code::TrailingDataRemoved, u32::from(seen.has_tail)),
        (Code::QrCodeFound, u32::try_from(codes).unwrap_or(u32::MAX)),
    ];
    rows.into_iter().filter(|(_, count)| *count > 0).map(|(code, count)| Finding { code, count }).collect()
}

/// Drawings: programs that draw. None of it is run; a mark stands in their place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Drawing {
    /// Scalable Vector Graphics.
    Svg,
    /// Enhanced metafile.
    Emf,
    /// Windows metafile.
    Wmf,
}

impl Sanitizer for Drawing {
    fn name(&self) -> &'static str {
        match self {
            Self::Svg => "image/svg",
            Self::Emf => "image/emf",
            Self::Wmf => "image/wmf",
        }
    }

    fn version(&self) -> u32 {
        1
    }

    fn sanitize(&self, _: &[u8], _: Hints<'_>, budget: &mut Budget) -> Result<Rebuilt, SanitizeError> {
        let name = match self {
            Self::Svg => "SVG",
            Self::Emf => "EMF",
            Self::Wmf => "WMF",
        };
        let bytes = mark::mark(name, budget)?;
        budget.spend_output(bytes.len())?;
        let findings = vec![Finding { code: Code::ImageReplaced, count: 1 }];
        let links = Vec::new();
        Ok(Rebuilt {
            bytes,
            media_type: "image/png",
            assurance: Assurance::Rebuilt,
            findings,
            links,
            places: Vec::new(),
        })
    }
}
