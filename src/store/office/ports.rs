//! The ports of accounts and sessions, for every store that acts are done on.
//!
//! Refuses: what the acts refuse. Invariant: nothing here knows which kind of database it is.

use async_trait::async_trait;
use jiff::civil::Date;

use super::Desk;
use super::accounts::{AllAccounts, AllDepartments, ByLogin, HasAdministrator, OnDay};
use super::attempts::{Attempt, Counting, TypedLogin};
use super::changes::{Changing, Founding, Preferring, SettingCredentials, UsingStep};
use super::deputies::{Naming, OnDuty};
use super::sessions::{Closing, Finding, MARKED_EVERY, Marking, Offering, Opening, Renewing, Sweeping, Taking};
use crate::domain::{
    Account, AccountId, AuditEvent, Department, Deputy, Digest, Login, Preferences, Principal, TenantId, Timestamp,
};
use crate::ports::{AccountChange, Accounts, Credentials, Door, Failures, OneTimeLink, Session, Sessions, StoreError};

#[async_trait]
impl<D: Desk> Accounts for D {
    async fn has_administrator(&self, tenant: &TenantId) -> Result<bool, StoreError> {
        self.ask(HasAdministrator(tenant.clone())).await
    }

    async fn found(
        &self,
        tenant: &TenantId,
        department: Department,
        account: Account,
        credentials: Credentials,
        record: AuditEvent,
    ) -> Result<(), StoreError> {
        self.act(Founding { tenant: tenant.clone(), department, account, credentials, record }).await
    }

    async fn accounts(&self, tenant: &TenantId) -> Result<Vec<Account>, StoreError> {
        self.ask(AllAccounts(tenant.clone())).await
    }

    async fn departments(&self, tenant: &TenantId) -> Result<Vec<Department>, StoreError> {
        self.ask(AllDepartments(tenant.clone())).await
    }

    async fn by_login(&self, tenant: &TenantId, login: &Login) -> Result<Option<(Account, Credentials)>, StoreError> {
        self.ask(ByLogin(tenant.clone(), login.clone())).await
    }

    async fn principal(
        &self,
        tenant: &TenantId,
        account: AccountId,
        day: Date,
    ) -> Result<Option<Principal>, StoreError> {
        self.ask(OnDay { tenant: tenant.clone(), account, day }).await
    }

    async fn change(&self, tenant: &TenantId, changes: Vec<(AccountChange, AuditEvent)>) -> Result<(), StoreError> {
        self.act(Changing { tenant: tenant.clone(), changes }).await
    }

    async fn set_credentials(
        &self,
        tenant: &TenantId,
        account: AccountId,
        credentials: Credentials,
        record: AuditEvent,
    ) -> Result<(), StoreError> {
        self.act(SettingCredentials { tenant: tenant.clone(), account, credentials, record }).await
    }

    async fn use_totp_step(&self, tenant: &TenantId, account: AccountId, step: u64) -> Result<(), StoreError> {
        self.act(UsingStep { tenant: tenant.clone(), account, step }).await
    }

    async fn prefer(&self, tenant: &TenantId, account: AccountId, preferences: Preferences) -> Result<(), StoreError> {
        self.act(Preferring { tenant: tenant.clone(), account, preferences }).await
    }

    async fn note_attempt(
        &self,
        tenant: &TenantId,
        login: &str,
        address: &str,
        well: bool,
        record: AuditEvent,
    ) -> Result<(), StoreError> {
        let (login, address) = (TypedLogin::of(login), address.to_owned());
        self.act(Attempt { tenant: tenant.clone(), login, address, well, record }).await
    }

    async fn failures(
        &self,
        tenant: &TenantId,
        login: &str,
        address: &str,
        since: Timestamp,
    ) -> Result<Failures, StoreError> {
        let (login, address) = (TypedLogin::of(login), address.to_owned());
        self.ask(Counting { tenant: tenant.clone(), login, address, since }).await
    }

    async fn deputies(&self, tenant: &TenantId, account: AccountId, day: Date) -> Result<Vec<Deputy>, StoreError> {
        self.ask(OnDuty { tenant: tenant.clone(), account, day }).await
    }

    async fn name_deputies(
        &self,
        tenant: &TenantId,
        approver: AccountId,
        deputies: Vec<Deputy>,
        day: Date,
        record: AuditEvent,
    ) -> Result<(), StoreError> {
        self.act(Naming { tenant: tenant.clone(), approver, deputies, day, record }).await
    }
}

#[async_trait]
impl<D: Desk> Sessions for D {
    async fn open(&self, tenant: &TenantId, session: Session, record: AuditEvent) -> Result<(), StoreError> {
        self.act(Opening { tenant: tenant.clone(), session, record }).await
    }

    async fn find(
        &self,
        tenant: &TenantId,
        token: Digest,
        door: Door,
        now: Timestamp,
        idle_since: Timestamp,
        started_since: Timestamp,
    ) -> Result<Option<Session>, StoreError> {
        let finding = Finding { tenant: tenant.clone(), token, door, idle_since, started_since };
        let Some(session) = self.ask(finding).await? else { return Ok(None) };
        if now.since(session.used_at) < MARKED_EVERY {
            return Ok(Some(session));
        }
        let is_there = self.act(Marking { tenant: tenant.clone(), token, now }).await?;
        Ok(is_there.then_some(Session { used_at: now, ..session }))
    }

    async fn renew(&self, tenant: &TenantId, old: Digest, new: Session, record: AuditEvent) -> Result<(), StoreError> {
        self.act(Renewing { tenant: tenant.clone(), old, new, record }).await
    }

    async fn close(&self, tenant: &TenantId, token: Digest, record: AuditEvent) -> Result<(), StoreError> {
        self.act(Closing { tenant: tenant.clone(), token, record }).await
    }

    async fn sweep_sessions(&self, tenant: &TenantId, now: Timestamp, idle_since: Timestamp) -> Result<(), StoreError> {
        self.act(Sweeping { tenant: tenant.clone(), now, idle_since }).await
    }

    async fn offer_link(&self, tenant: &TenantId, link: OneTimeLink, record: AuditEvent) -> Result<(), StoreError> {
        self.act(Offering { tenant: tenant.clone(), link, record }).await
    }

    async fn take_link(
        &self,
        tenant: &TenantId,
        token: Digest,
        door: Door,
        now: Timestamp,
    ) -> Result<Option<AccountId>, StoreError> {
        self.act(Taking { tenant: tenant.clone(), token, door, now }).await
    }
}
