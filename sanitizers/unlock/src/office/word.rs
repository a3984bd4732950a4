//! Word documents of the binary kind ([MS-DOC] 2.2.6): three streams enciphered from their start.
//!
//! Refuses: XOR obfuscation. Invariant: the first 68 bytes of the document stream, which are never enciphered, lose
//! the marks of encryption and nothing else.

use super::binary::Blocks;
use super::excel::replace;
use super::{Container, Fields, stream};
use crate::candidate::Key;
use crate::{Allowance, Locked, Opened};

/// Bytes that have a key of their own.
const BLOCK: usize = 512;
/// Bare bytes in front of the document stream (FibBase and what stands behind it).
const BARE: usize = 68;
/// Bits of the flags at offset 10: enciphered, which table stream, obfuscated.
const ENCRYPTED: u16 = 1 << 8;
const TABLE_ONE: u16 = 1 << 9;
const OBFUSCATED: u16 = 1 << 15;

pub(super) fn open(
    mut container: Container,
    keys: &[Key],
    most: usize,
    allowance: &mut Allowance,
) -> Result<Opened, Locked> {
    let sealed = stream(&mut container, "/WordDocument", most)?;
    let mut fib = Fields(sealed.get(10..18).ok_or(Locked::Broken)?);
    let (flags, _back, header_length) = (fib.u16()?, fib.u16()?, fib.u32()?);
    if flags & ENCRYPTED == 0 || flags & OBFUSCATED != 0 {
        return Err(Locked::NotSupported);
    }
    let table = if flags & TABLE_ONE == 0 { "/0Table" } else { "/1Table" };
    let mut table_bytes = stream(&mut container, table, most)?;
    let header = usize::try_from(header_length).ok().and_then(|length| table_bytes.get(..length));
    let header = header.ok_or(Locked::Broken)?.to_vec();
    let (blocks, index) = Blocks::open(&header, keys, allowance)?;

    let mut document = sealed.clone();
    blocks.apply(&mut document, BLOCK);
    let (Some(to), Some(from)) = (document.get_mut(..BARE), sealed.get(..BARE)) else { return Err(Locked::Broken) };
    to.copy_from_slice(from);
    if let Some(two) = document.get_mut(10..12) {
        two.copy_from_slice(&(flags & !ENCRYPTED).to_le_bytes());
    }
    if let Some(key_field) = document.get_mut(14..18) {
        key_field.fill(0);
    }
    replace(&mut container, "/WordDocument", &document)?;

    blocks.apply(&mut table_bytes, BLOCK);
    // The header of the encryption is no part of what was enciphered; nothing refers to it any more.
    if let Some(front) = table_bytes.get_mut(..header.len()) {
        front.fill(0);
    }
    replace(&mut container, table, &table_bytes)?;
    if container.is_stream("/Data") {
        let mut data = stream(&mut container, "/Data", most)?;
        blocks.apply(&mut data, BLOCK);
        replace(&mut container, "/Data", &data)?;
    }
    Ok(Opened { bytes: container.into_inner().into_inner(), used: index.into_iter().collect() })
}
