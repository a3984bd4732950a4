//! The blocks of a GIF (GIF89a).

use super::{Scan, u16_le};

pub(super) fn walk(bytes: &[u8], scan: &mut Scan) -> Option<()> {
    let mut rest = bytes.get(13_usize.checked_add(table(*bytes.get(10)?))?..)?;
    loop {
        let (kind, after) = rest.split_first()?;
        rest = match kind {
            0x21 => {
                let (label, blocks) = after.split_first()?;
                let is_loop = *label == 0xFF && matches!(blocks.get(1..12)?, b"NETSCAPE2.0" | b"ANIMEXTS1.0");
                if *label != 0xF9 && !is_loop {
                    scan.detail();
                }
                skip(blocks)?
            }
            0x2C => {
                let size = (u32::from(u16_le(after, 4)?), u32::from(u16_le(after, 6)?));
                if scan.first.replace(scan.first.unwrap_or(size)).is_some() {
                    scan.frame();
                }
                // The table of colours, and a byte of code size before the blocks.
                skip(after.get(10_usize.checked_add(table(*after.get(8)?))?..)?)?
            }
            0x3B => {
                scan.has_tail = !after.is_empty();
                return Some(());
            }
            _ => return None,
        };
    }
}

/// Bytes of the table of colours that `flags` announce.
fn table(flags: u8) -> usize {
    if flags & 0x80 == 0 { 0 } else { 6 << (flags & 7) }
}

/// What follows a chain of blocks.
fn skip(mut rest: &[u8]) -> Option<&[u8]> {
    loop {
        let (length, after) = rest.split_first()?;
        rest = after.get(usize::from(*length)..)?;
        if *length == 0 {
            return Some(rest);
        }
    }
}
