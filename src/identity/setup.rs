//! The first administrator: whoever holds the token that the console shows at the start.
//!
//! Refuses: everybody once there is an administrator. Invariant: there is no default password; the token is in no file
//! and no store, and a new start makes a new one.

use std::collections::BTreeSet;
use std::sync::PoisonError;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;
use zeroize::Zeroizing;

use super::choice::{self, Weakness};
use super::{Identity, Refusal};
use crate::domain::{
    Account, AccountId, AuditEvent, Department, Digest, Event, IdentitySource, Label, Login, Mailbox, OfficeRole,
    Posting, Preferences, TenantId,
};
use crate::ports::{Credentials, StoreError};

/// What whoever starts the gateway is shown while there is no administrator: 256 random bits, 43 characters.
pub struct Setup {
    /// To be typed into, or linked to, the first page.
    pub token: Zeroizing<String>,
}

impl std::fmt::Debug for Setup {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Setup")
    }
}

/// Who becomes the first administrator.
pub struct Founder {
    /// What they will sign in with.
    pub login: Login,
    /// Their name.
    pub name: Label,
    /// Their address.
    pub mailbox: Option<Mailbox>,
    /// Their department, made if there is none.
    pub department: Department,
    /// The password they have chosen.
    pub password: Zeroizing<String>,
}

/// Why nobody became administrator.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FoundRefusal {
    /// The token is not the one of this start.
    #[error("the token is not right; the console shows it at the start")]
    WrongToken,
    /// There is an administrator.
    #[error("there is an administrator already")]
    Exists,
    /// The password may not be chosen.
    #[error("the password is too weak")]
    Weak(Vec<Weakness>),
    /// Try again later.
    #[error("sign-in is not available now")]
    Unavailable,
}

impl From<Refusal> for FoundRefusal {
    fn from(_: Refusal) -> Self {
        Self::Unavailable
    }
}

impl Identity {
    /// A token for the first page, if there is no administrator yet; the one given before is void then.
    ///
    /// # Errors
    /// If the store does not answer or there is no randomness.
    pub async fn offer_setup(&self, tenant: &TenantId) -> Result<Option<Setup>, Refusal> {
        if self.accounts.has_administrator(tenant).await? {
            return Ok(None);
        }
        let mut bytes = Zeroizing::new([0; 32]);
        self.entropy.secret(&mut *bytes)?;
        let token = Zeroizing::new(URL_SAFE_NO_PAD.encode(bytes.as_slice()));
        *self.setup.lock().unwrap_or_else(PoisonError::into_inner) = Some(Digest::of(token.as_bytes()));
        Ok(Some(Setup { token }))
    }

    /// Makes the first administrator.
    ///
    /// # Errors
    /// [`FoundRefusal`].
    pub async fn found(&self, tenant: &TenantId, token: &str, founder: Founder) -> Result<(), FoundRefusal> {
        let offered = *self.setup.lock().unwrap_or_else(PoisonError::into_inner);
        if offered.is_none_or(|digest| digest != Digest::of(token.trim().as_bytes())) {
            return Err(FoundRefusal::WrongToken);
        }
        let weak = choice::weaknesses(&founder.password, &founder.login, &founder.name, &self.office_words);
        if !weak.is_empty() {
            return Err(FoundRefusal::Weak(weak));
        }
        let password = self.phc(&founder.password).await?;
        let account = self.founding_account(&founder)?;
        let record = AuditEvent {
            at: self.clock.now(),
            event: Event::AdministratorFounded,
            item: None,
            actor: format!("user:{}", founder.login),
            details: json!({ "account": account.id.to_string() }),
        };
        let credentials = Credentials { password: Some(password), ..Credentials::default() };
        match self.accounts.found(tenant, founder.department, account, credentials, record).await {
            Ok(()) => {
                *self.setup.lock().unwrap_or_else(PoisonError::into_inner) = None;
                Ok(())
            }
            Err(StoreError::Conflict) => Err(FoundRefusal::Exists),
            Err(error) => Err(Refusal::from(error).into()),
        }
    }

    fn founding_account(&self, founder: &Founder) -> Result<Account, Refusal> {
        let mut id = [0; 16];
        self.entropy.secret(&mut id)?;
        Ok(Account {
            id: AccountId::from_bytes(id),
            login: founder.login.clone(),
            name: founder.name.clone(),
            mailbox: founder.mailbox.clone(),
            source: IdentitySource::Local,
            postings: vec![Posting {
                department: founder.department.code.clone(),
                roles: BTreeSet::from([OfficeRole::Administrator]),
                from: self.today(),
                until: None,
            }],
            blocked: false,
            has_password: true,
            has_totp: false,
            preferences: Preferences::default(),
            signed_in_at: None,
        })
    }
}
