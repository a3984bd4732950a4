//! What went wrong with a command, in both languages, with what to do next.
//!
//! Invariant: every trouble has a next step or needs none, and an exit code of `sysexits.h` that is in [`EXIT_CODES`].

use crate::ports::StoreError;
use crate::store::OpenError;

/// Wrong usage.
pub(super) const USAGE: u8 = 64;
/// Input that cannot be read as what it is.
pub(super) const UNPARSABLE: u8 = 65;
/// No such file or item.
pub(super) const NO_INPUT: u8 = 66;
/// A service is not available.
pub(super) const UNAVAILABLE: u8 = 69;
/// The operating system refused.
pub(super) const OS: u8 = 71;
/// An output file cannot be made.
pub(super) const CANNOT_CREATE: u8 = 73;
/// Try again later.
pub(super) const TEMPORARY: u8 = 75;
/// Configuration.
pub(super) const CONFIG: u8 = 78;

/// Every exit code a command may end with: code, Japanese, English.
pub const EXIT_CODES: &[(u8, &str, &str)] = &[
    (
        0,
        "できました。`temizu sanitize` では、変える必要がありませんでした",
        "done; for `temizu sanitize`: nothing had to be changed",
    ),
    (
        1,
        "`temizu audit verify` が正しくない記録を見つけた、`temizu migrate --check` で保管庫が古い版だった、`temizu store copy` で両方が同じにならず引き渡していない、または `temizu notice preview` で文面のファイルに誤りがありました",
        "`temizu audit verify` found a bad record, `temizu migrate --check` an older store, `temizu store copy` two stores that are not the same (nothing was handed over), or `temizu notice preview` a mistake in the wording",
    ),
    (2, "コマンドかオプションの書き方が違います", "unknown command or option"),
    (10, "`temizu sanitize`: 安全な形に変えました", "`temizu sanitize`: changed"),
    (11, "`temizu sanitize`: 預かるものがあります", "`temizu sanitize`: something is kept back"),
    (12, "`temizu sanitize`: 渡せないものがあります", "`temizu sanitize`: something is blocked"),
    (USAGE, "示した値が使えません", "a value that was given cannot be used"),
    (
        UNPARSABLE,
        "入力を読めません。控えでは、壊れたものがあります",
        "input that cannot be read as what it is; for a backup: something in it is damaged",
    ),
    (NO_INPUT, "ファイルまたはメールがありません", "no such file or mail"),
    (UNAVAILABLE, "ゲートウェイ、保管庫またはワーカーが応えません", "gateway, store or worker does not answer"),
    (OS, "OS が断りました（権限、空き容量など）", "the operating system refused (permissions, space)"),
    (CANNOT_CREATE, "書き出す先のファイルやフォルダを作れません", "an output file or folder cannot be made"),
    (
        TEMPORARY,
        "今はできません。あとで、または状態を見てからもう一度",
        "not now; try again later, or look at the state first",
    ),
    (CONFIG, "設定または規則に誤りがあります", "configuration or rules have mistakes"),
];

/// A failed command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Trouble {
    pub(super) code: u8,
    pub(super) ja: String,
    pub(super) en: String,
}

impl Trouble {
    pub(super) fn new(code: u8, ja: impl Into<String>, en: impl Into<String>) -> Self {
        Self { code, ja: ja.into(), en: en.into() }
    }

    /// The operating system refused something.
    pub(super) fn os(ja: &str, en: &str, error: &dyn std::error::Error) -> Self {
        Self::new(OS, format!("{ja}: {error}"), format!("{en}: {error}"))
    }

    /// The store cannot be used.
    pub(super) fn open(error: &OpenError) -> Self {
        let cause = std::error::Error::source(error).map(|cause| format!(": {cause}")).unwrap_or_default();
        match error {
            OpenError::Newer { found, known } => Self::new(
                CONFIG,
                format!(
                    "保管庫は版 {found} で、このプログラムが読めるのは版 {known} までです。新しいプログラムを入れてください"
                ),
                error.to_string(),
            ),
            OpenError::Older { found, known } => Self::new(
                CONFIG,
                format!(
                    "保管庫は版 {found} で、このプログラムには版 {known} が要ります。`temizu migrate` を一度実行してください"
                ),
                error.to_string(),
            ),
            OpenError::BeingCopied => Self::new(
                TEMPORARY,
                "保管庫を写しています。`temizu store copy` が終わるまでお待ちください",
                error.to_string(),
            ),
            OpenError::Unfinished => Self::new(
                TEMPORARY,
                "この保管庫への写しが終わっていません。`temizu store copy` を最後まで実行してください",
                error.to_string(),
            ),
            OpenError::Moved => Self::new(
                CONFIG,
                "この保管庫の中身は移されました。`store.kind` をもう一方にしてください。移した先でその後に行われたことを捨ててこちらに戻るときだけ、`temizu store unmark` を実行してください",
                error.to_string(),
            ),
            OpenError::Wall(what) => Self::new(
                CONFIG,
                format!("役割の壁が成り立たないので、何も変えていません: {what}"),
                format!("{error}; nothing was changed"),
            ),
            OpenError::Database(refused) if is_privilege(refused) => Self::new(
                CONFIG,
                format!(
                    "データベースに断られました{cause}。表の所有者で、役割を作れる（CREATEROLE）ログインを --postgres で示してください"
                ),
                format!(
                    "{error}{cause}; name a login with --postgres that owns the tables and may create roles (CREATEROLE)"
                ),
            ),
            _ => Self::new(
                CONFIG,
                format!("保管庫を開けません: {error}{cause}"),
                format!("the store cannot be opened: {error}{cause}"),
            ),
        }
    }

    /// The store refused something.
    pub(super) fn store(error: &StoreError) -> Self {
        match error {
            StoreError::NotFound => Self::new(
                NO_INPUT,
                "見つかりません。`temizu queue list --stage received,sanitized,delivered,held,quarantined` で管理番号を確かめてください",
                "not found; look the reference up with `temizu queue list --stage received,sanitized,delivered,held,quarantined`",
            ),
            StoreError::Conflict => Self::new(
                TEMPORARY,
                "今の状態ではできません。`temizu queue show` で状態を確かめてください",
                "its state does not allow this; look at it with `temizu queue show`",
            ),
            StoreError::Denied(cause) => Self::new(
                UNAVAILABLE,
                format!(
                    "このログインにはできません ({cause})。この仕事をする役割のログインの設定を --config で示してください（一覧・保留・監査は operator、保管期限は process、原本は review）"
                ),
                format!(
                    "this login may not do it ({cause}); name, with --config, a configuration with the login of the role whose work this is (lists, holds, audit: operator; retention: process; originals: review)"
                ),
            ),
            other => {
                let cause = std::error::Error::source(other).map(|cause| format!(" ({cause})")).unwrap_or_default();
                Self::new(
                    UNAVAILABLE,
                    format!("保管庫が応えません: {other}{cause}。フォルダと権限、空き容量を確かめてください"),
                    format!("{other}{cause}; check the folder, its permissions and the free space"),
                )
            }
        }
    }
}

/// True for "insufficient privilege".
pub(super) fn is_privilege(error: &sqlx::Error) -> bool {
    error.as_database_error().and_then(sqlx::error::DatabaseError::code).is_some_and(|code| code == "42501")
}

impl From<StoreError> for Trouble {
    fn from(error: StoreError) -> Self {
        Self::store(&error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_exit_code_is_listed_once_and_in_order() {
        let listed: Vec<u8> = EXIT_CODES.iter().map(|(code, ..)| *code).collect();
        assert!(listed.is_sorted_by(|one, next| one < next), "{listed:?}");
        for code in [USAGE, UNPARSABLE, NO_INPUT, UNAVAILABLE, OS, CANNOT_CREATE, TEMPORARY, CONFIG] {
            assert!(listed.contains(&code), "{code}");
        }
    }
}
