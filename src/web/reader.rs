//! Who reads a page: somebody signed in, or nobody yet.
//!
//! Refuses: sessions that are over, of another door, or of somebody who may do nothing today. Invariant: what a visitor
//! may do is asked of the store for each request; the session says only who it is.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{Extensions, HeaderMap, Uri};

use super::listener::Peer;
use super::trouble::Trouble;
use super::words::Words;
use super::{Web, cookie};
use crate::domain::{Digest, Language, OfficeRole, Principal};
use crate::ports::{Door, Session, StoreError};

/// How long a session lasts without being used, and at most (ASVS 7.3).
pub const IDLE: Duration = Duration::from_secs(30 * 60);
/// The longest a session lasts.
pub const LONGEST: Duration = Duration::from_secs(10 * 3_600);
/// How long a proof of identity counts for what asks for a fresh one.
pub const FRESH: Duration = Duration::from_secs(5 * 60);

/// Somebody who has signed in.
#[derive(Debug, Clone)]
pub struct Visitor {
    /// Who, today.
    pub principal: Principal,
    /// Their session.
    pub session: Session,
}

/// Whoever reads a page.
#[derive(Debug, Clone)]
pub struct Reader {
    /// How their page is written.
    pub words: Words,
    /// Path and query of the request.
    pub target: String,
    /// Their address.
    pub address: IpAddr,
    /// The proxy in front names somebody (config: `[proxy]`); whether it holds is weighed by `identity`.
    pub proxied: bool,
    /// Who they are, if they have signed in.
    pub visitor: Option<Visitor>,
    /// Which scripts their page may run, in hexadecimal: 128 random bits, for this response only.
    pub nonce: String,
}

impl Reader {
    /// The reader that the guard has found.
    #[must_use]
    pub fn of(extensions: &Extensions) -> Option<&Arc<Self>> {
        extensions.get::<Arc<Self>>()
    }

    /// Somebody of whom nothing is known, because the store does not answer.
    #[must_use]
    pub fn nobody(web: &Web, target: String) -> Self {
        let nonce = web.nonce();
        let address = IpAddr::from([0, 0, 0, 0]);
        Self { words: web.words(), target, address, proxied: false, visitor: None, nonce }
    }

    /// True if they may act as `role`.
    #[must_use]
    pub fn is(&self, role: OfficeRole) -> bool {
        self.visitor.as_ref().is_some_and(|visitor| visitor.principal.is(role))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Visitor {
    type Rejection = Trouble;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Trouble> {
        Reader::of(&parts.extensions).and_then(|reader| reader.visitor.clone()).ok_or(Trouble::SignInWanted)
    }
}

/// The reader, shared.
#[derive(Debug, Clone)]
pub struct Read(pub Arc<Reader>);

impl<S: Send + Sync> FromRequestParts<S> for Read {
    type Rejection = Trouble;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Trouble> {
        Reader::of(&parts.extensions).cloned().map(Self).ok_or(Trouble::NotFound)
    }
}

impl Web {
    /// Whoever sends this request.
    ///
    /// # Errors
    /// If the store does not answer.
    pub async fn reader(&self, headers: &HeaderMap, extensions: &Extensions, uri: &Uri) -> Result<Reader, StoreError> {
        let visitor = self.visitor(headers).await?;
        let of_account = visitor.as_ref().and_then(|visitor| visitor.principal.preferences.language);
        let chosen = match self.door {
            Door::Portal => of_account.or_else(|| language(headers)),
            // There the account's is not written, only the browser's.
            Door::Review => language(headers).or(of_account),
        };
        let language = chosen.unwrap_or(self.config.site.language);
        let words = Words { language, ..self.words() };
        let peer = extensions.get::<Peer>().map_or(IpAddr::from([0, 0, 0, 0]), |peer| peer.0.ip());
        let (address, proxied) = self.behind_proxy(peer, headers).unwrap_or((peer, false));
        let target = uri.path_and_query().map_or("/", |all| all.as_str()).to_owned();
        Ok(Reader { words, target, address, proxied, visitor, nonce: self.nonce() })
    }

    /// Who has connected to the proxy in front, if this came through it, and whether it names somebody. Failures to sign
    /// in are counted for that address: all others would share the proxy's.
    fn behind_proxy(&self, peer: IpAddr, headers: &HeaderMap) -> Option<(IpAddr, bool)> {
        let proxy = &self.config.proxy;
        let listed = proxy.from.iter().any(|from| from.to_canonical() == peer.to_canonical());
        (listed && !proxy.header.is_empty())
            .then(|| (last_hop(headers).unwrap_or(peer), headers.contains_key(&proxy.header)))
    }

    /// How pages are written before anybody has chosen.
    #[must_use]
    pub fn words(&self) -> Words {
        Words {
            language: self.config.site.language,
            date_style: self.config.portal.date_style,
            utc_offset_minutes: self.config.site.utc_offset_minutes,
        }
    }

    /// A fresh nonce; without randomness one that no script has.
    fn nonce(&self) -> String {
        let mut bytes = [0; 16];
        self.entropy.secret(&mut bytes).map(|()| hex(&bytes)).unwrap_or_default()
    }

    async fn visitor(&self, headers: &HeaderMap) -> Result<Option<Visitor>, StoreError> {
        let Some(token) = cookie::value(headers, cookie::SESSION) else { return Ok(None) };
        let now = self.clock.now();
        let digest = Digest::of(token.as_bytes());
        let found =
            self.sessions.find(&self.tenant, digest, self.door, now, now.before(IDLE), now.before(LONGEST)).await?;
        let Some(session) = found else { return Ok(None) };
        let principal = self.accounts.principal(&self.tenant, session.account, self.today()).await?;
        Ok(principal.map(|principal| Visitor { principal, session }))
    }
}

/// The last address of `X-Forwarded-For`: the one that the proxy itself has seen. Those before it are anybody's words.
fn last_hop(headers: &HeaderMap) -> Option<IpAddr> {
    let last = headers.get_all("x-forwarded-for").iter().next_back()?.to_str().ok()?;
    last.rsplit(',').next()?.trim().parse().ok()
}

/// The language chosen before anybody signed in.
fn language(headers: &HeaderMap) -> Option<Language> {
    match cookie::value(headers, cookie::LANGUAGE)? {
        "ja" => Some(Language::Ja),
        "en" => Some(Language::En),
        _ => None,
    }
}

/// Bytes in hexadecimal.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_the_proxy_itself_has_seen_is_the_address() {
        let read = |lines: &[&'static str]| {
            let pairs = lines.iter().map(|line| ("x-forwarded-for".parse().unwrap(), line.parse().unwrap()));
            last_hop(&pairs.collect::<HeaderMap>())
        };
        assert_eq!(read(&["203.0.113.9, 192.0.2.5"]), "192.0.2.5".parse().ok());
        assert_eq!(read(&["192.0.2.5", "2001:db8::1"]), "2001:db8::1".parse().ok());
        assert_eq!(read(&["192.0.2.5, unknown"]), None);
        assert_eq!(read(&[]), None);
    }
}
