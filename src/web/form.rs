//! Forms: what a browser sends back, checked before anybody reads it.
//!
//! Refuses: a form without the token of its session, a body over [`MAX_BODY`] or of more than [`MAX_FIELDS`] fields,
//! anything but `application/x-www-form-urlencoded`. Invariant: whoever holds [`Fields`] of a signed-in visitor holds a
//! form that a page of ours made for this session.

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::header::CONTENT_TYPE;

use super::reader::Reader;
use super::trouble::Trouble;

/// Longest body in bytes.
pub const MAX_BODY: usize = 64 * 1024;
/// Most fields.
pub const MAX_FIELDS: usize = 500;
/// The field with the session's token.
pub const TOKEN: &str = "token";

/// The fields of a form, in order.
pub struct Fields(Vec<(String, String)>);

impl Fields {
    /// The first field of this name, without blanks around it; empty if there is none.
    #[must_use]
    pub fn text(&self, name: &str) -> &str {
        self.raw(name).trim()
    }

    /// The first field of this name as it was typed; empty if there is none.
    #[must_use]
    pub fn raw(&self, name: &str) -> &str {
        self.0.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.as_str())
    }

    /// True if there is a field of this name.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(key, _)| key == name)
    }

    /// All fields of this name.
    pub fn all<'f>(&'f self, name: &'f str) -> impl Iterator<Item = &'f str> {
        self.0.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// Shows names only: fields hold passwords.
impl std::fmt::Debug for Fields {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(name, _)| name)).finish()
    }
}

impl<S: Send + Sync> FromRequest<S> for Fields {
    type Rejection = Trouble;

    async fn from_request(request: Request, state: &S) -> Result<Self, Trouble> {
        let kind = request.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        let kind = kind.split(';').next().unwrap_or_default().trim();
        if !kind.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
            return Err(Trouble::BadForm);
        }
        let expected = Reader::of(request.extensions())
            .and_then(|reader| reader.visitor.as_ref().map(|visitor| visitor.session.form_token.clone()));
        // The router limits the body to `MAX_BODY` for all but uploads.
        let body = Bytes::from_request(request, state).await.map_err(|_| Trouble::BadForm)?;
        let fields: Vec<(String, String)> =
            form_urlencoded::parse(&body).into_owned().take(MAX_FIELDS.saturating_add(1)).collect();
        if body.len() > MAX_BODY || fields.len() > MAX_FIELDS {
            return Err(Trouble::BadForm);
        }
        let fields = Self(fields);
        match expected {
            Some(expected) if !same(fields.raw(TOKEN), &expected) => Err(Trouble::StaleForm),
            _ => Ok(fields),
        }
    }
}

/// Compares without telling by time where two texts differ.
#[must_use]
pub fn same(one: &str, other: &str) -> bool {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    one.len() == other.len() && one.iter().zip(other).fold(0, |differs, (a, b)| differs | (a ^ b)) == 0
}
