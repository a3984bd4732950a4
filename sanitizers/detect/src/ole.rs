//! What an OLE2 container holds, by the names in its directory ([MS-CFB]).
//!
//! Invariant: every chain is followed at most [`MAX_SECTORS`] steps, so that a loop ends.

use std::collections::BTreeSet;

use sanitizer_api::{Class, Detected};

use crate::bytes::{u16_at, u32_at};
use crate::plain;

const MAX_SECTORS: usize = 4_096;
const ENTRY: usize = 128;
/// Streams shorter than this lie in the mini stream ([MS-CFB] 2.2).
const MINI_CUTOFF: usize = 4_096;
const MINI_SECTOR: usize = 64;
/// Sectors of short streams looked at, for each of them: those that matter lie in front.
const MAX_MINI_CHAIN: usize = 64;
/// Class identifiers of installer databases, patches and transforms, as stored.
const INSTALLER_TAIL: &[u8] = b"\x10\x0C\0\0\0\0\0\xC0\0\0\0\0\0\0\x46";

/// The type of an OLE2 file.
pub(crate) fn look(bytes: &[u8]) -> Detected {
    let entries = Container::open(bytes).map(|mut container| container.entries()).unwrap_or_default();
    classify(&top_level(entries))
}

/// The root and what lies directly in it: embedded objects have their own streams deeper down.
fn top_level(entries: Vec<Entry<'_>>) -> Vec<Entry<'_>> {
    let mut waiting = vec![entries.first().map_or(0, |root| root.child)];
    let mut seen = BTreeSet::from([0]);
    while let Some(number) = waiting.pop() {
        if let Some(entry) = entries.get(number)
            && seen.insert(number)
        {
            waiting.extend(entry.siblings);
        }
    }
    let is_broken = seen.len() == 1;
    entries.into_iter().enumerate().filter(|(at, _)| is_broken || seen.contains(at)).map(|(_, entry)| entry).collect()
}

struct Entry<'a> {
    name: String,
    /// Numbers of the entries left and right of it in its folder, and of the first one inside.
    siblings: [usize; 2],
    child: usize,
    class: &'a [u8],
    /// The first sector of a stream, or its first mini sector.
    start: &'a [u8],
}

fn classify(entries: &[Entry<'_>]) -> Detected {
    let find = |name: &str| entries.iter().find(|entry| entry.name.eq_ignore_ascii_case(name));
    let has = |name: &str| find(name).is_some();
    let root = entries.first().map_or(&[][..], |root| root.class);
    if matches!(root.split_first(), Some((0x82 | 0x84 | 0x86, tail)) if tail == INSTALLER_TAIL) {
        return plain("msi", Class::Executable);
    }
    if has("EncryptedPackage") || has("EncryptionInfo") {
        return Detected { id: "office-encrypted", class: Class::Document, encrypted: true };
    }
    if let Some(stream) = find("WordDocument") {
        // [MS-DOC] 2.5.2: bit 8 of the flags is fEncrypted.
        let encrypted = u16_at(stream.start, 10).is_some_and(|flags| flags & 0x100 != 0);
        return Detected { id: "doc", class: Class::Document, encrypted };
    }
    if let Some(stream) = find("Workbook").or_else(|| find("Book")) {
        return Detected { id: "xls", class: Class::Document, encrypted: has_file_pass(stream.start) };
    }
    if has("PowerPoint Document") {
        // [MS-PPT] 2.3.2: the token says whether the document is encrypted.
        let token = find("Current User").and_then(|stream| u32_at(stream.start, 12));
        let encrypted = token == Some(0xF3D1_C4DF) || has("EncryptedSummary");
        return Detected { id: "ppt", class: Class::Document, encrypted };
    }
    let containing = |text: &str| entries.iter().any(|entry| entry.name.contains(text));
    if has("__properties_version1.0") {
        plain("msg", Class::Mail)
    } else if containing("JSRV_") || has("DocumentViewStyles") {
        plain("jtd", Class::Document)
    } else if containing("HwpSummaryInformation") {
        plain("hwp", Class::Document)
    } else if has("VisioDocument") {
        plain("vsd", Class::Document)
    } else if has("Quill") {
        plain("publisher", Class::Document)
    } else if has("Catalog") && containing("256_") {
        plain("thumbs", Class::Unknown)
    } else {
        plain("ole2", Class::Document)
    }
}

/// [MS-XLS] 2.4.117: FilePass is among the first records of an encrypted workbook.
fn has_file_pass(stream: &[u8]) -> bool {
    let mut at = 0;
    while let (Some(kind), Some(length)) = (u16_at(stream, at), u16_at(stream, at + 2)) {
        if kind == 0x2F {
            return true;
        }
        at += 4 + usize::from(length);
    }
    false
}

struct Container<'a> {
    bytes: &'a [u8],
    sector: usize,
    /// Sectors that hold the allocation table.
    table: Vec<usize>,
    /// First sector of the stream of short streams.
    mini_stream: Option<usize>,
}

impl<'a> Container<'a> {
    fn open(bytes: &'a [u8]) -> Option<Self> {
        let sector = match u16_at(bytes, 30)? {
            9 => 512,
            12 => 4_096,
            _ => return None,
        };
        let mut container = Self { bytes, sector, table: Vec::new(), mini_stream: None };
        container.table = container.sectors_listed_in(bytes.get(76..512)?);
        let mut next = u32_at(bytes, 68)?;
        for _ in 0..MAX_SECTORS {
            let Some(content) = container.sector(next).filter(|content| content.len() == sector) else { break };
            let (list, link) = content.split_at_checked(sector - 4)?;
            let more = container.sectors_listed_in(list);
            if more.is_empty() || container.table.len() > bytes.len() / sector {
                break;
            }
            container.table.extend(more);
            next = u32_at(link, 0)?;
        }
        Some(container)
    }

    fn sectors_listed_in(&self, list: &[u8]) -> Vec<usize> {
        list.chunks_exact(4)
            .filter_map(|four| u32_at(four, 0))
            .take_while(|number| self.sector(*number).is_some())
            .collect()
    }

    fn sector(&self, number: usize) -> Option<&'a [u8]> {
        let start = number.checked_add(1)?.checked_mul(self.sector)?;
        let rest = self.bytes.get(start..).filter(|rest| !rest.is_empty())?;
        Some(rest.get(..self.sector).unwrap_or(rest))
    }

    /// The sector after `number` in its chain.
    fn next(&self, number: usize) -> Option<usize> {
        let per_sector = self.sector / 4;
        let table = self.table.get(number / per_sector)?;
        u32_at(self.sector(*table)?, number % per_sector * 4)
    }

    /// A piece of the root's stream, in which short streams lie.
    fn mini_sector(&self, number: usize) -> Option<&'a [u8]> {
        let per_sector = self.sector / MINI_SECTOR;
        let mut at = self.mini_stream.filter(|_| number / per_sector <= MAX_MINI_CHAIN)?;
        for _ in 0..number / per_sector {
            at = self.next(at)?;
        }
        self.sector(at)?.chunks(MINI_SECTOR).nth(number % per_sector)
    }

    fn entries(&mut self) -> Vec<Entry<'a>> {
        let root = u32_at(self.bytes, 48).and_then(|first| self.sector(first));
        self.mini_stream = root.and_then(|root| u32_at(root, 116));
        let mut entries = Vec::new();
        let mut at = u32_at(self.bytes, 48);
        for _ in 0..MAX_SECTORS {
            let Some((number, content)) = at.and_then(|number| Some((number, self.sector(number)?))) else { break };
            // Numbers count unused entries as well.
            entries.extend(content.chunks_exact(ENTRY).filter_map(|raw| self.entry(raw)));
            at = self.next(number);
        }
        entries
    }

    fn entry(&self, raw: &'a [u8]) -> Option<Entry<'a>> {
        let length = usize::from(u16_at(raw, 64)?).min(64).saturating_sub(2);
        let units = raw.get(..length)?.chunks_exact(2).filter_map(|pair| u16_at(pair, 0));
        let name = char::decode_utf16(units).map(|c| c.unwrap_or('\u{FFFD}')).collect();
        let is_long = u32_at(raw, 120)? >= MINI_CUTOFF;
        let first = u32_at(raw, 116)?;
        let start = if is_long { self.sector(first) } else { self.mini_sector(first) };
        let siblings = [u32_at(raw, 68)?, u32_at(raw, 72)?];
        let child = u32_at(raw, 76)?;
        Some(Entry { name, siblings, child, class: raw.get(80..96)?, start: start.unwrap_or_default() })
    }
}
