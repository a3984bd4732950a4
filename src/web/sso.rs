//! Single sign-on: the way to an OpenID provider and back, and a proxy in front that has signed people in.
//!
//! Refuses: a way back without the cookie of its journey, a proxy that is not listed. Invariant: as everywhere, only a form
//! changes something. The provider sends the browser back by GET (RFC 6749 4.1.2); that page has a button, and the form
//! behind it ends the journey. A session cookie (`SameSite=Strict`) does not come along from another site; with the form
//! it does, so that a proof anew knows whose it is.

use std::sync::Arc;

use askama::Template;
use axum::Extension;
use axum::extract::{Form, Query, State};
use axum::http::header::{HOST, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Redirect, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;

use super::form::Fields;
use super::frame::Frame;
use super::listener::Peer;
use super::prove::{said, status};
use super::reader::{Read, Reader};
use super::sign_in::{PROXY, inside};
use super::trouble::{Trouble, show};
use super::{Web, cookie};
use crate::domain::Principal;
use crate::identity::{Arrival, Refusal, SignedIn};
use crate::ports::Door;

/// The cookie of a journey: its sealed ticket, and where it is to lead.
const JOURNEY: &str = "__Host-temizu-journey";
/// Seconds that a journey may take, as `identity` has it.
const LIFE: u32 = 600;
/// Longest way back that the cookie carries, in bytes.
const MAX_TO: usize = 500;
/// Longest `state` and `code` in bytes.
const MAX_WORD: usize = 4_096;

#[derive(Template)]
#[template(path = "depart.html")]
struct DepartPage {
    frame: Frame,
    url: String,
}

#[derive(Template)]
#[template(path = "arrive.html")]
struct ArrivePage {
    frame: Frame,
    state: String,
    code: String,
}

/// What the provider sends back.
#[derive(Debug, Default, Deserialize)]
pub struct Back {
    #[serde(default)]
    state: String,
    #[serde(default)]
    code: String,
}

impl Back {
    fn is_whole(&self) -> bool {
        let fits = |text: &str| (1..=MAX_WORD).contains(&text.len());
        fits(&self.state) && fits(&self.code)
    }
}

/// Begins a journey to the provider: to sign in, or, for whoever is signed in, to prove it anew.
///
/// The browser goes on by itself from a page of ours. A redirect would be part of the form's way, which the policy of our
/// pages (`form-action 'self'`) ends here, and which providers lengthen as they like.
///
/// # Errors
/// [`Trouble::NotFound`] without a provider.
pub async fn depart(
    State(web): State<Arc<Web>>,
    Read(reader): Read,
    headers: HeaderMap,
    fields: Fields,
) -> Result<Response, Trouble> {
    if !web.identity.has_openid() {
        return Err(Trouble::NotFound);
    }
    let to = Some(inside(fields.text("to"))).filter(|to| to.len() <= MAX_TO).unwrap_or("/");
    let again = reader.visitor.as_ref().map(|visitor| &visitor.principal);
    match web.identity.begin_openid(&web.tenant, web.door, &web.way_back(&headers), again).await {
        Ok(departure) => {
            let text = format!("{}.{}", departure.ticket, URL_SAFE_NO_PAD.encode(to));
            let cookie = cookie::set_for_the_way_back(JOURNEY, &text, LIFE).ok_or(Trouble::Unavailable)?;
            let page = DepartPage { url: departure.url, frame: Frame::new(&web, &reader) };
            Ok(([(SET_COOKIE, cookie)], show(&page)).into_response())
        }
        Err(refusal) => Ok(web.turned_away(&reader, to, refusal)),
    }
}

/// Where the provider sends the browser: a page with a button.
pub async fn back(
    State(web): State<Arc<Web>>,
    Read(reader): Read,
    headers: HeaderMap,
    Query(back): Query<Back>,
) -> Response {
    if journey(&headers).is_none() || !back.is_whole() {
        return web.turned_away(&reader, "/", Refusal::TicketOver);
    }
    show(&ArrivePage { state: back.state, code: back.code, frame: Frame::new(&web, &reader) })
}

/// Ends the journey. The form has no token of a session: its page did not know of one. What binds it is the request's
/// origin, which every form is held to, and the `state` that the journey's sealed cookie knows (RFC 6749 10.12).
///
/// # Errors
/// [`Trouble`] if the store does not answer.
pub async fn arrive(
    State(web): State<Arc<Web>>,
    Read(reader): Read,
    headers: HeaderMap,
    Form(back): Form<Back>,
) -> Result<Response, Trouble> {
    let Some((ticket, to)) = journey(&headers).filter(|_| back.is_whole()) else {
        return Ok(web.turned_away(&reader, "/", Refusal::TicketOver));
    };
    let arrival = Arrival { ticket: &ticket, state: &back.state, code: &back.code };
    let again = reader.visitor.as_ref().map(|visitor| &visitor.principal);
    let answer = web.identity.finish_openid(&web.tenant, web.door, arrival, reader.address, again).await;
    let mut response = match answer {
        Ok(SignedIn::Welcome { principal, .. }) => web.let_in(&reader, &principal, &to, "proof").await?,
        // Who comes from a provider has proven a second factor there.
        Ok(SignedIn::SecondFactorWanted { .. }) => web.turned_away(&reader, &to, Refusal::Refused),
        Err(refusal) => web.turned_away(&reader, &to, refusal),
    };
    if let Some(over) = cookie::forget(JOURNEY) {
        response.headers_mut().append(SET_COOKIE, over);
    }
    Ok(response)
}

/// Lets in whom the proxy in front names: to sign in, or, if it asks people anew, as a proof of the last minutes.
///
/// # Errors
/// [`Trouble`] if the store does not answer.
pub async fn by_proxy(
    State(web): State<Arc<Web>>,
    Read(reader): Read,
    Extension(Peer(peer)): Extension<Peer>,
    headers: HeaderMap,
    fields: Fields,
) -> Result<Response, Trouble> {
    let to = inside(fields.text("to")).to_owned();
    if reader.visitor.is_some() && !web.config.proxy.proves_anew {
        return Ok(web.turned_away(&reader, &to, Refusal::Refused));
    }
    let pairs: Vec<(&str, &[u8])> = headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect();
    let pairs = pairs.iter().copied();
    match web.identity.sign_in_by_proxy(&web.tenant, web.door, peer.ip(), reader.address, pairs).await {
        Some(Ok(SignedIn::Welcome { principal, .. })) => web.let_in(&reader, &principal, &to, PROXY).await,
        Some(Err(refusal)) => Ok(web.turned_away(&reader, &to, refusal)),
        Some(Ok(SignedIn::SecondFactorWanted { .. })) | None => Ok(web.turned_away(&reader, &to, Refusal::Refused)),
    }
}

impl Web {
    /// A session for whoever was proven: a fresh one, or the old one with a fresh token if it is theirs.
    async fn let_in(
        &self,
        reader: &Reader,
        principal: &Principal,
        to: &str,
        by: &'static str,
    ) -> Result<Response, Trouble> {
        let cookie: HeaderValue = match &reader.visitor {
            None => self.begin_session(principal.account, by).await?,
            Some(visitor) if visitor.principal.account == principal.account => self.renew_session(visitor).await?,
            Some(_) => return Ok(self.turned_away(reader, to, Refusal::Refused)),
        };
        Ok(([(SET_COOKIE, cookie)], Redirect::to(inside(to))).into_response())
    }

    /// The page where it began, with what is wrong.
    fn turned_away(&self, reader: &Reader, to: &str, refusal: Refusal) -> Response {
        let error = match refusal {
            Refusal::Refused => reader.words.t(
                "ログインできませんでした。このしくみで使えるアカウントか、管理者に確かめてください。",
                "You could not be signed in. Ask an administrator whether your account may be used this way.",
            ),
            refusal => said(refusal, reader.words),
        };
        let page = match &reader.visitor {
            Some(visitor) => self.prove_page(reader, visitor, to, error),
            None => self.sign_in_page(reader, to, "", error, false),
        };
        let status: StatusCode = status(refusal);
        (status, page).into_response()
    }

    /// Where the provider is to send the browser. Without a configured address it is the one that the browser used; a
    /// provider knows which are good.
    fn way_back(&self, headers: &HeaderMap) -> String {
        format!("{}/sso/back", self.origin(headers))
    }

    /// Where people reach this listener: as it is configured, else as the browser that sent the request did.
    #[must_use]
    pub fn origin(&self, headers: &HeaderMap) -> String {
        let configured = match self.door {
            Door::Portal => self.config.site.portal_url.as_str(),
            Door::Review => self.config.review.url.as_str(),
        };
        let host = headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
        if configured.is_empty() { format!("https://{host}") } else { configured.to_owned() }
    }
}

/// The ticket of the journey, and where it is to lead.
fn journey(headers: &HeaderMap) -> Option<(String, String)> {
    let (ticket, to) = cookie::value(headers, JOURNEY)?.rsplit_once('.')?;
    let to = URL_SAFE_NO_PAD.decode(to).ok().and_then(|bytes| String::from_utf8(bytes).ok())?;
    Some((ticket.to_owned(), inside(&to).to_owned()))
}
