//! Accounts and departments, changed.
//!
//! Refuses: a second first administrator, a sign-in name twice, an account that is not there. Invariant: whoever is
//! blocked, or has other credentials than before, is signed out in the same transaction.

use std::collections::BTreeSet;

use async_trait::async_trait;

use super::Act;
use crate::domain::office::DigestTimes;
use crate::domain::{
    Account, AccountId, AuditEvent, Department, OfficeRole, Posting, Preferences, TenantId, Timestamp,
};
use crate::ports::{AccountChange, Credentials, StoreError};
use crate::store::rows::{to_column, to_json};
use crate::store::statement::{Rows, Statement};
use crate::store::transfer::parcel::Value;

const FOUND: &str = "INSERT INTO founding (tenant, founded_at) VALUES ($1, $2)";
/// That there is an administrator now, if nobody knew before.
const NOTE_FOUNDED: &str = "INSERT INTO founding (tenant, founded_at) VALUES ($1, $2) ON CONFLICT DO NOTHING";
const ADD: &str = "INSERT INTO account (tenant, id, login, name, mailbox, source, blocked, preferences, digest) VALUES";
/// A sign-in name is never changed: records name people by it.
const REPLACE: &str = "\
    UPDATE account SET name = $4, mailbox = $5, source = $6, blocked = $7 WHERE tenant = $1 AND id = $2 AND login = $3";
const BLOCK: &str = "UPDATE account SET blocked = $3 WHERE tenant = $1 AND id = $2";
/// Waits for whoever changes the account, and tells whether it is there.
const HOLD: &str = "UPDATE account SET name = name WHERE tenant = $1 AND id = $2";
const POST: &str = "INSERT INTO posting (tenant, account, department, role, from_day, until_day) VALUES";
const END_POSTINGS: &str = "DELETE FROM posting WHERE tenant = $1 AND account = $2";
const KEEP_DEPARTMENT: &str = "\
    INSERT INTO department (tenant, code, name) VALUES ($1, $2, $3) \
    ON CONFLICT (tenant, code) DO UPDATE SET name = $3";
const END_MAILBOXES: &str = "DELETE FROM department_mailbox WHERE tenant = $1 AND department = $2";
const ADD_MAILBOX: &str = "\
    INSERT INTO department_mailbox (tenant, department, folded, mailbox) VALUES ($1, $2, $3, $4) \
    ON CONFLICT DO NOTHING";
/// With the same second factor no step that was used counts again.
const SET_CREDENTIALS: &str = "\
    UPDATE account SET password = $3, totp = $4, \
        totp_step = CASE WHEN totp = $4 AND totp_step > $5 THEN totp_step ELSE $5 END \
    WHERE tenant = $1 AND id = $2";
const USE_STEP: &str = "UPDATE account SET totp_step = $3 WHERE tenant = $1 AND id = $2 AND totp_step < $3";
const PREFER: &str = "UPDATE account SET preferences = $3, digest = $4 WHERE tenant = $1 AND id = $2";
/// What signs an account in, by tenant and account.
const SIGN_OUT: [&str; 2] = [
    "DELETE FROM session WHERE tenant = $1 AND account = $2",
    "DELETE FROM one_time_link WHERE tenant = $1 AND account = $2",
];

/// The first administrator.
pub(super) struct Founding {
    pub(super) tenant: TenantId,
    pub(super) department: Department,
    pub(super) account: Account,
    pub(super) credentials: Credentials,
    pub(super) record: AuditEvent,
}

/// Changes that stand or fall together.
pub(super) struct Changing {
    pub(super) tenant: TenantId,
    pub(super) changes: Vec<(AccountChange, AuditEvent)>,
}

/// Other credentials.
pub(super) struct SettingCredentials {
    pub(super) tenant: TenantId,
    pub(super) account: AccountId,
    pub(super) credentials: Credentials,
    pub(super) record: AuditEvent,
}

/// A time step of a second factor, used.
pub(super) struct UsingStep {
    pub(super) tenant: TenantId,
    pub(super) account: AccountId,
    pub(super) step: u64,
}

/// What somebody has chosen.
pub(super) struct Preferring {
    pub(super) tenant: TenantId,
    pub(super) account: AccountId,
    pub(super) preferences: Preferences,
}

#[async_trait]
impl Act for Founding {
    type Answer = ();

    fn tenant(&self) -> &TenantId {
        &self.tenant
    }

    async fn run<R: Rows>(&self, rows: &mut R) -> Result<(), StoreError> {
        // Before anything else: whoever comes second waits here for the first, and is refused.
        rows.change(Statement::of(FOUND).with(self.tenant.as_str()).with(self.record.at.millis())).await?;
        keep_department(rows, &self.tenant, &self.department).await?;
        add(rows, &self.tenant, &[&self.account]).await?;
        post(rows, &self.tenant, &[(self.account.id, self.account.postings.as_slice())]).await?;
        set_credentials(rows, &self.tenant, self.account.id, &self.credentials).await
    }

    fn records(&self) -> Vec<&AuditEvent> {
        vec![&self.record]
    }
}

#[async_trait]
impl Act for Changing {
    type Answer = ();

    fn tenant(&self) -> &TenantId {
        &self.tenant
    }

    async fn run<R: Rows>(&self, rows: &mut R) -> Result<(), StoreError> {
        let (mut added, mut replaced, mut posted) = (Vec::new(), Vec::new(), Vec::new());
        for (change, _) in &self.changes {
            match change {
                AccountChange::Add(account) => added.push(account),
                AccountChange::Replace(account) => replaced.push(account),
                AccountChange::Block { account, blocked } => block(rows, &self.tenant, *account, *blocked).await?,
                AccountChange::Post { account, postings } => posted.push((*account, postings.as_slice())),
                AccountChange::Department(department) => keep_department(rows, &self.tenant, department).await?,
            }
        }
        let whole = added.iter().chain(&replaced).map(|account| (account.id, account.postings.as_slice()));
        let all: Vec<(AccountId, &[Posting])> = whole.chain(posted.iter().copied()).collect();
        if all.iter().map(|(account, _)| account).collect::<BTreeSet<_>>().len() < all.len() {
            return Err(StoreError::Conflict);
        }
        add(rows, &self.tenant, &added).await?;
        for account in replaced {
            replace(rows, &self.tenant, account).await?;
        }
        for (account, _) in posted {
            let of = |text| Statement::of(text).with(self.tenant.as_str()).with(account.to_string());
            one(rows.change(of(HOLD)).await?, StoreError::Conflict)?;
            rows.change(of(END_POSTINGS)).await?;
        }
        post(rows, &self.tenant, &all).await?;
        let administers = |(_, postings): &(AccountId, &[Posting])| {
            postings.iter().any(|posting| posting.roles.contains(&OfficeRole::Administrator))
        };
        if all.iter().any(administers) {
            let at = self.changes.first().map_or(Timestamp::from_millis(0), |(_, record)| record.at);
            rows.change(Statement::of(NOTE_FOUNDED).with(self.tenant.as_str()).with(at.millis())).await?;
        }
        Ok(())
    }

    fn records(&self) -> Vec<&AuditEvent> {
        self.changes.iter().map(|(_, record)| record).collect()
    }
}

#[async_trait]
impl Act for SettingCredentials {
    type Answer = ();

    fn tenant(&self) -> &TenantId {
        &self.tenant
    }

    async fn run<R: Rows>(&self, rows: &mut R) -> Result<(), StoreError> {
        set_credentials(rows, &self.tenant, self.account, &self.credentials).await?;
        sign_out(rows, &self.tenant, self.account).await
    }

    fn records(&self) -> Vec<&AuditEvent> {
        vec![&self.record]
    }
}

#[async_trait]
impl Act for UsingStep {
    type Answer = ();

    fn tenant(&self) -> &TenantId {
        &self.tenant
    }

    async fn run<R: Rows>(&self, rows: &mut R) -> Result<(), StoreError> {
        let of = Statement::of(USE_STEP).with(self.tenant.as_str()).with(self.account.to_string());
        one(rows.change(of.with(to_column(self.step))).await?, StoreError::Conflict)
    }
}

#[async_trait]
impl Act for Preferring {
    type Answer = ();

    fn tenant(&self) -> &TenantId {
        &self.tenant
    }

    async fn run<R: Rows>(&self, rows: &mut R) -> Result<(), StoreError> {
        let of = Statement::of(PREFER).with(self.tenant.as_str()).with(self.account.to_string());
        let of = of.with(to_json(&self.preferences)?).with(digest(self.preferences));
        one(rows.change(of).await?, StoreError::NotFound)
    }
}

fn one(changed: u64, otherwise: StoreError) -> Result<(), StoreError> {
    if changed == 1 { Ok(()) } else { Err(otherwise) }
}

/// As it stands in the column beside the preferences, for queries.
const fn digest(preferences: Preferences) -> &'static str {
    match preferences.digest {
        DigestTimes::AtOnce => "at_once",
        DigestTimes::TwiceADay => "twice_a_day",
        DigestTimes::Never => "never",
    }
}

fn address(account: &Account) -> Option<String> {
    account.mailbox.as_ref().map(|mailbox| mailbox.as_str().to_owned())
}

async fn add<R: Rows>(rows: &mut R, tenant: &TenantId, accounts: &[&Account]) -> Result<(), StoreError> {
    let values = accounts.iter().map(|account| {
        Ok(vec![
            tenant.as_str().into(),
            account.id.to_string().into(),
            account.login.as_str().into(),
            account.name.as_str().into(),
            address(account).into(),
            account.source.as_str().into(),
            account.blocked.into(),
            to_json(&account.preferences)?.into(),
            digest(account.preferences).into(),
        ])
    });
    for statement in Statement::lists(ADD, values.collect::<Result<_, StoreError>>()?) {
        rows.change(statement).await?;
    }
    Ok(())
}

async fn replace<R: Rows>(rows: &mut R, tenant: &TenantId, account: &Account) -> Result<(), StoreError> {
    let statement = Statement::of(REPLACE)
        .with(tenant.as_str())
        .with(account.id.to_string())
        .with(account.login.as_str())
        .with(account.name.as_str())
        .with(address(account))
        .with(account.source.as_str())
        .with(account.blocked);
    one(rows.change(statement).await?, StoreError::Conflict)?;
    rows.change(Statement::of(END_POSTINGS).with(tenant.as_str()).with(account.id.to_string())).await?;
    if account.blocked { sign_out(rows, tenant, account.id).await } else { Ok(()) }
}

async fn block<R: Rows>(rows: &mut R, tenant: &TenantId, account: AccountId, blocked: bool) -> Result<(), StoreError> {
    let statement = Statement::of(BLOCK).with(tenant.as_str()).with(account.to_string()).with(blocked);
    one(rows.change(statement).await?, StoreError::Conflict)?;
    if blocked { sign_out(rows, tenant, account).await } else { Ok(()) }
}

async fn post<R: Rows>(
    rows: &mut R,
    tenant: &TenantId,
    accounts: &[(AccountId, &[Posting])],
) -> Result<(), StoreError> {
    let mut values: Vec<Vec<Value>> = Vec::new();
    for (account, postings) in accounts {
        for posting in *postings {
            values.extend(posting.roles.iter().map(|role| {
                vec![
                    tenant.as_str().into(),
                    account.to_string().into(),
                    posting.department.as_str().into(),
                    role.as_str().into(),
                    posting.from.to_string().into(),
                    posting.until.map(|until| until.to_string()).into(),
                ]
            }));
        }
    }
    for statement in Statement::lists(POST, values) {
        // A department that is not there is told of like all that stands in the way of a change.
        rows.change(statement).await.map_err(|error| match error {
            StoreError::NotFound => StoreError::Conflict,
            other => other,
        })?;
    }
    Ok(())
}

async fn keep_department<R: Rows>(rows: &mut R, tenant: &TenantId, department: &Department) -> Result<(), StoreError> {
    let of = |text| Statement::of(text).with(tenant.as_str()).with(department.code.as_str());
    rows.change(of(KEEP_DEPARTMENT).with(department.name.as_str())).await?;
    rows.change(of(END_MAILBOXES)).await?;
    for mailbox in &department.mailboxes {
        rows.change(of(ADD_MAILBOX).with(mailbox.as_str().to_lowercase()).with(mailbox.as_str())).await?;
    }
    Ok(())
}

async fn set_credentials<R: Rows>(
    rows: &mut R,
    tenant: &TenantId,
    account: AccountId,
    credentials: &Credentials,
) -> Result<(), StoreError> {
    let statement = Statement::of(SET_CREDENTIALS)
        .with(tenant.as_str())
        .with(account.to_string())
        .with(credentials.password.clone())
        .with(credentials.totp.clone())
        .with(to_column(credentials.totp_step));
    one(rows.change(statement).await?, StoreError::NotFound)
}

async fn sign_out<R: Rows>(rows: &mut R, tenant: &TenantId, account: AccountId) -> Result<(), StoreError> {
    for text in SIGN_OUT {
        rows.change(Statement::of(text).with(tenant.as_str()).with(account.to_string())).await?;
    }
    Ok(())
}
