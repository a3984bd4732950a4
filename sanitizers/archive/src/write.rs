//! A new ZIP file from names and bytes, and the list of what is not in it.
//!
//! Refuses: names that lead out of their folder or stand twice, and what does not fit without ZIP64. Reads nothing: this
//! module names no parser, and nothing else of its crate. Invariant: the same entries give the same bytes.

use std::collections::BTreeSet;

use miniz_oxide::deflate::compress_to_vec;

/// The name of the list of what was removed.
pub const REMOVED_LIST: &str = "除去一覧.txt";

/// Deflate level: what `zip` and Windows use by default.
const LEVEL: u8 = 6;
/// 1980-01-01, the first day that a ZIP file can tell; at midnight.
const DAY: u16 = 1 << 5 | 1;
/// The name is UTF-8 (APPNOTE 4.4.4, bit 11).
const UTF8: u16 = 1 << 11;
/// 2.0: deflate, folders.
const VERSION: u16 = 20;

/// A file to write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry<'a> {
    /// Relative path, folders divided by `/`.
    pub name: &'a str,
    /// Its bytes.
    pub bytes: &'a [u8],
}

/// A file that is not written, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Removed<'a> {
    /// Its name in the archive.
    pub name: &'a str,
    /// One sentence for people.
    pub reason: &'a str,
}

/// Entries that cannot be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unwritable {
    /// A name that is empty, absolute, too long, or leads out of its folder.
    #[error("a member has a name that no archive may have")]
    Name,
    /// A name twice.
    #[error("two members have the same name")]
    Twice,
    /// Over 65,534 entries or 4 GiB.
    #[error("more than an archive can hold")]
    TooLarge,
}

/// Writes `entries` in their order, and `list` behind them as [`REMOVED_LIST`].
///
/// # Errors
/// [`Unwritable`].
pub fn write(entries: &[Entry<'_>], list: Option<&[u8]>) -> Result<Vec<u8>, Unwritable> {
    let mut names: BTreeSet<&str> = BTreeSet::new();
    for entry in entries {
        if !is_plain(entry.name) {
            return Err(Unwritable::Name);
        }
        if !names.insert(entry.name) {
            return Err(Unwritable::Twice);
        }
    }
    let list_name = free_name(&names);
    let list = list.map(|bytes| Entry { name: &list_name, bytes });
    let mut out = Vec::new();
    let mut directory = Vec::new();
    let mut count = 0u16;
    for entry in entries.iter().chain(list.as_ref()) {
        count = count.checked_add(1).filter(|count| *count < u16::MAX).ok_or(Unwritable::TooLarge)?;
        let offset = offset(&out)?;
        let packed = compress_to_vec(entry.bytes, LEVEL);
        let (method, data) = if packed.len() < entry.bytes.len() { (8, packed.as_slice()) } else { (0, entry.bytes) };
        let fields = fields(entry, method, data)?;
        out.extend(b"PK\x03\x04");
        out.extend(&fields);
        out.extend(entry.name.as_bytes());
        out.extend(data);
        directory.extend(b"PK\x01\x02");
        directory.extend(VERSION.to_le_bytes());
        directory.extend(&fields);
        // Comment, disk, internal and external attributes: none.
        directory.extend([0; 10]);
        directory.extend(offset.to_le_bytes());
        directory.extend(entry.name.as_bytes());
    }
    let start = offset(&out)?;
    let size = offset(&directory)?;
    start.checked_add(size).filter(|end| *end < u32::MAX).ok_or(Unwritable::TooLarge)?;
    out.extend(directory);
    out.extend(b"PK\x05\x06\0\0\0\0");
    out.extend(count.to_le_bytes());
    out.extend(count.to_le_bytes());
    out.extend(size.to_le_bytes());
    out.extend(start.to_le_bytes());
    out.extend([0; 2]);
    Ok(out)
}

/// What local headers and the directory have in common: from the version to the length of the extra field.
fn fields(entry: &Entry<'_>, method: u16, data: &[u8]) -> Result<Vec<u8>, Unwritable> {
    let name = u16::try_from(entry.name.len()).map_err(|_| Unwritable::Name)?;
    let mut fields = Vec::with_capacity(26);
    for value in [VERSION, UTF8, method, 0, DAY] {
        fields.extend(value.to_le_bytes());
    }
    for value in [crc32fast::hash(entry.bytes), offset(data)?, offset(entry.bytes)?] {
        fields.extend(value.to_le_bytes());
    }
    fields.extend(name.to_le_bytes());
    fields.extend([0; 2]);
    Ok(fields)
}

fn offset(bytes: &[u8]) -> Result<u32, Unwritable> {
    u32::try_from(bytes.len()).ok().filter(|length| *length < u32::MAX).ok_or(Unwritable::TooLarge)
}

fn is_plain(name: &str) -> bool {
    let is_part = |part: &str| !matches!(part, "" | "." | "..");
    name.split('/').all(is_part) && !name.contains(|c: char| c == '\\' || c == ':' || c.is_control())
}

/// The list's name, or one beside it if a member has that.
fn free_name(names: &BTreeSet<&str>) -> String {
    let (stem, extension) = REMOVED_LIST.rsplit_once('.').unwrap_or((REMOVED_LIST, ""));
    let numbered = (2..=names.len().saturating_add(2)).map(|n| format!("{stem} ({n}).{extension}"));
    let mut all = std::iter::once(REMOVED_LIST.to_owned()).chain(numbered);
    all.find(|name| !names.contains(name.as_str())).unwrap_or_default()
}

/// The list of what was removed, as a text that Windows shows rightly: UTF-8 with a mark, lines that end in CRLF.
///
/// `heading` is what stands above the rows, in lines; names and reasons become one line each.
#[must_use]
pub fn removed_list(heading: &str, rows: &[Removed<'_>]) -> Vec<u8> {
    let mut text = String::from("\u{FEFF}");
    for line in heading.lines() {
        text.push_str(&one_line(line));
        text.push_str("\r\n");
    }
    for row in rows {
        text.push_str("\r\n");
        text.push_str(&one_line(row.name));
        text.push_str("\r\n    ");
        text.push_str(&one_line(row.reason));
        text.push_str("\r\n");
    }
    text.into_bytes()
}

fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_no_archive_may_have_are_refused() {
        for name in ["", "/a", "a/", "a//b", "../a", "a/./b", "a\\b", "C:a", "a\0", "a\n"] {
            assert_eq!(write(&[Entry { name, bytes: b"" }], None), Err(Unwritable::Name), "{name:?}");
        }
        let entry = Entry { name: "a", bytes: b"" };
        assert_eq!(write(&[entry, entry], None), Err(Unwritable::Twice));
    }

    #[test]
    fn the_list_is_a_text_for_windows() {
        let rows = [Removed { name: "a/実行.exe", reason: "プログラムは\n渡せません。" }];
        let list = removed_list("除去しました。\nRemoved:", &rows);
        let text = "\u{FEFF}除去しました。\r\nRemoved:\r\n\r\na/実行.exe\r\n    プログラムは 渡せません。\r\n";
        assert_eq!(list, text.as_bytes());
    }

    #[test]
    fn a_member_of_the_lists_name_keeps_it() {
        let members = [Entry { name: REMOVED_LIST, bytes: b"a" }];
        let archive = write(&members, Some(b"b")).unwrap();
        let name = "除去一覧 (2).txt".as_bytes();
        assert!(archive.windows(name.len()).any(|window| window == name));
    }
}
