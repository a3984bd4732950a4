//! Passwords and second factors of accounts, set and taken away.
//!
//! Refuses: weak passwords, a second factor that was not shown to work. Invariant: a secret is in the store only after
//! one of its codes was typed; until then its owner's browser carries it, sealed.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;
use zeroize::Zeroizing;

use super::choice::{self, Weakness};
use super::{Identity, Refusal, totp};
use crate::domain::{Account, AuditEvent, Event, IdentitySource, Login, Principal, TenantId};
use crate::ports::{Credentials, NoEntropy, StoreError};

/// How long somebody may take to set up an app.
pub const ENROLMENT_LIFE: Duration = Duration::from_secs(15 * 60);

/// A second factor about to be set up. Show it once; do not cache the page.
pub struct Enrolment {
    /// For a link that opens the app on the same device (`otpauth://totp/…`).
    pub url: Zeroizing<String>,
    /// The same as a picture: an SVG element.
    pub picture: String,
    /// The secret in base 32, to be typed into an app without a camera.
    pub secret: Zeroizing<String>,
    /// Goes back with the first code; good for [`ENROLMENT_LIFE`].
    pub ticket: String,
}

/// Why no second factor was set up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EnrolRefusal {
    /// The code is not one of now.
    #[error("the code is not right")]
    WrongCode,
    /// Begin again.
    #[error("this took too long; begin again")]
    TicketOver,
    /// Try again later.
    #[error("sign-in is not available now")]
    Unavailable,
}

/// Why a password was not set.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChoiceRefusal {
    /// It may not be chosen.
    #[error("the password is too weak")]
    Weak(Vec<Weakness>),
    /// There is no such account, or its password is kept elsewhere.
    #[error("this account has no password here")]
    NotLocal,
    /// Try again later.
    #[error("sign-in is not available now")]
    Unavailable,
}

macro_rules! unavailable {
    ($refusal:ty: $($error:ty),+) => {$(
        impl From<$error> for $refusal {
            fn from(error: $error) -> Self {
                // The conversion logs what it was.
                let _logged: Refusal = error.into();
                Self::Unavailable
            }
        }
    )+};
}
unavailable!(EnrolRefusal: Refusal, NoEntropy, totp::Unusable);
unavailable!(ChoiceRefusal: Refusal, StoreError);

impl Identity {
    /// A fresh second factor for somebody who is signed in; nothing is in the store yet.
    ///
    /// # Errors
    /// [`EnrolRefusal::Unavailable`].
    pub fn begin_enrolment(&self, principal: &Principal) -> Result<Enrolment, EnrolRefusal> {
        let mut bytes = Zeroizing::new([0; totp::SECRET]);
        self.entropy.secret(&mut *bytes)?;
        let (url, secret) = totp::address(bytes.as_slice(), &principal.login)?;
        let picture = totp::picture(&url)?;
        let until = self.clock.now().after(ENROLMENT_LIFE);
        let what = Zeroizing::new(URL_SAFE_NO_PAD.encode(bytes.as_slice()));
        let ticket = self.key.ticket(self.entropy.as_ref(), &purpose(principal), until, what.as_str())?;
        Ok(Enrolment { url, picture, secret, ticket })
    }

    /// Sets up the second factor of the ticket, shown to work by a code. All sessions of the account end: open a new one.
    ///
    /// # Errors
    /// [`EnrolRefusal`].
    pub async fn finish_enrolment(&self, principal: &Principal, ticket: &str, code: &str) -> Result<(), EnrolRefusal> {
        let now = self.clock.now();
        let text: Zeroizing<String> = self
            .key
            .open_ticket(&purpose(principal), now, ticket)
            .map(Zeroizing::new)
            .map_err(|_| EnrolRefusal::TicketOver)?;
        let secret = URL_SAFE_NO_PAD.decode(&*text).map(Zeroizing::new).map_err(|_| EnrolRefusal::TicketOver)?;
        let step = totp::step_of(&secret, code, now)?.ok_or(EnrolRefusal::WrongCode)?;
        let (account, credentials) = self.own(&principal.tenant, &principal.login).await?;
        let sealed =
            self.key.seal(self.entropy.as_ref(), &totp::purpose(&principal.tenant, account.id), secret.as_slice())?;
        let credentials = Credentials { totp: Some(sealed), totp_step: step, ..credentials };
        self.set(&principal.tenant, &account, credentials, "second_factor_set", &principal.actor()).await?;
        Ok(())
    }

    /// Takes the second factor of an account away: what an administrator does for somebody who lost their telephone.
    /// All sessions of the account end.
    ///
    /// # Errors
    /// [`Refusal::Refused`] if there is no such account.
    pub async fn take_second_factor(&self, tenant: &TenantId, login: &Login, actor: &str) -> Result<(), Refusal> {
        let (account, credentials) = self.own(tenant, login).await?;
        let credentials = Credentials { totp: None, totp_step: 0, ..credentials };
        self.set(tenant, &account, credentials, "second_factor_taken", actor).await
    }

    /// Sets the password of a local account. All its sessions end.
    ///
    /// # Errors
    /// [`ChoiceRefusal`].
    pub async fn choose_password(
        &self,
        tenant: &TenantId,
        login: &Login,
        password: &Zeroizing<String>,
        actor: &str,
    ) -> Result<(), ChoiceRefusal> {
        let found = self.accounts.by_login(tenant, login).await?;
        let (account, credentials) =
            found.filter(|(account, _)| account.source == IdentitySource::Local).ok_or(ChoiceRefusal::NotLocal)?;
        let weak = choice::weaknesses(password, &account.login, &account.name, &self.office_words);
        if !weak.is_empty() {
            return Err(ChoiceRefusal::Weak(weak));
        }
        let credentials = Credentials { password: Some(self.phc(password).await?), ..credentials };
        self.set(tenant, &account, credentials, "password_set", actor).await?;
        Ok(())
    }

    /// The PHC string of a password, under a fresh salt.
    pub(super) async fn phc(&self, password: &str) -> Result<String, Refusal> {
        let mut salt = [0; 16];
        self.entropy.secret(&mut salt)?;
        Ok(self.hasher.hash(password, salt).await?)
    }

    /// Hashes a right password anew, with today's cost.
    pub(super) async fn hash_anew(&self, tenant: &TenantId, account: &Account, password: &str) -> Result<(), Refusal> {
        let phc = self.phc(password).await?;
        // Read again: a code may have been used since.
        let (account, credentials) = self.own(tenant, &account.login).await?;
        let credentials = Credentials { password: Some(phc), ..credentials };
        self.set(tenant, &account, credentials, "password_hashed_anew", "identity").await
    }

    async fn own(&self, tenant: &TenantId, login: &Login) -> Result<(Account, Credentials), Refusal> {
        self.accounts.by_login(tenant, login).await?.ok_or(Refusal::Refused)
    }

    async fn set(
        &self,
        tenant: &TenantId,
        account: &Account,
        credentials: Credentials,
        what: &'static str,
        actor: &str,
    ) -> Result<(), Refusal> {
        let record = AuditEvent {
            at: self.clock.now(),
            event: Event::CredentialsChanged,
            item: None,
            actor: actor.to_owned(),
            details: json!({ "account": account.id.to_string(), "what": what }),
        };
        match self.accounts.set_credentials(tenant, account.id, credentials, record).await {
            Err(StoreError::NotFound) => Err(Refusal::Refused),
            other => Ok(other?),
        }
    }
}

fn purpose(principal: &Principal) -> String {
    format!("enrol/{}/{}", principal.tenant.as_str(), principal.account)
}
