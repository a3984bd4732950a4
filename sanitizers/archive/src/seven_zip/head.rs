//! How long the head of a 7z is, unpacked, before anything unpacks it.
//!
//! Refuses: heads packed in a way that no writer packs them. Invariant: a head is never longer than what is told here,
//! whatever it holds.

use crate::bytes::{slice, u64_at};

/// Bytes in front of the archive; offsets count from their end.
const START: usize = 32;
/// Coders of a head: one that packs, one that enciphers, and room for two more.
const MAX_CODERS: u64 = 4;

/// Bytes of the head as it is read; nothing if that cannot be told.
pub(super) fn length(bytes: &[u8]) -> Option<u64> {
    let from = usize::try_from(u64_at(bytes, 12)?).ok()?.checked_add(START)?;
    let length = u64_at(bytes, 20)?;
    let head = slice(bytes, from, usize::try_from(length).ok()?)?;
    match head.split_first()? {
        (0x01, _) => Some(length),
        (0x17, rest) => packed(&mut Fields(rest)),
        _ => None,
    }
}

/// The largest size that any coder of a packed head states.
fn packed(fields: &mut Fields<'_>) -> Option<u64> {
    fields.expect(0x06)?;
    fields.number()?;
    (fields.number()? == 1).then_some(())?;
    fields.expect(0x09)?;
    fields.number()?;
    if fields.byte()? == 0x0A {
        fields.expect(1)?;
        fields.skip(4)?;
        fields.expect(0)?;
    }
    for expected in [0x07, 0x0B, 1, 0] {
        fields.expect(expected)?;
    }
    let coders = fields.number().filter(|coders| (1..=MAX_CODERS).contains(coders))?;
    for _ in 0..coders {
        let flags = fields.byte()?;
        // Coders of several streams, and lists of others to choose from.
        (flags & 0xD0 == 0).then_some(())?;
        fields.skip(u64::from(flags & 0x0F))?;
        if flags & 0x20 != 0 {
            let properties = fields.number()?;
            fields.skip(properties)?;
        }
    }
    for _ in 1..coders {
        fields.number()?;
        fields.number()?;
    }
    fields.expect(0x0C)?;
    let mut longest = 0;
    for _ in 0..coders {
        longest = fields.number()?.max(longest);
    }
    Some(longest)
}

/// What is left to read.
struct Fields<'a>(&'a [u8]);

impl Fields<'_> {
    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    fn expect(&mut self, byte: u8) -> Option<()> {
        (self.byte()? == byte).then_some(())
    }

    fn skip(&mut self, count: u64) -> Option<()> {
        self.0 = self.0.get(usize::try_from(count).ok()?..)?;
        Some(())
    }

    /// The leading one bits of the first byte say how many bytes follow, the lowest first.
    fn number(&mut self) -> Option<u64> {
        let first = self.byte()?;
        let count = first.leading_ones();
        let low = slice(self.0, 0, usize::try_from(count).ok()?)?;
        let low = low.iter().rev().fold(0u64, |value, byte| value << 8 | u64::from(*byte));
        self.skip(u64::from(count))?;
        let high = if count < 7 { u64::from(first) & (0x7F >> count) } else { 0 };
        Some(low | high << (8 * count % 64))
    }
}
