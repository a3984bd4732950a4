//! Images of disks: file systems, tables of partitions, and the files that emulators and burners keep them in.
//!
//! Invariant: a signature of fewer than five bytes counts only together with a structure beside it.

use crate::bytes::{has_at, tail, u16_at, u32_at};

/// The beginning of a raw sector of a compact disc (ECMA-130 14.1).
const SECTOR: &[u8] = b"\0\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\0";
/// Where the first descriptor of a volume begins: sector 16, of 2048 bytes, or raw with a head of 16 or 24 bytes.
const DESCRIPTORS: [usize; 4] = [16 * 2_048, 17 * 2_048, 16 * 2_352 + 16, 16 * 2_352 + 24];

/// The id of an image of a disk. What begins like another file and is one all the same is found, too: systems mount
/// images by what lies inside.
pub(crate) fn image(bytes: &[u8]) -> Option<&'static str> {
    let ids = [optical, container, partitions, file_system];
    ids.iter().find_map(|look| look(bytes))
}

/// ISO 9660 (ECMA-119 8.1), UDF (ECMA-167 3/9.1), raw sectors, and images of burning programs.
fn optical(bytes: &[u8]) -> Option<&'static str> {
    let described = |magic: &[u8]| DESCRIPTORS.iter().any(|at| has_at(bytes, at + 1, magic));
    if described(b"CD001") || bytes.starts_with(SECTOR) || bytes.starts_with(b"MEDIA DESCRIPTOR\x01") {
        return Some("iso");
    }
    if tail(bytes, 12).starts_with(b"NER5") || tail(bytes, 8).starts_with(b"NERO") {
        return Some("iso");
    }
    [&b"BEA01"[..], b"NSR02", b"NSR03"].iter().any(|magic| described(magic)).then_some("udf")
}

/// Files of emulators, and encrypted disks.
fn container(bytes: &[u8]) -> Option<&'static str> {
    let trailer = tail(bytes, 512);
    match () {
        () if bytes.len() > 512 && trailer.starts_with(b"koly") => Some("dmg"),
        () if bytes.len() > 512 && trailer.starts_with(b"conectix") => Some("vhd"),
        () if bytes.starts_with(b"COWD\x01\0\0\0") || bytes.starts_with(b"# Disk DescriptorFile") => Some("vmdk"),
        () if bytes.starts_with(b"WithoutFreeSpace") || bytes.starts_with(b"WithouFreSpacExt") => Some("disk"),
        () if bytes.starts_with(b"LUKS\xBA\xBE") => Some("disk"),
        () => None,
    }
}

/// A GUID partition table (UEFI 5.3.2), or a boot sector that says where its partitions are.
fn partitions(bytes: &[u8]) -> Option<&'static str> {
    if has_at(bytes, 512, b"EFI PART") || has_at(bytes, 4_096, b"EFI PART") {
        return Some("disk");
    }
    let entries = bytes.get(446..510).filter(|_| has_at(bytes, 510, b"\x55\xAA"))?;
    let mut used = 0;
    for entry in entries.chunks_exact(16) {
        let (kind, first, length) = (entry.get(4)?, u32_at(entry, 8)?, u32_at(entry, 12)?);
        match entry.first()? {
            0 | 0x80 if *kind == 0 => {}
            0 | 0x80 if first > 0 && length > 0 => used += 1,
            _ => return None,
        }
    }
    (used > 0).then_some("disk")
}

/// File systems without a table around them.
fn file_system(bytes: &[u8]) -> Option<&'static str> {
    let starts = |magic: &[u8]| bytes.starts_with(magic);
    let extended = || {
        let is_state = u16_at(bytes, 1_082).is_some_and(|state| state < 8);
        has_at(bytes, 1_080, b"\x53\xEF") && is_state && u32_at(bytes, 1_048).is_some_and(|size| size <= 6)
    };
    let block =
        |at: usize| u32_at(bytes, at).is_some_and(|size| size.is_power_of_two() && (512..=65_536).contains(&size));
    let big_block = || bytes.get(4..8) == Some(b"\0\0\x10\0");
    let is_one = starts(b"-rom1fs-")
        || has_at(bytes, 65_600, b"_BHRfS_M")
        || has_at(bytes, 1_024, b"H+\0\x04")
        || has_at(bytes, 1_024, b"HX\0\x05")
        || (has_at(bytes, 32, b"NXSB") && block(36))
        || (starts(b"XFSB") && big_block())
        || (starts(b"\x45\x3D\xCD\x28") && has_at(bytes, 16, b"Compressed ROMFS"))
        || extended();
    is_one.then_some("disk")
}
