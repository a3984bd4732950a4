//! Charset labels as Japanese mailers write them.
//!
//! Refuses: labels of encodings that are never read (`utf-7`, `hz-gb-2312`): they count as unknown.
//! Invariant: an alias has one meaning, whatever its case and surrounding blanks.

use encoding_rs::{EUC_JP, Encoding, ISO_2022_JP, REPLACEMENT, SHIFT_JIS, UTF_8, UTF_16BE, UTF_16LE};

/// What a label says about bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Declared {
    /// ISO-2022-JP and everything that mailers write over it.
    Jis,
    /// ASCII only, or no statement worth keeping.
    Ascii,
    /// An encoding with tables.
    Table(&'static Encoding),
    /// No label, or one that nobody knows.
    Unknown,
}

/// Names that the WHATWG table lacks.
const ALIASES: &[(&str, Declared)] = &[
    ("cp932", Declared::Table(SHIFT_JIS)),
    ("ms932", Declared::Table(SHIFT_JIS)),
    ("ms_932", Declared::Table(SHIFT_JIS)),
    ("cp943", Declared::Table(SHIFT_JIS)),
    ("cp943c", Declared::Table(SHIFT_JIS)),
    ("x-ms-cp932", Declared::Table(SHIFT_JIS)),
    ("windows-932", Declared::Table(SHIFT_JIS)),
    ("windows932", Declared::Table(SHIFT_JIS)),
    ("sjis-win", Declared::Table(SHIFT_JIS)),
    ("sjis-open", Declared::Table(SHIFT_JIS)),
    ("x-sjis-win", Declared::Table(SHIFT_JIS)),
    ("x-sjis-jp", Declared::Table(SHIFT_JIS)),
    ("shiftjis", Declared::Table(SHIFT_JIS)),
    ("cswindows31j", Declared::Table(SHIFT_JIS)),
    ("windows31j", Declared::Table(SHIFT_JIS)),
    ("pck", Declared::Table(SHIFT_JIS)),
    ("eucjp", Declared::Table(EUC_JP)),
    ("euc_jp", Declared::Table(EUC_JP)),
    ("eucjp-ms", Declared::Table(EUC_JP)),
    ("eucjp-win", Declared::Table(EUC_JP)),
    ("eucjp-open", Declared::Table(EUC_JP)),
    ("euc-jp-ms", Declared::Table(EUC_JP)),
    ("cp51932", Declared::Table(EUC_JP)),
    ("ujis", Declared::Table(EUC_JP)),
    ("jis", Declared::Jis),
    ("jis_encoding", Declared::Jis),
    ("csjisencoding", Declared::Jis),
    ("iso-2022-jp-1", Declared::Jis),
    ("iso-2022-jp-2", Declared::Jis),
    ("iso-2022-jp-3", Declared::Jis),
    ("iso-2022-jp-2004", Declared::Jis),
    ("iso-2022-jp-ms", Declared::Jis),
    ("iso2022jp", Declared::Jis),
    ("iso2022-jp", Declared::Jis),
    ("csiso2022jp2", Declared::Jis),
    ("x-windows-iso2022jp", Declared::Jis),
    ("cp50220", Declared::Jis),
    ("cp50221", Declared::Jis),
    ("cp50222", Declared::Jis),
    ("utf8mb4", Declared::Table(UTF_8)),
    ("utf_8", Declared::Table(UTF_8)),
    ("cp65001", Declared::Table(UTF_8)),
    ("us-ascii", Declared::Ascii),
    ("ascii", Declared::Ascii),
    ("ansi_x3.4-1968", Declared::Ascii),
    ("iso646-us", Declared::Ascii),
    ("7bit", Declared::Ascii),
    ("utf16", Declared::Table(UTF_16LE)),
    ("utf16le", Declared::Table(UTF_16LE)),
    ("utf16be", Declared::Table(UTF_16BE)),
];

/// Longest label that is looked at, in bytes.
const MAX_LABEL: usize = 64;

/// The meaning of `label`.
pub(crate) fn declared(label: Option<&str>) -> Declared {
    let Some(label) = label else { return Declared::Unknown };
    let label = label.trim_matches(|c: char| c.is_ascii_whitespace() || matches!(c, '"' | '\''));
    if label.is_empty() || label.len() > MAX_LABEL {
        return Declared::Unknown;
    }
    if let Some((_, declared)) = ALIASES.iter().find(|(alias, _)| alias.eq_ignore_ascii_case(label)) {
        return *declared;
    }
    match Encoding::for_label(label.as_bytes()) {
        Some(encoding) if encoding == ISO_2022_JP => Declared::Jis,
        Some(encoding) if encoding == REPLACEMENT => Declared::Unknown,
        Some(encoding) => Declared::Table(encoding),
        None => Declared::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_that_japanese_mailers_use_is_known() {
        for label in [
            "Shift_JIS",
            "shift-jis",
            "SJIS",
            "CP932",
            "ms932",
            "windows-31j",
            "x-sjis",
            "MS_Kanji",
            "sjis-win",
            "csWindows31J",
            "x-ms-cp932",
            " \"Shift_JIS\" ",
        ] {
            assert_eq!(declared(Some(label)), Declared::Table(SHIFT_JIS), "{label}");
        }
        for label in ["ISO-2022-JP", "iso-2022-jp-ms", "ISO-2022-JP-3", "CP50221", "cp50220", "jis", "csISO2022JP"] {
            assert_eq!(declared(Some(label)), Declared::Jis, "{label}");
        }
        for label in ["EUC-JP", "x-euc-jp", "cp51932", "eucJP-ms", "eucJP-win"] {
            assert_eq!(declared(Some(label)), Declared::Table(EUC_JP), "{label}");
        }
        for label in ["utf-8", "UTF8", "unicode-1-1-utf-8"] {
            assert_eq!(declared(Some(label)), Declared::Table(UTF_8), "{label}");
        }
        assert_eq!(declared(Some("US-ASCII")), Declared::Ascii);
    }

    #[test]
    fn labels_that_nobody_reads_are_unknown() {
        for label in [None, Some(""), Some("utf-7"), Some("hz-gb-2312"), Some("x-unknown"), Some(&*"a".repeat(99))] {
            assert_eq!(declared(label), Declared::Unknown, "{label:?}");
        }
    }
}
