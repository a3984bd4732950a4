//! The chunks of a WebP (RFC 9649).

use super::{Scan, u32_le};

pub(super) fn walk(bytes: &[u8], scan: &mut Scan) -> Option<()> {
    let end = usize::try_from(u32_le(bytes, 4)?).ok()?.checked_add(8)?;
    scan.has_tail = bytes.len() > end;
    let mut rest = bytes.get(12..end.min(bytes.len()))?;
    let (mut is_first, mut has_alpha) = (true, false);
    while !rest.is_empty() {
        let length = usize::try_from(u32_le(rest, 4)?).ok()?;
        match rest.get(..4)? {
            b"VP8 " => scan.is_lossy = !has_alpha,
            b"ALPH" => has_alpha = true,
            b"VP8L" | b"VP8X" | b"ANIM" => {}
            b"ANMF" if is_first => is_first = false,
            b"ANMF" => scan.frame(),
            _ => scan.detail(),
        }
        rest = rest.get(length.checked_add(length & 1)?.checked_add(8)?..)?;
    }
    Some(())
}
