//! What went wrong with a copy from one store to the other, and what to do next.
//!
//! Refuses to blame the source for what the target does. Invariant: the store that does not open is named.

use super::trouble::{CONFIG, TEMPORARY, Trouble, UNAVAILABLE, UNPARSABLE, USAGE, is_privilege};
use crate::ports::StoreError;
use crate::store::OpenError;
use crate::store::transfer::TransferError;

pub(super) fn trouble(error: &TransferError) -> Trouble {
    let mut en = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        en = format!("{en}: {inner}");
        cause = inner.source();
    }
    match error {
        TransferError::Open(name, inner) => open(name, inner, &en),
        TransferError::InUse(name) => Trouble::new(
            TEMPORARY,
            format!("{name} の保管庫が使われています。{}", stop(name).0),
            format!("{en}: {}", stop(name).1),
        ),
        TransferError::NotThere(name) => Trouble::new(
            USAGE,
            format!("{name} の保管庫がありません。store.data か --data を確かめてください"),
            format!("{en}; look at store.data or --data"),
        ),
        TransferError::NotSet(key) => Trouble::new(
            CONFIG,
            format!("{key} がありません。設定ファイルに書いてください"),
            format!("{en}; set it in the configuration file"),
        ),
        TransferError::UnfinishedSource(name) => Trouble::new(
            TEMPORARY,
            format!("{name} の保管庫への写しが終わっていません。先にそれを終えるか、空の保管庫から始めてください"),
            format!("{en}: finish that first, or begin with an empty store"),
        ),
        TransferError::Key(_) => {
            Trouble::new(CONFIG, format!("封の鍵が合いません: {en}"), format!("the sealing keys do not fit: {en}"))
        }
        TransferError::OtherChain(_) | TransferError::OtherItem { .. } => Trouble::new(
            USAGE,
            format!("写す先に別のものがあります（{en}）。空の保管庫に写してください"),
            format!("{en}: copy into an empty store"),
        ),
        TransferError::BrokenChain { .. } => damaged(&en),
        TransferError::Object { cause, .. } => object(cause, &en),
        TransferError::Target(StoreError::Denied(_)) | TransferError::Store(StoreError::Denied(_)) => denied(&en),
        TransferError::Target(StoreError::Full) => Trouble::new(
            UNAVAILABLE,
            format!("写す先に空きがありません: {en}。空きを作ったら同じコマンドで続けられます"),
            format!("{en}; make room in it, and the same command goes on"),
        ),
        TransferError::Target(_) => Trouble::new(
            UNAVAILABLE,
            format!("写す先が応えません: {en}。直したら同じコマンドで続けられます"),
            format!("{en}; once it does, the same command goes on"),
        ),
        TransferError::Store(_) => Trouble::new(
            UNAVAILABLE,
            format!("保管庫が応えません: {en}。直したら同じコマンドで続けられます"),
            format!("{en}; once it does, the same command goes on"),
        ),
    }
}

fn open(name: &str, error: &OpenError, en: &str) -> Trouble {
    match error {
        OpenError::Database(refused) if is_privilege(refused) => denied(en),
        OpenError::Older { found, known } => Trouble::new(
            CONFIG,
            format!(
                "{name} の保管庫は版 {found} で、このプログラムには版 {known} が要ります。`temizu migrate --store {name}` を一度実行してください"
            ),
            format!(
                "the {name} store has version {found}, this program needs {known}: run `temizu migrate --store {name}` once"
            ),
        ),
        _ => {
            let inner = Trouble::open(error);
            Trouble::new(
                inner.code,
                format!("{name} の保管庫: {}", inner.ja),
                format!("the {name} store: {}", inner.en),
            )
        }
    }
}

fn object(cause: &StoreError, en: &str) -> Trouble {
    match cause {
        StoreError::Denied(_) => denied(en),
        StoreError::Unavailable(_) | StoreError::Full => Trouble::new(
            UNAVAILABLE,
            format!("写す元のファイルを読めません: {en}。直したら同じコマンドで続けられます"),
            format!("{en}; once it can, the same command goes on"),
        ),
        _ => damaged(en),
    }
}

fn damaged(en: &str) -> Trouble {
    Trouble::new(
        UNPARSABLE,
        format!("写す元が壊れています: {en}。監査担当に知らせてください"),
        format!("{en}; tell the auditor"),
    )
}

/// The logins of the roles may not copy: nobody but the owner writes the chain as it is.
fn denied(en: &str) -> Trouble {
    Trouble::new(
        CONFIG,
        format!(
            "このログインにはできません: {en}。表の持ち主のログインを --postgres と --postgres-password-file で示してください"
        ),
        format!("{en}; use the owner's login with --postgres and --postgres-password-file"),
    )
}

/// Whom to stop.
fn stop(name: &str) -> (&'static str, &'static str) {
    if name == "embedded" {
        (
            "このホストのゲートウェイ（systemctl stop temizu）とほかの temizu コマンドを止めてください",
            "stop the gateway on this host (systemctl stop temizu) and every other temizu command",
        )
    } else {
        (
            "すべてのホストのゲートウェイとほかの temizu コマンドを止めてください",
            "stop the gateway on every host, and every other temizu command",
        )
    }
}
