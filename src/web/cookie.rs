//! Cookies of the web edges: `__Host-` names, never readable by scripts, never sent from elsewhere.
//!
//! Refuses: two cookies of one name. Invariant: every cookie we set is Secure, HttpOnly, SameSite=Strict (the way back
//! from an OpenID provider alone is Lax: its browser comes from another site) and has the path `/`.

use axum::http::header::COOKIE;
use axum::http::{HeaderMap, HeaderValue};

/// The cookie with the session's token.
pub const SESSION: &str = "__Host-temizu";
/// The cookie with the language chosen before anybody signed in.
pub const LANGUAGE: &str = "__Host-temizu-language";

/// The value of the cookie `name`; `None` if there is none, or more than one.
#[must_use]
pub fn value<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let texts = headers.get_all(COOKIE).iter().filter_map(|header| header.to_str().ok());
    let mut found = texts
        .flat_map(|text| text.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .filter_map(|(key, value)| (key == name).then_some(value));
    let first = found.next()?;
    found.next().is_none().then_some(first)
}

/// Sets a cookie until the browser ends.
#[must_use]
pub fn set(name: &str, value: &str) -> Option<HeaderValue> {
    HeaderValue::from_str(&format!("{name}={value}; Path=/; Secure; HttpOnly; SameSite=Strict")).ok()
}

/// Sets a cookie for some minutes that comes along when another site sends the browser back.
#[must_use]
pub fn set_for_the_way_back(name: &str, value: &str, seconds: u32) -> Option<HeaderValue> {
    let text = format!("{name}={value}; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age={seconds}");
    HeaderValue::from_str(&text).ok()
}

/// Takes a cookie away.
#[must_use]
pub fn forget(name: &str) -> Option<HeaderValue> {
    HeaderValue::from_str(&format!("{name}=; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=0")).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_that_comes_twice_is_none() {
        let headers = |text: &'static str| HeaderMap::from_iter([(COOKIE, HeaderValue::from_static(text))]);
        assert_eq!(value(&headers("a=1; __Host-temizu=xyz; b=2"), SESSION), Some("xyz"));
        assert_eq!(value(&headers("__Host-temizu=x; __Host-temizu=y"), SESSION), None);
        assert_eq!(value(&headers("a=1"), SESSION), None);
    }

    #[test]
    fn a_cookie_cannot_carry_a_line_break() {
        assert!(set(SESSION, "a\r\nSet-Cookie: b=c").is_none());
    }
}
