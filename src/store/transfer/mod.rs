//! Moving everything from one store to the other: items, rules, people, the audit chain, originals as they are sealed.
//!
//! Refuses: a store that anybody works on, a target that holds something else, a key that is not the source's.
//! Invariant: what is half copied is marked so, and nobody serves it; what was moved away is marked so, too.

mod copy;
pub(in crate::store) mod parcel;
pub(in crate::store) mod pieces;
pub(in crate::store) mod tables;
mod verify;

use std::collections::BTreeMap;

use async_trait::async_trait;
use serde::Serialize;

use self::parcel::{Parcel, Values};
use self::pieces::Pieces;
use self::tables::{Head, Link, Mark};
use super::embedded::transfer::EmbeddedTransfer;
use super::open::OpenError;
use super::scaleout::transfer::ScaleoutTransfer;
use crate::config::{self, StoreKind};
use crate::domain::{AuditRecord, TenantId};
use crate::ports::StoreError;

/// Why a store was not copied. Whatever was copied stays; the same command goes on from there.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TransferError {
    /// A store does not open.
    #[error("the {0} store cannot be opened")]
    Open(&'static str, #[source] OpenError),
    /// Somebody works on it. Stop the gateway on every host.
    #[error("somebody works on the {0} store")]
    InUse(&'static str),
    /// There is nothing to copy from.
    #[error("there is no {0} store")]
    NotThere(&'static str),
    /// A key of the configuration is needed.
    #[error("`{0}` is not set")]
    NotSet(&'static str),
    /// The source was not whole itself when it was last written.
    #[error("a copy into the {0} store was not finished")]
    UnfinishedSource(&'static str),
    /// The sealing keys do not fit. The text says what to do.
    #[error("{0}")]
    Key(String),
    /// The target's chain is not the beginning of the source's.
    #[error("the target holds another audit chain of `{}`", .0.as_str())]
    OtherChain(TenantId),
    /// The target holds an item that the source does not have.
    #[error("the target holds item {id} of `{}`, which the source does not have", .tenant.as_str())]
    OtherItem {
        /// Whose item.
        tenant: TenantId,
        /// Which one.
        id: String,
    },
    /// The source's chain does not hold.
    #[error("the source's audit chain of `{}` does not hold at record {sequence}: {what}", .tenant.as_str())]
    BrokenChain {
        /// Whose chain.
        tenant: TenantId,
        /// The first bad record.
        sequence: u64,
        /// What is wrong with it.
        what: String,
    },
    /// An object of the source does not read. One that is missing is no error: the report names it.
    #[error("an object of item {id} of `{}` cannot be read in the source", .tenant.as_str())]
    Object {
        /// Whose item.
        tenant: TenantId,
        /// Which one.
        id: String,
        /// Why.
        #[source]
        cause: StoreError,
    },
    /// The target does not take what is copied: it is full, away, or its login may not write.
    #[error("the target does not take what is copied")]
    Target(#[source] StoreError),
    /// A store does not answer.
    #[error("a store does not answer")]
    Store(#[from] StoreError),
}

/// What is going on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Items are copied.
    Copying,
    /// Both sides are read and compared.
    Verifying,
}

/// How far it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// What is going on.
    pub phase: Phase,
    /// Items done, and those that were there already.
    pub items: u64,
    /// Items in all.
    pub of_items: u64,
    /// Bytes of rows and objects moved or compared so far.
    pub bytes: u64,
}

/// Something that is not the same on both sides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// Whose.
    pub tenant: TenantId,
    /// The item, where there is one.
    pub item: Option<String>,
    /// What differs: a table, `object`, `chain`.
    pub what: String,
}

/// What was done.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Report {
    /// Items of the source.
    pub items: u64,
    /// Items copied by this run.
    pub copied: u64,
    /// Items that were there already, and equal.
    pub skipped: u64,
    /// Objects compared.
    pub objects: u64,
    /// Audit records of the source.
    pub records: u64,
    /// Hash of the last record of each tenant's chain.
    pub heads: BTreeMap<String, String>,
    /// Rows per table of the source.
    pub rows: BTreeMap<&'static str, u64>,
    /// Objects of the target that were bad or missing, and were copied once more.
    pub mended: u64,
    /// What is not the same; empty when everything is.
    pub differences: Vec<Difference>,
    /// Objects that rows of the source name and the source does not have.
    pub missing: Vec<Difference>,
    /// True if the target may be served from now on, and the source no longer.
    pub handed_over: bool,
}

/// What becomes of a copy when objects are missing in the source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Missing {
    /// Everything else is copied; nothing is handed over.
    #[default]
    Refuse,
    /// It is handed over without them: their originals and mails are lost for good.
    Accept,
}

/// What a store is opened for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::store) enum Access {
    /// It must be there, of this program's version, and stays as it is.
    AsItIs,
    /// It must be there, and is brought to this program's version.
    Source,
    /// It is made if it is not there.
    Target,
}

/// Checks the records of one chain, from the first; the error says what is wrong.
pub type ChainCheck = Box<dyn FnMut(&AuditRecord) -> Result<(), String> + Send>;

/// What whoever copies wants to know and to be asked.
pub struct Watch<'a> {
    /// A check for another chain.
    pub chain: &'a (dyn Fn() -> ChainCheck + Send + Sync),
    /// Told of every item.
    pub progress: &'a mut (dyn FnMut(Progress) + Send),
}

/// One side of a copy: a store that nobody else works on.
#[async_trait]
pub(in crate::store) trait Transfer: Send {
    async fn mark(&mut self) -> Result<Option<Mark>, StoreError>;
    async fn set_mark(&mut self, mark: Option<Mark>) -> Result<(), StoreError>;
    /// The public key that originals are sealed to.
    async fn public_key(&mut self) -> Result<Option<String>, TransferError>;
    /// Refuses a key that is not this store's; with `publish` a store without one has it afterwards.
    async fn take_key(&mut self, key: &str, publish: bool) -> Result<(), TransferError>;
    async fn tenants(&mut self) -> Result<Vec<TenantId>, StoreError>;
    async fn count(&mut self, table: &str, tenant: &TenantId) -> Result<u64, StoreError>;
    async fn ids(&mut self, tenant: &TenantId, after: &str, limit: u32) -> Result<Vec<String>, StoreError>;
    async fn parcel(&mut self, tenant: &TenantId, id: &str) -> Result<Option<Parcel>, StoreError>;
    /// In one transaction; `gone` are objects that no row names any more afterwards.
    async fn put(&mut self, parcel: &Parcel, gone: &[String]) -> Result<(), StoreError>;
    async fn rules(&mut self, tenant: &TenantId) -> Result<Vec<Values>, StoreError>;
    async fn put_rules(&mut self, row: &Values) -> Result<(), StoreError>;
    /// Rows of each of [`parcel::PEOPLE`], sorted.
    async fn people(&mut self, tenant: &TenantId) -> Result<Vec<Vec<Values>>, StoreError>;
    /// In one transaction.
    async fn put_people(&mut self, tenant: &TenantId, people: &[Vec<Values>]) -> Result<(), StoreError>;
    async fn head(&mut self, tenant: &TenantId) -> Result<Head, StoreError>;
    async fn links(&mut self, tenant: &TenantId, after: u64, limit: u32) -> Result<Vec<Link>, StoreError>;
    /// In one transaction, behind the head.
    async fn append(&mut self, tenant: &TenantId, links: &[Link]) -> Result<(), StoreError>;
    async fn object(&mut self, file: &str) -> Result<Pieces, StoreError>;
    /// Durable under its name, whatever was there before.
    async fn put_object(&mut self, file: &str, pieces: Pieces) -> Result<(), StoreError>;
}

/// Copies everything in the store of kind `from` to that of the other kind, verifies it, and hands over: the target may
/// be served then, the source no longer. Must be called within a tokio runtime.
///
/// Originals stay sealed; the private key is not moved. A run that was interrupted is gone on with. Objects that differ in
/// the target are copied once more. Where the report tells differences, or missing objects that are not accepted,
/// nothing was handed over.
///
/// # Errors
/// See [`TransferError`].
pub async fn copy(
    config: &config::Store,
    from: StoreKind,
    missing: Missing,
    watch: Watch<'_>,
) -> Result<Report, TransferError> {
    let mut source = open(config, from, Access::Source).await?;
    let mut target = open(config, other(from), Access::Target).await?;
    copy::run(&mut *source, &mut *target, from, missing, watch).await
}

/// Compares both stores and changes neither.
///
/// # Errors
/// See [`TransferError`].
pub async fn verify(config: &config::Store, from: StoreKind, watch: Watch<'_>) -> Result<Report, TransferError> {
    let mut source = open(config, from, Access::AsItIs).await?;
    let mut target = open(config, other(from), Access::AsItIs).await?;
    verify::run(&mut *source, &mut *target, watch, Report::default(), false).await
}

/// Lets a store that was moved away be served again. False if it was not marked so.
///
/// # Errors
/// See [`TransferError`]; the mark of an unfinished copy is never lifted.
pub async fn unmark(config: &config::Store, kind: StoreKind) -> Result<bool, TransferError> {
    let mut store = open(config, kind, Access::Source).await?;
    match store.mark().await? {
        None => Ok(false),
        Some(Mark::Moved) => Ok(store.set_mark(None).await.map(|()| true)?),
        Some(Mark::Unfinished) => Err(TransferError::UnfinishedSource(name(kind))),
    }
}

async fn open(config: &config::Store, kind: StoreKind, access: Access) -> Result<Box<dyn Transfer>, TransferError> {
    Ok(match kind {
        StoreKind::Embedded => Box::new(EmbeddedTransfer::open(config, access).await?),
        StoreKind::Scaleout => Box::new(ScaleoutTransfer::open(config).await?),
    })
}

/// The kind that is not this one.
#[must_use]
pub const fn other(kind: StoreKind) -> StoreKind {
    match kind {
        StoreKind::Embedded => StoreKind::Scaleout,
        StoreKind::Scaleout => StoreKind::Embedded,
    }
}

/// The name of a kind, as the configuration has it.
#[must_use]
pub const fn name(kind: StoreKind) -> &'static str {
    match kind {
        StoreKind::Embedded => "embedded",
        StoreKind::Scaleout => "scaleout",
    }
}

/// Refuses a store that a copy has marked.
pub(in crate::store) fn may_be_served(mark: Option<Mark>) -> Result<(), OpenError> {
    match mark {
        None => Ok(()),
        Some(Mark::Unfinished) => Err(OpenError::Unfinished),
        Some(Mark::Moved) => Err(OpenError::Moved),
    }
}
