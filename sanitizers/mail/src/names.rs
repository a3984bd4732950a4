//! The names a part came under, and one that is safe to show.
//!
//! Refuses nothing: a hostile name is made harmless, its extensions are remembered. Invariant: the name shown passes
//! the gateway's check of file names; every extension any reader could see is listed.

use sanitizer_japanese::{changes_reading, nfc};

/// Longest name shown in bytes.
const MAX_NAME: usize = 120;
/// Longest extension kept at the end of a shortened name, in bytes with its dot.
const MAX_KEPT_EXTENSION: usize = 20;
/// Longest extension remembered in characters, and how many.
const MAX_EXTENSION: usize = 24;
const MAX_EXTENSIONS: usize = 16;

/// The names of one part.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Names {
    /// A name that is safe to show; absent if the sender gave none.
    pub shown: Option<String>,
    /// Lower-case extensions of all names given, without dots, without repetition.
    pub extensions: Vec<String>,
}

impl Names {
    /// The names among `candidates`, the one to show first; blank ones are none.
    #[must_use]
    pub fn of<'a>(candidates: impl IntoIterator<Item = &'a str>) -> Self {
        let mut names = Self::default();
        for candidate in candidates.into_iter().filter(|candidate| !candidate.trim().is_empty()) {
            let safe = shown(candidate);
            // A reader may stop at NUL, or take what follows a colon for a stream of the file.
            let cut = candidate.split(['\0', ':']);
            for extension in cut.chain([candidate, safe.as_str()]).filter_map(extension) {
                if !names.extensions.contains(&extension) && names.extensions.len() < MAX_EXTENSIONS {
                    names.extensions.push(extension);
                }
            }
            names.shown.get_or_insert(safe);
        }
        names
    }
}

/// True if the names given do not end in the same extension, or one of them in none.
pub(crate) fn disagree<'a>(candidates: impl IntoIterator<Item = &'a str>) -> bool {
    let mut endings = candidates.into_iter().filter(|name| !name.trim().is_empty()).map(|name| extension(&shown(name)));
    endings.next().is_some_and(|first| endings.any(|ending| ending != first))
}

fn extension(name: &str) -> Option<String> {
    let visible: String = name.chars().filter(|c| !changes_reading(*c)).collect();
    let (_, ending) = visible.trim_end_matches(|c: char| c == '.' || c.is_whitespace()).rsplit_once('.')?;
    let ending = ending.trim().to_lowercase();
    let plausible = !ending.is_empty()
        && ending.chars().count() <= MAX_EXTENSION
        && !ending.contains(|c: char| r#"/\:*?"<>|"#.contains(c) || c.is_whitespace());
    plausible.then_some(ending)
}

fn shown(candidate: &str) -> String {
    let is_forbidden = |c: char| r#"/\:*?"<>|"#.contains(c);
    let visible: String = nfc(candidate)
        .chars()
        .filter(|c| !changes_reading(*c))
        .map(|c| if is_forbidden(c) { '_' } else { c })
        .collect();
    let mut name = trimmed(&visible).to_owned();
    if name.is_empty() || is_reserved(&name) {
        name.insert(0, '_');
    }
    let short = shortened(&name);
    let short = trimmed(&short);
    if short.is_empty() { "_".to_owned() } else { short.to_owned() }
}

fn trimmed(name: &str) -> &str {
    name.trim_start().trim_end_matches(|c: char| c == '.' || c.is_whitespace())
}

/// Cut to [`MAX_NAME`] bytes, the extension kept.
fn shortened(name: &str) -> String {
    if name.len() <= MAX_NAME {
        return name.to_owned();
    }
    let dot = name.rfind('.').filter(|dot| *dot > 0 && name.len() - dot <= MAX_KEPT_EXTENSION);
    let (stem, ending) = dot.and_then(|dot| name.split_at_checked(dot)).unwrap_or((name, ""));
    let room = MAX_NAME - ending.len();
    let end = stem.char_indices().map(|(at, c)| at + c.len_utf8()).take_while(|end| *end <= room).last().unwrap_or(0);
    format!("{}{ending}", stem.get(..end).unwrap_or_default().trim_end())
}

/// Windows device names, with or without extension.
fn is_reserved(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default().trim_end().to_ascii_uppercase();
    let numbered = |prefix: &str| {
        stem.strip_prefix(prefix).is_some_and(|rest| {
            rest.chars().count() == 1 && !rest.starts_with('0') && rest.chars().all(char::is_numeric)
        })
    };
    matches!(stem.as_str(), "CON" | "PRN" | "AUX" | "NUL" | "CONIN$" | "CONOUT$") || numbered("COM") || numbered("LPT")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_made_safe_and_stay_readable() {
        for (given, safe) in [
            ("請求書.xlsx", "請求書.xlsx"),
            ("か\u{3099}.txt", "が.txt"),
            ("../../etc/passwd", ".._.._etc_passwd"),
            ("C:\\Users\\a.txt", "C__Users_a.txt"),
            ("見積書\u{202E}fdp.exe", "見積書fdp.exe"),
            ("a\0b\r\n.txt", "ab.txt"),
            (" a.txt . ", "a.txt"),
            ("nul.txt", "_nul.txt"),
            ("COM1", "_COM1"),
            ("...", "_"),
            ("\u{200B}", "_"),
            ("?", "_"),
            (".profile", ".profile"),
            ("葛\u{E0100}飾区.csv", "葛\u{E0100}飾区.csv"),
        ] {
            assert_eq!(Names::of([given]).shown.as_deref(), Some(safe), "{given:?}");
        }
        assert_eq!(Names::of(["", "  "]), Names::default());
    }

    #[test]
    fn a_long_name_keeps_its_extension_and_whole_characters() {
        for given in ["表".repeat(100) + ".docx", "a".repeat(300) + ".tar.gz", "x".repeat(121), "あ .".repeat(60)] {
            let name = Names::of([given.as_str()]).shown.unwrap();
            assert!(name.len() <= MAX_NAME && !name.ends_with(['.', ' ']), "{name}");
            if let Some((_, ending)) = given.rsplit_once('.').filter(|(_, ending)| !ending.is_empty()) {
                assert!(name.ends_with(ending), "{name}");
            }
        }
    }

    #[test]
    fn every_extension_that_a_reader_could_see_is_listed() {
        for (given, expected) in [
            (&["a.PDF"][..], &["pdf"][..]),
            (&["safe.txt", "evil.exe"], &["txt", "exe"]),
            (&["a.exe. . "], &["exe"]),
            (&["a.exe\0.txt"], &["exe", "txt"]),
            (&["a.exe:x.txt"], &["exe", "txt"]),
            (&["a.e\u{200B}xe"], &["exe"]),
            (&["a.tar.gz", "b.gz"], &["gz"]),
            (&["README", ".profile"], &["profile"]),
            (&["a.b/c"], &["b_c"]),
        ] {
            assert_eq!(Names::of(given.iter().copied()).extensions, expected, "{given:?}");
        }
    }

    #[test]
    fn names_disagree_if_their_extensions_do() {
        for (given, expected) in [
            (&["a.pdf", "b.PDF"][..], false),
            (&["a.txt", "a.exe"], true),
            (&["a", "a.exe"], true),
            (&["a.exe"], false),
            (&[], false),
            (&["a.pdf", ""], false),
        ] {
            assert_eq!(disagree(given.iter().copied()), expected, "{given:?}");
        }
    }
}
