//! The people who may sign in: accounts, departments, postings, deputies, and what guards their sign-in.
//!
//! Refuses: a second account with a sign-in name, a first administrator where there is one. Invariant: a change of an
//! account and its audit record are one transaction; a password leaves the store only as its hash.

use async_trait::async_trait;
use jiff::civil::Date;

use super::StoreError;
use crate::domain::{
    Account, AccountId, AuditEvent, Department, Deputy, Login, Posting, Preferences, Principal, TenantId, Timestamp,
};

/// What proves a local account; only `identity` reads it.
#[derive(Clone, Default)]
pub struct Credentials {
    /// PHC string of the password (argon2id); absent if none was set.
    pub password: Option<String>,
    /// The secret of the second factor, sealed by `identity`; absent if none is set up.
    pub totp: Option<Vec<u8>>,
    /// The last time step (RFC 6238 5.2) with which somebody signed in: no code counts twice.
    pub totp_step: u64,
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Credentials")
    }
}

/// A change of one account or department.
#[derive(Debug, Clone)]
pub enum AccountChange {
    /// A new account.
    Add(Account),
    /// The account with this id as it is to be from now on: name, mailbox, source, postings, blocked. Its sign-in name
    /// is never changed; credentials and preferences stay as they are.
    Replace(Account),
    /// Stops an account and signs it out, or lets it go on; nothing else of it changes, whatever else is changed at once.
    Block {
        /// Which account.
        account: AccountId,
        /// Whether it may sign in no more.
        blocked: bool,
    },
    /// The places of an account as they are to be from now on; nothing else of it changes.
    Post {
        /// Which account.
        account: AccountId,
        /// All of them.
        postings: Vec<Posting>,
    },
    /// A department as it is to be: added, or name and mailboxes changed.
    Department(Department),
}

/// Failed attempts to sign in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Failures {
    /// With this sign-in name, whoever tried.
    pub of_login: u32,
    /// From this address, whatever name was tried.
    pub of_address: u32,
}

/// Accounts, as the web edges and the command line need them.
#[async_trait]
pub trait Accounts: Send + Sync {
    /// True once an administrator was ever made.
    ///
    /// # Errors
    /// If the store does not answer.
    async fn has_administrator(&self, tenant: &TenantId) -> Result<bool, StoreError>;

    /// Makes the first administrator with these credentials and the department it belongs to.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if there is an administrator already; nothing was written then.
    async fn found(
        &self,
        tenant: &TenantId,
        department: Department,
        account: Account,
        credentials: Credentials,
        record: AuditEvent,
    ) -> Result<(), StoreError>;

    /// All accounts by sign-in name, at most 50,000.
    ///
    /// # Errors
    /// If the store does not answer.
    async fn accounts(&self, tenant: &TenantId) -> Result<Vec<Account>, StoreError>;

    /// All departments by code.
    ///
    /// # Errors
    /// If the store does not answer.
    async fn departments(&self, tenant: &TenantId) -> Result<Vec<Department>, StoreError>;

    /// An account by its sign-in name, with its credentials; `None` if there is none.
    ///
    /// # Errors
    /// If the store does not answer.
    async fn by_login(&self, tenant: &TenantId, login: &Login) -> Result<Option<(Account, Credentials)>, StoreError>;

    /// Who the account is on this day; `None` if it is blocked, gone, or has no posting in force.
    ///
    /// # Errors
    /// If the store does not answer.
    async fn principal(
        &self,
        tenant: &TenantId,
        account: AccountId,
        day: Date,
    ) -> Result<Option<Principal>, StoreError>;

    /// All changes at once, each with the record at its place; all or nothing. Sessions and
    /// links of accounts that are blocked end. Departments come first, wherever they stand.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if a sign-in name is taken, an account to be replaced is not there or has another sign-in
    /// name, an account is named twice, or a posting names a department that is not there or is there twice.
    async fn change(&self, tenant: &TenantId, changes: Vec<(AccountChange, AuditEvent)>) -> Result<(), StoreError>;

    /// Sets the credentials of an account; all its sessions and links end. With the same second factor, a time step that
    /// was used stays used.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if there is no such account.
    async fn set_credentials(
        &self,
        tenant: &TenantId,
        account: AccountId,
        credentials: Credentials,
        record: AuditEvent,
    ) -> Result<(), StoreError>;

    /// Takes a time step of the second factor as used.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if it or a later one was used already.
    async fn use_totp_step(&self, tenant: &TenantId, account: AccountId, step: u64) -> Result<(), StoreError>;

    /// Keeps what somebody has chosen.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if there is no such account.
    async fn prefer(&self, tenant: &TenantId, account: AccountId, preferences: Preferences) -> Result<(), StoreError>;

    /// Notes an attempt to sign in, with its record: forgets the failures of the name if it went well. `login` is what was
    /// typed; ways to write it that are the same sign-in name count as one.
    ///
    /// # Errors
    /// If the store does not answer.
    async fn note_attempt(
        &self,
        tenant: &TenantId,
        login: &str,
        address: &str,
        well: bool,
        record: AuditEvent,
    ) -> Result<(), StoreError>;

    /// Failed attempts since `since`; those of a name until it signed in well.
    ///
    /// # Errors
    /// If the store does not answer.
    async fn failures(
        &self,
        tenant: &TenantId,
        login: &str,
        address: &str,
        since: Timestamp,
    ) -> Result<Failures, StoreError>;

    /// The deputies somebody named, and those whose deputy somebody is, that are not over on `day`.
    ///
    /// # Errors
    /// If the store does not answer.
    async fn deputies(&self, tenant: &TenantId, account: AccountId, day: Date) -> Result<Vec<Deputy>, StoreError>;

    /// Names the deputies of an approver anew: those that are not over on `day` are replaced.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if a deputy is no account.
    async fn name_deputies(
        &self,
        tenant: &TenantId,
        approver: AccountId,
        deputies: Vec<Deputy>,
        day: Date,
        record: AuditEvent,
    ) -> Result<(), StoreError>;
}
