//! What a ZIP container holds, by the names in its directory.
//!
//! Invariant: names come from the central directory; only a file without one is searched for local headers. No
//! member is unpacked.

use std::collections::BTreeSet;

use sanitizer_api::{Class, Detected};

use crate::bytes::{find, find_last, has_at, head, tail, u16_at, u32_at};
use crate::plain;

/// Entries looked at.
const MAX_ENTRIES: usize = 20_000;
/// End record and the longest comment.
const END_WINDOW: usize = 22 + 65_535;
/// Compression method that stands for AES (APPNOTE, appendix E).
const METHOD_AES: u16 = 99;
const LOCAL: &[u8] = b"PK\x03\x04";
const CENTRAL: &[u8] = b"PK\x01\x02";
const END: &[u8] = b"PK\x05\x06";

/// The type of a ZIP file.
pub(crate) fn look(bytes: &[u8]) -> Detected {
    let mut directory = central(bytes).unwrap_or_else(|| locals(bytes));
    directory.encrypted |= starts_encrypted(bytes);
    let kind = office(&directory).or_else(|| open_document(bytes, &directory)).or_else(|| package(&directory));
    let kind = kind.unwrap_or(plain("zip", Class::Archive));
    Detected { encrypted: directory.encrypted, ..kind }
}

/// True if an end record with a plausible directory stands near the end, where lenient readers look.
pub(crate) fn is_behind(bytes: &[u8]) -> bool {
    central(bytes).is_some_and(|directory| !directory.names.is_empty())
}

/// True if that end record and its comment are the very end.
pub(crate) fn closes(bytes: &[u8]) -> bool {
    let end = end_record(bytes);
    let comment = end.and_then(|end| Some(end + 22 + usize::from(u16_at(bytes, end + 20)?)));
    comment == Some(bytes.len()) && is_behind(bytes)
}

fn end_record(bytes: &[u8]) -> Option<usize> {
    let window = tail(bytes, END_WINDOW);
    Some(bytes.len() - window.len() + find_last(window, END)?)
}

#[derive(Default)]
struct Directory {
    /// Lower case, slashes forward.
    names: BTreeSet<String>,
    encrypted: bool,
}

impl Directory {
    fn has(&self, name: &str) -> bool {
        self.names.contains(name)
    }

    fn below(&self, folder: &str) -> bool {
        self.names.range(folder.to_owned()..).next().is_some_and(|name| name.starts_with(folder))
    }

    fn any(&self, fits: impl Fn(&str) -> bool) -> bool {
        self.names.iter().any(|name| fits(name))
    }

    fn add(&mut self, flags: u16, method: u16, name: &[u8]) {
        self.encrypted |= is_encrypted(flags) || method == METHOD_AES;
        let lower = name.iter().map(|b| if *b == b'\\' { '/' } else { char::from(b.to_ascii_lowercase()) });
        self.names.insert(lower.collect());
    }
}

fn starts_encrypted(bytes: &[u8]) -> bool {
    bytes.starts_with(LOCAL) && (u16_at(bytes, 6).is_some_and(is_encrypted) || u16_at(bytes, 8) == Some(METHOD_AES))
}

/// Encrypted, or with masked headers because the directory is encrypted (APPNOTE 4.4.4).
const fn is_encrypted(flags: u16) -> bool {
    flags & (1 | 1 << 13) != 0
}

/// The central directory. Offsets are taken relative to the record's end, so that data in front does no harm.
fn central(bytes: &[u8]) -> Option<Directory> {
    let end = end_record(bytes)?;
    let size = u32_at(bytes, end + 12)?;
    let mut at = end.checked_sub(size).filter(|start| has_at(bytes, *start, CENTRAL)).or(u32_at(bytes, end + 16))?;
    let mut directory = Directory::default();
    for _ in 0..MAX_ENTRIES {
        if !has_at(bytes, at, CENTRAL) {
            break;
        }
        let length = usize::from(u16_at(bytes, at + 28)?);
        let name = bytes.get(at + 46..at + 46 + length)?;
        directory.add(u16_at(bytes, at + 8)?, u16_at(bytes, at + 10)?, name);
        let local = u32_at(bytes, at + 42)?;
        directory.encrypted |= has_at(bytes, local, LOCAL) && u16_at(bytes, local + 6).is_some_and(is_encrypted);
        at += 46 + length + usize::from(u16_at(bytes, at + 30)?) + usize::from(u16_at(bytes, at + 32)?);
    }
    (!directory.names.is_empty() || size == 0).then_some(directory)
}

/// Local headers wherever they stand: a cut or streamed file.
fn locals(bytes: &[u8]) -> Directory {
    let mut directory = Directory::default();
    let mut from = 0;
    for _ in 0..MAX_ENTRIES {
        let Some(at) = bytes.get(from..).and_then(|rest| find(rest, LOCAL)).map(|at| from + at) else { break };
        let length = usize::from(u16_at(bytes, at + 26).unwrap_or(0));
        if let (Some(flags), Some(method), Some(name)) =
            (u16_at(bytes, at + 6), u16_at(bytes, at + 8), bytes.get(at + 30..at + 30 + length))
        {
            directory.add(flags, method, name);
        }
        from = at + LOCAL.len();
    }
    directory
}

fn office(directory: &Directory) -> Option<Detected> {
    if !directory.has("[content_types].xml") {
        return None;
    }
    let has_macro = directory.any(|name| name.ends_with("vbaproject.bin") || name.contains("/macrosheets/"));
    let kind = |plain_id, macro_id| Some(plain(if has_macro { macro_id } else { plain_id }, Class::Document));
    if directory.has("appxmanifest.xml") || directory.has("appxmetadata/appxbundlemanifest.xml") {
        return Some(plain("appx", Class::Executable));
    }
    if directory.has("extension.vsixmanifest") {
        return Some(plain("vsix", Class::Executable));
    }
    if directory.has("xl/workbook.bin") {
        return kind("xlsb", "ooxml-excel-macro");
    }
    if directory.below("xl/") {
        return kind("ooxml-excel", "ooxml-excel-macro");
    }
    if directory.below("word/") {
        return kind("ooxml-word", "ooxml-word-macro");
    }
    if directory.below("ppt/") {
        return kind("ooxml-powerpoint", "ooxml-powerpoint-macro");
    }
    if directory.below("visio/") {
        return kind("ooxml-visio", "ooxml-visio-macro");
    }
    let is_xps = directory.any(|name| name.ends_with(".fdseq"));
    Some(plain(if is_xps { "xps" } else { "ooxml" }, Class::Document))
}

/// OpenDocument, EPUB, HWPX: the first member, stored, is named `mimetype`.
fn open_document(bytes: &[u8], directory: &Directory) -> Option<Detected> {
    if !has_at(bytes, 30, b"mimetype") {
        return None;
    }
    let content = head(bytes.get(38 + usize::from(u16_at(bytes, 28)?)..)?, 80);
    let has_macro = directory.below("basic/") || directory.below("scripts/");
    let odf = |id| Some(plain(if has_macro { "odf-macro" } else { id }, Class::Document));
    let is = |kind: &str| content.starts_with(kind.as_bytes());
    if is("application/vnd.oasis.opendocument.text") {
        odf("odt")
    } else if is("application/vnd.oasis.opendocument.spreadsheet") {
        odf("ods")
    } else if is("application/vnd.oasis.opendocument.presentation") {
        odf("odp")
    } else if is("application/vnd.oasis.opendocument.") {
        odf("odf")
    } else if is("application/epub+zip") {
        Some(plain("epub", Class::Document))
    } else if is("application/hwp+zip") {
        Some(plain("hwpx", Class::Document))
    } else {
        None
    }
}

fn package(directory: &Directory) -> Option<Detected> {
    if directory.has("androidmanifest.xml") {
        Some(plain("apk", Class::Executable))
    } else if directory.has("meta-inf/manifest.mf") || directory.any(|name| name.ends_with(".class")) {
        Some(plain("jar", Class::Executable))
    } else if directory.any(|name| name.starts_with("payload/") && name.contains(".app/")) {
        Some(plain("ipa", Class::Executable))
    } else if directory.has("manifest.json") && directory.below("_metadata/") {
        Some(plain("crx", Class::Executable))
    } else if directory.has("index/document.iwa") || directory.any(|name| name.ends_with(".iwa")) {
        Some(plain("iwork", Class::Document))
    } else {
        None
    }
}
