//! The words that staff are spared, for tests over everything staff read (reference: ux 11).
//!
//! Invariant: each word has a plainer one that is said instead.

/// Words that are never said, and what is said instead.
const BANNED: &[(&str, &str)] = &[
    ("サニタイズ", "安全な形に変える、無害化"),
    ("CDR", "無害化"),
    ("ブロック", "渡せません"),
    ("リジェクト", "渡せません、差し戻す"),
    ("拒否", "渡せません"),
    ("検疫", "預かっています"),
    ("クォランティン", "預かっています"),
    ("隔離", "預かっています"),
    ("ストリップ", "取り除く"),
    ("除去処理", "取り除く"),
    ("オリジナル", "原本"),
    ("リリース", "受け取れます"),
    ("クレデンシャル", "パスワード"),
    ("アプルーブ", "承認する"),
    ("タイムアウト", "時間がかかっています"),
    ("リトライ", "もう一度ためす"),
    ("ポリシー", "規則"),
    ("管理者", "問い合わせ先"),
    ("UUID", "管理番号"),
    ("トレースID", "管理番号"),
    ("ドライラン", "試運転"),
    ("ロールバック", "この版に戻す"),
];

/// The first word of `text` that staff are spared, with the one to say instead.
pub(crate) fn fault(text: &str) -> Option<(&'static str, &'static str)> {
    let words = |word: &str| text.split(|c: char| !c.is_ascii_alphabetic()).any(|one| one == word);
    let banned = BANNED.iter().find(|(word, _)| if word.is_ascii() { words(word) } else { text.contains(word) });
    banned.copied().or_else(|| words("raw").then_some(("raw", "原本")))
}
