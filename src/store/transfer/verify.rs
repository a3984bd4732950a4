//! Both sides read to the end and compared: rows, objects, chains.
//!
//! Refuses to stop at the first difference: all are told, by item, without a byte of what differs.
//! Invariant: nothing is skipped because it was compared while it was copied.

use std::collections::BTreeSet;

use super::copy::{PAGE, copy_object};
use super::parcel::{BELONGINGS, PEOPLE, Parcel, Values, digest_rows, tables};
use super::{Difference, Phase, Progress, Report, Transfer, TransferError, Watch, pieces};
use crate::domain::digest::Digester;
use crate::domain::{Digest, TenantId};
use crate::ports::StoreError;

pub(super) async fn run(
    source: &mut dyn Transfer,
    target: &mut dyn Transfer,
    watch: Watch<'_>,
    report: Report,
    mend: bool,
) -> Result<Report, TransferError> {
    let mut tenants: BTreeSet<TenantId> = source.tenants().await?.into_iter().collect();
    tenants.extend(target.tenants().await?);
    let mut comparison = Comparison { source, target, watch, report, mend, done: 0, bytes: 0 };
    comparison.keys(&tenants).await?;
    comparison.report.items = 0;
    for tenant in &tenants {
        comparison.counts(tenant).await?;
    }
    for tenant in &tenants {
        comparison.rules(tenant).await?;
        comparison.people(tenant).await?;
        comparison.items(tenant).await?;
        comparison.chain(tenant).await?;
    }
    Ok(comparison.report)
}

struct Comparison<'a, 'w> {
    source: &'a mut dyn Transfer,
    target: &'a mut dyn Transfer,
    watch: Watch<'w>,
    report: Report,
    /// Whether a bad object of the target is copied once more.
    mend: bool,
    done: u64,
    bytes: u64,
}

impl Comparison<'_, '_> {
    fn differs(&mut self, tenant: &TenantId, item: Option<&str>, what: impl Into<String>) {
        let (item, what) = (item.map(str::to_owned), what.into());
        self.report.differences.push(Difference { tenant: tenant.clone(), item, what });
    }

    async fn keys(&mut self, tenants: &BTreeSet<TenantId>) -> Result<(), TransferError> {
        let same = self.source.public_key().await? == self.target.public_key().await?;
        if !same {
            for tenant in tenants {
                self.differs(tenant, None, "sealing key");
            }
        }
        Ok(())
    }

    async fn counts(&mut self, tenant: &TenantId) -> Result<(), TransferError> {
        for table in tables().map(|table| table.name).chain(["audit"]) {
            let ours = self.source.count(table, tenant).await?;
            let theirs = self.target.count(table, tenant).await?;
            let total = self.report.rows.entry(table).or_default();
            *total = total.saturating_add(ours);
            if table == "item" {
                self.report.items = self.report.items.saturating_add(ours);
            }
            if ours != theirs {
                self.differs(tenant, None, format!("{table}: {ours} rows, {theirs} in the target"));
            }
        }
        Ok(())
    }

    async fn rules(&mut self, tenant: &TenantId) -> Result<(), TransferError> {
        let ours = digest(&self.source.rules(tenant).await?);
        let theirs = digest(&self.target.rules(tenant).await?);
        if ours != theirs {
            self.differs(tenant, None, "rules");
        }
        Ok(())
    }

    async fn people(&mut self, tenant: &TenantId) -> Result<(), TransferError> {
        let (ours, theirs) = (self.source.people(tenant).await?, self.target.people(tenant).await?);
        for ((table, ours), theirs) in PEOPLE.iter().zip(&ours).zip(&theirs) {
            if digest(ours) != digest(theirs) {
                self.differs(tenant, None, table.name);
            }
        }
        Ok(())
    }

    /// Items of the source, and those that only the target has.
    async fn items(&mut self, tenant: &TenantId) -> Result<(), TransferError> {
        let mut after = String::new();
        loop {
            let ours = self.source.ids(tenant, &after, PAGE).await?;
            let theirs = self.target.ids(tenant, &after, PAGE).await?;
            // As far as both pages reach.
            let Some(last) = [&ours, &theirs].into_iter().filter_map(|page| page.last()).min().cloned() else {
                return Ok(());
            };
            let ids: BTreeSet<String> = ours.into_iter().chain(theirs).filter(|id| *id <= last).collect();
            for id in ids {
                self.item(tenant, &id).await?;
            }
            after = last;
        }
    }

    async fn item(&mut self, tenant: &TenantId, id: &str) -> Result<(), TransferError> {
        let (ours, theirs) = (self.source.parcel(tenant, id).await?, self.target.parcel(tenant, id).await?);
        match (&ours, &theirs) {
            (Some(ours), Some(theirs)) if ours.digest() == theirs.digest() => self.objects(ours).await?,
            (Some(ours), Some(theirs)) => {
                for what in differing(ours, theirs) {
                    self.differs(tenant, Some(id), what);
                }
            }
            _ => self.differs(tenant, Some(id), "item"),
        }
        self.done = self.done.saturating_add(1);
        self.bytes = self.bytes.saturating_add(ours.as_ref().map_or(0, Parcel::weight));
        let (items, of_items, bytes) = (self.done, self.report.items, self.bytes);
        (self.watch.progress)(Progress { phase: Phase::Verifying, items, of_items, bytes });
        Ok(())
    }

    async fn objects(&mut self, parcel: &Parcel) -> Result<(), TransferError> {
        for file in parcel.files() {
            let ours = object_digest(self.source, file).await?;
            let mut theirs = object_digest(self.target, file).await?;
            self.report.objects = self.report.objects.saturating_add(1);
            self.bytes = self.bytes.saturating_add(ours.map_or(0, |(_, length)| length));
            if ours.is_none() {
                let (tenant, item) = (parcel.tenant.clone(), Some(parcel.id.clone()));
                self.report.missing.push(Difference { tenant, item, what: "object".to_owned() });
                continue;
            }
            if ours != theirs && self.mend {
                copy_object(self.source, self.target, parcel, file).await?;
                theirs = object_digest(self.target, file).await?;
                self.report.mended = self.report.mended.saturating_add(u64::from(ours == theirs));
            }
            if ours != theirs {
                self.differs(&parcel.tenant, Some(&parcel.id), "object");
            }
        }
        Ok(())
    }

    /// Both chains from the first record, each checked by itself, and both against each other.
    async fn chain(&mut self, tenant: &TenantId) -> Result<(), TransferError> {
        let mut checks = [(self.watch.chain)(), (self.watch.chain)()];
        let mut after = 0;
        loop {
            let ours = self.source.links(tenant, after, PAGE).await?;
            let theirs = self.target.links(tenant, after, PAGE).await?;
            for (check, links) in checks.iter_mut().zip([&ours, &theirs]) {
                for link in links {
                    if let Err(what) = check(&link.record) {
                        self.differs(tenant, None, format!("chain at record {}: {what}", link.record.sequence));
                        return Ok(());
                    }
                }
            }
            if ours != theirs {
                self.differs(tenant, None, format!("chain after record {after}"));
                return Ok(());
            }
            let Some(last) = ours.last() else { break };
            after = last.record.sequence;
        }
        let (records, head) = self.source.head(tenant).await?;
        self.report.records = self.report.records.saturating_add(records);
        self.report.heads.insert(tenant.as_str().to_owned(), head.to_string());
        Ok(())
    }
}

/// `None` for an object that is missing.
async fn object_digest(store: &mut dyn Transfer, file: &str) -> Result<Option<(Digest, u64)>, StoreError> {
    match store.object(file).await {
        Ok(object) => pieces::digest(object).await.map(Some),
        Err(StoreError::NotFound) => Ok(None),
        Err(error) => Err(error),
    }
}

/// The tables in which two parcels differ.
fn differing(ours: &Parcel, theirs: &Parcel) -> Vec<&'static str> {
    let item = (ours.item != theirs.item).then_some("item");
    let rows = BELONGINGS.iter().zip(ours.belongings.iter().zip(&theirs.belongings));
    item.into_iter().chain(rows.filter(|(_, (ours, theirs))| ours != theirs).map(|(table, _)| table.name)).collect()
}

fn digest(rows: &[Values]) -> Digest {
    let mut digester = Digester::default();
    digest_rows(&mut digester, rows);
    digester.finish()
}
