//! The headers that every response carries (reference: security 5.1, ux 4).
//!
//! Refuses: scripts, styles, pictures and frames from anywhere but here, and every inline one. Invariant: a response
//! without a policy of its own gets the strict one.

use axum::extract::Request;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderName, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY,
    X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::{HeaderMap, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;

use super::assets;
use super::reader::Reader;

/// What a page may load: what this listener serves, and nothing inline.
const PAGE_RULES: &str = "default-src 'none'; style-src 'self'; img-src 'self'; font-src 'self'; \
    connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'";

/// What a download may do, should a browser show it all the same: nothing.
pub const DOWNLOAD_POLICY: HeaderValue =
    HeaderValue::from_static("sandbox; default-src 'none'; frame-ancestors 'none'");

/// Puts the headers on whatever `next` answers.
pub async fn guard(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let nonce = Reader::of(response.extensions()).map(|reader| reader.nonce.clone()).unwrap_or_default();
    put(response.headers_mut(), &nonce);
    response
}

fn put(headers: &mut HeaderMap, nonce: &str) {
    let scripts = if nonce.is_empty() { "'none'".to_owned() } else { format!("'self' 'nonce-{nonce}'") };
    let policy = format!("{PAGE_RULES}; script-src {scripts}; trusted-types {}", assets::TRUSTED_TYPES_POLICY);
    let strict = HeaderValue::from_str(&policy).unwrap_or(DOWNLOAD_POLICY);
    headers.entry(CONTENT_SECURITY_POLICY).or_insert(strict);
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    for (name, value) in [
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (X_FRAME_OPTIONS, "DENY"),
        (REFERRER_POLICY, "no-referrer"),
        (STRICT_TRANSPORT_SECURITY, "max-age=63072000"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (HeaderName::from_static("permissions-policy"), "camera=(), geolocation=(), microphone=(), usb=()"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
}
