//! Zip files and pictures, written byte by byte: the same at every run, whatever library is installed.
//!
//! Refuses: more than 4 GiB. Invariant: content is never compressed, only wrapped, so that it can be read in a dump.

/// How members are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wrap {
    /// As they are.
    Stored,
    /// As blocks of deflate.
    Deflated,
    /// As blocks of deflate whose size stands behind them, as programs write that cannot go back.
    Streamed,
}

/// A zip file of these members (APPNOTE 6.3.10).
pub(super) fn zip(members: &[(String, Vec<u8>)], wrap: Wrap) -> Vec<u8> {
    let (mut out, mut central) = (Vec::new(), Vec::new());
    for (name, content) in members {
        let offset = four(out.len());
        let packed = if wrap == Wrap::Stored { content.clone() } else { deflate(content) };
        let (flags, method): (u16, u16) = match wrap {
            Wrap::Stored => (0x0800, 0),
            Wrap::Deflated => (0x0800, 8),
            Wrap::Streamed => (0x0808, 8),
        };
        let sums = [crc32(content).to_le_bytes(), four(packed.len()), four(content.len())].concat();
        // 1 January 2026, midnight.
        let kind = [&flags.to_le_bytes()[..], &method.to_le_bytes(), &[0, 0, 0x21, 0x5C]].concat();
        let lengths = [two(name.len()), [0, 0]].concat();
        let ahead = if wrap == Wrap::Streamed { vec![0; 12] } else { sums.clone() };
        out.extend([b"PK\x03\x04\x14\0", kind.as_slice(), &ahead, &lengths, name.as_bytes(), &packed].concat());
        if wrap == Wrap::Streamed {
            out.extend([b"PK\x07\x08", sums.as_slice()].concat());
        }
        central.extend([b"PK\x01\x02\x14\0\x14\0", kind.as_slice(), &sums, &lengths, &[0; 10], &offset].concat());
        central.extend_from_slice(name.as_bytes());
    }
    let start = four(out.len());
    out.extend_from_slice(&central);
    let count = two(members.len());
    out.extend([b"PK\x05\x06\0\0\0\0", count.as_slice(), &count, &four(central.len()), &start, &[0, 0]].concat());
    out
}

/// A red ring with bars in it, as a seal looks from afar: a PNG of `side` by `side` pixels, transparent around it.
pub(super) fn seal(side: u32) -> Vec<u8> {
    let mut rows = Vec::new();
    let (side, middle) = (i64::from(side), i64::from(side) / 2);
    for y in 0..side {
        // No filter.
        rows.push(0);
        for x in 0..side {
            let far = (x - middle).pow(2) + (y - middle).pow(2);
            let is_ring = far <= middle.pow(2) && far >= (middle * 7 / 8).pow(2);
            let is_bar = far < (middle * 3 / 4).pow(2) && (x * 12 / side) % 2 == 1 && (y * 6 / side) % 3 != 2;
            rows.extend_from_slice(if is_ring || is_bar { &[200, 30, 30, 255] } else { &[255, 255, 255, 0] });
        }
    }
    let size = u32::try_from(side).unwrap_or(0).to_be_bytes();
    let mut out = b"\x89PNG\r\n\x1a\n".to_vec();
    chunk(&mut out, b"IHDR", &[&size[..], &size, &[8, 6, 0, 0, 0]].concat());
    chunk(&mut out, b"IDAT", &[b"\x78\x01", deflate(&rows).as_slice(), &adler32(&rows).to_be_bytes()].concat());
    chunk(&mut out, b"IEND", b"");
    out
}

fn chunk(out: &mut Vec<u8>, kind: &[u8], content: &[u8]) {
    out.extend_from_slice(&u32::try_from(content.len()).unwrap_or(0).to_be_bytes());
    let both = [kind, content].concat();
    out.extend_from_slice(&both);
    out.extend_from_slice(&crc32(&both).to_be_bytes());
}

/// Deflate without compression (RFC 1951 3.2.4).
fn deflate(content: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut blocks = content.chunks(0xFFFF).peekable();
    if blocks.peek().is_none() {
        return vec![1, 0, 0, 0xFF, 0xFF];
    }
    while let Some(block) = blocks.next() {
        let [low, high] = two(block.len());
        out.extend_from_slice(&[u8::from(blocks.peek().is_none()), low, high, !low, !high]);
        out.extend_from_slice(block);
    }
    out
}

fn two(length: usize) -> [u8; 2] {
    u16::try_from(length).unwrap_or(u16::MAX).to_le_bytes()
}

fn four(length: usize) -> [u8; 4] {
    u32::try_from(length).unwrap_or(u32::MAX).to_le_bytes()
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0u32, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ (0xEDB8_8320 & (!(crc & 1)).wrapping_add(1)))
    })
}

fn adler32(bytes: &[u8]) -> u32 {
    let (a, b) = bytes.iter().fold((1u32, 0u32), |(a, b), byte| {
        let a = (a + u32::from(*byte)) % 65_521;
        (a, (b + a) % 65_521)
    });
    b << 16 | a
}
