//! What went wrong with a backup, in both languages, with what to do next.
//!
//! Invariant: names out of a backup's folder are shown without control characters.

use super::print::plain;
use super::trouble::{CANNOT_CREATE, CONFIG, OS, TEMPORARY, Trouble, UNPARSABLE, USAGE};
use crate::config::{Config, StoreKind};
use crate::store::embedded::backup::error::{BackupError, Flaw};

/// Names shown at most.
const SHOWN: usize = 20;

/// Refuses a store of the other kind, and says what its tools are.
pub(super) fn only_embedded(config: &Config) -> Result<(), Trouble> {
    if config.store.kind == StoreKind::Embedded {
        return Ok(());
    }
    Err(Trouble::new(
        USAGE,
        "store.kind = \"scaleout\" の控えは、それぞれの道具で取ります。まず PostgreSQL（pg_dump、または WAL の保存による PITR）、\
         次にオブジェクト（バケットの版管理か複製）。この順なら、控えのデータベースが名を挙げるオブジェクトはすべて控えにあります",
        "a store of kind \"scaleout\" is backed up with the tools of its parts: PostgreSQL first (pg_dump, or PITR from \
         archived WAL), then the objects (the bucket's own versioning or replication); in this order every object that \
         the database names is there",
    ))
}

impl From<BackupError> for Trouble {
    fn from(error: BackupError) -> Self {
        let cause = std::error::Error::source(&error).map(|cause| format!(": {cause}")).unwrap_or_default();
        match &error {
            BackupError::Occupied(folder) => {
                let folder = folder.display();
                Self::new(
                    CANNOT_CREATE,
                    format!("{folder} は空ではありません。上書きはしません。別のフォルダを示してください"),
                    format!("{folder} is not empty; nothing is ever written over: name another folder"),
                )
            }
            BackupError::Nested(folder) => {
                let folder = folder.display();
                Self::new(
                    CANNOT_CREATE,
                    format!("{folder} は、写すもとのフォルダの中にあります。外のフォルダを示してください"),
                    format!("{folder} lies in the folder that is copied: name one outside of it"),
                )
            }
            BackupError::Running => Self::new(
                TEMPORARY,
                "この保管庫の控えを、ほかで取っている途中です。終わってからもう一度",
                "another backup of this store is under way; try again when it has ended",
            ),
            BackupError::Stopped => Self::new(
                TEMPORARY,
                "途中でやめました。書きかけのものは消しました",
                "stopped; what was written so far has been removed",
            ),
            BackupError::Unfinished => Self::new(
                UNPARSABLE,
                "MANIFEST がありません。控えが途中で終わったか、控えのフォルダではありません。ほかの控えを使ってください",
                "there is no MANIFEST: the backup did not get to its end, or this is none; use another one",
            ),
            BackupError::List => Self::new(
                UNPARSABLE,
                "MANIFEST が欠けているか、書きかえられています。この控えは使えません。ほかの控えを使ってください",
                "the MANIFEST was cut or changed; this backup cannot be used, use another one",
            ),
            BackupError::Files(flaws) => files(flaws),
            BackupError::Database(_) => Self::new(
                UNPARSABLE,
                format!("控えのデータベースが壊れています{cause}。ほかの控えを使ってください"),
                format!("the database of the backup is damaged{cause}; use another backup"),
            ),
            BackupError::Rows(names) => Self::new(
                UNPARSABLE,
                format!("中身がデータベースの記録と合いません。ほかの控えを使ってください。\n{}", listed(names)),
                format!("contents do not fit what the database says of them; use another backup\n{}", listed(names)),
            ),
            BackupError::Newer { found, known } => Self::new(
                CONFIG,
                format!(
                    "控えは新しい版で取られています（データの版 {found}、このプログラムは {known} まで）。新しいプログラムを使ってください"
                ),
                format!(
                    "the backup is from a newer version (data {found}, this program knows up to {known}): install that"
                ),
            ),
            BackupError::Keys(_) => Self::new(
                OS,
                format!("封の鍵を使えません{cause}。keys/ の中の鍵と、その持ち主と権限を確かめてください"),
                format!("the sealing keys cannot be used{cause}; check the keys in keys/, their owner and their mode"),
            ),
            BackupError::Disk(path, _) => {
                let path = plain(&path.display().to_string());
                Self::new(
                    OS,
                    format!(
                        "{path} を読み書きできません{cause}。権限と空き容量を確かめてください。書きかけのものは残しません"
                    ),
                    format!(
                        "{path} cannot be read or written{cause}; check permissions and free space; nothing half done is left"
                    ),
                )
            }
            BackupError::Snapshot(_) => Self::new(
                OS,
                format!("データベースを写せません{cause}。空き容量を確かめて、もう一度。書きかけのものは残しません"),
                format!(
                    "the database cannot be copied{cause}; check the free space and try again; nothing half done is left"
                ),
            ),
        }
    }
}

fn files(flaws: &[(String, Flaw)]) -> Trouble {
    let lines = |words: [&str; 3]| {
        let [missing, extra, changed] = words;
        let line = |(name, flaw): &(String, Flaw)| {
            let word = match flaw {
                Flaw::Missing => missing,
                Flaw::Extra => extra,
                Flaw::Changed => changed,
            };
            format!("{name}: {word}")
        };
        listed(&flaws.iter().map(line).collect::<Vec<_>>())
    };
    Trouble::new(
        UNPARSABLE,
        format!(
            "控えが MANIFEST と合いません。この控えは使えません。\n{}",
            lines(["ない", "MANIFEST にない", "中身が違う"])
        ),
        format!(
            "the backup is not what its MANIFEST says; it cannot be used\n{}",
            lines(["missing", "not in the MANIFEST", "changed"])
        ),
    )
}

/// One a line, and how many more there are.
pub(super) fn listed(names: &[String]) -> String {
    let mut lines: Vec<String> = names.iter().take(SHOWN).map(|name| format!("  {}", plain(name))).collect();
    if let Some(more) = names.len().checked_sub(SHOWN).filter(|more| *more > 0) {
        lines.push(format!("  … +{more}"));
    }
    lines.join("\n")
}
