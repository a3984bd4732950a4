//! Accounts in memory: the second counterpart of sign-in beside the stores, so that its tests need no store, which
//! `identity` may not name.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard};

use async_trait::async_trait;
use jiff::civil::Date;

use crate::domain::{
    Account, AccountId, AuditEvent, Department, DepartmentCode, Deputy, Login, OfficeRole, Preferences, Principal,
    TenantId, Timestamp,
};
use crate::ports::{AccountChange, Accounts, Credentials, Failures, StoreError};

#[derive(Default)]
pub(crate) struct Ledger(Mutex<Rows>);

#[derive(Default)]
pub(crate) struct Rows {
    pub(crate) accounts: BTreeMap<AccountId, (Account, Credentials)>,
    pub(crate) departments: BTreeMap<DepartmentCode, Department>,
    pub(crate) failures: Vec<(Timestamp, String, String)>,
    pub(crate) records: Vec<AuditEvent>,
    pub(crate) down: bool,
}

impl Ledger {
    /// The rows; it answers again, or not, as `down` says.
    pub(crate) fn rows(&self) -> MutexGuard<'_, Rows> {
        self.0.lock().unwrap()
    }

    fn answer(&self) -> Result<MutexGuard<'_, Rows>, StoreError> {
        let rows = self.rows();
        if rows.down { Err(StoreError::Unavailable("down".into())) } else { Ok(rows) }
    }
}

impl Rows {
    pub(crate) fn account(&mut self, login: &str) -> &mut Account {
        &mut self.accounts.values_mut().find(|(account, _)| account.login.as_str() == login).unwrap().0
    }

    fn apply(&mut self, change: AccountChange) -> Result<(), StoreError> {
        match change {
            AccountChange::Add(account) => {
                if self.accounts.values().any(|(other, _)| other.login == account.login) {
                    return Err(StoreError::Conflict);
                }
                self.accounts.insert(account.id, (account, Credentials::default()));
            }
            AccountChange::Replace(account) => {
                let row = self.accounts.get_mut(&account.id).ok_or(StoreError::Conflict)?;
                row.0 = account;
            }
            AccountChange::Block { account, blocked } => {
                self.accounts.get_mut(&account).ok_or(StoreError::Conflict)?.0.blocked = blocked;
            }
            AccountChange::Post { account, postings } => {
                self.accounts.get_mut(&account).ok_or(StoreError::Conflict)?.0.postings = postings;
            }
            AccountChange::Department(department) => {
                self.departments.insert(department.code.clone(), department);
            }
        }
        Ok(())
    }
}

#[async_trait]
impl Accounts for Ledger {
    async fn has_administrator(&self, _: &TenantId) -> Result<bool, StoreError> {
        let rows = self.answer()?;
        let founds = |account: &Account| {
            account.postings.iter().any(|posting| posting.roles.contains(&OfficeRole::Administrator))
        };
        Ok(rows.accounts.values().any(|(account, _)| founds(account)))
    }

    async fn found(
        &self,
        tenant: &TenantId,
        department: Department,
        account: Account,
        credentials: Credentials,
        record: AuditEvent,
    ) -> Result<(), StoreError> {
        if self.has_administrator(tenant).await? {
            return Err(StoreError::Conflict);
        }
        let mut rows = self.answer()?;
        rows.departments.insert(department.code.clone(), department);
        rows.accounts.insert(account.id, (account, credentials));
        rows.records.push(record);
        Ok(())
    }

    async fn accounts(&self, _: &TenantId) -> Result<Vec<Account>, StoreError> {
        Ok(self.answer()?.accounts.values().map(|(account, _)| account.clone()).collect())
    }

    async fn departments(&self, _: &TenantId) -> Result<Vec<Department>, StoreError> {
        Ok(self.answer()?.departments.values().cloned().collect())
    }

    async fn by_login(&self, _: &TenantId, login: &Login) -> Result<Option<(Account, Credentials)>, StoreError> {
        Ok(self.answer()?.accounts.values().find(|(account, _)| account.login == *login).cloned())
    }

    async fn principal(
        &self,
        tenant: &TenantId,
        account: AccountId,
        day: Date,
    ) -> Result<Option<Principal>, StoreError> {
        let rows = self.answer()?;
        let Some((account, _)) = rows.accounts.get(&account).filter(|(account, _)| !account.blocked) else {
            return Ok(None);
        };
        let postings: Vec<_> = account.postings.iter().filter(|posting| posting.is_in_force(day)).collect();
        let departments = postings.iter().filter_map(|posting| rows.departments.get(&posting.department).cloned());
        Ok((!postings.is_empty()).then(|| Principal {
            tenant: tenant.clone(),
            account: account.id,
            login: account.login.clone(),
            name: account.name.clone(),
            roles: postings.iter().flat_map(|posting| posting.roles.iter().copied()).collect(),
            departments: departments.collect(),
            mailbox: account.mailbox.clone(),
            preferences: account.preferences,
            source: account.source,
            has_totp: account.has_totp,
        }))
    }

    async fn change(&self, _: &TenantId, changes: Vec<(AccountChange, AuditEvent)>) -> Result<(), StoreError> {
        let mut rows = self.answer()?;
        for (change, record) in changes {
            rows.apply(change)?;
            rows.records.push(record);
        }
        Ok(())
    }

    async fn set_credentials(
        &self,
        _: &TenantId,
        account: AccountId,
        credentials: Credentials,
        record: AuditEvent,
    ) -> Result<(), StoreError> {
        let mut rows = self.answer()?;
        let row = rows.accounts.get_mut(&account).ok_or(StoreError::NotFound)?;
        (row.0.has_password, row.0.has_totp) = (credentials.password.is_some(), credentials.totp.is_some());
        row.1 = credentials;
        rows.records.push(record);
        Ok(())
    }

    async fn use_totp_step(&self, _: &TenantId, account: AccountId, step: u64) -> Result<(), StoreError> {
        let mut rows = self.answer()?;
        let row = rows.accounts.get_mut(&account).ok_or(StoreError::NotFound)?;
        if step <= row.1.totp_step {
            return Err(StoreError::Conflict);
        }
        row.1.totp_step = step;
        Ok(())
    }

    async fn prefer(&self, _: &TenantId, account: AccountId, preferences: Preferences) -> Result<(), StoreError> {
        self.answer()?.accounts.get_mut(&account).ok_or(StoreError::NotFound)?.0.preferences = preferences;
        Ok(())
    }

    async fn note_attempt(
        &self,
        _: &TenantId,
        login: &str,
        address: &str,
        well: bool,
        record: AuditEvent,
    ) -> Result<(), StoreError> {
        let mut rows = self.answer()?;
        if well {
            rows.failures.retain(|(_, name, _)| name != login);
        } else {
            rows.failures.push((record.at, login.to_owned(), address.to_owned()));
        }
        rows.records.push(record);
        Ok(())
    }

    async fn failures(
        &self,
        _: &TenantId,
        login: &str,
        address: &str,
        since: Timestamp,
    ) -> Result<Failures, StoreError> {
        let rows = self.answer()?;
        let recent = || rows.failures.iter().filter(|(at, ..)| *at >= since);
        let count = |number: usize| u32::try_from(number).unwrap();
        Ok(Failures {
            of_login: count(recent().filter(|(_, name, _)| name == login).count()),
            of_address: count(recent().filter(|(_, _, from)| from == address).count()),
        })
    }

    async fn deputies(&self, _: &TenantId, _: AccountId, _: Date) -> Result<Vec<Deputy>, StoreError> {
        Ok(Vec::new())
    }

    async fn name_deputies(
        &self,
        _: &TenantId,
        _: AccountId,
        _: Vec<Deputy>,
        _: Date,
        record: AuditEvent,
    ) -> Result<(), StoreError> {
        self.answer()?.records.push(record);
        Ok(())
    }
}
