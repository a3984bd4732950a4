//! Who decides in an approver's place (代理).
//!
//! Refuses: a deputy who is no account. Invariant: who was a deputy, and is no more, stays.

use async_trait::async_trait;
use jiff::civil::Date;

use super::Act;
use crate::domain::{AccountId, AuditEvent, Deputy, TenantId};
use crate::ports::StoreError;
use crate::store::rows::Columns;
use crate::store::statement::{Rows, Statement};

const DEPUTIES: &str = "\
    SELECT approver, deputy, from_day, until_day FROM deputy \
    WHERE tenant = $1 AND (approver = $2 OR deputy = $2) AND until_day >= $3 \
    ORDER BY from_day, approver, deputy";
const END: &str = "DELETE FROM deputy WHERE tenant = $1 AND approver = $2 AND until_day >= $3";
/// The same person from the same day on may have been named before, for a time that is over.
const NAME: &str = "\
    INSERT INTO deputy (tenant, approver, deputy, from_day, until_day) VALUES ($1, $2, $3, $4, $5) \
    ON CONFLICT (tenant, approver, deputy, from_day) DO UPDATE SET until_day = $5";

/// Those that are not over.
pub(super) struct OnDuty {
    pub(super) tenant: TenantId,
    pub(super) account: AccountId,
    pub(super) day: Date,
}

/// Others from now on.
pub(super) struct Naming {
    pub(super) tenant: TenantId,
    pub(super) approver: AccountId,
    pub(super) deputies: Vec<Deputy>,
    pub(super) day: Date,
    pub(super) record: AuditEvent,
}

#[async_trait]
impl Act for OnDuty {
    type Answer = Vec<Deputy>;

    fn tenant(&self) -> &TenantId {
        &self.tenant
    }

    async fn run<R: Rows>(&self, rows: &mut R) -> Result<Vec<Deputy>, StoreError> {
        let of = Statement::of(DEPUTIES).with(self.tenant.as_str()).with(self.account.to_string());
        let found = rows.read(of.with(self.day.to_string())).await?;
        let deputy = |row: &R::Row| {
            Ok(Deputy {
                approver: row.parsed("approver")?,
                deputy: row.parsed("deputy")?,
                from: row.parsed("from_day")?,
                until: row.parsed("until_day")?,
            })
        };
        found.iter().map(deputy).collect()
    }
}

#[async_trait]
impl Act for Naming {
    type Answer = ();

    fn tenant(&self) -> &TenantId {
        &self.tenant
    }

    async fn run<R: Rows>(&self, rows: &mut R) -> Result<(), StoreError> {
        let of = |text| Statement::of(text).with(self.tenant.as_str()).with(self.approver.to_string());
        rows.change(of(END).with(self.day.to_string())).await?;
        for deputy in &self.deputies {
            let days = (deputy.from.to_string(), deputy.until.to_string());
            rows.change(of(NAME).with(deputy.deputy.to_string()).with(days.0).with(days.1)).await?;
        }
        Ok(())
    }

    fn records(&self) -> Vec<&AuditEvent> {
        vec![&self.record]
    }
}
