//! Charset labels as Japanese mailers write them.
//!
//! Refuses: labels of encodings that are never read (`utf-7`, `hz-gb-2312`): what comes under them is marked as a guess.
//! Invariant: an alias has one meaning, whatever its case and surrounding blanks.

use encoding_rs::{EUC_JP, Encoding, ISO_2022_JP, REPLACEMENT, SHIFT_JIS, UTF_8, UTF_16BE, UTF_16LE};

/// What a label says about bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Declared {
    /// ISO-2022-JP and everything that mailers write over it.
    Jis,
    /// EUC-JP as CP51932 has it.
    Euc,
    /// EUC-JP with rows of the user's own (eucJP-ms).
    EucMs,
    /// UTF-16 of either order.
    Wide,
    /// ASCII only, or no statement worth keeping.
    Ascii,
    /// An encoding with tables.
    Table(&'static Encoding),
    /// An encoding that hides text from everybody who does not decode it.
    Refused,
    /// No label, or one that nobody knows.
    Unknown,
}

/// Names that the WHATWG table lacks, or knows as something else.
const ALIASES: &[(&str, Declared)] = &[
    ("cp932", Declared::Table(SHIFT_JIS)),
    ("cp-932", Declared::Table(SHIFT_JIS)),
    ("ms932", Declared::Table(SHIFT_JIS)),
    ("ms_932", Declared::Table(SHIFT_JIS)),
    ("ms-932", Declared::Table(SHIFT_JIS)),
    ("ibm932", Declared::Table(SHIFT_JIS)),
    ("ibm-932", Declared::Table(SHIFT_JIS)),
    ("ibm-943", Declared::Table(SHIFT_JIS)),
    ("ibm943", Declared::Table(SHIFT_JIS)),
    ("cp943", Declared::Table(SHIFT_JIS)),
    ("cp943c", Declared::Table(SHIFT_JIS)),
    ("cp942", Declared::Table(SHIFT_JIS)),
    ("cp942c", Declared::Table(SHIFT_JIS)),
    ("x-ms-cp932", Declared::Table(SHIFT_JIS)),
    ("x-cp932", Declared::Table(SHIFT_JIS)),
    ("windows-932", Declared::Table(SHIFT_JIS)),
    ("windows932", Declared::Table(SHIFT_JIS)),
    ("sjis-win", Declared::Table(SHIFT_JIS)),
    ("sjis-open", Declared::Table(SHIFT_JIS)),
    ("sjis-ms", Declared::Table(SHIFT_JIS)),
    ("x-sjis-win", Declared::Table(SHIFT_JIS)),
    ("x-sjis-jp", Declared::Table(SHIFT_JIS)),
    ("x-sjis-cp932", Declared::Table(SHIFT_JIS)),
    ("x-shift-jis", Declared::Table(SHIFT_JIS)),
    ("x-shift_jis", Declared::Table(SHIFT_JIS)),
    ("shiftjis", Declared::Table(SHIFT_JIS)),
    ("s-jis", Declared::Table(SHIFT_JIS)),
    ("mskanji", Declared::Table(SHIFT_JIS)),
    ("ms-kanji", Declared::Table(SHIFT_JIS)),
    ("cswindows31j", Declared::Table(SHIFT_JIS)),
    ("windows31j", Declared::Table(SHIFT_JIS)),
    ("x-windows-31j", Declared::Table(SHIFT_JIS)),
    ("pck", Declared::Table(SHIFT_JIS)),
    ("x-pck", Declared::Table(SHIFT_JIS)),
    ("eucjp", Declared::Euc),
    ("euc_jp", Declared::Euc),
    ("euc", Declared::Euc),
    ("x-euc", Declared::Euc),
    ("x-eucjp", Declared::Euc),
    ("euc-j", Declared::Euc),
    ("ujis", Declared::Euc),
    ("cp51932", Declared::Euc),
    ("cp-51932", Declared::Euc),
    ("windows-51932", Declared::Euc),
    ("ibm-33722", Declared::Euc),
    ("cseucjpkdfmtjapanese", Declared::Euc),
    ("eucjp-ms", Declared::EucMs),
    ("eucjpms", Declared::EucMs),
    ("eucjp-win", Declared::EucMs),
    ("eucjp-open", Declared::EucMs),
    ("x-eucjp-open", Declared::EucMs),
    ("euc-jp-ms", Declared::EucMs),
    ("euc-jp-win", Declared::EucMs),
    ("euc-jp-open", Declared::EucMs),
    ("jis", Declared::Jis),
    ("jis7", Declared::Jis),
    ("jis-ms", Declared::Jis),
    ("jis_encoding", Declared::Jis),
    ("csjisencoding", Declared::Jis),
    ("iso-2022-jp-1", Declared::Jis),
    ("iso-2022-jp-2", Declared::Jis),
    ("iso-2022-jp-3", Declared::Jis),
    ("iso-2022-jp-2004", Declared::Jis),
    ("iso-2022-jp-ms", Declared::Jis),
    ("iso-2022-jp-ext", Declared::Jis),
    ("iso-2022-jp-compatible", Declared::Jis),
    ("iso-2022jp", Declared::Jis),
    ("iso2022jp", Declared::Jis),
    ("iso2022-jp", Declared::Jis),
    ("iso_2022-jp", Declared::Jis),
    ("iso_2022_jp", Declared::Jis),
    ("iso2022jp-ms", Declared::Jis),
    ("csiso2022jp2", Declared::Jis),
    ("x-windows-iso2022jp", Declared::Jis),
    ("x-windows-50220", Declared::Jis),
    ("x-windows-50221", Declared::Jis),
    ("windows-50220", Declared::Jis),
    ("windows-50221", Declared::Jis),
    ("windows-50222", Declared::Jis),
    ("cp50220", Declared::Jis),
    ("cp50221", Declared::Jis),
    ("cp50222", Declared::Jis),
    ("cp-50220", Declared::Jis),
    ("cp-50221", Declared::Jis),
    ("cp-50222", Declared::Jis),
    ("ms50220", Declared::Jis),
    ("ms50221", Declared::Jis),
    ("utf8mb4", Declared::Table(UTF_8)),
    ("utf_8", Declared::Table(UTF_8)),
    ("utf-8n", Declared::Table(UTF_8)),
    ("cp65001", Declared::Table(UTF_8)),
    ("us-ascii", Declared::Ascii),
    ("ascii", Declared::Ascii),
    ("ansi_x3.4-1968", Declared::Ascii),
    ("iso646-us", Declared::Ascii),
    ("iso-ir-6", Declared::Ascii),
    ("us", Declared::Ascii),
    ("7bit", Declared::Ascii),
    ("utf-16", Declared::Wide),
    ("utf16", Declared::Wide),
    ("utf_16", Declared::Wide),
    ("ucs-2", Declared::Wide),
    ("unicode", Declared::Wide),
    ("csunicode", Declared::Wide),
    ("iso-10646-ucs-2", Declared::Wide),
    ("utf16le", Declared::Table(UTF_16LE)),
    ("utf16be", Declared::Table(UTF_16BE)),
    ("utf-7", Declared::Refused),
    ("utf7", Declared::Refused),
    ("unicode-1-1-utf-7", Declared::Refused),
    ("csunicode11utf7", Declared::Refused),
    ("x-unicode-2-0-utf-7", Declared::Refused),
    ("utf-7-imap", Declared::Refused),
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
        Some(encoding) if encoding == EUC_JP => Declared::Euc,
        Some(encoding) if encoding == REPLACEMENT => Declared::Refused,
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
        for label in [
            "ISO-2022-JP",
            "iso-2022-jp-ms",
            "ISO-2022-JP-1",
            "ISO-2022-JP-2",
            "ISO-2022-JP-3",
            "CP50221",
            "cp50220",
            "CP50222",
            "jis",
            "csISO2022JP",
        ] {
            assert_eq!(declared(Some(label)), Declared::Jis, "{label}");
        }
        for label in ["EUC-JP", "x-euc-jp", "cp51932", "csEUCPkdFmtJapanese"] {
            assert_eq!(declared(Some(label)), Declared::Euc, "{label}");
        }
        for label in ["eucJP-ms", "eucJP-win", "eucJP-open"] {
            assert_eq!(declared(Some(label)), Declared::EucMs, "{label}");
        }
        for label in ["utf-8", "UTF8", "unicode-1-1-utf-8"] {
            assert_eq!(declared(Some(label)), Declared::Table(UTF_8), "{label}");
        }
        assert_eq!(declared(Some("US-ASCII")), Declared::Ascii);
        assert_eq!(declared(Some("UTF-16")), Declared::Wide);
        assert_eq!(declared(Some("UTF-16BE")), Declared::Table(UTF_16BE));
    }

    #[test]
    fn an_alias_stands_in_the_list_once_and_is_not_told_otherwise_by_the_table() {
        for (at, (alias, meaning)) in ALIASES.iter().enumerate() {
            assert!(alias.len() <= MAX_LABEL && !alias.bytes().any(|b| b.is_ascii_uppercase()), "{alias}");
            assert!(!ALIASES[..at].iter().any(|(earlier, _)| earlier == alias), "{alias}");
            if let Declared::Table(encoding) = meaning {
                assert!(Encoding::for_label(alias.as_bytes()).is_none_or(|other| other == *encoding), "{alias}");
            }
        }
    }

    #[test]
    fn labels_that_nobody_reads_are_unknown_or_refused() {
        for label in [None, Some(""), Some("x-unknown"), Some("shift_jis-2004"), Some(&*"a".repeat(99))] {
            assert_eq!(declared(label), Declared::Unknown, "{label:?}");
        }
        for label in ["utf-7", "hz-gb-2312", "iso-2022-kr", "ISO-2022-CN"] {
            assert_eq!(declared(Some(label)), Declared::Refused, "{label}");
        }
    }
}
