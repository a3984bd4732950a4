//! The segments of a JPEG (ISO/IEC 10918-1 annex B).

use super::{Scan, u16_be};

/// What decoding costs.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Frame {
    /// Coefficients for each four samples of the picture: of three components 12, or 6 where colours are coarser.
    pub(crate) coefficients: u32,
    /// All coefficients are held until the last scan.
    pub(crate) is_progressive: bool,
    /// Scans of the whole file.
    pub(crate) scans: u32,
}

pub(super) fn walk(bytes: &[u8], scan: &mut Scan) -> Option<()> {
    let end = segments(bytes, |marker, content| match marker {
        0xE0 if content.len() == 14 && content.starts_with(b"JFIF\0") => {}
        0xEE if content.starts_with(b"Adobe") => {}
        0xE0..=0xEF | 0xFE => scan.detail(),
        _ => {}
    })?;
    scan.has_tail = end < bytes.len();
    Some(())
}

/// The frame header and the number of scans.
pub(crate) fn frame(bytes: &[u8]) -> Frame {
    let mut frame = Frame::default();
    let _end = segments(bytes, |marker, content| match marker {
        0xDA => frame.scans = frame.scans.saturating_add(1),
        // SOF, but for DHT, JPG and DAC, which stand among them.
        0xC0..=0xCF if !matches!(marker, 0xC4 | 0xC8 | 0xCC) => {
            frame.coefficients = frame.coefficients.max(coefficients(content));
            frame.is_progressive |= marker != 0xC0 && marker != 0xC1;
        }
        _ => {}
    });
    frame
}

/// From the sampling factors of a frame header, rounded up.
fn coefficients(header: &[u8]) -> u32 {
    let factors = || header.get(6..).unwrap_or_default().chunks_exact(3).filter_map(|one| one.get(1).copied());
    let (across, down) = (factors().map(|one| one >> 4).max(), factors().map(|one| one & 15).max());
    let all: u32 = factors().map(|one| u32::from(one >> 4).saturating_mul(u32::from(one & 15))).sum();
    let most = u32::from(across.unwrap_or(1)).saturating_mul(u32::from(down.unwrap_or(1))).max(1);
    all.saturating_mul(4).div_ceil(most).max(4)
}

/// Calls `see` with every segment; the offset behind the end of the picture, if it has one.
fn segments(bytes: &[u8], mut see: impl FnMut(u8, &[u8])) -> Option<usize> {
    let mut at = 2_usize;
    loop {
        // Between segments readers skip whatever is no marker, so does the walk.
        at = at.checked_add(memchr::memchr(0xFF, bytes.get(at..)?)?)?;
        let marker = *bytes.get(at.checked_add(1)?)?;
        match marker {
            0xFF => at = at.checked_add(1)?,
            0x00 | 0x01 | 0xD0..=0xD8 => at = at.checked_add(2)?,
            0xD9 => return at.checked_add(2),
            _ => {
                let length = usize::from(u16_be(bytes, at.checked_add(2)?)?).max(2);
                let content = at.checked_add(4)?;
                let end = content.checked_add(length)?.checked_sub(2)?;
                see(marker, bytes.get(content..end)?);
                at = end;
            }
        }
    }
}
