//! The chunks of a PNG (ISO/IEC 15948).

use super::{Scan, u32_be};

/// Chunks that say how samples are shown; leaving them out is no loss of details that anybody wrote.
const PLAIN: [&[u8]; 13] = [
    b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"sBIT", b"bKGD", b"pHYs", b"hIST", b"cICP",
];

pub(super) fn walk(bytes: &[u8], scan: &mut Scan) -> Option<()> {
    let mut rest = bytes.get(8..)?;
    loop {
        let length = usize::try_from(u32_be(rest, 0)?).ok()?;
        let name = rest.get(4..8)?;
        match name {
            b"acTL" => scan.frames = u32_be(rest, 8)?.saturating_sub(1).max(1),
            b"fcTL" | b"fdAT" => {}
            _ if PLAIN.contains(&name) => {}
            _ => scan.detail(),
        }
        rest = rest.get(length.checked_add(12)?..)?;
        if name == b"IEND" {
            scan.has_tail = !rest.is_empty();
            return Some(());
        }
    }
}
