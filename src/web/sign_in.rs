//! Signing in and out: the form, a code, a link that works once, a fresh proof for what asks for it.
//!
//! Refuses: to tell what was wrong. Invariant: a session is made with a fresh token after every proof, and its cookie is
//! the only place where the token is.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State};
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponse as _, Redirect, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;

use super::form::Fields;
use super::frame::Frame;
use super::reader::{Read, Visitor, hex};
use super::routes::{Need, Routes};
use super::trouble::{Trouble, show};
use super::{Web, cookie, elsewhere, prove, sso};
use crate::domain::{AccountId, AuditEvent, Digest, Event, IdentitySource, Timestamp};
use crate::ports::{Door, NoEntropy, Session};

/// How a session began that a proxy in front vouches for.
pub(super) const PROXY: &str = "proxy";

#[derive(Template)]
#[template(path = "link.html")]
struct LinkPage {
    frame: Frame,
    token: String,
}

/// The rows of signing in and out; what people prove who they are with is set in the portal only.
#[must_use]
pub fn routes<S>(web: &Arc<Web>) -> Routes<S>
where
    S: Clone + Send + Sync + 'static,
    Arc<Web>: axum::extract::FromRef<S>,
{
    let routes = Routes::new(Arc::clone(web))
        .get("/sign-in", Need::Nobody, prove::form)
        .post("/sign-in", Need::Nobody, prove::password)
        .post("/sign-in/code", Need::Nobody, prove::code)
        .get("/prove", Need::Anyone, prove::again)
        .post("/prove", Need::Anyone, prove::prove)
        .get("/link/{token}", Need::Nobody, link)
        .post("/link/{token}", Need::Nobody, take_link)
        .post("/sso/openid", Need::Nobody, sso::depart)
        .get("/sso/back", Need::Nobody, sso::back)
        .post("/sso/back", Need::Nobody, sso::arrive)
        .post("/sso/proxy", Need::Nobody, sso::by_proxy)
        .post("/sign-out", Need::Anyone, sign_out)
        .post("/language", Need::Nobody, language);
    match web.door {
        Door::Portal => routes
            .get("/setup", Need::Nobody, prove::setup)
            .post("/setup", Need::Nobody, prove::found)
            .get("/second-factor", Need::Anyone, prove::enrol)
            .post("/second-factor", Need::Anyone, prove::enrolled)
            .get("/password", Need::Anyone, prove::own_password)
            .post("/password", Need::Anyone, prove::choose_password),
        // Its login may not write who people are, nor what they prove it with: whoever took over this listener could
        // sign in on the other side as anybody.
        Door::Review => routes.get("/second-factor", Need::Anyone, elsewhere::second_factor).get(
            "/password",
            Need::Anyone,
            elsewhere::password,
        ),
    }
}

/// The page of a link that signs somebody in once: a button, because whoever looks at a link must not use it up.
pub async fn link(State(web): State<Arc<Web>>, Read(reader): Read, Path(token): Path<String>) -> Response {
    show(&LinkPage { token, frame: Frame::new(&web, &reader) })
}

/// Uses a link up and signs in.
///
/// # Errors
/// [`Trouble::NotFound`] if the link is not good (any more).
pub async fn take_link(State(web): State<Arc<Web>>, Path(token): Path<String>) -> Result<Response, Trouble> {
    let digest = Digest::of(token.as_bytes());
    let taken = web.sessions.take_link(&web.tenant, digest, web.door, web.clock.now()).await?;
    let account = taken.ok_or(Trouble::NotFound)?;
    let principal = web.accounts.principal(&web.tenant, account, web.today()).await?.ok_or(Trouble::NotFound)?;
    let found = web.accounts.by_login(&web.tenant, &principal.login).await?;
    // Whoever has nothing yet to prove anything with gets it now: the link is the proof of the last minutes.
    let to = match found {
        Some((account, _)) if account.source == IdentitySource::Local && !account.has_password => "/password",
        Some((account, _)) if account.source == IdentitySource::Proxy && !account.has_totp => "/second-factor",
        _ => "/",
    };
    let cookie = web.begin_session(account, "link").await?;
    // At the other doors nothing is set up.
    let to = if web.door == Door::Portal { to } else { "/" };
    Ok(([(SET_COOKIE, cookie)], Redirect::to(to)).into_response())
}

/// Ends the session.
///
/// # Errors
/// [`Trouble`] if the store does not answer.
pub async fn sign_out(State(web): State<Arc<Web>>, visitor: Visitor, _fields: Fields) -> Result<Response, Trouble> {
    let record = web.record(visitor.principal.actor(), Event::SignedOut, json!({ "door": web.door.as_str() }));
    web.sessions.close(&web.tenant, visitor.session.token, record).await?;
    let cookie = cookie::forget(cookie::SESSION).ok_or(Trouble::Unavailable)?;
    Ok(([(SET_COOKIE, cookie)], Redirect::to("/sign-in")).into_response())
}

/// Chooses the language: for the account of whoever has signed in to the portal, else for this browser.
///
/// # Errors
/// [`Trouble`] if the store does not answer.
pub async fn language(State(web): State<Arc<Web>>, Read(reader): Read, fields: Fields) -> Result<Response, Trouble> {
    let (language, name) = match fields.text("language") {
        "en" => (crate::domain::Language::En, "en"),
        _ => (crate::domain::Language::Ja, "ja"),
    };
    let mut headers = HeaderMap::new();
    if let Some(visitor) = reader.visitor.as_ref().filter(|_| web.door == Door::Portal) {
        let preferences = crate::domain::Preferences { language: Some(language), ..visitor.principal.preferences };
        web.accounts.prefer(&web.tenant, visitor.principal.account, preferences).await?;
    }
    if let Some(cookie) = cookie::set(cookie::LANGUAGE, name) {
        headers.insert(SET_COOKIE, cookie);
    }
    Ok((headers, Redirect::to(inside(fields.text("to")))).into_response())
}

/// A path of this listener, whatever a form says: never another site.
#[must_use]
pub fn inside(to: &str) -> &str {
    let plain = to.starts_with('/') && !to.starts_with("//") && !to.contains(['\\', '\r', '\n', '\t']);
    if plain && to.len() <= 2_000 { to } else { "/" }
}

impl Web {
    /// A fresh session of this account; the value of its cookie.
    ///
    /// # Errors
    /// [`Trouble::Unavailable`] without randomness or store.
    pub async fn begin_session(&self, account: AccountId, by: &'static str) -> Result<HeaderValue, Trouble> {
        let (token, fresh) = self.fresh_session(account)?;
        // A proxy that never asks anew proves nothing about the last minutes.
        let stale = by == PROXY && !self.config.proxy.proves_anew;
        let proved_at = if stale { Timestamp::from_millis(0) } else { fresh.proved_at };
        let session = Session { proved_at, ..fresh };
        let principal = self.accounts.principal(&self.tenant, account, self.today()).await?.ok_or(Trouble::NotFound)?;
        let details = json!({ "door": self.door.as_str(), "by": by });
        // A proof was put on record when it was weighed; a link is weighed here.
        let event = if by == "link" { Event::SignedIn } else { Event::SessionBegun };
        let record = self.record(principal.actor(), event, details);
        self.sessions.open(&self.tenant, session, record).await?;
        cookie::set(cookie::SESSION, &token).ok_or(Trouble::Unavailable)
    }

    /// Replaces a session after its holder proved anew who they are; the value of the new cookie.
    ///
    /// # Errors
    /// As [`Self::begin_session`].
    pub async fn renew_session(&self, visitor: &Visitor) -> Result<HeaderValue, Trouble> {
        let (token, fresh) = self.fresh_session(visitor.principal.account)?;
        // The longest time runs on from the first sign-in.
        let session = Session { started_at: visitor.session.started_at, ..fresh };
        let details = json!({ "door": self.door.as_str() });
        let record = self.record(visitor.principal.actor(), Event::ProvedAgain, details);
        self.sessions.renew(&self.tenant, visitor.session.token, session, record).await?;
        cookie::set(cookie::SESSION, &token).ok_or(Trouble::Unavailable)
    }

    fn fresh_session(&self, account: AccountId) -> Result<(String, Session), Trouble> {
        let token = self.token().map_err(|_| Trouble::Unavailable)?;
        let mut form = [0; 16];
        self.entropy.secret(&mut form).map_err(|_| Trouble::Unavailable)?;
        let now = self.clock.now();
        let session = Session {
            token: Digest::of(token.as_bytes()),
            door: self.door,
            account,
            started_at: now,
            used_at: now,
            proved_at: now,
            form_token: hex(&form),
        };
        Ok((token, session))
    }

    /// 256 random bits for a cookie or a link.
    ///
    /// # Errors
    /// [`NoEntropy`].
    pub fn token(&self) -> Result<String, NoEntropy> {
        let mut bytes = [0; 32];
        self.entropy.secret(&mut bytes)?;
        Ok(URL_SAFE_NO_PAD.encode(bytes))
    }

    /// A record that belongs to no item.
    #[must_use]
    pub fn record(&self, actor: String, event: Event, details: serde_json::Value) -> AuditEvent {
        AuditEvent { at: self.clock.now(), event, item: None, actor, details }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_way_back_never_leaves_this_listener() {
        for (to, leads) in [
            ("/mails?tab=all", "/mails?tab=all"),
            ("//evil.example", "/"),
            ("/\\evil.example", "/"),
            ("https://evil.example", "/"),
            ("", "/"),
            ("/a\r\nb", "/"),
        ] {
            assert_eq!(inside(to), leads, "{to:?}");
        }
    }
}
