//! The way of a copy: refuse, mark, keys, rules, people, items, chains, verify, hand over. It knows both sides as [`Transfer`].
//!
//! Refuses before it writes: a target with a chain or items of its own. Invariant: whenever it is stopped, the target is
//! marked as unfinished or the copy has been verified, and the next run goes on.

use super::parcel::Parcel;
use super::tables::{Link, Mark};
use super::{ChainCheck, Missing, Phase, Progress, Report, Transfer, TransferError, Watch, name, verify};
use crate::config::StoreKind;
use crate::domain::{AuditRecord, TenantId};
use crate::ports::StoreError;

/// Identifiers or records at a time.
pub(super) const PAGE: u32 = 500;

pub(super) async fn run(
    source: &mut dyn Transfer,
    target: &mut dyn Transfer,
    from: StoreKind,
    missing: Missing,
    mut watch: Watch<'_>,
) -> Result<Report, TransferError> {
    if source.mark().await? == Some(Mark::Unfinished) {
        return Err(TransferError::UnfinishedSource(name(from)));
    }
    let key = source.public_key().await?.ok_or_else(|| {
        TransferError::Key("the source has no public key: start it once with the process role".to_owned())
    })?;
    target.take_key(&key, false).await?;
    let tenants = source.tenants().await?;
    refuse_strangers(source, target, &tenants).await?;
    target.set_mark(Some(Mark::Unfinished)).await.map_err(TransferError::Target)?;
    target.take_key(&key, true).await?;
    let mut report = Report::default();
    for tenant in &tenants {
        report.items = report.items.saturating_add(source.count("item", tenant).await?);
    }
    let mut bytes = 0;
    for tenant in &tenants {
        for row in source.rules(tenant).await? {
            target.put_rules(&row).await.map_err(TransferError::Target)?;
        }
        let people = source.people(tenant).await?;
        target.put_people(tenant, &people).await.map_err(TransferError::Target)?;
        copy_items(source, target, tenant, &mut report, &mut bytes, &mut watch).await?;
        copy_chain(source, target, tenant, (watch.chain)()).await?;
    }
    let mut report = verify::run(source, target, watch, report, true).await?;
    if report.differences.is_empty() && (report.missing.is_empty() || missing == Missing::Accept) {
        // In this order: between the two, neither is served.
        source.set_mark(Some(Mark::Moved)).await?;
        target.set_mark(None).await.map_err(TransferError::Target)?;
        report.handed_over = true;
    }
    Ok(report)
}

/// Refuses a target with anything in it that did not come from the source.
async fn refuse_strangers(
    source: &mut dyn Transfer,
    target: &mut dyn Transfer,
    tenants: &[TenantId],
) -> Result<(), TransferError> {
    for tenant in target.tenants().await? {
        let (sequence, hash) = target.head(&tenant).await?;
        let theirs = match sequence.checked_sub(1) {
            None => AuditRecord::GENESIS,
            Some(before) => match source.links(&tenant, before, 1).await?.pop() {
                Some(link) if link.record.sequence == sequence => link.record.hash,
                _ => return Err(TransferError::OtherChain(tenant)),
            },
        };
        if theirs != hash || !tenants.contains(&tenant) {
            return Err(TransferError::OtherChain(tenant));
        }
        let mut after = String::new();
        loop {
            let page = target.ids(&tenant, &after, PAGE).await?;
            let Some(last) = page.last().cloned() else { break };
            let known = ids_between(source, &tenant, &after, &last).await?;
            if let Some(id) = page.into_iter().find(|id| !known.contains(id)) {
                return Err(TransferError::OtherItem { tenant, id });
            }
            after = last;
        }
    }
    Ok(())
}

/// The source's identifiers after one and up to another.
async fn ids_between(
    source: &mut dyn Transfer,
    tenant: &TenantId,
    after: &str,
    last: &str,
) -> Result<std::collections::BTreeSet<String>, TransferError> {
    let (mut found, mut after) = (std::collections::BTreeSet::new(), after.to_owned());
    loop {
        let page = source.ids(tenant, &after, PAGE).await?;
        let Some(end) = page.last().cloned() else { return Ok(found) };
        found.extend(page.into_iter().filter(|id| id.as_str() <= last));
        if end.as_str() >= last {
            return Ok(found);
        }
        after = end;
    }
}

async fn copy_items(
    source: &mut dyn Transfer,
    target: &mut dyn Transfer,
    tenant: &TenantId,
    report: &mut Report,
    bytes: &mut u64,
    watch: &mut Watch<'_>,
) -> Result<(), TransferError> {
    let mut after = String::new();
    loop {
        let page = source.ids(tenant, &after, PAGE).await?;
        let Some(last) = page.last().cloned() else { return Ok(()) };
        for id in page {
            // Nobody else works on the source: what was listed is there.
            let Some(parcel) = source.parcel(tenant, &id).await? else { continue };
            let there = target.parcel(tenant, &id).await?;
            if there.as_ref().is_some_and(|there| there.digest() == parcel.digest()) {
                report.skipped = report.skipped.saturating_add(1);
            } else {
                *bytes = bytes.saturating_add(copy_item(source, target, &parcel, there.as_ref()).await?);
                report.copied = report.copied.saturating_add(1);
            }
            let items = report.skipped.saturating_add(report.copied);
            (watch.progress)(Progress { phase: Phase::Copying, items, of_items: report.items, bytes: *bytes });
        }
        after = last;
    }
}

/// Objects, then rows; returns the bytes moved.
async fn copy_item(
    source: &mut dyn Transfer,
    target: &mut dyn Transfer,
    parcel: &Parcel,
    there: Option<&Parcel>,
) -> Result<u64, TransferError> {
    let files = parcel.files();
    let mut bytes = parcel.weight();
    for file in &files {
        // One that is missing is told of when everything is compared.
        bytes = bytes.saturating_add(copy_object(source, target, parcel, file).await?.unwrap_or(0));
    }
    let before = there.map(Parcel::files).unwrap_or_default();
    let gone: Vec<String> = before.difference(&files).map(|file| (*file).to_owned()).collect();
    target.put(parcel, &gone).await.map_err(TransferError::Target)?;
    Ok(bytes)
}

/// The bytes moved; `None` if the source does not have the object.
pub(super) async fn copy_object(
    source: &mut dyn Transfer,
    target: &mut dyn Transfer,
    parcel: &Parcel,
    file: &str,
) -> Result<Option<u64>, TransferError> {
    let unread = |cause| TransferError::Object { tenant: parcel.tenant.clone(), id: parcel.id.clone(), cause };
    let (pieces, passed) = match source.object(file).await {
        Ok(pieces) => super::pieces::counted(pieces),
        Err(StoreError::NotFound) => return Ok(None),
        Err(cause) => return Err(unread(cause)),
    };
    match target.put_object(file, pieces).await {
        Ok(()) => Ok(Some(passed.bytes())),
        Err(cause) if passed.is_broken() => Err(unread(cause)),
        Err(cause) => Err(TransferError::Target(cause)),
    }
}

/// Goes on behind the target's head; every record of the source is checked on the way.
async fn copy_chain(
    source: &mut dyn Transfer,
    target: &mut dyn Transfer,
    tenant: &TenantId,
    mut check: ChainCheck,
) -> Result<(), TransferError> {
    let (there, _) = target.head(tenant).await?;
    let mut after = 0;
    loop {
        let mut page = source.links(tenant, after, PAGE).await?;
        let Some(last) = page.last() else { return Ok(()) };
        after = last.record.sequence;
        for Link { record, .. } in &page {
            let sequence = record.sequence;
            check(record).map_err(|what| TransferError::BrokenChain { tenant: tenant.clone(), sequence, what })?;
        }
        page.retain(|link| link.record.sequence > there);
        if !page.is_empty() {
            target.append(tenant, &page).await.map_err(TransferError::Target)?;
        }
    }
}
