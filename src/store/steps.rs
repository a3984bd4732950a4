//! The numbered steps that bring an older database up to date, one text for each kind of database.
//!
//! Invariant: a step has both texts, or it does not compile; a step that was released is never changed.

/// One step.
pub(super) struct Step {
    /// For the embedded store.
    pub(super) sqlite: &'static str,
    /// For the scale-out store.
    pub(super) postgres: &'static str,
}

macro_rules! step {
    ($name:literal) => {
        Step {
            sqlite: include_str!(concat!("migrations/", $name, ".sqlite.sql")),
            postgres: include_str!(concat!("migrations/", $name, ".postgres.sql")),
        }
    };
}

/// Numbered from 1, in order.
pub(super) const STEPS: &[Step] = &[
    step!("0001_item"),
    step!("0002_legal_hold"),
    step!("0003_store_mark"),
    step!("0004_password"),
    step!("0005_account"),
    step!("0006_arrival"),
    step!("0007_request"),
    step!("0008_offer"),
    step!("0009_standing"),
    step!("0010_history"),
];

/// The version this program reads and writes.
pub(super) fn known() -> i64 {
    i64::try_from(STEPS.len()).unwrap_or(i64::MAX)
}

/// The steps that a database of version `found` still needs.
pub(super) fn after(found: i64) -> impl Iterator<Item = &'static Step> {
    STEPS.iter().skip(usize::try_from(found).unwrap_or(0))
}
