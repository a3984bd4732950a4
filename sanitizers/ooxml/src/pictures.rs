//! The pictures of a package: given to the caller to be rebuilt, or replaced by a mark.
//!
//! Refuses: metafiles (EMF, WMF), SVG and everything the caller cannot rebuild. Invariant: no byte of a picture is
//! written that the caller or this module did not make.

use std::collections::BTreeMap;

use sanitizer_api::{Budget, Code, Rebuilt};

use crate::report::Report;

/// Rebuilds pictures; another crate does it, and the worker brings both together.
pub trait Pictures: Sync {
    /// Decodes `bytes` and encodes them anew, as `image/png`, `image/jpeg`, `image/gif`, `image/bmp` or `image/tiff`; what
    /// it lost is told of the document. Nothing if it is no picture that can be rebuilt; a mark takes its place then.
    fn rebuild(&self, bytes: &[u8], budget: &mut Budget) -> Option<Rebuilt>;
}

/// Sides of the mark, in pixels.
const SIDE: u8 = 32;

/// A rebuilt picture.
#[derive(Debug, Clone)]
pub(crate) struct Picture {
    /// Its bytes.
    pub(crate) bytes: Vec<u8>,
    /// Extension of its name.
    pub(crate) extension: &'static str,
    /// Its media type.
    pub(crate) media_type: &'static str,
}

/// All pictures of one package, and what was made of them: what is read again in the self-check is not made again.
pub(crate) struct Gallery {
    hook: Option<&'static dyn Pictures>,
    budget: Budget,
    made: BTreeMap<Vec<u8>, (&'static str, &'static str)>,
}

impl Gallery {
    /// An empty gallery.
    pub(crate) fn new(hook: Option<&'static dyn Pictures>, budget: Budget) -> Self {
        Self { hook, budget, made: BTreeMap::from([(mark(), ("png", "image/png"))]) }
    }

    /// The picture that takes the place of `bytes`.
    pub(crate) fn rebuild(&mut self, bytes: &[u8], report: &mut Report) -> Picture {
        if let Some((extension, media_type)) = self.made.get(bytes) {
            return Picture { bytes: bytes.to_vec(), extension, media_type };
        }
        let rebuilt = self.hook.and_then(|hook| hook.rebuild(bytes, &mut self.budget.clone()));
        let named = rebuilt.and_then(|rebuilt| Some((extension(rebuilt.media_type)?, rebuilt)));
        let Some((extension, Rebuilt { bytes, media_type, findings, links, .. })) = named else {
            report.add(Code::ImageReplaced);
            return Picture { bytes: mark(), extension: "png", media_type: "image/png" };
        };
        let lost = findings.iter().filter(|finding| finding.code != Code::ImageRebuilt);
        lost.for_each(|finding| report.add_many(finding.code, usize::try_from(finding.count).unwrap_or(usize::MAX)));
        if findings.iter().all(|finding| finding.code != Code::ImageReplaced) {
            report.add(Code::ImageRebuilt);
        }
        links.iter().for_each(|link| report.seen(&link.target));
        self.made.insert(bytes.clone(), (extension, media_type));
        Picture { bytes, extension, media_type }
    }
}

/// Only names that office programs know as pictures.
fn extension(media_type: &str) -> Option<&'static str> {
    ["png", "jpeg", "gif", "bmp", "tiff"].into_iter().find(|kind| media_type.strip_prefix("image/") == Some(kind))
}

/// The mark: a small grey square with a frame and a cross, as PNG.
pub(crate) fn mark() -> Vec<u8> {
    let mut pixels = Vec::new();
    for y in 0..SIDE {
        pixels.push(0);
        for x in 0..SIDE {
            let is_line = x == y || x + y == SIDE - 1 || [0, SIDE - 1].contains(&x) || [0, SIDE - 1].contains(&y);
            pixels.push(if is_line { 0x80 } else { 0xE0 });
        }
    }
    let mut out = b"\x89PNG\r\n\x1a\n".to_vec();
    chunk(&mut out, b"IHDR", &[0, 0, 0, SIDE, 0, 0, 0, SIDE, 8, 0, 0, 0, 0]);
    chunk(&mut out, b"IDAT", &miniz_oxide::deflate::compress_to_vec_zlib(&pixels, 9));
    chunk(&mut out, b"IEND", &[]);
    out
}

fn chunk(out: &mut Vec<u8>, kind: &[u8; 4], content: &[u8]) {
    let body = [kind.as_slice(), content].concat();
    out.extend(u32::try_from(content.len()).unwrap_or_default().to_be_bytes());
    out.extend(&body);
    out.extend(crc32fast::hash(&body).to_be_bytes());
}
