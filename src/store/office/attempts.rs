//! Attempts to sign in that failed.
//!
//! Refuses nothing. Invariant: what was typed as a sign-in name is kept as its SHA-256 only: people type passwords there.

use async_trait::async_trait;

use super::Act;
use crate::domain::{AuditEvent, Digest, TenantId, Timestamp};
use crate::ports::{Failures, StoreError};
use crate::store::rows::Columns;
use crate::store::statement::{Rows, Statement};

const NOTE: &str = "\
    INSERT INTO sign_in_failure (tenant, login, at, address) VALUES ($1, $2, $3, $4) \
    ON CONFLICT (tenant, at, login, address) DO UPDATE SET count = sign_in_failure.count + 1";
const FORGET: &str = "DELETE FROM sign_in_failure WHERE tenant = $1 AND login = $2";
const COUNT: &str = "\
    SELECT (SELECT CAST(COALESCE(SUM(count), 0) AS BIGINT) FROM sign_in_failure \
            WHERE tenant = $1 AND login = $2 AND at >= $3) AS of_login, \
        (SELECT CAST(COALESCE(SUM(count), 0) AS BIGINT) FROM sign_in_failure \
            WHERE tenant = $1 AND address = $4 AND at >= $3) AS of_address";

/// An attempt, with its record.
pub(super) struct Attempt {
    pub(super) tenant: TenantId,
    pub(super) login: TypedLogin,
    pub(super) address: String,
    pub(super) well: bool,
    pub(super) record: AuditEvent,
}

/// How many failed.
pub(super) struct Counting {
    pub(super) tenant: TenantId,
    pub(super) login: TypedLogin,
    pub(super) address: String,
    pub(super) since: Timestamp,
}

/// What somebody typed, as it is kept: in hexadecimal, the same for all ways to write one sign-in name.
pub(super) struct TypedLogin(String);

impl TypedLogin {
    pub(super) fn of(typed: &str) -> Self {
        Self(Digest::of(typed.trim().to_lowercase().as_bytes()).to_string())
    }
}

#[async_trait]
impl Act for Attempt {
    type Answer = ();

    fn tenant(&self) -> &TenantId {
        &self.tenant
    }

    async fn run<R: Rows>(&self, rows: &mut R) -> Result<(), StoreError> {
        let of = |text| Statement::of(text).with(self.tenant.as_str()).with(self.login.0.as_str());
        let statement =
            if self.well { of(FORGET) } else { of(NOTE).with(self.record.at.millis()).with(self.address.as_str()) };
        rows.change(statement).await.map(drop)
    }

    fn records(&self) -> Vec<&AuditEvent> {
        vec![&self.record]
    }
}

#[async_trait]
impl Act for Counting {
    type Answer = Failures;

    fn tenant(&self) -> &TenantId {
        &self.tenant
    }

    async fn run<R: Rows>(&self, rows: &mut R) -> Result<Failures, StoreError> {
        let statement = Statement::of(COUNT)
            .with(self.tenant.as_str())
            .with(self.login.0.as_str())
            .with(self.since.millis())
            .with(self.address.as_str());
        let row = rows.read(statement).await?.pop().ok_or(StoreError::NotFound)?;
        let count = |column| Ok::<_, StoreError>(row.number::<u64>(column)?.try_into().unwrap_or(u32::MAX));
        Ok(Failures { of_login: count("of_login")?, of_address: count("of_address")? })
    }
}
