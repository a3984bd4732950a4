//! Why the structure of a mail can be read in more than one way: one flag, where, how often, and what it means.
//!
//! Refuses: flags that are not names. Invariant: a flag is a stable word, never text of the sender's; every flag that a
//! worker of this version knows has a sentence of at most 60 characters in both languages.

use serde::{Deserialize, Serialize};

use super::part::PartPath;
use super::reason::Language;

/// One row: flag, Japanese sentence, English sentence.
struct Row(&'static str, &'static str, &'static str);

/// What each flag means, in the order in which a worker lists them.
const TABLE: &[Row] = &[
    Row("header_absent", "見出し（ヘッダー）のないメールです。", "The mail has no header."),
    Row("header_without_colon", "ヘッダーの中に、ヘッダーでない行があります。", "A line among the headers is none."),
    Row("header_nul", "ヘッダーに NUL 文字があります。", "There is a NUL among the headers."),
    Row("header_bare_cr", "ヘッダーに単独の復帰文字（CR）があります。", "There is a bare CR among the headers."),
    Row("header_bare_lf", "ヘッダーの改行の書き方がまざっています。", "The headers mix two kinds of line ends."),
    Row("header_fold_odd", "ヘッダーの折り返しが不正です。", "A header is folded wrongly."),
    Row("header_unterminated", "ヘッダーの終わりの空行がありません。", "No blank line ends the headers."),
    Row(
        "header_space_before_colon",
        "ヘッダーの名前とコロンの間に空白があります。",
        "A blank stands before the colon of a header.",
    ),
    Row(
        "header_name_invalid",
        "ヘッダーの名前に使えない文字があります。",
        "A header's name has characters that none may have.",
    ),
    Row("duplicate_content_field", "Content-* ヘッダーが重なっています。", "A Content-* header stands there twice."),
    Row("duplicate_mime_version", "MIME-Version が重なっています。", "MIME-Version stands there twice."),
    Row("duplicate_from", "差出人（From）が重なっています。", "From stands there twice."),
    Row("duplicate_subject", "件名（Subject）が重なっています。", "Subject stands there twice."),
    Row(
        "duplicate_header",
        "1つだけのはずのヘッダーが重なっています。",
        "A header that a mail has once stands there twice.",
    ),
    Row("duplicate_parameter", "パラメータが重なっています。", "A parameter stands there twice."),
    Row("malformed_parameter", "パラメータの書き方が不正です。", "A parameter is not well formed."),
    Row(
        "parameter_forms_disagree",
        "同じパラメータの2つの書き方が食い違っています。",
        "Two forms of one parameter disagree.",
    ),
    Row(
        "comment_in_structure",
        "種類や区切りの指定にコメントが入っています。",
        "A comment stands in a type or a boundary.",
    ),
    Row(
        "encoded_word_in_structure",
        "種類や区切りの指定が符号化されています。",
        "An encoded word stands in a type or a boundary.",
    ),
    Row("media_type_malformed", "Content-Type の種類が読めません。", "The type in Content-Type does not read."),
    Row("transfer_encoding_unknown", "知られていない転送符号化です。", "The transfer encoding is unknown."),
    Row(
        "transfer_encoding_decorated",
        "転送符号化の指定に余分なものが付いています。",
        "The transfer encoding has additions.",
    ),
    Row(
        "transfer_encoding_on_multipart",
        "複数部分からなる部分に転送符号化があります。",
        "A multipart says that it is encoded.",
    ),
    Row("boundary_absent", "区切り文字列の指定がありません。", "A multipart has no boundary."),
    Row("boundary_empty", "区切り文字列が空です。", "A boundary is empty."),
    Row("boundary_too_long", "区切り文字列が70文字を超えています。", "A boundary is over 70 characters."),
    Row("boundary_odd", "区切り文字列に不正な文字や書き方があります。", "A boundary is written in an odd way."),
    Row("boundary_not_found", "区切り文字列がどこにもありません。", "A boundary occurs nowhere."),
    Row("boundary_not_closed", "最後の区切りがありません。", "The last boundary is missing."),
    Row("boundary_prefix", "区切り文字列が別の区切りの先頭と同じです。", "A boundary is the beginning of another one."),
    Row("boundary_same_as_outer", "区切り文字列が外側のものと同じです。", "A boundary is the same as an outer one."),
    Row("delimiter_odd", "区切りかどうか読み方が分かれる行があります。", "A line is a delimiter to some readers only."),
    Row("text_outside_parts", "部分の外に長い文章があります。", "There is much text outside the parts."),
    Row(
        "part_outside_parts",
        "部分の外に、別の部分に見えるものがあります。",
        "What looks like a part stands outside the parts.",
    ),
    Row("structure_undeclared", "宣言のない部分分けがあります。", "There are parts where none are declared."),
    Row(
        "encoded_file_in_text",
        "文章の中に、符号化されたファイルがあります。",
        "There is an encoded file in the text.",
    ),
    Row(
        "base64_malformed",
        "base64 に使えない文字があります。",
        "There are characters in base64 that it does not have.",
    ),
    Row("base64_after_padding", "base64 の終わりの後に続きがあります。", "The base64 goes on after its end."),
    Row(
        "quoted_printable_illegal",
        "quoted-printable の書き方が不正です。",
        "The quoted-printable is not well formed.",
    ),
    Row("names_disagree", "ファイルの名前が食い違っています。", "The names of a file disagree."),
    Row("charset_duplicate", "文字コードの指定が重なっています。", "Two character sets are given."),
    Row("charset_unknown", "知られていない文字コードです。", "The character set is unknown."),
    Row("charset_utf7", "文字コードが UTF-7 です。", "The character set is UTF-7."),
    Row("charset_utf16", "文字コードが UTF-16 です。", "The character set is UTF-16."),
];

/// The flag of a kept record that this version does not know.
const UNKNOWN: Row = Row("", "読み方が分かれます。", "It can be read in more than one way.");

/// One place at which two readers of the mail could differ (reference: security 3).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ambiguity {
    /// What is ambiguous.
    pub flag: AmbiguityFlag,
    /// The part; [`PartPath::root`] for the mail as a whole.
    pub part: PartPath,
    /// How many times; at least one.
    pub count: u32,
}

/// The stable name of a kind of ambiguity: 1 to 40 of a-z, 0-9 and underscore.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AmbiguityFlag(String);

/// Text that is not the name of a flag.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not the name of an ambiguity (1 to 40 of a-z, 0-9, _)")]
pub struct InvalidFlag;

impl AmbiguityFlag {
    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The names that have a sentence, in the order in which a worker lists them.
    pub fn known() -> impl Iterator<Item = &'static str> {
        TABLE.iter().map(|row| row.0)
    }

    /// What it means.
    #[must_use]
    pub fn sentence(&self, language: Language) -> &'static str {
        let row = TABLE.iter().find(|row| row.0 == self.0).unwrap_or(&UNKNOWN);
        if language == Language::Ja { row.1 } else { row.2 }
    }
}

impl TryFrom<String> for AmbiguityFlag {
    type Error = InvalidFlag;

    fn try_from(text: String) -> Result<Self, InvalidFlag> {
        let is_of_name = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
        let fits = (1..=40).contains(&text.len()) && text.bytes().all(is_of_name);
        if fits { Ok(Self(text)) } else { Err(InvalidFlag) }
    }
}

impl From<AmbiguityFlag> for String {
    fn from(flag: AmbiguityFlag) -> Self {
        flag.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_flag_has_short_sentences_in_both_languages() {
        for Row(flag, ja, en) in TABLE.iter().chain([&UNKNOWN]) {
            assert!(!ja.is_ascii() && en.is_ascii() && !en.is_empty(), "{flag}");
            assert!(ja.chars().count() <= 60 && en.chars().count() <= 60, "{flag}");
        }
    }

    #[test]
    fn flags_of_the_table_are_names_and_unique() {
        for (at, row) in TABLE.iter().enumerate() {
            let flag = AmbiguityFlag::try_from(row.0.to_owned()).unwrap();
            assert_eq!(flag.sentence(Language::En), row.2);
            assert!(!TABLE.iter().take(at).any(|earlier| earlier.0 == row.0), "{} twice", row.0);
        }
        let other = AmbiguityFlag::try_from("of_another_version".to_owned()).unwrap();
        assert_eq!(other.sentence(Language::Ja), UNKNOWN.1);
    }
}
