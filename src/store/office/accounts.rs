//! Accounts and departments, read.
//!
//! Refuses: a row this program did not write ([`StoreError::Damaged`]). Invariant: a password and a second factor are
//! read by nothing but [`ByLogin`]: logins of other zones may not even name these columns.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use jiff::civil::Date;

use super::Act;
use crate::domain::{
    Account, AccountId, Department, DepartmentCode, Label, Login, Mailbox, OfficeRole, Posting, Principal, TenantId,
};
use crate::ports::{Credentials, StoreError};
use crate::store::rows::Columns;
use crate::store::statement::{Rows, Statement};

/// What [`account`] reads, in the order of sign-in names.
const ACCOUNTS: &str = "\
    SELECT id, login, name, mailbox, source, blocked, has_password, has_totp, preferences, signed_in_at FROM account \
    WHERE tenant = $1 ORDER BY login LIMIT 50000";
const POSTINGS: &str = "SELECT account, department, role, from_day, until_day FROM posting WHERE tenant = $1";
const POSTINGS_OF: &str =
    "SELECT account, department, role, from_day, until_day FROM posting WHERE tenant = $1 AND account = $2";
const BY_LOGIN: &str = "\
    SELECT id, login, name, mailbox, source, blocked, has_password, has_totp, preferences, signed_in_at, password, \
        totp, totp_step \
    FROM account WHERE tenant = $1 AND login = $2";
const NOT_BLOCKED: &str = "\
    SELECT login, name, mailbox, source, preferences, has_totp FROM account WHERE tenant = $1 AND id = $2 AND NOT blocked";
const DEPARTMENTS: &str = "\
    SELECT department.code, department.name, address.mailbox \
    FROM department LEFT JOIN department_mailbox AS address \
        ON address.tenant = department.tenant AND address.department = department.code \
    WHERE department.tenant = $1";
/// On one day, by tenant, account and day.
const PLACES: &str = "\
    SELECT posting.role, department.code, department.name, address.mailbox \
    FROM posting JOIN department ON department.tenant = posting.tenant AND department.code = posting.department \
        LEFT JOIN department_mailbox AS address \
        ON address.tenant = department.tenant AND address.department = department.code \
    WHERE posting.tenant = $1 AND posting.account = $2 AND posting.from_day <= $3 \
        AND (posting.until_day IS NULL OR posting.until_day >= $3)";
const FOUNDED: &str = "SELECT tenant FROM founding WHERE tenant = $1";

/// Whether there ever was an administrator.
pub(super) struct HasAdministrator(pub(super) TenantId);

/// All accounts.
pub(super) struct AllAccounts(pub(super) TenantId);

/// All departments.
pub(super) struct AllDepartments(pub(super) TenantId);

/// One account, with its credentials.
pub(super) struct ByLogin(pub(super) TenantId, pub(super) Login);

/// Who an account is on a day.
pub(super) struct OnDay {
    pub(super) tenant: TenantId,
    pub(super) account: AccountId,
    pub(super) day: Date,
}

#[async_trait]
impl Act for HasAdministrator {
    type Answer = bool;

    fn tenant(&self) -> &TenantId {
        &self.0
    }

    async fn run<R: Rows>(&self, rows: &mut R) -> Result<bool, StoreError> {
        Ok(!rows.read(Statement::of(FOUNDED).with(self.0.as_str())).await?.is_empty())
    }
}

#[async_trait]
impl Act for AllAccounts {
    type Answer = Vec<Account>;

    fn tenant(&self) -> &TenantId {
        &self.0
    }

    async fn run<R: Rows>(&self, rows: &mut R) -> Result<Vec<Account>, StoreError> {
        let found = rows.read(Statement::of(ACCOUNTS).with(self.0.as_str())).await?;
        let mut postings = postings(&rows.read(Statement::of(POSTINGS).with(self.0.as_str())).await?)?;
        found.iter().map(|row| account(row, &mut postings)).collect()
    }
}

#[async_trait]
impl Act for AllDepartments {
    type Answer = Vec<Department>;

    fn tenant(&self) -> &TenantId {
        &self.0
    }

    async fn run<R: Rows>(&self, rows: &mut R) -> Result<Vec<Department>, StoreError> {
        departments(&rows.read(Statement::of(DEPARTMENTS).with(self.0.as_str())).await?)
    }
}

#[async_trait]
impl Act for ByLogin {
    type Answer = Option<(Account, Credentials)>;

    fn tenant(&self) -> &TenantId {
        &self.0
    }

    async fn run<R: Rows>(&self, rows: &mut R) -> Result<Self::Answer, StoreError> {
        let named = Statement::of(BY_LOGIN).with(self.0.as_str()).with(self.1.as_str());
        let Some(row) = rows.read(named).await?.pop() else { return Ok(None) };
        let id: AccountId = row.parsed("id")?;
        let of = Statement::of(POSTINGS_OF).with(self.0.as_str()).with(id.to_string());
        let account = account(&row, &mut postings(&rows.read(of).await?)?)?;
        let credentials = Credentials {
            password: row.maybe_text("password")?,
            totp: row.maybe_bytes("totp")?,
            totp_step: row.number("totp_step")?,
        };
        Ok(Some((account, credentials)))
    }
}

#[async_trait]
impl Act for OnDay {
    type Answer = Option<Principal>;

    fn tenant(&self) -> &TenantId {
        &self.tenant
    }

    async fn run<R: Rows>(&self, rows: &mut R) -> Result<Option<Principal>, StoreError> {
        let of = |text| Statement::of(text).with(self.tenant.as_str()).with(self.account.to_string());
        let Some(row) = rows.read(of(NOT_BLOCKED)).await?.pop() else { return Ok(None) };
        let places = rows.read(of(PLACES).with(self.day.to_string())).await?;
        if places.is_empty() {
            return Ok(None);
        }
        let roles = places.iter().map(|place| place.parsed::<OfficeRole>("role"));
        Ok(Some(Principal {
            tenant: self.tenant.clone(),
            account: self.account,
            login: row.parsed("login")?,
            name: row.checked("name")?,
            roles: roles.collect::<Result<_, _>>()?,
            departments: departments(&places)?,
            mailbox: mailbox(&row)?,
            preferences: row.json("preferences")?,
            source: row.parsed("source")?,
            has_totp: row.flag("has_totp")?,
        }))
    }
}

/// A row of an account; its postings are taken out of `postings`.
fn account(row: &impl Columns, postings: &mut BTreeMap<AccountId, Vec<Posting>>) -> Result<Account, StoreError> {
    let id: AccountId = row.parsed("id")?;
    Ok(Account {
        id,
        login: row.parsed("login")?,
        name: row.checked("name")?,
        mailbox: mailbox(row)?,
        source: row.parsed("source")?,
        postings: postings.remove(&id).unwrap_or_default(),
        blocked: row.flag("blocked")?,
        has_password: row.flag("has_password")?,
        has_totp: row.flag("has_totp")?,
        preferences: row.json("preferences")?,
        signed_in_at: row.maybe_time("signed_in_at")?,
    })
}

fn mailbox(row: &impl Columns) -> Result<Option<Mailbox>, StoreError> {
    let mailbox = row.maybe_text("mailbox")?.map(Mailbox::try_from);
    mailbox.transpose().map_err(|_| StoreError::Damaged("mailbox"))
}

/// One posting for all rows of a place and a time, the earliest first.
fn postings(rows: &[impl Columns]) -> Result<BTreeMap<AccountId, Vec<Posting>>, StoreError> {
    type Place = (Date, DepartmentCode, Option<Date>);
    let mut roles = BTreeMap::<AccountId, BTreeMap<Place, BTreeSet<OfficeRole>>>::new();
    for row in rows {
        let place = (row.parsed("from_day")?, row.parsed("department")?, row.maybe_parsed("until_day")?);
        let of_account = roles.entry(row.parsed("account")?).or_default();
        of_account.entry(place).or_default().insert(row.parsed("role")?);
    }
    let posting = |((from, department, until), roles)| Posting { department, roles, from, until };
    Ok(roles.into_iter().map(|(account, places)| (account, places.into_iter().map(posting).collect())).collect())
}

/// Each department once, with all its mailboxes, by code.
fn departments(rows: &[impl Columns]) -> Result<Vec<Department>, StoreError> {
    let mut found = BTreeMap::<DepartmentCode, (Label, BTreeSet<Mailbox>)>::new();
    for row in rows {
        let name = row.checked("name")?;
        let (_, mailboxes) = found.entry(row.parsed("code")?).or_insert_with(|| (name, BTreeSet::new()));
        mailboxes.extend(mailbox(row)?);
    }
    Ok(found.into_iter().map(|(code, (name, mailboxes))| Department { code, name, mailboxes }).collect())
}
