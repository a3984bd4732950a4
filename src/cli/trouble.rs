//! What went wrong with a command, in both languages, with what to do next.
//!
//! Invariant: every trouble has a next step or needs none, and an exit code of `sysexits.h`.

use crate::ports::StoreError;

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

impl From<StoreError> for Trouble {
    fn from(error: StoreError) -> Self {
        Self::store(&error)
    }
}
