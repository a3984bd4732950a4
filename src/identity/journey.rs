//! Sign-in at an OpenID provider: the way there and back.
//!
//! Refuses: a way back that did not begin in this browser. Invariant: what the browser carries is sealed for its door and
//! for what it began as; a sign-in cannot end as a proof anew, nor the other way about.

use std::net::IpAddr;

use super::openid::{Failed, Journey, STATE_LIFE};
use super::sign_in::{Occasion, Verdict};
use super::throttle::Typed;
use super::{Identity, Refusal, SignedIn};
use crate::domain::{IdentitySource, Principal, TenantId};
use crate::ports::Door;

/// A journey begun.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Departure {
    /// Where the browser is sent.
    pub url: String,
    /// To be kept in a cookie (`HttpOnly`, `Secure`, `SameSite=Lax`) for ten minutes and sent back to `finish_openid`.
    pub ticket: String,
}

/// What comes back from the provider.
#[derive(Debug, Clone, Copy)]
pub struct Arrival<'a> {
    /// The cookie.
    pub ticket: &'a str,
    /// The query's `state`.
    pub state: &'a str,
    /// The query's `code`.
    pub code: &'a str,
}

impl Identity {
    /// True if people can sign in at an OpenID provider.
    #[must_use]
    pub const fn has_openid(&self) -> bool {
        self.openid.is_some()
    }

    /// Sends somebody to the provider; `again` is who is signed in already and proves it anew.
    ///
    /// `redirect_url` is where the provider sends the browser back to; it must be registered there.
    ///
    /// # Errors
    /// [`Refusal::Unavailable`].
    pub async fn begin_openid(
        &self,
        tenant: &TenantId,
        door: Door,
        redirect_url: &str,
        again: Option<&Principal>,
    ) -> Result<Departure, Refusal> {
        let openid = self.openid.as_ref().ok_or(Refusal::Unavailable)?;
        let (mut random, now) = ([0; 96], self.clock.now());
        self.entropy.secret(&mut random)?;
        let (url, journey) =
            openid.begin(&random, redirect_url, again.is_some(), now).await.map_err(|_| Refusal::Unavailable)?;
        let until = now.after(STATE_LIFE);
        let ticket = self.key.ticket(self.entropy.as_ref(), &purpose(tenant, door, again), until, journey)?;
        Ok(Departure { url, ticket })
    }

    /// Weighs what somebody brings back from the provider.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn finish_openid(
        &self,
        tenant: &TenantId,
        door: Door,
        arrival: Arrival<'_>,
        address: IpAddr,
        again: Option<&Principal>,
    ) -> Result<SignedIn, Refusal> {
        let openid = self.openid.as_ref().ok_or(Refusal::Unavailable)?;
        let now = self.clock.now();
        let journey: Journey = self
            .key
            .open_ticket(&purpose(tenant, door, again), now, arrival.ticket)
            .map_err(|_| Refusal::TicketOver)?;
        let occasion = Occasion { tenant, door, address, again };
        let source = IdentitySource::Openid;
        let (typed, verdict) = match openid.finish(&journey, arrival.state, arrival.code, now).await {
            Ok(claims) => {
                let typed = Typed::of(&claims.login);
                (typed, self.admit(&occasion, source, &openid.admission, claims, None).await?)
            }
            Err(Failed::Wrong) => (Typed::new(""), Verdict::Wrong { account: None, source }),
            Err(Failed::Unavailable) => return Err(Refusal::Unavailable),
        };
        self.conclude(&occasion, &typed, verdict).await
    }
}

fn purpose(tenant: &TenantId, door: Door, again: Option<&Principal>) -> String {
    let again = again.map_or(String::new(), |principal| principal.account.to_string());
    format!("openid/{}/{}/{again}", tenant.as_str(), door.as_str())
}
