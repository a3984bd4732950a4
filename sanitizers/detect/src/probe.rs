//! Types that take more than one look.
//!
//! Invariant: a short signature counts only together with a structure that ordinary text or noise does not have.

use sanitizer_api::{Class, Detected};

use crate::bytes::{find, find_last, has_at, head, tail, u16_at, u32_at};
use crate::{archive, disk, ole, plain, text, zip};

/// Where the PDF header may stand (ISO 32000-1, annex H, note 13).
const PDF_WINDOW: usize = 1_024;
const PDF_TRAILER: usize = 4_096;

/// Containers and what their inside says.
pub(crate) fn container(bytes: &[u8]) -> Option<Detected> {
    if [b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08", b"PK00"].iter().any(|magic| bytes.starts_with(*magic)) {
        return Some(zip::look(bytes));
    }
    if bytes.starts_with(b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1") {
        return Some(ole::look(bytes));
    }
    if bytes.starts_with(b"\x78\x9F\x3E\x22") {
        // The files inside lie there as they are: one near the beginning is not the type of the whole.
        return Some(plain("tnef", Class::Mail));
    }
    pdf(bytes).or_else(|| rar(bytes)).or_else(|| seven_zip(bytes))
}

/// Everything else that a single signature does not settle.
pub(crate) fn by_structure(bytes: &[u8]) -> Option<Detected> {
    [program, java_or_mach, riff, iso_media, bitmap, icon, lzh, arj, bzip2, old_tar, disk, unpacking_script, pkcs7]
        .iter()
        .find_map(|probe| probe(bytes))
}

fn pdf(bytes: &[u8]) -> Option<Detected> {
    find(head(bytes, PDF_WINDOW), b"%PDF-")?;
    // A linearized file has its first trailer in front.
    let encrypted = [tail(bytes, PDF_TRAILER), head(bytes, PDF_TRAILER), cross_references(bytes).unwrap_or_default()]
        .iter()
        .any(|window| names_encryption(window));
    Some(Detected { id: "pdf", class: Class::Document, encrypted })
}

/// The dictionary of the last cross-reference stream, or the trailer behind the last table (ISO 32000-1, 7.5.5, 7.5.8).
fn cross_references(bytes: &[u8]) -> Option<&[u8]> {
    let word = b"startxref";
    let end = tail(bytes, PDF_TRAILER);
    let digits = end.get(find_last(end, word)? + word.len()..)?.trim_ascii_start();
    let length = digits.iter().position(|b| !b.is_ascii_digit()).unwrap_or(digits.len());
    let start: usize = std::str::from_utf8(digits.get(..length)?).ok()?.parse().ok()?;
    let section = bytes.get(start..)?;
    let from = if section.starts_with(b"xref") { find(section, b"trailer")? } else { 0 };
    Some(head(section.get(from..)?, PDF_TRAILER))
}

/// True if a dictionary has the key `/Encrypt`. Whether the password that opens the file is the empty one (only
/// printing or copying is forbidden then) cannot be told without computing keys: it counts as required.
fn names_encryption(dictionary: &[u8]) -> bool {
    let key = b"/Encrypt";
    let mut rest = dictionary;
    while let Some(after) = find(rest, key).and_then(|at| rest.get(at + key.len()..)) {
        if !after.first().is_some_and(u8::is_ascii_alphanumeric) {
            return true;
        }
        rest = after;
    }
    false
}

fn rar(bytes: &[u8]) -> Option<Detected> {
    let encrypted = if bytes.starts_with(archive::RAR5) {
        archive::is_rar5_encrypted(bytes)
    } else if bytes.starts_with(archive::RAR4) {
        archive::is_rar4_encrypted(bytes)
    } else if bytes.starts_with(b"RE~^") {
        false
    } else {
        return None;
    };
    Some(Detected { id: "rar", class: Class::Archive, encrypted })
}

fn seven_zip(bytes: &[u8]) -> Option<Detected> {
    let is_archive = bytes.starts_with(archive::SEVEN_ZIP);
    let encrypted = is_archive && archive::is_seven_zip_encrypted(bytes);
    is_archive.then_some(Detected { id: "7z", class: Class::Archive, encrypted })
}

/// Places of a signature in a program that are looked at: its own code may name it before the archive begins.
const MAX_PLACES: usize = 16;

/// True if a program carries an archive that takes a password: it unpacks itself.
fn carries_encrypted_archive(program: &[u8]) -> bool {
    type Look = fn(&[u8]) -> bool;
    let kinds: [(&[u8], Look); 3] = [
        (archive::RAR5, archive::is_rar5_encrypted),
        (archive::RAR4, archive::is_rar4_encrypted),
        (archive::SEVEN_ZIP, archive::is_seven_zip_encrypted),
    ];
    let carries = |(magic, is_encrypted): &(&[u8], Look)| {
        let places = memchr::memmem::find_iter(program, magic).take(MAX_PLACES);
        places.filter_map(|at| program.get(at..)).any(is_encrypted)
    };
    kinds.iter().any(carries) || zip::is_behind(program) && zip::look(program).encrypted
}

fn program(bytes: &[u8]) -> Option<Detected> {
    if !(bytes.starts_with(b"MZ") || bytes.starts_with(b"ZM")) {
        return None;
    }
    let new_header = u32_at(bytes, 0x3C).unwrap_or(usize::MAX);
    if [&b"PE\0\0"[..], b"NE", b"LE", b"LX"].iter().any(|magic| has_at(bytes, new_header, magic)) {
        return Some(Detected { encrypted: carries_encrypted_archive(bytes), ..plain("pe", Class::Executable) });
    }
    let encrypted = || carries_encrypted_archive(bytes);
    (!text::is_text(bytes)).then(|| Detected { encrypted: encrypted(), ..plain("mz", Class::Executable) })
}

/// Both begin with 0xCAFEBABE: a fat binary has a small count of architectures where a class has its version.
fn java_or_mach(bytes: &[u8]) -> Option<Detected> {
    let version = bytes.strip_prefix(b"\xCA\xFE\xBA\xBE")?.first_chunk::<4>()?;
    let id = if u32::from_be_bytes(*version) < 45 { "mach-o" } else { "java-class" };
    Some(plain(id, Class::Executable))
}

fn riff(bytes: &[u8]) -> Option<Detected> {
    match (bytes.first_chunk::<4>()?, bytes.get(8..12)?) {
        (b"RIFF" | b"RIFX", b"WEBP") => Some(plain("webp", Class::Image)),
        (b"RIFF" | b"RIFX", b"ACON") => Some(plain("ani", Class::Image)),
        (b"RIFF" | b"RIFX", b"WAVE") => Some(plain("wav", Class::Media)),
        (b"RIFF" | b"RIFX", _) => Some(plain("riff", Class::Media)),
        (b"FORM", b"AIFF" | b"AIFC") => Some(plain("aiff", Class::Media)),
        _ => None,
    }
}

fn iso_media(bytes: &[u8]) -> Option<Detected> {
    if !has_at(bytes, 4, b"ftyp") {
        return None;
    }
    Some(match bytes.get(8..12)? {
        b"heic" | b"heix" | b"hevc" | b"hevx" | b"mif1" | b"msf1" => plain("heic", Class::Image),
        b"avif" | b"avis" => plain("avif", Class::Image),
        b"qt  " => plain("mov", Class::Media),
        _ => plain("mp4", Class::Media),
    })
}

fn bitmap(bytes: &[u8]) -> Option<Detected> {
    let header = u32_at(bytes, 14)?;
    let fits = bytes.starts_with(b"BM") && matches!(header, 12 | 40 | 52 | 56 | 64 | 108 | 124);
    fits.then_some(plain("bmp", Class::Image))
}

fn icon(bytes: &[u8]) -> Option<Detected> {
    let [0, 0, kind @ (1 | 2), 0, count, 0, ..] = bytes else { return None };
    let first_image = u32_at(bytes, 18)?;
    let fits = *count > 0 && bytes.get(9) == Some(&0) && first_image >= 6 + 16 * usize::from(*count);
    fits.then_some(plain(if *kind == 1 { "ico" } else { "cur" }, Class::Image))
}

fn lzh(bytes: &[u8]) -> Option<Detected> {
    let method = bytes.get(2..7)?;
    let known = matches!(method, [b'-', b'l', b'h' | b'z', _, b'-'] | [b'-', b'p', b'm', _, b'-']);
    known.then_some(plain("lzh", Class::Archive))
}

fn arj(bytes: &[u8]) -> Option<Detected> {
    let size = u16_at(bytes, 2)?;
    let fits = bytes.starts_with(b"\x60\xEA") && (1..=2_600).contains(&size) && bytes.get(4).is_some_and(|b| *b < 64);
    fits.then_some(Detected {
        id: "arj",
        class: Class::Archive,
        encrypted: bytes.get(8).is_some_and(|flags| flags & 1 != 0),
    })
}

fn bzip2(bytes: &[u8]) -> Option<Detected> {
    let fits = matches!(bytes, [b'B', b'Z', b'h', b'1'..=b'9', 0x31 | 0x17, ..]);
    fits.then_some(plain("bzip2", Class::Archive))
}

/// Tar before POSIX has no signature, but a checksum over its first block.
fn old_tar(bytes: &[u8]) -> Option<Detected> {
    let block = bytes.get(..512)?;
    let field = block.get(148..156)?;
    let stated = field
        .iter()
        .filter(|b| b.is_ascii_digit())
        .try_fold(0u32, |sum, b| char::from(*b).to_digit(8).and_then(|digit| sum.checked_mul(8)?.checked_add(digit)))?;
    let sum: u32 = block.iter().map(|b| u32::from(*b)).sum();
    let without_field: u32 = sum - field.iter().map(|b| u32::from(*b)).sum::<u32>() + 8 * u32::from(b' ');
    (stated > 0 && stated == without_field).then_some(plain("tar", Class::Archive))
}

/// Images of disks, and boot sectors that begin with a jump.
fn disk(bytes: &[u8]) -> Option<Detected> {
    let is_boot_sector = has_at(bytes, 510, b"\x55\xAA") && matches!(bytes.first(), Some(0xEB | 0xE9));
    let id = disk::image(bytes).or_else(|| is_boot_sector.then_some("disk"))?;
    Some(plain(id, Class::DiskImage))
}

/// A script with an archive behind it: it unpacks itself.
fn unpacking_script(bytes: &[u8]) -> Option<Detected> {
    let is_script = bytes.starts_with(b"#!/") && !text::is_text(bytes);
    is_script.then_some(plain("shell-script", Class::Script))
}

/// PKCS #7 in DER: a sequence that opens with an object identifier of that family.
fn pkcs7(bytes: &[u8]) -> Option<Detected> {
    let family = b"\x06\x09\x2A\x86\x48\x86\xF7\x0D\x01\x07";
    let at = bytes.starts_with(b"\x30").then(|| find(head(bytes, 20), family)).flatten()?;
    match bytes.get(at + family.len()) {
        Some(3) => Some(Detected { id: "p7m", class: Class::Crypto, encrypted: true }),
        _ => Some(plain("p7s", Class::Crypto)),
    }
}
