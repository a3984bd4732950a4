//! The table of pages: path, method and who may come in stand in one row, and the router is made of the rows.
//!
//! Refuses: a request that changes something and does not come from a page of this listener; whoever lacks the role of a
//! row. Invariant: there is no route without a row, and the matrix of the tests is made of the same rows.

use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::handler::Handler;
use axum::http::header::{HOST, ORIGIN};
use axum::http::{HeaderMap, Method};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::{get, post};

use super::form::MAX_BODY;
use super::trouble::{self, Trouble};
use super::{Web, assets, headers};
use crate::domain::OfficeRole;

/// Who may come in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// Everybody, signed in or not.
    Nobody,
    /// Whoever has signed in.
    Anyone,
    /// Whoever may act as one of these today.
    OneOf(&'static [OfficeRole]),
}

/// Where whoever must have a second factor sets it up, and what they may do before: whoever came by a link chooses a
/// password first, because all sessions end with either.
const ENROL: &str = "/second-factor";
const ENROLMENT: [&str; 4] = [ENROL, "/password", "/prove", "/sign-out"];

/// One row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// GET or POST.
    pub method: Method,
    /// The path, with `{item}` and the like.
    pub path: &'static str,
    /// Who may come in.
    pub need: Need,
}

/// Rows and the router made of them.
pub struct Routes<S> {
    web: Arc<Web>,
    router: Router<S>,
    rows: Vec<Row>,
}

impl<S: Clone + Send + Sync + 'static> Routes<S> {
    /// No row yet.
    #[must_use]
    pub fn new(web: Arc<Web>) -> Self {
        Self { web, router: Router::new(), rows: Vec::new() }
    }

    /// A page, which changes nothing.
    #[must_use]
    pub fn get<T: 'static, H: Handler<T, S>>(mut self, path: &'static str, need: Need, page: H) -> Self {
        let guarded = get(page).layer(from_fn_with_state((Arc::clone(&self.web), need), guard));
        self.router = self.router.route(path, guarded);
        self.rows.push(Row { method: Method::GET, path, need });
        self
    }

    /// What a form does. The body has at most 64 KiB.
    #[must_use]
    pub fn post<T: 'static, H: Handler<T, S>>(self, path: &'static str, need: Need, act: H) -> Self {
        self.post_up_to(path, need, act, MAX_BODY)
    }

    /// The same with a body of at most `bytes`.
    #[must_use]
    pub fn post_up_to<T, H>(mut self, path: &'static str, need: Need, act: H, bytes: usize) -> Self
    where
        T: 'static,
        H: Handler<T, S>,
    {
        let guarded = post(act)
            .layer(DefaultBodyLimit::max(bytes))
            .layer(from_fn_with_state((Arc::clone(&self.web), need), guard));
        self.router = self.router.route(path, guarded);
        self.rows.push(Row { method: Method::POST, path, need });
        self
    }

    /// All rows of `other`, too.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.router = self.router.merge(other.router);
        self.rows.extend(other.rows);
        self
    }

    /// The rows, for whoever checks them.
    #[must_use]
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// The router, with a page for what is not there and the headers on everything.
    pub fn router(self, state: S) -> Router {
        let nowhere = |State(_): State<S>| async { Trouble::NotFound.into_response() };
        // Open to everybody and the same for all: no look into the store.
        self.router
            .route(assets::ROUTE, get(assets::serve))
            .fallback(nowhere)
            .layer(from_fn_with_state(Arc::clone(&self.web), trouble::tell))
            .layer(from_fn(headers::guard))
            .with_state(state)
    }
}

/// Lets in whoever may come in; what they are stands in the request's extensions.
async fn guard(State((web, need)): State<(Arc<Web>, Need)>, mut request: Request, next: Next) -> Response {
    if !request.method().is_safe() && !comes_from_here(request.headers()) {
        return Trouble::Foreign.into_response();
    }
    let reader = match web.reader(request.headers(), request.extensions(), request.uri()).await {
        Ok(reader) => Arc::new(reader),
        Err(error) => return Trouble::from(error).into_response(),
    };
    let refusal = match (need, &reader.visitor) {
        (Need::Nobody, _) | (Need::Anyone, Some(_)) => None,
        (_, None) => Some(Trouble::SignInWanted),
        (Need::OneOf(roles), Some(visitor)) => {
            (!roles.iter().any(|role| visitor.principal.is(*role))).then_some(Trouble::Forbidden)
        }
    };
    if let Some(visitor) = &reader.visitor
        && need != Need::Nobody
        && !ENROLMENT.contains(&request.uri().path())
        && web.identity.must_enrol(&visitor.principal)
    {
        return Redirect::to(ENROL).into_response();
    }
    let carried = Arc::clone(&reader);
    request.extensions_mut().insert(reader);
    let mut response = match refusal {
        Some(trouble) => trouble.into_response(),
        None => next.run(request).await,
    };
    response.extensions_mut().insert(carried);
    response
}

/// True for a request that a page of this listener sent (Fetch: `Sec-Fetch-Site`; RFC 6454 7: `Origin`).
fn comes_from_here(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(site) = text("sec-fetch-site") {
        return site == "same-origin";
    }
    let (Some(origin), Some(host)) = (text(ORIGIN.as_str()), text(HOST.as_str())) else { return false };
    origin.strip_prefix("https://") == Some(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
    }

    #[test]
    fn a_change_must_come_from_a_page_of_this_listener() {
        for (pairs, here) in [
            (&[("sec-fetch-site", "same-origin")][..], true),
            (&[("sec-fetch-site", "same-site"), ("origin", "https://p"), ("host", "p")], false),
            (&[("sec-fetch-site", "none")], false),
            (&[("origin", "https://p:8443"), ("host", "p:8443")], true),
            (&[("origin", "https://evil.example"), ("host", "p:8443")], false),
            (&[("origin", "http://p:8443"), ("host", "p:8443")], false),
            (&[("origin", "null"), ("host", "p:8443")], false),
            (&[("host", "p:8443")], false),
        ] {
            assert_eq!(comes_from_here(&headers(pairs)), here, "{pairs:?}");
        }
    }
}
