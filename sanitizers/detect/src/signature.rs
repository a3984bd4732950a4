//! Signatures at fixed offsets.
//!
//! Invariant: no signature hides a longer one behind it; very short ones are in `probe`, with a second check.

use sanitizer_api::{Class, Detected};

use crate::bytes::has_at;
use crate::text;

type Row = (usize, &'static [u8], &'static str, Class);

/// The first row whose bytes stand at its offset. Letters alone are not believed in front of text: `AC1` may begin a
/// drawing or a sentence.
pub(crate) fn find(bytes: &[u8]) -> Option<Detected> {
    let (_, magic, id, class) = ROWS.iter().find(|(at, magic, _, _)| has_at(bytes, *at, magic))?;
    let is_printable = magic.iter().all(|b| b.is_ascii_graphic() || matches!(b, b' ' | b'\n'));
    if is_printable && text::is_text(bytes) { None } else { Some(crate::plain(id, *class)) }
}

const ROWS: &[Row] = &[
    // Pictures
    (0, b"\xFF\xD8\xFF", "jpeg", Class::Image),
    (0, b"\x89PNG\r\n\x1A\n", "png", Class::Image),
    (0, b"GIF87a", "gif", Class::Image),
    (0, b"GIF89a", "gif", Class::Image),
    (0, b"II*\0", "tiff", Class::Image),
    (0, b"MM\0*", "tiff", Class::Image),
    (0, b"II+\0", "tiff", Class::Image),
    (0, b"MM\0+", "tiff", Class::Image),
    (0, b"8BPS\0", "psd", Class::Image),
    (0, b"\xD7\xCD\xC6\x9A", "wmf", Class::Image),
    (40, b" EMF", "emf", Class::Image),
    (0, b"\0\0\0\x0CjP  \r\n\x87\n", "jp2", Class::Image),
    (0, b"\xFF\x4F\xFF\x51", "jp2", Class::Image),
    (0, b"\0\0\0\x0CJXL \r\n\x87\n", "jxl", Class::Image),
    (0, b"AT&TFORM", "djvu", Class::Image),
    (0, b"gimp xcf", "xcf", Class::Image),
    (0, b"II\xBC\x01", "jxr", Class::Image),
    (128, b"DICM", "dicom", Class::Image),
    (0, b"\xC5\xD0\xD3\xC6", "eps", Class::Image),
    // Sound and film
    (0, b"ID3", "mp3", Class::Media),
    (0, b"\xFF\xFB", "mp3", Class::Media),
    (0, b"\xFF\xF3", "mp3", Class::Media),
    (0, b"\xFF\xF2", "mp3", Class::Media),
    (0, b"\xFF\xF1", "aac", Class::Media),
    (0, b"\xFF\xF9", "aac", Class::Media),
    (0, b"OggS", "ogg", Class::Media),
    (0, b"fLaC", "flac", Class::Media),
    (0, b"MThd", "midi", Class::Media),
    (0, b"#!AMR", "amr", Class::Media),
    (0, b"\x1A\x45\xDF\xA3", "matroska", Class::Media),
    (0, b"\x30\x26\xB2\x75\x8E\x66\xCF\x11", "asf", Class::Media),
    (0, b"FLV\x01", "flv", Class::Media),
    (0, b"\0\0\x01\xBA", "mpeg", Class::Media),
    (0, b"\0\0\x01\xB3", "mpeg", Class::Media),
    (0, b".RMF", "realmedia", Class::Media),
    // Archives
    (0, b"7z\xBC\xAF\x27\x1C", "7z", Class::Archive),
    (0, b"\x1F\x8B\x08", "gzip", Class::Archive),
    (0, b"\xFD7zXZ\0", "xz", Class::Archive),
    (0, b"\x28\xB5\x2F\xFD", "zstd", Class::Archive),
    (0, b"\x04\x22\x4D\x18", "lz4", Class::Archive),
    (0, b"LZIP", "lzip", Class::Archive),
    (0, b"\x1F\x9D", "compress", Class::Archive),
    (0, b"\x1F\xA0", "compress", Class::Archive),
    (0, b"MSCF\0\0\0\0", "cab", Class::Archive),
    (0, b"ISc(", "installshield-cab", Class::Archive),
    (7, b"**ACE**", "ace", Class::Archive),
    (0, b"070701", "cpio", Class::Archive),
    (0, b"070702", "cpio", Class::Archive),
    (0, b"070707", "cpio", Class::Archive),
    (257, b"ustar", "tar", Class::Archive),
    (0, b"ZOO ", "zoo", Class::Archive),
    (0, b"StuffIt ", "stuffit", Class::Archive),
    (0, b"SIT!", "stuffit", Class::Archive),
    (0, b"xar!", "xar", Class::Archive),
    (0, b"MSWIM\0\0\0", "wim", Class::Archive),
    (0, b"!<arch>\ndebian-binary", "deb", Class::Executable),
    (0, b"!<arch>\n", "ar", Class::Archive),
    (0, b"\xED\xAB\xEE\xDB", "rpm", Class::Executable),
    (0, b"Cr24", "crx", Class::Executable),
    (0, b"SZDD\x88\xF0\x27\x33", "szdd", Class::Archive),
    (0, b"KWAJ\x88\xF0\x27\xD1", "kwaj", Class::Archive),
    // Programs
    (0, b"\x7FELF", "elf", Class::Executable),
    (0, b"\xFE\xED\xFA\xCE", "mach-o", Class::Executable),
    (0, b"\xFE\xED\xFA\xCF", "mach-o", Class::Executable),
    (0, b"\xCE\xFA\xED\xFE", "mach-o", Class::Executable),
    (0, b"\xCF\xFA\xED\xFE", "mach-o", Class::Executable),
    (0, b"\xCA\xFE\xD0\x0D", "java-pack", Class::Executable),
    (0, b"dex\n", "dex", Class::Executable),
    (0, b"\0asm", "wasm", Class::Executable),
    (0, b"\x1BLua", "lua", Class::Executable),
    (0, b"BC\xC0\xDE", "llvm", Class::Executable),
    (0, b"FWS", "swf", Class::Executable),
    (0, b"CWS", "swf", Class::Executable),
    (0, b"ZWS", "swf", Class::Executable),
    (0, b"\x4C\0\0\0\x01\x14\x02\0", "lnk", Class::Shortcut),
    (0, b"ITSF", "chm", Class::Script),
    (0, b"\x3F\x5F\x03\0", "hlp", Class::Script),
    (0, b"\xFE\xCA\xDE\xAF", "jse", Class::Script),
    (0, b"#@~^", "encoded-script", Class::Script),
    // Disk images
    (32769, b"CD001", "iso", Class::DiskImage),
    (34817, b"CD001", "iso", Class::DiskImage),
    (32769, b"BEA01", "udf", Class::DiskImage),
    (0, b"conectix", "vhd", Class::DiskImage),
    (0, b"vhdxfile", "vhdx", Class::DiskImage),
    (0, b"KDMV", "vmdk", Class::DiskImage),
    (0, b"QFI\xFB", "qcow", Class::DiskImage),
    (64, b"\x7F\x10\xDA\xBE", "vdi", Class::DiskImage),
    (0, b"hsqs", "squashfs", Class::DiskImage),
    // Documents
    (0, b"{\\rt", "rtf", Class::Document),
    (0, b"\xE4\x52\x5C\x7B\x8C\xD8\xA7\x4D\xAE\xB1\x53\x78\xD0\x29\x96\xD3", "onenote", Class::Document),
    (0, b"\xA1\x2F\xFF\x43\xD9\xEF\x76\x4C\x9E\xE2\x10\xEA\x57\x22\x76\x5F", "onenote", Class::Document),
    (0, b"\0\x01\0\0Standard Jet DB", "access", Class::Document),
    (0, b"\0\x01\0\0Standard ACE DB", "access", Class::Document),
    (0, b"\x60\x0E\x82", "docuworks", Class::Document),
    // Ichitaro before its compound files (版 4 to 6).
    (0, b"DOC\0\0\0\0\0  ", "ichitaro", Class::Document),
    (0, b"%!PS", "postscript", Class::Document),
    (0, b"\x04%!PS", "postscript", Class::Document),
    (0, b"\xFFWPC", "wordperfect", Class::Document),
    (0, b"\xE7\xAC\x2C\0", "publisher", Class::Document),
    (0, b"\x09\x08\x10\0\0\x06\x05\0", "xls-stream", Class::Document),
    (0, b"\x09\x00\x04\0", "xls-stream", Class::Document),
    (0, b"\x09\x02\x06\0", "xls-stream", Class::Document),
    (0, b"\x09\x04\x06\0", "xls-stream", Class::Document),
    (0, b"\xDB\xA5\x2D\0", "doc-old", Class::Document),
    (0, b"\x31\xBE\0\0", "write", Class::Document),
    (0, b"SQLite format 3\0", "sqlite", Class::Unknown),
    // Drawings
    (0, b"JwwData.", "jww", Class::Drawing),
    (0, b"AutoCAD Binary DXF", "dxf", Class::Drawing),
    (0, b"AC1", "dwg", Class::Drawing),
    (0, b"AC2.10", "dwg", Class::Drawing),
    (0, b"(DWF V", "dwf", Class::Drawing),
    (0, b"3D Geometry File Format", "3dm", Class::Drawing),
    // Mail
    (0, b"!BDN", "pst", Class::Mail),
    // Fonts
    (0, b"OTTO\0", "font", Class::Unknown),
    (0, b"wOFF", "font", Class::Unknown),
    (0, b"wOF2", "font", Class::Unknown),
    (0, b"ttcf", "font", Class::Unknown),
    (0, b"\0\x01\0\0\0", "font", Class::Unknown),
];
