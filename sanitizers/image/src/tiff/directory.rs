//! The directories of a TIFF (TIFF 6.0 section 2): one for each page.
//!
//! Refuses: directories that lie outside of the file, that come back to an earlier one, or that are too many.
//! Invariant: values are read where they lie, never more than the file holds.

use image::metadata::Orientation;
use sanitizer_api::SanitizeError;

use super::malformed;
use crate::limits::over;

const EXPECTED: &str = "a TIFF";

pub(super) const WIDTH: u16 = 256;
pub(super) const HEIGHT: u16 = 257;
pub(super) const BITS: u16 = 258;
pub(super) const COMPRESSION: u16 = 259;
pub(super) const PHOTOMETRIC: u16 = 262;
pub(super) const ORIENTATION: u16 = 274;
pub(super) const SAMPLES: u16 = 277;
pub(super) const COLOURS: u16 = 320;
pub(super) const PLANES: u16 = 284;
pub(super) const FILL_ORDER: u16 = 266;
pub(super) const STRIPS: u16 = 273;
pub(super) const STRIP_LENGTHS: u16 = 279;
pub(super) const EXTRA_SAMPLES: u16 = 338;
/// Pictures beside the chain: of camera files the whole one.
const INNER: u16 = 330;
const SUBFILE: u16 = 254;
const X_DENSITY: u16 = 282;
const Y_DENSITY: u16 = 283;
const DENSITY_UNIT: u16 = 296;

/// Tags that say how samples are stored and shown. All others are details that somebody wrote.
const PLAIN: [u16; 36] = [
    SUBFILE,
    255,
    WIDTH,
    HEIGHT,
    BITS,
    COMPRESSION,
    PHOTOMETRIC,
    263,
    264,
    265,
    266,
    273,
    ORIENTATION,
    SAMPLES,
    278,
    279,
    280,
    281,
    X_DENSITY,
    Y_DENSITY,
    284,
    290,
    291,
    292,
    293,
    DENSITY_UNIT,
    297,
    301,
    317,
    318,
    319,
    COLOURS,
    322,
    323,
    EXTRA_SAMPLES,
    339,
];
/// Tags of coded samples.
const CODED: [u16; 8] = [324, 325, 347, 529, 530, 531, 532, 340];

/// Dots per inch, across and down. Programs that fax write 204 by 98, and pages are squeezed without it.
pub(super) type Density = (u16, u16);

/// An entry: type, number of values, and where they lie.
#[derive(Debug, Clone, Copy)]
struct Entry {
    tag: u16,
    kind: u16,
    count: usize,
    /// Where the entry itself lies.
    at: usize,
}

/// One directory.
#[derive(Debug)]
pub(super) struct Directory<'a> {
    file: File<'a>,
    /// Where it lies.
    pub(super) at: usize,
    entries: Vec<Entry>,
}

#[derive(Debug, Clone, Copy)]
struct File<'a> {
    bytes: &'a [u8],
    is_big: bool,
}

impl File<'_> {
    fn short(&self, at: usize) -> Option<u16> {
        let bytes = *self.bytes.get(at..)?.first_chunk()?;
        Some(if self.is_big { u16::from_be_bytes(bytes) } else { u16::from_le_bytes(bytes) })
    }

    fn long(&self, at: usize) -> Option<u32> {
        let bytes = *self.bytes.get(at..)?.first_chunk()?;
        Some(if self.is_big { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) })
    }

    fn offset(&self, at: usize) -> Option<usize> {
        usize::try_from(self.long(at)?).ok()
    }
}

/// All directories of the chain, `most` of them.
pub(super) fn all(bytes: &[u8], most: usize) -> Result<Vec<Directory<'_>>, SanitizeError> {
    let is_big = match bytes.first_chunk::<4>() {
        Some(b"II*\0") => false,
        Some(b"MM\0*") => true,
        _ => return Err(malformed(EXPECTED)),
    };
    let file = File { bytes, is_big };
    let mut directories: Vec<Directory<'_>> = Vec::new();
    let mut next = file.offset(4).ok_or(malformed(EXPECTED))?;
    while next != 0 {
        if directories.len() >= most {
            return Err(over("pages of a picture"));
        }
        if directories.iter().any(|directory| directory.at == next) {
            return Err(malformed("a TIFF whose pages come to an end"));
        }
        let (directory, follows) = read(file, next).ok_or(malformed(EXPECTED))?;
        directories.push(directory);
        next = follows;
    }
    if directories.is_empty() { Err(malformed(EXPECTED)) } else { Ok(directories) }
}

fn read(file: File<'_>, at: usize) -> Option<(Directory<'_>, usize)> {
    let count = usize::from(file.short(at)?);
    let first = at.checked_add(2)?;
    let end = first.checked_add(count.checked_mul(12)?)?;
    let mut entries = Vec::with_capacity(count);
    for at in (first..end).step_by(12) {
        let count = file.offset(at.checked_add(4)?)?;
        entries.push(Entry { tag: file.short(at)?, kind: file.short(at.checked_add(2)?)?, count, at });
    }
    // Of a tag that comes twice this reader takes the first, the decoder the last: limits would be asked of another page.
    let mut tags: Vec<u16> = entries.iter().map(|entry| entry.tag).collect();
    tags.sort_unstable();
    if tags.windows(2).any(|pair| matches!(pair, [one, other] if one == other)) {
        return None;
    }
    // Some writers end the file with their last directory.
    let follows = file.offset(end).unwrap_or(0);
    Some((Directory { file, at, entries }, follows))
}

impl Directory<'_> {
    /// Where the values of `tag` lie, and what they are.
    fn find(&self, tag: u16) -> Option<(usize, Entry)> {
        let entry = *self.entries.iter().find(|entry| entry.tag == tag)?;
        let width = match entry.kind {
            1 | 2 | 6 | 7 => 1,
            3 | 8 => 2,
            4 | 9 => 4,
            5 | 10 => 8,
            _ => return None,
        };
        let value = entry.at.checked_add(8)?;
        let at = if entry.count.checked_mul(width)? <= 4 { value } else { self.file.offset(value)? };
        Some((at, entry))
    }

    /// The first value of `tag`, if it is a whole number.
    pub(super) fn number(&self, tag: u16) -> Option<u32> {
        let (at, entry) = self.find(tag)?;
        (entry.count > 0).then_some(())?;
        match entry.kind {
            3 => self.file.short(at).map(u32::from),
            4 => self.file.long(at),
            _ => None,
        }
    }

    /// All values of `tag`, if they are short numbers, up to `most`.
    pub(super) fn shorts(&self, tag: u16, most: usize) -> Option<Vec<u16>> {
        let (at, entry) = self.find(tag)?;
        (entry.kind == 3 && entry.count <= most).then_some(())?;
        (0..entry.count).map(|index| self.file.short(at.checked_add(index.checked_mul(2)?)?)).collect()
    }

    /// All values of `tag`, if they are whole numbers, up to `most`.
    pub(super) fn numbers(&self, tag: u16, most: usize) -> Option<Vec<u32>> {
        if let Some(values) = self.shorts(tag, most) {
            return Some(values.into_iter().map(u32::from).collect());
        }
        let (at, entry) = self.find(tag)?;
        (entry.kind == 4 && entry.count <= most).then_some(())?;
        (0..entry.count).map(|index| self.file.long(at.checked_add(index.checked_mul(4)?)?)).collect()
    }

    /// Where the short number `tag` itself lies in the file.
    pub(super) fn place(&self, tag: u16) -> Option<usize> {
        let (at, entry) = self.find(tag)?;
        (entry.kind == 3 && entry.count == 1).then_some(at)
    }

    /// The highest byte of a number comes first.
    pub(super) const fn is_big(&self) -> bool {
        self.file.is_big
    }

    pub(super) fn samples(&self) -> u64 {
        let side = |tag| u64::from(self.number(tag).unwrap_or(u32::MAX));
        side(WIDTH).saturating_mul(side(HEIGHT))
    }

    /// A small picture of another page.
    pub(super) fn is_reduced(&self) -> bool {
        self.number(SUBFILE).is_some_and(|kind| kind & 1 == 1)
    }

    /// Other pictures hang on this one.
    pub(super) fn has_inner(&self) -> bool {
        self.entries.iter().any(|entry| entry.tag == INNER)
    }

    pub(super) fn orientation(&self) -> Orientation {
        let value = self.number(ORIENTATION).and_then(|value| u8::try_from(value).ok());
        value.and_then(Orientation::from_exif).unwrap_or(Orientation::NoTransforms)
    }

    /// Entries that are not written anew.
    pub(super) fn details(&self) -> u32 {
        let extra = self.entries.iter().filter(|entry| !PLAIN.contains(&entry.tag) && !CODED.contains(&entry.tag));
        u32::try_from(extra.count()).unwrap_or(u32::MAX)
    }

    /// Dots per inch, upright; 72 where nothing likely is said.
    pub(super) fn density(&self) -> Density {
        let is_metric = self.number(DENSITY_UNIT) == Some(3);
        let read = |tag| {
            let (at, entry) = self.find(tag)?;
            (entry.kind == 5 && entry.count == 1).then_some(())?;
            let dots = f64::from(self.file.long(at)?) / f64::from(self.file.long(at.checked_add(4)?)?);
            let dots = if is_metric { dots * 2.54 } else { dots };
            // A float beyond the range becomes its end, and is refused like it.
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
            let whole = dots.round() as u16;
            (36..=4800).contains(&whole).then_some(whole)
        };
        let (across, down) = read(X_DENSITY).zip(read(Y_DENSITY)).unwrap_or((72, 72));
        let is_swapped = matches!(
            self.orientation(),
            Orientation::Rotate90 | Orientation::Rotate270 | Orientation::Rotate90FlipH | Orientation::Rotate270FlipH
        );
        if is_swapped { (down, across) } else { (across, down) }
    }
}
