//! A proxy in front that has signed people in and names them in a header.
//!
//! Refuses: the header twice, without the proxy's secret, or with a name that is none. Invariant: from anybody but the
//! listed peers the header is as if it were not there.

use std::net::IpAddr;

use super::sign_in::{Occasion, Verdict};
use super::throttle::Typed;
use super::{Identity, IdentityError, Refusal, SignedIn, secret};
use crate::config;
use crate::domain::{Digest, IdentitySource, Login, TenantId};
use crate::ports::Door;

/// Fewest bytes of the secret.
const MIN_SECRET: usize = 32;

/// Such a proxy.
#[derive(Debug)]
pub(super) struct Proxy {
    header: String,
    from: Vec<IpAddr>,
    secret_header: String,
    secret: Digest,
}

/// What the headers of a request say.
#[derive(Debug, PartialEq, Eq)]
enum Named {
    /// Nothing: the request did not come from the proxy, or the proxy names nobody.
    Nobody,
    /// Something that does not hold.
    Odd,
    /// Who the proxy has signed in.
    Login(Login),
}

impl Proxy {
    /// `None` if the configuration names none.
    pub(super) fn new(config: &config::SignInProxy) -> Result<Option<Self>, IdentityError> {
        let Some(path) = config.secret_file.as_deref().filter(|_| !config.header.is_empty()) else { return Ok(None) };
        let refused = |source| IdentityError::Secret { path: path.to_owned(), source };
        let secret = secret::read(path).map_err(refused)?;
        if secret.len() < MIN_SECRET {
            return Err(refused(std::io::Error::other("the secret of the proxy is shorter than 32 characters")));
        }
        Ok(Some(Self {
            header: config.header.clone(),
            from: config.from.iter().map(IpAddr::to_canonical).collect(),
            secret_header: config.secret_header.clone(),
            secret: Digest::of(secret.as_bytes()),
        }))
    }

    fn named<'h>(&self, peer: IpAddr, headers: &(impl Iterator<Item = (&'h str, &'h [u8])> + Clone)) -> Named {
        if !self.from.contains(&peer.to_canonical()) {
            return Named::Nobody;
        }
        let all = |wanted: &str| -> Vec<&[u8]> {
            let fits = |(name, _): &(&str, &[u8])| name.eq_ignore_ascii_case(wanted);
            headers.clone().filter(fits).map(|(_, value)| value).take(2).collect()
        };
        let (names, secrets) = (all(&self.header), all(&self.secret_header));
        match (names.as_slice(), secrets.as_slice()) {
            ([], _) => Named::Nobody,
            // Digests are compared, so that how long it takes says nothing of the secret.
            ([name], [secret]) if Digest::of(secret) == self.secret => {
                let login = std::str::from_utf8(name).ok().and_then(|text| text.trim().parse().ok());
                login.map_or(Named::Odd, Named::Login)
            }
            _ => Named::Odd,
        }
    }
}

impl Identity {
    /// Weighs what a proxy in front says; `None` if it says nothing, so that the page of sign-in is shown.
    ///
    /// `peer` is who has connected, `address` whom failures are counted for. An account must be here, with its source
    /// `proxy`.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn sign_in_by_proxy<'h>(
        &self,
        tenant: &TenantId,
        door: Door,
        peer: IpAddr,
        address: IpAddr,
        headers: impl Iterator<Item = (&'h str, &'h [u8])> + Clone,
    ) -> Option<Result<SignedIn, Refusal>> {
        let named = self.proxy.as_ref()?.named(peer, &headers);
        let occasion = Occasion { tenant, door, address, again: None };
        match named {
            Named::Nobody => None,
            Named::Odd => Some(self.turn_away(&occasion).await),
            Named::Login(login) => Some(self.vouched(&occasion, login).await),
        }
    }

    async fn turn_away(&self, occasion: &Occasion<'_>) -> Result<SignedIn, Refusal> {
        let verdict = Verdict::Wrong { account: None, source: IdentitySource::Proxy };
        self.conclude(occasion, &Typed::new(""), verdict).await
    }

    async fn vouched(&self, occasion: &Occasion<'_>, login: Login) -> Result<SignedIn, Refusal> {
        let typed = Typed::of(&login);
        let found = self.accounts.by_login(occasion.tenant, &login).await?;
        let account = found.as_ref().map(|(account, _)| account.id);
        let verdict = match found.filter(|(account, _)| account.source == IdentitySource::Proxy) {
            Some((account, _)) => match self.accounts.principal(occasion.tenant, account.id, self.today()).await? {
                Some(principal) => Verdict::Right { principal: Box::new(principal), has_totp: false, by_code: false },
                None => Verdict::Wrong { account: Some(account.id), source: IdentitySource::Proxy },
            },
            None => Verdict::Wrong { account, source: IdentitySource::Proxy },
        };
        self.conclude(occasion, &typed, verdict).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "0123456789abcdef0123456789abcdef";

    fn named(peer: &str, headers: &[(&str, &str)]) -> Named {
        let proxy = Proxy {
            header: "X-Remote-User".to_owned(),
            from: vec!["192.0.2.20".parse().unwrap()],
            secret_header: "X-Proxy-Secret".to_owned(),
            secret: Digest::of(SECRET.as_bytes()),
        };
        proxy.named(peer.parse().unwrap(), &headers.iter().map(|(name, value)| (*name, value.as_bytes())))
    }

    #[test]
    fn the_listed_proxy_names_one_person_with_its_secret() {
        let good = [("x-remote-user", "Kashiwagi"), ("x-proxy-secret", SECRET)];
        assert_eq!(named("192.0.2.20", &good), Named::Login("kashiwagi".parse().unwrap()));
        assert_eq!(named("::ffff:192.0.2.20", &good), Named::Login("kashiwagi".parse().unwrap()));
        assert_eq!(named("192.0.2.21", &good), Named::Nobody);
        assert_eq!(named("192.0.2.20", &good[1..]), Named::Nobody);
    }

    #[test]
    fn anything_doubtful_from_it_is_refused() {
        let user = ("X-Remote-User", "kashiwagi");
        let secret = ("X-Proxy-Secret", SECRET);
        for headers in [
            vec![user],
            vec![user, ("X-Proxy-Secret", "guess")],
            vec![user, secret, secret],
            vec![user, ("x-remote-user", "chief"), secret],
            vec![("X-Remote-User", ""), secret],
            vec![("X-Remote-User", "a, b"), secret],
        ] {
            assert_eq!(named("192.0.2.20", &headers), Named::Odd, "{headers:?}");
        }
    }
}
