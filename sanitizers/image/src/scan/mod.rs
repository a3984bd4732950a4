//! The blocks of a picture file, walked without decoding: what a rewriting leaves out, and what decoding would cost.
//!
//! Refuses nothing; where the structure ends early, the walk ends. Invariant: one pass over the bytes, no allocation.

mod gif;
mod jpeg;
mod png;
mod riff;

pub(crate) use jpeg::frame;

/// What stands in a file besides its first picture.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Scan {
    /// Blocks of details: texts, places, cameras, colour profiles, previews, programs of their own.
    pub(crate) details: u32,
    /// Pictures behind the first one.
    pub(crate) frames: u32,
    /// Bytes behind the end of the file proper.
    pub(crate) has_tail: bool,
    /// The samples were coded with loss, and none is transparent.
    pub(crate) is_lossy: bool,
    /// Width and height of the first frame where it has a size of its own.
    pub(crate) first: Option<(u32, u32)>,
}

impl Scan {
    fn detail(&mut self) {
        self.details = self.details.saturating_add(1);
    }

    fn frame(&mut self) {
        self.frames = self.frames.saturating_add(1);
    }
}

/// Walks a file of type `type_id`; of a type without blocks nothing is told.
pub(crate) fn scan(type_id: &str, bytes: &[u8]) -> Scan {
    let mut scan = Scan::default();
    // A walk that ends early has told what it saw.
    let _ended = match type_id {
        "png" => png::walk(bytes, &mut scan),
        "jpeg" => jpeg::walk(bytes, &mut scan),
        "gif" => gif::walk(bytes, &mut scan),
        "webp" => riff::walk(bytes, &mut scan),
        "bmp" => bitmap(bytes, &mut scan),
        _ => None,
    };
    scan
}

/// The type of a picture by its first bytes, as the gateway's detection names it.
pub(crate) fn type_of(bytes: &[u8]) -> Option<&'static str> {
    let starts = |magic: &[u8]| bytes.starts_with(magic);
    let at = |at: usize, magic: &[u8]| bytes.get(at..).is_some_and(|rest| rest.starts_with(magic));
    Some(match () {
        () if starts(b"\x89PNG\r\n\x1A\n") => "png",
        () if starts(b"\xFF\xD8\xFF") => "jpeg",
        () if starts(b"GIF87a") || starts(b"GIF89a") => "gif",
        () if starts(b"II*\0") || starts(b"MM\0*") => "tiff",
        () if starts(b"RIFF") && at(8, b"WEBP") => "webp",
        () if starts(b"\xD7\xCD\xC6\x9A") => "wmf",
        // Without the head that places it on a page: type 1 or 2, nine words of header, version 1.0 or 3.0.
        () if matches!(bytes, [1 | 2, 0, 9, 0, 0, 1 | 3, ..]) => "wmf",
        () if starts(b"\x01\0\0\0") && at(40, b" EMF") => "emf",
        () if starts(b"\0\0\x01\0") => "ico",
        () if starts(b"BM") => "bmp",
        () if is_svg(bytes) => "svg",
        () => return None,
    })
}

fn is_svg(bytes: &[u8]) -> bool {
    let head = bytes.get(..bytes.len().min(4096)).unwrap_or_default();
    let first = head.iter().find(|b| !b.is_ascii_whitespace() && !matches!(b, 0xEF | 0xBB | 0xBF));
    first == Some(&b'<') && head.windows(4).any(|window| window == b"<svg")
}

/// The length of a bitmap stands in its header (BITMAPFILEHEADER).
fn bitmap(bytes: &[u8], scan: &mut Scan) -> Option<()> {
    let length = u32_le(bytes, 2)?;
    scan.has_tail = length > 26 && bytes.len() > usize::try_from(length).ok()?;
    Some(())
}

fn u16_be(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..)?.first_chunk().copied().map(u16::from_be_bytes)
}

fn u16_le(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..)?.first_chunk().copied().map(u16::from_le_bytes)
}

fn u32_be(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().copied().map(u32::from_be_bytes)
}

fn u32_le(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().copied().map(u32::from_le_bytes)
}
