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
use crate::ports::{Session, StoreError};

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
        Self { words: web.words(), target, address: IpAddr::from([0, 0, 0, 0]), visitor: None, nonce }
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
        let chosen = visitor.as_ref().and_then(|visitor| visitor.principal.preferences.language);
        let language = chosen.or_else(|| language(headers)).unwrap_or(self.config.site.language);
        let words = Words { language, ..self.words() };
        let address = extensions.get::<Peer>().map_or(IpAddr::from([0, 0, 0, 0]), |peer| peer.0.ip());
        let target = uri.path_and_query().map_or("/", |all| all.as_str()).to_owned();
        Ok(Reader { words, target, address, visitor, nonce: self.nonce() })
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
