//! An attempt to sign in, from a typed proof to a welcome or a refusal.
//!
//! Refuses with one word whatever was wrong: an unknown name, a password, a code, a blocked account, no posting today.
//! Invariant: an attempt that was weighed is in the store with its record before its answer is given.

use std::net::IpAddr;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::json;
use zeroize::Zeroizing;

use super::directory::Answer;
use super::throttle::{self, Try, Typed};
use super::{Identity, password::HashError, totp};
use crate::config::TotpPolicy;
use crate::domain::{
    Account, AccountId, AuditEvent, Digest, Event, IdentitySource, Login, OfficeRole, Principal, TenantId,
};
use crate::ports::{Credentials, Door, NoEntropy, StoreError};

/// How long somebody may take to type the code after the password.
pub const TICKET_LIFE: Duration = Duration::from_secs(5 * 60);

/// What somebody puts forward.
pub enum Proof {
    /// A sign-in name and its password, as typed, and a code if there was a field for it.
    Password {
        /// The name as typed.
        login: String,
        /// The password as typed.
        password: Zeroizing<String>,
        /// The code as typed; an empty one is none.
        code: Option<String>,
    },
    /// The code that was asked for after a right password. The page keeps the ticket, never the password.
    Code {
        /// From [`SignedIn::SecondFactorWanted`].
        ticket: String,
        /// The code as typed.
        code: String,
    },
    /// A code and nothing before it: the proof anew of somebody whom a proxy in front has signed in, for there is no
    /// password that could be asked for. Nobody else is believed by it, and nobody signs in with it.
    CodeOfProxied {
        /// The code as typed.
        code: String,
    },
}

impl std::fmt::Debug for Proof {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Proof")
    }
}

/// A proof that holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SignedIn {
    /// It is enough.
    Welcome {
        /// Who it is today.
        principal: Box<Principal>,
        /// A second factor must be set up before anything else: lead to [`Identity::begin_enrolment`].
        must_enrol: bool,
    },
    /// The password is right and a code is wanted: ask for it and send it back as [`Proof::Code`] with this ticket, within
    /// [`TICKET_LIFE`].
    SecondFactorWanted {
        /// Sealed; nothing in it can be read or changed by whoever holds it.
        ticket: String,
    },
}

/// Why somebody is not let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The proof does not hold, or whoever it proves may not come in today.
    #[error("the sign-in name or what goes with it is not right")]
    Refused,
    /// Too many failures: nothing was weighed, nothing was noted.
    #[error("too many failed attempts")]
    Throttled {
        /// After this time at the latest it can be tried again.
        wait: Duration,
    },
    /// The ticket is too old, or the password was changed meanwhile: begin again.
    #[error("this took too long; begin again")]
    TicketOver,
    /// The store, the directory or the provider does not answer. Try again later.
    #[error("sign-in is not available now")]
    Unavailable,
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        tracing::error!(%error, "sign-in: the store did not answer");
        Self::Unavailable
    }
}

impl From<NoEntropy> for Refusal {
    fn from(error: NoEntropy) -> Self {
        tracing::error!(%error, "sign-in: nothing can be sealed");
        Self::Unavailable
    }
}

impl From<HashError> for Refusal {
    fn from(error: HashError) -> Self {
        tracing::warn!(%error, "sign-in: a password was not checked");
        Self::Unavailable
    }
}

impl From<totp::Unusable> for Refusal {
    fn from(error: totp::Unusable) -> Self {
        tracing::error!(%error, "sign-in: a second factor does not open; is this the key file it was sealed with?");
        Self::Unavailable
    }
}

/// What a ticket says: whose password was right, and which one it was.
#[derive(Serialize, Deserialize)]
struct PasswordWasRight {
    login: Login,
    account: AccountId,
    password: Digest,
}

/// Where and for what a proof is put forward.
pub(super) struct Occasion<'a> {
    pub(super) tenant: &'a TenantId,
    pub(super) door: Door,
    pub(super) address: IpAddr,
    /// Who is signed in already and proves it anew.
    pub(super) again: Option<&'a Principal>,
}

impl Occasion<'_> {
    /// Accounts are changed from the portal only: the login of the review role may not.
    pub(super) fn may_change(&self) -> bool {
        self.door == Door::Portal
    }

    /// What a ticket of this occasion is sealed for.
    fn purpose(&self) -> String {
        let again = self.again.map_or(String::new(), |principal| principal.account.to_string());
        format!("code/{}/{}/{again}", self.tenant.as_str(), self.door.as_str())
    }
}

/// How a proof was weighed.
pub(super) enum Verdict {
    /// It holds.
    Right { principal: Box<Principal>, has_totp: bool, by_code: bool },
    /// It holds so far.
    Wanted { ticket: String },
    /// It does not.
    Wrong { account: Option<AccountId>, source: IdentitySource },
}

impl Identity {
    /// Weighs a proof of somebody who wants to come in by `door`.
    ///
    /// # Errors
    /// [`Refusal`]; each says what the page tells.
    pub async fn sign_in(
        &self,
        tenant: &TenantId,
        door: Door,
        proof: Proof,
        address: IpAddr,
    ) -> Result<SignedIn, Refusal> {
        self.attempt(&Occasion { tenant, door, address, again: None }, proof).await
    }

    /// Weighs a proof of somebody who is signed in as `principal` and is asked anew, before an original is released.
    ///
    /// The same throttle holds. The name in the proof does not matter: it is that of `principal`.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn prove_again(
        &self,
        principal: &Principal,
        door: Door,
        proof: Proof,
        address: IpAddr,
    ) -> Result<SignedIn, Refusal> {
        self.attempt(&Occasion { tenant: &principal.tenant, door, address, again: Some(principal) }, proof).await
    }

    /// True if whoever it is must have a second factor and has none: it is set up right after sign-in, before anything
    /// else. Who comes from an OpenID provider or a proxy has proven it there.
    #[must_use]
    pub fn must_enrol(&self, principal: &Principal) -> bool {
        !principal.has_totp && self.wants_totp(principal)
    }

    fn wants_totp(&self, principal: &Principal) -> bool {
        let typed_here = matches!(principal.source, IdentitySource::Local | IdentitySource::Directory);
        let may_much = principal.is(OfficeRole::Administrator) || principal.is(OfficeRole::Approver);
        typed_here
            && match self.policy {
                TotpPolicy::Administrators => may_much,
                TotpPolicy::Everybody => true,
                TotpPolicy::Nobody => false,
            }
    }

    async fn attempt(&self, occasion: &Occasion<'_>, proof: Proof) -> Result<SignedIn, Refusal> {
        let typed = self.who(occasion, &proof)?;
        let _try = self.enter(occasion, &typed).await?;
        let verdict = match proof {
            Proof::Password { password, code, .. } => {
                self.weigh_password(occasion, &typed, &password, code.filter(|code| !code.is_empty())).await?
            }
            Proof::Code { ticket, code } => self.weigh_code(occasion, &ticket, &code).await?,
            Proof::CodeOfProxied { code } => self.weigh_code_of_proxied(occasion, code).await?,
        };
        self.conclude(occasion, &typed, verdict).await
    }

    /// Whose failures count: the name as typed, the one of the ticket, or the one who is signed in.
    fn who(&self, occasion: &Occasion<'_>, proof: &Proof) -> Result<Typed, Refusal> {
        match (occasion.again, proof) {
            (Some(principal), _) => Ok(Typed::of(&principal.login)),
            (None, Proof::Password { login, .. }) => Ok(Typed::new(login)),
            (None, Proof::Code { ticket, .. }) => Ok(Typed::of(&self.ticket(occasion, ticket)?.login)),
            (None, Proof::CodeOfProxied { .. }) => Err(Refusal::Refused),
        }
    }

    fn ticket(&self, occasion: &Occasion<'_>, ticket: &str) -> Result<PasswordWasRight, Refusal> {
        self.key.open_ticket(&occasion.purpose(), self.clock.now(), ticket).map_err(|_| Refusal::TicketOver)
    }

    /// Begins a try, unless there were too many.
    pub(super) async fn enter(&self, occasion: &Occasion<'_>, typed: &Typed) -> Result<Try, Refusal> {
        let under_way = self.under_way.enter(occasion.tenant, typed);
        let since = self.clock.now().before(throttle::WINDOW);
        let address = counted_address(occasion.address);
        let failures = self.accounts.failures(occasion.tenant, typed.counted(), &address, since).await?;
        let of_login = failures.of_login.saturating_add(under_way.others());
        if of_login >= throttle::MAX_OF_LOGIN || failures.of_address >= throttle::MAX_OF_ADDRESS {
            return Err(Refusal::Throttled { wait: throttle::WINDOW });
        }
        Ok(under_way)
    }

    async fn weigh_password(
        &self,
        occasion: &Occasion<'_>,
        typed: &Typed,
        password: &str,
        code: Option<String>,
    ) -> Result<Verdict, Refusal> {
        let known = match typed.login() {
            Some(login) => self.accounts.by_login(occasion.tenant, login).await?,
            None => None,
        };
        let (id, kept) =
            (known.as_ref().map(|(account, _)| account.id), known.as_ref().map(|(account, _)| account.source));
        let local = known.filter(|_| kept == Some(IdentitySource::Local));
        let stored = local.as_ref().and_then(|(_, credentials)| credentials.password.as_deref());
        // Weighed for everybody, so that it takes as long for a name that is not there.
        let checked = self.hasher.check(password, stored).await?;
        if matches!(kept, None | Some(IdentitySource::Directory)) {
            return self.weigh_elsewhere(occasion, typed, password, code, id).await;
        }
        let Some((account, credentials)) = local.filter(|_| checked.right) else {
            return Ok(Verdict::Wrong { account: id, source: IdentitySource::Local });
        };
        let verdict = self.weigh_rest(occasion, &account, &credentials, code).await?;
        if checked.stale && occasion.may_change() && matches!(verdict, Verdict::Right { .. }) {
            self.hash_anew(occasion.tenant, &account, password).await?;
        }
        Ok(verdict)
    }

    /// The password of somebody whom the directory may know; without a directory, of nobody.
    async fn weigh_elsewhere(
        &self,
        occasion: &Occasion<'_>,
        typed: &Typed,
        password: &str,
        code: Option<String>,
        account: Option<AccountId>,
    ) -> Result<Verdict, Refusal> {
        let (Some(directory), Some(login)) = (&self.directory, typed.login()) else {
            return Ok(Verdict::Wrong { account, source: IdentitySource::Local });
        };
        match directory.ask(login.as_str(), password).await {
            Answer::Right(claims) => {
                self.admit(occasion, IdentitySource::Directory, &directory.admission, claims, code).await
            }
            Answer::Wrong => Ok(Verdict::Wrong { account, source: IdentitySource::Directory }),
            Answer::Unavailable => Err(Refusal::Unavailable),
        }
    }

    /// After a right password: is it somebody today, and is a code wanted?
    pub(super) async fn weigh_rest(
        &self,
        occasion: &Occasion<'_>,
        account: &Account,
        credentials: &Credentials,
        code: Option<String>,
    ) -> Result<Verdict, Refusal> {
        let wrong = || Verdict::Wrong { account: Some(account.id), source: account.source };
        let Some(principal) = self.accounts.principal(occasion.tenant, account.id, self.today()).await? else {
            return Ok(wrong());
        };
        if occasion.again.is_some_and(|signed_in| signed_in.account != account.id) {
            return Ok(wrong());
        }
        let has_totp = credentials.totp.is_some();
        match code {
            _ if !has_totp => {}
            None => return self.want_code(occasion, account, credentials),
            Some(code) if self.takes_code(occasion.tenant, account.id, credentials, &code).await? => {}
            Some(_) => return Ok(wrong()),
        }
        Ok(Verdict::Right { principal: Box::new(principal), has_totp, by_code: has_totp })
    }

    fn want_code(
        &self,
        occasion: &Occasion<'_>,
        account: &Account,
        credentials: &Credentials,
    ) -> Result<Verdict, Refusal> {
        let what =
            PasswordWasRight { login: account.login.clone(), account: account.id, password: fingerprint(credentials) };
        let until = self.clock.now().after(TICKET_LIFE);
        let ticket = self.key.ticket(self.entropy.as_ref(), &occasion.purpose(), until, what)?;
        Ok(Verdict::Wanted { ticket })
    }

    async fn weigh_code(&self, occasion: &Occasion<'_>, ticket: &str, code: &str) -> Result<Verdict, Refusal> {
        let said = self.ticket(occasion, ticket)?;
        let found = self.accounts.by_login(occasion.tenant, &said.login).await?;
        let same = |(account, credentials): &(Account, Credentials)| {
            account.id == said.account && fingerprint(credentials) == said.password && credentials.totp.is_some()
        };
        let (account, credentials) = found.filter(same).ok_or(Refusal::TicketOver)?;
        self.weigh_rest(occasion, &account, &credentials, Some(code.to_owned())).await
    }

    async fn weigh_code_of_proxied(&self, occasion: &Occasion<'_>, code: String) -> Result<Verdict, Refusal> {
        let Some(principal) = occasion.again else { return Err(Refusal::Refused) };
        let found = self.accounts.by_login(occasion.tenant, &principal.login).await?;
        let may = |(account, credentials): &(Account, Credentials)| {
            account.source == IdentitySource::Proxy && credentials.totp.is_some()
        };
        match found.filter(may) {
            Some((account, credentials)) => self.weigh_rest(occasion, &account, &credentials, Some(code)).await,
            None => Ok(Verdict::Wrong { account: Some(principal.account), source: principal.source }),
        }
    }

    /// True if it is a code of now that nobody has used; it is used then.
    async fn takes_code(
        &self,
        tenant: &TenantId,
        account: AccountId,
        credentials: &Credentials,
        code: &str,
    ) -> Result<bool, Refusal> {
        let sealed = credentials.totp.as_deref().unwrap_or_default();
        let secret = self.key.unseal(&totp::purpose(tenant, account), sealed).map_err(|_| totp::Unusable)?;
        let Some(step) = totp::step_of(&secret, code, self.clock.now())? else { return Ok(false) };
        if step <= credentials.totp_step {
            return Ok(false);
        }
        match self.accounts.use_totp_step(tenant, account, step).await {
            Ok(()) => Ok(true),
            Err(StoreError::Conflict) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Notes the attempt, and says how it ended.
    pub(super) async fn conclude(
        &self,
        occasion: &Occasion<'_>,
        typed: &Typed,
        verdict: Verdict,
    ) -> Result<SignedIn, Refusal> {
        let (well, record) = match &verdict {
            // A right password alone is no end: counting it as one would forget the wrong codes before it.
            Verdict::Wanted { ticket } => return Ok(SignedIn::SecondFactorWanted { ticket: ticket.clone() }),
            Verdict::Right { principal, by_code, .. } => (true, self.record_of_welcome(occasion, principal, *by_code)),
            Verdict::Wrong { account, source } => (false, self.record_of_failure(occasion, *account, *source)),
        };
        let address = counted_address(occasion.address);
        self.accounts.note_attempt(occasion.tenant, typed.counted(), &address, well, record).await?;
        match verdict {
            Verdict::Right { principal, has_totp, .. } => {
                let must_enrol = !has_totp && self.wants_totp(&principal);
                Ok(SignedIn::Welcome { principal, must_enrol })
            }
            _ => Err(Refusal::Refused),
        }
    }

    fn record_of_welcome(&self, occasion: &Occasion<'_>, principal: &Principal, by_code: bool) -> AuditEvent {
        AuditEvent {
            at: self.clock.now(),
            event: if occasion.again.is_some() { Event::ProvedAgain } else { Event::SignedIn },
            item: None,
            actor: principal.actor(),
            details: json!({
                "account": principal.account.to_string(),
                "address": occasion.address.to_canonical().to_string(),
                "door": occasion.door.as_str(),
                "second_factor": by_code,
                "source": principal.source.as_str(),
            }),
        }
    }

    /// The account is named by its identifier, and only if there is one; what was typed is never in a record.
    fn record_of_failure(
        &self,
        occasion: &Occasion<'_>,
        account: Option<AccountId>,
        source: IdentitySource,
    ) -> AuditEvent {
        AuditEvent {
            at: self.clock.now(),
            event: Event::SignInFailed,
            item: None,
            actor: occasion.door.as_str().to_owned(),
            details: json!({
                "account": account.map(|account| account.to_string()),
                "address": occasion.address.to_canonical().to_string(),
                "again": occasion.again.is_some(),
                "door": occasion.door.as_str(),
                "source": source.as_str(),
            }),
        }
    }
}

/// Which password an account has, for a ticket to be void once it is another.
fn fingerprint(credentials: &Credentials) -> Digest {
    Digest::of(credentials.password.as_deref().unwrap_or_default().as_bytes())
}

/// How failures of an address are counted: by itself, or by the /64 of IPv6 that one household has.
fn counted_address(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
    }
}
