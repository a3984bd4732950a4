//! Names of members: decoded first, taken apart afterwards, so that no byte of a character is taken for a separator.
//!
//! Refuses: nothing; what is unsafe is replaced and told. Invariant: making a safe name safe changes nothing.

use std::collections::BTreeSet;

use sanitizer_japanese::{changes_reading, decode, nfc};

use crate::NameChange;

/// Bytes of a name that are looked at; of longer ones the end.
const LONGEST: usize = 4_096;
/// Bytes of one folder's or file's name: less than any system allows.
const COMPONENT: usize = 200;
/// Folders around a file.
const DEPTH: usize = 32;
/// What a name without a letter becomes.
const NAMELESS: &str = "file";

/// A name as an archive spells it.
pub(crate) enum Spelling<'a> {
    /// Bytes without a label: CP932 or UTF-8.
    Legacy(&'a [u8]),
    /// Bytes that are said to be UTF-8.
    Utf8(&'a [u8]),
    /// Text.
    Text(String),
}

/// A safe name and where it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Naming {
    pub(crate) path: String,
    pub(crate) written: Vec<String>,
    pub(crate) changes: BTreeSet<NameChange>,
}

/// The safe name of a member that is spelt so; the first spelling is the one to show.
pub(crate) fn naming(spellings: &[Spelling<'_>]) -> Naming {
    let mut changes = BTreeSet::new();
    let mut written: Vec<String> = Vec::new();
    for spelling in spellings {
        let text = text(spelling, &mut changes);
        if !written.contains(&text) {
            written.push(text);
        }
    }
    // A spelling in another charset has substitutes where the text goes on behind a dot: `v1.0____`.
    let is_substituted = |extension: &String| !extension.is_ascii() || extension.contains(['_', '?']);
    let extensions: BTreeSet<String> =
        written.iter().map(|name| extension(name)).filter(|extension| !is_substituted(extension)).collect();
    if extensions.len() > 1 {
        changes.insert(NameChange::SpellingsDisagree);
    }
    let path = safe(written.first().map_or("", String::as_str), &mut changes);
    Naming { path, written, changes }
}

fn text(spelling: &Spelling<'_>, changes: &mut BTreeSet<NameChange>) -> String {
    let (label, bytes) = match spelling {
        Spelling::Legacy(bytes) => ("windows-31j", *bytes),
        Spelling::Utf8(bytes) => ("utf-8", *bytes),
        Spelling::Text(text) => ("utf-8", text.as_bytes()),
    };
    let end = bytes.get(bytes.len().saturating_sub(LONGEST)..).unwrap_or_default();
    if end.len() < bytes.len() {
        changes.insert(NameChange::Shortened);
    }
    if let (true, Ok(text)) = (end.is_ascii() || label == "utf-8", std::str::from_utf8(end)) {
        return text.to_owned();
    }
    let decoded = decode(Some(if label == "utf-8" { "windows-31j" } else { label }), end);
    if decoded.undecodable > 0 || label == "utf-8" {
        changes.insert(NameChange::Undecodable);
    }
    decoded.text
}

fn extension(name: &str) -> String {
    let visible: String = name.chars().filter(|c| !changes_reading(*c)).collect();
    let file = visible.rsplit(['/', '\\']).next().unwrap_or_default();
    file.rsplit_once('.').map_or_else(String::new, |(_, extension)| extension.trim().to_ascii_lowercase())
}

/// Controls, line ends and what turns the direction of the text around it.
fn reorders(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{061C}' | '\u{200E}' | '\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

/// `text` as a relative path that every system takes for the same file.
fn safe(text: &str, changes: &mut BTreeSet<NameChange>) -> String {
    let visible: String = text.chars().filter(|c| !changes_reading(*c)).collect();
    // Joiners of emoji and byte order marks are dropped like the rest, but nobody hides anything with them.
    if text.chars().any(reorders) {
        changes.insert(NameChange::Hidden);
    }
    let composed = nfc(&visible);
    let rest = without_root(&composed, changes);
    let mut parts: Vec<String> = Vec::new();
    for part in rest.split(['/', '\\']) {
        if let Some(part) = component(part, changes) {
            parts.push(part);
        }
    }
    if parts.len() > DEPTH + 1 {
        changes.insert(NameChange::Shortened);
        parts.drain(..parts.len().saturating_sub(DEPTH + 1));
    }
    if parts.is_empty() {
        changes.insert(NameChange::Empty);
        return NAMELESS.to_owned();
    }
    parts.join("/")
}

/// Without a drive, a server or a root.
fn without_root<'a>(text: &'a str, changes: &mut BTreeSet<NameChange>) -> &'a str {
    let mut rest = text;
    loop {
        let inner = rest.trim_start_matches(['/', '\\']);
        let mut letters = inner.chars();
        let has_drive = letters.next().is_some_and(|c| c.is_ascii_alphabetic()) && letters.next() == Some(':');
        let inner = if has_drive { letters.as_str() } else { inner };
        if inner.len() == rest.len() {
            return rest;
        }
        changes.insert(NameChange::Absolute);
        rest = inner;
    }
}

/// One folder or file, or nothing if it says nothing.
fn component(part: &str, changes: &mut BTreeSet<NameChange>) -> Option<String> {
    let only_dots = part.trim_matches(|c: char| c == '.' || c == ' ').is_empty();
    if only_dots {
        if part.matches('.').count() > 1 {
            changes.insert(NameChange::Traversal);
        }
        return None;
    }
    if part.contains(':') {
        changes.insert(NameChange::Stream);
    }
    let replaced = part.replace([':', '<', '>', '"', '|', '?', '*'], "_");
    if replaced != part && !part.contains(':') {
        changes.insert(NameChange::Forbidden);
    }
    let trimmed = replaced.trim_start_matches(' ').trim_end_matches(['.', ' ']);
    if trimmed.len() < replaced.len() {
        changes.insert(NameChange::Ending);
    }
    let mut name = trimmed.to_owned();
    if is_device(&name) {
        changes.insert(NameChange::Device);
        name.insert(0, '_');
    }
    if name.len() > COMPONENT {
        changes.insert(NameChange::Shortened);
        name = shortened(&name, "");
    }
    (!name.is_empty()).then_some(name)
}

/// Names that Windows takes for a device in any folder, with any extension.
fn is_device(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default().trim_end().to_ascii_uppercase();
    if matches!(stem.as_str(), "CON" | "PRN" | "AUX" | "NUL" | "CLOCK$" | "CONIN$" | "CONOUT$") {
        return true;
    }
    let number = stem.strip_prefix("COM").or_else(|| stem.strip_prefix("LPT"));
    number.is_some_and(|number| {
        let mut digits = number.chars();
        matches!(digits.next(), Some('0'..='9' | '¹' | '²' | '³')) && digits.next().is_none()
    })
}

/// `name` with `mark` behind its stem, the stem cut so that all fits. The extension stays.
fn shortened(name: &str, mark: &str) -> String {
    let (stem, extension) = match name.rsplit_once('.') {
        Some((stem, extension)) if !stem.is_empty() && extension.len() <= COMPONENT / 4 => (stem, Some(extension)),
        _ => (name, None),
    };
    let around = mark.len() + extension.map_or(0, |extension| extension.len() + 1);
    let mut cut = String::new();
    for c in stem.chars() {
        if cut.len() + c.len_utf8() + around > COMPONENT {
            break;
        }
        cut.push(c);
    }
    // A stem of dots alone would leave a name that begins with a blank.
    let cut = Some(cut.trim_end_matches(['.', ' '])).filter(|cut| !cut.is_empty()).unwrap_or("_");
    let whole = format!("{cut}{mark}");
    extension.map_or(whole.clone(), |extension| format!("{whole}.{extension}"))
}

/// `path` with a number behind its stem.
pub(crate) fn numbered(path: &str, number: usize) -> String {
    let mark = format!(" ({number})");
    match path.rsplit_once('/') {
        Some((folder, file)) => format!("{folder}/{}", shortened(file, &mark)),
        None => shortened(path, &mark),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use NameChange::{Absolute, Device, Empty, Ending, Forbidden, Hidden, Shortened, Stream, Traversal};

    fn made_safe(text: &str) -> (String, Vec<NameChange>) {
        let mut changes = BTreeSet::new();
        let path = safe(text, &mut changes);
        (path, changes.into_iter().collect())
    }

    #[test]
    fn names_that_lead_elsewhere_or_hide_something_are_made_safe_and_told() {
        for (text, path, changes) in [
            ("見積/御見積書.xlsx", "見積/御見積書.xlsx", vec![]),
            ("./a//b.txt", "a/b.txt", vec![]),
            ("../../etc/passwd", "etc/passwd", vec![Traversal]),
            ("a\\..\\..\\b.txt", "a/b.txt", vec![Traversal]),
            ("/etc/passwd", "etc/passwd", vec![Absolute]),
            ("C:\\Windows\\a.dll", "Windows/a.dll", vec![Absolute]),
            ("C:a.dll", "a.dll", vec![Absolute]),
            ("\\\\server\\share\\a.txt", "server/share/a.txt", vec![Absolute]),
            ("\\\\?\\C:\\a.txt", "_/C_/a.txt", vec![Absolute, Stream, Forbidden]),
            ("NUL", "_NUL", vec![Device]),
            ("con.txt", "_con.txt", vec![Device]),
            ("a/Com1 .log", "a/_Com1 .log", vec![Device]),
            ("COM¹", "_COM¹", vec![Device]),
            ("console.txt", "console.txt", vec![]),
            ("a.txt:b.exe", "a.txt_b.exe", vec![Stream]),
            ("a.exe. .", "a.exe", vec![Ending]),
            ("what?.txt", "what_.txt", vec![Forbidden]),
            ("見積書\u{202E}fdp.exe", "見積書fdp.exe", vec![Hidden]),
            ("a\0.txt\r\n", "a.txt", vec![Hidden]),
            ("\u{FEFF}家族👨\u{200D}👩.txt", "家族👨👩.txt", vec![]),
            ("a.e\u{200B}xe", "a.exe", vec![]),
            ("..", "file", vec![Traversal, Empty]),
            ("", "file", vec![Empty]),
            ("ハ\u{309A}ン.txt", "パン.txt", vec![]),
        ] {
            assert_eq!(made_safe(text), (path.to_owned(), changes), "{text:?}");
            assert_eq!(made_safe(path), (path.to_owned(), vec![]), "{path:?}");
        }
    }

    #[test]
    fn long_names_are_cut_before_their_extension() {
        let (path, changes) = made_safe(&format!("{}.xlsx", "表".repeat(300)));
        assert!(path.len() <= COMPONENT && path.ends_with("表.xlsx"));
        assert_eq!(changes, [Shortened]);
        assert_eq!(made_safe(&path), (path.clone(), vec![]));
        assert_eq!(numbered("a/表.tar.gz", 2), "a/表.tar (2).gz");
        assert_eq!(numbered(".._", 2), "_ (2)._");
        assert!(numbered(&path, 1_000).len() <= COMPONENT);
        let (deep, _) = made_safe(&"a/".repeat(100));
        assert_eq!(deep.split('/').count(), DEPTH + 1);
    }

    #[test]
    fn bytes_of_a_character_are_no_separator() {
        // 表 予 ソ end in 0x5C in CP932.
        let cp932 = b"\x95\\\x97\\/\x83\\.txt";
        let naming = naming(&[Spelling::Legacy(cp932)]);
        assert_eq!((naming.path.as_str(), naming.changes.len()), ("表予/ソ.txt", 0));
        let utf8 = super::naming(&[Spelling::Legacy("表予/ソ.txt".as_bytes())]);
        assert_eq!(utf8.path, "表予/ソ.txt");
        let wrong = super::naming(&[Spelling::Utf8(cp932)]);
        assert_eq!(wrong.path, "表予/ソ.txt");
        assert_eq!(wrong.changes, BTreeSet::from([NameChange::Undecodable]));
    }

    #[test]
    fn spellings_with_different_extensions_are_told() {
        let spellings = [Spelling::Text("請求書.pdf".to_owned()), Spelling::Legacy(b"?.exe")];
        let naming = naming(&spellings);
        assert_eq!(naming.written, ["請求書.pdf", "?.exe"]);
        assert!(naming.changes.contains(&NameChange::SpellingsDisagree));
        let spellings = [Spelling::Text("見積v1.0案".to_owned()), Spelling::Legacy(b"__v1.0_")];
        assert_eq!(super::naming(&spellings).changes, BTreeSet::new());
        let spellings = [Spelling::Text("見積v1.0".to_owned()), Spelling::Legacy(b"__v1.0____")];
        assert_eq!(super::naming(&spellings).changes, BTreeSet::new());
    }
}
